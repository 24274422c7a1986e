"""The six cases: what the questions say of each run, and of what the other answers would have looked like."""

import json
from pathlib import Path

import numpy as np
import pytest

from course_lib.chapters.ch01_first_step.experiments import runs
from course_lib.chapters.ch14_bugs.experiments import gallery, invisible, probe
from course_lib.chapters.symptoms import ask

BOOK = Path(__file__).parents[3] / "book"
GUESS = np.log(10)


def run(letter):
    """What the experiment shows of one of chapter 1's runs, and its two curves."""
    data = runs(run=letter).data
    return data, np.array(data["train"]["y"]), np.array(data["val"]["y"])


def falls(curve):
    return bool((np.diff(curve) < 0).mean() > 0.9)


def test_case_one():
    data, train, val = run("e")
    assert abs(data["initial"] - GUESS) < 0.3 and data["ten"] < 0.05 and val[0] < 1.5
    assert min(train[-1], val[-1]) > GUESS - 0.2 and 0.05 < data["ratio"] < 0.1 and 50 <= data["dead"] < 70
    low, *curves = run("a")
    assert all(map(falls, curves)) and low["ratio"] < 1e-3
    assert run("d")[2].min() > GUESS - 0.05  # shuffled labels
    assert run("b")[0]["initial"] > 200  # large weights


def test_case_two():
    data, train, val = run("d")
    assert 0.05 < train[0] - train[-1] < 0.15 and val[-1] >= val[0]
    assert abs(data["initial"] - GUESS) < 0.3 and data["ten"] < 0.05 and data["dead"] < 20
    _, few, few_val = run("g")
    assert falls(few) and falls(few_val) and few_val[-1] > few[-1] + 0.1
    low, *curves = run("a")
    assert all(map(falls, curves)) and low["ratio"] < 1e-3
    dead, still, _ = run("h")
    assert dead["dead"] > 90 and np.ptp(still[3:]) < 0.02


def test_case_three():
    data, train, val = run("i")
    assert abs(data["initial"] - GUESS) < 0.3 and 3 < train[0] / data["initial"] < 3.6 and data["dead"] < 20
    assert np.abs(train[2:] - GUESS).max() < 0.03 and np.abs(val[2:] - GUESS).max() < 0.03
    moved, *_ = run("h")
    assert moved["initial"] > 2 * GUESS and moved["dead"] == 100
    small, *curves = run("f")
    assert np.max(curves) < GUESS + 0.02 and small["ratio"] < 1e-3
    uphill, *curves = run("j")
    assert uphill["ten"] > 100 and all(curve[-1] > 3 * curve[0] for curve in curves)


def losses(bug):
    return np.array(gallery(bug=bug, lr=1.0, rho=0.9).data["wrong"]["loss"])


def test_case_four():
    wrong = losses("discarded")
    factors = wrong[1:] / wrong[:-1]
    assert (factors < 1).all() and np.ptp(factors[10:]) < 1e-6
    assert (np.diff(gallery(bug="discarded").data["right"]["loss"]) > 0).any(), "the right one has bumps"
    assert (np.diff(losses("uphill")) > 0).all() and (np.diff(losses("mixed")) > 0).all()
    assert losses("mean")[1] > 3 * wrong[1] and (np.diff(losses("mean")) > 0).any()


def test_case_five():
    right, *wrong = ([np.array(probe(bug=bug, signal="steady").data[key]["y"]) for bug, key in
                      (("none", "right"), ("none", "wrong"), ("one", "wrong"), ("pasted", "wrong"))])  # fmt: skip
    none, one, pasted = wrong
    assert np.allclose(right, 1, atol=1e-6) and np.allclose(pasted, 1, atol=1e-6)
    assert none[0] == pytest.approx(0.1 / 0.001**0.5, rel=1e-3) and (np.diff(none) > 0).all() and 6 < none[-1] < 7.5
    assert one[0] == pytest.approx(1 / 0.001**0.5, rel=1e-3) and (np.diff(one) < 0).all()


def test_case_six():
    twice, left, total = (invisible(bug=bug).data for bug in ("softmax", "left", "sum"))
    factor = invisible(bug="factor").data
    assert factor["loss_wrong"] == pytest.approx(5 * factor["loss_right"], rel=0.1) and factor["error_wrong"] < 1e-6
    assert twice["loss_wrong"] > 1.46
    assert left["accuracy_wrong"] < left["accuracy_right"] - 2 and "two calls" in left["checks"]
    assert total["error_wrong"] > 0.5 and abs(total["loss_wrong"] - total["loss_right"]) < 0.05


def test_every_answer_leads_to_what_another_one_looks_like():
    """Behind each question a folded block moves the experiment that the question is about."""
    cells = json.loads((BOOK / "symptoms.ipynb").read_text("utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    for name in dir(ask):
        answer = text.partition(f":::{{answer}} {name}\n")[2].partition("\n:::")[0]
        assert answer.count("{move}`") >= 2, name
