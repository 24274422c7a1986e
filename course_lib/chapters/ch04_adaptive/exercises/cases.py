"""What the update rules of chapter 4 share: gradients of all sizes, and the mistakes of any such step."""

from collections.abc import Iterable, Mapping

import numpy as np

from course_lib.exercises import Case, Mutant

STEPS = 4
SIZES = {  # label: the size of each coordinate's gradients
    "a single number": np.array(1.0),
    "three numbers": np.ones(3),
    "a matrix": np.ones((2, 2)),
    "steep and flat": np.array([100.0, 1.0, 0.01]),
    "gradients of 1e-4": np.full(3, 1e-4),
    "gradients of 1e-6": np.full(3, 1e-6),
    "no gradient at first": np.ones(2),
    "float32": np.ones(3, dtype=np.float32),
}


def from_rest(
    rng: np.random.Generator,
    state: Iterable[str],
    usual: Mapping[str, float],
    others: Mapping[str, Mapping[str, float]],
    *,
    clock: bool = False,
) -> list[Case]:
    """Return cases of four steps from rest: all sizes at the usual setting, then other settings.

    Args:
        rng: draws the gradients.
        state: names of the arrays that the rule keeps beside x; they start at 0.
        usual: the setting of the first cases.
        others: what is different in further cases, by their label.
        clock: whether each call also gets `t`, the step's number, from 1.
    """

    def case(label: str, size: np.ndarray, setting: Mapping[str, float]) -> Case:
        start = {"x": np.full_like(size, 2.0)} | {name: np.zeros_like(size) for name in state}
        gradients = size * rng.standard_normal((STEPS, *size.shape)).round(3).astype(size.dtype)
        if label == "a single number":
            gradients = rng.uniform(1, 3, STEPS).round(1)  # can be checked by hand
        elif label == "no gradient at first":
            gradients[:2] = 0
        calls = [{"dx": np.asarray(dx), **setting} for dx in gradients]
        if clock:
            calls = [call | {"t": t} for t, call in enumerate(calls, start=1)]
        return Case(label, start, tuple(calls))

    cases = [case(label, size, usual) for label, size in SIZES.items()]
    return cases + [case(label, np.ones(3), {**usual, **setting}) for label, setting in others.items()]


def of_the_step(step: str, root: str) -> tuple[Mutant, ...]:
    """Return the mistakes in a last line of the form x = x − lr · … / (root + ε).

    Args:
        step: what is divided, as in the solution, "lr * dx".
        root: the root's name in the sentences, "√s".
    """
    square = f"np.sqrt({'v_hat' if 'v' in root else 's'})"
    whole = f"{step} / ({square} + eps)"
    return (
        Mutant(
            "eps inside",
            f"{square} + eps",
            f"{square[:-1]} + eps)",
            "Your ε is inside the root. There it acts like √ε, ten thousand times as large at ε = 1e-8, and freezes "
            "coordinates with tiny gradients: add it to the root.",
        ),
        Mutant(
            "eps hard-coded",
            f"{square} + eps",
            f"{square} + 1e-8",
            "You use a number of your own for ε. It is an argument: other values of it are tried as well.",
        ),
        Mutant(
            "no eps",
            f"({square} + eps)",
            square,
            f"ε is missing: where the gradient has been 0 so far, you divide 0 by 0. Add it to {root}.",
        ),
        Mutant(
            "eps outside the bracket",
            whole,
            f"{step.partition(' * ')[0]} * ({step.partition(' * ')[2]} / {square} + eps)",
            f"A bracket is misplaced: you add ε to the quotient. It belongs to the divisor, {root} + ε.",
        ),
        Mutant("no root", square, square[8:-1], "The root is missing: the step would depend on the gradient's unit."),
        Mutant("rate forgotten", whole, whole.removeprefix("lr * "), "The rate `lr` is missing in the step."),
        Mutant(
            "uphill",
            "x = x - lr",
            "x = x + lr",
            "Your step goes uphill: the gradient points up, and `x` moves along it.",
        ),
        Mutant(
            "the step, not the point",
            f"x = x - {whole}",
            f"x = {whole}",
            "You return the step. The new point is asked for: the old `x` minus the step.",
        ),
        Mutant(
            "minus the step",
            f"x = x - {whole}",
            f"x = -{whole}",
            "You return the step alone, with its sign. The new point is the old `x` plus that.",
        ),
        Mutant(
            "no bracket",
            f"({square} + eps)",
            f"{square} + eps",
            f"The brackets around the divisor are missing, so ε is added to the new point: write / ({root} + ε).",
        ),
        Mutant(
            "x in place",
            "x = x - lr",
            "x -= lr",
            "The numbers are right, but the array `x` that the caller handed you is changed: an operator like `-=`, or "
            "`x[...] =`, writes into it. Make a new one: `x = x - ...`.",
        ),
    )
