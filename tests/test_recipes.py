"""CONTRIBUTING's recipes, performed as they stand there, in a copy of the repository; and with mistakes in them."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course_lib.site.notebooks import clean, dumps

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
#: The first file that a line of text names, and the block below that line.
BLOCK = re.compile(r"^[^\n]*?`([\w/]+\.\w+)`[^\n]*:\n\n(`{3,})(\w+)\n(.*?)^\2$", re.MULTILINE | re.DOTALL)
CELL = re.compile(r"^```python (\S+) ?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COUNTS = {"An optimizer": 4, "A chapter": 6, "An experiment": 1, "A question": 1, "An exercise": 1}

#: pytest, without the grammar that jsonschema would compile: see course_lib/site/build.py.
PYTEST = "import sys; sys.modules['rfc3987_syntax'] = None; import pytest; sys.exit(pytest.main())"

pytestmark = pytest.mark.slow


def recipe(title):
    """A recipe's steps: (file, language, lines)."""
    text = re.split(r"\n### |\n## Change what", TEXT.split(f"\n### {title}\n")[1])[0]
    found = [(file, language, body) for file, _, language, body in BLOCK.findall(text)]
    fences = re.findall(r"^`{3,}\w+$", re.sub(r"^````.*?^````$", "````text", text, flags=re.M | re.S), re.M)
    assert len(found) == len(fences), "a block below no file's name"
    return found


def insert(text, diff):
    """Put the lines with + into a text, where the lines without stand."""
    for hunk in diff.split("@@\n"):
        old = "".join(line[1:] + "\n" for line in hunk.splitlines() if line[:1] != "+")
        new = "".join(line[1:] + "\n" for line in hunk.splitlines())
        assert f"\n{text}".count(f"\n{old}") == 1, f"not there, or more than once:\n{old}"
        text = f"\n{text}".replace(f"\n{old}", f"\n{new}")[1:]
    return text


def notebook(text):
    """A notebook of Markdown cells and, for each fence, a code cell."""
    cells, end = [], 0
    for fence in CELL.finditer(text):
        cells.append(("markdown", f"text-{len(cells)}", [], text[end : fence.start()]))
        cells.append(("code", fence[1], fence[2].split(), fence[3]))
        end = fence.end()
    cells.append(("markdown", f"text-{len(cells)}", [], text[end:]))
    made = [
        {"cell_type": kind, "id": name, "metadata": {"tags": tags}, "source": source.strip().splitlines(keepends=True)}
        | ({"outputs": []} if kind == "code" else {})
        for kind, name, tags, source in cells
        if source.strip()
    ]
    return dumps(clean({"cells": made, "metadata": {}}))


class Copy:
    """A copy of the repository's files, with a library of its own."""

    def __init__(self, folder):
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, text=True, capture_output=True)
        if listed.returncode:
            pytest.skip("not a git checkout")
        self.folder = folder
        for name in listed.stdout.split("\0")[:-1]:
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)

    def perform(self, *steps):
        """Make a recipe's edits; return the files that are new or changed."""
        before = self.contents()
        for file, language, body in steps:
            path = self.folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            if language == "diff":
                body = insert(path.read_text("utf-8"), body)
            elif language == "bibtex":
                body = f"{path.read_text('utf-8')}\n{body}"
            else:
                assert not path.exists()
                body = notebook(body) if language == "markdown" else body
            path.write_text(body, "utf-8")
        return {name for name, content in self.contents().items() if content != before.get(name)}

    def contents(self):
        files = (path for path in self.folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in files}

    def change(self, file, old, new):
        path = self.folder / file
        text = path.read_text("utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), "utf-8")

    def python(self, *arguments):
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
        env |= {"PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1", "WHOLE": "1"}
        return subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, env=env, text=True, encoding="utf-8", capture_output=True
        )

    def test(self, *arguments):
        """Run some of the copy's tests; return the names of those that passed, and of those that failed."""
        done = self.python("-c", PYTEST, "-v", "--color=no", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments)
        found = re.findall(r"^(\S+::.*?) (PASSED|FAILED|ERROR|SKIPPED)\b", done.stdout, re.MULTILINE)
        assert found and done.returncode in (0, 1), done.stdout + done.stderr
        passed, failed = (
            {name for name, outcome in found if outcome in kinds} for kinds in (("PASSED",), ("FAILED", "ERROR"))
        )
        assert len(passed) + len(failed) == len(found), done.stdout
        self.output = done.stdout
        return passed, failed

    def holds(self, code):
        """Run lines that assert something of the copy's library."""
        where = f"import course_lib; assert course_lib.__file__.startswith({str(self.folder)!r})\n"
        done = self.python("-W", "error", "-c", where + code)
        assert done.returncode == 0, done.stderr

    def is_clean(self, files):
        for command in (["check"], ["format", "--check"]):
            done = self.python(
                "-m", "ruff", *command, "--force-exclude", *sorted(f for f in files if f.endswith((".py", ".ipynb")))
            )
            assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path):
    return Copy(tmp_path)


def functions(names):
    """The tests' functions, without files and parameters."""
    return {re.sub(r"\[.*", "", name).rpartition("::")[2] for name in names}


# ------------------------------------------------------------------------------------------------ an optimizer

OPTIMIZER, (OWN_TEST,) = recipe("An optimizer")[:4], recipe("An optimizer")[4:]
CLASS, ROW = (file for file, *_ in (OPTIMIZER[0], OPTIMIZER[2]))
REFERENCE = '        reference="torch.optim.Adadelta(params, lr=lr, rho=decay, eps=eps)",\n'
FOUND = """
from benchmarks import optimizers
from course_lib.optim import METHODS, Adadelta
from course_lib.plots import COLORS, PALETTE, color_of
from course_lib.site.reference import Path, expand, references
assert METHODS["Adadelta"].cls is Adadelta
assert "Adadelta" not in COLORS and color_of(Adadelta) in PALETTE
optimizers.medians = lambda *steps, **_: [step() or 1.0 for step in steps]
assert ("Adadelta" in [name for name, *_ in optimizers.small().rows]) == bool(METHODS["Adadelta"].reference)
page = expand(Path("book/optimizers.md").read_text("utf-8"), references(Path("book/references.bib")))
entry = page.split("### Adadelta")[1].split("###")[0]
assert "formula-as-written" not in entry and "{cite:t}`zeiler2012`" in entry and "x -= self.lr * d" in entry
assert ("Tested against" in entry) == bool(METHODS["Adadelta"].reference)
"""


def test_an_optimizer(copy):
    edited = copy.perform(*OPTIMIZER)
    assert edited == {file for file, *_ in OPTIMIZER} and len(edited) == COUNTS["An optimizer"]
    copy.is_clean(edited)
    copy.holds(FOUND)
    names = "Adadelta or adadelta or public or sorted or lecture or zeros or same_set or complete or needs_no_colour"
    passed, failed = copy.test(
        CLASS, *(f"tests/optim/test_{name}.py" for name in ("registry", "first_order", "optimizer", "trees")),
        "tests/data/test_digits.py", "tests/explore/test_compile.py", "tests/notebooks/test_form.py",
        "tests/site/test_reference.py", "tests/test_plots.py", "-k", f"({names}) and not on_its_page",
    )  # fmt: skip
    assert not failed, copy.output
    own = {name for name in passed if "Adadelta" in name}
    assert len([name for name in own if "test_parity_with_torch[" in name]) == 8  # scales, settings
    assert {
        "test_parity_with_a_schedule", "test_resume_is_bit_for_bit", "test_row", "test_every_method_on_every_surface",
        "test_every_method_learns_the_digits", "test_docstring_and_registry_name_the_same_paper",
    } <= functions(own)  # fmt: skip
    assert "course_lib.optim.adadelta.Adadelta" in functions(own)  # the example in its docstring


def test_an_optimizer_with_a_mistake(copy):
    copy.perform(*OPTIMIZER)
    copy.change(CLASS, "x -= self.lr * d", "x += self.lr * d")
    passed, failed = copy.test("tests/optim/test_first_order.py", CLASS, "-k", "Adadelta and (single or Adadelta.py)")
    assert {name for name in failed if "test_parity_of_single_arrays" in name}, copy.output
    assert not [name for name in passed if "0.0" not in name]  # with no gradient there is no wrong way


def test_an_optimizer_that_nobody_else_has(copy):
    copy.perform(*OPTIMIZER)
    copy.change(ROW, REFERENCE, "")
    _, failed = copy.test("tests/optim/test_registry.py")
    assert functions(failed) == {"test_a_method_that_nobody_else_has_has_a_test_of_its_own"}
    assert copy.perform(OWN_TEST) == {OWN_TEST[0]}
    copy.is_clean({OWN_TEST[0]})
    copy.holds(FOUND)
    tests = OWN_TEST[0], "tests/optim/test_registry.py", "tests/optim/test_first_order.py"
    passed, failed = copy.test(*tests, "-k", "adadelta or registry")
    assert not failed and "test_the_first_steps" in functions(passed), copy.output
    assert not [name for name in passed if "parity" in name]
    copy.change(CLASS, "x -= self.lr * d", "x += self.lr * d")
    assert copy.test(OWN_TEST[0])[1], "its own test must notice"


# ------------------------------------------------------------------------- a chapter, its experiment and exercise

TITLES = ("A chapter", "An experiment", "A question", "An exercise")
CHAPTER, EXPERIMENT, QUESTION, EXERCISE = map(recipe, TITLES)
NOTEBOOK = CHAPTER[0][0]
TESTS = (
    *("tests/notebooks/test_form.py", "tests/chapters/test_discovery.py", "tests/exercises/test_every_exercise.py"),
    *("tests/explore/test_experiment.py", "tests/explore/test_compile.py", "tests/questions/test_every_question.py"),
    *("tests/test_layers.py", "tests/test_repository.py", "course_lib/chapters/ch15_running_mean"),
)
NAMES = "running_mean or forgetting or test_form or test_the_books_own or places_hold or every_folder or circle"
DISCOVERED = """
from course_lib import chapters
from course_lib.explore import site_assets
assert "ch15_running_mean" in chapters.chapters() and chapters.exercises()["running_mean"].page == "15_running_mean"
made = [make() for make in chapters.experiments().values()]
assert 'course.experiments["15_running_mean-forgetting"]' in site_assets(made)["library.js"]
from course_lib.chapters.ch15_running_mean import ask, ex, explore
assert "running_mean" in dir(ex) and "forgetting" in dir(explore)
assert ask.reach().lines["ten"] == "You said ten; it reaches 10 steps back."
"""


def write_it(copy):
    """Add what the recipe leaves to the author: words, cells, terms."""
    path = copy.folder / NOTEBOOK
    made = json.loads(path.read_text("utf-8"))
    words = "A mean of many values is written here. " * 200 + "*bagging*, *dropout*, *penalty* and *ravine*."
    more = [{"cell_type": "markdown", "id": "more", "metadata": {}, "source": [words]}]
    label = {"mystnb": {"code_prompt_show": "Numbers from 0"}}
    more += [
        {"cell_type": "code", "id": f"more-{i}", "metadata": label, "source": [f"np.arange({i})"], "outputs": []}
        for i in range(9)
    ]
    made["cells"][3:3] = more
    path.write_text(dumps(clean(made)), "utf-8")


def test_a_chapter_with_an_experiment_and_an_exercise(copy):
    for title, steps in zip(TITLES, (CHAPTER, EXPERIMENT, QUESTION, EXERCISE), strict=True):
        edited = copy.perform(*steps)
        assert edited == {file for file, *_ in steps} and len(edited) == COUNTS[title]
        copy.is_clean(edited)
    copy.holds(DISCOVERED)
    write_it(copy)
    passed, failed = copy.test(*TESTS, NOTEBOOK, "-k", NAMES)
    assert not failed, copy.output
    own = functions(name for name in passed if "running_mean" in name)
    assert {
        "test_is_in_the_table_of_contents",
        "test_exercises_are_stubs_with_a_check_after_them",
        "test_is_committed_clean",
        "test_every_mutant_fails_and_is_named_as_itself",
        "test_every_argument_matters",
        "test_cases_are_seeded",
        "test_every_compiled_experiment_over_its_controls",
        "test_every_mark_and_readout_finds_its_data",
        "test_the_examples_of_every_experiment",
        "test_a_chapter_offers_its_names_and_imports_no_other",
        "test_imports_run_downward",
        "test_it_can_be_asked",
        "test_each_number_of_a_line_is_shown_at_its_setting",
    } <= own
    assert len([name for name in passed if "::ipynb::Cell" in name]) == 16  # its cells ran
    assert {"test_citations_and_references_are_the_same_set", "test_the_glossary_is_sorted"} <= functions(passed)


def test_a_chapter_with_mistakes(copy):
    """Each is found by the test that is there for it, and the writing is missed, too."""
    toc = next(step for step in CHAPTER if step[0] == "_toc.yml")
    copy.perform(*(step for step in CHAPTER if step is not toc), *EXPERIMENT, *QUESTION, *EXERCISE)
    copy.change(EXPERIMENT[0][0], 'line("past"', 'line("future"')
    copy.change(EXPERIMENT[0][0], "1 / (1 - beta)", "np.sort([1 / (1 - beta)])[0]")
    copy.change(EXPERIMENT[0][0], "from typing import Any\n", "from typing import Any\n\nimport numpy as np\n")
    copy.change(EXERCISE[0][0], '"+ (1", "- (1"', '"+ (1", "+ (1"')
    _, failed = copy.test(*TESTS, "-k", NAMES)
    assert functions(failed) == {
        "test_is_in_the_table_of_contents",
        "test_every_mark_and_readout_finds_its_data",
        "test_every_compiled_experiment_over_its_controls",
        "test_every_mutant_fails_and_is_named_as_itself",
        "test_no_two_mutants_are_the_same",
        "test_is_as_long_as_a_student_can_take",
        "test_promises_an_honest_time",
        "test_a_term_is_italic_once_and_in_the_glossary",
    }, copy.output
