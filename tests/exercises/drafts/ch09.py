"""Draft exercises of chapter 9: data that the engine's tests run on."""

# Title, prompt, hints and page are still to be written: they come with the chapter, whose exercises move from here into
# the package. Solution, cases and mistakes are meant as they are. Nothing of this is found by discovery.

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def elastic_grad_cases(rng):
    def case(label, size, l1, l2):
        w, dw = rng.standard_normal((2, size))
        w[0] = 0.0
        return Case.one(label, w=w, dw=dw, l1=l1, l2=l2)

    return [
        case("three weights, one of them 0", 3, 0.3, 0.2),
        case("four weights", 4, 0.4, 0.2),
        case("L1 alone", 5, 0.5, 0.0),
        case("L2 alone", 5, 0.0, 0.5),
        case("equal strengths", 6, 0.1, 0.1),
        case("strong", 7, 2.0, 3.0),
    ]


elastic_grad = Exercise(
    name="elastic_grad",
    title="elastic_grad",
    prompt="elastic_grad",
    source="""\
def elastic_grad(w, dw, l1, l2):
    return dw + l1 * np.sign(w) + l2 * w
""",
    returns=("grad",),
    cases=elastic_grad_cases,
    hints=("a", "b"),
    mutants=(
        Mutant("abs for sign", "np.sign(w)", "np.abs(w)", "|w| is the penalty; its slope is sign(w)."),
        Mutant(
            "sign at zero",
            "np.sign(w)",
            "np.where(w >= 0, 1, -1)",
            "At w = 0 yours pushes by λ₁. The usual subgradient there is 0: a weight that is zero may stay.",
        ),
        Mutant(
            "L2's slope twice",
            "l2 * w",
            "2 * l2 * w",
            "Here L2 is ½λ‖w‖², so its slope is λw. With 2λw you have another λ.",
        ),
        Mutant("half", "l2 * w", "l2 * w / 2", "The ½ of ½λ‖w‖² goes away in the slope."),
        Mutant(
            "swapped",
            "l1 * np.sign(w) + l2 * w",
            "l2 * np.sign(w) + l1 * w",
            "The two strengths are swapped: l1 belongs to the sign.",
        ),
        Mutant(
            "grows",
            "dw + l1 * np.sign(w) + l2 * w",
            "dw - l1 * np.sign(w) - l2 * w",
            "With a minus the step, which subtracts the gradient, makes weights larger.",
        ),
        Mutant(
            "the value",
            "l1 * np.sign(w) + l2 * w",
            "l1 * np.abs(w).sum() + l2 / 2 * (w**2).sum()",
            "You add the penalty's value to every component. Its gradient is asked for.",
        ),
        Mutant("penalty alone", "dw + l1", "l1", "The loss's own gradient is missing."),
        Mutant(
            "mean over weights",
            "l1 * np.sign(w) + l2 * w",
            "(l1 * np.sign(w) + l2 * w) / w.size",
            "The penalty is a sum over the weights, not a mean: nothing is divided by their number.",
        ),
    ),
)


def soft_cases(rng):
    def case(label, size, step, lam):
        return Case.one(label, w=rng.standard_normal(size), step=step, lam=lam)

    return [
        Case.one("three weights", w=np.array([2.0, -0.05, 0.5]), step=0.3, lam=0.4),
        case("five weights", 5, 0.3, 0.8),
        case("a large step", 6, 0.9, 1.0),
        case("a strong penalty", 7, 0.3, 2.0),
        case("a small step", 8, 0.01, 0.2),
        case("a step of 1", 8, 1.0, 0.3),
        case("no penalty", 9, 0.3, 0.0),
    ]


soft = Exercise(
    name="soft",
    title="soft",
    prompt="soft",
    source="""\
def soft(w, step, lam):
    shrink = step * lam
    return np.sign(w) * np.maximum(np.abs(w) - shrink, 0)
""",
    returns=("w",),
    cases=soft_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "hard threshold",
            "np.sign(w) * np.maximum(np.abs(w) - shrink, 0)",
            "np.where(np.abs(w) > shrink, w, 0.0)",
            (
                "That is a hard threshold: small weights go, and the others stay as they are. L1 also shrinks those "
                "that survive."
            ),
        ),
        Mutant(
            "jumps over zero",
            "np.sign(w) * np.maximum(np.abs(w) - shrink, 0)",
            "w - shrink * np.sign(w)",
            "This is the subgradient step: a small weight jumps over zero. Stop at zero with a maximum.",
        ),
        Mutant(
            "lambda without step",
            "step * lam",
            "lam",
            "Shrink by step·λ: the proximal step has the length of the step before it.",
        ),
        Mutant(
            "sign lost",
            "np.sign(w) * np.maximum",
            "np.maximum",
            "The sign is lost: negative weights come out positive.",
        ),
        Mutant(
            "L2's shrinkage",
            "np.sign(w) * np.maximum(np.abs(w) - shrink, 0)",
            "w / (1 + shrink)",
            "Dividing is the proximal step of L2. L1 takes the same amount from each weight.",
        ),
        Mutant(
            "clipped",
            "np.sign(w) * np.maximum(np.abs(w) - shrink, 0)",
            "np.clip(w, -shrink, shrink)",
            "You return what is taken away, w cut to ±shrink. What is left is w minus that.",
        ),
        Mutant("twice", "shrink = step * lam", "shrink = 2 * step * lam", "λ‖w‖₁ has the slope λ, with no 2."),
        Mutant(
            "negative side lost",
            "np.sign(w) * np.maximum(np.abs(w) - shrink, 0)",
            "np.maximum(w - shrink, 0)",
            "Negative weights all became zero: shrink their size, and put the sign back.",
        ),
    ),
)


def max_norm_cases(rng):
    def case(rows, c):
        return Case.one(f"{rows} inputs", W=2 * rng.standard_normal((rows, 3)), c=c)

    first = Case.one("a long unit and a short one", W=np.array([[3.0, 0.3], [4.0, 0.4]]), c=1.0)
    return [first, case(4, 1.0), case(5, 2.0), case(6, 3.0), case(7, 0.5), case(8, 2.5)]


max_norm = Exercise(
    name="max_norm",
    title="max_norm",
    prompt="max_norm",
    source="""\
def max_norm(W, c):
    norms = np.sqrt((W**2).sum(axis=0, keepdims=True))
    return W * np.minimum(1, c / norms)
""",
    returns=("W",),
    cases=max_norm_cases,
    hints=("a", "b"),
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
    ),
)


def weights_only_cases(rng):
    def case(lam):
        W, dW = rng.standard_normal((2, 2, 3))
        b, db = rng.standard_normal((2, 3))
        return Case.one(f"λ = {lam}", W=W, b=b + 5, dW=dW, db=db, lam=lam)

    return [case(lam) for lam in (0.1, 0.2, 0.3, 0.5, 1.0, 0.0)]


weights_only = Exercise(
    name="weights_only",
    title="weights_only",
    prompt="weights_only",
    source="""\
def weights_only(W, b, dW, db, lam):
    dW = dW + lam * W
    db = db
    return dW, db
""",
    returns=("dW", "db"),
    cases=weights_only_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "biases too",
            "db = db",
            "db = db + lam * b",
            (
                "You penalize the bias. It sets where a unit switches, not how steep it is; penalizing it pulls "
                "predictions to zero."
            ),
        ),
        Mutant(
            "biases only",
            "dW = dW + lam * W\n    db = db",
            "db = db + lam * b",
            "You penalize the bias and not the weights: the other way round.",
        ),
        Mutant("twice", "lam * W", "2 * lam * W", "½λ‖W‖² has the slope λW."),
        Mutant("minus", "dW + lam * W", "dW - lam * W", "With a minus the weights grow."),
        Mutant("squares", "lam * W", "lam * W**2", "W² is in the penalty; its slope is W."),
        Mutant(
            "by the number of weights",
            "lam * W",
            "lam * W / W.size",
            "The penalty is a sum over weights: do not divide by their number.",
        ),
        Mutant("L1's slope", "lam * W", "lam * np.sign(W)", "sign(W) is L1's slope; L2's grows with the weight."),
        Mutant("nothing", "dW = dW + lam * W\n    ", "", "Nothing is penalized."),
    ),
)


def same_shrinkage_cases(rng):
    settings = ((1.0, 0.5, 2), (0.5, 0.1, 5), (2.0, 0.2, 3), (0.1, 0.3, 10), (1.5, 0.1, 8), (0.8, 0.05, 20))
    return [Case.one(f"a curvature of {h}, {t} steps", h=h, lr=lr, t=t) for h, lr, t in settings]


same_shrinkage = Exercise(
    name="same_shrinkage",
    title="same_shrinkage",
    prompt="same_shrinkage",
    source="""\
def same_shrinkage(h, lr, t):
    left = (1 - lr * h) ** t
    return h * left / (1 - left)
""",
    returns=("lam",),
    cases=same_shrinkage_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "rule of thumb",
            "h * left / (1 - left)",
            "1 / (lr * t)",
            "1/(αt) is the rule of thumb for small αht. The exact λ is asked for.",
        ),
        Mutant(
            "upside down",
            "h * left / (1 - left)",
            "h * (1 - left) / left",
            "Upside down: long training is a weak penalty.",
        ),
        Mutant(
            "no curvature",
            "h * left / (1 - left)",
            "left / (1 - left)",
            "Solve h/(h + λ) = 1 − left for λ: h stays as a factor.",
        ),
        Mutant("one step fewer", "** t", "** (t - 1)", "From zero, t steps leave the share (1 − αh)ᵗ of the error."),
        Mutant(
            "exponential",
            "(1 - lr * h) ** t",
            "np.exp(-lr * h * t)",
            "e^(−αht) is the limit of small steps; t steps give (1 − αh)ᵗ.",
        ),
        Mutant(
            "not from left", "h * left / (1 - left)", "h * left", "h/(h + λ) = 1 − left gives λ = h·left/(1 − left)."
        ),
        Mutant("rate forgotten", "1 - lr * h", "1 - h", "The rate is missing: an error shrinks by 1 − αh a step."),
    ),
)
