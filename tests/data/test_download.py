"""Downloads from a server on loopback that can break off, ignore ranges, lie and fail."""

import hashlib
import http.server
import re
import socket
import sys
import threading
import types
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from course_lib.data import download
from course_lib.data.download import fetch
from course_lib.progress import NoBar

CONTENT = np.random.default_rng(0).bytes(1_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
LIMIT = 1_000_000
TOO_LONG = r"has (1000000 bytes; at most 999999 are|more than the 999999 bytes that are) accepted"


@pytest.fixture
def served(monkeypatch):
    """What it does is set in `served`: the content, the status, ranges or not, and after how many bytes it hangs up."""
    state = types.SimpleNamespace(
        content=CONTENT, status=200, ranges=True, hang_up=None, length=True, shift=0, stall=None, asked=[], agents=set()
    )

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            state.asked.append(asked := self.headers.get("Range"))
            state.agents.add(self.headers.get("User-Agent"))
            content, status = state.content, state.status
            extra = {}
            if asked and state.ranges and status == 200:
                start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1])
                if start >= len(content):
                    return self.send_error(416)
                status = 206
                extra["Content-Range"] = f"bytes {start + state.shift}-{len(content) - 1}/{len(content)}"
                content = content[start + state.shift :]
            self.send_response(status)
            if state.length:
                extra["Content-Length"] = str(len(content))
            for name, value in extra.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content[: state.hang_up])
            if state.stall:
                self.wfile.flush()
                state.stall.wait(10)

        def log_message(self, *args):
            pass

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # a client that goes away is part of the tests
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/weights.pth"
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def get(served, file, **options):
    options = {"most_bytes": LIMIT, "sha256": SHA256, "progress": False} | options
    return fetch(served.url, file, **options)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_whole_and_asked_for_once(served, tmp_path):
    file = tmp_path / "new" / "folder" / "weights.pth"
    assert get(served, file) == file and file.read_bytes() == CONTENT and names(file.parent) == ["weights.pth"]
    assert get(served, str(file), sha256=SHA256[:8].upper()) == file
    assert get(served, file, sha256=None, md5=hashlib.md5(CONTENT).hexdigest()) == file
    assert served.asked == [None] and served.agents == {"course-lib"}


@pytest.mark.parametrize("length", [True, False])
def test_without_a_length(served, tmp_path, length):
    served.length = length
    assert get(served, tmp_path / "weights.pth", sha256=SHA256[:8]).read_bytes() == CONTENT


@pytest.mark.parametrize("cut", [1, 400_000, 999_999])
def test_broken_off_and_resumed(served, tmp_path, cut):
    file = tmp_path / "weights.pth"
    served.hang_up = cut
    with pytest.raises(ConnectionError, match=rf"broke off after {cut} of 1000000 bytes\)\. What arrived is kept"):
        get(served, file)
    assert names(tmp_path) == [".weights.pth.part"]
    assert (tmp_path / ".weights.pth.part").read_bytes() == CONTENT[:cut]
    served.hang_up = None
    assert get(served, file).read_bytes() == CONTENT and names(tmp_path) == ["weights.pth"]
    assert served.asked == [None, f"bytes={cut}-"]


def test_broken_off_again_and_again(served, tmp_path):
    served.hang_up = 300_000
    for _ in range(3):
        with pytest.raises(ConnectionError, match="broke off"):
            get(served, tmp_path / "weights.pth")
    assert get(served, tmp_path / "weights.pth").read_bytes() == CONTENT
    assert served.asked == [None, "bytes=300000-", "bytes=600000-", "bytes=900000-"]


def test_interrupted_by_the_reader_and_resumed(served, tmp_path, monkeypatch):
    class Bar(NoBar):
        def update(self, n=1):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(download, "progress_bar", lambda *arguments, **options: Bar())
        with pytest.raises(KeyboardInterrupt):
            get(served, tmp_path / "weights.pth")
    assert names(tmp_path) == [".weights.pth.part"]
    assert get(served, tmp_path / "weights.pth").read_bytes() == CONTENT
    assert served.asked == [None, f"bytes={download.PIECE}-"]


def test_a_server_that_ignores_ranges_sends_all_again(served, tmp_path):
    served.ranges, served.hang_up = False, 400_000
    for _ in range(2):
        with pytest.raises(ConnectionError, match="broke off after 400000 of"):
            get(served, tmp_path / "weights.pth")
    served.hang_up = None
    assert get(served, tmp_path / "weights.pth").read_bytes() == CONTENT
    assert names(tmp_path) == ["weights.pth"]


def test_a_server_that_sends_another_range(served, tmp_path):
    (tmp_path / ".weights.pth.part").write_bytes(CONTENT[:500])
    served.shift = 3
    with pytest.raises(ValueError, match="did not send its bytes from 500 on, but others"):
        get(served, tmp_path / "weights.pth")
    assert names(tmp_path) == []


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize(
    ("part", "asked"),
    [
        (b"of an older file" * 1000, ["bytes=16000-", None]),
        (CONTENT, ["bytes=1000000-"]),  # complete, but not in place yet
        (b"?" * 1_000_000, ["bytes=1000000-", None]),
        (CONTENT + b"and more", ["bytes=1000008-", None]),
        (b"", [None]),
    ],
    ids=["older", "complete", "as long", "longer", "empty"],
)
def test_whatever_was_left_the_file_is_right(served, tmp_path, part, asked, ranges):
    (tmp_path / ".weights.pth.part").write_bytes(part)
    served.ranges = ranges
    assert get(served, tmp_path / "weights.pth").read_bytes() == CONTENT
    assert names(tmp_path) == ["weights.pth"]
    assert served.asked == (asked if ranges else asked[:1])  # sent whole at the first time


@pytest.mark.parametrize("resumed", [False, True])
def test_wrong_checksum(served, tmp_path, resumed):
    if resumed:
        (tmp_path / ".weights.pth.part").write_bytes(CONTENT[:1000])
    with pytest.raises(ValueError, match=f"{served.url} has the sha256 checksum {SHA256}, not 0123abcd; nothing of it"):
        get(served, tmp_path / "weights.pth", sha256="0123abcd")
    assert names(tmp_path) == [] and len(served.asked) == 1 + resumed
    # What was there stays.
    (tmp_path / "weights.pth").write_bytes(b"old")
    with pytest.raises(ValueError, match="has the md5 checksum"):
        get(served, tmp_path / "weights.pth", sha256=None, md5="0" * 32)
    assert (tmp_path / "weights.pth").read_bytes() == b"old" and names(tmp_path) == ["weights.pth"]


def test_a_damaged_file_is_fetched_again(served, tmp_path):
    (tmp_path / "weights.pth").write_bytes(CONTENT[:-1])
    assert get(served, tmp_path / "weights.pth").read_bytes() == CONTENT


@pytest.mark.parametrize("length", [True, False])
def test_too_long(served, tmp_path, length):
    served.length = length
    with pytest.raises(ValueError, match=TOO_LONG):
        get(served, tmp_path / "weights.pth", most_bytes=999_999)
    assert names(tmp_path) == []
    (tmp_path / ".weights.pth.part").write_bytes(CONTENT[:1000])  # the rest alone would be short enough
    with pytest.raises(ValueError, match=TOO_LONG):
        get(served, tmp_path / "weights.pth", most_bytes=999_999)
    assert names(tmp_path) == []
    assert get(served, tmp_path / "weights.pth", most_bytes=1_000_000).read_bytes() == CONTENT


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_a_server_that_refuses(served, tmp_path, status):
    served.status = status
    file = tmp_path / "weights.pth"
    words = rf"weights.pth could not be fetched from {served.url} \(HTTP status {status}, .+\)\. Offline: fetch it "
    with pytest.raises(ConnectionError, match=words):
        get(served, file)
    assert names(tmp_path) == []
    (tmp_path / ".weights.pth.part").write_bytes(CONTENT[:1000])
    with pytest.raises(ConnectionError, match="What arrived is kept"):
        get(served, file)
    served.status = 200
    assert get(served, file).read_bytes() == CONTENT and served.asked[-1] == "bytes=1000-"


def test_no_network(tmp_path):
    with socket.socket() as closed:  # bound and not listening: nobody else can answer there
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/weights.pth"
        file = tmp_path / "weights.pth"
        with pytest.raises(ConnectionError) as told:
            fetch(url, file, most_bytes=9, sha256="0" * 8, progress=False)
        words = str(told.value)
        assert words.startswith(f"weights.pth could not be fetched from {url} (")
        assert words.endswith(f"). Offline: fetch it elsewhere, and put it at {file}") and "\n" not in words
        assert names(tmp_path) == []
        file.write_bytes(b"wrong")
        with pytest.raises(ConnectionError, match=r"The existing file has another checksum\. Offline"):
            fetch(url, file, most_bytes=9, sha256="0" * 8, progress=False)
        file.write_bytes(CONTENT)  # put there by hand
        assert fetch(url, file, most_bytes=9, sha256=SHA256) == file


def test_a_server_that_falls_silent(served, tmp_path):
    served.stall, served.hang_up = threading.Event(), 300_000
    try:
        with pytest.raises(ConnectionError, match=r"timed out\)\. What arrived is kept"):
            get(served, tmp_path / "weights.pth", timeout=0.2)
    finally:
        served.stall.set()
    served.hang_up = None
    assert get(served, tmp_path / "weights.pth").read_bytes() == CONTENT
    assert served.asked == [None, f"bytes={download.PIECE}-"]  # whole pieces are kept


@pytest.mark.parametrize("there", [0, 5000])
def test_of_several_at_once_one_downloads(served, tmp_path, monkeypatch, there):
    monkeypatch.setattr(download, "PIECE", 10_000)
    for i in range(5):
        file = tmp_path / str(i) / "weights.pth"
        if there:
            file.parent.mkdir()
            file.with_name(".weights.pth.part").write_bytes(CONTENT[:there])
        served.asked.clear()
        with ThreadPoolExecutor(8) as pool:
            for path in pool.map(lambda _, file=file: get(served, file), range(8)):
                assert path.read_bytes() == CONTENT
        assert names(file.parent) == ["weights.pth"] and len(served.asked) == 1


def test_where_a_folder_cannot_be_locked(served, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError("no locks here")

    monkeypatch.setattr(download.fcntl, "flock", refuse)
    assert get(served, tmp_path / "a").read_bytes() == CONTENT
    monkeypatch.setattr(download, "fcntl", None)  # Windows
    assert get(served, tmp_path / "b").read_bytes() == CONTENT
    assert names(tmp_path) == ["a", "b"]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"sha256": None}, TypeError, "either sha256 or md5 must be given"),
        ({"md5": "0" * 32}, TypeError, "either sha256 or md5 must be given"),
        ({"sha256": "f37072"}, ValueError, "sha256 must be 8 to 64 hexadecimal digits, not 'f37072'"),
        ({"sha256": "f37072fg"}, ValueError, "sha256 must be 8 to 64 hexadecimal digits"),
        ({"sha256": "0" * 65}, ValueError, "sha256 must be 8 to 64 hexadecimal digits"),
        ({"sha256": 12345678}, ValueError, "sha256 must be 8 to 64 hexadecimal digits, not 12345678"),
        ({"sha256": None, "md5": "0" * 8}, ValueError, "md5 must be 32 hexadecimal digits"),
        ({"most_bytes": 0}, ValueError, "most_bytes must be at least 1"),
        ({"most_bytes": 1e6}, TypeError, "most_bytes must be an integer"),
        ({"timeout": -1}, ValueError, "timeout must be finite and at least 0, not -1"),
    ],
)
def test_bad_arguments_ask_nobody(served, tmp_path, options, error, words):
    with pytest.raises(error, match=words):
        get(served, tmp_path / "weights.pth", **options)
    assert served.asked == [] and names(tmp_path) == []


def test_other_addresses_and_folders(served, tmp_path):
    for url in ("file:///etc/passwd", "ftp://example.org/x", "weights.pth", None):
        with pytest.raises(ValueError, match="url must begin with http:// or https://"):
            fetch(url, tmp_path / "weights.pth", most_bytes=9, sha256="0" * 8)
    with pytest.raises(ValueError, match=r"file must name a file, and .* is a folder"):
        get(served, tmp_path)
    assert served.asked == []


def test_progress_with_tqdm_goes_on_from_where_it_was(served, tmp_path, monkeypatch):
    seen = []

    class Bar:
        def __init__(self, items, total, initial, desc, **options):
            seen.extend([desc, total, initial])

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def update(self, n):
            seen[2] += n

    monkeypatch.setitem(sys.modules, "tqdm.auto", types.SimpleNamespace(tqdm=Bar))
    (tmp_path / ".weights.pth.part").write_bytes(CONTENT[:123_456])
    get(served, tmp_path / "weights.pth", progress=True)
    assert seen == ["weights.pth", 1_000_000, 1_000_000]
    assert served.asked == ["bytes=123456-"]


def test_progress_without_tqdm(served, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    get(served, tmp_path / "weights.pth", progress=True)
    said = capsys.readouterr()
    assert said.out == "" and said.err.endswith("\rweights.pth: 1.0 of 1.0 MB\n")
    (tmp_path / "weights.pth").unlink()
    get(served, tmp_path / "weights.pth")
    assert capsys.readouterr().err == ""
