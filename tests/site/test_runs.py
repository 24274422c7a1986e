"""What the build's run of each chapter left: its figures, experiments and sources."""

import re

import nbformat
import pytest

from .conftest import NUMBERED, ROOT

#: What a cell that calls one of these shows.
SHOWS = {
    r"\bplt\.subplots\(": "image/svg+xml",
    r"\bshow_figure\(": "text/html",
    r"^(explore|ask)\.": "text/html",
    r"\bshow_source\(": "text/markdown",
}


@pytest.mark.slow
def test_every_figure_and_experiment_is_there(site, chapter):
    path = (ROOT / "_build/jupyter_execute" / chapter).with_suffix(".ipynb")
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    kinds = [(cell, kind) for cell in cells for call, kind in SHOWS.items() if re.search(call, cell.source, re.M)]
    assert len(kinds) > (3 if chapter in NUMBERED else 0)
    for cell, kind in kinds:
        shown = {name for output in cell.outputs for name in output.get("data", {})}
        assert kind in shown or "setup" in cell.metadata.tags, cell.id
