"""The directions that lead up and down from a stationary point."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    five, four = rng.standard_normal((5, 5)), rng.standard_normal((4, 4))
    return [
        Case.one("a saddle", H=np.diag([1.0, -2.0])),
        Case.one("a saddle with a positive diagonal", H=np.array([[1.0, 3.0], [3.0, 1.0]])),
        Case.one("a valley floor", H=np.diag([2.0, 0.0, 1.0])),
        Case.one("a top", H=-np.eye(3)),
        Case.one("two up, one down", H=np.diag([3.0, 2.0, -1.0])),
        Case.one("one up, two down", H=np.diag([2.0, -2.0, -1.0])),
        Case.one("random", H=five + five.T),
        Case.one("random, lifted", H=four + four.T + 5 * np.eye(4)),
        Case.one("float32", H=(five + five.T).astype(np.float32)),
    ]


directions = Exercise(
    name="directions",
    page="02_sgd",
    number=3,
    title="Which way is down?",
    prompt=(
        "At a stationary point of a loss you are given the Hessian `H`, a symmetric matrix. Return two whole numbers: "
        "along how many eigenvectors the loss curves up, and along how many it curves down. A curvature of "
        "exactly 0 counts "
        "as neither."
    ),
    source="""\
def directions(H):
    curvatures = np.linalg.eigvalsh(H)
    up = np.sum(curvatures > 0)
    down = np.sum(curvatures < 0)
    return up, down
""",
    returns=("up", "down"),
    cases=cases,
    hints=(
        "The curvature along an eigenvector of the Hessian is its eigenvalue.",
        "NumPy's `eigvalsh`, in `np.linalg`, returns the eigenvalues of a symmetric matrix. What does their sign say?",
        "Count those above 0, and those below 0: `np.sum(values > 0)` counts.",
    ),
    asks={
        "H": "which numbers of `H` should be counted, and which should not?",
    },
    explanation=(
        "The eigenvalues are the curvatures along the eigenvectors. All positive: a minimum; all negative: a "
        "maximum; some "
        "of each: a saddle. Where some are zero, the Hessian alone does not decide."
    ),
    after="Count the directions of a network's Hessian with it: `course_lib.nn.hessian` computes one.",
    accepts={
        "eigvals": (
            "def directions(H):\n"
            "    curvatures = np.linalg.eigvals(H).real\n"
            "    return len([c for c in curvatures if c > 0]), len([c for c in curvatures if c < 0])\n"
        ),
        "eigh": (
            "def directions(H):\n"
            "    values, vectors = np.linalg.eigh(H)\n"
            "    return np.count_nonzero(values > 0), np.count_nonzero(values < 0)\n"
        ),
        "float32": (
            "def directions(H):\n"
            "    signs = np.sign(np.linalg.eigvalsh(np.asarray(H, dtype=np.float32)))\n"
            "    return int(np.sum(signs == 1)), int(np.sum(signs == -1))\n"
        ),
    },
    mutants=(
        Mutant(
            "diagonal",
            "np.linalg.eigvalsh(H)",
            "np.diag(H)",
            "The diagonal holds the curvatures along the axes only: [[1, 3], [3, 1]] is a saddle with a "
            "positive diagonal. "
            "Take the eigenvalues.",
        ),
        Mutant(
            "singular values",
            "np.linalg.eigvalsh(H)",
            "np.linalg.svd(H, compute_uv=False)",
            "Singular values have no sign, so every saddle looks like a minimum. Take the eigenvalues.",
        ),
        Mutant(
            "entries of the matrix",
            "np.linalg.eigvalsh(H)",
            "H",
            "You count positive and negative entries of the matrix. The curvatures are its eigenvalues.",
        ),
        Mutant(
            "zero is up",
            "curvatures > 0",
            "curvatures >= 0",
            "You count a curvature of 0 as up. It is neither up nor down.",
        ),
        Mutant(
            "the rest is down",
            "down = np.sum(curvatures < 0)",
            "down = len(curvatures) - up",
            "You count all that is not up as down. A curvature of 0 is neither.",
        ),
        Mutant(
            "all or nothing",
            "up = np.sum(curvatures > 0)\n    down = np.sum(curvatures < 0)",
            "up = len(curvatures) * np.all(curvatures > 0)\n    down = len(curvatures) * np.all(curvatures < 0)",
            "You ask whether all curvatures have one sign. Count the directions, for mostly they disagree.",
        ),
        Mutant(
            "determinant",
            "up = np.sum(curvatures > 0)\n    down = np.sum(curvatures < 0)",
            "up = len(curvatures) * (np.prod(curvatures) > 0)\n    down = len(curvatures) * (np.prod(curvatures) < 0)",
            "The sign of the determinant, the product of the curvatures, says only whether an even or an odd number of "
            "them is negative.",
        ),
        Mutant(
            "trace",
            "up = np.sum(curvatures > 0)\n    down = np.sum(curvatures < 0)",
            "up = len(curvatures) * (np.sum(curvatures) > 0)\n    down = len(curvatures) * (np.sum(curvatures) < 0)",
            "The trace is the sum of the curvatures. A positive sum may hide negative ones.",
        ),
        Mutant(
            "the lowest decides",
            "up = np.sum(curvatures > 0)\n    down = np.sum(curvatures < 0)",
            "up = len(curvatures) * (np.min(curvatures) > 0)\n    down = len(curvatures) * (np.min(curvatures) < 0)",
            "You let the lowest curvature speak for all. One direction down leaves the others up.",
        ),
        Mutant(
            "swapped", "return up, down", "return down, up", "A positive curvature curves *up*: the order is up, down."
        ),
    ),
)
