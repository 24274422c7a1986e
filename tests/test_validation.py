"""Each check returns the value, or names the argument and what is wrong with it."""

import math

import numpy as np
import pytest

from course_lib.validation import ANY, check_bool, check_count, check_number, check_rng, check_scalar


def test_one_number():
    assert [check_number("x", value) for value in (1, np.float32(0.5), np.array(2.0))] == [1.0, 0.5, 2.0]
    assert type(check_number("x", 1)) is float
    assert check_number("x", -1, (-1, 1)) == -1
    assert check_number("x", 1e-300, above=0.0) == 1e-300 and check_number("x", -7, ANY) == -7
    for value, domain, error, message in [
        (np.ones(2), (0, 2), TypeError, r"x must be one number, not an array of shape \(2,\)"),
        (True, (0, 2), TypeError, "x must be a number, not True"),
        ("1", (0, 2), TypeError, "x must be a number, not '1'"),
        (1 + 0j, (0, 2), TypeError, "x must be a number, not"),
        (2, (0, 2), ValueError, "x must be at least 0 and below 2, not 2"),
        (np.nan, (0, 2), ValueError, "x must be at least 0 and below 2, not nan"),
        (np.inf, (0, np.inf), ValueError, "x must be finite and at least 0, not inf"),
        (np.nan, (-np.inf, np.inf), ValueError, "x must be finite, not nan"),
        (-np.inf, (-np.inf, 1), ValueError, "x must be finite and below 1, not -inf"),
    ]:
        with pytest.raises(error, match=message):
            check_number("x", value, domain)


def test_a_generator():
    rng = np.random.default_rng(0)
    assert check_rng("rng", rng) is rng
    for value in (0, None, np.random, np.random.RandomState(0), rng.bit_generator):
        with pytest.raises(TypeError, match="layer: rng must be a generator such as"):
            check_rng("layer: rng", value)


def test_one_number_above_a_bound():
    for value, domain, message in [
        (0, (0.0, 1.0), "x must be above 0 and below 1, not 0"),
        (1, (0.0, 1.0), "x must be above 0 and below 1, not 1"),
        (0.0, (0.0, math.inf), "x must be finite and above 0, not 0.0"),
        (-1, ANY, "x must be finite and above 0, not -1"),
        (np.nan, ANY, "x must be finite and above 0, not nan"),
    ]:
        with pytest.raises(ValueError, match=f"^{message}$"):
            check_number("x", value, domain, above=0.0)


def test_a_scalar_may_be_nan_or_infinite():
    assert math.isnan(check_scalar("loss", np.float32(np.nan))) and check_scalar("loss", -np.inf) == -np.inf
    for value in (True, None, "1", 1j, [1.0], np.complex128(1), np.array("a"), 10**400):
        with pytest.raises(TypeError, match=r"^loss must be a (real )?number, not"):
            check_scalar("loss", value)


def test_a_count():
    assert [check_count("n", value) for value in (1, np.int64(3))] == [1, 3] and check_count("n", 0, least=0) == 0
    for value, error, message in [
        (True, TypeError, "n must be an integer, not True"),
        (2.0, TypeError, "n must be an integer, not 2.0"),
        (0, ValueError, "n must be at least 1, not 0"),
    ]:
        with pytest.raises(error, match=f"^{message}$"):
            check_count("n", value)


def test_a_switch():
    assert check_bool("nesterov", True) is True
    for value in (1, 0.0, None, "yes", np.True_):
        with pytest.raises(TypeError, match=r"^nesterov must be True or False, not"):
            check_bool("nesterov", value)
