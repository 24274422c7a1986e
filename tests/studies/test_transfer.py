"""Transfer, measured small: what comes out at two labels and at fifty; the rows, the sources, devices, crossings.

Margins are of at least three standard errors; comments give what was measured, with its standard deviation over seeds.
"""

import copy
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier
from torch.optim.optimizer import register_optimizer_step_post_hook

from course_lib import cli, studies
from course_lib.deep import SmallCNN, load_pretrained, strategy
from course_lib.studies import Study, textures, transfer
from course_lib.studies import sweep as sweeps
from course_lib.studies.study import Results
from course_lib.studies.sweep import STRATEGIES, Nearest, sweep
from course_lib.studies.transfer import NEGATIVE_TRANSFER, TEXTURES, TRANSFER

torch.set_num_threads(1)
DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU"))]


def small(study, monkeypatch, name, labels, rows, seeds):
    monkeypatch.setattr(transfer, name, labels)
    return study.run(seeds, rows=rows)


def means(results, labels):
    return dict(zip(results.names, results.values[str(labels)].mean(axis=1), strict=True))


# -- what it shows --------------------------------------------------------------------------------


@pytest.mark.slow
def test_at_two_labels_frozen_features_are_far_ahead(monkeypatch):
    told = means(small(TRANSFER, monkeypatch, "DIGITS", (2,), ["1-NN", "scratch", "random, frozen", "frozen"], 2), 2)
    assert told["frozen"] > told["scratch"] + 4  # 10.6 more, sd 2.7
    assert told["frozen"] > told["1-NN"] + 5  # 13.0 more, sd 3.2
    assert told["frozen"] > told["random, frozen"] + 10  # 20.4 more, sd 2.7
    assert told["frozen"] > 82  # 90.2, sd 3.3


@pytest.mark.slow
def test_at_fifty_labels_they_are_level(monkeypatch):
    monkeypatch.setattr(sweeps, "STEPS", 120)
    told = means(small(TRANSFER, monkeypatch, "DIGITS", (50,), ["scratch", "frozen"], 1), 50)
    assert abs(told["frozen"] - told["scratch"]) < 1.5 and min(told.values()) > 95  # 0.0, sd .5; 97.9, sd .5


@pytest.mark.slow
def test_at_two_labels_a_random_head_spoils_what_it_stands_on(monkeypatch):
    monkeypatch.setattr(sweeps, "STEPS", 80)
    rows = ["frozen", "random head, all at full rate"]
    told = means(small(TRANSFER, monkeypatch, "DIGITS", (2,), rows, 3), 2)
    assert told["frozen"] > told["random head, all at full rate"] + 1  # 5.7 more, sd 2.3


@pytest.mark.slow
def test_digits_from_other_digits_transfer_negatively(monkeypatch):
    monkeypatch.setattr(sweeps, "STEPS", 60)
    rows = ["scratch", "frozen", "frozen, from letters"]
    told = means(small(NEGATIVE_TRANSFER, monkeypatch, "NEGATIVE", (5,), rows, 1), 5)
    assert told["frozen"] < told["scratch"] - 3  # 21.9 less, sd 3.5
    assert told["frozen, from letters"] > told["frozen"] + 3  # 24.4 more, sd 3.7


@pytest.mark.slow
def test_on_textures_a_frozen_body_is_of_no_use(monkeypatch):
    monkeypatch.setattr(sweeps, "STEPS", 80)
    told = means(small(TEXTURES, monkeypatch, "TEXTURE", (20,), ["scratch", "random, frozen", "frozen"], 1), 20)
    assert told["frozen"] < told["scratch"] - 15  # 36.7 less, sd 4.7
    assert told["frozen"] > told["random, frozen"] + 5  # 22.3 more, sd 2.3


# -- the sweep ------------------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(sweeps, "STEPS", 2)
    monkeypatch.setattr(transfer, "DIGITS", (3,))
    return TRANSFER


def test_every_row_is_a_strategy_and_every_strategy_a_row():
    assert list(TRANSFER.rows) == list(STRATEGIES) and set(TEXTURES.rows) < set(STRATEGIES)
    assert {advice.strategy for advice in strategy.ADVICE.values()} < set(STRATEGIES)


def test_one_seed_one_result_whoever_does_the_work(quick):
    rows = ["1-NN", "random, frozen", "last block, rate/10", "random head, all at rate/10"]
    one = quick.run(2, rows=rows)
    with ThreadPoolExecutor(2) as executor:
        other = quick.run(2, rows=rows, executor=executor)
    for labels, values in one.values.items():
        np.testing.assert_array_equal(values, other.values[labels])
    assert list(one.values) == ["3"] and (one.values["3"][:, 0] != one.values["3"][:, 1]).all()


def test_processes_change_nothing(quick, capsys, monkeypatch):
    monkeypatch.undo()  # a process of its own sees no patches: the real study, a row that is quick
    few = replace(NEGATIVE_TRANSFER, rows={"frozen, from letters": "frozen, from letters"})
    monkeypatch.setattr(studies, "STUDIES", {"few": few})
    said = []
    for workers in ("1", "2"):
        assert cli.main(["study", "few", "--seeds", "1", "--workers", workers]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1] and "strategy" in said[0] and "frozen" in said[0]


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_strategy_trains_what_its_name_says(name, monkeypatch):
    monkeypatch.setattr(sweeps, "STEPS", 4)
    source = load_pretrained("letters")
    start = copy.deepcopy(source.state_dict())
    x, y = torch.rand(12, 1, 8, 8), torch.arange(12) % 3
    made = STRATEGIES[name](source, x, y, 3, torch.Generator().manual_seed(0))
    if name == "1-NN":
        assert isinstance(made, Nearest)
        return
    assert made.head.out_features == 3
    own = made is source
    assert own == (not name.startswith("random,") and name != "scratch")
    body = {key.partition(".")[0] for key, value in made.state_dict().items()
            if key.partition(".")[0] != "head" and own and not torch.equal(value, start[key])}  # fmt: skip
    every = {stage for stage, _ in made.stages} - {"head"}
    assert body == ({"conv4", "embed"} if name.startswith("last") else set() if name == "frozen" or not own else every)


def test_more_labels_contain_the_fewer(monkeypatch):
    seen = []

    def spy(source, x, y, classes, g):
        seen.append((x, y))
        return Nearest(x, y, classes)

    monkeypatch.setitem(STRATEGIES, "spy", spy)
    x, y = torch.arange(60.0).reshape(60, 1, 1, 1), torch.arange(60) * 7 % 5
    source = SmallCNN(2)
    before = copy.deepcopy(source.state_dict())
    sweep("spy", source, (x, y), (x, y), [1, 4, 12], seed=0)
    for n, (xs, ys) in zip((1, 4, 12), seen, strict=True):
        assert torch.bincount(ys).tolist() == [n] * 5
        first = [int(v) for k in range(5) for v in torch.where(y == k)[0][:n]]
        assert sorted(xs.flatten().int().tolist()) == sorted(first)
    assert all(torch.equal(value, before[key]) for key, value in source.state_dict().items())


def test_the_nearest_neighbour_is_scikit_learns():
    rng = np.random.default_rng(0)
    x, y, others = rng.random((40, 1, 5, 5)), rng.permutation(np.arange(40) % 4), rng.random((60, 1, 5, 5))
    theirs = KNeighborsClassifier(1).fit(x.reshape(40, -1), y).predict(others.reshape(60, -1))
    ours = Nearest(torch.from_numpy(x), torch.from_numpy(y), 4)(torch.from_numpy(others)).argmax(1)
    np.testing.assert_array_equal(ours.numpy(), theirs)


def test_sources_and_targets_of_negative_transfer(monkeypatch):
    calls = []
    monkeypatch.setattr(transfer, "_sweep", lambda *arguments: calls.append(arguments) or {"1": 0.0})
    monkeypatch.setattr(sweeps, "STEPS", 2)
    transfer._low_digits.cache_clear()
    for row in NEGATIVE_TRANSFER.rows:
        transfer.measure_negative(row, 7)
    transfer._low_digits.cache_clear()
    names, sources, trainings, tests, *_ = zip(*calls, strict=True)
    assert names[-1] == "frozen" and sources[-1].head.out_features == 38
    assert all(source.head.out_features == 5 for source in sources[:-1])
    for (x, y), (x_test, y_test) in zip(trainings, tests, strict=True):
        assert np.bincount(y).tolist() == [20] * 5 and len(x_test) == len(y_test) == 500
        seen = {image.tobytes() for image in x}
        assert len(seen & {image.tobytes() for image in x_test}) == 0


def test_the_two_loops_train_what_they_are_given_for_so_many_steps():
    x, y = torch.rand(20, 1, 8, 8), torch.arange(20) % 3
    for loop in (
        sweeps.train_sgd,
        lambda net, p, x, y, g, steps: sweeps.train_adam(net, p, 0.01, x, y, g, steps=steps),
    ):
        net = SmallCNN(3, generator=sweeps.seeded(0))
        start, calls = copy.deepcopy(net.state_dict()), []
        hook = register_optimizer_step_post_hook(lambda *_, calls=calls: calls.append(1))
        loop(net, net.head.parameters(), x, y, sweeps.seeded(0), steps=4)
        hook.remove()
        changed = {n for n, p in net.named_parameters() if not torch.equal(p, start[n])}
        assert changed == {"head.weight", "head.bias"} and len(calls) == 4
    assert torch.equal(torch.rand(3, generator=sweeps.seeded(5)), torch.rand(3, generator=sweeps.seeded(5)))


def test_bad_sweeps():
    x, y = torch.rand(6, 1, 8, 8), torch.arange(6) % 2
    with pytest.raises(ValueError, match="strategy must be one of '1-NN', "):
        sweep("hope", SmallCNN(2), (x, y), (x, y), [1], seed=0)
    with pytest.raises(ValueError, match="training must have 4 examples of each class, not 3"):
        sweep("1-NN", SmallCNN(2), (x, y), (x, y), [1, 4], seed=0)


# -- textures -------------------------------------------------------------------------------------


def test_textures_are_told_by_nothing_simple():
    x, y = textures.load_textures(np.random.default_rng(0), 300)
    again, _ = textures.load_textures(np.random.default_rng(0), 300)
    np.testing.assert_array_equal(x, again)
    assert x.shape == (1800, 16, 16, 1) and x.dtype == np.float32 and ((x >= 0) & (x <= 1)).mean() > 0.97
    assert np.bincount(y).tolist() == [300] * 6
    patches = x.reshape(1800, -1)
    assert abs(patches.mean(axis=1) - 0.5).max() < 1e-5 and abs(patches.std(axis=1) - 1 / 6).max() < 1e-5
    pixels = KNeighborsClassifier(1).fit(patches[:900], y[:900]).score(patches[900:], y[900:])
    assert pixels < 0.5  # chance is 0.17


def test_noise_has_variance_one_and_its_waves():
    g = textures._noise(np.random.default_rng(0), 3000)
    assert g.mean() == pytest.approx(0, abs=0.01) and g.var() == pytest.approx(1, abs=0.02)
    lag = [(g[:, :, : 16 - k] * g[:, :, k:]).mean() for k in range(8)]
    assert np.argmin(lag) in (2, 3) and min(lag) < -0.25  # half a wave on, dark where it was light


# -- the table ------------------------------------------------------------------------------------


def test_where_strategies_cross():
    names = ["frozen", "all, rate/10", "scratch"]
    noise = np.array([-0.1, 0.0, 0.1])
    of = {"2": (90, 90, 70), "5": (92, 95, 80), "10": (93, 95, 90), "50": (95, 98, 98)}
    values = {k: np.array([v + noise for v in row]) + np.outer([0, 0, 1], noise) for k, row in of.items()}
    values["2"][1] -= [0.1, -0.1, 0.05]
    said = transfer.crossing(Results(TRANSFER, names, values))
    assert said == (
        "The best of *frozen*, *all, rate/10* and *scratch*, or not clearly worse: from 2 on *frozen* and "
        "*all, rate/10*; from 5 on *all, rate/10*; from 50 on *all, rate/10* and *scratch*."
    )
    assert transfer.crossing(Results(TRANSFER, names[:2], {k: v[:2] for k, v in values.items()})) == ""


def test_a_remark_stands_below_the_table():
    study = Study("Steps", "How high?", lambda row, seed: {"height": row}, {"a": 1.0})
    assert study.run(1).table().plain().endswith("1.0")
    table = replace(study, remark=lambda results: f"{len(results.names)}!").run(1).table()
    assert table.plain().endswith("\n  1!") and table.markdown().endswith("|\n\n1!")


@pytest.mark.parametrize("device", DEVICES)
def test_the_study_runs_on_a_device(device, capsys, monkeypatch):
    monkeypatch.setattr(sweeps, "STEPS", 2)
    monkeypatch.setattr(transfer, "DIGITS", (1,))
    monkeypatch.setattr(studies, "STUDIES", {"transfer": replace(TRANSFER, rows={"scratch": "scratch"})})
    assert cli.main(["study", "transfer", "--seeds", "1", "--device", device]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Transfer from letters to digits (1 seed)")
    assert ("on the CPU" in said) == (device == "cuda")


def test_the_ratio_is_told(monkeypatch):
    clock = iter([0.0, 3.0, 10.0, 10.5])
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    asked = []
    study = Study("Steps", "How high?", lambda row, seed, *, device="?": asked.append((row, device)), {"a": 1, "b": 2})
    assert cli._compare(study, "cuda") == "b, one seed: 3.00 s on the CPU, 0.50 s on cuda: 6.0×"
    assert asked == [(2, "cpu")] * 2 + [(2, "cuda")] * 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["transfer", "--device", "abacus"], "torch cannot compute on the device 'abacus' here"),
        (["few-examples", "--device", "cpu"], "is measured with NumPy: it has no device"),
        (["--device", "cpu"], "--device is for one study: name one of"),
    ],
)
def test_a_device_that_cannot_be(arguments, words, capsys, monkeypatch):
    monkeypatch.setattr(studies, "STUDIES", {"few-examples": studies.CLEAN, "transfer": TRANSFER})
    assert cli.main(["study", *arguments]) == 2
    said = capsys.readouterr().err
    assert said.startswith("course study: ") and words in said
