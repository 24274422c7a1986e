"""The declarations of questions: a prediction, a multiple choice, a number. They hold no markup and compute nothing.

A declaration checks itself, so that a wrong one is an error where it stands.
"""

import math
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from course_lib.questions.text import check_text

SAID = "You said {said}; "


@dataclass(frozen=True)
class Question:
    """What every question has.

    Args:
        name: an identifier; `ask.NAME()` shows the question.
        page: the notebook that asks it, as in "03_momentum".
        question: the question, one line.
    """

    name: str
    page: str
    question: str

    kind: ClassVar[str]
    #: What a reader sees above the question.
    label: ClassVar[str]
    #: Where the reader's answer is kept in the record of progress.
    record: ClassVar[str]

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.isidentifier() or self.name.startswith("_"):
            raise ValueError(f"a question's name must be an identifier, not {self.name!r}")
        check_text(str(self), "page", self.page)
        check_text(str(self), "question", self.question)

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.name!r}"

    def _check_options(self, options: Mapping[str, str], most: int) -> None:
        if not isinstance(options, Mapping) or not 2 <= len(options) <= most:
            raise ValueError(f"{self}: options must be a dictionary of 2 to {most}, key: text; got {options!r}")
        for key, text in options.items():
            check_text(str(self), "an option's key", key)
            check_text(str(self), f"option {key!r}", text)
        if len(set(options.values())) < len(options):
            raise ValueError(f"{self}: two options have the same text")

    def _check_right(self, options: Mapping[str, str], right: str) -> None:
        if right not in options:
            raise ValueError(f"{self}: right must be one of {', '.join(options)}, not {right!r}")


@dataclass(frozen=True)
class Predict(Question):
    """A prediction: the reader says what will happen, and then sees it.

    Args:
        options: two to four answers, key → text. A text continues "You said …".
        right: the key of what happens; None where it is not one of them alone.
        line: one sentence that says what happened, after "You said {said}; " if it has that. With ``shows``,
            ``{NAME}`` is filled with the readout or control NAME as the experiment shows it, or formatted as in
            Python (``{ratio:.0f}``), and there is no number by hand. ``{claim:NAME.value:.0f}`` is filled with a
            claim's value.
        shows: the experiment that shows the answer and the setting at which it does, ("race", {"kappa": 100}).

    Raises:
        TypeError, ValueError: the declaration is wrong; the message says where.

    >>> Predict("roll", "00_dice", "What is rolled more often?", options={"six": "six", "one": "one"},
    ...         line="You said {said}; no side of a die is.").right is None
    True
    """

    options: Mapping[str, str] = field(kw_only=True)
    right: str | None = field(default=None, kw_only=True)
    line: str = field(kw_only=True)
    shows: tuple[str, Mapping[str, Any]] | None = field(default=None, kw_only=True)

    kind, label, record = "predict", "Predict", "predictions"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_options(self.options, 4)
        if self.right is not None:
            self._check_right(self.options, self.right)
        check_text(str(self), "line", self.line)
        if self.shows is not None:
            try:
                name, setting = self.shows
            except (TypeError, ValueError):
                name, setting = None, None
            if not isinstance(name, str) or not isinstance(setting, Mapping):
                raise ValueError(f"{self}: shows must be (experiment's name, setting), not {self.shows!r}")
        self._check_line()

    def _check_line(self) -> None:
        if "{said}" in self.line and (not self.line.startswith(SAID) or self.line.count("{said}") > 1):
            raise ValueError(f"{self}: in the line, {{said}} must stand in {SAID!r} at its beginning")
        try:
            parts = list(string.Formatter().parse(self.line))
        except ValueError as error:
            raise ValueError(f"{self}: line cannot be read ({error}): {self.line!r}") from None
        for words, name, spec, _ in parts:
            if self.shows is not None and any(c.isdigit() for c in words):
                raise ValueError(f"{self}: line has a number by hand in {words!r}; name a readout of {self.shows[0]}")
            if name == "claim" and "." not in (spec or "").partition(":")[0]:
                raise ValueError(f"{self}: line must name a claim's value as {{claim:NAME.value}}, not {spec!r}")
            if name not in (None, "said", "claim") and self.shows is None:
                raise ValueError(f"{self}: line names {{{name}}}, but the prediction shows no experiment")


@dataclass(frozen=True)
class Choose(Question):
    """A self-check with options, of which one is right.

    Args:
        options: two to five answers, key → text.
        right: the key of the right one.
        why: a sentence for every option. A wrong one's says what it confuses, the right one's confirms.

    Raises:
        TypeError, ValueError: the declaration is wrong; the message says where.

    >>> Choose("sum", "00_sums", "1 + 1?", options={"two": "2", "ten": "10"}, right="two",
    ...        why={"two": "In decimal.", "ten": "That is binary."}).label
    'Check yourself'
    """

    options: Mapping[str, str] = field(kw_only=True)
    right: str = field(kw_only=True)
    why: Mapping[str, str] = field(kw_only=True)

    kind, label, record = "choose", "Check yourself", "checks"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_options(self.options, 5)
        self._check_right(self.options, self.right)
        if not isinstance(self.why, Mapping) or set(self.why) != set(self.options):
            raise ValueError(f"{self}: why must have one sentence for each option, {', '.join(self.options)}")
        for key, text in self.why.items():
            check_text(str(self), f"why of {key!r}", text)


@dataclass(frozen=True)
class Number(Question):
    """A self-check whose answer is a number.

    Args:
        right: the number.
        tolerance: how far off an answer may be, as an absolute difference.
        unit: shown after the field, and allowed in the answer.
        confusions: wrong number → what it confuses; as near as ``tolerance`` and a tenth of it is taken for it.
        otherwise: what is said to any other number.
        why: confirms the right number.
        others: the same question with other numbers, for when it comes back on the contents page: for each, what
            differs, as arguments by name.

    Raises:
        TypeError, ValueError: the declaration is wrong; the message says where.

    >>> Number("sum", "00_sums", "1 + 1?", right=2, tolerance=0, confusions={1: "That is 1 · 1."},
    ...        otherwise="Count with your fingers.", why="One more than 1.").unit
    ''
    """

    right: float = field(kw_only=True)
    tolerance: float = field(kw_only=True)
    unit: str = field(default="", kw_only=True)
    confusions: Mapping[float, str] = field(default_factory=dict, kw_only=True)
    otherwise: str = field(kw_only=True)
    why: str = field(kw_only=True)
    others: Sequence[Mapping[str, Any]] = field(default=(), kw_only=True)

    kind, label, record = "number", "Check yourself", "checks"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.confusions, Mapping):
            raise ValueError(f"{self}: confusions must be a dictionary, number: sentence; got {self.confusions!r}")
        numbers = {"right": self.right, "tolerance": self.tolerance} | {f"confusion {v!r}": v for v in self.confusions}
        for what, value in numbers.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise ValueError(f"{self}: {what} must be a finite number, not {value!r}")
        if self.tolerance < 0:
            raise ValueError(f"{self}: tolerance must not be negative, got {self.tolerance}")
        values = [self.right, *self.confusions]
        for i, value in enumerate(values):
            for other in values[:i]:
                if abs(value - other) <= 2 * self.tolerance:
                    raise ValueError(f"{self}: {value:g} and {other:g} cannot be told apart within {self.tolerance:g}")
        if self.unit:
            check_text(str(self), "unit", self.unit)
        for what, text in {"otherwise": self.otherwise, "why": self.why}.items():
            check_text(str(self), what, text)
        for value, text in self.confusions.items():
            check_text(str(self), f"confusion {value:g}", text)
        asked = [(one.question, one.right) for one in (self, *self.anew)]
        if any(len(set(values)) < len(asked) for values in zip(*asked, strict=True)):
            raise ValueError(f"{self}: with other numbers, the question and its answer must differ each time")

    @property
    def anew(self) -> tuple["Number", ...]:
        """The question with its other numbers."""
        return tuple(replace(self, **{"others": (), **values}) for values in self.others)
