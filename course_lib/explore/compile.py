"""Compile the library's code to JavaScript for the static page, by PScript.

An experiment's functions and whatever they call are followed by name: other functions, optimizers (their
``update``), surfaces (their ``f``, ``df`` and ``d2f``), schedules (their ``rate``) and penalties (their ``grad`` and
``prox``) are compiled from their source, numbers and strings become constants, and the few functions of `primitives`
have twins in js/runtime.js. Methods see one element of an array at a time: ``x``, ``dx`` and the slots of an
``update`` are single numbers there, returned in a list; so are the ``t`` of a ``rate`` and the ``w`` of a penalty. A
function may contain functions.

What cannot be translated is an error at build time that names the function and the reason.
"""

import ast
import contextlib
import inspect
import itertools
import json
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from course_lib.explore.primitives import PRIMITIVES, lowest
from course_lib.explore.rewrite import CompileError, Rewrite, definition, is_penalty, plain_operators
from course_lib.optim import Optimizer
from course_lib.optim.schedules import Function, Schedule
from course_lib.optim.surfaces import Surface2D

#: The constructors of definitions, in js/runtime.js.
_BUILDERS = ("np", "optimizer", "surface", "schedule", "rate_of", "penalty")


@contextlib.contextmanager
def _pscript() -> Iterator[ModuleType]:
    """Import PScript, which only a site build needs, and which uses syntax classes that Python 3.12 deprecates."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import pscript

        yield pscript


class Library:
    """Compiled definitions, each once, after those it needs.

    >>> from course_lib.optim import Momentum
    >>> library = Library()
    >>> library.add(Momentum)
    'Momentum'
    >>> print(library.definitions["Momentum"].splitlines()[1].strip())
    v *= h.rho;
    """

    def __init__(self) -> None:
        self.definitions: dict[str, str] = {}
        self._known: list[tuple[Any, str]] = []  # objects and their names, which are unique
        self._taken = {"course", *_BUILDERS, *PRIMITIVES}
        self._standard: set[str] = set()
        self._methods: set[str] = set()

    def add(self, thing: Any, name: str | None = None) -> str:
        """Compile a function, an optimizer, a surface or a schedule with all it needs; return its name in the script.

        An optimizer, a surface or a schedule may be a class or an instance.

        >>> from course_lib.optim import Cosine
        >>> library = Library()
        >>> name = library.add(Cosine(0.1, steps=100))
        >>> script = library.script(f"course.rates = [0, 50].map(new {name}({{}}));")
        """
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
        elif issubclass(kind, Schedule):
            text = self._schedule(thing, kind)
        elif is_penalty(kind):
            text = self._penalty(thing, kind)
        else:
            raise CompileError(f"{name!r} is neither a function, an Optimizer, a Surface2D, a Schedule nor a penalty")
        self.definitions[name] = text
        return name

    def script(self, body: str = "") -> str:
        """Return one classic script: the definitions and then ``body``, in a scope of their own."""
        with _pscript() as pscript:
            standard = pscript.stdlib.get_partial_std_lib(sorted(self._standard), sorted(self._methods))
        names = ", ".join([*_BUILDERS, *PRIMITIVES])
        parts = [
            f"const {{ {names} }} = course;",
            standard,
            *(f"const {name} = {text};" for name, text in self.definitions.items()),
            body,
        ]
        return "(() => {\n" + "\n".join(p for p in parts if p.strip()) + "\n})();\n"

    # ------------------------------------------------------------ optimizers, surfaces and schedules

    def _optimizer(self, thing: Any, kind: type[Optimizer]) -> str:
        if not kind.elementwise:
            raise CompileError(f"{kind.__name__} does not work element by element, as a compiled optimizer must")
        defaults = _defaults(kind) if isinstance(thing, type) else {n: getattr(thing, n) for n in thing.hyper}
        defaults = {key: self._setting(kind, key, value) for key, value in defaults.items()}
        result = ast.Return(ast.List([ast.Name(n) for n in ("x", *kind.slots)]))
        in_place = ("x", "dx", *kind.slots)
        update = self._translate(kind.update, f"{kind.__name__}.update", ending=[result], elements=in_place)
        return f"optimizer({json.dumps(list(kind.slots))}, {_object(defaults)}, {update})"

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
        d2f = "null"
        if kind.d2f is not Surface2D.d2f:
            d2f = self._translate(kind.d2f, f"{kind.__name__}.d2f", elements=("x", "y"))
        return f"surface({_js(defaults)}, {window}, {_js(lowest(instance))}, {f}, {df}, {d2f})"

    def _schedule(self, thing: Any, kind: type[Schedule]) -> str:
        if isinstance(thing, Function):  # a function step → rate is compiled as a function
            if not isinstance(thing.f, FunctionType):
                raise CompileError(f"{kind.__name__}: f must be a Python function, not {thing.f!r}")
            return f"schedule({{}}, (h, t) => {self.add(thing.f)}(t))"
        if isinstance(thing, type):
            values = {n: v for n, v in _defaults(kind).items() if v is not None}
            settings = tuple(inspect.signature(kind).parameters)
        else:
            values = {n: getattr(thing, n) for n in thing.hyper}
            settings = thing.hyper
        values = {key: self._setting(kind, key, value) for key, value in values.items()}
        rate = self._translate(kind.rate, f"{kind.__name__}.rate", elements=("t",), kind=kind, settings=settings)
        return f"schedule({_object(values)}, {rate})"

    def _penalty(self, thing: Any, kind: type) -> str:
        """Compile grad and prox; a value is a sum over elements, of which the page's methods see one at a time."""
        values = _defaults(kind) if isinstance(thing, type) else vars(thing)
        values = {key: self._setting(kind, key, value) for key, value in values.items()}
        grad, prox = (
            self._translate(f, f"{kind.__name__}.{f.__name__}", elements=("w",)) for f in (kind.grad, kind.prox)
        )
        return f"penalty({_object(values)}, {grad}, {prox})"

    def _setting(self, kind: type, key: str, value: Any) -> str:
        """Return one setting of an optimizer or a schedule, in JavaScript."""
        if isinstance(value, Schedule):
            return f"new {self.add(value)}({{}})"
        if isinstance(value, tuple) and all(isinstance(v, float | int) for v in value):
            return _js(value)
        if not isinstance(value, bool | float | int):
            raise CompileError(f"{kind.__name__}: {key} must be a number on a compiled page, not {value!r}")
        return _js(value)

    def getter(self, kind: type, name: str) -> str:
        """Compile a property of a class to a function of the settings; return its name."""
        fget = inspect.getattr_static(kind, name).fget
        for known, its_name in self._known:
            if known is fget:
                return its_name
        its_name = next(n for i in itertools.count() if (n := f"{name}_of_{kind.__name__}{i or ''}") not in self._taken)
        self._taken.add(its_name)
        self._known.append((fget, its_name))
        self.definitions[its_name] = self._translate(fget, f"{kind.__name__}.{name}", elements=(), kind=kind)
        return its_name

    # ------------------------------------------------------------ Python to JavaScript

    def _translate(
        self,
        function: Callable[..., Any],
        name: str,
        ending: Iterable[ast.stmt] = (),
        elements: Sequence[str] | None = None,
        kind: type | None = None,
        settings: Sequence[str] | None = None,
    ) -> str:
        """Translate one function; ``elements`` names the arrays of which a method sees one element at a time.

        ``kind`` is the class of a method; with ``settings``, it may read nothing else of ``self``.
        """
        node = definition(function, name)
        node = Rewrite(self, function, name, elements, kind, settings).rewrite(node)
        node.body = [*plain_operators(), *node.body, *ending]
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


def _defaults(kind: type) -> dict[str, Any]:
    """Return the constructor's defaults."""
    parameters = inspect.signature(kind).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def _object(values: Mapping[str, str]) -> str:
    """Return a JavaScript object of JavaScript values."""
    return "{" + ", ".join(f"{json.dumps(k)}: {v}" for k, v in values.items()) + "}"


def _js(value: Any) -> str:
    if isinstance(value, Mapping):
        return _object({k: _js(v) for k, v in value.items()})
    return json.dumps(np.asarray(value).tolist() if not isinstance(value, str | bool) else value)
