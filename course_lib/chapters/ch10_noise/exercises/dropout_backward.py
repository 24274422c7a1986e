"""Inverted dropout, backward."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def dropout_backward_cases(rng: np.random.Generator) -> list[Case]:
    def case(keep: float, units: int) -> Case:
        z = rng.permutation(np.arange(2 * units) < units + 1).reshape(2, units).astype(float)
        dy = rng.uniform(0.3, 2, (2, units)) * rng.choice([-1, 1], (2, units))
        return Case.one(f"keep {keep}", dy=dy, z=z, keep=keep)

    return [case(keep, units) for units, keep in enumerate((0.8, 0.75, 0.6, 0.9, 0.3, 0.2), start=4)]


dropout_backward = Exercise(
    name="dropout_backward",
    page="10_noise",
    number=2,
    title="Inverted dropout, backward",
    prompt=(
        "The forward pass of inverted dropout was `y = x * z / keep`, with the mask `z` of zeros and ones. You get "
        "`dy`, the gradient of the loss with respect to `y`, and this mask. Return the gradient with respect to `x`."
    ),
    source="""\
def dropout_backward(dy, z, keep):
    return dy * z / keep
""",
    returns=("dx",),
    cases=dropout_backward_cases,
    hints=(
        "For one number: y = x · z/keep. What is dy/dx, if z is a constant?",
        "By the chain rule each component of `dy` is multiplied by its own z/keep.",
    ),
    asks={
        "dy": "what should `dy` meet on its way back?",
        "z": "which entries should `z` let pass?",
        "keep": "what did `keep` do on the way forward?",
    },
    limits={"z": (0, 1), "keep": (0, 1)},
    explanation=(
        "For a given mask the layer is linear in `x`, with the factor z/keep for each unit. The gradient has the same "
        "factor, so a dropped unit gets none, and a kept one 1/keep times as much."
    ),
    after="The mask must be stored in the forward pass. Drawn anew, it would be another function's gradient.",
    accepts={
        "where": "def dropout_backward(dy, z, keep):\n    return np.where(z == 1, dy / keep, 0.0)\n",
        "factor first": "def dropout_backward(dy, z, keep):\n    factor = z / keep\n    return factor * dy\n",
        "by index": (
            "def dropout_backward(dy, z, keep):\n"
            "    dx = np.zeros(dy.shape)\n"
            "    dx[z > 0] = dy[z > 0] / keep\n"
            "    return dx\n"
        ),
        "float32": "def dropout_backward(dy, z, keep):\n    return (dy * z / keep).astype(np.float32)\n",
    },
    mutants=(
        Mutant(
            "no mask",
            "dy * z / keep",
            "dy / keep",
            "The gradient reaches dropped units. They had no part in the output, so they get none: use the same mask "
            "as in the forward pass.",
        ),
        Mutant(
            "nothing",
            "dy * z / keep",
            "dy",
            "You pass the gradient on as it is. It goes the way the signal went: through z/keep.",
        ),
        Mutant(
            "not scaled",
            "dy * z / keep",
            "dy * z",
            "The forward pass divided by `keep`, so the gradient is divided by it, too.",
        ),
        Mutant("the other units", "dy * z", "dy * (1 - z)", "You pass the gradient to the units that were dropped."),
        Mutant(
            "by the dropout probability",
            "/ keep",
            "/ (1 - keep)",
            "Divide by the probability to keep, as in the forward pass.",
        ),
        Mutant("multiplied", "/ keep", "* keep", "The forward pass divides by `keep`, and so does the gradient."),
        Mutant("squared", "/ keep", "/ keep**2", "You divide twice: once is what the forward pass did."),
        Mutant("half", "/ keep", "* 2", "Twice is right for keep = ½ alone."),
        Mutant(
            "by the share that was kept",
            "/ keep",
            "/ z.mean()",
            "You divide by the share that this mask kept. The forward pass divided by `keep`.",
        ),
        Mutant(
            "no mask, no factor but keep",
            "dy * z / keep",
            "dy * keep",
            "That is the gradient of testing in the first form of dropout. In training it goes through z/keep.",
        ),
    ),
)
