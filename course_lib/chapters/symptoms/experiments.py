"""The experiments of *Symptoms and causes*: those of chapters 1 and 14."""

from ..ch01_first_step.experiments import runs
from ..ch14_bugs.experiments import gallery, invisible, probe

__all__ = ["gallery", "invisible", "probe", "runs"]
