"""What every test relies on: one thread for each process, no window, no clock; and the order of the slow ones."""

import json
import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import settings

# Before numpy is imported: pytest-xdist already runs one process a core.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("MPLBACKEND", "Agg")
# A shell lets what it starts in the background ignore Ctrl-C; what tests start would ignore it, too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# jsonschema, which nbformat imports, would compile a grammar for each kind of address: see course_lib/site/build.py.
sys.modules.setdefault("rfc3987_syntax", None)

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
        terminalreporter.line(
            "Install one (Debian: apt install chromium-headless-shell), or name one: CHROMIUM=/path make test"
        )
    if any("NO FIREFOX" in str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])):
        terminalreporter.line(
            "NO FIREFOX: exercises were not checked in it (Debian: apt install firefox-esr).", red=True
        )
    if any("NO CONFINEMENT" in str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])):
        terminalreporter.line("NO CONFINEMENT: `course grade` was not tested with hostile answers.", red=True)


def _close(got, wanted, where="", rtol=1e-9, atol=1e-12):
    """Compare nested data; the first difference is named."""
    if isinstance(wanted, dict):
        assert got.keys() == wanted.keys(), where
        for key in wanted:
            _close(got[key], wanted[key], f"{where}.{key}", rtol, atol)
    elif isinstance(wanted, list):
        assert len(got) == len(wanted), where
        for i, (g, w) in enumerate(zip(got, wanted, strict=True)):
            _close(g, w, f"{where}[{i}]", rtol, atol)
    elif isinstance(wanted, float) and got is not None:
        assert got == pytest.approx(wanted, rel=rtol, abs=atol), where
    else:
        assert got == wanted, where


def _compare_runs(got, wanted, where):
    """Chaotic or exploding runs part ways by round-off in the end: compare while they are of ordinary size."""
    import numpy as np

    assert got.keys() == wanted.keys()
    compared = 0
    for key, w in wanted.items():
        g = got[key]
        if not isinstance(w, dict):
            if isinstance(w, float) and not key.startswith("steps_"):
                _close(g, w, f"{where} {key}")
            elif not isinstance(w, float):
                assert g == w, f"{where} {key}"
            continue
        for axis in w:
            a, b = (np.array(v, dtype=float) for v in (g[axis], w[axis]))
            assert a.shape == b.shape
            wild = np.flatnonzero(~(np.abs(b) < 1e3))
            end = min(int(wild[0]) if wild.size else b.size, 150)
            np.testing.assert_allclose(a[:end], b[:end], rtol=1e-6, atol=1e-9, err_msg=f"{where} {key}.{axis}")
            compared += end
    return compared


def _run(script, expression):
    """Run a compiled script in the page's runtime, and return the value of an expression."""
    quickjs = pytest.importorskip("quickjs")
    from course_lib.explore import site_assets

    context = quickjs.Context()
    context.eval(site_assets([])["runtime.js"])
    context.eval(script)
    return json.loads(context.eval(f"[JSON.stringify({expression})].join('')"))


@pytest.fixture(scope="session")
def twin():
    """Hold what JavaScript gives against what Python gives: `run(script, expression)`, `close`, `compare_runs`."""
    return SimpleNamespace(run=_run, close=_close, compare_runs=_compare_runs)
