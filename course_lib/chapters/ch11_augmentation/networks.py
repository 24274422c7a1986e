"""The networks of chapter 11: a few digits, one recipe, and what is done to the training images.

The experiment `turn` reads two small ones from networks.json, which
``python -m course_lib.chapters.ch11_augmentation.networks`` writes in two seconds.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from course_lib.data import Data, load_digits
from course_lib.data.augment import (
    Affine,
    Augmentation,
    CutMix,
    Cutout,
    FlipHorizontal,
    MixUp,
    OnRows,
    Rotate,
    Translate,
    affine,
    average_views,
)
from course_lib.nn import Dense, ReLU, Sequential, accuracy, fit, softmax, softmax_cross_entropy
from course_lib.optim import Cosine, Momentum

STORED = Path(__file__).with_name("networks.json")
SEEDS, STEPS, BATCH = 6, 800, 25


class Unblended(MixUp):
    """Mixup as it is often written wrongly: the images are blended, and the labels are not."""

    def apply_labelled(
        self, batch: np.ndarray, labels: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        images, _ = super().apply_labelled(batch, labels, rng)
        return images, self.encode(labels, batch.dtype)


def jitter(strength: float = 1.0) -> OnRows:
    """Return the chapter's augmentation of digits, at full strength ±0.8 pixels, ±12° and ±8 %.

    >>> jitter(0.5).f.rotate
    6.0
    """
    s = strength
    return OnRows(Affine(translate=0.8 * s, rotate=12.0 * s, stretch=0.08 * s), (8, 8))


#: What is done to the training images; `trained` knows them by name.
KINDS: dict[str, Augmentation | None] = {
    "nothing": None,
    "jitter": jitter(),
    "jitter × 0.5": jitter(0.5),
    "jitter × 2": jitter(2),
    "jitter × 4": jitter(4),
    "flips": OnRows(FlipHorizontal(), (8, 8)),
    "turns up to 90°": OnRows(Rotate(90), (8, 8)),
    "turns up to 180°": OnRows(Rotate(180), (8, 8)),
    "mixup": OnRows(MixUp(0.4, classes=10), (8, 8)),
    "mixup, labels not blended": OnRows(Unblended(0.4, classes=10), (8, 8)),
    "cutout": OnRows(Cutout(3), (8, 8)),
    "CutMix": OnRows(CutMix(1.0, classes=10), (8, 8)),
}


def train(
    data: Data, seed: int, augment: Augmentation | None = None, *, hidden: int = 128, steps: int = STEPS
) -> Sequential:
    """Train a network on digits: momentum 0.9, α = 0.05 on a cosine, batches of 25.

    Args:
        data: digits; 25 × `steps` must be a multiple of the number of training digits.
        seed: of the weights and of the batches; the augmentation draws from the latter, too.
        augment: changes each minibatch anew.
        hidden: units of the one hidden layer.
        steps: of training.
    """
    of_net, of_fit = np.random.default_rng([seed, 1]).spawn(2)
    net = Sequential(Dense(64, hidden, rng=of_net), ReLU(), Dense(hidden, 10, rng=of_net))
    epochs = steps * BATCH // len(data.x_train)
    fit(net, data, Momentum(Cosine(0.05, steps=steps)), epochs=epochs, batch=BATCH, rng=of_fit, augment=augment)
    return net


def digits(labels: int, seed: int) -> Data:
    """Return so many training digits, drawn by the seed, and 1,000 others to test on."""
    return load_digits(np.random.default_rng(seed), train=labels, val=100, test=1000)


def trained(kind: str, seed: int, labels: int = 200, hidden: int = 128, steps: int = STEPS) -> tuple[Sequential, Data]:
    """Return a network that was trained, once, with the augmentation of that name, and its digits."""
    return _trained(kind, seed, labels, hidden, steps)


@cache  # of all five: f(x) and f(x, 200) would be two entries
def _trained(kind: str, seed: int, labels: int, hidden: int, steps: int) -> tuple[Sequential, Data]:
    data = digits(labels, seed)
    return train(data, seed, KINDS[kind], hidden=hidden, steps=steps), data


def moved(rows: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Transform digits, rows of 64 pixels, by a matrix.

    >>> from course_lib.data.augment import translation
    >>> moved(np.eye(64)[:1], translation(1, 0)).argmax()
    np.int64(1)
    """
    return affine(rows.reshape(-1, 8, 8, 1), matrix).reshape(rows.shape)


def share_right(net: Sequential, x: np.ndarray, y: np.ndarray) -> float:
    """Return the accuracy in %."""
    return 100 * float(accuracy(net.forward(x), y))


def accuracies(
    kind: str,
    labels: int = 200,
    *,
    hidden: int = 128,
    steps: int = STEPS,
    seeds: int = SEEDS,
    matrix: Any = None,
    only: tuple[int, ...] = (),
) -> np.ndarray:
    """Return the test accuracy in %, one for each seed.

    Args:
        kind: of augmentation, a name in `KINDS`.
        labels: number of training digits.
        hidden: units of the hidden layer.
        steps: of training.
        seeds: how many.
        matrix: moves the test digits first.
        only: tests on these digits alone.
    """
    found = []
    for seed in range(seeds):
        net, data = trained(kind, seed, labels, hidden, steps)
        rows = np.isin(data.y_test, only) if only else slice(None)
        x = data.x_test[rows] if matrix is None else moved(data.x_test[rows], matrix)
        found.append(share_right(net, x, data.y_test[rows]))
    return np.array(found)


def losses_of(kind: str, labels: int = 200) -> np.ndarray:
    """Return the test loss, one for each seed."""
    pairs = [trained(kind, seed, labels) for seed in range(SEEDS)]
    return np.array([softmax_cross_entropy(net.forward(data.x_test), data.y_test)[0] for net, data in pairs])


def certainty(kind: str) -> np.ndarray:
    """Return the highest of the ten probabilities, on average over the test digits, one for each seed."""
    pairs = [trained(kind, seed) for seed in range(SEEDS)]
    return np.array([softmax(net.forward(data.x_test)).max(axis=1).mean() for net, data in pairs])


def view_gains(kind: str, views: int = 20) -> np.ndarray:
    """Return by how many points the mean over jittered views of each test digit beats the digit alone, per seed."""
    gains = []
    for seed in range(SEEDS):
        net, data = trained(kind, seed)
        rng = np.random.default_rng([seed, 2])
        seen = (jitter()(data.x_test, rng) for _ in range(views))
        p = average_views(lambda x, net=net: softmax(net.forward(x)), seen)
        gains.append(100 * float(accuracy(p, data.y_test)) - share_right(net, data.x_test, data.y_test))
    return np.array(gains)


def leaky(seed: int, *, by_lot: bool) -> tuple[float, float]:
    """Train on copies that were split after copying; return the accuracies in validation and in test, in %.

    Ten copies each of 100 digits, moved by up to 0.3 pixels, are shuffled; 200 of the 1,000 are for validation.

    Args:
        seed: of digits, copies, weights and batches.
        by_lot: whether the 100 labels are drawn by lot; the test digits keep theirs.
    """
    data, rng = digits(100, seed), np.random.default_rng([seed, 3])
    labels = rng.integers(0, 10, 100) if by_lot else data.y_train
    order = rng.permutation(1000)
    x = OnRows(Translate(0.3), (8, 8))(np.repeat(data.x_train, 10, axis=0), rng)[order]
    y = np.repeat(labels, 10)[order]
    split = data._replace(x_train=x[200:], y_train=y[200:], x_val=x[:200], y_val=y[:200])
    net = train(split, seed)
    return share_right(net, x[:200], y[:200]), share_right(net, data.x_test, data.y_test)


def stored() -> dict[str, Any]:
    """Compute what the experiments read: a digit of each class, 0 … 16, and the weights of two small networks."""
    _, data = trained("nothing", 0, hidden=32)
    first = [int(np.flatnonzero(data.y_test == digit)[0]) for digit in range(10)]
    answer: dict[str, Any] = {"digits": np.rint(16 * data.x_test[first]).astype(int).tolist()}
    for kind in ("nothing", "jitter"):
        net, _ = trained(kind, 0, hidden=32)
        W1, b1, W2, b2 = (np.asarray(net.params[name], float).round(2) for name in ("0.W", "0.b", "2.W", "2.b"))
        answer[kind] = {"W1": W1.T.tolist(), "b1": b1.tolist(), "W2": W2.T.tolist(), "b2": b2.tolist()}
    return answer


if __name__ == "__main__":
    STORED.write_text(json.dumps(stored(), separators=(",", ":")) + "\n", "utf-8")
