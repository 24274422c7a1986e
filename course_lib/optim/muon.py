"""Muon: a step that treats a matrix as a matrix, not as a list of numbers."""

from __future__ import annotations

import copy
import math
from collections.abc import Collection
from typing import Any, Self

import numpy as np

from ..validation import cast_hyper, check_bool, check_count
from .adam import AdamW
from .optimizer import Optimizer, Rate
from .trees import check_broadcast, check_grads, check_layout, check_params, find_nonfinite, layout_of
from .wrappers import load_with


def orthogonalize(m: np.ndarray, *, steps: int = 5, eps: float = 1e-7) -> np.ndarray:
    """Bring all singular values of a matrix near 1 and keep its singular vectors: about U Vᵀ for m = U S Vᵀ.

    X ← m/‖m‖,  then `steps` times  X ← 3.4445 X − 4.775 (X Xᵀ) X + 2.0315 (X Xᵀ)² X

    Each singular value s is mapped by itself, s ← 3.4445 s − 4.775 s³ + 2.0315 s⁵. The polynomial is steep at 0 and
    does not settle at 1: after 5 steps all that were at least ‖m‖/500 lie between 0.68 and 1.21. Only products
    of matrices are needed. (The Newton–Schulz iteration has 1.5 s − 0.5 s³, which converges, but more slowly.)

    Args:
        m: float array (rows, columns); leading axes are a batch of matrices. float32 stays float32.
        steps: number of times the polynomial is applied, ≥ 0.
        eps: ε ≥ 0, the least norm to divide by: a matrix much smaller than ε stays small.

    Returns:
        A new array, shaped like m.

    >>> orthogonalize(np.diag([100.0, -1.0])).round(2)
    array([[ 0.7,  0. ],
           [ 0. , -0.7]])

    Source: Jordan, Jin, Boza, You, Cesista, Newhouse and Bernstein, Muon: An optimizer for hidden layers in
    neural networks, 2024.
    """
    if not isinstance(m, np.ndarray):
        raise TypeError(f"m must be a NumPy float array, not {m!r}")
    if m.ndim < 2:
        raise ValueError(f"m must be a matrix, not of shape {m.shape}")
    steps = check_count("steps", steps, least=0)
    if m.shape[-2] > m.shape[-1]:  # X Xᵀ is the smaller of the two products
        return orthogonalize(m.swapaxes(-1, -2), steps=steps, eps=eps).swapaxes(-1, -2)
    largest = np.abs(m).max(axis=(-2, -1), keepdims=True, initial=0.0)
    largest += largest == 0
    X = m / largest  # so that no square overflows or vanishes
    norm = np.sqrt(np.square(X).sum(axis=(-2, -1), keepdims=True))
    X /= np.maximum(norm, eps / largest)
    for _ in range(steps):
        A = X @ X.swapaxes(-1, -2)
        X = 3.4445 * X + (-4.775 * A + 2.0315 * A @ A) @ X
    return X


def muon_scale(x: np.ndarray, match_adamw: bool, inputs_first: bool) -> float:
    """Return the factor s of Muon's step for a matrix of this shape.

    s = √max(1, outputs/inputs),  or with `match_adamw`  s = 0.2 √max(outputs, inputs)

    Args:
        x: the matrix, or a batch of them; only its last two axes count.
        match_adamw: which of the two formulas; see `Muon`.
        inputs_first: whether the axes are (inputs, outputs), and not (outputs, inputs).

    >>> muon_scale(np.zeros((8, 2)), match_adamw=False, inputs_first=False)
    2.0

    Source: as in `Muon`.
    """
    outputs, inputs = x.shape[-2:] if not inputs_first else x.shape[:-3:-1]
    return 0.2 * math.sqrt(max(outputs, inputs)) if match_adamw else math.sqrt(max(1.0, outputs / max(1, inputs)))


class Muon(Optimizer):
    """Step along the momentum matrix with all its singular values set to about 1, so that all directions count alike.

    m ← ρ m + (1 − ρ) ∇f(x)        (m starts at 0)
    O = orthogonalize(ρ m + (1 − ρ) ∇f(x))        (without `nesterov`: of m)
    x ← (1 − α λ) x − α s O

    Gradients of weight matrices have few large singular values and many small ones. SGD moves along the large
    ones only; here all directions move alike, and the gradient's size does not matter. (m is a mean here, as in
    the authors' code; with a sum the step is the same, apart from ε.)

    What is not a matrix (a bias, a gain, a convolution's filters) is left to `partner`, which has settings of its
    own. The authors use Muon on filters as well, flattened to a matrix (outputs, all the rest), which this class does
    not do; for embeddings and the last layer, too, they advise the partner: list the other matrices in `matrices`.
    `opt.matrix_keys(params)` lists the parameters that are treated as matrices.

    Args:
        lr: learning rate α ≥ 0: a number or a schedule. 0.02 is usual.
        rho: momentum ρ, 0 ≤ ρ < 1.
        nesterov: use Nesterov momentum.
        weight_decay: λ ≥ 0, decoupled, as in AdamW.
        eps: ε ≥ 0, the least norm of a momentum matrix to divide by.
        match_adamw: False: s = √max(1, outputs/inputs). True: s = 0.2 √max(outputs, inputs), which makes steps as
            large as AdamW's, so that AdamW's α and λ can be used.
        inputs_first: False: matrices are (outputs, inputs), as in torch. True: (inputs, outputs), as in `Dense`.
        partner: the optimizer of all other parameters. None: AdamW(3e-4).
        matrices: the keys of the arrays to treat as matrices (with more than two axes, as batches of them).
            None: all that have two axes.

    >>> w = {"W": np.zeros((2, 2)), "b": np.zeros(2)}
    >>> Muon(0.1).step(w, {"W": np.diag([1e6, 1e5]), "b": np.ones(2)})
    >>> w["W"].round(2), w["b"].round(4)
    (array([[-0.07,  0.  ],
           [ 0.  , -0.07]]), array([-0.0003, -0.0003]))

    Source: Jordan, Jin, Boza, You, Cesista, Newhouse and Bernstein, Muon: An optimizer for hidden layers in
    neural networks, 2024; match_adamw: Liu et al., Muon is scalable for LLM training, 2025.
    """

    slots = ("m",)
    elementwise = False

    def __init__(
        self,
        lr: Rate,
        *,
        rho: float | np.ndarray = 0.95,
        nesterov: bool = True,
        weight_decay: float | np.ndarray = 0.0,
        eps: float = 1e-7,
        match_adamw: bool = False,
        inputs_first: bool = False,
        partner: Optimizer | None = None,
        matrices: Collection[Any] | None = None,
    ) -> None:
        switches = {"nesterov": nesterov, "match_adamw": match_adamw, "inputs_first": inputs_first}
        for name, value in switches.items():
            check_bool(name, value)
        if not isinstance(partner, Optimizer | None):
            raise TypeError(f"partner must be an optimizer such as AdamW(3e-4), not {partner!r}")
        if matrices is not None and (isinstance(matrices, str) or not isinstance(matrices, Collection)):
            raise TypeError(f"matrices must be a list or set of keys, not {matrices!r}")
        super().__init__(
            lr,
            rho=rho,
            nesterov=nesterov,
            weight_decay=weight_decay,
            eps=eps,
            match_adamw=match_adamw,
            inputs_first=inputs_first,
        )
        self.partner = partner or AdamW(3e-4)
        self.matrices = matrices

    def update(self, x, dx, m):
        m *= self.rho
        m += (1 - self.rho) * dx
        ahead = self.rho * m + (1 - self.rho) * dx if self.nesterov else m
        scale = muon_scale(x, self.match_adamw, self.inputs_first)
        x *= 1 - self.lr * self.weight_decay
        x -= self.lr * scale * orthogonalize(ahead, eps=self.eps)

    def settings(self) -> dict[str, Any]:
        """Return the checked hyper-parameters of the next step; see `Optimizer.settings`."""
        now = super().settings()
        if isinstance(now["eps"], np.ndarray):
            raise TypeError(f"eps must be a number, the least norm of a whole matrix, not {self.eps!r}")
        return now

    def matrix_keys(self, params: Any) -> list[Any]:
        """List the keys of the parameters that are treated as matrices; the others go to the partner.

        Args:
            params: as in `step`. In a list the keys are 0, 1, 2, …; a single array has the key None.

        Raises:
            ValueError: a key of `matrices` is missing in params, or its array is not a matrix.

        >>> Muon(0.1).matrix_keys({"W": np.zeros((2, 3)), "b": np.zeros(3)})
        ['W']
        """
        xs = check_params(params)
        if self.matrices is None:
            return [key for key, x in xs.items() if x.ndim == 2]
        for key in self.matrices:
            if key not in xs:
                raise ValueError(f"matrices names {key!r}, but params has no such key")
            if xs[key].ndim < 2:
                raise ValueError(f"matrices names {key!r}, but params[{key!r}] has shape {xs[key].shape}")
        return [key for key in xs if key in self.matrices]

    def step(self, params: Any, grads: Any, *, nonfinite: str = "raise") -> None:
        """Make one step, the partner's too; see `Optimizer.step`."""
        xs = check_params(params)
        dxs = check_grads(grads, params, xs)
        keys = self.matrix_keys(params)
        if len(keys) == len(xs):
            return super().step(params, grads, nonfinite=nonfinite)
        matrices, rest = {key: xs[key] for key in keys}, {key: x for key, x in xs.items() if key not in keys}
        self._check(matrices, dxs, nonfinite)
        if nonfinite == "skip" and find_nonfinite(dxs):
            return
        if matrices:
            self.partner.step(rest, {key: dxs[key] for key in rest}, nonfinite="allow")
        else:
            self.partner.step(params, grads, nonfinite="allow")
        super().step(matrices, {key: dxs[key] for key in matrices}, nonfinite="allow")

    def _check(self, xs: dict[Any, np.ndarray], dxs: dict[Any, np.ndarray], nonfinite: str) -> None:
        """Raise any error that the step on the matrices would raise, before the partner has moved."""
        self.check_options(nonfinite)
        layout, hyper = layout_of(xs, xs), self.settings()
        check_layout(layout, self._layout or layout, "params")
        check_broadcast({name: h for name, h in hyper.items() if isinstance(h, np.ndarray)}, xs)
        for dtype in {x.dtype for x in xs.values()}:
            cast_hyper(hyper, dtype, self.domains)
        if nonfinite == "raise" and (where := find_nonfinite(dxs)):
            raise ValueError(f'{where}; nonfinite="skip" leaves such a step out, "allow" lets it through')

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of both states: m of the matrices, and the partner's; see `Optimizer.state_dict`."""
        return {**super().state_dict(), "partner": self.partner.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a state that `state_dict` returned; see `Optimizer.load_state_dict`."""
        load_with("partner", self, state)

    def clone(self) -> Self:
        """Return an optimizer with the same settings and a cloned partner; neither has a state."""
        new = copy.copy(self)
        new.partner = self.partner.clone()
        return Optimizer.clone(new)

    def __repr__(self) -> str:
        matrices = "" if self.matrices is None else f", matrices={self.matrices!r}"
        return f"{super().__repr__().removesuffix(')')}, partner={self.partner!r}{matrices})"
