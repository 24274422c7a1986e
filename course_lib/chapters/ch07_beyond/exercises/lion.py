"""One step of Lion."""

import numpy as np

from course_lib.chapters.ch04_adaptive.exercises.cases import from_rest
from course_lib.exercises import Case, Exercise, Mutant

BODY = """\
    c = beta1 * m + (1 - beta1) * dx
    x = x - lr * (np.sign(c) + wd * x)
    m = beta2 * m + (1 - beta2) * dx"""


def cases(rng: np.random.Generator) -> list[Case]:
    usual = {"lr": 0.1, "beta1": 0.6, "beta2": 0.9, "wd": 0.1}
    others = {
        "a rate of 1": {"lr": 1.0, "wd": 0.01},
        "a step without memory": {"beta1": 0.0},
        "a short memory": {"beta2": 0.3},
        "no decay": {"wd": 0.0},
    }

    def against(label: str, beta1: float, beta2: float, dx: list[float]) -> Case:
        start = {"x": np.array([1.0, 1.0]), "m": np.array([1.0, -1.0])}
        return Case(label, start, ({"dx": np.array(dx), **usual, "beta1": beta1, "beta2": beta2},) * 2)

    return [
        *from_rest(rng, ["m"], usual, others),
        against("momentum against gradient", 0.6, 0.9, [-1.45, 1.0]),
        against("a long memory in the step", 0.9, 0.9, [-5.0, 5.0]),
        against("a short memory against the gradient", 0.6, 0.2, [-1.45, 1.0]),
    ]


lion = Exercise(
    name="lion",
    page="07_beyond",
    number=2,
    title="One step of Lion",
    prompt=(
        "You get the point `x`, the gradient `dx` there, and `m`, the mean of gradients so far (zero at first). The"
        " step is the sign of a mix of `m` and `dx`, in which `m` has the weight `beta1`, and the old `x` decays"
        " beside it, with strength `wd`. Then `m` is renewed, and keeps `beta2` of itself. Return the new point and"
        " the new mean, as new arrays."
    ),
    source=f"""\
def lion_step(x, dx, m, lr, beta1, beta2, wd):
{BODY}
    return x, m
""",
    returns=("x", "m"),
    cases=cases,
    hints=(
        "Three lines: a mix, a step, a memory. The mix is used once, and is not kept.",
        "The mix takes the *old* `m`: `beta1` of it, and the rest of the gradient.",
        "The step is `lr` times the sign of the mix plus `wd` times the old `x`. Only then is `m` renewed, by `beta2`.",
    ),
    asks={
        "x": "what should be taken from `x`?",
        "dx": "where should `dx` come in, and what should be left of its size?",
        "m": "which `m`, the old or the new, should each line use?",
        "lr": "which parts of the step should `lr` multiply?",
        "beta1": "what should `beta1` be the weight of, and in which line?",
        "beta2": "what should `beta2` be the weight of, and in which line?",
        "wd": "what should `wd` shrink, and by how much?",
    },
    limits={"lr": (0, None), "beta1": (0, 1), "beta2": (0, 1), "wd": (0, None)},
    explanation=(
        "The sign makes every coordinate move by α, whatever the gradient's size. The mix looks at the new gradient "
        "more than the memory does: β₁ is smaller than β₂ as a rule, 0.9 and 0.99."
    ),
    after="It is `course_lib.optim.Lion`. It keeps one array beside the weights, where Adam keeps two.",
    accepts={
        "shrunk first": (
            "def lion_step(x, dx, m, lr, beta1, beta2, wd):\n"
            "    step = np.sign(beta1 * m + (1 - beta1) * dx)\n"
            "    x = (1 - lr * wd) * x\n"
            "    return x - lr * step, m + (1 - beta2) * (dx - m)\n"
        ),
        "copied": (
            "def lion_step(x, dx, m, lr, beta1, beta2, wd):\n"
            "    x, m = np.array(x), np.array(m)\n"
            "    mix = m * beta1 + dx * (1 - beta1)\n"
            "    x *= 1 - lr * wd\n"
            "    x -= lr * np.sign(mix)\n"
            "    m *= beta2\n"
            "    m += (1 - beta2) * dx\n"
            "    return x, m\n"
        ),
        "float32": (
            "def lion_step(x, dx, m, lr, beta1, beta2, wd):\n"
            "    c = np.sign(beta1 * m + (1 - beta1) * dx)\n"
            "    new = np.asarray(x - lr * (c + wd * x), dtype=np.float32)\n"
            "    return new, np.asarray(beta2 * m + (1 - beta2) * dx, dtype=np.float32)\n"
        ),
    },
    mutants=(
        Mutant("no sign", "np.sign(c)", "c", "You step by the mix itself. Lion takes its *sign*."),
        Mutant(
            "sign of the gradient",
            "np.sign(c)",
            "np.sign(dx)",
            "You take the gradient's sign alone: the memory has no say in the step.",
        ),
        Mutant(
            "sign of the memory",
            "np.sign(c)",
            "np.sign(m)",
            "You take the memory's sign alone: the new gradient has no say, and the first step is 0.",
        ),
        Mutant(
            "one beta",
            "m = beta2 * m + (1 - beta2) * dx",
            "m = c",
            "You keep the mix as the memory. The memory has a decay of its own, `beta2`.",
        ),
        Mutant(
            "betas exchanged",
            BODY,
            BODY.replace("beta1", "b")
            .replace("beta2", "beta1")
            .replace("(1 - b)", "(1 - beta2)")
            .replace("b *", "beta2 *"),
            "β₁ and β₂ are exchanged: `beta1` belongs to the step, `beta2` to the memory.",
        ),
        Mutant(
            "memory first",
            BODY,
            "    m = beta2 * m + (1 - beta2) * dx\n"
            "    c = beta1 * m + (1 - beta1) * dx\n"
            "    x = x - lr * (np.sign(c) + wd * x)",
            "You renew `m` before the step, so the new gradient counts twice. The mix takes the old `m`.",
        ),
        Mutant(
            "decay inside the sign",
            "np.sign(c) + wd * x",
            "np.sign(c + wd * x)",
            "Your decay is inside the sign: there it changes a step by 2α or not at all.",
        ),
        Mutant("no decay", " + wd * x", "", "The decay of the old x is missing."),
        Mutant(
            "rate forgotten in the decay",
            "lr * (np.sign(c) + wd * x)",
            "lr * np.sign(c) - wd * x",
            "Your decay lacks the rate. Both parts of the step are times `lr`.",
        ),
        Mutant("decay grows", "+ wd * x", "- wd * x", "Your decay has the wrong sign: the weights grow."),
        Mutant(
            "uphill",
            "x = x - lr * (np.sign(c) + wd * x)",
            "x = x + lr * (np.sign(c) - wd * x)",
            "Your step goes uphill: the sign of the mix points up.",
        ),
        Mutant(
            "weights exchanged",
            "c = beta1 * m + (1 - beta1) * dx",
            "c = (1 - beta1) * m + beta1 * dx",
            "`beta1` is the weight of the memory in the mix. You give it to the gradient.",
        ),
        Mutant(
            "one sign for all",
            "np.sign(c)",
            "np.sign(np.sum(c))",
            "You take one sign for all coordinates. Each has its own.",
        ),
        Mutant(
            "divided by its norm",
            "np.sign(c)",
            "c / np.sqrt(np.sum(c * c) + 1e-30)",
            "You divide the mix by its norm. The sign is taken of each coordinate by itself.",
        ),
        Mutant(
            "in place",
            "x = x - lr * (np.sign(c) + wd * x)",
            "x -= lr * (np.sign(c) + wd * x)",
            "The numbers are right, but the caller's array `x` is changed. Make a new one: `x = x - ...`.",
        ),
    ),
)
