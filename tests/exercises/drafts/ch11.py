"""Draft exercises of chapter 11: data that the engine's tests run on."""

# Title, prompt, hints and page are still to be written: they come with the chapter, whose exercises move from here into
# the package. Solution, cases and mistakes are meant as they are. Nothing of this is found by discovery.

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def mirror_cases(rng):
    sizes = ((1, 1, 3, 1), (2, 3, 4, 3), (3, 4, 4, 3), (2, 2, 5, 1))
    return [Case.one(f"images of shape {size}", images=rng.random(size)) for size in sizes]


mirror = Exercise(
    name="mirror",
    title="mirror",
    prompt="mirror",
    source="""\
def mirror(images):
    return images[:, :, ::-1, :]
""",
    returns=("images",),
    cases=mirror_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "upside down",
            "[:, :, ::-1, :]",
            "[:, ::-1, :, :]",
            "Upside down: the second axis holds the rows. Columns are the third.",
        ),
        Mutant(
            "colours swapped",
            "[:, :, ::-1, :]",
            "[:, :, :, ::-1]",
            "You turn red, green, blue into blue, green, red: the last axis holds the channels.",
        ),
        Mutant(
            "order of the batch",
            "[:, :, ::-1, :]",
            "[::-1]",
            "You reverse the order of the images, and now the labels are other images'.",
        ),
        Mutant(
            "half a turn",
            "[:, :, ::-1, :]",
            "[:, ::-1, ::-1, :]",
            "That is half a turn: both axes. A mirror reverses columns alone.",
        ),
        Mutant("unchanged", "[:, :, ::-1, :]", "[:, :, :, :]", "Nothing has changed."),
        Mutant("negative", "images[:, :, ::-1, :]", "1 - images", "That is a negative."),
        Mutant("moved round", "images[:, :, ::-1, :]", "np.roll(images, 1, axis=2)", "You move columns round by one."),
    ),
)


def mixup_cases(rng):
    def case(lam):
        x, x2 = rng.random((2, 2, 5))
        first = rng.integers(0, 4, 2)
        return Case.one(f"λ = {lam}", x=x, y=np.eye(4)[first], x2=x2, y2=np.eye(4)[(first + 1) % 4], lam=lam)

    return [case(lam) for lam in (0.75, 0.3, 0.9, 0.6, 0.1, 0.0)]


mixup = Exercise(
    name="mixup",
    title="mixup",
    prompt="mixup",
    source="""\
def mixup(x, y, x2, y2, lam):
    x = lam * x + (1 - lam) * x2
    y = lam * y + (1 - lam) * y2
    return x, y
""",
    returns=("x", "y"),
    cases=mixup_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "labels not mixed",
            "y = lam * y + (1 - lam) * y2",
            "y = y",
            "The images are blended and the labels are not: the network is told that a blend is wholly the first one.",
        ),
        Mutant(
            "labels the other way",
            "y = lam * y + (1 - lam) * y2",
            "y = (1 - lam) * y + lam * y2",
            "The labels are blended the other way round.",
        ),
        Mutant(
            "the larger wins",
            "y = lam * y + (1 - lam) * y2",
            "y = y if lam >= 0.5 else y2",
            "You take the label of the stronger image. Mixup blends the labels in the same proportion.",
        ),
        Mutant(
            "both the other way",
            "x = lam * x + (1 - lam) * x2\n    y = lam * y + (1 - lam) * y2",
            "x = (1 - lam) * x + lam * x2\n    y = (1 - lam) * y + lam * y2",
            "Both are blended the other way round: λ belongs to the first.",
        ),
        Mutant(
            "a sum", "lam * x + (1 - lam) * x2", "x + x2", "A sum of two images is brighter than either: weigh them."
        ),
        Mutant(
            "half and half",
            "x = lam * x + (1 - lam) * x2",
            "x = (x + x2) / 2",
            "You blend images half and half, and labels by λ.",
        ),
        Mutant(
            "blend of the blend",
            "y = lam * y + (1 - lam) * y2",
            "y = lam * y + (1 - lam) * (lam * y + (1 - lam) * y2)",
            "The label is blended with a blend: use the second label as it is.",
        ),
        Mutant("swapped", "return x, y", "return y, x", "Both are right, and in the wrong order."),
    ),
)


def source_point_cases(rng):
    def case(degrees, side):
        row, column = (float(place) for place in rng.integers(0, side, 2))
        return Case.one(f"{degrees:g} degrees, side {side}", row=row, column=column, degrees=degrees, side=side)

    return [case(90.0, 8), case(30.0, 8), case(-45.0, 9), case(10.0, 16), case(120.0, 8), case(5.0, 8)]


source_point = Exercise(
    name="source_point",
    title="source_point",
    prompt="source_point",
    source="""\
def source_point(row, column, degrees, side):
    a = np.pi / 180 * degrees
    middle = (side - 1) / 2
    y, x = row - middle, column - middle
    return np.cos(a) * y - np.sin(a) * x + middle, np.sin(a) * y + np.cos(a) * x + middle
""",
    returns=("row", "column"),
    cases=source_point_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "forward",
            "np.cos(a) * y - np.sin(a) * x + middle, np.sin(a) * y + np.cos(a) * x + middle",
            "np.cos(a) * y + np.sin(a) * x + middle, -np.sin(a) * y + np.cos(a) * x + middle",
            "That is where the pixel goes. Asked is where the new pixel comes FROM: turn the other way.",
        ),
        Mutant(
            "about the corner",
            "middle = (side - 1) / 2",
            "middle = 0",
            "You turn about the first pixel: the image swings out of the picture.",
        ),
        Mutant(
            "half a pixel off",
            "(side - 1) / 2",
            "side / 2",
            "The middle of pixels 0 … n−1 is (n−1)/2: with n/2 the image drifts by half a pixel.",
        ),
        Mutant("degrees as radians", "np.pi / 180 * degrees", "degrees", "NumPy's sine takes radians."),
        Mutant(
            "not back again",
            "np.cos(a) * y - np.sin(a) * x + middle, np.sin(a) * y + np.cos(a) * x + middle",
            "np.cos(a) * y - np.sin(a) * x, np.sin(a) * y + np.cos(a) * x",
            "You never move back: add the middle again.",
        ),
        Mutant(
            "row and column swapped",
            "y, x = row - middle, column - middle",
            "y, x = column - middle, row - middle",
            "Row and column are swapped: y belongs to the row.",
        ),
        Mutant(
            "squeezes",
            "np.sin(a) * y + np.cos(a) * x",
            "-np.sin(a) * y + np.cos(a) * x",
            "One sign is wrong: this is no rotation, lengths change.",
        ),
    ),
)


def contrast_cases(rng):
    return [Case.one(f"contrast {f}", images=rng.random((3, 4, 4, 1)), f=f) for f in (1.5, 0.5, 2.0, 0.0, 1.2, 0.8)]


contrast = Exercise(
    name="contrast",
    title="contrast",
    prompt="contrast",
    source="""\
def contrast(images, f):
    m = images.mean(axis=(1, 2, 3), keepdims=True)
    return np.clip(m + f * (images - m), 0, 1)
""",
    returns=("images",),
    cases=contrast_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "brightness",
            "m + f * (images - m)",
            "f * images",
            "That is brightness: contrast moves pixels away from their mean, which stays.",
        ),
        Mutant(
            "one mean for all",
            "images.mean(axis=(1, 2, 3), keepdims=True)",
            "images.mean()",
            "You use one mean for the whole batch. Each image has its own.",
        ),
        Mutant(
            "not cut", "np.clip(m + f * (images - m), 0, 1)", "m + f * (images - m)", "Pixels leave [0, 1]: cut them."
        ),
        Mutant(
            "about a half",
            "images.mean(axis=(1, 2, 3), keepdims=True)",
            "0.5",
            "You stretch about ½; a dark image becomes darker. Use its mean.",
        ),
        Mutant("mean lost", "m + f * (images - m)", "f * (images - m)", "The mean is gone: put it back."),
        Mutant(
            "towards the mean",
            "m + f * (images - m)",
            "images + f * (m - images)",
            "f = 1 should leave the image as it is; yours makes it grey.",
        ),
        Mutant(
            "f on the mean",
            "m + f * (images - m)",
            "f * m + (images - m)",
            "You scale the mean and not the differences.",
        ),
    ),
)
