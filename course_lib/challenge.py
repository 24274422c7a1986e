"""The challenge of chapter 13: write `train(x, y, rng) -> predict` for 100 labelled digits, and learn how good it is.

    score = cross_validate(train)  # as often as you like: labels of the practice pool alone
    final = submit(train)  # counted: 1,200 sealed digits
    print(final.ladder())

`train` gets x, shape (100, 64), in [0, 1], ten digits of each class, their labels y, and a generator; it returns a
function x → scores, shape (N, 10). It may use everything in the library, and no other digits.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from course_lib.nn import accuracy
from course_lib.studies import Gain, Table, load
from course_lib.studies.challenge import LADDER, Predict, Train, checked, practice, sealed_score
from course_lib.studies.stored import replace_files
from course_lib.studies.study import compare
from course_lib.validation import check_count

BUDGET = 20.0  #: CPU seconds of training and predicting, for each sealed draw
COUNTER = Path("challenge.json")  #: where `submit` counts, beside the notebook


@dataclass(frozen=True, eq=False)
class Score:
    """How good a `train` is, on several draws of 100 labels.

    Attributes:
        accuracies: in per cent, one for each draw; empty where there is no score.
        draws: the draws' numbers.
        seconds: CPU seconds of one training with its predictions, the mean.
        submissions: how many times `submit` has been called, this call included; None for a practice score.
        reason: why there is no score; empty where there is one.
    """

    accuracies: np.ndarray
    draws: tuple[int, ...]
    seconds: float
    submissions: int | None = None
    reason: str = ""

    @property
    def mean(self) -> float:
        """The mean accuracy in per cent; nan where there is no score."""
        return float(self.accuracies.mean()) if len(self.accuracies) else math.nan

    @property
    def error(self) -> float:
        """The standard error of the mean, from the spread over the draws; nan for a single one."""
        n = len(self.accuracies)
        return float(self.accuracies.std(ddof=1)) / math.sqrt(n) if n > 1 else math.nan

    @property
    def optimism(self) -> float:
        """By how much the best of so many submissions looks too good, if all are worth the same; 0 in practice.

        E[max of k standard normals] × the error of one score: right for scores on digits of their own, and an upper
        bound here. All submissions share the draws, and what these are worth to all alike is no luck of one of them.
        """
        return best_of(self.submissions or 1) * self.error

    def gain(self, other: Score) -> Gain:
        """Return by how much this score is above another on the same draws, pair by pair.

        Raises:
            ValueError: they are not scores of the same draws.
        """
        if self.draws != other.draws or (self.submissions is None) != (other.submissions is None):
            raise ValueError(f"only the same draws make pairs, not {self._where()} and {other._where()}")
        self._check()
        other._check()
        return compare(self.accuracies, other.accuracies)

    def ladder(self) -> Table:
        """Return the ladder on the same draws, with this score in its place and its gain over each rung.

        Raises:
            ValueError: a practice score, or one of draws on which the ladder was not measured.
        """
        rungs = rungs_on(self)
        rows = []
        for name, values in sorted([*rungs.items(), ("YOURS", self.accuracies)], key=lambda row: -row[1].mean()):
            rung = Score(values, self.draws, 0.0, 0)
            gain = compare(self.accuracies, values)
            more = ["", ""] if name == "YOURS" else [f"{gain.mean:+.1f} ± {gain.error:.1f}", f"{gain.wins}/{gain.n}"]
            rows.append([name, f"{rung.mean:.1f} ± {rung.error:.1f}", *more])
        return Table("The ladder", "", ["rung", "accuracy, %", "you are above it by", "draws won"], rows, self._where())

    def _where(self) -> str:
        return f"{'practice' if self.submissions is None else 'sealed'} draws {', '.join(map(str, self.draws))}"

    def _check(self) -> None:
        if self.reason:
            raise ValueError(f"there is no score: {self.reason}")

    def __repr__(self) -> str:
        return f"Score({self})"

    def __str__(self) -> str:
        if self.reason:
            return f"no score: {self.reason}"
        error = "" if math.isnan(self.error) else f" ± {self.error:.1f}"
        return f"{self.mean:.1f}{error} % on the {self._where()}; {self.seconds:.1f} CPU s each"


def held_out_accuracy(
    train: Train, x: np.ndarray, y: np.ndarray, held_out: np.ndarray, rng: np.random.Generator
) -> float:
    """Train on the digits that are not held out; return the accuracy on the others, in per cent.

    Args:
        train: a function (x, y, rng) → predict.
        x: labelled digits.
        y: their labels.
        held_out: True for the digits that are held out.
        rng: for `train`.

    >>> data = practice(0)
    >>> held_out_accuracy(LADDER["1-NN on pixels"], *data[:2], np.arange(100) < 20, np.random.default_rng(0)) > 70
    True
    """
    predict = train(x[~held_out], y[~held_out], rng)
    return 100 * float(accuracy(predict(x[held_out]), y[held_out]))


def cross_validate(train: Train, draws: int = 3, folds: int = 5) -> Score:
    """Score on practice draws by cross-validation: each digit is predicted by a `train` that has not seen it.

    A draw's score is the mean over its folds. With five folds `train` gets 80 digits at a time, and a class that is
    frequent in a fold is rare in the others, so the final score, with 100, is higher as a rule, by some points.

    Args:
        train: a function (x, y, rng) → predict.
        draws: number of draws: 0, 1, …
        folds: parts of each draw, from 2 to 100.

    Returns:
        The score. Its error comes from the spread over the draws.

    Raises:
        TypeError, ValueError: `train` is no function, or does not return what it should.

    >>> score = cross_validate(LADDER["1-NN on pixels"], draws=2)
    >>> len(score.accuracies), score.mean > 80
    (2, True)

    Source: Stone, Cross-validatory choice and assessment of statistical predictions, 1974.
    """
    _check_train(train)
    check_count("draws", draws)
    if check_count("folds", folds, 2) > 100:
        raise ValueError(f"folds must be at most 100, the digits of a draw, not {folds}")
    right, start = [], time.process_time()
    for draw in range(draws):
        x, y, *_ = practice(draw)
        of_folds, of_train = np.random.default_rng([draw, 3]).spawn(2)
        parts = np.array_split(of_folds.permutation(len(x)), folds)
        held_out = [np.isin(np.arange(len(x)), rows) for rows in parts]
        rngs = of_train.spawn(folds)
        right.append([held_out_accuracy(checked(train), x, y, *each) for each in zip(held_out, rngs, strict=True)])
    seconds = (time.process_time() - start) / (draws * folds)
    return Score(np.mean(right, axis=1), tuple(range(draws)), seconds)


def submit(train: Train, seeds: Iterable[int] = range(5), counter: Path | str | None = COUNTER) -> Score:
    """Score on sealed draws, each tested on 1,100 other sealed digits; print it, with the number of submissions.

    Each call is counted, before anything else, in a small file: the best of many submissions looks better than it is,
    by `Score.optimism` at most.
    What goes wrong in `train` is no score, and the count stays.

    Args:
        train: a function (x, y, rng) → predict.
        seeds: numbers of sealed draws, at least 0, all from the same digits. The ladder has 0 … 9; others are an
            instructor's own.
        counter: the file that counts, JSON; None: nothing is counted, as in grading.

    Returns:
        The score, of means and no single digits.

    Raises:
        TypeError: `train` is no function; this is not counted.

    >>> score = submit(LADDER["1-NN on pixels"], seeds=[0, 1], counter=None)  # doctest: +ELLIPSIS
    9... ± ... % on the sealed draws 0, 1; 0... CPU s each
    """
    _check_train(train)
    draws = tuple(check_count("seeds", seed, 0) for seed in seeds)
    if not draws:
        raise ValueError("seeds must hold at least one number")
    submissions, note = (0, "") if counter is None else _count(Path(counter))
    score = _sealed(train, draws, submissions)
    print(score)
    if submissions > 1 and len(draws) > 1 and not score.reason:
        print(
            f"Submission {submissions}: if all were worth the same, the best of them would look at most about "
            f"{score.optimism:.1f} points too good; less, the more their luck is that of the draws, which all share."
        )
    elif submissions:
        print(f"Submission {submissions}.")
    if note:
        print(note)
    return score


def _sealed(train: Train, draws: tuple[int, ...], submissions: int) -> Score:
    right, seconds = [], []

    def no_score(reason: str) -> Score:
        return Score(np.empty(0), draws, float(np.mean(seconds)) if seconds else math.nan, submissions, reason)

    for draw in draws:
        try:
            accurate, spent = sealed_score(train, draw)
        except Exception as error:  # of the reader's code: the count must stay, so it is told and not raised
            return no_score(f"on draw {draw}, {type(error).__name__}: {error} (cross_validate shows where)")
        right.append(accurate)
        seconds.append(spent)
        if spent > BUDGET:
            return no_score(f"draw {draw} took {spent:.1f} CPU seconds, and the budget is {BUDGET:g}")
    return Score(np.array(right), draws, float(np.mean(seconds)), submissions)


def rungs_on(score: Score) -> dict[str, np.ndarray]:
    """Return the accuracies of every rung of the ladder on a score's draws, as they were measured.

    Raises:
        ValueError: a practice score, no score, or draws on which the ladder was not measured.
    """
    score._check()
    measured = load("challenge")
    if score.submissions is None:
        raise ValueError("the ladder is for sealed draws: see submit")
    if max(score.draws) >= measured.seeds:
        raise ValueError(
            f"the ladder was measured on the sealed draws 0 … {measured.seeds - 1}, not on {max(score.draws)}: score a "
            f"rung there by submit(LADDER[name], seeds=...), and compare by gain"
        )
    values = measured.values["accuracy"][:, list(score.draws)]
    return dict(zip(measured.names, values, strict=True))


def best_of(k: int) -> float:
    """Return by how many standard deviations the best of k equally good entries lies above their mean, on average.

    E[max(z₁, …, z_k)] = ∫ (1[z > 0] − Φ(z)ᵏ) dz,  zᵢ ~ N(0, 1), Φ their distribution function

    Args:
        k: number of entries, ≥ 1.

    >>> [round(best_of(k), 2) for k in (1, 2, 5, 32)]
    [0.0, 0.56, 1.16, 2.07]
    """
    check_count("k", k)
    z = np.linspace(-12, 12, 4801)
    below = np.array([math.erfc(-one / math.sqrt(2)) / 2 for one in z])
    return float(np.trapezoid(np.where(z > 0, 1.0, np.where(z < 0, 0.0, 0.5)) - below**k, z)) if k > 1 else 0.0


def _check_train(train: Any) -> None:
    if not callable(train):
        raise TypeError(f"train must be a function (x, y, rng) → predict, not {type(train).__name__}")


def _count(path: Path) -> tuple[int, str]:
    """Return the number of this submission, and what there is to say about the file."""
    before, note = 0, ""
    try:
        before = json.loads(path.read_text("utf-8"))["submissions"]
        if not isinstance(before, int) or isinstance(before, bool) or before < 0:
            raise ValueError
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError):  # no JSON, no text, or not what is written below
        before, note = 0, f"{path.name} is damaged, or cannot be read: it counts from 1 again."
    try:
        replace_files({path: json.dumps({"submissions": before + 1}) + "\n"})
    except OSError as error:
        note = f"{path.name} cannot be written ({error.strerror}): the next submission will not know of this one."
    return before + 1, note


__all__ = [
    "BUDGET",
    "LADDER",
    "Predict",
    "Score",
    "Train",
    "best_of",
    "cross_validate",
    "held_out_accuracy",
    "practice",
    "rungs_on",
    "submit",
]
