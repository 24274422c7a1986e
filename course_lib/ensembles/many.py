"""Many small networks trained at once: every step is one batched step of all of them.

A small network spends most of its time outside the matrix products: on calls, checks and temporary arrays. K of
them, stacked, pay for that once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..nn.evaluation import Loss, accuracy
from ..nn.history import COLUMNS, History, format_epoch
from ..nn.losses import softmax_cross_entropy
from ..nn.network import Sequential
from ..nn.noise import Noise
from ..nn.penalties import L2, MaxNorm, Penalty
from ..nn.steps import Diverged
from ..nn.training import check_first_rows, read_data
from ..optim.optimizer import Optimizer
from ..optim.trees import has_nonfinite
from ..progress import progress_bar
from ..validation import check_count, check_rng
from .stacked import StackedNetworks


def fit_many(
    nets: Sequence[Sequential],
    data: Any,
    optimizer: Optimizer,
    *,
    epochs: int,
    batch: int = 50,
    rngs: Sequence[np.random.Generator],
    rows: np.ndarray | None = None,
    loss: Loss = softmax_cross_entropy,
    penalty: Penalty | Sequence[Penalty] | None = None,
    diverged: str = "raise",
    progress: bool = False,
) -> list[History]:
    """Train K small networks at once, in place: each as `fit` would train it alone, bit for bit.

    θ[k] ← step with ∇L(θ[k], minibatch k), for all k together

    Every member shuffles with its own generator. Settings of the optimizer may differ: an array of shape (K, 1), one
    row for each member. They are rounded to the type of the weights first, so in float32 the last digit may differ
    from a run alone where a method computes with them (Adam's α/(1 − β₁ᵗ)); SGD, Momentum and Nesterov only multiply
    by them.

    A member that becomes nan or infinite is restored to its best epoch, and stops; the others are not affected.

    Args:
        nets: networks of one architecture, as for `StackedNetworks`; they are trained.
        data: has x_train, shape (N, F), and y_train, x_val and y_val, as for `fit`; the same for all members.
        optimizer: an elementwise method, such as Momentum or Adam. Its state has shape (K, P).
        epochs: passes through the training set, ≥ 1.
        batch: rows of each member's minibatch.
        rngs: K generators, such as `rng.spawn(K)`: member k shuffles with the k-th.
        rows: the row numbers of each member's own training set, integers of shape (K, n); for bagging,
            `[bootstrap(N, rng).rows for rng in rngs]`. None: all rows.
        loss: a function (scores, y) → (mean loss, gradient). Softmax cross-entropy is computed for all at once;
            any other one member by member.
        penalty: one, or a list of K: L2(1e-3), say. L2 is computed for all at once.
        diverged: what to do at the end if a member has diverged: "raise", or "keep" to return the histories.
        progress: shows a bar where tqdm is installed.

    Returns:
        The histories, one for each member.

    Raises:
        Diverged: some members became nan or infinite; the message names them, and `history` is the list of
            histories. The others have been trained to the end.

    >>> from course_lib.data import load_digits
    >>> from course_lib.nn import Dense, ReLU
    >>> from course_lib.optim import Momentum
    >>> rng = np.random.default_rng(0)
    >>> nets = [Sequential(Dense(64, 16, rng=rng), ReLU(), Dense(16, 10, rng=rng)) for _ in range(8)]
    >>> rates = np.geomspace(0.05, 0.2, 8)[:, None]
    >>> histories = fit_many(nets, load_digits(rng), Momentum(rates), epochs=3, rngs=rng.spawn(8))
    >>> all(history.val_accuracy[-1] > 0.8 for history in histories)
    True
    """
    many = StackedNetworks(nets)
    K, epochs, batch = len(nets), check_count("epochs", epochs), check_count("batch", batch)
    x, y, val = read_data(data, 1)
    if x.ndim != 2:
        raise ValueError(f"data.x_train must have shape (N, F), one row for each example, not {x.shape}")
    check_first_rows(many.nets[0], x, y, val, loss, "loss")
    _check_optimizer(optimizer, many.params.shape)
    rngs, rows = _check_rngs(rngs, many.nets), _check_rows(rows, K, len(x))
    n = rows.shape[1]
    if batch > n:
        raise ValueError(f"batch must be at most the {n} rows of a member's training set, not {batch}")
    if diverged not in ("raise", "keep"):
        raise ValueError(f'diverged must be "raise" or "keep", not {diverged!r}')
    costs, steps = _Penalties(penalty, many), math.ceil(n / batch)
    kept, best, best_value = many.params.copy(), np.zeros(K, int), np.full(K, math.inf)
    alive, fell, logs = np.ones(K, bool), dict[int, int](), [[] for _ in nets]

    def rest(broken: np.ndarray, step: int) -> None:
        """Take diverged members out: with weights of zero they run on, and do no harm."""
        fell.update((int(k), step) for k in np.flatnonzero(alive & broken))
        alive[broken] = False
        many.params[~alive] = many.grads[~alive] = 0

    with (
        np.errstate(over="ignore", invalid="ignore", divide="ignore"),
        progress_bar(progress, epochs * steps, "step") as bar,
    ):
        try:
            for epoch in range(1, epochs + 1):
                rates = np.broadcast_to(optimizer.settings()["lr"], (K, 1))[:, 0]
                order = np.stack([own[rng.permutation(n)] for own, rng in zip(rows, rngs, strict=True)])
                seen = np.zeros((3, K))
                for i in range(steps):
                    step, taken = (epoch - 1) * steps + i + 1, order[:, i * batch : (i + 1) * batch]
                    scores = many.forward(x.take(taken, axis=0), train=True)
                    value, dscores, right = _losses(loss, scores, y[taken])
                    many.backward(dscores)
                    price = costs.add()
                    if has_nonfinite(scores) or has_nonfinite(value) or has_nonfinite(many.grads):
                        rest(_broken(scores) | _broken(value) | _broken(many.grads), step)
                    optimizer.step(many.params, many.grads)
                    seen += taken.shape[1] * np.array([value + price, price, right])
                    bar.update()
                tested = np.full((2, K), math.nan) if val is None else _test(many, *val, loss)
                rest(_broken(many.params) | (val is not None) & ~np.isfinite(tested[0]), step)
                table = np.vstack([seen / n, tested, rates])
                for k in np.flatnonzero(alive):
                    logs[k].append(table[:, k])
                value = table[COLUMNS.index("loss" if val is None else "val_loss")]
                better = alive & ((value < best_value) | (best == 0))
                kept[better], best[better], best_value[better] = many.params[better], epoch, value[better]
                if not alive.any():
                    break
                bar.set_postfix(format_epoch(tuple(table[:, alive].mean(axis=1))))
        finally:
            many.params[~alive] = kept[~alive]
            many.unstack()

    columns = (np.reshape(log, (len(log), len(COLUMNS))).T for log in logs)
    why = [f"diverged at step {fell[k]}" if k in fell else "all epochs done" for k in range(K)]
    histories = [History(*c, best=int(best[k]), stopped=why[k]) for k, c in enumerate(columns)]
    if diverged == "raise" and fell:
        names = ", ".join(f"member {k} {why[k]}" for k in fell)
        raise Diverged(f"{names}: back at the best epoch; the others are trained", histories, min(fell.values()))
    return histories


def _losses(loss: Loss, scores: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each member's loss, shape (K,), the gradients, (K, N, C), and the shares of right labels, (K,)."""
    K, n, _ = scores.shape
    if loss is not softmax_cross_entropy or y.ndim != 2 or y.dtype.kind not in "iu":
        value, dscores = zip(*map(loss, scores, y), strict=True)
        return np.array(value, float), np.stack(dscores), np.array([*map(accuracy, scores, y)], float)
    scores, y, each = scores.reshape(K * n, -1), y.ravel(), np.arange(K * n)  # from here on as for one batch of K·N
    likeliest = scores.argmax(axis=1)
    shifted = scores - scores[each, likeliest][:, None]
    p = np.exp(shifted)
    sums = p.sum(axis=1, keepdims=True)
    p /= sums
    value = (np.log(sums[:, 0]) - shifted[each, y]).reshape(K, n).mean(axis=1)
    p[each, y] -= 1
    p /= n
    return value.astype(float), p.reshape(K, n, -1), np.count_nonzero((likeliest == y).reshape(K, n), axis=1) / n


def _test(many: StackedNetworks, x: np.ndarray, y: np.ndarray, loss: Loss, batch: int = 500) -> np.ndarray:
    """Return each member's loss and accuracy in test mode, shape (2, K), as `evaluate` does for one."""
    total = np.zeros((2, len(many.nets)))
    for start in range(0, len(x), batch):
        some = slice(start, start + batch)
        labels = np.broadcast_to(y[some], (len(many.nets), *y[some].shape))
        value, _, right = _losses(loss, many.forward(x[some]), labels)
        total += len(x[some]) * np.array([value, right])
    return total / len(x)


class _Penalties:
    """The penalty of each member; `add` returns it, shape (K,), and adds its gradient to that of the loss."""

    def __init__(self, penalty: Any, many: StackedNetworks) -> None:
        K = len(many.nets)
        each = list(penalty) if isinstance(penalty, list | tuple) else [penalty] * K
        if len(each) != K:
            raise ValueError(f"penalty must be one, or {K}, one for each member, not {len(each)}")
        for k, one in enumerate(each if penalty is not None else []):
            if not all(callable(getattr(one, name, None)) for name in ("value", "grad", "prox")):
                raise TypeError(f"penalty must have value, grad and prox, such as L2(1e-3); member {k} has {one!r}")
            if isinstance(one, MaxNorm):
                raise ValueError(f"{one!r} is a limit and needs a proximal step, which only nn.fit makes")
        self.weights, self.each = many.weights if penalty is not None else [], each
        self.l2 = np.array([one.strength for one in each]) if all(type(one) is L2 for one in each) else None

    def add(self) -> np.ndarray:
        price = np.zeros(len(self.each))
        for W, dW in self.weights:
            if self.l2 is None:
                price += [one.value(w) for one, w in zip(self.each, W, strict=True)]
                for one, w, dw in zip(self.each, W, dW, strict=True):
                    dw += one.grad(w)
            else:
                price += 0.5 * self.l2 * np.square(W).reshape(len(W), -1).sum(axis=1).astype(float)
                dW += self.l2.astype(W.dtype)[:, None, None] * W
        return price


def _broken(values: np.ndarray) -> np.ndarray:
    """Check each member for nan and inf, shape (K,)."""
    return ~np.isfinite(values.reshape(len(values), -1)).all(axis=1)


def _check_optimizer(optimizer: Any, shape: tuple[int, int]) -> None:
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer must be an optimizer such as Momentum(0.1), not {optimizer!r}")
    if not optimizer.elementwise or optimizer.tests_others:
        raise TypeError(
            f"optimizer must work element by element and test with the weights that it trains, and "
            f"{type(optimizer).__name__} does not: use train_members"
        )
    for name, value in optimizer.settings().items():
        if np.shape(value) not in ((), (1, 1), (shape[0], 1)):
            raise ValueError(f"{name} must be a number or an array of shape ({shape[0]}, 1), not {np.shape(value)}")
    parts = [optimizer.lr]
    for rate in parts:
        parts += [part for name in ("first", "second", "schedule") if (part := getattr(rate, name, None)) is not None]
        if callable(getattr(rate, "observe", None)):
            raise TypeError(
                f"{type(rate).__name__} follows the loss of one network, and there are many: use train_members"
            )


def _check_rngs(rngs: Any, nets: list[Sequential]) -> list[np.random.Generator]:
    """Return K generators, none of them shared: otherwise no run would equal that of a single network."""
    if isinstance(rngs, np.random.Generator) or not isinstance(rngs, Sequence) or len(rngs) != len(nets):
        raise ValueError(f"rngs must be a list of {len(nets)} generators such as rng.spawn({len(nets)}), not {rngs!r}")
    owner: dict[int, int] = {}
    for k, (rng, net) in enumerate(zip(rngs, nets, strict=True)):
        own = [layer.rng for layer in net.layers if isinstance(layer, Noise)]
        for generator in (check_rng(f"rngs[{k}]", rng), *own):
            if owner.setdefault(id(generator.bit_generator), k) != k:
                raise ValueError(
                    f"member {k} shares a generator with member {owner[id(generator.bit_generator)]}: give each its "
                    f"own, from rng.spawn({len(nets)})"
                )
    return list(rngs)


def _check_rows(rows: Any, K: int, n: int) -> np.ndarray:
    rows = np.broadcast_to(np.arange(n), (K, n)) if rows is None else np.asarray(rows)
    if rows.ndim != 2 or len(rows) != K or not rows.size or rows.dtype.kind not in "iu":
        raise ValueError(f"rows must be integers of shape ({K}, n), not {rows.dtype} of shape {rows.shape}")
    if rows.min() < 0 or rows.max() >= n:
        raise ValueError(f"rows must lie in 0 … {n - 1}, not {rows.min()} … {rows.max()}")
    return rows
