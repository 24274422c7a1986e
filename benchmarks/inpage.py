"""An exercise done in the page: what is loaded, when Python is ready, and how long a check takes, in Chromium."""

from __future__ import annotations

import contextlib
import gzip
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from course_lib import chapters
from course_lib.exercises import Exercise
from course_lib.site.build import build
from course_lib.studies.table import Table

from .site import ROOT, find_chromium

PACKAGES = ()
HOW = "one visit, the median of three checks"
VISITS, CHECKS = 1, 3
#: How many times the page is slower: its process runs that part of each slice of time, and is stopped for the rest.
DEVICES = {"laptop": 1, "six times slower": 6}
SLICE = 0.03  # seconds

MEASURE = """async ([name, right, known, unknown, checks]) => {
  const times = {}, took = async (key, act) => {
    const start = performance.now();
    await act();
    (times[key] ??= []).push(performance.now() - start);
  };
  const place = document.querySelector(`[data-exercise=${name}]`);
  await took("ready", async () => { await course.load("client.js"); await course.inpage.begin(); });
  await course.load(place.dataset.script);
  const check = (text) => course.inpage.check(course.exercises[name], text);
  await took("first", () => check(known));
  await new Promise((done) => setTimeout(done, 8000)); // the reader writes, the page rehearses
  for (let i = 0; i < checks; i++) {
    await took("right", () => check(right));
    await took("known", () => check(known));
    await took("unknown", () => check(unknown));
  }
  return times;
}"""


@contextlib.contextmanager
def slowed(browser: Browser, times: int) -> Iterator[None]:
    """Let the browser's page processes run only a part of the time."""
    session = browser.new_browser_cdp_session()
    found = session.send("SystemInfo.getProcessInfo")["processInfo"]
    pids = [process["id"] for process in found if process["type"] == "renderer"]
    done = threading.Event()

    def stop_and_go() -> None:
        while not done.is_set():
            for signal_, seconds in ((signal.SIGSTOP, SLICE * (1 - 1 / times)), (signal.SIGCONT, SLICE / times)):
                for pid in pids:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal_)
                time.sleep(seconds)

    thread = threading.Thread(target=stop_and_go, daemon=True)
    if times > 1:
        thread.start()
    yield
    done.set()
    if times > 1:
        thread.join()


def visit(browser: Browser, exercise: Exercise, slower: int) -> dict[str, float]:
    """Open a page anew, and return the times in ms: Python ready, a first check, and later ones of three answers."""
    page = browser.new_page()
    page.set_default_timeout(300_000)
    page.goto((ROOT / "_build" / "html" / "book" / f"{exercise.page}.html").as_uri())
    unknown = exercise.source.replace("return ", "return 1.5 * ", 1)
    answers = [exercise.source, exercise.mutants[0].patch(exercise.source), unknown]
    with slowed(browser, slower):
        times = page.evaluate(MEASURE, [exercise.name, *answers, CHECKS])
    page.close()
    return {key: median(values) for key, values in times.items()}


def weight(exercise: Exercise) -> int:
    """Return the bytes of all that the page loads for an exercise, compressed."""
    folder = ROOT / "_build" / "html" / "_static" / "inpage"
    names = ["exercise.js", "client.js", "editor.js", "python.js", f"ex-{exercise.name}.js"]
    return sum(len(gzip.compress((folder / name).read_bytes(), 9)) for name in names)


def tables() -> Iterator[Table]:
    """Yield the times of each chapter's longest exercise, on a laptop and on something slower."""
    if build(ROOT):
        sys.exit("the book does not build")
    longest: dict[str, Exercise] = {}
    for exercise in chapters.exercises().values():
        if not exercise.packages and len(exercise.mutants) > len(getattr(longest.get(exercise.page), "mutants", ())):
            longest[exercise.page] = exercise
    rows = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        for exercise in longest.values():
            for device, slower in DEVICES.items():
                visits = [visit(browser, exercise, slower) for _ in range(VISITS)]
                times = [median(one[key] for one in visits) for key in ("ready", "first", "right", "known", "unknown")]
                shown = [f"{ms / 1000:.2f} s" for ms in times]
                rows.append((f"`{exercise.name}`, {device}", f"{weight(exercise) / 1024:.0f} KiB", *shown))
        text = f"With {browser.browser_type.name.capitalize()} {browser.version}; from disk."
        browser.close()
    head = ("exercise", "loaded once", "Python ready", "first check", "right", "known mistake", "unknown mistake")
    yield Table("An exercise in the page", text, head, rows)
