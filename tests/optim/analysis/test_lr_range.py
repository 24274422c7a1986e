"""The range test: what it sees is what a loop sees, and its rules find the limits that theory gives."""

import numpy as np
import pytest

from course_lib.nn import Dense, ReLU, Sequential, softmax_cross_entropy
from course_lib.optim import (
    SGD,
    Adam,
    Lookahead,
    Momentum,
    Newton,
    Noisy,
    ParameterSet,
    Quadratic,
    RangeTest,
    Ravine,
    Rosenbrock,
    heavy_ball_limit,
    range_test,
)


class Network:
    """The loss of a network on minibatches, a new one each time it is asked."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.x = rng.normal(size=(400, 2)).astype(np.float32)
        self.y = (np.hypot(*self.x.T) > 1).astype(int) + (self.x[:, 0] > 1)
        self.net = Sequential(Dense(2, 32, rng=rng), ReLU(), Dense(32, 3, rng=rng))
        self.rng = rng

    def ask(self, rows):
        return softmax_cross_entropy(self.net.forward(self.x[rows], train=True), self.y[rows])

    def value(self, params):
        return self.ask(self.rng.integers(400, size=50))[0]

    def grad(self, params):
        _, dscores = self.ask(self.rng.integers(400, size=50))
        self.net.backward(dscores)
        return self.net.grads


# What it sees


def test_it_is_a_loop():
    surface, x, v = Rosenbrock(), np.array([-1.2, 1.0]), np.zeros(2)
    test = range_test(surface, Momentum(7.0, rho=0.8), x.copy(), low=1e-5, high=1e-1, steps=41, smooth=0.6)
    rates = np.geomspace(1e-5, 1e-1, 41)[: len(test.rates)]
    np.testing.assert_array_equal(test.rates, rates)
    losses, seen = [surface.value(x)], []
    for rate in rates:
        v = 0.8 * v + surface.grad(x)
        x = x - rate * v
        losses.append(surface.value(x))
        weights = 0.6 ** np.arange(len(losses))[::-1]
        seen.append(np.sum(weights * losses) / np.sum(weights))  # bias-corrected, told otherwise
    np.testing.assert_allclose(test.losses, losses[1:], rtol=1e-12)
    np.testing.assert_allclose(test.smoothed, seen, rtol=1e-12)
    assert test.first == losses[0]
    best = min(losses[0], *seen)
    assert seen[-1] - best > 3 * max(best, losses[0] - best) and test.stopped == "the loss exploded"
    assert test.lowest == rates[np.argmin(seen)] and test.suggestion == test.lowest / 10
    falls = np.diff([losses[0], *seen])
    way = range(round(0.6 / 0.4), np.argmin(seen) + 1)  # from the average's reach to the lowest loss
    assert test.smooth == 0.6 and test.steepest == rates[min(way, key=lambda k: falls[k])]


def told(losses, smooth):
    losses = np.array(losses, float)
    return RangeTest(np.arange(1.0, len(losses) + 1), losses, losses, 9.0, "told", smooth)


@pytest.mark.parametrize(
    ("smooth", "losses", "steepest"),
    [
        (0.0, [5, 4.5, 3, 2.5, 2, 6, 1e9, 7], 1),  # the first step counts without smoothing
        (0.5, [5, 4.5, 3, 2.5, 2, 6, 1e9, 7], 3),  # and not with it; nor does the fall after the explosion
        (0.75, [5, 4.5, 3, 2.5, 1.9, 6, 1e9, 7], 5),  # the lowest itself still does
        (0.9, [5, 4.5, 3, 2.5, 2, 6, 1e9, 7], None),  # lowest before there is an average
    ],
)
def test_the_steepest_fall_is_on_the_way_down(smooth, losses, steepest):
    assert told(losses, smooth).steepest == steepest


@pytest.mark.parametrize("seed", range(10))
def test_it_ends_at_the_first_explosion(seed):
    surface = Noisy(Quadratic([1.0, 10.0]), 3.0, np.random.default_rng(seed))
    test = range_test(surface, SGD(0.1), np.array([1.0, 1.0]), low=1e-3, explode=2.0)
    seen = np.array([test.first, *test.smoothed])
    best = np.minimum.accumulate(seen)
    over = seen - best > np.maximum(np.abs(best), test.first - best)
    assert over[-1] and not over[:-1].any()


def test_one_lucky_minibatch_is_no_bottom_to_explode_from():
    class Told:
        losses = iter([*[1.0] * 15, 0.01, *[1.0] * 15])

        def value(self, x):
            return next(self.losses)

        def grad(self, x):
            return np.zeros_like(x)

    test = range_test(Told(), SGD(0.1), np.array([1.0]), steps=30, explode=1.5)
    assert test.stopped == "the rate reached 10" and len(test.rates) == 30


def test_without_smoothing_the_losses_are_as_they_are():
    test = range_test(Ravine(), SGD(0.1), np.array([3.0, 1.0]), low=1e-3, high=1.0, steps=10, smooth=0.0)
    assert np.array_equal(test.losses, test.smoothed)
    assert test.stopped == "the rate reached 1" and len(test.rates) == 10
    assert np.all(np.diff(test.losses) < 0) and test.lowest == 1.0 and test.suggestion == 0.1


@pytest.mark.parametrize(("curvature", "steps"), [(1.0, 60), (25.0, 60), (1000.0, 47)])
def test_the_lowest_loss_is_at_the_limit_of_stability(curvature, steps):
    """On one curvature gradient descent goes down at every rate below 2/λ and up at every one above."""
    test = range_test(
        Quadratic([curvature]), SGD(0.1), np.array([5.0]), low=1e-4 / curvature, high=100 / curvature, steps=steps,
        smooth=0.0,
    )  # fmt: skip
    ratio = (100 / 1e-4) ** (1 / (steps - 1))
    assert 2 / curvature / ratio < test.lowest < 2 / curvature
    assert test.steepest < test.lowest and test.stopped == "the loss exploded"


def test_with_noise_the_stiffest_direction_tells():
    """Noise keeps every direction alive, so that the loss turns near 2/λmax, for ten seeds out of ten."""
    for seed in range(10):
        surface = Noisy(Quadratic([1.0, 10.0]), 1.0, np.random.default_rng(seed))
        test = range_test(surface, SGD(0.1), np.array([5.0, 5.0]), low=1e-4, steps=200)
        assert 0.1 < test.lowest < 0.4 and 0.002 < test.steepest < 0.1
        assert test.stopped == "the loss exploded"
    surface = Noisy(Quadratic([10.0]), 1.0, np.random.default_rng(0))
    heavy = range_test(surface, Momentum(0.1, rho=0.5), np.array([5.0]), low=1e-4, steps=200)
    assert heavy.rates[-1] > heavy_ball_limit(0.5, 10.0) > heavy.suggestion


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("method", [SGD(0.1), Momentum(0.1), Adam(0.1)])
def test_on_a_network_the_suggestion_trains(seed, method):
    loss = Network(seed)
    params = loss.net.params
    before = {key: p.copy() for key, p in params.items()}
    test = range_test(loss, method, params, low=1e-6, high=1e3)
    assert all(np.array_equal(before[key], p) for key, p in params.items())
    assert 3 * test.suggestion < test.rates[-1], "it saw the end of what works"
    whole = slice(None)
    first = loss.ask(whole)[0]
    opt = method.clone()
    opt.lr = test.suggestion
    for _ in range(200):
        opt.step(params, loss.grad(params))
    assert loss.ask(whole)[0] < 0.6 * first


def test_parameters_of_every_kind_and_wrappers():
    class Bowl:
        def value(self, params):
            return sum(float(np.sum(x * x)) for x in (params.values() if hasattr(params, "values") else params))

        def grad(self, params):
            if isinstance(params, ParameterSet):
                return ParameterSet({key: 2 * x for key, x in params.items()})
            return {k: 2 * x for k, x in params.items()} if isinstance(params, dict) else [2 * x for x in params]

    arrays = {"W": np.ones((2, 2)), "b": np.full(3, 2.0)}
    tests = [
        range_test(Bowl(), Momentum(0.1), params, low=1e-3, high=100.0, steps=40, smooth=0.0)
        for params in (arrays, list(arrays.values()), ParameterSet(arrays))
    ]
    for test in tests:
        np.testing.assert_allclose(test.losses, tests[0].losses, rtol=1e-12)
    wrapped = range_test(Bowl(), Lookahead(SGD(0.1)), arrays, low=1e-3, high=100.0, steps=40)
    assert wrapped.lowest is not None
    assert np.all(arrays["W"] == 1) and np.all(arrays["b"] == 2)


def test_the_optimizer_and_the_parameters_are_left_alone():
    x, opt = np.array([1.0, 1.0]), Momentum(0.3)
    opt.step(x, np.ones(2))
    before = x.copy()
    range_test(Ravine(), opt, x, steps=20)
    assert np.array_equal(x, before) and opt.t == 1 and opt.lr == 0.3


def test_parameters_come_back_when_the_loss_raises():
    class Broken:
        asked = 0

        def value(self, x):
            self.asked += 1
            if self.asked == 5:
                raise RuntimeError("no more data")
            return float(x @ x)

        def grad(self, x):
            return 2 * x

    x = np.array([1.0, 2.0])
    with pytest.raises(RuntimeError, match="no more data"):
        range_test(Broken(), SGD(0.1), x, low=0.1)
    assert x.tolist() == [1.0, 2.0]


# Ends


def test_rates_that_are_all_too_large():
    test = range_test(Ravine(), SGD(0.1), np.array([1.0, 1.0]), low=5.0, high=20.0)
    assert test.lowest is test.steepest is test.suggestion is None
    assert repr(test).startswith("RangeTest(") and "the loss never fell; the loss exploded" in repr(test)


def test_a_loss_that_overflows_ends_it_quietly():
    test = range_test(Rosenbrock(), SGD(0.1), np.array([-1.2, 1.0]), low=1e-4, high=1e200, steps=10)
    assert "the loss was" in test.stopped or test.stopped == "the loss exploded"
    assert np.all(np.isfinite(test.losses)) and len(test.losses) == len(test.rates) == len(test.smoothed)

    class Cliff:
        def value(self, x):
            return float(x[0] ** 2) if x[0] > 0.5 else np.nan

        def grad(self, x):
            return 2 * x

    test = range_test(Cliff(), SGD(0.1), np.array([1.0]), low=1e-3, high=1.0, steps=30)
    assert test.stopped.startswith("the loss was nan at 0.") and test.lowest is not None


def test_nothing_was_tried():
    test = RangeTest(np.array([]), np.array([]), np.array([]), 1.0, "the loss was nan at 1")
    assert test.lowest is test.steepest is test.suggestion is None and "0 rates" in repr(test)


def test_negative_losses():
    """The bar of the explosion moves with the loss: a loss below zero is no explosion."""

    class Sunk(Ravine):
        def f(self, x, y):
            return super().f(x, y) - 100

    low = range_test(Sunk(), SGD(0.1), np.array([3.0, 1.0]), low=1e-3, high=1.0, steps=10, smooth=0.0)
    assert len(low.rates) == 10 and low.lowest == 1.0


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"loss": lambda x: x}, TypeError, "loss must have .value"),
        ({"loss": type("V", (), {"value": lambda self, x: 0.0})()}, TypeError, "loss must have .grad"),
        ({"loss": type("V", (), {"value": lambda self, x: x, "grad": lambda self, x: x})()}, ValueError, "loss.value"),
        ({"loss": type("N", (), {"value": lambda s, x: np.nan, "grad": lambda s, x: x})()}, ValueError, "loss.value"),
        ({"optimizer": SGD}, TypeError, "optimizer must be"),
        ({"optimizer": Newton()}, TypeError, "optimizer must be"),
        ({"params": [1.0, 2.0]}, TypeError, r"params\[0\] must be a NumPy float array"),
        ({"params": np.array([1, 2])}, TypeError, "params must hold floats"),
        ({"low": 0.0}, ValueError, "low must be above 0 and high above low, not low=0"),
        ({"low": 2.0, "high": 1.0}, ValueError, "low must be above 0 and high above low, not low=2 and high=1"),
        ({"low": "a"}, TypeError, "low must be"),
        ({"high": np.inf}, ValueError, "high must be"),
        ({"high": np.ones(2)}, TypeError, "high must be one number"),
        ({"steps": 1}, ValueError, "steps must be at least 2, not 1"),
        ({"steps": True}, TypeError, "steps must be an integer"),
        ({"smooth": 1.0}, ValueError, "smooth must be at least 0 and below 1, not 1"),
        ({"smooth": -0.1}, ValueError, "smooth must be"),
        ({"explode": 1.0}, ValueError, "explode must be finite and above 1, not 1"),
        ({"explode": np.nan}, ValueError, "explode must be"),
    ],
)
def test_bad_arguments_are_named(change, error, message):
    x = np.array([1.0, 2.0])
    good = {"loss": Ravine(), "optimizer": SGD(0.1), "params": x}
    with pytest.raises(error, match=f"^{message}"):
        range_test(**good | change)
    assert x.tolist() == [1.0, 2.0]
