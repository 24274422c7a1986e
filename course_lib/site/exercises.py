"""Exercises in the page: in a chapter's place, an editor, its buttons, and room for what they say.

A cell tagged `exercise:NAME` stays the code that it is, until the reader touches it (inpage/js/loader.js); without
JavaScript, and on paper, it is that alone. An exercise that needs more than NumPy says where it can be done.
"""

from __future__ import annotations

import functools
import re
import shutil
from collections.abc import Callable
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

from course_lib import chapters, inpage
from course_lib.exercises import Exercise
from course_lib.exercises.game import game_of
from course_lib.explore.sources import LIBRARY, digest

TAG = "tag_exercise:"
#: An exercise's anchor on its page is this and its name.
ANCHOR = "exercise-"
#: And that of its bugs to catch, this and its name.
GAME = "catch-"
SCRIPT = re.compile(r"_static/inpage/([\w-]+\.js)")

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


def games_on_page(docname: str) -> list[str]:
    """Return the names of the exercises of a page that have a bug to catch."""
    return [name for name in on_page(docname) if game_of(chapters.exercises()[name])]


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
    script = "../" * docname.count("/") + f"_static/inpage/{inpage.script_name(declared)}?v=0"
    translator.body.append(before(declared, script, colab(translator.builder.config, docname)))


def depart_exercise(translator: HTML5Translator, node: exercise) -> None:
    """Write what comes after it."""
    address = colab(translator.builder.config, translator.builder.current_docname)
    translator.body.append(after(chapters.exercises()[node["name"]], address))


def before(declared: Exercise, script: str, colab: str) -> str:
    """Return the HTML before an exercise's code.

    Args:
        declared: the exercise.
        script: the address of what the page must know of it.
        colab: the address of its notebook in Colab, or nothing.
    """
    anchor = f'id="{ANCHOR}{escape(declared.name)}"'
    if declared.packages:
        return f'<div class="course-exercise" {anchor}>\n'
    data = {
        "exercise": declared.name,
        "page": declared.page,
        "label": f"Your Python for: {declared.title}",
        "script": script,
        "colab": colab,
    }
    attributes = "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())
    return f'<div class="course-exercise" {anchor}{attributes}>\n<div class="ce-code">\n'


def after(declared: Exercise, colab: str) -> str:
    """Return the HTML after an exercise's code: buttons and places of what they show, or where it can be done."""
    link = f'<a href="{escape(colab)}">Colab</a>' if colab else "Colab"
    elsewhere = f"in {link}, or in JupyterLab with <code>make lab</code>"
    if declared.packages:
        needed = escape(" and ".join(declared.packages))
        return f'<p class="ce-elsewhere">This needs {needed}, which no page can run: do it {elsewhere}.</p>\n</div>\n'
    to_write = "ex.todo()" in declared.stub
    todo = "Write your answer in place of <code>ex.todo()</code>" if to_write else "Put this code right"
    why = '<button type="button" class="ce-why" aria-expanded="false">Why</button>\n' if declared.explanation else ""
    catch, form = "", ""
    if game_of(declared):
        catch = '<button type="button" class="ce-catch" aria-expanded="false">Catch the bug</button>\n'
        label = f"Catch the bug: {declared.title}"
        form = f'<form class="ce-game" id="{GAME}{escape(declared.name)}" aria-label="{escape(label)}" hidden></form>\n'
    return f"""</div>
<p class="ce-keys">{todo}, here in the page.</p>
<p class="ce-actions"><button type="button" class="ce-check">Check</button>
<button type="button" class="ce-hint">Hint 1 of {len(declared.hints)}</button>
<button type="button" class="ce-solution" aria-expanded="false">Solution</button>
{why}{catch}<button type="button" class="ce-again" hidden>Start again</button>
<button type="button" class="ce-undo" hidden>Undo</button>
<span class="ce-wait" role="status"></span></p>
<div class="ce-said" aria-live="polite"></div>
<div class="ce-tell"><label><input type="checkbox" role="switch"> Name mistakes at once</label></div>
<div class="ce-below" aria-live="polite"></div>
<div class="ce-answer" hidden><pre></pre></div>
<div class="ce-reason" hidden></div>
{form}<noscript><p>With JavaScript you do it here; without, {elsewhere}.</p></noscript>
</div>
"""


# -- scripts --------------------------------------------------------------------------------------

#: What is on a page whose reader may want to write Python there: an exercise, or an experiment with a box for it.
WRITTEN = ("data-exercise=", '"yours":')


def name_scripts(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    """Tell the page's template what is loaded when the reader begins to write."""
    if any(sign in context.get("body", "") for sign in WRITTEN):
        paths = [context["pathto"](f"_static/inpage/{name}", resource=True) for name in inpage.on_demand()]
        context["inpage_scripts"] = " ".join(f"{path}?v=0" for path in paths)


def write_scripts(out: Path, cache: Path) -> None:
    """Write into the site the scripts that its pages name.

    Args:
        out: the site's folder.
        cache: a folder for the page's Python, which takes ten seconds to make; it is kept between builds.
    """
    named = {found for page in out.rglob("*.html") for found in SCRIPT.findall(page.read_text(encoding="utf-8"))}
    parts = [path for part in ("inpage", "exercises") for path in (LIBRARY / part).rglob("*.[pj][ys]")]
    kept, folder = cache / digest(parts), out / "_static/inpage"
    texts = {name: functools.partial(_made_once, kept / name, make) for name, make in inpage.on_demand().items()}
    here = [one for one in chapters.exercises().values() if inpage.script_name(one) in named]
    texts |= {name: functools.partial(str, text) for name, text in inpage.of_exercises(here).items()}
    for name in sorted(named):
        (folder / name).write_text(texts[name](), encoding="utf-8")
    for stale in [*(set(cache.glob("*")) - {kept}), *folder.glob("ex-*.js")]:
        if stale.is_dir():
            shutil.rmtree(stale)
        elif stale.name not in named:
            stale.unlink()


def _made_once(path: Path, make: Callable[[], str]) -> str:
    """Return the text of a file, which is made if it is not there."""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make(), encoding="utf-8")
    return path.read_text(encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the exercises."""
    app.add_node(exercise, html=(visit_exercise, depart_exercise))
    app.connect("doctree-resolved", find, priority=610)  # within an answer that covers it
    app.connect("html-page-context", name_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
