"""How large is a step, seen from the weights?"""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def update_ratio_cases(rng: np.random.Generator) -> list[Case]:
    w, dw = rng.standard_normal((2, 4, 3))
    v, dv = rng.standard_normal((2, 5))
    f, df = rng.standard_normal((2, 3)).astype(np.float32)
    return [
        Case.one("two numbers", w=np.array([3.0, 4.0]), dw=np.array([0.6, 0.8]), lr=0.1),
        Case.one("a matrix", w=w, dw=dw, lr=float(rng.uniform(0.01, 0.09))),
        Case.one("gradients of 1e-6", w=v, dw=1e-6 * dv, lr=0.5),
        Case.one("no gradient", w=v, dw=0 * dv, lr=0.5),
        Case.one("a rate of 1", w=w, dw=dw, lr=1.0),
        Case.one("float32", w=f, dw=df, lr=0.2),
    ]


update_ratio = Exercise(
    name="update_ratio",
    page="01_first_step",
    number=1,
    title="How large is a step?",
    prompt=(
        "`w` is an array of weights, `dw` its gradient, `lr` the rate of plain gradient descent. Return the "
        "size of the step divided by that of the weights, ‖Δw‖/‖w‖, with the usual norm: the root of the sum "
        "of all squares."
    ),
    source="""\
def update_ratio(w, dw, lr):
    step = lr * dw
    return np.linalg.norm(step) / np.linalg.norm(w)
""",
    returns=("ratio",),
    cases=update_ratio_cases,
    hints=(
        "The step is not the gradient: which factor stands before it?",
        "`np.linalg.norm(w)` is the root of the sum of all squares, for an array of any shape. You need two of them.",
    ),
    asks={
        "lr": "how large is the step itself?",
    },
    limits={"lr": (0, None)},
    explanation=(
        "The step is −α dw, and a norm does not see the sign. One ratio for each array of weights tells "
        "whether its rate suits it: about 1e-3 is usual once training is under way."
    ),
    after=(
        "`course_lib.nn.babysit` measures it over some steps of any optimizer, whose step is more than the "
        "gradient times the rate."
    ),
    accepts={
        "from sums": "def update_ratio(w, dw, lr):\n    return lr * np.sqrt(np.sum(dw**2)) / np.sqrt(np.sum(w**2))\n",
        "one root": (
            "def update_ratio(w, dw, lr):\n"
            "    step = -lr * dw\n"
            "    return ((step * step).sum() / (w * w).sum()) ** 0.5\n"
        ),
        "after and before": (
            "def update_ratio(w, dw, lr):\n    size = np.linalg.norm(w)\n    return lr * np.linalg.norm(dw) / size\n"
        ),
        "float32": (
            "def update_ratio(w, dw, lr):\n    return np.float32(np.linalg.norm(lr * dw) / np.linalg.norm(w))\n"
        ),
    },
    mutants=(
        Mutant(
            "no rate",
            "lr * dw",
            "dw",
            "You compare the gradient with the weights; what moves them is the rate times the gradient.",
        ),
        Mutant(
            "upside down",
            "np.linalg.norm(step) / np.linalg.norm(w)",
            "np.linalg.norm(w) / np.linalg.norm(step)",
            "Upside down: how large is the step, seen from the weight?",
        ),
        Mutant(
            "negative",
            "np.linalg.norm(step) / np.linalg.norm(w)",
            "-np.linalg.norm(step) / np.linalg.norm(w)",
            "Your ratio is negative, but a size has no sign: the minus of the step belongs inside the norm.",
        ),
        Mutant(
            "squares",
            "np.linalg.norm(step) / np.linalg.norm(w)",
            "np.sum(step**2) / np.sum(w**2)",
            "A norm is the root of the sum of squares; the root is missing.",
        ),
        Mutant(
            "mean of ratios",
            "np.linalg.norm(step) / np.linalg.norm(w)",
            "np.mean(np.abs(step / w))",
            "You average the ratio of each number. One weight near zero rules that mean; take the two norms first.",
        ),
        Mutant(
            "signed",
            "np.linalg.norm(step) / np.linalg.norm(w)",
            "np.abs(np.sum(step) / np.sum(w))",
            "You sum numbers of both signs: they cancel. Take a norm.",
        ),
        Mutant(
            "largest",
            "np.linalg.norm(step) / np.linalg.norm(w)",
            "np.abs(step).max() / np.abs(w).max()",
            "You compare the largest entries; the rule is about norms.",
        ),
        Mutant(
            "after the step",
            "np.linalg.norm(w)",
            "np.linalg.norm(w - step)",
            "You divide by the weights after the step; the rule is about those before.",
        ),
        Mutant(
            "sums of sizes",
            "np.linalg.norm(step) / np.linalg.norm(w)",
            "np.abs(step).sum() / np.abs(w).sum()",
            "You add up absolute values, which is another norm. Take the root of the sum of squares.",
        ),
        Mutant(
            "norm of the ratios",
            "np.linalg.norm(step) / np.linalg.norm(w)",
            "np.linalg.norm(step / w)",
            "You divide number by number, and then take one norm. Take the two norms first, then divide.",
        ),
        Mutant(
            "rate squared",
            "lr * dw",
            "lr * lr * dw",
            "The rate comes in twice. The step is `lr * dw`, and its norm holds `lr` once.",
        ),
    ),
)
