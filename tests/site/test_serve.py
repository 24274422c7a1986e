"""The server behind `make book`."""

import socket
import threading
import urllib.error
import urllib.request

import pytest

from course_lib.site.serve import make_server


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "index.html").write_text("<h1>first</h1>")
    (tmp_path / "404.html").write_text("<h1>nothing here</h1>")
    return tmp_path


@pytest.fixture
def running(folder):
    server = make_server(folder, prefix="/sub/")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def get(address):
    try:
        with urllib.request.urlopen(address) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_files_are_served_under_the_prefix_only(running):
    assert get(running + "/sub/index.html") == (200, "<h1>first</h1>")
    assert get(running + "/sub/") == (200, "<h1>first</h1>")
    assert get(running + "/index.html")[0] == 404


@pytest.mark.parametrize(
    "path", ["/sub/x.html", "/sub/a/b/c", "/sub/../../etc/passwd", "/sub/%2e%2e/%2e%2e/etc/passwd"]
)
def test_missing_address_gets_the_sites_page(running, path):
    assert get(running + path) == (404, "<h1>nothing here</h1>")


def test_taken_port_gives_way_to_a_free_one(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = make_server(folder, port=taken.getsockname()[1])
        assert server.server_port != taken.getsockname()[1]
        server.server_close()


@pytest.mark.parametrize("port", [-1, 65536, 99999])
def test_port_that_is_none_is_refused(folder, port):
    with pytest.raises(ValueError, match=f"no port {port}"):
        make_server(folder, port)


def test_folder_without_a_site_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="make site"):
        make_server(tmp_path)
