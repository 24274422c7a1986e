"""Chapter 3, *Momentum and Nesterov*."""

from ..discovery import ChapterExercises, ChapterExperiments

ex, explore = ChapterExercises(__name__), ChapterExperiments(__name__)

__all__ = ["ex", "explore"]
