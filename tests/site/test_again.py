"""What comes back on the contents page, and what the browser remembers: in the small book of test_questions.

The browser's clock is set by the test. When a thing is due is tested in tests/questions/test_again.py.
"""

import datetime
import json
import threading
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from course_lib import chapters, inpage
from course_lib.site.again import asked_on
from course_lib.site.build import build
from course_lib.site.serve import make_server

from .conftest import POLICY
from .test_questions import (
    ADDRESS,
    CHOICE,
    NUMBER,
    PAGE,
    SEEN,
    START,
    STILL,
    TOLD,
    chapter,
    guess,
    main,
    option,
    place,
    write_book,
    wrong,
)

pytestmark = pytest.mark.browser

NOON = datetime.datetime(2026, 10, 20, 12)
EXERCISE = chapters.exercises()["adam"]
BUG = next(mutant for mutant in EXERCISE.mutants if "\n" not in mutant.old + mutant.new)
BOX = ".course-again"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The small book, built, and the script of one exercise."""
    made = tmp_path_factory.mktemp("again")
    write_book(made, chapter())
    assert build(made) == 0
    for name, text in inpage.of_exercises([EXERCISE]).items():
        (made / "_build/html/_static/inpage" / name).write_text(text, "utf-8")
    return made / "_build/html"


@pytest.fixture(scope="module")
def book(folder):
    """The address of the small book, under the site's strict policy."""
    running = make_server(folder, prefix="/", policy=POLICY)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}/"
    running.shutdown()
    running.server_close()


@pytest.fixture
def show(page, book):
    """A function that opens a page of the small book, at noon of day 0."""

    def opened(name=START, **options):
        shown = page(name, **{"base": book, **STILL, **options})
        shown.clock.set_fixed_time(NOON)
        return shown

    return opened


def on_day(shown, days):
    """Come to the contents page on another day."""
    shown.wait_for_load_state("networkidle")
    shown.clock.set_fixed_time(NOON + datetime.timedelta(days=days))
    shown.goto(shown.url.split("/book/")[0] + "/" + START)
    shown.wait_for_load_state("networkidle")


def remembers(shown, kind, question, right="false", mistakes="undefined"):
    page, name = question.page, question.name
    shown.evaluate(f"course.again.answered('{page}', '{kind}', '{name}', {right}, {mistakes})")


def again(shown):
    return json.loads(shown.evaluate("localStorage.getItem('descent-again')"))


def title(shown):
    return shown.locator(f"{BOX} h3").inner_text()


def things(shown):
    return shown.locator(f"{BOX} .ca-thing")


def loaded(shown):
    return [one.split("/_static/")[1].split("?")[0] for one in shown.requests if "/again/" in one or "recall" in one]


# ------------------------------------------------------------------------------------------------ what comes back


def test_what_was_answered_in_a_chapter_comes_back(show):
    shown = show(ADDRESS)
    guess(shown, TOLD, wrong(TOLD))
    guess(shown, SEEN, SEEN.right)
    guess(shown, CHOICE, CHOICE.right)
    on_day(shown, 0)
    assert not shown.locator(BOX).is_visible() and loaded(shown) == [], "nothing is due, and nothing is loaded"
    on_day(shown, 1)
    assert title(shown) == "Two things to recall · a minute"
    assert loaded(shown) == ["questions/recall.js", f"again/{PAGE}.js"]
    said = things(shown).all_inner_texts()
    assert "Predict" in said[0] and "Check yourself" in said[1], "a right prediction does not"
    assert shown.locator(f"{BOX} .cq-given").first.is_visible() is False


def test_it_is_answered_there_and_comes_back_later(show):
    shown = show()
    remembers(shown, "predictions", TOLD)
    remembers(shown, "checks", CHOICE, "true")
    on_day(shown, 1)
    first, second = things(shown).all()
    first.locator(f"label[data-option='{TOLD.right}']").click()
    first.locator(".cq-do").click()
    assert first.locator(".cq-line").inner_text() and first.locator(".cq-right").count() == 1
    assert not first.get_by_role("button").count(), "it is answered once"
    second.locator(f"label[data-option='{wrong(CHOICE)}']").click()
    second.locator(".cq-do").click()
    assert second.locator(".cq-line").inner_text().startswith("Not yet.")
    end = shown.locator(".ca-end").inner_text()
    assert end == "That is all for today. The next comes back on Thursday, October 22."
    second.locator(f"label[data-option='{CHOICE.right}']").click()
    second.locator(".cq-do").click()
    assert second.locator(".cq-line").inner_text().startswith("Right."), "it may be mended, and counts as wrong"
    kept = again(shown)
    assert kept[f"{PAGE}/predictions/{TOLD.name}"]["times"] == 1 and kept[f"{PAGE}/checks/{CHOICE.name}"]["times"] == 0
    assert shown.evaluate("course.progress.get()") == {}, "the chapter's own record is another"
    on_day(shown, 2)
    assert title(shown) == "One thing to recall · a minute"
    on_day(shown, 4)
    assert title(shown) == "Two things to recall · a minute"


def test_three_at_most_and_then_more(show):
    shown = show()
    for kind, question in (("predictions", TOLD), ("predictions", SEEN), ("checks", CHOICE), ("checks", NUMBER)):
        remembers(shown, kind, question)
    on_day(shown, 1)
    assert title(shown) == "Three things to recall · two minutes" and things(shown).count() == 3
    for thing, question in zip(things(shown).all(), (TOLD, SEEN, CHOICE), strict=True):
        thing.locator(f"label[data-option='{question.right}']").click()
        thing.locator(".cq-do").click()
    shown.get_by_role("button", name="1 more").click()
    shown.wait_for_function("document.activeElement.matches('h3')")
    assert title(shown) == "One thing to recall · a minute"
    things(shown).get_by_role("textbox").fill("12345678")
    shown.keyboard.press("Enter")
    assert shown.locator(".ca-end").inner_text().startswith("That is all for today.")
    on_day(shown, 1)
    assert not shown.locator(BOX).is_visible()


def test_a_mistake_comes_back_as_lines(show):
    shown = show()
    remembers(shown, "exercises", EXERCISE, "false", json.dumps([BUG.name]))
    on_day(shown, 1)
    (thing,) = things(shown).all()
    assert EXERCISE.title in thing.locator("legend").inner_text() and "…" in thing.locator("pre").inner_text()
    options = thing.locator("label").all()
    assert 2 <= len(options) <= 4
    right = [o for o in options if o.inner_text().strip() in map(str.strip, EXERCISE.source.split("\n"))]
    assert len(right) == 1
    next(o for o in options if o is not right[0]).click()
    thing.locator(".cq-do").click()
    assert thing.locator(".cq-line").inner_text().startswith("Not yet.")
    assert again(shown)[f"{EXERCISE.page}/exercises/{EXERCISE.name}"] == {
        "at": int((NOON + datetime.timedelta(days=1)).timestamp() * 1000),
        "times": 0,
        "right": False,
        "mistakes": [BUG.name],
    }


def test_a_question_has_other_numbers_when_it_comes_back():
    (page, name), number = next((key, q) for key, q in chapters.questions().items() if getattr(q, "others", ()))
    markup = "".join(
        f'<div class="course-question" data-course-question="{name}" data-course-page="{at}" data-kind="number">'
        '<script type="application/json">{"right": 1}</script>\n<form class="cq">own</form>'
        for at in (page, "another")
    )
    own, *others = asked_on(page, markup)[name]
    assert own == {"html": '<form class="cq">own</form>', "data": {"right": 1}}
    assert [other["data"]["right"] for other in others] == [one.right for one in number.anew]
    assert all(other["html"].startswith("<form") and other["html"].endswith("</form>") for other in others)


def test_a_question_about_pictures_of_its_page_does_not_come_back():
    for page, name, comes in (("03_momentum", "four_rules", False), ("03_momentum", "memory", True)):
        markup = (
            f'<div class="course-question" data-course-question="{name}" data-course-page="{page}" data-kind="choice">'
            '<script type="application/json">{}</script>\n<form class="cq">own</form>'
        )
        assert (name in asked_on(page, markup)) is comes, name


def test_what_the_book_has_no_longer_is_forgotten(show):
    shown = show()
    shown.evaluate(f"course.again.answered('{PAGE}', 'checks', 'no_such_question', false)")
    shown.evaluate("course.again.answered('99_none', 'checks', 'gone', false)")
    remembers(shown, "exercises", EXERCISE, "false", '["no such mistake"]')
    on_day(shown, 1)
    assert not shown.locator(BOX).is_visible() and again(shown) == {}


def test_offline_the_box_is_not_there_and_nothing_is_forgotten(show):
    shown = show()
    remembers(shown, "checks", CHOICE)
    shown.route("**/again/*.js*", lambda route: route.abort())
    on_day(shown, 1)
    assert not shown.locator(BOX).is_visible() and again(shown)
    shown.console.clear()


def test_it_works_from_the_disk(show, folder):
    shown = show(base=folder.as_uri() + "/")
    remembers(shown, "checks", CHOICE)
    on_day(shown, 1)
    assert title(shown) == "One thing to recall · a minute"


def test_a_check_that_names_a_mistake_is_noted(show):
    """That exercise.js notes it is seen in test_parsons.py; here, that nothing but the page's own record is needed."""
    shown = show()
    remembers(shown, "exercises", EXERCISE, "false", json.dumps([BUG.name]))
    assert (
        shown.locator(".ck-what")
        .text_content()
        .endswith("1 thing will be asked again, the next on Wednesday, October 21.")
    )


# ------------------------------------------------------------------------------------------------ what is kept


def test_export_erase_import(show, tmp_path):
    shown = show(ADDRESS)
    guess(shown, CHOICE, CHOICE.right)
    on_day(shown, 1)
    assert title(shown)
    shown.locator(".course-kept summary").click()
    before = shown.evaluate("({ ...localStorage })")
    with shown.expect_download() as download:
        shown.get_by_role("button", name="Export").click()
    file = tmp_path / "kept.json"
    file.write_bytes(Path(download.value.path()).read_bytes())
    shown.once("dialog", lambda dialog: dialog.accept())
    shown.get_by_role("button", name="Erase").click()
    assert shown.evaluate("({ ...localStorage })") == {} and not shown.locator(BOX).is_visible()
    assert shown.locator(".ck-what").inner_text().startswith("Nothing yet.")
    import_file(shown, file)
    shown.wait_for_selector(f"{BOX} h3")
    assert shown.locator(".ck-said").inner_text() == "It is all here."
    assert shown.evaluate("({ ...localStorage })") == before and title(shown)


def import_file(shown, file):
    with shown.expect_file_chooser() as chooser:
        shown.get_by_role("button", name="Import").click()
    chooser.value.set_files(file)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"a": 1}', '{"format": "descent-remembers-1", "kept": {"mode": "dark"}}']
)
def test_a_bad_file_is_told_and_changes_nothing(show, tmp_path, text):
    shown = show()
    remembers(shown, "checks", CHOICE)
    before = shown.evaluate("({ ...localStorage })")
    shown.locator(".course-kept summary").click()
    (tmp_path / "bad.json").write_text(text)
    import_file(shown, tmp_path / "bad.json")
    shown.get_by_text("This file is").wait_for()
    assert shown.evaluate("({ ...localStorage })") == before


def test_who_thinks_better_of_it_keeps_what_is_there(show, tmp_path):
    shown = show()
    remembers(shown, "checks", CHOICE)
    before = shown.evaluate("({ ...localStorage })")
    shown.locator(".course-kept summary").click()
    (tmp_path / "good.json").write_text('{"format": "descent-remembers-1", "kept": {}}')
    with shown.expect_event("dialog") as dialog:
        import_file(shown, tmp_path / "good.json")
    dialog.value.dismiss()
    assert shown.evaluate("({ ...localStorage })") == before


def test_without_a_store_nothing_breaks(show):
    shown = show(ADDRESS)
    shown.context.add_init_script(
        "Object.defineProperty(globalThis, 'localStorage', { get() { throw new Error('no store'); } })"
    )
    shown.wait_for_load_state("networkidle")
    shown.reload()
    guess(shown, CHOICE, wrong(CHOICE))
    on_day(shown, 1)
    assert not shown.locator(BOX).is_visible()
    shown.locator(".course-kept summary").click()
    assert shown.locator(".ck-what").inner_text().startswith("Nothing yet.")
    shown.console.clear()  # the theme's own scripts complain


# ------------------------------------------------------------------------------------------------ everyone


def all_three(show, **options):
    shown = show(**options)
    remembers(shown, "predictions", TOLD)
    remembers(shown, "checks", NUMBER)
    remembers(shown, "exercises", EXERCISE, "false", json.dumps([BUG.name]))
    on_day(shown, 1)
    shown.locator(".course-kept summary").click()
    return shown


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(show, scheme):
    shown = all_three(show, scheme=scheme)
    for done in (False, True):
        if done:
            for thing in things(shown).all():
                if thing.locator("label").count():
                    thing.locator("label").first.click()
                else:
                    thing.get_by_role("textbox").fill("12345678")
                thing.locator(".cq-do").click()
        found = Axe().run(shown, options={"preload": False})
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_shows_it(show, width):
    shown = all_three(show, width=width, height=844, has_touch=True, is_mobile=True)
    assert shown.evaluate("document.scrollingElement.scrollWidth") <= width
    things(shown).last.locator("label").last.tap()
    things(shown).last.locator(".cq-do").tap()
    assert shown.evaluate("document.scrollingElement.scrollWidth") <= width


def test_by_keyboard(show):
    shown = show()
    remembers(shown, "predictions", TOLD)
    on_day(shown, 1)
    things(shown).locator("input").first.focus()
    shown.keyboard.press("Space")
    shown.keyboard.press("Tab")
    assert shown.evaluate("document.activeElement.textContent") == "That is my guess"
    shown.keyboard.press("Enter")
    assert shown.evaluate("document.activeElement.className") == "cq-line", "where it is answered; the button has gone"


def test_on_paper_and_without_javascript_there_is_neither(show):
    shown = all_three(show)
    shown.emulate_media(media="print")
    assert not shown.locator(BOX).is_visible() and not shown.locator(".course-kept").is_visible()
    plain = show(java_script_enabled=False)
    assert not plain.locator(".course-kept").is_visible()
    plain.console[:] = [text for text in plain.console if not text.endswith(" csp")]


def test_only_the_contents_page_recalls(show):
    shown = show(ADDRESS)
    remembers(shown, "checks", CHOICE)
    shown.clock.set_fixed_time(NOON + datetime.timedelta(days=2))
    shown.reload()
    shown.wait_for_load_state("networkidle")
    assert shown.locator(BOX).count() == 0 and loaded(shown) == []
    assert option(shown, CHOICE, CHOICE.right).count() == 1 and place(shown, CHOICE).count() == 1
    assert main(shown, CHOICE).is_visible()
