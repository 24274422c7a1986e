"""Transfer learning, measured: letters to handwritten digits, digits to other digits, letters to textures.

A row is a strategy of `course_lib.studies.sweep`, a column a number of labels per class. Only measuring imports torch.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from course_lib.data import few, load_digits

from .study import Results, Study, compare
from .textures import load_textures

DIGITS, NEGATIVE, TEXTURE = (1, 2, 5, 10, 20, 50), (1, 5, 20), (5, 10, 20, 50)  # labels per class
Examples = tuple[np.ndarray, np.ndarray]


def measure_digits(strategy: str, seed: int, *, device: str = "cpu") -> dict[str, float]:
    """Measure letters → digits: accuracy on 1,000 others."""
    from course_lib.deep import load_pretrained

    rng = np.random.default_rng(seed)
    data = load_digits(rng, val=1, test=1000, images=True)
    training = few(data.x_train, data.y_train, rng, per_class=max(DIGITS))
    return _sweep(strategy, load_pretrained("letters"), training, (data.x_test, data.y_test), DIGITS, seed, device)


def measure_negative(row: str, seed: int, *, device: str = "cpu") -> dict[str, float]:
    """Measure digits 0–4 → digits 5–9: accuracy on 500 others. A row names the strategy; and letters as the source."""
    from course_lib.deep import load_pretrained

    data = load_digits(np.random.default_rng(seed), val=1, images=True)
    high = data.y_train >= 5
    x, y = data.x_train[high], data.y_train[high] - 5
    training = few(x[500:], y[500:], np.random.default_rng(seed), per_class=max(NEGATIVE))
    strategy = row.removesuffix(", from letters")
    source = load_pretrained("letters") if strategy != row else _low_digits(seed, device)
    return _sweep(strategy, source, training, (x[:500], y[:500]), NEGATIVE, seed, device)


def measure_textures(strategy: str, seed: int, *, device: str = "cpu") -> dict[str, float]:
    """Measure letters → textures: accuracy on 1,200 others."""
    from course_lib.deep import load_pretrained

    rng = np.random.default_rng(seed)
    training, test = load_textures(rng, max(TEXTURE)), load_textures(rng, 200)
    return _sweep(strategy, load_pretrained("letters"), training, test, TEXTURE, seed, device)


def crossing(results: Results) -> str:
    """Describe where strategies cross: from how many labels on frozen, fine-tuned or scratch is the best.

    One is ahead of another if Student's 95 % interval of the differences, seed by seed, lies above 0.
    """
    compared = ["frozen", "all, rate/10", "scratch"]
    if not set(compared) <= set(results.names):
        return ""
    changes = []
    for labels, values in results.values.items():
        of = {name: values[results.names.index(name)] for name in compared}
        best = max(compared, key=lambda name: of[name].mean())
        near = [name for name in compared if name == best or not _ahead(of[best], of[name])]
        if not changes or changes[-1][1] != near:
            changes.append((labels, near))
    parts = [f"from {labels} on {_listed(near)}" for labels, near in changes]
    return f"The best of {_listed(compared)}, or not clearly worse: {'; '.join(parts)}."


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(f"*{name}*" for name in names[:-1]), f"*{names[-1]}*"]).removeprefix(" and ")


def _ahead(row: np.ndarray, other: np.ndarray) -> bool:
    return len(row) > 1 and compare(row, other).interval()[0] > 0


def _sweep(
    strategy: str, source: Any, training: Examples, test: Examples, labels: tuple[int, ...], seed: int, device: str
) -> dict[str, float]:
    from course_lib.deep import to_tensors
    from course_lib.studies.sweep import sweep

    return sweep(strategy, source, to_tensors(*training), to_tensors(*test), labels, seed=seed, device=device)


@functools.lru_cache(maxsize=20)
def _low_digits(seed: int, device: str) -> Any:
    """Pretrain on the digits 0–4, once for all rows."""
    from course_lib.deep import to_tensors
    from course_lib.studies.sweep import pretrain

    data = load_digits(np.random.default_rng(seed), val=1, images=True)
    low = data.y_train < 5
    return pretrain(*to_tensors(data.x_train[low], data.y_train[low]), seed=seed, device=device)


def _rows(*names: str) -> dict[str, str]:
    return {name: name for name in names}


HOW = (
    "Columns: labels per class. Every network is trained for 200 steps, with momentum and a rate that falls from 0.02 "
    "to 0, the same for all; *frozen* is a linear head alone, with λ = 0.01. Random features are some fifty times as "
    "small as learnt ones, so that this λ holds their head back: *random, frozen* is no bound on them. Accuracy in per "
    "cent."
)
TRANSFER = Study(
    "Transfer from letters to digits",
    f"A small network has learnt letters drawn from fonts, and is to read handwritten digits. {HOW}",
    measure_digits,
    _rows(
        "1-NN",
        "scratch",
        "random, frozen",
        "frozen",
        "last block, rate/10",
        "all, rate/10",
        "all, full rate",
        "random head, all at rate/10",
        "random head, all at full rate",
    ),
    compare=False,
    seeds=5,
    rows_are="strategy",
    remark=crossing,
)
NEGATIVE_TRANSFER = Study(
    "Negative transfer",
    "A network that has learnt the digits 0–4 and nothing else is to read the digits 5–9: what it does not need it has "
    f"learnt to overlook. {HOW}",
    measure_negative,
    _rows("scratch", "random, frozen", "frozen", "all, rate/10", "frozen, from letters"),
    compare=False,
    seeds=5,
    rows_are="strategy",
    remark=crossing,
)
TEXTURES = Study(
    "Transfer from letters to textures",
    f"The network that has learnt letters is to tell six textures, 16×16 pixels, drawn by formulas. {HOW}",
    measure_textures,
    _rows("scratch", "random, frozen", "frozen", "last block, rate/10", "all, rate/10", "all, full rate"),
    compare=False,
    seeds=5,
    rows_are="strategy",
    remark=crossing,
)
