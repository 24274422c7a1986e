"""Classic two-dimensional test functions, from one minimum to very many."""

from __future__ import annotations

import numpy as np

from .surface import Surface2D


class Booth(Surface2D):
    """A tilted quadratic bowl with condition number 9.

    f = (x + 2y − 7)² + (2x + y − 5)²,  minimum 0 at (1, 3)

    >>> float(Booth().value([1.0, 3.0]))
    0.0

    Source: Jamil and Yang, A literature survey of benchmark functions for global optimisation problems, 2013.
    """

    window = ((-5.0, 7.0), (-3.0, 9.0))
    _start = (-4.0, 1.0)
    _more_starts = ((6.0, 4.5), (-1.0, 8.0), (3.0, -2.0))
    _minima = ((1.0, 3.0),)

    def f(self, x, y):
        p = x + 2 * y - 7
        q = 2 * x + y - 5
        return p * p + q * q

    def df(self, x, y):
        p = x + 2 * y - 7
        q = 2 * x + y - 5
        return 2 * p + 4 * q, 4 * p + 2 * q

    def d2f(self, x, y):
        return 10.0, 8.0, 10.0


class Beale(Surface2D):
    """A flat valley between high cliffs.

    f = (1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)²,  minimum 0 at (3, 1/2)

    It has a saddle at (0, 1).

    >>> float(Beale().value([3.0, 0.5]))
    0.0

    Source: Beale, On an iterative method for finding a local minimum of a function of more than one
    variable, 1958.
    """

    window = ((-1.0, 4.5), (-1.5, 1.5))
    _start = (1.0, 0.8)
    _more_starts = ((1.0, -1.2), (4.0, -0.5), (0.2, 0.2))
    _minima = ((3.0, 0.5),)
    _saddles = ((0.0, 1.0),)

    def f(self, x, y):
        p = 1.5 - x + x * y
        q = 2.25 - x + x * y * y
        r = 2.625 - x + x * y * y * y
        return p * p + q * q + r * r

    def df(self, x, y):
        p = 1.5 - x + x * y
        q = 2.25 - x + x * y * y
        r = 2.625 - x + x * y * y * y
        return (
            2 * p * (y - 1) + 2 * q * (y * y - 1) + 2 * r * (y * y * y - 1),
            2 * p * x + 4 * q * x * y + 6 * r * x * y * y,
        )

    def d2f(self, x, y):
        p = 1.5 - x + x * y
        q = 2.25 - x + x * y * y
        r = 2.625 - x + x * y * y * y
        u, v, w = y - 1, y * y - 1, y * y * y - 1
        return (
            2 * u * u + 2 * v * v + 2 * w * w,
            2 * (p + x * u) + 4 * y * (q + x * v) + 6 * y * y * (r + x * w),
            2 * x * x + 8 * x * x * y * y + 4 * q * x + 18 * x * x * y * y * y * y + 12 * r * x * y,
        )


class Himmelblau(Surface2D):
    """Four equal minima around a hill.

    f = (x² + y − 11)² + (x + y² − 7)²,  minima 0 at (3, 2), (−2.805118, 3.131313), (−3.779310, −3.283186)
    and (3.584428, −1.848127)

    Between neighbouring minima are four saddles; the hill's top, 181.617, is at (−.270845, −.923039).

    >>> Himmelblau().minima[0]
    array([3., 2.])

    Source: Himmelblau, Applied nonlinear programming, 1972.
    """

    window = ((-5.2, 5.2), (-5.2, 5.2))
    _start = (-0.5, 0.3)
    _more_starts = ((0.0, 0.0), (-0.8, -1.2), (0.5, -2.5), (4.8, 4.8))
    _minima = (
        (3.0, 2.0),
        (-2.8051180869527448, 3.1313125182505730),
        (-3.7793102533777469, -3.2831859912861694),
        (3.5844283403304917, -1.8481265269644034),
    )
    _saddles = (
        (-3.0730257507643896, -0.0813530442879675),
        (-0.1279613467306801, -1.9537149802445764),
        (0.0866775045553964, 2.8842547011747711),
        (3.3851541836070209, 0.0738518798377493),
    )

    def f(self, x, y):
        p = x * x + y - 11
        q = x + y * y - 7
        return p * p + q * q

    def df(self, x, y):
        p = x * x + y - 11
        q = x + y * y - 7
        return 4 * x * p + 2 * q, 2 * p + 4 * y * q

    def d2f(self, x, y):
        p = x * x + y - 11
        q = x + y * y - 7
        return 8 * x * x + 4 * p + 2, 4 * x + 4 * y, 2 + 8 * y * y + 4 * q


class StyblinskiTang(Surface2D):
    """Four minima of unequal depth.

    f = (x⁴ − 16x² + 5x)/2 + (y⁴ − 16y² + 5y)/2,  minimum −78.332331 at (−2.903534, −2.903534)

    In each coordinate −2.903534 is the deep minimum, 2.746803 the shallow one and .156731 the top between.

    >>> round(StyblinskiTang().f_min, 4)
    -78.3323

    Source: Styblinski and Tang, Experiments in nonconvex optimization: stochastic approximation with function
    smoothing and simulated annealing, 1990.
    """

    window = ((-4.2, 4.2), (-4.2, 4.2))
    _start = (0.6, 0.4)
    _more_starts = ((-0.4, 0.4), (0.4, -0.4), (-0.2, -0.1), (3.9, 3.5))
    _minima = ((-2.9035340277711771, -2.9035340277711771),)
    _local_minima = (
        (-2.9035340277711771, 2.7468027709908370),
        (2.7468027709908370, -2.9035340277711771),
        (2.7468027709908370, 2.7468027709908370),
    )
    _saddles = (
        (-2.9035340277711771, 0.1567312567803401),
        (0.1567312567803401, -2.9035340277711771),
        (0.1567312567803401, 2.7468027709908370),
        (2.7468027709908370, 0.1567312567803401),
    )

    def f(self, x, y):
        p = x * x * x * x - 16 * x * x + 5 * x
        q = y * y * y * y - 16 * y * y + 5 * y
        return (p + q) / 2

    def df(self, x, y):
        return 2 * x * x * x - 16 * x + 2.5, 2 * y * y * y - 16 * y + 2.5

    def d2f(self, x, y):
        return 6 * x * x - 16, 0.0, 6 * y * y - 16


class Rastrigin(Surface2D):
    """A bowl full of egg cups: a local minimum near every point with whole coordinates.

    f = 20 + x² − 10 cos 2πx + y² − 10 cos 2πy,  minimum 0 at (0, 0)

    There are 121 minima in the window. The curvature is about 400 in every cup, and about 2 in the bowl that contains
    them.

    >>> float(Rastrigin().value([0.0, 0.0]))
    0.0

    Source: Rastrigin, Systems of extremal control, 1974.
    """

    window = ((-5.12, 5.12), (-5.12, 5.12))
    _start = (-3.4, 2.7)
    _more_starts = ((0.4, -0.3), (4.4, 3.6), (2.4, -1.6))
    _minima = ((0.0, 0.0),)

    def f(self, x, y):
        return 20 + x * x - 10 * np.cos(2 * np.pi * x) + y * y - 10 * np.cos(2 * np.pi * y)

    def df(self, x, y):
        return 2 * x + 20 * np.pi * np.sin(2 * np.pi * x), 2 * y + 20 * np.pi * np.sin(2 * np.pi * y)

    def d2f(self, x, y):
        c = 40 * np.pi * np.pi
        return 2 + c * np.cos(2 * np.pi * x), 0.0, 2 + c * np.cos(2 * np.pi * y)


class Ackley(Surface2D):
    """A funnel in a bumpy plain, with a sharp tip at the bottom.

    f = −20 exp(−r/5) − exp((cos 2πx + cos 2πy)/2) + 20 + e,  r = √((x² + y²)/2),  minimum 0 at (0, 0)

    The first term is a cone at the origin, where it has no gradient. There this class omits it, which makes
    the gradient 0 (the subgradient that belongs to a minimum) and the Hessian that of the other term. Next to the
    origin the slope is 2.83 in every direction, so that no fixed step size converges there.

    >>> Ackley().grad([[0.0, 0.0], [1e-9, 0.0]]).round(2)
    array([[0.  , 0.  ],
           [2.83, 0.  ]])

    Source: Ackley, A connectionist machine for genetic hillclimbing, 1987.
    """

    window = ((-5.0, 5.0), (-5.0, 5.0))
    _start = (-3.6, 2.6)
    _more_starts = ((0.4, -0.3), (3.6, 3.4), (1.5, -2.4))
    _minima = ((0.0, 0.0),)

    def f(self, x, y):
        r = np.sqrt((x * x + y * y) / 2)
        bumps = np.exp((np.cos(2 * np.pi * x) + np.cos(2 * np.pi * y)) / 2)
        return -20 * np.exp(-r / 5) - bumps + 20 + np.exp(1.0)

    def df(self, x, y):
        r = np.sqrt((x * x + y * y) / 2)
        k = 2 * np.exp(-r / 5) / np.where(r > 0, r, np.inf)  # at the tip, where x/r has no limit: 0
        bumps = np.exp((np.cos(2 * np.pi * x) + np.cos(2 * np.pi * y)) / 2)
        return k * x + np.pi * bumps * np.sin(2 * np.pi * x), k * y + np.pi * bumps * np.sin(2 * np.pi * y)

    def d2f(self, x, y):
        r = np.sqrt((x * x + y * y) / 2)
        r = np.where(r > 0, r, np.inf)
        k = 2 * np.exp(-r / 5) / r
        m = k * (1 / r + 0.2) / (2 * r)  # dk/dx = −m x
        bumps = np.exp((np.cos(2 * np.pi * x) + np.cos(2 * np.pi * y)) / 2)
        c = 2 * np.pi * np.pi
        p = np.sin(2 * np.pi * x)
        q = np.sin(2 * np.pi * y)
        return (
            k - m * x * x + c * bumps * (np.cos(2 * np.pi * x) - p * p / 2),
            -m * x * y - c * bumps * p * q / 2,
            k - m * y * y + c * bumps * (np.cos(2 * np.pi * y) - q * q / 2),
        )
