"""A study: rows that differ in one thing, each measured over seeds."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from course_lib.progress import progress_bar
from course_lib.validation import check_count

from .student import t_factor
from .table import Table

Measure = Callable[[Any, int], Mapping[str, float]]


class Gain(NamedTuple):
    """The gain of a row: d̄ = mean dₛ over the seeds s, dₛ = row's value − base's value with the same seed.

    Attributes:
        mean: d̄.
        error: its standard error, √(Σ (dₛ − d̄)²/(n − 1))/√n; nan for a single seed.
        wins: the number of seeds with dₛ > 0.
        ties: the number of seeds with dₛ = 0, up to rounding.
        n: the number of seeds.
    """

    mean: float
    error: float
    wins: int
    ties: int
    n: int

    @property
    def losses(self) -> int:
        """The number of seeds with dₛ < 0."""
        return self.n - self.wins - self.ties

    def interval(self, inside: float = 0.95) -> tuple[float, float]:
        """Return the two ends of Student's interval: d̄ ± t · error, where P(|T| ≤ t) = inside for n − 1 degrees.

        Raises:
            ValueError: there is a single seed.

        >>> [round(end, 3) for end in Gain(mean=1.0, error=0.1, wins=5, ties=0, n=5).interval()]
        [0.722, 1.278]
        """
        if self.n < 2:
            raise ValueError("an interval needs at least 2 seeds, not 1")
        half = t_factor(self.n - 1, inside) * self.error
        return self.mean - half, self.mean + half


@dataclass(frozen=True)
class Study:
    """Rows that differ in one thing, and a function that measures one row with one seed.

    All random numbers come from the seed, so that rows are compared on the same data and initial weights.

    Args:
        title: of the table.
        text: what was measured, in Markdown.
        measure: a function (row, seed) → {quantity: number}; a module's, so that processes can share the work.
        rows: name → the row that `measure` receives. The first is the base that the others are compared with.
        compare: whether to show gains over the base, in the first quantity; else every quantity's mean ± its error.
        seeds: the default number of seeds, 0, 1, …
        formats: quantity → format of its numbers; ".1f" unless given.
        rows_are: what a row is, for the header of the first column.
        remark: a function (results) → text, shown below the table.
        own_table: a function (results) → table in place of the usual one, for a page of its own; then the page
            *Measured* leaves the study out.

    >>> def measure(row, seed):
    ...     return {"height": np.random.default_rng(seed).normal(row, 0.1 * row)}
    >>> print(Study("Steps", "How high?", measure, {"stool": 1.0, "ladder": 3.0}).run(seeds=9).table().plain())
    Steps (9 seeds; 95 % interval: ± 2.31 errors)
      method  height            gain  wins/ties/losses
      stool      1.0
      ladder     3.0  +2.013 ± 0.073             9/0/0
    """

    title: str
    text: str
    measure: Measure
    rows: Mapping[str, Any]
    compare: bool = True
    seeds: int = 20
    formats: Mapping[str, str] = field(default_factory=dict)
    rows_are: str = "method"
    remark: Callable[[Results], str] | None = None
    own_table: Callable[[Results], Table] | None = None

    def __post_init__(self) -> None:
        if not callable(self.measure):
            raise TypeError(f"measure must be a function (row, seed) → {{quantity: number}}, not {self.measure!r}")
        if not isinstance(self.rows, Mapping):
            raise TypeError(f"rows must be a dict name → row, not {self.rows!r}")
        if not self.rows:
            raise ValueError("rows must have at least one row")
        check_count("seeds", self.seeds)

    def on(self, device: str) -> Study:
        """Return the same study, measured on a torch device: "cpu" or "cuda".

        Raises:
            ValueError: `measure` has no argument `device`.
        """
        if "device" not in inspect.signature(self.measure).parameters:
            raise ValueError(f"{self.title!r} is measured with NumPy: it has no device")
        return replace(self, measure=partial(self.measure, device=device))

    def run(
        self,
        seeds: int | None = None,
        *,
        rows: Iterable[str] | None = None,
        executor: Any = None,
        progress: bool = False,
    ) -> Results:
        """Measure every row with every seed.

        Args:
            seeds: number of seeds; the study's own unless given.
            rows: names of some rows, to which the base is added; all unless given.
            executor: runs the measurements: anything with the `map` of `concurrent.futures`. None: one after the other.
                The results are the same.
            progress: shows a bar where tqdm is installed.

        Raises:
            Exception: what `measure` raises, with a note that names the row and seed.
        """
        seeds = check_count("seeds", self.seeds if seeds is None else seeds)
        names = list(self.rows) if rows is None else list(rows)
        for name in names:
            if name not in self.rows:
                raise ValueError(f"rows must be among {list(self.rows)}, not {name!r}")
        names = [name for i, name in enumerate(self.rows) if name in names or not i]
        if executor is not None and not callable(getattr(executor, "map", None)):
            raise TypeError(f"executor must have the map of concurrent.futures, not {executor!r}")
        tasks = [(name, self.rows[name], seed) for name in names for seed in range(seeds)]
        run = map if executor is None else executor.map
        measured = list(progress_bar(progress, len(tasks), "run", run(partial(_one, self.measure), tasks)))
        for (name, _, seed), one in zip(tasks, measured, strict=True):
            if list(one) != list(measured[0]):
                raise ValueError(f"{name!r}, seed {seed}: measured {list(one)}, but the others {list(measured[0])}")
        values = {k: np.array([one[k] for one in measured]).reshape(len(names), seeds) for k in measured[0]}
        return Results(self, names, values)


@dataclass(frozen=True)
class Results:
    """The measurements of a study.

    Attributes:
        study: the study.
        names: the rows' names.
        values: quantity → array, shape (rows, seeds).
        made: date and versions of the measurement, if it was stored: "date", "Python", "NumPy", …
    """

    study: Study
    names: Sequence[str]
    values: Mapping[str, np.ndarray]
    made: Mapping[str, str] = field(default_factory=dict)

    @property
    def seeds(self) -> int:
        """The number of seeds."""
        return next(iter(self.values.values())).shape[1]

    def mean(self, quantity: str) -> np.ndarray:
        """Return the mean over the seeds, one number for each row."""
        return self._values(quantity).mean(axis=1)

    def error(self, quantity: str) -> np.ndarray:
        """Return the standard error of the mean, one number for each row; nan for a single seed."""
        return np.array([_error(values) for values in self._values(quantity)])

    def _values(self, quantity: str) -> np.ndarray:
        if quantity not in self.values:
            raise ValueError(f"quantity must be among {list(self.values)}, not {quantity!r}")
        return self.values[quantity]

    def gain(self, name: str, over: str | None = None) -> Gain:
        """Compare a row with another one, the base unless given, seed by seed, in the first quantity."""
        over = self.names[0] if over is None else over
        for argument, one in (("name", name), ("over", over)):
            if one not in self.names:
                raise ValueError(f"{argument} must be among {list(self.names)}, not {one!r}")
        values = next(iter(self.values.values()))
        row, other = (values[self.names.index(one)] for one in (name, over))
        return compare(row, other)

    def text(self, name: str, column: str) -> str:
        """Return one number and its error, as the tables have them: "+11.49 ± 0.48".

        Args:
            name: of the row.
            column: "gain", or a quantity; its mean is returned.

        Raises:
            ValueError: there is no such row or column; or the row is the base, and has no gain.
        """
        columns = [*(["gain"] if self.study.compare else []), *self.values]
        for what, wanted, there in (("row", name, list(self.names)), ("column", column, columns)):
            if wanted not in there:
                raise ValueError(f"{what} must be among {there}, not {wanted!r}")
        i = self.names.index(name)
        if column in self.values:
            return self._mean(column, i, _error(self.values[column][i]))
        if not i:
            raise ValueError(f"{name!r} is the row that the others are compared with: it has no gain")
        return self._gain(self.gain(name))

    def table(self) -> Table:
        """Return the results as a table."""
        if self.study.own_table is not None:
            return self.study.own_table(self)
        first, *others = self.values
        n = self.seeds
        rows = []
        for i, name in enumerate(self.names):
            if self.study.compare:
                gain = self.gain(name)
                cells = [self._gain(gain), f"{gain.wins}/{gain.ties}/{gain.losses}"] if i else ["", ""]
                rows.append([name, self._mean(first, i), *cells, *(self._mean(k, i) for k in others)])
            else:
                rows.append([name, *(self._mean(k, i, _error(v[i])) for k, v in self.values.items())])
        compared = ["gain", "wins/ties/losses"] if self.study.compare else []
        header = [self.study.rows_are, first, *compared, *others]
        remark = self.study.remark(self) if self.study.remark else ""
        note = f"{n} seeds; 95 % interval: ± {t_factor(n - 1):.2f} errors" if n > 1 else "1 seed"
        return Table(self.study.title, self.study.text, header, rows, note, remark)

    def _gain(self, gain: Gain) -> str:
        return _pm(gain.mean, gain.error, "+" + self.study.formats.get(next(iter(self.values)), ".1f"))

    def _mean(self, quantity: str, i: int, error: float = math.nan) -> str:
        return _pm(float(self.values[quantity][i].mean()), error, self.study.formats.get(quantity, ".1f"))


def _one(measure: Measure, task: tuple[str, Any, int]) -> dict[str, float]:
    """Measure one row with one seed."""
    name, row, seed = task
    try:
        returned = measure(row, seed)
        if not isinstance(returned, Mapping):
            raise TypeError(f"measure must return {{quantity: number}}, not {returned!r}")
        measured = {str(k): float(v) for k, v in returned.items()}
        if not measured or not all(map(math.isfinite, measured.values())):
            raise ValueError(f"measure must return finite numbers, at least one, not {measured}")
    except Exception as error:
        error.add_note(f"in the row {name!r} with seed {seed}")
        raise
    return measured


def compare(row: np.ndarray, base: np.ndarray) -> Gain:
    """Compare two rows' values, seed by seed."""
    d, tie = row - base, np.isclose(row, base, rtol=1e-9, atol=1e-12)  # means of the same numbers differ by rounding
    return Gain(float(d.mean()), _error(d), int((~tie & (d > 0)).sum()), int(tie.sum()), len(d))


def _error(d: np.ndarray) -> float:
    return float(d.std(ddof=1)) / math.sqrt(len(d)) if len(d) > 1 else math.nan


def _pm(value: float, error: float, form: str) -> str:
    """Format a number and, if there is one, its error with two digits, and the number with as many places."""
    if error > 1e-9 * abs(value):  # neither nan nor rounding of equal values
        places = max(0, 1 - int(f"{error:.1e}".partition("e")[2]))
        form = f"{form[: form.startswith('+')]}.{places}f"
        return f"{value:{form}} ± {error:.{places}f}".replace("-", "−")
    return f"{value:{form}}{'' if math.isnan(error) else ' ± 0'}".replace("-", "−")
