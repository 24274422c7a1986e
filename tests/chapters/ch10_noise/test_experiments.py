"""What chapter 10's experiments show: every mask in plain NumPy, the networks measured again, and linked settings."""

import itertools
import json

import numpy as np
import pytest

from course_lib.chapters.ch10_noise import explore, masks, networks
from course_lib.chapters.ch10_noise.experiments import RATIOS, SIDE, flower
from course_lib.nn import InvertedDropout, Layer, evaluate, fit
from course_lib.optim import Cosine, Momentum

pytest.importorskip("sklearn")

# ---------------------------------------------------------------- masks


@pytest.mark.parametrize("after", ["sum", "sigmoid"])
@pytest.mark.parametrize("keep", [0.1, 0.37, 1.0])
@pytest.mark.parametrize("x", [(-2.0, -2.0), (1.0, 0.5), (2.0, 2.0), (-2.0, 2.0)])
def test_every_mask_by_matrices(after, keep, x):
    h = np.maximum(np.array(x) @ np.array(masks.W1) + masks.B1, 0)
    z = np.array(list(itertools.product([0, 1], repeat=6)))
    chance = np.prod(np.where(z, keep, 1 - keep), axis=1)

    def squash(u):
        return u if after == "sum" else 1 / (1 + np.exp(-u))

    y = squash((z * h) @ masks.W2 + masks.B2)
    data = explore.masks(keep=keep, after=after, x1=x[0], x2=x[1], draw=3).data
    assert data["exact"] == pytest.approx(chance @ y, rel=1e-12)
    for key, factor in (("shortcut", keep), ("wrong", 1 - keep), ("unscaled", 1.0)):
        assert data[key] == pytest.approx(squash(factor * h @ masks.W2 + masks.B2), rel=1e-12)
    edges = np.array(data["outputs"]["x"])
    assert edges[0] <= y.min() and y.max() <= edges[-1], "all that can come out is in the picture"
    assert sum(data["outputs"]["y"]) == pytest.approx(100)
    kept = np.array(data["kept units"]["y"]) > 0
    assert data["this"] == pytest.approx(squash((kept * h) @ masks.W2 + masks.B2), rel=1e-12)
    assert max(data["all units"]["y"]) < 4, "the axis ends at 4"


def test_the_64_networks_differ_at_the_start():
    h = np.array(explore.masks().data["all units"]["y"])
    assert len({round(np.dot(np.multiply(z, h), masks.W2), 6) for z in itertools.product([0, 1], repeat=6)}) == 64


def test_the_highest_bar_fits():
    """Over the controls' ends and middle; at keep = 1 all weight is in one bar, which may leave the panel."""
    highest = max(max(explore.masks(keep=k, after=a).data["outputs"]["y"])
                  for k in (0.3, 0.5, 0.8) for a in ("sum", "sigmoid"))  # fmt: skip
    assert highest < 60


def test_the_linked_masks_show_what_the_text_says():
    far, same = (explore.masks(keep=keep, after="sum").data for keep in (0.8, 0.5))
    assert abs(far["wrong"] - far["exact"]) > 1 and same["wrong"] == pytest.approx(same["exact"], rel=1e-12)
    curved = explore.masks(keep=0.8, after="sigmoid").data
    assert 0.01 < curved["shortcut"] - curved["exact"] < 0.05


# ---------------------------------------------------------------- what is stored


def test_what_is_stored_is_measured_so():
    """One strength again: eight networks; three standard errors of such means are below 1.5 points."""
    stored = json.loads(networks.STORED.read_text("utf-8"))
    assert list(stored["keep"]) == [f"{labels} {keep}" for labels in networks.LABELS for keep in networks.KEEPS]
    again, kept = networks.summary(0.5, "right"), stored["keep"]["right 0.5"]
    for key in ("train", "test"):
        assert again[key][:3] == pytest.approx(kept[key][:3], abs=3)
        assert again[key][-1] == pytest.approx(kept[key][-1], abs=1.5)
    assert len(kept["ends"]) == networks.SEEDS
    left = networks.missing(networks.train(0.5, "right")[0], 0.5)
    assert left.mean() == pytest.approx(np.mean(stored["missing"]["0.5"][5]), abs=2)


def test_the_networks_are_trained_as_one_alone():
    """One of the eight, by the loop for a single network."""
    nets, histories = networks.train(0.5, "right", seeds=1, epochs=5)
    rng, data = np.random.default_rng(0), networks.digits("right")
    rows = rng.choice(1000, 300, replace=False)
    net, method = networks.network(rng, 0.5), Momentum(Cosine(np.float32(0.1), steps=30))
    own = data._replace(x_train=data.x_train[rows], y_train=data.y_train[rows])
    alone = fit(net, own, method, epochs=5, batch=50, rng=rng)
    np.testing.assert_allclose(alone.loss, histories[0].loss, rtol=1e-3)
    again = evaluate(nets[0], data.x_val, data.y_val).accuracy
    assert 100 * again == pytest.approx(networks.accuracies(networks.scores(nets))[0])


def test_labels_are_wrong_where_it_says_so():
    right, wrong = networks.digits("right"), networks.digits("wrong")
    assert (right.y_train != wrong.y_train).mean() == pytest.approx(0.3)
    assert (right.y_val == wrong.y_val).all() and (right.x_train == wrong.x_train).all()


class Believes(Layer):
    """Predicts the labels of a set, right ones or those that are 30 % wrong."""

    def __init__(self, labels):
        data = networks.digits(labels)
        self.label = {x.tobytes(): y for x, y in zip(data.x_train, data.y_train, strict=True)}

    def forward(self, x, train=False):
        return np.eye(10)[[self.label[row.tobytes()] for row in x]]


def test_what_a_network_believes_of_its_labels():
    wrong, right = networks.believed([Believes("wrong"), Believes("right")])
    assert wrong.tolist() == [100, 100]
    assert right[0] == pytest.approx(70, abs=5) and right[1] == 0


def test_a_network_is_left_as_it_was():
    [net], _ = networks.train(0.5, "right", seeds=1, epochs=1)
    drops = [layer for layer in net.layers if isinstance(layer, InvertedDropout)]
    before = [(drop.keep, drop.rng) for drop in drops]
    whole = networks.without(net, 0.0, np.random.default_rng(0))
    np.testing.assert_allclose(whole, networks.scores([net])[0])
    networks.without(net, 0.5, np.random.default_rng(0))
    assert [(drop.keep, drop.rng) for drop in drops] == before


def test_the_rules_of_dropconnect():
    net = networks.dropconnect(np.random.default_rng(0))
    x = networks.digits("right").x_val
    np.testing.assert_allclose(networks.by_rule(net, "gaussian"), net.forward(x))
    first, second, last = net.layers
    mean = first.activation.forward(first.moments(x)[0])
    mean = last.forward(second.activation.forward(second.moments(mean)[0]))
    np.testing.assert_allclose(networks.by_rule(net, "mean"), mean, rtol=1e-5)
    assert first.activation is not second.activation, "each layer needs the memory of its own"


# ---------------------------------------------------------------- missing and strength


def test_dropout_makes_up_for_missing_units():
    """Means of eight networks; standard errors below 1.5 points."""
    plain, dropout = (explore.missing(trained=name, share=0.5).data for name in ("plain", "dropout"))
    assert dropout["accuracy"] > plain["accuracy"] + 15 and abs(dropout["whole"] - plain["whole"]) < 2
    assert explore.missing(trained="plain", share=0.2).data["accuracy"] > plain["whole"] - 8
    assert explore.missing(trained="plain", share=0.9).data["accuracy"] < 30
    assert explore.missing(trained="dropout", share=0.8).data["accuracy"] < 70
    assert list(plain["dropout"]["x"]) == [] != list(dropout["dropout"]["x"]), "drawn only when it is chosen"


def test_the_linked_strengths_show_what_the_text_says():
    half, weak, strong = (explore.strength(labels="wrong", keep=p).data for p in (0.5, 0.9, 0.2))
    assert half["end"] > half["plain"] + 6 and weak["train"]["y"][-1] > 90 and strong["end"] < 30
    assert 0 < explore.strength(labels="right", keep=0.5).data["gain"] < 2


# ---------------------------------------------------------------- pooling


@pytest.mark.parametrize("regions", ["random", "even"])
@pytest.mark.parametrize("ratio", RATIOS)
def test_the_regions_largest_pixels(ratio, regions):
    for draw in (1, 4):
        data = explore.pooling(ratio=ratio, regions=regions, draw=draw).data
        rows = [0, *[SIDE - int(at) for at in data["rows"]], SIDE]
        columns = [0, *map(int, data["columns"]), SIDE]
        assert len(rows) - 1 == data["side"] == int(SIDE / ratio + 1e-9) and set(np.diff(rows)) <= {1, 2}
        image = flower()[0, :, :, 0]
        expected = [[image[r0:r1, c0:c1].max() for c0, c1 in itertools.pairwise(columns)]
                    for r0, r1 in itertools.pairwise(rows)]  # fmt: skip
        np.testing.assert_allclose(data["pooled"]["z"], np.round(expected, 2), atol=1e-9)
