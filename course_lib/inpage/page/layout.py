"""Errors of indentation and of strings that do not end, in CPython's words: Brython has others, or another line."""

TAB = 8
TABS = "inconsistent use of tabs and spaces in indentation"


def first_error(text, parsed):
    """Return the error in a text that CPython would tell, or None.

    CPython looks through the whole text for what no token can be made of, before it tells what its parser has found;
    but not if that is an indentation without a colon before it.

    Args:
        text: the text.
        parsed: the error that Brython's parser has found, or None.
    """
    token, indent = layout_errors(text)
    if indent is None or (parsed is not None and parsed.lineno < indent.lineno):
        return token or parsed
    return token if token is not None and token.lineno <= indent.lineno else indent


def layout_errors(text):
    """Return two errors in how the lines of a text are laid out: in its tokens, and an indent that nothing asks for."""
    levels, other = [0], [0]  # columns with a tab to the next multiple of 8, and with a tab of 1
    depth, quote, opened = 0, "", 0
    lines = text.split("\n")
    expected, unexpected = False, None  # a block, after a colon; and the error if it was not
    continued = False
    for number, line in enumerate(lines, 1):
        code = line.strip()
        if not (quote or depth or continued) and code and not code.startswith("#"):
            column, alternative = _columns(line)
            if column == levels[-1]:
                if alternative != other[-1]:
                    return _error(TabError, TABS, number, line), unexpected
            elif column > levels[-1]:
                if alternative <= other[-1]:
                    return _error(TabError, TABS, number, line), unexpected
                if not expected and unexpected is None:
                    unexpected = _error(IndentationError, "unexpected indent", number, line)
                levels.append(column)
                other.append(alternative)
            else:
                while column < levels[-1]:
                    levels.pop()
                    other.pop()
                if column != levels[-1]:
                    words = "unindent does not match any outer indentation level"
                    return _error(IndentationError, words, number, line), unexpected
                if alternative != other[-1]:
                    return _error(TabError, TABS, number, line), unexpected
        started = quote
        depth, quote, last = _scan(line, depth, quote)
        if len(quote) == 1:
            if not line.endswith("\\"):
                words = f"unterminated string literal (detected at line {number})"
                return _error(SyntaxError, words, number, line), unexpected
        if quote and not started:
            opened = number
        continued = line.endswith("\\") and not quote
        if code and not code.startswith("#") and not quote:
            expected = last == ":" and not depth
    if len(quote) == 3:
        words = f"unterminated triple-quoted string literal (detected at line {len(lines) - (not lines[-1])})"
        return _error(SyntaxError, words, opened, lines[opened - 1]), unexpected
    return None, unexpected


def _columns(line):
    column = alternative = 0
    for letter in line:
        if letter == " ":
            column, alternative = column + 1, alternative + 1
        elif letter == "\t":
            column, alternative = (column // TAB + 1) * TAB, alternative + 1
        else:
            break
    return column, alternative


def _scan(line, depth, quote):
    """Return the depth of brackets after a line, the quote of a string that goes on, and the last letter of code."""
    i, last = 0, ""
    while i < len(line):
        letter = line[i]
        if quote:
            if letter == "\\":
                i += 1
            elif line.startswith(quote, i):
                i += len(quote) - 1
                quote, last = "", letter
        elif letter == "#":
            break
        elif letter in "\"'":
            quote = letter * 3 if line.startswith(letter * 3, i) else letter
            i += len(quote) - 1
        else:
            depth = max(depth + (letter in "([{") - (letter in ")]}"), 0)
            last = letter if letter.strip() else last
        i += 1
    return depth, quote, last


def _error(kind, words, number, line):
    error = kind(words)
    error.msg, error.lineno, error.offset, error.text = words, number, 1, line
    return error
