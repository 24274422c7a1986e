"""The reader's own optimizer in an experiment of the site: typed in a box, it joins the others (js/yours.js).

In a notebook there is no box: Python is at hand there, and an experiment may take an `Optimizer` as an argument.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from course_lib.explore.parts import Part, colour_of
from course_lib.optim import SGD, Adam, Momentum, Nesterov, Optimizer
from course_lib.optim.registry import METHODS

#: Methods whose lines fill the box at a press.
FILLS = (SGD, Momentum, Nesterov, Adam)


@dataclass(frozen=True)
class Yours:
    """What an experiment does with the reader's optimizer.

    Args:
        run: a function of the optimizer and, by name, of controls and assets, compiled like ``compute``: the data of
            the reader's marks and readouts.
        like: the method whose marks and readouts the reader's optimizer has, too. Where their keys say ``like``, those
            of the reader's say ``yours``.
        alone: controls that are for the reader's optimizer alone, and hidden while there is none.
    """

    run: Callable[..., dict[str, Any]]
    like: str
    alone: tuple[str, ...] = ()

    @property
    def needs(self) -> list[str]:
        """The names of the controls and assets that `run` takes after the optimizer."""
        return list(inspect.signature(self.run).parameters)[1:]

    def panels(self, panels: list[Part]) -> list[Part]:
        """Return panels with the reader's marks, which are on top.

        Raises:
            ValueError: no mark is the method's.
        """
        mine = [[self._copy(m, "Yours") for m in p["marks"] if self.like in m["key"]] for p in panels]
        if not any(mine):
            raise ValueError(f"no mark has {self.like!r} in its key, so yours can have none like it")
        return [{**p, "marks": [*p["marks"], *marks]} for p, marks in zip(panels, mine, strict=True)]

    def readouts(self, readouts: list[Part]) -> list[Part]:
        """Return readouts with the reader's at the end."""
        mine = [self._copy(r, r["label"].replace(self.like, "Yours")) for r in readouts if self.like in r["key"]]
        return [*readouts, *mine]

    def _copy(self, part: Part, label: str) -> Part:
        key = part["key"].replace(self.like, "yours")
        return {**part, "key": key, "label": label, "color": colour_of("yours"), "yours": True}

    def box(self) -> dict[str, Any]:
        """Return what the box in the page has to know: `like` has a button, and its defaults count first."""
        row = METHODS[self.like]
        kinds = dict.fromkeys([*FILLS, row.cls])
        return {
            "needs": self.needs,
            "settings": settings() | row.defaults,
            "fills": {kind.__name__: lines_of(kind) for kind in kinds},
        }


def settings() -> dict[str, float | bool]:
    """Return what ``self`` has in the box where no slider has that name: the library's defaults.

    >>> settings()["beta1"]
    0.9
    """
    found: dict[str, float | bool] = {}
    for row in METHODS.values():
        if row.cls.elementwise:
            found = row.defaults | found  # the simplest method comes first, and its default counts
    return found


def lines_of(kind: type[Optimizer]) -> str:
    """Return the lines of a method's update, from its source.

    >>> print(lines_of(SGD))
    x -= self.lr * dx
    """
    source = textwrap.dedent(inspect.getsource(kind.update))
    (function,) = ast.parse(source).body
    first = function.body[0].lineno  # type: ignore[attr-defined]
    return textwrap.dedent("\n".join(source.splitlines()[first - 1 :]))
