"""The answers of chapter 9's questions, against the library and the runs that they show."""

import numpy as np
import pytest

from course_lib.chapters.ch09_penalties import ex, explore, networks, pictures, questions
from course_lib.nn import L2, softmax_cross_entropy
from course_lib.optim import SGD, descend
from course_lib.studies import load


def shown(question):
    name, setting = question.shows
    return getattr(explore, name)(**setting).data


def test_all_labels_are_learnt_by_heart():
    data = explore.strength(lam=0, wrong="30").data
    assert questions.by_heart.right == "all" and data["at_train"] > 95 and data["at_test"] < 77


def test_the_best_strength_believes_about_70():
    tests = {lam: explore.strength(lam=lam).data["at_test"] for lam in networks.STRENGTHS}
    assert max(tests, key=tests.get) == questions.believed.shows[1]["lam"]
    assert questions.believed.right == "right" and 66 < shown(questions.believed)["at_train"] < 73


def test_the_smaller_weight_gets_to_zero():
    data = shown(questions.corner)
    assert questions.corner.right == "zero" and data["w2"] == 0 and data["w1"] == pytest.approx(1)
    assert explore.geometry(kind="L1", lam=0.55).data["w2"] > 0 == explore.geometry(kind="L1", lam=0.65).data["w2"]


def test_the_smaller_twin_grows():
    w = np.linalg.solve(np.array([[2, 0.9], [0.9, 2]]), np.array([[1, 0.9], [0.9, 1]]) @ [2, 0.6])
    data = explore.geometry(kind="L2", lam=1, c=0.9).data
    assert [data["w1"], data["w2"]] == pytest.approx(w) and data["w2"] > 0.6 and questions.twins.right == "grows"


def test_none_is_exactly_zero():
    data = shown(questions.exact)
    assert questions.exact.right == "none" and data["zeros"] == 0 and data["largest"] > 0.03


def test_the_steep_direction_is_done():
    end = descend(lambda w: np.array([1, 0.01]) * (w - 1), SGD(0.5), [0.0, 0.0], 20)[-1]
    assert end[0] > 0.999 and end[1] == pytest.approx(shown(questions.stops)["share_flat"] / 100)
    assert questions.stops.right == "steep" and 0.08 < end[1] < 0.11


def test_the_intercept_is_halved():
    x = np.random.default_rng(1).standard_normal((500, 1))
    assert pictures.ridge(x - x.mean(), 100 + x[:, 0], 1.0, True)[0] == pytest.approx(50, abs=0.1)
    assert questions.intercept.right == "half"


def test_clean_labels_gain_nothing():
    assert load("few-examples").gain("L2, 0.003").mean < 0.5 and questions.clean.right == "none"
    assert load("wrong-labels").gain("L2, 0.01").mean > 10, "as the question says"


def test_one_step():
    end = descend(L2(0.5).grad, SGD(0.1), [2.0], 1)[-1, 0]
    assert questions.one_step.right == pytest.approx(end)
    assert set(questions.one_step.confusions) == {1.0, 1.95, 1.8, 2.0}


def test_soft_value():
    data = explore.geometry(kind="L1", lam=0.4).data
    assert questions.soft_value.right == pytest.approx(data["w2"])
    l2 = explore.geometry(kind="L2", lam=0.4).data["w2"]
    assert sorted(questions.soft_value.confusions) == pytest.approx([0, 0.6 * 0.6, l2, 0.6, data["w1"]], abs=1e-3)


def test_the_elastic_net_selects_and_shares():
    """Of three inputs, two the same: the elastic net drops the weak one, and shares between the twins."""
    a, b = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1.0]]), np.array([2.0, 2.0, 0.3])
    ends = {}
    for name, l1, l2 in (("l2", 0, 0.5), ("l1", 0.5, 0), ("elastic", 0.5, 0.5)):
        w = np.array([1.5, 0.1, 0.2])
        for _ in range(600):
            w = ex.soft.reference(w - 0.2 * (a @ w - b + l2 * w), 0.2, l1)
        ends[name] = w
    assert ends["l2"][2] > 0.1 and abs(ends["l2"][0] - ends["l2"][1]) < 1e-9
    assert ends["l1"][2] == 0 and abs(ends["l1"][0] - ends["l1"][1]) > 1
    assert ends["elastic"][2] == 0 and abs(ends["elastic"][0] - ends["elastic"][1]) < 1e-9
    assert questions.select.right == "elastic"


def test_prox_step():
    assert questions.prox_step.right == pytest.approx(ex.soft.reference(0.25 - 0.1 * 0.3, 0.1, 2.0))
    found = [0.25 - 0.03, ex.soft.reference(0.25, 0.1, 2.0), ex.soft.reference(0.22, 1.0, 2.0), 0.25 + 0.03 - 0.2]
    assert sorted(questions.prox_step.confusions) == pytest.approx(sorted(found))


def test_rule_of_thumb():
    exact = ex.same_shrinkage.reference(1e-4, 0.02, 500)
    assert questions.rule_of_thumb.right == pytest.approx(exact, rel=0.01)


def test_the_penalty_is_on_what_multiplies():
    net = networks.network(np.random.default_rng(0), normalize=True)
    assert sorted(net.params) == ["0.W", "0.b", "1.beta", "1.gamma", "3.W", "3.b"]
    assert questions.groups.right == "matrices"


def test_a_sum_outweighs_the_penalty():
    rng = np.random.default_rng(0)
    scores, y = rng.normal(size=(50, 3)), rng.integers(3, size=50)
    mean = softmax_cross_entropy(scores, y)[0]
    total = sum(softmax_cross_entropy(scores[[k]], y[[k]])[0] for k in range(50))
    assert total == pytest.approx(50 * mean) and questions.sum_not_mean.right == "weaker"
