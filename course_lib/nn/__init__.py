"""Small networks in NumPy: layers with a forward and a backward pass, losses, initialization."""

from .activations import ELU, GELU, LeakyReLU, Maxout, ReLU, Sigmoid, Tanh
from .conv import AvgPool2d, Conv2d, GlobalAvgPool, MaxPool2d
from .init import he
from .layers import Dense, Flatten, Layer
from .losses import softmax_cross_entropy
from .network import Residual, Sequential
from .normalization import BatchNorm, LayerNorm

__all__ = [
    "ELU",
    "GELU",
    "AvgPool2d",
    "BatchNorm",
    "Conv2d",
    "Dense",
    "Flatten",
    "GlobalAvgPool",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "MaxPool2d",
    "Maxout",
    "ReLU",
    "Residual",
    "Sequential",
    "Sigmoid",
    "Tanh",
    "he",
    "softmax_cross_entropy",
]
