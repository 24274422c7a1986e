"""A class made by a seeded generator: names, verdicts and messages as strangers would have them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from course_lib import chapters
from course_lib.grading.folder import Submission
from course_lib.grading.process import Sandbox, probe
from course_lib.grading.rows import Row, Verdict
from course_lib.grading.tables import About

EXERCISES = [e for e in chapters.exercises().values() if e.page == "03_momentum"]
FIRST = """Ada Bob Chen Dana Emre Fatima Goran Hana Iris João Kofi Lena Mei Noor Omar Pia Quinn Rosa Sven
    Tara Uma Vera""".split()
LAST = "Lovelace Okafor Nguyễn Müller Rossi García Ivanova Sato Haddad Smith Kowalski Andersen O'Brien Silva".split()
HOSTILE = [
    "=HYPERLINK(\"http://example.org\",\"A\")",
    "<script>alert(1)</script>",
    "</style></main><img src=x onerror=alert(1)>",
    "ansi \x1b[31mred\x1b[0m",
    "right \u202etfel",
    "long " + "x" * 10_000,
    "+1", "-1", "@sum", "../../etc/passwd",
    "con", "CON", "a\nb", "\udcff\udcfe", "“quoted”", "' onload='x", "日本 太郎",
]  # fmt: skip
MESSAGES = [
    ("First difference (a single number, step 1): `x` is 2.545, and should be 2.055.",
     "    momentum_step(x=2.3, dx=1.1, v=1.5, lr=0.1, rho=0.9)\n    yours returns  x=2.545, v=3.45\n"
     "    should return  x=2.055, v=2.45"),
    ("First difference (a single number, step 2): `v[0]` is 3, and should be 3.1.",),
    ("Your function raised KeyError: '<b>&'", "    line 2: raise KeyError('<b>&')"),
    ("Your function raised ValueError: </script><script>alert(1)</script>",),
    ("=1+1 " + "y" * 10_000,),
    ("\x1b[2Jgone \u202e`x",),
]  # fmt: skip


def make_class(size: int, seed: int = 0, hostile: bool = True) -> tuple[list[Row], About]:
    """Make the rows of a class."""
    rng = np.random.default_rng(seed)
    names = [
        f"{FIRST[i % 22]} {LAST[(i // 22 + i) % 14]}" + (f" {i // 308 + 1}" if i >= 308 else "") for i in range(size)
    ]
    if hostile:
        names = [*HOSTILE, *names][:size]
    due = datetime(2027, 3, 1, 23, 59, tzinfo=UTC)
    submissions, rows = [], []
    for i, student in enumerate(names):
        late = timedelta(minutes=int(rng.integers(1, 4000))) if rng.random() < 0.1 else None
        there = rng.random() > 0.04
        notes = ("There are 2 notebooks; “03_momentum.ipynb” is graded.",) if rng.random() < 0.02 else ()
        path = Path(f"{i}.ipynb") if there else None
        submissions.append(
            Submission(student, path, due + (late or -timedelta(hours=3)) if there else None, late, notes)
        )
        whole = None if there else Verdict.NOTHING_HANDED_IN
        whole = whole or (Verdict.UNREADABLE if rng.random() < 0.02 else None)
        for exercise in EXERCISES:
            kinds = [Verdict.PASS, Verdict.NOT_YET, Verdict.NOT_ATTEMPTED, Verdict.TIMEOUT, Verdict.MISSING,
                     Verdict.CRASHED, Verdict.TAMPERED, Verdict.NOT_GRADED]  # fmt: skip
            verdict = whole or rng.choice(kinds, p=[0.5, 0.36, 0.06, 0.02, 0.03, 0.01, 0.01, 0.01])
            verdict = Verdict(verdict)
            diagnoses, message, notes, printed = (), (), (), ""
            if verdict is Verdict.NOT_YET:
                kind = rng.random()
                mutants = exercise.mutants
                if kind < 0.65:
                    first = mutants[min(int(rng.exponential(4)), len(mutants) - 1)]
                    diagnoses, message = (first.name,), (first.message, *MESSAGES[0])
                    if kind < 0.08 and first is not mutants[-1]:
                        diagnoses = (first.name, mutants[-1].name)
                elif kind < 0.7:
                    diagnoses, message = ("in place",), ("Your function changes `x` in place.",)
                else:
                    message = MESSAGES[min(int(rng.exponential(1.2)), len(MESSAGES) - 1)]
                    message = (*message, f"Stuck? `ex.{exercise.name}.hint()` gives a hint.")
            elif verdict is Verdict.PASS:
                message = (f"Your `{exercise.function}` agrees with the book's in 108 calls.",)
            elif verdict is Verdict.CRASHED:
                message = ("Your answer ended its process with signal 11.",)
            if rng.random() < 0.03:
                notes = ("The cell has no tag: it was found by its function's name.",)
            if rng.random() < 0.02:
                printed = "step 1: <b>2.0</b>\n" * 20
            ran = verdict is Verdict.PASS or bool(diagnoses) or message[:1] in (MESSAGES[0][:1], MESSAGES[1][:1])
            code = f"{rng.integers(0, 40):08x}"
            seconds = float(rng.gamma(2.0, 0.2))
            rows.append(Row(student, exercise.name, verdict, f"{i}.ipynb", "", diagnoses, message, notes, printed,
                            code, seconds, ran))  # fmt: skip
    about = About(
        title="Momentum and Nesterov",
        isolation="Each answer ran in a process of its own, without files or a network (Landlock and seccomp).",
        seeds=3,
        versions={"course_lib": "1.0", "Python": "3.11.2", "NumPy": "2.1.0"},
        exercises=EXERCISES,
        points={"momentum": 2},
        submissions=submissions,
    )
    return rows, about


@pytest.fixture(scope="session")
def a_class() -> Callable[..., tuple[list[Row], About]]:
    """A function that makes the rows of a class of some size."""
    return make_class


@pytest.fixture(scope="session")
def confined() -> str:
    """What closes this machine to answers. Nothing hostile runs before an answer has tried that it is closed."""
    isolation = probe(Sandbox())
    if isolation.open:
        pytest.skip(f"NO CONFINEMENT: {isolation}")
    return isolation.how
