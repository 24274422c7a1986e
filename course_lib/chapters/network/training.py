"""A network of 64, 32 and 10 units that is trained on 300 digits, in plain Python over matrices: the page compiles it.

    h = max(0, x W + b);  s = h V + c;  L = −(1/N) Σ log softmax(s) at the right class

Its parameters are one list of 2,410 numbers, W, b, V and c one after the other, as `course_lib.nn.Sequential` has them.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.explore.primitives import each, matmul, normals, transpose, uniforms, walk

EPOCHS, BATCH, TRAIN = 20, 30, 300
_B, _V, _C, _END = 64 * 32, 65 * 32, 65 * 32 + 32 * 10, 65 * 32 + 33 * 10  # where b, V and c begin, and the end

GREYS = "0123456789abcdefg"  # a picture is 64 of these letters, of no ink to all of it
_INK = {letter: k / 16 for k, letter in enumerate(GREYS)}


def pictures(pixels: str) -> list[list[float]]:
    """Return pictures of 64 numbers each, which are written as letters one after the other."""
    ink = _INK
    return [[ink[letter] for letter in pixels[start : start + 64]] for start in range(0, len(pixels), 64)]


def start(seed: int) -> list[float]:
    """Return the parameters before training: weights by He's rule, N(0, 2/inputs), and biases 0."""
    z = normals(seed, 64 * 32 + 32 * 10)
    w = [0.0 for i in range(_END)]
    for i in range(_B):
        w[i] = z[i] * np.sqrt(2 / 64)
    for i in range(_V, _C):
        w[i] = z[i - 32] * np.sqrt(2 / 32)
    return w


def order(seed: int, epochs: int) -> list[list[int]]:
    """Return the training pictures' numbers, shuffled anew for each epoch (Fisher and Yates)."""
    u = uniforms(1000 + seed, TRAIN * epochs)
    shuffled = []
    for epoch in range(epochs):
        rows = [i for i in range(TRAIN)]
        for i in range(TRAIN - 1):
            j = i + int(u[TRAIN * epoch + i] * (TRAIN - i))
            one = rows[i]
            rows[i] = rows[j]
            rows[j] = one
        shuffled.append(rows)
    return shuffled


def _matrix(w: Any, begin: int, rows: int, columns: int) -> list[Any]:
    return [w[i : i + columns] for i in range(begin, begin + rows * columns, columns)]


def _relu(xw: Any, b: Any) -> Any:
    return np.maximum(xw + b, 0.0)


def _plus(hv: Any, c: Any) -> Any:
    return hv + c


def _where_on(dh: Any, h: Any) -> Any:
    return np.where(h > 0, dh, 0.0)


def forward(w: Any, x: Any) -> Any:
    """Return hidden units h and scores s of pictures x."""
    h = each(_relu, matmul(x, _matrix(w, 0, 64, 32)), w[_B:_V])
    return h, each(_plus, matmul(h, _matrix(w, _V, 32, 10)), w[_C:_END])


def _cross_entropy(s: Any, y: int) -> Any:
    """Return −log softmax(s) at the class y, and its gradient, of one picture's scores."""
    top = max(s)
    if not np.isfinite(top):
        return np.nan, [np.nan for v in s]
    exps = [np.exp(v - top) for v in s]
    total = sum(exps)
    ds = [e / total for e in exps]
    ds[y] -= 1
    return np.log(total) - (s[y] - top), ds


def gradient(w: Any, x: Any, y: Any) -> list[float]:
    """Return ∂L/∂w for pictures x of the classes y."""
    h, s = forward(w, x)
    ds = []
    for i in range(len(y)):
        ds.append([d / len(y) for d in _cross_entropy(s[i], y[i])[1]])
    dh = each(_where_on, matmul(ds, transpose(_matrix(w, _V, 32, 10))), h)
    ones = [[1.0 for i in range(len(y))]]
    parts = [matmul(transpose(x), dh), matmul(ones, dh), matmul(transpose(h), ds), matmul(ones, ds)]
    return [d for part in parts for row in part for d in row]


def loss(w: Any, x: Any, y: Any) -> Any:
    """Return the mean loss L over pictures."""
    s = forward(w, x)[1]
    return sum([_cross_entropy(s[i], y[i])[0] for i in range(len(y))]) / len(y)


def accuracy(w: Any, x: Any, y: Any) -> Any:
    """Return how many per cent of pictures have the highest score for their class; of equal ones the first counts."""
    s = forward(w, x)[1]
    right = 0
    for i in range(len(y)):
        said = 0
        for k in range(10):
            if s[i][k] > s[i][said]:
                said = k
        right += 1 if said == y[i] else 0
    return 100 * right / len(y)


def begin(name: str, method: Any, seed: int, pixels: str, labels: list[int]) -> Callable[[], Any]:
    """Begin to train with a method; return a function that trains one epoch more, and returns what was seen so far."""
    x, y = pictures(pixels), labels
    w = [start(seed)]
    step = walk(method, w[0])
    epochs = order(seed, EPOCHS)
    losses, right = [], []

    def test() -> None:
        losses.append(loss(w[0], x[:TRAIN], y[:TRAIN]))
        right.append(accuracy(w[0], x[TRAIN:], y[TRAIN:]) if np.isfinite(losses[len(losses) - 1]) else np.nan)

    def epoch() -> Any:
        rows = epochs[len(losses) - 1]
        for first in range(0, TRAIN, BATCH):
            batch = rows[first : first + BATCH]
            w[0] = step(gradient(w[0], [x[i] for i in batch], [y[i] for i in batch]))
        test()
        data = {}
        data[name] = {"loss": losses, "accuracy": right}
        data["loss_" + name] = losses[len(losses) - 1]
        data["accuracy_" + name] = right[len(right) - 1]
        return data

    test()
    return epoch


def finish(epoch: Callable[[], Any]) -> Any:
    """Train all epochs; return what was seen."""
    data = None
    for _ in range(EPOCHS):
        data = epoch()
    return data
