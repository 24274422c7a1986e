"""Answers judged in Firefox, where there is one: a page that checks by itself, and posts what was said."""

import http.server
import json
import shutil
import subprocess
import threading
from functools import partial
from pathlib import Path

import pytest

from ..whole import WHOLE
from . import answers, test_gate

FIREFOX = next(filter(None, map(shutil.which, ("firefox", "firefox-esr"))), None)
SECONDS = 240  # for all of it; no answer at all fails

CHECK_ALL = """
(async () => {
  const tell = (said) => fetch("said", { method: "POST", body: JSON.stringify(said) });
  try {
    const said = [];
    for (const { name, text } of await (await fetch("asked.json")).json())
      said.push(await course.inpage.check(course.exercises[name], text, 1));
    await tell(said);
  } catch (error) {
    await tell(String(error.stack ?? error));
  }
})();
"""


class Listener(http.server.SimpleHTTPRequestHandler):
    """Serve a folder, and keep what a page posts."""

    def do_POST(self) -> None:
        self.server.said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()
        self.server.heard.set()

    def log_message(self, *words: object) -> None:
        pass


def asked_in_firefox(folder: Path, profile: Path, asked: list[dict]) -> list[dict]:
    """Return what Firefox says of texts, each {"name": exercise, "text": …}."""
    (folder / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
    (folder / "check.js").write_text(CHECK_ALL, encoding="utf-8")
    page = (folder / "index.html").read_text("utf-8") + '<script src="check.js"></script>'
    (folder / "firefox.html").write_text(page, encoding="utf-8")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Listener, directory=str(folder)))
    server.heard = threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/firefox.html"
    command = [FIREFOX, "--headless", "--no-remote", "--profile", str(profile), address]
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert server.heard.wait(SECONDS), "Firefox has not answered"
    finally:
        browser.terminate()
        browser.wait()
        server.shutdown()
        server.server_close()
    return server.said


@pytest.mark.browser
def test_answers_are_judged_as_in_python(tmp_path):
    if FIREFOX is None:
        pytest.skip("NO FIREFOX: Debian's package is firefox-esr")
    exercise = test_gate.KINDS[-1]
    any_text = answers.common_answers(exercise) | answers.unreadable_texts(exercise)
    texts = {
        **answers.own_answers(exercise),
        **{label: any_text[label] for label in [*any_text][:: 1 if WHOLE else 3]},
        "while True": answers.endless_texts(exercise)["while True"],
    }
    folder, profile = tmp_path / "page", tmp_path / "profile"
    for made in (folder, profile):
        made.mkdir()
    test_gate.write_page(folder, [exercise])
    said = asked_in_firefox(folder, profile, [{"name": exercise.name, "text": text} for text in texts.values()])
    assert not isinstance(said, str), said
    there = dict(zip(texts, map(test_gate.without_words, said), strict=True))
    python = test_gate.judged_by_python(exercise, texts, seconds=1.0)
    assert there == {label: test_gate.without_words(result) for label, result in python.items()}
