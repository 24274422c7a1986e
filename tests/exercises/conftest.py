"""Exercises as the tests see them: nothing left over from the test before."""

import pytest

from course_lib import chapters
from course_lib.exercises.exercise import Progress

EXERCISES = chapters.exercises()


@pytest.fixture(autouse=True)
def fresh_session():
    for exercise in EXERCISES.values():
        exercise.progress = Progress()


@pytest.fixture
def momentum():
    return EXERCISES["momentum"]
