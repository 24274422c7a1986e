"""Contrast about each image's mean."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    def case(label: str, f: float, channels: int = 1) -> Case:
        bright = np.array([0.5, 0.7, 0.9]).reshape(3, 1, 1, 1)  # each image of another brightness
        while True:  # no result may be nearly 0: float32 is enough
            images = rng.random((3, 4, 4, channels)) * bright
            m = images.mean(axis=(1, 2, 3), keepdims=True)
            if np.abs(m + f * (images - m)).min() > 0.003:
                return Case.one(label, images=images, f=f)

    drawn = [case(f"contrast {f}", f) for f in (1.5, 0.5, 2.0, 0.0, 1.2, 0.8, 1.0)]
    single = Case.one("float32", images=rng.uniform(0.1, 0.8, (2, 3, 3, 1)).astype(np.float32), f=0.6)
    return [*drawn, case("three channels", 1.7, 3), single]


contrast = Exercise(
    name="contrast",
    page="11_augmentation",
    number=2,
    title="Contrast",
    prompt=(
        "You get `images` of shape (N, height, width, channels), in [0, 1]. In each image, multiply every value's "
        "distance from the mean of all that image's values by `f`, and clip to [0, 1]."
    ),
    source="""\
def contrast(images, f):
    m = images.mean(axis=(1, 2, 3), keepdims=True)
    images = np.clip(m + f * (images - m), 0, 1)
    return images
""",
    returns=("images",),
    cases=cases,
    hints=(
        "What does f = 1 leave as it is, and what is left at f = 0?",
        "The mean of each image alone, kept as shape (N, 1, 1, 1), broadcasts against the images: `keepdims=True`.",
        "m + f (x − m), then `np.clip`.",
    ),
    asks={
        "f": "the distance from what should be multiplied by `f`?",
    },
    explanation=(
        "Before clipping the mean stays and the spread is multiplied by f: that is contrast. At f = 0 each image is "
        "evenly grey, and at f = 1 nothing changes."
    ),
    after="For photographs `course_lib.data.augment.contrast` takes the mean of grey, .299 R + .587 G + .114 B.",
    accepts={
        "the other way to write it": (
            "def contrast(images, f):\n    m = np.mean(images, axis=(1, 2, 3))[:, None, None, None]\n"
            "    return np.clip(f * images + (1 - f) * m, 0, 1)\n"
        ),
        "in a loop": (
            "def contrast(images, f):\n    out = np.zeros(images.shape)\n    for n in range(len(images)):\n"
            "        m = images[n].mean()\n        out[n] = np.clip(m + f * (images[n] - m), 0, 1)\n    return out\n"
        ),
        "by maximum and minimum": (
            "def contrast(images, f):\n    m = images.reshape(len(images), -1).mean(axis=1).reshape(-1, 1, 1, 1)\n"
            "    return np.minimum(1, np.maximum(0, images + (f - 1) * (images - m)))\n"
        ),
        "float32": (
            "def contrast(images, f):\n    x = images.astype(np.float32)\n"
            "    m = x.mean(axis=(1, 2, 3), keepdims=True)\n    return np.clip(m + np.float32(f) * (x - m), 0, 1)\n"
        ),
    },
    mutants=(
        Mutant(
            "brightness",
            "m + f * (images - m)",
            "f * images",
            "You multiply the values themselves: that is brightness. Contrast multiplies their distance from the mean.",
        ),
        Mutant(
            "one mean for all",
            "images.mean(axis=(1, 2, 3), keepdims=True)",
            "images.mean()",
            "You use one mean for the whole batch, so a dark image is changed by the bright ones beside it. Each image "
            "has its own.",
        ),
        Mutant(
            "not cut",
            "np.clip(m + f * (images - m), 0, 1)",
            "m + f * (images - m)",
            "Some of your values have left [0, 1]. Clip them.",
        ),
        Mutant(
            "about a half",
            "images.mean(axis=(1, 2, 3), keepdims=True)",
            "0.5",
            "You stretch about ½, so that a dark image becomes darker still. Take the image's own mean.",
        ),
        Mutant(
            "mean lost",
            "m + f * (images - m)",
            "f * (images - m)",
            "You subtract the mean and do not add it again: all that was darker than the mean is cut to black.",
        ),
        Mutant(
            "towards the mean",
            "m + f * (images - m)",
            "images + f * (m - images)",
            "At f = 1 your images become grey; they should stay as they are. You move towards the mean by f.",
        ),
        Mutant(
            "f on the mean",
            "m + f * (images - m)",
            "f * m + (images - m)",
            "You multiply the mean and leave the distances. It is the other way round.",
        ),
        Mutant(
            "a mean for each row",
            "axis=(1, 2, 3)",
            "axis=(2, 3)",
            "You take a mean for each row of pixels. One for the whole image is asked for: axes 1, 2 and 3.",
        ),
        Mutant(
            "square root of f",
            "m + f * (images - m)",
            "m + np.sqrt(f) * (images - m)",
            "You multiply the distances by √f: `f` is the factor of the distances, not of the variance.",
        ),
    ),
)
