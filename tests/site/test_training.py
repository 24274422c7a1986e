"""A network that is trained in the page: to the end, in parts, and with the numbers of Python."""

import pytest

from course_lib.chapters.network.experiments import training
from course_lib.explore.jsonable import to_jsonable

pytestmark = pytest.mark.browser


def lines(shown, series):
    """The series' line in both panels."""
    return [g.locator("path").first.get_attribute("d") for g in shown.locator(f"g[data-series='{series}']").all()]


def ready(shown):
    """Wait until all lines have 20 epochs."""
    shown.wait_for_function("""() => ["SGD", "Momentum", "Adam"].every((name) =>
        document.querySelector(`g[data-series=${name}] path`)?.getAttribute("d")?.split("L").length === 21)""")


SETTINGS = [
    {},
    {"sgd": 0.01, "momentum": 0.02, "adam": 0.1, "seed": 1},
    {"sgd": 0.8, "momentum": 0.2, "adam": 0.05, "seed": 19},  # above these, training is chaotic
]


def test_every_number_is_pythons(exhibits, page, twin):
    """All epochs, to 1e-9."""
    shown = page("page.html", base=exhibits(training()))
    ready(shown)
    for setting in SETTINGS:
        one = training(**setting)
        got = shown.evaluate(
            """([key, names, params]) => {
                const given = { ...Object.values(course.assets)[0], ...params };
                return course.experiments[key].compute(...names.map((name) => given[name]));
            }""",
            [one.key, one.spec["compute"], one.params],
        )
        twin.close(to_jsonable(got), one.data, str(setting))
        assert len(one.data["Adam"]["loss"]) == 21


def test_the_page_trains_to_the_end_and_tells_the_same(exhibits, page):
    shown, data = page("page.html", base=exhibits(training())), training().data
    ready(shown)
    seen = dict(zip(*(shown.locator(f".cx-readouts {tag}").all_text_contents() for tag in ("dt", "dd")), strict=True))
    for name in ("SGD", "Momentum", "Adam"):
        assert seen[f"{name}: last loss"] == f"{data[f'loss_{name}']:.3f}"
        assert seen[f"{name}: test accuracy, %"] == f"{data[f'accuracy_{name}']:.1f}"
        loss, accuracy = lines(shown, name)
        assert loss.count("L") == accuracy.count("L") == 20


def test_a_run_whose_rate_stays_is_not_begun_again(exhibits, page):
    shown = page("page.html", base=exhibits(training()))
    ready(shown)
    before = {name: lines(shown, name) for name in ("SGD", "Momentum", "Adam")}
    at_once = shown.evaluate("""async () => {
        const slider = document.querySelector("[data-control=sgd]");
        slider.value = 500;
        slider.dispatchEvent(new Event("input"));
        await new Promise((done) => requestAnimationFrame(done));
        const drawn = (name) => document.querySelector(`g[data-series=${name}] path`).getAttribute("d");
        return ["SGD", "Momentum", "Adam"].map(drawn);
    }""")
    assert at_once[0] != before["SGD"][0] and at_once[1:] == [before["Momentum"][0], before["Adam"][0]]
    ready(shown)
    assert lines(shown, "SGD")[0].count("L") == 20 and lines(shown, "SGD") != before["SGD"]
