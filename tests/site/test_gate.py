"""The gate: every answer is judged in the page as it is in Python.

What an exercise declares (solution, stub, two of its mistakes, other right answers) is checked for each exercise, the
cards of *Catch the bug* for one of each page, and each answer that does not hang on the exercise for some of each kind.
`make whole` checks all answers to all exercises.
"""

import io
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from course_lib import chapters, inpage
from course_lib.exercises import Exercise
from course_lib.exercises.catching import describe, moves
from course_lib.exercises.game import as_text, game_of
from course_lib.exercises.host import how_to_get_hints
from course_lib.exercises.notebooks import check_cell
from course_lib.exercises.show import inline
from course_lib.site.serve import make_server

from ..whole import WHOLE
from . import answers

EXERCISES = [exercise for exercise in chapters.exercises().values() if not exercise.packages]
KINDS = answers.one_of_each_kind(EXERCISES)
FIRST_OF_A_PAGE = list({exercise.page: exercise for exercise in reversed(EXERCISES)}.values())

#: Where the page says the same in other words.
IN_OTHER_WORDS = {
    "a built-in",  # Brython does not know the arguments of its own functions
    "calls itself",  # the browser's stack ends in another line
}


#: What loader.js does on a page of the site.
LOAD = """
const load = (name) => new Promise((onload, onerror) => {
  document.head.append(Object.assign(document.createElement("script"), { src: name, onload, onerror }));
});
globalThis.course = { load };
"""


def write_page(folder: Path, exercises: list[Exercise]) -> None:
    """Write a page that has the exercises' scripts and the page's side of Python, and nothing to be seen."""
    (folder / "python.js").write_text(inpage.on_demand()["python.js"](), encoding="utf-8")
    (folder / "client.js").write_text(inpage.on_demand()["client.js"](), encoding="utf-8")
    scripts = "".join(inpage.of_exercises(exercises).values())
    (folder / "start.js").write_text(LOAD + scripts)
    (folder / "favicon.ico").touch()  # the browser asks for it
    tags = "".join(f'<script src="{name}.js"></script>' for name in ("start", "client"))
    (folder / "index.html").write_text(f'<!DOCTYPE html><meta charset="utf-8"><title>Gate</title>{tags}')


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a page with every exercise."""
    folder = tmp_path_factory.mktemp("gate")
    write_page(folder, EXERCISES)
    return folder


#: Of a page with exercises: a worker from a Blob inherits it, and Python in it makes functions.
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'; worker-src blob:; style-src 'unsafe-inline'; img-src 'self'"
)


@pytest.fixture(scope="module")
def base(folder: Path) -> Iterator[str]:
    """The address of that page, served under the policy that the site asks for."""
    running = make_server(folder, policy=POLICY)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}/"
    running.shutdown()
    running.server_close()


@pytest.fixture(scope="module")
def opened(browser: Browser) -> Callable[[str], tuple[Page, list[str]]]:
    """A function that opens the page at an address, once for all tests; it returns what goes wrong there, too."""
    there = {}

    def open_once(address: str) -> tuple[Page, list[str]]:
        if address not in there:
            page, wrong = there[address] = browser.new_page(), []
            page.on("pageerror", lambda error: wrong.append(f"uncaught: {error}"))
            page.on("requestfailed", lambda asking: wrong.append(f"failed: {asking.url}"))
            page.on("console", lambda said: wrong.append(said.text) if said.type in {"error", "warning"} else None)
            page.goto(f"{address}index.html")
        return there[address]

    return open_once


def without_error(page: Page, wrong: list[str]) -> Iterator[Page]:
    """Yield a page; fail if something has gone wrong there since."""
    wrong.clear()
    yield page
    assert wrong == []


@pytest.fixture
def gate(opened, base) -> Iterator[Page]:
    """The page as it is served. It is one for all tests, as a reader does many exercises on one page."""
    yield from without_error(*opened(base))


@pytest.fixture
def from_disk(opened, folder) -> Iterator[Page]:
    """The page as it is opened from a folder."""
    yield from without_error(*opened(f"{folder.as_uri()}/"))


ASK = """async ([name, texts, seconds]) => {
  const said = {};
  for (const [label, text] of texts) said[label] = await course.inpage.check(course.exercises[name], text, seconds);
  return said;
}"""


def judged_by_page(page, exercise, texts, seconds=3):
    return page.evaluate(ASK, [exercise.name, [*texts.items()], seconds])


def judged_by_python(exercise, texts, seconds=3.0):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.StringIO())  # nobody types
        return {label: check_cell(exercise, text, timeout=seconds).to_dict() for label, text in texts.items()}


def test_every_kind_of_exercise_is_there():
    assert len(KINDS) > 2 and {exercise.page for exercise in EXERCISES} == {e.page for e in FIRST_OF_A_PAGE}


def without_words(result):
    return {"status": result["status"], "diagnoses": result["diagnoses"]}


def in_the_page(exercise, html):
    """The words of the page, which has a button for hints."""
    return html.replace(inline(how_to_get_hints(exercise.name)), inline(answers.STUCK))


def compare(page, exercise, texts):
    """Check that page and Python agree: on status and name always, on the words but for a listed few."""
    long = 30  # seconds; on a busy machine an answer that ends may take more than a reader's
    python, there = judged_by_python(exercise, texts, long), judged_by_page(page, exercise, texts, long)
    verdicts = {label: without_words(result) for label, result in there.items()}
    assert verdicts == {label: without_words(result) for label, result in python.items()}
    for result in python.values():  # where the page has a button
        words = how_to_get_hints(exercise.name)
        result["message"] = [answers.STUCK if one == words else one for one in result["message"]]
    said = {label: (there[label]["paragraphs"], there[label]["printed"]) for label in texts}
    wanted = {label: (python[label]["message"], python[label]["printed"]) for label in texts}
    for label in IN_OTHER_WORDS & set(texts):
        del said[label], wanted[label]
    assert said == wanted


@pytest.mark.browser
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_what_an_exercise_declares(gate, exercise):
    compare(gate, exercise, answers.own_answers(exercise, None if WHOLE else 2))


@pytest.mark.browser
@pytest.mark.parametrize("of_page", [exercise.page for exercise in FIRST_OF_A_PAGE])
def test_what_a_call_catches(gate, of_page):
    """The card of *Catch the bug* is the same: of the call to begin with, of one that is none, and of a better one."""
    ask = (
        "([name, typed]) => course.inpage.send({ kind: 'catch', exercise: course.exercises[name], typed, before: [] })"
    )
    games = filter(None, map(game_of, [exercise for exercise in EXERCISES if exercise.page == of_page]))
    for game in islice(games, None if WHOLE else 1):
        alive = [mutant for mutant in game.known if mutant.name not in describe(game, {}, [])[1]]
        _, better = next(moves(game, game.start, alive))
        first = next(name for name, kind in game.kinds.items() if kind)
        for typed in (
            {},
            {first: "[1, 2"},
            {first: "1e999"},
            {name: as_text(value) for name, value in better.items() if game.kinds[name]},
        ):
            there = gate.evaluate(ask, [game.exercise.name, typed])
            card, caught = describe(game, typed, [])
            assert (there["html"], there["caught"]) == (card.html, caught), (game.exercise.name, typed)


@pytest.mark.browser
@pytest.mark.parametrize("exercise", EXERCISES if WHOLE else FIRST_OF_A_PAGE, ids=lambda exercise: exercise.name)
def test_what_a_first_a_second_and_a_third_check_says(gate, exercise):
    mutants = [m for m in exercise.mutants if str(m.patch(exercise.source)).strip() != exercise.start.strip()]
    mutants = mutants if WHOLE else mutants[:4]
    texts = {mutant.name: str(mutant.patch(exercise.source)) for mutant in mutants}
    texts["of one's own"] = exercise.source.replace("return ", "return 7 * ", 1)
    there = judged_by_page(gate, exercise, texts)
    for mutant in mutants:
        result = exercise.evaluate(exercise.mutated(mutant), questions=True)
        assert there[mutant.name]["stages"] == [result.stage(n).html for n in (1, 2, 3)]
    result = exercise.evaluate(exercise.build(texts["of one's own"], "their own"), questions=True)
    if result.question:
        assert there["of one's own"]["stages"] == 3 * [in_the_page(exercise, result.stage(1).html)]


@pytest.mark.browser
@pytest.mark.parametrize("exercise", EXERCISES if WHOLE else KINDS, ids=lambda exercise: exercise.name)
def test_what_goes_wrong_in_any_exercise(gate, exercise):
    texts = answers.common_answers(exercise)
    if not WHOLE:  # each answer to a third of the kinds
        texts = {label: text for n, (label, text) in enumerate(texts.items()) if (n + KINDS.index(exercise)) % 3 == 0}
    compare(gate, exercise, texts)


@pytest.mark.browser
@pytest.mark.parametrize("exercise", EXERCISES if WHOLE else KINDS[:1], ids=lambda exercise: exercise.name)
def test_what_is_no_python(gate, exercise):
    compare(gate, exercise, answers.unreadable_texts(exercise))


@pytest.mark.browser
@pytest.mark.parametrize("exercise", EXERCISES if WHOLE else KINDS[:1], ids=lambda exercise: exercise.name)
def test_what_never_ends(gate, exercise):
    texts = answers.endless_texts(exercise)
    python = judged_by_python(exercise, texts, seconds=0.4)
    there = judged_by_page(gate, exercise, texts, seconds=0.4)
    for label, text in texts.items():
        first, line, last = there[label]["paragraphs"]
        assert there[label]["status"] == python[label]["status"] == "TIMEOUT"
        assert [first, last] == [python[label]["message"][0], python[label]["message"][2]]
        number, _, shown = line.strip().removeprefix("line ").partition(": ")
        assert shown == text.split("\n")[int(number) - 1].strip()  # which of a loop's lines is chance


@pytest.mark.browser
def test_a_loop_that_calls_a_function_of_the_case_is_stopped_in_the_readers_own_line(gate):
    exercise = chapters.exercises()["armijo"]
    text = "def armijo(phi, slope, a, c1):\n    while phi(a) > phi(0) + c1 * slope:\n        pass\n    return a"
    for _ in range(3):  # which line it was in hung on chance
        said = judged_by_page(gate, exercise, {"endless": text}, seconds=0.3)["endless"]["paragraphs"][1]
        assert said.strip() in {"line 2: while phi(a) > phi(0) + c1 * slope:", "line 3: pass"}


@pytest.mark.browser
def test_a_call_that_never_comes_to_another_line_ends_with_its_worker(gate):
    exercise = EXERCISES[0]
    texts = {"adds up": f"def {exercise.function}(*args):\n    return sum(range(10**11))\n"}
    assert judged_by_page(gate, exercise, texts)["adds up"]["status"] == "TIMEOUT"
    after = judged_by_page(gate, exercise, {"then": exercise.source})
    assert after["then"]["status"] == "PASS"


@pytest.mark.browser
def test_who_waits_behind_a_call_that_hangs_is_judged_all_the_same(gate):
    first, second = EXERCISES[:2]
    hangs = f"def {first.function}(*args):\n    return sum(range(10**11))\n"
    both = gate.evaluate(
        """(asked) => Promise.all(asked.map(([name, text]) => course.inpage.check(course.exercises[name], text)))""",
        [[first.name, hangs], [second.name, second.source]],
    )
    assert [result["status"] for result in both] == ["TIMEOUT", "PASS"]


@pytest.mark.browser
def test_only_the_readers_own_time_counts(page, base):
    exercise, opened = KINDS[0], page("index.html", base=base)  # where no mistake has been tried yet
    opened.evaluate("course.inpage.begin()")
    wrong = {"odd": exercise.source.replace("return ", "return 7 * ", 1)}  # for which the engine tries all mistakes
    result = judged_by_page(opened, exercise, wrong, seconds=0.02)["odd"]
    assert result["status"] == "NOT YET", result


@pytest.mark.browser
@pytest.mark.parametrize("exercise", EXERCISES if WHOLE else FIRST_OF_A_PAGE, ids=lambda exercise: exercise.name)
def test_from_disk_too(from_disk, exercise):
    texts = answers.own_answers(exercise)
    few = {label: texts[label] for label in [*texts][:4]}
    compare(from_disk, exercise, few)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("np.fft.fft(np.ones(4))", "the page's NumPy does not have `np.fft`"),
        ("np.ones(3, dtype=complex)", "the page's NumPy does not have dtype `complex`"),
        ("functools.reduce(max, [1, 2])", "the page's Python does not have `functools`"),
        ("sp.fft", "the page's Python does not have `scipy`"),
        ("open('x')", "the page has no files"),
        ("np.ones(3) * 1j", "the page's NumPy does not have complex numbers"),
        ("np.exp(2j)", "the page's NumPy does not have complex numbers"),
        ("np.zeros(10**10)", "the page's NumPy does not have room for an array"),
    ],
)
def test_what_the_page_lacks_is_told_and_not_a_wrong_answer(gate, line, words):
    exercise = KINDS[0]
    head = "import functools, numpy as np\nimport scipy as sp\nfrom typing import Tuple\n"
    text = f"{head}def {exercise.function}({', '.join(exercise.parameters)}):\n    return {line}\n"
    texts = {"inside": text, "above": f"{head}x = {line}\n{exercise.source}"}
    for said in judged_by_page(gate, exercise, texts).values():
        assert said["status"] == "NOT ATTEMPTED" and words in said["paragraphs"][0]
        assert "In JupyterLab or Colab it works." in said["paragraphs"][0]


@pytest.mark.browser
@pytest.mark.parametrize(
    ("line", "lacking"),
    [
        ("from typing import NamedTuple", "the page's Python does not have `NamedTuple`"),
        ("from numpy import zzz", "the page's Python does not have `zzz`"),
        ("from math import sqrt, zzz", "the page's Python does not have `zzz`"),
        ("h = ex.hint()", "in the page `ex` has only `ex.todo()`; the buttons do what `ex.hint` does elsewhere"),
    ],
)
def test_what_cannot_be_imported_is_told_and_not_a_wrong_answer(gate, line, lacking):
    exercise = KINDS[0]
    inside = exercise.source.replace(":\n", f":\n    {line}\n", 1)
    texts = {"above": f"{line}\n{exercise.source}", "inside": inside}
    for said in judged_by_page(gate, exercise, texts).values():
        assert said["status"] == "NOT ATTEMPTED"
        assert said["paragraphs"] == [f"This cannot be checked here: {lacking}. In JupyterLab or Colab it works."]


@pytest.mark.browser
def test_names_for_annotations_can_be_imported(gate):
    exercise = KINDS[0]
    head = "from typing import Callable, Iterator, List, Literal, Optional, Sequence, Union\n"
    text = f"{head}Vector = Optional[Union[List[float], Sequence[float]]] | None\n{exercise.source}"
    assert judged_by_page(gate, exercise, {"": text})[""]["status"] == "PASS"


@pytest.mark.browser
def test_no_answer_spoils_a_later_one(gate):
    exercise = KINDS[0]
    uses = "import math\nassert math.sqrt(4.0) == np.sum([2.0]) == np.linalg.norm([2.0]) == np.ones(1).copy() * 2\n"
    for line, words in [
        ("math.sqrt = lambda x: 0.0", "Your code changed `math.sqrt` for the whole page; it has been put back."),
        ("np.sum = np.linalg.norm = 3", "Your code changed `np.sum` and `np.linalg.norm` for the whole page"),
        ("np.ndarray.copy = lambda self: 1 / 0", "TypeError: cannot set 'copy' attribute of immutable type"),
    ]:
        texts = {
            "above": f"import math\n{line}\n{exercise.source}",
            "inside": "import math\n" + exercise.source.replace(":\n", f":\n    {line}\n", 1),
            "later": uses + exercise.source,
        }
        said = judged_by_page(gate, exercise, texts)
        assert [result["status"] for result in said.values()] == ["NOT YET", "NOT YET", "PASS"]
        assert words in " ".join(said["above"]["paragraphs"])
        if "Your code" in words and "np.sum" not in words:
            assert said["above"]["paragraphs"][0] == "The numbers are right, but:"
            assert said["inside"]["paragraphs"] == said["above"]["paragraphs"]
