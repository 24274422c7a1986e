"""Exercises: `ex.momentum.check(my_function)` says what is right, and which mistake it is if not."""

from typing import TYPE_CHECKING

from .cases import Case
from .declaration import DeclarationError, Mutant
from .exercise import Exercise
from .registry import EXERCISES, progress
from .result import Result, Status
from .stub import NotAttempted, todo

if TYPE_CHECKING:  # for editors; __getattr__ below finds them
    from .ch03 import choose, convert_rate, momentum, nesterov

__all__ = [
    "EXERCISES",
    "Case",
    "DeclarationError",
    "Exercise",
    "Mutant",
    "NotAttempted",
    "Result",
    "Status",
    "choose",
    "convert_rate",
    "momentum",
    "nesterov",
    "progress",
    "todo",
]


def __getattr__(name: str) -> Exercise:
    if name in EXERCISES:
        return EXERCISES[name]
    raise AttributeError(f"there is no exercise {name!r}; there are {', '.join(EXERCISES)}")


def __dir__() -> list[str]:
    return [*__all__, *EXERCISES]
