"""The solutions of chapter 14 against the library, and what their broken starts do."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from course_lib import chapters
from course_lib.chapters.ch14_bugs import ex
from course_lib.chapters.ch14_bugs.experiments import wrong_method
from course_lib.nn import L1, Dense, Dropout, ReLU, Sequential
from course_lib.optim import Adam, RMSProp

RNG = np.random.default_rng(0)


#: Exercise that the text points to → the mutants that are mistakes of this chapter, by their names.
KNOWN = {
    "momentum": {
        "uphill",
        "conventions mixed",
        "velocity discarded",
        "running mean",
        "rho forgotten",
        "rho as friction",
    },
    "nesterov": {"plain momentum", "moves to the look ahead first"},
    "adagrad": {"current gradient", "iterate divided"},
    "adam": {"t one behind", "only the first moment", "RMSProp's line"},
    "uncorrected": {"m forgotten"},
    "adamw": {"L2 instead"},
    "polyak": {"no correction"},
    "soft": {"L2's shrinkage"},
    "elastic_grad": {"sign at zero"},
    "weights_only": {"biases too"},
    "inverted_dropout": {"divided by 1 − keep", "scaled twice", "drops in testing"},
    "vanilla_test": {"not scaled"},
    "dropconnect": {"not scaled", "units, not weights"},
    "honest_copies": {"a leak", "validation moved"},
    "batchnorm": {"no gamma and beta"},
    "frozen_batch_norm": {"batch statistics"},
    "head_gradient": {"no mean"},
    "head_step": {"softmax twice", "training mode"},
    "stage_rates": {"head frozen"},
    "repair_predict": {"dropout probability"},
    "repair_rmsprop": {"added to itself"},
    "repair_adam": {"RMSProp's line"},
    "repair_l1": {"subgradient"},
}


def test_the_checks_that_the_text_points_to_know_the_mistake():
    every = {exercise.name: exercise for exercise in chapters.exercises().values()}
    cells = json.loads(Path("book/14_bugs.ipynb").read_text("utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    pointed = set(re.findall(r"`(\w+)`", text.partition("\n## Questions students ask\n")[0])) & every.keys()
    assert pointed == KNOWN.keys()
    for name, mutants in KNOWN.items():
        assert mutants <= {mutant.name for mutant in every[name].mutants}, name


def broken(exercise):
    return exercise.build(exercise.start, "start")


@pytest.mark.parametrize("p", [0.2, 0.5, 0.8])
def test_a_prediction_is_the_librarys_and_the_broken_one_hides_at_a_half(p):
    rng, x = np.random.default_rng(1), RNG.normal(size=(5, 3))
    first, last = Dense(3, 6, rng=rng, dtype=np.float64), Dense(6, 2, rng=rng, dtype=np.float64)
    for layer in (first, last):
        layer.params["b"][...] = rng.normal(size=layer.params["b"].shape)
    net = Sequential(first, ReLU(), Dropout(p, rng=rng), last)
    arguments = (x, *(layer.params[name] for layer in (first, last) for name in "Wb"), p)
    np.testing.assert_allclose(ex.repair_predict.reference(*arguments), net.forward(x))
    assert np.allclose(broken(ex.repair_predict)(*arguments), net.forward(x)) == (p == 0.5)


def test_rmsprop_is_the_librarys_and_the_broken_one_the_gallerys():
    gradients = RNG.normal(size=(20, 3))
    for step, method in (
        (ex.repair_rmsprop.reference, RMSProp(0.1, decay=0.9, eps=1e-7)),
        (broken(ex.repair_rmsprop), wrong_method("added", 0.1, 0.9)),
    ):
        method.decay, method.eps = 0.9, 1e-7
        x, s, y = np.zeros(3), np.zeros(3), np.zeros(3)
        for dx in gradients:
            x, s = step(x, dx, s, 0.1, 0.9)
            method.step(y, dx)
        np.testing.assert_allclose(x, y, rtol=1e-12)


def test_adam_is_the_librarys_and_the_broken_one_the_gallerys():
    gradients = RNG.normal(size=(20, 3))
    for step, method in (
        (ex.repair_adam.reference, Adam(0.1)),
        (broken(ex.repair_adam), wrong_method("pasted", 0.1, 0.9)),
    ):
        x, m, v, y = np.zeros(3), np.zeros(3), np.zeros(3), np.zeros(3)
        for t, dx in enumerate(gradients, start=1):
            x, m, v = step(x, dx, m, v, t, 0.1)
            method.step(y, dx)
            if t == 1:
                np.testing.assert_allclose(np.abs(x), 0.1, rtol=1e-5, err_msg="both pass the check of the first step")
        np.testing.assert_allclose(x, y, rtol=1e-9)


def test_l1_is_the_librarys_proximal_step_and_only_it_reaches_zero():
    w = right = wrong = RNG.normal(size=50)
    for _ in range(200):
        dw = 0.1 * right
        np.testing.assert_allclose(
            ex.repair_l1.reference(right, dw, 0.1, 0.3), L1(0.3).prox(right - 0.1 * dw, 0.1), atol=1e-15
        )
        right = ex.repair_l1.reference(right, dw, 0.1, 0.3)
        wrong = broken(ex.repair_l1)(wrong, 0.1 * wrong, 0.1, 0.3)
    assert (right == 0).all() and not (wrong == 0).any() and w.any()
