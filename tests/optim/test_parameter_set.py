"""Named views of one buffer: they stay views, whatever is written."""

import copy
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.optim import ParameterSet


def sample(dtype=float):
    return ParameterSet(
        {"W": np.arange(6, dtype=dtype).reshape(2, 3), "b": np.full(2, 9, dtype), "s": np.array(7, dtype)}
    )


@given(st.lists(st.lists(st.integers(0, 3), max_size=3).map(tuple), max_size=5))
def test_the_buffer_is_all_arrays_in_their_order(shapes):
    rng = np.random.default_rng(0)
    arrays = [np.asarray(rng.normal(size=shape)) for shape in shapes]
    params = ParameterSet(arrays)
    assert list(params) == list(range(len(shapes)))
    assert np.array_equal(params.flat, np.concatenate([a.ravel() for a in arrays] or [np.empty(0)]))
    params.flat[...] = 1.0
    for i, shape in enumerate(shapes):
        assert params[i].shape == shape and (params[i] == 1.0).all()
        assert params[i].size == 0 or np.shares_memory(params[i], params.flat)
        assert not (arrays[i] == 1.0).any()  # it has its own memory


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_writing_goes_into_the_buffer(dtype):
    params = sample(dtype)
    view = params["W"]
    params["W"] = np.ones((2, 3))
    params["W"] += 1.0
    params["b"] = 4.0
    params["s"] = 5
    assert params["W"] is view and params.flat.dtype == dtype
    assert params.flat.tolist() == [2.0] * 6 + [4.0] * 2 + [5.0]
    assert dict(params).keys() == {"W", "b", "s"} and len(params) == 3 and "b" in params


def test_copies_share_nothing():
    params = sample()
    for other in (params.copy(), copy.copy(params), copy.deepcopy(params), in_another_process(params)):
        assert params.fits(other) and np.array_equal(other.flat, params.flat)
        other["W"] = 0.0
        assert params["W"][1, 2] == 5.0
        other["W"][0, 0] = 3.0
        assert other.flat[0] == 3.0
    assert not params.zeros_like().flat.any() and params.fits(params.zeros_like())


def in_another_process(params):
    """What a pool of processes does to an argument."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(ParameterSet.copy, params).result()


def test_assigning_to_the_buffer_writes_into_it():
    params = sample()
    view, buffer = params["W"], params.flat
    params.flat = params.flat * 2
    params.flat += 1.0
    assert params.flat is buffer and view.tolist() == [[1.0, 3.0, 5.0], [7.0, 9.0, 11.0]]
    with pytest.raises(ValueError):
        params.flat = np.ones(3)
    assert view[0, 1] == 3.0


def test_with_flat_copies():
    params, values = sample(), np.arange(9.0)
    other = params.with_flat(values)
    values += 1
    assert other["s"] == 8.0 and params.fits(other)


def test_fits():
    params = sample()
    assert params.fits(sample()) and not params.fits(sample(np.float32)) and not params.fits(dict(params))
    assert not params.fits(ParameterSet({"b": params["b"], "W": params["W"], "s": params["s"]}))
    assert not params.fits(ParameterSet({"W": params["W"].T, "b": params["b"], "s": params["s"]}))


def test_repr():
    assert repr(sample()) == "ParameterSet(W: (2, 3), b: (2,), s: (); float64)"


@pytest.mark.parametrize(
    ("arrays", "error", "message"),
    [
        (3.0, TypeError, "arrays must be a dict or a list of float arrays, not a float"),
        (np.ones(3), TypeError, "not a ndarray"),
        ({"W": [1.0]}, TypeError, r"arrays\['W'\] must be a NumPy float array, not a list"),
        ([np.ones(2), np.ones(2, int)], TypeError, r"arrays\[1\] must be a NumPy float array, not int64"),
        (
            {"W": np.ones(2), "b": np.ones(2, np.float32)},
            ValueError,
            r"all arrays must be of one dtype, but arrays\['W'\] is float64 and arrays\['b'\] is float32",
        ),
    ],
)
def test_bad_arrays_are_named(arrays, error, message):
    with pytest.raises(error, match=message):
        ParameterSet(arrays)


def test_keys_and_shapes_are_fixed():
    params = sample()
    before = params.flat.copy()
    with pytest.raises(KeyError, match="'V' is not in this set, whose keys are fixed"):
        params["V"] = np.ones(2)
    with pytest.raises(ValueError, match=r"'W' has shape \(2, 3\) and cannot hold values of shape \(3,\)"):
        params["W"] = np.ones(3)
    with pytest.raises((TypeError, AttributeError)):
        del params["W"]
    with pytest.raises(KeyError):
        params["V"]
    assert np.array_equal(params.flat, before)
