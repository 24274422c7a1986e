"""The benchmark of controls: what it subtracts, and that it moves each control of a real page."""

import pytest
from playwright.sync_api import sync_playwright

from benchmarks import experiments
from benchmarks.experiments import Answer, answers, p95, table

PAGE = """<!DOCTYPE html><title>Page</title>
<div data-course-experiment="one" data-ready="1" id="one">
<input type="range" data-control="a" max="100"><input type="range" data-control="hidden" style="display: none">
</div>
<script>
let heard = 0;
document.querySelector("[data-control=a]").addEventListener("input", () => {
  heard++;
  const began = performance.now();
  while (performance.now() - began < 20);
});
</script>"""


def test_a_table_has_a_row_for_each_control_less_the_empty_one():
    empty = Answer("", "an empty control", 0.2, [16.0] * 40)
    race = Answer("race", "rho", 3.04, [17.0] * 30 + [40.0] * 10)
    slow = Answer("race", "rho", 12.0, [15.0] * 40)
    made = table("Page", [[empty, race], [empty, slow]])
    assert made.rows == [
        ("an empty control", "0.2", "16", "16", "0.2", "16", "16"),
        ("race rho", "3.0", "1", "24", "12.0", "0", "0"),
    ]
    assert len(made.header) == 1 + 3 * len(experiments.SLOWER)


def test_the_95th_percentile():
    assert p95([float(v) for v in range(101)]) == pytest.approx(95)


@pytest.mark.browser
def test_every_control_that_is_seen_is_moved(monkeypatch):
    try:
        executable = experiments.find_chromium()
    except SystemExit:
        pytest.skip("NO BROWSER: install Chromium, or name one in $CHROMIUM")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = chromium.new_page()
        page.set_content(PAGE)
        empty, moved = answers(page, 1, moves=6)
        assert (empty.control, moved.experiment, moved.control) == ("an empty control", "one", "a")
        assert page.evaluate("heard") == 6 + 5 and len(moved.times) == 6
        assert moved.work > 15 and min(moved.times) > 20  # it keeps busy for 20 ms, however fast the machine is
        chromium.close()
