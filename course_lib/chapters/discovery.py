"""Find the chapters' experiments, exercises and questions. Nothing is listed by hand, or imported before it is used.

- A chapter is a folder `chNN_topic` beside this file. A page of practice, whose notebook has no number, is a folder of
  its notebook's name.
- An experiment is a function declared with `@experiment(page=…)`, in any module of the chapter's folder.
  A chapter that shows another one's experiment imports the function from there.
- An exercise is an `Exercise` with the name of its file, in the chapter's folder `exercises`. A file without one
  holds what several exercises share.
- A question is a `Question` in the chapter's `questions.py`, assigned to its own name.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from course_lib.exercises import Exercise, progress, todo
from course_lib.exercises.show import Card
from course_lib.explore.experiment import Experiment
from course_lib.questions import Asked, Question, ask, read_numbers

FOLDER = Path(__file__).parent
T = TypeVar("T")


def chapters() -> tuple[str, ...]:
    """Return the names of the chapters' folders, in the book's order, and then those of the pages of practice.

    >>> "ch03_momentum" in chapters()
    True
    """
    return tuple(m.name for m in pkgutil.iter_modules([str(FOLDER)]) if m.ispkg)


def folder_of(page: str) -> str:
    """Return the name of the folder of a notebook.

    >>> folder_of("03_momentum"), folder_of("symptoms")
    ('ch03_momentum', 'symptoms')
    """
    return f"ch{page}" if page[:1].isdigit() else page


def experiments() -> dict[tuple[str, str], Callable[..., Experiment]]:
    """Return every experiment of the book: (chapter, name) → the function that makes it."""
    return {
        (chapter, name): make
        for chapter in chapters()
        for name, make in ChapterExperiments(_package(chapter)).declared().items()
        if make.__module__.startswith(f"{_package(chapter)}.")  # where it is defined, not where it is imported
    }


@functools.cache
def started() -> dict[tuple[str, str], Experiment]:
    """Return every experiment of the book as it starts, made once: to look at; to change one, make another."""
    return {place: make() for place, make in experiments().items()}


def exercises() -> dict[str, Exercise]:
    """Return every exercise of the book by its name.

    Raises:
        ValueError: two chapters have an exercise of the same name.
    """
    return _joined((chapter, ChapterExercises(_package(chapter)).declared()) for chapter in chapters())


def questions() -> dict[tuple[str, str], Question]:
    """Return every question of the book: (page, name) → question."""
    return {
        (question.page, name): question
        for chapter in chapters()
        for name, question in ChapterQuestions(_package(chapter)).declared().items()
    }


def _joined(found: Iterable[tuple[str, dict[str, Exercise]]]) -> dict[str, Exercise]:
    book: dict[str, Exercise] = {}
    home: dict[str, str] = {}
    for chapter, declared in found:
        for name, exercise in declared.items():
            if name in book:
                raise ValueError(f"exercise {name!r} is in {home[name]} and in {chapter}: its name must be unique")
            book[name], home[name] = exercise, chapter
    return book


class ChapterExperiments:
    """A chapter's experiments by name: `explore.race(kappa=100)`.

    Args:
        package: the chapter's package; in its `__init__.py` that is `__name__`.

    Raises:
        AttributeError: the chapter has no experiment of that name.
    """

    def __init__(self, package: str) -> None:
        self._package = package

    def declared(self) -> dict[str, Callable[..., Experiment]]:
        """Return the functions that make them, by name, including those imported from other chapters.

        Raises:
            ValueError: two experiments of the chapter have the same name.
        """
        found: dict[str, Callable[..., Experiment]] = {}
        for module in _modules(self._package):
            for make in vars(module).values():
                if not (callable(make) and hasattr(make, "is_experiment")):
                    continue
                name = make.__name__
                if found.setdefault(name, make) is not make:
                    raise ValueError(f"{self._package} has two experiments with the name {name!r}")
        return found

    def __getattr__(self, name: str) -> Callable[..., Experiment]:
        if name.startswith("_"):
            raise AttributeError(name)
        return _found(self._package, "experiment", name, self.declared())

    def __dir__(self) -> list[str]:
        return sorted(self.declared())

    def __repr__(self) -> str:
        return f"experiments of {self._package.rpartition('.')[2]}: {', '.join(self.declared())}"


class ChapterExercises:
    """A chapter's exercises by name, `ex.momentum.check(…)`; beside them `ex.todo()` and `ex.progress()`.

    Args:
        package: the chapter's package; in its `__init__.py` that is `__name__`.

    Raises:
        AttributeError: the chapter has no exercise of that name.
    """

    todo = staticmethod(todo)

    def __init__(self, package: str) -> None:
        self._package = package

    def declared(self) -> dict[str, Exercise]:
        """Return the exercises by name, in the chapter's order.

        Raises:
            ValueError: a file's exercise does not have the file's name.
        """
        found: dict[str, Exercise] = {}
        for module in _modules(f"{self._package}.exercises"):
            name = module.__name__.rpartition(".")[2]
            own = [e for e in vars(module).values() if isinstance(e, Exercise)]
            for exercise in own:
                if exercise.name != name or len(own) > 1 or hasattr(type(self), name):
                    raise ValueError(f"{module.__name__} must hold one exercise of its own name, not {exercise.name!r}")
                found[name] = exercise
        return dict(sorted(found.items(), key=lambda item: item[1].number))

    def progress(self) -> Card:
        """Show how far the reader has come with this chapter's exercises."""
        return progress(self.declared().values())

    def __getattr__(self, name: str) -> Exercise:
        if name.startswith("_"):
            raise AttributeError(name)
        return _found(self._package, "exercise", name, self.declared())

    def __dir__(self) -> list[str]:
        return sorted([*self.declared(), "progress", "todo"])

    def __repr__(self) -> str:
        return f"exercises of {self._package.rpartition('.')[2]}: {', '.join(self.declared())}"


class ChapterQuestions:
    """A chapter's questions by name; `ask.race()` shows one.

    Args:
        package: the chapter's package; in its `__init__.py` that is `__name__`.

    Raises:
        AttributeError: the chapter has no question of that name.
    """

    def __init__(self, package: str) -> None:
        self._package = package

    def declared(self) -> dict[str, Question]:
        """Return the questions by name.

        Raises:
            ValueError: a question is not assigned to its own name.
        """
        try:
            module = importlib.import_module(f"{self._package}.questions")
        except ModuleNotFoundError as error:
            if error.name not in (self._package, f"{self._package}.questions"):
                raise
            return {}
        found = {variable: one for variable, one in vars(module).items() if isinstance(one, Question)}
        for variable, question in found.items():
            if variable != question.name:
                raise ValueError(f"{module.__name__}: {question} is assigned to {variable!r}, not to its own name")
        return found

    def __getattr__(self, name: str) -> Callable[[], Asked]:
        if name.startswith("_"):
            raise AttributeError(name)
        question = _found(self._package, "question", name, self.declared())

        def asked() -> Asked:
            return ask(question, self._experiment, self._numbers)

        return asked

    def _experiment(self, name: str) -> Callable[..., Experiment]:
        return _found(self._package, "experiment", name, ChapterExperiments(self._package).declared())

    def _numbers(self) -> dict[str, dict[str, Any]]:
        (folder,) = importlib.import_module(self._package).__path__
        return read_numbers(Path(folder) / "numbers.json")

    def __dir__(self) -> list[str]:
        return sorted(self.declared())

    def __repr__(self) -> str:
        return f"questions of {self._package.rpartition('.')[2]}: {', '.join(self.declared())}"


def _found(package: str, kind: str, name: str, there: dict[str, T]) -> T:
    if name not in there:
        known = ", ".join(there) or "none"
        raise AttributeError(f"{package.rpartition('.')[2]} has no {kind} {name!r}; there are {known}")
    return there[name]


def _modules(package: str) -> Iterable[ModuleType]:
    """Import the modules of a package, without its subpackages; none if there is no such package."""
    try:
        path = importlib.import_module(package).__path__
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        return
    for module in pkgutil.iter_modules(path):
        if not module.ispkg:
            yield importlib.import_module(f"{package}.{module.name}")


def _package(chapter: str) -> str:
    return f"{__package__}.{chapter}"
