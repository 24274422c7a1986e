"""What the real NumPy has and the page's small one lacks, by name: the page tells it with these lists."""

import ast
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

PAGE = Path(__file__).parent / "page" / "numpy"


def names() -> str:
    """Return the source of the page's module `_names`.

    `NAMES` holds the public names of NumPy, of `np.linalg`, of arrays and of dtypes; `LACKING` holds the keywords of
    NumPy that a function of the page does not take.

    >>> scope = {}
    >>> exec(names(), scope)
    >>> "fft" in scope["NAMES"]["numpy"], "squareroot" in scope["NAMES"]["numpy"]
    (True, False)
    >>> scope["LACKING"]["sum"]
    ['initial', 'where']
    """
    known = {"numpy": _public(np), "linalg": _public(np.linalg), "ndarray": _public(np.ndarray)}
    known["dtypes"] = [name for name in (*known["numpy"], "complex", "object", "bytes") if _is_dtype(name)]
    lacking = {name: _lacking(getattr(np, name), arguments) for name, arguments in public_functions().items()}
    for name, arguments in public_functions("linalg").items():
        lacking[f"linalg.{name}"] = _lacking(getattr(np.linalg, name), arguments)
    return f"NAMES = {known}\nLACKING = { ({name: words for name, words in lacking.items() if words}) }\n"


def public_functions(module: str = "__init__") -> dict[str, ast.arguments]:
    """Return the arguments of every public function of the page's NumPy, or of its module."""
    source = (PAGE / f"{module}.py").read_text("utf-8")
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    return {node.name: node.args for node in functions if not node.name.startswith("_")}


def _public(thing: Any) -> list[str]:
    return sorted(name for name in dir(thing) if not name.startswith("_"))


def _is_dtype(name: str) -> bool:
    try:
        np.dtype(name)
    except TypeError:
        return False
    return True


def _lacking(numpys: Callable[..., Any], ours: ast.arguments) -> list[str]:
    """Return the keywords of a function of NumPy that the page's of the same name does not take."""
    own = {argument.arg for argument in (*ours.posonlyargs, *ours.args, *ours.kwonlyargs)}
    parameters = inspect.signature(numpys).parameters.values()
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) and p.name not in own]
