"""A notebook's key follows what its cells import, and nothing else."""

import json

import pytest

from course_lib.site.keys import cells, every_file, notebook_key

MYST = """---
file_format: mystnb
---
# A page

    from lib import no_cell

```{code-cell} ipython3
:tags: [remove-input]
import lib.one
```

````{code-cell}
---
tags: [remove-input]
mystnb:
  image:
    alt: "lib.two"
---
from lib.two import (
    x,
)
````

```python
import lib.three
```
"""


@pytest.fixture
def library(tmp_path):
    root = tmp_path / "lib"
    for name in ("__init__", "one", "two", "three", "site/__init__", "site/build"):
        path = root / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("VALUE = 1")
    (root / "look.css").write_text("")
    return root


@pytest.fixture
def key(tmp_path, library):
    def of(*sources, pins=""):
        path = tmp_path / "page.ipynb"
        of_cells = [{"cell_type": "code", "source": source.splitlines(True)} for source in sources]
        path.write_text(json.dumps({"cells": [{"cell_type": "markdown", "source": ["import lib.three"]}, *of_cells]}))
        return notebook_key(path, pins, library=library)

    return of


def test_cells_of_a_page_in_myst(tmp_path):
    path = tmp_path / "page.md"
    path.write_text(MYST)
    assert cells(path) == ["import lib.one\n", "from lib.two import (\n    x,\n)\n"]
    path.write_text("# A page\n\nNo code.\n")
    assert cells(path) == []


def test_a_key_follows_what_is_imported(key, library):
    sources = [
        "import lib.one",
        "%matplotlib inline\n!ls\nx = 1\nx?\nif x:\n    %pip install y",
        "%%time\nimport lib.two",
    ]
    before = key(*sources)
    for name in ("three.py", "site/build.py", "look.css", "numbers.json"):  # the last is written from a run
        (library / name).write_text("changed = True")
        assert key(*sources) == before
    assert key(*sources, "y = 2") == before  # jupyter-cache sees that by itself
    seen = {before, key(*sources, pins="numpy==3")}
    for name in ("one.py", "two.py", "__init__.py"):
        (library / name).write_text("changed = True")
        seen.add(key(*sources))
    assert len(seen) == 5


def test_a_cell_that_is_no_python_counts_all_of_the_library(key, library):
    before = key("import lib.one\nthis is no Python")
    (library / "site/build.py").write_text("changed = True")
    (library / "look.css").write_text("a {}")
    (library / "numbers.json").write_text("{}")
    assert key("import lib.one\nthis is no Python") == before
    (library / "three.py").write_text("changed = True")
    assert key("import lib.one\nthis is no Python") != before
    assert {path.name for path in every_file(library)} == {"__init__.py", "one.py", "two.py", "three.py"}
