"""Learning rates as functions of the step."""

from .cycles import OneCycle, Snapshots, Triangular, WarmRestarts
from .decays import Cosine, Exponential, InverseTime, Linear, MultiStep, Polynomial, Step, Warmup, WarmupStableDecay
from .plateau import ReducePlateau
from .schedule import Constant, Function, Schedule, Sequence

__all__ = [
    "Constant",
    "Cosine",
    "Exponential",
    "Function",
    "InverseTime",
    "Linear",
    "MultiStep",
    "OneCycle",
    "Polynomial",
    "ReducePlateau",
    "Schedule",
    "Sequence",
    "Snapshots",
    "Step",
    "Triangular",
    "WarmRestarts",
    "Warmup",
    "WarmupStableDecay",
]
