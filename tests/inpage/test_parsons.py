"""The lines that are to be put in order, for every exercise that has enough of them: js/parsons.js in QuickJS."""

import json
from pathlib import Path

import pytest

from course_lib import chapters, inpage
from course_lib.inpage.assets import told
from course_lib.inpage.build import for_engine

quickjs = pytest.importorskip("quickjs")

#: Those with three lines at least under the first.
LONG = {
    name: one
    for name, one in chapters.exercises().items()
    if not one.packages and len(one.source.strip().split("\n")) > 3
}


@pytest.fixture(scope="module")
def lines():
    context = quickjs.Context()
    context.eval("globalThis.course = {};")
    context.eval((Path(inpage.__file__).parent / "js/parsons.js").read_text("utf-8"))

    def of(exercise):
        data = json.dumps({"solution": exercise.source, "mutants": for_engine(exercise)["mutants"]})
        script = f"(() => {{ const l = course.parsons.lines({data}); return [l, course.parsons.shuffled(l)]; }})()"
        return json.loads(context.eval(f"JSON.stringify({script})"))

    return of


def test_there_are_many():
    assert len(LONG) > 35 and not any(exercise.method for exercise in LONG.values())
    assert told(LONG["adam"])["solution"] == LONG["adam"].source, "which is what the page has"


@pytest.mark.parametrize("name", LONG)
def test_the_right_order_passes_and_a_wrong_line_is_named(lines, name):
    exercise = LONG[name]
    parts, offered = lines(exercise)
    head, right, wrong = parts["head"], parts["right"], parts["wrong"]
    assert [head, *right] == exercise.source.strip().split("\n") and head.startswith("def ")
    assert sorted(offered) == sorted([*right, *wrong]), "nothing is lost"
    assert [line for line in offered if line in right] != right, "they are not in order already"
    assert len(wrong) == 2 and not set(wrong) & set(right)
    assert exercise.evaluate(exercise.build("\n".join([head, *right]), "ordered")).passed
    for mutant in exercise.mutants:
        made = str(mutant.patch(exercise.source)).strip().split("\n")
        if any(line in made for line in wrong):
            result = exercise.evaluate(exercise.build("\n".join(made), "ordered"))
            assert mutant.name in result.diagnoses
            wrong = [line for line in wrong if line not in made]
    assert wrong == [], "each is a known mistake's"
