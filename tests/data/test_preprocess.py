"""Preprocessing against scikit-learn's, its inverse, what it learns from, and awkward data."""

import numpy as np
import pytest
from scipy import linalg
from sklearn import decomposition, preprocessing

from course_lib.data import load_digits
from course_lib.data.preprocess import PCA, Center, Normalize, Preprocess, Whiten, preprocess

ALL = [Center, Normalize, PCA, Whiten]


def data(n=60, d=5, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + 3 * rng.normal(size=d)).astype(dtype)


# -- against scikit-learn -----------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 60])
def test_center_and_normalize_of_scikit_learn(n):
    train, other = data(n), data(7, seed=1)
    for ours, theirs in (
        (Center(train), preprocessing.StandardScaler(with_std=False)),
        (Normalize(train), preprocessing.StandardScaler()),
    ):
        theirs.fit(train)
        for x in (train, other):
            np.testing.assert_allclose(ours(x), theirs.transform(x), rtol=1e-12, atol=1e-12)
            np.testing.assert_allclose(ours.inverse(x), theirs.inverse_transform(x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("components", [1, 3, None])
@pytest.mark.parametrize(("n", "d"), [(60, 5), (6, 5), (4, 9), (2, 1)])
def test_pca_and_whiten_of_scikit_learn(n, d, components):
    train, other = data(n, d), data(7, d, seed=1)
    rank = min(n - 1, d)
    kept = min(components or rank, rank)
    for cls, whiten in ((PCA, False), (Whiten, True)):
        ours = cls(train, None if components is None else kept)
        theirs = decomposition.PCA(kept, whiten=whiten, svd_solver="full").fit(train)
        signs = np.sign((ours.directions * theirs.components_.T).sum(axis=0))
        np.testing.assert_allclose(ours.directions * signs, theirs.components_.T, atol=1e-10)
        np.testing.assert_allclose(ours.variance, theirs.explained_variance_, rtol=1e-10)
        np.testing.assert_allclose(ours.explained, theirs.explained_variance_ratio_, rtol=1e-10)
        for x in (train, other):
            z = ours(x)
            np.testing.assert_allclose(z * signs, theirs.transform(x), rtol=1e-9, atol=1e-9)
            np.testing.assert_allclose(ours.inverse(z), theirs.inverse_transform(theirs.transform(x)), atol=1e-9)


def test_what_each_gives_on_its_training_data():
    x = data(500)
    assert np.abs(Center(x)(x).mean(axis=0)).max() < 1e-12
    z = Normalize(x)(x)
    np.testing.assert_allclose((z.mean(axis=0), z.std(axis=0)), (np.zeros(5), np.ones(5)), atol=1e-12)
    covariance = np.cov(PCA(x)(x).T)
    np.testing.assert_allclose(covariance, np.diag(PCA(x).variance), atol=1e-10)
    assert (np.diff(PCA(x).variance) < 0).all() and PCA(x).explained.sum() == pytest.approx(1)
    np.testing.assert_allclose(np.cov(Whiten(x)(x).T), np.eye(5), atol=1e-10)


def test_whitening_turned_back_is_that_by_the_root_of_the_covariance():
    x = data(500)
    root = linalg.sqrtm(np.cov(x.T))
    zca = Whiten(x)(x) @ Whiten(x).directions.T
    np.testing.assert_allclose(zca @ root, x - x.mean(axis=0), atol=1e-9)


def test_signs_do_not_depend_on_luck():
    x = data()
    V = PCA(x).directions
    assert (V[np.abs(V).argmax(axis=0), np.arange(5)] > 0).all()
    np.testing.assert_allclose(PCA(x[::-1]).directions, V, atol=1e-10)


# -- what they learn from, and their form -------------------------------------------------------


@pytest.mark.parametrize("cls", ALL)
def test_learns_from_the_training_data_only(cls):
    train, val = data(), data(20, seed=1) + 100
    fitted = cls(train)
    once = fitted(train)
    fitted(val)
    np.testing.assert_array_equal(fitted(train), once)
    # one by one or together: the batch has no say
    np.testing.assert_allclose(np.vstack([fitted(val[i : i + 1]) for i in range(20)]), fitted(val), rtol=1e-10)
    assert fitted(val).mean() > 1 or cls in (PCA, Whiten)
    assert fitted(val[:0]).shape == (0, 5)


@pytest.mark.parametrize("cls", ALL)
@pytest.mark.parametrize("shape", [(30, 5), (30, 4, 3, 2)])
def test_inverse(cls, shape):
    train, other = (np.random.default_rng(s).normal(size=shape) + 2 for s in (0, 1))
    fitted = cls(train)
    for x in (train, other):
        z = fitted(x)
        np.testing.assert_allclose(fitted.inverse(z), x, atol=1e-10)
        assert z.shape == (x.shape if cls in (Center, Normalize) else (30, shape[1:] and int(np.prod(shape[1:]))))


@pytest.mark.parametrize("cls", ALL)
@pytest.mark.parametrize("fit_dtype", [np.float32, np.float64])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept_and_arguments_left_alone(cls, fit_dtype, dtype):
    train, x = data(dtype=fit_dtype), data(8, seed=1, dtype=dtype)
    kept, also = train.copy(), x.copy()
    fitted = cls(train)
    z = fitted(x)
    assert z.dtype == fitted.inverse(z).dtype == dtype
    assert np.array_equal(train, kept) and np.array_equal(x, also)
    np.testing.assert_allclose(z, cls(train.astype(float))(x.astype(float)), rtol=2e-3, atol=2e-4)


def test_channels():
    images = np.random.default_rng(0).normal(size=(20, 4, 5, 3)) * [1.0, 2.0, 3.0] + [5.0, 6.0, 7.0]
    flat = images.reshape(-1, 3)
    scaler = preprocessing.StandardScaler().fit(flat)
    ours = Normalize(images, per_channel=True)
    np.testing.assert_allclose(ours(images).reshape(-1, 3), scaler.transform(flat), atol=1e-12)
    np.testing.assert_allclose(ours.inverse(ours(images)), images, atol=1e-12)
    np.testing.assert_allclose(Center(images, per_channel=True)(images).reshape(-1, 3), flat - flat.mean(0), atol=1e-12)
    assert Center(images).mean.shape == (4, 5, 3) and ours.std.shape == (3,)
    np.testing.assert_array_equal(Normalize(flat, per_channel=True)(flat), Normalize(flat)(flat))


def test_a_long_mean_in_float32_is_exact():
    x = np.full((200_000, 2), 0.1, np.float32)
    x[::2, 1] = 0.3
    fitted = Normalize(x)
    np.testing.assert_allclose(fitted.mean, [np.float32(0.1), 0.2], rtol=1e-7)
    assert fitted.std[1] == pytest.approx(0.1, rel=1e-6)


# -- awkward data -------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [0.0, 0.1, 1e8 / 3])
def test_constant_features(value, dtype):
    train = data(61, dtype=dtype)
    train[:, 2] = value
    ours = Normalize(train)
    assert ours.std[2] == 1 and (np.delete(ours.std, 2) != 1).all()
    assert np.abs(ours(train)[:, 2]).max() <= np.finfo(dtype).eps * value
    val = train.copy()
    val[:, 2] += dtype(value or 1)
    np.testing.assert_allclose(ours(val)[:, 2], value or 1, rtol=1e-6)  # told as it is, and not blown up
    for cls in (PCA, Whiten):
        fitted = cls(train)
        assert fitted(train).shape == (61, 4) and np.abs(fitted.directions[2]).max() < 1e-6
        np.testing.assert_allclose(fitted.inverse(fitted(train)), train, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rank_deficient_data(dtype):
    x = data(50, 4, dtype=dtype)
    x = np.hstack([x, x[:, :1] + x[:, 1:2], x[:, 3:], 2 * x[:, 2:3]]).astype(dtype)
    pca, whiten = PCA(x), Whiten(x)
    assert pca(x).shape == whiten(x).shape == (50, 4)
    np.testing.assert_allclose(np.cov(whiten(x).T.astype(float)), np.eye(4), atol=1e-3)
    np.testing.assert_allclose(pca.inverse(pca(x)), x, atol=1e-4)
    np.testing.assert_allclose(whiten.inverse(whiten(x)), x, atol=1e-4)
    with pytest.raises(ValueError, match=r"PCA: components must be at most 4, .*, not 5"):
        PCA(x, components=5)


@pytest.mark.parametrize(("least", "rank"), [(1e-3, 3), (1e-4, 3), (3e-6, 2), (0.0, 2)])
def test_the_rule_for_the_rank_is_that_of_numpy(least, rank):
    x = np.random.default_rng(0).normal(size=(200, 3))
    U = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[0]
    x = (U * [1.0, 0.5, least]).astype(np.float32)  # 200 times float32's epsilon is 2.4e-5
    assert PCA(x)(x).shape[1] == np.linalg.matrix_rank(x) == rank


def test_fewer_examples_than_features():
    x = np.random.default_rng(0).normal(size=(5, 12))
    assert Whiten(x)(x).shape == (5, 4)  # five points span four directions
    with pytest.raises(ValueError, match=r"Whiten: components must be at most 4"):
        Whiten(x, 5)


@pytest.mark.parametrize("cls", [PCA, Whiten])
@pytest.mark.parametrize("x", [np.ones((1, 3)), np.full((7, 3), 0.1)])
def test_data_that_do_not_vary(cls, x):
    with pytest.raises(ValueError, match=rf"{cls.__name__}: x_train of shape .* does not vary, to the precision of"):
        cls(x)


@pytest.mark.parametrize(
    ("dtype", "scale"), [(np.float16, 1e4), (np.float16, 1e-4), (np.float32, 1e25), (np.float32, 1e-25)]
)
def test_deviations_of_any_size(dtype, scale):
    x = (data(300) * scale / 10).astype(dtype)
    fitted = Normalize(x)
    np.testing.assert_allclose(fitted.std, x.astype(float).std(axis=0), rtol=2e-2 if dtype == np.float16 else 1e-5)


def test_the_digits():
    digits = load_digits(np.random.default_rng(0))
    constant = digits.x_train.max(axis=0) == digits.x_train.min(axis=0)
    assert constant.any()  # pixels in the corners are always white
    normal, white = (preprocess(digits, how) for how in (Normalize, Whiten))
    assert type(normal) is type(digits) and normal.y_val is digits.y_val
    np.testing.assert_allclose(normal.x_train.std(axis=0)[~constant], 1, rtol=1e-4)
    assert not normal.x_train[:, constant].any() and np.isfinite(normal.x_val).all()
    assert white.x_val.shape == (360, 64 - constant.sum()) and white.x_val.dtype == np.float32
    np.testing.assert_array_equal(normal.x_val, Normalize(digits.x_train)(digits.x_val))
    few = preprocess(digits, lambda x: PCA(x, components=10))
    assert few.x_train.shape == (1437, 10)


# -- errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", ALL)
@pytest.mark.parametrize(
    ("x_train", "error", "message"),
    [
        (np.ones((4, 3), np.uint8), TypeError, "x_train must hold floats, not uint8"),
        ([[1.0, 2.0]], TypeError, "x_train must be a NumPy float array"),
        (np.ones(4), ValueError, r"x_train must have shape \(N, …\) with N at least 1, not \(4,\)"),
        (np.ones((0, 3)), ValueError, r"not \(0, 3\)"),
        (np.array([[1.0, 2.0], [1.0, np.nan]]), ValueError, r"x_train holds nan at \(1, 1\)"),
        (np.array([[1.0, np.inf], [1.0, 2.0]]), ValueError, r"x_train holds inf at \(0, 1\)"),
    ],
)
def test_bad_training_data(cls, x_train, error, message):
    with pytest.raises(error, match=message):
        cls(x_train)


@pytest.mark.parametrize("cls", ALL)
def test_wrong_shapes_and_dtypes(cls):
    fitted = cls(data(30, 5))
    for call, name in ((fitted, "x"), (fitted.inverse, "z")):
        for x in (np.ones((4, 3)), np.ones(5), np.ones((2, 5, 1))):
            with pytest.raises(ValueError, match=rf"{cls.__name__}: {name} must have shape \(N, 5\), .* not"):
                call(x)
        with pytest.raises(TypeError, match=f"{name} must hold floats, not int64"):
            call(np.ones((4, 5), int))
    images = cls(np.random.default_rng(0).normal(size=(30, 2, 2, 3)))
    with pytest.raises(ValueError, match=r"x must have shape \(N, 2, 2, 3\), .* not \(4, 3, 2, 2\)"):
        images(np.ones((4, 3, 2, 2)))


@pytest.mark.parametrize(
    ("components", "error"), [(0, ValueError), (-1, ValueError), (6, ValueError), (2.0, TypeError), (True, TypeError)]
)
def test_bad_components(components, error):
    with pytest.raises(error, match="components must be"):
        PCA(data(), components)


def test_only_data_sets_are_preprocessed_whole():
    for wrong in (np.ones((3, 2)), (np.ones((3, 2)), np.ones(3))):
        with pytest.raises(TypeError, match="data must be a named tuple with a field x_train"):
            preprocess(wrong, Center)


def test_the_base_does_nothing():
    base = Preprocess(data())
    for call in (base, base.inverse):
        with pytest.raises(NotImplementedError):
            call(data())
