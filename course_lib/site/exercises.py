"""Exercises in the page: in a chapter's place, an editor, its buttons, and room for what they say.

A cell tagged `exercise:NAME` stays the code that it is, until the reader touches it (inpage/js/loader.js); without
JavaScript, and on paper, it is that alone. An exercise that needs more than NumPy says where it can be done.
"""

from __future__ import annotations

from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

from course_lib import chapters, inpage
from course_lib.exercises import Exercise

TAG = "tag_exercise:"

log = logging.getLogger(__name__)


class exercise(nodes.container):
    """The cell of an exercise, and what is added to it."""


def find(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Take the cells that have the tag of an exercise."""
    for cell in list(doctree.findall(nodes.container)):
        for name in [c.removeprefix(TAG) for c in cell.get("classes", ()) if c.startswith(TAG)]:
            if name not in chapters.exercises():
                log.warning("no exercise is named %r", name, location=cell)
                continue
            place = exercise(name=name)
            cell.replace_self(place)
            place += cell


def on_page(docname: str) -> list[str]:
    """Return the names of the exercises that are done on a page."""
    page = docname.rpartition("/")[2]
    return [name for name, one in chapters.exercises().items() if one.page == page and not one.packages]


def colab(config: Config, docname: str) -> str:
    """Return a chapter's address in Colab, as its launch button has it; nothing if it has none."""
    options = config.html_theme_options
    site = options.get("launch_buttons", {}).get("colab_url", "")
    repository = options.get("repository_url", "").removeprefix("https://github.com/")
    if not (site and repository):
        return ""
    return f"{site}/github/{repository}/blob/{options.get('repository_branch', 'main')}/{docname}.ipynb"


# -- HTML -----------------------------------------------------------------------------------------


def visit_exercise(translator: HTML5Translator, node: exercise) -> None:
    """Write what comes before the code."""
    declared, docname = chapters.exercises()[node["name"]], translator.builder.current_docname
    if declared.packages:
        translator.body.append('<div class="course-exercise">\n')
        return
    data = {
        "exercise": declared.name,
        "page": declared.page,
        "label": f"Your Python for: {declared.title}",
        "script": "../" * docname.count("/") + f"_static/inpage/ex-{declared.name}.js?v=0",
        "colab": colab(translator.builder.config, docname),
    }
    attributes = "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())
    translator.body.append(f'<div class="course-exercise"{attributes}>\n<div class="ce-code">\n')


def depart_exercise(translator: HTML5Translator, node: exercise) -> None:
    """Write what comes after the code."""
    declared = chapters.exercises()[node["name"]]
    address = colab(translator.builder.config, translator.builder.current_docname)
    elsewhere = f'in {f"""<a href="{escape(address)}">Colab</a>""" if address else "Colab"}, or in JupyterLab'
    elsewhere += " with <code>make lab</code>"
    if declared.packages:
        needed = escape(" and ".join(declared.packages))
        text = f"It needs {needed}, which does not run in a page. Do it {elsewhere}."
        translator.body.append(f'<p class="ce-keys">{text}</p>\n</div>\n')
    else:
        translator.body.append(controls(declared))
        text = f"With JavaScript, you do it here. Without, do it {elsewhere}."
        translator.body.append(f"<noscript><p>{text}</p></noscript>\n</div>\n")


def controls(declared: Exercise) -> str:
    """Return the HTML below the code: the buttons, and the places of what they show."""
    why = '<button type="button" class="ce-why" aria-expanded="false">Why</button>\n' if declared.explanation else ""
    return f"""</div>
<p class="ce-keys">Write your answer in place of <code>ex.todo()</code>, here in the page.</p>
<p class="ce-actions"><button type="button" class="ce-check">Check</button>
<button type="button" class="ce-hint">Hint 1 of {len(declared.hints)}</button>
<button type="button" class="ce-solution" aria-expanded="false">Solution</button>
{why}<button type="button" class="ce-again" hidden>Start again</button>
<button type="button" class="ce-undo" hidden>Undo</button>
<span class="ce-wait" role="status"></span></p>
<div class="ce-said" aria-live="polite"></div>
<div class="ce-below" aria-live="polite"></div>
<div class="ce-answer" hidden></div>
<div class="ce-reason" hidden></div>
"""


def name_scripts(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    """Tell the page's template what is loaded when the reader touches an exercise."""
    paths = [context["pathto"](f"_static/inpage/{name}", resource=True) for name in inpage.on_demand()]
    context["inpage_scripts"] = " ".join(f"{path}?v=0" for path in paths)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the exercises."""
    app.add_node(exercise, html=(visit_exercise, depart_exercise))
    app.connect("doctree-resolved", find, priority=610)  # within an answer that covers it
    app.connect("html-page-context", name_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
