"""Armijo's and the strong Wolfe conditions on random functions; nan, cliffs, kinks and lines without an end."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial import Polynomial

from course_lib.optim import Rosenbrock
from course_lib.optim.second_order.line_search import (
    BOTTOMLESS,
    NO_LOWER,
    NOT_FLAT,
    UPHILL,
    Backtracking,
    Evaluations,
    Line,
    Point,
    StrongWolfe,
)

EPS = np.finfo(float).eps


class Along:
    """A loss of one number, by its value and its slope."""

    def __init__(self, f, df):
        self.f, self.df = f, df

    def value(self, x):
        return self.f(x[0])

    def grad(self, x):
        return np.array([self.df(x[0])])


def line_of(f, df, start=0.0, p=1.0):
    return Line(Point(Along(f, df), np.array([start])), np.array([p]))


def downhill(f, df, start):
    """The line down the slope, or None where there is hardly any."""
    return line_of(f, df, start, -math.copysign(1.0, df(start))) if abs(df(start)) > 1e-3 else None


@st.composite
def bounded_functions(draw):
    """A quartic that rises at both ends, with waves on it: many minima along the line."""
    number = st.floats(-3, 3, allow_subnormal=False)
    c = [draw(number) for _ in range(4)]
    quartic = Polynomial([*c, draw(st.floats(0.01, 2))])
    height, width = draw(st.floats(0, 2)), draw(st.floats(0.3, 5))
    slope = quartic.deriv()
    return (
        lambda x: float(quartic(x) + height * np.sin(width * x)),
        lambda x: float(slope(x) + height * width * np.cos(width * x)),
    )


@given(bounded_functions(), st.floats(-3, 3), st.floats(-4, 4), st.sampled_from([(1e-4, 0.9), (1e-4, 0.1), (0.3, 0.4)]))
def test_strong_wolfe_conditions(functions, start, log_trial, constants):
    f, df = functions
    line = downhill(f, df, start)
    if line is None:
        return
    c1, c2 = constants
    step = StrongWolfe(c1=c1, c2=c2, trials=60)(line, 10**log_trial)
    assert step.reason is None
    a, x = step.end.a, start + step.end.a * line.p[0]
    assert f(x) <= f(start) + c1 * a * line.slope + 20 * EPS * abs(f(start))
    assert abs(df(x) * line.p[0]) <= c2 * abs(line.slope)
    assert step.end.f == f(x) and step.end.slope == df(x) * line.p[0] and a > 0


@given(bounded_functions(), st.floats(-3, 3), st.floats(-4, 4))
def test_the_usual_number_of_trials_is_nearly_always_enough(functions, start, log_trial):
    """And where it is not, the step is still lower, and says what is wrong."""
    f, df = functions
    line = downhill(f, df, start)
    if line is None:
        return
    step = StrongWolfe()(line, 10**log_trial)
    assert step.end is not None and step.end.f <= line.f + 20 * EPS * abs(line.f)
    assert line.at.count.value <= 1 + 20 + 20 and line.at.count.grad <= line.at.count.value
    if step.reason:
        assert step.reason == "the line search ended before the slope was flat"


@given(bounded_functions(), st.floats(-3, 3), st.floats(-4, 4), st.floats(0.05, 0.95), st.floats(1e-4, 0.9))
def test_backtracking_takes_the_first_trial_that_meets_armijo(functions, start, log_trial, shrink, c1):
    f, df = functions
    line = downhill(f, df, start)
    if line is None:
        return
    search = Backtracking(c1=c1, shrink=shrink, trials=1000)
    step, a = search(line, 10**log_trial), 10**log_trial
    asked = 1
    while not f(start + a * line.p[0]) <= f(start) + c1 * a * line.slope:
        a, asked = a * shrink, asked + 1
    assert step.reason is None and step.end.a == a
    assert line.at.count == Evaluations(value=1 + asked, grad=1)


@pytest.mark.parametrize("a", [1e-6, 1e-3, 0.1, 1.0, 30.0, 1e4])
def test_a_parabola_is_solved_by_interpolation(a):
    """Cubic and quadratic interpolation are exact on it: after the bracket, one trial hits the minimum."""
    line = line_of(lambda x: (x - 1) ** 2, lambda x: 2 * (x - 1))
    step = StrongWolfe(c1=1e-7, c2=1e-6)(line, a)
    assert step.end.a == pytest.approx(1.0, abs=1e-6)
    assert line.at.count.value <= {1e-6: 9, 1e-3: 6, 0.1: 3, 1.0: 2, 30.0: 5, 1e4: 7}[a]


@pytest.mark.parametrize("a", [1e-3, 1e-1, 10.0, 1e3])
def test_more_and_thuentes_functions(a):
    """Two of their hard functions, with their constants; 13 trials are enough, however bad the first."""
    f1, df1 = lambda x: -x / (x * x + 2), lambda x: (x * x - 2) / (x * x + 2) ** 2
    b = 0.004
    f2, df2 = lambda x: (x + b) ** 5 - 2 * (x + b) ** 4, lambda x: 5 * (x + b) ** 4 - 8 * (x + b) ** 3
    for f, df, c1, c2 in ((f1, df1, 0.001, 0.1), (f2, df2, 0.0999, 0.1)):
        line = line_of(f, df)
        step = StrongWolfe(c1=c1, c2=c2)(line, a)
        assert step.reason is None and line.at.count.value <= 1 + 13
        assert abs(df(step.end.a)) <= c2 * abs(df(0.0)) and f(step.end.a) <= f(0.0) + c1 * step.end.a * df(0.0)


@pytest.mark.parametrize("search", [Backtracking(), StrongWolfe()])
@pytest.mark.parametrize("hole", [math.nan, math.inf])
@pytest.mark.parametrize("edge", [2.1, 1.2, 1e-3])
def test_a_loss_that_is_not_finite_beyond_an_edge(search, hole, edge):
    """The step ends inside, and lower: nan is never below anything."""
    line = line_of(lambda x: -x if x < edge else hole, lambda x: -1.0 if x < edge else math.nan)
    step = search(line, 1000.0)
    assert step.end.f < 0 and step.end.a < edge
    assert line.at.count.value < 45


@pytest.mark.parametrize("hole", [math.nan, math.inf])
def test_a_first_trial_that_is_far_too_long(hole):
    """Of a bracket whose far end is not finite a fifth is tried next: twenty trials are fourteen decades."""
    line = line_of(lambda x: (x - 1) ** 2 if x < 3 else hole, lambda x: 2 * (x - 1))
    step = StrongWolfe()(line, 1e9)
    assert step.reason is None and line.at.count.value <= 18


@pytest.mark.parametrize("search", [Backtracking(), StrongWolfe()])
def test_a_gradient_that_is_nan_where_the_loss_is_finite(search):
    line = line_of(lambda x: (x - 1) ** 2, lambda x: 2 * (x - 1) if x < 0.9 else math.nan)
    step = StrongWolfe()(line, 5.0)
    assert 0 < step.end.a < 0.9 and step.reason is None
    assert Backtracking()(line, 1.0).end.a == 1.0  # it does not ask for gradients


@pytest.mark.parametrize("search", [Backtracking(), StrongWolfe()])
def test_uphill_flat_and_nan_directions_are_refused(search):
    for slope in (1.0, 0.0, math.nan):
        line = line_of(lambda x: x * slope, lambda x: slope)  # noqa: B023, used at once
        assert search(line, 1.0) == (None, UPHILL)
        assert line.at.count.value == 1


@pytest.mark.parametrize("search", [Backtracking(), StrongWolfe()])
@pytest.mark.parametrize(
    ("f", "start"),
    [(lambda x: x, 0.0), (lambda x: x, 5.0), (lambda x: 1e9 + x, 0.0), (lambda x: abs(x), 0.0), (lambda x: x * x, 3.0)],
)
def test_a_gradient_of_the_wrong_sign_ends_the_search(search, f, start):
    line = line_of(f, lambda x: -1.0, start)
    assert search(line, 1.0) == (None, NO_LOWER)
    assert line.at.count.value <= 101


def test_lines_without_an_end():
    """A line that falls as far as was looked gives its lowest point; only −inf proves that there is no minimum."""
    for f, df in ((lambda x: -x, lambda x: -1.0), (lambda x: -(x**3) - x, lambda x: -3 * x * x - 1)):
        line = line_of(f, df)
        step = StrongWolfe()(line, 1.0)
        assert step.end.f == f(step.end.a) < -1e6 and step.reason == NOT_FLAT
        assert line.at.count.value == 21
    for search in (Backtracking(), StrongWolfe()):
        line = line_of(lambda x: -math.inf if x > 2 else -x, lambda x: -1.0)
        assert search(line, 3.0) == (None, BOTTOMLESS)


@pytest.mark.parametrize("trials", [1, 2, 3, 8])
def test_trials_that_run_out_on_the_way_down_keep_the_lowest_point(trials):
    """The minimum is at 10⁸ and a trial is at most ten times as long as the one before."""
    line = line_of(lambda x: 0.5e-8 * (x - 1e8) ** 2, lambda x: 1e-8 * (x - 1e8))
    step = StrongWolfe(trials=trials, c2=0.1)(line, 1.0)
    assert step.end.a == 10.0 ** (trials - 1) and step.end.f < line.f and step.reason == NOT_FLAT
    assert StrongWolfe(trials=9, c2=0.1)(line, 1.0).reason is None


def test_round_off_does_not_hide_the_minimum():
    """1 + x²/2 near 0 in floats: the values are level to 1e-8, but the slopes still show the way."""
    line = line_of(lambda x: 1 + x * x / 2, lambda x: x, start=1e-9, p=-1e-9)
    step = StrongWolfe(c2=0.1)(line, 0.3)
    assert step.reason is None and abs(step.end.x[0]) <= 1e-10
    assert Backtracking()(line, 0.3) == (None, NO_LOWER)  # values alone cannot tell


def test_a_bracket_that_shrinks_to_nothing():
    """Values that jump tell other than the slopes: neither floats that lie no closer nor h² = 0 may break it."""
    for scale in (1.0, 1e-200, 1e200):
        line = line_of(lambda x: 1.0 if x > 0 else 2.0, lambda x: -1.0 if x <= 0 else 5.0, p=scale)
        step = StrongWolfe(trials=60)(line, 1.0 / scale)
        assert step.end.f == 1.0 and step.reason == "the line search ended before the slope was flat"
        for jump in (0.3, 0.7):
            line = line_of(lambda x: -x if x < jump else 9 - x, lambda x: -1.0, p=scale)  # noqa: B023, used at once
            step = StrongWolfe(trials=1000)(line, 1.0 / scale)
            assert step.end.x[0] == pytest.approx(jump, rel=1e-12) and line.at.count.value < 500


def test_a_point_asks_once_and_counts():
    at = Point(Rosenbrock(), np.array([-1.2, 1.0]))
    assert at.count == Evaluations()
    assert at.f == at.f == pytest.approx(24.2) and at.g is at.g and at.hessian is at.hessian
    assert at.count == Evaluations(value=1, grad=1, hessian=1)
    assert at.shifted(np.array([1.0, 0.0])).f == Rosenbrock().value([-0.2, 1.0])
    assert at.count.value == 2


def test_points_keep_the_dtype():
    at = Point(Rosenbrock(), np.array([-1.2, 1.0], np.float32))
    assert at.shifted(np.array([0.1, 0.1])).x.dtype == np.float32
    assert at.g.dtype == float and at.noise > 1e-6 * at.f


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: Backtracking(c1=0), ValueError, "c1 must be above 0 and below 1, not 0"),
        (lambda: Backtracking(c1=1.0), ValueError, "c1 must be"),
        (lambda: Backtracking(c1="a"), TypeError, "c1 must be a number"),
        (lambda: Backtracking(shrink=1), ValueError, "shrink must be"),
        (lambda: Backtracking(shrink=np.nan), ValueError, "shrink must be"),
        (lambda: Backtracking(trials=0), ValueError, "trials must be at least 1, not 0"),
        (lambda: Backtracking(trials=2.0), TypeError, "trials must be an integer"),
        (lambda: StrongWolfe(c1=0.5, c2=0.4), ValueError, "c1 must be above 0 and below 0.4, not 0.5"),
        (lambda: StrongWolfe(c2=1.0), ValueError, "c2 must be"),
        (lambda: StrongWolfe(c2=True), (TypeError, ValueError), "c2 must be"),
        (lambda: StrongWolfe(c2=np.ones(2)), (TypeError, ValueError), "c2 must be"),
        (lambda: StrongWolfe(trials=True), TypeError, "trials must be an integer"),
    ],
)
def test_bad_settings(make, error, match):
    with pytest.raises(error, match=match):
        make()


class Wrong:
    def __init__(self, value=1.0, grad=(1.0, 1.0)):
        self.answers = value, grad

    def value(self, x):
        return self.answers[0]

    def grad(self, x):
        return self.answers[1]


@pytest.mark.parametrize(
    ("loss", "what", "error", "match"),
    [
        (lambda x: x, "f", TypeError, r"loss must have \.value\(x\)"),
        (Wrong(), "hessian", TypeError, r"loss must have \.hessian\(x\)"),
        (Wrong(value=[1.0, 2.0]), "f", ValueError, r"loss\.value\(x\) must have shape \(\), not \(2,\)"),
        (Wrong(grad=[1.0]), "g", ValueError, r"loss\.grad\(x\) must have shape \(2,\), not \(1,\)"),
        (Wrong(grad=1.0), "g", ValueError, r"loss\.grad\(x\) must have shape \(2,\), not \(\)"),
        (Wrong(value="low"), "f", TypeError, r"loss\.value\(x\) must return real numbers"),
        (Wrong(value=1j), "f", TypeError, r"loss\.value\(x\) must return real numbers"),
        (Wrong(grad=None), "g", TypeError, r"loss\.grad\(x\) must return real numbers"),
    ],
)
def test_losses_that_cannot_be_asked(loss, what, error, match):
    with pytest.raises(error, match=match):
        getattr(Point(loss, np.zeros(2)), what)
