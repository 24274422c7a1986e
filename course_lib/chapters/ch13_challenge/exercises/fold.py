"""A fold of cross-validation."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    def case(n: int, k: int, i: int) -> Case:
        order = rng.permutation(n)
        while len(set(order[: n // k]) & set(range(n // k))) == n // k:  # a shuffle that changes nothing
            order = rng.permutation(n)
        return Case.one(f"{n} digits, k = {k}, i = {i}", order=order, k=k, i=i)

    return [case(6, 3, 1), case(20, 4, 0), case(20, 5, 2), case(20, 2, 1), case(20, 10, 9), case(24, 4, 3)]


fold = Exercise(
    name="fold",
    page="13_challenge",
    number=2,
    title="A fold",
    prompt=(
        "`order` holds the row numbers 0, …, n − 1, shuffled. It is cut into `k` blocks of n/k rows, one after the "
        "other (k divides n), and fold `i`, counted from 0, holds out the rows of block i. Return two masks of n truth "
        "values, one for each row: `train`, true for the rows to train on, and `val`, true for those held out."
    ),
    source="""\
def fold(order, k, i):
    size = len(order) // k
    val = np.zeros(len(order), dtype=bool)
    val[order[i * size:(i + 1) * size]] = True
    train = ~val
    return train, val
""",
    returns=("train", "val"),
    cases=cases,
    hints=(
        "How many rows does a block have, and at which place of `order` does block i begin?",
        "A slice of `order` holds row numbers. Begin with a mask that is false everywhere, and set it to true there.",
        "What is not held out is trained on: one mask is the other one, turned round.",
    ),
    asks={
        "i": "from which to which position does fold `i` reach?",
        "order": "which rows stand at the positions of the fold?",
    },
    limits={"order": (0, None), "k": (1, None), "i": (0, None)},
    explanation="Block i of the shuffled order is held out, and everything else is trained on. Over all i each row is "
    "held out exactly once.",
    after="`course_lib.challenge.cross_validate` does so on several draws, and calls your `train` each time.",
    accepts={
        "by membership": (
            "def fold(order, k, i):\n    n = len(order)\n    held = list(order[i * n // k:(i + 1) * n // k])\n"
            "    val = np.array([row in held for row in range(n)])\n    return val == False, val\n"
        ),
        "as a table of blocks": (
            "def fold(order, k, i):\n    blocks = order.reshape(k, -1)\n    train = np.ones(len(order), dtype=bool)\n"
            "    train[blocks[i]] = False\n    return train, ~train\n"
        ),
        "row by row": (
            "def fold(order, k, i):\n    size = len(order) // k\n    train = np.ones(len(order), dtype=bool)\n"
            "    val = np.zeros(len(order), dtype=bool)\n    for place in range(i * size, i * size + size):\n"
            "        train[order[place]] = False\n        val[order[place]] = True\n    return train, val\n"
        ),
        "float32": (
            "def fold(order, k, i):\n    size = len(order) // k\n    held = np.zeros(len(order), dtype=np.float32)\n"
            "    held[order[i * size:(i + 1) * size]] = 1\n    return held < 0.5, held > 0.5\n"
        ),
    },
    mutants=(
        Mutant(
            "a leak",
            "train = ~val",
            "train = np.ones(len(order), dtype=bool)",
            "You train on all rows, those held out as well. That is a leak: validation then measures memory.",
        ),
        Mutant(
            "order forgotten",
            "val[order[i * size:(i + 1) * size]] = True",
            "val[i * size:(i + 1) * size] = True",
            "You cut the rows as the file has them, and `order` is not used. Where a file is sorted by class, a fold "
            "would then be whole classes.",
        ),
        Mutant(
            "always the first",
            "order[i * size:(i + 1) * size]",
            "order[:size]",
            "You hold out the first block, whatever `i` is.",
        ),
        Mutant(
            "one row too many",
            "(i + 1) * size]",
            "(i + 1) * size + 1]",
            "Your block has one row too many. A slice ends before its end, and blocks must not overlap.",
        ),
        Mutant(
            "blocks of size k",
            "len(order) // k",
            "k",
            "You take k for the size of a block. It is the number of blocks.",
        ),
        Mutant(
            "counted from one",
            "i * size:(i + 1) * size",
            "max(i - 1, 0) * size:max(i, 1) * size",
            "You count the blocks from 1, and `i` is counted from 0.",
        ),
        Mutant(
            "every k-th row",
            "order[i * size:(i + 1) * size]",
            "order[i::k]",
            "You hold out every k-th row of the order. Such folds are right in themselves; here a fold is a block.",
        ),
        Mutant(
            "all blocks up to i",
            "order[i * size:(i + 1) * size]",
            "order[:(i + 1) * size]",
            "You hold out all blocks up to block i. A fold is one of them.",
        ),
        Mutant(
            "swapped", "return train, val", "return val, train", "Both masks are right, and in the wrong order."
        ),
    ),
)  # fmt: skip
