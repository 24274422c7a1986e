"""The proximal step of L1: soft thresholding."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    def case(label: str, size: int, step: float, lam: float) -> Case:
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
    page="09_penalties",
    number=2,
    title="The proximal step of L1",
    prompt=(
        "A step on the loss alone has led to the weights `w`. Move each weight towards 0 by `step` times `lam`, and no"
        " further: what is nearer to 0 than that becomes 0. Return a new array."
    ),
    source="""\
def soft(w, step, lam):
    shrink = step * lam
    return np.sign(w) * np.maximum(np.abs(w) - shrink, 0)
""",
    returns=("w",),
    cases=cases,
    hints=(
        "How large may a weight be, in size, to end at 0?",
        "Shrink the *size* of each weight, `np.abs(w)`, stop at 0 with a maximum, and put the sign back.",
    ),
    asks={
        "w": "which way should each weight move, and where should it stop?",
        "step": "what should `step` decide?",
        "lam": "what should `lam` decide?",
    },
    limits={"step": (0, None), "lam": (0, None)},
    explanation=(
        "It minimizes ½(u − w)² + step·λ|u| for each weight by itself. Every weight loses the same amount, and those"
        " that have less than that end at exactly 0."
    ),
    after="In the library it is `L1(lam).prox(w, step)`, as one line, `w - np.clip(w, -a, a)`.",
    accepts={
        "what is taken away": """\
def soft(w, step, lam):
    a = step * lam
    return w - np.clip(w, -a, a)
""",
        "by cases": """\
def soft(w, step, lam):
    a = step * lam
    return np.where(w > a, w - a, np.where(w < -a, w + a, 0.0))
""",
        "float32": """\
def soft(w, step, lam):
    a = step * lam
    return np.asarray(np.maximum(w - a, 0) + np.minimum(w + a, 0), dtype=np.float32)
""",
    },
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
        Mutant(
            "step without lambda",
            "step * lam",
            "step",
            "You shrink by the step alone: it is step·λ.",
        ),
    ),
)
