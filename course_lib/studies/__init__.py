"""Measured tables: what methods bring, over seeds. `course study` prints them, and writes the book's page of them."""

from . import ensembles
from .page import write
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
}

__all__ = ["CLEAN", "NOISY", "STUDIES", "TRAINABILITY", "Gain", "Results", "Study", "Table", "write"]
