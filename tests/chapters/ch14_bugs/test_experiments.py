"""What chapter 14's experiments show: the wrong methods step by step, the programs measured again, linked settings."""

import json

import numpy as np
import pytest

from course_lib.chapters.ch14_bugs import experiments, explore, programs
from course_lib.nn import BatchNorm, softmax_cross_entropy
from course_lib.optim import SGD, Adam, Momentum, Ravine, descend

pytest.importorskip("sklearn")

# ---------------------------------------------------------------- gallery

#: What each bug does to x, v or s, and m, in its first two steps on gradients g and h, by hand: α = 0.1.
LR = 0.1


def by_hand(bug, g, h):
    """Where two steps lead from 0, in single numbers."""
    if bug in ("uphill", "discarded", "mixed", "mean"):
        rho, v2 = 0.9, 0.9 * g + h
        return {
            "uphill": LR * g + LR * v2,
            "discarded": -LR * g - LR * h,
            "mixed": LR * LR * g + LR * LR * v2,
            "mean": -LR * (1 - rho) * (g + v2),
        }[bug]
    if bug == "present":
        return -LR * np.sign(g) - LR * np.sign(h)
    if bug == "added":
        s1 = 0.01 * g**2
        s2 = s1 + 0.99 * s1 + 0.01 * h**2
        return -LR * g / s1**0.5 - LR * h / s2**0.5
    m1, v1 = 0.1 * g, 0.001 * g**2
    m2, v2 = 0.9 * m1 + 0.1 * h, 0.999 * v1 + 0.001 * h**2
    if bug == "none":
        return -LR * m1 / v1**0.5 - LR * m2 / v2**0.5
    if bug == "one":
        return -LR * m1 / 0.1 / v1**0.5 - LR * m2 / (1 - 0.9**2) / v2**0.5
    return -LR * g / (v1 / 0.001) ** 0.5 - LR * h / (v2 / (1 - 0.999**2)) ** 0.5


@pytest.mark.parametrize("bug", experiments.GALLERY)
def test_a_bug_is_wrong_as_it_says(bug):
    x, method = np.array([0.0]), experiments.wrong_method(bug, LR, 0.9)
    for slope in (3.0, -1.0):
        method.step(x, np.array([slope]))
    assert x[0] == pytest.approx(by_hand(bug, 3.0, -1.0), rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("bug", experiments.GALLERY)
def test_a_bug_differs_from_the_right_method_in_one_line(bug):
    ends = experiments.ends(bug, [experiments.GALLERY[bug][1]])[:, 0]
    data = explore.gallery(bug=bug).data
    assert (data["right_end"], data["wrong_end"]) == pytest.approx(tuple(ends)) and ends[0] != ends[1]
    assert explore.gallery(bug=bug).params["lr"] == experiments.GALLERY[bug][1]
    right, wrong = experiments.right_method(bug, 0.1, 0.5), experiments.wrong_method(bug, 0.1, 0.5)
    assert isinstance(wrong, type(right)) and wrong.hyper == right.hyper


def test_what_the_text_says_of_its_links():
    def ends(bug, lr):
        data = explore.gallery(bug=bug, lr=lr).data
        return data["right_end"], data["wrong_end"]

    for bug in ("none", "one"):
        assert ends(bug, 0.05)[1] < ends(bug, 0.05)[0] / 100
    for bug in ("uphill", "mixed"):
        assert ends(bug, 1)[1] > 1e12
    assert ends("discarded", 1)[1] > 5 * ends("discarded", 1)[0]
    assert ends("mean", 1)[1] > ends("mean", 1)[0] and ends("mean", 3)[1] < ends("mean", 3)[0]
    added = explore.gallery(bug="added", lr=0.05).data["wrong"]
    assert np.hypot(np.diff(added["x"])[-50:], np.diff(added["y"])[-50:]).max() < 1e-6, "it stands still"


def test_each_at_its_best_does_not_hang_on_one_step():
    """One moment corrected ends lower, whatever the grid and the length; by the last loss alone the sign turns."""
    for start, n in (((-4.5, 1.5), 41), ((-4.5, 1.5), 61), ((-3, 1), 41)):
        adam, one = experiments.ends("one", np.geomspace(0.001, 10, n), 20, start).min(axis=1)
        assert adam > 2 * one
    adam, one = experiments.ends("one", np.geomspace(0.001, 10, 61)).min(axis=1)
    assert adam < one


def test_two_bugs_are_other_methods():
    f, start = Ravine(kappa=25), [-4.5, 1.5]
    wrong = [descend(f, experiments.wrong_method(bug, 1.0, 0.9), start, 50) for bug in ("discarded", "mean")]
    np.testing.assert_array_equal(wrong[0], descend(f, SGD(1.0), start, 50))
    np.testing.assert_allclose(wrong[1], descend(f, Momentum(0.1), start, 50), atol=1e-12)


# ---------------------------------------------------------------- probe


def test_the_right_methods_steps_by_hand():
    steps = {(bug, signal): explore.probe(bug=bug, signal=signal).data["right"]["y"][:3] for bug, signal in (
        ("uphill", "steady"), ("uphill", "push"), ("present", "steady"), ("added", "push"), ("pasted", "alternating")
    )}  # fmt: skip
    assert steps["uphill", "steady"] == pytest.approx([1, 1.9, 2.71])
    assert steps["uphill", "push"] == pytest.approx([1, 0.9, 0.81])
    assert steps["present", "steady"] == pytest.approx([1, 2**-0.5, 3**-0.5])
    assert steps["added", "push"] == pytest.approx([10, 0, 0], rel=1e-6)
    assert steps["pasted", "alternating"][:2] == pytest.approx([1, -1 / 19], rel=1e-6)


def test_what_each_signal_tells():
    def told(signal):
        found = {bug: explore.probe(bug=bug, signal=signal).data["from_step"] for bug in experiments.GALLERY}
        return {bug for bug, step in found.items() if step is not None and step <= 2}

    every = set(experiments.GALLERY)
    assert told("alternating") == every
    assert told("steady") == every - {"pasted"} and told("push") == every - {"present", "added"}


# ---------------------------------------------------------------- programs


def test_the_right_program_holds_all_ten_numbers():
    assert not any(programs.seen(programs.RIGHT))
    for twin in programs.TWINS.values():
        assert not any(programs.seen(twin))


#: The first check that must see each bug.
SEEN_BY = {
    "weights of sd 1": "initial loss",
    "another mask backward": "gradient check",
    "no gradient for biases": "gradient check",
    "sum for mean": "gradient check",
    "softmax twice": "twenty by heart",
    "split after copying": "labels by lot",
    "dropout left on": "two calls",
    "batch statistics": "other company",
    "1 − p for p": "mean over noise",
    "scaled twice": "mean over noise",
    "one moment corrected": "first step",
    "average from zero": "first average",
    "frozen by half": "frozen",
}


@pytest.mark.parametrize("bug", programs.BUGS)
def test_each_bug_is_seen(bug):
    sees = dict(zip(programs.CHECKS, programs.seen(programs.BUGS[bug]), strict=True))
    assert sees[SEEN_BY[bug]] and sum(sees.values()) <= 3


def test_the_numbers_of_the_checks():
    def value(check, bug):
        return programs.CHECKS[check](programs.BUGS[bug])[0]

    assert value("twenty by heart", "softmax twice") == pytest.approx(np.log(1 + 9 / np.e), abs=0.01)
    assert value("gradient check", "sum for mean") == pytest.approx(11 / 13, abs=1e-5), "12 examples"
    assert value("first step", "one moment corrected") == pytest.approx(1000**0.5, rel=1e-3)
    assert value("first average", "average from zero") == pytest.approx(0.001)
    assert value("mean over noise", "scaled twice") == pytest.approx(0.5, abs=0.02)
    assert value("mean over noise", "1 − p for p") == pytest.approx(0.2 / 0.8, abs=0.02)


def test_softmax_twice_has_the_gradient_of_what_it_computes():
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=(4, 3)), np.array([0, 2, 1, 1])
    _, grad = programs.softmax_twice(scores, labels)
    for i in np.ndindex(scores.shape):
        step = np.zeros_like(scores)
        step[i] = 1e-6
        slope = (
            programs.softmax_twice(scores + step, labels)[0] - programs.softmax_twice(scores - step, labels)[0]
        ) / 2e-6
        assert grad[i] == pytest.approx(slope, abs=1e-8)


def test_what_is_stored_is_measured_so():
    """Two of the programs again: eight seeds, whose means have errors of at most 0.35 points."""
    stored = json.loads(programs.STORED.read_text("utf-8"))
    assert set(stored["bars"]) == {"right", *programs.SHOWN, *(f"right for {name}" for name in programs.TWINS)}
    for name in ("right", "1 − p for p"):
        again = programs.measured(programs.BUGS.get(name, programs.RIGHT)).mean(axis=0)
        assert stored["bars"][name][:2] == pytest.approx(again[:2].tolist(), abs=1.5)
    for name in programs.SHOWN:
        assert [bool(one) for one in stored["seen"][name]] == list(programs.seen(programs.BUGS[name]))
    for name in ("shuffled 5", "sorted 20"):
        order, size = name.split()
        assert np.mean(stored["batches"][name]) == pytest.approx(
            programs.batch_accuracies(int(size), order).mean(), abs=3
        )


def test_bare_exponentials_are_right_until_they_overflow():
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=(4, 3)), np.array([0, 2, 1, 1])
    loss, grad = programs.bare_loss(scores, labels)
    right, slope = softmax_cross_entropy(scores, labels)
    assert loss == pytest.approx(right) and grad == pytest.approx(slope)
    with np.errstate(all="ignore"):
        assert np.isnan(programs.bare_loss(1000 * scores, labels)[0])


def test_nan_comes_after_some_steps_and_not_at_a_tenth_of_the_rate():
    """On seeds 0 to 7, steps 31 to 62: mean 48, standard deviation 12."""
    assert 5 < programs.step_of_nan(1.0, seed=0) < 100
    assert programs.step_of_nan(0.1, seed=0) is None


def test_labels_that_were_shuffled_apart_are_learnt_by_heart():
    """On seeds 0 to 7: 95.9 ± 1.2 % in training, 11.8 ± 2.3 in testing, a loss of 3.7 ± 0.2 (standard deviations)."""
    heart, right, loss = np.mean([programs.labels_apart(seed) for seed in range(4)], axis=0)
    assert heart > 93 and right < 17 and loss > 3


def test_testing_in_batches_changes_no_network():
    net = programs.trained(programs.RIGHT, 0)
    before = {name: array.copy() for name, array in net.layers[1].state.items()}
    named, right = programs.in_batches(net, 50, "sorted")
    assert len(named) == len(right) == 750 and (np.diff(right) >= 0).all()
    for name, array in before.items():
        np.testing.assert_array_equal(net.layers[1].state[name], array)


def test_a_batch_of_all_digits_is_tested_by_its_own_statistics():
    net, x = programs.trained(programs.RIGHT, 0), programs.digits().x_val
    named, _ = programs.in_batches(net, len(x), "shuffled")
    h = net.layers[0].forward(x)
    own = BatchNorm(64)
    own.params["gamma"][...], own.params["beta"][...] = net.layers[1].params["gamma"], net.layers[1].params["beta"]
    h = np.maximum(own.forward(h, train=True), 0)
    np.testing.assert_array_equal(named, net.layers[4].forward(h).argmax(axis=1))


# ---------------------------------------------------------------- invisible, batches


@pytest.mark.parametrize("bug", experiments.KEYS)
def test_the_bars_are_those_of_the_bug_and_its_twin(bug):
    data, stored = explore.invisible(bug=bug).data, json.loads(programs.STORED.read_text("utf-8"))["bars"]
    name = experiments.KEYS[bug]
    assert data["accuracy wrong"]["y"][1] == data["accuracy_wrong"] == pytest.approx(stored[name][0])
    assert (
        data["loss"]["y"][0] == data["loss_right"] == pytest.approx(stored.get(f"right for {name}", stored["right"])[1])
    )
    assert SEEN_BY[name] in data["checks"].split(", ")
    assert max(data["loss"]["y"] + data["loss wrong"]["y"]) < 2.2, "inside the picture"


def test_the_groups_that_the_text_makes():
    def off(bug):
        data = explore.invisible(bug=bug).data
        return (
            abs(data["accuracy_wrong"] - data["accuracy_right"]) > 1.5,
            abs(data["loss_wrong"] - data["loss_right"]) > 0.12,
            data["error_wrong"] > 1e-6,
        )

    assert {bug: off(bug) for bug in experiments.KEYS} == {
        "unit": (True, False, False),
        "mask": (False, False, True),
        "biases": (False, False, True),
        "sum": (False, False, True),
        "softmax": (False, True, False),
        "left": (True, True, False),
        "factor": (False, True, False),
        "scaled": (False, True, False),
        "one": (False, False, False),
        "zero": (True, True, False),
    }


def test_sorted_batches_are_named_at_random():
    data = explore.batches(order="sorted", size=20).data
    assert set(data["right"]["y"]) == {0} and len(set(data["named"]["y"])) > 5
    assert data["accuracy"] < 30 < 90 < data["running"]
    assert explore.batches(order="shuffled", size=100).data["accuracy"] > 92
    assert explore.batches(order="shuffled", size=2).data["accuracy"] < 75


def test_adams_first_step_is_the_rate():
    x = np.zeros(2)
    Adam(0.01).step(x, np.array([1e-3, -1e3]))
    np.testing.assert_allclose(np.abs(x), 0.01, rtol=1e-4)
