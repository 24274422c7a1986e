"""Plain notebooks, made from the book's: any Jupyter, Colab and GitHub show them well.

The text is plain Markdown (`markup`), with numbers filled in; the Colab cell is first; cells that set up, and cells
that give answers away, are collapsed; the check of an exercise runs without the rest of the chapter.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import functools
import importlib
import json
import mimetypes
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from course_lib import chapters, studies
from course_lib.exercises.game import game_of

from . import repository
from .figures import showing_calls
from .markup import MarkupError, Page, labels, plain
from .notebooks import clean, dumps, tags_of
from .reference import expand, fences, references

#: Cells that are collapsed, by tags, besides `answer:NAME`.
COLLAPSED = {"colab", "setup", "hide-input", "hide-cell", "remove-input", "remove-cell"}

_CHECK = re.compile(r"^ex\.\w+\.check\(", re.MULTILINE)
_LABEL = re.compile(r"^\(([\w:-]+)\)=", re.MULTILINE)


def make_plain(path: Path) -> dict[str, Any]:
    """Return the plain form of one of the book's notebooks.

    Raises:
        MarkupError: some of its text has no plain form; the message names the notebook and the cell.
    """
    notebook = clean(json.loads(path.read_text("utf-8")))
    page, asked = read_page(path, notebook["cells"]), _asked(chapters.folder_of(path.stem))
    cells = []
    for cell in notebook["cells"]:
        with _naming(path, cell):
            if cell["cell_type"] == "code":
                shown = [page.figures[name] for name in _shown(["".join(cell["source"])], asked)]
                cells += [_number(figure) for figure in shown] + [_code(cell, path.stem)]
            else:
                cells.append(_markdown(cell, page, path.parent))
    cells.sort(key=lambda cell: "colab" not in tags_of(cell))
    return notebook | {"cells": cells}


def write_plain(sources: Sequence[Path], folder: Path) -> list[Path]:
    """Write the plain form of notebooks into a folder.

    Raises:
        ValueError: the folder is that of a source, which would be overwritten.
        MarkupError: see `make_plain`; then nothing is written.
    """
    if folder.resolve() in {path.resolve().parent for path in sources}:
        raise ValueError(f"{folder} holds the sources of the book: name another folder")
    texts = {folder / path.name: dumps(make_plain(path)) for path in sources}
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        path.write_text(text, "utf-8", newline="\n")
    return list(texts)


@contextlib.contextmanager
def _naming(path: Path, cell: Mapping[str, Any]) -> Iterator[None]:
    try:
        yield
    except MarkupError as error:
        raise MarkupError(f"{path.name}, cell {cell.get('id')!r}: {error}") from None


# -- cells --------------------------------------------------------------------------------------


def _code(cell: dict[str, Any], stem: str) -> dict[str, Any]:
    tags = tags_of(cell)
    metadata: dict[str, Any] = {"tags": tags} if tags else {}
    if COLLAPSED & set(tags) or any(tag.startswith("answer:") for tag in tags):
        metadata |= {"jupyter": {"source_hidden": True}, "cellView": "form"}
    source = "".join(cell["source"])
    if _CHECK.search(source):  # so that a reader can begin with the exercises
        source = f"import numpy as np\nfrom course_lib.chapters.{chapters.folder_of(stem)} import ex\n\n{source}"
    return cell | {"metadata": metadata, "source": source.splitlines(keepends=True)}


def _number(figure: int) -> dict[str, Any]:
    """Return a cell with the number of the figure below it: the text refers to figures by number."""
    return {"cell_type": "markdown", "id": f"figure-{figure}", "metadata": {}, "source": [f"**Figure {figure}**"]}


def _markdown(cell: dict[str, Any], page: Page, book: Path) -> dict[str, Any]:
    attachments: dict[str, dict[str, str]] = {}

    def attach(image: str) -> str:
        if re.match(r"[a-z]+:", image):
            return image
        kind, _ = mimetypes.guess_type(image)
        if not kind or not (book / image).is_file():
            raise MarkupError(f"there is no picture {image!r}")
        name = Path(image).name
        attachments[name] = {kind: base64.b64encode((book / image).read_bytes()).decode("ascii")}
        return f"attachment:{name}"

    page.attach = attach
    text = plain("".join(cell["source"]), page)
    cell = cell | {"metadata": {}, "source": text.splitlines(keepends=True)}
    return cell | {"attachments": attachments} if attachments else cell


# -- what the text refers to --------------------------------------------------------------------


def read_page(path: Path, cells: Sequence[Mapping[str, Any]]) -> Page:
    """Read what a notebook's text may refer to: its equations, figures and claims, and the book around it."""
    equations: list[str] = []
    for cell in cells:
        with _naming(path, cell):
            for label in labels("".join(cell["source"])) if cell["cell_type"] == "markdown" else ():
                if label in equations:
                    raise MarkupError(f"another equation is called {label!r}, too")
                equations.append(label)
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    shown = _shown(sources, _asked(chapters.folder_of(path.stem)))
    numbers = Path(chapters.__file__).parent / chapters.folder_of(path.stem) / "numbers.json"
    return Page(
        equations={label: i for i, label in enumerate(equations, 1)},
        figures={name: i for i, name in enumerate(shown, 1)},
        experiments={place: name for place, name in shown.items() if name},
        games={name: name for name, one in chapters.exercises().items() if one.page == path.stem and game_of(one)},
        claims=json.loads(numbers.read_text("utf-8")) if numbers.is_file() else {},
        measured=_measured,
        references=references(path.parent / "references.bib"),
        address=addresses(path.parent),
    )


def _asked(chapter: str) -> dict[str, tuple[str, str]]:
    """Return the experiment that each question of a chapter shows, by the question's name: its place, its name."""
    if chapter not in chapters.chapters():
        return {}
    ask = getattr(importlib.import_module(f"{chapters.__name__}.{chapter}"), "ask", None)
    shows = {name: getattr(question, "shows", None) for name, question in ask.declared().items()} if ask else {}
    return {name: (shown[1].get("place", shown[0]), shown[0]) for name, shown in shows.items() if shown}


def _shown(sources: Sequence[str], asked: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Return what code shows, in order: the place of an experiment → its name, the name of a figure → ""."""
    found: dict[str, str] = {}
    for source in sources:
        for call in showing_calls(source):
            names = {word.arg: word.value.value for word in call.keywords if isinstance(word.value, ast.Constant)}
            match call.func:
                case ast.Name("show_figure"):
                    found.setdefault(names.get("name", ""), "")
                case ast.Attribute(ast.Name("explore"), name):
                    found.setdefault(names.get("place", name), name)
                case ast.Attribute(ast.Name("ask"), name) if name in asked:
                    found.setdefault(*asked[name])
    return found


def _measured(study: str, row: str, column: str) -> str:
    try:
        return studies.load(study).text(row, column)
    except (ValueError, FileNotFoundError) as error:
        raise MarkupError(str(error)) from None


def site_address(root: Path) -> str:
    """Return the address of the finished site: the deploying workflow's, or that of the repository's owner."""
    if given := os.environ.get("COURSE_SITE_URL"):
        return given.rstrip("/")
    owner, name = repository.current(root).split("/")[-2:]
    return f"https://{owner.lower()}.github.io/{name}"


def addresses(book: Path) -> Callable[[str], str | None]:
    """Return a function: a page (`glossary`, `glossary.md#sgd`) or a label → its address on the site, or None."""
    site = f"{site_address(repository.find_root(book))}/{book.name}"

    def address(target: str) -> str | None:
        page, _, label = target.partition("#")
        stem = re.sub(r"\.(md|ipynb)$", "", page)
        if page and any((book / f"{stem}{suffix}").is_file() for suffix in (".md", ".ipynb")):
            return f"{site}/{stem}.html" + (f"#{label}" if label else "")
        name = label if target.startswith("#") else target
        return f"{site}/{pages[name]}.html#{name.lower()}" if name in (pages := _labels(book)) else None

    return address


@functools.cache
def _labels(book: Path) -> dict[str, str]:
    """Return the page of each label in the book, those of the library's entries included."""
    found = {}
    for path in sorted(book.glob("*.md")):
        text = path.read_text("utf-8")
        shown = expand(text, references(book / "references.bib")) if fences(text) else text
        found |= {label: path.stem for label in _LABEL.findall(shown)}
    for path in sorted(book.glob("*.ipynb")):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                found |= {label: path.stem for label in _LABEL.findall("".join(cell["source"]))}
    return found
