"""Combine an ensemble: its members' predictions side by side, and their averages and votes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..nn.layers import Layer
from ..nn.losses import softmax

Member = Layer | Callable[[np.ndarray], np.ndarray]
Members = Sequence[Member] | Mapping[Any, Member]
Predictions = np.ndarray | Sequence[np.ndarray]


def predict_members(members: Members, x: np.ndarray, *, nonfinite: str = "raise") -> np.ndarray:
    """Compute every member's probabilities.

    p[m, n, k] = P(class k | xₙ, member m)

    Args:
        members: networks, whose scores go through the softmax, or functions x → probabilities of shape (N, C), such
            as scikit-learn's `model.predict_proba`. A list, or a dict, whose keys errors name.
        x: a batch, shape (N, …).
        nonfinite: what to do with a member that returns nan or inf: "raise" a ValueError that names it, or "skip"
            it, so that p has one member less.

    Returns:
        p, shape (M, N, C).

    >>> sure, unsure = (lambda x: np.array([[1.0, 0.0]])), (lambda x: np.array([[0.5, 0.5]]))
    >>> mean_probability(predict_members([sure, unsure], np.zeros((1, 3))))
    array([[0.75, 0.25]])

    Source: Hansen and Salamon, Neural network ensembles, 1990.
    """

    def probabilities(name: str, member: Member) -> np.ndarray:
        return softmax(member.forward(x)) if isinstance(member, Layer) else member(x)

    names, p = _evaluate(members, probabilities)
    return stack(p, nonfinite, names, probabilities=True)


def score_members(members: Members, x: np.ndarray, *, nonfinite: str = "raise") -> np.ndarray:
    """Compute every network's scores, the logits, for `mean_logit`.

    Args:
        members: networks, a list or a dict.
        x: a batch, shape (N, …).
        nonfinite: as in `predict_members`.

    Returns:
        s, shape (M, N, C).

    >>> from course_lib.nn import Dense
    >>> nets = [Dense(3, 2, rng=np.random.default_rng(seed)) for seed in range(4)]
    >>> score_members(nets, np.ones((5, 3))).shape
    (4, 5, 2)
    """

    def scores(name: str, member: Member) -> np.ndarray:
        if not isinstance(member, Layer):
            raise TypeError(f"{name} must be a network, which has scores, not {member!r}")
        return member.forward(x)

    names, s = _evaluate(members, scores)
    return stack(s, nonfinite, names)


def mean_probability(p: Predictions, *, nonfinite: str = "raise") -> np.ndarray:
    """Average the members' probabilities: soft voting.

    p̄ = (1/M) Σₘ pₘ

    Its NLL and its Brier score are never worse than the members' mean, since both are convex in p.

    Args:
        p: probabilities, shape (M, N, C), or a list of M arrays.
        nonfinite: "raise" or "skip" a member that holds nan or inf.

    Returns:
        p̄, shape (N, C).

    >>> mean_probability([np.array([[0.9, 0.1]]), np.array([[0.4, 0.6]])])
    array([[0.65, 0.35]])

    Source: Lakshminarayanan, Pritzel and Blundell, Simple and scalable predictive uncertainty estimation using deep
    ensembles, 2017.
    """
    return stack(p, nonfinite, probabilities=True).mean(axis=0)


def mean_logit(s: Predictions, *, nonfinite: str = "raise") -> np.ndarray:
    """Average the members' scores, and take the softmax of the average.

    p̄ = softmax((1/M) Σₘ sₘ) ∝ (Πₘ pₘ)^(1/M)

    This is the geometric mean of the probabilities: a member that gives a class almost no probability can veto it.

    Args:
        s: scores before the softmax, shape (M, N, C), or a list of M arrays; log p has the same result.
        nonfinite: "raise" or "skip" a member that holds nan or inf.

    Returns:
        p̄, shape (N, C).

    >>> mean_logit([np.array([[2.0, 0.0]]), np.array([[0.0, 2.0]])])
    array([[0.5, 0.5]])

    Source: Hinton, Training products of experts by minimizing contrastive divergence, 2002.
    """
    return softmax(stack(s, nonfinite).mean(axis=0))


def majority_vote(p: Predictions, *, nonfinite: str = "raise") -> np.ndarray:
    """Return the class that most members predict: hard voting.

    ŷ = argmaxₖ #{m : argmaxⱼ pₘⱼ = k}

    In a tie the first of these classes wins, as in scikit-learn.

    Args:
        p: probabilities or scores, shape (M, N, C), or a list of M arrays.
        nonfinite: "raise" or "skip" a member that holds nan or inf.

    Returns:
        ŷ, the labels, integers of shape (N,).

    >>> majority_vote([np.array([[0.9, 0.1]]), np.array([[0.4, 0.6]]), np.array([[0.4, 0.6]])])
    array([1])

    Source: Hansen and Salamon, Neural network ensembles, 1990.
    """
    p = stack(p, nonfinite)
    votes = p.argmax(axis=2)[:, :, None] == np.arange(p.shape[2])
    return votes.sum(axis=0).argmax(axis=1)


def stack(
    p: Predictions, nonfinite: str = "raise", names: Sequence[str] | None = None, *, probabilities: bool = False
) -> np.ndarray:
    """Stack members' predictions, each of shape (N, C), to (M, N, C); an error names a member that does not fit."""
    if nonfinite not in ("raise", "skip"):
        raise ValueError(f'nonfinite must be "raise" or "skip", not {nonfinite!r}')
    if isinstance(p, np.ndarray) and p.ndim != 3:
        raise ValueError(f"predictions must have shape (members, rows, classes), not {p.shape}")
    if not len(p):
        raise ValueError("the ensemble is empty: it needs at least one member")
    kept, arrays = [], [np.asarray(a) for a in p]
    names = [f"member {m}" for m in range(len(p))] if names is None else names
    for name, a in zip(names, arrays, strict=True):
        if a.dtype.kind != "f":
            raise TypeError(f"{name} must return floats, one for each row and class, not {a.dtype}")
        if a.ndim != 2 or not a.size:
            raise ValueError(f"{name} must return an array of shape (rows, classes), not {a.shape}")
        if a.shape != arrays[0].shape:
            (rows, classes), (first_rows, first_classes) = a.shape, arrays[0].shape
            raise ValueError(
                f"{name} returns {rows} rows and {classes} classes, but {names[0]} {first_rows} and {first_classes}"
            )
        if not np.isfinite(a).all():
            row, k = np.argwhere(~np.isfinite(a))[0]
            sentence = f"{name} returns {a[row, k]} at row {row}, class {k}"
            if nonfinite == "raise":
                raise ValueError(f'{sentence}: leave it out with nonfinite="skip"')
            continue
        if probabilities:
            check_probabilities(name, a)
        kept.append(a)
    if not kept:
        raise ValueError(f"no member is left, each returns nan or inf: {sentence}")
    return np.stack(kept)


def check_probabilities(name: str, p: np.ndarray) -> None:
    """Raise ValueError unless every row of p is at least 0 and sums to 1."""
    off = (p < 0).any(axis=1) | (np.abs(p.sum(axis=1, dtype=np.float64) - 1) > 1e-3)  # in float16 1 ± 5e-4
    if off.any():
        row = int(np.argmax(off))
        raise ValueError(
            f"{name} has {p[row]} at row {row}, which are no probabilities: these are at least 0 and sum to 1 "
            f"(for scores, softmax(scores))"
        )


def _evaluate(members: Members, function: Callable[[str, Member], np.ndarray]) -> tuple[list[str], list[np.ndarray]]:
    """Evaluate a function (name, member) member by member; return the names and the values."""
    if isinstance(members, Layer) or not isinstance(members, Sequence | Mapping) or isinstance(members, str):
        raise TypeError(f"members must be a list or a dict of networks or functions, not {members!r}")
    keys = members.keys() if isinstance(members, Mapping) else range(len(members))
    by_name = {f"member {key!r}": members[key] for key in keys}
    values = []
    for name, member in by_name.items():
        if not isinstance(member, Layer) and (isinstance(member, type) or not callable(member)):
            raise TypeError(f"{name} must be a network or a function x → probabilities, not {member!r}")
        try:
            with np.errstate(invalid="ignore", over="ignore"):  # `stack` reports nan and inf
                values.append(function(name, member))
        except Exception as error:
            error.add_note(f"in {name}")
            raise
    return list(by_name), values
