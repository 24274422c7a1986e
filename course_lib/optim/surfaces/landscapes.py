"""Surfaces that show one difficulty each: a flat saddle, a plateau, a sharp and a flat minimum."""

from __future__ import annotations

import numpy as np

from ...validation import check_number
from .surface import Surface2D


class MonkeySaddle(Surface2D):
    """A saddle with a place for a monkey's tail: three ways down, and no curvature at the origin.

    f = x³/3 − x y² + (x² + y²)²/4,  minima −1/12 at (−1, 0) and (1/2, ±√3/2)

    The last term, which the textbook's monkey saddle x³ − 3 x y² lacks, bounds it from below. At the origin
    gradient and Hessian are both zero: Newton's step is not even defined there.

    >>> MonkeySaddle().hessian([0.0, 0.0])
    array([[0., 0.],
           [0., 0.]])
    """

    window = ((-1.6, 1.6), (-1.6, 1.6))
    _start = (1.0, 0.02)
    _more_starts = ((-0.4, 0.8), (-0.45, -0.7), (1.0, 0.0))  # the last one is on the ridge itself
    _minima = ((-1.0, 0.0), (0.5, -0.8660254037844386), (0.5, 0.8660254037844386))
    _saddles = ((0.0, 0.0),)

    def f(self, x, y):
        r = x * x + y * y
        return x * x * x / 3 - x * y * y + r * r / 4

    def df(self, x, y):
        r = x * x + y * y
        return x * x - y * y + x * r, -2 * x * y + y * r

    def d2f(self, x, y):
        return 2 * x + 3 * x * x + y * y, -2 * y + 2 * x * y, -2 * x + x * x + 3 * y * y


class Plateau(Surface2D):
    """A valley that ends in plains: the loss of a saturated unit.

    f = (tanh² x + y²)/2,  minimum 0 at (0, 0)

    In x it is the squared error of a tanh unit with target 0. Far out the slope is about 4 e^(−2|x|), so that
    gradient descent needs about e^(2|x|)/(8α) steps to come down; a method that divides the gradient by its
    own size is not slowed down. Beyond |x| = .66 the curvature along x is negative.

    >>> Plateau().grad([-4.5, 0.0]).round(4)
    array([-0.0005,  0.    ])
    """

    window = ((-6.0, 6.0), (-1.8, 1.8))
    _start = (-4.5, 1.2)
    _more_starts = ((-2.0, 1.2), (3.0, -1.2), (5.0, 0.6))
    _minima = ((0.0, 0.0),)

    def f(self, x, y):
        t = np.tanh(x)
        return (t * t + y * y) / 2

    def df(self, x, y):
        t = np.tanh(x)
        e = np.exp(np.where(x > 0, -x, x))
        s = 2 * e / (1 + e * e)  # s = 1/cosh x: s² is 1 − t², which far out would be a difference of equals
        return t * s * s, y

    def d2f(self, x, y):
        t = np.tanh(x)
        e = np.exp(np.where(x > 0, -x, x))
        s = 2 * e / (1 + e * e)
        return (1 - 3 * t * t) * s * s, 0.0, 1.0


class SharpFlat(Surface2D):
    """Two minima, equally deep: a sharp one on the left and a flat one on the right.

    f = s w/(s + w),  s = a ((x + 1)² + y²)/2,  w = b ((x − 1)² + y²)/2

    Near a minimum one bowl is close to zero and f is that bowl: the minima are 0 at (−1, 0), where both
    curvatures are exactly a, and at (1, 0), where they are b. Between them is one saddle, at
    x = (b^(1/3) − a^(1/3))/(a^(1/3) + b^(1/3)), y = 0. Gradient descent with 2/a < α < 2/b cannot stay
    in the sharp one.

    Args:
        sharp: a > 0, the curvature of the left minimum.
        flat: b > 0, the curvature of the right one.

    >>> SharpFlat(sharp=50, flat=1).hessian([[-1.0, 0.0], [1.0, 0.0]])[..., 0, 0]
    array([50.,  1.])

    Source: of the idea: Hochreiter and Schmidhuber, Flat minima, 1997.
    """

    window = ((-1.8, 3.2), (-1.6, 1.6))
    _start = (-1.3, 0.4)
    _more_starts = ((-0.7, 0.1), (-0.5, 1.2), (2.6, -1.0))
    _minima = ((-1.0, 0.0), (1.0, 0.0))

    def __init__(self, sharp: float = 50.0, flat: float = 1.0) -> None:
        self.sharp = check_number("sharp", sharp, above=0.0)
        self.flat = check_number("flat", flat, above=0.0)

    @property
    def saddles(self) -> np.ndarray:
        """The one saddle point, shape (1, 2)."""
        a, b = np.cbrt(self.sharp), np.cbrt(self.flat)
        return np.array([[(b - a) / (a + b), 0.0]])

    def f(self, x, y):
        s = self.sharp * ((x + 1) * (x + 1) + y * y) / 2
        w = self.flat * ((x - 1) * (x - 1) + y * y) / 2
        return s * w / (s + w)

    def df(self, x, y):
        s = self.sharp * ((x + 1) * (x + 1) + y * y) / 2
        w = self.flat * ((x - 1) * (x - 1) + y * y) / 2
        p = self.sharp * (w / (s + w)) * (w / (s + w))  # how each bowl pulls: all of it at its own minimum,
        q = self.flat * (s / (s + w)) * (s / (s + w))  # nothing at the other's
        return p * (x + 1) + q * (x - 1), (p + q) * y

    def d2f(self, x, y):
        s = self.sharp * ((x + 1) * (x + 1) + y * y) / 2
        w = self.flat * ((x - 1) * (x - 1) + y * y) / 2
        p = self.sharp * (w / (s + w)) * (w / (s + w))
        q = self.flat * (s / (s + w)) * (s / (s + w))
        zx = (s * self.flat * (x - 1) - w * self.sharp * (x + 1)) / (s + w)
        zy = (s * self.flat * y - w * self.sharp * y) / (s + w)
        c = 2 / (s + w)
        return p + q - c * zx * zx, -c * zx * zy, p + q - c * zy * zy
