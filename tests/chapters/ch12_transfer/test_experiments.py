"""What chapter 12's experiments show, against the studies and the measurements, and what the text says of its links."""

import json
from pathlib import Path

import numpy as np
import pytest

from course_lib import studies
from course_lib.chapters.ch12_transfer import experiments, explore

STORED = json.loads(Path(experiments.__file__).with_name("tables.json").read_text("utf-8"))
STAGES = ("pixels", "conv1", "conv2", "conv3", "conv4", "features")


# ---------------------------------------------------------------- features


@pytest.mark.parametrize("net", ["letters", "random"])
@pytest.mark.parametrize("stage", STAGES)
def test_all_dots_are_shown_by_class_with_their_share(net, stage):
    data = explore.features(net=net, stage=stage).data
    p = [np.stack([data[str(k)]["x"], data[str(k)]["y"]], axis=1) for k in range(10)]
    rows = np.concatenate(p)
    assert len(rows) == 300 and np.abs(rows).max() <= 1
    mean = rows.mean(axis=0)
    between = sum(len(q) * ((q.mean(axis=0) - mean) ** 2).sum() for q in p) / ((rows - mean) ** 2).sum()
    assert data["between"] == pytest.approx(between, abs=0.011)
    np.testing.assert_allclose(data["means"]["x"], [q[:, 0].mean() for q in p], atol=1e-6)
    assert data["means"]["text"] == [str(k) for k in range(10)]


def test_learnt_stages_pull_classes_together_and_random_ones_do_not():
    seen = {net: [explore.features(net=net, stage=s).data for s in STAGES] for net in ("letters", "random")}
    nearest = {net: [d["nearest"] for d in of] for net, of in seen.items()}
    assert nearest["letters"][0] == nearest["random"][0]
    assert nearest["letters"][-1] > nearest["letters"][0] + 5 and nearest["random"][-1] < nearest["random"][0] - 2
    assert seen["letters"][-1]["between"] > 0.78 > seen["random"][0]["between"] > seen["random"][-1]["between"]


# ---------------------------------------------------------------- labels


def at_labels(target, strategy, n):
    if target == "high":
        return explore.harm(strategy=strategy, n=n).data
    return explore.labels(target=target, strategy=strategy, n=n).data


@pytest.mark.parametrize(("target", "study"), [("digits", "transfer"), ("high", "negative-transfer"),
                                               ("textures", "textures")])  # fmt: skip
@pytest.mark.parametrize(("key", "name"), [("scratch", "scratch"), ("frozen", "frozen"), ("all", "all, rate/10"),
                                           ("random", "random, frozen")])  # fmt: skip
def test_lines_are_those_of_the_study(target, study, key, name):
    results = studies.load(study)
    data = at_labels(target, key, 5)
    row = results.names.index(name)
    np.testing.assert_allclose(data[f"{key} bold"]["y"], [v[row].mean() for v in results.values.values()])
    assert data[f"{key} bold"]["x"] == [int(c) for c in results.values] and data[key]["x"] == []
    v = results.values["5"][row]
    assert data["accuracy"] == pytest.approx(v.mean())
    at = data[f"{key} bold"]["x"].index(5)
    height = data[f"{key} band"]["high"][at] - data[f"{key} band"]["low"][at]
    assert height == pytest.approx(4 * v.std(ddof=1) / 5**0.5)
    other = next(k for k in ("scratch", "frozen") if k != key)
    assert data[f"{other} bold"]["x"] == [] and len(data[other]["x"]) == len(results.values)


def test_where_nothing_was_measured_there_is_no_number():
    data = explore.labels(target="textures", strategy="frozen", n=1).data
    assert data["accuracy"] is data["alone"] is data["gain"] is None


# ---------------------------------------------------------------- statistics and forget


@pytest.mark.parametrize("look", ["plain", "dim", "inverted"])
@pytest.mark.parametrize("how", ["requires_grad", "freeze"])
def test_bars_are_what_was_measured(look, how):
    data = explore.statistics(look=look, how=how).data
    assert data["bars"]["y"] == [data["digits"], data["letters"]] == STORED["statistics"][f"{look} {how}"]
    assert data["before"] == STORED["statistics"]["plain freeze"][1]


@pytest.mark.parametrize("head", ["fitted", "random"])
@pytest.mark.parametrize("ratio", [0.0, 0.1, 1.0, 5.0])
def test_the_marked_point_is_the_one_that_is_told(head, ratio):
    data = explore.forget(head=head, ratio=ratio).data
    at = int(data["here"])
    assert [data["digits"]["y"][at], data["letters"]["y"][at]] == [data["of_digits"], data["of_letters"]]
    assert [data["of_digits"], data["of_letters"]] == STORED["forget"][f"{head} {ratio}"]
    assert data["frozen"] == data["digits"]["y"][0]


# ---------------------------------------------------------------- what the text says


def test_what_the_text_says_of_its_links():
    def gain(**setting):
        return explore.labels(**setting).data["gain"]

    few = gain(target="digits", strategy="frozen", n=2)
    assert gain(target="digits", strategy="frozen", n=1) == pytest.approx(few, abs=2.5), "the gain is as large"
    assert abs(gain(target="digits", strategy="frozen", n=50)) < 0.3, "there is none"
    assert gain(target="textures", strategy="frozen", n=50) < -30 and gain(target="textures", strategy="all", n=50) < 0
    frozen, random = (at_labels("high", s, 5)["accuracy"] for s in ("frozen", "random"))
    assert random > frozen + 5, "even random features do better"

    tenth, full, five = (explore.forget(head="fitted", ratio=r).data for r in (0.1, 1.0, 5.0))
    assert abs(tenth["of_digits"] - full["of_digits"]) < 1 and abs(five["of_digits"] - full["of_digits"]) < 1
    assert 95 < five["of_letters"] < full["of_letters"] < tenth["of_letters"] + 0.5, "the letters suffer a little"
    bad = [explore.forget(head="random", ratio=r).data for r in (0.1, 1.0)]
    assert bad[0]["of_letters"] > bad[1]["of_letters"] + 20 and bad[0]["of_digits"] > bad[1]["of_digits"] + 2

    shown = {(look, how): explore.statistics(look=look, how=how).data
             for look in ("plain", "dim", "inverted") for how in ("requires_grad", "freeze")}  # fmt: skip
    assert shown["plain", "requires_grad"]["letters"] > 98 and shown["inverted", "requires_grad"]["letters"] < 80
    assert shown["dim", "requires_grad"]["letters"] < 70 and shown["dim", "freeze"]["letters"] > 98
    assert 0.5 < shown["inverted", "freeze"]["digits"] - shown["inverted", "requires_grad"]["digits"] < 4, "and worse"
    assert 0.5 < shown["dim", "requires_grad"]["digits"] - shown["dim", "freeze"]["digits"] < 4, "a little better"
