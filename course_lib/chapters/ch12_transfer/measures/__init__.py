"""What chapter 12 measures on its running example: a network that has learnt letters is to read digits.

The experiments, and the table of the adapters, read tables.json, which
``python -m course_lib.chapters.ch12_transfer.measures`` writes in five to ten minutes. All this needs torch; it is a
package of its own, so that experiments, exercises and questions are found without it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from course_lib.data import few, glyph_classes, load_digits, load_glyphs, load_photos
from course_lib.data.cache import cache_folder
from course_lib.deep import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    SmallCNN,
    add_adapters,
    cache_features,
    depths,
    evaluate_accuracy,
    freeze,
    linear_probe,
    load_pretrained,
    parameter_groups,
    predict,
    replace_head,
    to_tensors,
)
from course_lib.deep.training import mode, one_thread
from course_lib.deep.weights import PUBLISHED
from course_lib.studies.sweep import LR, STEPS, Nearest, pretrain, seeded, sweep, train_adam, train_sgd
from course_lib.studies.textures import load_textures

STORED = Path(__file__).parents[1] / "tables.json"
MOST = 50  # labels per class that are drawn; fewer are the first of these
STAGES = ("pixels", "conv1", "conv2", "conv3", "conv4", "features")
LOOKS = {"plain": "as they are", "dim": "at 0.3 of their brightness", "inverted": "inverted"}
RATIOS = (0.0, 0.1, 1.0, 5.0)  # of the old part's rate to the head's
HOW = ("requires_grad", "freeze")
#: Adam's rates, each the best of two to four on two other draws of textures (seeds 10 and 11): with 20 labels, that of
#: the adapters for rank 4, "still" where batch norm is frozen. For all weights 0.003, 0.01 and 0.03 were level there,
#: and the smallest is taken, after the largest had done worse on the five seeds. With 5 labels for all weights (few);
#: from scratch with 5 and with 20.
ADAM = {"all": 0.003, "adapters": 0.03, "all, still": 0.001, "adapters, still": 0.01, "few": 0.01, "scratch": 0.003}
FAST = 0.03
SEEDS = 3
Examples = tuple[Any, Any]  # images and classes, tensors


# ---------------------------------------------------------------- data


@cache
def _drawn(target: str, seed: int) -> tuple[Examples, Examples]:
    """Return what the studies draw: 50 labelled images of each class, and others to test on."""
    rng = np.random.default_rng(seed)
    if target == "textures":
        training, test = load_textures(rng, MOST), load_textures(rng, 200)
        return to_tensors(*training), to_tensors(*test)
    data = load_digits(rng, val=1, test=1000, images=True)
    training = few(data.x_train, data.y_train, rng, per_class=MOST)
    return to_tensors(*training), to_tensors(data.x_test, data.y_test)


def labelled(n: int, seed: int, target: str = "digits") -> Examples:
    """Return n labelled images of each class, as tensors: those of the study *transfer* of this seed.

    Args:
        n: labels per class, at most 50.
        seed: draws them.
        target: "digits", or "textures".
    """
    x, y = _drawn(target, seed)[0]
    rows = np.concatenate([np.flatnonzero(y.numpy() == k)[:n] for k in range(int(y.max()) + 1)])
    return x[np.sort(rows)], y[np.sort(rows)]


def others(seed: int, target: str = "digits") -> Examples:
    """Return the images to test on: 1,000 other digits, or 1,200 other textures."""
    return _drawn(target, seed)[1]


@cache
def new_letters() -> Examples:
    """Return 1,000 letters that the network was not trained on, drawn from the same fonts."""
    return to_tensors(*load_glyphs(np.random.default_rng(1), 1000, size=8, cache=False))


def changed(x: Any, look: str) -> Any:
    """Return digits as they are, at 0.3 of their brightness, or inverted."""
    return {"plain": x, "dim": 0.3 * x, "inverted": 1 - x}[look]


# ---------------------------------------------------------------- accuracy, in %


@one_thread()
def read(net: Any, seed: int, target: str = "digits") -> float:
    """Return the share of the other digits, or textures, that a network names rightly, in %."""
    return 100 * evaluate_accuracy(net, *others(seed, target))


@one_thread()
def still_read(net: Any, old_head: Any) -> float:
    """Return the share of new letters that a network names rightly with its old head, in %."""
    new_head, net.head = net.head, old_head
    try:
        return 100 * evaluate_accuracy(net, *new_letters())
    finally:
        net.head = new_head


@one_thread()
def named(digit: int, letter: str, seed: int = 0) -> float:
    """Return the share of the other digits of one kind that the letters network names as this letter, in %."""
    (x, y), k = others(seed), glyph_classes().index(letter)
    return 100 * (predict(load_pretrained("letters"), x[y == digit]).argmax(1) == k).double().mean().item()


@cache
def accuracies(strategy: str, n: int, seeds: int = 3) -> np.ndarray:
    """Return the accuracy on digits, in %, one for each seed, as the study *transfer* measures it.

    Args:
        strategy: a row of that study, such as "scratch" or "frozen".
        n: labels per class.
        seeds: how many, from 0 on.
    """
    net = load_pretrained("letters")
    runs = [sweep(strategy, net, labelled(n, s), others(s), [n], seed=s) for s in range(seeds)]
    return np.array([run[str(n)] for run in runs])


# ---------------------------------------------------------------- what each stage sees


@one_thread()
def after_stages(net: Any, x: Any) -> dict[str, Any]:
    """Return what each stage of a network makes of images: name → tensor, shape (N, numbers).

    >>> x, _ = labelled(1, seed=0)
    >>> {name: seen.shape[1] for name, seen in after_stages(SmallCNN(10), x).items()}["features"]
    128
    """
    seen = {"pixels": x.flatten(1)}

    def keep(name: str) -> Callable[..., None]:
        def hook(module: Any, given: Any, made: Any) -> None:
            seen["features" if name == "embed" else name] = made.detach().flatten(1)

        return hook

    hooks = [part.register_forward_hook(keep(name)) for name, part in net.stages[:-1]]
    with mode(net, training=False):
        net.features(x)
    for hook in hooks:
        hook.remove()
    return seen


@one_thread()
def nearest(known: Any, y: Any, new: Any, y_new: Any) -> float:
    """Return the accuracy of the nearest labelled neighbour, in %."""
    return 100 * evaluate_accuracy(Nearest(known, y, int(y.max()) + 1), new, y_new)


def told_apart(net: Any, n: int, seed: int) -> np.ndarray:
    """Return the accuracy of the nearest neighbour by the distances after each stage, with n labels of each class."""
    (x, y), (x_new, y_new) = labelled(n, seed), others(seed)
    known, new = after_stages(net, x), after_stages(net, x_new)
    return np.array([nearest(known[stage], y, new[stage], y_new) for stage in STAGES])


def untrained(seed: int) -> SmallCNN:
    """Return the same network with random weights."""
    return SmallCNN(38, generator=seeded(seed)).eval()


def plane(a: np.ndarray) -> np.ndarray:
    """Project rows on their first two principal directions; each is turned so that its largest part is positive.

    >>> plane(np.array([[0.0, 0, 0], [2, 0, 0], [1, 3, 0], [1, -3, 0]]))[:, 0].round(6) + 0.0
    array([ 0.,  0.,  3., -3.])
    """
    centred = a - a.mean(axis=0)
    _, _, directions = np.linalg.svd(centred.astype(float), full_matrices=False)
    p = centred @ directions[:2].T
    return p * np.sign(p[np.abs(p).argmax(axis=0), [0, 1]])


def between(p: np.ndarray, y: np.ndarray) -> float:
    """Return the share of the variance that lies between the classes' means.

    Σ_c N_c ‖μ_c − μ‖² / Σₙ ‖qₙ − μ‖², with rows qₙ of p

    >>> between(np.array([[0.0], [0], [1], [1]]), np.array([0, 0, 1, 1]))
    1.0
    """
    mean = p.mean(axis=0)
    apart = sum((y == k).sum() * ((p[y == k].mean(axis=0) - mean) ** 2).sum() for k in np.unique(y))
    return float(apart / ((p - mean) ** 2).sum())


# ---------------------------------------------------------------- fine-tuning, and what becomes of the letters


@one_thread()
def tuned(n: int, seed: int, ratio: float, *, head: str = "fitted", steps: int = STEPS) -> tuple[float, float]:
    """Fine-tune the letters network on n digits of each class; return the accuracies on digits and letters, in %.

    Args:
        n: labels per class.
        seed: draws digits, batches, and the head if it is random.
        ratio: the old part's rate is `ratio` times the head's, 0.02; at 0 it is frozen.
        head: "fitted" first, "random", or "zero".
        steps: of training.
    """
    (x, y), g = labelled(n, seed), seeded(seed)
    net, old_head = _with_head(head, x, y, g)
    if not ratio:
        freeze(net)
    train_sgd(net, parameter_groups(net, LR, ratio=ratio), x, y, g, steps=steps)
    return read(net, seed), still_read(net, old_head)


@one_thread()
def first_loss(n: int, seed: int, head: str) -> float:
    """Return the loss of the labelled digits at the start of fine-tuning; see `tuned`."""
    x, y = labelled(n, seed)
    return nn.functional.cross_entropy(predict(_with_head(head, x, y, seeded(seed))[0], x), y).item()


def _with_head(head: str, x: Any, y: Any, g: Any) -> tuple[Any, Any]:
    """Return the letters network with a new head, and the old one."""
    net = load_pretrained("letters")
    old_head = net.head
    replace_head(net, 10, generator=g)
    if head == "zero":
        nn.init.zeros_(net.head.weight)
    if head == "fitted":
        net.head = linear_probe(net, x, y)
    return net, old_head


@one_thread()
def wrong_way_round(n: int, seed: int, *, steps: int = STEPS) -> tuple[float, float]:
    """Freeze the new, random head and train the old part; return the accuracies on digits and letters, in %."""
    net, (x, y), g = load_pretrained("letters"), labelled(n, seed), seeded(seed)
    old_head = net.head
    replace_head(net, 10, generator=g).requires_grad_(False)
    train_sgd(net, parameter_groups(net, LR, ratio=1.0), x, y, g, steps=steps)
    return read(net, seed), still_read(net, old_head)


# ---------------------------------------------------------------- batch norm


@one_thread()
def statistics(look: str, how: str, seed: int, *, n: int = 5, steps: int = STEPS) -> tuple[float, float]:
    """Train a new head alone; return the accuracies on such digits, and on letters with the old head, in %.

    Args:
        look: of the digits; see `changed`.
        how: "requires_grad": the rest gets no gradient, and that is all; or "freeze": statistics stay, too.
        seed: draws digits, head and batches.
        n: labels per class.
        steps: of training.
    """
    net, (x, y), (x_new, y_new) = load_pretrained("letters"), labelled(n, seed), others(seed)
    old_head, g = net.head, seeded(seed)
    net.requires_grad_(False)
    if how == "freeze":
        freeze(net)
    replace_head(net, 10, generator=g)
    train_sgd(net, net.head.parameters(), changed(x, look), y, g, steps=steps)
    return 100 * evaluate_accuracy(net, changed(x_new, look), y_new), still_read(net, old_head)


# ---------------------------------------------------------------- negative transfer


@one_thread()
def negative(seed: int, n: int = 5, *, steps: int = STEPS) -> tuple[float, float]:
    """Fit a head to n labels of each of the digits 5–9; return the accuracies on 500 others, in %.

    The first is that on frozen features of a network that has learnt the digits 0–4 in so many steps, the second that
    on features of the letters network.
    """
    data = load_digits(np.random.default_rng(seed), val=1, images=True)
    low = data.y_train < 5
    x, y = data.x_train[~low], data.y_train[~low] - 5
    known = to_tensors(*few(x[500:], y[500:], np.random.default_rng(seed), per_class=n))
    found = []
    for net in (pretrain(*to_tensors(data.x_train[low], data.y_train[low]), seed=seed, steps=steps),
                load_pretrained("letters")):  # fmt: skip
        net.head = linear_probe(net, *known)
        found.append(100 * evaluate_accuracy(net, *to_tensors(x[:500], y[:500])))
    return found[0], found[1]


@one_thread()
def of_letters(classes: int, seed: int, n: int = 5, *, images: int = 900, steps: int = 300) -> float:
    """Pretrain on so many images of some kinds of letters; return the accuracy of a new head on the digits 5–9, in %.

    Args:
        classes: how many of the 38 kinds; they are drawn.
        seed: draws kinds, letters, digits and weights.
        n: labels of each digit.
        images: of letters, roughly.
        steps: of the pretraining.
    """
    rng = np.random.default_rng(100 + seed)
    drawn, kinds = load_glyphs(rng, images * 38 // classes, size=8, cache=False)
    rows = np.isin(kinds, rng.permutation(38)[:classes])
    net = pretrain(*to_tensors(drawn[rows], np.unique(kinds[rows], return_inverse=True)[1]), seed=seed, steps=steps)
    data = load_digits(np.random.default_rng(seed), val=1, images=True)
    high = data.y_train >= 5
    x, y = data.x_train[high], data.y_train[high] - 5
    net.head = linear_probe(net, *to_tensors(*few(x[500:], y[500:], np.random.default_rng(seed), per_class=n)))
    return 100 * evaluate_accuracy(net, *to_tensors(x[:500], y[:500]))


# ---------------------------------------------------------------- adapters


@one_thread()
def adapted(
    target: str,
    n: int,
    seed: int,
    rank: int | None,
    *,
    still: bool = False,
    lr: float | None = None,
    steps: int = STEPS,
) -> tuple[int, float]:
    """Fit the head first, then train by Adam; return how many weights are trained below it, and the accuracy in %.

    Args:
        target: "digits" or "textures".
        n: labels per class.
        seed: draws images, batches and adapters.
        rank: of the adapters; None: all weights are trained; 0: the head alone, and its fit is left as it is.
        still: whether batch norm is frozen; else it trains, and its statistics follow, beside adapters as well.
        lr: Adam's rate; that of `ADAM` unless given.
        steps: of training.
    """
    net, (x, y), g = load_pretrained("letters"), labelled(n, seed, target), seeded(seed)
    net.head = linear_probe(net, x, y)
    if rank == 0:
        return 0, read(net, seed, target)
    if rank is not None:
        add_adapters(net, rank, generator=g)
        if not still:
            _release_norms(net)
    elif still:
        _keep_norms(net)
    lr = lr or ADAM[("all" if rank is None else "adapters") + (", still" if still else "")]
    train_adam(net, parameter_groups(net, lr, ratio=1.0), lr, x, y, g, steps=steps)
    return sum(stage.trained for stage in depths(net)[:-1]), read(net, seed, target)


def _keep_norms(net: Any) -> None:
    """Freeze batch norm, and nothing else."""
    freeze(net)
    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.requires_grad_(True)


def _release_norms(net: Any) -> None:
    """Let batch norm train, and its statistics follow; other frozen weights stay frozen."""
    for _, part in net.stages[:-1]:
        for module in part.modules():
            vars(module).pop("train", None)
            if isinstance(module, nn.BatchNorm2d):
                module.requires_grad_(True)
        part.train(net.training)


@one_thread()
def by_adam(target: str, n: int, seed: int, how: str, *, lr: float | None = None, steps: int = STEPS) -> float:
    """Train by Adam, "scratch" or "all" weights below a fitted head; return the accuracy in %."""
    if how == "all":
        return adapted(target, n, seed, None, lr=lr or ADAM["few"], steps=steps)[1]
    (x, y), g, lr = labelled(n, seed, target), seeded(seed), lr or ADAM["scratch"]
    net = SmallCNN(int(y.max()) + 1, generator=g)
    train_adam(net, net.parameters(), lr, x, y, g, steps=steps)
    return read(net, seed, target)


# ---------------------------------------------------------------- a published network


def windows(rng: np.random.Generator, each: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Cut windows of 200 × 200 pixels out of two photographs, and normalize them for ResNet-18.

    Args:
        rng: draws the places.
        each: windows of each photograph.

    Returns:
        The windows, shape (2·each, 200, 200, 3), and which photograph each is from.
    """
    photos = load_photos(240)
    places = rng.integers(0, 41, (2 * each, 2))
    y = np.arange(2 * each) % 2
    cut = np.stack([photos[k, i : i + 200, j : j + 200] for k, (i, j) in zip(y, places, strict=True)])
    return ((cut - IMAGENET_MEAN) / IMAGENET_STD).astype(np.float32), y


def try_resnet(*, download: bool) -> str:
    """Return what a ResNet-18 with its published weights makes of two photographs, or that it is skipped.

    Args:
        download: whether its weights may be fetched, 47 MB; if not, they are used only if they are here already.
    """
    file = cache_folder() / PUBLISHED["resnet18"].url.rpartition("/")[2]
    if not download and not file.is_file():
        return "ResNet-18's weights are not here: skipped."
    try:
        net = load_pretrained("resnet18", progress=False)
    except ConnectionError:
        return "ResNet-18's weights cannot be fetched without a network: skipped."
    x, y = to_tensors(*windows(np.random.default_rng(0)))
    f = cache_features(net, x, batch=10)
    return (
        f"One labelled window of each photograph: {nearest(f[:2], y[:2], f[2:], y[2:]):.0f} % of the others are right."
    )


# ---------------------------------------------------------------- what the experiments read


@cache
def stored() -> dict[str, Any]:
    """Return what tables.json holds."""
    return json.loads(STORED.read_text("utf-8"))


def _mean(measure: Callable[[int], Any], seeds: int) -> list[float]:
    return np.mean([measure(seed) for seed in range(seeds)], axis=0).round(2).tolist()


def pictures_of(seed: int = 0, dots: int = 300) -> dict[str, Any]:
    """Return what the experiment `features` shows: digits in the plane after each stage of two networks."""
    x_new, y_new = others(seed)
    y = y_new[:dots].numpy()
    answer: dict[str, Any] = {"classes": y.tolist()}
    for name in ("letters", "random"):
        nets = [load_pretrained("letters") if name == "letters" else untrained(s) for s in range(SEEDS)]
        right = np.mean([told_apart(net, 5, s) for s, net in enumerate(nets)], axis=0)
        seen = after_stages(nets[0], x_new[:dots])
        for stage, share in zip(STAGES, right, strict=True):
            p = plane(seen[stage].numpy())
            p /= np.abs(p).max()
            answer[f"{name} {stage}"] = {
                "x": p[:, 0].round(2).tolist(), "y": p[:, 1].round(2).tolist(),
                "nearest": round(float(share), 1), "between": round(between(p, y), 2),
            }  # fmt: skip
    return answer


def tables() -> dict[str, Any]:
    """Measure all that tables.json holds."""
    answer: dict[str, Any] = {"features": pictures_of()}
    answer["statistics"] = {
        f"{look} {how}": _mean(lambda s, look=look, how=how: statistics(look, how, s), SEEDS)
        for look in LOOKS
        for how in HOW
    }
    answer["forget"] = {
        f"{first} {ratio}": _mean(lambda s, f=first, r=ratio: tuned(2, s, r, head=f), SEEDS)
        for first in ("fitted", "random")
        for ratio in RATIOS
    }
    answer["adapters"] = {
        f"{rank}{', still' if still else ''}": [list(adapted("textures", 20, s, rank, still=still)) for s in range(5)]
        for rank, still in ((0, False), (4, True), (None, True), (1, False), (4, False), (None, False))
    }
    answer["adapters"]["None, fast"] = [list(adapted("textures", 20, s, None, lr=FAST)) for s in range(5)]
    answer["by Adam"] = {how: [by_adam("textures", 5, s, how) for s in range(5)] for how in ("scratch", "all")}
    answer["by Adam"]["scratch, 20"] = [by_adam("textures", 20, s, "scratch") for s in range(5)]
    answer["sources"] = {str(classes): [of_letters(classes, s) for s in range(3)] for classes in (38, 5)}
    return answer
