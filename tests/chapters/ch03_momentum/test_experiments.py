"""What chapter 3's experiments show is what theory says, and the race takes what a reader hands to it."""

import json

import numpy as np
import pytest
import scipy.linalg

from course_lib.chapters.ch03_momentum import explore
from course_lib.explore import page
from course_lib.explore.page import table, write_table
from course_lib.optim import Rosenbrock


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


def test_bad_arguments_of_the_race():
    with pytest.raises(TypeError, match="mine must be an Optimizer"):
        explore.race("Momentum")


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


def test_the_race_counts_when_the_loss_stays_low():
    """Momentum's loss dips below the thousandth early and swings above it again: that is no arrival."""
    data = explore.race(kappa=100, lr=1.3, rho=0.92).data
    for name in ("SGD", "Momentum", "Nesterov"):
        loss = np.array(data[name]["loss"])
        above = np.flatnonzero(loss >= data["goal"])
        assert data[f"steps_{name}"] == above[-1] + 1
    loss = np.array(data["Momentum"]["loss"])
    assert np.flatnonzero(loss < data["goal"])[0] < data["steps_Momentum"]
    assert explore.race(surface="saddle", start=(1, 0)).data["steps_Momentum"] is None


def test_the_first_question_has_its_answer_on_the_screen():
    """How many steps each method needs is within the run that is shown."""
    data = explore.race(kappa=100, lr=1.3, rho=0.8).data
    steps = [data[f"steps_{name}"] for name in ("SGD", "Momentum", "Nesterov")]
    assert all(0 < t < len(data["SGD"]["loss"]) - 1 for t in steps) and steps[0] > 4 * steps[1]


def test_from_the_ridge_nobody_leaves():
    data = explore.race(surface="saddle", start=(1, 0)).data
    assert all(set(data[name]["y"]) == {0.0} for name in ("SGD", "Momentum", "Nesterov"))


@pytest.mark.parametrize("lr", [0.01, 0.2])
@pytest.mark.parametrize("match", ["rate", "effective"])
def test_the_noise_that_is_shown_is_settled(lr, match):
    """No glide from a start: the stretch shown stays within its axes and is spread as the long run is."""
    data = explore.noise(lr=lr, rho=0.9, match=match).data
    low, high = data["reach"]
    for name in ("SGD", "Momentum"):
        x, deviation = np.array(data[name]["x"]), data[f"{name} theory"] ** 0.5
        assert low < x.min() < x.max() < high and abs(x[0]) < 4 * deviation and abs(x).max() < 5 * deviation
    assert high <= 16 * max(data["SGD theory"], data["Momentum theory"]) ** 0.5, "the trembling fills the picture"


def test_presets_follow_the_surface():
    assert explore.race(surface="rosenbrock").params["start"] == [-1.2, 1.0]
    assert explore.race(surface="rosenbrock", lr=0.001).params["lr"] == 0.001


# A table is kept as long as its sources


def test_a_table_is_computed_once(tmp_path, monkeypatch):
    values, computed = table(explore.noise()), []
    monkeypatch.setattr(page, "table", lambda experiment: computed.append(experiment) or values)
    name = write_table(explore.noise(), tmp_path)
    [file] = tmp_path.iterdir()
    assert file.name == f"{name}.js" and file.read_text("utf-8").startswith(f'course.tables["{name}"] = {{"names"')
    assert json.loads(file.read_text("utf-8").partition(" = ")[2].rstrip(";\n")) == values
    assert write_table(explore.noise(lr=0.2), tmp_path) == name  # another start, the same table
    assert len(computed) == 1
    experiment = explore.noise()
    experiment.digits = 2
    assert write_table(experiment, tmp_path) != name and len(list(tmp_path.iterdir())) == 2
    assert computed[1:] == [experiment]


def test_a_changed_source_renews_a_table(monkeypatch, tmp_path):
    before, needed = page.table_key(explore.noise()), []
    monkeypatch.setattr(page.sources, "digest", lambda files, *texts: needed.extend(files) or "0" * 12)
    assert page.table_key(explore.noise()) == "0" * 12 != before
    names = {path.relative_to(page.sources.LIBRARY).as_posix() for path in needed}
    assert {"chapters/ch03_momentum/experiments.py", "optim/first_order.py", "optim/analysis/floors.py"} <= names
    assert not any(name.startswith(("site/", "deep/", "exercises/")) for name in names)
