"""The report and the feedback: what they count, what they hide, and that nothing in them runs."""

import base64
import hashlib
import re
from collections import Counter
from dataclasses import replace
from urllib.parse import unquote

import numpy as np
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from course_lib.exercises.host import how_to_get_hints
from course_lib.exercises.wording import YOURS
from course_lib.grading import report
from course_lib.grading.anonymous import pseudonyms
from course_lib.grading.folder import Submission
from course_lib.grading.histogram import NAMELESS
from course_lib.grading.look import file_names
from course_lib.grading.process import TRIED
from course_lib.grading.report import write
from course_lib.grading.rows import Row, Verdict
from course_lib.site.pdf import FLAGS, find_chromium


def soup_of(path):
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


@pytest.fixture(scope="module", params=[60, 500])
def written(request, a_class, tmp_path_factory):
    """The rows of a class, what is said of them, and the folder of results."""
    rows, about = a_class(request.param)
    about = replace(about, off_roster=[about.submissions[20].student])
    out = tmp_path_factory.mktemp("grades")
    write(out, rows, about)
    return rows, about, out


def words(tag):
    return " ".join(tag.get_text(" ").split())


def test_the_bars_count_every_verdict(written):
    rows, about, out = written
    soup = soup_of(out / "report.html")
    for exercise in about.exercises:
        wanted = Counter(str(row.verdict) for row in rows if row.exercise == exercise.name)
        section = soup.find(id=f"ex-{exercise.name}")
        key = dict(words(item).rsplit(" ", 1) for item in section.select_one(".key").select("li"))
        assert {name: int(many) for name, many in key.items()} == wanted
        bar = section.select_one("svg.bar")
        widths = [float(rect["width"]) for rect in bar.select("rect")]
        assert sum(widths) == pytest.approx(100, abs=0.01) and len(widths) == len(wanted)
        assert all(f"{many} {name}" in bar["aria-label"] for name, many in wanted.items())


def test_the_histogram_counts_every_mistake(written):
    rows, about, out = written
    soup = soup_of(out / "report.html")
    for exercise in about.exercises:
        mine = [row for row in rows if row.exercise == exercise.name]
        checked = sum(row.verdict in ("PASS", "NOT YET") and row.ran for row in mine)
        wanted = Counter(name for row in mine for name in row.diagnoses)
        sentences = {mutant.name: mutant.message for mutant in exercise.mutants}
        heading = soup.find(id=f"ex-{exercise.name}").find("h3", string="Known mistakes")
        found = {}
        for item in heading.find_next("ul").select("li"):
            if item.select_one(":scope > div > .name"):
                name = item.select_one(".name").get_text()
                found[name] = item
        assert found.keys() == wanted.keys()
        for name, item in found.items():
            assert words(item.select_one(".count strong")) == f"{wanted[name]} of {checked}"
            students = item.select_one("details").select(".names li")
            assert len(students) == wanted[name]
            if name in sentences:
                shown = item.select(":scope > div > p")[1].get_text()
                assert shown == re.sub(r"\*(\w[^*]*)\*", r"\1", sentences[name].replace("`", ""))


def test_what_most_got_wrong_stands_above_the_exercises(written):
    rows, about, out = written
    soup = soup_of(out / "report.html")
    made = Counter((row.exercise, name) for row in rows for name in row.diagnoses)
    unnamed = [row for row in rows if row.verdict == "NOT YET" and not row.diagnoses]
    groups = Counter((row.exercise, row.message[0], row.ran) for row in unnamed)
    ran = Counter(row.exercise for row in rows if row.ran)
    tried = Counter(row.exercise for row in rows if row.verdict in ("PASS", "NOT YET"))
    items = soup.select("#frequent .kinds > li")
    assert 3 <= len(items) <= 5
    shown = [(item.a.get_text(), words(item.select_one(".name")).partition(" · ")[0]) for item in items]
    counts = [int(words(item.select_one(".count strong")).split()[0].replace(",", "")) for item in items]
    shared = [many for many in groups.values() if many > 1]
    assert counts == sorted([*made.values(), *shared], reverse=True)[: len(items)]
    assert NAMELESS in [name for _, name in shown]
    for one, item in zip(shown, items, strict=True):
        assert item.a["href"] == f"#ex-{one[0]}"
        share = words(item.select_one(".count strong"))
        if one[1] == NAMELESS:
            alike = {(many, (ran if r else tried)[e]) for (e, _, r), many in groups.items() if e == one[0]}
            assert share in {f"{many} of {of}" for many, of in alike}
        else:
            assert share == f"{made[one]} of {ran[one[0]]}"
    order = [section["id"] for section in soup.select("section")]
    assert order[:2] == ["frequent", f"ex-{about.exercises[0].name}"]


def test_wrong_answers_without_a_name_are_grouped(written):
    rows, about, out = written
    soup = soup_of(out / "report.html")
    for exercise in about.exercises:
        mine = [row for row in rows if row.exercise == exercise.name and row.verdict == "NOT YET" and not row.diagnoses]
        groups = Counter(row.message[0] for row in mine)
        heading = soup.find(id=f"ex-{exercise.name}").find("h3", string=re.compile("Wrong, and"))
        counts = [words(one) for one in heading.find_next("ul").select(".count")]
        programs = Counter(message for message, _ in {(row.message[0], row.code) for row in mine})
        wanted = [
            f"{many} answer{'s' * (many > 1)} {programs[m]} different program{'s' * (programs[m] > 1)}"
            for m, many in groups.items()
        ]
        assert sorted(counts) == sorted(wanted)


def test_every_student_has_a_line_and_every_link_a_page(written):
    rows, about, out = written
    soup = soup_of(out / "report.html")
    lines = soup.select("#students tbody tr")
    assert len(lines) == len(about.submissions)
    assert Counter(cell["class"][1] for line in lines for cell in line.select("td.of")) == Counter(
        row.verdict.lower().replace(" ", "-") for row in rows
    )
    pages = {path.name for path in (out / "feedback").iterdir()}
    assert len(pages) == len(lines)
    linked = {unquote(a["href"].split("#")[0]) for a in soup.select("a") if not a["href"].startswith("#")}
    assert linked == {f"feedback/{page}" for page in pages}
    places = {a["href"][1:] for a in soup.select("nav a")}
    assert all(soup.find(id=place) for place in places)


def test_what_needs_a_human_is_listed(written):
    rows, about, out = written
    needs = soup_of(out / "report.html").find(id="attention")
    found = Counter()
    for item in needs.select(".kinds > li"):
        found[words(item.select_one("p span"))] += len(item.select(".names li"))
    for verdict in ("NOT GRADED", "TAMPERED", "CRASHED", "UNREADABLE"):
        assert found[verdict] == len({row.student for row in rows if row.verdict == verdict}), verdict
    assert found["Note"] == len({row.student for row in rows if row.notes})
    assert found["Reached outside"] == 0
    assert found["Hand-in"] == sum(bool(one.notes) for one in about.submissions)
    assert found["Not on the roster"] == 1
    slow = [words(row.select_one(".number")) for row in soup_of(out / "report.html").select("#slowest tbody tr")]
    assert slow == [f"{seconds:.1f} s" for seconds in sorted((row.seconds for row in rows), reverse=True)[:5]]


def test_who_reached_outside_stands_first(a_class, tmp_path):
    rows, about = a_class(60, hostile=False)
    tried = f"{TRIED}`open /etc/passwd`."
    rows[100] = replace(rows[100], verdict=Verdict.PASS, notes=("A note.", tried))
    write(tmp_path, rows, about)
    first = words(soup_of(tmp_path / "report.html").find(id="attention").select_one(".kinds > li"))
    assert first.startswith("Reached outside It says that it tried what no answer needs: open /etc/passwd .")
    assert rows[100].student in first and rows[100].exercise in first
    assert "passwd" not in "".join(path.read_text("utf-8") for path in (tmp_path / "feedback").iterdir())


def test_pages_load_nothing_and_allow_only_their_own_style(written):
    _, _, out = written
    for path in (out / "report.html", *sorted((out / "feedback").iterdir())[:20]):
        text = path.read_text("utf-8")
        soup = soup_of(path)
        assert not soup.select("script, img, link, iframe, object, form, base, [style], [src], [onload], [onerror]")
        assert all(a["href"].startswith(("#ex-", "#students", "#attention", "feedback/")) for a in soup.select("a"))
        [policy] = soup.select("meta[http-equiv=Content-Security-Policy]")
        digest = base64.b64encode(hashlib.sha256(soup.style.string.encode()).digest()).decode()
        assert policy["content"] == (
            f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        )
        assert all(letter.isprintable() or letter == "\n" for letter in text)
        ids = [tag["id"] for tag in soup.select("[id]")]
        assert len(ids) == len(set(ids))


def test_feedback_is_one_students_alone(written):
    rows, about, out = written
    students = [one.student for one in about.submissions]
    files = file_names(students)
    plain = [student for student in students if re.fullmatch(r"[A-ZÀ-ž][\w']+ [\w']+( \d)?", student)]
    for student in plain[:40]:
        soup = soup_of(out / "feedback" / files[student])
        assert soup.h1.get_text() == student
        text = soup.get_text()
        others = [other for other in plain if other != student and other not in student and student not in other]
        assert not any(re.search(rf"\b{re.escape(other)}\b", text) for other in others)
        own = {row.exercise: row for row in rows if row.student == student}
        if {row.verdict for row in own.values()} == {Verdict.UNREADABLE}:
            continue
        assert len(own) == len(soup.select("section.answer"))
        for name, row in own.items():
            section = soup.find(id=f"ex-{name}")
            assert section.select_one(".chip").get_text() == row.verdict.replace("NOT YET", "NOT RIGHT")
            if row.message and "\x1b" not in row.message[0] and len(row.message[0]) < 4000:
                assert row.message[0].replace("`", "").replace("*", "") in section.get_text().replace("*", "")
            assert not any(note in text for note in row.notes)


def test_feedback_names_the_file_that_was_graded(written):
    _, about, out = written
    files = file_names([one.student for one in about.submissions])
    for one in about.submissions[:30]:
        text = words(soup_of(out / "feedback" / files[one.student]).header)
        assert (f"The file is “{one.path and one.path.name}”, last changed 2027-" in text) == (one.path is not None)
        assert text.endswith("If you think that something here is wrong, ask your teacher.")


def test_feedback_says_when_it_was_graded_and_whom_to_ask(a_class, tmp_path):
    rows, about = a_class(60, hostile=False)
    days = ["2027-03-02", "2027-03-05", "", "2027-03-02"]
    mine = [replace(row, graded=day) for row, day in zip(rows[:4], days, strict=True)]
    write(tmp_path, mine + rows[4:], replace(about, contact="Dr. <Chen>"))
    header = soup_of(tmp_path / "feedback" / file_names([rows[0].student])[rows[0].student]).header
    assert "Graded on 2027-03-05." in words(header) and words(header).endswith("wrong, ask Dr. <Chen>.")


def test_feedback_does_not_advise_to_try_again(a_class, tmp_path):
    rows, about = a_class(60, hostile=False)
    first = rows[0].exercise
    told = {
        "Ada": Row("Ada", first, Verdict.NOT_YET, message=("`x` is 1.", how_to_get_hints(first))),
        "Bob": Row("Bob", first, Verdict.NOT_ATTEMPTED, message=(YOURS,)),
    }
    write(tmp_path, told.values(), replace(about, exercises=about.exercises[:1], submissions=[]))
    ada, bob = (words(soup_of(tmp_path / "feedback" / name)) for name in ("ada.html", "bob.html"))
    assert "x is 1." in ada and "There is no answer." in bob
    assert not any(advice in page for page in (ada, bob) for advice in ("hint", "todo", "again", "yet."))


def test_a_file_that_cannot_be_read_is_asked_for_once(a_class, tmp_path):
    rows, about = a_class(60, hostile=False)
    mine = [
        replace(r, verdict=Verdict.UNREADABLE, message=("a.ipynb: is not a Jupyter notebook (line 1)",))
        for r in rows[:4]
    ]
    write(tmp_path, mine + rows[4:], about)
    student = rows[0].student
    page = words(soup_of(tmp_path / "feedback" / file_names([student])[student]).main)
    assert page.count("Your file cannot be read. Look whether it opens on your computer, and hand it in again.") == 1
    assert page.count("not a Jupyter notebook") == 1 and "0 of 5 points." in page
    line = soup_of(tmp_path / "report.html").select("#students tbody tr")[0]
    assert words(line.select_one(".number")) == "0", "as in the table, and in the platform's list"
    assert (tmp_path / "grades.csv").read_text("utf-8").splitlines()[1].split(",")[3] == "0"


def test_who_handed_in_something_else_reads_what_it_was(a_class, tmp_path):
    rows, about = a_class(60, hostile=False)
    student = rows[0].student
    nothing = [replace(row, verdict=Verdict.NOTHING_HANDED_IN, message=()) for row in rows[:4]]
    notes = ("There is no notebook, but “hw.zip”.", "Archives are not opened.")
    about = replace(about, submissions=[Submission(student, notes=notes), *about.submissions[1:]])
    for key in (None, {one.student: f"student {n}" for n, one in enumerate(about.submissions)}):
        write(tmp_path, nothing + rows[4:], replace(about, key=key))
        name = student if key is None else key[student]
        page = words(soup_of(tmp_path / "feedback" / file_names([name])[name]).main)
        file = "“hw.zip”" if key is None else "a file"
        assert f"There is no notebook, but {file}. Archives are not opened." in page


def test_what_each_call_prints_is_shown_once(a_class, tmp_path):
    rows, about = a_class(60, hostile=False)
    about = replace(about, exercises=about.exercises[:1], submissions=[])
    printed = {"Ada": "one\ntwo\n" * 5, "Bob": ("one\ntwo\n" * 500)[:2000], "Cid": "one\ntwo\nthree\n"}
    write(tmp_path, [Row(s, rows[0].exercise, Verdict.PASS, printed=text) for s, text in printed.items()], about)
    shown = [words(soup_of(tmp_path / "feedback" / f"{name}.html").details) for name in ("ada", "bob", "cid")]
    assert shown == [
        "What your code printed one two … and 4 times more",
        "What your code printed one two … and at least 249 times more",
        "What your code printed one two three",
    ]


def test_an_anonymous_class_has_no_name_in_any_file_but_the_key(a_class, tmp_path):
    rows, about = a_class(60, hostile=False)
    write(tmp_path, rows, about)  # an earlier run, with names
    students = [one.student for one in about.submissions]
    key = pseudonyms(students, np.random.default_rng(0))
    write(tmp_path, rows, replace(about, key=key, off_roster=students[:2]))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 60 + 4
    for path in files:
        text = path.read_text("utf-8")
        if path.name != "key.csv":
            assert not any(student in text or student in path.name for student in students), path
            assert not re.search(r"\d\.ipynb", text) and "03_momentum.ipynb" not in text
    assert {path.stem for path in (tmp_path / "feedback").iterdir()} == {name.lower() for name in key.values()}
    lines = (tmp_path / "key.csv").read_text("utf-8").splitlines()
    assert len(lines) == 61 and all(any(student in line for line in lines) for student in students)


def test_an_interrupted_write_leaves_the_old_files(a_class, tmp_path, monkeypatch):
    rows, about = a_class(60)
    write(tmp_path, rows, about)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}

    def broken(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(report, "feedback_html", broken)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, rows[:4], about)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


def test_a_class_of_nobody_and_a_class_where_all_is_well(a_class, tmp_path):
    _, about = a_class(60)
    write(tmp_path, [], replace(about, submissions=[]))
    assert "0 students" in soup_of(tmp_path / "report.html").get_text()
    rows = [Row("ada", exercise.name, Verdict.PASS) for exercise in about.exercises]
    write(tmp_path, rows, replace(about, submissions=[Submission("ada")]))
    soup = soup_of(tmp_path / "report.html")
    assert soup.find(id="frequent") is None and "Nothing does." in words(soup.find(id="attention"))
    assert "5 of 5 points" in soup_of(tmp_path / "feedback" / "ada.html").get_text()


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), unique=True))
def test_files_are_safe_and_each_students_own(students):
    names = file_names(students)
    assert len({name.casefold() for name in names.values()}) == len(students)
    for name in names.values():
        assert re.fullmatch(r"[\w-]+\.html", name) and not name.startswith(("-", "_"))
        assert len(name.encode("utf-8")) < 240


def test_no_name_takes_anothers_file():
    taken = file_names(["Bob", "bob"])["Bob"].removesuffix(".html")
    names = file_names(["Bob", "bob", taken, "con", "NUL", "", "/", "..", "ada"])
    assert len({name.lower() for name in names.values()}) == 9
    assert names["con"] != "con.html" and names["NUL"] != "nul.html" and names["ada"] == "ada.html"


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    executable = find_chromium()
    if executable is None:
        pytest.skip("NO BROWSER: install Chromium, or name one in $CHROMIUM")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_in_a_browser(written, browser, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    _, about, out = written
    for path in (out / "report.html", sorted((out / "feedback").glob("*lovelace*"))[0]):
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        said = []
        page.on("console", lambda message, said=said: said.append(message.text))
        page.on("request", lambda asked, said=said, own=path: said.extend({asked.url} - {own.as_uri()}))
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
            "rgb(253, 252, 249)" if scheme == "light" else "rgb(20, 24, 31)"
        )
        assert said == []
        page.close()
        if len(about.submissions) > 100:  # on many more of the same axe spends many seconds
            continue
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert Axe().run(page, options={"preload": False, "resultTypes": ["violations"]}).response["violations"] == []
        page.close()
