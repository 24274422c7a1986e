"""Gradient accumulation, then clipping by the norm."""

from typing import Any

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def accumulate_cases(rng: np.random.Generator) -> list[Case]:
    def case(label: str, grads: Any, sizes: Any, max_norm: float) -> Case:
        return Case.one(label, grads=np.array(grads), sizes=np.array(sizes), max_norm=max_norm)

    def draws(*shape: int) -> np.ndarray:  # in each column of one sign: no mean is nearly 0, so float32 is enough
        return rng.uniform(0.3, 2, shape) * rng.choice([-1, 1], shape[1])

    return [
        case("two numbers each", [[3.0, 0.0], [1.0, 2.0]], [4, 4], 5.0),
        case("a small last minibatch", [[3.0, 0.0], [1.0, 2.0], [9.0, -6.0]], [10, 10, 5], 50.0),
        case("clipped", [[3.0, 4.0], [9.0, 12.0]], [6, 6], 2.0),
        case("one large minibatch gradient", [[0.3, 0.1, 0.0], [-8.0, 20.0, 3.0], [0.2, 0.4, -0.1]], [8, 8, 4], 1.5),
        case("random, not clipped", draws(4, 3), [7, 7, 7, 2], 30.0),
        case("random, clipped", draws(3, 5), [5, 4, 1], 0.1),
        case("tiny gradients, about 1e-6", 1e-6 * draws(3, 4), [5, 5, 3], 1.0),
        case("all zero", np.zeros((2, 3)), [3, 2], 1.0),
        case("float32", (10 * draws(3, 4)).astype(np.float32), [6, 6, 1], 0.7),
    ]


accumulate = Exercise(
    name="accumulate",
    page="05_schedules",
    number=4,
    title="Accumulate, then clip",
    prompt=(
        "A batch does not fit into memory, so it was cut into minibatches of `sizes` examples, shape (K,). Row k of "
        "`grads`, shape (K, n), is the **mean** gradient over minibatch k. Return the mean gradient over all examples, "
        "shape (n,); if its norm (the root of the sum of squares) is above `max_norm`, scale it down to that norm. "
        "Leave the arrays you are given as they are."
    ),
    source="""\
def accumulate(grads, sizes, max_norm):
    grad = sizes @ grads / np.sum(sizes)
    norm = np.sqrt(np.sum(grad**2))
    if norm > max_norm:
        grad = grad * max_norm / norm
    return grad
""",
    returns=("grad",),
    cases=accumulate_cases,
    hints=(
        "First the gradient of the whole batch, then its norm: clipping comes last.",
        "A mean over a minibatch, times its size, is the sum over its examples. Add these sums, then divide by the "
        "number of all examples.",
        "A gradient that is short enough stays as it is. Another one is divided by its norm, and made `max_norm` long.",
    ),
    asks={
        "grads": "what should each row of `grads` count for?",
        "sizes": "what should `sizes` decide?",
        "max_norm": "which norm should be compared with `max_norm`?",
    },
    limits={"sizes": (0, None), "max_norm": (0, None)},
    explanation=(
        "The weights are the sizes, so a short last minibatch counts for less. One factor scales all components, so "
        "the direction stays. Clipped before they are averaged, the minibatches would no longer add up to the batch."
    ),
    after="`course_lib.optim.clip_norm` and PyTorch's `clip_grad_norm_` scale so; PyTorch adds 1e-6 to the norm.",
    accepts={
        "NumPy's average": (
            "def accumulate(grads, sizes, max_norm):\n"
            "    g = np.average(grads, axis=0, weights=sizes)\n"
            "    norm = np.linalg.norm(g)\n"
            "    return g if norm <= max_norm else g / norm * max_norm\n"
        ),
        "in a loop": (
            "def accumulate(grads, sizes, max_norm):\n"
            "    total = np.zeros(len(grads[0]))\n"
            "    for g, n in zip(grads, sizes):\n"
            "        total += n * g / sizes.sum()\n"
            "    length = (total @ total) ** 0.5\n"
            "    return total * min(1, max_norm / (length + 1e-30))\n"
        ),
        "one by one, in float64": (
            "def accumulate(grads, sizes, max_norm):\n"
            "    g = np.zeros(grads.shape[1])\n"
            "    for k in range(len(sizes)):\n"
            "        g += grads[k] * int(sizes[k]) / int(sizes.sum())\n"
            "    norm = np.sqrt(np.sum(g**2))\n"
            "    return g * max_norm / norm if norm > max_norm else g\n"
        ),
        "float32": (
            "def accumulate(grads, sizes, max_norm):\n"
            "    share = (sizes / sizes.sum()).astype(np.float32)\n"
            "    g = (share[:, None] * grads.astype(np.float32)).sum(axis=0)\n"
            "    norm = np.sqrt((g * g).sum())\n"
            "    return g * np.float32(max_norm) / norm if norm > max_norm else g\n"
        ),
    },
    mutants=(
        Mutant(
            "sum",
            "sizes @ grads / np.sum(sizes)",
            "np.sum(grads, axis=0)",
            "You add up the minibatches' mean gradients. K of them are K times as long as their mean: a K-fold rate.",
        ),
        Mutant(
            "unweighted mean",
            "sizes @ grads / np.sum(sizes)",
            "np.mean(grads, axis=0)",
            "You take the plain mean over the minibatches, so that one with few examples counts as much as a full one. "
            "Weigh them by their sizes.",
        ),
        Mutant(
            "sum over examples",
            "sizes @ grads / np.sum(sizes)",
            "sizes @ grads",
            "That is the sum over all examples. The mean is asked for: divide by their number.",
        ),
        Mutant(
            "divided by K",
            "np.sum(sizes)",
            "len(sizes)",
            "You divide the sum over all examples by the number of minibatches. Divide by the number of examples.",
        ),
        Mutant(
            "last only",
            "sizes @ grads / np.sum(sizes)",
            "grads[-1]",
            "You return the last minibatch's gradient: the others were overwritten, not added.",
        ),
        Mutant(
            "clipped by value",
            "norm = np.sqrt(np.sum(grad**2))\n    if norm > max_norm:\n        grad = grad * max_norm / norm",
            "grad = np.clip(grad, -max_norm, max_norm)",
            "You clip each component on its own. That changes the direction; the norm is to be limited.",
        ),
        Mutant(
            "always scaled",
            "norm > max_norm",
            "norm > 0",
            "You bring every gradient to the norm `max_norm`, short ones, too. Those stay as they are.",
        ),
        Mutant(
            "upside down",
            "norm > max_norm",
            "norm < max_norm and norm > 0",
            "You scale the short gradients up and let the long ones through. It is the long ones that are scaled.",
        ),
        Mutant(
            "never clipped",
            "grad * max_norm / norm",
            "grad",
            "Your mean is right, but a long gradient comes through as it is.",
        ),
        Mutant(
            "made one long",
            "grad * max_norm / norm",
            "grad / norm",
            "You scale a long gradient to the norm 1. Its new norm is `max_norm`.",
        ),
        Mutant(
            "set to zero",
            "grad * max_norm / norm",
            "grad * 0",
            "You throw a long gradient away. It is only made shorter.",
        ),
        Mutant(
            "norm without root",
            "np.sqrt(np.sum(grad**2))",
            "np.sum(grad**2)",
            "That is the square of the norm: take the root.",
        ),
        Mutant(
            "sum of absolute values",
            "np.sqrt(np.sum(grad**2))",
            "np.sum(np.abs(grad))",
            "You add up absolute values. The norm is the root of the sum of squares.",
        ),
        Mutant(
            "largest component",
            "np.sqrt(np.sum(grad**2))",
            "np.max(np.abs(grad))",
            "You take the largest component for the norm. The norm is the root of the sum of squares.",
        ),
        Mutant(
            "clipped before the mean",
            "grad = sizes @ grads / np.sum(sizes)",
            "norms = np.sqrt(np.sum(grads**2, axis=1))\n"
            "    grads = grads * np.minimum(1, max_norm / np.maximum(norms, 1e-30))[:, None]\n"
            "    grad = sizes @ grads / np.sum(sizes)",
            "You clip each minibatch's gradient before you average. A large one then loses its weight, and the mean "
            "points elsewhere. Average first.",
        ),
        Mutant(
            "clipped as a sum",
            "grad = sizes @ grads / np.sum(sizes)\n"
            "    norm = np.sqrt(np.sum(grad**2))\n"
            "    if norm > max_norm:\n"
            "        grad = grad * max_norm / norm\n"
            "    return grad",
            "grad = sizes @ grads\n"
            "    norm = np.sqrt(np.sum(grad**2))\n"
            "    if norm > max_norm:\n"
            "        grad = grad * max_norm / norm\n"
            "    return grad / np.sum(sizes)",
            "You clip the sum over the examples, and divide only then, so that the gradient ends far below `max_norm`. "
            "Average first.",
        ),
        Mutant(
            "in place",
            "grad = sizes @ grads / np.sum(sizes)",
            "grads *= (sizes / np.sum(sizes))[:, None]\n    grad = np.sum(grads, axis=0)",
            "The numbers are right, but the array `grads` that the caller handed you is changed: `*=` writes into it. "
            "Make a new one.",
        ),
    ),
)
