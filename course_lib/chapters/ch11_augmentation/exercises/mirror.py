"""Mirror a batch of images."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    sizes = ((1, 1, 3, 1), (2, 3, 4, 3), (3, 4, 4, 3), (2, 2, 5, 1))
    drawn = [Case.one(f"images of shape {size}", images=rng.random(size)) for size in sizes]
    return [*drawn, Case.one("float32", images=rng.random((2, 3, 3, 3)).astype(np.float32))]


mirror = Exercise(
    name="mirror",
    page="11_augmentation",
    number=1,
    title="Mirror images",
    prompt=(
        "You get `images` of shape (N, height, width, channels). Return the images mirrored, left to right. Leave the "
        "array you are given as it is."
    ),
    source="""\
def mirror(images):
    mirrored = images[:, :, ::-1, :]
    return mirrored
""",
    returns=("mirrored",),
    cases=cases,
    hints=(
        "Which axis holds the columns of an image?",
        "A slice with the step −1 reverses an axis: `x[::-1]` does it to the first.",
    ),
    explanation=(
        "The axes are batch, rows, columns, channels. Only the third is reversed, so each image keeps its place in the "
        "batch, and its label."
    ),
    after="`course_lib.data.augment.flip_horizontal` does this; `FlipHorizontal(p)` does it to each image by chance.",
    accepts={
        "NumPy's flip": "def mirror(images):\n    return np.flip(images, axis=2)\n",
        "by indices": (
            "def mirror(images):\n    last = images.shape[2] - 1\n"
            "    return images[:, :, [last - j for j in range(last + 1)]]\n"
        ),
        "in a loop": (
            "def mirror(images):\n    out = np.zeros(images.shape)\n    width = images.shape[2]\n"
            "    for j in range(width):\n        out[:, :, j] = images[:, :, width - 1 - j]\n    return out\n"
        ),
        "float32": "def mirror(images):\n    return images.astype(np.float32)[:, :, ::-1]\n",
    },
    mutants=(
        Mutant(
            "upside down",
            "[:, :, ::-1, :]",
            "[:, ::-1, :, :]",
            "You turn the images upside down: the second axis holds the rows. The columns are the third.",
        ),
        Mutant(
            "colours swapped",
            "[:, :, ::-1, :]",
            "[:, :, :, ::-1]",
            "You reverse the last axis, the channels: red, green, blue become blue, green, red.",
        ),
        Mutant(
            "order of the batch",
            "[:, :, ::-1, :]",
            "[::-1]",
            "You reverse the order of the images in the batch, so that each now has another one's label.",
        ),
        Mutant(
            "half a turn",
            "[:, :, ::-1, :]",
            "[:, ::-1, ::-1, :]",
            "You reverse rows and columns, which is half a turn: a 6 would become a 9. Reverse the columns alone.",
        ),
        Mutant(
            "unchanged",
            "images[:, :, ::-1, :]",
            "images + 0",
            "You return the images as they were: no axis is reversed.",
        ),
        Mutant(
            "negative",
            "images[:, :, ::-1, :]",
            "1 - images",
            "You turn bright into dark, which is a negative. A mirror moves pixels and keeps their values.",
        ),
        Mutant(
            "moved round",
            "images[:, :, ::-1, :]",
            "np.roll(images, 1, axis=2)",
            "You move all columns by one, and the last comes in at the front. A mirror reverses their order.",
        ),
        Mutant(
            "only the first image",
            "mirrored = images[:, :, ::-1, :]",
            "mirrored = images.copy()\n    mirrored[0] = images[0, :, ::-1]",
            "You mirror the first image of the batch and leave the others. The `:` in front takes all of them.",
        ),
        Mutant(
            "one half twice",
            "mirrored = images[:, :, ::-1, :]",
            "mirrored = images.copy()\n    for j in range(images.shape[2]):\n"
            "        mirrored[:, :, j] = mirrored[:, :, images.shape[2] - 1 - j]",
            "You copy columns within one array. By the second half they have been overwritten: read from `images`.",
        ),
        Mutant(
            "in place",
            "mirrored = images[:, :, ::-1, :]",
            "images[:] = images[:, :, ::-1, :].copy()\n    mirrored = images",
            "The pixels are right, but you have overwritten the caller's array: the training set itself is mirrored, "
            "and at the next epoch mirrored back. Return a new one.",
        ),
    ),
)
