"""Searches find known optima, cover log ranges, and give the same on any executor."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from scipy import stats

from course_lib.nn.search import Log, Results, Trial, Uniform, coarse_to_fine, grid_search, random_search
from course_lib.nn.steps import Diverged


def valley(s, rng):
    """Least, 1, at lr = 3e-3 and rho = 0.8."""
    return 1 + (np.log10(s["lr"]) - np.log10(3e-3)) ** 2 + (s["rho"] - 0.8) ** 2


def chancy(s, rng):
    return s["lr"] * rng.random()


def fragile(s, rng):
    if s["lr"] > 10:
        raise Diverged("step 3: nan")
    return np.inf if s["lr"] > 1 else np.nan if s["lr"] > 0.1 else -np.log10(s["lr"])


def missing(s, rng):
    return s["beta"]


SPACE = {"lr": Log(1e-6, 1e2), "rho": Uniform(0.0, 1.0)}


def rng(seed=0):
    return np.random.default_rng(seed)


def test_the_grid_is_every_combination_and_finds_its_best():
    results = grid_search(valley, {"lr": Log(1e-5, 1e1).points(7), "rho": [0.0, 0.5, 0.75, 1.0]}, rng=rng())
    assert len(results) == 28 and len({tuple(t.settings.values()) for t in results}) == 28
    assert results.best.settings == {"lr": 1e-3, "rho": 0.75}
    assert results.best.value == pytest.approx(1 + np.log10(3) ** 2 + 0.05**2)
    values = results.column("value")
    assert np.all(np.diff(values) >= 0) and results[0] is results.best
    assert [t.index for t in sorted(results, key=lambda t: t.index)] == list(range(28))
    assert {t.round for t in results} == {0}


def test_coarse_to_fine_finds_the_optimum():
    """On 20 seeds: nearer to it than random search with as many trials, and near."""
    fine = [coarse_to_fine(valley, SPACE, n=20, rounds=4, rng=rng(s)).best for s in range(20)]
    random = [random_search(valley, SPACE, n=80, rng=rng(s)).best for s in range(20)]
    off = np.array([abs(np.log10(t.settings["lr"] / 3e-3)) for t in fine])
    assert np.median(off) < 0.1 and off.max() < 0.5
    assert np.median([t.value for t in fine]) < np.median([t.value for t in random])
    assert np.median([t.value for t in fine]) < 1.01


def test_rounds_narrow_around_the_best_and_stay_inside():
    results = coarse_to_fine(valley, {"lr": Log(1e-3, 1e3), "rho": Uniform(0, 1)}, n=30, rounds=3, zoom=0.2, rng=rng())
    for r, width in enumerate((6, 1.2, 0.24)):
        logs = [np.log10(t.settings["lr"]) for t in results if t.round == r]
        assert len(logs) == 30 and width / 2 < max(logs) - min(logs) <= width + 1e-9
        assert min(logs) >= -3 and max(logs) <= 3
        before = [t for t in results if t.round < r]  # the best first
        if before:
            best = np.log10(before[0].settings["lr"])
            assert min(logs) - 1e-9 <= max(best, -3 + width / 2) and max(logs) <= max(best, -3 + width / 2) + width / 2


def test_random_covers_the_logarithm_evenly():
    results = random_search(valley, SPACE, n=800, rng=rng())
    logs = (np.log10(results.column("lr")) + 6) / 8
    assert stats.kstest(logs, "uniform").pvalue > 0.01
    assert stats.kstest(results.column("rho"), "uniform").pvalue > 0.01
    assert len(set(results.column("lr"))) == 800  # every trial a new value
    assert abs(np.corrcoef(logs, results.column("rho"))[0, 1]) < 0.1  # drawn apart
    linear = random_search(valley, {"lr": Uniform(1e-6, 1e2), "rho": [0.5]}, n=800, rng=rng())
    assert (linear.column("lr") < 1).mean() < 0.03  # without the log six of eight decades are hardly seen


def test_integers_and_choices():
    space = {"width": Log(1, 256, integer=True), "batch": Uniform(1, 4, integer=True), "act": ["relu", "tanh"]}
    results = coarse_to_fine(lambda s, rng: abs(s["width"] - 32) + (s["act"] == "relu"), space, n=40, rng=rng())
    assert {type(v) for t in results for v in (t.settings["width"], t.settings["batch"])} == {int}
    assert set(results.column("batch").tolist()) == {1, 2, 3, 4} and set(results.column("act")) == {"relu", "tanh"}
    assert results.best.settings["act"] == "tanh" and abs(results.best.settings["width"] - 32) <= 2


@pytest.mark.parametrize(
    ("kind", "shares"), [(Uniform, np.ones(4)), (Log, np.log([1.5 / 0.5, 2.5 / 1.5, 3.5 / 2.5, 4.5 / 3.5]))]
)
def test_whole_numbers_have_their_share_the_ends_too(kind, shares):
    draws, choice = 20_000, kind(1, 4, integer=True)
    drawn = np.bincount([choice.at(u) for u in rng().random(draws)], minlength=5)
    assert drawn[0] == 0 and len(drawn) == 5
    assert stats.chisquare(drawn[1:], draws * shares / shares.sum()).pvalue > 0.01
    assert [choice.at(u) for u in (0, 1 - 1e-16, 1)] == [1, 4, 4]
    assert choice.points(2) == [1, 4] and {type(v) for v in choice.points(3)} == {int}


def test_any_executor_gives_the_same():
    alone = coarse_to_fine(chancy, SPACE, n=6, rounds=2, rng=rng(3))
    grid = grid_search(chancy, {"lr": [1.0, 2.0, 3.0]}, rng=rng(4))

    class Backwards:
        """Runs the trials in another order."""

        def map(self, function, *columns):
            rows = list(zip(*columns, strict=True))
            return reversed([function(*row) for row in reversed(rows)])

    with ThreadPoolExecutor(2) as threads, ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        for executor in (threads, processes, Backwards()):
            spread = coarse_to_fine(chancy, SPACE, n=6, rounds=2, rng=rng(3), executor=executor)
            assert list(spread) == list(alone)
            assert list(grid_search(chancy, {"lr": [1.0, 2.0, 3.0]}, rng=rng(4), executor=executor)) == list(grid)
            with pytest.raises(KeyError, match="beta") as caught:  # an error of a trial arrives, from there, too
                random_search(missing, {"lr": [0.1]}, n=3, rng=rng(), executor=executor)
            assert caught.value.__notes__ == ["in the trial with the settings {'lr': 0.1}"]
            failed = grid_search(fragile, {"lr": [20.0, 0.01]}, rng=rng(), executor=executor)
            assert [t.failed for t in failed] == ["", "step 3: nan"]


def test_one_seed_one_search():
    a, b, c = (random_search(chancy, SPACE, n=5, rng=rng(s)) for s in (0, 0, 1))
    assert list(a) == list(b) != list(c)


def test_what_failed_comes_last():
    lrs = [0.01, 0.001, 0.5, 2.0, 20.0]
    for maximize, order in ((False, [0.01, 0.001, 0.5, 2.0, 20.0]), (True, [0.001, 0.01, 0.5, 2.0, 20.0])):
        results = grid_search(fragile, {"lr": lrs}, rng=rng(), maximize=maximize)
        assert results.column("lr").tolist() == order
        assert [t.failed for t in results] == ["", "", "nan", "inf", "step 3: nan"]
        assert np.isnan(results.column("value")[2:]).all()
        assert "step 3: nan" in repr(results)
    with pytest.raises(ValueError, match="none of the 1 trials returned a finite value: inf"):
        _ = grid_search(fragile, {"lr": [2.0]}, rng=rng()).best
    results = coarse_to_fine(fragile, {"lr": Log(20.0, 90.0)}, n=30, rounds=2, rng=rng())
    assert len(results) == 60 and all(t.failed for t in results)
    again = np.log([t.settings["lr"] for t in results if t.round == 1])
    assert np.ptp(again) > 0.7 * np.log(90 / 20)  # there is no best trial to draw nearer to


def test_other_errors_end_it_and_name_the_settings():
    def broken(s, rng):
        raise KeyError("beta")

    with pytest.raises(KeyError) as caught:
        grid_search(broken, {"lr": [0.1]}, rng=rng())
    assert caught.value.__notes__ == ["in the trial with the settings {'lr': 0.1}"]
    with pytest.raises(TypeError, match="the objective must return a number, not 'good'"):
        grid_search(lambda s, rng: "good", {"lr": [0.1]}, rng=rng())


def test_the_table():
    results = Results([Trial({"lr": 0.1, "act": "relu"}, 2.0, 0), Trial({"lr": 1e-5, "act": "tanh"}, 1.0, 1)])
    assert repr(results).splitlines() == ["      lr   act  value", "1  1e-05  tanh      1", "2    0.1  relu      2"]
    assert Results(list(results), maximize=True).best.value == 2.0
    assert len(Results([])) == 0 and "value" in repr(Results([]))
    assert repr(random_search(valley, SPACE, n=23, rng=rng())).endswith("… and 3 more")
    with pytest.raises(KeyError, match="'rate' is neither"):
        results.column("rate")


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: Log(0.0, 1.0), ValueError, "low must be above 0 on a log scale"),
        (lambda: Uniform(1.0, 1.0), ValueError, "low must be below high"),
        (lambda: Uniform("a", 1.0), TypeError, "low must be a number"),
        (lambda: Uniform(0, np.ones(2)), TypeError, "high must be one number"),
        (lambda: Uniform(False, 1.0), TypeError, "low must be a number"),
        (lambda: Log(0.5, 8, integer=True), ValueError, "low must be a whole number, as the values are, not 0.5"),
        (lambda: coarse_to_fine(valley, SPACE, n=1, zoom=np.ones(2) / 2, rng=rng()), TypeError, "zoom must be one"),
        (lambda: Uniform(0, 1).points(1), ValueError, "n must be at least 2"),
        (
            lambda: grid_search(valley, SPACE, rng=rng()),
            TypeError,
            r"space\['lr'\] must be a list of values: write Log",
        ),
        (lambda: random_search(valley, {"lr": "0.1"}, n=1, rng=rng()), TypeError, r"space\['lr'\] must be Log"),
        (lambda: random_search(valley, {"lr": []}, n=1, rng=rng()), ValueError, r"space\['lr'\] is empty"),
        (lambda: random_search(valley, {}, n=1, rng=rng()), ValueError, "space must have at least one"),
        (lambda: random_search(valley, [1], n=1, rng=rng()), TypeError, "space must be a dict"),
        (lambda: random_search(0.1, SPACE, n=1, rng=rng()), TypeError, "objective must be a function"),
        (lambda: random_search(valley, SPACE, n=0, rng=rng()), ValueError, "n must be at least 1"),
        (lambda: random_search(valley, SPACE, n=1, rng=0), TypeError, "rng must be a generator"),
        (lambda: random_search(valley, SPACE, n=1, rng=rng(), executor=2), TypeError, "executor must have the map"),
        (lambda: grid_search(valley, {"lr": []}, rng=rng()), ValueError, r"space\['lr'\] is empty"),
        (lambda: grid_search(valley, {"lr": [1]}, rng=0), TypeError, "rng must be a generator"),
        (lambda: coarse_to_fine(valley, SPACE, n=1, zoom=0.0, rng=rng()), ValueError, "zoom must be above 0"),
    ],
)
def test_bad_input(call, error, said):
    with pytest.raises(error, match=said):
        call()
