"""The reader's side of an exercise: check, hint, solution, use."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .catching import describe
from .checking import LIMIT, evaluate
from .declaration import Declaration
from .game import game_of
from .question import changes
from .record import Progress, recall, remember
from .result import Result, Status
from .show import Card, inline, show, status_card, table_card

_MISSING = object()


@dataclass(eq=False, repr=False)
class Exercise(Declaration):
    """An exercise in a reader's hands. Its fields are those of a `Declaration`."""

    progress: Progress = field(default_factory=Progress, init=False)
    #: The mistakes that the last checks in a row have found, and how many checks.
    in_a_row: tuple[tuple[str, ...], int] = field(default=((), 0), init=False)

    def recall(self) -> Progress:
        """Return how far the reader is, in this session or, if that is kept, in earlier ones."""
        self.progress = recall(self.page, self.name, self.progress)
        return self.progress

    def _remember(self) -> None:
        remember(self.page, self.name, self.progress)

    def check(self, answer: Any = _MISSING, *, timeout: float = LIMIT, tell: bool = False) -> Result:
        """Check an answer; show what is right or wrong, and never raise an error.

        Of a known mistake the first check says which value differs, in which call, and asks a question; the second in
        a row names it; the third shows the line.

        An endless loop is stopped, as Python can interrupt it between two lines. But a single call into C that never
        returns cannot be stopped; restart the kernel. `sum(range(10**11))` is one.

        Args:
            answer: the reader's function itself, or the class.
            timeout: seconds after which it is stopped.
            tell: say all at once.
        """
        result = self.evaluate(answer, timeout=timeout, questions=not tell)
        before, times = self.in_a_row
        self.in_a_row = (result.diagnoses, times + 1 if result.diagnoses == before else 1)
        progress = self.recall()
        progress.checks += 1
        if progress.status is not Status.PASS and result.status is not Status.NOT_ATTEMPTED:
            progress.status = result.status  # the best so far: further tries do not lose a PASS
        self._remember()
        at_once = f"To be told at once: `ex.{self.name}.check({self.function}, tell=True)`."
        result = result.stage(3 if tell else self.in_a_row[1], at_once)
        show(result)
        return result

    def hint(self, n: Any = None) -> Card:
        """Show the next hint, or hint number `n`, counted from 1."""
        count, progress = len(self.hints), self.recall()
        if n is None:
            n = min(progress.hints + 1, count)
        if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or not 1 <= n <= count:
            ends = f"from `ex.{self.name}.hint(1)` to `ex.{self.name}.hint({count})`"
            message = f"There is no hint {n!r}: there are {count}, {ends}."
            return show(status_card(self.name, "HINT", [message]))
        progress.hints = max(progress.hints, int(n))
        self._remember()
        rest = f"The next one: `ex.{self.name}.hint({n + 1})`"
        if n == count:
            rest = f"That was the last one. The answer: `ex.{self.name}.solution()`"
        return show(status_card(self.name, f"HINT {n} of {count}", [self.hints[n - 1], rest]))

    def catch(self, **arguments: Any) -> Card:
        """Run the right version and every known wrong one on a call of yours; show which it tells apart.

        Args:
            **arguments: of the call, by name; the others are as they were to begin with.

        >>> from course_lib.chapters.ch03_momentum import ex
        >>> ex.momentum.catch(rho="big")
        NO CALL · momentum
        `rho` must be a finite number, not 'big': 'big' is no number.
        """
        game = game_of(self)
        if game is None:
            message = f"There is no call of `{self.function}` to choose: none says more than another, or can be typed."
            return show(status_card(self.name, "NO CALL", [message]))
        progress = self.recall()
        card, progress.caught = describe(game, arguments, progress.caught)
        self._remember()
        return show(card)

    def solution(self) -> Card:
        """Show the solution, and why it is right; before the first try, only when asked twice."""
        progress = self.recall()
        seen = progress.asked or progress.status is not Status.NOT_ATTEMPTED
        progress.asked, progress.solution = True, seen
        self._remember()
        if not seen:
            message = f"Try it first: a wrong answer is told what is wrong in it. A nudge: `ex.{self.name}.hint()`"
            again = f"To see the solution all the same, run `ex.{self.name}.solution()` once more."
            return show(status_card(self.name, "SOLUTION", [message, again]))
        text = f"{self.source.strip()}\n\n{self.explanation}"
        return show(Card(text, markdown=f"```python\n{self.source.strip()}\n```\n\n{self.explanation}"))

    def use(self, answer: Any = _MISSING) -> Callable[..., Any]:
        """Return the reader's function if it is right, else the book's, so that a chapter can continue."""
        result = self.evaluate(answer)
        if result.passed:
            show(status_card(self.name, "YOURS", [f"From here on the chapter runs your `{self.function}`."]))
            return answer
        message = f"From here on the chapter runs the book's own `{self.function}`, as yours is {result.status}."
        show(status_card(self.name, "THE BOOK'S", [message]))
        return self.reference

    def evaluate(
        self, answer: Any = _MISSING, *, seed: int = 0, timeout: float = LIMIT, questions: bool = False
    ) -> Result:
        """Check an answer silently, without a change of `progress`; say all, and look for a question if asked to."""
        if answer is _MISSING:
            what = "class" if self.method else "function"
            message = f"Pass your {what} to the check: `ex.{self.name}.check({self.function})`."
            return Result(self.name, Status.NOT_ATTEMPTED, message)
        return evaluate(self, answer, seed=seed, timeout=timeout, changes=changes if questions else None)

    def __repr__(self) -> str:
        return f"Exercise {self.name}: {self.title}\n\n{self.prompt}\n\n{self.stub}"

    def _repr_html_(self) -> str:
        parts = "".join(f"<p>{inline(part)}</p>" for part in self.prompt.split("\n\n"))
        return f"<p><strong>{html.escape(self.title)}</strong></p>{parts}<pre>{html.escape(self.stub)}</pre>"


def progress(exercises: Iterable[Exercise]) -> Card:
    """Show how far the reader has come: a table of exercises."""
    rows = [
        (
            exercise.name,
            exercise.title,
            str(done.status),
            str(done.checks),
            f"{done.hints} of {len(exercise.hints)}",
            "seen" if done.solution else "",
        )
        for exercise in exercises
        for done in [exercise.recall()]
    ]
    done = sum(row[2] == "PASS" for row in rows)
    header = ("Exercise", "What", "Status", "Checks", "Hints", "Solution")
    return show(table_card(f"{done} of {len(rows)} exercises pass.", header, rows))
