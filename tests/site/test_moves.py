"""Links of the text that move an experiment: checked by the build, obeyed by the page, and followed by its address."""

import io

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from course_lib.explore.experiment import Experiment, experiment
from course_lib.explore.page import static_html
from course_lib.explore.parts import axis, choice, drag, line, panel, point, points, readout, slider, toggle

HIGH = {"rho": 0.2, "start": [1, 4]}


def _run(hill, rho, start, corner):
    return {
        "path": {"x": [start[0], 0], "y": [start[1], 0]},
        "spot": {"x": [1.3], "y": [0.7]},
        "height": rho * start[1],
        "corner": {"x": [corner[0]], "y": [corner[1]]},
    }


def _around(hill):
    return {"window": {"x": [-2, 2], "y": [-1, 1 if hill == "low" else 5]}}


@experiment(page="07_topic")
def slope(**values):
    """An experiment with every kind of control, and two points to drag."""
    return Experiment(
        "slope",
        [
            choice("hill", "Hill", {"low": "Low", "high": "High"}, "low", presets={"high": HIGH}),
            slider("rho", "momentum", 0, 0.99, 0.5, step=0.01),
            slider("lr", "rate", 0.01, 10, 1, log=True),
            toggle("on", "on", False),
            point("start", "start", (-1, 0.5), within="window"),
            point("corner", "corner", (1, -0.5), within="window"),
        ],
        _run,
        [
            panel(
                "Two points",
                axis("x", "window.x"),
                axis("y", "window.y"),
                [line("path"), points("spot"), drag("start", label="Start"), drag("corner", label="Corner")],
                alt="A line.",
            )
        ],
        readouts=[readout("height", "height", format=".3f")],
        backdrop=_around,
        alt="A slope.",
        own=True,
        values=values,
    )  # fmt: skip


# -- the build ----------------------------------------------------------------------------------


@pytest.fixture
def build(tmp_path):
    """A function that builds a page of Markdown with two experiments; returns its HTML and what was warned of."""

    def run(text, places=("slope", "slope-again")):
        shown = "\n".join(f"```{{raw}} html\n{static_html(slope(place=p), tmp_path)}\n```\n" for p in places)
        (tmp_path / "index.md").write_text(f"# A page\n\n{shown}\n{text}\n", "utf-8")
        warned = io.StringIO()
        with patch_docutils(), docutils_namespace():
            app = Sphinx(
                tmp_path, None, tmp_path / "out", tmp_path / "trees", "html", status=None, warning=warned,
                confoverrides={"extensions": ["myst_parser", "course_lib.site.moves"], "html_theme": "basic"},
            )  # fmt: skip
            app.build()
        return (tmp_path / "out" / "index.html").read_text("utf-8"), warned.getvalue()

    return run


def test_a_move_is_a_link(build):
    page, warned = build("{move}`Set ρ to 0.95 <slope?rho=0.95&hill=high>`, {move}`there <#slope-again?start=-1,0>`.")
    assert warned == ""
    assert 'href="#slope?rho=0.95&amp;hill=high">Set ρ to 0.95</a>' in page and 'href="#slope-again?start=-1,0"' in page


def test_a_move_leads_to_an_experiment_of_another_page(build):
    page, warned = build("{move}`The race <03_momentum#race?rho=0.95>`.")
    assert warned == "" and 'href="03_momentum.html#race?rho=0.95">The race</a>' in page


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ("Go <03_momentum#slope?rho=0.5>", "03_momentum.html has no experiment 'slope'; there are: "),
        ("Go <03_momentum#race?rho=2>", "race: rho must be from 0 to 0.99; got 2"),
        ("Go <nowhere#race>", "nowhere.html has no experiment 'race'; there are: none"),
        ("Go <race?rho=1>", "this page has no experiment 'race'; there are: slope, slope-again"),
        ("Go <slope?speed=1>", "slope has no control 'speed'; it has hill, rho, lr, on, start, corner"),
        ("Go <slope?rho=2>", "slope: rho must be from 0 to 0.99; got 2"),
        ("Go <slope-again?hill=moon>", "slope-again: hill must be one of low, high; got 'moon'"),
        ("Go <slope?rho>", "an experiment's address is written as race?rho=0.95&surface=saddle"),
    ],
)
def test_a_move_that_cannot_be_is_warned_of_where_it_stands(build, tmp_path, link, message):
    _, warned = build(f"Some words, and {{move}}`{link}`.")
    line = len((tmp_path / "index.md").read_text("utf-8").splitlines())
    assert f"index.md:{line}: WARNING: {{move}}`{link}`: {message}" in warned


def test_two_experiments_of_one_place_are_warned_of(build):
    _, warned = build("", places=("slope", "slope"))
    assert 'slope is another experiment, too: show it as explore.slope(place="slope-again")' in warned
    _, warned = build("## Slope", places=("slope",))
    assert "slope is a heading, too" in warned


# -- the page -----------------------------------------------------------------------------------

STILL = {"reduced_motion": "reduce"}


@pytest.fixture
def exhibit(page, exhibits):
    """A function that opens a page of two experiments and a link, at an address."""
    far = '<div style="height: 2000px"></div>'
    base = exhibits(
        '<a id="link" href="#slope?rho=0.9&hill=high">Set ρ</a>', slope(), far, slope(place="slope-again", rho=0.7)
    )

    def show(address="", **options):
        shown = page(f"page.html{address}", base=base, **STILL, **options)
        shown.wait_for_selector("[data-ready]")
        return shown

    return show


def values(shown, place="slope"):
    """The values of an experiment's controls, as a reader sees them."""
    return shown.evaluate(
        """(place) => { const root = document.getElementById(place), said = (e) => e.getAttribute("aria-valuetext");
            return [root.querySelector("input[type=radio]:checked").value,
                ...["rho", "lr"].map((name) => said(root.querySelector(`[data-control=${name}]`))),
                root.querySelector("[data-control=on]").checked,
                ...[...root.querySelectorAll(".cx-handle")].map(said)]; }""",
        place,
    )


def readout_of(shown, place="slope"):
    return shown.locator(f"#{place} dd").inner_text()


def settle(shown):
    shown.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


pytest_browser = pytest.mark.browser


@pytest_browser
def test_an_address_sets_the_page_that_it_opens(exhibit):
    shown = exhibit("#slope-again?rho=0.95&hill=high&on=true&start=-1.5,0")
    shown.wait_for_selector("#slope-again[data-ready]")
    settle(shown)
    assert values(shown, "slope-again") == ["high", "0.95", "1.00", True, "−1.5, 0", "1, −0.5"]
    assert readout_of(shown, "slope-again") == "0.000"
    assert shown.locator("#slope-again .cx-panels").evaluate("e => e.getBoundingClientRect().top") < 400
    shown.locator("#slope").scroll_into_view_if_needed()
    shown.wait_for_selector("#slope[data-ready]")
    assert values(shown) == ["low", "0.50", "1.00", False, "−1, 0.5", "1, −0.5"]


@pytest_browser
def test_an_address_that_cannot_be_does_what_it_can(exhibit):
    shown = exhibit("#slope?rho=7&speed=1&hill=moon&lr=x&on=maybe&start=9,-9&corner=1")
    settle(shown)
    assert values(shown) == ["low", "0.99", "1.00", False, "2, −1", "1, −0.5"]
    for address in ("#nothing?rho=1", "#slope?rho=%E0%A4%A", "#link"):
        shown.evaluate("(hash) => { location.hash = hash; }", address)
    settle(shown)
    assert values(shown)[1] == "0.99"


@pytest_browser
def test_a_link_moves_an_experiment_as_often_as_it_is_followed(exhibit):
    shown = exhibit()
    link = shown.locator("#link")
    link.click()
    settle(shown)
    assert values(shown)[:2] == ["high", "0.90"] and values(shown)[4] == "1, 4"
    assert link.evaluate("e => e === document.activeElement"), "focus stays where it was"
    shown.locator("#slope [data-control=rho]").press("ArrowRight")
    shown.wait_for_function("location.hash === '#slope?hill=high&rho=0.91'")
    link.click()
    settle(shown)
    assert values(shown)[1] == "0.90"
    shown.locator("#slope [data-control=rho]").press("ArrowLeft")
    shown.locator("#slope [data-control=on]").check()
    shown.locator("#slope .cx-handle").last.press("ArrowLeft")
    link.click()
    link.click()
    settle(shown)
    assert values(shown) == ["high", "0.90", "1.00", False, "1, 4", "1, −0.5"], "all else is as at the start"
    assert readout_of(shown) == "3.600"


@pytest_browser
def test_the_way_back_leads_to_the_sentence_and_to_what_was_set(exhibit):
    shown = exhibit()
    shown.evaluate("""() => {
        const second = Object.assign(document.createElement("a"), { href: "#slope-again?rho=0.2", textContent: "Far" });
        second.id = "second";
        document.getElementById("slope").after(second);
    }""")
    shown.locator("#link").click()
    settle(shown)
    shown.locator("#second").scroll_into_view_if_needed()
    settle(shown)
    left = shown.evaluate("scrollY")
    shown.locator("#second").click()
    shown.wait_for_function("(left) => scrollY > left + 500", arg=left)
    settle(shown)
    shown.go_back()
    shown.wait_for_function("(left) => Math.abs(scrollY - left) < 5", arg=left)
    settle(shown)
    assert values(shown)[:2] == ["high", "0.90"] and abs(shown.evaluate("scrollY") - left) < 5


@pytest_browser
def test_the_address_follows_the_reader_and_brings_him_back(exhibit):
    shown = exhibit()
    shown.wait_for_selector("#slope[data-ready]")
    settle(shown)
    assert shown.evaluate("location.hash") == "", "nothing was touched"
    entries = shown.evaluate("history.length")
    shown.get_by_role("radio", name="High").first.check()
    shown.wait_for_function("location.hash === '#slope?hill=high'")
    shown.locator("#slope [data-control=on]").check()
    shown.locator("#slope .cx-handle").last.press("ArrowLeft")
    shown.locator("#slope [data-control=lr]").press("ArrowRight")
    address = "#slope?hill=high&lr=1.1&on=true&corner=0.9,-0.5"
    shown.wait_for_function("(hash) => location.hash === hash", arg=address)
    assert shown.evaluate("history.length") == entries
    left = values(shown)
    again = exhibit(address)
    settle(again)
    assert values(again) == left
    shown.locator("#slope .cx-reset").click()
    shown.wait_for_function("location.hash === '#slope'")


# -- points to drag -----------------------------------------------------------------------------


def place_of(shown, x, y):
    """Where a point of the first panel is on the screen."""
    box = shown.locator("#slope .cx-plate").first.bounding_box()
    return box["x"] + (x + 2) / 4 * box["width"], box["y"] + (1 - y) / 2 * box["height"]


def coordinates(handle):
    return [float(v.replace("−", "-")) for v in handle.get_attribute("aria-valuetext").split(", ")]


def drag_to(shown, handle, x, y, off=(0, 0)):
    box = handle.locator(".cx-knob").bounding_box()
    shown.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    shown.mouse.down()
    to = place_of(shown, x, y)
    shown.mouse.move(to[0] + off[0], to[1] + off[1], steps=3)
    shown.mouse.up()
    settle(shown)


@pytest_browser
def test_two_points_are_dragged_in_one_panel(exhibit):
    shown = exhibit()
    start, corner = shown.locator("#slope .cx-handle").all()
    drag_to(shown, start, -1.5, -0.5)
    drag_to(shown, corner, 0.5, 0.5)
    assert coordinates(start) == pytest.approx((-1.5, -0.5), abs=0.02)
    assert coordinates(corner) == pytest.approx((0.5, 0.5), abs=0.02)
    left = corner.get_attribute("aria-valuetext")
    shown.mouse.click(*place_of(shown, -1.2, -0.8))  # a tap brings the nearest
    settle(shown)
    assert coordinates(start) == pytest.approx((-1.2, -0.8), abs=0.02) and coordinates(corner) != coordinates(start)
    assert shown.locator("#slope .cx-at").all_inner_texts()[1] == f"Corner ({left})"


@pytest_browser
@pytest.mark.parametrize("off", [(0, 0), (6, 0), (-5, 6), (0, -6)])
def test_a_dragged_point_snaps_to_axes_and_marked_points(exhibit, off):
    shown = exhibit()
    start = shown.locator("#slope .cx-handle").first
    drag_to(shown, start, 0, 0, off)
    assert start.get_attribute("aria-valuetext") == "0, 0"
    drag_to(shown, start, 1.3, 0.7, off)
    assert start.get_attribute("aria-valuetext") == "1.3, 0.7"
    drag_to(shown, start, -0.8, 0, off)
    x, y = coordinates(start)
    assert y == 0 and -0.9 < x < -0.7 and readout_of(shown) == "0.000"


@pytest_browser
def test_arrow_keys_step_round_numbers_and_reach_0_exactly(exhibit):
    shown = exhibit("#slope?start=-0.237,0.123")
    start = shown.locator("#slope .cx-handle").first
    said = []
    for key in ["ArrowRight"] * 3 + ["ArrowDown"] * 3 + ["Shift+ArrowRight", "Shift+ArrowLeft"]:
        start.press(key)
        settle(shown)
        said.append(start.get_attribute("aria-valuetext"))
    assert said == ["−0.2, 0.123", "−0.1, 0.123", "0, 0.123", "0, 0.1", "0, 0.05", "0, 0", "0.5, 0", "0, 0"]
    assert readout_of(shown) == "0.000"
