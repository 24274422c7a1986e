"""The toys: on their curves without noise, with the noise that was asked, and as hard as they are meant to be."""

import numpy as np
import pytest
from scipy.spatial import cKDTree
from sklearn.datasets import make_moons
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from course_lib.data.toys import blobs, moons, rings, spirals

TOYS = [spirals, moons, rings, blobs]


def rng(seed=0):
    return np.random.default_rng(seed)


def test_moons_lie_on_those_of_scikit_learn():
    x, y = moons(rng(), 500, noise=0, dtype=np.float64)
    theirs, labels = make_moons(20_000, noise=None, random_state=0)
    for c in (0, 1):
        assert cKDTree(theirs[labels == c]).query(x[y == c])[0].max() < 1e-3
        assert cKDTree(x[y == c]).query(theirs[labels == c])[0].max() < 0.1  # all along the moon


@pytest.mark.parametrize(("arms", "turns"), [(1, 0.75), (2, 1.5), (5, 0.0)])
def test_arms_of_a_spiral_are_one_arm_turned(arms, turns):
    x, y = spirals(rng(), 200, arms=arms, turns=turns, noise=0, dtype=np.float64)
    z = x[:, 0] + 1j * x[:, 1]
    straight = z * np.exp(-2j * np.pi * (y / arms + turns * abs(z)))
    assert np.allclose(straight.imag, 0, atol=1e-12) and straight.real.min() >= 0
    assert np.bincount(y).tolist() == [200] * arms and 0.98 < abs(z).max() <= 1


def test_rings_have_their_radii_and_blobs_their_centres():
    x, y = rings(rng(), 300, classes=3, noise=0, dtype=np.float64)
    assert np.allclose(np.linalg.norm(x, axis=1), (y + 1) / 3)
    x, y = blobs(rng(), 20_000, classes=4, noise=0.3, dtype=np.float64)
    for c, centre in enumerate([(1, 0), (0, 1), (-1, 0), (0, -1)]):
        assert np.allclose(x[y == c].mean(axis=0), centre, atol=0.01)
        assert np.allclose(np.cov(x[y == c].T), 0.09 * np.eye(2), atol=0.004)


@pytest.mark.parametrize("toy", TOYS)
def test_noise_is_what_was_asked(toy):
    clean, y = toy(rng(), 20_000, noise=0, dtype=np.float64)
    noisy, same = toy(rng(), 20_000, noise=0.2, dtype=np.float64)
    assert np.array_equal(y, same)
    assert np.allclose((noisy - clean).std(axis=0), 0.2, atol=0.005)


@pytest.mark.parametrize("toy", TOYS)
def test_seeded_shuffled_typed(toy):
    one, same, other = (toy(rng(s), 50) for s in (0, 0, 1))
    assert np.array_equal(one[0], same[0]) and np.array_equal(one[1], same[1])
    assert not np.array_equal(one[0], other[0])
    assert one[0].dtype == np.float32 and toy(rng(), 5, dtype=np.float64)[0].dtype == np.float64
    assert one[1].dtype.kind == "i" and np.count_nonzero(np.diff(one[1])) > 20


@pytest.mark.parametrize(("toy", "line"), [(spirals, 0.6), (moons, 0.92), (rings, 0.65), (blobs, 1)])
def test_lines_do_not_separate_what_neighbours_do(toy, line):
    x, y = toy(rng(), 300)
    assert KNeighborsClassifier(5).fit(x[::2], y[::2]).score(x[1::2], y[1::2]) > 0.95
    score = LogisticRegression().fit(x, y).score(x, y)
    assert score <= line if toy is not blobs else score > 0.95


@pytest.mark.parametrize("toy", TOYS)
@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"n": 0}, ValueError, "n must be at least 1, not 0"),
        ({"n": 2.5}, TypeError, "n must be an integer"),
        ({"noise": -1}, ValueError, "noise must be finite and at least 0"),
        ({"noise": np.nan}, ValueError, "noise must be finite"),
        ({"noise": np.array([0.1, 0.2])}, TypeError, "noise must be one number"),
        ({"dtype": int}, TypeError, "dtype must be a float type, not int64"),
    ],
)
def test_bad_input(toy, arguments, error, words):
    drawn = rng()
    with pytest.raises(error, match=words):
        toy(drawn, **arguments)
    assert drawn.random() == rng().random()  # nothing was drawn


@pytest.mark.parametrize("toy", TOYS)
@pytest.mark.parametrize("wrong", [0, None, np.random, np.random.RandomState(0)])
def test_only_generators_draw(toy, wrong):
    with pytest.raises(TypeError, match="rng must be a generator"):
        toy(wrong)


def test_bad_number_of_classes():
    with pytest.raises(ValueError, match="arms must be at least 1"):
        spirals(rng(), arms=0)
    with pytest.raises(ValueError, match="turns must be finite and at least 0"):
        spirals(rng(), turns=-1)
    with pytest.raises(TypeError, match="turns must be one number"):
        spirals(rng(), turns=np.ones(2))
    for toy in (rings, blobs):
        with pytest.raises(ValueError, match="classes must be at least 1"):
            toy(rng(), classes=0)
