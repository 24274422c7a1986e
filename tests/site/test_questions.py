"""Questions on a page of the book's own making: asked, answered, remembered, printed, and what they cover.

The page stands in a small book with the site's settings and theme, and asks the questions of the first chapter that
has some of each kind.
"""

import json
import re
import shutil
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from course_lib import chapters, explore
from course_lib.questions import Choose, Number, Predict, site_assets
from course_lib.site.build import build
from course_lib.site.notebooks import clean, dumps

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
QUESTIONS = chapters.questions()
STILL = {"reduced_motion": "reduce"}


def first(page, fits):
    return next((q for (at, _), q in QUESTIONS.items() if at == page and fits(q)), None)


def of_each_kind(page):
    return (
        first(page, lambda q: isinstance(q, Predict) and q.shows and q.right),
        first(page, lambda q: isinstance(q, Predict) and not q.shows and q.right),
        first(page, lambda q: isinstance(q, Choose)),
        first(page, lambda q: isinstance(q, Number) and any(abs(v) < q.tolerance for v in q.confusions)),
    )


PAGE = next(page for page, _ in QUESTIONS if all(of_each_kind(page)))
SEEN, TOLD, CHOICE, NUMBER = of_each_kind(PAGE)
CHAPTER = next(chapter for chapter in chapters.chapters() if chapter.endswith(PAGE.partition("_")[2]))
ADDRESS, START = f"book/{PAGE}.html", "book/index.html"


def notebook(*cells):
    made = [
        {"cell_type": kind, "id": name, "metadata": {"tags": tags}, "source": source.splitlines(keepends=True)}
        | ({"outputs": []} if kind == "code" else {})
        for kind, name, tags, source in cells
    ]
    return dumps(clean({"cells": made, "metadata": {}}))


def chapter():
    return notebook(
        ("markdown", "title", [], "# Questions\n\nA page that asks, as long as a description must be to be one."),
        ("code", "setup", ["remove-cell"], f"from course_lib.chapters.{CHAPTER} import ask, explore"),
        ("code", "seen", ["remove-input"], f"ask.{SEEN.name}()"),
        ("markdown", "prose", [], f":::{{answer}} {SEEN.name}\nThe **prose** that gives it away, with $x^2$.\n:::"),
        ("code", "told", ["remove-input"], f"ask.{TOLD.name}()"),
        ("code", "figure", [f"answer:{TOLD.name}"], "print('what the cell gives away')"),
        ("code", "choice", ["remove-input"], f"ask.{CHOICE.name}()"),
        ("code", "number", ["remove-input"], f"ask.{NUMBER.name}()"),
        ("markdown", "end", [], "The end."),
    )


def write_book(folder, text):
    for name in ("_config.yml", "requirements.txt", "pyproject.toml", "book/references.bib"):
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "book/web", folder / "book/web")
    (folder / "_toc.yml").write_text(f"format: jb-book\nroot: book/index\nchapters:\n  - file: book/{PAGE}\n")
    (folder / "book/index.md").write_text(
        "# Start\n\nA page.\n\n## Chapters\n\n```{again}\n```\n\n```{progress}\n```\n\n```{remembered}\n```\n"
    )
    (folder / f"book/{PAGE}.ipynb").write_text(text, "utf-8")


@pytest.fixture(scope="module")
def asking(tmp_path_factory, serving):
    """The address of the small book."""
    folder = tmp_path_factory.mktemp("asking")
    write_book(folder, chapter())
    assert build(folder) == 0
    return serving(folder / "_build/html")


@pytest.fixture
def show(reading, asking):
    """A function that opens a page of the small book."""
    return lambda name=ADDRESS, **options: reading(name, base=asking, changes=True, **{**STILL, **options})


#: A question that is answered.
SHOWN = "[data-course-question=%s][data-state=answered]"
#: The sign after an option.
MARK = "e => getComputedStyle(e.querySelector('span'), '::after').content"


def place(shown, question):
    return shown.locator(f"[data-course-question={question.name}][data-course-page='{question.page}']")


def option(shown, question, key):
    return place(shown, question).locator(f"label[data-option='{key}']")


def line(shown, question):
    return place(shown, question).locator(".cq-line").inner_text()


def main(shown, question):
    return place(shown, question).locator(".cq-do")


def guess(shown, question, key):
    """Pick an option, and confirm it."""
    option(shown, question, key).click()
    main(shown, question).click()


def said(question, key):
    return question.line.partition("{")[0] + question.options[key].replace("*", "")


def wrong(question):
    return next(key for key in question.options if key != question.right)


def stored(shown):
    return json.loads(shown.evaluate("localStorage.getItem('descent-progress')") or "{}").get(PAGE, {})


def reload(shown):
    shown.wait_for_load_state("networkidle")
    shown.reload()


def folded(shown, question):
    return shown.locator(f"[data-course-answer={question.name}] .cq-folded")


def started(shown, question):
    """The experiment below a question, drawn."""
    under = place(shown, question).locator(".cq-under")
    under.scroll_into_view_if_needed()
    shown.wait_for_function("e => +(e.querySelector('.cx')?.dataset.draws ?? 0) > 0", arg=under.element_handle())
    return under


# ------------------------------------------------------------------------------------------------ predictions


def test_before_a_guess_nothing_tells(show):
    shown = show()
    under = started(shown, SEEN)
    assert under.evaluate("e => e.inert")
    assert not any(mark.is_visible() for mark in under.locator("[data-mark]:not([data-mark=contour])").all())
    assert not any(value.is_visible() for value in under.locator("dd").all())
    assert under.locator("svg").first.is_visible(), "the stage can be seen"
    assert line(shown, SEEN) == "" and not place(shown, SEEN).locator(".cq-given").is_visible()
    for question in (SEEN, TOLD):
        assert not folded(shown, question).locator(":scope > p, .cell_output pre").first.is_visible()
    assert "gives it away" not in shown.locator("main").inner_text()


def test_a_tap_on_an_option_commits_nothing(show):
    shown = show(width=390, height=844, has_touch=True, is_mobile=True)
    for key in SEEN.options:
        option(shown, SEEN, key).tap()
        assert option(shown, SEEN, key).locator("input").is_checked()
    assert place(shown, SEEN).get_attribute("data-state") == "open" and stored(shown) == {}
    assert line(shown, SEEN) == "" and not folded(shown, SEEN).locator("p").is_visible()
    main(shown, SEEN).tap()
    assert stored(shown)["predictions"] == {SEEN.name: list(SEEN.options)[-1]}


def test_a_guess_uncovers_what_waits_for_it(show):
    shown = show()
    under = started(shown, SEEN)
    guess(shown, SEEN, wrong(SEEN))
    assert line(shown, SEEN).startswith(said(SEEN, wrong(SEEN)))
    assert not under.evaluate("e => e.inert") and under.locator("dd").first.is_visible()
    assert any(mark.is_visible() for mark in under.locator("[data-mark=line]").all())
    assert folded(shown, SEEN).locator("p").is_visible()
    assert not folded(shown, TOLD).locator(".cell_output pre").first.is_visible()
    assert shown.get_by_role("button", name="The answer").count() == 1, "of the other question"
    marks = {key: option(shown, SEEN, key).evaluate(MARK) for key in SEEN.options}
    assert marks == {key: "none" for key in SEEN.options} | {SEEN.right: '" ✓"', wrong(SEEN): '" ✗"'}
    assert stored(shown)["predictions"] == {SEEN.name: wrong(SEEN)}


def test_the_first_guess_counts(show):
    shown = show()
    guess(shown, TOLD, wrong(TOLD))
    before = line(shown, TOLD)
    option(shown, TOLD, TOLD.right).click()
    option(shown, TOLD, TOLD.right).locator("input").focus()
    shown.keyboard.press("ArrowDown")
    assert line(shown, TOLD) == before and stored(shown)["predictions"] == {TOLD.name: wrong(TOLD)}
    assert option(shown, TOLD, wrong(TOLD)).locator("input").is_checked()


def test_arrow_keys_do_not_guess_but_the_button_does(show):
    shown = show()
    option(shown, TOLD, next(iter(TOLD.options))).locator("input").focus()
    shown.keyboard.press("Space")
    shown.keyboard.press("ArrowDown")
    assert line(shown, TOLD) == "" and stored(shown) == {}
    second = list(TOLD.options)[1]
    assert option(shown, TOLD, second).locator("input").is_checked()
    shown.keyboard.press("Tab")
    assert shown.evaluate("document.activeElement.textContent") == "That is my guess"
    shown.keyboard.press("Enter")
    assert line(shown, TOLD).startswith(said(TOLD, second))
    assert shown.evaluate("document.activeElement.textContent") == "Ask me again", "focus stays on the button"


def test_enter_on_an_option_is_the_guess_and_focus_stays(show):
    shown = show()
    option(shown, TOLD, TOLD.right).locator("input").focus()
    shown.keyboard.press("Enter")
    assert line(shown, TOLD) == "Choose an answer first."
    shown.keyboard.press("Space")
    shown.keyboard.press("Enter")
    assert line(shown, TOLD).startswith(said(TOLD, TOLD.right))
    assert shown.evaluate("document.activeElement.value") == TOLD.right


def test_just_show_me(show):
    shown = show()
    button = place(shown, TOLD).get_by_role("button", name="Just show me")
    button.focus()
    shown.keyboard.press("Enter")
    assert line(shown, TOLD) and not line(shown, TOLD).startswith("You said")
    assert folded(shown, TOLD).locator(".cell_output pre").first.is_visible()
    assert stored(shown)["predictions"] == {TOLD.name: None}
    assert shown.evaluate("document.activeElement.textContent") == "Ask me again"


def test_the_second_tap_of_two_does_not_wipe_out_the_answer(show):
    shown = show()
    option(shown, TOLD, TOLD.right).locator("input").check()
    place(shown, TOLD).get_by_role("button", name="That is my guess").dblclick()
    assert line(shown, TOLD).startswith(said(TOLD, TOLD.right)) and stored(shown)["predictions"]
    place(shown, TOLD).get_by_role("button", name="Ask me again").click()
    assert line(shown, TOLD) == ""


@pytest.mark.parametrize("shown_only", [False, True])
def test_a_guess_is_remembered_until_it_is_asked_again(show, shown_only):
    shown = show()
    if shown_only:
        place(shown, TOLD).get_by_role("button", name="Just show me").click()
    else:
        guess(shown, TOLD, TOLD.right)
    before = line(shown, TOLD)
    reload(shown)
    assert line(shown, TOLD) == before and folded(shown, TOLD).locator(".cell_output pre").first.is_visible()
    assert place(shown, TOLD).locator("input:checked").count() == (0 if shown_only else 1)
    place(shown, TOLD).get_by_role("button", name="Ask me again").click()
    assert line(shown, TOLD) == "" and not folded(shown, TOLD).locator(".cell_output pre").first.is_visible()
    assert stored(shown)["predictions"] == {} and place(shown, TOLD).locator("input:checked").count() == 0
    guess(shown, TOLD, TOLD.right)
    assert stored(shown)["predictions"] == {TOLD.name: TOLD.right}


def test_the_experiment_starts_with_the_guess(show):
    shown = show(reduced_motion="no-preference")
    under = started(shown, SEEN)
    clock = under.locator(".cx-clock")
    if not clock.count():
        pytest.skip("this experiment has no time")
    end = clock.inner_text()
    guess(shown, SEEN, SEEN.right)
    shown.wait_for_function("([e, end]) => e.textContent !== end", arg=[clock.element_handle(), end])


def start_of(shown, question):
    """The place of the experiment below a question, and the name and lowest value of one of its sliders."""
    return (
        place(shown, question)
        .locator("[data-course-experiment]")
        .evaluate("""(e) => {
        const { spec } = JSON.parse(e.querySelector("script").textContent);
        const hidden = spec.controls.flatMap((c) => Object.entries(c.shows ?? {}))
            .filter(([, when]) => !when.includes(Object.values(spec.start)[0])).map(([name]) => name);
        const slider = spec.controls.findLast((c) => c.type === "slider" && !hidden.includes(c.name));
        return [e.id, slider.name, slider.low]; }""")
    )


def value_of(shown, question, control):
    return place(shown, question).locator(f"input[data-control={control}]").get_attribute("aria-valuetext")


@pytest.mark.parametrize("opened", [False, True])
def test_an_address_that_moves_what_is_covered_shows_it_first(show, opened):
    shown = show()
    started(shown, SEEN)
    name, control, low = start_of(shown, SEEN)
    before, address = value_of(shown, SEEN, control), f"#{name}?{control}={low}"
    shown.evaluate("hash => { location.hash = hash; }", address)
    if opened:
        shown.evaluate("localStorage.clear()")
        reload(shown)
    shown.wait_for_selector(f"{SHOWN % SEEN.name} dd >> nth=0")
    assert stored(shown)["predictions"] == {SEEN.name: None} and folded(shown, SEEN).locator("p").is_visible()
    moved = value_of(shown, SEEN, control)
    assert moved != before, "and then it is moved"
    place(shown, SEEN).get_by_role("button", name="Ask me again").click()
    shown.wait_for_function("!location.hash.includes('?')")
    guess(shown, SEEN, SEEN.right)
    assert value_of(shown, SEEN, control) == before, "an answer shows its own setting"


def test_an_answer_shows_its_own_setting_whatever_was_moved_before(show):
    shown = show()
    under = started(shown, SEEN)
    _, control, _ = start_of(shown, SEEN)
    before, slider = value_of(shown, SEEN, control), under.locator(f"input[data-control={control}]")
    slider.evaluate("e => { e.value = 0; e.dispatchEvent(new Event('input')); }")
    assert value_of(shown, SEEN, control) != before
    guess(shown, SEEN, SEEN.right)
    assert value_of(shown, SEEN, control) == before


def test_on_a_phone_a_low_cover_waits_for_the_guess(show):
    shown = show(width=390, height=844, has_touch=True, is_mobile=True)
    under = started(shown, SEEN)
    assert under.bounding_box()["height"] <= 160 and not under.locator("svg").first.is_visible()
    guess(shown, SEEN, SEEN.right)
    assert under.bounding_box()["height"] > 400 and under.locator("svg").first.is_visible()


def test_the_words_on_the_cover_hide_no_title(show):
    shown = show()
    x, y, width, height = started(shown, SEEN).evaluate("""e => {
        const { left, top, width, height } = getComputedStyle(e, "::after"), box = e.getBoundingClientRect();
        return [box.left + parseFloat(left), box.top + parseFloat(top), parseFloat(width), parseFloat(height)]; }""")
    for title in place(shown, SEEN).locator("figcaption, .cx-axis-name").all():
        box = title.bounding_box()
        assert (
            box["x"] > x + width or box["x"] + box["width"] < x or box["y"] > y + height or box["y"] + box["height"] < y
        )


def test_a_folded_answer_can_be_opened_and_is_found_by_a_search(show):
    shown = show()
    button = shown.locator(f"[data-course-answer={SEEN.name}]").get_by_role("button", name="The answer")
    assert button.get_attribute("aria-expanded") == "false"
    button.click()
    assert button.get_attribute("aria-expanded") == "true" and folded(shown, SEEN).locator("p").is_visible()
    button.click()
    assert not folded(shown, SEEN).locator("p").is_visible()
    assert folded(shown, SEEN).get_attribute("hidden") == "until-found"
    folded(shown, SEEN).evaluate("e => e.dispatchEvent(new Event('beforematch'))")
    assert button.get_attribute("aria-expanded") == "true"
    assert stored(shown) == {}, "to open it is no guess"


# ------------------------------------------------------------------------------------------------ self-checks


def test_a_wrong_choice_says_why_and_may_be_mended(show):
    shown = show()
    main(shown, CHOICE).click()
    assert line(shown, CHOICE) == "Choose an answer first." and stored(shown) == {}
    option(shown, CHOICE, wrong(CHOICE)).click()
    assert line(shown, CHOICE) == "Choose an answer first.", "a choice is checked by the button"
    main(shown, CHOICE).click()
    assert line(shown, CHOICE).startswith("Not yet.") and stored(shown)["checks"] == {CHOICE.name: False}
    assert place(shown, CHOICE).locator(".cq-right").count() == 0
    assert option(shown, CHOICE, wrong(CHOICE)).evaluate(MARK) == '" ✗"'
    option(shown, CHOICE, CHOICE.right).click()
    main(shown, CHOICE).click()
    assert line(shown, CHOICE).startswith("Right.") and stored(shown)["checks"] == {CHOICE.name: True}
    assert place(shown, CHOICE).locator(".cq-wrong").count() == 0
    reload(shown)
    assert line(shown, CHOICE).startswith("Right.")
    assert option(shown, CHOICE, CHOICE.right).locator("input").is_checked()


def test_a_number_is_read_judged_and_remembered(show):
    shown = show()
    field = place(shown, NUMBER).get_by_role("textbox")
    confusion, sentence = next(iter(NUMBER.confusions.items()))
    small = min(NUMBER.confusions, key=abs)  # what is near it only because both are small is not it
    for text, answer in (
        ("", "Write a number first."),
        ("<i>much", "“<i>much” is not a number"),
        (str(confusion), f"Not yet. {sentence[:20]}"),
        ("123456", f"Not yet. {NUMBER.otherwise[:20]}"),
        (f"{small + 0.9 * NUMBER.tolerance:g}", f"Not yet. {NUMBER.otherwise[:20]}"),
    ):
        field.fill(text)
        field.press("Enter")
        assert line(shown, NUMBER).startswith(answer)
    assert stored(shown)["checks"] == {NUMBER.name: False}
    field.fill(f" {NUMBER.right}".replace(".", ","))
    field.press("Enter")
    assert line(shown, NUMBER).startswith("Right.") and stored(shown)["checks"] == {NUMBER.name: True}
    reload(shown)
    assert line(shown, NUMBER).startswith("Right.") and not field.is_editable()


def test_who_was_wrong_can_see_the_answer(show):
    shown = show()
    button = place(shown, NUMBER).get_by_role("button", name="Show the answer")
    assert button.count() == 0
    place(shown, NUMBER).get_by_role("textbox").fill("123456")
    main(shown, NUMBER).click()
    button.click()
    assert line(shown, NUMBER).endswith(NUMBER.why) and stored(shown)["checks"] == {NUMBER.name: False}
    assert place(shown, NUMBER).get_by_role("textbox").input_value() == f"{NUMBER.right:g}"


@pytest.mark.parametrize("width", [1280, 390])
def test_the_verdict_has_one_place(show, width):
    """Below what was pressed, which stays where it is: a reader who was wrong presses it again."""
    shown = show(width=width, height=844)
    for question in (TOLD, CHOICE, CHOICE):
        key = question.right if line(shown, question) else wrong(question)
        guess(shown, question, key)
        above = option(shown, question, list(question.options)[-1]).bounding_box()
        said, below = (place(shown, question).locator(f".cq-{part}").bounding_box() for part in ("line", "actions"))
        assert above["y"] + above["height"] < below["y"] and below["y"] + below["height"] <= said["y"]
    box = place(shown, NUMBER).locator(".cq").bounding_box()
    field, button = place(shown, NUMBER).get_by_role("textbox").bounding_box(), main(shown, NUMBER).bounding_box()
    assert abs(field["y"] - button["y"]) < 4 and button["x"] > field["x"] + field["width"]
    assert box["y"] + box["height"] - button["y"] - button["height"] < 24, "no room is kept for what is not said yet"
    for text in ("123456", str(NUMBER.right)):
        place(shown, NUMBER).get_by_role("textbox").fill(text)
        main(shown, NUMBER).click()
        said, button = place(shown, NUMBER).locator(".cq-line").bounding_box(), main(shown, NUMBER).bounding_box()
        assert abs(place(shown, NUMBER).get_by_role("textbox").bounding_box()["y"] - button["y"]) < 4, "it stays there"
        assert said["y"] >= button["y"] + button["height"]


# ------------------------------------------------------------------------------------------------ progress


def test_progress_is_counted_exported_and_erased(show):
    shown = show()
    guess(shown, TOLD, wrong(TOLD))
    option(shown, CHOICE, CHOICE.right).click()
    main(shown, CHOICE).click()
    shown.goto(shown.url.replace(ADDRESS, START))
    count = {
        r: sum(at == PAGE and q.record == r for (at, _), q in QUESTIONS.items()) for r in ("predictions", "checks")
    }
    cells = shown.locator(".course-progress-table td:not([data-kind=exercises])")
    assert cells.all_inner_texts() == [f"1 of {n}" for n in count.values()]
    shown.locator(".course-kept summary").click()
    assert shown.locator(".ck-what").inner_text().startswith("2 questions answered, 0 exercises solved")
    with shown.expect_download() as download:
        shown.get_by_role("button", name="Export").click()
    kept = json.loads(Path(download.value.path()).read_text("utf-8"))["kept"]["descent-progress"]
    assert kept[PAGE]["predictions"] == {TOLD.name: wrong(TOLD)} and kept[PAGE]["checks"] == {CHOICE.name: True}
    shown.once("dialog", lambda dialog: dialog.dismiss())
    shown.get_by_role("button", name="Erase").click()
    assert cells.first.inner_text().startswith("1 of ")
    shown.once("dialog", lambda dialog: dialog.accept())
    shown.get_by_role("button", name="Erase").click()
    assert cells.all_inner_texts() == [f"0 of {n}" for n in count.values()]
    assert shown.evaluate("localStorage.getItem('descent-progress')") is None


def test_garbage_in_the_store_is_no_answer(show):
    shown = show()
    for kept in (
        "", "null", "[1]", "{", '{"%s": 3}', '{"%s": {"predictions": [], "checks": "x"}}',
        '{"%s": {"predictions": {"NAME": {"a": 1}}, "checks": {"NAME": 7}}}', '{"__proto__": {"checks": {}}}',
        '{"%s": {"predictions": {"NAME": "no such option"}}}',
    ):  # fmt: skip
        text = kept.replace("%s", PAGE).replace("NAME", TOLD.name)
        shown.evaluate("text => localStorage.setItem('descent-progress', text)", text)
        shown.reload()
        assert place(shown, TOLD).get_attribute("data-state") == "open", kept
        guess(shown, TOLD, TOLD.right)
        assert stored(shown)["predictions"] == {TOLD.name: TOLD.right}, kept


def test_without_a_store_the_page_works(page, asking):
    shown = page(ADDRESS, base=asking, **STILL)
    shown.context.add_init_script(
        "Object.defineProperty(globalThis, 'localStorage', { get() { throw new Error('no store'); } })"
    )
    reload(shown)
    guess(shown, TOLD, TOLD.right)
    assert line(shown, TOLD).startswith(said(TOLD, TOLD.right))
    assert shown.evaluate("page => course.progress.get(page, 'predictions')", PAGE) == {TOLD.name: TOLD.right}
    shown.console.clear()  # the theme's own scripts complain


# ------------------------------------------------------------------------------------------------ paper, and no script


def everything_is_open(shown):
    for question in (SEEN, TOLD, CHOICE, NUMBER):
        assert place(shown, question).locator(".cq-given").is_visible()
        assert not main(shown, question).is_visible()
    for question in (SEEN, TOLD):
        assert folded(shown, question).locator(":scope > p, .cell_output pre").first.is_visible()
    assert not shown.locator(".cq-fold").first.is_visible()
    text = re.sub(r"\s+", " ", shown.locator("main").inner_text())
    order = [
        place(shown, SEEN).locator("form.cq legend").inner_text().split("\n")[-1],
        "gives it away",
        "what the cell",
    ]
    assert [text.index(words.strip()) for words in order] == sorted(text.index(words.strip()) for words in order)


def test_without_javascript_all_is_open(show):
    shown = show(java_script_enabled=False)
    everything_is_open(shown)
    shown.console[:] = [text for text in shown.console if not text.endswith(" csp")]  # scripts that it preloads


def test_on_paper_all_is_open(show):
    shown = show()
    under = started(shown, SEEN)
    shown.emulate_media(media="print")
    everything_is_open(shown)
    assert under.locator("dd").first.is_visible()
    assert any(mark.is_visible() for mark in under.locator("[data-mark=line]").all())


# ------------------------------------------------------------------------------------------------ form


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("answered", [False, True])
def test_questions_are_accessible(show, scheme, answered):
    shown = show(scheme=scheme)
    started(shown, SEEN)
    if answered:
        guess(shown, SEEN, wrong(SEEN))
        option(shown, CHOICE, wrong(CHOICE)).click()
        main(shown, CHOICE).click()
        place(shown, NUMBER).get_by_role("textbox").fill(str(NUMBER.right))
        main(shown, NUMBER).click()
    found = Axe().run(shown, options={"preload": False})
    assert found.violations_count == 0, found.generate_report()


def test_the_contents_page_is_accessible(show):
    found = Axe().run(show(START), options={"preload": False})
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_shows_it_without_scrolling_sideways(show, width):
    shown = show(width=width, height=844)
    option(shown, CHOICE, wrong(CHOICE)).click()
    main(shown, CHOICE).click()
    started(shown, SEEN)
    assert shown.evaluate("document.scrollingElement.scrollWidth") <= width


# ------------------------------------------------------------------------------------------------ strict builds


def test_wrong_answers_stop_the_build(tmp_path, capfd):
    text = chapter()
    for right, wrong in (
        (f"{{answer}} {SEEN.name}", "{answer} nothing"),
        (f"answer:{TOLD.name}", "answer:nobody"),
        ("The end.", f":::{{answer}} {CHOICE.name}\\nFolded.\\n:::"),
        (f"ask.{CHOICE.name}()", "print()"),
    ):
        assert text.count(right) == 1
        text = text.replace(right, wrong)
    write_book(tmp_path, text)
    assert build(tmp_path) != 0
    said = capfd.readouterr().err
    for fault in (
        "no question of this page is named 'nothing'",
        "no question of this page is named 'nobody'",
        f"the answer to '{CHOICE.name}' comes before its question is asked",
    ):
        assert fault in said


# ------------------------------------------------------------------------------------------------ every prediction

SHOWING = {"/".join(key): q for key, q in QUESTIONS.items() if isinstance(q, Predict) and q.shows}
SHELL = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Questions</title><link rel="icon" href="data:,">
%s<main>%s</main>"""


@pytest.fixture(scope="module")
def every_prediction(tmp_path_factory, serving):
    """The address of a page, without the theme, with every prediction of the book that shows an experiment."""
    folder = tmp_path_factory.mktemp("predictions")
    experiments = [make() for make in chapters.experiments().values()]
    head, body = "", ""
    for name, text in {**explore.site_assets(experiments), **site_assets()}.items():
        (folder / name).write_text(text, "utf-8")
        is_style = name.endswith(".css")
        head += f'<link rel="stylesheet" href="{name}">' if is_style else f'<script defer src="{name}"></script>'
    for page, name in QUESTIONS:
        if f"{page}/{name}" in SHOWING:
            package = f"course_lib.chapters.{chapters.folder_of(page)}"
            body += getattr(chapters.ChapterQuestions(package), name)().static_html(folder)
    (folder / "index.html").write_text(SHELL % (head, body), "utf-8")
    return serving(folder)


@pytest.mark.parametrize("name", SHOWING)
def test_the_page_shows_the_numbers_of_the_line(reading, every_prediction, name):
    shown = reading("index.html", base=every_prediction, **STILL)  # which each changes at a place of its own
    under = started(shown, SHOWING[name])
    place(shown, SHOWING[name]).get_by_role("button", name="Just show me").click()
    under.locator("[data-course-experiment][data-ready]").wait_for()  # to the end, where it is computed in parts
    seen = " ".join(under.locator("dd, output").all_inner_texts())
    for number in re.findall(r"(?<![\w.])−?\d+(?:\.\d+)?", line(shown, SHOWING[name])):
        at_hand = re.findall(r"(?<![\w.])−?\d+(?:\.\d+)?", seen)
        digits = len(number.partition(".")[2])
        assert number in {f"{float(text.replace('−', '-')):.{digits}f}".replace("-", "−") for text in at_hand}, seen


# ------------------------------------------------------------------------------------------------ Jupyter

HOST = """async ([esm, css, state]) => {
  document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
  const module = await import(URL.createObjectURL(new Blob([esm], { type: "text/javascript" })));
  const heard = {};
  const model = {
    get: (name) => state[name],
    set: (name, value) => { state[name] = value; },
    on: (event, f) => (heard[event] ??= new Set()).add(f),
    off: (event, f) => heard[event]?.delete(f),
    save_changes: async () => {
      for (const [name, value] of Object.entries(await python(state.params))) {
        state[name] = value;
        heard[`change:${name}`]?.forEach((f) => f());
      }
    },
  };
  const place = document.createElement("div");
  document.body.append(place);
  window.clean = module.default.render({ model, el: place });
}"""


@pytest.fixture
def notebook_page(page, every_prediction):
    """A function that shows questions as Jupyter would, each with its widget behind it; returns the page."""

    def show(*questions):
        shown = page("question.css", base=every_prediction, width=1000, height=900, **STILL)  # an origin, for its store
        shown.set_content("<!DOCTYPE html><body></body>")
        for question in questions:
            asked = getattr(chapters.ChapterQuestions(f"course_lib.chapters.ch{PAGE}"), question.name)()
            names = [name for name in ("question", "spec", "params", "data", "backdrop") if asked.has_trait(name)]

            def python(params, asked=asked):
                asked.params = params
                return {"params": asked.params, "data": asked.data, "backdrop": asked.backdrop}

            if asked.has_trait("params"):
                shown.expose_function("python", python)
            state = {name: getattr(asked, name) for name in names}
            shown.evaluate(HOST, [asked._esm, asked._css, json.loads(json.dumps(state))])
        return shown

    return show


def test_a_widget_asks_covers_and_answers(notebook_page):
    shown = notebook_page(SEEN, CHOICE, NUMBER)
    under = started(shown, SEEN)
    assert under.evaluate("e => e.inert") and not under.locator("dd").first.is_visible()
    guess(shown, SEEN, SEEN.right)
    assert line(shown, SEEN).startswith(said(SEEN, SEEN.right)) and under.locator("dd").first.is_visible()
    slider = under.locator(".cx-slider input[data-control]:visible").last
    before = slider.get_attribute("aria-valuetext")
    slider.press("ArrowLeft")
    shown.wait_for_function("+document.querySelector('.cx').dataset.draws > 1")
    assert slider.get_attribute("aria-valuetext") != before
    option(shown, CHOICE, wrong(CHOICE)).click()
    main(shown, CHOICE).click()
    assert line(shown, CHOICE).startswith("Not yet.")
    place(shown, NUMBER).get_by_role("textbox").fill(str(NUMBER.right))
    main(shown, NUMBER).click()
    assert line(shown, NUMBER).startswith("Right.")
    shown.evaluate("clean?.()")


def test_a_cell_that_runs_again_remembers(notebook_page):
    shown = notebook_page(TOLD)
    guess(shown, TOLD, TOLD.right)
    asked = getattr(chapters.ChapterQuestions(f"course_lib.chapters.ch{PAGE}"), TOLD.name)()
    shown.evaluate(HOST, [asked._esm, asked._css, {"question": asked.question}])
    assert place(shown, TOLD).nth(1).locator(".cq-line").inner_text().startswith(said(TOLD, TOLD.right))
