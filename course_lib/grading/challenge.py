"""Grade an entry to the challenge of chapter 13: its `train` runs in processes without rights, its score is ours.

Each draw has a process of its own. The sealed digits and their labels stay here; the answer gets what `train` gets, and
the digits to be named. There `practice()` and whatever else in the library has labelled digits give none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from course_lib.challenge import BUDGET, LADDER, Score
from course_lib.studies.challenge import sealed_score

from .process import Ended, Limits, Process, Sandbox
from .remote import Remote, clean
from .rows import Row, Verdict

BASELINE = "1-NN on pixels"
#: What the chapter's cell defines as `train`, and the imports that this needs: a notebook with it has no entry yet.
START = """
from course_lib.challenge import practice
from course_lib.nn import Dense, ReLU, Sequential, fit
from course_lib.optim import Cosine, Momentum

def train(x, y, rng):
    net = Sequential(Dense(64, 128, rng=rng), ReLU(),
                     Dense(128, 10, rng=rng))
    steps = 200 * -(-len(x) // 25)  # 200 epochs of batches, rounded up
    fit(net, practice()._replace(x_train=x, y_train=y),  # no other digits
        Momentum(Cosine(0.05, steps=steps)), epochs=200, batch=25, rng=rng)
    return net.forward
"""
LIMITS = Limits(soft=BUDGET, wall=4 * BUDGET, cpu=int(BUDGET) + 15, hard=6 * BUDGET, memory=12 * 2**30)


@dataclass(frozen=True)
class Entry:
    """The challenge, beside the exercises of its page."""

    name: str = "challenge"
    title: str = "The challenge"
    page: str = "13_challenge"
    function: str = "train"
    method: str = "__call__"  # of what `train` returns
    mutants: tuple[Any, ...] = ()


def grade_entry(raw: bytes, file: str, entry: Entry, sandbox: Sandbox, draws: Sequence[int], folder: Any) -> Row:
    """Return the row of an entry: a PASS if it has a score.

    Args:
        raw: the notebook's bytes.
        file: its name.
        entry: the challenge.
        sandbox: how its processes are started.
        draws: numbers of the sealed draws.
        folder: where processes have their folders.
    """
    row, accuracies, seconds = Row("", entry.name, Verdict.PASS), [], []
    for draw in draws:
        before = _cpu()
        try:
            with _process(file, entry, sandbox, folder) as process:
                process.send({"op": "find", "bytes": len(raw)}, after=raw)
                found = process.receive("found", "missing", "unreadable")
                if found["kind"] == "unreadable":
                    return replace(row, verdict=Verdict.UNREADABLE, message=(clean(found["why"], 300),))
                if found["kind"] == "missing":
                    return replace(row, verdict=Verdict.NOT_ATTEMPTED, message=("No cell defines `train`.",))
                row = replace(row, notes=tuple(clean(note, 200) for note in found["notes"]))
                if found["state"]:
                    words = "`train` is still the one that the chapter gives, so there is no entry of yours."
                    return replace(row, verdict=Verdict.NOT_ATTEMPTED, message=(words,))
                try:
                    accuracies.append(_accuracy(Remote(process, entry, found["lines"]), draw))
                finally:
                    row = process.noted(row)
        except Ended as ended:
            return replace(row, verdict=ended.verdict, message=ended.message)
        except ValueError as error:
            return replace(row, verdict=Verdict.NOT_YET, message=(f"No score: {clean(str(error), 500)}",))
        seconds.append(_cpu() - before)
    score = Score(np.array(accuracies), tuple(draws), float(np.mean(seconds)), 0)
    level = [sealed_score(LADDER[BASELINE], draw)[0] for draw in draws]
    gain = score.gain(Score(np.array(level), tuple(draws), 0.0, 0))
    error = "" if math.isnan(score.error) else f" ± {score.error:.1f}"
    above = f"{gain.mean:+.1f}".replace("-", "−") + (error and f" ± {gain.error:.1f}")
    words = (
        f"{score.mean:.1f}{error} % on {len(draws)} sealed draw{'s' * (len(draws) > 1)}, "
        f"{score.seconds:.1f} CPU seconds each.",
        f"That is {above} points over {BASELINE}, on the same draws.",
    )
    return replace(row, message=words, scores=tuple(accuracies))


def _accuracy(remote: Remote, draw: int) -> float:
    """Return the accuracy on a draw.

    Raises:
        ValueError: there is none; it says why.
    """
    run = remote.call(remote.run, BUDGET)
    if run.timed_out or run.error or "train" not in remote.namespace:
        raise ValueError(_reason(run, "your notebook defines no `train`"))
    outcome = remote.call(lambda: sealed_score(remote.made, draw)[0], BUDGET)
    if outcome.timed_out or outcome.error:
        raise ValueError(_reason(outcome, ""))
    return outcome.value


def _reason(outcome: Any, otherwise: str) -> str:
    if outcome.timed_out:
        where = f", in line {outcome.stack[-1][1]}" if outcome.stack else ""
        return f"it took more than {BUDGET:g} CPU seconds{where}"
    error = outcome.error
    return getattr(error, "described", "") or (f"{type(error).__name__}: {error}" if error else otherwise)


def _process(file: str, entry: Entry, sandbox: Sandbox, folder: Any) -> Process:
    job = {
        "exercise": entry.name,
        "function": entry.function,
        "method": entry.method,
        "packages": (),
        "start": START,
        "file": file,
        "entry": True,
    }
    return Process(sandbox, LIMITS, job, folder)


def _cpu() -> float:
    """Return the CPU seconds of this process's children so far; nan on a system that does not tell."""
    try:
        import resource
    except ImportError:
        return math.nan
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
