"""Notebooks are executed side by side, each once; of one that fails nothing is kept."""

import os
from types import SimpleNamespace

import nbformat
import pytest
from jupyter_cache import get_cache

from course_lib.site import execution

#: A cell that ends only if the other notebook runs at the same time.
MEETS = """
import pathlib, time
pathlib.Path("{0}").touch()
while not pathlib.Path("{1}").exists():
    time.sleep(0.05)
print("{0} met {1} at", time.time_ns())
"""


@pytest.fixture
def book(tmp_path):
    """What `execute` needs of Sphinx, for the notebooks of a folder."""
    config = SimpleNamespace(execution_timeout=60)
    env = SimpleNamespace(doc2path=lambda name: tmp_path / name, mystnb_config=config)
    return SimpleNamespace(confdir=tmp_path, env=env)


def write(book, name: str, source: str) -> None:
    cells = [nbformat.v4.new_code_cell(source)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), book.confdir / name)


def printed(book, name: str) -> list[str]:
    """Return what the cells of a notebook printed, each time that it was executed."""
    cache = get_cache(execution.outputs_folder(book, name))
    kept = [cache.get_cache_bundle(record.pk).nb for record in cache.list_cache_records()]
    return [output.text for notebook in kept for cell in notebook.cells for output in cell.outputs]


@pytest.mark.skipif(os.cpu_count() == 1, reason="one core, one notebook at a time")
def test_two_are_executed_at_a_time_and_once(book):
    names = ["one.ipynb", "two.ipynb"]
    write(book, names[0], MEETS.format("one", "two"))
    write(book, names[1], MEETS.format("two", "one"))
    execution.execute(book, book.env, [*names, "words.md"])
    first = [printed(book, name) for name in names]
    assert [text.split(" at ")[0] for (text,) in first] == ["one met two", "two met one"]
    execution.execute(book, book.env, names)
    assert [printed(book, name) for name in names] == first


def test_of_one_that_fails_nothing_is_kept_and_the_others_are(book):
    write(book, "wrong.ipynb", "1 / 0")
    write(book, "right.ipynb", "print(6 * 7)")
    execution.execute(book, book.env, ["wrong.ipynb", "right.ipynb"])
    assert printed(book, "wrong.ipynb") == [] and printed(book, "right.ipynb") == ["42\n"]
