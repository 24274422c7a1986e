"""Imports run downward, floor by floor, and no modules import one another in a circle."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import course_lib
from course_lib import chapters

ROOT = Path(course_lib.__file__).parent
ORDER = (
    "validation claims progress optim plots nn data ensembles deep studies challenge explore exercises inpage questions"
)
ORDER = [*ORDER.split(), "chapters", "grading", "site", "cli"]
PAGE = ROOT / "inpage" / "page"  # runs in a web page, with modules of its own
MODULES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py" and PAGE not in path.parents)
#: What may be imported anywhere, and what only in some modules (patterns of their names).
BASIC = {"numpy", "matplotlib", "IPython", "anywidget", "traitlets", *sys.stdlib_module_names}
EXTRA = {
    "progress": {"tqdm"},
    "data": {"sklearn"},
    "deep": {"torch", "safetensors"},
    "studies": {"threadpoolctl"},
    r"studies\.(sweep|challenge)": {"torch"},
    "plots": {"matplotlib_inline"},
    "explore": {"pscript"},
    "inpage": {"quickjs"},
    r"chapters\.ch12_\w+": {"torch"},
    r"grading\.wire": {"torch"},
    r"grading\.pool": {"distributed"},
    "site": {"sphinx", "docutils", "quickjs", "bs4", "yaml", "pybtex", "tinycss2"},
    r"site\.(claims|execution)": {"nbformat", "jupyter_cache", "nbclient"},
    r"site\.fonts": {"fontTools"},
    r"site\.pdf": {"pikepdf"},
}


def dotted(path):
    """The module's name, as in "optim.adam"; a package's is its folder's."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


NAMES = {dotted(path): path for path in MODULES}


def imported(path):
    """Absolute names of what a module imports, wherever it does: in functions and under TYPE_CHECKING, too."""
    package = ["course_lib", *path.relative_to(ROOT).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*base, *filter(None, [node.module])])
            for alias in node.names:  # a module of the package, or a name of the module
                module = f"{base}.{alias.name}".removeprefix("course_lib.")
                yield f"{base}.{alias.name}" if base == "course_lib" or module in NAMES else base


def wanted(path):
    """The library's modules that a module imports."""
    names = {name.removeprefix("course_lib.") for name in imported(path) if name.startswith("course_lib.")}
    return sorted((names & NAMES.keys()) - {dotted(path)})


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_imports_run_downward(path):
    here = dotted(path)
    floor = here.split(".")[0]
    assert floor in ORDER, f"say in ORDER where {floor} belongs"
    extra = set().union(*(may for part, may in EXTRA.items() if re.match(rf"{part}(\.|$)", here)))
    for name in imported(path):
        top, *rest = name.split(".")
        if top != "course_lib":
            assert top in BASIC | extra, f"{here} may not need {top}"
        elif rest and rest[0] in ORDER:
            assert ORDER.index(rest[0]) <= ORDER.index(floor), f"{here} imports {rest[0]}"


def circles(graph):
    """Yield the groups of nodes from each of which every other one is reached (Tarjan's algorithm)."""
    index, low, stack = {}, {}, []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in graph[node]:
            if other not in index:
                yield from visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(group) > 1:
                yield sorted(group)

    for node in graph:
        if node not in index:
            yield from visit(node)


def test_circles_are_found():
    assert list(circles({"a": ["b"], "b": ["c"], "c": []})) == []
    assert list(circles({"a": ["b"], "b": ["c", "d"], "c": ["a"], "d": [], "e": ["f"], "f": ["e"]})) == [
        ["a", "b", "c"],
        ["e", "f"],
    ]


def test_no_modules_import_one_another_in_a_circle():
    """An import inside a function counts: it hides a circle from Python, not from who reads the two modules.

    A package's `__init__.py` hands on what its modules have, so they may import the package only above it.
    """
    assert list(circles({name: wanted(path) for name, path in NAMES.items()})) == []


def test_the_engines_know_no_chapter():
    for name, path in NAMES.items():
        if name.split(".")[0] in ("explore", "exercises"):
            assert not [other for other in wanted(path) if other.startswith("chapters")], name


def test_the_library_loads_without_the_build(tmp_path):
    """Colab has neither Sphinx nor PScript, and a script needs no torch."""
    code = (
        "import sys; from course_lib import optim, nn, data, ensembles, studies, plots, claims, chapters;"
        "chapters.exercises(); data = {'sklearn', 'scipy'} & set(sys.modules);"  # which experiments may need
        "made = [make() for make in chapters.experiments().values()];"
        "sys.exit(', '.join(data | {'torch', 'sphinx', 'pscript', 'quickjs'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert chapters.experiments() and chapters.exercises()
