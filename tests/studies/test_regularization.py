"""The page of measured tables comes out again: every regularizer against wrong labels, some of the rest.

The numbers stand in one place, on the page. Its tables are over more seeds than are run here, so a gain may differ by
what so few seeds scatter, three standard errors; what another machine's sums do to a chaotic run is a fifth of that.
"""

import math
import re
from pathlib import Path

import numpy as np
import pytest

from course_lib import studies
from course_lib.nn import L1, L2, Dense, evaluate
from course_lib.studies import CLEAN, NOISY, STUDIES, TRAINABILITY, Study, regularization

PAGE = Path(__file__).parents[2] / "book" / "measured.md"


def numbers(cell):
    return [float(n) for n in re.findall(r"[+-]?\d+\.?\d*", cell.replace("−", "-"))]


def tables(text):
    """Read the page: title → row → column → numbers in the cell."""
    found = {}
    for part in text.partition(studies.page.MARK)[2].split("\n## ")[1:]:
        lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in part.splitlines() if line[:1] == "|"]
        header, _, *rows = lines
        found[part.splitlines()[0]] = {
            name: {column: numbers(cell) for column, cell in zip(header[1:], cells, strict=True)}
            for name, *cells in rows
        }
    return found


TOLD = tables(PAGE.read_text("utf-8"))


def test_the_page_holds_these_studies_and_these_rows():
    there = [study for study in STUDIES.values() if study.own_table is None]
    assert list(TOLD) == [study.title for study in there]
    for study in there:
        assert list(TOLD[study.title]) == list(study.rows)
        assert f"\n\n{study.text} {study.seeds} seeds" in PAGE.read_text("utf-8"), f"{study.title}: write it anew"


def check_gain(study, results, name):
    """A gain must be the page's, within what n seeds scatter; and a row that does nothing must not pass."""
    told, error = TOLD[study.title][name]["gain"]
    gain = results.gain(name)
    scatter = error * math.sqrt(study.seeds / gain.n)  # the page's error, for n seeds
    tolerance = 3 * scatter + 0.5
    assert gain.mean == pytest.approx(told, abs=min(tolerance, 0.8 * abs(told)) if abs(told) > 1 else tolerance)


@pytest.fixture(scope="module")
def noisy():
    return NOISY.run(2)


@pytest.mark.slow
def test_without_a_regularizer_wrong_labels_are_learnt_by_heart(noisy):
    base = {quantity: values[0] for quantity, values in noisy.values.items()}
    assert base["accuracy"].mean() == pytest.approx(TOLD[NOISY.title]["nothing"]["accuracy"][0], abs=6)  # sd 2.9
    assert base["on its training labels"].min() > 97


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NOISY.rows if name not in ("nothing", "batch norm")])
def test_a_regularizer_against_wrong_labels(noisy, name):
    check_gain(NOISY, noisy, name)
    gain = noisy.gain(name)
    assert gain.wins == gain.n
    # The share of right labels, not more: that is what the regularizer is for.
    believed = noisy.values["on its training labels"][noisy.names.index(name)].mean()
    assert believed == pytest.approx(TOLD[NOISY.title][name]["on its training labels"][0], abs=7)  # sd 3.1


@pytest.mark.slow
def test_batch_norm_is_no_regularizer_here(noisy):
    check_gain(NOISY, noisy, "batch norm")
    values = noisy.values["weights < 1e-3"]  # an accuracy may be the same by chance
    assert (values[noisy.names.index("batch norm")] != values[0]).all()


@pytest.mark.slow
def test_l1_makes_small_weights_and_the_proximal_step_zeros(noisy):
    def share(what, name):
        return noisy.values[what][noisy.names.index(name)]

    assert (share("weights < 1e-3", "L1, 0.002") > 90).all() and (share("weights < 1e-3", "nothing") < 3).all()
    assert (share("weights = 0", "L1, 0.02, proximal") > 90).all() and (share("weights = 0", "L1, 0.002") < 1).all()


@pytest.mark.slow
def test_few_examples_with_right_labels():
    names = ["early stopping", "augmentation", "label smoothing .3"]
    results = CLEAN.run(5, rows=names)
    assert results.values["accuracy"][0].mean() == pytest.approx(TOLD[CLEAN.title]["nothing"]["accuracy"][0], abs=1.5)
    for name in names:
        check_gain(CLEAN, results, name)
    assert results.gain("early stopping").mean < 0.8  # −.4, sd .9


@pytest.mark.slow
def test_batch_norm_is_trainability():
    results = TRAINABILITY.run(1)
    without, norm = (dict(zip(results.names, values[:, 0], strict=True)) for values in results.values.values())
    assert min(norm.values()) > 75  # the lowest is 93, sd 4
    assert without.pop("1 × He, α = 0.01") > 90  # 97, sd 1
    for at_times in ("0.5 × He, α = 0.1", "1 × He, α = 0.1"):  # from 8 to 76, as the seed will have it
        del without[at_times]
    assert len(without) == 9 and max(without.values()) < 25  # 9, sd 3
    table = TOLD[TRAINABILITY.title]
    assert sum(row["without"][0] > 90 for row in table.values()) == 1
    assert all(91 < row["with batch norm"][0] < 99 for row in table.values())


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(regularization, "EPOCHS", 2)


@pytest.mark.usefixtures("short")
def test_rows_share_data_first_weights_and_batches():
    """What does nothing gives the very numbers of the base; what does something does not."""
    rows = {
        "nothing": {},
        "L2, 0": {"penalty": L2(0.0)},
        "keep all": {"net": lambda rng: regularization.dropout(rng, keep=1.0)},
        "no noise": {"net": lambda rng: regularization.noisy_input(rng, sigma=0.0)},
        "L1": {"penalty": L1(0.01)},
    }
    results = Study("", "", NOISY.measure, rows).run(2)
    accuracy = results.values["accuracy"]
    assert (accuracy[1:4] == accuracy[0]).all() and (accuracy[4] != accuracy[0]).any()


@pytest.mark.usefixtures("short")
def test_the_network_is_tested_on_right_labels_it_has_not_seen(monkeypatch):
    seen = []
    monkeypatch.setattr(regularization, "fit", lambda net, data, *_, **__: seen.append(data))
    monkeypatch.setattr(regularization, "evaluate", lambda net, x, y: seen.append((x, y)) or evaluate(net, x, y))
    for study, n, share in ((NOISY, 500, 0.3), (CLEAN, 200, 0.0)):
        seen.clear()
        study.measure({}, 4)
        data, (x_test, y_test), (x_train, y_train) = seen
        right = regularization.load_digits(np.random.default_rng(4).spawn(3)[0], train=n, val=100, test=1000)
        assert len(x_test) == 1000 and np.array_equal(y_test, right.y_test) and np.array_equal(x_test, right.x_test)
        assert np.array_equal(y_train, data.y_train) and np.array_equal(x_train, right.x_train)
        for given, true in ((data.y_train, right.y_train), (data.y_val, right.y_val)):
            assert (given != true).mean() == share


def test_dropconnect_keeps_the_size_of_the_signal():
    net, plain = (
        regularization.dropconnect(np.random.default_rng(0), "mean"),
        regularization.plain(np.random.default_rng(0)),
    )
    x = np.random.default_rng(1).random((200, 64), dtype=np.float32)
    np.testing.assert_allclose(net.forward(x), plain.forward(x), atol=1e-5)  # the mean rule, before any step
    assert isinstance(plain.parts["0"], Dense)
