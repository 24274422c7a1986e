"""Catch the bug, in the page: the form, what it takes, and what is kept. Python itself runs here."""

import io
import threading
from html import escape

import pytest
from axe_playwright_python.sync_playwright import Axe
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from course_lib import chapters, inpage, questions
from course_lib.exercises import Case, Exercise, Mutant
from course_lib.exercises.catching import describe
from course_lib.exercises.game import game_of
from course_lib.site import exercises
from course_lib.site.serve import make_server

from .test_exercises import COLAB, LOOK, PAGE
from .test_policy import ALLOWED, served

pytestmark = pytest.mark.browser

CLIP = Exercise(
    name="clip",
    page="00_numbers",
    title="Clip a gradient",
    prompt="Scale `g` to a norm of at most `c`.",
    source="def clip(g, c, on):\n    norm = np.sqrt(np.sum(g * g))\n    return g * min(1, c / norm) if on else 1 * g\n",
    returns=("g",),
    cases=lambda rng: [
        Case.one("short", g=rng.normal(size=3) / 10, c=2.0, on=True),
        Case.one("long", g=10 * rng.normal(size=3), c=2.0, on=True),
        Case.one("off", g=10 * rng.normal(size=3), c=2.0, on=False),
    ],
    hints=("How long is `g`?", "Divide."),
    mutants=(
        Mutant("never", "min(1, c / norm)", "1", "You never clip."),
        Mutant("always", "min(1, c / norm)", "c / norm", "You scale short gradients, too."),
        Mutant("a hair", "1 * g", "0 * g", "Switched off, your clip returns nothing."),
    ),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A page with one exercise, and its Python."""
    made = tmp_path_factory.mktemp("catch")
    scripts = {name: make() for name, make in inpage.on_demand().items()} | inpage.of_exercises([CLIP])
    (made / "inpage").mkdir()
    for name, text in scripts.items():
        (made / "inpage" / name).write_text(text, "utf-8")
    everywhere, asked = inpage.site_assets(), questions.site_assets()
    (made / "book.js").write_text(f"{asked['progress.js']};\n{everywhere['loader.js']}", "utf-8")
    (made / "look.css").write_text(LOOK + everywhere["inpage.css"], "utf-8")
    page = PAGE.format(
        scripts=" ".join(f"inpage/{name}?v=0" for name in scripts),
        before=exercises.before(CLIP, "inpage/ex-clip.js?v=0", COLAB),
        code=escape(CLIP.stub.strip()),
        after=exercises.after(CLIP, COLAB),
    )
    link = '<p><a id="task" href="#catch-clip">Catch all of them.</a></p>'
    (made / "index.html").write_text(page.replace("<h1>Exercises</h1>", f"<h1>Exercises</h1>{link}"), "utf-8")
    return made


@pytest.fixture(scope="module")
def address(folder):
    running = make_server(folder)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}/"
    running.shutdown()
    running.server_close()


@pytest.fixture
def show(page, address):
    """A function that opens the page."""
    return lambda base=None, path="index.html", **options: page(
        path, base=base or address, **{"reduced_motion": "reduce"} | options
    )


def names(shown):
    return [asked.split("/")[-1].split("?")[0] for asked in shown.requests if "inpage" in asked]


def opened(shown):
    """The form, once it is open."""
    shown.locator(".ce-catch").click()
    form = shown.locator(".ce-game")
    form.locator("input").first.wait_for()
    return form


def call(form, **typed):
    """Call, and return what the card says."""
    for name, text in typed.items():
        field = form.locator(f"[name={name}]")
        field.select_option(text) if name == "on" else field.fill(text)
    card = form.locator(".cg-said .course-check")
    if card.count():
        card.evaluate("e => e.remove()")
    form.get_by_role("button", name="Call", exact=True).click()
    card.wait_for()
    return card.inner_text()


def test_nothing_is_loaded_before_the_button_is_pressed(show):
    shown = show()
    shown.wait_for_load_state("networkidle")
    assert names(shown) == [] and shown.locator(".ce-game").is_hidden()
    assert shown.locator(".ce-game *").count() == 0
    opened(shown)
    assert names(shown)[:2] == ["catch.js", "ex-clip.js"] and "editor.js" not in names(shown)


@pytest.mark.parametrize("disk", [False, True])
def test_a_student_catches_all(show, folder, disk):
    shown = show(f"file://{folder}/" if disk else None)
    form = opened(shown)
    assert [field.get_attribute("name") for field in form.locator("input, select").all()] == ["g", "c", "on"]
    assert "0 of 3 caught" in form.inner_text()
    said = call(form)
    game = game_of(CLIP)
    assert said.replace("\n\n", "\n").split("\n")[0] == describe(game, {}, [])[0].text.split("\n")[0]
    assert "1 of 3 caught" in form.inner_text() and not shown.locator(".ce-catch[data-caught]").count()
    call(form, g="[30, 40, 0]", c="1e0", on="True")
    assert "2 of 3 caught" in form.inner_text()
    assert "ALL CAUGHT" in call(form, on="False") and "3 of 3 caught" in form.inner_text()
    assert shown.locator(".ce-catch[data-caught]").count() == 1
    assert shown.evaluate("course.progress.get('00_numbers', 'caught', 'clip')") is True
    shown.reload()
    assert shown.locator(".ce-catch[data-caught]").count() == 1
    assert "3 of 3 caught" in opened(shown).inner_text()
    assert shown.evaluate("course.progress.get('00_numbers', 'exercises', 'clip') ?? null") is None


def test_what_is_caught_is_kept(show):
    shown = show()
    call(opened(shown))
    shown.reload()
    assert "1 of 3 caught" in opened(shown).inner_text()
    assert list(shown.evaluate("JSON.parse(course.progress.export())")["00_numbers"]["caught"]) == ["clip"]
    shown.evaluate("course.progress.clear()")
    assert "0 of 3 caught" in shown.locator(".ce-game").inner_text()


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ({"c": ""}, "nothing is typed"),
        ({"c": "two"}, "'two' is no number"),
        ({"c": "inf"}, "must be a finite number"),
        ({"c": "0,5"}, "a number has a point"),
        ({"g": "[1, 2"}, "a [ lacks its ]"),
        ({"g": "__import__('os')"}, "is no number"),
    ],
)
def test_what_is_no_argument_is_refused_and_changes_nothing(show, typed, named):
    shown = show()
    form = opened(shown)
    said = call(form, **typed)
    (name,) = typed
    assert said.startswith("NO CALL") and named in said and f"{name} must be" in said
    assert "0 of 3 caught" in form.inner_text()
    assert form.locator("[aria-invalid=true]").get_attribute("name") == name
    call(form, g="[3, 4, 0]", c="2")
    assert form.locator("[aria-invalid]").count() == 0


def test_the_keyboard_does_it_all(show):
    shown = show()
    shown.locator(".ce-catch").focus()
    shown.keyboard.press("Enter")
    form = shown.locator(".ce-game")
    form.locator("input").first.wait_for()
    assert shown.locator(".ce-catch").get_attribute("aria-expanded") == "true"
    for _ in range(10):
        shown.keyboard.press("Tab")
        if shown.evaluate("document.activeElement.name") == "c":
            break
    shown.keyboard.press("ControlOrMeta+a")
    shown.keyboard.type("1")
    shown.keyboard.press("Enter")
    form.locator(".course-check").wait_for()
    assert shown.evaluate("document.activeElement.name") == "c", "the reader goes on from there"
    shown.locator(".ce-catch").focus()
    shown.keyboard.press("Enter")
    assert form.is_hidden()


@pytest.mark.parametrize("late", [False, True])
def test_a_link_in_the_text_opens_it(show, late):
    shown = show(path="index.html#catch-clip" if late else "index.html")
    if not late:
        shown.locator("#task").click()
    shown.locator(".ce-game input").first.wait_for()
    shown.wait_for_function("document.activeElement.name === 'g'")
    shown.locator(".ce-catch").click()
    shown.locator(".ce-game").wait_for(state="hidden")
    shown.locator("#task").click()  # once more: the address is the same
    shown.locator(".ce-game input").first.wait_for()


def test_without_its_script_the_page_says_so_and_it_can_be_tried_again(show):
    shown = show()
    shown.route("**/catch.js*", lambda route: route.abort())
    shown.locator(".ce-catch").click()
    shown.get_by_text("catch.js cannot be loaded: try again.").wait_for()
    shown.console.clear()
    shown.unroute("**/catch.js*")
    opened(shown)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(show, scheme):
    shown = show(scheme=scheme)
    form = opened(shown)
    call(form, c="x")
    assert Axe().run(shown).response["violations"] == []
    call(form, c="1")
    assert Axe().run(shown).response["violations"] == []


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_shows_it(show, width):
    shown = show(width=width, height=700, has_touch=True, is_mobile=True)
    form = opened(shown)
    call(form, g="[3.000000000000001, 4.000000000000002, 0.0000000000000003]")
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    for control in form.locator("input, select, button").all():
        box = control.bounding_box()
        assert box["height"] >= 44 and box["x"] >= 0 and box["x"] + box["width"] <= width
    sizes = "all => all.map((e) => getComputedStyle(e).fontSize)"
    assert set(form.locator("input, select").evaluate_all(sizes)) == {"16px"}


def test_paper_shows_no_form(show):
    shown = show()
    opened(shown)
    shown.emulate_media(media="print")
    assert shown.locator(".ce-game").is_hidden() and shown.locator(".ce-catch").is_hidden()


@pytest.mark.parametrize(("name", "warned"), [("adam", ""), ("momentum", "no exercise 'momentum' with a bug to catch")])
def test_the_build_checks_a_link_of_the_text(tmp_path, name, warned):
    (tmp_path / "04_adaptive.md").write_text(f"# A page\n\n{{catch}}`Choose a call <{name}>`.\n", "utf-8")
    said = io.StringIO()
    extensions = ["myst_parser", "course_lib.site.catches"]
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            tmp_path, None, tmp_path / "out", tmp_path / "trees", "html", status=None, warning=said,
            confoverrides={"extensions": extensions, "html_theme": "basic", "root_doc": "04_adaptive"},
        )  # fmt: skip
        app.build()
    assert warned in said.getvalue() and bool(warned) == bool(said.getvalue())
    html = (tmp_path / "out/04_adaptive.html").read_text("utf-8")
    assert f'href="#catch-{name}">Choose a call</a>' in html


def test_the_text_of_a_chapter_opens_it(page, site):
    with served(site, ALLOWED) as base:  # Python starts with the game
        shown = page("book/04_adaptive.html", base=base)
        shown.locator("a[href='#catch-adam']").click()
        shown.locator("#catch-adam input").first.wait_for()
        assert shown.locator("#catch-adam").is_visible()
        tops = shown.locator("#catch-adam input").evaluate_all("all => all.map((e) => e.getBoundingClientRect().top)")
        assert tops[0] == tops[1], "the site's style sheet has the form's rules"


def test_an_exercise_without_a_game_has_no_button():
    first = next(one for one in chapters.exercises().values() if not one.packages and game_of(one) is None)
    assert "ce-catch" not in exercises.after(first, COLAB) and "ce-game" not in exercises.after(first, COLAB)
    assert "ce-catch" in exercises.after(CLIP, COLAB)
