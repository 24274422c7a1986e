"""The page's own JavaScript where it needs no document, and the bundle it draws with."""

import itertools
import math
import shutil
import subprocess
from pathlib import Path

import pytest
import quickjs

from course_lib import explore
from course_lib.explore.experiment import Experiment
from course_lib.explore.parts import slider

JS = Path(explore.__file__).parent / "js"


@pytest.mark.parametrize(
    ("control", "value"),
    [
        ({"low": 0, "high": 1, "log": False, "step": 0.01, "values": None}, 0.37),
        ({"low": 1e-4, "high": 3, "log": True, "step": None, "values": None}, 0.0123),
        ({"low": 1, "high": 5, "log": False, "step": None, "values": [1, 2, 5]}, 2),
    ],
    ids=["steps", "log", "values"],
)
def test_a_slider_gives_back_the_value_it_shows(scripts, control, value):
    there_and_back = (
        "(c, v) => { const s = course.scaleOf(c); return [s.value(Math.round(s.at(v))), s.value(0), s.value(s.max)]; }"
    )
    got, low, high = scripts.call(there_and_back, control, value)
    assert got == pytest.approx(value, rel=0.011)
    assert (low, high) == (control["low"], control["high"])


def test_no_line_is_longer_than_120_characters():
    files = [path for path in JS.rglob("*.js") if path.name != "d3.js" and "node_modules" not in path.parts]
    long = [
        f"{p.name}:{n}" for p in files for n, line in enumerate(p.read_text("utf-8").splitlines(), 1) if len(line) > 120
    ]
    assert files and long == []


def test_contour_levels_crowd_towards_the_minimum(scripts):
    levels = scripts.call("course.levels", 0, 8, 8)
    gaps = [b - a for a, b in itertools.pairwise(levels)]
    assert levels[0] > 0 and levels[-1] < 8 and gaps == sorted(gaps)


def pixels(scripts, mark, data, t=None, log=False):
    return scripts.call(
        "(mark, data, t, log) => course.pixels(mark, { get: () => data, t,"
        " X: d3.scaleLinear().domain([0, 10]).range([0, 100]),"
        " Y: (log ? d3.scaleLog().domain([1, 100]) : d3.scaleLinear().domain([0, 10])).range([100, 0]) })",
        {"x": "x", "y": "y", "timed": True, **mark}, data, t, log,
    )  # fmt: skip


def test_a_line_stops_where_the_run_stops_being_finite(scripts):
    data = {"x": [0, 5, None, 10], "y": [0, 5, 5, 10]}
    assert pixels(scripts, {}, data) == [[0, 100], [50, 50]]


def test_a_line_is_drawn_up_to_the_present_step(scripts):
    data = {"x": [0, 5, 10], "y": [0, 5, 10]}
    assert len(pixels(scripts, {}, data, t=1)) == 2
    assert len(pixels(scripts, {"timed": False}, data, t=1)) == 3
    assert pixels(scripts, {"x": "step"}, {"y": [0, 10]}) == [[0, 100], [10, 0]]


def test_a_zero_on_a_log_axis_is_skipped_not_drawn_at_infinity(scripts):
    got = pixels(scripts, {}, {"x": [0, 5, 10], "y": [100, 0, 1]}, log=True)
    assert got[0] == [0, 0] and got[-1] == [100, 100]
    assert all(math.isfinite(v) for p in got for v in p)


def test_far_coordinates_are_held_back(scripts):
    (p,) = pixels(scripts, {}, {"x": [1e300], "y": [5]})
    assert p == [1e4, 50]


@pytest.fixture
def host():
    """The site's host and the compiled library, with as much of a document as they touch when they load."""
    context = quickjs.Context()
    context.eval(
        "globalThis.document = { currentScript: { src: 'x' }, dispatchEvent() {}, querySelectorAll: () => [] };"
        "globalThis.Event = class {}; globalThis.IntersectionObserver = class {};"
    )

    def total(a, b):
        return {"sum": a + b}

    def only_b(b):
        return {"b": b}

    ramp = Experiment(
        "ramp", [slider("a", "a", 0, 1, 0), slider("b", "b", 0, 1, 0)], total, [], backdrop=only_b, alt="A ramp.",
    )  # fmt: skip
    assets = explore.site_assets([ramp])
    for name in ("runtime.js", "library.js", "site.js"):
        context.eval(assets[name])
    return context


def test_a_table_is_looked_up_in_row_major_order(host):
    table = (
        '{ names: ["m", "a"], axes: [["p", "q"], [1, 2, 4]], backdrop: {}, rows: ["p1", "p2", "p4", "q1", "q2", "q4"] }'
    )
    look = f"((params) => course.site.tabulated({{}}, {table})(params).data)"
    assert host.eval(f'{look}({{ m: "q", a: 2 }})') == "q2"
    assert host.eval(f'{look}({{ m: "p", a: 3.9 }})') == "p4"
    assert host.eval(f'{look}({{ m: "q", a: -7 }})') == "q1"


def test_unchanged_controls_give_the_same_answer_object(host):
    """The front end redraws level lines only when the backdrop is another object."""
    host.eval(
        "var answer = course.site.compiled({ compiled: 'ramp', compute: ['a', 'b'], backdrop: ['b'] });"
        "var p = { a: 0.5, b: 0.5 }, a = answer(p), b = answer({ ...p, a: 0.6 }), c = answer({ ...p, b: 0.7 });"
    )
    assert host.eval("a.backdrop === b.backdrop && a.data !== b.data && c.backdrop !== b.backdrop")


@pytest.mark.skipif(shutil.which("npm") is None, reason="node is not on this machine: the d3 bundle is not rebuilt")
def test_the_bundle_is_what_its_sources_give(tmp_path):
    for name in ("package.json", "package-lock.json", "entry.js"):
        shutil.copy(JS / "d3" / name, tmp_path / name)
    (tmp_path / "out").mkdir()
    install = ["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(install, cwd=tmp_path, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"NO NETWORK? npm could not install the d3 modules: {done.stderr[-300:]}")
    subprocess.run(["npm", "run", "build", "--", "--outfile=out/d3.js"], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "out" / "d3.js").read_text() == (JS / "d3.js").read_text()
