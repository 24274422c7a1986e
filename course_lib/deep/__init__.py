"""Networks in PyTorch, and what is done with trained ones. The only part of the library that needs torch."""

try:
    import safetensors
    import torch
except ImportError as error:
    raise ImportError('course_lib.deep needs PyTorch: pip install "course-lib[deep]"') from error

from .networks import IMAGENET_MEAN, IMAGENET_STD, Network, ResNet18, SmallCNN
from .weights import load_pretrained, load_weights, pretrained_card, save_weights

__all__ = [
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "Network",
    "ResNet18",
    "SmallCNN",
    "load_pretrained",
    "load_weights",
    "pretrained_card",
    "save_weights",
]
