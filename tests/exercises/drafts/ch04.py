"""Draft exercises of chapter 4: data that the engine's tests run on."""

# Title, prompt, hints and page are still to be written: they come with the chapter, whose exercises move from here into
# the package. Solution, cases and mistakes are meant as they are. Nothing of this is found by discovery.

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def rule_cases(rng, state, usual, others, clock=False):
    """Return cases of four steps from rest: gradients of many sizes with the usual setting, then other settings."""

    def case(label, size, setting):
        start = {"x": np.full(np.shape(size), 2.0)} | {name: np.zeros(np.shape(size)) for name in state}
        gradients = size * rng.standard_normal((4, *np.shape(size)))
        if label == "a single number":
            gradients = rng.uniform(1, 3, 4).round(1)  # can be checked by hand
        if label == "no gradient at first":
            gradients[:2] = 0
        given = [
            {"dx": np.asarray(dx), **setting, **({"t": t} if clock else {})} for t, dx in enumerate(gradients, start=1)
        ]
        return Case(label, start, given)

    sizes = {
        "a single number": np.array(1.0),
        "three numbers": np.ones(3),
        "a matrix": np.ones((2, 2)),
        "steep and flat": np.array([100.0, 1.0, 0.01]),
        "gradients of 1e-4": np.full(3, 1e-4),
        "gradients of 1e-6": np.full(3, 1e-6),
        "no gradient at first": np.ones(2),
    }
    cases = [case(label, size, usual) for label, size in sizes.items()]
    return cases + [case(label, np.ones(3), usual | setting) for label, setting in others.items()]


def adagrad_cases(rng):
    others = {"a rate of 1": {"lr": 1.0}, "a large ε": {"lr": 0.2, "eps": 0.1}}
    return rule_cases(rng, ["s"], {"lr": 0.1, "eps": 1e-8}, others)


adagrad = Exercise(
    name="adagrad",
    title="adagrad",
    prompt="adagrad",
    source="""\
def adagrad_step(x, dx, s, lr, eps):
    s = s + dx * dx
    x = x - lr * dx / (np.sqrt(s) + eps)
    return x, s
""",
    returns=("x", "s"),
    cases=adagrad_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "current gradient",
            "np.sqrt(s) + eps",
            "np.abs(dx) + eps",
            (
                "You divide by the present gradient alone: every step is ±α. AdaGrad divides by the root of all "
                "squares so far."
            ),
        ),
        Mutant(
            "forgets at once", "s + dx * dx", "dx * dx", "You replace the sum by the newest square; AdaGrad adds to it."
        ),
        Mutant(
            "no square",
            "s + dx * dx",
            "s + dx",
            "The squares are summed; plain gradients cancel, and their root may not even exist.",
        ),
        Mutant(
            "no root", "np.sqrt(s) + eps", "s + eps", "The root is missing: rates would depend on the gradient's unit."
        ),
        Mutant(
            "eps inside",
            "np.sqrt(s) + eps",
            "np.sqrt(s + eps)",
            "ε belongs outside the root: inside it acts as 1e-4 and freezes coordinates with tiny gradients.",
        ),
        Mutant(
            "step before sum",
            "s = s + dx * dx\n    x = x - lr * dx / (np.sqrt(s) + eps)",
            "x = x - lr * dx / (np.sqrt(s) + eps)\n    s = s + dx * dx",
            "You step with the old sum: at first that is 0, and the step is dx/ε. Add first.",
        ),
        Mutant(
            "one sum for all",
            "s + dx * dx",
            "s + np.sum(dx * dx)",
            "Every coordinate has its own sum; you share one among all.",
        ),
        Mutant("uphill", "x - lr", "x + lr", "The sign: a step goes against the gradient."),
        Mutant(
            "iterate divided",
            "x - lr * dx / (np.sqrt(s) + eps)",
            "(x - lr * dx) / (np.sqrt(s) + eps)",
            "You divide x itself, too: it is the *step* that shrinks.",
        ),
    ),
)


def rmsprop_cases(rng):
    others = {
        "a rate of 1": {"lr": 1.0},
        "a large ε": {"eps": 0.1},
        "a decay of 0.5": {"decay": 0.5},
        "a decay of 0": {"decay": 0.0},
    }
    return rule_cases(rng, ["s"], {"lr": 0.05, "decay": 0.9, "eps": 1e-8}, others)


rmsprop = Exercise(
    name="rmsprop",
    title="rmsprop",
    prompt="rmsprop",
    source="""\
def rmsprop_step(x, dx, s, lr, decay, eps):
    s = decay * s + (1 - decay) * dx * dx
    x = x - lr * dx / (np.sqrt(s) + eps)
    return x, s
""",
    returns=("x", "s"),
    cases=rmsprop_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "added to itself",
            "s = decay",
            "s = s + decay",
            (
                "Your RMSProp adds the decayed mean to the old one (`+=` for `=`): it grows 1.9 times a step, and x "
                "freezes."
            ),
        ),
        Mutant("AdaGrad", "decay * s + (1 - decay) * dx * dx", "s + dx * dx", "That is AdaGrad: nothing is forgotten."),
        Mutant(
            "weights swapped",
            "decay * s + (1 - decay) * dx * dx",
            "(1 - decay) * s + decay * dx * dx",
            "decay is the share that is kept; you keep 1 − decay.",
        ),
        Mutant(
            "new one at full weight",
            "(1 - decay) * dx",
            "dx",
            "The weights do not add up to 1: the new square needs (1 − decay).",
        ),
        Mutant(
            "eps inside",
            "np.sqrt(s) + eps",
            "np.sqrt(s + eps)",
            "ε belongs outside the root (so here and in torch; some papers differ).",
        ),
        Mutant("no root", "np.sqrt(s) + eps", "s + eps", "The root is missing."),
        Mutant(
            "no square",
            "(1 - decay) * dx * dx",
            "(1 - decay) * np.abs(dx)",
            "You average |dx|; RMS is the root of the mean *square*.",
        ),
        Mutant(
            "bias corrected",
            "np.sqrt(s) + eps",
            "np.sqrt(s / (1 - decay)) + eps",
            "You correct the first step's bias at every step. RMSProp has none; Adam's depends on t.",
        ),
        Mutant(
            "step before mean",
            "s = decay * s + (1 - decay) * dx * dx\n    x = x - lr * dx / (np.sqrt(s) + eps)",
            "x = x - lr * dx / (np.sqrt(s) + eps)\n    s = decay * s + (1 - decay) * dx * dx",
            "You step with the old mean: at first that is 0. Average first.",
        ),
        Mutant(
            "eps hard-coded",
            "np.sqrt(s) + eps",
            "np.sqrt(s) + 1e-8",
            "You use a number of your own for ε: it comes as an argument.",
        ),
        Mutant(
            "no eps",
            "(np.sqrt(s) + eps)",
            "np.sqrt(s)",
            "ε is missing: where the gradient has been 0 so far, 0 is divided by 0.",
        ),
        Mutant(
            "misplaced bracket",
            "lr * dx / (np.sqrt(s) + eps)",
            "lr * (dx / np.sqrt(s) + eps)",
            "A bracket is misplaced: ε belongs to the divisor, √s + ε.",
        ),
        Mutant(
            "decay hard-coded",
            "decay * s + (1 - decay) * dx * dx",
            "0.9 * s + 0.1 * dx * dx",
            "You use a number of your own for the decay: it comes as an argument.",
        ),
        Mutant(
            "current gradient",
            "np.sqrt(s) + eps",
            "np.abs(dx) + eps",
            "You divide by the present gradient: only its sign is left.",
        ),
        Mutant(
            "one mean for all",
            "s = decay * s + (1 - decay) * dx * dx",
            "s = decay * s + (1 - decay) * np.mean(dx * dx)",
            "Every coordinate has its own mean of squares; you share one among all.",
        ),
        Mutant("rate forgotten", "lr * dx", "dx", "The rate α is missing in the step."),
        Mutant("uphill", "x - lr", "x + lr", "The sign: a step goes against the gradient."),
    ),
    accepts={
        "one expression for the mean": """\
def rmsprop_step(x, dx, s, lr, decay, eps):
    s = s + (1 - decay) * (np.square(dx) - s)
    return x - lr / (s**0.5 + eps) * dx, s
"""
    },
)


def uncorrected_cases(rng):
    return [
        Case.one("the first step", t=1, beta1=0.9, beta2=0.999),
        Case.one("step 12", t=12, beta1=0.9, beta2=0.999),
        Case.one("no momentum", t=3, beta1=0.0, beta2=0.99),
        Case.one("many steps", t=np.arange(1.0, 6.0), beta1=float(rng.uniform(0.5, 0.85)), beta2=0.99),
    ]


uncorrected = Exercise(
    name="uncorrected",
    title="uncorrected",
    prompt="uncorrected",
    source="""\
def first_steps(t, beta1, beta2):
    m = 1 - beta1**t
    v = 1 - beta2**t
    return m / np.sqrt(v)
""",
    returns=("size",),
    cases=uncorrected_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "corrected",
            "m / np.sqrt(v)",
            "m / m",
            (
                "1 at every t: that is Adam with correction, or the belief that the two small moments cancel. Asked "
                "is the size without; their betas differ."
            ),
        ),
        Mutant("no root", "m / np.sqrt(v)", "m / v", "The second moment stands under a root."),
        Mutant(
            "v forgotten",
            "m / np.sqrt(v)",
            "m",
            "You look at m alone, and find a *small* first step. v is even smaller: divide by its root.",
        ),
        Mutant(
            "m forgotten",
            "m / np.sqrt(v)",
            "1 / np.sqrt(v)",
            "You look at v alone ('v is small, so the step is large'): 31.6 α. But m is small, too.",
        ),
        Mutant("t - 1", "1 - beta2**t", "1 - beta2 ** (t + 1)", "Both moments have seen t gradients."),
        Mutant("beta times t", "beta1**t", "beta1 * t", "A power, not a product: each step multiplies by β once more."),
        Mutant(
            "always the first",
            "m = 1 - beta1**t\n    v = 1 - beta2**t",
            "m = 1 - beta1\n    v = 1 - beta2",
            "That is t = 1 only; the moments fill up.",
        ),
    ),
)


def adam_cases(rng):
    usual = {"lr": 0.1, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
    others = {
        "a rate of 1": {"lr": 1.0},
        "no momentum": {"beta1": 0.0},
        "short memories": {"beta1": 0.5, "beta2": 0.8},
        "a large ε": {"eps": 0.1},
    }
    x, m, v, *gradients = rng.standard_normal((6, 3))
    given = tuple({"dx": dx, "t": t, **usual, "eps": 1e-3} for t, dx in enumerate(gradients, start=8))
    return [
        *rule_cases(rng, ["m", "v"], usual, others, clock=True),
        Case("on its way", {"x": x, "m": 0.1 * m, "v": 0.1 * v**2}, given),
    ]


adam = Exercise(
    name="adam",
    title="adam",
    prompt="adam",
    source="""\
def adam_step(x, dx, m, v, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * dx
    v = beta2 * v + (1 - beta2) * dx * dx
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    x = x - lr * m_hat / (np.sqrt(v_hat) + eps)
    return x, m, v
""",
    returns=("x", "m", "v"),
    cases=adam_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "no correction",
            "m_hat = m / (1 - beta1**t)\n    v_hat = v / (1 - beta2**t)",
            "m_hat = m\n    v_hat = v",
            "The correction is missing: your first step is 3.16 α.",
        ),
        Mutant(
            "only the first moment",
            "v / (1 - beta2**t)",
            "v",
            "You correct m only (or compute v_hat and divide by √v): the first step is 31.6 α.",
        ),
        Mutant(
            "only the second moment",
            "m / (1 - beta1**t)",
            "m",
            (
                "You correct v only (or compute m_hat and use m): the first step is α/10, and it takes some twenty "
                "steps to wake up."
            ),
        ),
        Mutant(
            "RMSProp's line",
            "lr * m_hat /",
            "lr * dx /",
            "The last line is RMSProp's, with dx: the first moment is computed and never used.",
        ),
        Mutant(
            "t one ahead",
            "m / (1 - beta1**t)\n    v_hat = v / (1 - beta2**t)",
            "m / (1 - beta1 ** (t + 1))\n    v_hat = v / (1 - beta2 ** (t + 1))",
            "t counts from 1 in this step already; you are one ahead.",
        ),
        Mutant(
            "one beta for both",
            "v = beta2 * v + (1 - beta2) * dx * dx",
            "v = beta1 * v + (1 - beta1) * dx * dx",
            "The second moment has a memory of its own, β₂.",
        ),
        Mutant(
            "no square",
            "(1 - beta2) * dx * dx",
            "(1 - beta2) * np.abs(dx)",
            "The second moment is the mean of squares.",
        ),
        Mutant(
            "eps inside",
            "np.sqrt(v_hat) + eps",
            "np.sqrt(v_hat + eps)",
            "ε belongs outside the root: inside it acts like 1e-4.",
        ),
        Mutant(
            "eps before the correction",
            "lr * m_hat / (np.sqrt(v_hat) + eps)",
            "lr * m_hat / ((np.sqrt(v) + eps) / np.sqrt(1 - beta2**t))",
            (
                "ε is added to the corrected root; before it, it is larger in the first steps (some libraries do "
                "that; not the paper's main form)."
            ),
        ),
        Mutant(
            "corrected moments kept",
            "return x, m, v",
            "return x, m_hat, v_hat",
            "You keep the corrected moments and will correct them again; the state is m and v.",
        ),
        Mutant(
            "t one behind",
            "m_hat = m / (1 - beta1**t)\n    v_hat = v / (1 - beta2**t)",
            "m_hat = m / (1 - beta1 ** (t - 1))\n    v_hat = v / (1 - beta2 ** (t - 1))",
            "You are one step behind: t is 1 in the first step, and 1 − β⁰ would be 0.",
        ),
        Mutant(
            "t never advanced",
            "m_hat = m / (1 - beta1**t)\n    v_hat = v / (1 - beta2**t)",
            "m_hat = m / (1 - beta1)\n    v_hat = v / (1 - beta2)",
            "You correct every step as if it were the first: t has to enter, as a power of β.",
        ),
        Mutant(
            "beta times t",
            "m_hat = m / (1 - beta1**t)\n    v_hat = v / (1 - beta2**t)",
            "m_hat = m / (1 - beta1 * t)\n    v_hat = v / (1 - beta2 * t)",
            "A power, βᵗ, not a product β·t: each step multiplies by β once more.",
        ),
        Mutant(
            "beta squared",
            "m_hat = m / (1 - beta1**t)\n    v_hat = v / (1 - beta2**t)",
            "m_hat = m / (1 - beta1**2)\n    v_hat = v / (1 - beta2**2)",
            "The exponent is t, the number of steps so far; yours is always 2.",
        ),
        Mutant(
            "multiplied by the correction",
            "m_hat = m / (1 - beta1**t)\n    v_hat = v / (1 - beta2**t)",
            "m_hat = m * (1 - beta1**t)\n    v_hat = v * (1 - beta2**t)",
            "Moments that start at 0 are too small: divide by 1 − βᵗ, do not multiply.",
        ),
        Mutant(
            "both corrected with beta 1",
            "1 - beta2**t",
            "1 - beta1**t",
            "The second moment has its own memory: correct it with β₂.",
        ),
        Mutant(
            "both corrected with beta 2",
            "1 - beta1**t",
            "1 - beta2**t",
            "The first moment has its own memory: correct it with β₁.",
        ),
        Mutant(
            "weights swapped",
            "m = beta1 * m + (1 - beta1) * dx\n    v = beta2 * v + (1 - beta2) * dx * dx",
            "m = (1 - beta1) * m + beta1 * dx\n    v = (1 - beta2) * v + beta2 * dx * dx",
            "β is the share that is kept; you keep 1 − β.",
        ),
        Mutant(
            "betas exchanged",
            (
                "m = beta1 * m + (1 - beta1) * dx\n"
                "    v = beta2 * v + (1 - beta2) * dx * dx\n"
                "    m_hat = m / (1 - beta1**t)\n"
                "    v_hat = v / (1 - beta2**t)"
            ),
            (
                "m = beta2 * m + (1 - beta2) * dx\n"
                "    v = beta1 * v + (1 - beta1) * dx * dx\n"
                "    m_hat = m / (1 - beta2**t)\n"
                "    v_hat = v / (1 - beta1**t)"
            ),
            "β₁ and β₂ are exchanged: β₁ is the memory of the gradient, β₂ that of its square.",
        ),
        Mutant(
            "new gradient at full weight",
            "(1 - beta1) * dx",
            "dx",
            "The weights do not add up to 1: the new gradient needs (1 − β₁).",
        ),
        Mutant(
            "new square at full weight",
            "(1 - beta2) * dx * dx",
            "dx * dx",
            "The weights do not add up to 1: the new square needs (1 − β₂).",
        ),
        Mutant(
            "v from m",
            "(1 - beta2) * dx * dx",
            "(1 - beta2) * m * m",
            "The second moment averages squares of the gradient, not of the first moment.",
        ),
        Mutant(
            "no root",
            "np.sqrt(v_hat) + eps",
            "v_hat + eps",
            "The root is missing: the step would depend on the gradient's unit.",
        ),
        Mutant(
            "eps hard-coded",
            "np.sqrt(v_hat) + eps",
            "np.sqrt(v_hat) + 1e-8",
            "You use a number of your own for ε: it comes as an argument.",
        ),
        Mutant(
            "no eps",
            "(np.sqrt(v_hat) + eps)",
            "np.sqrt(v_hat)",
            "ε is missing: a gradient that has been 0 so far gives 0/0.",
        ),
        Mutant(
            "eps outside the bracket",
            "lr * m_hat / (np.sqrt(v_hat) + eps)",
            "lr * (m_hat / np.sqrt(v_hat) + eps)",
            "A bracket is misplaced: ε belongs to the divisor, √v̂ + ε.",
        ),
        Mutant(
            "betas hard-coded",
            "m = beta1 * m + (1 - beta1) * dx\n    v = beta2 * v + (1 - beta2) * dx * dx",
            "m = 0.9 * m + 0.1 * dx\n    v = 0.999 * v + 0.001 * dx * dx",
            "You use numbers of your own for the two β: they come as arguments.",
        ),
        Mutant("rate forgotten", "lr * m_hat", "m_hat", "The rate α is missing in the step."),
        Mutant("uphill", "x - lr", "x + lr", "The sign: a step goes against the gradient."),
    ),
    accepts={
        "Kingma and Ba's other order": """\
def adam_step(x, dx, m, v, t, lr, beta1, beta2, eps):
    m = m + (1 - beta1) * (dx - m)
    v = v + (1 - beta2) * (dx**2 - v)
    root = np.sqrt(1 - beta2**t)
    rate = lr * root / (1 - beta1**t)
    return x - rate * m / (np.sqrt(v) + eps * root), m, v
"""
    },
)
