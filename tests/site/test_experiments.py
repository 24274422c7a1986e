"""The experiments on the built pages, in a real Chromium: moved by mouse, touch and keyboard, with no kernel."""

import re

import numpy as np
import pytest

from course_lib import chapters
from course_lib.chapters.ch03_momentum.race import race
from course_lib.optim import Momentum, Ravine, descend

pytestmark = pytest.mark.browser

EXPERIMENTS = chapters.experiments()
#: The page of the experiments that the front end is tried out on.
CHAPTER = next(f"book/{make.page}.html" for (_, name), make in EXPERIMENTS.items() if name == "race")
every_page = pytest.mark.parametrize("where", dict.fromkeys(f"book/{make.page}.html" for make in EXPERIMENTS.values()))
STILL = {"reduced_motion": "reduce"}


def names_on(where):
    return [name for (_, name), make in EXPERIMENTS.items() if where == f"book/{make.page}.html"]


def place(shown, name, guessed=True):
    """The experiment, scrolled to and started; and uncovered, where a prediction covers it."""
    found = shown.locator(f"[data-course-experiment={name}]").first
    found.evaluate("e => e.scrollIntoView({ block: 'center', behavior: 'instant' })")
    shown.wait_for_function(
        "e => e.dataset.ready && +e.querySelector('.cx').dataset.draws > 0", arg=found.element_handle()
    )
    covered = found.locator("xpath=ancestor::div[@data-course-question and @data-state='open']")
    if guessed and covered.count():
        covered.get_by_role("button", name="Just show me").click()
        found.evaluate("e => e.scrollIntoView({ block: 'center', behavior: 'instant' })")
        settle(shown)
    return found


def path_of(experiment, series, panel=0):
    return experiment.locator(".cx-panel").nth(panel).locator(f"g[data-series={series}] path").first.get_attribute("d")


def draws(experiment):
    return int(experiment.locator(".cx").get_attribute("data-draws"))


def control(experiment, name):
    return experiment.locator(f"[data-control={name}]").first


def set_slider(experiment, name, share):
    """Move a slider to a share of its way, as a hand would: an input event."""
    control(experiment, name).evaluate(
        "(e, share) => { e.value = Math.round(share * e.max); e.dispatchEvent(new Event('input')); }",
        share,
    )


def settle(shown):
    shown.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


#: Move each slider that is seen by a step, then choose each option: how many they were, and those not answered.
EVERY_CONTROL = """async e => {
    let count = 0;
    const silent = [], seen = (input) => input.checkVisibility({ visibilityProperty: true });
    const answered = async (input, act) => {
        const drawn = +e.querySelector(".cx").dataset.draws;
        count++;
        act();
        for (let frame = 0; frame < 60 && +e.querySelector(".cx").dataset.draws === drawn; frame++) {
            await new Promise(requestAnimationFrame);
        }
        if (+e.querySelector(".cx").dataset.draws === drawn) silent.push(`${input.name} ${input.value}`);
    };
    for (const slider of e.querySelectorAll(".cx-slider input")) {
        if (!seen(slider)) continue;
        await answered(slider, () => {
            slider.value = +slider.value + (+slider.value > +slider.min ? -1 : 1) * (+slider.step || 1);
            slider.dispatchEvent(new Event("input"));
        });
    }
    for (const option of e.querySelectorAll(".cx-choice input")) {
        if (!option.checked) await answered(option, () => option.click());
    }
    return [count, silent];
}"""


@every_page
def test_every_experiment_starts_and_answers_every_control(reading, site, where):
    """Opened from a folder, where a browser allows the least; the other tests ask a server."""
    shown = reading(where, base=site.as_uri() + "/", changes=True, **STILL)
    for name in names_on(where):
        count, silent = place(shown, name).evaluate(EVERY_CONTROL)
        assert count and not silent, (name, silent)


#: Panels whose shape is part of what they show; by their pages, which are opened once for all of them.
SHAPED = sorted(
    (f"book/{make.page}.html", name, i, panel["ratio"])
    for (_, name), make in EXPERIMENTS.items()
    for i, panel in enumerate(make().spec["panels"])
    if panel["equal"] or any(mark["type"] == "image" for mark in panel["marks"])
)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(("where", "name", "panel", "ratio"), SHAPED)
def test_a_panel_keeps_its_shape(reading, where, name, panel, ratio, width):
    shown = reading(where, width=width, height=844, **STILL)
    plate = place(shown, name).locator(".cx-panel").nth(panel).locator(".cx-plate").bounding_box()
    assert plate["height"] == pytest.approx(ratio * plate["width"], abs=2)


#: Points that matter under some options of a choice alone.
POINTS = [
    (f"book/{make.page}.html", name, choice["name"], option, point, option in when)
    for (_, name), make in EXPERIMENTS.items()
    for choice in make().spec["controls"]
    for point, when in choice.get("shows", {}).items()
    if any(c["name"] == point and c["type"] == "point" for c in make().spec["controls"])
    for option in choice["options"]
]


@pytest.mark.parametrize(("where", "name", "choice", "option", "point", "matters"), POINTS)
def test_a_handle_is_there_where_it_matters(reading, where, name, choice, option, point, matters):
    shown = reading(where, changes=True, **STILL)
    experiment = place(shown, name)
    experiment.locator(f"[data-control={choice}][value={option}]").check()
    settle(shown)
    knob, at = experiment.locator(".cx-handle").first, experiment.locator(".cx-at").first
    assert knob.is_visible() == at.is_visible() == matters
    before = at.text_content()
    plate = experiment.locator(".cx-plate").first.bounding_box()
    shown.mouse.click(plate["x"] + 5, plate["y"] + 5)
    settle(shown)
    assert (at.text_content() != before) == matters, "a tap moves what is seen"


def test_the_page_draws_what_python_computes(reading):
    """The last point of Momentum's path, read off the picture, against the library."""
    shown = reading(CHAPTER, changes=True, **STILL)
    experiment = place(shown, "phase")
    set_slider(experiment, "lr", 0.25)
    set_slider(experiment, "rho", 0.5)
    settle(shown)
    params = {c: float(control(experiment, c).evaluate("e => e.getAttribute('aria-valuetext')")) for c in ("lr", "rho")}
    path = descend(Ravine(100), Momentum(params["lr"], rho=params["rho"]), [-4.5, 1.5], 100)
    picture = experiment.locator(".cx-panel").nth(1)
    width, height = (float(picture.locator(".cx-plate").get_attribute(k)) for k in ("width", "height"))
    drawn = picture.locator("g > path.cx-line").first.get_attribute("d")
    points = np.array([[float(v) for v in p.split(",")] for p in re.split("[ML]", drawn) if p])
    (x0, x1), (y0, y1) = Ravine(100).window
    wanted = np.stack([(path[:, 0] - x0) / (x1 - x0) * width, (y1 - path[:, 1]) / (y1 - y0) * height], axis=1)
    np.testing.assert_allclose(points, wanted, atol=0.01)


def test_a_moved_slider_is_on_screen_in_the_next_frame(reading):
    shown = reading(CHAPTER, changes=True, **STILL)
    experiment = place(shown, "race")
    late = control(experiment, "rho").evaluate("""async (slider) => {
        const root = slider.closest(".cx"), frame = () => new Promise(requestAnimationFrame);
        let late = 0;
        for (let i = 0; i < 20; i++) {
          await frame();
          const before = root.dataset.draws;
          slider.value = 2 * i;
          slider.dispatchEvent(new Event("input", { bubbles: true }));
          await frame();  // asked for after the experiment's own: the same frame has drawn
          if (root.dataset.draws === before) late++;
        }
        return late;
    }""")
    assert late == 0


def test_the_start_is_dragged(reading):
    shown = reading(CHAPTER, changes=True, **STILL)
    experiment = place(shown, "race")
    knob = experiment.locator(".cx-handle")
    knob.scroll_into_view_if_needed()
    box = knob.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before = path_of(experiment, "SGD")
    shown.mouse.move(x, y)
    shown.mouse.down()
    shown.mouse.move(x + 60, y + 40, steps=5)
    shown.mouse.up()
    settle(shown)
    after = knob.bounding_box()
    assert after["x"] - box["x"] == pytest.approx(60, abs=2) and after["y"] - box["y"] == pytest.approx(40, abs=2)
    assert path_of(experiment, "SGD") != before
    assert re.match(r"−?\d", knob.get_attribute("aria-valuetext"))


def test_dragging_off_the_picture_stays_within(reading):
    shown = reading(CHAPTER, changes=True, **STILL)
    experiment = place(shown, "phase")
    knob = experiment.locator(".cx-handle")
    knob.scroll_into_view_if_needed()
    box = knob.bounding_box()
    shown.mouse.move(box["x"] + 22, box["y"] + 22)
    shown.mouse.down()
    shown.mouse.move(2, 2)
    shown.mouse.up()
    settle(shown)
    lr, rho = (float(control(experiment, c).get_attribute("aria-valuetext")) for c in ("lr", "rho"))
    assert lr >= 0.01 and rho <= 0.99, "a dragged point keeps to its sliders' range"
    plate = experiment.locator(".cx-plate").first.bounding_box()
    inside = knob.locator(".cx-knob").bounding_box()
    assert inside["x"] + 8 >= plate["x"] - 1 and inside["y"] + 8 >= plate["y"] - 1


def test_the_start_is_moved_by_arrow_keys(reading):
    shown = reading(CHAPTER, changes=True, **STILL)
    experiment = place(shown, "race")
    knob = experiment.locator(".cx-handle")
    knob.focus()
    for key, turn in (("ArrowRight", 1), ("ArrowUp", 0), ("ArrowLeft", -1), ("ArrowDown", 0)):
        said, x = knob.get_attribute("aria-valuetext"), float(knob.get_attribute("aria-valuenow"))
        before = path_of(experiment, "Momentum")
        knob.press(key)
        settle(shown)
        moved = float(knob.get_attribute("aria-valuenow")) - x
        assert (moved > 0) - (moved < 0) == turn, key
        assert knob.get_attribute("aria-valuetext") != said and path_of(experiment, "Momentum") != before, key


def test_the_start_is_dragged_by_a_finger(reading):
    """Real touch events: the page must not take the drag for a scroll."""
    shown = reading(CHAPTER, changes=True, width=390, height=844, has_touch=True, is_mobile=True, **STILL)
    experiment = place(shown, "race")
    knob = experiment.locator(".cx-knob")
    knob.evaluate("e => e.scrollIntoView({ block: 'center', behavior: 'instant' })")
    settle(shown)
    box, scrolled = knob.bounding_box(), shown.evaluate("scrollY")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = shown.context.new_cdp_session(shown)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for i in range(1, 11):
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x + 8 * i, "y": y + 6 * i}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    settle(shown)
    moved = knob.bounding_box()
    assert shown.evaluate("scrollY") == scrolled
    assert moved["x"] - box["x"] == pytest.approx(80, abs=3) and moved["y"] - box["y"] == pytest.approx(60, abs=3)


PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True, **STILL}


@pytest.fixture
def race_on_a_phone(page, exhibits):
    """The race alone on a long page, on a phone."""
    base = exhibits(race(surface="ravine", kappa=100, lr=1.3), '<div style="height: 2000px"></div>')
    return page("page.html", base=base, **PHONE)


def swipe(shown, slider, along, down, lift=True):
    """Put a finger on a slider, left of its thumb, and move it; returns how far the page has scrolled."""
    slider.evaluate("e => e.scrollIntoView({ block: 'center', behavior: 'instant' })")
    box, scrolled = slider.bounding_box(), shown.evaluate("scrollY")
    x, y = box["x"] + box["width"] / 4, box["y"] + box["height"] / 2
    touch = shown.context.new_cdp_session(shown)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for i in range(1, 21) if along or down else ():
        at = {"x": x + along * i / 20, "y": y + down * i / 20}
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [at]})
    if lift:
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    settle(shown)
    return shown.evaluate("scrollY") - scrolled


@pytest.mark.parametrize("name", ["kappa", "rho", "time"])
def test_a_finger_that_scrolls_across_a_slider_leaves_it_as_it_is(race_on_a_phone, name):
    shown = race_on_a_phone
    experiment = place(shown, "race")
    slider = control(experiment, name)
    before = slider.input_value(), draws(experiment)
    assert swipe(shown, slider, 15, -200, lift=False) > 100
    assert (slider.input_value(), draws(experiment)) == before
    shown.reload()
    slider = control(place(shown, "race"), name)
    assert swipe(shown, slider, 0, -200) > 100 and slider.input_value() == before[0]


@pytest.mark.parametrize("name", ["kappa", "rho", "time"])
def test_a_finger_drags_a_slider_and_taps_on_it(race_on_a_phone, name):
    shown = race_on_a_phone
    slider = control(place(shown, "race"), name)
    low, high = 0, int(slider.get_attribute("max"))
    assert swipe(shown, slider, 0, 0) == 0
    tapped = int(slider.input_value())
    assert low < tapped < 0.4 * high
    width = slider.bounding_box()["width"]
    assert swipe(shown, slider, width / 4, 4, lift=False) == 0
    assert 0.4 * high < int(slider.input_value()) < 0.6 * high, "it follows before the finger is lifted"


def test_a_tap_on_a_phone_brings_the_start(reading):
    shown = reading(CHAPTER, changes=True, width=390, height=844, has_touch=True, is_mobile=True, **STILL)
    experiment = place(shown, "race")
    plate = experiment.locator(".cx-plate").first
    plate.scroll_into_view_if_needed()
    box = plate.bounding_box()
    shown.touchscreen.tap(box["x"] + 0.75 * box["width"], box["y"] + 0.25 * box["height"])
    settle(shown)
    knob = experiment.locator(".cx-knob").bounding_box()
    assert knob["x"] + knob["width"] / 2 == pytest.approx(box["x"] + 0.75 * box["width"], abs=3)


def test_play_runs_from_the_start_to_the_end(page):
    shown = page(CHAPTER)
    experiment = place(shown, "eigen")
    play, clock = experiment.locator(".cx-play"), experiment.locator(".cx-clock")
    ended = "([play, clock]) => play.textContent === '▶ Play' && clock.value === 't = 200 / 200'"
    both = [play.element_handle(), clock.element_handle()]
    shown.wait_for_function(ended, arg=both)  # it has run once, as it was uncovered
    play.click()
    shown.wait_for_timeout(400)
    midway = int(re.search(r"t = (\d+)", clock.inner_text()).group(1))
    assert 0 < midway < 200
    play.click()
    settle(shown)
    held = clock.inner_text()
    shown.wait_for_timeout(150)
    assert clock.inner_text() == held, "pause holds"
    play.click()
    shown.wait_for_function(ended, arg=both)


def test_the_time_slider_draws_up_to_a_step(reading):
    shown = reading(CHAPTER, changes=True, **STILL)
    experiment = place(shown, "race")
    whole = len(path_of(experiment, "Momentum"))
    set_slider(experiment, "time", 0.1)
    settle(shown)
    assert len(path_of(experiment, "Momentum")) < 0.3 * whole


def test_reset_brings_everything_back(reading):
    shown = reading(CHAPTER, changes=True, **STILL)
    experiment = place(shown, "race")
    before = path_of(experiment, "Nesterov")
    experiment.get_by_role("radio", name="Rosenbrock").check()
    set_slider(experiment, "rho", 0.3)
    set_slider(experiment, "time", 0.5)
    settle(shown)
    assert path_of(experiment, "Nesterov") != before
    assert not experiment.get_by_text("condition number").is_visible(), "κ means nothing on Rosenbrock"
    experiment.get_by_role("button", name="Momentum").click()
    experiment.get_by_role("button", name="Reset").click()
    settle(shown)
    assert path_of(experiment, "Nesterov") == before
    assert experiment.get_by_role("button", name="Momentum").get_attribute("aria-pressed") == "true"


@pytest.mark.parametrize("name", ["race", "eigen", "phase", "noise"])
def test_on_a_phone_every_control_is_within_reach_of_the_picture_it_changes(reading, name):
    """From the first picture's lower edge it is at most 60 % of the screen's height to each control."""
    shown = reading(CHAPTER, width=390, height=844, has_touch=True, is_mobile=True, **STILL)
    experiment = place(shown, name)
    below, plots = experiment.evaluate("""e => {
        const low = e.querySelector(".cx-panel").getBoundingClientRect().bottom;
        return [[...e.querySelectorAll(".cx-control")].filter(c => c.offsetHeight)
                    .map(c => c.getBoundingClientRect().bottom - low),
                [...e.querySelectorAll(".cx-plate")].map(p => p.getBoundingClientRect())
                    .map(p => [p.width, p.height])]; }""")
    assert max(below) <= 0.6 * 844
    assert all(width > 240 and height >= 149 for width, height in plots), plots
    assert shown.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("name", ["race", "eigen", "phase", "noise"])
def test_an_experiment_fits_on_a_phone(reading, name):
    """All of it on one screen of 390 × 844; what is pressed is at least 24 pixels high."""
    shown = reading(CHAPTER, **PHONE)
    experiment = place(shown, name)
    heights = experiment.evaluate("""e => Object.fromEntries(["", "-legend", "-time"].map((part) =>
        [part, e.querySelector(`.cx${part}`)?.offsetHeight ?? 0]))""")
    assert heights[""] <= 844 and heights["-legend"] <= 90 and heights["-time"] <= 60, heights
    for button in experiment.locator("button:visible, .cx-option label, input[type=range]:visible").all():
        box = button.bounding_box()
        assert box["height"] >= 24 and box["x"] + box["width"] <= 390
    assert experiment.locator(".cx-time .cx-reset").is_visible()


def test_on_a_narrow_phone_every_value_is_inside(page, exhibits):
    shown = page("page.html", base=exhibits(race(lr=0.000441, rho=0.85, kappa=888)), **{**PHONE, "width": 320})
    experiment = place(shown, "race")
    for value in experiment.locator("output").all():
        inside = value.evaluate("""e => {
            const text = document.createRange(), card = e.closest(".cx").getBoundingClientRect();
            text.selectNodeContents(e);
            const { left, right } = text.getBoundingClientRect();
            return left >= e.previousElementSibling.getBoundingClientRect().right && right <= card.right - 6; }""")
        assert inside, value.inner_text()
    assert shown.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_time_stays_within_a_shorter_run(page, exhibits):
    shown = page("page.html", base=exhibits(race()), **STILL)
    experiment = place(shown, "race")
    set_slider(experiment, "time", 0.8)
    experiment.get_by_role("radio", name="Bumpy").check()
    settle(shown)
    assert experiment.locator(".cx-clock").inner_text() == "t = 150 / 150"
    experiment.get_by_role("radio", name="Ravine").check()
    settle(shown)
    assert experiment.locator(".cx-clock").inner_text() == "t = 300 / 300"


def test_back_at_its_first_option_an_experiment_is_as_it_started(page, exhibits):
    shown = page("page.html", base=exhibits(race(lr=1.3, rho=0.7, start=(-2, 1))), **STILL)
    experiment = place(shown, "race")
    said = "e => [...e.querySelectorAll('[aria-valuetext]')].map((c) => c.getAttribute('aria-valuetext'))"
    before = experiment.evaluate(said)
    experiment.get_by_role("radio", name="Saddle").check()
    settle(shown)
    assert experiment.evaluate(said) != before
    experiment.get_by_role("radio", name="Ravine").check()
    settle(shown)
    assert experiment.evaluate(said) == before


def test_on_a_phone_a_slider_has_minus_and_plus(reading):
    shown = reading(CHAPTER, changes=True, width=390, height=844, has_touch=True, is_mobile=True, **STILL)
    experiment = place(shown, "race")

    def said(name):
        return control(experiment, name).get_attribute("aria-valuetext")

    def press(name, sign):
        experiment.locator(".cx-slider", has=shown.locator(f"[data-control={name}]")).get_by_text(sign).tap()

    start = float(said("rho"))
    press("rho", "+")
    assert float(said("rho")) == pytest.approx(start + 0.01)
    press("kappa", "−")
    assert said("kappa") == "89", "a round number on a logarithmic scale"
    for _ in range(3):
        press("rho", "−")
    settle(shown)
    assert float(said("rho")) == pytest.approx(start - 0.02)
    assert not shown.locator(".cx-nudge:not([aria-hidden=true])").count()


def test_a_series_that_is_off_does_not_look_disabled(reading):
    """Its words keep their colour; the box before them loses its tick."""
    shown = reading(CHAPTER, changes=True, **STILL)
    experiment = place(shown, "race")
    button = experiment.get_by_role("button", name="Nesterov")
    look = """e => [getComputedStyle(e).color, getComputedStyle(e).textDecorationLine,
                     getComputedStyle(e, "::before").content]"""
    on = button.evaluate(look)
    button.click()
    off = button.evaluate(look)
    assert off[:2] == on[:2] and on[1] == "none" and "✓" in on[2] and "✓" not in off[2]


def test_the_legend_hides_a_series(reading):
    shown = reading(CHAPTER, changes=True, **STILL)
    experiment = place(shown, "race")
    button = experiment.get_by_role("button", name="Nesterov")
    lines = experiment.locator("g[data-series=Nesterov]")
    assert button.get_attribute("aria-pressed") == "true" and lines.count() == 2
    button.click()
    settle(shown)
    assert button.get_attribute("aria-pressed") == "false"
    assert all(not line.is_visible() for line in lines.all())


def test_the_regime_is_told_in_words(reading):
    shown = reading(CHAPTER, changes=True, **STILL)
    experiment = place(shown, "phase")
    set_slider(experiment, "lr", 1.0)
    set_slider(experiment, "rho", 0.0)
    settle(shown)
    values = dict(
        zip(experiment.locator("dt").all_inner_texts(), experiment.locator("dd").all_inner_texts(), strict=True)
    )
    assert values["across, λ = 1"] == "divergent" and values["steps to a tenth of the error"] == "never"
    shown.wait_for_function(
        "e => e.textContent.includes('divergent')", arg=experiment.locator(".cx-live").element_handle()
    )


def test_the_tabulated_experiment_loads_one_small_file(reading):
    shown = reading(CHAPTER, changes=True, **STILL)
    experiment = place(shown, "noise")
    tables = [address for address in shown.requests if re.search(r"/\w+-noise-[0-9a-f]+\.js$", address)]
    assert len(tables) == 1
    ratio = experiment.locator("dd").last
    equal_rate = float(ratio.inner_text())
    experiment.get_by_role("radio", name="equal effective rate").check()
    settle(shown)
    assert float(ratio.inner_text()) < 1.5 < 5 < equal_rate


def test_nothing_starts_far_below_the_screen(reading):
    shown = reading(CHAPTER, changes=True, **STILL)
    shown.wait_for_timeout(200)
    assert shown.locator("[data-course-experiment=noise][data-ready]").count() == 0


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_does_not_jump_when_an_experiment_starts(reading, width):
    shown = reading(
        CHAPTER, changes=True, width=width, height=844, has_touch=width < 600, is_mobile=width < 600, **STILL
    )
    reserved = shown.evaluate("""() => Object.fromEntries(
        [...document.querySelectorAll("[data-course-experiment]:not([data-ready])")]
        .map(e => [e.dataset.courseExperiment, e.offsetHeight]))""")
    assert reserved
    for name, height in reserved.items():
        assert place(shown, name).evaluate("e => e.offsetHeight") == pytest.approx(height, abs=60), name


@pytest.mark.parametrize("width", [1280, 390])
def test_what_is_read_stays_in_its_place(page, width):
    """The page's layout shift on the way down, once it is loaded, as browsers measure it: up to .1 counts as good."""
    shown = page("book/how_to_use.html", width=width, height=844, **STILL)
    shown.add_init_script("""globalThis.shift = 0;
        new PerformanceObserver((list) => { for (const e of list.getEntries()) globalThis.shift += e.value; })
            .observe({ type: "layout-shift", buffered: true });""")
    shown.goto(shown.url.replace("book/how_to_use.html", CHAPTER), wait_until="networkidle")
    settle(shown)
    shown.evaluate("shift = 0")
    for experiment in shown.locator("[data-course-experiment]").all():
        place(shown, experiment.get_attribute("data-course-experiment"), guessed=False)
    settle(shown)
    assert shown.evaluate("shift") <= 0.02


def test_level_lines_are_rough_while_they_move_and_fine_at_rest(reading):
    shown = reading(CHAPTER, changes=True, **STILL)
    experiment = place(shown, "phase")
    lines = experiment.locator("g[data-mark=contour]")
    length = "e => [...e.querySelectorAll('path')].reduce((sum, p) => sum + p.getAttribute('d').length, 0)"
    at_rest = f"""async e => {{
        let before = 0;
        while (before === 0 || before !== ({length})(e)) {{
            before = ({length})(e);
            await new Promise(done => setTimeout(done, 500));
        }}
        return before;
    }}"""
    fine = lines.evaluate(at_rest)
    control(experiment, "kappa").press("ArrowRight")
    settle(shown)
    shown.wait_for_function(f"e => ({length})(e) > {0.7 * fine}", arg=lines.element_handle())
    rough = control(experiment, "kappa").evaluate(f"""async (slider) => {{
        slider.value = slider.value - 50;
        slider.dispatchEvent(new Event("input"));
        await new Promise(requestAnimationFrame);
        return ({length})(slider.closest(".cx").querySelector("g[data-mark=contour]"));
    }}""")
    assert rough < 0.5 * fine


def test_motion_is_left_out_where_the_reader_asks_so(reading):
    shown = reading("book/index.html", changes=True, **STILL)
    clock = place(shown, "race").locator(".cx-clock")
    first = clock.inner_text()
    shown.wait_for_timeout(250)
    assert clock.inner_text() == first
    assert first.split()[2] == first.split()[4], "the whole run is shown at once"


def test_the_landing_page_moves_by_itself(page):
    shown = page("book/index.html")
    clock = place(shown, "race").locator(".cx-clock")
    first = clock.inner_text()
    shown.wait_for_timeout(300)
    assert clock.inner_text() != first


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_of_the_lines_can_be_seen(reading, scheme):
    """At least 3:1 against the plate, as WCAG asks of graphics."""
    shown = reading(CHAPTER, changes=True, scheme=scheme, **STILL)
    experiment = place(shown, "race")
    plate, lines = experiment.evaluate("""e => [getComputedStyle(e.querySelector(".cx-under")).backgroundColor,
        ["SGD", "Momentum", "Nesterov"].map(n => e.querySelector(`g[data-series=${n}] path`))
            .map(line => getComputedStyle(line).stroke)]""")

    def luminance(colour):
        parts = np.array([float(v) for v in re.findall(r"[\d.]+", colour)[:3]]) / 255
        return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]

    for line in lines:
        high, low = sorted([luminance(line), luminance(plate)], reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 3, (line, plate)
