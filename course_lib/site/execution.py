"""Notebooks are executed before the pages are read, as many at a time as there are cores, and their outputs kept.

Reading them, MyST-NB then finds the outputs. Of a notebook that fails nothing is kept: MyST-NB executes it again, and
reports what is wrong.
"""

import asyncio
import contextlib
import os
import shutil
import time
from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from .keys import notebook_key


def cache_folder(app: Sphinx) -> Path:
    """Return the folder that is kept between builds."""
    return Path(app.confdir) / "_build" / ".cache"


def pins(app: Sphinx) -> str:
    """Return the text of the requirements."""
    path = Path(app.confdir) / "requirements.txt"
    return path.read_text("utf-8") if path.is_file() else ""


def outputs_folder(app: Sphinx, docname: str) -> Path:
    """Return the folder of a notebook's outputs: named after the notebook, and in it after its key."""
    key = notebook_key(Path(app.env.doc2path(docname)), pins(app))
    return cache_folder(app) / "notebooks" / docname.replace("/", ".") / key


def keep_outputs(app: Sphinx, docname: str, source: list[str]) -> None:
    """Set the execution cache of the notebook that is read next to one that depends on what it imports.

    jupyter-cache compares only a notebook's code: after a change in the library it would show old outputs.
    """
    folder = outputs_folder(app, docname)
    for stale in folder.parent.glob("*"):
        if stale != folder:
            shutil.rmtree(stale, ignore_errors=True)
    app.env.mystnb_config = app.env.mystnb_config.copy(execution_cache_path=str(folder))


def execute(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Execute each notebook that is about to be read and whose outputs are not known, in a process of its own."""
    paths = {name: Path(env.doc2path(name)) for name in docnames}
    notebooks = {name: path for name, path in paths.items() if path.suffix == ".ipynb"}  # others have a cell or two
    cores = asyncio.Semaphore(os.cpu_count() or 1)

    async def outputs(name: str, path: Path) -> None:
        notebook, cache = nbformat.read(path, as_version=4), get_cache(outputs_folder(app, name))
        with contextlib.suppress(KeyError):
            return cache.match_cache_notebook(notebook)
        async with cores:
            start, seconds = time.perf_counter(), env.mystnb_config.execution_timeout
            place = {"metadata": {"path": str(path.parent)}}
            client = NotebookClient(notebook, timeout=seconds, record_timing=False, resources=place)
            with contextlib.suppress(CellExecutionError, CellTimeoutError):
                await client.async_execute()
                took = time.perf_counter() - start
                logging.getLogger(__name__).info("%s was executed in %.0f seconds", name, took)
                made = CacheBundleIn(notebook, str(path), data={"execution_seconds": took})
                cache.cache_notebook_bundle(made, check_validity=False, overwrite=True)

    async def all_outputs() -> None:
        await asyncio.gather(*(outputs(name, path) for name, path in notebooks.items()))

    asyncio.run(all_outputs())


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("env-before-read-docs", execute)
    app.connect("source-read", keep_outputs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
