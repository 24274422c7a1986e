"""Mixup of two batches."""

from typing import Any

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    def case(lam: float, dtype: Any = float) -> Case:
        x, x2 = rng.uniform(0.1, 1, (2, 2, 5)).astype(dtype)
        first = rng.integers(0, 4, 2)
        y, y2 = np.eye(4, dtype=dtype)[first], np.eye(4, dtype=dtype)[(first + 1) % 4]
        return Case.one(f"λ = {lam}", x=x, y=y, x2=x2, y2=y2, lam=lam)

    return [*(case(lam) for lam in (0.75, 0.3, 0.9, 0.6, 0.1, 0.0)), case(0.7, np.float32)]


mixup = Exercise(
    name="mixup",
    page="11_augmentation",
    number=3,
    title="Mixup",
    prompt=(
        "You get images `x`, a row each, their labels `y` as rows of probabilities, the partners' `x2` and `y2`, and "
        "the share λ, `lam`, of the first. Return blended images and their labels. Leave the arrays you are given as "
        "they are."
    ),
    source="""\
def mixup(x, y, x2, y2, lam):
    x = lam * x + (1 - lam) * x2
    y = lam * y + (1 - lam) * y2
    return x, y
""",
    returns=("x", "y"),
    cases=cases,
    hints=(
        "If an image is 70 % a 3 and 30 % a 6, what is its label?",
        "The two shares add up to 1, and `lam` belongs to the first.",
        "Labels are blended by the same line as images.",
    ),
    asks={
        "lam": "which of the two should have the share `lam`, and what is left for the other?",
        "y2": "with which share should `y2` come in?",
    },
    limits={"lam": (0, 1)},
    explanation="One convex combination, with the same λ for images and labels. Rows of probabilities stay so: their "
    "sums are 1.",
    after="`course_lib.data.augment.MixUp` draws λ from a Beta(α, α) for each image, and the partner from the batch.",
    accepts={
        "as a correction": (
            "def mixup(x, y, x2, y2, lam):\n    return x + (1 - lam) * (x2 - x), y + (1 - lam) * (y2 - y)\n"
        ),
        "by a function": (
            "def mixup(x, y, x2, y2, lam):\n    def blend(a, b):\n        return lam * a + (1 - lam) * b\n"
            "    return blend(x, x2), blend(y, y2)\n"
        ),
        "copied, then in place": (
            "def mixup(x, y, x2, y2, lam):\n    a, b = x.copy(), y.copy()\n    a *= lam\n    b *= lam\n"
            "    a += (1 - lam) * x2\n    b += (1 - lam) * y2\n    return a, b\n"
        ),
        "float32": (
            "def mixup(x, y, x2, y2, lam):\n    s, t = np.float32(lam), np.float32(1 - lam)\n"
            "    x, y, x2, y2 = (a.astype(np.float32) for a in (x, y, x2, y2))\n"
            "    return s * x + t * x2, s * y + t * y2\n"
        ),
    },
    mutants=(
        Mutant(
            "labels not mixed",
            "y = lam * y + (1 - lam) * y2",
            "y = y",
            "You blend the images and not the labels, so the network is told that a blend is wholly the first digit.",
        ),
        Mutant(
            "the second's labels",
            "y = lam * y + (1 - lam) * y2",
            "y = y2",
            "You blend the images and return the partners' labels. Blend the labels, too.",
        ),
        Mutant(
            "labels the other way",
            "y = lam * y + (1 - lam) * y2",
            "y = (1 - lam) * y + lam * y2",
            "Your labels are blended the other way round: λ is the share of the first, in image and label alike.",
        ),
        Mutant(
            "the larger wins",
            "y = lam * y + (1 - lam) * y2",
            "y = y if lam >= 0.5 else y2",
            "You take the label of the stronger image. Mixup blends the labels in the proportion of the images.",
        ),
        Mutant(
            "both the other way",
            "x = lam * x + (1 - lam) * x2\n    y = lam * y + (1 - lam) * y2",
            "x = (1 - lam) * x + lam * x2\n    y = (1 - lam) * y + lam * y2",
            "Images and labels are blended the other way round: λ is the share of the first.",
        ),
        Mutant(
            "images the other way",
            "x = lam * x + (1 - lam) * x2",
            "x = (1 - lam) * x + lam * x2",
            "Your images are blended the other way round, and no longer fit their labels: λ is the share of the first.",
        ),
        Mutant(
            "a sum",
            "lam * x + (1 - lam) * x2",
            "x + x2",
            "You add the two images, which is brighter than either. Weigh them by λ and 1 − λ.",
        ),
        Mutant(
            "half and half",
            "x = lam * x + (1 - lam) * x2",
            "x = (x + x2) / 2",
            "You blend the images half and half, whatever λ is.",
        ),
        Mutant(
            "labels half and half",
            "y = lam * y + (1 - lam) * y2",
            "y = (y + y2) / 2",
            "You blend the labels half and half, whatever λ is.",
        ),
        Mutant(
            "blend of the blend",
            "y = lam * y + (1 - lam) * y2",
            "y = lam * y + (1 - lam) * (lam * y + (1 - lam) * y2)",
            "You blend the labels with what is a blend already. Use the partners' labels as they are.",
        ),
        Mutant(
            "swapped", "return x, y", "return y, x", "Both blends are right, and you return them in the wrong order."
        ),
        Mutant(
            "in place",
            "x = lam * x + (1 - lam) * x2",
            "x *= lam\n    x += (1 - lam) * x2",
            "The numbers are right, but the caller's images `x` are overwritten: the training set would be blended "
            "further at every epoch. Make a new array, `x = ...`.",
        ),
    ),
)
