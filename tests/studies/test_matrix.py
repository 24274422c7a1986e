"""The matrix: its rule against other code, its tasks against finite differences, its table against runs of today."""

import statistics

import numpy as np
import pytest

from course_lib.optim import (
    COMPOUND,
    METHODS,
    SECOND_ORDER,
    SGD,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    Optimizer,
    Ravine,
    descend,
    steps_to,
)
from course_lib.studies import load
from course_lib.studies.matrix import (
    COLUMNS,
    COUNTED,
    ENTRIES,
    FINDINGS,
    GROUNDS,
    RATES,
    TASKS,
    TUNING,
    Cell,
    cells,
    counts,
    edges,
    kin,
    reason,
)
from course_lib.studies.matrix.findings import CURVED, ONE_LENGTH, OWN_LENGTHS
from course_lib.studies.matrix.plane import (
    STARTS,
    arrival,
    best_rate,
    heights_of,
    median,
    row_of,
    slope_of,
    steps_on,
    surface_of,
)
from course_lib.studies.matrix.runs import NEVER, NONE, cell, plane_steps, rate_of, task_steps

RESULTS = load("matrix")
CELLS = cells(RESULTS)


# -- the rule -------------------------------------------------------------------------------------


def test_a_run_arrives_where_it_stays():
    rng = np.random.default_rng(0)
    for _ in range(200):
        heights = rng.uniform(0, 1.3, 21)
        heights[rng.integers(21) :] /= 2
        wanted = steps_to(heights, 1.0, stay=True)
        assert arrival(heights.tolist(), 1.0) == (wanted if wanted <= 18 else -1)


def test_what_grows_without_end_does_not_arrive():
    assert arrival([1.0, 0.1, np.nan, np.inf], 0.5) == -1 == arrival([9.0, *19 * [np.nan]], 1.0)


def test_median():
    rng = np.random.default_rng(0)
    for n in (1, 2, 5, 8):
        values = rng.integers(9, size=n).tolist()
        assert median(values) == statistics.median(values)


def test_the_rate_with_most_arrivals_is_chosen_then_the_fastest():
    at = {RATES[2]: (5, -1, 5), RATES[4]: (30, 40, 50), RATES[6]: (30, 20, 90)}
    assert best_rate(lambda lr, run: at.get(lr, (-1, -1, -1))[run - TUNING[0]]) == RATES[6]
    assert best_rate(lambda lr, run: -1) == -1


def test_the_rates_are_even_on_a_logarithmic_axis():
    np.testing.assert_allclose(RATES, np.logspace(-4, 1, 11))
    assert not set(TUNING) & set(COUNTED), "runs that choose do not count"
    assert (len(RATES), len(TUNING), len(COUNTED)) == (11, 3, 10), "the page says so"


@pytest.mark.parametrize("column", GROUNDS)
def test_a_column_is_its_surface(column):
    ground, here = GROUNDS[column], np.array(STARTS[column])
    assert repr(surface_of(column)) == repr(ground.surface) and len(here) == len(TUNING) + len(COUNTED)
    moved = np.array(ground.moved[::2])
    assert np.abs(here - ground.surface.start - moved).max() <= ground.spread + 1e-12
    x = ground.surface.sample(5, np.random.default_rng(0))
    np.testing.assert_allclose(heights_of(column, x + moved), ground.surface.value(x) - ground.surface.f_min)
    noise = [
        np.subtract(slope(p + moved), ground.surface.grad(p)) for slope in [slope_of(column, 3)] for p in 400 * [*x]
    ]
    assert abs(np.mean(noise)) <= 0.05 * ground.noise + 1e-15
    assert np.std(noise) == pytest.approx(ground.noise, rel=0.03, abs=1e-15)


class Shrink(Optimizer):
    """Move towards 0 without a look at the gradient."""

    def update(self, x, dx):
        x -= self.share * self.lr * x


@pytest.mark.parametrize("share", [1.0, 0.01])
@pytest.mark.parametrize("column", GROUNDS)
def test_what_only_shrinks_x_arrives_nowhere(column, share):
    Shrink.share = share
    with np.errstate(all="ignore"):
        assert row_of(lambda lr, run: steps_on(column, Shrink(lr), run)) == [-1, 10 * [-1]]
    first, [zero] = max(heights_of(column, STARTS[column])), heights_of(column, [[0.0, 0.0]])
    assert zero > 1.1 * GROUNDS[column].goal * first, "0 is no answer"


def test_at_0_the_task_in_50_dimensions_is_not_solved():
    problem = TASKS["noise"].make(np.random.default_rng(0))
    assert problem.value({"x": np.zeros(50)}) > 0.5 * problem.value(problem.params)
    assert problem.value({"x": np.ones(50)}) == 0


@pytest.mark.parametrize("make", [SGD, Momentum, Nesterov, Adam], ids=lambda make: make.__name__)
@pytest.mark.parametrize(("column", "bowl"), [("long", Ravine(100)), ("turned", Ravine(100, np.pi / 4))])
def test_where_the_minimum_lies_is_the_same_to_a_method_without_decay(make, column, bowl):
    """The same steps as from the same start in a bowl whose minimum is 0."""
    for run, start in enumerate(np.array(STARTS[column]) - [np.pi, np.e]):
        heights = bowl.value(descend(bowl, make(0.1), start, 1000))
        assert steps_on(column, make(0.1), run) == arrival(heights, 1e-4 * heights[0])


def test_no_float_lies_on_a_minimum_that_was_moved():
    """So that rounding holds no method there: at the nearest float the gradient is not 0."""
    assert all(slope_of("long", 0)([np.pi, np.e]))


def test_noise_belongs_to_its_run():
    one, again, other = (slope_of("noisy", run)([1.0, 1.0]) for run in (1, 1, 2))
    assert one == again != other


def test_a_run_is_that_of_the_library():
    path = descend(GROUNDS["valley"].surface, Adam(0.1), STARTS["valley"][0], 2000)
    heights = GROUNDS["valley"].surface.value(path)
    assert steps_on("valley", Adam(0.1), 0) == arrival(heights, 7e-3 * heights[0])


# -- the tasks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", TASKS)
def test_gradients_are_those_of_the_loss(column):
    """A batch's gradient has the mean of the whole one; where there is no batch it is compared with differences."""
    problem = TASKS[column].make(np.random.default_rng(0))
    params = problem.params
    if hasattr(problem, "rows"):
        problem.rows = np.arange(len(problem.x))  # all of them
    if hasattr(problem, "noise"):
        problem.noise = np.zeros(50)
    grads = problem.grad(params)
    rng = np.random.default_rng(1)
    for name, x in params.items():
        way = rng.normal(size=x.shape)
        ends = [problem.value({**params, name: x + h * way}) for h in (1e-6, -1e-6)]
        assert (grads[name] * way).sum() == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-5, abs=1e-8)


def test_the_hessian_is_that_of_the_loss():
    problem = TASKS["scales"].make(np.random.default_rng(0))
    w, way = {"w": np.ones(10)}, np.random.default_rng(1).normal(size=10)
    change = problem.grad({"w": w["w"] + way})["w"] - problem.grad(w)["w"]
    np.testing.assert_allclose(problem.hessian(w) @ way, change)


# -- the table ------------------------------------------------------------------------------------


def test_every_method_of_the_registry_has_a_row():
    names = [name.removesuffix(" (SGD)") for name in ENTRIES]
    assert names == [*METHODS, *COMPOUND, *SECOND_ORDER]
    assert list(CELLS) == list(ENTRIES) and all(list(row) == list(COLUMNS) for row in CELLS.values())


@pytest.mark.parametrize("name", ENTRIES)
def test_what_is_stored_is_of_this_matrix(name):
    """Codes and rates are those of the code, and no cell is left out without a reason."""
    i = list(ENTRIES).index(name)
    for column in COLUMNS:
        steps, rates = RESULTS.values[column][i], set(RESULTS.values[f"{column} rate"][i])
        assert len(rates) == 1
        [lr] = rates
        if reason(name, column):
            assert set(steps) == {NONE} and lr == NONE and CELLS[name][column].text == "n/a"
        elif ENTRIES[name].own_steps:
            assert lr == NONE
        else:
            assert any(np.isclose(lr, rate) for rate in RATES) or (lr == NEVER and set(steps) == {NEVER})


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("SGD", "long"),
        ("Adam", "turned"),
        ("Momentum", "valley"),
        ("AdaGrad", "saddle"),
        ("Newton", "saddle"),
        ("SAM (SGD)", "plateau"),
        ("ScheduleFreeSGD", "noisy"),
        ("LBFGS", "scales"),
    ],
)
def test_stored_cells_are_measured_again(name, column):
    """With the rate chosen anew; no product of matrices is in these, so every machine has the same steps."""
    found = CELLS[name][column]
    with np.errstate(all="ignore"):
        steps = [cell(name, column, run) for run in COUNTED[:4]]
    np.testing.assert_array_equal([n for n, _ in steps], RESULTS.values[column][list(ENTRIES).index(name)][:4])
    assert found.rate is None or steps[0][1] == pytest.approx(found.rate)


@pytest.mark.parametrize(("name", "column"), [("Adam", "network"), ("Muon", "linear"), ("AdaGrad", "rare")])
def test_stored_cells_of_networks_are_measured_again(name, column):
    """At the stored rate, within what another kernel may change: the runs arrive, and about as soon."""
    found = CELLS[name][column]
    with np.errstate(all="ignore"):
        steps = [task_steps(name, column, found.rate, run) for run in COUNTED[:4]]
    assert found.verdict == "all" and min(steps) > 0
    assert np.mean(steps) == pytest.approx(RESULTS.values[column][list(ENTRIES).index(name)][:4].mean(), rel=0.25)


def steps_in_units(method, run, steps):
    """Return the step at which a method arrives in *Unequal units*, in a run of another length; negative if not."""
    problem = TASKS["scales"].make(np.random.default_rng(run))
    params, losses = problem.params, []
    with np.errstate(all="ignore"):
        for t in range(steps + 1):
            if t % 10 == 0:
                losses.append(problem.value(params))
            method.step(params, problem.grad(params), nonfinite="allow")
    return 10 * arrival(losses, TASKS["scales"].goal * losses[0])


@pytest.mark.parametrize("name", ["SGD", "Nesterov"])
def test_unequal_units_are_beyond_one_rate(name):
    """Where no tuning run arrives, no other is made; here are some, at each rate."""
    with np.errstate(all="ignore"):
        assert {task_steps(name, "scales", lr, run) for lr in RATES for run in COUNTED[:4]} == {-1}


def test_that_nesterov_fails_there_is_not_the_grids_doing():
    """Between its rates, too, at most 2 of 10 runs arrive, and above 0.0138 it diverges; Momentum is stable longer."""
    curvatures = np.linalg.eigvalsh(TASKS["scales"].make(np.random.default_rng(0)).hessian({}))
    assert curvatures[[0, -1]] == pytest.approx([0.01, 100], rel=0.01)
    for lr in (0.011, 0.012, 0.013, 0.0136, 0.0145, 0.016, 0.02):
        assert sum(steps_in_units(Nesterov(lr), run, 1000) > 0 for run in COUNTED) <= 3
    assert all(steps_in_units(Momentum(0.025), run, 1000) > 0 for run in COUNTED)
    assert max(steps_in_units(Momentum(0.045), run, 1000) for run in COUNTED) < 0
    assert all(0 < steps_in_units(Nesterov(0.01), run, 2000) < 1600 for run in COUNTED)


@pytest.mark.parametrize("column", ["long", "turned", "plateau"])
def test_a_search_that_begins_at_sgds_best_rate_is_sgd(column):
    sgd, search = (cells(load("matrix"))[name][column] for name in ("SGD", "GradientDescent"))
    assert sgd.rate == 1 and search.text == sgd.text


def test_a_factor_of_two_falls_between_two_rates():
    sgd = {column: CELLS["SGD"][column] for column in ("long", "valley", "plateau")}
    with np.errstate(all="ignore"):
        found = {column: row_of(lambda lr, run, c=column: steps_on(c, SGD(2 * lr), run))[1] for column in sgd}
    assert min(found["long"]) > 0 and np.median(found["long"]) > 1.5 * sgd["long"].steps
    assert min(found["valley"]) > 0 and sgd["valley"].arrived <= 7
    assert np.median(found["valley"]) == pytest.approx(0.5 * sgd["valley"].steps, rel=0.15)
    assert max(found["plateau"]) == -1 and sgd["plateau"].arrived >= 5


# -- what the page says ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", FINDINGS)
def test_a_finding_is_true_of_the_table_and_not_of_any(name):
    assert FINDINGS[name](CELLS)
    never = Cell(0, 10, None, None)
    assert not FINDINGS[name]({method: dict.fromkeys(COLUMNS, never) for method in CELLS})


def test_the_findings_are_about_all_methods():
    """The three groups are all that run on the surfaces; whoever adds a method, decides where it belongs."""
    assert (len(ONE_LENGTH), len(OWN_LENGTHS), len(CURVED)) == (7, 11, 6), "the page says so"
    assert {*ONE_LENGTH, *OWN_LENGTHS, *CURVED} == {*ENTRIES} - {"Muon"}


@pytest.mark.parametrize("name", [*ONE_LENGTH, *OWN_LENGTHS])
def test_a_group_is_what_its_name_says(name):
    """Two coordinates with gradients 1 and 1000: moved 1000 times as far, or alike."""
    x = np.zeros(2)
    if name == "GradientDescent":
        pytest.skip("its direction is the gradient's")
    ENTRIES[name].make(0.001).step_closure(x, Constant(), nonfinite="allow")
    assert x[1] / x[0] == pytest.approx(1000 if name in ONE_LENGTH else 1, rel=0.01)


class Constant:
    """A loss with the gradient (1, 1000) everywhere."""

    def value(self, x):
        return x @ [1.0, 1000.0]

    def grad(self, x):
        return np.array([1.0, 1000.0])


def test_rates_at_the_edge_are_the_largest():
    assert [CELLS[name][column].rate for name, column in edges(CELLS)] == len(edges(CELLS)) * [pytest.approx(10)]


def test_without_its_decay_adamw_is_adam():
    for column in GROUNDS:
        with np.errstate(all="ignore"):
            lr, steps = row_of(lambda lr, run, c=column: steps_on(c, AdamW(lr, weight_decay=0.0), run))
        i = list(ENTRIES).index("Adam")
        assert lr == pytest.approx(CELLS["Adam"][column].rate) and steps == RESULTS.values[column][i].tolist()


def test_with_its_decay_adamw_is_held_back_from_the_turned_bowls_minimum():
    def end(lr, run, steps, last):
        heights = heights_of("turned", descend(slope_of("turned", run), AdamW(lr), STARTS["turned"][run], steps))
        return max(heights[-last:]) / heights[0]

    nearest = min(end(lr, run, 1000, 101) for lr in RATES for run in COUNTED)
    assert nearest == pytest.approx(1.6e-4, rel=0.03) and GROUNDS["turned"].goal == 1e-4
    assert max(end(RATES[6], run, 5000, 501) for run in COUNTED) < 0.5e-4


def test_rmsprop_leaves_what_it_reached():
    for name in ("RMSProp", "RMSPropMomentum", "CenteredRMSProp"):
        cell, left = CELLS[name]["long"], 0
        for run in COUNTED:
            method = ENTRIES[name].make(cell.rate)
            heights = heights_of("long", descend(slope_of("long", run), method, STARTS["long"][run], 1000))
            reached = [h <= 1e-4 * heights[0] for h in heights]
            assert any(reached)
            left += not all(reached[950:])
        assert (cell.arrived, left) == (7, 3)


def test_adam_without_correction_shows_no_harm_on_the_plane():
    lower = 0
    for column in GROUNDS:
        with np.errstate(all="ignore"):
            lr, steps = row_of(lambda lr, run, c=column: steps_on(c, Adam(lr, correct=False), run))
        assert min(steps) > 0
        with_it, ratio = CELLS["Adam"][column], np.median(steps) / CELLS["Adam"][column].steps
        assert ratio < 0.7 if column in ("valley", "noisy") else 0.85 < ratio < 1.15
        lower += lr < 0.5 * with_it.rate
    assert lower == 4
    x = np.zeros(1)
    Adam(1.0, correct=False).step(x, np.ones(1))
    assert x[0] == pytest.approx(-0.1 / np.sqrt(0.001), rel=1e-5)


def test_another_rate_may_bring_more_of_the_ten():
    assert CELLS["Adam"]["valley"].arrived <= 8 and CELLS["Adam"]["valley"].rate == pytest.approx(RATES[6])
    assert min(steps_on("valley", Adam(RATES[5]), run) for run in COUNTED) > 0


def test_counts():
    for column in COLUMNS:
        assert sum(counts(CELLS, column).values()) == len(ENTRIES)
    assert counts(CELLS, "noisy")["no run"] == 8


# -- the kin --------------------------------------------------------------------------------------

PLANE = {
    name: [None if c.why else [c.arrived, c.steps or 0] for c in (row[column] for column in GROUNDS)]
    for name, row in CELLS.items()
    if not ENTRIES[name].own_steps
}


@pytest.mark.parametrize("name", PLANE)
def test_a_row_is_its_own_kin(name):
    if None in PLANE[name]:
        pytest.skip("it does not run on surfaces")
    found = kin(PLANE[name], list(PLANE), list(PLANE.values()), len(COUNTED))
    assert (found["same"], found["factor"]) == (6, 1.0) and PLANE[found["name"]] == PLANE[name]


def test_rows_that_do_not_run_on_surfaces_are_no_kin():
    assert kin([[0, 0]] * 6, ["Muon"], [PLANE["Muon"]], 10)["name"] == ""


def test_a_cell_is_run_at_most_once_per_rate(monkeypatch):
    """Where no tuning run arrives, no run is made at all."""
    rate_of.cache_clear()
    monkeypatch.setattr("course_lib.studies.matrix.runs.plane_steps", lambda *_: -1)
    assert cell("SGD", "long", 0) == (NEVER, NEVER)
    rate_of.cache_clear()


def test_other_methods_are_looked_at_where_they_test():
    """Schedule-Free's average, and not the point at which it takes the gradient."""
    entry = ENTRIES["ScheduleFreeSGD"]
    opt, x = entry.make(1.0), np.array(STARTS["long"][0])
    slope, path = slope_of("long", 0), [x.copy()]
    for _ in range(1000):
        opt.step(x, np.array(slope(x)))
        path.append(opt.test_params(x))
    heights = heights_of("long", path)
    assert plane_steps("ScheduleFreeSGD", "long", 1.0, 0) == arrival(heights, 1e-4 * heights[0])
    assert isinstance(ENTRIES["SAM (SGD)"].make(0.1).inner, SGD)
