"""Pages of the site at a first visit: what they weigh, and how long a reader waits, in Chromium."""

from __future__ import annotations

import gzip
import http.server
import io
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from course_lib.site.build import build
from course_lib.site.contents import chapters
from course_lib.site.serve import Handler
from course_lib.studies.table import Table

PACKAGES = ()
HOW = "median of five visits, nothing kept from the visit before"
ROOT = Path(__file__).parents[1]
VISITS = 5
#: A device: window, times that the processor is slowed down, and the connection: ms to an answer, bytes a second.
DEVICES = {
    "phone": ({"width": 412, "height": 823}, 4, (562.5, 1.5e6 * 0.9 / 8)),
    "desktop": ({"width": 1350, "height": 940}, 1, (40, 10e6 / 8)),
}
TEXT = {".html", ".css", ".js", ".svg"}

OBSERVE = """() => {
  window.seen = { shift: 0, largest: 0, tasks: [] };
  const watch = (type, f) =>
    new PerformanceObserver((list) => list.getEntries().forEach(f)).observe({ type, buffered: true });
  watch("layout-shift", (entry) => { if (!entry.hadRecentInput) seen.shift += entry.value; });
  watch("largest-contentful-paint", (entry) => { seen.largest = entry.startTime; });
  watch("longtask", (entry) => seen.tasks.push([entry.startTime, entry.duration]));
}"""
READ = """() => {
  const first = performance.getEntriesByName("first-contentful-paint")[0].startTime;
  const blocked = seen.tasks.filter(([start]) => start >= first).reduce((sum, [, took]) => sum + took - 50, 0);
  return [first, seen.largest, blocked, seen.shift];
}"""


class Compressing(Handler):
    """Serves as a static host does: text compressed, connections kept."""

    protocol_version = "HTTP/1.1"

    def send_head(self) -> io.BytesIO | None:
        path = Path(self.translate_path(self.path))
        if path.suffix not in TEXT or not path.is_file():
            return super().send_head()
        body = gzip.compress(path.read_bytes())
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return io.BytesIO(body)


def visit(browser: Browser, address: str, device: str) -> tuple[float, int, list[float]]:
    """Open a page as if for the first time; return bytes, requests, and the times in ms with the layout shift."""
    window, slower, (latency, speed) = DEVICES[device]
    context = browser.new_context(viewport=window)
    page = context.new_page()
    session = context.new_cdp_session(page)
    received: list[float] = []
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": latency, "downloadThroughput": speed, "uploadThroughput": speed},
    )
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.add_init_script(f"({OBSERVE})()")
    answer = page.goto(address, wait_until="networkidle")
    if answer is None or not answer.ok:
        raise ValueError(f"{address} is no page of the site")
    page.wait_for_timeout(2000)  # long tasks after all has come
    found = page.evaluate(READ)
    context.close()
    return sum(received), len(received), found


def find_chromium() -> str:
    """Return the Chromium that is named in $CHROMIUM, or installed."""
    for name in (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"):
        if name and (found := shutil.which(name)):
            return found
    sys.exit("install Chromium, or name one in $CHROMIUM")


def pages() -> list[str]:
    """Return the pages that are measured: the first, and every chapter."""
    return ["index", *(notebook.stem for notebook in chapters(ROOT).values())]


def tables() -> Iterator[Table]:
    """Yield a table of every page on every device."""
    if build(ROOT):
        sys.exit("the book does not build")
    handler = partial(Compressing, directory=str(ROOT / "_build" / "html"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        rows = []
        for name in pages():
            for device in DEVICES:
                address = f"http://127.0.0.1:{server.server_port}/book/{name}.html"
                visits = [visit(browser, address, device) for _ in range(VISITS)]
                weight, requests = visits[-1][:2]
                first, largest, blocked, shift = (
                    median(values) for values in zip(*(v[2] for v in visits), strict=True)
                )
                rows.append(
                    (
                        f"{name}, {device}",
                        f"{weight / 1024:.0f} KiB",
                        str(requests),
                        f"{first / 1000:.1f} s",
                        f"{largest / 1000:.1f} s",
                        f"{blocked:.0f} ms",
                        f"{shift:.3f}",
                    )
                )
        text = f"With {browser.browser_type.name.capitalize()} {browser.version}."
        browser.close()
        server.shutdown()
    yield Table("A first visit", text, ("page", "weight", "requests", "content", "largest", "blocked", "shift"), rows)
