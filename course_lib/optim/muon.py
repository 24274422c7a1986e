"""Muon: a step that treats a matrix as a matrix, not as a list of numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..validation import check_bool, check_count
from .bound import Checked
from .optimizer import Optimizer, Rate
from .trees import leaves


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

    Every parameter must be a matrix, or with more axes a batch of matrices; the others (biases, gains, a convolution's
    filters) go to another optimizer, in `Groups`. The authors use Muon on filters as well, flattened to a matrix
    (outputs, all the rest), which this class does not do; embeddings and the last layer, too, they leave to AdamW.

    Args:
        lr: learning rate α ≥ 0: a number or a schedule. 0.02 is usual.
        rho: momentum ρ, 0 ≤ ρ < 1.
        nesterov: use Nesterov momentum.
        weight_decay: λ ≥ 0, decoupled, as in AdamW.
        eps: ε ≥ 0, the least norm of a momentum matrix to divide by.
        match_adamw: False: s = √max(1, outputs/inputs). True: s = 0.2 √max(outputs, inputs), which makes steps as
            large as AdamW's, so that AdamW's α and λ can be used.
        inputs_first: False: matrices are (outputs, inputs), as in torch. True: (inputs, outputs), as in `Dense`.

    >>> from course_lib.optim import AdamW, Groups, by_shape
    >>> w = {"W": np.zeros((2, 2)), "b": np.zeros(2)}
    >>> opt = Groups({"matrices": Muon(0.1), "others": AdamW(3e-4)}, by_shape)
    >>> opt.step(w, {"W": np.diag([1e6, 1e5]), "b": np.ones(2)})
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
    ) -> None:
        switches = {"nesterov": nesterov, "match_adamw": match_adamw, "inputs_first": inputs_first}
        for name, value in switches.items():
            check_bool(name, value)
        super().__init__(
            lr,
            rho=rho,
            nesterov=nesterov,
            weight_decay=weight_decay,
            eps=eps,
            match_adamw=match_adamw,
            inputs_first=inputs_first,
        )

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

    def check(self, params: Any, grads: Any, nonfinite: str = "raise") -> Checked | None:
        """Check a step, and that all parameters are matrices; see `Optimizer.check`."""
        checked = super().check(params, grads, nonfinite)
        for key, x in leaves(params, "params").items():
            if x.ndim < 2:
                name = "params" if key is None else f"params[{key!r}]"
                raise ValueError(
                    f"{name} has shape {x.shape}, but Muon moves matrices: give the others to another optimizer, as in "
                    'Groups({"matrices": Muon(0.02), "others": AdamW(3e-4)}, by_shape)'
                )
        return checked
