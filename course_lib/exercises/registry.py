"""All exercises of the book, in its order."""

from . import ch03
from .exercise import Exercise
from .show import Card, show, table_card

EXERCISES: dict[str, Exercise] = {exercise.name: exercise for chapter in (ch03,) for exercise in chapter.EXERCISES}


def progress() -> Card:
    """Show how far the reader has come in this session: a table of all exercises."""
    rows = [
        (
            exercise.name,
            exercise.title,
            str(exercise.progress.status),
            str(exercise.progress.checks),
            f"{exercise.progress.hints} of {len(exercise.hints)}",
            "seen" if exercise.progress.solution else "",
        )
        for exercise in EXERCISES.values()
    ]
    done = sum(row[2] == "PASS" for row in rows)
    header = ("Exercise", "What", "Status", "Checks", "Hints", "Solution")
    return show(table_card(f"{done} of {len(rows)} exercises pass, in this session.", header, rows))
