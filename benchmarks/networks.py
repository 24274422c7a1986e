"""Networks: an epoch of training against torch, as it runs line by line (eager), on the CPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import torch
from threadpoolctl import threadpool_info

from course_lib.data import load_digits
from course_lib.nn import Conv2d, Dense, Flatten, MaxPool2d, ReLU, Sequential, fit, softmax_cross_entropy
from course_lib.nn.layers import fill_grads
from course_lib.optim import Momentum
from course_lib.studies.table import Table

from .augmentation import photo_crops
from .timing import medians, show, times

PACKAGES = ("NumPy", "torch")
RATE, RHO = 0.01, 0.9
BATCHES = (32, 50, 128)


def mlp(*sizes: int) -> Sequential:
    """Build a network of dense layers, with ReLU between them."""
    rng, layers = np.random.default_rng(0), []
    for n_in, n_out in pairwise(sizes):
        layers += [Dense(n_in, n_out, rng=rng), ReLU()]
    return Sequential(*layers[:-1])


def conv_net(side: int, channels: int) -> Sequential:
    """Build a network of two convolutions, each with ReLU and pooling, and a dense layer."""
    rng = np.random.default_rng(0)
    return Sequential(
        Conv2d(channels, 16, 3, padding=1, rng=rng),
        ReLU(),
        MaxPool2d(2),
        Conv2d(16, 32, 3, padding=1, rng=rng),
        ReLU(),
        MaxPool2d(2),
        Flatten(),
        Dense((side // 4) ** 2 * 32, 10, rng=rng),
    )


def digits(images: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return the handwritten digits: 1,437 for training."""
    data = load_digits(np.random.default_rng(0), images=images)
    return data.x_train, data.y_train


def colour_images(n: int = 512) -> tuple[np.ndarray, np.ndarray]:
    """Return pieces of two photographs, with random labels, which do not affect speed."""
    rng = np.random.default_rng(0)
    return photo_crops(n, rng), rng.integers(10, size=n)


def in_torch(net: Sequential, shape: tuple[int, ...]) -> torch.nn.Sequential:
    """Return the same network, with the same weights, in torch, where channels come first.

    Args:
        net: ours.
        shape: of one example of its input.
    """
    modules: list[torch.nn.Module] = []
    flattened: tuple[int, ...] = ()  # the shape that the last Flatten has flattened
    for layer in net.layers:
        if isinstance(layer, Dense):
            W = layer.params["W"]
            if flattened:  # its rows come in the order of (height, width, channel): make it (channel, height, width)
                W, flattened = np.moveaxis(W.reshape(*flattened, -1), 2, 0).reshape(W.shape), ()
            other, W = torch.nn.Linear(*W.shape), W.T
        elif isinstance(layer, Conv2d):
            W = layer.params["W"].transpose(3, 2, 0, 1)
            other = torch.nn.Conv2d(W.shape[1], W.shape[0], layer.size, layer.stride, layer.padding)
        elif isinstance(layer, Flatten):
            other, flattened = torch.nn.Flatten(), shape
        else:
            other = torch.nn.ReLU() if isinstance(layer, ReLU) else torch.nn.MaxPool2d(layer.size, layer.stride)
        if layer.params:
            with torch.no_grad():
                other.weight.copy_(torch.tensor(W.copy()))
                other.bias.copy_(torch.tensor(layer.params["b"]))
        modules.append(other)
        shape = layer.output_shape(shape)
    return torch.nn.Sequential(*modules)


def ours(net: Sequential, x: np.ndarray, y: np.ndarray, batch: int) -> Callable[[], float]:
    """Return an epoch of ours, in the four lines of chapter 1; its value is the mean loss."""
    optimizer, order = Momentum(RATE, rho=RHO), np.random.default_rng(1).permutation(len(x))

    def epoch() -> float:
        total = 0.0
        for start in range(0, len(x), batch):
            rows = order[start : start + batch]
            loss, dscores = softmax_cross_entropy(net.forward(x[rows], train=True), y[rows])
            fill_grads(net, dscores)
            optimizer.step(net.params, net.grads)
            total += len(rows) * loss
        return total / len(x)

    return epoch


def theirs(net: Sequential, x: np.ndarray, y: np.ndarray, batch: int) -> Callable[[], float]:
    """Return the same epoch in torch: the same weights, and the same examples in the same order."""
    model, order = in_torch(net, x.shape[1:]), torch.tensor(np.random.default_rng(1).permutation(len(x)))
    images, labels = torch.tensor(np.moveaxis(x, -1, 1).copy() if x.ndim == 4 else x), torch.tensor(y)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=RHO)

    def epoch() -> float:
        total = 0.0
        for start in range(0, len(x), batch):
            rows = order[start : start + batch]
            loss = torch.nn.functional.cross_entropy(model(images[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += len(rows) * loss.item()
        return total / len(x)

    return epoch


def with_fit(net: Sequential, x: np.ndarray, y: np.ndarray, batch: int) -> Callable[[], float]:
    """Return an epoch of `fit`, which also shuffles, computes the accuracy, and checks for nan and inf."""
    data, optimizer = SimpleNamespace(x_train=x, y_train=y), Momentum(RATE, rho=RHO)

    def epoch() -> float:
        return fit(net, data, optimizer, epochs=1, batch=batch, rng=np.random.default_rng(1)).loss[-1]

    return epoch


def rows(make: Callable[[], Sequential], x: np.ndarray, y: np.ndarray, name: str) -> Iterator[tuple[str, ...]]:
    for batch in BATCHES:
        a, b, c = medians(*(side(make(), x, y, batch) for side in (ours, with_fit, theirs)), seconds=3)
        yield name, str(batch), show(a), show(c), times(c / a), times(c / b)


def kernels() -> str:
    """Name the processor that NumPy's BLAS has detected: it does not know every new one."""
    found = [lib["architecture"] for lib in threadpool_info() if lib.get("internal_api") == "openblas"]
    return f" NumPy's matrix products are OpenBLAS's for {found[0]}." if found else ""


HEADER = ("network", "batch", "ours", "torch", "torch / ours", "torch / `fit`")


def dense() -> Table:
    x, y = digits()
    names = ((64, 64, 10), (64, 256, 256, 10))
    return Table(
        "An epoch of dense layers",
        f"{len(x):,} handwritten digits, 8×8 pixels in a row; ReLU, softmax cross-entropy, momentum.{kernels()}",
        HEADER,
        [row for sizes in names for row in rows(partial(mlp, *sizes), x, y, "-".join(map(str, sizes)))],
    )


def convolutional() -> Table:
    (x, y), (colour_x, colour_y) = digits(images=True), colour_images()
    return Table(
        "An epoch of convolutions",
        f"Two convolutions of 3×3 with 16 and 32 channels, each with ReLU and 2×2 pooling, and a dense layer: on the "
        f"{len(x):,} digits as images, and on {len(colour_x)} colour images. torch has the channels first.",
        HEADER,
        [
            *rows(partial(conv_net, 8, 1), x, y, "8×8×1"),
            *rows(partial(conv_net, 32, 3), colour_x, colour_y, "32×32×3"),
        ],
    )


def tables() -> Iterator[Table]:
    """Yield every table."""
    torch.set_num_threads(1)
    yield dense()
    yield convolutional()
