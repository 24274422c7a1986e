"""Experiments on the page: how long a moved control takes to the screen, in Chromium, on a slow processor, too."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import Locator, Page, sync_playwright

from course_lib import chapters
from course_lib.site.build import build
from course_lib.studies.table import Table

PACKAGES = ()
HOW = "a window of 1280×900 pixels"
ROOT = Path(__file__).parents[1]
SLOWER = (1, 4)  # times that the processor is slowed down
MOVES = 40

#: Move an input to and fro; for each move, the milliseconds until the frame that shows it is made.
TO_THE_SCREEN = """async (input, moves) => {
  const frame = () => new Promise(requestAnimationFrame);
  const after = () => new Promise((done) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  });
  const times = [];
  for (let i = 0; i < moves; i++) {
    await frame();
    await frame();
    const began = performance.now();
    input.value = Math.round(input.max * (0.2 + 0.6 * ((i * 7) % moves) / moves));
    input.dispatchEvent(new Event("input", { bubbles: true }));
    await frame();
    await after();
    times.push(performance.now() - began);
  }
  return times;
}"""

#: An input that nothing listens to: what the page and the measuring cost by themselves.
EMPTY = (
    "document.body.append(Object.assign(document.createElement('input'), { type: 'range', id: 'empty', max: 1000 }))"
)


@dataclass(frozen=True)
class Answer:
    """What moves of one control cost, in milliseconds."""

    experiment: str
    control: str
    work: float  #: of the page's main thread, a move
    times: Sequence[float]  #: of each move, until its frame is made


def find_chromium() -> str:
    """Return the Chromium that is named in $CHROMIUM, or installed."""
    for name in (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"):
        if name and (found := shutil.which(name)):
            return found
    sys.exit("install Chromium, or name one in $CHROMIUM")


def move(page: Page, control: Locator, moves: int = MOVES) -> tuple[float, list[float]]:
    """Move a control; return the main thread's work a move, and the time of each move."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def busy() -> float:
        found = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
        return 1000 * sum(found[f"{part}Duration"] for part in ("Script", "Layout", "RecalcStyle"))

    control.evaluate(TO_THE_SCREEN, 5)  # the first moves compile the script
    before = busy()
    times = control.evaluate(TO_THE_SCREEN, moves)
    work = (busy() - before) / moves
    session.detach()
    return work, times


def answers(page: Page, slower: float, moves: int = MOVES) -> Iterator[Answer]:
    """Yield the answers of an empty control, then of every slider of every experiment on a page."""
    page.evaluate(EMPTY)
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    yield Answer("", "an empty control", *move(page, page.locator("#empty"), moves))
    for place in page.locator("[data-course-experiment]").all():
        place.scroll_into_view_if_needed()
        page.wait_for_function("place => place.dataset.ready", arg=place.element_handle())
        for control in place.locator("input[type=range]:visible").all():
            name = control.get_attribute("data-control")
            yield Answer(place.get_attribute("id"), name, *move(page, control, moves))


def p95(times: Sequence[float]) -> float:
    return quantiles(times, n=20, method="inclusive")[-1]


def table(title: str, runs: Sequence[Sequence[Answer]]) -> Table:
    """Return the table of one page: a row for each control, columns for each slowness."""
    rows = []
    for same in zip(*runs, strict=True):
        cells = [f"{same[0].experiment} {same[0].control}".strip()]
        for answer, (empty, *_) in zip(same, runs, strict=True):
            usual = 0.0 if answer is empty else median(empty.times)
            cells += [f"{answer.work:.1f}"]
            cells += [f"{max(0.0, of - usual):.0f}" for of in (median(answer.times), p95(answer.times))]
        rows.append(tuple(cells))
    header = ["control"]
    for slower in SLOWER:
        header += [f"{slower}×: work", "to screen, p50", "p95"]
    return Table(
        title,
        "Milliseconds, with the processor as it is and slowed down by Chromium. *Work* is what one move costs the "
        "page's main thread in script, style and layout. *To screen* is the time from a move until its frame is made, "
        f"of {MOVES} moves, less the median of an empty control, which waits for the same frame.",
        tuple(header),
        rows,
    )


def tables() -> Iterator[Table]:
    """Yield a table for each page with experiments, of the site that is built first."""
    if build(ROOT):
        sys.exit("the book does not build")
    pages = sorted({make.page for make in chapters.experiments().values()})
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=flags)
        for name in pages:
            runs = []
            for slower in SLOWER:
                page = chromium.new_page(viewport={"width": 1280, "height": 900})
                page.goto((ROOT / "_build/html/book" / f"{name}.html").as_uri())
                runs.append(list(answers(page, slower)))
                page.close()
            yield table(f"Controls of {name}, Chromium {chromium.version}", runs)
        chromium.close()
