"""Newton; and how every method that chooses its own step counts, stops and recovers."""

import math

import numpy as np
import pytest

from course_lib.optim import (
    BFGS,
    LBFGS,
    Backtracking,
    Evaluations,
    GradientDescent,
    LeastSquares,
    Minibatch,
    Newton,
    NewtonCG,
    Quadratic,
    Ravine,
    Rosenbrock,
    SaddleFreeNewton,
    SecondOrder,
    StrongWolfe,
    TrustRegion,
    minimize,
)

METHODS = {
    "gradient descent": GradientDescent(),
    "gradient descent, Wolfe": GradientDescent(search=StrongWolfe()),
    "Newton": Newton(),
    "Newton, search": Newton(search=Backtracking()),
    "Newton, damped": Newton(damping=1.0),
    "saddle-free Newton": SaddleFreeNewton(),
    "trust region": TrustRegion(),
    "Newton-CG": NewtonCG(),
    "BFGS": BFGS(),
    "BFGS, Armijo": BFGS(search=Backtracking()),
    "L-BFGS": LBFGS(),
    "L-BFGS, m = 1": LBFGS(1),
}
EACH = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
DOWN = pytest.mark.parametrize("method", [m for k, m in METHODS.items() if k not in ("Newton", "Newton, damped")])


class Loss:
    """A loss by its functions; it counts what it is asked, by itself."""

    def __init__(self, value, grad, hessian=None):
        self.functions = {"value": value, "grad": grad, "hessian": hessian}
        self.count = Evaluations()

    def _ask(self, what, x):
        setattr(self.count, what, getattr(self.count, what) + 1)
        return self.functions[what](x)

    def value(self, x):
        return self._ask("value", x)

    def grad(self, x):
        return self._ask("grad", x)

    def hessian(self, x):
        return self._ask("hessian", x)


def counted(surface):
    return Loss(surface.value, surface.grad, surface.hessian)


def bowl(n=2, sign=1.0, lift=0.0):
    """½ ‖x‖² + lift; with sign −1 its gradient has the wrong sign."""
    return Loss(lambda x: x @ x / 2 + lift, lambda x: sign * x, lambda x: np.eye(n))


def quadratic(A, b):
    return Loss(lambda x: x @ A @ x / 2 - b @ x, lambda x: A @ x - b, lambda x: A)


# ---- Newton


def test_newton_on_a_quadratic_is_one_step():
    rng = np.random.default_rng(0)
    for n in (1, 2, 7, 30):
        A = rng.standard_normal((n, n))
        A, b = A @ A.T + np.eye(n), rng.standard_normal(n)
        found = minimize(quadratic(A, b), Newton(), np.zeros(n))
        assert found.steps == 1 and found.evaluations == Evaluations(value=2, grad=2, hessian=1)
        np.testing.assert_allclose(found.x, np.linalg.solve(A, b), rtol=1e-9, atol=1e-12)


def test_newtons_step_is_the_solution_of_the_linear_system():
    surface, x = Rosenbrock(), np.array([-1.2, 1.0])
    for damping in (0.0, 3.0):
        at, method = x.copy(), Newton(damping=damping)
        method.step_closure(at, surface)
        H = surface.hessian(x) + damping * np.eye(2)
        np.testing.assert_allclose(H @ (at - x), -surface.grad(x), rtol=1e-12)


def test_newton_doubles_the_right_digits():
    path = minimize(Rosenbrock(), Newton(tol=1e-14), [0.9, 0.8]).path
    error = np.linalg.norm(path - 1, axis=1)
    assert error[-1] < 1e-15
    assert np.all(error[1:] <= 50 * error[:-1] ** 2 + 1e-15)  # as good as squared, every time


# ---- the numbers of the experiments


def test_rosenbrock_from_the_usual_start():
    surface = Rosenbrock()
    newton, bfgs, lbfgs = (minimize(surface, METHODS[name], surface.start) for name in ("Newton", "BFGS", "L-BFGS"))
    assert newton.steps == 6 and newton.value < 1e-12
    assert abs(bfgs.steps - 35) <= 2 and bfgs.evaluations.grad <= 42 and bfgs.evaluations.value <= 48
    assert abs(lbfgs.steps - 40) <= 2 and lbfgs.evaluations.grad <= 46 and lbfgs.evaluations.value <= 52


def test_gradient_descent_with_backtracking_on_rosenbrock():
    found = minimize(Rosenbrock(), GradientDescent(), [-1.2, 1.0], steps=20_000)
    assert found.steps == pytest.approx(13_680, rel=0.005)  # to the step on the machine that it was measured on
    assert found.evaluations.grad == found.steps + 1
    assert np.abs(found.x - 1).max() < 1e-5


# ---- counting and stopping


@EACH
def test_every_question_is_counted_and_none_is_asked_twice(method):
    loss, x, method = counted(Rosenbrock()), np.array([-1.2, 1.0]), method.clone()
    for _ in range(8):
        method.step_closure(x, loss)
    asked, own = method.evaluations, loss.count
    assert (asked.value, asked.grad, asked.hessian) == (own.value, own.grad, own.hessian)
    if method.search == Backtracking() and not isinstance(method, TrustRegion | NewtonCG):
        assert own.grad == 9  # one a step, and one at the start


@EACH
def test_minimize_tells_what_it_did(method):
    loss, start = counted(Ravine(kappa=10.0)), np.array([-4.0, 1.0])
    found = minimize(loss, method, start)
    assert found.reason.startswith("the gradient is below 1e-06")
    assert np.abs(loss.functions["grad"](found.x)).max() <= 1e-6
    assert found.path.shape == (found.steps + 1, 2)
    assert np.array_equal(found.path[0], start) and np.array_equal(found.path[-1], found.x)
    assert found.value == loss.functions["value"](found.x)
    assert (found.evaluations.value, found.evaluations.grad) == (loss.count.value, loss.count.grad)
    assert len(np.unique(found.path, axis=0)) == found.steps + 1  # every step moved
    assert np.array_equal(start, [-4.0, 1.0])
    assert method.stopped is None and method.evaluations == Evaluations()


@EACH
def test_follow_walks_the_path_of_minimize_and_then_rests(method):
    surface, x, path = Ravine(kappa=10.0), np.array([-4.0, 1.0]), [np.array([-4.0, 1.0])]
    found = minimize(surface, method, x)
    method = method.clone()
    while method.stopped is None:
        method.step_closure(x, surface)
        path.append(x.copy())
    assert np.array_equal(path, found.path) and method.stopped == found.reason
    count = vars(method.evaluations).copy()
    for _ in range(3):
        method.step_closure(x, surface)
    assert np.array_equal(x, found.x) and vars(method.evaluations) == count
    again = method.clone()
    assert again.stopped is None and again.evaluations == Evaluations() and repr(again) == repr(method)
    assert np.array_equal(minimize(surface, again, [-4.0, 1.0]).path, found.path)


@EACH
def test_steps_are_counted_and_limited(method):
    found = minimize(Rosenbrock(), method, [-1.2, 1.0], steps=2)
    assert found.steps == 2 and len(found.path) == 3 and found.reason == "the limit of 2 steps was reached"
    none = minimize(Rosenbrock(), method, [-1.2, 1.0], steps=0)
    assert none.steps == 0 and none.reason == "the limit of 0 steps was reached" and none.path.tolist() == [[-1.2, 1.0]]


@EACH
def test_a_start_that_is_a_minimum_and_a_constant_loss(method):
    flat = Loss(lambda x: 3.0, lambda x: np.zeros(3), lambda x: np.zeros((3, 3)))
    for loss, start in ((bowl(), np.zeros(2)), (flat, np.ones(3)), (Rosenbrock(), [1.0, 1.0])):
        found = minimize(loss, method, start)
        assert found.steps == 0 and found.reason.startswith("the gradient is below 1e-06")
        assert found.evaluations.value == found.evaluations.grad == 1
        assert np.array_equal(found.x, start)


@EACH
def test_without_a_tolerance_it_still_stops(method):
    """tol = 0: it ends in the minimum itself, or where floats can tell no lower point; 10⁻¹⁷⁰ squared is 0."""
    method = method.clone()
    method.tol = 0.0
    for loss, start in ((bowl(), [1e-170, 3e-170]), (Ravine(kappa=3.0), [1.0, 1.0]), (bowl(lift=1.0), [1.0, 3.0])):
        found = minimize(loss, method, start, steps=3000)
        assert found.steps < 3000
        assert np.abs(found.x).max() < 1e-7


@EACH
def test_one_dimension(method):
    loss = Loss(lambda x: math.cosh(x[0] - 1), lambda x: np.sinh(x - 1), lambda x: np.cosh(x - 1)[:, None])
    found = minimize(loss, method, [2.5])
    assert found.x == pytest.approx(1.0, abs=1e-5) and found.reason.startswith("the gradient is below")


@EACH
def test_float32_stays(method):
    x, method = np.array([-4.0, 1.0], np.float32), method.clone()
    seen = []
    surface = Ravine(kappa=4.0)
    loss = Loss(lambda x: (seen.append(x.dtype), surface.value(x))[1], surface.grad, surface.hessian)
    for _ in range(200):
        method.step_closure(x, loss)
    assert x.dtype == np.float32 and set(seen) == {np.dtype(np.float32)}
    assert np.abs(x).max() < 1e-3
    assert minimize(surface, method, np.array([-4.0, 1.0], np.float32)).path.dtype == np.float32


@EACH
def test_x_moved_by_hand_and_another_loss_are_noticed(method):
    surface, x, method = Rosenbrock(b=1.0), np.array([-1.2, 1.0]), method.clone()
    method.step_closure(x, surface)
    x[:] = [3.0, -2.0]
    asked = []
    loss = Loss(lambda x: (asked.append(x.copy()), surface.value(x))[1], surface.grad, surface.hessian)
    method.step_closure(x, loss)
    assert asked[0].tolist() == [3.0, -2.0] and method.stopped is None and surface.value(x) < surface.value(asked[0])
    x[:] = [2.0, -1.0]
    del asked[:]
    method.step_closure(x, loss)
    assert asked[0].tolist() == [2.0, -1.0]
    other = Quadratic([1.0, 1.0])
    before = other.value(x)
    for _ in range(5):
        method.step_closure(x, other)
    assert other.value(x) < before
    with pytest.raises(ValueError, match=r"x was of shape \(2,\) before and is now of shape \(3,\)"):
        method.step_closure(np.ones(3), bowl(3))


@EACH
def test_x_may_be_a_view_with_gaps(method):
    grid, row = np.full((2, 6), -1.5), np.full(2, -1.5)
    a, b = method.clone(), method.clone()
    for _ in range(4):
        a.step_closure(grid[1, ::3], Ravine(kappa=3.0))
        b.step_closure(row, Ravine(kappa=3.0))
    assert np.array_equal(grid[1, ::3], row) and np.all(grid[0] == -1.5) and np.all(grid[1, [1, 2, 4, 5]] == -1.5)


# ---- losses that misbehave


def disc(hole, grad_too):
    """A bowl about (0.8, 0) that is `hole` outside the unit disc."""
    centre = np.array([0.8, 0.0])

    def value(x):
        return float((x - centre) @ np.diag([1.0, 30.0]) @ (x - centre)) if x @ x < 1 else hole

    def grad(x):
        return 2 * np.array([1.0, 30.0]) * (x - centre) if x @ x < 1 or not grad_too else np.full(2, np.nan)

    return Loss(value, grad, lambda x: np.diag([2.0, 60.0]))


@EACH
@pytest.mark.parametrize("hole", [math.nan, math.inf])
@pytest.mark.parametrize("grad_too", [True, False])
def test_a_loss_that_is_nan_outside_a_disc(method, hole, grad_too):
    """The steps stay inside, and reach the minimum near the edge."""
    loss = disc(hole, grad_too)
    for start in ([-0.6, 0.7], [0.0, 0.9], [-0.99, 0.0]):
        found = minimize(loss, method, start, steps=3000)
        assert np.all((found.path**2).sum(axis=1) < 1)
        assert found.reason.startswith("the gradient is below")
        np.testing.assert_allclose(found.x, [0.8, 0.0], atol=1e-6)
    outside = minimize(loss, method, [2.0, 0.0])
    assert outside.reason == f"the loss is {hole}" and outside.steps == 0


@EACH
def test_a_gradient_that_is_nan(method):
    loss = Loss(lambda x: x @ x, lambda x: np.full(2, np.nan), lambda x: np.eye(2))
    found = minimize(loss, method, [1.0, 1.0])
    assert found.reason == "the gradient is not finite" and found.steps == 0


@EACH
def test_a_gradient_of_the_wrong_sign(method):
    """Nothing lower is found, so it stops where it is; Newton's whole step asks for no lower point, and jumps on."""
    for lift in (0.0, 5.0, -1e6):
        found = minimize(bowl(sign=-1.0, lift=lift), method, [3.0, 4.0], steps=60)
        if method.search == Newton().search:
            assert found.reason == "the limit of 60 steps was reached"
        else:
            assert "no lower point" in found.reason
            assert found.steps == 0 and found.x.tolist() == [3.0, 4.0] and found.evaluations.value < 210


@DOWN
def test_losses_without_a_minimum(method):
    """A line, a monkey saddle and a cliff that ends in −inf: each stops, with a reason, at a finite point."""
    monkey = Loss(
        lambda x: x[0] ** 3 - 3 * x[0] * x[1] ** 2,
        lambda x: np.array([3 * x[0] ** 2 - 3 * x[1] ** 2, -6 * x[0] * x[1]]),
        lambda x: 6 * np.array([[x[0], -x[1]], [-x[1], -x[0]]]),
    )
    cliff = Loss(
        lambda x: -math.inf if x[0] > 3 else -x[0], lambda x: np.array([-1.0, 0.0]), lambda x: np.diag([0.0, 1.0])
    )
    slope = Loss(lambda x: x[0], lambda x: np.array([1.0, 0.0]), lambda x: np.zeros((2, 2)))
    for loss, start in ((monkey, [0.5, 1.0]), (monkey, [-1.0, 0.2]), (cliff, [0.0, 0.0]), (slope, [0.0, 0.0])):
        found = minimize(loss, method, start, steps=2000)
        assert np.all(np.isfinite(found.x)) and math.isfinite(found.value)
        assert found.value <= loss.functions["value"](np.array(start))
        assert "no minimum" in found.reason or found.reason in (
            "the limit of 2000 steps was reached",  # down a slope of constant steepness
            "the line search found no lower point",
        ), found.reason
        assert found.evaluations.value < 2000 * 70


def test_a_singular_or_broken_hessian():
    flat = Loss(lambda x: x[0] + x[1] ** 2, lambda x: np.array([1.0, 2 * x[1]]), lambda x: np.diag([0.0, 2.0]))
    found = minimize(flat, Newton(), [0.0, 1.0])
    assert found.reason == "there is no Newton step: the Hessian is singular or not finite" and found.steps == 0
    assert minimize(flat, Newton(search=Backtracking()), [0.0, 1.0], steps=20).value < -10  # it goes down −∇f instead
    broken = Loss(lambda x: x @ x, lambda x: 2 * x, lambda x: np.full((2, 2), np.nan))
    assert minimize(broken, Newton(), [1.0, 1.0]).reason.startswith("there is no Newton step")
    assert minimize(broken, TrustRegion(), [1.0, 1.0]).reason == "the Hessian is not finite"
    for method in (SaddleFreeNewton(), Newton(search=Backtracking())):
        assert minimize(broken, method, [1.0, 1.0]).x.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("hole", [math.inf, -math.inf, math.nan])
def test_one_curvature_that_is_not_finite(hole):
    """An equation with an infinite coefficient has a finite solution, which is no Newton step."""
    broken = Loss(lambda x: x @ x, lambda x: 2 * x, lambda x: np.diag([2.0, hole]))
    for method in (Newton(), Newton(damping=1.0)):
        found = minimize(broken, method, [1.0, 1.0])
        assert found.reason == "there is no Newton step: the Hessian is singular or not finite"
        assert found.steps == 0 and found.x.tolist() == [1.0, 1.0]


def test_the_whole_step_is_halved_where_the_loss_is_not_finite():
    """√(1 + x²) sends Newton from x to −x³, and this loss ends at |x| = 3."""

    def root(x):
        return np.sqrt(1 + x * x)

    loss = Loss(
        lambda x: float(root(x[0])) if abs(x[0]) < 3 else math.nan,
        lambda x: x / root(x),
        lambda x: (1 / root(x) ** 3)[:, None],
    )
    x, method = np.array([2.0]), Newton()
    method.step_closure(x, loss)
    assert x == pytest.approx(-0.5)  # 2 − 10/4: the whole step ends at −8, half of it at −3


@EACH
def test_an_error_of_the_loss_leaves_x_alone(method):
    x, asked = np.array([-1.2, 1.0]), []

    def value(x):
        asked.append(1)
        if len(asked) > 5:
            raise RuntimeError("the data are gone")
        return float(Rosenbrock().value(x))

    method = method.clone()
    with pytest.raises(RuntimeError, match="the data are gone"):
        for _ in range(10):
            last = x.copy()
            method.step_closure(x, Loss(value, Rosenbrock().grad, Rosenbrock().hessian))
    assert np.array_equal(x, last)


# ---- settings and bad input


def test_repr_and_settings():
    assert (
        repr(GradientDescent()) == "GradientDescent(tol=1e-06, search=Backtracking(c1=0.0001, shrink=0.5, trials=100))"
    )
    assert repr(Newton(damping=2)) == "Newton(tol=1e-06, damping=2, search=WholeStep())"
    assert repr(TrustRegion(radius=0.5)) == "TrustRegion(tol=1e-06, radius=0.5)"
    assert repr(LBFGS(5)) == "LBFGS(tol=1e-06, m=5, search=StrongWolfe(c1=0.0001, c2=0.9, trials=20))"
    assert LBFGS(5).settings() == {"tol": 1e-6, "m": 5} and BFGS(tol=0.1).settings() == {"tol": 0.1}
    for method in METHODS.values():
        assert all(isinstance(value, int | float) for value in method.settings().values())


def test_a_method_of_ones_own():
    class Slow(SecondOrder):
        def __init__(self, *, rate=0.5):
            super().__init__(rate=rate)

        def direction(self, at):
            return -self.rate * at.g

    assert minimize(bowl(), Slow(rate=1.0), [1.0, 2.0]).steps == 1
    with pytest.raises(NotImplementedError, match="must define direction"):
        minimize(bowl(), SecondOrder(), [1.0, 2.0])


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: GradientDescent(tol=-1), ValueError, "tol must be finite and at least 0, not -1"),
        (lambda: BFGS(tol=math.nan), ValueError, "tol must be"),
        (lambda: BFGS(tol="small"), TypeError, "tol must be"),
        (lambda: BFGS(tol=np.ones(2)), TypeError, "tol must be a plain number"),
        (lambda: BFGS(search=StrongWolfe), TypeError, "search must be a line search such as"),
        (lambda: Newton(search="Armijo"), TypeError, "search must be a line search such as"),
        (lambda: Newton(damping=-0.1), ValueError, "damping must be"),
        (lambda: TrustRegion(radius=0.0), ValueError, "radius must be"),
        (lambda: TrustRegion(radius=math.inf), ValueError, "radius must be"),
        (lambda: SaddleFreeNewton(floor=1.0), ValueError, "floor must be"),
        (lambda: LBFGS(0), ValueError, "m must be"),
        (lambda: LBFGS(2.5), TypeError, "m must be an integer, not 2.5"),
        (lambda: LBFGS(True), TypeError, "m must be an integer"),
        (lambda: NewtonCG(hvp=3), TypeError, "hvp must be a function"),
        (lambda: minimize(bowl(), "BFGS", [1.0, 1.0]), TypeError, "method must be a second-order method"),
        (lambda: minimize(bowl(), BFGS, [1.0, 1.0]), TypeError, "method must be a second-order method"),
        (lambda: minimize(bowl(), BFGS(), [1.0, 1.0], steps=1.5), TypeError, "steps must be an integer, not 1.5"),
        (lambda: minimize(bowl(), BFGS(), [1.0, 1.0], steps=-1), ValueError, "steps must be at least 0, not -1"),
        (lambda: minimize(bowl(), BFGS(), 1.0), ValueError, r"start must have shape \(n,\), n ≥ 1, not \(\)"),
        (lambda: minimize(bowl(), BFGS(), []), ValueError, r"start must have shape \(n,\), n ≥ 1, not \(0,\)"),
        (lambda: minimize(bowl(), BFGS(), [[1.0, 1.0]]), ValueError, "start must have shape"),
        (lambda: minimize(bowl(), BFGS(), [[1.0], [1.0, 2.0]]), ValueError, "start must have shape"),
        (lambda: minimize(bowl(), BFGS(), ["a"]), TypeError, "start must hold real numbers"),
        (lambda: minimize(bowl(), BFGS(), [1j]), TypeError, "start must hold real numbers"),
        (lambda: minimize(np.sum, BFGS(), [1.0]), TypeError, r"loss must have \.value\(x\)"),
        (lambda: minimize(Ravine(), BFGS(), [1.0]), ValueError, "x must have 2 coordinates"),
        (lambda: BFGS().step_closure([1.0, 1.0], bowl()), TypeError, "x must be a NumPy float array, not list"),
        (lambda: BFGS().step_closure(np.ones(2, int), bowl()), TypeError, "x must be a NumPy float array, not int64"),
        (lambda: BFGS().step_closure(np.ones((3, 2)), bowl()), ValueError, "x must have shape"),
        (lambda: BFGS().step_closure(np.broadcast_to(1.0, 2), bowl()), ValueError, "x is read-only"),
    ],
)
def test_bad_input(make, error, match):
    with pytest.raises(error, match=match):
        make()


# ---- a loss that changes


@pytest.mark.parametrize("kind", [LBFGS, GradientDescent])
def test_a_new_batch_is_looked_at_anew(kind):
    """Each step is on one batch from end to end: as if each draw were another loss altogether."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 3))
    held = Minibatch(LeastSquares(X, rng.standard_normal(60)), 10, rng, held=True)
    x, y, method, other = np.ones(3), np.ones(3), kind(), kind()
    for _ in range(5):
        method.step_closure(x, held)
        other.step_closure(y, held.batch)
        assert np.array_equal(x, y) and not method.stopped
        held.draw()
    assert method.evaluations == other.evaluations
