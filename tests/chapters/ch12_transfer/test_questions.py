"""The answers of chapter 12's questions, against what they show and what the library computes."""

import pytest

from course_lib.chapters.ch12_transfer import explore, questions


def shown(question):
    name, setting = question.shows
    return getattr(explore, name)(**setting).data


def test_two_labels():
    data = shown(questions.two_labels)
    assert 7 < data["gain"] < 13 and questions.two_labels.right == "more"


def test_the_last_stage_is_the_best():
    best = shown(questions.which_stage)["nearest"]
    others = [explore.features(net="letters", stage=s).data["nearest"] for s in ("pixels", "conv1", "conv2", "conv3")]
    assert max(others) < best and questions.which_stage.right == "late"


def test_a_random_head_costs_digits_and_letters():
    data = shown(questions.random_head)
    assert data["of_digits"] < data["frozen"] - 2 and data["of_letters"] < 80 and questions.random_head.right == "both"


def test_statistics_move():
    data = shown(questions.no_grad)
    assert data["letters"] < data["before"] - 20 and questions.no_grad.right == "many"


def test_digits_from_other_digits():
    data = shown(questions.from_digits)
    assert data["accuracy"] < data["alone"] - 10 and questions.from_digits.right == "worse"


def test_adapters_gain_nearly_all():
    measures = pytest.importorskip("course_lib.chapters.ch12_transfer.measures")
    none, four, every = (sum(run[1] for run in measures.stored()["adapters"][f"{r}"]) / 5 for r in (0, 4, None))
    assert (four - none) / (every - none) > 0.8 and questions.how_much.right == "all"


def test_a_rate():
    from course_lib.chapters.ch12_transfer import ex

    assert questions.rate_of.right == pytest.approx(ex.stage_rates.reference(6, 2, 0.05, 0.1)[2])


def test_the_corner_is_what_the_library_advises():
    deep = pytest.importorskip("course_lib.deep")
    assert deep.choose_strategy("different", 50).strategy == "all, full rate" and questions.corner.right == "full"


def test_the_weights_of_an_adapter():
    deep = pytest.importorskip("course_lib.deep")
    table = {stage.name: stage.trained for stage in deep.add_adapters(deep.SmallCNN(10), 4)}
    assert table["conv3"] == questions.count_adapter.right


def test_features_are_constant_while_the_head_trains():
    deep = pytest.importorskip("course_lib.deep")
    import torch

    net, x, y = deep.SmallCNN(3), torch.rand(12, 1, 8, 8), torch.arange(12) % 3
    deep.freeze(net)
    before = deep.cache_features(net, x)
    deep.train(net, x, y, torch.optim.SGD(net.head.parameters(), 0.1), epochs=2)
    assert torch.equal(deep.cache_features(net, x), before) and questions.what_for.right == "constant"
