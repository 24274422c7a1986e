"""Stochastic depth: whole branches of a residual network are skipped at random."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..validation import check_count, check_rng
from .layers import Layer, Shape
from .network import Container
from .noise import Noise, check_keep


def survival(blocks: int, last: float = 0.5) -> np.ndarray:
    """Return the survival probabilities of residual blocks, falling linearly: later blocks build on the early ones.

    pₗ = 1 − (l/L) (1 − p_L), l = 1 … L;  expected number of blocks Σ pₗ, with p_L = 1/2: (3L − 1)/4

    Args:
        blocks: L, the number of blocks, ≥ 1.
        last: p_L, in (0, 1].

    Returns:
        p₁ … p_L, shape (L,).

    >>> survival(4)
    array([0.875, 0.75 , 0.625, 0.5  ])

    Source: Huang, Sun, Liu, Sedra and Weinberger, Deep networks with stochastic depth, 2016.
    """
    L, p_L = check_count("survival: blocks", blocks), check_keep("survival", last, "last")
    return 1 - np.arange(1, L + 1) / L * (1 - p_L)


class StochasticDepth(Noise, Container):
    """A residual block whose branch f is skipped at random in training, and scaled down in testing.

    Training: y = x + z f(x), one z ~ Bernoulli(p) for the batch;  testing: y = x + p f(x) = E_z y

    A skipped branch is not computed at all, and its gradients are zero. The parameters are the branch's, under names
    such as "branch.0.W".

    Args:
        branch: f, a layer or a `Sequential` that keeps the shape of x.
        keep: p, the probability that the branch survives, in (0, 1]; `survival` computes it for each block.
        rng: draws z.

    Raises:
        RuntimeError: as for `Container`.

    >>> from course_lib.nn.activations import ReLU
    >>> block, x = StochasticDepth(ReLU(), 0.5, rng=np.random.default_rng(0)), np.array([[-1.0, 2.0]])
    >>> [block.forward(x, train=True).tolist() for _ in range(3)], block.forward(x)
    ([[[-1.0, 2.0]], [[-1.0, 4.0]], [[-1.0, 4.0]]], array([[-1.,  3.]]))

    Source: Huang, Sun, Liu, Sedra and Weinberger, Deep networks with stochastic depth, 2016.
    """

    def __init__(self, branch: Layer, keep: float, *, rng: np.random.Generator) -> None:
        self.keep, self.rng = check_keep("StochasticDepth", keep), check_rng("StochasticDepth: rng", rng)
        Container.__init__(self, {"branch": branch})

    def draw(self, shape: Shape) -> int:
        return int(self.rng.random() < self.keep)

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        self._train = train  # the branch may behave differently in training, too
        y = super().forward(x, train)
        self._example = x.shape[1:]
        return y

    def apply(self, x: np.ndarray, z: int | None) -> np.ndarray:
        self._z = self.keep if z is None else z
        if self._z == 0:
            return x
        f = self.parts["branch"].forward(x, self._train)
        self._check_same_shape(x.shape, f.shape)
        return x + self._z * f

    def backward(self, dy: np.ndarray) -> np.ndarray:
        self._check_bound()
        self._remembered("_y_shape", dy)
        if self._z == 0:
            for gradient in self.grads.values():
                gradient[...] = 0
            return dy
        return dy + self.parts["branch"].backward(self._z * dy)

    def output_shape(self, shape: Shape) -> Shape:
        self._check_same_shape(tuple(shape), tuple(self.parts["branch"].output_shape(shape)))
        return tuple(shape)

    def _check_same_shape(self, before: Shape, after: Shape) -> None:
        if after != before:
            raise ValueError(f"StochasticDepth: the branch must keep the shape of x, {before}, but returns {after}")

    def _input_shapes(self, shape: Shape | None) -> Iterator[tuple[str, Layer, Shape | None]]:
        yield "branch", self.parts["branch"], shape
