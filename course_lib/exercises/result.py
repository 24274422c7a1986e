"""What a check answers."""

from enum import StrEnum

from .show import Card, status_card


class Status(StrEnum):
    """The four ways a check ends, in the words the reader sees.

    >>> print(Status.NOT_YET)
    NOT YET
    """

    PASS = "PASS"
    NOT_YET = "NOT YET"
    NOT_ATTEMPTED = "NOT ATTEMPTED"
    TIMEOUT = "TIMEOUT"


class Result(Card):
    """The answer of one check: words for the reader, fields for a program.

    Args:
        exercise: name of the exercise.
        status: a `Status`.
        message: what is right or wrong, in paragraphs; a paragraph whose lines are indented is code.
        diagnosis: name of the known mistake this is, or None.
        printed: the beginning of what the reader's function printed.

    >>> result = Result("momentum", Status.NOT_YET, "Your step goes uphill.", diagnosis="uphill")
    >>> result.passed, result.diagnosis
    (False, 'uphill')
    >>> result
    NOT YET · momentum
    Your step goes uphill.
    """

    def __init__(
        self,
        exercise: str,
        status: Status,
        *message: str,
        diagnosis: str | None = None,
        printed: str = "",
    ) -> None:
        self.exercise = exercise
        self.status = status
        self.message = "\n".join(part for part in message if part)
        self.diagnosis = diagnosis
        self.printed = printed
        card = status_card(exercise, status, [*message, _printing(printed)])
        super().__init__(card.text, html=card.html)

    @property
    def passed(self) -> bool:
        """True if the answer is right."""
        return self.status is Status.PASS


def _printing(printed: str) -> str:
    """The first lines of what was printed, as a paragraph."""
    lines = printed.strip().splitlines()
    if not lines:
        return ""
    shown = "; ".join(line.strip()[:60] for line in lines[:3])
    return f"While it was checked, your function printed: {shown}" + (" …" if len(lines) > 3 else "")
