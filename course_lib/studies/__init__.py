"""Measured tables: the gain of methods, over seeds. `course study` prints them, and stores them as data and a page.

>>> from course_lib.studies import load
>>> load("wrong-labels").names[:2]
['nothing', 'early stopping']
"""

from . import ensembles, stored
from .challenge import CHALLENGE
from .matrix import MATRIX
from .page import render, write
from .regularization import CLEAN, NOISY
from .study import Gain, Results, Study
from .table import Table
from .trainability import TRAINABILITY
from .transfer import NEGATIVE_TRANSFER, TEXTURES, TRANSFER

#: Every study by the name that `course study` knows, in the order of the page.
STUDIES = {
    "wrong-labels": NOISY,
    "few-examples": CLEAN,
    "trainability": TRAINABILITY,
    "ensembles-wrong-labels": ensembles.NOISY,
    "ensembles-few-examples": ensembles.CLEAN,
    "ensembles-averages": ensembles.AVERAGES,
    "transfer": TRANSFER,
    "negative-transfer": NEGATIVE_TRANSFER,
    "textures": TEXTURES,
    "challenge": CHALLENGE,
    "matrix": MATRIX,
}


def load(name: str) -> Results:
    """Return the stored results of a study: what the page *Measured* shows, seed by seed.

    Args:
        name: the study's name in `STUDIES`, as `course study` lists it.

    Raises:
        FileNotFoundError: it was never measured.
        ValueError: its file is damaged, or older than the study.

    >>> gain = load("wrong-labels").gain("dropout .5")
    >>> gain.n, gain.mean > gain.interval()[0] > 5
    (20, True)
    """
    if name not in STUDIES:
        raise ValueError(f"there is no study {name!r}, only {', '.join(STUDIES)}")
    return stored.read(stored.FOLDER / f"{name}.json", STUDIES[name])


__all__ = ["CLEAN", "NOISY", "STUDIES", "TRAINABILITY", "Gain", "Results", "Study", "Table", "load", "render", "write"]
