"""The front end as Jupyter loads it: one ES module, a model, and Python behind it.

The page is a real Chromium; the model stands for anywidget's and hands every change to the real widget.
"""

import json

import pytest

from course_lib import chapters

from ..whole import WHOLE

EXPERIMENTS = chapters.experiments()
#: By name, the first of each: the front end is tried out on race and phase.
NAMED = {name: make for (_, name), make in reversed(EXPERIMENTS.items())}
SOME = {name: make for i, (name, make) in enumerate(EXPERIMENTS.items()) if WHOLE or i % 3 == 0}
pytestmark = pytest.mark.browser

HOST = """async ([esm, css, state]) => {
  const style = document.createElement("style");
  style.textContent = css;
  document.head.append(style);
  const module = await import(URL.createObjectURL(new Blob([esm], { type: "text/javascript" })));
  const heard = {};
  window.model = {
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
  window.listeners = () => Object.values(heard).reduce((n, set) => n + set.size, 0);
  const place = document.createElement("div");
  document.body.append(place);
  window.clean = module.default.render({ model, el: place });
}"""


@pytest.fixture(scope="module")
def desk(browser):
    """A page with Python behind it: that of the experiment in `.experiment`."""
    shown = browser.new_page(viewport={"width": 1000, "height": 900}, reduced_motion="reduce")
    shown.said = []
    shown.on("console", lambda message: shown.said.append(message.text))
    shown.on("pageerror", lambda error: shown.said.append(str(error)))

    def python(params):
        shown.experiment.params = params
        return {name: getattr(shown.experiment, name) for name in ("params", "data", "backdrop")}

    shown.expose_function("python", python)
    yield shown
    shown.context.close()


@pytest.fixture
def live(desk):
    """A function that shows an experiment with its widget behind it; returns the page."""

    def show(experiment):
        desk.goto("about:blank")
        desk.experiment = experiment
        state = {n: getattr(experiment, n) for n in ("spec", "params", "data", "backdrop")}
        desk.evaluate(HOST, [experiment._esm, experiment._css, json.loads(json.dumps(state))])
        return desk

    yield show
    said = desk.said.copy()
    desk.said.clear()
    assert said == []


@pytest.mark.parametrize("make", SOME.values(), ids=map("/".join, SOME))
def test_python_answers_a_moved_control(live, make):
    experiment = make()
    shown = live(experiment)
    sliders = shown.locator(".cx-slider input[data-control]:visible")
    if not sliders.count():
        before = experiment.data
        options = shown.locator(".cx-choice input").all()
        for n, option in enumerate([option for option in options if not option.is_checked()], start=2):
            option.check()
            shown.wait_for_function(f"+document.querySelector('.cx').dataset.draws >= {n}")
            if experiment.data != before:  # where one choice is made, another may change nothing
                return
        pytest.fail("no option changes anything")
    slider = sliders.last
    name = slider.get_attribute("data-control")
    before, data = experiment.params[name], experiment.data
    slider.focus()
    slider.press("ArrowLeft" if before > experiment.controls[name]["low"] else "ArrowRight")
    shown.wait_for_function("+document.querySelector('.cx').dataset.draws > 1")
    assert experiment.params[name] != before and experiment.data != data
    assert float(slider.get_attribute("aria-valuetext").replace("−", "-")) == pytest.approx(
        experiment.params[name], abs=0.006
    )


def test_python_answers_a_dragged_start(live):
    experiment = NAMED["race"]()
    shown = live(experiment)
    box = shown.locator(".cx-knob").bounding_box()
    shown.mouse.move(box["x"] + 8, box["y"] + 8)
    shown.mouse.down()
    shown.mouse.move(box["x"] + 90, box["y"] + 30, steps=4)
    shown.mouse.up()
    shown.wait_for_function("+document.querySelector('.cx').dataset.draws > 2")
    assert experiment.params["start"][0] > -4 and experiment.params["start"][1] < 1.5


def test_a_choice_brings_its_presets(live):
    experiment = NAMED["race"]()
    shown = live(experiment)
    shown.get_by_role("radio", name="Rosenbrock").check()
    shown.wait_for_function("model.get('params').surface === 'rosenbrock' && model.get('data').SGD.x.length === 1501")
    assert experiment.params["start"] == [-1.2, 1.0] and experiment.params["lr"] == 0.0005


def test_three_widgets_on_one_page_keep_to_themselves(live):
    """Jupyter loads the module once for each: ids and radio groups must differ all the same."""
    shown = live(NAMED["race"]())
    for other in (NAMED["race"](surface="saddle"), NAMED["phase"]()):
        state = {n: getattr(other, n) for n in ("spec", "params", "data", "backdrop")}
        shown.evaluate(HOST, [other._esm, other._css, json.loads(json.dumps(state))])
    ids = shown.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    checked = shown.locator("input[type=radio]:checked").all()
    assert [radio.input_value() for radio in checked] == ["ravine", "saddle"]


def test_a_closed_view_leaves_no_listener(live):
    shown = live(NAMED["phase"]())
    assert shown.evaluate("listeners()") == 4
    shown.evaluate("clean()")
    assert shown.evaluate("listeners()") == 0
