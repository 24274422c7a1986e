"""The engine of the measured tables: its arithmetic against SciPy, the same whatever the executor, bad input."""

import math
import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import scipy.stats

from course_lib.studies import Gain, Study
from course_lib.studies import study as study_module
from course_lib.studies.student import t_factor, t_inside
from course_lib.studies.study import compare


def measure(row, seed):
    rng = np.random.default_rng(seed)
    luck = rng.normal()
    return {"height": row + luck + 0.1 * row * rng.normal(), "width": row / 10}


def toy(rows=None, **options):
    rows = {"floor": 0.0, "stairs": 2.0, "cellar": -0.1} if rows is None else rows
    return Study("Steps", "How high?", options.pop("measure", measure), rows, **options)


def test_the_gain_is_paired_and_its_error_is_scipys():
    results = toy(seeds=7).run()
    height = np.array([[measure(row, seed)["height"] for seed in range(7)] for row in (0.0, 2.0, -0.1)])
    np.testing.assert_array_equal(results.values["height"], height)
    gain = results.gain("stairs")
    assert gain.mean == pytest.approx(np.mean(height[1] - height[0]), abs=1e-12)
    assert gain.error == pytest.approx(scipy.stats.sem(height[1] - height[0]), rel=1e-12)
    # The luck that both rows share is not in it.
    assert gain.error < 0.3 * math.hypot(scipy.stats.sem(height[0]), scipy.stats.sem(height[1]))
    assert (gain.wins, gain.ties, gain.losses, gain.n) == (7, 0, 0, 7) and results.gain("cellar").losses == 7
    other = results.gain("stairs", over="cellar")
    assert other.mean == pytest.approx(np.mean(height[1] - height[2]), abs=1e-12)
    assert other.error == pytest.approx(scipy.stats.sem(height[1] - height[2]), rel=1e-12)
    np.testing.assert_allclose(results.mean("height"), height.mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(results.error("height"), scipy.stats.sem(height, axis=1), rtol=1e-12)
    assert results.seeds == 7


def test_the_interval_is_scipys():
    d = np.random.default_rng(0).normal(1, 2, 5)
    gain = compare(d, np.zeros(5))
    for inside in (0.5, 0.95, 0.99):
        theirs = scipy.stats.t.interval(inside, 4, loc=d.mean(), scale=scipy.stats.sem(d))
        np.testing.assert_allclose(gain.interval(inside), theirs, rtol=1e-12)
    with pytest.raises(ValueError, match="an interval needs at least 2 seeds, not 1"):
        Gain(1.0, math.nan, 1, 0, 1).interval()
    with pytest.raises(ValueError, match=r"inside must lie between 0 and 1, not 1\.0"):
        gain.interval(1.0)


@pytest.mark.parametrize("df", [*range(1, 31), 100, 1001])
def test_students_t_is_scipys(df):
    t = np.array([0, 0.01, 0.7, 1, 2.5, 12, 100])
    np.testing.assert_allclose([t_inside(one, df) for one in t], 1 - 2 * scipy.stats.t.sf(t, df), rtol=0, atol=1e-13)
    for inside in (0.01, 0.5, 0.95, 0.999):
        assert t_factor(df, inside) == pytest.approx(scipy.stats.t.ppf((1 + inside) / 2, df), rel=1e-10)


def test_a_tie_is_neither_won_nor_lost():
    assert toy({"one": 1.0, "same": 1.0}, seeds=4).run().gain("same") == (0.0, 0.0, 0, 4, 4)
    base = np.array([0.3, 1.0, 1.0, 2.0])
    row = np.array([0.1 + 0.2, 1.1, 0.9, 1.9])  # the first differs by rounding alone
    assert row[0] != base[0] and compare(row, base)[2:] == (1, 1, 4) and compare(row, base).losses == 2
    assert toy({"one": 1.0, "same": 1.0}, seeds=4).run().table().rows[1][2:4] == ["+0.0 ± 0", "0/4/0"]


@pytest.mark.parametrize(
    ("value", "error", "said"),
    [
        (0.0851, 0.0462, "+0.085 ± 0.046"),
        (-12.14, 0.4, "−12.14 ± 0.40"),
        (1.0, 0.0996, "+1.00 ± 0.10"),
        (1.0, 0.994, "+1.00 ± 0.99"),
        (1.0, 0.996, "+1.0 ± 1.0"),
        (33.2, 12.4, "+33 ± 12"),
        (500.0, 123.0, "+500 ± 123"),
        (2.0, 1e-16, "+2.0 ± 0"),
        (2.0, math.nan, "+2.0"),
    ],
)
def test_an_error_has_two_digits(value, error, said):
    assert study_module._pm(value, error, "+.1f") == said
    assert study_module._pm(value, error, ".1f") == said.removeprefix("+")


def test_the_table_for_a_terminal_and_for_a_page():
    table = toy({"floor": 0.0, "stairs": 2.0, "cellar": -2.0}, seeds=4, formats={"width": ".2f"}).run().table()
    plain = table.plain().splitlines()
    assert plain[0] == "Steps (4 seeds; 95 % interval: ± 3.18 errors)"
    assert plain[1].split() == ["method", "height", "gain", "wins/ties/losses", "width"]
    assert plain[2].split() == ["floor", "0.7", "0.00"]
    assert plain[3] == "  stairs     2.6  +1.88 ± 0.14             4/0/0   0.20"
    assert plain[4] == "  cellar    −1.2  −1.88 ± 0.14             0/0/4  −0.20"
    assert len({len(line) for line in plain[1:]}) == 1
    page = table.markdown().splitlines()
    assert page[:3] == ["## Steps", "", "How high? 4 seeds; 95 % interval: ± 3.18 errors."]
    assert page[4] == "| method | height | gain | wins/ties/losses | width |"
    assert page[5] == "| :-- | --: | --: | --: | --: |"
    assert page[7] == "| stairs | 2.6 | +1.88\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}0.14 | 4/0/0 | 0.20 |"


def test_a_gain_without_an_error_is_written_as_its_quantity_is():
    table = toy({"floor": 0.0, "stairs": 2.0}, seeds=1, formats={"height": ".3f"}).run().table()
    assert table.rows[1][1:3] == ["2.099", "+1.974"]


def test_a_row_that_is_not_there():
    with pytest.raises(ValueError, match=r"name must be among \['floor', 'stairs', 'cellar'\], not 'attic'"):
        toy().run(2).gain("attic")
    with pytest.raises(ValueError, match=r"quantity must be among \['height', 'width'\], not 'depth'"):
        toy().run(2).mean("depth")


def test_without_a_comparison_each_quantity_has_its_error():
    results = toy(compare=False, seeds=5, rows_are="step").run()
    table = results.table()
    assert list(table.header) == ["step", "height", "width"]
    mean, error = results.values["height"][1].mean(), scipy.stats.sem(results.values["height"][1])
    assert 0.1 < error < 1 and list(table.rows[1]) == ["stairs", f"{mean:.2f} ± {error:.2f}", "0.2 ± 0"]


def test_one_seed_has_no_error():
    results = toy().run(seeds=1)
    assert math.isnan(results.gain("stairs").error) and results.table().note == "1 seed"
    assert "±" not in results.table().markdown() and "nan" not in results.table().plain()


def test_a_number_as_text_is_as_in_the_table():
    results = toy(seeds=7).run()
    table = dict((row[0], row) for row in results.table().rows)
    assert results.text("stairs", "gain") == table["stairs"][2]
    heights = results.values["height"][1]
    assert results.text("stairs", "height") == f"{heights.mean():.2f} ± {scipy.stats.sem(heights):.2f}"
    assert results.text("stairs", "width") == "0.2 ± 0"
    apart = toy(compare=False, seeds=7).run()
    assert [apart.text("cellar", column) for column in ("height", "width")] == apart.table().rows[2][1:]
    for name, column, words in (
        ("attic", "gain", "row must be among ['floor', 'stairs', 'cellar'], not 'attic'"),
        ("stairs", "depth", "column must be among ['gain', 'height', 'width'], not 'depth'"),
        ("floor", "gain", "'floor' is the row that the others are compared with: it has no gain"),
    ):
        with pytest.raises(ValueError, match=re.escape(words)):
            results.text(name, column)
    with pytest.raises(ValueError, match=re.escape("column must be among ['height', 'width'], not 'gain'")):
        apart.text("stairs", "gain")


def test_some_rows_and_always_the_base():
    assert toy().run(2, rows=["cellar"]).names == ["floor", "cellar"]
    assert toy().run(2, rows=["stairs", "floor"]).names == ["floor", "stairs"]


def test_threads_give_the_same():
    """So do processes, of which `course study --workers 2` makes use: test_command.py, test_transfer.py."""
    with ThreadPoolExecutor(3) as executor:
        spread = toy(seeds=5).run(executor=executor)
    np.testing.assert_array_equal(spread.values["height"], toy(seeds=5).run().values["height"])


def test_a_bar_is_shown_where_it_is_asked_for(capsys):
    toy().run(2, progress=True)
    assert "6/6" in capsys.readouterr().err
    toy().run(2)
    assert capsys.readouterr().err == ""


def test_results_stay_as_they_are():
    results = toy().run(2)
    with pytest.raises(AttributeError):
        results.names = []


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"measure": 3}, TypeError, "measure must be a function (row, seed)"),
        ({"rows": ["floor"]}, TypeError, "rows must be a dict name → row, not ['floor']"),
        ({"rows": {}}, ValueError, "rows must have at least one row"),
        ({"seeds": 0}, ValueError, "seeds must be at least 1, not 0"),
        ({"seeds": 2.5}, TypeError, "seeds must be an integer, not 2.5"),
    ],
)
def test_a_bad_study_is_named(options, error, words):
    with pytest.raises(error, match=re.escape(words)):
        toy(**options)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"seeds": 0}, ValueError, "seeds must be at least 1, not 0"),
        ({"seeds": "20"}, TypeError, "seeds must be an integer, not '20'"),
        ({"rows": ["attic"]}, ValueError, "rows must be among ['floor', 'stairs', 'cellar'], not 'attic'"),
        ({"executor": 4}, TypeError, "executor must have the map of concurrent.futures, not 4"),
    ],
)
def test_a_bad_run_is_named(options, error, words):
    with pytest.raises(error, match=re.escape(words)):
        toy().run(**options)


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        (lambda row, seed: {"height": math.nan}, ValueError, "finite numbers, at least one, not {'height': nan}"),
        (lambda row, seed: {}, ValueError, "finite numbers, at least one, not {}"),
        (lambda row, seed: 3.0, TypeError, "measure must return {quantity: number}, not 3.0"),
        (lambda row, seed: 1 / 0, ZeroDivisionError, "division"),
    ],
)
def test_what_goes_wrong_in_a_row_says_in_which(given, error, words):
    with pytest.raises(error, match=re.escape(words)) as caught:
        toy(measure=given).run(2)
    assert caught.value.__notes__ == ["in the row 'floor' with seed 0"]


def test_rows_must_measure_the_same():
    with pytest.raises(ValueError, match=r"'stairs', seed 0: measured \['b'\], but the others \['a'\]"):
        toy(measure=lambda row, seed: {"b" if row > 1 else "a": 1.0}).run(1)
