"""Imports run downward: each part of the library knows only the parts above it in this list."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import course_lib

ROOT = Path(course_lib.__file__).parent
ORDER = "optim nn data ensembles deep studies plots claims explore exercises site cli".split()
MODULES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")
#: What may be imported anywhere, and what only where its package is asked for.
BASIC = {"numpy", "matplotlib", "IPython", "anywidget", "traitlets", *sys.stdlib_module_names}
EXTRA = {
    "nn": {"tqdm"},
    "data": {"sklearn", "tqdm"},
    "ensembles": {"tqdm"},
    "deep": {"torch", "safetensors", "tqdm"},
    "studies": {"threadpoolctl", "tqdm"},
    "plots": {"matplotlib_inline"},
    "explore": {"pscript"},
    "site": {"sphinx", "docutils", "quickjs", "bs4", "yaml", "pybtex"},
}


def part(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(path):
    """Absolute names of what a module imports, also inside its functions."""
    package = ["course_lib", *path.relative_to(ROOT).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{base}.{alias.name}" for alias in node.names) if base == "course_lib" else [base]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_run_downward(path):
    here = part(path)
    assert here in ORDER, f"say in ORDER where {here} belongs"
    for name in imported(path):
        top, *rest = name.split(".")
        if top != "course_lib":
            assert top in BASIC | EXTRA.get(here, set()), f"{here} may not need {top}"
        elif rest and rest[0] in ORDER:
            assert ORDER.index(rest[0]) <= ORDER.index(here), f"{here} imports {rest[0]}"


def test_the_library_loads_without_the_build(tmp_path):
    """Colab has neither Sphinx nor PScript, and a script needs no torch."""
    code = (
        "import sys; from course_lib import optim, nn, data, ensembles, studies, plots, claims, explore, exercises;"
        "explore.race();"
        "sys.exit(', '.join({'torch', 'sphinx', 'pscript', 'quickjs', 'sklearn', 'scipy'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
