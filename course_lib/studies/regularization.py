"""The gain of regularizers with one network on real digits: few with clean labels, or more with some wrong.

A row names what differs from plain training: another network (`net`), or options of `fit`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from course_lib.data import load_digits, wrong_labels
from course_lib.data.augment import Affine, Cutout, MixUp, OnRows
from course_lib.nn import (
    L1,
    L2,
    BatchNorm,
    Dense,
    DropConnect,
    EarlyStopping,
    ElasticNet,
    GaussianNoise,
    InvertedDropout,
    ReLU,
    Sequential,
    evaluate,
    fit,
    softmax_cross_entropy,
)
from course_lib.nn.penalties import is_weight
from course_lib.optim import Cosine, Momentum

from .study import Study

EPOCHS, BATCH = 80, 50


def plain(rng: np.random.Generator) -> Sequential:
    """Build the base network, without regularization."""
    return Sequential(Dense(64, 256, rng=rng), ReLU(), Dense(256, 256, rng=rng), ReLU(), Dense(256, 10, rng=rng))


def dropout(rng: np.random.Generator, keep: float = 0.5, keep_input: float = 1.0) -> Sequential:
    """Drop hidden units, and inputs."""
    return Sequential(
        InvertedDropout(keep_input, rng=rng), Dense(64, 256, rng=rng), ReLU(),
        InvertedDropout(keep, rng=rng), Dense(256, 256, rng=rng), ReLU(),
        InvertedDropout(keep, rng=rng), Dense(256, 10, rng=rng),
    )  # fmt: skip


def dropconnect(rng: np.random.Generator, rule: str, keep: float = 0.5) -> Sequential:
    """Drop weights, initialized at 1/keep times He's scale, so that the signal keeps its size."""
    settings = {"rng": rng, "rule": rule, "each": False}  # one draw for a batch, for speed
    net = Sequential(
        DropConnect(64, 256, keep, activation=ReLU(), **settings),
        DropConnect(256, 256, keep, activation=ReLU(), **settings),
        Dense(256, 10, rng=rng),
    )
    for name in ("0.W", "1.W"):
        net.params[name][...] /= keep
    return net


def batch_norm(rng: np.random.Generator) -> Sequential:
    """Normalize before each ReLU."""
    return Sequential(
        Dense(64, 256, rng=rng), BatchNorm(256), ReLU(),
        Dense(256, 256, rng=rng), BatchNorm(256), ReLU(), Dense(256, 10, rng=rng),
    )  # fmt: skip


def noisy_input(rng: np.random.Generator, sigma: float = 0.3) -> Sequential:
    """Add noise to the pixels, which lie in [0, 1]."""
    return Sequential(GaussianNoise(sigma, rng=rng), *plain(rng).parts.values())


def on_images(augmentation: Any) -> OnRows:
    """Apply an augmentation to rows of 64 pixels as images."""
    return OnRows(augmentation, (8, 8))


JITTER = on_images(Affine(translate=0.8, rotate=12, stretch=0.08))


def rows(l2: float, l1: float, both: tuple[float, float]) -> dict[str, dict[str, Any]]:
    """Return the rows of the table, for given strengths of the penalties."""
    return {
        "nothing": {},
        "early stopping": {"early_stopping": EarlyStopping(patience=None)},
        f"L2, {l2:g}": {"penalty": L2(l2)},
        f"L1, {l1:g}": {"penalty": L1(l1)},
        f"L1, {10 * l1:g}, proximal": {
            "penalty": L1(10 * l1),
            "proximal": True,
        },  # momentum: 10 times a gradient
        f"elastic net, {both[0]:g} and {both[1]:g}": {"penalty": ElasticNet(*both)},
        "dropout .5": {"net": dropout},
        "dropout .5, inputs kept .8": {"net": partial(dropout, keep_input=0.8)},
        "DropConnect .5, mean rule": {"net": partial(dropconnect, rule="mean")},
        "DropConnect .5, Gaussian rule": {"net": partial(dropconnect, rule="gaussian")},
        "batch norm": {"net": batch_norm},
        "input noise, σ = .3": {"net": noisy_input},
        "augmentation": {"augment": JITTER},
        "augmentation and L2": {"augment": JITTER, "penalty": L2(l2)},
        "mixup, α = .4": {"augment": on_images(MixUp(0.4, classes=10))},
        "cutout 3×3": {"augment": on_images(Cutout(3))},
        "label smoothing .3": {"loss": partial(softmax_cross_entropy, smoothing=0.3)},
    }


def measure(row: Mapping[str, Any], seed: int, *, train: int, wrong: float) -> dict[str, float]:
    """Train one network as a row describes, with a share of wrong labels, and test it on 1,000 right ones.

    Data, initial weights and batches have their own generators from the seed: they are the same for all rows.
    """
    of_data, of_net, of_fit = np.random.default_rng(seed).spawn(3)
    data = load_digits(of_data, train=train, val=100, test=1000)
    y_train, y_val = (wrong_labels(y, wrong, of_data, classes=10)[0] for y in (data.y_train, data.y_val))
    data = data._replace(y_train=y_train, y_val=y_val)

    options = dict(row)
    net = options.pop("net", plain)(of_net)
    optimizer = Momentum(Cosine(0.05, steps=EPOCHS * train // BATCH))
    fit(net, data, optimizer, epochs=EPOCHS, batch=BATCH, rng=of_fit, **options)

    sizes = np.concatenate([abs(p).ravel() for name, p in net.params.items() if is_weight(name)])
    return {
        "accuracy": 100 * evaluate(net, data.x_test, data.y_test).accuracy,
        "on its training labels": 100 * evaluate(net, data.x_train, data.y_train).accuracy,
        "weights < 1e-3": 100 * (sizes < 1e-3).mean(),
        "weights = 0": 100 * (sizes == 0).mean(),
    }


NOISY = Study(
    "Regularizers against wrong labels",
    "500 digits, 30 % of them with a wrong label. Early stopping looks at 100 more, with as many wrong ones. "
    "Learning by heart is what must be prevented: training labels believed to 70 % are *right* here.",
    partial(measure, train=500, wrong=0.3),
    rows(l2=0.01, l1=2e-3, both=(1e-3, 3e-3)),
)
CLEAN = Study(
    "Regularizers with few examples",
    "200 digits, all labels right; early stopping looks at 100 more. Little is to be gained, and not by penalties.",
    partial(measure, train=200, wrong=0.0),
    rows(l2=0.003, l1=3e-4, both=(1e-3, 3e-3)),
)
