"""Both sides of the benchmark do the same to each image, but for Pillow's rounding to bytes."""

import numpy as np
import pytest

from benchmarks import augmentation
from benchmarks.augmentation import STEPS


@pytest.fixture(scope="module")
def batch():
    x = augmentation.photo_crops(64, np.random.default_rng(0))
    return np.rint(x * 255).astype(np.float32) / np.float32(255)  # as Pillow can hold it


def both(steps, batch):
    y = augmentation.ours(steps)(batch, np.random.default_rng(3))
    drawn = augmentation.draws(steps, np.random.default_rng(3), len(batch))
    return y, augmentation.converted(steps, batch, drawn)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_each_step_is_pillows(step, batch):
    y, theirs = both((step,), batch)
    assert y.shape == theirs.shape and y.dtype == theirs.dtype == np.float32
    off = abs(y - theirs) * 255
    if step.name.startswith(("mirror", "pad", "cutout")):  # whole pixels move or go
        assert off.max() < 1e-4
    else:
        assert (off <= 1.75).mean() > 0.9999  # where the image ends, a rounded matrix may fall to the other side
    assert (abs(y - batch) * 255 > 3).any(axis=(1, 2, 3)).mean() > 0.3  # and it does something


def test_the_chain_is_pillows(batch):
    y, theirs = both(STEPS, batch)
    off = abs(y - theirs) * 255
    assert (off <= 5).mean() > 0.9999 and off.mean() < 2
    assert abs(y - batch).mean() * 255 > 20


@pytest.mark.parametrize("left_out", range(len(STEPS)))
def test_no_step_can_be_left_out_unseen(left_out, batch):
    y, _ = both(STEPS, batch)
    drawn = augmentation.draws(STEPS, np.random.default_rng(3), len(batch))
    fewer = augmentation.converted(
        STEPS[:left_out] + STEPS[left_out + 1 :], batch, [row[:left_out] + row[left_out + 1 :] for row in drawn]
    )
    assert (abs(y - fewer) * 255 > 5).mean() > 0.01


def test_images_and_back(batch):
    images = augmentation.to_pillow(batch)
    assert len(images) == len(batch) and images[0].size == (32, 32) and images[0].mode == "RGB"
    np.testing.assert_array_equal(augmentation.from_pillow(images), batch)


def test_the_loop_leaves_its_images_alone(batch):
    images = augmentation.to_pillow(batch)
    augmentation.loop(STEPS, images, augmentation.draws(STEPS, np.random.default_rng(3), len(batch)))
    np.testing.assert_array_equal(augmentation.from_pillow(images), batch)


def test_the_table_has_the_chain_and_every_step(monkeypatch):
    monkeypatch.setattr(augmentation, "medians", lambda *sides, seconds: [1.0, 2.0, 4.0][: len(sides)])
    (table,) = augmentation.tables()
    assert [row[0] for row in table.rows] == ["the whole chain", *(step.name for step in STEPS)]
    assert all(len(row) == len(table.header) and row[3::2] == ("2.0×", "4.0×") for row in table.rows)
