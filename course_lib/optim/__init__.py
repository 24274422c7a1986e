"""Optimizers, the surfaces they walk on, and the theory of the walk."""

from .adam import Adam, Adamax, AdamW, AMSGrad, Lion, NAdam
from .analysis import descend, steps_to
from .classics import Ackley, Beale, Booth, Himmelblau, Rastrigin, StyblinskiTang
from .comparison import Comparison, Runs, compare, mean_and_error
from .counterexamples import Reddi, Wilson
from .cycles import OneCycle, Snapshots, Triangular, WarmRestarts
from .first_order import SGD, AdaGrad, CenteredRMSProp, Momentum, Nesterov, NesterovLookAhead, RMSProp, RMSPropMomentum
from .floors import adamw_noise_floor, averaged_noise_floor, nesterov_noise_floor, noise_floor
from .gradients import clip_norm, clip_value, global_norm, l2
from .landscapes import MonkeySaddle, Plateau, SharpFlat
from .line_search import Backtracking, Evaluations, StrongWolfe
from .lr_range import RangeTest, range_test
from .many_dims import SURFACES, RastriginND, RosenbrockND, StyblinskiTangND
from .matrices import random_rotation, random_symmetric
from .modern import ScheduleFreeAdamW, ScheduleFreeSGD
from .muon import Muon, orthogonalize
from .newton_cg import NewtonCG, cg
from .noisy import LeastSquares, Minibatch, Noisy
from .optimizer import Optimizer
from .parameter_set import ParameterSet
from .plateau import ReducePlateau
from .quasi_newton import BFGS, LBFGS
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
from .registry import COMPOUND, METHODS, Method
from .saddles import SaddleFreeNewton, TrustRegion
from .schedule import Constant, Function, Schedule, Sequence
from .schedules import Cosine, Exponential, InverseTime, Linear, MultiStep, Polynomial, Step, Warmup
from .second_order import GradientDescent, Minimum, Newton, SecondOrder, minimize
from .surface import Surface, Surface2D
from .surfaces import Bumpy, Quadratic, Ravine, Rosenbrock, Saddle
from .wrappers import SAM, Lookahead

__all__ = [
    "BFGS",
    "COMPOUND",
    "LBFGS",
    "METHODS",
    "SAM",
    "SGD",
    "SURFACES",
    "AMSGrad",
    "Ackley",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Backtracking",
    "Beale",
    "Booth",
    "Bumpy",
    "CenteredRMSProp",
    "Comparison",
    "Constant",
    "Cosine",
    "Evaluations",
    "Exponential",
    "Function",
    "GradientDescent",
    "Himmelblau",
    "InverseTime",
    "LeastSquares",
    "Linear",
    "Lion",
    "Lookahead",
    "Method",
    "Minibatch",
    "Minimum",
    "Momentum",
    "MonkeySaddle",
    "MultiStep",
    "Muon",
    "NAdam",
    "Nesterov",
    "NesterovLookAhead",
    "Newton",
    "NewtonCG",
    "Noisy",
    "OneCycle",
    "Optimizer",
    "ParameterSet",
    "Plateau",
    "Polynomial",
    "Quadratic",
    "RMSProp",
    "RMSPropMomentum",
    "RangeTest",
    "Rastrigin",
    "RastriginND",
    "Ravine",
    "Reddi",
    "ReducePlateau",
    "Rosenbrock",
    "RosenbrockND",
    "Runs",
    "Saddle",
    "SaddleFreeNewton",
    "Schedule",
    "ScheduleFreeAdamW",
    "ScheduleFreeSGD",
    "SecondOrder",
    "Sequence",
    "SharpFlat",
    "Snapshots",
    "Step",
    "StrongWolfe",
    "StyblinskiTang",
    "StyblinskiTangND",
    "Surface",
    "Surface2D",
    "Triangular",
    "TrustRegion",
    "WarmRestarts",
    "Warmup",
    "Wilson",
    "adamw_noise_floor",
    "averaged_noise_floor",
    "best_gd",
    "best_heavy_ball",
    "best_nesterov",
    "cg",
    "classic_nesterov",
    "clip_norm",
    "clip_value",
    "compare",
    "critical_rho",
    "descend",
    "escape_steps",
    "gd_limit",
    "gd_rate",
    "global_norm",
    "heavy_ball_limit",
    "heavy_ball_rate",
    "l2",
    "mean_and_error",
    "minimize",
    "nesterov_limit",
    "nesterov_noise_floor",
    "nesterov_rate",
    "noise_floor",
    "orthogonalize",
    "random_rotation",
    "random_symmetric",
    "range_test",
    "regime",
    "steps_to",
]
