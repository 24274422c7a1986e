"""What a reader sees: hints, solutions, progress, and each card once."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from course_lib import chapters
from course_lib.exercises import Status, progress, record
from course_lib.exercises.record import Progress
from course_lib.exercises.show import Card, inline, show, status_card, table_card

EXERCISES = chapters.exercises()


def right_step(x, dx, v, lr, rho):
    v = rho * v + dx
    return x - lr * v, v


def uphill(x, dx, v, lr, rho):
    v = rho * v + dx
    return x + lr * v, v


def test_hints_come_one_after_the_other(momentum):
    count = len(momentum.hints)
    for n in range(1, count + 1):
        assert momentum.hints[n - 1] in momentum.hint().text
        assert momentum.progress.hints == n
    last = momentum.hint().text
    assert momentum.hints[-1] in last and "ex.momentum.solution()" in last


def test_a_hint_by_number(momentum):
    assert momentum.hints[1] in momentum.hint(2).text
    assert momentum.hints[2] in momentum.hint().text
    assert momentum.hints[0] in momentum.hint(np.int64(1)).text


@pytest.mark.parametrize("n", [0, -1, 4, 2.5, "2", True, []])
def test_a_hint_that_is_not_there(momentum, n):
    assert f"There is no hint {n!r}: there are 3" in momentum.hint(n).text
    assert momentum.progress.hints == 0


def test_the_solution_asks_for_a_try_first(momentum):
    momentum.check()
    card = momentum.solution()
    assert "Try it first" in card.text and momentum.explanation not in card.text and not momentum.progress.solution
    assert momentum.explanation in momentum.solution().text and momentum.progress.solution


def test_the_solution_is_shown_in_both_forms(momentum):
    momentum.check(uphill)
    card = momentum.solution()
    assert momentum.source in card.text + "\n" and momentum.explanation in card.text
    assert card.markdown.startswith("```python\ndef momentum_step") and card.html is None
    assert momentum.progress.solution


def test_use_hands_back_the_readers_function_if_it_is_right(momentum, capsys):
    assert momentum.use(right_step) is right_step
    assert "runs your `momentum_step`" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [uphill, None, 3])
def test_use_hands_out_the_books_function_otherwise(momentum, wrong, capsys):
    used = momentum.use(wrong)
    assert used is momentum.reference
    assert "runs the book's own `momentum_step`" in capsys.readouterr().out
    assert momentum.use(used) is used
    assert momentum.progress.checks == 0


def test_progress_counts(momentum):
    momentum.check(uphill)
    momentum.check()
    assert momentum.progress.status is Status.NOT_YET
    momentum.check(right_step)
    momentum.check(uphill)
    momentum.hint()
    momentum.hint()
    table = progress(EXERCISES.values())
    row = next(line for line in table.text.splitlines() if line.startswith("momentum"))
    assert re.split(r"\s{2,}", row) == ["momentum", "One momentum step", "PASS", "4", "2 of 3"]
    assert table.text.startswith(f"1 of {len(EXERCISES)} exercises pass")
    assert table.html.count("<tr>") == 1 + len(EXERCISES)


def test_an_exercise_shows_its_prompt_and_stub(momentum):
    assert momentum.prompt in repr(momentum) and "    ex.todo()" in repr(momentum)
    assert "<code" in momentum._repr_html_() and "def momentum_step(x, dx, v, lr, rho):" in momentum._repr_html_()


def test_results_have_fields_for_programs(momentum):
    result = momentum.evaluate(uphill)
    assert (result.status, result.passed, result.diagnosis) == ("NOT YET", False, "uphill")
    assert result.exercise == "momentum" and "uphill" in result.message


def test_html_is_escaped_and_takes_the_pages_colours():
    card = status_card("<b>", "NOT YET", ["`a < b` & c", "    x < y\n    z"])
    assert "<b>" not in card.html and "a &lt; b</code> &amp; c" in card.html
    assert "<pre" in card.html and "x &lt; y\nz</code></pre>" in card.html
    assert "background: transparent" in card.html and "color: inherit" in card.html
    assert inline("plain") == "plain"
    table = table_card("done & dusted", ("a", "b"), [("<i>", "2")])
    assert "<i>" not in table.html and "done &amp; dusted" in table.html
    assert table.text == "done & dusted\na    b\n<i>  2"


TAGS = {"div", "p", "strong", "code", "pre"}
ATTACK = "<script>alert(1)</script><img src=x onerror=alert(1)> \" ' `</code><b>` &lt;"


def prints(x, dx, v, lr, rho):
    print(ATTACK)
    print("    <u>", file=sys.stderr)
    return uphill(x, dx, v, lr, rho)


def raises(x, dx, v, lr, rho):
    raise ValueError(ATTACK, "<b>in the reader's line</b>")


def raises_a_named_one(x, dx, v, lr, rho):
    raise type(ATTACK, (Exception,), {})(ATTACK)


def raises_in_lines(x, dx, v, lr, rho):
    raise ValueError("first\n    <b>second</b>")


def returns_a_named_one(x, dx, v, lr, rho):
    return type(ATTACK, (), {})()


def returns_a_named_part(x, dx, v, lr, rho):
    return x, type(ATTACK, (), {})()


def returns_named_fields(x, dx, v, lr, rho):
    return np.zeros(2, [(ATTACK, "f8")]), v


def named_arguments(x, dx, v, lr, rho):
    return x, v


named_arguments.__name__ = named_arguments.__qualname__ = ATTACK


@pytest.mark.parametrize(
    "function",
    [
        prints,
        raises,
        raises_a_named_one,
        raises_in_lines,
        returns_a_named_one,
        returns_a_named_part,
        returns_named_fields,
        named_arguments,
        pytest.param(ATTACK, id="a string"),
        pytest.param(type(ATTACK, (), {})(), id="an object"),
    ],
)
def test_nothing_of_the_readers_becomes_markup(momentum, function):
    seen = []

    class Seen(HTMLParser):
        def handle_starttag(self, tag, attributes):
            seen.append((tag, {name for name, _ in attributes}))

    parser = Seen()
    parser.feed(momentum.evaluate(function)._repr_html_())
    parser.feed(momentum.hint(ATTACK).html)
    parser.close()
    assert {tag for tag, _ in seen} <= TAGS
    assert set().union(*(names for _, names in seen)) <= {"class", "style", "data-status"}


def test_a_card_is_printed_in_a_script(capsys):
    card = show(Card("hello"))
    assert capsys.readouterr().out == "hello\n"
    assert repr(card) == "hello"


def test_progress_is_kept_where_there_is_a_file_for_it(momentum, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    momentum.check(right_step)
    assert not list(tmp_path.iterdir())
    momentum.progress = Progress()
    file = tmp_path / record.NAME
    file.write_text("{}")
    momentum.check(right_step)
    momentum.hint()
    momentum.solution()
    momentum.progress = Progress()  # as after a restart
    assert "PASS" in progress([momentum]).text
    assert momentum.progress == Progress(Status.PASS, checks=1, hints=1, asked=True, solution=True)
    momentum.check(uphill)
    kept = json.loads(file.read_text())[momentum.page]["exercises"]["momentum"]
    assert (kept["status"], kept["checks"]) == ("PASS", 2)
    assert [path.name for path in tmp_path.iterdir()] == [record.NAME]


@pytest.mark.parametrize(
    "text",
    ["", "no json", "[]", '{"03_momentum": 3}', '{"03_momentum": {"exercises": {"momentum": 4}}}']
    + [f'{{"03_momentum": {{"exercises": {{"momentum": {entry}}}}}}}'
       for entry in ("{}", '{"status": "GOOD"}', '{"status": "PASS", "checks": "3"}', '{"status": "PASS", "more": 1}')],
)  # fmt: skip
def test_a_damaged_file_does_not_stop_a_check(momentum, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / record.NAME).write_text(text)
    assert momentum.check(right_step).passed
    assert momentum.progress == Progress(Status.PASS, checks=1)
    momentum.progress = Progress()
    assert momentum.recall() == Progress(Status.PASS, checks=1)


def test_a_file_that_cannot_be_written_does_not_stop_a_check(momentum, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / record.NAME).write_text("{}")

    def fail(*names):
        raise PermissionError("read-only")

    monkeypatch.setattr(record.os, "replace", fail)
    assert momentum.check(right_step).passed and momentum.progress.checks == 1


IMPORT = "import types; from course_lib import chapters; ex = types.SimpleNamespace(**chapters.exercises())\n"
SCRIPT = """
def momentum_step(x, dx, v, lr, rho):
    v = rho * v + dx
    return x + lr * v, v
ex.momentum.check(momentum_step)
"""


def test_a_script_says_it_once():
    done = subprocess.run(
        [sys.executable, "-c", IMPORT + SCRIPT], capture_output=True, text=True, check=True, timeout=60
    )
    assert (
        done.stdout.count("First difference") == done.stdout.count("a mistake that is still there is named then.") == 1
    )
    assert done.stdout.startswith("NOT YET · momentum\n") and done.stderr == ""


def test_in_a_notebook_each_card_is_shown_once_and_loops_leave_the_kernel_alive():
    definition = IMPORT + "def momentum_step(x, dx, v, lr, rho):\n"
    cells = [
        definition + "    v = rho * v + dx\n    return x + lr * v, v\nex.momentum.check(momentum_step)",
        "result = ex.momentum.check(momentum_step)\nresult.status.value",
        "result",
        definition + "    while True:\n        x = x + 1\nex.momentum.check(momentum_step, timeout=0.5);",
        definition + "    V = rho * v + dx\n    return x - lr * v, W\nex.momentum.check(momentum_step)",
        "ex.momentum.solution()",
        "ex.momentum.hint()\nex.momentum.hint()",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    shown = [[output["data"] for output in cell.outputs] for cell in notebook.cells]
    check, again, later, endless, error, solution, hints = shown
    assert len(check) == 1 and "To be told at once" in check[0]["text/plain"] and "<div" in check[0]["text/html"]
    assert [list(data) for data in again] == [["text/plain", "text/html"], ["text/plain"]]
    assert len(later) == 1 and "goes uphill" in later[0]["text/plain"]
    assert len(endless) == 1 and re.search(r"line [34]: (while True:|x = x \+ 1)", endless[0]["text/plain"])
    assert "line 4: return x - lr * v, W" in error[0]["text/plain"]
    assert len(solution) == 1 and "```python" in solution[0]["text/markdown"]
    assert len(hints) == 2 and "HINT 2 of 3" in hints[1]["text/plain"]
