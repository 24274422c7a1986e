"""The check of addresses outside the book, against a server of our own; and that the site has them to check."""

import http.server
import threading
import time

import pytest

from course_lib import cli
from course_lib.site.links import ask, check, outside


class Moody(http.server.BaseHTTPRequestHandler):
    """Answers a path that is a number with that status; `/get404` knows no HEAD; `/slow` takes its time."""

    def answer(self):
        wanted = self.path.strip("/")
        if wanted == "slow":
            time.sleep(1)
        status = 404 if wanted == "get404" and self.command == "HEAD" else int(wanted) if wanted.isdigit() else 200
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/200")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET = answer

    def log_message(self, *arguments):
        pass


@pytest.fixture
def moody():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Moody)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_what_an_address_says(moody):
    paths = {"/200": "", "/302": "", "/get404": "", "/403": "refuses programs", "/429": "refuses programs"}
    assert check(moody + path for path in paths) == {moody + path: said for path, said in paths.items()}
    assert ask(moody + "/404") == "404 Not Found"
    assert ask(moody + "/503") == "503 Service Unavailable"
    assert "timed out" in ask(moody + "/slow", seconds=0.2)
    assert "refused" in ask("http://127.0.0.1:9/").lower()
    assert ask("http://") != ""


def page(folder, name, *links):
    (folder / name).write_text("".join(f'<a href="{link}">x</a>' for link in links), "utf-8")


def test_only_what_leads_outside_is_asked_and_each_once(tmp_path, moody):
    page(tmp_path, "a.html", moody + "/200", moody + "/200#part", "b.html", "#here", "mailto:a@b.c")
    page(tmp_path, "b.html", moody + "/200")
    assert outside(tmp_path) == {moody + "/200": ["a.html", "b.html"]}


def test_the_command_names_what_is_dead_and_its_pages(tmp_path, moody, capsys):
    page(tmp_path, "a.html", moody + "/200", moody + "/403")
    assert cli.main(["links", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "2 addresses: 0 do not answer, 1 refuse programs\n"
    page(tmp_path, "b.html", moody + "/404")
    assert cli.main(["links", str(tmp_path)]) == 1
    assert capsys.readouterr().out.startswith(f"{moody}/404: 404 Not Found (on b.html)\n3 addresses: 1 do not")


def test_nothing_to_check_is_no_success(tmp_path, capsys):
    assert cli.main(["links", str(tmp_path)]) == 2
    assert "no page that links to another site" in capsys.readouterr().err


def test_the_bibliography_is_among_what_is_asked(site):
    pages = outside(site)
    papers = [address for address, where in pages.items() if "book/references.html" in where]
    assert len(papers) > 50 and all(address.startswith("https://") for address in papers)
