"""Optimizers, the surfaces they walk on, and the theory of the walk."""

from .analysis import (
    best_gd,
    best_heavy_ball,
    best_nesterov,
    classic_nesterov,
    critical_rho,
    descend,
    gd_limit,
    gd_rate,
    heavy_ball_limit,
    heavy_ball_rate,
    nesterov_limit,
    nesterov_rate,
    noise_floor,
    regime,
    steps_to,
)
from .first_order import SGD, Momentum, Nesterov
from .optimizer import Optimizer
from .registry import METHODS, Method
from .surfaces import Bumpy, Quadratic, Ravine, Rosenbrock, Saddle, Surface, Surface2D

__all__ = [
    "METHODS",
    "SGD",
    "Bumpy",
    "Method",
    "Momentum",
    "Nesterov",
    "Optimizer",
    "Quadratic",
    "Ravine",
    "Rosenbrock",
    "Saddle",
    "Surface",
    "Surface2D",
    "best_gd",
    "best_heavy_ball",
    "best_nesterov",
    "classic_nesterov",
    "critical_rho",
    "descend",
    "gd_limit",
    "gd_rate",
    "heavy_ball_limit",
    "heavy_ball_rate",
    "nesterov_limit",
    "nesterov_rate",
    "noise_floor",
    "regime",
    "steps_to",
]
