"""Pieces of a real photograph, in bytes for Pillow and in floats for us."""

import numpy as np
import pytest
from sklearn.datasets import load_sample_images


@pytest.fixture(scope="session")
def photo_bytes():
    photo = load_sample_images().images[1]
    corners = np.random.default_rng(0).integers(0, 350, (7, 2))
    return np.stack([photo[i : i + 24, j : j + 31] for i, j in corners])


@pytest.fixture
def photos(photo_bytes):
    x = photo_bytes / 255
    x.flags.writeable = False  # nothing may change what it is given
    return x


@pytest.fixture
def rng():
    return np.random.default_rng(1)
