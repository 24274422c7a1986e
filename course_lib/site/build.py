"""Build the site strictly: a warning is an error, and stays one until it is fixed."""

import shutil
import subprocess
import sys
from pathlib import Path

from . import numbers

#: The command that builds the book, only here.
JUPYTER_BOOK = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
COMMAND = [*JUPYTER_BOOK, "build", ".", "-W", "-n", "--keep-going"]


def build(root: Path) -> int:
    """Build `root`'s book into `_build/html`, only what has changed; return the exit status."""
    status = subprocess.run(COMMAND, cwd=root).returncode
    if status:
        # Sphinx caches a page with a warning, too, and would not warn again.
        shutil.rmtree(root / "_build" / ".doctrees", ignore_errors=True)
    return status


def write_numbers(root: Path) -> int:
    """Build `root`'s book, and write the numbers of its chapters' prose from that run; return the exit status."""
    status = build(root)
    if not status:
        for path in numbers.write(root):
            print(path.relative_to(root))
    return status
