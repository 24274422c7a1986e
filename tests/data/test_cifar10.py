"""CIFAR-10 from a small archive of the same form, made here and served on loopback: whole, broken, wrong, hostile."""

import gzip
import hashlib
import http.server
import io
import re
import tarfile
import threading
import types

import numpy as np
import pytest

from course_lib.data import cifar10
from course_lib.data.cifar10 import NAMES, TEST, TRAIN, load_cifar10

N = 40  # images in each of the six files


def records(seed, n=N):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % 10).astype(np.uint8)
    images = rng.integers(0, 256, (n, 32, 32, 3), np.uint8)
    rows = [bytes([y]) + b"".join(x[:, :, c].tobytes() for c in range(3)) for x, y in zip(images, labels, strict=True)]
    return images, labels, b"".join(rows)


FILES = {name: records(seed)[2] for seed, name in enumerate((*TRAIN, TEST))}


def archive(files=FILES, extra=()):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in [("cifar-10-batches-bin/readme.html", b"hello"), *files.items()]:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
        for entry in extra:
            tar.addfile(entry)
    return buffer.getvalue()


WHOLE = archive()


def md5(content):
    return hashlib.md5(content).hexdigest()


@pytest.fixture
def served(monkeypatch):
    """A server on loopback that counts requests; what it sends is set in `served.content`, and how."""
    state = types.SimpleNamespace(content=WHOLE, announced=None, status=200, requests=0)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            state.requests += 1
            self.send_response(state.status)
            if state.announced != "nothing":
                self.send_header("Content-Length", str(state.announced or len(state.content)))
            self.end_headers()
            self.wfile.write(state.content)

        def log_message(self, *args):
            pass

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/cifar-10-binary.tar.gz"
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def load(served, folder, seed=0, **options):
    options = {"md5": md5(served.content), "val": 50, "progress": False} | options
    return load_cifar10(np.random.default_rng(seed), folder=folder, url=served.url, **options)


def test_images_and_labels_are_those_in_the_archive(served, tmp_path):
    data = load(served, tmp_path, dtype=np.float64)
    assert [x.shape for x in data[::2]] == [(150, 32, 32, 3), (50, 32, 32, 3), (40, 32, 32, 3)]
    made = [records(seed)[:2] for seed in range(6)]

    def pairs(parts):
        return sorted((bytes(x), int(y)) for images, labels in parts for x, y in zip(images, labels, strict=True))

    def pixels(x):
        return np.rint(x * 255).astype(np.uint8)

    loaded = [(pixels(data.x_train), data.y_train), (pixels(data.x_val), data.y_val)]
    assert pairs(loaded) == pairs(made[:5])
    assert pairs([(pixels(data.x_test), data.y_test)]) == pairs(made[5:])
    assert np.bincount(data.y_val).tolist() == [5] * 10  # stratified
    assert 0 <= data.x_train.min() and data.x_train.max() <= 1 and data.x_train.flags.c_contiguous


def test_the_network_is_asked_once(served, tmp_path):
    one = load(served, tmp_path)
    same, other = load(served, tmp_path), load(served, tmp_path, seed=1)
    assert served.requests == 1 and [p.name for p in tmp_path.iterdir()] == ["cifar-10-binary.tar.gz"]
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not np.array_equal(one.y_train, other.y_train)
    assert one.x_train.dtype == np.float32
    # A file that was damaged since is fetched again.
    (tmp_path / "cifar-10-binary.tar.gz").write_bytes(WHOLE[:-100])
    load(served, tmp_path)
    assert served.requests == 2


def test_small_subsets(served, tmp_path):
    data = load(served, tmp_path, train=30, val=20, test=10)
    assert [len(part) for part in data] == [30, 30, 20, 20, 10, 10]
    assert [len(part) for part in load(served, tmp_path, train=1, val=0, test=1)] == [1, 1, 0, 0, 1, 1]
    with pytest.raises(ValueError, match="train must be at most 180, not 181"):
        load(served, tmp_path, train=181, val=20)
    with pytest.raises(ValueError, match="test must be at most 40, not 41"):
        load(served, tmp_path, test=41)
    with pytest.raises(ValueError, match="val must be at least 0"):
        load(served, tmp_path, val=-1)
    with pytest.raises(TypeError, match="dtype must be a float type, not uint8"):
        load(served, tmp_path, dtype=np.uint8)


def test_broken_off_and_gone_on(served, tmp_path):
    served.content, served.announced = WHOLE[: len(WHOLE) // 2], len(WHOLE)
    with pytest.raises(ConnectionError, match=rf"broke off after {len(WHOLE) // 2} of {len(WHOLE)} bytes"):
        load(served, tmp_path, md5=md5(WHOLE))
    assert not (tmp_path / "cifar-10-binary.tar.gz").exists()
    served.content = WHOLE
    assert len(load(served, tmp_path).x_test) == N
    assert [p.name for p in tmp_path.iterdir()] == ["cifar-10-binary.tar.gz"]


def test_neither_another_file_nor_too_long_a_one_is_kept(served, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=f"checksum {md5(WHOLE)}, not {cifar10.MD5}; nothing of it is kept"):
        load_cifar10(np.random.default_rng(0), folder=tmp_path, url=served.url, progress=False)
    monkeypatch.setattr(cifar10, "LIMIT", len(WHOLE) - 1)
    with pytest.raises(ValueError, match=rf"has {len(WHOLE)} bytes; at most {len(WHOLE) - 1} are accepted"):
        load(served, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_offline(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    path = tmp_path / "cifar-10-binary.tar.gz"
    with pytest.raises(ConnectionError, match=rf"(?s)could not be fetched .*put it at {re.escape(str(path))}"):
        load_cifar10(np.random.default_rng(0), folder=tmp_path, url="http://127.0.0.1:9/x", progress=False)
    path.write_bytes(WHOLE)
    assert len(load_cifar10(np.random.default_rng(0), folder=tmp_path, md5=md5(WHOLE), val=50).x_test) == N


def test_a_checksum_may_be_in_capitals(served, tmp_path):
    load(served, tmp_path, md5=md5(WHOLE).upper())
    load(served, tmp_path, md5=md5(WHOLE).upper())
    assert served.requests == 1


def test_only_generators_shuffle(served, tmp_path):
    with pytest.raises(TypeError, match="rng must be a generator"):
        load_cifar10(0, folder=tmp_path, url=served.url)
    assert served.requests == 0


def test_a_small_file_that_unpacks_to_a_large_one(served, tmp_path, monkeypatch):
    served.content = archive({"filler": bytes(2_000_000), **FILES})
    monkeypatch.setattr(cifar10, "LIMIT", 2_000_000)
    assert len(served.content) < cifar10.LIMIT
    with pytest.raises(ValueError, match="unpacks to more than the 2000000 bytes"):
        load(served, tmp_path)


def link(name, target, kind=tarfile.SYMTYPE):
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry


def test_hostile_members_are_never_unpacked(served, tmp_path):
    folder = tmp_path / "in"
    served.content = archive(
        {"../outside": b"x", str(tmp_path / "absolute"): b"x", **FILES}, [link("link", "/etc/passwd")]
    )
    load(served, folder)
    assert [p.name for p in tmp_path.iterdir()] == ["in"]
    assert [p.name for p in folder.iterdir()] == ["cifar-10-binary.tar.gz"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (archive({k: v for k, v in FILES.items() if k != TEST}), "does not hold cifar-10-batches-bin/test_batch.bin"),
        (archive({k: v for k, v in FILES.items() if k != TEST}, [link(TEST, "/etc/passwd")]), "does not hold"),
        (archive({**FILES, TEST: FILES[TEST][:-1]}), "not a whole number of images"),
        (archive({**FILES, TEST: b""}), "has 0 bytes"),
        (archive({**FILES, TEST: bytes(3073 * 10_001)}), "not a whole number of images|30733"),
        (archive({**FILES, TEST: b"\x0a" + FILES[TEST][1:]}), "the test images hold a class 10"),
        (WHOLE[: len(WHOLE) // 2], "is not a readable archive"),
        (b"<html>not found</html>", "is not a readable archive"),
        (gzip.compress(b"no tar at all" * 99), "is not a readable archive"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # gzip's bytes hold the time
)
def test_an_archive_that_is_not_one_is_named(served, tmp_path, content, words):
    served.content = content
    with pytest.raises(ValueError, match=words):
        load(served, tmp_path)


def test_names_are_in_the_published_order():
    assert NAMES == ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    assert cifar10.MD5 == "c32a1d4ab5d03f1284b67883e8d87530"
