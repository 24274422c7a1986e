"""Methods that choose their own step length: line searches, Newton and quasi-Newton methods, trust regions."""

from .line_search import Backtracking, Evaluations, StrongWolfe
from .newton import GradientDescent, Minimum, Newton, SecondOrder, minimize
from .newton_cg import NewtonCG, cg
from .plane import newton_step_2d
from .quasi_newton import BFGS, LBFGS
from .saddles import SaddleFreeNewton, TrustRegion

__all__ = [
    "BFGS",
    "LBFGS",
    "Backtracking",
    "Evaluations",
    "GradientDescent",
    "Minimum",
    "Newton",
    "NewtonCG",
    "SaddleFreeNewton",
    "SecondOrder",
    "StrongWolfe",
    "TrustRegion",
    "cg",
    "minimize",
    "newton_step_2d",
]
