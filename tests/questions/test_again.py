"""When a thing comes back, and what an imported file may hold: js/again.js in QuickJS, with a clock of its own."""

import datetime
import json

import pytest

from course_lib import questions

quickjs = pytest.importorskip("quickjs")

#: A browser that keeps what it is told, unless `forbidden`; `at(day, hour)` sets its clock, in its own time zone.
BROWSER = """
globalThis.document = { dispatchEvent() {} };
globalThis.Event = class {};
globalThis.store = {};
globalThis.forbidden = false;
const may = () => { if (forbidden) throw new Error("forbidden"); };
globalThis.localStorage = new Proxy(store, { get: (_, name) => ({
  getItem: (key) => { may(); return store[key] ?? null; },
  setItem: (key, text) => { may(); if (text.includes("too long")) throw new Error("full"); store[key] = text; },
  removeItem: (key) => { may(); delete store[key]; } })[name], ownKeys: () => { may(); return Object.keys(store); } });
globalThis.at = (day, hour = 12) => { const time = +new Date(2026, 9, day, hour); Date.now = () => time; };
at(20);
"""


@pytest.fixture
def run():
    """A function that runs JavaScript and returns its value."""
    context = quickjs.Context()
    context.eval(BROWSER)
    for name in ("progress.js", "again.js"):
        context.eval(questions.site_assets()[name])

    def evaluate(script):
        return json.loads(context.eval(f"[JSON.stringify({script} ?? null)].join('')"))

    evaluate.context = context
    return evaluate


def due(run, day, hour=12):
    return run(f"(at({day}, {hour}), course.again.due().map((thing) => thing.name))")


def answered(run, kind, name, right, mistakes="undefined"):
    run(f"course.again.answered('01_a', '{kind}', '{name}', {right}, {mistakes})")


def recalled(run, kind, name, right):
    run(f"course.again.recalled('01_a/{kind}/{name}', {right})")


def test_what_comes_back(run):
    for name, right in (("wrong", "false"), ("right", "true"), ("shown", "null")):
        answered(run, "predictions", name, right)
        answered(run, "checks", f"check_{name}", right)
    answered(run, "exercises", "bug", "false", "['a mistake']")
    assert due(run, 20, 23) == []
    assert sorted(due(run, 21)) == ["bug", "check_right", "check_shown", "check_wrong", "wrong"]
    (bug,) = run("course.again.due().filter((thing) => thing.kind === 'exercises')")
    assert bug["mistakes"] == ["a mistake"] and bug["page"] == "01_a"


def test_after_one_three_and_ten_days_it_is_done(run):
    answered(run, "checks", "gain", "true")
    for before, day in ((20, 21), (23, 24), (33, 34)):
        assert due(run, before, 23) == [] and due(run, day, 0) == ["gain"], day
        recalled(run, "checks", "gain", "true")
    assert due(run, 400) == []
    assert run("course.again.waiting()") == {"count": 0, "next": None}


def test_the_evening_before_counts_as_a_day(run):
    run("at(20, 23)")
    answered(run, "checks", "late", "true")
    assert due(run, 21, 1) == ["late"]


def test_wrong_begins_again(run):
    answered(run, "checks", "gain", "true")
    due(run, 21)
    recalled(run, "checks", "gain", "true")
    assert due(run, 24) == ["gain"]
    recalled(run, "checks", "gain", "false")
    assert due(run, 24) == [] and due(run, 25) == ["gain"]
    recalled(run, "checks", "gain", "true")
    assert due(run, 27) == [] and due(run, 28) == ["gain"]


def test_only_the_first_recall_of_a_day_counts(run):
    answered(run, "checks", "gain", "true")
    due(run, 21)
    recalled(run, "checks", "gain", "false")
    recalled(run, "checks", "gain", "true")
    assert due(run, 22) == ["gain"]
    recalled(run, "checks", "gain", "true")
    recalled(run, "checks", "gain", "true")
    assert due(run, 24) == [] and due(run, 25) == ["gain"]
    recalled(run, "checks", "unknown", "true")
    assert run("course.again.waiting().count") == 1


def test_the_oldest_first(run):
    for day, name in ((22, "third"), (20, "first"), (21, "second")):
        run(f"at({day})")
        answered(run, "checks", name, "true")
    assert due(run, 30) == ["first", "second", "third"]


def test_in_the_chapter_only_a_wrong_answer_begins_again(run):
    answered(run, "checks", "gain", "true")
    run("at(22)")
    answered(run, "checks", "gain", "true")
    assert due(run, 22) == ["gain"], "it had been due"
    answered(run, "checks", "gain", "false")
    assert due(run, 22) == [] and due(run, 23) == ["gain"]
    answered(run, "predictions", "sign", "false")
    answered(run, "predictions", "sign", "true")
    assert due(run, 24) == ["gain", "sign"], "who guesses once more knows it by now"


@pytest.mark.parametrize(
    "kept",
    ["", "{", "null", "[1]", '{"a/b/c": 3}', '{"a": {"at": 1, "times": 0}}', '{"a/b/c": {"at": "x", "times": 0}}'],
)
def test_garbage_is_nothing(run, kept):
    run(f"(store['descent-again'] = {json.dumps(kept)})")
    assert due(run, 400) == []
    answered(run, "checks", "gain", "true")
    assert due(run, 401) == [] or due(run, 401) == ["gain"]
    assert due(run, 402) == ["gain"]


def test_where_nothing_may_be_kept_nothing_breaks(run):
    run("(forbidden = true)")
    answered(run, "checks", "gain", "true")
    assert due(run, 21) == ["gain"], "it lives as long as the page"
    assert run("course.kept.any()") is False
    assert "gain" in run("course.kept.export()")
    run("(course.kept.erase(), 1)")
    assert due(run, 30) == []


# -- all that is kept

DRAFT = "descent-draft/01_a/b"


def fill(run):
    run(
        "(course.progress.set('01_a', 'checks', 'gain', true), course.drafts.set('01_a', 'b', '{\"no\": \"JSON\"}'), 1)"
    )
    run("(store['descent-tell'] = '1', store['mode'] = 'dark')")
    answered(run, "checks", "gain", "true")


def test_what_is_exported_is_imported_as_it_was(run):
    fill(run)
    before, file = run("store"), run("course.kept.export()")
    assert json.loads(file)["kept"][DRAFT] == '{"no": "JSON"}'
    run("(course.kept.erase(), 1)")
    assert run("store") == {"mode": "dark"}, "the colours are not the book's memory"
    run(f"(course.kept.import({json.dumps(file)}), 1)")
    assert run("store") == before
    assert run("course.progress.get('01_a', 'checks', 'gain')") is True and due(run, 21) == ["gain"]


def test_what_was_written_in_an_exam_stands_apart_and_comes_back(run):
    fill(run)
    run("(course.progress.set('01_a-exam', 'exercises', 'b', true), course.drafts.set('01_a-exam', 'b', 'y = 2'), 1)")
    file = json.loads(run("course.kept.export()"))
    assert datetime.datetime.fromisoformat(file["exported"]).tzinfo
    assert set(file["exam"]) == {"descent-progress", "descent-draft/01_a-exam/b"}
    assert list(file["exam"]["descent-progress"]) == ["01_a-exam"] and list(file["kept"]["descent-progress"]) == [
        "01_a"
    ]
    assert not any("-exam/" in key for key in file["kept"])
    run("(course.kept.erase(), 1)")
    run(f"(course.kept.import({json.dumps(json.dumps(file))}), 1)")
    assert run("course.progress.get('01_a-exam', 'exercises', 'b')") is True
    assert run("course.progress.get('01_a', 'checks', 'gain')") is True
    assert run("course.drafts.get('01_a-exam', 'b')") == "y = 2"


def test_the_bugs_of_an_exercise_are_kept_together_the_latest_first(run):
    for name in ("stale", "uphill", "stale", *"abcdef"):
        run(f"(course.again.answered('01_a', 'exercises', 'step', false, ['{name}']), 1)")
    assert json.loads(run("store")["descent-again"])["01_a/exercises/step"]["mistakes"] == list("fedcba")


def test_an_import_takes_the_place_of_what_is_there(run):
    fill(run)
    file = json.dumps({"format": "descent-remembers-1", "kept": {DRAFT: "x = 1"}})
    run(f"(course.kept.import({json.dumps(file)}), 1)")
    assert run("store") == {"mode": "dark", DRAFT: "x = 1"}


GOOD = '{"format": "descent-remembers-1", "kept": '


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("", "no JSON"), ("{", "no JSON"), ("[]", "not one"), ("null", "not one"), ("3", "not one"),
        ('{"kept": {}}', "not one"), (GOOD + "[]}", "not one"), (GOOD + '{"mode": "dark"}}', "damaged"),
        (GOOD + '{"descent-again": 3}}', "damaged"), (GOOD + '{"descent-draft/01_a/b": {}}}', "damaged"),
        (GOOD + '{"descent-draft/01_a/b": "too long"}}', "refuses"),
    ],
)  # fmt: skip
def test_a_bad_file_changes_nothing_and_is_told_why(run, file, words):
    fill(run)
    before = run("store")
    said = run(f"(() => {{ try {{ course.kept.import({json.dumps(file)}); }} catch (e) {{ return e.message; }} }})()")
    assert words in said and said.endswith(".") and run("store") == before
