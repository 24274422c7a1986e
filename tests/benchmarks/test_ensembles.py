"""All sides of the benchmark do the same work: they come to the same weights."""

import numpy as np
import pytest
import torch

from benchmarks import ensembles


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("sizes", "batch"), ensembles.CASES, ids=str)
def test_numpy_comes_to_the_same_bits(sizes, batch):
    (at_once, loop), (nets, others) = ensembles.numpy_runs(3, sizes, batch, epochs=1)
    before = [net.params.flat.copy() for net in nets]
    at_once(), loop()
    for net, other, start in zip(nets, others, before, strict=True):
        np.testing.assert_array_equal(net.params.flat, other.params.flat)
        assert not np.array_equal(net.params.flat, start)
    assert not np.array_equal(before[0], before[1])


@pytest.mark.parametrize(("sizes", "batch"), ensembles.CASES, ids=str)
def test_torch_comes_to_the_same_weights(sizes, batch):
    runs, models = ensembles.torch_runs(3, sizes, batch, steps=5)
    before = [p.clone() for p in models[0][0].parameters()]
    for run in runs:
        run()
    assert not torch.equal(before[0], next(models[0][0].parameters()))
    for trio in zip(*models, strict=True):
        for by_hand, by_vmap, alone in zip(*(model.parameters() for model in trio), strict=True):
            torch.testing.assert_close(by_hand, alone, atol=1e-6, rtol=0)
            torch.testing.assert_close(by_vmap, alone, atol=1e-6, rtol=0)


def test_a_table_has_a_row_for_each_case(monkeypatch):
    monkeypatch.setattr(ensembles, "medians", lambda *sides, seconds: [1.0, 2.0, 4.0][-len(sides) :])
    tables = list(ensembles.tables())
    assert [table.rows[0][-1] for table in tables] == ["2.0×", "2.0×"]  # the loop's time over the last one's
    assert tables[1].rows[0][-2] == "4.0×"
    for table in tables:
        assert len(table.rows) == len(ensembles.CASES) * len(ensembles.MEMBERS)
        assert all(len(row) == len(table.header) for row in table.rows)
