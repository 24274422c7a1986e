"""The digits: scaled, split, seeded; and a network learns them."""

import sys

import numpy as np
import pytest
from sklearn import datasets

from course_lib.data import load_digits
from course_lib.nn import Dense, ReLU, Sequential, softmax_cross_entropy
from course_lib.optim import METHODS, SGD, Lion, Momentum


def test_every_digit_is_there_once():
    pixels, labels = datasets.load_digits(return_X_y=True)
    d = load_digits(np.random.default_rng(0))
    x, y = np.vstack([d.x_train, d.x_val]), np.concatenate([d.y_train, d.y_val])
    assert d.x_train.shape == (1437, 64) and d.x_val.shape == (360, 64)
    assert x.dtype == np.float32 and x.min() == 0 and x.max() == 1

    def rows(x, y):
        return sorted(zip(map(bytes, (x * 16).astype(np.uint8)), y.tolist(), strict=True))

    assert rows(x, y) == rows(pixels / 16, labels)


def test_seeded_split():
    one, same, other = (load_digits(np.random.default_rng(s)) for s in (0, 0, 1))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not np.array_equal(one.y_train, other.y_train)
    assert len(load_digits(np.random.default_rng(0), val=100).y_val) == 100
    assert load_digits(np.random.default_rng(0), dtype=np.float64).x_val.dtype == np.float64


@pytest.mark.parametrize("val", [0, -3, 1797])
def test_bad_split(val):
    with pytest.raises(ValueError, match="val must be above 0 and below 1797"):
        load_digits(np.random.default_rng(0), val=val)


def test_training_validation_and_test_are_apart():
    whole = load_digits(np.random.default_rng(0), dtype=np.float64)
    d = load_digits(np.random.default_rng(0), train=500, val=100, test=1000, dtype=np.float64)
    assert [len(part) for part in d] == [500, 500, 100, 100, 1000, 1000] and len(whole.x_test) == 0
    rows = [row.tobytes() for row in np.vstack([d.x_train, d.x_val, d.x_test])]
    assert len(set(rows)) == len(rows) == 1600
    assert np.array_equal(d.x_val, whole.x_val[:100])  # the same shuffle


def test_images_are_the_rows_in_shape():
    rows, images = (load_digits(np.random.default_rng(0), test=10, images=i) for i in (False, True))
    assert images.x_train.shape == (1427, 8, 8, 1) and images.x_test.shape == (10, 8, 8, 1)
    assert np.array_equal(images.x_train.reshape(-1, 64), rows.x_train)
    # Upright: the pixels of scikit-learn's image, row by row.
    theirs = {image.tobytes() for image in datasets.load_digits().images}
    assert all((image[:, :, 0] * 16).astype(float).tobytes() in theirs for image in images.x_val)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"test": 1437}, ValueError, r"val \+ test must be below 1797, not 1797"),
        ({"test": -1}, ValueError, "test must be at least 0"),
        ({"train": 0}, ValueError, "train must be at least 1"),
        ({"train": 1438}, ValueError, "train must be at most 1437, the images left by val and test, not 1438"),
        ({"val": 10.5}, TypeError, "val must be an integer"),
        ({"dtype": np.uint8}, TypeError, "dtype must be a float type, not uint8"),
    ],
)
def test_bad_parts(arguments, error, words):
    with pytest.raises(error, match=words):
        load_digits(np.random.default_rng(0), **arguments)


def test_only_generators_shuffle():
    with pytest.raises(TypeError, match="rng must be a generator"):
        load_digits(0)
    with pytest.raises(ValueError, match="val must be above 0 and below 1797, not -5000"):
        load_digits(np.random.default_rng(0), val=-5000)


def test_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=r'pip install "course-lib\[data\]"'):
        load_digits(np.random.default_rng(0))


def accuracy(opt, epochs, seed=0):
    rng = np.random.default_rng(seed)
    d = load_digits(rng)
    net = Sequential(Dense(64, 32, rng=rng), ReLU(), Dense(32, 10, rng=rng))
    for _ in range(epochs):
        order = rng.permutation(len(d.x_train))
        for i in range(0, len(order), 50):
            pick = order[i : i + 50]
            _, dscores = softmax_cross_entropy(net.forward(d.x_train[pick], train=True), d.y_train[pick])
            net.backward(dscores)
            opt.step(net.params, net.grads)
    return (net.forward(d.x_val).argmax(axis=1) == d.y_val).mean()


@pytest.mark.parametrize("row", METHODS.values(), ids=METHODS)
def test_every_method_learns_the_digits(row):
    longer_steps = {"lr": 0.001} if row.cls is Lion else {}  # 580 steps of its 1e-4 do not get far enough
    assert accuracy(row.cls(**row.defaults | longer_steps), epochs=20) > 0.95


def test_momentum_is_ahead_early():
    gains = [accuracy(Momentum(0.05), 2, seed) - accuracy(SGD(0.05), 2, seed) for seed in range(5)]
    assert min(gains) > 0.03
