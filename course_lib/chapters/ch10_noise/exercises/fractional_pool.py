"""Fractional max pooling in one dimension."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def fractional_pool_cases(rng: np.random.Generator) -> list[Case]:
    def case(ones: int, twos: int) -> Case:
        steps = rng.permutation(np.repeat([1, 2], [ones, twos]))
        return Case.one(f"{ones} steps of 1, {twos} of 2", x=rng.permutation(ones + 2 * twos) - 3.5, steps=steps)

    return [case(2, 3), case(3, 4), case(4, 3), case(5, 4), case(6, 3), case(7, 4)]


fractional_pool = Exercise(
    name="fractional_pool",
    page="10_noise",
    number=5,
    title="Fractional max pooling",
    prompt=(
        "A row of pixels `x` is cut into regions from left to right, without gaps: region k has `steps[k]` pixels, one "
        "or two, and the steps add up to the length of `x`. Return the largest pixel of each region."
    ),
    source="""\
def fractional_pool(x, steps):
    ends = np.cumsum(steps)
    starts = ends - steps
    return np.array([x[a:b].max() for a, b in zip(starts, ends)])
""",
    returns=("y",),
    cases=fractional_pool_cases,
    hints=(
        "Where does region k end? After all pixels of the regions up to k: a running sum.",
        "It begins `steps[k]` pixels before its end. A slice `x[a:b]` has the pixels a … b − 1.",
    ),
    asks={
        "x": "which pixel of a region should be returned?",
        "steps": "where should each region begin and end?",
    },
    limits={"steps": (1, None)},
    explanation=(
        "The ends are the running sums of the steps, and each region starts where the one before ended. With steps of "
        "1 and 2 in random order a row shrinks by any factor between 1 and 2."
    ),
    after="`course_lib.nn.FractionalMaxPool` does so along rows and columns, over a random order of steps.",
    accepts={
        "a running start": (
            "def fractional_pool(x, steps):\n"
            "    y, a = [], 0\n"
            "    for n in steps:\n"
            "        y.append(max(x[a : a + n]))\n"
            "        a += n\n"
            "    return np.array(y)\n"
        ),
        "first or last": (
            "def fractional_pool(x, steps):\n"
            "    ends = np.cumsum(steps)\n"
            "    return np.maximum(x[ends - steps], x[ends - 1])\n"
        ),
        "float32": (
            "def fractional_pool(x, steps):\n"
            "    y, end = np.zeros(len(steps), dtype=np.float32), 0\n"
            "    for k, n in enumerate(steps):\n"
            "        y[k] = np.max(x[end : end + n])\n"
            "        end = end + n\n"
            "    return y\n"
        ),
    },
    mutants=(
        Mutant("mean", ".max()", ".mean()", "This is average pooling: take the largest."),
        Mutant(
            "overlapping",
            "x[a:b]",
            "x[a:b + 1]",
            "Your regions share a pixel with the next: that is the overlapping kind.",
        ),
        Mutant(
            "begins at k",
            "starts = ends - steps",
            "starts = np.arange(len(steps))\n    ends = starts + steps",
            "Your region k begins at pixel k. It begins where the region before it ends: count the pixels, not the "
            "regions.",
        ),
        Mutant(
            "always two", "x[a:b]", "x[a:a + 2]", "All your regions have two pixels; where the step is 1 there is one."
        ),
        Mutant("always one", "x[a:b]", "x[a:a + 1]", "You take the first pixel of each region, and no maximum."),
        Mutant("always the last", "x[a:b]", "x[b - 1:b]", "You take the last pixel of each region, and no maximum."),
        Mutant("least", ".max()", ".min()", "The least value: take the largest."),
        Mutant("whole image", "x[a:b]", "x", "Each of your regions is the whole row."),
        Mutant("running maximum", "x[a:b]", "x[:b]", "Your regions all begin at the first pixel."),
        Mutant("to the end", "x[a:b]", "x[a:]", "Your regions all go on to the last pixel."),
        Mutant("sum", ".max()", ".sum()", "You add the pixels of a region: take the largest."),
        Mutant(
            "every second",
            "starts = ends - steps",
            "starts = 2 * np.arange(len(steps)) % len(x)\n    ends = starts + 2",
            "Your regions are pairs in a row, whatever the steps: that is ordinary pooling.",
        ),
        Mutant("size", ".max()", "[np.argmax(np.abs(x[a:b]))]", "You compare sizes without their signs."),
    ),
)
