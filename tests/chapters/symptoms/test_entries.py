"""The entries of *Symptoms and causes*: each has a claim, and leads to sections that are there."""

import json
import re
from pathlib import Path

import pytest

BOOK = Path(__file__).parents[3] / "book"


def text_of(path):
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def slug(heading):
    """A heading's address on its page."""
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


PAGE = text_of(BOOK / "symptoms.ipynb")
ENTRIES = dict(re.findall(r"^### ([^\n]+)\n(.*?)(?=^##|\Z)", PAGE, re.M | re.S))


def test_there_are_entries():
    assert len(ENTRIES) >= 14


def test_the_table_lists_them_all():
    entries = re.findall(r"^\(([\w-]+)\)=\n### ([^\n:]+)", PAGE, re.M)
    assert len(entries) == len(ENTRIES)
    assert re.findall(r"^\| \[([^]]+)\]\(#([\w-]+)\) \| \S", PAGE, re.M) == [(title, name) for name, title in entries]


@pytest.mark.parametrize("name", ENTRIES)
def test_each_runs_and_says_how_to_tell_and_where(name):
    text = ENTRIES[name]
    assert re.search(r"\{claim\}`[\w-]+`", text), "no ✓"
    assert "- **To tell**" in text and "- **In the book**" in text and re.search(r"- \*\*It (may be|is)\*\*", text)
    assert re.search(r"\]\(\w+\.(ipynb|md)", text.partition("**In the book**")[2])


@pytest.mark.parametrize(("page", "section"), sorted(set(re.findall(r"\]\((\w+)\.ipynb#([\w-]+)\)", PAGE))))
def test_its_links_name_sections(page, section):
    assert section in map(slug, re.findall(r"^## (.*)$", text_of(BOOK / f"{page}.ipynb"), re.M))
