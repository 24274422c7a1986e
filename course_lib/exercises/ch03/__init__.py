"""Exercises of chapter 3, Momentum and Nesterov, from easy to hard."""

from .choose import choose
from .convert_rate import convert_rate
from .momentum import momentum
from .nesterov import nesterov

EXERCISES = (momentum, convert_rate, nesterov, choose)

__all__ = ["EXERCISES", "choose", "convert_rate", "momentum", "nesterov"]
