"""A step with an L1 penalty that never reaches zero."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    def case(label: str, w: np.ndarray, gradients: np.ndarray, lr: float, lam: float) -> Case:
        return Case(label, {"w": w}, tuple({"dw": dw, "lr": lr, "lam": lam} for dw in gradients))

    def random(label: str, lr: float, lam: float) -> Case:
        return case(label, 0.3 * rng.standard_normal(6), rng.standard_normal((3, 6)), lr, lam)

    return [
        case("a single number", np.array(0.05), np.array([0.0, -3.0]), 0.1, 1.0),
        random("six numbers", 0.1, 1.0),
        random("a weak penalty", 0.1, 0.3),
        random("a small rate", 0.03, 1.0),
        random("a rate of 1", 1.0, 0.1),
    ]


SHRINK = "np.sign(w) * np.maximum(np.abs(w) - lr * lam, 0)"

repair_l1 = Exercise(
    name="repair_l1",
    page="14_bugs",
    number=4,
    title="Repair L1",
    prompt=(
        "A note says: “L1 makes many weights exactly zero.” Its code makes none zero. `w` are the weights, `dw` the "
        "gradient of the loss without the penalty, `lr` the rate, `lam` the strength λ. Put it right: step on the "
        "loss, then make the proximal step. Return the new weights, as a new array."
    ),
    source="""\
def train_step(w, dw, lr, lam):
    w = w - lr * dw
    return np.sign(w) * np.maximum(np.abs(w) - lr * lam, 0)
""",
    start="""\
def train_step(w, dw, lr, lam):
    return w - lr * (dw + lam * np.sign(w))
""",
    returns=("w",),
    cases=cases,
    hints=(
        "Where does the broken line send a weight of 0.05, with no gradient, a rate of 0.1 and λ = 1?",
        "Make the step on the loss first. Then take the same amount from the size of every weight, and stop at 0.",
    ),
    asks={
        "lam": "by how much should each weight shrink?",
        "w": "which way should each weight move, and where should it stop?",
        "lr": "which two things should `lr` multiply?",
    },
    limits={"lr": (0, None), "lam": (0, None)},
    explanation=(
        "A subgradient step of αλ jumps over zero, back and forth, and never rests there. The proximal step takes αλ "
        "from the size of each weight and stops at 0, so whatever is smaller becomes exactly 0."
    ),
    after="In the library, `fit` makes this step by itself, with `penalty=L1(lam), proximal=True`.",
    accepts={
        "what is taken away": """\
def train_step(w, dw, lr, lam):
    w = w - lr * dw
    return w - np.clip(w, -lr * lam, lr * lam)
""",
        "by cases": """\
def train_step(w, dw, lr, lam):
    u, a = w - lr * dw, lr * lam
    return np.where(u > a, u - a, np.where(u < -a, u + a, 0.0))
""",
        "float32": """\
def train_step(w, dw, lr, lam):
    u, a = w - lr * dw, lr * lam
    return np.asarray(np.maximum(u - a, 0) + np.minimum(u + a, 0), dtype=np.float32)
""",
    },
    mutants=(
        Mutant(
            "subgradient",
            f"w = w - lr * dw\n    return {SHRINK}",
            "return w - lr * (dw + lam * np.sign(w))",
            "That is still the subgradient step: it jumps over zero, back and forth, and never rests there.",
        ),
        Mutant(
            "jumps over zero",
            SHRINK,
            "w - lr * lam * np.sign(w)",
            "In two steps now, but the second still jumps over zero: stop there, with a maximum.",
        ),
        Mutant(
            "proximal step first",
            f"w = w - lr * dw\n    return {SHRINK}",
            f"w = {SHRINK}\n    return w - lr * dw",
            "First the step on the loss, then the shrinking: in your order the step on the loss ends the zeros.",
        ),
        Mutant("no rate", "lr * lam", "lam", "You shrink by λ. The proximal step has the rate in it, as every step."),
        Mutant("no lambda", "lr * lam", "lr", "You shrink by the rate alone, whatever λ is."),
        Mutant(
            "weight decay",
            SHRINK,
            "(1 - lr * lam) * w",
            "That is weight decay, L2's: it shrinks in proportion, and never to zero.",
        ),
        Mutant(
            "hard threshold",
            SHRINK,
            "np.where(np.abs(w) > lr * lam, w, 0.0)",
            "You cut small weights off, and leave the others as they are. L1 takes the same from all.",
        ),
        Mutant("sign lost", "np.sign(w) * np.maximum", "np.maximum", "The sign is lost: no weight is negative now."),
        Mutant(
            "negative side lost",
            SHRINK,
            "np.maximum(w - lr * lam, 0)",
            "Negative weights all become zero: shrink their size, and put the sign back.",
        ),
        Mutant("uphill", "w - lr * dw", "w + lr * dw", "You add the gradient of the loss: that leads uphill."),
    ),
)
