"""Chapters as Colab runs them: their plain form in a clean environment of Colab's kind, where the first cell installs
the book.

One of them; `make whole` and, once a week, a workflow run all. The cell itself runs, address and
all; git is told to find that address in this repository. What is installed is the last commit.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from course_lib.site import numbers, repository
from course_lib.site.keys import cells
from course_lib.site.notebooks import dumps
from course_lib.site.plain import make_plain

from ..whole import WHOLE

ROOT = Path(__file__).parents[2]
CHAPTERS = sorted((ROOT / "book").glob("*.ipynb"))
#: The data that scikit-learn brings, of which Colab has its own version.
NEEDS_SKLEARN = re.compile(r"\b(sklearn|load_digits|load_photos)\b")
#: Colab keeps its own ipywidgets 7.7 and a NumPy older than the book's. (Its Python must be this one to be had here.)
COLAB = ["ipykernel<7", "ipython<9", "ipywidgets==7.7.1", "matplotlib==3.10.0", "numpy==2.0.2", "scikit-learn==1.6.1"]
PYTHON = Path("Scripts" if os.name == "nt" else "bin") / "python"
PRETEND = """
import sys, types
sys.modules["google.colab"] = types.ModuleType("google.colab")
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.version_info >= (3, 14), reason="the pinned wheels end at Python 3.13"),
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="installs from a git repository, and this is none"),
]


def chosen():
    """Return every chapter, or the shortest that needs scikit-learn."""
    with_sklearn = [path for path in CHAPTERS if NEEDS_SKLEARN.search(path.read_text("utf-8"))]
    return CHAPTERS if WHOLE else [min(with_sklearn, key=lambda path: len(cells(path)))]


def pip(environment, *arguments):
    command = [environment / PYTHON, "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, text=True, capture_output=True, encoding="utf-8")


@pytest.fixture(scope="module")
def colab(tmp_path_factory):
    """The environment, with its kernel's name for Jupyter and git's redirection in `os.environ`."""
    folder = tmp_path_factory.mktemp("colab")
    environment = folder / "env"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    done = pip(environment, "install", "--quiet", "--no-compile", *COLAB)
    if done.returncode:
        pytest.skip(f"NO NETWORK, or no such packages for this Python: {done.stderr.strip()[-300:]}")
    subprocess.run(
        [environment / PYTHON, "-m", "ipykernel", "install", "--prefix", folder, "--name", "colab"],
        check=True, capture_output=True,
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(folder / "share" / "jupyter"))
        patch.setenv("PIP_NO_COMPILE", "1")  # Python compiles what it imports, a tenth of what is installed
        patch.setenv("GIT_CONFIG_COUNT", "2")
        patch.setenv("GIT_CONFIG_KEY_0", f"url.{ROOT.as_uri()}.insteadOf")
        patch.setenv("GIT_CONFIG_VALUE_0", repository.current(ROOT))
        patch.setenv("GIT_CONFIG_KEY_1", "safe.directory")
        patch.setenv("GIT_CONFIG_VALUE_1", "*")
        patch.delenv("PYTHONPATH", raising=False)
        yield environment


RAN: list[Path] = []  # in the one environment


@pytest.mark.parametrize("chapter", chosen(), ids=lambda path: path.stem)
def test_the_chapter_runs_in_colab(chapter, colab, tmp_path):
    RAN.append(chapter)
    notebook = nbformat.reads(dumps(make_plain(chapter)), as_version=4)
    assert "colab" in notebook.cells[0].metadata.tags
    notebook.cells.insert(0, nbformat.v4.new_code_cell(PRETEND))
    NotebookClient(
        notebook, timeout=300, kernel_name="colab", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    outputs = [o for cell in notebook.cells if cell.cell_type == "code" for o in cell.outputs]
    printed = "".join(o.text for o in outputs if o.output_type == "stream")
    widgets = [o for o in outputs if "application/vnd.jupyter.widget-view+json" in o.get("data", {})]
    few = 10 if chapter.stem[0].isdigit() else 0  # a page of practice may be short
    assert len(numbers.recorded(notebook)) > few and "Warning" not in printed
    shows = [c for c in notebook.cells if c.cell_type == "code" and re.match(r"(explore|ask)\.", c.source)]
    assert len(widgets) == len(shows) > few
    freeze = pip(colab, "freeze").stdout
    for kept in ("ipywidgets==7.7.1", "numpy==2.0.2"):
        assert kept in freeze, "Colab must keep its own"
    assert "course-lib @ git+" in freeze
    assert ("torch==" in freeze) == any("course-lib[data,deep]" in path.read_text("utf-8") for path in RAN)
    where = [colab / PYTHON, "-c", "import course_lib; print(course_lib.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, text=True, capture_output=True, check=True).stdout
    assert str(colab) in found
