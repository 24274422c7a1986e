"""Both sides of the benchmark come to the same head; the frozen rest does not move."""

import copy

import pytest
import torch

from benchmarks import transfer

torch.set_num_threads(1)


def test_cached_and_anew_are_the_same_head():
    x, y = transfer.images(120)
    nets = [transfer.network() for _ in range(2)]
    before = copy.deepcopy(nets[0].state_dict())
    transfer.cached(nets[0], x, y, epochs=3)
    transfer.anew(nets[1], x, y, epochs=3)
    for name, value in nets[0].state_dict().items():
        torch.testing.assert_close(value, nets[1].state_dict()[name], atol=1e-5, rtol=1e-4)
        assert torch.equal(value, before[name]) == (not name.startswith("head"))


def test_the_tables(monkeypatch):
    monkeypatch.setattr(transfer, "medians", lambda *sides, seconds, rounds: [1.0, 9.0][: len(sides)])
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    (table,) = transfer.tables()
    assert [row[0] for row in table.rows] == ["100", "500"]
    assert all(len(row) == len(table.header) and row[-1] == "9.0×" for row in table.rows)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "a GPU")
    assert [len(row) for row in transfer.devices().rows] == [4, 4]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_on_a_gpu():
    x, y = transfer.images(60)
    transfer.full(transfer.SmallCNN(10), x, y, "cuda", epochs=1)
