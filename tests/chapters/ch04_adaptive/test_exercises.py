"""The solutions of chapter 4 against the library, and the numbers that their texts state."""

import numpy as np
import pytest

from course_lib.chapters.ch04_adaptive import ex
from course_lib.exercises.notebooks import check_cell
from course_lib.optim import AdaGrad, Adam, RMSProp, descend

RULES = {
    "adagrad": (AdaGrad(0.1, eps=1e-3), 1, {"lr": 0.1, "eps": 1e-3}),
    "rmsprop": (RMSProp(0.1, decay=0.8, eps=1e-3), 1, {"lr": 0.1, "decay": 0.8, "eps": 1e-3}),
    "adam": (
        Adam(0.1, beta1=0.7, beta2=0.9, eps=1e-3),
        2,
        {"lr": 0.1, "beta1": 0.7, "beta2": 0.9, "eps": 1e-3},
    ),
}


def gradient(x):
    return np.array([10.0, 0.1]) * x + 0.3 * np.sin(x)


@pytest.mark.parametrize("name", RULES)
def test_the_steps_are_the_librarys(name):
    method, count, setting = RULES[name]
    step = getattr(ex, name).reference
    x, state = np.array([2.0, -1.0]), [np.zeros(2)] * count
    path = descend(gradient, method, x, 50)
    for t in range(1, 51):
        clock = {"t": t} if name == "adam" else {}
        x, *state = step(x, gradient(x), *state, **clock, **setting)
        np.testing.assert_allclose(x, path[t], rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("beta1", "beta2"), [(0.9, 0.999), (0.5, 0.9), (0.0, 0.99)])
def test_the_uncorrected_sizes_are_a_runs(beta1, beta2):
    method = Adam(1.0, beta1=beta1, beta2=beta2, eps=0, correct=False)
    path = descend(lambda x: np.full_like(x, -3.0), method, [0.0], 100)[:, 0]
    t = np.arange(1, 101)
    np.testing.assert_allclose(ex.uncorrected.reference(t, beta1, beta2), np.diff(path), rtol=1e-9)


def test_adam_has_the_mistakes_that_students_make():
    """Found in public solutions, most frequent first: see the mutants' names."""
    names = {mutant.name for mutant in ex.adam.mutants}
    assert {"t one ahead", "x in place", "no correction", "t never advanced", "eps inside", "no root"} <= names
    assert {"beta squared", "beta times t", "eps hard-coded", "v from m", "RMSProp's line"} <= names
    assert len(names) >= 20


def sizes_of_first_steps(name):
    """The first step of a mistaken Adam on a slope of 1, in units of the rate."""
    (mutant,) = [m for m in ex.adam.mutants if m.name == name]
    zero = np.zeros(1)
    x, *_ = ex.adam.mutated(mutant)(zero, np.ones(1), zero, zero, 1, 1.0, 0.9, 0.999, 1e-8)
    return -x[0]


@pytest.mark.parametrize(
    ("name", "size", "words"),
    [
        ("no correction", 3.16, "3.16 α"),
        ("only the first moment", 31.6, "31.6 α"),
        ("only the second moment", 0.1, "α/10"),
    ],
)
def test_the_sizes_that_mistakes_are_told_with(name, size, words):
    (mutant,) = [m for m in ex.adam.mutants if m.name == name]
    assert words in mutant.message and sizes_of_first_steps(name) == pytest.approx(size, rel=2e-3)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("m / (1 - beta1**t)\n    v_hat = v / (1 - beta2**t)", "m / 1 - beta1**t\n    v_hat = v / 1 - beta2**t"),
        ("v = beta2 * v + (1", "v = beta2 * v - (1"),
        ("m / (1 - beta1**t)", "m / (beta1**t - 1)"),
    ],
)
def test_nan_alone_names_no_mistake(right, wrong):
    assert right in ex.adam.source
    found = check_cell(ex.adam, ex.adam.source.replace(right, wrong))
    assert found.status == "NOT YET" and "t one behind" not in found.diagnoses
    found = check_cell(ex.rmsprop, ex.rmsprop.source.replace("+ (1 - decay)", "- (1 - decay)"))
    assert (
        found.diagnoses == ()
        and "is nan" in found.message
        and "It was called like this: `rmsprop_step(" in found.message
    )


def test_values_in_another_order_are_told():
    found = check_cell(ex.adagrad, ex.adagrad.source.replace("return x, s", "return s, x"))
    assert found.diagnoses == ("another order",) and "`return x, s` is asked for" in found.message
    found = check_cell(ex.adam, ex.adam.source.replace("return x, m, v", "return m, v, x"))
    assert found.diagnoses == ("another order",)
