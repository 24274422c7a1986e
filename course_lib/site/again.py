"""What comes back on the contents page, and what the reader's browser remembers.

`{again}` is the place of a box with at most three things to recall: predictions that were wrong, self-checks, mistakes
that a check has named. It is empty until something is due (questions/js/again.js knows when), and only then loads
the questions of a chapter (`_static/again/NN_name.js`, taken from the chapter's page as it was written) or of an
exercise. `{remembered}` tells what the browser keeps, and exports, imports and erases it.
"""

import json
import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from course_lib import chapters
from course_lib.inpage.build import to_json
from course_lib.questions import Number
from course_lib.questions.markup import given, to_data, to_markup

FOLDER = "_static/again"
#: A question in a page: its name, its page, its data, its form.
ASKED = re.compile(
    r'<div class="course-question"[^>]* data-course-question="(\w+)" data-course-page="([^"]+)" data-kind="\w+">\s*'
    r'<script type="application/json">(.*?)</script>\s*(<form class="cq">.*?</form>)',
    re.DOTALL,
)
REMEMBERED = """<details class="course-kept"><summary>What this browser remembers</summary>
<p class="ck-what"></p>
<p class="cq-actions"><button type="button" class="ck-export">Export</button>
<button type="button" class="ck-import">Import</button>
<button type="button" class="ck-erase">Erase</button></p>
<input type="file" class="ck-file" accept=".json,application/json" aria-label="A file to import" hidden>
<p class="ck-said" role="status"></p></details>
"""


class again(nodes.General, nodes.Element):
    """The place of what is to be recalled."""


class remembered(nodes.General, nodes.Element):
    """What the browser remembers."""


class Again(SphinxDirective):
    """The directive {again}."""

    def run(self) -> list[nodes.Node]:
        """Return its place: which pages ask is not known yet."""
        return [again()]


class Remembered(SphinxDirective):
    """The directive {remembered}."""

    def run(self) -> list[nodes.Node]:
        """Return its place."""
        return [remembered()]


def asking(docnames: set[str]) -> list[str]:
    """Return the names of the pages, among those of the book, that have questions."""
    stems = {name.rpartition("/")[2] for name in docnames}
    return sorted(stems & {page for page, _ in chapters.questions()})


def write_questions(out: Path) -> None:
    """Write into the site, for each page that asks, a script with its questions, if one of its pages recalls them.

    Args:
        out: the site's folder.
    """
    texts = {page: page.read_text(encoding="utf-8") for page in out.rglob("*.html")}
    folder, written = out / FOLDER, set()
    if any('class="course-again"' in text for text in texts.values()):
        folder.mkdir(exist_ok=True)
        for page, text in texts.items():
            if asking({page.stem}):
                script = f"((course.asked ??= {{}})[{to_json(page.stem)}] = {to_json(asked_on(page.stem, text))});\n"
                (folder / f"{page.stem}.js").write_text(script, encoding="utf-8")
                written.add(f"{page.stem}.js")
    for stale in [path for path in folder.glob("*.js") if path.name not in written]:
        stale.unlink()


def asked_on(page: str, text: str) -> dict[str, list[dict[str, object]]]:
    """Return a page's questions by name: each as it stands there, and then with other numbers if there are some.

    A question whose options are letters is left out: what they stand for is on its page.

    Args:
        page: its name.
        text: its HTML.
    """
    declared, found = chapters.questions(), {}
    for name, at, data, form in ASKED.findall(text):
        options = getattr(declared.get((page, name)), "options", {})
        letters = options and all(len(option) == 1 for option in options.values())
        if at == page and not letters:
            question = declared[page, name]
            others = question.anew if isinstance(question, Number) else ()
            found[name] = [{"html": form, "data": json.loads(data)}, *map(_with_other_numbers, others)]
    return found


def _with_other_numbers(question: Number) -> dict[str, object]:
    markup = to_markup(question, given(question, {}))
    return {"html": markup[markup.index("<form") : markup.index("</form>") + 7], "data": to_data(question, {})}


# -- HTML -----------------------------------------------------------------------------------------


def visit_again(translator: HTML5Translator, node: again) -> None:
    """Write the empty box, with the addresses of what it may load."""
    builder = translator.builder
    root = "../" * builder.current_docname.count("/")
    names = ["_static/questions/recall.js", *(f"{FOLDER}/{page}.js" for page in asking(builder.env.found_docs))]
    scripts = " ".join(f"{root}{name}?v=0" for name in names)
    translator.body.append(
        f'<section class="course-again" aria-labelledby="again" data-scripts="{scripts}"'
        f' data-exercises="{root}_static/inpage/" hidden></section>\n'
    )
    raise nodes.SkipNode


def visit_remembered(translator: HTML5Translator, node: remembered) -> None:
    """Write what tells, exports, imports and erases."""
    translator.body.append(REMEMBERED)
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register both directives."""
    app.add_node(again, html=(visit_again, None))
    app.add_node(remembered, html=(visit_remembered, None))
    app.add_directive("again", Again)
    app.add_directive("remembered", Remembered)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
