"""The answers of chapter 6's questions, against the library and the runs that they show."""

import re

import numpy as np
import pytest

from course_lib.chapters.ch06_second_order import ex, explore, questions
from course_lib.chapters.ch06_second_order.batches import digits
from course_lib.optim import LBFGS, Momentum, Rosenbrock, StrongWolfe, descend, minimize
from course_lib.optim.second_order.line_search import Line, Point


def shown(question):
    name, setting = question.shows
    return getattr(explore, name)(**setting)


# ---------------------------------------------------------------- predictions


def test_newton_takes_fewer_than_ten_steps():
    stated = int(re.search(r"momentum takes (\d+) steps", questions.how_many.question)[1])
    rates = np.geomspace(1e-4, 1e-2, 41)[:, None]
    with np.errstate(all="ignore"):
        path = descend(Rosenbrock(), Momentum(rates), np.tile([-1.2, 1.0], (41, 1)), 1000)
        flat = np.abs(Rosenbrock().grad(path)).max(axis=-1) < 1e-6
    assert flat.argmax(axis=0)[flat.any(axis=0)].min() == stated
    assert shown(questions.how_many).data["steps"] == 6 and questions.how_many.right == "few"


def test_the_step_leads_up_to_near_the_top():
    data = shown(questions.uphill).data
    assert data["curvature"] < 0 < data["rise"] and -0.2 < data["after"] < 0 and questions.uphill.right == "left"


def test_newton_ends_on_the_top():
    data = shown(questions.top).data
    assert data["end"] == questions.top.right == "top" and data["after"] > data["before"]


def test_the_top_lets_go_before_the_saddles():
    shares = shown(questions.damped).backdrop
    assert shares["tops"] == 0 and shares["saddles"] > 20 and questions.damped.right == "two"


def test_one_pair_takes_less_than_twice_as_many_steps():
    """82 and 47, with the kernels of four processors."""
    loss = digits()
    paths = (minimize(loss, LBFGS(m), loss.start).path for m in (1, 30))
    one, thirty = ((loss.value(path) - loss.f_min < 1e-6).argmax() for path in paths)
    assert 1.5 < one / thirty < 2 and questions.one_pair.right == "double"


def test_asking_for_more_shortens_the_step():
    much, little = shown(questions.ask_more).data, explore.search(first=2, c1=1e-4).data
    assert much["a"] < little["a"] / 10 and little["count"] == 1 and questions.ask_more.right == "shorter"
    assert much["kept"] >= 0.9 and much["trials"]["x"][0] == 2, "the text names the first trial"


def test_half_of_the_data_is_not_enough():
    data = shown(questions.half_data).data
    assert data["steps"] < 60 and data["end_fresh"] > 0.03 and questions.half_data.right == "stops"
    assert explore.batches(batch=1437).data["end_held"] < 1e-3


# ---------------------------------------------------------------- self-checks


def test_one_step():
    x = 3.0
    after = ex.newton.reference(np.array([x]), np.array([4 * x**3]), np.array([[12 * x**2]]), 0.0)
    assert questions.one_step.right == pytest.approx(after[0])
    assert sorted(questions.one_step.confusions) == [x - 4 * x**3, 0, 4]


def test_along():
    g, H = np.array([8.0, 2.0]), np.diag([4.0, -2.0])
    step = ex.newton.reference(np.zeros(2), g, H, 0.0)
    assert step[1] == questions.along.right and step[0] in questions.along.confusions
    assert -g[1] / abs(H[1, 1]) in questions.along.confusions and g[1] * H[1, 1] in questions.along.confusions


def test_enough():
    """Newton on the quadratic with these curvatures: the error along −8 shrinks below λ = 4, and grows above."""
    H = np.diag([6.0, -8.0])
    for damping, shrinks in ((3.9, True), (4.1, False), (8.1, False)):
        x = np.array([0.1, 0.1])
        after = ex.newton.reference(x, H @ x, H, damping)
        assert (abs(after[1]) < abs(x[1])) == shrinks and abs(after[0]) < abs(x[0])
    assert questions.enough.right == 4


def test_hessian_bytes():
    assert questions.hessian_bytes.right == pytest.approx(8 * 1e5**2 / 1e9)
    assert 8 * 1e5 / 1e9 in questions.hessian_bytes.confusions


def test_secant():
    found = ex.bfgs.reference(np.eye(1), np.array([3.0 - 1]), np.array([9.0 - 5]))
    assert questions.secant.right == pytest.approx(found[0, 0]) and 1 / found[0, 0] in questions.secant.confusions


def test_a_wolfe_search_refuses_a_tiny_step():
    line = Line(Point(Rosenbrock(), np.array([-1.2, 1.0])), -Rosenbrock().grad(np.array([-1.2, 1.0])))
    tiny, found = line(1e-9), StrongWolfe()(line, 1e-9).end
    assert tiny.f <= line.f + 0.9 * tiny.a * line.slope, "Armijo's condition holds, with a large c₁, too"
    assert abs(tiny.slope) > 0.9 * abs(line.slope) and found.a > 1e-5 and questions.too_short.right == "curvature"


def test_which_method():
    """A Hessian XᵀDX takes 2 N n² operations, or half, as it is symmetric; a gradient takes 4 N n."""
    n, N = 5000, 20_000
    step, gradient = N * n**2 + 2 / 3 * n**3, 4 * N * n
    assert n**2 == 25e6 and 5e11 < step < step + N * n**2 < 1.5e12 and step > 1000 * gradient
    assert questions.which_method.right == "lbfgs"
