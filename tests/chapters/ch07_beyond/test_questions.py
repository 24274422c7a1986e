"""The answers of chapter 7's questions, against the library and the runs that they show."""

import numpy as np
import pytest

from course_lib.chapters.ch07_beyond import ex, explore, questions
from course_lib.optim import SAM, SGD, AdamW, Lion, SharpFlat, descend


def shown(question):
    name, setting = question.shows
    return getattr(explore, name)(**setting).data


def test_large_gradients_hardly_shrink():
    assert questions.shrink.right == "small" and shown(questions.shrink)["left_penalty"] > 4.8
    assert explore.decay(lam=0.1, noise=1).data["left_penalty"] == shown(questions.shrink)["left_at_one"] < 1.5
    assert shown(questions.shrink)["left_decoupled"] == pytest.approx(
        explore.decay(lam=0.1, noise=1).data["left_decoupled"], abs=0.005
    ), "at both"


def test_lion_stays_in_a_band():
    data = shown(questions.settles)
    assert questions.settles.right == "band" and 1e-4 < data["late_Lion"] < 1e-3
    assert data["steps_NAdam"] < 100


def test_all_leave_together():
    data = shown(questions.leaves)
    assert questions.leaves.right == "all" and data["in_flat"] > 97
    assert explore.sharp(radius=0, noise=2).data["in_sharp"] == 100, "as the question says"
    assert 0.25 / (1 + SharpFlat(50, 1).saddles[0][0]) == pytest.approx(0.6, abs=0.05)


def test_the_mean_is_as_low_as_a_cosine():
    data = shown(questions.mean_of_all)
    assert questions.mean_of_all.right == "low" and data["averaged_300"] < 1.3 * data["cosine_300"]
    assert data["averaged_300"] < data["constant_300"] / 4


def test_kept():
    end = descend(np.zeros_like, AdamW(0.001, weight_decay=0.1), [1.0], 10_000)[-1, 0]
    assert questions.kept.right == pytest.approx(end, abs=1e-3)
    assert sorted(questions.kept.confusions) == pytest.approx([0.0, 1 - end, 1 - 0.0001], abs=1e-3)


def test_lower_rate():
    ends = [
        descend(np.zeros_like, AdamW(lr, weight_decay=wd), [1.0], 3000)[-1, 0]
        for lr, wd in ((0.03, 0.1), (0.01, 0.3), (0.01, 0.1))
    ]
    assert ends[0] == pytest.approx(ends[1], rel=1e-6) and ends[2] > 2 * ends[0]
    assert questions.lower_rate.right == "three"


def test_a_tenth_of_the_rate_is_a_hundredth_of_the_band():
    high, low = (0.5 * descend(lambda x: x, Lion(lr), [1.0], 4000)[-100:] ** 2 for lr in (0.1, 0.01))
    assert high.max() == pytest.approx(100 * low.max(), rel=0.1) and questions.lion_band.right == "hundredth"


def test_climbs():
    found = ex.newton_schulz.reference(np.diag([0.4, (1 - 0.16) ** 0.5]), 1)[0, 0]
    assert questions.climbs.right == pytest.approx(found)
    assert set(questions.climbs.confusions) == {0.6, 0.632, 0.52, 1}
    assert 0.632 == pytest.approx(0.6 + 0.032) and 0.52 == pytest.approx(0.6 - 0.5 * 0.16)


def test_flat_swing():
    end = descend(lambda x: 10 * x, SAM(SGD(0.02), radius=0.2), [0.3], 2000)[-1, 0]
    assert questions.flat_swing.right == pytest.approx(abs(end), abs=1e-4)
    assert sorted(questions.flat_swing.confusions) == pytest.approx([0.02, 0.04, 0.2])
