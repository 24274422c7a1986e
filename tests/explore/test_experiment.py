"""The experiments with no browser: their controls, their answers, and the page they write."""

import gzip
import json
import re
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import chapters
from course_lib.explore import page, site_assets
from course_lib.explore.experiment import Experiment, experiment
from course_lib.explore.jsonable import to_jsonable
from course_lib.explore.page import STATIC_DIR, static_html, table, write_table
from course_lib.explore.parts import axis, choice, line, panel, point, readout, slider, toggle
from course_lib.studies import load

EXPERIMENTS = {"/".join(key): make for key, make in chapters.experiments().items()}
ALL = {name: make() for name, make in EXPERIMENTS.items()}


def _path(hill, steep, lr, start):
    return {"path": {"x": [start[0], start[0] - lr], "y": [start[1], steep * start[1]]}, "other": {"x": [lr]}}


def slide(**values):
    """An experiment of each kind of control, to try the engine on."""
    return Experiment(
        "slide",
        [
            choice(
                "hill",
                "Hill",
                {"low": "Low", "high": "High"},
                "low",
                presets={"high": {"lr": 0.2, "start": [-1.2, 1.0]}},
            ),
            slider("steep", "steepness", 0, 0.99, 0.8, step=0.01),
            slider("lr", "rate", 1e-4, 3, 1.2, log=True),
            point("start", "start", (-4.5, 1.5), within="window"),
        ],
        _path,
        [panel("Path", axis("x", "window.x"), axis("y", "window.y"), [line("path")], alt="The path.")],
        backdrop=lambda hill: {"window": {"x": [-5, 5], "y": [-3, 3 if hill == "low" else 9]}},
        alt="A path.",
        values=values,
    )


def grid(**values):
    """A tabulated experiment."""
    return Experiment(
        "grid",
        [
            toggle("twice", "twice", False),
            slider("lr", "rate", values=[0.01, 0.05, 0.1], value=0.05),
            slider("rho", "momentum", values=[0.0, 0.5, 0.8, 0.9], value=0.5),
        ],
        lambda twice, lr, rho: {"sum": (1 + twice) * (lr + rho / 3)},
        [],
        alt="A sum.",
        tabulated=True,
        values=values,
    )


def keys_of(experiment):
    return [m["key"] for p in experiment.spec["panels"] for m in p["marks"] if m["key"]]


@pytest.mark.parametrize("name", ALL)
def test_every_mark_and_readout_finds_its_data(name):
    experiment = ALL[name]
    have = {**experiment.backdrop, **experiment.data, **experiment.assets}
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
    assert spec["caption"].endswith(".") and 30 < len(spec["caption"]) < 160
    assert all(len(p["alt"]) > 20 and p["title"] for p in spec["panels"])
    assert all(p[axis]["label"] for p in spec["panels"] for axis in "xy" if p[axis] is not None)


def test_a_moved_control_is_answered():
    one = slide()
    before = one.data["path"]["y"]
    one.params = {"steep": 0.5}
    assert one.params["steep"] == 0.5 and one.params["lr"] == 1.2
    assert one.data["path"]["y"] != before
    assert one.data["other"] == slide().data["other"]


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
        ({"lr": 99}, r"slide: lr = 99 is not in 0\.0001 … 3; using 3", {"lr": 3.0}),
        ({"steep": -1}, r"slide: steep = -1 is not in 0 … 0\.99; using 0", {"steep": 0.0}),
        ({"start": (100, 0)}, r"slide: start = \(100\.0, 0\.0\) is outside the picture", {"start": [5.0, 0.0]}),
    ],
)
def test_values_outside_are_clamped_and_said_so(change, message, clean):
    one = slide()
    with pytest.warns(UserWarning, match=message):
        one.params = change
    assert {k: one.params[k] for k in clean} == clean
    with pytest.warns(UserWarning, match=message):
        assert {k: slide(**change).params[k] for k in clean} == clean


def test_a_value_between_grid_points_is_moved_to_the_nearest():
    with pytest.warns(UserWarning, match=r"grid: lr = 0\.06 is not in \[0\.01, .*\]; using 0\.05"):
        assert grid(lr=0.06).params["lr"] == 0.05


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"speed": 1}, ValueError, "slide has no control 'speed'; it has hill, steep, lr, start"),
        ({"lr": "0.5"}, TypeError, "slide: lr must be a number, not '0.5'"),
        ({"lr": True}, TypeError, "slide: lr must be a number, not True"),
        ({"lr": float("nan")}, ValueError, "slide: lr must be finite, not nan"),
        ({"hill": "moon"}, ValueError, "hill must be one of low, high; got 'moon'"),
        ({"start": 3}, ValueError, r"start must be two numbers \(x, y\); got 3"),
        ({"start": (0, float("inf"))}, ValueError, "slide: start must be finite, not inf"),
    ],
)
def test_bad_values_are_named_and_change_nothing(change, error, message):
    one = slide()
    before, data = dict(one.params), one.data
    with pytest.raises(error, match=message):
        one.params = change
    assert one.params == before and one.data == data


def test_presets_follow_a_choice_made_in_python():
    one = slide()
    one.params = {"hill": "high", "steep": 0.5}
    assert one.params["lr"] == 0.2 and one.params["steep"] == 0.5 and one.params["start"] == [-1.2, 1.0]
    assert slide(hill="high").params["start"] == [-1.2, 1.0] and slide(hill="high", lr=0.001).params["lr"] == 0.001


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
    experiment = EXPERIMENTS[name]()
    assert experiment.comm is None, "a site build must open no connection and embed no widget state"
    bundle = experiment._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    page = bundle["text/html"]
    state = json.loads(re.search(r'<script type="application/json">(.*?)</script>', page).group(1))
    assert state["params"] == experiment.params
    assert "<noscript>" in page and 'role="group"' in page and "http" not in page
    assert bool(state["table"]) == bool(experiment.spec["tabulated"])
    assert bool(state["assets"]) == bool(experiment.assets)
    files = list(tmp_path.iterdir())
    assert {file.stem for file in files} == {state[kind] for kind in ("table", "assets") if state[kind]}
    for file in files:
        assert len(gzip.compress(file.read_bytes())) <= 100_000


def test_the_table_holds_every_setting():
    experiment = grid()
    found = table(experiment)
    sizes = [len(a) for a in found["axes"]]
    assert len(found["rows"]) == np.prod(sizes)
    setting = {"twice": True, "lr": 0.1, "rho": 0.8}
    index = np.ravel_multi_index(
        [a.index(setting[n]) for n, a in zip(found["names"], found["axes"], strict=True)], sizes
    )
    experiment.params = setting
    assert found["rows"][index] == to_jsonable(experiment.data, experiment.digits)


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


def test_a_studys_stored_results_fill_a_table(tmp_path):
    """A chapter may show what a study measured over seeds, without running it."""
    results = load("wrong-labels")
    accuracy = results.values["accuracy"]  # methods × seeds

    def measured(method):
        values = accuracy[results.names.index(method)]
        return {"seeds": {"x": list(range(len(values))), "y": list(values)}, "mean": values.mean()}

    names = {name: name for name in results.names}
    experiment = Experiment(
        "measured", [choice("method", "Method", names, results.names[0])], measured,
        [panel("Accuracy", axis("seed", (0, 20)), axis("percent", (0, 100)), [line("seeds")], alt="Accuracy by seed.")],
        readouts=[readout("mean", "mean", format=".1f")], alt="Accuracy.", tabulated=True,
    )  # fmt: skip
    html = static_html(experiment, tmp_path)
    (file,) = tmp_path.iterdir()
    assert file.stem in html
    shown = [row["mean"] for row in table(experiment)["rows"]]
    assert shown == pytest.approx(list(results.mean("accuracy")), rel=2e-3), "three digits, as in all tables"


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
        made, _ = all_at_once(compute_all=answers)
        made.answer("compute", made.params)  # of one setting, as a notebook asks for it
        table(made)


def test_one_function_answers_and_not_two():
    for compute, compute_all in ((None, None), (one_by_one, lambda axes: [])):
        with pytest.raises(ValueError, match="e must have one of compute and compute_all, and the other None"):
            Experiment("e", GRID, compute, [], alt="a", compute_all=compute_all)


# A table is kept as long as its sources


def test_a_table_of_a_notebooks_own_function_is_named_after_what_it_holds(tmp_path):
    names = set()
    for top in (1.0, 2.0, 2.0):
        own = Experiment("e", GRID, lambda a, up, c: {"y": a * top}, [], alt="a", tabulated=True)  # noqa: B023
        assert page.table_key(own) is None
        names.add(write_table(own, tmp_path))
    assert len(names) == 2 == len(list(tmp_path.iterdir()))


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
    with pytest.raises(ValueError, match=r"compute has the parameters \['b'\], which are no controls and no assets"):
        Experiment("e", [toggle("a", "a", True)], lambda b: {}, [], alt="a")


def test_what_takes_long_is_asked_for_once_and_not_before_it_is_needed():
    asked = []
    e = Experiment(
        "e",
        [toggle("a", "a", True)],
        lambda a, photo: {"y": [a, *photo]},
        [],
        alt="a",
        assets={"photo": lambda: asked.append("photo") or [1 / 3], "plain": [2.0]},
    )
    assert asked == [] and e.spec["compute"] == ["a", "photo"]
    assert e.data == {"y": [True, 0.333]} and e.assets == {"photo": [0.333], "plain": [2.0]}
    e.params = {"a": False}
    assert e.data == {"y": [False, 0.333]} and asked == ["photo"]


def test_a_point_stays_within_its_window():
    e = Experiment(
        "e", [point("p", "p", (0, 0), within="window")], lambda p: {"p": {"x": [p[0]], "y": [p[1]]}}, [],
        backdrop=lambda: {"window": {"x": [-1, 1], "y": [-1, 1]}}, alt="a",
    )  # fmt: skip
    with pytest.warns(UserWarning, match="outside the picture"):
        e.params = {"p": [5, -5]}
    assert e.params["p"] == [1.0, -1.0]


def test_a_declared_experiment_carries_its_pages_name(tmp_path):
    @experiment(page="07_topic")
    def grid(**values):
        return globals()["grid"](**values)

    assert (grid.page, grid.__name__, grid().key, grid(lr=0.1).params["lr"]) == (
        "07_topic",
        "grid",
        "07_topic-grid",
        0.1,
    )
    static_html(grid(), tmp_path)
    assert [path.name.startswith("07_topic-grid-") for path in tmp_path.iterdir()] == [True]
    other = experiment(page="08_other")(lambda: slide())
    with pytest.raises(ValueError, match="<lambda> must make an experiment of its own name, not 'slide'"):
        other()


def test_experiments_of_one_name_on_two_pages_are_compiled_apart():
    one, two = slide(), slide()
    one.page, two.page = "07_topic", "08_other"
    script = site_assets([one, two, grid()])["library.js"]
    assert 'course.experiments["07_topic-slide"]' in script and 'course.experiments["08_other-slide"]' in script
    assert "grid" not in script
