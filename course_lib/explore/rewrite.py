"""Rewrite our Python as the Python that PScript translates: names, NumPy, in-place changes, inner functions."""

import ast
import builtins
import contextlib
import inspect
import math
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import FunctionType, ModuleType
from typing import Any, Protocol

import numpy as np

from course_lib.explore.primitives import PRIMITIVES
from course_lib.nn import penalties
from course_lib.optim import Optimizer
from course_lib.optim.schedules import Schedule
from course_lib.optim.surfaces import Surface2D
from course_lib.validation import check_number

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
    "abs", "sqrt", "exp", "log", "log10", "sin", "cos", "arccos", "tanh", "sign", "pi", "inf", "nan",
    "asarray", "maximum", "minimum", "where", "square", "isfinite", "clip", "float_power", "divmod",
}  # fmt: skip


_COMPILED = (Optimizer, Surface2D, Schedule)


def is_penalty(kind: type) -> bool:
    """Check for a class of `course_lib.nn.penalties`, or one like it."""
    return hasattr(kind, "prox") and hasattr(kind, "grad")


class CompileError(ValueError):
    """Python that cannot be compiled for an experiment."""


class Definitions(Protocol):
    """What a rewritten function asks of the library that it becomes a part of."""

    def add(self, thing: Any, name: str | None = None) -> str: ...

    def getter(self, kind: type, name: str) -> str: ...


class Rewrite(ast.NodeTransformer):
    """Rewrite our Python to the Python that PScript supports."""

    def __init__(
        self,
        library: Definitions,
        function: FunctionType,
        name: str,
        elements: Sequence[str] | None = None,
        kind: type | None = None,
        settings: Sequence[str] | None = None,
    ) -> None:
        self.library, self.name = library, name
        self.elements, self.kind, self.settings = elements, kind, settings
        self.defaults = function.__defaults__ or ()
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
        node.args.defaults = [self._constant(value, "a default") for value in self.defaults]
        self.local = {a.arg for a in arguments} | _stored(node.body)
        self.loops, self.loops_around = _stored(node.body, loops=True), set()
        self.is_method = bool(arguments) and arguments[0].arg == "self"
        if self.is_method:
            arguments[0].arg = "h"
        node.body = [self.visit(statement) for statement in node.body]
        return node

    def error(self, what: str) -> CompileError:
        return CompileError(f"{self.name} cannot be compiled: {what}")

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Visit an inner function: it sees the names of the outer ones."""
        what = f"the inner function {node.name}"
        if node.decorator_list:
            raise self.error(f"{what} has a decorator")
        if node.name[0].isupper():
            raise self.error(f"{what} must have a name that begins with a lower-case letter: it is not a class")
        self._parameters(node.args, what)
        node.returns = None
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        with self._within(node.args, body):
            node.body = [*plain_operators(), *(self.visit(statement) for statement in body)]
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self._parameters(node.args, "an inner lambda")
        with self._within(node.args, [node.body]):
            node.body = self.visit(node.body)
        return node

    @contextlib.contextmanager
    def _within(self, arguments: ast.arguments, body: list[ast.AST]) -> Iterator[None]:
        """Add the names of an inner function while its body is visited."""
        around = self.local, self.loops, self.loops_around
        own = {a.arg for a in arguments.args} | _stored(body)
        self.local, self.loops = self.local | own, _stored(body, loops=True)
        self.loops_around = (around[1] | around[2]) - own
        yield
        self.local, self.loops, self.loops_around = around

    def _parameters(self, arguments: ast.arguments, what: str) -> None:
        """Allow only plain parameters, and constant defaults."""
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs:
            raise self.error(f"{what} must have plain parameters, without * and /")
        for argument in arguments.args:
            if argument.arg in ("self", "this"):
                raise self.error(f"{what} cannot have a parameter {argument.arg}")
            argument.annotation = None
        arguments.defaults = [self.visit(default) for default in arguments.defaults]
        for default in arguments.defaults:
            try:
                ast.literal_eval(default)
            except ValueError:
                raise self.error(f"{what} has the default {ast.unparse(default)!r}; write a constant") from None

    def _refuse(self, node: ast.AST) -> ast.AST:
        words = {ast.ClassDef: "a class", ast.AsyncFunctionDef: "async", ast.Global: "global", ast.Await: "await"}
        raise self.error(f"{words.get(type(node), 'yield')} cannot be used")

    visit_ClassDef = visit_AsyncFunctionDef = visit_Global = visit_Await = visit_Yield = visit_YieldFrom = _refuse

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        """Refuse assignments that would change an array in place in only one of the two languages."""
        for name in self.elements or ():
            if any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
                raise self.error(f"{ast.unparse(node)!r} rebinds {name}; change it in place: {name} -= …")
            if isinstance(node.value, ast.Name) and node.value.id == name:
                raise self.error(f"{ast.unparse(node)!r} is a second name for {name}; write {name} itself")
        return self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """Translate `np.maximum(u, a, out=u)` to an assignment to u."""
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
        if node.id in self.loops_around:  # after a loop, JavaScript's variable is one ahead of Python's
            raise self.error(f"an inner function reads the loop variable {node.id}; pass it as an argument")
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
        if isinstance(value, _COMPILED) or is_penalty(type(value)):
            return ast.Call(ast.Name(self.library.add(value), node.ctx), [ast.Dict([], [])], [])
        return self._constant(value, repr(node.id))

    def _constant(self, value: Any, what: str) -> ast.AST:
        """Write a number, a string or plain data from outside as a constant."""
        if isinstance(value, float) and not math.isfinite(value):  # JavaScript writes Infinity and NaN
            name = ast.Attribute(ast.Name("np"), "nan" if math.isnan(value) else "inf")
            return ast.UnaryOp(ast.USub(), name) if value == -math.inf else name
        if value is None or isinstance(value, bool | int | float | str | list | tuple | dict):
            return ast.parse(repr(value), mode="eval").body
        raise self.error(f"{what} is a {type(value).__name__}")

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if self._of_self(node) and self.kind is not None:
            if isinstance(inspect.getattr_static(self.kind, node.attr, None), property):
                return ast.Call(ast.Name(self.library.getter(self.kind, node.attr)), [ast.Name("h")], [])
            if self.settings is not None and node.attr not in self.settings:
                raise self.error(f"it reads self.{node.attr}, which is not one of its settings")
        if self._module(node.value) is not None:
            if self.outside[node.value.id] not in (np, math) or node.attr not in _NUMPY:
                raise self.error(f"{node.value.id}.{node.attr} has no JavaScript twin")
            return ast.Attribute(ast.Name("np"), node.attr, node.ctx)
        return self.generic_visit(node)

    def _of_self(self, node: ast.AST) -> bool:
        """Check for `self.<name>`."""
        return (
            self.is_method
            and isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "self"
        )

    def _module(self, node: ast.AST) -> ModuleType | None:
        """Return the module that a name refers to."""
        if not isinstance(node, ast.Name) or node.id in self.local:
            return None
        value = self.outside.get(node.id)
        return value if isinstance(value, ModuleType) else None

    def _class_of(self, node: ast.AST) -> type | None:
        """Return the class that a call makes an instance of, if it is one that is compiled."""
        name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        value = self.outside.get(name) if name not in self.local else None
        return value if isinstance(value, type) and (issubclass(value, _COMPILED) or is_penalty(value)) else None

    def _refuse_calls_on_arrays(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute):
            if node.func.attr in ("grad", "prox") and self._class_of(node.func.value) is not None:
                return  # a penalty within a penalty
            if self._module(node.func.value) is None:
                raise self.error(f"it calls {ast.unparse(node.func)}()")
        elif isinstance(node.func, ast.Name) and node.func.id in {"sum", "max", "min", "len"}:
            if node.func.id == "sum" and len(node.args) == 1 and isinstance(node.args[0], ast.ListComp):
                return  # a sum over settings, such as milestones, not over elements
            raise self.error(f"it calls {node.func.id}(), but sees one element at a time")

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if (
            isinstance(node.func, ast.Attribute)
            and node.func.attr == "rate"
            and self._of_self(node.func.value)
            and self.settings is not None
        ):  # a schedule within a schedule
            return ast.Call(ast.Name("rate_of"), [self.visit(node.func.value), *map(self.visit, node.args)], [])
        if self.elements is not None and isinstance(node.func, ast.Name):
            if self.outside.get(node.func.id) is check_number:  # the page's values have been checked
                return self.visit(node.args[1])
            if self.outside.get(node.func.id) is penalties._weights:
                return self.visit(node.args[0])
        if self.elements is not None:
            self._refuse_calls_on_arrays(node)
        outside = isinstance(node.func, ast.Name) and node.func.id not in self.local
        called = self.outside.get(node.func.id) if outside else None
        if called is sum and len(node.args) == 1 and not node.keywords:  # PScript's sum fails for an empty list
            return ast.Call(ast.Attribute(ast.Name("np"), "total"), [self.visit(node.args[0])], [])
        if self._class_of(node) is not None:
            parameters = inspect.signature(called).parameters
            names = list(parameters)
            values = {**dict(zip(names, node.args, strict=False)), **{k.arg: k.value for k in node.keywords}}
            if issubclass(called, Schedule):
                for name in names:  # the constructor, which fills them in, is not compiled
                    if name not in values and parameters[name].default in (None, inspect.Parameter.empty):
                        raise self.error(f"{ast.unparse(node)!r} must have the argument {name}")
            node.args = [ast.Dict([ast.Constant(k) for k in values], list(values.values()))]
            node.keywords = []
        elif node.keywords:
            raise self.error(f"line {ast.unparse(node)!r}: pass the arguments of a function by position")
        return self.generic_visit(node)


def plain_operators() -> list[ast.stmt]:
    """Return the statement that makes PScript write + as +, in one function."""
    return ast.parse("PSCRIPT_OVERLOAD = False").body


def _stored(body: Iterable[ast.AST], loops: bool = False) -> set[str]:
    """Return the names that a function's body assigns, or its loops do, without those of inner functions."""
    found, todo = set(), list(body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef):
            found |= set() if loops else {node.name}
        elif not isinstance(node, ast.Lambda):
            if isinstance(node, ast.For) and loops:
                found |= _stored([node.target])
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and not loops:
                found.add(node.id)
            todo += ast.iter_child_nodes(node)
    return found


def definition(function: Callable[..., Any], name: str) -> ast.FunctionDef:
    """Return the syntax tree of a function; a lambda becomes a function with one return."""
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
