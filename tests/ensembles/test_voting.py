"""Votes against scikit-learn's VotingClassifier and closed forms; members that do not fit together."""

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from course_lib.ensembles import majority_vote, mean_logit, mean_probability, nll, predict_members, score_members
from course_lib.nn import Dense, ReLU, Sequential, softmax


@pytest.fixture(scope="module")
def voting():
    """Four scikit-learn models that disagree, and their two votes."""
    x, y = make_classification(400, 8, n_informative=5, n_classes=4, flip_y=0.2, random_state=0)
    models = {
        "line": LogisticRegression(),
        "bayes": GaussianNB(),
        "tree": DecisionTreeClassifier(max_depth=3, random_state=0),
        "stump": DecisionTreeClassifier(max_depth=1, random_state=0),
    }
    votes = {
        kind: VotingClassifier(list(models.items()), voting=kind).fit(x[:150], y[:150]) for kind in ("soft", "hard")
    }
    return x[150:], y[150:], votes


def members(vote):
    return {name: model.predict_proba for name, model in vote.named_estimators_.items()}


def draw(shape, seed=0):
    return softmax(2 * np.random.default_rng(seed).normal(size=shape))


def test_soft_voting_is_scikit_learns(voting):
    x, _, votes = voting
    p = predict_members(members(votes["soft"]), x)
    assert p.shape == (4, 250, 4)
    np.testing.assert_allclose(mean_probability(p), votes["soft"].predict_proba(x), rtol=0, atol=1e-15)


def test_hard_voting_is_scikit_learns(voting):
    x, _, votes = voting
    p = predict_members(members(votes["hard"]), x)
    ours = majority_vote(p)
    assert np.array_equal(ours, votes["hard"].predict(x)) and ours.dtype.kind == "i"
    counts = np.sort(np.stack([np.bincount(column, minlength=4) for column in p.argmax(2).T]), axis=1)
    assert np.any(counts[:, -1] == counts[:, -2])  # ties are among them
    assert not np.array_equal(ours, mean_probability(p).argmax(1))


def test_mean_logit_is_the_normalized_geometric_mean():
    s = np.random.default_rng(1).normal(size=(5, 7, 3))
    p = softmax(s)
    geometric = p.prod(axis=0) ** (1 / 5)
    geometric /= geometric.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(mean_logit(s), geometric, rtol=1e-13)
    np.testing.assert_allclose(mean_logit(np.log(p)), geometric, rtol=1e-13)
    assert not np.allclose(mean_logit(s), mean_probability(p), atol=1e-3)


def test_one_sure_member_vetoes_logits_but_not_probabilities():
    s = np.array([[[0.0, 40.0]], [[2.0, 0.0]], [[2.0, 0.0]], [[2.0, 0.0]]])
    assert mean_logit(s)[0, 1] > 0.999 and mean_probability(softmax(s))[0, 0] > 0.6 and majority_vote(s)[0] == 0


def test_the_mean_is_never_worse_than_the_members_mean():
    p, y = draw((6, 50, 4)), np.random.default_rng(3).integers(4, size=50)
    assert nll(mean_probability(p), y) < np.mean([nll(member, y) for member in p])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_networks_are_asked_in_test_mode(dtype):
    rng = np.random.default_rng(0)
    nets = [Sequential(Dense(3, h, rng=rng, dtype=dtype), ReLU(), Dense(h, 2, rng=rng, dtype=dtype)) for h in (4, 9)]
    x = rng.normal(size=(5, 3)).astype(dtype)
    p, s = predict_members(nets, x), score_members(nets, x)
    assert p.dtype == s.dtype == dtype
    for m, net in enumerate(nets):
        assert np.array_equal(s[m], net.forward(x)) and np.array_equal(p[m], softmax(net.forward(x)))
    mixed = predict_members((nets[0], lambda x: softmax(nets[1].forward(x))), x)
    assert np.array_equal(mixed, p)


def test_one_member_is_its_own_vote():
    p = draw((1, 6, 3))
    assert np.array_equal(mean_probability(p), p[0]) and np.array_equal(majority_vote(p), p[0].argmax(1))


COMBINE = pytest.mark.parametrize("combine", [mean_probability, mean_logit, majority_vote])


@COMBINE
def test_a_list_is_an_array(combine):
    p = draw((3, 6, 4))
    assert np.array_equal(combine(list(p)), combine(p))


@COMBINE
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_member_that_is_not_finite_is_named_and_left_out_only_when_told_to(combine, value):
    p = draw((3, 6, 4))
    broken = p.copy()
    broken[1, 4, 2] = value
    with pytest.raises(
        ValueError, match=rf'member 1 returns {value} at row 4, class 2: leave it out with nonfinite="skip"'
    ):
        combine(broken)
    assert np.array_equal(combine(broken, nonfinite="skip"), combine(p[[0, 2]]))
    broken[:] = np.nan
    with pytest.raises(ValueError, match="no member is left, each returns nan or inf"):
        combine(broken, nonfinite="skip")


def test_a_network_that_went_to_nan_is_named():
    rng = np.random.default_rng(0)
    nets = {"small": Dense(3, 2, rng=rng), "large": Dense(3, 2, rng=rng)}
    x = np.ones((4, 3), np.float32)
    whole = predict_members({"small": nets["small"]}, x)
    for value in (np.nan, np.inf):
        nets["large"].params["W"][...] = value
        with pytest.raises(ValueError, match="member 'large' returns nan at row 0, class 0"):
            predict_members(nets, x)
        with pytest.raises(ValueError, match=f"member 'large' returns {value} at row 0, class 0"):
            score_members(nets, x)
        assert np.array_equal(predict_members(nets, x, nonfinite="skip"), whole)
        assert score_members(nets, x, nonfinite="skip").shape == (1, 4, 2)


def gives(p):
    return lambda x: p


P = np.full((2, 2), 0.5)
BAD_MEMBERS = {
    "empty list": ([], ValueError, "the ensemble is empty"),
    "empty dict": ({}, ValueError, "the ensemble is empty"),
    "a network": (Dense(3, 2, rng=np.random.default_rng(0)), TypeError, "members must be a list or a dict"),
    "a generator": ((f for f in [gives(P)]), TypeError, "members must be a list or a dict"),
    "no function": ([gives(P), 3], TypeError, "member 1 must be a network or a function x → probabilities, not 3"),
    "a class": ({"a": Dense}, TypeError, "member 'a' must be a network or a function"),
    "classes": (
        [gives(P), gives(np.full((2, 4), 0.25))],
        ValueError,
        "member 1 returns 2 rows and 4 classes, but member 0 2",
    ),
    "rows": ([gives(P), gives(P[:1])], ValueError, "member 1 returns 1 rows and 2 classes, but member 0 2 and 2"),
    "labels": (
        [gives(np.array([0, 1]))],
        TypeError,
        "member 0 must return floats, one for each row and class, not int64",
    ),
    "one axis": ([gives(np.array([0.0, 1.0]))], ValueError, r"member 0 must return an array of shape .* not \(2,\)"),
    "no rows": ([gives(P[:0])], ValueError, r"member 0 must return an array of shape .* not \(0, 2\)"),
    "nothing": ([gives(None)], TypeError, "member 0 must return floats"),
    "scores": ([gives(P), gives(4 * P)], ValueError, r"member 1 has \[2\. 2\.\] at row 0, which are no probabilities"),
    "below 0": ([gives(P + [0.7, -0.7])], ValueError, "member 0 has .* at row 0, which are no probabilities"),
}


@pytest.mark.parametrize(("bad", "error", "message"), BAD_MEMBERS.values(), ids=BAD_MEMBERS)
def test_members_that_do_not_fit(bad, error, message):
    with pytest.raises(error, match=message):
        predict_members(bad, np.ones((2, 3)))


def test_what_a_member_raises_tells_which():
    nets = [Dense(3, 2, rng=np.random.default_rng(0)), Dense(4, 2, rng=np.random.default_rng(0))]
    with pytest.raises(ValueError, match=r"x must have shape \(N, 4\)") as caught:
        predict_members(nets, np.ones((5, 3)))
    assert caught.value.__notes__ == ["in member 1"]


def test_scores_come_of_networks_only():
    with pytest.raises(TypeError, match="member 0 must be a network, which has scores"):
        score_members([gives(P)], np.ones((2, 3)))


@COMBINE
def test_bad_predictions(combine):
    for p in ([], np.zeros((0, 2, 2))):
        with pytest.raises(ValueError, match="the ensemble is empty"):
            combine(p)
    with pytest.raises(ValueError, match=r"predictions must have shape \(members, rows, classes\), not \(2, 2\)"):
        combine(P)
    with pytest.raises(ValueError, match="member 1 returns 1 rows and 2 classes, but member 0 2 and 2"):
        combine([P, P[:1]])
    with pytest.raises(ValueError, match='nonfinite must be "raise" or "skip", not \'allow\''):
        combine([P], nonfinite="allow")


def test_scores_are_no_probabilities():
    with pytest.raises(ValueError, match=r"member 0 has .* no probabilities.*softmax"):
        mean_probability(np.random.default_rng(0).normal(size=(2, 3, 4)))


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_probabilities_of_few_digits_pass(dtype):
    p = draw((2, 200, 100)).astype(dtype)
    assert mean_probability(p).dtype == dtype


def test_nothing_is_changed():
    p = draw((3, 6, 4))
    p.flags.writeable = False
    for combine in (mean_probability, mean_logit, majority_vote):
        combine(p[:, ::-1, ::-1])
