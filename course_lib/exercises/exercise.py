"""An exercise: one declaration, and the five things a reader can do with it."""

from __future__ import annotations

import html
import inspect
import linecache
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from .checking import LIMIT, evaluate
from .play import Case
from .result import Result, Status
from .show import Card, inline, show, status_card

_MISSING = object()


@dataclass(frozen=True)
class Mutant:
    """A known mistake: a patch of the solution, and the sentence that tells it to the reader.

    Args:
        name: what the mistake is called.
        old: a piece of the solution, found in it exactly once.
        new: what stands there if the mistake is made.
        says: what is wrong and why, to the reader.
    """

    name: str
    old: str
    new: str
    says: str


@dataclass
class Progress:
    """What happened to an exercise in this session."""

    status: Status = Status.NOT_ATTEMPTED
    checks: int = 0
    hints: int = 0
    solution: bool = False


@dataclass(eq=False, repr=False)
class Exercise:
    """One exercise. Everything about it is in its declaration; its signature is that of the solution.

    Args:
        name: how it is reached, `ex.name`, and tagged in a notebook, `exercise:name`.
        title: a few words.
        prompt: what to do.
        source: the solution.
        returns: names of what the function returns, in order.
        cases: makes the cases to be checked from a random generator, the simplest first.
        hints: two or more, the last nearly the answer.
        mutants: the mistakes people make.
        explanation: why the solution is right; shown with it.
        after: what to do or notice once the answer is right.
        accepts: right answers in another form, by name; the tests hold the engine to passing them.
        goal: for exercises with many right answers: takes the arguments and the returned values of one
            call, and gives a sentence if they miss the goal.
        page: the notebook that asks it, as in "03_momentum".
    """

    name: str
    title: str
    prompt: str
    source: str
    returns: tuple[str, ...]
    cases: Callable[[np.random.Generator], list[Case]]
    hints: tuple[str, ...]
    mutants: tuple[Mutant, ...]
    explanation: str = ""
    after: str = ""
    accepts: Mapping[str, str] = field(default_factory=dict)
    goal: Callable[..., str | None] | None = None
    progress: Progress = field(default_factory=Progress, init=False)
    page: str = ""

    def __post_init__(self) -> None:
        for mutant in self.mutants:
            if self.source.count(mutant.old) != 1:
                raise ValueError(f"exercise {self.name}, mutant {mutant.name}: {mutant.old!r} must occur exactly once")

    # What the reader does

    def check(self, function: Any = _MISSING, *, timeout: float = LIMIT) -> Result:
        """Check an answer; shows what is right or wrong, and never raises.

        A loop that never ends is stopped, for Python can step in between two of its lines. But a single call
        into C that never returns cannot be stopped; restart the kernel. `sum(range(10**11))` is one.

        Args:
            function: the reader's function itself.
            timeout: seconds after which it is stopped.
        """
        result = self.evaluate(function, timeout=timeout)
        self.progress.checks += 1
        if self.progress.status is not Status.PASS and result.status is not Status.NOT_ATTEMPTED:
            self.progress.status = result.status  # the best so far: nobody loses a PASS by trying on
        show(result)
        return result

    def hint(self, n: Any = None) -> Card:
        """Show the next hint, or hint number `n`, counted from 1."""
        count = len(self.hints)
        if n is None:
            n = min(self.progress.hints + 1, count)
        if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or not 1 <= n <= count:
            ends = f"from `ex.{self.name}.hint(1)` to `ex.{self.name}.hint({count})`"
            says = f"There is no hint {n!r}: there are {count}, {ends}."
            return show(status_card(self.name, "HINT", [says]))
        self.progress.hints = max(self.progress.hints, int(n))
        rest = f"The next one: `ex.{self.name}.hint({n + 1})`"
        if n == count:
            rest = f"That was the last one. The answer: `ex.{self.name}.solution()`"
        return show(status_card(self.name, f"HINT {n} of {count}", [self.hints[n - 1], rest]))

    def solution(self) -> Card:
        """Show the solution, and why it is right."""
        self.progress.solution = True
        text = f"{self.source.strip()}\n\n{self.explanation}"
        return show(Card(text, markdown=f"```python\n{self.source.strip()}\n```\n\n{self.explanation}"))

    def use(self, function: Any = _MISSING) -> Callable[..., Any]:
        """Give back the reader's function if it is right, and the reference if not, so that a chapter goes on."""
        result = self.evaluate(function)
        if result.passed:
            show(status_card(self.name, "YOURS", [f"From here on the chapter runs your `{self.function}`."]))
            return function
        says = f"From here on the chapter runs the book's own `{self.function}`, as yours is {result.status}."
        show(status_card(self.name, "THE BOOK'S", [says]))
        return self.reference

    def evaluate(self, function: Any = _MISSING, *, seed: int = 0, timeout: float = LIMIT) -> Result:
        """Check an answer silently, and leave no trace in `progress`."""
        if function is _MISSING:
            says = f"Give the check your function: `ex.{self.name}.check({self.function})`."
            return Result(self.name, Status.NOT_ATTEMPTED, says)
        return evaluate(self, function, seed=seed, timeout=timeout)

    # What follows from the declaration

    @cached_property
    def function(self) -> str:
        """The function's name."""
        found = re.search(r"^def (\w+)", self.source, re.MULTILINE)
        if found is None:
            raise ValueError(f"exercise {self.name}: no function in its solution")
        return found[1]

    @cached_property
    def reference(self) -> Callable[..., Any]:
        """The solution as a function."""
        return self.build(self.source, f"solution of {self.name}")

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Names of the function's arguments, in order."""
        return tuple(inspect.signature(self.reference).parameters)

    @property
    def signature(self) -> str:
        """The function as it is called."""
        return f"{self.function}({', '.join(self.parameters)})"

    @property
    def stub(self) -> str:
        """What stands in the notebook before the reader writes it."""
        return f"def {self.signature}:\n    ex.todo()\n"

    def mutated(self, mutant: Mutant) -> Callable[..., Any]:
        """The solution with a mistake in it."""
        return self.build(self.source.replace(mutant.old, mutant.new), f"{mutant.name} of {self.name}")

    def build(self, source: str, label: str) -> Callable[..., Any]:
        """Make the exercise's function from source text."""
        file = f"<{label}>"
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        namespace: dict[str, Any] = {"np": np, "__name__": self.name}
        exec(compile(source, file, "exec"), namespace)
        return namespace[self.function]

    def __repr__(self) -> str:
        return f"Exercise {self.name}: {self.title}\n\n{self.prompt}\n\n{self.stub}"

    def _repr_html_(self) -> str:
        parts = "".join(f"<p>{inline(part)}</p>" for part in self.prompt.split("\n\n"))
        return f"<p><strong>{html.escape(self.title)}</strong></p>{parts}<pre>{html.escape(self.stub)}</pre>"
