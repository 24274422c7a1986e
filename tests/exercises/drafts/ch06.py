"""Draft exercises of chapter 6: data that the engine's tests run on."""

# Title, prompt, hints and page are still to be written: they come with the chapter, whose exercises move from here into
# the package. Solution, cases and mistakes are meant as they are. Nothing of this is found by discovery.

from dataclasses import dataclass

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def bowl(rng, n):
    """Return a random matrix with positive curvatures."""
    A = rng.standard_normal((n, n))
    return A @ A.T + n * np.eye(n)


def newton_cases(rng):
    x, g = rng.standard_normal((2, 3))
    y, h = rng.standard_normal((2, 2))
    turned = np.array([[1.0, 0.5], [0.5, 10.0]])
    saddle = np.array([[1.0, 0.3], [0.3, -2.0]])
    return [
        Case.one("a bowl", x=np.array([3.0, 2.0]), g=np.array([3.0, 20.0]), H=turned, damping=0.0),
        Case.one("damped", x=x, g=g, H=bowl(rng, 3), damping=2.0),
        Case.one("gradients of 1e-4", x=0 * x, g=1e-4 * g, H=bowl(rng, 3), damping=0.1),
        Case.one("a saddle", x=y, g=h, H=np.diag([1.0, -2.0]), damping=0.0),
        Case.one("a saddle, damped past it", x=y, g=h, H=saddle, damping=3.0),
    ]


newton = Exercise(
    name="newton",
    title="newton",
    prompt="newton",
    source="""\
def newton_step(x, g, H, damping):
    H = H + damping * np.eye(len(x))
    p = np.linalg.solve(H, -g)
    return x + p
""",
    returns=("x",),
    cases=newton_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "scalar added",
            "damping * np.eye(len(x))",
            "damping",
            "Adding a number to a matrix adds it to *every* entry; damping is λI, on the diagonal.",
        ),
        Mutant("uphill", "solve(H, -g)", "solve(H, g)", "The sign: from ∇f + Hp = 0, p = −H⁻¹∇f."),
        Mutant(
            "times H",
            "np.linalg.solve(H, -g)",
            "-H @ g",
            "You multiply by H: the step grows where the curvature is large. Divide by it: solve.",
        ),
        Mutant(
            "diagonal",
            "np.linalg.solve(H, -g)",
            "-g / np.diag(H)",
            "Only the diagonal: right if the axes are the eigenvectors, wrong for a turned valley.",
        ),
        Mutant("gradient step", "np.linalg.solve(H, -g)", "-g", "That is gradient descent with rate 1."),
        Mutant("damping forgotten", "H + damping * np.eye(len(x))", "H", "The damping is not used."),
        Mutant(
            "damping times H",
            "damping * np.eye(len(x))",
            "damping * np.diag(np.diag(H))",
            "You scale the diagonal (Marquardt's variant); asked is λI.",
        ),
        Mutant("damping subtracted", "H + damping", "H - damping", "Damping is added: it makes curvatures positive."),
        Mutant(
            "divided afterwards",
            "H = H + damping * np.eye(len(x))\n    p = np.linalg.solve(H, -g)",
            "p = np.linalg.solve(H, -g) / (1 + damping)",
            "A shorter Newton step still points at the saddle; damping changes its direction, too.",
        ),
    ),
)


@dataclass(frozen=True)
class Polynomial:
    """The sum of c·aᵏ over the coefficients c, as a function to hand to the reader."""

    coefficients: tuple[float, ...]

    def __call__(self, a):
        return sum(c * a**k for k, c in enumerate(self.coefficients))


def armijo_cases(rng):
    k = float(rng.uniform(3, 9))

    def case(label, phi, slope, a, c1):
        return Case.one(label, phi=Polynomial(phi), slope=slope, a=a, c1=c1)

    return [
        case("a steep bowl", (5.0, -20.0, 20.0), -20.0, 4.0, 0.4),
        case("the first trial is fine", (1.0, -2.0, 1.0), -2.0, 1.0, 1e-4),
        case("lower, but not enough", (1.0, -2.0, 1.0), -2.0, 1.9, 0.3),
        case("a wall", (0.0, -1.0, 0.0, 0.0, 100.0), -1.0, 1.0, 0.1),
        case("random", (1.0, -2 * k, k * k), -2 * k, 1.0, 0.2),
        case("a first trial that rises", (1.0, -4.0, 4.0), -4.0, 1.2, 0.4),
        case("good, though not best", (0.09, -0.6, 1.0), -0.6, 0.55, 0.01),
        case("nearly flat, then up", (2.0, -1.0, 30.0), -1.0, 1.0, 0.6),
    ]


armijo = Exercise(
    name="armijo",
    title="armijo",
    prompt="armijo",
    source="""\
def armijo(phi, slope, a, c1):
    start = phi(0.0)
    for _ in range(40):
        if phi(a) <= start + c1 * a * slope:
            break
        a = a / 2
    return a
""",
    returns=("a",),
    cases=armijo_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "any decrease",
            "start + c1 * a * slope",
            "start",
            (
                "Any decrease will do, you say. Then steps that only just fall are accepted, and the walk may stall; "
                "a fair share of the promised fall is asked."
            ),
        ),
        Mutant(
            "sign",
            "c1 * a * slope",
            "c1 * a * -slope",
            "The slope is negative downhill; with the sign turned you allow the loss to rise.",
        ),
        Mutant("a forgotten", "c1 * a * slope", "c1 * slope", "The promise is slope times the way a."),
        Mutant(
            "c1 forgotten",
            "c1 * a * slope",
            "a * slope",
            "All of the promise is more than a convex loss ever keeps: the loop would go on halving.",
        ),
        Mutant("one halving too many", "    return a", "    return a / 2", "You halve once more after it was good."),
        Mutant(
            "one step behind",
            "phi(a) <= start + c1 * a * slope",
            "phi(a / 2) <= start + c1 * a / 2 * slope",
            "You return the last trial that was refused.",
        ),
        Mutant(
            "wrong factor",
            "a / 2",
            "a / 10",
            "A tenth each time: safe, but it throws away good steps; here it is halved.",
        ),
        Mutant(
            "the lowest on the way",
            "    return a",
            "    return a if phi(a) < phi(a / 2) else a / 2",
            "The first good one is taken; looking for the lowest costs evaluations.",
        ),
    ),
)


def bfgs_cases(rng):
    s, t = rng.standard_normal(3), rng.standard_normal(4)
    return [
        Case.one("two dimensions", H=np.eye(2), s=np.array([1.0, 0.5]), y=np.array([2.0, 3.0])),
        Case.one("from a learned H", H=bowl(rng, 3) / 5, s=s, y=bowl(rng, 3) @ s),
        Case.one("four", H=np.eye(4), s=t, y=bowl(rng, 4) @ t),
        Case.one("steps of 1e-4", H=bowl(rng, 3) / 5, s=1e-4 * s, y=bowl(rng, 3) @ (1e-4 * s)),
    ]


bfgs = Exercise(
    name="bfgs",
    title="bfgs",
    prompt="bfgs",
    source="""\
def bfgs_update(H, s, y):
    rho = 1 / (y @ s)
    V = np.eye(len(s)) - rho * np.outer(s, y)
    return V @ H @ V.T + rho * np.outer(s, s)
""",
    returns=("H",),
    cases=bfgs_cases,
    hints=("a", "b"),
    mutants=(
        Mutant("rho upside down", "1 / (y @ s)", "y @ s", "ρ is 1/(yᵀs)."),
        Mutant(
            "s and y swapped",
            "rho * np.outer(s, y)\n    return V @ H @ V.T + rho * np.outer(s, s)",
            "rho * np.outer(y, s)\n    return V @ H @ V.T + rho * np.outer(y, y)",
            "s and y are exchanged: that updates the Hessian, not its inverse (the secant condition would be H s = y).",
        ),
        Mutant(
            "no last term",
            " + rho * np.outer(s, s)",
            "",
            "Without ρssᵀ nothing new is learned: H y would be 0, and should be s.",
        ),
        Mutant("transposed", "V @ H @ V.T", "V.T @ H @ V", "V and Vᵀ are exchanged: H y = s fails."),
        Mutant("one side", "V @ H @ V.T", "V @ H", "Only one side: H is no longer symmetric."),
        Mutant("plus", "np.eye(len(s)) - rho", "np.eye(len(s)) + rho", "Minus: V removes what H believed along y."),
        Mutant(
            "steepest descent's rho", "1 / (y @ s)", "1 / (s @ s)", "ρ has yᵀs, the curvature that was met, not sᵀs."
        ),
        Mutant("last term by y", "rho * np.outer(s, s)", "rho * np.outer(y, y)", "The last term is the step's, ρssᵀ."),
    ),
)


def two_loops_cases(rng):
    def case(label, g, S, hessian):
        return Case.one(label, g=g, S=S, Y=S @ hessian)

    return [
        case("one pair", np.array([4.0, 1.0]), np.array([[1.0, 0.5]]), np.diag([4.0, 1.0])),
        case("three pairs", rng.standard_normal(4), rng.standard_normal((3, 4)), bowl(rng, 4)),
        case("two pairs", rng.standard_normal(3), rng.standard_normal((2, 3)), bowl(rng, 3)),
        case("steps of 1e-4", rng.standard_normal(3), 1e-4 * rng.standard_normal((3, 3)), bowl(rng, 3)),
    ]


two_loops = Exercise(
    name="two_loops",
    title="two_loops",
    prompt="two_loops",
    source="""\
def two_loops(g, S, Y):
    q, alphas = g, []
    for s, y in zip(S[::-1], Y[::-1]):
        alphas.append((s @ q) / (y @ s))
        q = q - alphas[-1] * y
    r = (S[-1] @ Y[-1]) / (Y[-1] @ Y[-1]) * q
    for s, y in zip(S, Y):
        r = r + s * (alphas.pop() - (y @ r) / (y @ s))
    return r
""",
    returns=("r",),
    cases=two_loops_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "oldest first",
            "zip(S[::-1], Y[::-1])",
            "zip(S, Y)",
            "The first loop runs from the newest pair to the oldest.",
        ),
        Mutant(
            "newest first at the end",
            "zip(S, Y):\n        r",
            "zip(S[::-1], Y[::-1]):\n        r",
            "The second loop runs from the oldest pair to the newest.",
        ),
        Mutant(
            "alphas in the wrong order",
            "alphas.pop()",
            "alphas.pop(0)",
            "Each pair wants its own α back: they come in reverse order.",
        ),
        Mutant(
            "no scale",
            "(S[-1] @ Y[-1]) / (Y[-1] @ Y[-1]) * q",
            "q",
            "γ is missing: H₀ = I does not know the scale of the loss.",
        ),
        Mutant(
            "gamma upside down",
            "(S[-1] @ Y[-1]) / (Y[-1] @ Y[-1])",
            "(Y[-1] @ Y[-1]) / (S[-1] @ Y[-1])",
            "γ = sᵀy/yᵀy is one over a curvature; yours is the curvature.",
        ),
        Mutant(
            "gamma of the oldest",
            "(S[-1] @ Y[-1]) / (Y[-1] @ Y[-1])",
            "(S[0] @ Y[0]) / (Y[0] @ Y[0])",
            "γ comes from the newest pair.",
        ),
        Mutant("q not updated", "q = q - alphas[-1] * y", "q = q", "The first loop takes α y off q."),
        Mutant(
            "beta forgotten", "alphas.pop() - (y @ r) / (y @ s)", "alphas.pop()", "β is missing in the second loop."
        ),
        Mutant("sign of beta", "alphas.pop() - (y @ r)", "alphas.pop() + (y @ r)", "α − β, not α + β."),
    ),
)
