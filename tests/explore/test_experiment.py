"""The experiments with no browser: their controls, their answers, and the page they write."""

import gzip
import json
import re
import warnings

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import explore
from course_lib.explore import page
from course_lib.explore.experiment import Experiment
from course_lib.explore.page import STATIC_DIR, plain, static_html, table, write_table
from course_lib.explore.parts import axis, choice, line, panel, point, slider, toggle
from course_lib.optim import Rosenbrock

ALL = {name: make() for name, make in explore.EXPERIMENTS.items()}


def keys_of(experiment):
    return [m["key"] for p in experiment.spec["panels"] for m in p["marks"] if m["key"]]


@pytest.mark.parametrize("name", ALL)
def test_every_mark_and_readout_finds_its_data(name):
    experiment = ALL[name]
    have = {**experiment.backdrop, **experiment.data}
    for key in keys_of(experiment) + [r["key"] for r in experiment.spec["readouts"]]:
        assert key in have, f"{name}: nothing under {key!r}"
    for p in experiment.spec["panels"]:
        for m in p["marks"]:
            if m["type"] in ("line", "points"):
                assert m["y"] in have[m["key"]]
                assert m["x"] == "step" or len(have[m["key"]][m["x"]]) == len(have[m["key"]][m["y"]])
    json.dumps([experiment.spec, experiment.params, experiment.data, experiment.backdrop], allow_nan=False)


@pytest.mark.parametrize("name", ALL)
def test_every_picture_has_words(name):
    spec = ALL[name].spec
    assert len(spec["alt"]) > 40
    assert all(len(p["alt"]) > 20 and p["title"] and p["x"]["label"] and p["y"]["label"] for p in spec["panels"])


def test_a_moved_control_is_answered():
    race = explore.race()
    before = race.data["Momentum"]["x"]
    race.params = {"rho": 0.5}
    assert race.params["rho"] == 0.5 and race.params["kappa"] == 50
    assert race.data["Momentum"]["x"] != before
    assert race.data["SGD"] == explore.race().data["SGD"]


def test_the_backdrop_is_computed_only_when_its_controls_move():
    calls = []

    def backdrop(a):
        calls.append(a)
        return {"limits": {"x": [0, a], "y": [0, 1]}}

    e = Experiment(
        "e", [slider("a", "a", 0, 2, 1), slider("b", "b", 0, 2, 1)], lambda a, b: {"l": {"x": [a], "y": [b]}},
        [panel("t", axis("x", (0, 1)), axis("y", (0, 1)), [line("l")], alt="a")], backdrop=backdrop, alt="a",
    )  # fmt: skip
    e.params = {"b": 2.0}
    assert calls == [1.0]
    e.params = {"a": 2.0}
    assert calls == [1.0, 2.0]


@pytest.mark.parametrize(
    ("change", "message", "clean"),
    [
        ({"lr": 99}, r"race: lr = 99 is not in 0\.0001 … 3; using 3", {"lr": 3.0}),
        ({"rho": -1}, r"race: rho = -1 is not in 0 … 0\.99; using 0", {"rho": 0.0}),
        ({"start": (100, 0)}, r"race: start = \(100\.0, 0\.0\) is outside the picture", {"start": [5.0, 0.0]}),
    ],
)
def test_values_outside_are_clamped_and_said_so(change, message, clean):
    race = explore.race()
    with pytest.warns(UserWarning, match=message):
        race.params = change
    assert {k: race.params[k] for k in clean} == clean
    with pytest.warns(UserWarning, match=message):
        assert {k: explore.race(**change).params[k] for k in clean} == clean


def test_a_value_between_grid_points_is_moved_to_the_nearest():
    with pytest.warns(UserWarning, match=r"noise: lr = 0\.06 is not in \[0\.01, .*\]; using 0\.05"):
        assert explore.noise(lr=0.06).params["lr"] == 0.05


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"speed": 1}, "race has no control 'speed'; it has surface, kappa, lr, rho, start"),
        ({"lr": "0.5"}, "lr must be a number; got '0.5'"),
        ({"lr": True}, "lr must be a number; got True"),
        ({"lr": float("nan")}, "lr must be finite; got nan"),
        ({"surface": "moon"}, "surface must be one of ravine, saddle, rosenbrock, bumpy; got 'moon'"),
        ({"start": 3}, r"start must be two numbers \(x, y\); got 3"),
        ({"start": (0, float("inf"))}, "start must be finite; got inf"),
    ],
)
def test_bad_values_are_named_and_change_nothing(change, message):
    race = explore.race()
    before, data = dict(race.params), race.data
    with pytest.raises(ValueError, match=message):
        race.params = change
    assert race.params == before and race.data == data


@pytest.mark.parametrize(
    ("surface", "window", "message"),
    [
        ("moon", None, "surface must be one of ravine, saddle, rosenbrock, bumpy, a Surface2D"),
        (Rosenbrock, None, r"a Surface2D such as Rosenbrock\(b=10\)"),
        (lambda x: x, None, "must be a function of two arrays, x and y"),
        (lambda x, y: x if x > 0 else y, None, r"without `if` on them \(use np\.where\)"),
        (lambda x, y: np.ones((2, 2)), None, "one number for each x and y"),
        (lambda x, y: x * y, 3, r"window must be \(\(x0, x1\), \(y0, y1\)\); got 3"),
        (lambda x, y: x * y, ((1, 0), (0, 1)), "window needs x0 < x1"),
    ],
)
def test_bad_surfaces_are_named(surface, window, message):
    with pytest.raises(ValueError, match=message):
        explore.race(surface=surface, **({"window": window} if window else {}))


def test_a_constant_function_is_drawn():
    assert set(explore.race(surface=lambda x, y: 1.0).data["SGD"]["loss"]) == {0.0}


def test_presets_follow_a_choice_made_in_python():
    race = explore.race()
    race.params = {"surface": "rosenbrock", "rho": 0.5}
    assert race.params["lr"] == 0.0005 and race.params["rho"] == 0.5 and race.params["start"] == [-1.2, 1.0]


def test_a_tabulated_backdrop_may_not_move():
    with pytest.raises(ValueError, match="its backdrop must not depend on controls"):
        Experiment(
            "e", [slider("a", "a", values=[0, 1], value=0)], lambda a: {}, [], alt="a", tabulated=True,
            backdrop=lambda a: {},
        )  # fmt: skip


def test_no_text_escapes_its_script(tmp_path):
    e = Experiment("e", [slider("a", "<!--<script>", 0, 1, 0)], lambda a: {}, [], alt='"><script>')
    page = static_html(e, tmp_path)
    assert "<!--" not in page and page.count("<script") == 1


def test_bad_arguments_of_the_race():
    with pytest.raises(TypeError, match="mine must be an Optimizer"):
        explore.race("Momentum")


@given(st.sampled_from(sorted(ALL)), st.data())
@settings(max_examples=60, deadline=None)
def test_any_setting_is_answered_in_json(name, data):
    experiment = ALL[name]
    params = {}
    for c in experiment.controls.values():
        if c["type"] == "slider":
            params[c["name"]] = data.draw(
                st.sampled_from(c["values"]) if c["values"] else st.floats(c["low"], c["high"])
            )
        elif c["type"] == "choice":
            params[c["name"]] = data.draw(st.sampled_from(list(c["options"])))
        elif c["type"] == "toggle":
            params[c["name"]] = data.draw(st.booleans())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the start may fall outside another surface's picture
        experiment.params = params
    json.dumps([experiment.data, experiment.backdrop], allow_nan=False)


@pytest.mark.parametrize("name", ALL)
def test_the_static_page(name, tmp_path, monkeypatch):
    monkeypatch.setenv(STATIC_DIR, str(tmp_path))
    experiment = explore.EXPERIMENTS[name]()
    assert experiment.comm is None, "a site build must open no connection and embed no widget state"
    bundle = experiment._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    page = bundle["text/html"]
    state = json.loads(re.search(r'<script type="application/json">(.*?)</script>', page).group(1))
    assert state["params"] == experiment.params
    assert "<noscript>" in page and 'role="group"' in page and "http" not in page
    files = list(tmp_path.iterdir())
    assert bool(files) == bool(experiment.spec["tabulated"])
    for file in files:
        assert file.name == f"{state['table']}.js"
        assert len(gzip.compress(file.read_bytes())) <= 100_000


def test_the_table_holds_every_setting():
    experiment = explore.noise()
    found = table(experiment)
    sizes = [len(a) for a in found["axes"]]
    assert len(found["rows"]) == np.prod(sizes)
    setting = {"match": "effective", "lr": 0.2, "rho": 0.8}
    index = np.ravel_multi_index(
        [a.index(setting[n]) for n, a in zip(found["names"], found["axes"], strict=True)], sizes
    )
    experiment.params = setting
    assert found["rows"][index] == plain(experiment.data, experiment.digits)


def test_a_table_needs_a_grid():
    e = Experiment(
        "e", [slider("a", "a", 0, 2, 1)], lambda a: {}, [], alt="a", tabulated=True,
    )  # fmt: skip
    with pytest.raises(ValueError, match="e is tabulated: a needs a finite set of values"):
        table(e)


GRID = [slider("a", "a", values=[1, 2, 5], value=2), toggle("up", "up", True), choice("c", "c", {"x": "X"}, "x")]


def all_at_once(**options):
    """Answer a whole grid by one broadcast."""
    asked = []

    def compute_all(axes):
        asked.append(axes)
        a, up = np.array(axes["a"])[:, None, None], np.array(axes["up"])[:, None]
        height = np.where(up, a, -a) * np.ones(len(axes["c"]))
        return [{"height": h, "a": {"x": [0, h]}} for h in height.ravel()]

    return Experiment("e", GRID, None, [], alt="a", **{"compute_all": compute_all} | options), asked


def one_by_one(a, up, c):
    height = a if up else -a
    return {"height": height, "a": {"x": [0, height]}}


def test_one_call_fills_the_table_and_a_notebook_asks_the_same_function():
    experiment, asked = all_at_once()
    slow = Experiment("e", GRID, one_by_one, [], alt="a", tabulated=True)
    assert experiment.spec == slow.spec and experiment.spec["tabulated"]
    assert experiment.data == slow.data == {"height": 2.0, "a": {"x": [0.0, 2.0]}}
    assert asked == [{"a": [2], "up": [True], "c": ["x"]}]
    experiment.params = {"a": 5, "up": False}
    assert experiment.data["height"] == -5.0 and len(asked) == 2
    assert table(experiment) == table(slow)
    assert asked[2:] == [{"a": [1, 2, 5], "up": [False, True], "c": ["x"]}]


def test_a_function_that_changes_its_grid_harms_nothing():
    def greedy(axes):
        return [{"y": axes["a"].pop()} for _ in range(len(axes["a"]))][::-1]

    experiment = Experiment("e", GRID[:1], None, [], alt="a", compute_all=greedy)
    assert [row["y"] for row in table(experiment)["rows"]] == [1, 2, 5] == table(experiment)["axes"][0]


@pytest.mark.parametrize(
    ("answers", "error", "words"),
    [
        (lambda axes: [{}], ValueError, r"e: compute_all must return 6 answers \(3 a × 2 up × 1 c\), not 1"),
        (lambda axes: [{}] * 7, ValueError, r"e: compute_all must return 1 answers \(1 a × 1 up × 1 c\), not 7"),
        (lambda axes: {"y": 1}, TypeError, "e: compute_all must return a list of answers, not dict"),
        (lambda axes: None, TypeError, "e: compute_all must return a list of answers, not NoneType"),
        (lambda axes: [1.0] * 6, ValueError, "must return 1 answers"),
        (lambda axes: [1.0], TypeError, r"e: compute_all's answer 0 must be a dictionary, not 1\.0"),
        (
            lambda axes: [{"y": 1}, {"z": 1}] * 3 if len(axes["a"]) > 1 else [{"y": 1}],
            ValueError,
            r"e: compute_all's answer 1 has \['z'\], the first \['y'\]",
        ),
    ],
)
def test_answers_of_another_shape_are_named(answers, error, words):
    with pytest.raises(error, match=words):
        table(all_at_once(compute_all=answers)[0])


def test_one_function_answers_and_not_two():
    for compute, compute_all in ((None, None), (one_by_one, lambda axes: [])):
        with pytest.raises(ValueError, match="e must have one of compute and compute_all, the other None"):
            Experiment("e", GRID, compute, [], alt="a", compute_all=compute_all)


# A table is kept as long as its sources


def test_a_table_is_computed_once(tmp_path, monkeypatch):
    name = write_table(explore.noise(), tmp_path)
    [file] = tmp_path.iterdir()
    assert file.name == f"{name}.js" and file.read_text("utf-8").startswith(f'course.tables["{name}"] = {{"names"')
    rows = json.loads(file.read_text("utf-8").partition(" = ")[2].rstrip(";\n"))
    assert rows == table(explore.noise())
    monkeypatch.setattr(page, "table", None)
    assert write_table(explore.noise(lr=0.2, guess=True), tmp_path) == name  # another start, the same table
    monkeypatch.undo()
    experiment = explore.noise()
    experiment.digits = 2
    assert write_table(experiment, tmp_path) != name and len(list(tmp_path.iterdir())) == 2


def test_a_changed_source_renews_a_table(monkeypatch, tmp_path):
    before, needed = page.table_key(explore.noise()), []
    monkeypatch.setattr(page.sources, "digest", lambda files, *texts: needed.extend(files) or "0" * 12)
    assert page.table_key(explore.noise()) == "0" * 12 != before
    names = {path.relative_to(page.sources.LIBRARY).as_posix() for path in needed}
    assert {"explore/experiment.py", "optim/first_order.py", "optim/analysis/floors.py"} <= names
    assert not any(name.startswith(("site/", "nn/", "exercises/")) for name in names)


def test_a_table_of_a_notebooks_own_function_is_named_after_what_it_holds(tmp_path):
    names = set()
    for top in (1.0, 2.0, 2.0):
        own = Experiment("e", GRID, lambda a, up, c: {"y": a * top}, [], alt="a", tabulated=True)  # noqa: B023
        assert page.table_key(own) is None
        names.add(write_table(own, tmp_path))
    assert len(names) == 2 == len(list(tmp_path.iterdir()))


@pytest.mark.parametrize("match", ["rate", "effective"])
def test_the_noise_floor_is_the_theory(match):
    for lr, rho in ((0.05, 0.9), (0.2, 0.5)):
        data = explore.noise(lr=lr, rho=rho, match=match).data
        gentle = lr * (1 - rho) if match == "effective" else lr
        assert data["SGD theory"] == pytest.approx(lr / (2 - lr))
        step = np.array([[rho, 1.0], [-gentle * rho, 1 - gentle]])  # (v, x) → (v, x), with noise (1, −α)
        kick = np.array([[1.0, -gentle], [-gentle, gentle**2]])
        covariance = scipy.linalg.solve_discrete_lyapunov(step, kick)
        assert data["Momentum theory"] == pytest.approx(covariance[1, 1])
        assert data["SGD variance"] == pytest.approx(data["SGD theory"], rel=0.1)
        assert data["Momentum variance"] == pytest.approx(data["Momentum theory"], rel=0.1)


def test_phase_agrees_with_the_run():
    """Where the map says so many steps a digit, the run's error falls by a digit in so many steps."""
    e = explore.phase(kappa=25, lr=1.5, rho=0.6)
    x, y = np.array(e.data["Momentum"]["x"]), np.array(e.data["Momentum"]["y"])
    size = np.hypot(x, y)
    measured = (100 - 40) / np.log10(size[40:60].max() / size[80:].max()) * (40 / 60)
    assert measured == pytest.approx(e.data["digit"], rel=0.25)
    assert explore.phase(lr=3.9, rho=0.1).data["digit"] is None


def test_presets_follow_the_surface():
    assert explore.race(surface="rosenbrock").params["start"] == [-1.2, 1.0]
    assert explore.race(surface="rosenbrock", lr=0.001).params["lr"] == 0.001


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: slider("a", "a", 2, 1, 1), "needs low < high"),
        (lambda: slider("a", "a", 0, 1, 0.5, log=True), "log scale needs low > 0"),
        (lambda: slider("a", "a", 0, 1), "needs low, high and value"),
        (lambda: slider("a", "a", values=[1, 2], value=3), "needs low < high and value between"),
        (lambda: slider("a", "a", values=[2, 1], value=1), "values must rise"),
        (lambda: slider("a", "a", values=[1, 3], value=2), "2 is not one of its values"),
        (lambda: choice("a", "a", {"x": "X"}, "y"), "'y' is not one of"),
        (lambda: choice("a", "a", {"x": "X"}, "x", presets={"z": {}}), r"unknown options \['z'\]"),
        (lambda: axis("a", (1, 0)), "bad domain"),
        (lambda: axis("a", (0, 1), log=True), "bad domain"),
    ],
)
def test_bad_declarations_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_compute_that_asks_for_no_control_is_named():
    with pytest.raises(ValueError, match=r"compute asks for \['b'\], which no control is called"):
        Experiment("e", [toggle("a", "a", True)], lambda b: {}, [], alt="a")


def test_a_point_stays_within_its_window():
    e = Experiment(
        "e", [point("p", "p", (0, 0), within="window")], lambda p: {"p": {"x": [p[0]], "y": [p[1]]}}, [],
        backdrop=lambda: {"window": {"x": [-1, 1], "y": [-1, 1]}}, alt="a",
    )  # fmt: skip
    with pytest.warns(UserWarning, match="outside the picture"):
        e.params = {"p": [5, -5]}
    assert e.params["p"] == [1.0, -1.0]
