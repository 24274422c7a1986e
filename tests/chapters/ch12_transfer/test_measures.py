"""How chapter 12 measures: what is drawn, what is trained, what stays; and some of the stored numbers, again.

Margins are of at least three standard errors; comments give what was measured, with its standard deviation over seeds.
"""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")

from course_lib.chapters.ch12_transfer import measures  # noqa: E402
from course_lib.deep import load_pretrained  # noqa: E402
from course_lib.studies import load  # noqa: E402

torch.set_num_threads(1)


@pytest.mark.parametrize("target", ["digits", "textures"])
def test_fewer_labels_are_the_first_of_more(target):
    (x1, y1), (x5, y5) = measures.labelled(1, 0, target), measures.labelled(5, 0, target)
    classes = int(y5.max()) + 1
    assert torch.bincount(y1).tolist() == [1] * classes and torch.bincount(y5).tolist() == [5] * classes
    for k in range(classes):
        assert torch.equal(x1[y1 == k][0], x5[y5 == k][0])
    seen = {image.numpy().tobytes() for image in measures.labelled(50, 0, target)[0]}
    assert not seen & {image.numpy().tobytes() for image in measures.others(0, target)[0]}


def test_it_is_the_studys_measurement():
    """To the bit on the machine that stored it; elsewhere sums may come in another order."""
    stored = load("transfer")
    for name in ("1-NN", "frozen"):
        mine = measures.accuracies(name, 2, seeds=2)
        np.testing.assert_allclose(mine, stored.values["2"][stored.names.index(name)][:2], atol=1)


def test_what_each_stage_makes_of_an_image():
    net, (x, _) = load_pretrained("letters"), measures.labelled(1, 0)
    seen = measures.after_stages(net.train(), x)
    assert list(seen) == list(measures.STAGES) and net.training
    net.eval()
    torch.testing.assert_close(seen["features"], net.features(x).detach())
    first = net.conv1(torch.nn.functional.interpolate(x, (16, 16), mode="bilinear"))
    torch.testing.assert_close(seen["conv1"], first.detach().flatten(1))
    assert not any(module._forward_hooks for module in net.modules())


def test_the_plane_holds_the_two_largest_directions():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(50, 6)) * [5, 1, 0.3, 3, 0.1, 0.1]
    p = measures.plane(a)
    values = np.linalg.eigvalsh(np.cov(a.T))[::-1]
    np.testing.assert_allclose(p.var(axis=0, ddof=1), values[:2])
    assert p[np.abs(p[:, 0]).argmax(), 0] > 0


@pytest.mark.parametrize("ratio", [0.0, 10.0])
def test_at_ratio_zero_nothing_below_the_head_changes(ratio):
    digits, letters = measures.tuned(1, 0, ratio, steps=20)
    net = load_pretrained("letters")
    assert (letters == measures.still_read(net, net.head)) == (ratio == 0) and digits > 30


def test_statistics_follow_only_without_freeze():
    before = measures.still_read(load_pretrained("letters"), load_pretrained("letters").head)
    after = {how: measures.statistics("dim", how, 0, steps=40)[1] for how in measures.HOW}
    assert after["freeze"] == before
    assert after["requires_grad"] < before - 15  # 35 less, sd 1


def test_adapters_train_what_they_say():
    assert measures.adapted("digits", 1, 0, 0)[0] == 0
    norms = 2 * (32 + 32 + 64 + 64)
    assert measures.adapted("digits", 1, 0, 4, still=True, steps=1)[0] == 10_020
    assert measures.adapted("digits", 1, 0, 4, steps=1)[0] == 10_020 + norms
    assert measures.adapted("digits", 1, 0, None, still=True, steps=1)[0] == 196_384 - norms
    assert measures.adapted("digits", 1, 0, None, steps=1)[0] == 196_384


@pytest.mark.parametrize("rank", [4, None])
def test_batch_norm_is_frozen_or_trains(rank, monkeypatch):
    seen = []
    monkeypatch.setattr(measures, "read", lambda net, *_: seen.append(net.conv1.state_dict()) or 0.0)
    for still in (True, False):
        measures.adapted("digits", 1, 0, rank, still=still, steps=2)
    first = load_pretrained("letters").conv1.state_dict()
    names = [name for name in first if "running" in name]
    assert len(names) == 2
    assert all(torch.equal(seen[0][name], first[name]) for name in names)
    assert not any(torch.equal(seen[1][name], first[name]) for name in names)


def test_three_heads_and_their_first_loss():
    assert measures.first_loss(1, 0, "zero") == pytest.approx(np.log(10), rel=1e-5)
    assert measures.first_loss(1, 0, "fitted") < 0.1 < 2.3 < measures.first_loss(1, 0, "random")


def test_what_the_old_head_calls_a_digit():
    assert measures.named(0, "Oo") > 70 and measures.named(0, "Zz") < 10


@pytest.mark.slow
def test_some_of_what_is_stored_again():
    stored = measures.stored()
    assert measures.tuned(2, 0, 1.0, head="random")[1] < 85  # letters 58, sd 10
    _, head = measures.adapted("textures", 20, 0, 0)
    _, low = measures.adapted("textures", 20, 0, 4)
    assert low > head + 15  # 35 more, sd 5
    assert head == pytest.approx(stored["adapters"]["0"][0][1], abs=3)


def test_windows_of_two_photographs():
    x, y = measures.windows(np.random.default_rng(0), each=3)
    assert x.shape == (6, 200, 200, 3) and y.tolist() == [0, 1] * 3 and x.dtype == np.float32
    assert x.min() < -1 and x.max() > 1 and abs(x.mean()) < 1


def test_a_published_network_is_skipped_unless_its_weights_are_there(tmp_path, monkeypatch):
    monkeypatch.setattr(measures, "cache_folder", lambda: tmp_path)
    assert measures.try_resnet(download=False).endswith("not here: skipped.")
    monkeypatch.setattr(measures, "load_pretrained", lambda *a, **k: (_ for _ in ()).throw(ConnectionError("none")))
    assert measures.try_resnet(download=True).endswith("without a network: skipped.")


def test_and_used_if_they_are(monkeypatch):
    from course_lib.deep import ResNet18

    net, windows = ResNet18(generator=torch.Generator().manual_seed(0)).eval(), measures.windows
    monkeypatch.setattr(measures, "load_pretrained", lambda *a, **k: net)
    monkeypatch.setattr(measures, "windows", lambda rng: windows(rng, each=2))
    assert measures.try_resnet(download=True).startswith("One labelled window of each photograph: ")


def test_the_labels_of_the_high_digits_are_not_among_the_tested(monkeypatch):
    seen = []
    monkeypatch.setattr(measures, "linear_probe", lambda net, x, y: seen.append((x, y)) or net.head)
    monkeypatch.setattr(measures, "evaluate_accuracy", lambda net, x, y: seen.append((x, y)) or 0.5)
    measures.negative(0, 5, steps=1)
    (x, y), (tested, _), *_ = seen
    assert torch.bincount(y).tolist() == [5] * 5 and len(tested) == 500
    assert not {image.numpy().tobytes() for image in x} & {image.numpy().tobytes() for image in tested}
