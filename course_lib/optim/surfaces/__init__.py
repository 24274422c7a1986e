"""Test losses to draw and to compare methods on: value, gradient and Hessian in closed form."""

from .classics import Ackley, Beale, Booth, Himmelblau, Rastrigin, StyblinskiTang
from .common import Bumpy, Quadratic, Ravine, Rosenbrock, Saddle
from .counterexamples import Reddi, Wilson
from .examples import FiniteSum, LeastSquares, SoftmaxRegression
from .landscapes import MonkeySaddle, Plateau, SharpFlat
from .many_dims import SURFACES, RastriginND, RosenbrockND, StyblinskiTangND
from .matrices import random_rotation, random_symmetric
from .noisy import Minibatch, Noisy
from .surface import Surface, Surface2D

__all__ = [
    "SURFACES",
    "Ackley",
    "Beale",
    "Booth",
    "Bumpy",
    "FiniteSum",
    "Himmelblau",
    "LeastSquares",
    "Minibatch",
    "MonkeySaddle",
    "Noisy",
    "Plateau",
    "Quadratic",
    "Rastrigin",
    "RastriginND",
    "Ravine",
    "Reddi",
    "Rosenbrock",
    "RosenbrockND",
    "Saddle",
    "SharpFlat",
    "SoftmaxRegression",
    "StyblinskiTang",
    "StyblinskiTangND",
    "Surface",
    "Surface2D",
    "Wilson",
    "random_rotation",
    "random_symmetric",
]
