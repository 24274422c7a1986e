"""One step of AdamW."""

import numpy as np

from course_lib.chapters.ch04_adaptive.exercises.cases import from_rest
from course_lib.exercises import Case, Exercise, Mutant

MEANS = "m = beta1 * m + (1 - beta1) * dx"
LAST = "x = x - lr * step - lr * wd * x"
STEP = "m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)"


def cases(rng: np.random.Generator) -> list[Case]:
    usual = {"lr": 0.1, "beta1": 0.9, "beta2": 0.99, "eps": 1e-8, "wd": 0.2}
    others = {
        "a rate of 1": {"lr": 1.0, "wd": 0.01},
        "no memory of the gradient": {"beta1": 0.0},
        "short memories": {"beta1": 0.5, "beta2": 0.8},
        "a large ε": {"eps": 0.1},
        "no decay": {"wd": 0.0},
    }
    return from_rest(rng, ["m", "v"], usual, others, clock=True)


adamw = Exercise(
    name="adamw",
    page="07_beyond",
    number=1,
    title="One step of AdamW",
    prompt=(
        "You get the point `x`, the gradient `dx` there, Adam's two moments `m` and `v` (zero before the first step), "
        "and `t`, the number of this step, from 1. `wd` is the strength λ of the decay. Make Adam's step, and shrink "
        "the *old* `x` by the factor 1 − αλ beside it. Return the new point and the new moments, as new arrays."
    ),
    source=f"""\
def adamw_step(x, dx, m, v, t, lr, beta1, beta2, eps, wd):
    {MEANS}
    v = beta2 * v + (1 - beta2) * dx * dx
    step = {STEP}
    {LAST}
    return x, m, v
""",
    returns=("x", "m", "v"),
    cases=cases,
    hints=(
        "The first lines are Adam's, unchanged. One term of the last line is new.",
        "The decay takes no part in the moments: `dx` goes into them as it comes.",
        "Two things are subtracted from the old `x`: `lr` times Adam's step, and `lr` times `wd` times the old `x`.",
    ),
    asks={
        "x": "what should happen to the old `x` beside Adam's step?",
        "dx": "where should `dx` come in?",
        "m": "what should become of the old `m`?",
        "v": "what should become of the old `v`?",
        "t": "what should the correction at step `t` do, and to what?",
        "lr": "which parts of the step should `lr` multiply?",
        "beta1": "what should `beta1` do to the first moment, and to its correction?",
        "beta2": "what should `beta2` do to the second moment, and to its correction?",
        "eps": "where should `eps` stand?",
        "wd": "what should `wd` shrink, and by how much?",
    },
    limits={
        "v": (0, None),
        "t": (1, None),
        "lr": (0, None),
        "beta1": (0, 1),
        "beta2": (0, 1),
        "eps": (0, None),
        "wd": (0, None),
    },
    explanation=(
        "The decay has its own term, α λ x, so nothing divides it by √v̂: every weight shrinks by the same factor. "
        "As it carries the rate, it follows the schedule."
    ),
    after="It is what `course_lib.optim.AdamW` and PyTorch's `AdamW` do.",
    accepts={
        "shrunk first": """\
def adamw_step(x, dx, m, v, t, lr, beta1, beta2, eps, wd):
    x = (1 - lr * wd) * x
    m = m + (1 - beta1) * (dx - m)
    v = v + (1 - beta2) * (dx**2 - v)
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return x - lr * m_hat / (np.sqrt(v_hat) + eps), m, v
""",
        "copied": """\
def adamw_step(x, dx, m, v, t, lr, beta1, beta2, eps, wd):
    x, m, v = np.array(x), np.array(m), np.array(v)
    x *= 1 - lr * wd
    m *= beta1
    m += (1 - beta1) * dx
    v *= beta2
    v += (1 - beta2) * np.square(dx)
    x -= lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return x, m, v
""",
        "float32": """\
def adamw_step(x, dx, m, v, t, lr, beta1, beta2, eps, wd):
    m = np.asarray(beta1 * m + (1 - beta1) * dx, dtype=np.float32)
    v = np.asarray(beta2 * v + (1 - beta2) * dx * dx, dtype=np.float32)
    step = m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return np.asarray(x - lr * (step + wd * x), dtype=np.float32), m, v
""",
    },
    mutants=(
        Mutant(
            "L2 in the gradient",
            f"    {MEANS}",
            f"    dx = dx + wd * x\n    {MEANS}",
            "You add the decay to the gradient *and* subtract it. What is in the gradient is divided by √v̂.",
        ),
        Mutant(
            "L2 instead",
            f"    {MEANS}\n    v = beta2 * v + (1 - beta2) * dx * dx\n    step = {STEP}\n    {LAST}",
            f"    dx = dx + wd * x\n    {MEANS}\n    v = beta2 * v + (1 - beta2) * dx * dx\n    step = {STEP}\n"
            "    x = x - lr * step",
            "That is L2 in the loss: Adam divides it by √v̂ with the rest, so weights with large gradients hardly"
            " decay.",
        ),
        Mutant(
            "rate forgotten",
            "- lr * wd * x",
            "- wd * x",
            "Your decay lacks the rate: it is αλ, and so follows the schedule.",
        ),
        Mutant("decay grows", "- lr * wd * x", "+ lr * wd * x", "Your decay has the wrong sign: the weights grow."),
        Mutant(
            "decay of the new x",
            LAST,
            "x = x - lr * step\n    x = x - lr * wd * x",
            "You decay after the step, so that the step is shrunk, too. Here, as in PyTorch, the old x is decayed.",
        ),
        Mutant(
            "decay divided",
            LAST,
            "x = x - lr * step - lr * wd * x / (np.sqrt(v / (1 - beta2**t)) + eps)",
            "You divide the decay by √v̂. Decoupled means that nothing divides it.",
        ),
        Mutant("no decay", " - lr * wd * x", "", "Your step is Adam's: the decay is missing."),
        Mutant(
            "L1",
            "wd * x",
            "wd * np.sign(x)",
            "You shrink every weight by the same amount. The decay is in proportion to x.",
        ),
        Mutant(
            "decay squared",
            "wd * x",
            "wd * x * x",
            "You subtract a square. λx²/2 is the penalty; what is subtracted is its gradient, λx.",
        ),
        Mutant(
            "half the decay",
            "lr * wd * x",
            "lr * wd * x / 2",
            "Your decay is half as strong: the factor is 1 − αλ.",
        ),
        Mutant(
            "no correction",
            STEP,
            "m / (np.sqrt(v) + eps)",
            "The bias correction of Adam's two moments is missing.",
        ),
        Mutant(
            "rate squared",
            LAST,
            "x = x - lr * (step + lr * wd * x)",
            "Your decay carries the rate twice: α²λ. It is αλ.",
        ),
        Mutant(
            "moments shrunk",
            "return x, m, v",
            "return x, (1 - lr * wd) * m, v",
            "You shrink the first moment as well. Only x decays.",
        ),
        Mutant(
            "eps inside",
            "(np.sqrt(v / (1 - beta2**t)) + eps)",
            "(np.sqrt(v / (1 - beta2**t) + eps))",
            "Your ε is inside the root. It is added to the root.",
        ),
        Mutant("eps hard-coded", "+ eps", "+ 1e-8", "You use a number of your own for ε. It is an argument."),
        Mutant("uphill", "x - lr * step", "x + lr * step", "Your step goes uphill: subtract it."),
        Mutant(
            "x in place",
            LAST,
            "x -= lr * step + lr * wd * x",
            "The numbers are right, but the caller's array `x` is changed. Make a new one: `x = x - ...`.",
        ),
    ),
)
