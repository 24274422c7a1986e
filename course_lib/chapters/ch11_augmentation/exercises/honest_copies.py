"""Split first, then copy."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    def case(n: int, held: int, copies: int) -> Case:
        y = rng.permutation(n) % 5  # neighbours differ
        return Case.one(
            f"{n} images, {held} held out, copies = {copies}", y=y, val_rows=rng.permutation(n)[:held], copies=copies
        )

    return [case(5, 1, 1), case(5, 2, 3), case(8, 3, 2), case(6, 1, 4), case(7, 4, 2)]


honest_copies = Exercise(
    name="honest_copies",
    page="11_augmentation",
    number=4,
    title="Split, then copy",
    prompt=(
        "From each of N images with labels `y`, `copies` moved copies are made and appended, so that row n + N·k of "
        "the longer set is copy k of image n; copy 0 is the image as it is. The images `val_rows` are held out. "
        "Return, for all N·(`copies` + 1) rows: `train`, true for what may be trained on, copies included; `val`, true "
        "for the validation images, each once and as it is; and the `labels`."
    ),
    source="""\
def honest_copies(y, val_rows, copies):
    held = np.zeros(len(y), dtype=bool)
    held[val_rows] = True
    train = np.tile(~held, copies + 1)
    val = np.concatenate([held, np.zeros(copies * len(y), dtype=bool)])
    labels = np.tile(y, copies + 1)
    return train, val, labels
""",
    returns=("train", "val", "labels"),
    cases=cases,
    hints=(
        "Decide for the N images first, then for their copies. A copy follows its image.",
        "Make `held`, one truth value for each image. Then ask of every row: is its image held out, and is it copy 0?",
        "The rows come block by block, N at a time, so what holds for the images is repeated with `np.tile`.",
    ),
    asks={
        "copies": "how many rows should there be in all, and which of them may be validated on?",
    },
    limits={"val_rows": (0, None), "copies": (0, None)},
    explanation=(
        "No copy of a held-out image is trained on, and none is validated on: the validation set is what the world "
        "gives. Labels are tiled, since the rows stand block by block."
    ),
    after="If copies are drawn anew for each minibatch, as `fit(augment=…)` does, this mistake cannot be made.",
    accepts={
        "row by row": (
            "def honest_copies(y, val_rows, copies):\n    n = len(y)\n    rows = range(n * (copies + 1))\n"
            "    held = [r % n in list(val_rows) for r in rows]\n"
            "    train = np.array([not h for h in held])\n"
            "    val = np.array([h and r < n for r, h in zip(rows, held)])\n"
            "    return train, val, np.array([y[r % n] for r in rows])\n"
        ),
        "by indices": (
            "def honest_copies(y, val_rows, copies):\n    n = len(y)\n    image = np.arange(n * (copies + 1)) % n\n"
            "    train = np.ones(len(image), dtype=bool)\n    val = np.zeros(len(image), dtype=bool)\n"
            "    for k in range(copies + 1):\n        train[val_rows + n * k] = False\n"
            "    val[val_rows] = True\n    return train, val, y[image]\n"
        ),
        "float32": (
            "def honest_copies(y, val_rows, copies):\n    held = np.zeros(len(y), dtype=np.float32)\n"
            "    held[val_rows] = 1\n    first = np.zeros(copies + 1, dtype=np.float32)\n    first[0] = 1\n"
            "    train = np.tile(held, copies + 1) < 0.5\n"
            "    val = (first[:, None] * held).reshape(-1) > 0.5\n    return train, val, np.tile(y, copies + 1)\n"
        ),
        "as a table of copies": (
            "def honest_copies(y, val_rows, copies):\n    shape = (copies + 1, len(y))\n"
            "    train, val = np.ones(shape, dtype=bool), np.zeros(shape, dtype=bool)\n"
            "    train[:, val_rows] = False\n    val[0, val_rows] = True\n"
            "    labels = np.zeros(shape, dtype=int) + y\n"
            "    return train.reshape(-1), val.reshape(-1), labels.reshape(-1)\n"
        ),
    },
    mutants=(
        Mutant(
            "a leak",
            "np.tile(~held, copies + 1)",
            "np.concatenate([~held, np.ones(copies * len(y), dtype=bool)])",
            "You train on moved copies of the held-out images. The network has then seen its validation set, moved by "
            "a little: a leak.",
        ),
        Mutant(
            "all trained on",
            "np.tile(~held, copies + 1)",
            "np.ones((copies + 1) * len(y), dtype=bool)",
            "You train on every row, the held-out images among them.",
        ),
        Mutant(
            "validation moved",
            "np.concatenate([held, np.zeros(copies * len(y), dtype=bool)])",
            "np.tile(held, copies + 1)",
            "You validate on moved copies, too. The validation set holds what the world gives: each held-out image "
            "once, as it is.",
        ),
        Mutant(
            "validation on a copy",
            "np.concatenate([held, np.zeros(copies * len(y), dtype=bool)])",
            "np.concatenate([np.zeros(copies * len(y), dtype=bool), held])",
            "You validate on the last copy of each held-out image. Validate on the image as it is, copy 0.",
        ),
        Mutant(
            "originals lost",
            "np.tile(~held, copies + 1)",
            "np.concatenate([np.zeros(len(y), dtype=bool), np.tile(~held, copies)])",
            "You train on the moved copies alone. The images themselves may be trained on as well.",
        ),
        Mutant(
            "no copies",
            "np.tile(~held, copies + 1)",
            "np.concatenate([~held, np.zeros(copies * len(y), dtype=bool)])",
            "You train on no copy at all. Those of the training images may be used.",
        ),
        Mutant(
            "one copy too few",
            "np.tile(~held, copies + 1)",
            "np.concatenate([np.tile(~held, copies), np.zeros(len(y), dtype=bool)])",
            "You leave out the last copy: with copy 0 there are `copies` + 1 blocks.",
        ),
        Mutant(
            "labels image by image",
            "np.tile(y, copies + 1)",
            "np.repeat(y, copies + 1)",
            "`np.repeat` writes each label several times in a row, but the rows come block by block: most images now "
            "have another one's label. `np.tile` repeats the whole list.",
        ),
        Mutant(
            "training image by image",
            "np.tile(~held, copies + 1)",
            "np.repeat(~held, copies + 1)",
            "`np.repeat` writes each truth value several times in a row, but the rows come block by block: you leave "
            "out the wrong rows, and held-out images are trained on. `np.tile` repeats the whole list.",
        ),
        Mutant(
            "exchanged",
            "return train, val, labels",
            "return val, train, labels",
            "You return the two masks in the wrong order.",
        ),
        Mutant(
            "inside out",
            "held = np.zeros(len(y), dtype=bool)\n    held[val_rows] = True",
            "held = np.ones(len(y), dtype=bool)\n    held[val_rows] = False",
            "You hold out all the images but `val_rows`. Those are the ones to hold out.",
        ),
        Mutant(
            "the first ones",
            "held[val_rows] = True",
            "held[: len(val_rows)] = True",
            "You hold out the first images, as many as `val_rows` has. Hold out the ones that it names.",
        ),
    ),
)
