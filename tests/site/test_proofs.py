"""What the first page shows of the book comes from the book: its question, its numbers, its check."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup

from course_lib import chapters
from course_lib.exercises.declaration import Mutant
from course_lib.explore.moves import parse
from course_lib.questions import Predict
from course_lib.site import contents, numbers, proofs

ROOT = Path(__file__).parents[2]
FIRST = "book/index.html"


def read(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module")
def first(site):
    return read(site / FIRST)


def test_an_address_has_what_the_experiment_can_be_set_to():
    setting = {"place": "race-low", "kappa": 100, "on": True, "start": (1.0, -2), "surface": "a b"}
    question = SimpleNamespace(shows=("race", setting))
    written = proofs.address(question, {"kappa", "on", "start", "surface"})
    assert written == "race?kappa=100&on=true&start=1.0,-2&surface=a%20b"
    assert parse(written).values == {"kappa": "100", "on": "true", "start": "1.0,-2", "surface": "a b"}


def test_every_prediction_has_an_address():
    for (page, _), question in chapters.questions().items():
        if isinstance(question, Predict) and question.shows is not None:
            make = chapters.experiments()[chapters.folder_of(page), question.shows[0]]
            assert parse(proofs.address(question, make().controls)).place == question.shows[0]


@pytest.mark.parametrize("name", [name for name, one in chapters.exercises().items() if not one.packages])
def test_what_is_told_is_what_the_check_tells(name):
    exercise = chapters.exercises()[name]
    mutant = exercise.mutants[0]
    said = BeautifulSoup(proofs.told(exercise, mutant), "html.parser").p
    words = " ".join(f"NOT YET {mutant.message}".replace("`", "").split())
    assert re.sub(r"[*\s]", "", said.text) == re.sub(r"[*\s]", "", words)


def test_a_mistake_that_the_check_does_not_name_is_an_error():
    exercise = next(iter(chapters.exercises().values()))
    real = exercise.mutants[0]
    with pytest.raises(ValueError, match="and not 'another'"):
        proofs.told(exercise, Mutant("another", real.old, real.new, "Another sentence."))


# -- on the site


def test_the_wrong_answer_on_the_first_page_is_one_that_the_check_names(first, site):
    (said,) = first.select(".told")
    code = said.find_previous("pre").text
    found = [
        (exercise, mutant)
        for exercise in chapters.exercises().values()
        for mutant in exercise.mutants
        if (mutant.patch(exercise.source) or "").strip() == code.strip()
    ]
    assert found
    assert str(said) in {str(BeautifulSoup(proofs.told(*one), "html.parser").p) for one in found}
    marked = [line.text.strip() for line in said.find_previous("pre").select(".hll")]
    assert marked and not set(marked) <= {""}
    page, _, place = said.find_next("a")["href"].partition("#")
    assert page == f"{found[0][0].page}.html" and read(site / "book" / page).find(id=place)


def test_numbers_on_the_first_page_are_the_chapters(first, site):
    source = (ROOT / "book/index.md").read_text(encoding="utf-8")
    roles = re.findall(r"\{claim\}`([^`/]+)/([^`]+)`", source)
    shown = [place.text for place in first.select(".proofs .claim-value")]
    ticks = first.select(".proofs a.claim-check")
    assert shown and ticks
    values = [(page, role) for page, name in roles if (role := numbers.parse(name)).value]
    kept = [numbers.text_of(role, numbers.read(numbers.path_of(page, ROOT))) for page, role in values]
    assert shown == kept
    for tick in ticks:
        page, _, place = tick["href"].partition("#")
        words = read(site / "book" / page).find(id=place).text
        assert all(number in words for number in shown), "the measurement that it leads to has the numbers"
        assert tick["aria-label"] == tick["title"]


def test_the_question_on_the_first_page_is_a_chapters(first, site):
    (place,) = first.select(".proofs [data-course-question]")
    chapter = read(site / f"book/{place['data-course-page']}.html")
    name = place["data-course-question"]
    there = chapter.select_one(f"[data-course-question='{name}']")
    assert place.form.legend.text == there.form.legend.text
    data, same = (json.loads(one.find("script").string) for one in (place, there))
    assert data == same


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_what_is_predicted_is_then_seen(page, width):
    shown = page(FIRST, width=width, height=844, reduced_motion="reduce")
    asked = shown.locator(".proofs [data-course-question]")
    link = asked.locator(".cq-under a.move")
    assert not link.is_visible()
    asked.locator("label.cq-option").first.click()
    asked.locator(".cq-do").click()
    said = asked.locator(".cq-line").inner_text()
    assert said.startswith("You said ")
    name, _, setting = link.get_attribute("href").removeprefix("#").partition("?")
    link.click()
    race = shown.locator(f"#{name}")
    shown.wait_for_function(f"location.hash.startsWith('#{name}?')")
    for pair in setting.split("&"):
        control, value = pair.split("=")
        box = race.locator(f".cx-control:has([data-control='{control}'])")
        assert float(value) == pytest.approx(float(box.locator("output").inner_text()), abs=0.01), control
    shown.wait_for_function(f"document.querySelector('#{name}').getBoundingClientRect().top < innerHeight / 2")
    numbers = re.findall(r"\d+", said.partition(";")[2])
    readouts = race.locator(".cx-readouts dd").all_inner_texts()
    assert numbers and set(numbers) <= set(readouts), "the sentence has the numbers that the experiment shows"
    chapter = asked.get_attribute("data-course-page")
    place = shown.locator(f"[data-progress='{chapter}']")
    assert place.inner_text().startswith("You have answered 1 of "), "it is that chapter's question"


@pytest.mark.browser
def test_a_link_of_the_first_page_moves_the_experiment(page):
    shown = page(FIRST, reduced_motion="reduce")
    shown.wait_for_function("document.querySelector('.course-experiment').dataset.ready")
    for link in shown.locator(".proof > p a.move").all():
        before = shown.locator(".cx-readouts").inner_text()
        link.click()
        shown.wait_for_function("before => document.querySelector('.cx-readouts').innerText !== before", arg=before)
        assert shown.evaluate("location.hash").removeprefix("#") in link.get_attribute("href")


def test_the_readme_has_the_books_parts_and_chapters():
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    plan = contents.FENCE.search((ROOT / "book/index.md").read_text(encoding="utf-8"))[1].strip().splitlines()
    there = contents.chapters(ROOT)
    for line in plan:
        entry = contents.ENTRY.fullmatch(line)
        if entry is None:
            assert f"**{line}.**" in text
        elif int(entry[1]) in there:
            assert contents.title_and_minutes(there[int(entry[1])])[0] in text
