"""The contents on the first page: the plan of the book, with what is there of it.

The plan stands on the page itself, a part and its chapters' titles, each followed by a sentence:

    ```{chapters}
    Start
    1 Before the first step | What must be right before training can work.
    ```

A chapter whose notebook `book/NN_name` is in `_toc.yml` becomes a link, with a picture (thumbnails.py), its own title
and the time that its first lines promise, "**In 40 minutes**"; any other is shown as being in preparation. Above the
list stand the time of all, that of their exercises ("The exercises take as long again"), and where to begin. The page
fills `<span data-progress="NN_name">` with the number of questions that the reader has answered, of exercises solved,
and of those in which every bug is caught; and, in place of where to begin, leads back to where the reader was
(questions/js/page.js).
Previous and next lead through the chapters, and not into the reference.
"""

import html
import json
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from . import thumbnails
from .questions import records

FENCE = re.compile(r"^```\{chapters\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(r"(\d+) ([^|]+?)\s*\|\s*(.+)")
NOTEBOOK = re.compile(r"book/((\d+)_\w+)")
EXERCISES = re.compile(r"The exercises take (?:about )?(half an hour more|half as long again|as long again)\b")
#: The part of `_toc.yml` that is looked things up in, not read through.
REFERENCE = "Reference"


def chapters(root: Path) -> dict[int, Path]:
    """Return the notebooks of the chapters that the table of contents names, by number."""
    toc = (root / "_toc.yml").read_text(encoding="utf-8")
    found = {int(match[2]): root / f"{match[0]}.ipynb" for match in NOTEBOOK.finditer(toc)}
    return dict(sorted(found.items()))


def title_and_minutes(notebook: Path) -> tuple[str, int]:
    """Return a chapter's title, and how long it takes to read.

    Raises:
        ExtensionError: its first cells state neither, or only one of them.
    """
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    title, time = re.search(r"^# (.+)$", text, re.MULTILINE), re.search(r"\*\*In (\d+) minutes\*\*", text)
    if not title or not time:
        raise ExtensionError(f"{notebook.name} must begin with its title and **In … minutes**")
    return title[1], int(time[1])


def exercise_minutes(notebook: Path) -> int:
    """Return how long a chapter's exercises take, as its first cell says.

    Raises:
        ExtensionError: it does not say so.
    """
    _, minutes = title_and_minutes(notebook)
    first = "".join(json.loads(notebook.read_text(encoding="utf-8"))["cells"][0]["source"])
    found = EXERCISES.search(first)
    if not found:
        raise ExtensionError(f"{notebook.name} must say in its first cell how long “the exercises take”")
    return {"half an hour more": 30, "half as long again": minutes // 2, "as long again": minutes}[found[1]]


def expand(text: str, root: Path, pictures: Collection[str] = ()) -> str:
    """Return a page's text with its plan as a list: one for each part, with links to the chapters that are there.

    Args:
        text: of the page.
        root: the repository.
        pictures: names of the notebooks that have one.
    """
    there = chapters(root)

    def listed(found: re.Match[str]) -> str:
        lines, left = [], dict(there)
        for line in filter(None, map(str.strip, found[1].splitlines())):
            entry = ENTRY.fullmatch(line)
            if entry is None and "|" in line:
                raise ExtensionError(f"a line of the plan must be a part, or 'NUMBER TITLE | SENTENCE', not {line!r}")
            plan = (int(entry[1]), entry[2], entry[3]) if entry else None
            lines.append(_entry(*plan, left, pictures) if plan else _part(line, first=not lines))
        lines += [_entry(number, "", "", left, pictures) for number in list(left)]  # beyond the plan
        return "\n".join(["::::{div} contents", _whole(there), *lines, "```{raw} html\n</ol>\n```", "::::"])

    return FENCE.sub(listed, text)


def _part(name: str, first: bool) -> str:
    end = "" if first else "</ol>\n"
    return f'```{{raw}} html\n{end}<p class="contents-part">{html.escape(name)}</p>\n<ol>\n```'


def _whole(there: Mapping[int, Path]) -> str:
    """Return the HTML of the time that all chapters take, and of where to begin."""
    if not there:
        return ""
    read = {number: title_and_minutes(notebook) for number, notebook in there.items()}
    hours = max(1, round(sum(minutes for _, minutes in read.values()) / 60))
    more = max(1, round(sum(map(exercise_minutes, there.values())) / 60))
    first = min(there)
    link = f'<a href="{there[first].stem}.html">{html.escape(read[first][0])}</a>'
    time = f"{len(there)} chapters: about {hours} hour{'s' * (hours > 1)} to read, and {more} more for the exercises."
    begin = f'<span class="contents-go">Begin with chapter {first}, {link}.</span>'
    return f'```{{raw}} html\n<p class="contents-whole">{time} {begin}</p>\n```'


def _entry(number: int, title: str, sentence: str, there: dict[int, Path], pictures: Collection[str]) -> str:
    """Return the HTML of one chapter; if it is there, it is taken from `there`."""
    picture = ""
    line, when = f"<span>{html.escape(sentence)}</span>" if sentence else "", "in preparation"
    notebook = there.pop(number, None)
    if notebook is None:
        name = f"<span>{html.escape(title)}</span>"
    else:
        title, minutes = title_and_minutes(notebook)
        name, when = f'<a href="{notebook.stem}.html">{html.escape(title)}</a>', f"{minutes} minutes"
        names = html.escape(json.dumps(records(notebook.stem)))
        if notebook.stem in pictures:
            address = f"../_static/{thumbnails.FOLDER}/{notebook.stem}.svg"
            size = f'width="{thumbnails.WIDTH}" height="{thumbnails.HEIGHT}"'
            picture = f'<img src="{address}" alt="" {size} loading="lazy">'
        line += f' <span data-progress="{notebook.stem}" data-names="{names}"></span>'
    state = "" if notebook else ' class="planned"'
    return (
        f'```{{raw}} html\n<li value="{number}"{state}>{picture}<p>{name} <span class="contents-time">{when}</span></p>'
        f'<p class="contents-about">{line}</p></li>\n```'
    )


def _expand_page(app: Sphinx, docname: str, source: list[str]) -> None:
    if FENCE.search(source[0]):
        root = Path(app.confdir)
        for file in (__file__, root / "_toc.yml", *chapters(root).values()):
            app.env.note_dependency(str(file))
        source[0] = expand(source[0], root, app.course_pictures)


def pages(root: Path) -> list[str]:
    """Return the names of all pages, such as "book/index", in the order of the table of contents."""
    return list(_files(yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))))


def _files(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (node[key] for key in node if key in ("root", "file"))
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from _files(child)


def reference_pages(root: Path) -> set[str]:
    """Return the names of the pages in the part of the table of contents that is looked things up in."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    return {name for part in toc.get("parts", []) if part.get("caption") == REFERENCE for name in _files(part)}


def _lead(app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None) -> None:
    """Drop the link to the previous or next page where it would lead into the reference, or out of it."""
    apart = {f"{Path(name).name}.html" for name in reference_pages(Path(app.confdir))}
    for side in ("prev", "next"):
        if context.get(side) and (Path(context[side]["link"]).name in apart) != (f"{Path(page).name}.html" in apart):
            context[side] = None


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the fence."""
    app.connect("source-read", _expand_page)
    app.connect("html-page-context", _lead, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
