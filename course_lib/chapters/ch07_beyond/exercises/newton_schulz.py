"""The Newton–Schulz iteration: all singular values to 1, by products of matrices alone."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant

LOOP = """\
    for _ in range(steps):
        x = 1.5 * x - 0.5 * x @ x.T @ x"""


def cases(rng: np.random.Generator) -> list[Case]:
    def turned(values: list[float], rows: int, columns: int) -> np.ndarray:
        """Return a matrix with these singular values."""
        left, right = (np.linalg.qr(rng.standard_normal((n, n)))[0][:, : len(values)] for n in (rows, columns))
        return (left * values) @ right.T

    return [
        Case.one("a diagonal matrix", g=np.diag([4.0, -3.0]), steps=1),
        Case.one("one step", g=rng.standard_normal((2, 2)).round(1), steps=1),
        Case.one("no step", g=rng.standard_normal((2, 3)), steps=0),
        Case.one("more rows than columns", g=rng.standard_normal((4, 2)), steps=3),
        Case.one("more columns than rows", g=rng.standard_normal((2, 3)), steps=4),
        Case.one("singular values of 3 and 0.3", g=turned([3.0, 0.3], 3, 3), steps=5),
        Case.one("a large matrix", g=1e4 * rng.standard_normal((3, 3)), steps=2),
        Case.one("a small matrix", g=1e-4 * rng.standard_normal((3, 3)), steps=2),
        Case.one("to the end", g=turned([1.0, 0.5], 2, 2), steps=20),
    ]


newton_schulz = Exercise(
    name="newton_schulz",
    page="07_beyond",
    number=3,
    title="Newton–Schulz by hand",
    prompt=(
        "Divide the matrix `g` by its norm, the root of the sum of all its squared entries, so that no singular"
        " value is above 1. Then, `steps` times, replace X by 1.5 X − 0.5 X Xᵀ X. Return the last X, as a new array."
    ),
    source=f"""\
def orthogonalized(g, steps):
    x = g / np.sqrt(np.sum(g * g))
{LOOP}
    return x
""",
    returns=("x",),
    cases=cases,
    hints=(
        "One line before the loop, one in it.",
        "`@` is the product of matrices, `x.T` the transpose. The cube X Xᵀ X has the shape of X.",
        "Each step starts from the X of the last one: all three factors of the cube are that X.",
    ),
    asks={
        "g": "what should `g` be divided by?",
        "steps": "from where should the `steps` start, and what should each do?",
    },
    limits={"steps": (0, None)},
    explanation=(
        "With X = U Σ Vᵀ the cube is U Σ³ Vᵀ, since the inner factors cancel. So a step leaves the directions as"
        " they are, and maps each singular value by itself: s ← 1.5 s − 0.5 s³, which climbs from anywhere in (0, 1]"
        " to 1."
    ),
    after="`course_lib.optim.orthogonalize` has a polynomial of degree 5, which climbs faster, and does not settle"
    " at 1.",
    accepts={
        "with the norm of NumPy": (
            "def orthogonalized(g, steps):\n"
            "    x = g / np.linalg.norm(g)\n"
            "    for _ in range(steps):\n"
            "        x = (3 * x - x @ (x.T @ x)) / 2\n"
            "    return x\n"
        ),
        "the other product": (
            "def orthogonalized(g, steps):\n"
            "    x = np.array(g)\n"
            "    x = x / np.sqrt((x**2).sum())\n"
            "    for _ in range(steps):\n"
            "        a = x @ x.T\n"
            "        x = 1.5 * x - 0.5 * np.matmul(a, x)\n"
            "    return x\n"
        ),
        "float32": (
            "def orthogonalized(g, steps):\n"
            "    x = np.asarray(g / np.linalg.norm(g), dtype=np.float32)\n"
            "    for _ in range(steps):\n"
            "        x = np.float32(1.5) * x - np.float32(0.5) * (x @ x.T @ x)\n"
            "    return x\n"
        ),
    },
    mutants=(
        Mutant(
            "not normalized",
            "g / np.sqrt(np.sum(g * g))",
            "g + 0",
            "You do not divide by the norm. Singular values above √3 explode.",
        ),
        Mutant(
            "by the squared norm",
            "np.sqrt(np.sum(g * g))",
            "np.sum(g * g)",
            "You divide by the squared norm: the root is missing.",
        ),
        Mutant(
            "by the largest entry",
            "np.sqrt(np.sum(g * g))",
            "np.max(np.abs(g))",
            "You divide by the largest entry. Singular values may still be above 1.",
        ),
        Mutant(
            "by the largest singular value",
            "np.sqrt(np.sum(g * g))",
            "np.linalg.norm(g, 2)",
            "You divide by the largest singular value. The norm meant is the root of the sum of all squared entries.",
        ),
        Mutant(
            "entries cubed",
            "x @ x.T @ x",
            "x**3",
            "You cube the entries: `**` and `*` work entry by entry. X Xᵀ X is a product of matrices, `@`.",
        ),
        Mutant(
            "products of entries",
            "x @ x.T @ x",
            "x * x.T * x",
            "You multiply entry by entry: `*` does that, and needs matrices of one shape. X Xᵀ X is a product of"
            " matrices, `@`.",
        ),
        Mutant(
            "added",
            "1.5 * x - 0.5",
            "1.5 * x + 0.5",
            "You add the cube. Singular values then grow beyond 1: it is subtracted.",
        ),
        Mutant(
            "factors exchanged",
            "1.5 * x - 0.5",
            "0.5 * x - 1.5",
            "1.5 and 0.5 are exchanged. At s = 1 the two must leave 1.",
        ),
        Mutant(
            "once",
            LOOP,
            "    x = 1.5 * x - 0.5 * x @ x.T @ x",
            "You make one step, whatever `steps` is.",
        ),
        Mutant("five steps", "range(steps)", "range(5)", "You make five steps, whatever `steps` is."),
        Mutant("one more", "range(steps)", "range(steps + 1)", "You make one step too many."),
        Mutant(
            "the first X in the product",
            LOOP,
            "    a = x @ x.T\n    for _ in range(steps):\n        x = 1.5 * x - 0.5 * a @ x",
            "You compute X Xᵀ once, before the loop. It changes with X.",
        ),
        Mutant("transposed", "return x", "return x.T", "You return the transpose: X has the shape of `g`."),
        Mutant(
            "normalized in the loop",
            "        x = 1.5 * x - 0.5 * x @ x.T @ x",
            "        x = 1.5 * x - 0.5 * x @ x.T @ x\n        x = x / np.sqrt(np.sum(x * x))",
            "You divide by the norm after every step. Once, before the loop, is enough; later it makes X smaller"
            " again.",
        ),
        Mutant(
            "the sign",
            "return x",
            "return np.sign(x)",
            "You return signs of entries. That is Lion's step; here the singular values go to 1.",
        ),
    ),
)
