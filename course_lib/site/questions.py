"""What a page's questions cover, and the table of progress.

Text that gives an answer away stands in a block, and a cell that does so has a tag:

    :::{answer} memory
    Momentum is about five times faster.
    :::

    ```{code-cell} ipython3
    :tags: [answer:memory]
    ```

On the page both are folded until the question is answered (questions/js/page.js); without JavaScript they are open.
`{progress}` is a table of the chapters: how many of their questions the reader has answered, and of their exercises
solved.
"""

import json
from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from course_lib import chapters
from course_lib.questions import Question

from .exercises import games_on_page, on_page

TAG = "tag_answer:"
FOLD = '<button type="button" class="cq-fold" aria-expanded="false">{}</button>'
RECORDS = {"predictions": "Predictions", "checks": "Self-checks", "exercises": "Exercises"}

#: In every page's head: without JavaScript nothing is folded or to be pressed, and what cannot start needs no room.
NOSCRIPT = """<noscript><style>
.cq .cq-actions, .cq .cq-line, .cq-fold, .course-kept { display: none !important }
.ce-keys, .ce-actions { display: none !important }
.cq .cq-given, .course-answer .cq-folded { display: block !important }
.course-experiment::before { display: none !important }
</style></noscript>
"""

log = logging.getLogger(__name__)


class answer(nodes.container):
    """What is folded until the question of its name is answered."""


class progress(nodes.General, nodes.Element):
    """The table of progress."""


class AnswerBlock(SphinxDirective):
    """The block {answer}, with the name of a question."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the block."""
        self.assert_has_content()
        block = answer(name=self.arguments[0])
        self.set_source_info(block)
        self.state.nested_parse(self.content, self.content_offset, block)
        return [block]


class ProgressTable(SphinxDirective):
    """The table {progress}."""

    def run(self) -> list[nodes.Node]:
        """Return its place: the page's titles are not known yet."""
        return [progress()]


def cover(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Cover the cells that have a tag, and check that every answer comes after its question."""
    for cell in list(doctree.findall(nodes.container)):
        for name in [c.removeprefix(TAG) for c in cell.get("classes", ()) if c.startswith(TAG)]:
            block = answer(name=name)
            block.source, block.line = cell.source, cell.line
            cell.replace_self(block)
            block += cell
    for block in reversed(list(doctree.findall(answer))):  # those that follow one another fold as one
        while (
            isinstance(after := block.next_node(descend=False, siblings=True), answer)
            and after["name"] == block["name"]
        ):
            block.parent.remove(after)
            block += after.children
    asked: set[str] = set()
    there = _questions(docname)
    answered: set[str] = set()
    for block in doctree.findall(answer):
        block["again"] = block["name"] in answered
        answered.add(block["name"])
    for node in doctree.findall():
        if isinstance(node, nodes.raw):
            asked |= {name for name in there if f'data-course-question="{name}"' in node.astext()}
        elif isinstance(node, answer) and node["name"] not in there:
            known = ", ".join(there) or "none"
            log.warning("no question of this page is named %r; there are %s", node["name"], known, location=node)
        elif isinstance(node, answer) and node["name"] not in asked:
            log.warning("the answer to %r comes before its question is asked", node["name"], location=node)


def _questions(docname: str) -> dict[str, Question]:
    page = docname.rpartition("/")[2]
    return {name: question for (at, name), question in chapters.questions().items() if at == page}


def open_without_script(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document) -> None:
    """Add to a page's head what opens everything where JavaScript is off."""
    context["metatags"] = context.get("metatags", "") + NOSCRIPT


# -- HTML -----------------------------------------------------------------------------------------


def visit_answer(translator: HTML5Translator, node: answer) -> None:
    """Write the button that unfolds it, and what is folded."""
    name, label = escape(node["name"]), "More of the answer" if node.get("again") else "The answer"
    translator.body.append(
        f'<div class="course-answer" data-course-answer="{name}">{FOLD.format(label)}\n<div class="cq-folded">\n'
    )


def depart_answer(translator: HTML5Translator, node: answer) -> None:
    """Close it."""
    translator.body.append("</div></div>\n")


def visit_progress(translator: HTML5Translator, node: progress) -> None:
    """Write the table: a row for each page with questions or exercises, in the book's order."""
    builder = translator.builder
    rows = []
    for docname in sorted(builder.env.found_docs):
        names = records(docname)
        if not names:
            continue
        title = escape(builder.env.titles[docname].astext())
        link = builder.get_relative_uri(builder.current_docname, docname)
        page = docname.rpartition("/")[2]
        cells = "".join(_cell(page, record, names.get(record, [])) for record in RECORDS)
        rows.append(f'<tr><th scope="row"><a href="{link}">{title}</a></th>{cells}</tr>')
    heads = "".join(f'<th scope="col">{title}</th>' for title in ("Chapter", *RECORDS.values()))
    translator.body.append(f"""<div class="course-progress-table"><table class="table">
<thead><tr>{heads}</tr></thead>
<tbody>
{chr(10).join(rows)}
</tbody></table>
</div>
""")
    raise nodes.SkipNode


def records(docname: str) -> dict[str, list[str]]:
    """Return what a page has to be answered and solved: kind of record → names."""
    found: dict[str, list[str]] = {}
    for name, question in _questions(docname).items():
        found.setdefault(question.record, []).append(name)
    practice = {"exercises": on_page(docname), "caught": games_on_page(docname)}
    return found | {kind: names for kind, names in practice.items() if names}


def _cell(page: str, record: str, names: list[str]) -> str:
    data = escape(json.dumps(names))
    return f'<td data-page="{escape(page)}" data-kind="{record}" data-names="{data}">{len(names) or "–"}</td>'


def setup(app: Sphinx) -> dict[str, bool]:
    """Register both directives."""
    app.add_node(answer, html=(visit_answer, depart_answer))
    app.add_node(progress, html=(visit_progress, None))
    app.add_directive("answer", AnswerBlock)
    app.add_directive("progress", ProgressTable)
    app.connect("doctree-resolved", cover, priority=600)  # outputs are HTML by then
    app.connect("html-page-context", open_without_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
