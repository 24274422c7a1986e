"""Build the site strictly: a warning is an error, and stays one until it is mended."""

import shutil
import subprocess
import sys
from pathlib import Path

#: What the book is built with, here and nowhere else.
JUPYTER_BOOK = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
COMMAND = [*JUPYTER_BOOK, "build", ".", "-W", "-n", "--keep-going"]


def build(root: Path) -> int:
    """Build `root`'s book into `_build/html`, again only where something changed; return the exit status."""
    status = subprocess.run(COMMAND, cwd=root).returncode
    if status:
        # Sphinx keeps what it read even of a page with a warning, and would not warn again.
        shutil.rmtree(root / "_build" / ".doctrees", ignore_errors=True)
    return status
