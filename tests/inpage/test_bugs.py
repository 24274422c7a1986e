"""A known mistake as a question of lines, for every mistake of every exercise: recall.js in QuickJS."""

import html
import json
import re

import pytest

from course_lib import chapters, questions
from course_lib.exercises import Mutant

quickjs = pytest.importorskip("quickjs")

EXERCISES = {name: one for name, one in chapters.exercises().items() if not one.packages}
OPTION = re.compile(r'value="(\d)"><span>(?:no line|<code>(.*?)</code>)</span>', re.DOTALL)


@pytest.fixture(scope="module")
def of_bug():
    context = quickjs.Context()
    context.eval("globalThis.course = {};")
    context.eval(questions.on_demand()["recall.js"])

    def asked(exercise, *mistakes, times=0):
        data = {"solution": exercise.source, "title": exercise.title}
        data["mutants"] = [[m.name, m.old, m.new, m.message] for m in exercise.mutants]
        thing = {"page": exercise.page, "name": exercise.name, "mistakes": mistakes, "times": times}
        return json.loads(context.eval(f"JSON.stringify(course.recall.ofBug({json.dumps(data)}, {json.dumps(thing)}))"))

    return asked


def texts(asked):
    return {key: html.unescape(text) for key, text in OPTION.findall(asked["html"])}


@pytest.mark.parametrize("name", EXERCISES)
def test_every_mistake_becomes_a_question(of_bug, name):
    exercise = EXERCISES[name]
    for mutant in exercise.mutants:
        for times in (0, 1):
            asked = of_bug(exercise, mutant.name, times=times)
            options, data = texts(asked), asked["data"]
            assert 2 <= len(options) == len(set(options.values())) <= 4
            assert set(data["why"]) == set(options) and data["right"] in options

            def flat(lines):
                return "".join("".join(lines).split())

            assert flat(options[data["right"]]) in flat(exercise.source)
            of_it = [key for key, text in options.items() if flat(text) in flat(str(mutant.patch(exercise.source)))]
            assert set(of_it) - {data["right"]}, "the mistake itself is among them"
            assert html.escape(exercise.title, quote=False) in html.unescape(asked["html"]) or "&" in exercise.title


def test_other_wrong_lines_at_each_return(of_bug):
    adam = EXERCISES["adam"]
    sets = {
        frozenset(texts(of_bug(adam, mutant.name, times=times)).values())
        for mutant in adam.mutants[3:4]
        for times in range(3)
    }
    assert len(sets) > 1


def test_what_the_book_has_no_longer_is_no_question(of_bug):
    assert of_bug(EXERCISES["adam"], "a mistake of last year") is None


def test_code_is_escaped(of_bug):
    exercise = EXERCISES["armijo"]
    asked = of_bug(exercise, *(m.name for m in exercise.mutants if "<=" in m.old), times=0)
    assert "&#60;=" in asked["html"] and "<= " not in asked["html"]
    assert all(isinstance(mutant, Mutant) for mutant in exercise.mutants)
