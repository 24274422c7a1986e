"""Live experiments: sliders and draggable points over the library's own algorithms, in a notebook and on the site.

>>> from course_lib import explore
>>> explore.race(surface="saddle")
race(surface='saddle', kappa=50.0, lr=0.05, rho=0.9, start=[1.0, 0.001])
"""

from pathlib import Path

from course_lib.explore.compile import CompileError
from course_lib.explore.experiment import Experiment
from course_lib.explore.momentum import eigen, noise, phase
from course_lib.explore.page import compiled
from course_lib.explore.race import race

#: Every experiment of the book: name → function that makes it.
EXPERIMENTS = {"race": race, "phase": phase, "eigen": eigen, "noise": noise}

_JS = Path(__file__).parent / "js"

__all__ = ["EXPERIMENTS", "CompileError", "Experiment", "eigen", "noise", "phase", "race", "site_assets"]


def site_assets() -> dict[str, str]:
    """What every page of the site loads, in this order: file name → text (classic scripts, and a style sheet)."""
    made = {name: make() for name, make in EXPERIMENTS.items()}
    library = compiled({name: e for name, e in made.items() if not e.spec["tabulated"]})
    files = [
        "explore.css",
        "d3.js",
        "runtime.js",
        "marks.js",
        "controls.js",
        "panels.js",
        "experiment.js",
        "library.js",
        "site.js",
    ]
    return {f: library if f == "library.js" else (_JS / f).read_text("utf-8") for f in files}
