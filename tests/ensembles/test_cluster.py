"""Members over a real cluster of processes: one of them is killed in mid-run, and nothing is lost."""

import os
import signal
import time

import numpy as np
import pytest

from course_lib.data import load_digits
from course_lib.ensembles import train_members
from course_lib.nn import Dense, ReLU, Sequential, fit
from course_lib.optim import Momentum

distributed = pytest.importorskip("distributed", reason="NO DASK: members over a cluster are not tested")

MEMBERS, STRUCK = 6, 4  # member 4 is the one that is in work when its process is killed


def maker(folder=None):
    """Give the function that trains a member. It has no name in a module, so that it travels to the workers whole."""

    def make(index, rng):
        if folder is not None:
            attempt = folder / f"{index}-{len(list(folder.glob(f'{index}-*')))}"
            attempt.write_text(str(os.getpid()))
        data, hidden = load_digits(np.random.default_rng(0), train=300), 8 + index
        net = Sequential(Dense(64, hidden, rng=rng), ReLU(), Dense(hidden, 10, rng=rng))
        history = fit(net, data, Momentum(0.05), epochs=1, rng=rng)
        if folder is not None and index == STRUCK and attempt.name.endswith("-0"):
            time.sleep(300)  # half trained, until the process is killed
        more = fit(net, data, Momentum(0.05), epochs=1, rng=rng)
        return net, (history.loss[0], more.loss[0])

    return make


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes on this machine, whose ports nobody else reaches, without a dashboard."""
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            worker_dashboard_address=None,
            silence_logs=50,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert all(address.startswith("tcp://127.0.0.1:") for address in client.nthreads())
        yield client


def wait_for(path, seconds=60):
    end = time.monotonic() + seconds
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < end, f"{path.name} has not begun"
        time.sleep(0.02)
    return int(path.read_text())


def same(members, others):
    for (net, losses), (other, more) in zip(members, others, strict=True):
        assert net.params.flat.tobytes() == other.params.flat.tobytes() and losses == more


def test_a_killed_worker_loses_nothing(cluster, tmp_path):
    alone = train_members(maker(), MEMBERS, np.random.default_rng(5))
    struck = []

    class Executor:
        """The cluster's, whose `map` kills the process that is in member 4 once the members are on their way."""

        def __init__(self, executor):
            self.executor = executor

        def map(self, *work):
            results = self.executor.map(*work)
            struck.append(wait_for(tmp_path / f"{STRUCK}-0"))
            assert struck[0] != os.getpid()
            os.kill(struck[0], signal.SIGKILL)
            return results

    members = train_members(
        maker(tmp_path), MEMBERS, np.random.default_rng(5), executor=Executor(cluster.get_executor())
    )
    same(alone, members)
    attempts = sorted(path.name for path in tmp_path.iterdir())
    assert f"{STRUCK}-1" in attempts and {f"{k}-0" for k in range(MEMBERS)} <= set(attempts)
    assert int((tmp_path / f"{STRUCK}-1").read_text()) != struck[0]
    assert len({path.read_text() for path in tmp_path.iterdir()}) >= 2  # more than one process has worked


def test_a_member_that_fails_is_named(cluster):
    def fails(index, rng):
        if index == 1:
            raise ValueError("no such rate")
        return index

    with pytest.raises(ValueError, match="no such rate") as caught:
        train_members(fails, 3, np.random.default_rng(0), executor=cluster.get_executor())
    assert "in member 1" in caught.value.__notes__
