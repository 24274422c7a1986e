"""The texts of questions: one line, with `code` and *emphasis*. Mathematics is Unicode (α, √ρ): no widget has TeX."""

import html
import re

CODE, EMPHASIS = re.compile(r"`([^`]+)`"), re.compile(r"\*([^*\s](?:[^*]*[^*\s])?)\*")


def check_text(owner: str, what: str, text: object) -> None:
    """Check a text of a declaration.

    Args:
        owner: the question, for the message.
        what: the part of it.
        text: must be one line that is not empty.

    Raises:
        TypeError, ValueError: what is wrong with it.
    """
    if not isinstance(text, str):
        raise TypeError(f"{owner}: {what} must be a text, not {text!r}")
    if not text.strip() or "\n" in text:
        raise ValueError(f"{owner}: {what} must be one line of text, not {text!r}")
    if "$" in text:
        raise ValueError(f"{owner}: {what} contains $; write mathematics in Unicode, such as √ρ: {text!r}")
    if text.count("`") % 2:
        raise ValueError(f"{owner}: {what} has a ` without its partner: {text!r}")


def to_html(text: str) -> str:
    """Return a text as HTML.

    >>> to_html("Is `a < b` *always* true?")
    'Is <code>a &lt; b</code> <em>always</em> true?'
    """
    parts = CODE.split(html.escape(text, quote=False))  # every second one is code
    return "".join(
        f"<code>{part}</code>" if i % 2 else EMPHASIS.sub(r"<em>\1</em>", part) for i, part in enumerate(parts)
    )


def to_plain(text: str) -> str:
    """Return a text without its marks.

    >>> to_plain("Is `a < b` *always* true?")
    'Is a < b always true?'
    """
    return EMPHASIS.sub(r"\1", text).replace("`", "")
