"""Small networks in NumPy: layers with a forward and a backward pass, losses, initialization."""

from .init import he
from .layers import Dense, Layer, ReLU, Sequential
from .losses import softmax_cross_entropy

__all__ = ["Dense", "Layer", "ReLU", "Sequential", "he", "softmax_cross_entropy"]
