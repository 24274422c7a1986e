"""The benchmark of the site measures the pages of the book, as a static host sends them."""

import functools
import gzip
import http.server
import threading
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from benchmarks import site

TEXT = (
    "<!DOCTYPE html><title>t</title><link rel=icon href='data:,'><body style='font-size: 60px'>"
    + "words and more words " * 200
)


@pytest.fixture
def server(tmp_path):
    (tmp_path / "page.html").write_text(TEXT)
    handler = functools.partial(site.Compressing, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/"
        running.shutdown()


def test_text_is_sent_compressed(server):
    with urllib.request.urlopen(server + "page.html") as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(answer.read()).decode() == TEXT


def test_every_chapter_is_measured():
    chapters = {path.stem for path in (Path(site.__file__).parents[1] / "book").glob("[0-9][0-9]_*.ipynb")}
    assert set(site.pages()) == {"index", *chapters}


@pytest.mark.browser
def test_a_visit_counts_bytes_requests_and_paints(server):
    try:
        executable = site.find_chromium()
    except SystemExit:
        pytest.skip("NO BROWSER: install Chromium, or name one in $CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        weight, requests, (first, largest, blocked, shift) = site.visit(browser, server + "page.html", "desktop")
        browser.close()
    assert requests == 1
    assert 100 < weight < len(TEXT)
    assert 0 < first <= largest
    assert blocked >= 0 and shift == 0
