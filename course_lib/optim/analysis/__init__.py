"""Run optimizers on surfaces, compare them, and predict their convergence."""

from .comparison import Comparison, Runs, compare, mean_and_error
from .floors import adamw_noise_floor, averaged_noise_floor, nesterov_noise_floor, noise_floor
from .lr_range import RangeTest, range_test
from .rates import (
    best_gd,
    best_heavy_ball,
    best_nesterov,
    classic_nesterov,
    critical_rho,
    escape_steps,
    gd_limit,
    gd_rate,
    heavy_ball_limit,
    heavy_ball_rate,
    nesterov_limit,
    nesterov_rate,
    regime,
)
from .trajectory import descend, steps_to

__all__ = [
    "Comparison",
    "RangeTest",
    "Runs",
    "adamw_noise_floor",
    "averaged_noise_floor",
    "best_gd",
    "best_heavy_ball",
    "best_nesterov",
    "classic_nesterov",
    "compare",
    "critical_rho",
    "descend",
    "escape_steps",
    "gd_limit",
    "gd_rate",
    "heavy_ball_limit",
    "heavy_ball_rate",
    "mean_and_error",
    "nesterov_limit",
    "nesterov_noise_floor",
    "nesterov_rate",
    "noise_floor",
    "range_test",
    "regime",
    "steps_to",
]
