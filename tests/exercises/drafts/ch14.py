"""Draft exercises of chapter 14: data that the engine's tests run on."""

# Title, prompt, hints and page are still to be written: they come with the chapter, whose exercises move from here into
# the package. Solution, cases and mistakes are meant as they are. Nothing of this is found by discovery.

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def repair_predict_cases(rng):
    def case(p):
        x, W1, b1 = rng.standard_normal((2, 3)), rng.standard_normal((3, 4)), rng.standard_normal(4)
        return Case.one(f"keep {p}", x=x, W1=W1, b1=b1, W2=rng.standard_normal((4, 2)), b2=rng.standard_normal(2), p=p)

    return [case(p) for p in (0.8, 0.75, 0.6, 0.9, 0.3, 0.2)]


repair_predict = Exercise(
    name="repair_predict",
    title="repair_predict",
    prompt="repair_predict",
    source="""\
def predict(x, W1, b1, W2, b2, p):
    h = np.maximum(0, x @ W1 + b1) * p
    return h @ W2 + b2
""",
    returns=("scores",),
    cases=repair_predict_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "dropout probability",
            "* p\n",
            "* (1 - p)\n",
            "You multiply by the probability to drop; p is the probability to keep.",
        ),
        Mutant(
            "not scaled",
            " * p\n",
            "\n",
            "Nothing is scaled: the second layer gets sums 1/p times as large as in training.",
        ),
        Mutant(
            "inside the ReLU, bias too",
            "np.maximum(0, x @ W1 + b1) * p",
            "np.maximum(0, (x @ W1) * p + b1)",
            "You scale what goes INTO the unit. What was dropped is what comes out.",
        ),
        Mutant(
            "scores scaled",
            "h = np.maximum(0, x @ W1 + b1) * p\n    return h @ W2 + b2",
            "h = np.maximum(0, x @ W1 + b1)\n    return (h @ W2 + b2) * p",
            "You scale the scores, bias and all.",
        ),
        Mutant("divided", "* p\n", "/ p\n", "You divide: that is for training, in the inverted kind."),
        Mutant("drops every other unit", "* p\n", "* (np.arange(W1.shape[1]) % 2)\n", "You drop in testing."),
        Mutant("twice", "* p\n", "* p * p\n", "Scaled twice."),
    ),
    start="""\
def predict(x, W1, b1, W2, b2, p):
    h = np.maximum(0, x @ W1 + b1) * (1 - p)
    return h @ W2 + b2
""",
)


def repair_rmsprop_cases(rng):
    def case(label, gradients, lr, decay):
        x, old = rng.standard_normal((2, 3))
        start = {"x": x, "s": old**2}
        return Case(label, start, tuple({"dx": dx, "lr": lr, "decay": decay} for dx in gradients))

    first = tuple({"dx": np.array(dx), "lr": 0.1, "decay": 0.9} for dx in (3.0, -1.0))
    return [
        Case("a single number", {"x": np.array(2.0), "s": np.array(0.0)}, first),
        case("three numbers", rng.standard_normal((3, 3)), 0.1, 0.9),
        case("a rate of 1", rng.standard_normal((3, 3)), 1.0, 0.99),
        case("a decay of 0", rng.standard_normal((3, 3)), 0.1, 0.0),
        case("gradients of 1e-4", 1e-4 * rng.standard_normal((3, 3)), 0.01, 0.9),
    ]


repair_rmsprop = Exercise(
    name="repair_rmsprop",
    title="repair_rmsprop",
    prompt="repair_rmsprop",
    source="""\
def rmsprop_step(x, dx, s, lr, decay):
    s = decay * s + (1 - decay) * dx**2
    x = x - lr * dx / (np.sqrt(s) + 1e-7)
    return x, s
""",
    returns=("x", "s"),
    cases=repair_rmsprop_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "+= in the average",
            "s = decay * s",
            "s = s + decay * s",
            "You add the decayed average to itself: it grows 1.9 times a step, and the steps die.",
        ),
        Mutant("AdaGrad", "decay * s + (1 - decay) * dx**2", "s + dx**2", "That is AdaGrad: the sum never forgets."),
        Mutant(
            "weights swapped",
            "decay * s + (1 - decay) * dx**2",
            "(1 - decay) * s + decay * dx**2",
            "The weights are swapped: it forgets all but the last gradient.",
        ),
        Mutant("not squared", "dx**2", "dx", "The average is of squared gradients."),
        Mutant("no root", "np.sqrt(s)", "s", "The root is missing."),
        Mutant(
            "divided by this gradient",
            "(np.sqrt(s) + 1e-7)",
            "(np.abs(dx) + 1e-7)",
            "You divide by the present gradient: only its sign is left.",
        ),
        Mutant("uphill", "x - lr", "x + lr", "Uphill."),
        Mutant("whole square", "(1 - decay) * dx**2", "dx**2", "The new square comes in with 1 − decay."),
    ),
    start="""\
def rmsprop_step(x, dx, s, lr, decay):
    s = s + decay * s + (1 - decay) * dx**2
    x = x - lr * dx / (np.sqrt(s) + 1e-7)
    return x, s
""",
)


def repair_adam_cases(rng):
    def case(label, x, gradients, lr):
        given = tuple({"dx": dx, "t": t, "lr": lr} for t, dx in enumerate(gradients, start=1))
        return Case(label, {"x": x, "m": 0 * x, "v": 0 * x}, given)

    return [
        case("a single number", np.array(2.0), [np.array(dx) for dx in (3.0, -1.0, 2.0)], 0.1),
        case("three numbers", rng.standard_normal(3), rng.standard_normal((4, 3)), 0.1),
        case("a rate of 1", rng.standard_normal(3), rng.standard_normal((4, 3)), 1.0),
        case("gradients of 1e-4", rng.standard_normal(3), 1e-4 * rng.standard_normal((4, 3)), 0.01),
    ]


repair_adam = Exercise(
    name="repair_adam",
    title="repair_adam",
    prompt="repair_adam",
    source="""\
def adam_step(x, dx, m, v, t, lr):
    m = 0.9 * m + 0.1 * dx
    v = 0.999 * v + 0.001 * dx**2
    x = x - lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return x, m, v
""",
    returns=("x", "m", "v"),
    cases=repair_adam_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "RMSProp's line",
            "(m / (1 - 0.9**t))",
            "dx",
            "The last line is RMSProp's: the first moment is computed and never used.",
        ),
        Mutant(
            "first moment alone corrected",
            "np.sqrt(v / (1 - 0.999**t))",
            "np.sqrt(v)",
            "Only m is corrected: the first step is 31.6 α.",
        ),
        Mutant(
            "second moment alone corrected", "(m / (1 - 0.9**t))", "m", "Only v is corrected: the first step is 0.1 α."
        ),
        Mutant(
            "none corrected",
            "(m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)",
            "m / (np.sqrt(v) + 1e-8)",
            "Nothing is corrected: the first step is 3.16 α whatever the gradient.",
        ),
        Mutant("both with beta 1", "0.999**t", "0.9**t", "v is corrected with β₂."),
        Mutant(
            "corrected kept",
            "    x = x - lr * (m / (1 - 0.9**t))",
            "    m = m / (1 - 0.9**t)\n    x = x - lr * m",
            "You keep the corrected m, so that it is corrected again at each step.",
        ),
        Mutant("not squared", "0.001 * dx**2", "0.001 * np.abs(dx)", "v averages squares."),
        Mutant("uphill", "x - lr", "x + lr", "Uphill."),
    ),
    start="""\
def adam_step(x, dx, m, v, t, lr):
    m = 0.9 * m + 0.1 * dx
    v = 0.999 * v + 0.001 * dx**2
    x = x - lr * dx / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return x, m, v
""",
)


def repair_l1_cases(rng):
    def case(label, w, gradients, lr, lam):
        return Case(label, {"w": w}, tuple({"dw": dw, "lr": lr, "lam": lam} for dw in gradients))

    def random(label, lr, lam):
        return case(label, 0.3 * rng.standard_normal(5), rng.standard_normal((3, 5)), lr, lam)

    return [
        case("a single number", np.array(0.05), [np.array(0.0), np.array(-3.0)], 0.1, 1.0),
        random("five numbers", 0.1, 1.0),
        random("a weak penalty", 0.1, 0.3),
        random("a small rate", 0.03, 1.0),
        random("a rate of 1", 1.0, 0.1),
    ]


repair_l1 = Exercise(
    name="repair_l1",
    title="repair_l1",
    prompt="repair_l1",
    source="""\
def train_step(w, dw, lr, lam):
    w = w - lr * dw
    return np.sign(w) * np.maximum(np.abs(w) - lr * lam, 0)
""",
    returns=("w",),
    cases=repair_l1_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "subgradient",
            "w = w - lr * dw\n    return np.sign(w) * np.maximum(np.abs(w) - lr * lam, 0)",
            "return w - lr * (dw + lam * np.sign(w))",
            "A subgradient step jumps over zero, back and forth, and never rests there: 0 exact zeros.",
        ),
        Mutant(
            "prox first",
            "w = w - lr * dw\n    return np.sign(w) * np.maximum(np.abs(w) - lr * lam, 0)",
            "w = np.sign(w) * np.maximum(np.abs(w) - lr * lam, 0)\n    return w - lr * dw",
            "First the step on the loss, then the shrinking: in this order zeros do not last.",
        ),
        Mutant("no rate", "lr * lam", "lam", "The shrinking has the rate in it."),
        Mutant(
            "weight decay",
            "np.sign(w) * np.maximum(np.abs(w) - lr * lam, 0)",
            "(1 - lr * lam) * w",
            "That is weight decay, L2's: in proportion, and never to zero.",
        ),
        Mutant(
            "hard threshold",
            "np.sign(w) * np.maximum(np.abs(w) - lr * lam, 0)",
            "np.where(np.abs(w) > lr * lam, w, 0.0)",
            "You cut small weights and leave the others unshrunk.",
        ),
        Mutant("sign lost", "np.sign(w) * np.maximum", "np.maximum", "The sign is lost."),
    ),
    start="""\
def train_step(w, dw, lr, lam):
    return w - lr * (dw + lam * np.sign(w))
""",
)
