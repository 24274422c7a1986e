"""Figures and experiments of a page are numbered together; references lead to them; what has no number is named."""

import json
import re
import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, SoupStrainer

from course_lib.site.build import build
from course_lib.site.figures import Found, figure_numbers, figures_in, with_numbers
from course_lib.site.keys import cells

ROOT = Path(__file__).parents[2]

# ------------------------------------------------------------------------------------------- pieces of HTML

#: As from one cell that asks a question and shows an experiment: a caption after JSON and before other text.
EXPERIMENT = """<form><figcaption>no figure's</figcaption></form>
<figure class="cx-figure" data-figure="race" id="fig-race">
<div class="course-experiment" id="race"><script type="application/json">{"alt": "<figure data-figure='no'>"}</script>
<p title="a > b">Text</p></div><figcaption data-figure="race" class="x cx-caption">See
this.</figcaption></figure>"""


def test_a_caption_is_found_wherever_it_stands():
    [(name, at)] = figures_in(EXPERIMENT)
    assert name == "race" and EXPERIMENT[at:].startswith("See\nthis.")
    assert figures_in('<figure data-figure="a"></figure><figure data-figure="b"><p class="cx-caption">B.</p></figure>')[
        0
    ] == Found("a", None)
    assert figures_in('<p class="cx-caption">of nothing</p><figure>no name</figure>') == []


def test_numbers_stand_at_the_beginning_of_captions_and_nothing_else_changes():
    text = with_numbers(EXPERIMENT + EXPERIMENT.replace("race", "again"), {"race": 4, "again": 5})
    captions = [c.text for c in BeautifulSoup(text, "html.parser").select("figure > .cx-caption")]
    assert captions == ["Figure 4. See\nthis.", "Figure 5. See\nthis."]
    plain = re.sub(r'<span class="caption-number">Figure \d\.</span> ', "", text)
    assert plain == EXPERIMENT + EXPERIMENT.replace("race", "again")


# ------------------------------------------------------------------------------------------ a notebook's source


def test_numbers_follow_from_the_source():
    source = [
        "%pip install something\nimport numpy",
        "ask.half()\nexplore.race(kappa=100)",
        "show_figure(lambda ax: None,\n            name='squares', caption='A.', alt='A.')",
        "ask.check()\nexplore.race(place='race-saddle');",
        "plots.show_figure(draw, name='last', caption='A.', alt='A.')\n# explore.no()",
    ]
    asked = {"half": "noise"}
    wanted = {"noise": 1, "race": 2, "squares": 3, "race-saddle": 4, "last": 5}
    assert figure_numbers(source, asked) == wanted
    assert list(figure_numbers(source)) == ["race", "squares", "race-saddle", "last"]


@pytest.mark.parametrize(
    "source, words",
    [
        (["explore.race()", "explore.race(kappa=3)"], r"two figures have the name 'race'; .* explore.race\(kappa=3\)"),
        (["show_figure(draw, name=f'{x}')"], "the name of a figure must be written out: show_figure"),
        (["show_figure(draw)"], "the name of a figure must be written out"),
    ],
)
def test_a_name_that_cannot_be_numbered_is_named(source, words):
    with pytest.raises(ValueError, match=words):
        figure_numbers(source)


# ----------------------------------------------------------------------------------------------- a small book

PAGE = """# A page

A sentence that is long enough to describe what this page of the small book is about. See {fig}`two` and {fig}`one`.
"""
SETUP = "from IPython.display import HTML\nfrom course_lib.plots import show_figure"
FIGURE = """show_figure(
    lambda ax: ax.plot([1, 4, %d]), name="%s", caption="A line, & more.", alt="A line that rises.", height=200)"""
OTHER = (
    """HTML('<figure data-figure="two" id="fig-two"><div id="two"></div><p class="cx-caption">Move it.</p></figure>')"""
)


def write(path, *texts):
    """Write a notebook: code, but for the texts that begin with #."""
    made = [
        {"cell_type": "markdown", "id": f"c{i}", "metadata": {}, "source": text}
        if text.startswith("# ")
        else {
            "cell_type": "code",
            "id": f"c{i}",
            "metadata": {},
            "source": text,
            "outputs": [],
            "execution_count": None,
        }
        for i, text in enumerate(texts)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    path.write_text(json.dumps({"cells": made, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}))


@pytest.fixture
def book(tmp_path):
    shutil.copytree(ROOT / "book" / "web", tmp_path / "book" / "web", ignore=shutil.ignore_patterns("fonts"))
    shutil.copy(ROOT / "_config.yml", tmp_path)
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: book/index\nchapters:\n  - file: book/page\n")
    (tmp_path / "book" / "references.bib").write_text("")
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "course-lib"\n[project.urls]\nRepository = "https://github.com/ada/engine"\n'
    )
    (tmp_path / "book" / "index.md").write_text(
        "# The cover\n\nWords that are many enough to be a description of it.\n"
    )
    return tmp_path


def test_a_page_numbers_its_figures_and_links_to_them(book):
    page, explore = book / "_build/html/book/page.html", book / "_build/html/_static/explore"
    write(book / "book/page.ipynb", PAGE, SETUP, FIGURE % (9, "one"), OTHER, FIGURE % (16, "three"))
    assert build(book) == 0
    tree = BeautifulSoup(page.read_text("utf-8"), "html.parser")
    captions = [c.text for c in tree.select("figure[data-figure] .cx-caption")]
    assert captions == ["Figure 1. A line, & more.", "Figure 2. Move it.", "Figure 3. A line, & more."]
    links = [
        (a.text.replace("\N{NO-BREAK SPACE}", " "), a["href"]) for a in tree.select("article p a.reference.internal")
    ]
    assert links == [("Figure 2", "#fig-two"), ("Figure 1", "#fig-one")]
    assert all(tree.find(id=href[1:]) for _, href in links)
    numbers = figure_numbers([FIGURE % (9, "one"), "explore.two()", FIGURE % (16, "three")])
    assert numbers == {"one": 1, "two": 2, "three": 3}

    def pictures():
        tree = BeautifulSoup(page.read_text("utf-8"), "html.parser")
        return [p[name] for f in tree.select("figure picture") for p, name in ((f.source, "srcset"), (f.img, "src"))]

    first = pictures()
    assert len(first) == 4 and all(address.startswith("../_static/explore/") for address in first)
    assert all((page.parent / address).is_file() for address in first)

    # What is not shown any more leaves the site and the folder that is kept; what is shown stays.
    front = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n"
    cover = f"# The cover\n\nWords that are many enough to describe it.\n\n```{{code-cell}}\n{SETUP}\n{OTHER}\n```\n"
    (book / "book/index.md").write_text(front + cover)
    write(book / "book/page.ipynb", PAGE, SETUP, FIGURE % (9, "one"), OTHER)
    assert build(book) == 0
    assert pictures() == first[:2]
    for folder in (explore, book / "_build/.cache/tables/explore"):
        assert sorted(path.name for path in folder.glob("*.svg")) == [Path(address).name for address in first[:2]]
    tree = BeautifulSoup((book / "_build/html/book/index.html").read_text("utf-8"), "html.parser")
    assert tree.select_one(".cx-caption").text == "Move it."


def test_what_has_no_number_or_caption_fails_the_build_and_is_named(book, capfd):
    write(
        book / "book/page.ipynb",
        "# A page\n\nSee {fig}`nowhere`, a page that has words enough to be described, at least a line of them.",
        SETUP,
        FIGURE % (9, "one"),
        FIGURE % (16, "one"),
        OTHER.replace("cx-caption", "none"),
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);",
    )
    assert build(book) != 0
    said = "".join(capfd.readouterr())
    assert "the page has no figure 'nowhere'; it has one, two" in said
    assert "two figures have the name 'one'" in said
    assert "the figure 'two' has no caption" in said
    assert "a picture without a caption: show it with show_figure" in said
    assert len(re.findall(r"page\.ipynb:\d+: WARNING", said)) == 4


# -------------------------------------------------------------------------------------------------- the book


def figures_of(site, page):
    return BeautifulSoup((site / page).read_text("utf-8"), "html.parser", parse_only=SoupStrainer("figure"))


def test_every_chapter_has_the_numbers_that_its_source_has(site, chapter):
    tree = figures_of(site, chapter)
    shown = {}
    for figure in tree.select("figure[data-figure]"):
        caption = figure.select_one(".cx-caption")
        shown[figure["data-figure"]] = int(re.match(r"Figure (\d+)\. \S", caption.text)[1])
    assert list(shown.values()) == list(range(1, len(shown) + 1))
    from_source = figure_numbers(cells((ROOT / chapter).with_suffix(".ipynb")))
    # A question may show an experiment, too: it is on the page, and its name is not in the source.
    assert [name for name in shown if name in from_source] == list(from_source)


def test_every_picture_of_a_figure_is_there(site, book_page):
    tree = figures_of(site, book_page)
    for picture in tree.select("figure.course-figure picture"):
        for address in (picture.source["srcset"], picture.img["src"]):
            assert ((site / book_page).parent / address).resolve().is_file()
        assert len(picture.img["alt"]) >= 40, f"describe {address}"


#: Fetch the pictures of all figures that are seen; their addresses, and how wide they are for what they were drawn for.
PICTURES = """async () => {
    document.querySelectorAll(".cq-fold").forEach(button => button.click());
    const seen = [...document.querySelectorAll(".course-figure img")].filter(img => img.offsetParent);
    for (const img of seen) {
        img.scrollIntoView({ block: "center", behavior: "instant" });  // they are fetched when they come near
        await img.decode();
    }
    return seen.map(img => [img.currentSrc, img.clientWidth / img.getAttribute("width"), img.clientWidth]);
}"""


@pytest.mark.in_turn
@pytest.mark.parametrize("width, version", [(390, "narrow"), (1280, "wide")])
def test_each_screen_gets_the_version_drawn_for_it(chapter, reading, width, version):
    for address, scale, wide in reading(chapter, width=width, changes=True).evaluate(PICTURES):
        assert f"-{version}-" in address
        assert wide >= 300 if version == "narrow" else scale > 0.85


@pytest.mark.in_turn
def test_night_brightens_drawings_and_no_photograph(chapter, reading):
    opened = reading(chapter, scheme="dark")
    assert opened.locator("html[data-theme=dark]").count()
    filters = opened.evaluate(
        "[...document.querySelectorAll('.course-figure img')]"
        ".map(img => [!!img.closest('.course-photo'), getComputedStyle(img).filter])"
    )
    assert all((filter == "none") == photo for photo, filter in filters)
