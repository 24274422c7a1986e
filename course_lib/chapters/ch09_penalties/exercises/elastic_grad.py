"""The gradient of a loss with an elastic net."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    def case(label: str, size: int, l1: float, l2: float) -> Case:
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
    page="09_penalties",
    number=1,
    title="The gradient with an elastic net",
    prompt=(
        "You get weights `w` and the loss's gradient `dw` there. Add the gradient of the penalty λ₁‖w‖₁ + ½ λ₂‖w‖²;"
        " its strengths are `l1` and `l2`; where a weight is 0, |w| counts as flat. Return a new array."
    ),
    source="""\
def elastic_grad(w, dw, l1, l2):
    return dw + l1 * np.sign(w) + l2 * w
""",
    returns=("grad",),
    cases=cases,
    hints=(
        "The gradient of a sum is the sum of the gradients: three terms.",
        "The slope of |w| is 1 for positive weights, −1 for negative ones; NumPy has a function for it.",
        "½ λ₂ w² has the slope λ₂ w: the ½ cancels the 2.",
    ),
    asks={
        "w": "what should each of the two penalties see of `w`?",
        "dw": "what should be added to `dw`?",
        "l1": "what should `l1` multiply?",
        "l2": "what should `l2` multiply?",
    },
    limits={"l1": (0, None), "l2": (0, None)},
    explanation=(
        "L1 pulls at every weight by the same λ₁, L2 in proportion to the weight. With this gradient no weight becomes"
        " exactly 0."
    ),
    after="It is what `course_lib.nn.ElasticNet(l1, l2).grad(w)` adds to the gradient of the loss.",
    accepts={
        "in three lines": """\
def elastic_grad(w, dw, l1, l2):
    from_l1 = l1 * ((w > 0) * 1.0 - (w < 0) * 1.0)
    from_l2 = l2 * w
    return dw + from_l1 + from_l2
""",
        "copied": """\
def elastic_grad(w, dw, l1, l2):
    grad = np.array(dw)
    grad += l1 * np.sign(w)
    grad += l2 * w
    return grad
""",
        "float32": """\
def elastic_grad(w, dw, l1, l2):
    return np.asarray(dw + l1 * np.sign(w) + l2 * w, dtype=np.float32)
""",
    },
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
        Mutant(
            "in place",
            "return dw + l1 * np.sign(w) + l2 * w",
            "dw += l1 * np.sign(w) + l2 * w\n    return dw",
            "The numbers are right, but the caller's array `dw` is changed: make a new one.",
        ),
    ),
)
