"""The declaration of an exercise, and what follows from it. Nothing here checks an answer."""

from __future__ import annotations

import importlib
import inspect
import linecache
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from .cases import Case
from .play import Run, play


class DeclarationError(ValueError):
    """A wrong declaration: its author's mistake, found at once."""


@dataclass(frozen=True)
class Mutant:
    """A known mistake: a patch of the solution, and the sentence that explains it to the reader.

    Args:
        name: of the mistake.
        old: a part of the solution, which occurs in it exactly once.
        new: its replacement, the mistake.
        message: what is wrong and why, for the reader.
    """

    name: str
    old: str
    new: str
    message: str

    def patch(self, source: str) -> str | None:
        """Return the source with the mistake in it; None if `old` is not in it exactly once.

        >>> Mutant("uphill", "x - v", "x + v", "Your step goes uphill.").patch("return x - v")
        'return x + v'
        """
        return source.replace(self.old, self.new) if source.count(self.old) == 1 else None


@dataclass(eq=False, repr=False)
class Declaration:
    """All parts of one exercise. Its signature is that of the solution.

    The answer is the first definition in the solution: a function, or a class with one public method.
    A class is constructed with `Case.init` once a case, and keeps its own state between the calls of its method.

    Args:
        name: as in `ex.name`, and in the notebook's tag `exercise:name`; unique in the book.
        title: a few words.
        prompt: what to do.
        source: the solution.
        returns: names of the returned values, in order. The solution determines the kind of each (real numbers,
            whole numbers, truth values, labels).
        cases: makes the cases to be checked from a random generator, the simplest first.
        hints: two or more, the last nearly the answer.
        mutants: common mistakes.
        explanation: why the solution is right; shown with it.
        after: what to do or notice once the answer is right.
        accepts: right answers in another form, by name; the tests check that they pass.
        goal: for exercises with many right answers: a function of the arguments and the returned values of one
            call, by name, that returns a sentence if they miss the goal.
        start: the code in the reader's cell, if it is broken code to be repaired.
        distractors: arguments that a right answer does not need.
        asks: by argument, the question to ask where an answer is wrong in what it does with it; "what should `x` do?"
            where there is none.
        limits: by argument, the least and the largest value that makes sense, None for no limit; what lies beyond is no
            call to try.
        packages: packages needed besides NumPy ("torch"): it cannot be done in the page.
        page: the book's page that contains it, without a suffix: "03_momentum".
        number: its place among the page's exercises, from 1.

    Raises:
        DeclarationError: its parts are inconsistent, or the solution does not pass its own cases.
    """

    name: str
    title: str
    prompt: str
    source: str
    returns: tuple[str, ...]
    cases: Callable[[np.random.Generator], Sequence[Case]]
    hints: tuple[str, ...]
    mutants: tuple[Mutant, ...]
    explanation: str = ""
    after: str = ""
    accepts: Mapping[str, str] = field(default_factory=dict)
    goal: Callable[..., str | None] | None = None
    start: str = ""
    distractors: tuple[str, ...] = ()
    asks: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    packages: tuple[str, ...] = ()
    page: str = ""
    number: int = 1

    def __post_init__(self) -> None:
        self.check_declaration()
        if not self.packages:  # no heavy package is loaded for it; the tests call `verify`
            self.verify()

    def check_declaration(self) -> None:
        """Check that its parts are consistent.

        Raises:
            DeclarationError: they are not.
        """
        self._require(self.name.isidentifier(), f"its name must be an identifier, not {self.name!r}")
        for key in ("returns", "hints", "mutants", "distractors", "packages"):
            self._require(isinstance(getattr(self, key), tuple), f"{key} must be a tuple")
        self._require(self.returns and all(map(str.isidentifier, self.returns)), "returns must name what is returned")
        for what, names in (("two results", self.returns), ("two mutants", [m.name for m in self.mutants])):
            self._require(len(set(names)) == len(names), f"{what} have the same name")
        sources = {"the solution": self.source, **self.accepts} | ({"start": self.start} if self.start else {})
        for mutant in self.mutants:
            patched = mutant.patch(self.source)
            self._require(patched is not None, f"mutant {mutant.name!r}: {mutant.old!r} must occur exactly once")
            sources[f"mutant {mutant.name!r}"] = str(patched)
        for what, source in sources.items():
            try:
                compile(source, what, "exec")
            except SyntaxError as error:
                raise self.error(f"{what} is not valid Python: {error}") from error
            names = [name for _, name in _definitions(source)]
            self._require(self.function in names, f"{what} does not define {self.function!r}")
        light = self.distractors or not self.packages  # to know the arguments is to load the packages
        known = [*self.parameters, *self.constructor] if light else []
        for name in self.distractors:
            self._require(name in known, f"the distractor {name!r} is not an argument")
        for name in self.asks:
            self._require(name in self.parameters, f"it asks about {name!r}, which is not an argument")
        for name in self.limits:
            self._require(name in self.parameters, f"it limits {name!r}, which is not an argument")
        both = set(self.returns) & set(self.parameters) if self.goal else ()
        self._require(not both, f"a goal takes arguments and results by name, and {sorted(both)} are both")

    def verify(self, seed: int = 0) -> None:
        """Check the solution on the cases of one seed.

        Raises:
            DeclarationError: it does not pass them, or is not a function of its arguments alone.
        """
        run = self.solve(self.draw(seed))
        for call in run.calls:
            self._require(not call.changed, f"the solution changes {list(call.changed)} in place")
            missed = self.goal(**call.args, **call.outputs) if self.goal else None
            self._require(not missed, f"the solution misses the goal: {missed}")

    def draw(self, seed: int) -> list[Case]:
        """Make the cases of a seed.

        Raises:
            DeclarationError: there are none, or one does not have exactly the solution's arguments.
        """
        cases = list(self.cases(np.random.default_rng(seed)))
        self._require(cases and all(isinstance(case, Case) for case in cases), "cases must return a list of Case")
        carried = set(self.returns) & set(self.parameters)
        for case in cases:
            self._require(case.arguments, f"case {case.label!r} has no call")
            self._require(set(case.start) <= carried, f"case {case.label!r}: only {sorted(carried)} are carried on")
            for arguments in case.arguments:
                missing, unknown = _differ({*case.start, *arguments}, self.parameters)
                self._require(not missing, f"case {case.label!r} lacks {missing}")
                self._require(not unknown, f"case {case.label!r} has {unknown}, which are not arguments")
                beyond = [name for name, value in arguments.items() if self.beyond(name, value)]
                self._require(not beyond, f"case {case.label!r}: {beyond} are beyond their limits")
            self._require(not any(_differ(case.init, self.constructor)), f"case {case.label!r}: init must have the "
                          f"arguments of the constructor, {list(self.constructor)}")  # fmt: skip
        return cases

    def solve(self, cases: Sequence[Case]) -> Run:
        """Run the solution on cases.

        Raises:
            DeclarationError: it cannot be run on them.
        """
        run = self.play(self.reference, cases)
        if run.problem:
            cause = getattr(run.problem, "error", None)
            raise self.error(f"the solution cannot be run on its cases: {cause or run.problem}") from cause
        return run

    def play(self, answer: Callable[..., Any], cases: Sequence[Case], like: Run | None = None) -> Run:
        """Run any answer on cases; see `play.play`."""
        return play(answer, cases, self.parameters, self.returns, method=self.method, like=like)

    def beyond(self, name: str, value: Any) -> str:
        """Return what an argument must be, if it is beyond its limits: "at least 0"."""
        least, largest = self.limits.get(name, (None, None))
        if least is not None and (np.array(value) < least).any():
            return f"at least {least:g}"
        return f"at most {largest:g}" if largest is not None and (np.array(value) > largest).any() else ""

    # Derived from the declaration

    @cached_property
    def function(self) -> str:
        """The name of the function or class to be written."""
        found = _definitions(self.source)
        self._require(found, "the solution defines no function")
        return found[0][1]

    @cached_property
    def method(self) -> str:
        """The name of the method that is called, if a class is to be written; else empty."""
        if ("class", self.function) not in _definitions(self.source):
            return ""
        public = [name for name, value in vars(self.reference).items() if callable(value) and not name.startswith("_")]
        self._require(len(public) == 1, f"the class must have one public method, not {public}")
        return public[0]

    @cached_property
    def reference(self) -> Callable[..., Any]:
        """The solution as a function, or as a class."""
        return self.build(self.source, f"solution of {self.name}")

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Names of the arguments of a call, in order."""
        called = getattr(self.reference, self.method) if self.method else self.reference
        return tuple(inspect.signature(called).parameters)[1 if self.method else 0 :]

    @cached_property
    def constructor(self) -> tuple[str, ...]:
        """Names of the arguments of the constructor, if a class is to be written."""
        return tuple(inspect.signature(self.reference).parameters) if self.method else ()

    @property
    def signature(self) -> str:
        """The function with its arguments."""
        return f"{self.function}({', '.join(self.parameters)})"

    @property
    def opening(self) -> str:
        """The first line of an answer."""
        return f"class {self.function}:" if self.method else f"def {self.signature}:"

    @property
    def stub(self) -> str:
        """The content of the notebook's cell before the reader edits it."""
        if self.start or not self.method:
            return self.start or f"{self.opening}\n    ex.todo()\n"
        methods = re.findall(r"^    def .*:$", self.source, re.MULTILINE)
        return f"{self.opening}\n" + "\n".join(f"{line}\n        ex.todo()\n" for line in methods)

    def build(self, source: str, label: str) -> Callable[..., Any]:
        """Build the function or class to be written from source text; `label` appears in tracebacks."""
        file = f"<{label}>".replace("'", "’")  # the page's Python cannot have one in it
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        namespace: dict[str, Any] = {"np": np, "__name__": self.name}
        namespace |= {name: importlib.import_module(name) for name in self.packages}
        exec(compile(source, file, "exec"), namespace)
        return namespace[self.function]

    def mutated(self, *mutants: Mutant) -> Callable[..., Any] | None:
        """Return the solution with one or more mistakes in it; None if they cannot be combined."""
        source: str | None = self.source
        for mutant in mutants:
            source = mutant.patch(source) if source is not None else None
        return self.build(source, f"{' and '.join(m.name for m in mutants)} of {self.name}") if source else None

    def error(self, what: str) -> DeclarationError:
        return DeclarationError(f"exercise {self.name}: {what}")

    def _require(self, condition: Any, what: str) -> None:
        if not condition:
            raise self.error(what)


def _definitions(source: str) -> list[tuple[str, str]]:
    """List the definitions in a source: ("def" or "class", name)."""
    return re.findall(r"^(def|class) (\w+)", source, re.MULTILINE)


def _differ(names: Any, wanted: Any) -> tuple[list[str], list[str]]:
    return sorted(set(wanted) - set(names)), sorted(set(names) - set(wanted))
