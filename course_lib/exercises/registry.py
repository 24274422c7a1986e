"""All exercises of the book, in its order."""

from . import ch03
from .exercise import Exercise
from .exercise import progress as _progress
from .show import Card

EXERCISES: dict[str, Exercise] = {exercise.name: exercise for chapter in (ch03,) for exercise in chapter.EXERCISES}


def progress() -> Card:
    """Show how far the reader has come in this session: a table of all exercises."""
    return _progress(EXERCISES.values())
