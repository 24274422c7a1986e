"""What chapter 13's experiments show, against counts and formulas of other hands, and what the text says of them."""

import numpy as np
import pytest
import scipy.stats

from course_lib.chapters.ch13_challenge import experiments, explore, networks
from course_lib.studies import load

pytest.importorskip("sklearn")

# -- folds ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("draw", [1, 7, 20])
@pytest.mark.parametrize("shuffled", [True, False])
@pytest.mark.parametrize("k", [2, 4, 5, 10, 20])
def test_each_digit_is_held_out_once(k, shuffled, draw):
    seen = []
    for fold in range(1, k + 1):
        data = explore.folds(folds=k, fold=fold, shuffled=shuffled, draw=draw).data
        held = [(x, y) for x, y in zip(data["held"]["x"], data["held"]["y"], strict=True)]
        kept = list(zip(data["kept"]["x"], data["kept"]["y"], strict=True))
        assert len(set(held) | set(kept)) == 100 and data["tested"] == len(held) == 100 / k
        assert data["trained"] == len(kept) == 100 - 100 / k
        assert data["classes"]["y"] == np.bincount([int(y) for _, y in held], minlength=10).tolist()
        assert data["missing"] == 10 - len({y for _, y in kept})
        seen += held
    assert len(seen) == len(set(seen)) == 100


def test_a_shuffle_is_another_for_each_draw_and_the_file_is_sorted():
    orders = [experiments._order(True, draw) for draw in range(1, 21)]
    assert all(sorted(order) == list(range(100)) for order in orders) and len(set(map(tuple, orders))) == 20
    assert experiments._order(False, 1) == list(range(100))
    assert explore.folds(folds=5, shuffled=False).data["missing"] == 2


def test_the_errors_are_the_binomials():
    data = explore.folds(folds=4).data
    assert data["one"] == pytest.approx(100 * scipy.stats.binom.std(25, 0.9) / 25)
    assert data["all"] == pytest.approx(100 * scipy.stats.binom.std(100, 0.9) / 100)


def test_a_fold_beyond_the_last_shows_the_last():
    last, beyond = (explore.folds(folds=4, fold=fold).data for fold in (4, 20))
    assert last == beyond


# -- bells ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "accuracy", "gap", "apart"), [(1000, 95, 1, 3), (200, 90, 2, 8), (50, 85, 0, 5)])
def test_the_errors_are_those_of_drawn_tests(n, accuracy, gap, apart):
    """Digits on which the first, the second, both or none are right, drawn 20,000 times."""
    data, rng = explore.bells(n=n, accuracy=accuracy, gap=gap, apart=apart).data, np.random.default_rng(0)
    only_second, only_first = (apart + gap) / 200, (apart - gap) / 200
    both = accuracy / 100 - only_first
    counts = rng.multinomial(n, [only_first, only_second, both, 1 - both - only_first - only_second], 20_000)
    first, second = counts[:, 0] + counts[:, 2], counts[:, 1] + counts[:, 2]
    assert data["error"] == pytest.approx(100 * (first / n).std(), rel=0.03)
    assert data["paired_error"] == pytest.approx(100 * ((second - first) / n).std(), rel=0.03)
    apart = (second - rng.permutation(first)) / n
    assert data["unpaired_error"] == pytest.approx(100 * apart.std(), rel=0.03)
    assert data["ratio"] == pytest.approx(gap / data["unpaired_error"])
    density = scipy.stats.norm.pdf(data["first"]["x"], accuracy, data["error"])
    np.testing.assert_allclose(data["first"]["y"], density, atol=1e-12)


@pytest.mark.parametrize(
    ("accuracy", "gap", "apart", "share"), [(95, 2.5, 0, 2.5), (97, 2.5, 8, 3.5), (97, 1, 8, 5), (95, 1, 3, 3)]
)
def test_two_classifiers_are_apart_as_far_as_is_possible(accuracy, gap, apart, share):
    """Of all tables of two classifiers, right or wrong, with these accuracies, the nearest to what is asked for."""
    data = explore.bells(n=1000, accuracy=accuracy, gap=gap, apart=apart).data
    only_first = np.linspace(0, 15, 3001)  # the three other shares follow from it
    possible = only_first[(only_first <= 100 - accuracy - gap) & (only_first <= accuracy)] * 2 + gap
    assert data["share"] == pytest.approx(share) == pytest.approx(possible[abs(possible - apart).argmin()])
    assert data["paired_error"] == pytest.approx(np.sqrt((100 * share - gap**2) / 1000))


def test_no_zero_has_a_sign():
    gain = explore.rungs(first="pixels", second="dropout", draws=10).data["gain"]
    assert gain == 0 and np.copysign(1, gain) == 1


def test_what_the_text_says_of_the_bells():
    start = explore.bells(n=1000, accuracy=95, gap=1, apart=3).data
    assert 0.9 < start["ratio"] < 1.3 and 1.7 < start["paired_ratio"] < 2
    few = explore.bells(n=200, accuracy=95, gap=1, apart=3).data
    assert few["ratio"] < few["paired_ratio"] < 1
    assert start["share"] == 3 and few["share"] == 3
    often = explore.bells(n=1000, accuracy=95, gap=1, apart=8).data
    assert often["paired_error"] > 0.93 * often["unpaired_error"]


# -- the board ------------------------------------------------------------------------------------


@pytest.mark.parametrize("public", networks.PUBLIC)
@pytest.mark.parametrize("entries", [1, 8, 32])
def test_the_winner_is_the_first_best(entries, public):
    boards, lead, gain = networks.stored()["boards"], [], []
    for shown, true in zip(boards[str(public)], boards["private"], strict=True):
        best = max(range(entries), key=lambda i: (shown[i], -i))
        lead.append(shown[best] - true[best])
        gain.append(true[best] - true[0])
    data = explore.board(entries=entries, public=public).data
    assert data["lead"] == pytest.approx(np.mean(lead), abs=0.01) and len(lead) == networks.BOARDS
    assert data["lead_error"] == pytest.approx(scipy.stats.sem(lead), abs=0.01)
    assert data["gain"] == pytest.approx(np.mean(gain), abs=0.01)
    assert data["over"]["y"][-1] == pytest.approx(np.mean(lead), abs=0.01)


def test_a_board_comes_out_again():
    again, stored = networks.board(0), networks.stored()["boards"]
    assert list(again) == list(stored) and {len(values) for values in again.values()} == {networks.ENTRIES}
    for key, atol in (("50", 1.5), ("200", 1.0), ("500", 0.6), ("private", 0.5)):  # means of 32, other kernels
        assert np.mean(again[key]) == pytest.approx(np.mean(stored[key][0]), abs=atol)


# -- rungs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "draws"), [("wide", "linear", 5), ("mlp", "letters", 10), ("pixels", "longer", 2)]
)
def test_rungs_are_compared_as_by_the_study(first, second, draws):
    measured = load("challenge")
    a, b = (measured.values["accuracy"][measured.names.index(experiments._RUNGS[k]), :draws] for k in (first, second))
    data = explore.rungs(first=first, second=second, draws=draws).data
    assert data["mean"] == pytest.approx(np.mean(b - a), rel=6e-3) and data["wins"] == (b > a).sum()
    assert data["gain"] == pytest.approx(data["mean"], abs=0.051)
    assert data["paired"] == pytest.approx(scipy.stats.sem(b - a), rel=6e-3)
    assert data["unpaired"] == pytest.approx(np.hypot(scipy.stats.sem(a), scipy.stats.sem(b)), rel=6e-3)
    assert [data[f"pair {i}"]["x"] == [] for i in range(10)] == [i >= draws for i in range(10)]
    if draws == 10:
        names = (experiments._RUNGS[k] for k in (second, first))
        gain = measured.gain(next(names), over=next(names))
        assert (gain.mean, gain.error, gain.wins) == pytest.approx(
            (data["mean"], data["paired"], data["wins"]), rel=6e-3
        )


# -- the search -----------------------------------------------------------------------------------


def test_the_settings_are_drawn_evenly_on_a_logarithmic_scale():
    rates, strengths = networks.settings()
    np.testing.assert_allclose(networks.stored()["rates"], rates, atol=1e-5)
    np.testing.assert_allclose(networks.stored()["strengths"], strengths, atol=1e-6)
    for values, low, high in ((rates, 1e-3, 1), (strengths, 1e-4, 1)):
        spread = np.log(values / low) / np.log(high / low)
        assert scipy.stats.kstest(spread, "uniform").pvalue > 0.01


@pytest.mark.parametrize("budget", ["5", "20", "100"])
@pytest.mark.parametrize(("high", "strongest"), [(0.01, 1), (0.1, 0.01), (1, 1)])
def test_the_best_of_what_was_searched(budget, high, strongest):
    found = networks.stored()
    rows = [
        (score, rate, lam)
        for score, rate, lam in zip(found["search"][budget], found["rates"], found["strengths"], strict=True)
        if rate <= high and lam <= strongest
    ]
    data = explore.tune(budget=budget, high=high, strongest=strongest).data
    best = max(rows, key=lambda row: row[0])
    assert (data["score"], data["rate"], data["L2"]) == pytest.approx(best, rel=6e-3)  # three digits
    assert data["tried"] == len(rows) == 1 + len(data["in rate"]["x"]) == 60 - len(data["out L2"]["x"])


@pytest.mark.slow
def test_the_search_comes_out_again():
    again = np.mean([networks.search(draw, 20) for draw in range(networks.DRAWS)], axis=0)
    assert np.abs(again - networks.stored()["search"]["20"]).mean() < 1.5


def test_what_the_text_says_of_the_search():
    search = networks.stored()
    lam = np.array(search["strengths"])
    for budget in ("5", "20", "100"):
        scores = np.array(search["search"][budget])
        assert scores[lam > 0.1].max() < scores.max() - 20, "from there on all settings are poor"
    best = explore.tune(budget="20", high=1, strongest=1).data
    assert explore.tune(budget="20", high=1, strongest=0.1).data["rate"] == best["rate"]
