"""The engine of live experiments: sliders and draggable points over the library's own algorithms, here and on the site.

The experiments themselves are in the chapters.

>>> from course_lib.chapters.ch03_momentum import explore
>>> explore.race(surface="saddle")
race(surface='saddle', kappa=50.0, lr=0.05, rho=0.9, start=[1.0, 0.001])
"""

from collections.abc import Iterable
from pathlib import Path

from course_lib.explore.compile import CompileError
from course_lib.explore.experiment import Experiment
from course_lib.explore.moves import move_as_text
from course_lib.explore.page import compiled

_JS = Path(__file__).parent / "js"

__all__ = ["CompileError", "Experiment", "move_as_text", "site_assets"]


def site_assets(experiments: Iterable[Experiment]) -> dict[str, str]:
    """Return what every page of the site loads, in order: file name → text (classic scripts, and a style sheet)."""
    library = compiled({e.key: e for e in experiments if not e.spec["tabulated"]})
    files = [
        "explore.css",
        "d3.js",
        "runtime.js",
        "marks.js",
        "rasters.js",
        "controls.js",
        "handles.js",
        "panels.js",
        "experiment.js",
        "library.js",
        "site.js",
        "address.js",
    ]
    return {f: library if f == "library.js" else (_JS / f).read_text("utf-8") for f in files}
