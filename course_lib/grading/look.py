"""The frame of a page of results: one file, which loads nothing and runs nothing."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from .rows import Verdict
from .text import escape

#: Names that are no file's on Windows, whatever comes after the dot.
_DEVICES = {"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(10))}
_DIGEST = re.compile("-[0-9a-f]{10}$")  # whose name ends like this might be meant to be another's file


def page(title: str, body: str) -> str:
    """Return a whole page. Its policy forbids scripts, addresses, and every style but its own."""
    css = _css()
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex">\n'
        f"<title>{escape(title)}</title>\n<style>{css}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def css_class(verdict: Verdict) -> str:
    """Return a verdict's class in the style sheet.

    >>> css_class(Verdict.NOT_YET)
    'not-yet'
    """
    return verdict.lower().replace(" ", "-")


def verdict_bar(counts: Mapping[Verdict, int]) -> str:
    """Return a bar of verdicts, and its key in words."""
    total = sum(counts.values()) or 1
    shown = [(verdict, counts[verdict]) for verdict in Verdict if counts.get(verdict)]
    words = ", ".join(f"{many:,} {verdict}" for verdict, many in shown)
    parts, x = [], 0.0
    for verdict, many in shown:
        parts.append(f'<rect class="{css_class(verdict)}" x="{x:.3f}" width="{100 * many / total:.3f}" height="1"/>')
        x += 100 * many / total
    key = "".join(f'<li class="{css_class(verdict)}">{verdict} {many:,}</li>' for verdict, many in shown)
    return f'{_bar(words, "bar", parts)}\n<ul class="key">{key}</ul>'


def share_bar(many: int, of: int, verdict: Verdict) -> str:
    """Return a bar of a share."""
    width = 100 * many / max(of, 1)
    part = f'<rect class="{css_class(verdict)}" width="{width:.3f}" height="1"/>'
    return _bar(f"{many} of {of}", "bar share", [part])


def file_names(students: Sequence[str]) -> dict[str, str]:
    """Return a name for the file of each student: safe in any file system, and in an address.

    Where two would be alike, or alike but for capital letters, a digest tells them apart.

    >>> file_names(["Ada Lovelace", "../etc", "bob", "Bob"])["Ada Lovelace"]
    'ada-lovelace.html'
    """
    short = {student: _short(student) for student in students}
    times = Counter(short.values())
    names = {}
    for student, name in short.items():
        if times[name] > 1 or not name or name in _DEVICES or _DIGEST.search(name):
            name = f"{name or 'student'}-{hashlib.sha256(student.encode('utf-8', 'replace')).hexdigest()[:10]}"
        names[student] = f"{name}.html"
    return names


def _short(student: str) -> str:
    letters = unicodedata.normalize("NFC", student.casefold())
    return re.sub(r"[^\w]+", "-", letters)[:48].strip("-_")


def _bar(words: str, kind: str, parts: Sequence[str]) -> str:
    return (
        f'<svg class="{kind}" viewBox="0 0 100 1" preserveAspectRatio="none" role="img" aria-label="{words}">'
        f"{''.join(parts)}</svg>"
    )


@cache
def _css() -> str:
    return files("course_lib.grading").joinpath("report.css").read_text("utf-8")
