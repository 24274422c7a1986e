"""Small networks in NumPy: layers, losses, initialization, penalties, noise, training and search."""

from .activations import ELU, GELU, LeakyReLU, Maxout, ReLU, Sigmoid, SiLU, Tanh
from .babysitting import Babysitting, babysit, dead_units
from .batch_loss import BatchLoss, hessian
from .checkpoint import checkpoint, restore
from .conv import AvgPool2d, Conv2d, GlobalAvgPool, MaxPool2d
from .depth import Depth, through_depth
from .dropconnect import DropConnect
from .evaluation import Score, accuracy, evaluate
from .gradient_check import GradientCheck, gradient_check, numerical_gradient
from .history import History
from .init import he, large, orthogonal, small, xavier_normal, xavier_uniform
from .layers import Dense, Flatten, Layer
from .losses import hinge, softmax, softmax_cross_entropy, squared_error
from .network import Residual, Sequential
from .noise import Dropout, GaussianNoise, InvertedDropout, Noise, SpatialDropout, average
from .normalization import BatchNorm, GroupNorm, LayerNorm
from .penalties import L1, L2, ElasticNet, MaxNorm, Penalty, add_penalty_grad, apply_prox, penalty_value, soft_threshold
from .pooling import FractionalMaxPool
from .search import coarse_to_fine, grid_search, random_search
from .steps import Diverged
from .stochastic_depth import StochasticDepth, survival
from .training import EarlyStopping, fit
from .trials import Log, Results, Trial, Uniform

__all__ = [
    "ELU",
    "GELU",
    "L1",
    "L2",
    "AvgPool2d",
    "Babysitting",
    "BatchLoss",
    "BatchNorm",
    "Conv2d",
    "Dense",
    "Depth",
    "Diverged",
    "DropConnect",
    "Dropout",
    "EarlyStopping",
    "ElasticNet",
    "Flatten",
    "FractionalMaxPool",
    "GaussianNoise",
    "GlobalAvgPool",
    "GradientCheck",
    "GroupNorm",
    "History",
    "InvertedDropout",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Log",
    "MaxNorm",
    "MaxPool2d",
    "Maxout",
    "Noise",
    "Penalty",
    "ReLU",
    "Residual",
    "Results",
    "Score",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "SpatialDropout",
    "StochasticDepth",
    "Tanh",
    "Trial",
    "Uniform",
    "accuracy",
    "add_penalty_grad",
    "apply_prox",
    "average",
    "babysit",
    "checkpoint",
    "coarse_to_fine",
    "dead_units",
    "evaluate",
    "fit",
    "gradient_check",
    "grid_search",
    "he",
    "hessian",
    "hinge",
    "large",
    "numerical_gradient",
    "orthogonal",
    "penalty_value",
    "random_search",
    "restore",
    "small",
    "soft_threshold",
    "softmax",
    "softmax_cross_entropy",
    "squared_error",
    "survival",
    "through_depth",
    "xavier_normal",
    "xavier_uniform",
]
