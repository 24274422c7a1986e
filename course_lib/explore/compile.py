"""The library's own lines, as JavaScript for the static page (PScript does the translating).

An experiment's functions and whatever they call are followed by name: other functions, optimizers (their
``update``) and surfaces (their ``f`` and ``df``) are compiled from their source, numbers and strings are written
in, and the few functions of `primitives` are left to their twins in js/runtime.js. Arrays are seen element by
element: ``x``, ``dx`` and the slots of an ``update`` are single numbers there, and come back in a list.

What cannot be translated is an error here, at build time, that names the function and the word.
"""

import ast
import builtins
import contextlib
import inspect
import itertools
import json
import math
import textwrap
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from course_lib.explore.primitives import PRIMITIVES, lowest
from course_lib.optim import Optimizer
from course_lib.optim.surfaces import Surface2D

_BUILTINS = {
    "range",
    "len",
    "abs",
    "min",
    "max",
    "round",
    "sum",
    "int",
    "float",
    "str",
    "list",
    "dict",
    "enumerate",
    "zip",
}
_NUMPY = {
    "abs", "sqrt", "exp", "log", "log10", "sin", "cos", "tanh", "sign", "pi", "inf", "nan",
    "maximum", "minimum", "where", "square", "isfinite",
}  # fmt: skip


@contextlib.contextmanager
def _pscript() -> Iterator[ModuleType]:
    """PScript, which only a site build needs, and which uses syntax classes that Python 3.12 deprecates."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import pscript

        yield pscript


class CompileError(ValueError):
    """A piece of Python that has no place in a compiled experiment."""


class Library:
    """Compiled definitions, each once, in an order in which they can be read.

    >>> from course_lib.optim import Momentum
    >>> library = Library()
    >>> library.add(Momentum)
    'Momentum'
    >>> print(library.definitions["Momentum"].splitlines()[1].strip())
    v *= h.rho;
    """

    def __init__(self) -> None:
        self.definitions: dict[str, str] = {}
        self._known: list[tuple[Any, str]] = []  # things and their names; two things never share one
        self._taken = {"course", "np", "optimizer", "surface", *PRIMITIVES}
        self._standard: set[str] = set()
        self._methods: set[str] = set()

    def add(self, thing: Any, name: str | None = None) -> str:
        """Compile a function, an optimizer or a surface (class or instance) with all it needs; its name there."""
        for known, its_name in self._known:
            if known is thing:
                return its_name
        kind = thing if isinstance(thing, type | FunctionType) else type(thing)
        wish = "f" if kind.__name__ == "<lambda>" and name is None else name or kind.__name__
        name = next(n for i in itertools.count() if (n := f"{wish}_{i}" if i else wish) not in self._taken)
        self._taken.add(name)
        self._known.append((thing, name))
        if isinstance(thing, FunctionType):
            text = self._translate(thing, kind.__name__)
        elif issubclass(kind, Optimizer):
            text = self._optimizer(thing, kind)
        elif issubclass(kind, Surface2D):
            text = self._surface(thing, kind)
        else:
            raise CompileError(f"{name!r} is neither a function, an Optimizer nor a Surface2D")
        self.definitions[name] = text
        return name

    def script(self, body: str = "") -> str:
        """One classic script: the definitions and then ``body``, in a scope of their own."""
        with _pscript() as pscript:
            standard = pscript.stdlib.get_partial_std_lib(sorted(self._standard), sorted(self._methods))
        names = ", ".join(["np", "optimizer", "surface", *PRIMITIVES])
        parts = [
            f"const {{ {names} }} = course;",
            standard,
            *(f"const {name} = {text};" for name, text in self.definitions.items()),
            body,
        ]
        return "(() => {\n" + "\n".join(p for p in parts if p.strip()) + "\n})();\n"

    # ------------------------------------------------------------ optimizers and surfaces

    def _optimizer(self, thing: Any, kind: type[Optimizer]) -> str:
        if not kind.elementwise:
            raise CompileError(f"{kind.__name__} does not treat each element alone, as a compiled optimizer must")
        defaults = _defaults(kind) if isinstance(thing, type) else {n: getattr(thing, n) for n in thing.hyper}
        for key, value in defaults.items():
            if not isinstance(value, bool | float | int):
                raise CompileError(f"{kind.__name__}: {key} must be a number on a compiled page, not {value!r}")
        result = ast.Return(ast.List([ast.Name(n) for n in ("x", *kind.slots)]))
        in_place = ("x", "dx", *kind.slots)
        update = self._translate(kind.update, f"{kind.__name__}.update", ending=[result], elements=in_place)
        return f"optimizer({json.dumps(list(kind.slots))}, {_js(defaults)}, {update})"

    def _surface(self, thing: Any, kind: type[Surface2D]) -> str:
        defaults = _defaults(kind)
        if isinstance(thing, type):
            if missing := [n for n in inspect.signature(kind).parameters if n not in defaults]:
                raise CompileError(f"{kind.__name__} needs {missing[0]}: pass an instance, not the class")
            instance = kind()
        else:
            instance = thing
            defaults = {n: getattr(thing, n, d) for n, d in defaults.items()} | {
                n: v for n, v in vars(thing).items() if isinstance(v, bool | float | int)
            }
        window = _js(instance.window)
        if isinstance(of_parameters := inspect.getattr_static(kind, "window"), property):
            window = self._translate(of_parameters.fget, f"{kind.__name__}.window", elements=())
        f = self._translate(kind.f, f"{kind.__name__}.f", elements=("x", "y"))
        df = self._translate(kind.df, f"{kind.__name__}.df", elements=("x", "y"))
        return f"surface({_js(defaults)}, {window}, {_js(lowest(instance))}, {f}, {df})"

    # ------------------------------------------------------------ Python to JavaScript

    def _translate(
        self,
        function: Callable[..., Any],
        name: str,
        ending: Iterable[ast.stmt] = (),
        elements: Sequence[str] | None = None,
    ) -> str:
        """One function; ``elements`` names the arrays that are seen element by element, in a method."""
        node = _definition(function, name)
        node = _Rewrite(self, function, name, elements).rewrite(node)
        node.body = [*ast.parse("PSCRIPT_OVERLOAD = False").body, *node.body, *ending]
        node.name = "compiled"
        source = ast.unparse(ast.fix_missing_locations(node))
        with _pscript() as pscript:
            try:
                text = pscript.py2js(source, inline_stdlib=False)
            except pscript.JSError as error:
                raise CompileError(f"{name} cannot be compiled: {error}") from None
            info = pscript.stdlib.get_std_info(text)
        self._standard |= set(info[1])
        self._methods |= set(info[2])
        return text[text.index("function") :].strip().removesuffix(";")


class _Rewrite(ast.NodeTransformer):
    """From the Python we write to the Python that PScript knows."""

    def __init__(
        self, library: Library, function: FunctionType, name: str, elements: Sequence[str] | None = None
    ) -> None:
        self.library = library
        self.name = name
        self.elements = elements
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        enclosing = {free: cell.cell_contents for free, cell in cells}
        self.outside: dict[str, Any] = {**vars(builtins), **function.__globals__, **enclosing}

    def rewrite(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.decorator_list, node.returns = [], None
        arguments = [*node.args.args, *node.args.kwonlyargs]
        for argument in arguments:
            argument.annotation = None
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        self.local = {a.arg for a in arguments} | {
            n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        self.is_method = bool(arguments) and arguments[0].arg == "self"
        if self.is_method:
            arguments[0].arg = "h"
        node.body = [self.visit(statement) for statement in node.body]
        return node

    def error(self, what: str) -> CompileError:
        return CompileError(f"{self.name} cannot be compiled: {what}")

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        """What NumPy changes in place and JavaScript would not, or the other way round, has no place here."""
        for name in self.elements or ():
            if any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
                raise self.error(f"{ast.unparse(node)!r} gives {name} another meaning; change it in place: {name} -= …")
            if isinstance(node.value, ast.Name) and node.value.id == name:
                raise self.error(f"{ast.unparse(node)!r} is a second name for {name}; write {name} itself")
        return self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """`np.maximum(u, a, out=u)`: what NumPy writes into u becomes its new value."""
        call = node.value
        if isinstance(call, ast.Call) and [k.arg for k in call.keywords] == ["out"]:
            target = call.keywords[0].value
            if isinstance(target, ast.Name) and target.id in (self.elements or ()):
                value = self.visit(ast.Call(call.func, call.args, []))
                return ast.Assign([ast.Name(target.id, ast.Store())], value)
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is None:
            raise self.error("a bare annotation")
        return self.generic_visit(ast.Assign([node.target], node.value))

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if self.is_method and node.id == "self":
            return ast.Name("h", node.ctx)
        if node.id in self.local:
            return node
        if node.id not in self.outside:
            raise self.error(f"the name {node.id!r} is not known")
        value = self.outside[node.id]
        if node.id in PRIMITIVES and value is PRIMITIVES[node.id]:
            return node
        if node.id in _BUILTINS and value is getattr(builtins, node.id):
            return node
        if isinstance(value, FunctionType | type):
            return ast.Name(self.library.add(value), node.ctx)
        if isinstance(value, Optimizer | Surface2D):
            return ast.Call(ast.Name(self.library.add(value), node.ctx), [ast.Dict([], [])], [])
        if isinstance(value, bool | int | float | str | list | tuple | dict):
            return ast.parse(repr(value), mode="eval").body
        raise self.error(f"{node.id!r} is a {type(value).__name__}")

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and isinstance(self.outside.get(node.value.id), ModuleType):
            if self.outside[node.value.id] not in (np, math) or node.attr not in _NUMPY:
                raise self.error(f"{node.value.id}.{node.attr} has no JavaScript twin")
            return ast.Attribute(ast.Name("np"), node.attr, node.ctx)
        return self.generic_visit(node)

    def _refuse_calls_on_arrays(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if not (isinstance(owner, ast.Name) and isinstance(self.outside.get(owner.id), ModuleType)):
                raise self.error(f"it calls {ast.unparse(node.func)}()")
        elif isinstance(node.func, ast.Name) and node.func.id in {"sum", "max", "min", "len"}:
            raise self.error(f"it calls {node.func.id}(), but sees one element at a time")

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if self.elements is not None:
            self._refuse_calls_on_arrays(node)
        called = self.outside.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if isinstance(called, type) and issubclass(called, Optimizer | Surface2D):
            names = list(inspect.signature(called).parameters)
            given = {**dict(zip(names, node.args, strict=False)), **{k.arg: k.value for k in node.keywords}}
            node.args = [ast.Dict([ast.Constant(k) for k in given], list(given.values()))]
            node.keywords = []
        elif node.keywords:
            raise self.error(f"line {ast.unparse(node)!r}: give the arguments of a function by position")
        return self.generic_visit(node)


def _definition(function: Callable[..., Any], name: str) -> ast.FunctionDef:
    """The syntax of a function; a lambda is made a function with one return."""
    try:
        lines = textwrap.dedent(inspect.getsource(function))
        tree = ast.parse(lines)
    except (OSError, TypeError, SyntaxError):
        raise CompileError(f"the source of {name} cannot be read: define it with def, in a cell or a file") from None
    if isinstance(tree.body[0], ast.FunctionDef):
        return tree.body[0]
    parameters = list(inspect.signature(function).parameters)
    lambdas = [n for n in ast.walk(tree) if isinstance(n, ast.Lambda) and [a.arg for a in n.args.args] == parameters]
    if len(lambdas) != 1:
        raise CompileError(f"{name} is not a plain function: use def")
    (node,) = lambdas
    return ast.FunctionDef("compiled", node.args, [ast.Return(node.body)], [])


def _defaults(kind: type) -> dict[str, Any]:
    """The constructor's defaults."""
    parameters = inspect.signature(kind).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def _js(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(k)}: {_js(v)}" for k, v in value.items()) + "}"
    return json.dumps(np.asarray(value).tolist() if not isinstance(value, str | bool) else value)
