"""The page of practice *A network in this page*."""

from ..discovery import ChapterExercises, ChapterExperiments, ChapterQuestions

ask, ex, explore = ChapterQuestions(__name__), ChapterExercises(__name__), ChapterExperiments(__name__)

__all__ = ["ask", "ex", "explore"]
