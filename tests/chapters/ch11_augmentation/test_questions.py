"""The answers of chapter 11's questions, against the library and the runs that they show."""

import numpy as np
import pytest

from course_lib.chapters.ch11_augmentation import experiments, explore, networks, questions
from course_lib.data import augment
from course_lib.data.augment.mixing import box

pytest.importorskip("sklearn")


def test_the_6_holds_out_for_a_few_steps():
    name, setting = questions.how_far.shows
    shown = getattr(explore, name)(**setting)
    longer = max(-shown.backdrop["plain_low"], shown.backdrop["plain_high"])
    assert 10 <= longer <= 30 and questions.how_far.right == "ten"
    for end in ("low", "high"):
        assert abs(shown.backdrop[f"augmented_{end}"]) >= abs(shown.backdrop[f"plain_{end}"])


def test_a_window_shows_a_quarter():
    name, setting = questions.window_share.shows
    assert getattr(explore, name)(**setting).data["mean"] == pytest.approx(25, abs=5)
    sides = np.array([p[0] for draw in range(1, 21) for p in experiments._places("random", 256, draw)])
    assert (
        100 * np.mean(224**2 / sides**2 / 1.5) == pytest.approx(27, abs=2) and questions.window_share.right == "quarter"
    )


def test_what_a_few_seeds_show_already():
    """The rest is claimed in the chapter: one pixel, half a turn, twice the jitter, labels drawn by lot."""
    net, data = networks.trained("nothing", 0)
    moved = networks.moved(data.x_test, augment.translation(1, 0))
    assert networks.share_right(net, moved, data.y_test) < 50 and questions.one_pixel.right == "few"
    validation, test = networks.leaky(0, by_lot=True)
    assert validation > 90 and test < 25 and questions.copied.right == "nearly"


def test_the_leaky_copies_are_where_the_question_says():
    x = np.zeros((1, 8, 8, 1))
    x[0, 4, 4] = 1
    moved = augment.Translate(0.3)(np.repeat(x, 200, axis=0), np.random.default_rng(0))
    assert moved[:, 4, 4].min() > 0.7**2 - 1e-9, "at most 0.3 pixels in either direction"


def test_between():
    image = np.array([0.0, 1, 0, 0]).reshape(1, 2, 2, 1)
    at = augment.sample(image, np.full((1, 1, 1), 0.25), np.full((1, 1, 1), 0.5))
    assert questions.between.right == pytest.approx(at.item())
    others = [augment.sample(image, np.full((1, 1, 1), x), np.full((1, 1, 1), y)).item()
              for x, y in ((0.25, 0), (0.75, 0.5), (0, 0))]  # fmt: skip
    assert sorted(questions.between.confusions) == pytest.approx(sorted([*others, 0.5]))


def test_the_way_back():
    q = np.array([2.0, 1, 1])
    p = np.linalg.inv(augment.rotation(30)) @ q
    np.testing.assert_allclose(p, augment.rotation(-30) @ q)
    assert questions.way_back.right == "back"
    assert augment.rotation(30)[1, 0] < 0, "counter-clockwise: what lies to the right goes up, where y is smaller"


def test_blended_label():
    pasted = np.mean(box(np.zeros((1, 8, 8, 1)), 2, 2, 6, 6))
    assert questions.blended_label.right == pasted
    assert experiments._blend("cutmix", 3, 6, 0.7, 4, [4, 4], True, DIGITS)["of_second"] == 100 * pasted


DIGITS = experiments._digits()


def test_split_first():
    """Split after copying, hardly a validation image has no copy in training."""
    order = np.random.default_rng(0).permutation(6000) % 1000  # the image of each of six times 1,000 rows
    train, val = order[1200:], order[:1200]
    assert np.isin(val, train).mean() > 0.99 and questions.when_to_split.right == "split"


def test_training_accuracy_below_validation_is_no_leak():
    net, data = networks.trained("jitter", 0)
    jittered = networks.jitter()(data.x_train, np.random.default_rng(0))
    assert networks.share_right(net, jittered, data.y_train) <= networks.share_right(net, data.x_train, data.y_train)
    assert questions.mildly.right == "normal"


def test_a_mirror_changes_letters_and_signs():
    b = np.array([[1.0, 0, 0], [1, 1, 1], [1, 1, 1]]).reshape(1, 3, 3, 1)
    d = np.array([[0.0, 0, 1], [1, 1, 1], [1, 1, 1]]).reshape(1, 3, 3, 1)
    np.testing.assert_array_equal(augment.flip_horizontal(b), d)
    assert questions.which_change.right == "animals"
