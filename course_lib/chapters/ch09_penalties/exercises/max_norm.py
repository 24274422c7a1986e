"""Max-norm: a limit on the weights that lead into a unit."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    def case(rows: int, c: float) -> Case:
        return Case.one(f"{rows} inputs", W=2 * rng.standard_normal((rows, 3)), c=c)

    first = Case.one("a long unit and a short one", W=np.array([[3.0, 0.3], [4.0, 0.4]]), c=1.0)
    return [first, case(4, 1.0), case(5, 2.0), case(6, 3.0), case(7, 0.5), case(8, 2.5)]


max_norm = Exercise(
    name="max_norm",
    page="09_penalties",
    number=4,
    title="Max-norm",
    prompt=(
        "`W` has a row for each input and a column for each unit. Where the norm (the root of the sum of squares) of a"
        " column is above `c`, scale that column so that it is `c`. Leave the others alone. Return a new array."
    ),
    source="""\
def max_norm(W, c):
    norms = np.sqrt((W**2).sum(axis=0, keepdims=True))
    return W * np.minimum(1, c / norms)
""",
    returns=("W",),
    cases=cases,
    hints=(
        "First the norms, one for each column: which axis is summed over?",
        "`keepdims=True` lets the norms fit beside `W`.",
        "The factor is c/norm for long columns and 1 for the others: the smaller of the two.",
    ),
    asks={
        "W": "which entries of `W` should share one norm, and which columns should change?",
        "c": "what should a column be scaled by if it is longer than `c`?",
    },
    limits={"c": (0, None)},
    explanation=(
        "The factor is min(1, c/norm), one for each unit, so the direction of a unit's weights is kept. It is the step"
        " to the nearest weights within the limit."
    ),
    after="In the library it is `MaxNorm(c).prox(W, step)`, whatever the step, after every step of the optimizer.",
    accepts={
        "with the library's maximum": """\
def max_norm(W, c):
    norms = np.linalg.norm(W, axis=0)
    return W * c / np.maximum(norms, c)
""",
        "by cases": """\
def max_norm(W, c):
    norms = np.sqrt(np.sum(W * W, axis=0))
    return np.where(norms > c, W * (c / norms), W)
""",
        "float32": """\
def max_norm(W, c):
    norms = np.sqrt((W**2).sum(axis=0, keepdims=True))
    return np.asarray(W * np.minimum(1, c / norms), dtype=np.float32)
""",
    },
    mutants=(
        Mutant(
            "rows",
            "axis=0",
            "axis=1",
            (
                "You limit rows, what one input sends out. The limit is on what goes into a unit: a column of (n_in, "
                "n_out)."
            ),
        ),
        Mutant(
            "the whole matrix",
            "axis=0, keepdims=True",
            "keepdims=True",
            "You limit the whole matrix together. Each unit has a limit of its own.",
        ),
        Mutant(
            "no root",
            "np.sqrt((W**2).sum(axis=0, keepdims=True))",
            "(W**2).sum(axis=0, keepdims=True)",
            "That is the squared length: take the root.",
        ),
        Mutant(
            "always to c",
            "np.minimum(1, c / norms)",
            "(c / norms)",
            "You bring every unit to length c, short ones too. The limit only cuts.",
        ),
        Mutant(
            "clipped",
            "W * np.minimum(1, c / norms)",
            "np.clip(W, -c, c)",
            (
                "You clip single weights. The limit is on the length of a unit's weights together, and keeps their "
                "direction."
            ),
        ),
        Mutant(
            "sum of sizes",
            "np.sqrt((W**2).sum(axis=0, keepdims=True))",
            "np.abs(W).sum(axis=0, keepdims=True)",
            "That is the L1 length. Max-norm limits the L2 length.",
        ),
        Mutant(
            "the wrong way",
            "np.minimum(1, c / norms)",
            "np.maximum(1, c / norms)",
            "With a maximum short units are stretched and long ones left.",
        ),
        Mutant(
            "largest weight",
            "np.sqrt((W**2).sum(axis=0, keepdims=True))",
            "np.abs(W).max(axis=0, keepdims=True)",
            "You measure a unit by its largest weight; its length is the root of the sum of squares.",
        ),
        Mutant(
            "in place",
            "return W * np.minimum(1, c / norms)",
            "W *= np.minimum(1, c / norms)\n    return W",
            "The numbers are right, but the caller's array `W` is changed: make a new one.",
        ),
    ),
)
