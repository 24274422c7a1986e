"""The pages that find things: where an experiment, an exercise, an answer is.

`{finder}` lists the experiments and exercises of every chapter, `{boxes}` the questions that its boxes answer, and
`{levels}` says how an exercise's level is counted. All three become text when the page is read.

A place is a page, a page and a section's title, or a page and an anchor. The first two say what they lead to, and the
build stops where there is none:

    {place}`03_momentum`   {place}`03_momentum/A velocity`   {place}`the race <03_momentum#fig-race>`
"""

from __future__ import annotations

import ast
import inspect
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import ReferenceRole

from course_lib.chapters import exercises, experiments, folder_of, questions, started
from course_lib.exercises import Exercise
from course_lib.explore.experiment import Experiment
from course_lib.questions import Predict

from . import boxes, contents, figures
from .boxes import anchor
from .contents import chapters, title_and_minutes
from .exercises import ANCHOR
from .figures import figure_numbers

FENCE = re.compile(r"^```\{(finder|boxes|levels)\}\n```$", re.MULTILINE)
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
QUESTION = re.compile(r"^:::\{admonition\} (.+)\n:class: question dropdown$", re.MULTILINE)

log = logging.getLogger(__name__)


# -- what a chapter has ---------------------------------------------------------------------------


class Shown(NamedTuple):
    """A figure of a chapter: its number, and the section in which it stands."""

    number: int
    section: str


def shown(notebook: Path) -> dict[str, Shown]:
    """Return a chapter's figures and experiments by name."""
    here = {name: question for (page, name), question in questions().items() if page == notebook.stem}
    shows = {name: one.shows for name, one in here.items() if isinstance(one, Predict) and one.shows}
    asked = {name: setting.get("place", experiment) for name, (experiment, setting) in shows.items()}
    section, code, sections = "", [], {}
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            section = [section, *HEADING.findall(text)][-1]
        elif cell["cell_type"] == "code":
            code.append(text)
            sections |= dict.fromkeys(figure_numbers([text], asked), section)
    return {name: Shown(number, sections[name]) for name, number in figure_numbers(code, asked).items()}


def answered(notebook: Path) -> list[str]:
    """Return the questions that the boxes of a chapter answer."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [title for cell in cells for title in QUESTION.findall("".join(cell["source"]))]


def of_chapter(page: str) -> tuple[dict[str, Callable[..., Experiment]], list[Exercise]]:
    """Return the experiments that a page declares, by name, and its exercises in their order."""
    own = {name: make for (_, name), make in experiments().items() if make.page == page}
    return own, sorted((e for e in exercises().values() if e.page == page), key=lambda e: e.number)


# -- exercises: what they ask, and how much has to be right ---------------------------------------

#: What the book's solution may take, at most, for an exercise of this level: its operations and its arguments.
LEVELS = {"easy": 9, "medium": 13, "hard": math.inf}
OPERATIONS = (
    *(ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Call, ast.Subscript, ast.AugAssign),
    *(ast.If, ast.IfExp, ast.For, ast.While, ast.comprehension),
)
#: A sentence that says what to do: how it begins, perhaps after "In each image,", or how it asks.
TASK = re.compile(
    r"(In (training|testing|each \w+),? )?"
    r"(Add|Begin|Bring|Choose|Divide|Go|keep|Make|Move|multiply|Return|Take|Turn|Where|Write)\b|.*(, return |\?$)"
)
SENTENCE = re.compile(r".+?[.?!](?=\s|$)", re.DOTALL)


def size(exercise: Exercise) -> int:
    """Count what has to be right: the operations of the book's solution, of broken code those that change, and its
    arguments."""
    given = {ast.unparse(line) for line in _lines(exercise.start)} if exercise.start else set()
    written = [line for line in _lines(exercise.source) if ast.unparse(line) not in given]
    operations = sum(isinstance(part, OPERATIONS) for line in written for part in ast.walk(line))
    return operations + len(exercise.parameters)


def level(exercise: Exercise) -> str:
    """Return the level of an exercise: that of its size.

    >>> from course_lib.chapters import exercises
    >>> level(exercises()["adam"])
    'hard'
    """
    return next(name for name, most in LEVELS.items() if size(exercise) <= most)


def _lines(source: str) -> list[ast.stmt]:
    """Return the statements of every function in a source."""
    functions = [part for part in ast.walk(ast.parse(source)) if isinstance(part, ast.FunctionDef)]
    return [line for function in functions for line in function.body if not isinstance(line, ast.FunctionDef)]


def task(prompt: str, most: int = 140) -> str:
    """Return what a prompt asks for: its sentence that says what to do, or the beginning of one that is long.

    >>> task("You get weights `w`. Add λ to them; λ is `lam`. Return a new array.")
    'Add λ to them; λ is `lam`.'
    >>> task("Add λ to them; λ is `lam`.", most=20)
    'Add λ to them …'
    """
    sentences = [" ".join(found.split()) for found in SENTENCE.findall(prompt)]
    text = next((one for one in sentences if TASK.match(one)), sentences[0])
    ends = [found.start() for found in re.finditer(r"[,:;](?=\s)", text) if _is_whole(text[: found.start()])]
    return text if len(text) <= most or not ends else f"{text[: max(e for e in ends if e <= most or e == ends[0])]} …"


def _is_whole(text: str) -> bool:
    return text.count("`") % 2 == 0 and text.count("(") == text.count(")")


# -- the text of the pages ------------------------------------------------------------------------


def expand(text: str, root: Path) -> str:
    """Return a page's text with its fences replaced by what they list."""
    makers = {"finder": finder, "boxes": boxed, "levels": lambda _: levels()}
    return FENCE.sub(lambda found: makers[found[1]](root), text)


def finder(root: Path) -> str:
    """Return the experiments and exercises of all chapters, a section for each."""
    return "\n\n".join(
        part for number, notebook in chapters(root).items() for part in _chapter(number, notebook) if part
    )


def _chapter(number: int, notebook: Path) -> Iterator[str]:
    page, (own, exercises) = notebook.stem, of_chapter(notebook.stem)
    places = shown(notebook)
    yield f"## {number} · {title_and_minutes(notebook)[0]}"
    if own:
        inside = sorted((name for name in own if name in places), key=lambda name: places[name].number)
        yield "**Experiments**"
        yield _list(_experiment(page, name, own[name], places[name]) for name in inside)
    if exercises:
        yield "**Exercises**"
        yield _list(map(_exercise, exercises), "exercises")


def _experiment(page: str, name: str, make: Callable[..., Experiment], at: Shown) -> str:
    controls = started()[folder_of(page), name].controls.values()
    moved = " · ".join(f"{control['label'][:1].lower()}{control['label'][1:]}" for control in controls)
    where = f"Figure {at.number}, in “{at.section}”. You set: {moved}."
    return f"{{place}}`{describe(make)} <{page}#fig-{name}>` [{where}]{{.about}}"


def _exercise(exercise: Exercise) -> str:
    where = f"needs {' and '.join(exercise.packages)}: in a notebook" if exercise.packages else "in the page"
    link = f"{{place}}`{exercise.number} · {exercise.title} <{exercise.page}#{ANCHOR}{exercise.name}>`"
    return f"{link} {task(exercise.prompt)} [{level(exercise).capitalize()}, {where}]{{.about}}"


def describe(make: Callable[..., Any]) -> str:
    """Return what an experiment shows: the first sentence of its docstring, without "Show".

    >>> def bowl(): "Show a bowl. It has walls."
    >>> describe(bowl)
    'A bowl'
    """
    text = " ".join((inspect.getdoc(make) or "").split("\n\n")[0].split())
    found = SENTENCE.match(text)
    text = (found[0] if found else text).removeprefix("Show ").rstrip(".")
    return text[:1].upper() + text[1:]


def boxed(root: Path) -> str:
    """Return the questions that chapters answer in their boxes, each a link to it."""
    parts = []
    for number, notebook in chapters(root).items():
        if found := answered(notebook):
            links = _list(f"{{place}}`{title} <{notebook.stem}#{anchor(title)}>`" for title in found)
            parts.append(f"**{number} · {title_and_minutes(notebook)[0]}**\n\n{links}")
    return "\n\n".join(parts)


def levels() -> str:
    """Return the rule of the levels in words."""
    (easy, first), (medium, second), (hard, _) = LEVELS.items()
    return (
        "A level is counted, not judged. It counts what has to be right at once: the operations that the book’s own "
        "solution makes (arithmetic, comparisons, calls, indexing), and its arguments. Up to "
        f"{first} together an exercise is {easy}, up to {second} {medium}, beyond that {hard}. Where broken code is "
        "to be repaired, the lines that stay do not count. How hard the thought behind it is, no count tells."
    )


def _list(lines: Iterable[str], kind: str = "") -> str:
    return f":::{{div}} finder {kind}\n" + "\n".join(f"- {line}" for line in lines) + "\n:::"


def _expand_page(app: Sphinx, docname: str, source: list[str]) -> None:
    if FENCE.search(source[0]):
        root = Path(app.confdir)
        own = (module.__file__ for module in (boxes, contents, figures))  # the library's other files are in its hash
        for file in (__file__, *own, root / "_toc.yml", *chapters(root).values()):
            app.env.note_dependency(str(file))
        source[0] = expand(source[0], root)


# -- places ---------------------------------------------------------------------------------------


class place(nodes.Inline, nodes.TextElement):
    """A link to a place in the book, until the page is written."""


class PlaceRole(ReferenceRole):
    """A link to a page of the same folder, to a section there by its title, or to an anchor."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        page, sign, inside = re.fullmatch(r"([^/#]+)([/#]?)(.*)", self.target, re.DOTALL).groups()
        text = self.title if self.has_explicit_title else _called(page, inside if sign == "/" else "")
        document = str(PurePosixPath(self.env.docname).with_name(page))
        if document in self.env.found_docs:
            self.env.note_dependency(str(self.env.doc2path(document)))
        node = place(self.rawtext, text, document=document, sign=sign, inside=" ".join(inside.split()))
        self.set_source_info(node)
        return [node], []


def _called(page: str, section: str) -> str:
    r"""Return the words for a place.

    >>> _called("03_momentum", "A velocity"), _called("03_momentum", "")
    ('Chapter\xa03, A velocity', 'Chapter\xa03')
    """
    number = re.match(r"\d+", page)
    chapter = f"Chapter\N{NO-BREAK SPACE}{int(number[0])}" if number else page.replace("_", " ").capitalize()
    return f"{chapter}, {section}" if section else chapter


class Places(SphinxPostTransform):
    """Turn places into links; a page or a section that is not there is a warning."""

    default_priority = 5

    def run(self, **_: Any) -> None:
        """Change the page that is about to be written."""
        for node in list(self.document.findall(place)):
            node.replace_self(self._link(node))

    def _link(self, node: place) -> nodes.Node:
        document, anchor = node["document"], f"#{node['inside']}" if node["sign"] == "#" else ""
        if document not in self.env.found_docs:
            log.warning("the book has no page %r", document, location=node, type="course", subtype="place")
            return nodes.Text(node.astext())
        if node["sign"] == "/":
            sections = {link.astext(): link["anchorname"] for link in self.env.tocs[document].findall(nodes.reference)}
            if node["inside"] not in sections:
                words = "%s has no section %r; it has %s"
                known = ", ".join(map(repr, sections))
                log.warning(words, document, node["inside"], known, location=node, type="course", subtype="place")
            anchor = sections.get(node["inside"], "")
        address = self.app.builder.get_relative_uri(self.env.docname, document)
        return nodes.reference("", "", *node.children, internal=True, refuri=f"{address}{anchor}", classes=["place"])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the fences and the role."""
    app.add_node(place)
    app.add_role("place", PlaceRole())
    app.add_post_transform(Places)
    app.connect("source-read", _expand_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
