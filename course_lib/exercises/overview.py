"""Many exercises at once: how far the reader has come."""

from collections.abc import Iterable

from .exercise import Exercise
from .show import Card, show, table_card


def progress(exercises: Iterable[Exercise]) -> Card:
    """Show how far the reader has come in this session: a table of exercises."""
    rows = [
        (
            exercise.name,
            exercise.title,
            str(exercise.progress.status),
            str(exercise.progress.checks),
            f"{exercise.progress.hints} of {len(exercise.hints)}",
            "seen" if exercise.progress.solution else "",
        )
        for exercise in exercises
    ]
    done = sum(row[2] == "PASS" for row in rows)
    header = ("Exercise", "What", "Status", "Checks", "Hints", "Solution")
    return show(table_card(f"{done} of {len(rows)} exercises pass, in this session.", header, rows))
