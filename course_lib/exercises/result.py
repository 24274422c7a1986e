"""The result of a check."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self

from .show import Card, status_card

#: The last paragraph while a mistake is not named.
AGAIN = "Change something and check again: a mistake that is still there is named then."
#: A paragraph where a value is wrong and no known mistake leads to it.
UNKNOWN = "This is none of the mistakes that this exercise knows by name."
#: How what is said of code begins that does not run to its end.
NOT_RUN = (
    "Your code cannot be run:",
    "Your code defines no ",
    "Your function raised ",
    "Your function had not come to",
)


class Status(StrEnum):
    """The four outcomes of a check, as the reader sees them.

    >>> print(Status.NOT_YET)
    NOT YET
    """

    PASS = "PASS"
    NOT_YET = "NOT YET"
    NOT_ATTEMPTED = "NOT ATTEMPTED"
    TIMEOUT = "TIMEOUT"


class Result(Card):
    """The result of one check: a text for the reader, fields for a program.

    Args:
        exercise: name of the exercise.
        status: a `Status`.
        message: what is right or wrong, in paragraphs; a paragraph whose lines are indented is code.
        diagnoses: names of the known mistakes, the most important first.
        printed: the beginning of what the reader's function printed.
        question: it points to the mistake without naming it.
        line: the mistaken line beside the right one, as a paragraph of code.
        named: how many of the first paragraphs name the mistake; 0: the message is the same at each check.
        ran: whether the answer ran to the end of the check, so that all its values could be compared.

    >>> result = Result("momentum", Status.NOT_YET, "Your step goes uphill.", diagnoses=("uphill",))
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
        diagnoses: tuple[str, ...] = (),
        printed: str = "",
        question: str = "",
        line: str = "",
        named: int = 0,
        ran: bool = False,
    ) -> None:
        self.exercise = exercise
        self.status = status
        self.paragraphs = tuple(part for part in message if part)
        self.message = "\n".join(self.paragraphs)
        self.diagnoses = diagnoses
        self.printed = printed
        self.question, self.line, self.named, self.ran = question, line, named, ran
        card = status_card(exercise, status, [*message, _printing(printed)])
        super().__init__(card.text, html=card.html)

    @property
    def diagnosis(self) -> str | None:
        """The name of the first known mistake in it, or None."""
        return self.diagnoses[0] if self.diagnoses else None

    @property
    def passed(self) -> bool:
        """True if the answer is right."""
        return self.status is Status.PASS

    def stage(self, n: int, more: str = "") -> "Result":
        """Return what is said at the `n`-th check in a row with the same mistake.

        First which value differs, in which call, and a question; then the mistake's name; then the line as well. Of a
        mistake that is not known, the question each time.

        Args:
            n: counted from 1; from the third on all is said.
            more: stands at the end where the mistake is not named yet.

        >>> result = Result("double", Status.NOT_YET, "Half of it.", "`y` is 1.", question="And x?", named=1)
        >>> result.stage(1)
        NOT YET · double
        `y` is 1.
        And x?
        Change something and check again: a mistake that is still there is named then.
        """
        if UNKNOWN in self.paragraphs and self.question:
            at = self.paragraphs.index(UNKNOWN)
            message = (*self.paragraphs[:at], self.question, *self.paragraphs[at:])
            return Result(self.exercise, self.status, *message, diagnoses=self.diagnoses, printed=self.printed)
        if not self.named or n == 2:
            return self
        names, rest = self.paragraphs[: self.named], self.paragraphs[self.named :]
        message = (*rest, self.question, f"{AGAIN} {more}".strip()) if n < 2 else (*names, self.line, *rest)
        return Result(self.exercise, self.status, *message, diagnoses=self.diagnoses, printed=self.printed)

    def in_exam(self) -> Card:
        """Return what an exam shows: the verdict alone or, of code that cannot be run, why and in which line.

        >>> Result("momentum", Status.NOT_YET, "Your step goes uphill.").in_exam()
        NOT YET · momentum
        >>> Result("momentum", Status.NOT_YET, "Your code cannot be run: SyntaxError", "    line 2: (").in_exam()
        NOT YET · momentum
        Your code cannot be run: SyntaxError
            line 2: (
        """
        if self.status is Status.NOT_ATTEMPTED:
            return self
        why, *rest = [*self.paragraphs, ""] if self.message.startswith(NOT_RUN) else [""]
        return status_card(self.exercise, self.status, [why, *(line for line in rest[:1] if line.startswith("    "))])

    def to_dict(self) -> dict[str, Any]:
        """Return its fields as JSON data.

        >>> Result.from_dict(Result("choose", Status.PASS, "Right.").to_dict())
        PASS · choose
        Right.
        """
        return {
            "exercise": self.exercise,
            "status": str(self.status),
            "message": list(self.paragraphs),
            "diagnoses": list(self.diagnoses),
            "printed": self.printed,
            "question": self.question,
            "line": self.line,
            "named": self.named,
        }

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """Return the result from the fields of `to_dict`."""
        others = {key: value for key, value in fields.items() if key not in ("exercise", "status", "message")}
        others["diagnoses"] = tuple(others["diagnoses"])
        return cls(fields["exercise"], Status(fields["status"]), *fields["message"], **others)


def _printing(printed: str) -> str:
    """Format the first lines of the printed text as a paragraph."""
    lines = printed.strip().splitlines()
    if not lines:
        return ""
    shown = "; ".join(line.strip()[:60] for line in lines[:3])
    return f"While it was checked, your function printed: {shown}" + (" …" if len(lines) > 3 else "")
