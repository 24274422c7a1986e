"""The ensembles' tables: their single networks are those of the regularizers' tables, their groups and scores by hand.

What the page tells comes out again over a few seeds, with margins that what does nothing would not pass, and that are
at least three standard errors: another processor sums in another order, and other networks come out. Comments give what
was measured, with its standard deviation over seeds.
"""

import math
import re
from pathlib import Path

import numpy as np
import pytest

from course_lib.ensembles import average_weights, mean_probability
from course_lib.nn import L2, evaluate, fit, softmax
from course_lib.optim import Momentum
from course_lib.studies import ensembles, regularization
from course_lib.studies.ensembles import AVERAGES, CLEAN, LONG, NOISY, ROWS, SHORT, Run

SETTINGS = pytest.mark.parametrize(
    ("study", "theirs"), [(NOISY, regularization.NOISY), (CLEAN, regularization.CLEAN)], ids=["noisy", "clean"]
)
SNAPSHOTS, *CONTROLS, LATE = list(ROWS)[5:10]
MEAN_WEIGHTS = list(ROWS)[-1]
SMALL = Run(seed=3, train=100, wrong=0.3)


@pytest.fixture(autouse=True)
def nothing_is_left():
    yield
    ensembles.members.cache_clear()
    ensembles.cycles.cache_clear()


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(ensembles, "EPOCHS", 2)
    monkeypatch.setattr(regularization, "EPOCHS", 2)


@SETTINGS
@pytest.mark.usefixtures("short")
def test_a_single_run_is_that_of_the_regularizers_tables(study, theirs):
    """The same digits, wrong labels, first weights and batches: the very same number."""

    def one_run(run):
        return ensembles.single_run(run, number=1, epochs=2)

    assert study.measure(one_run, 5)["accuracy"] == theirs.measure({}, 5)["accuracy"]


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("penalty", [None, L2(3e-3)])
def test_a_falling_rate_is_that_of_the_regularizers_tables(penalty):
    row = {"train": 500, "wrong": 0.3, "penalty": penalty}
    found = AVERAGES.measure(row, 5)
    assert found["cosine"] == regularization.NOISY.measure({"penalty": penalty}, 5)["accuracy"]
    assert found["EMA − last"] == found["EMA"] - found["last"] and row["train"] == 500


@pytest.mark.usefixtures("short")
def test_the_averages_are_of_the_walk_that_last_ends():
    row = {"train": 100, "wrong": 0.3}
    found = AVERAGES.measure(row, 3)
    _, of_net, of_fit, _ = SMALL.rngs()
    net, data, walk = regularization.plain(of_net), SMALL.data(), []

    class Watched(Momentum):
        def step(self, params, grads, **options):
            super().step(params, grads, **options)
            walk.append(net.params.flat.copy())

    fit(net, data, Watched(0.05), epochs=2, batch=50, rng=of_fit)
    assert len(walk) == SMALL.steps(2) == 4
    weights = 0.995 ** np.arange(3, -1, -1)
    points = {"last": walk[3], "EMA": np.average(walk, axis=0, weights=weights), "SWA": (walk[1] + walk[3]) / 2}
    for name, point in points.items():
        net.params.flat[...] = point
        assert found[name] == pytest.approx(100 * evaluate(net, data.x_test, data.y_test).accuracy, abs=0.11)


def test_groups_vote_and_are_scored_by_hand(monkeypatch):
    whole = softmax(2 * np.random.default_rng(0).normal(size=(8, 1100, 10)))
    p, y, y_train = whole[:, :1000], SMALL.data().y_test, SMALL.data().y_train
    monkeypatch.setattr(ensembles, "members", lambda run, bagged: (whole[::-1] if bagged else whole, whole[:1]))

    def measure(name):
        return ensembles.measure(ROWS[name], 3, train=100, wrong=0.3)

    right = 100 * (p.argmax(2) == y).mean(axis=1)
    single = measure("single")
    assert single["accuracy"] == pytest.approx(right.mean()) == single["each alone"] and single["disagree"] == 0
    assert single["NLL"] == pytest.approx(-np.log(p[:, np.arange(1000), y]).mean())

    pairs = [p[i : i + 2].mean(axis=0) for i in (0, 2, 4, 6)]
    two = measure("independent ×2")
    assert two["accuracy"] == pytest.approx(np.mean([100 * (q.argmax(1) == y).mean() for q in pairs]))
    assert two["NLL"] == pytest.approx(np.mean([-np.log(q[np.arange(1000), y]).mean() for q in pairs]))
    apart = np.mean([(p[i].argmax(1) != p[i + 1].argmax(1)).mean() for i in (0, 2, 4, 6)])
    assert two["disagree"] == pytest.approx(100 * apart) and two["each alone"] == pytest.approx(right.mean())

    eight = measure("independent ×8")
    assert eight["accuracy"] == pytest.approx(100 * (mean_probability(p).argmax(1) == y).mean())
    assert eight["on its training labels"] == pytest.approx(
        100 * (mean_probability(whole[:, 1000:]).argmax(1) == y_train).mean()
    )
    assert measure("bagged ×8") == pytest.approx(eight)
    assert measure(MEAN_WEIGHTS)["accuracy"] == pytest.approx(right[0])


def test_the_rows_of_snapshots(monkeypatch):
    """Told apart by numbers in place of predictions."""
    asked = []

    def cycles(run, number, epochs):
        asked.append((number, epochs))
        return np.arange(number), np.array([99])

    monkeypatch.setattr(ensembles, "cycles", cycles)
    found = {name: ROWS[name](SMALL).tolist() for name in list(ROWS)[5:12]}
    assert list(found.values()) == [[[0, 1, 2, 3, 4]], [[0]], [[4]], [[99]], [[3, 4, 5, 6, 7]], [[7]], [[99]]]
    assert asked == [(5, 16)] * 4 + [(8, 40)] * 3  # 80 epochs, the single network's budget, and four times as many
    assert SHORT["number"] * SHORT["epochs"] == regularization.EPOCHS
    assert LONG["number"] * LONG["epochs"] == 4 * regularization.EPOCHS


@pytest.mark.usefixtures("short")
def test_members_differ_in_weights_and_batches_and_when_bagged_in_rows(monkeypatch):
    seen = []
    monkeypatch.setattr(
        ensembles,
        "fit",
        lambda net, data, opt, rng, **_: seen.append(
            (net.params.flat.copy(), data.x_train, data.y_train, rng.random())
        ),
    )
    for bagged in (False, True):
        p, mean = ensembles.members(SMALL, bagged)
        assert p.shape == (8, 1100, 10) and mean.shape == (1, 1100, 10)
    data, (alone, bagged) = SMALL.data(), (seen[:8], seen[8:])
    for members in (alone, bagged):
        assert len({weights.tobytes() for weights, *_ in members}) == len({drawn for *_, drawn in members}) == 8
    for (weights, x, y, drawn), (same_weights, x_bag, y_bag, same_drawn) in zip(alone, bagged, strict=True):
        assert np.array_equal(weights, same_weights) and drawn == same_drawn
        assert np.array_equal(x, data.x_train) and np.array_equal(y, data.y_train)
        where = {row.tobytes(): label for row, label in zip(x, y, strict=True)}
        assert all(where[row.tobytes()] == label for row, label in zip(x_bag, y_bag, strict=True))
        assert 50 < len({row.tobytes() for row in x_bag}) < 75  # 63 % of them
    assert len({x.tobytes() for _, x, *_ in bagged}) == 8


@pytest.mark.usefixtures("short")
def test_mean_weights_are_those_of_the_members(monkeypatch):
    given = []
    monkeypatch.setattr(ensembles, "average_weights", lambda nets: given.extend(nets) or average_weights(nets))
    p, mean = ensembles.members(SMALL, bagged=False)
    x = np.concatenate([SMALL.data().x_test, SMALL.data().x_train])
    assert len(given) == 8 and np.array_equal(softmax(given[2].forward(x)), p[2])
    given[0].params.flat[...] = np.mean([net.params.flat for net in given], axis=0)
    np.testing.assert_allclose(softmax(given[0].forward(x)), mean[0], atol=1e-5)


def test_members_are_trained_once_for_all_rows(monkeypatch):
    trained = []
    monkeypatch.setattr(ensembles, "fit", lambda *_, **__: trained.append(1))
    CLEAN.run(2, rows=["independent ×2", "independent ×8", MEAN_WEIGHTS])
    assert len(trained) == 16


# What the page tells

PAGE = (Path(__file__).parents[2] / "book" / "measured.md").read_text("utf-8")


def told(study, name, column):
    """Read the numbers of a cell on the page."""
    part = PAGE.partition(f"\n## {study.title}\n")[2].partition("\n## ")[0]
    header, _, *rows = (
        [cell.strip() for cell in line.split("|")[1:-1]] for line in part.splitlines() if line[:1] == "|"
    )
    cell = next(row for row in rows if row[0] == name)[header.index(column)]
    return [float(n) for n in re.findall(r"[+-]?\d+\.?\d*", cell.replace("−", "-"))]


@pytest.fixture(scope="module")
def clean():
    return CLEAN.run(3, rows=[*list(ROWS)[1:4], *list(ROWS)[5:9], MEAN_WEIGHTS])


def of(results, quantity, name):
    return results.values[quantity][results.names.index(name)]


@pytest.mark.slow
@pytest.mark.parametrize("n", [2, 4, 8])
def test_independent_networks_gain(clean, n):
    name = f"independent ×{n}"
    gain, error = told(CLEAN, name, "gain")
    assert gain - error > 0.2
    assert clean.gain(name).mean == pytest.approx(gain, abs=min(3 * error * math.sqrt(12 / 3) + 0.1, 0.9 * gain))
    assert of(clean, "disagree", name).mean() == pytest.approx(told(CLEAN, name, "disagree")[0], abs=1)
    fewer = f"independent ×{n // 2}" if n > 2 else "single"
    assert (of(clean, "NLL", name) < of(clean, "NLL", fewer)).all()  # at each seed: the NLL is convex
    assert told(CLEAN, name, "NLL") < told(CLEAN, fewer, "NLL")
    assert told(NOISY, name, "NLL") < told(NOISY, fewer, "NLL")


@pytest.mark.slow
def test_the_mean_of_independent_weights_is_ruin(clean):
    found = of(clean, "accuracy", MEAN_WEIGHTS)
    assert found.mean() == pytest.approx(told(CLEAN, MEAN_WEIGHTS, "accuracy")[0], abs=20)  # sd 11


@pytest.mark.slow
def test_snapshots_of_a_network_that_interpolates_are_nearly_one(clean):
    share = of(clean, "disagree", SNAPSHOTS) / of(clean, "disagree", "independent ×8")
    assert share.mean() < 0.6  # .37, sd .11
    gain = of(clean, "accuracy", SNAPSHOTS) - of(clean, "accuracy", CONTROLS[2])
    on_page = told(CLEAN, SNAPSHOTS, "accuracy")[0] - told(CLEAN, CONTROLS[2], "accuracy")[0]
    assert gain.mean() == pytest.approx(on_page, abs=0.8) and on_page < 0.3  # sd .3
    late = CLEAN.measure(ROWS[LATE], 0)
    assert late["disagree"] == pytest.approx(told(CLEAN, LATE, "disagree")[0], abs=0.5) and late["disagree"] > 0


@pytest.mark.slow
def test_the_snapshots_gain_is_early_stopping():
    """The first snapshot alone beats the vote, the vote beats the last one, which is as good as a single run."""
    names = [SNAPSHOTS, *CONTROLS]
    measured = [[NOISY.measure(ROWS[name], seed) for name in names] for seed in range(3)]
    # sd over seeds: 1.7, 1.2, 1.2
    for column, tolerance in (("accuracy", 3), ("on its training labels", 4), ("disagree", 2.5)):
        vote, *others = np.mean([[one[column] for one in seed] for seed in measured], axis=0)
        on_page = [told(NOISY, name, column)[0] for name in names]
        np.testing.assert_allclose(vote - others, on_page[0] - np.array(on_page[1:]), atol=tolerance)
    vote, first, last, single = (told(NOISY, name, "accuracy")[0] for name in names)
    assert first > vote + 5 > last + 8 and abs(last - single) < 1


@pytest.mark.slow
def test_bagging_helps_most_against_wrong_labels():
    results = NOISY.run(1, rows=["independent ×8", "bagged ×8"])  # one seed, but sixteen networks
    for name in ("independent ×8", "bagged ×8"):
        gain, error = told(NOISY, name, "gain")
        assert results.gain(name).mean == pytest.approx(gain, abs=3 * error * math.sqrt(12))
        assert results.gain(name).mean > 0  # 2.3, sd .7, and 6.7, sd 1.0
    _, together, bagged = results.values["accuracy"]
    assert bagged - together > 1.2  # 4.4, sd 1.0


@pytest.mark.slow
def test_an_average_is_a_falling_rate():
    row = AVERAGES.rows["wrong labels, L2"]
    found = [AVERAGES.measure(row, seed) for seed in range(2)]
    for name in ("EMA − last", "SWA − last", "cosine − last"):
        gain, error = told(AVERAGES, "wrong labels, L2", name)
        mean = np.mean([one[name] for one in found])  # sd 1.7
        assert mean == pytest.approx(gain, abs=3 * error * math.sqrt(12 / 2)) and mean > 0.15 * gain
    still = AVERAGES.measure(AVERAGES.rows["right labels, 200 digits"], 0)
    assert abs(still["EMA − last"]) < 1 and abs(told(AVERAGES, "right labels, 200 digits", "EMA − last")[0]) < 0.5
