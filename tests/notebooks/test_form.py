"""The form of the chapters and pages: budget, first cell, tags, alt texts, citations, terms."""

import ast
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from course_lib import chapters
from course_lib.exercises.game import game_of
from course_lib.questions import Predict
from course_lib.site import folding, numbers
from course_lib.site.notebooks import problems
from course_lib.site.reference import expand, references

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "book"
EXERCISES, QUESTIONS = chapters.exercises(), chapters.questions()
CHAPTERS = sorted(BOOK.glob("*.ipynb"))  # the pages of practice, which have no number, among them
PAGES = sorted(BOOK.glob("*.md"))
CHECK = re.compile(r"ex\.(\w+)\.check\(")
TAGS = {"colab", "lesson", "nbval-check-output", "nbval-skip", "remove-input", "hide-input"}
TAGS |= {"remove-cell", "remove-output", "hide-cell", "setup", "rule", "framework"}


def cells_of(path, kind):
    return [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == kind]


def source(cell):
    return "".join(cell["source"])


def tags(cell):
    return cell["metadata"].get("tags", [])


def exercise(cell):
    return next((tag.removeprefix("exercise:") for tag in tags(cell) if tag.startswith("exercise:")), None)


def text_of(path):
    """A page's or a chapter's text, with what the library says in it."""
    if path.suffix == ".md":
        return expand(path.read_text("utf-8"), references(BOOK / "references.bib"))
    return "\n\n".join(source(cell) for cell in cells_of(path, "markdown"))


def words(text):
    """Words a reader reads: a formula counts as one, markup as none."""
    text = re.sub(r"^:::.*$|^:class:.*$|^```.*$|\{[a-z:]+\}", " ", text, flags=re.M)
    text = re.sub(r"\$\$.*?\$\$(?: \(eq-[\w-]+\))?|\$[^$]*\$", " formula ", text, flags=re.S)
    return re.findall(r"[^\W\d_][\w’'-]*", text)


def main_line(path):
    """A chapter's text up to its exercises, without the boxes that are folded."""
    text = text_of(path).partition("\n## Exercises\n")[0]
    return re.sub(r"^(:{3,})\{admonition\}[^\n]*\n:class: [^\n]*\bdropdown\b.*?^\1$", " ", text, flags=re.M | re.S)


def minutes(path):
    """How long the main line takes a student who answers, moves, and follows each formula on paper.

    140 words a minute, 2 a question, 2 a block of open code, 2½ an experiment, 1½ a formula on a line of its own, ½ a
    figure or table.
    """
    code = "\n".join(source(cell) for cell in cells_of(path, "code"))
    asked = [QUESTIONS[path.stem, name] for name in re.findall(r"^ask\.(\w+)\(", code, re.M)]
    shown = len(re.findall(r"^explore\.\w+\(", code, re.M))
    shown += sum(isinstance(question, Predict) and question.shows is not None for question in asked)
    text = main_line(path)
    formulas = text.count("$$") // 2
    pictures = len(re.findall(r"^show_figure\(", code, re.M)) + len(re.findall(r"^\|[ :|-]+\|$", text, re.M))
    opened = sum(bool({"rule", "lesson", "framework"} & set(tags(cell))) for cell in cells_of(path, "code"))
    return len(words(text)) / 140 + 2 * (len(asked) + opened) + 2.5 * shown + 1.5 * formulas + pictures / 2


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem)
def chapter(request):
    return request.param


@pytest.fixture(params=[path for path in CHAPTERS if path.stem[0].isdigit()], ids=lambda path: path.stem)
def numbered(request):
    """A chapter in its full form: with a promised time, exercises and a summary."""
    return request.param


def test_there_is_a_chapter():
    assert CHAPTERS


def test_words_are_counted_as_read():
    assert len(words("Two words, $x^2$ and\n\n$$\na = b\n$$ (eq-a)\n\n:::{admonition} Predict\n:class: x\n")) == 5


def test_is_as_long_as_a_student_can_take(numbered):
    assert 1500 <= len(words(main_line(numbered))) <= 2500


def test_promises_an_honest_time(numbered):
    promised = int(re.search(r"\*\*In (\d+) minutes\*\* you will be able to", text_of(numbered))[1])
    assert promised % 5 == 0 and abs(promised - minutes(numbered)) <= 5, f"{minutes(numbered):.0f} minutes"


def test_has_short_cells(chapter):
    """Lines that are only text, such as a figure's caption, do not count."""
    for cell in cells_of(chapter, "code"):
        lines = [line for line in source(cell).splitlines() if not re.fullmatch(r'\s*(\w+=)?"[^"]*"[,)]*', line)]
        assert len(lines) <= 15, f"{cell['id']}: {len(lines)} lines"
        wide = [line for line in lines if len(line) > 78 and "%pip" not in line]
        assert not wide, f"{cell['id']}: does not fit the page: {wide}"


def test_pastes_no_helpers(chapter):
    """A function of more than eight lines belongs in the library, unless it is the lesson."""
    for cell in cells_of(chapter, "code"):
        if "colab" in tags(cell) or "lesson" in tags(cell):
            continue
        for node in ast.walk(ast.parse(source(cell))):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno < 8, f"{cell['id']}: {node.name} is too long"


def test_is_in_the_table_of_contents(chapter):
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    assert f"book/{chapter.stem}" in [part["file"] for group in toc["parts"] for part in group["chapters"]]


def test_sets_a_bug_to_catch(numbered):
    """From chapter 3 on; the first two have exercises enough to become used to them."""
    targets = re.findall(r"\{catch\}`[^`]+<(\w+)>`", text_of(numbered))
    assert targets or not 3 <= int(numbered.stem[:2]) <= 12
    for name in targets:
        assert EXERCISES[name].page == numbered.stem and game_of(EXERCISES[name]), name


def test_begins_with_the_colab_cell(chapter):
    first = cells_of(chapter, "code")[0]  # tests/test_repository.py holds its text
    assert tags(first) == ["colab", "remove-cell"], "the page has no use for it"


def test_is_committed_clean(chapter):
    assert problems(chapter.read_text("utf-8")) == []


def test_cells_have_names_and_known_tags(chapter):
    cells = cells_of(chapter, "code") + cells_of(chapter, "markdown")
    ids = [cell["id"] for cell in cells]
    assert len(set(ids)) == len(ids)
    assert not [i for i in ids if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f-]{27})?", i)], "name the cells: names stay"
    for cell in cells:
        assert {tag for tag in tags(cell) if not tag.startswith(("exercise:", "answer:"))} <= TAGS, cell["id"]


def test_every_role_has_its_claim_and_every_claim_its_tick(chapter):
    """Read off the source alone; the build checks the run."""
    assert numbers.unmatched(json.loads(chapter.read_text("utf-8"))) == []


def test_every_fold_says_what_is_in_it(chapter):
    """The label is the author's where the site cannot know it."""
    for cell in cells_of(chapter, "code"):
        if folding.folds(source(cell), tags(cell)) and folding.label(source(cell)) == folding.OTHER:
            assert cell["metadata"].get("mystnb", {}).get("code_prompt_show"), f"{cell['id']}: what does it hold?"


def test_every_figure_is_drawn_for_two_widths(chapter):
    """By `show_figure`, which wants a caption and a description, too."""
    for cell in cells_of(chapter, "code"):
        assert not re.search(r"plt\.(subplots|figure|plot)\(", source(cell)), f"{cell['id']}: use show_figure"


#: The last sections of a chapter, by the kind that its notebook's metadata name; most name none.
LAST = {
    "": ["Common mistakes", "Questions students ask", "In practice", "Exercises", "Summary", "Where to read on"],
    "challenge": ["Summary", "Where to read on"],
    "gallery": ["Exercises", "Summary", "Where to read on"],
}


def test_flows_as_its_kind_of_chapter_does(numbered):
    kind = json.loads(numbered.read_text("utf-8"))["metadata"].get("kind", "")
    headings = re.findall(r"^## (.*)$", text_of(numbered), re.M)
    assert headings[-len(LAST[kind]) :] == LAST[kind]
    classes = {"Common mistakes": "mistakes", "Questions students ask": "question dropdown", "In practice": "practice"}
    for name in ("Summary", *LAST[kind]):
        assert f":class: {classes.get(name, 'summary')}" in text_of(numbered)
    code = "\n".join(source(cell) for cell in cells_of(numbered, "code"))
    assert "claim(" in code


def test_asks_before_it_shows_the_rule(numbered):
    """The first question is a prediction, above the first rule; a rule stands alone; few blocks are open."""
    cells = cells_of(numbered, "code")
    first = next(i for i, cell in enumerate(cells) if re.match(r"ask\.\w+\(", source(cell)))
    asked = re.match(r"ask\.(\w+)", source(cells[first]))[1]
    rules = [i for i, cell in enumerate(cells) if "rule" in tags(cell)]
    assert isinstance(QUESTIONS[numbered.stem, asked], Predict) and rules and first < rules[0]
    assert len(rules) + sum(bool({"lesson", "framework"} & set(tags(cell))) for cell in cells) <= 4
    for i in rules:
        assert re.fullmatch(r"show_source\([^\n]*\)", source(cells[i])), f"{cells[i]['id']}: the rule stands alone"


def test_every_section_has_a_picture(numbered):
    """A figure, an experiment, or the question that shows one; also the sections that are only read have none."""
    section, seen = "", {}
    for cell in json.loads(numbered.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            section = ([section] + re.findall(r"^## (.*)$", source(cell), re.M))[-1]
        elif section:
            name = (re.match(r"ask\.(\w+)", source(cell)) or [None, ""])[1]
            question = QUESTIONS.get((numbered.stem, name))
            pictures = getattr(question, "shows", None) or re.search(r"\bshow_figure\(|^explore\.", source(cell), re.M)
            seen[section] = seen.get(section, False) or bool(pictures) or getattr(question, "options", None) is not None
    assert [name for name, has in seen.items() if not has and name not in {*LAST[""]}] == []


def test_exercises_are_stubs_with_a_check_after_them(numbered):
    cells = cells_of(numbered, "code")
    found = [(cell, after) for cell, after in pairwise(cells) if exercise(cell)]
    assert found
    for cell, after in found:
        name = exercise(cell)
        assert source(cell) == EXERCISES[name].stub.strip()
        assert CHECK.findall(source(after)) == [name]
    names = [exercise(cell) for cell, _ in found]
    assert [EXERCISES[name].number for name in names] == list(range(1, len(names) + 1)), "number them in their files"


def test_every_exercise_is_in_a_chapter():
    used = [(exercise(cell), path.stem) for path in CHAPTERS for cell in cells_of(path, "code") if exercise(cell)]
    assert sorted(used) == sorted((name, one.page) for name, one in EXERCISES.items())


# --------------------------------------------------------------------------------------------------- pages


def cited(text):
    return {key for keys in re.findall(r"\{cite(?::[a-z]+)?\}`([^`]+)`", text) for key in keys.split(",")}


def test_citations_and_references_are_the_same_set():
    entries = re.findall(r"^@\w+\{([\w:-]+),$", (BOOK / "references.bib").read_text("utf-8"), re.M)
    assert len(set(entries)) == len(entries)
    used = set().union(*(cited(text_of(path)) for path in CHAPTERS + PAGES))
    assert used == set(entries)


def test_references_are_complete():
    for entry in re.split(r"\n(?=@)", (BOOK / "references.bib").read_text("utf-8")):
        assert entry.count("{") == entry.count("}"), f"braces: {entry[:60]}"
        for field in ("author", "title", "year"):
            assert re.search(rf"^  {field}\s+= \{{.+\}},?$", entry, re.M), f"no {field}: {entry[:60]}"
        assert re.search(r"^  (doi|url|volume|publisher|institution)\s+=", entry, re.M), (
            f"not to be found: {entry[:40]}"
        )


def glossary():
    return re.findall(r"^(\S[^\n]*)\n  \S", (BOOK / "glossary.md").read_text("utf-8"), re.M)


def linked(text):
    """The terms that a text links to the glossary, as written there."""
    return [re.sub(r".*<([^>]*)>", r"\1", term, flags=re.S) for term in re.findall(r"\{term\}`([^`]+)`", text)]


def plain(text):
    """A text without code, roles, formulas and headings."""
    return re.sub(r"(\{[a-z:]+\})?`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|^#.*?$", " ", text, flags=re.S | re.M)


def test_a_term_is_italic_once_and_in_the_glossary(chapter):
    text = text_of(chapter)
    italic = re.findall(r"(?<![*\w])\*([^*\s](?:[^*]*[^*\s])?)\*(?!\*)", plain(text))
    terms = [re.sub(r"\s+", " ", term) for term in italic]
    assert len(set(terms + linked(text))) >= 5
    assert [term for term in terms + linked(text) if term.lower() not in map(str.lower, glossary())] == []
    assert len(set(terms)) == len(terms)


def test_a_term_is_linked_where_it_is_used_first(chapter):
    """After the goals, which name what is to be learnt; a heading holds no link."""
    text = "## " + text_of(chapter).partition("\n## ")[2]
    assert linked(text), "no term leads to the glossary"
    for term in linked(text):
        before = re.split(rf"\{{term\}}`(?:[^`]*<)?{re.escape(term)}>?`", text)[0]
        assert not re.search(rf"\b{re.escape(term)}\b", plain(before), re.I), f"{term} is used before it is linked"


def test_the_glossary_has_the_plain_words_too():
    assert {"gradient", "loss", "SGD", "convex", "eigenvector", "variance", "seed"} <= set(glossary())


def test_every_entry_of_the_glossary_is_used():
    """A page links to it, or a chapter sets it in italics where it says what it is."""
    pages = [text_of(path) for path in CHAPTERS + PAGES]
    italic = {term.lower() for text in pages for term in re.findall(r"(?<![*\w])\*([^*\s][^*]*)\*(?!\*)", plain(text))}
    used = italic | {term.lower() for text in pages for term in linked(text)}
    assert [term for term in glossary() if term.lower() not in used] == []


def test_the_glossary_is_sorted():
    assert glossary() == sorted(glossary(), key=str.lower) and len(glossary()) > 20
