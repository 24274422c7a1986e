"""Where a pixel of a rotated image comes from."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    def case(degrees: float, side: int) -> Case:
        row, column = (int(place) for place in rng.choice(side // 2, 2, replace=False))  # off the middle, row ≠ column
        return Case.one(
            f"{degrees:g} degrees, side {side}", row=float(row), column=float(column), degrees=degrees, side=side
        )

    return [case(90.0, 8), case(30.0, 8), case(-45.0, 9), case(10.0, 16), case(120.0, 8), case(5.0, 8), case(0.0, 6)]


source_point = Exercise(
    name="source_point",
    page="11_augmentation",
    number=5,
    title="Where a pixel comes from",
    prompt=(
        "An image of `side` × `side` pixels is turned counter-clockwise about its middle by `degrees`. For the pixel "
        "at `row`, `column` of the **new** image, return the row and the column in the old image that it comes from; "
        "they need not be whole numbers. Rows are counted downward, the first pixel is (0, 0)."
    ),
    source="""\
def source_point(row, column, degrees, side):
    a = np.pi / 180 * degrees
    middle = (side - 1) / 2
    y, x = row - middle, column - middle
    return np.cos(a) * y + np.sin(a) * x + middle, -np.sin(a) * y + np.cos(a) * x + middle
""",
    returns=("row", "column"),
    cases=cases,
    hints=(
        "Count from the middle of the image: the pixels 0, …, side − 1 have their middle at (side − 1)/2.",
        "The image is turned counter-clockwise, so the way back is clockwise. Try a quarter turn by hand: the new top "
        "row was the old right-hand column.",
        "With y down, the way back is x → x cos a − y sin a, y → x sin a + y cos a. Then add the middle.",
    ),
    asks={
        "side": "where is the middle of an image of `side` pixels?",
    },
    limits={"side": (1, None)},
    explanation="Count from the middle, turn back, count from the corner again. Every new pixel gets exactly one place "
    "to ask; between four old pixels `bilinear` answers.",
    after="`course_lib.data.augment.affine` does so for any matrix: it samples at M⁻¹ p.",
    accepts={
        "by a matrix": (
            "def source_point(row, column, degrees, side):\n    a, middle = np.deg2rad(degrees), (side - 1) / 2\n"
            "    R = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])\n"
            "    y, x = R @ np.array([row - middle, column - middle]) + middle\n    return y, x\n"
        ),
        "from the middle, by name": (
            "def source_point(row, column, degrees, side):\n    middle = 0.5 * side - 0.5\n"
            "    s, c = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))\n"
            "    down, right = row - middle, column - middle\n"
            "    old_down, old_right = s * right + c * down, c * right - s * down\n"
            "    return middle + old_down, middle + old_right\n"
        ),
        "by radius and angle": (
            "def source_point(row, column, degrees, side):\n    m = (side - 1) / 2\n"
            "    r = np.sqrt((row - m) ** 2 + (column - m) ** 2)\n"
            "    a = np.arctan2(row - m, column - m) + degrees * np.pi / 180\n"
            "    return m + r * np.sin(a), m + r * np.cos(a)\n"
        ),
        "float32": (
            "def source_point(row, column, degrees, side):\n    a = np.float32(degrees * np.pi / 180)\n"
            "    m = np.float32((side - 1) / 2)\n    y, x = np.float32(row) - m, np.float32(column) - m\n"
            "    return np.cos(a) * y + np.sin(a) * x + m, np.cos(a) * x - np.sin(a) * y + m\n"
        ),
    },
    mutants=(
        Mutant(
            "forward",
            "np.cos(a) * y + np.sin(a) * x + middle, -np.sin(a) * y + np.cos(a) * x + middle",
            "np.cos(a) * y - np.sin(a) * x + middle, np.sin(a) * y + np.cos(a) * x + middle",
            "That is where a pixel of the old image goes. Asked is where the new one comes *from*: turn the other way.",
        ),
        Mutant(
            "about the corner",
            "middle = (side - 1) / 2",
            "middle = 0",
            "You turn about the first pixel, so that the image swings out of the picture. Count from its middle.",
        ),
        Mutant(
            "half a pixel off",
            "(side - 1) / 2",
            "side / 2",
            "The middle of the pixels 0, …, n − 1 is (n − 1)/2. About n/2 the image drifts while it turns.",
        ),
        Mutant(
            "whole middle",
            "(side - 1) / 2",
            "(side - 1) // 2",
            "You round the middle down. With an even number of pixels it lies between two of them.",
        ),
        Mutant(
            "degrees as radians",
            "np.pi / 180 * degrees",
            "degrees",
            "You hand degrees to sine and cosine, which take radians.",
        ),
        Mutant(
            "not back again",
            "np.cos(a) * y + np.sin(a) * x + middle, -np.sin(a) * y + np.cos(a) * x + middle",
            "np.cos(a) * y + np.sin(a) * x, -np.sin(a) * y + np.cos(a) * x",
            "Your row and column are counted from the middle. Add it again.",
        ),
        Mutant(
            "row and column swapped",
            "y, x = row - middle, column - middle",
            "y, x = column - middle, row - middle",
            "You take the column for y and the row for x. Rows are counted downward, along y.",
        ),
        Mutant(
            "returned in the wrong order",
            "np.cos(a) * y + np.sin(a) * x + middle, -np.sin(a) * y + np.cos(a) * x + middle",
            "-np.sin(a) * y + np.cos(a) * x + middle, np.cos(a) * y + np.sin(a) * x + middle",
            "Both numbers are right, and you return the column first.",
        ),
        Mutant(
            "squeezes",
            "-np.sin(a) * y + np.cos(a) * x",
            "np.sin(a) * y + np.cos(a) * x",
            "One sign is wrong, so that lengths change: in a rotation the two sines have opposite signs.",
        ),
        Mutant(
            "sine and cosine exchanged",
            "np.cos(a) * y + np.sin(a) * x + middle, -np.sin(a) * y + np.cos(a) * x + middle",
            "np.sin(a) * y + np.cos(a) * x + middle, -np.cos(a) * y + np.sin(a) * x + middle",
            "You have exchanged sine and cosine. At 0 degrees every pixel should come from its own place.",
        ),
        Mutant(
            "rounded",
            "np.cos(a) * y + np.sin(a) * x + middle, -np.sin(a) * y + np.cos(a) * x + middle",
            "np.round(np.cos(a) * y + np.sin(a) * x + middle), np.round(-np.sin(a) * y + np.cos(a) * x + middle)",
            "You round to whole pixels. Return the place between them: interpolation comes after.",
        ),
    ),
)
