"""The dependencies of code, read from its text: the files of the library that it imports, directly or not.

Results of code can be cached as long as these files are unchanged.
"""

import ast
import functools
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

#: The package whose files are followed; its other dependencies are pinned in requirements.txt.
LIBRARY = Path(__file__).parents[1]
#: Files beside the code that it may read. JavaScript and style sheets are the page's, not the code's.
DATA = {".json", ".npz", ".safetensors"}
#: What a build writes from its run: no run depends on it.
WRITTEN = {"numbers.json"}
_PAGES_OWN = {"js", "__pycache__"}


def dependencies(code: str, library: Path = LIBRARY, *, discovery: bool = True) -> set[Path]:
    """Return the library's files that a piece of code imports, transitively.

    A package counts as its `__init__.py`, what that imports, and its data files. A chapter finds its experiments and
    exercises by listing its folder, so it counts as all of that folder.

    Args:
        code: Python, outside the library.
        library: the folder of the package that is followed.
        discovery: whether a chapter counts so; False for code that uses only what it imports by name.

    >>> sorted(path.name for path in dependencies("from course_lib.claims import claim"))
    ['__init__.py', 'claims.py']
    """
    found: set[Path] = set()
    todo = [path for name in _imported(code, ()) for path in _files(name, library)]
    while todo:
        path = todo.pop()
        if path not in found:
            found.add(path)
            todo += _needed_by(path, library, discovery)
    return found


def digest(files: Iterable[Path], *texts: str, library: Path = LIBRARY) -> str:
    """Return a short hash of the names and contents of files in the library, and of further texts."""
    total = hashlib.sha256("\0".join(texts).encode())
    for path in sorted(files):
        content = path.read_bytes()
        total.update(f"\0{path.relative_to(library).as_posix()}\0{len(content)}\0".encode() + content)
    return total.hexdigest()[:12]


def _needed_by(path: Path, library: Path, discovery: bool) -> Iterator[Path]:
    if not discovery and path.name == "__init__.py" and library / "chapters" in path.parents:
        return  # it only offers what the chapters hold
    if path.name == "__init__.py":
        yield from _folder(path.parent, whole=discovery and path.parent.parent == library / "chapters")
    if path.suffix == ".py":
        package = (library.name, *path.parent.relative_to(library).parts)
        for name in _imported(path.read_text("utf-8"), package):
            yield from _files(name, library)


@functools.cache  # many notebooks import the same modules
def _imported(code: str, package: tuple[str, ...]) -> frozenset[str]:
    """Return the full names that code imports: of modules, and of what is taken from them, which may be modules."""
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *filter(None, [node.module])])
            names |= {f"{module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def _files(name: str, library: Path) -> Iterator[Path]:
    """Yield the files that run when a full name is imported: of each package on the way, and of the module."""
    folder = library.parent
    first, *_ = parts = name.split(".")
    for part in parts if first == library.name else ():
        folder /= part
        if (folder / "__init__.py").is_file():
            yield folder / "__init__.py"
        elif folder.with_name(f"{part}.py").is_file():
            yield folder.with_name(f"{part}.py")
            return


def _folder(folder: Path, whole: bool) -> Iterator[Path]:
    """Yield a package's data files, in folders that are no packages, too; or all of its files and packages."""
    for path in folder.iterdir():
        if path.is_file() and (path.suffix in DATA or (whole and path.suffix == ".py")):
            if path.name not in WRITTEN:
                yield path
        elif path.is_dir() and path.name not in _PAGES_OWN and (whole or not (path / "__init__.py").exists()):
            yield from _folder(path, whole)
