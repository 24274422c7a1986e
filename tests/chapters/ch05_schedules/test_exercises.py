"""The solutions of chapter 5 against the library's schedules, its clipping, and the gradient of a whole batch."""

import numpy as np
import pytest

from course_lib.chapters.ch05_schedules import ex
from course_lib.exercises.notebooks import check_cell
from course_lib.nn import Dense, ReLU, Sequential, softmax_cross_entropy
from course_lib.optim import Cosine, ReducePlateau, Step, Warmup, clip_norm

STEPS = range(140)


def test_step_decay_is_the_librarys():
    schedule = Step(0.3, every=17, factor=0.4)
    assert [ex.step_decay.reference(t, 0.3, 17, 0.4) for t in STEPS] == pytest.approx([schedule(t) for t in STEPS])


@pytest.mark.parametrize("end", [0.0, 0.05])
def test_cosine_is_the_librarys(end):
    schedule = Cosine(0.3, steps=120, end=end)
    assert [ex.cosine.reference(t, 0.3, 120, end) for t in STEPS] == pytest.approx([schedule(t) for t in STEPS])


@pytest.mark.parametrize("warmup", [1, 9, 30])
def test_warmup_and_cosine_are_the_librarys(warmup):
    schedule = Warmup(Cosine(0.2, steps=120 - warmup), steps=warmup, start=0.2 / (warmup + 1))
    found = [ex.warmup_cosine.reference(t, 0.2, warmup, 120) for t in range(120)]
    assert found == pytest.approx([schedule(t) for t in range(120)])


@pytest.mark.parametrize("patience", [0, 1, 3])
@pytest.mark.parametrize("seed", range(5))
def test_plateau_is_the_librarys_without_a_threshold(patience, seed):
    losses = np.random.default_rng(seed).random(60)
    schedule = ReducePlateau(0.1, factor=0.5, patience=patience, threshold=0.0)
    for n, loss in enumerate(losses, 1):
        assert ex.plateau.reference(losses[:n], 0.1, 0.5, patience) == pytest.approx(schedule.observe(loss))


@pytest.mark.parametrize("max_norm", [0.3, 1e6])
def test_accumulated_minibatches_are_the_batch(max_norm):
    rng = np.random.default_rng(0)
    net = Sequential(Dense(5, 7, rng=rng, dtype=np.float64), ReLU(), Dense(7, 3, rng=rng, dtype=np.float64))
    x, y = rng.normal(size=(23, 5)), rng.integers(3, size=23)

    def grad(rows):
        net.backward(softmax_cross_entropy(net.forward(x[rows], train=True), y[rows])[1])
        return net.grads.flat.copy()

    parts = np.split(np.arange(23), [10, 20])
    found = ex.accumulate.reference(np.stack([grad(p) for p in parts]), np.array([10, 10, 3]), max_norm)
    np.testing.assert_allclose(found, clip_norm(grad(np.arange(23)), max_norm), rtol=1e-10)


def test_a_problem_in_one_case_hides_no_mistake_in_the_others():
    always = ex.accumulate.source.replace("    if norm > max_norm:\n    ", "")  # 0 / 0 in the case of zeros
    found = check_cell(ex.accumulate, always)
    assert found.diagnoses == ("always scaled",) and "nan" in found.message
    found = check_cell(ex.step_decay, ex.step_decay.source.replace("lr * factor", "lr / factor"))
    assert "First difference" in found.message and "ZeroDivisionError" in found.message
    assert found.message.index("First difference") < found.message.index("ZeroDivisionError")


def test_nothing_is_blamed_for_a_change_in_place_that_is_not_there():
    text = (
        "def accumulate(grads, sizes, max_norm):\n"
        "    g = np.zeros(grads.shape[1])\n"
        "    for k in range(len(grads)):\n"
        "        gk = grads[k]\n"
        "        norm = np.sqrt(np.sum(gk**2))\n"
        "        if norm > max_norm:\n"
        "            gk = gk * max_norm / norm\n"
        "        g = g + sizes[k] * gk\n"
        "    return g / np.sum(sizes)\n"
    )
    found = check_cell(ex.accumulate, text)
    assert "in place" not in found.diagnoses and "caller" not in found.message and "*=" not in found.message


@pytest.mark.parametrize(
    "text",
    [
        "def step_decay(t, lr, every, factor):\n    if t < every:\n        return lr\n",
        "def step_decay(t, lr, every, factor):\n    for _ in range(t // every):\n        return lr * factor\n",
    ],
)
def test_a_return_that_is_not_reached_is_told_with_the_call(text):
    found = check_cell(ex.step_decay, text)
    assert (
        "it came to no `return` with a value" in found.message
        and "It was called like this: `step_decay(t=" in found.message
    )


def test_short_arrays_are_shown_in_the_call():
    found = check_cell(
        ex.plateau, ex.plateau.source.replace("best, bad = loss, 0\n        else", "bad = 0\n        else")
    )
    assert "plateau(losses=np.array([3.0, 2.0, 2.0, 2.0, 2.0, 1.0])" in found.message
