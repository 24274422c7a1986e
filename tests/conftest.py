"""What every test relies on: one thread for each process, no window, no clock; and the order of the slow ones."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Before numpy is imported: pytest-xdist already runs one process a core.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("MPLBACKEND", "Agg")

# A deadline would make a test depend on how busy the machine is.
settings.register_profile("course", deadline=None, print_blob=True)
settings.load_profile("course")

SITE = Path(__file__).parent / "site"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Build the site first, beside the other tests, and open its pages last: no worker waits for the build."""

    def place(item: pytest.Item) -> int:
        if SITE not in item.path.parents:
            return 1
        return 0 if item.path.name == "test_static.py" else 2

    items.sort(key=place)


def pytest_terminal_summary(terminalreporter) -> None:
    """Say loudly what was not tested for want of a browser."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if "NO BROWSER" in str(report.longrepr)]
    if skipped:
        terminalreporter.section("NO BROWSER", sep="!", red=True, bold=True)
        terminalreporter.line(f"{len(skipped)} tests of the site were SKIPPED: no Chromium on this machine.", red=True)
        terminalreporter.line("Install one (Debian: apt install chromium), or name one: CHROMIUM=/path make test")
