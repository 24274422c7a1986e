"""Build the site strictly: a warning is an error, and stays one until it is fixed."""

import shutil
import subprocess
import sys
from pathlib import Path

from . import numbers
from .plain import write_plain

#: The command that builds the book, only here. jsonschema would compile a grammar for each kind of address, which takes
#: a third of a small book's time and which no schema here asks for; without that package it goes on as well.
JUPYTER_BOOK = [
    sys.executable,
    "-c",
    "import sys; sys.modules['rfc3987_syntax'] = None; from jupyter_book.cli.main import main; main()",
]
COMMAND = [*JUPYTER_BOOK, "build", ".", "-W", "-n", "--keep-going"]


def build(root: Path, *, renew_numbers: bool = False) -> int:
    """Build `root`'s book into `_build/html`, only what has changed; return the exit status.

    Args:
        root: the repository's folder.
        renew_numbers: whether to write the numbers of the chapters' prose, too, as this build's runs recorded them.
    """
    status = subprocess.run(COMMAND, cwd=root).returncode
    if status:
        # Sphinx caches a page with a warning, too, and would not warn again.
        shutil.rmtree(root / "_build" / ".doctrees", ignore_errors=True)
        return status
    if renew_numbers:
        for path in numbers.write(root):
            print(path.relative_to(root))
    return 0


def write_downloads(root: Path) -> None:
    """Write the plain notebooks into the built site: they are what its download buttons give."""
    sources = root / "_build" / "html" / "_sources"
    for copy in sources.rglob("*.ipynb"):
        if (root / copy.relative_to(sources)).is_file():  # else made from a page with cells
            write_plain([root / copy.relative_to(sources)], copy.parent)
