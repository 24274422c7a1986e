"""Networks in PyTorch, and transfer learning with them. Of the library only this and `studies.sweep` need torch."""

try:
    import safetensors
    import torch
except ImportError as error:
    raise ImportError(f'course_lib.deep needs {error.name}: pip install "course-lib[deep]"') from error

from .adapters import LowRank, add_adapters, merge_adapters
from .freezing import Depths, Stage, depths, freeze, unfreeze
from .many import StackedModels, VmapModels, cross_entropies
from .networks import IMAGENET_MEAN, IMAGENET_STD, Network, ResNet18, SmallCNN
from .pretrain import RECIPE, pretrain_letters
from .strategy import Advice, choose_strategy
from .training import evaluate_accuracy, predict, to_tensors, train
from .transfer import cache_features, fine_tune, linear_probe, parameter_groups, replace_head
from .weights import load_pretrained, load_weights, pretrained_card, save_weights

__all__ = [
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "RECIPE",
    "Advice",
    "Depths",
    "LowRank",
    "Network",
    "ResNet18",
    "SmallCNN",
    "StackedModels",
    "Stage",
    "VmapModels",
    "add_adapters",
    "cache_features",
    "choose_strategy",
    "cross_entropies",
    "depths",
    "evaluate_accuracy",
    "fine_tune",
    "freeze",
    "linear_probe",
    "load_pretrained",
    "load_weights",
    "merge_adapters",
    "parameter_groups",
    "predict",
    "pretrain_letters",
    "pretrained_card",
    "replace_head",
    "save_weights",
    "to_tensors",
    "train",
    "unfreeze",
]
