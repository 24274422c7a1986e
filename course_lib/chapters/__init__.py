"""The chapters: each folder `chNN_topic` holds one chapter's experiments, exercises and questions,
and is found automatically. A page of practice, whose notebook has no number, has a folder of its own name.

In a notebook:

>>> from course_lib.chapters.ch03_momentum import ask, ex, explore
>>> explore.race(kappa=30).params["kappa"]
30.0
>>> ex.momentum.title
'One momentum step'
"""

from .discovery import (
    ChapterExercises,
    ChapterExperiments,
    ChapterQuestions,
    chapters,
    exercises,
    experiments,
    folder_of,
    questions,
    started,
)

__all__ = [
    "ChapterExercises",
    "ChapterExperiments",
    "ChapterQuestions",
    "chapters",
    "exercises",
    "experiments",
    "folder_of",
    "questions",
    "started",
]
