"""The engine of questions: predictions before an experiment, and self-checks after a section.

The questions themselves are in the chapters.

>>> from course_lib.chapters.ch03_momentum import ask
>>> ask.gain()
Check yourself: A slope stays at 1, and ρ = 0.8. To what velocity v does momentum, v ← ρv + g, grow?
"""

from pathlib import Path

from course_lib.questions.asked import Asked, ask
from course_lib.questions.declaration import Choose, Number, Predict, Question
from course_lib.questions.lines import read_numbers

_JS = Path(__file__).parent / "js"

__all__ = ["Asked", "Choose", "Number", "Predict", "Question", "ask", "on_demand", "read_numbers", "site_assets"]


def site_assets() -> dict[str, str]:
    """Return what every page of the site loads, in order: file name → text (a style sheet, and classic scripts)."""
    files = ["question.css", "progress.js", "again.js", "question.js", "page.js"]
    return {name: (_JS / name).read_text("utf-8") for name in files}


def on_demand() -> dict[str, str]:
    """Return what the contents page loads when something is due to be recalled: file name → text (a classic script)."""
    return {"recall.js": (_JS / "recall.js").read_text("utf-8")}
