"""Both sides of the benchmark do the same work: they come to the same loss and the same weights."""

import numpy as np
import pytest
import torch

from benchmarks import networks


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


CASES = {
    "64-64-10": (lambda: networks.mlp(64, 64, 10), lambda: networks.digits()),
    "64-256-256-10": (lambda: networks.mlp(64, 256, 256, 10), lambda: networks.digits()),
    "8×8×1": (lambda: networks.conv_net(8, 1), lambda: networks.digits(images=True)),
    "32×32×3": (lambda: networks.conv_net(32, 3), lambda: networks.colour_images(200)),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("batch", [32, 128])  # neither divides the number of examples
def test_an_epoch_gives_the_same_loss_and_weights(case, batch):
    make, data = CASES[case]
    (x, y), nets = data(), [make(), make()]
    ours, fit = networks.ours(nets[0], x, y, batch), networks.with_fit(nets[1], x, y, batch)
    theirs = networks.theirs(make(), x, y, batch)
    for _ in range(2):
        np.testing.assert_allclose([ours(), fit()], theirs(), rtol=1e-4)
    assert not np.array_equal(nets[0].params.flat, make().params.flat)
    np.testing.assert_allclose(nets[0].params.flat, nets[1].params.flat, atol=1e-5)


@pytest.mark.parametrize("case", CASES)
def test_the_network_in_torch_is_the_same(case):
    make, data = CASES[case]
    x, net = data()[0][:5], make()
    scores = net.forward(x)
    model = networks.in_torch(net, x.shape[1:])
    other = torch.tensor(np.moveaxis(x, -1, 1).copy() if x.ndim == 4 else x)
    np.testing.assert_allclose(scores, model(other).detach().numpy(), atol=1e-5)
    assert sum(p.numel() for p in model.parameters()) == net.params.flat.size


def test_a_table_has_a_row_for_each_batch(monkeypatch):
    monkeypatch.setattr(networks, "medians", lambda *sides, seconds: [1.0, 2.0, 4.0][: len(sides)])
    dense, conv = networks.tables()
    for table in (dense, conv):
        assert len(table.rows) == 2 * len(networks.BATCHES)
        for row in table.rows:
            assert len(row) == len(table.header)
            assert row[-2:] == ("4.0×", "2.0×")  # theirs/ours, theirs/fit
