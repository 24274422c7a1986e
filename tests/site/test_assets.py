"""What a page loads: how much, how often, and that nothing is missing from it."""

import gzip
import hashlib
import re
import unicodedata
from pathlib import Path
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup, SoupStrainer
from sphinx.errors import ExtensionError

from course_lib.site import assets, fonts, icons, stylesheet

ROOT = Path(__file__).parents[2]
#: Sent as they are; all else is text, which every host compresses.
PACKED = (".woff2", ".png", ".ico")


def loaded(site: Path, name: str) -> list[str]:
    """Return the style sheets and scripts that a page names, without versions."""
    named = SoupStrainer(["link", "script"])
    soup = BeautifulSoup((site / name).read_text(encoding="utf-8"), "html.parser", parse_only=named)
    found = [tag["href"] for tag in soup.select("link[rel=stylesheet]")]
    found += [tag["src"] for tag in soup.select("script[src]")]
    return [re.sub(r"^(\.\./)*_static/|\?.*", "", address) for address in found]


def test_a_page_loads_what_it_needs(site, any_page):
    if any_page == "404.html":
        return
    expected = ["book.css", "first.js", "book.js"]
    if "data-course-experiment" in (site / any_page).read_text(encoding="utf-8"):
        expected.append("explore/explore.js")
    if any_page == "search.html":
        expected += ["search-index.js", "search.js"]
    if any_page == "book/matrix.html":
        expected.append("matrix.js")
    assert loaded(site, any_page) == expected


def test_a_version_is_that_of_the_file(site, any_page):
    text = (site / any_page).read_text(encoding="utf-8")
    for name, version in re.findall(r"(_static/[\w/-]+\.(?:css|js))\?v=(\w+)", text):
        assert hashlib.sha256((site / name).read_bytes()).hexdigest().startswith(version), name


def test_no_icon_of_the_theme_is_left(site, any_page):
    text = (site / any_page).read_text(encoding="utf-8")
    assert not re.search(r'class="[^"]*\bfa[bsr]?[ -]', text)


@pytest.mark.parametrize("path", ["book/web", "course_lib/explore/js", "course_lib/questions/js"])
def test_own_style_sheets_ask_for_nothing_that_is_left_out(path):
    """Rules with `:has` are not in the page's sheet; and a font that comes late must not move the text."""
    for sheet in (ROOT / path).glob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert ":has(" not in text, sheet.name
        own = [face for face in re.findall(r"@font-face {[^}]*}", text) if "Source " in face]
        assert all("font-display: optional" in face for face in own), sheet.name


@pytest.mark.in_turn
@pytest.mark.browser
def test_what_is_far_is_not_prepared_before_the_reader_comes(reading, numbered):
    shown = reading(numbered, width=1280, height=900, changes=True)
    count = "document.querySelectorAll('article [data-more]').length"
    first = shown.evaluate(count)
    shown.evaluate("document.querySelector('#exercises').scrollIntoView({ behavior: 'instant' })")
    shown.wait_for_function(f"{count} > {first}")


@pytest.mark.browser
@pytest.mark.in_turn
def test_a_chapter_is_light(page, site, chapter, server):
    weigh(page(chapter, width=1280, height=900), site, server)


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_the_first_page_is_light(page, site, server, width):
    weigh(page("book/index.html", width=width, height=844), site, server)


def weigh(shown, site, server):
    """Check the first view, with text compressed as a host does; all that is further down comes when it is near."""
    shown.wait_for_load_state("networkidle")
    total, rows = 0, []
    asked = (site / address.removeprefix(server).split("?")[0] for address in shown.requests)
    for file in (file for file in asked if file.name != "favicon.svg"):  # for which a browser's window asks
        content = file.read_bytes()
        size = len(content) if file.suffix in PACKED else len(gzip.compress(content))
        total += size
        rows.append(f"{size:8} {file.relative_to(site)}")
    print(f"{shown.url}: {total} bytes, {len(rows)} requests", *sorted(rows, reverse=True), sep="\n")
    assert total <= 400_000
    assert len(rows) <= 25


#: How every element looks: the lines of a style by their places in a list of all that occur, which is much shorter.
STYLES = """() => {
    const lines = new Map();
    const place = line => lines.get(line) ?? lines.set(line, lines.size).size - 1;
    const looks = [...document.querySelectorAll("body, body *:not(.katex *)")].map(element =>
        [null, "::before", "::after"].map(part => {
            const style = getComputedStyle(element, part);
            if (part && style.content === "none") return "";
            const names = [...style].filter(name => !name.startsWith("--"));
            return names.map(name => place(`${name}: ${style.getPropertyValue(name)}`)).join(" ");
        }));
    return [[...lines.keys()], looks];
}"""


@pytest.mark.browser
@pytest.mark.parametrize(("name", "width"), [("book/glossary.html", 1280), ("search.html?q=momentum", 390)])
def test_what_was_cut_from_the_style_sheet_is_not_missed(page, site, name, width):
    """Every element looks as it would with all rules of the theme."""
    static = site / "_static"
    first = (static / "book.css").read_text(encoding="utf-8").split("\n")[0]
    sheets = [static / file for file in first.removeprefix("/* ").removesuffix(" */").split()]
    full = re.sub(r"[^{}]*:has\([^{}]*{[^}]*}", "", stylesheet.merge(sheets, static))  # which is left out on purpose
    assert len(full) > 4 * (static / "book.css").stat().st_size
    shown = page(name, width=width, reduced_motion="reduce")

    def styles(sheet):  # with the page's own fonts, however late they come
        text = sheet.replace("font-display:optional", "font-display:block").replace("font-display: optional", "")
        shown.unroute("**/book.css*")
        shown.route("**/book.css*", lambda route, _: route.fulfill(body=text, content_type="text/css"))
        shown.reload(wait_until="networkidle")
        shown.evaluate("document.fonts.ready")
        return shown.evaluate(STYLES)

    (lines, cut), (wanted, whole) = styles((static / "book.css").read_text(encoding="utf-8")), styles(full)
    assert len(cut) == len(whole) > 50
    if (lines, cut) == (wanted, whole):
        return
    for one, other in zip(cut, whole, strict=True):
        for part, full_part in zip(one, other, strict=True):
            assert [lines[int(n)] for n in part.split()] == [wanted[int(n)] for n in full_part.split()]


# -- what stops the build


def test_an_icon_that_nobody_has_drawn_stops_the_build():
    with pytest.raises(ExtensionError, match="fa-kiwi-bird"):
        icons.draw('<i class="fa-solid fa-kiwi-bird"></i>')


def test_an_icon_keeps_what_the_theme_hangs_on_it():
    drawn = icons.draw('<i class="theme-switch fa-solid fa-sun  fa-lg" data-mode="light" title="Light"></i>')
    assert drawn.startswith('<svg class="icon theme-switch" data-mode="light" viewBox')


def take(**script):
    context = {"css_files": [], "script_files": [SimpleNamespace(**script)]}
    assets.Assets().take(None, "page", "page.html", context, None)


def test_a_script_in_a_page_stops_the_build():
    take(filename="", attributes={"body": "let toggleHintShow = 'Click to show';"})  # of a script that is replaced
    with pytest.raises(ExtensionError, match="alert"):
        take(filename="", attributes={"body": "alert(1)"})


def test_a_style_sheet_that_has_moved_stops_the_build(tmp_path):
    with pytest.raises(FileNotFoundError):
        stylesheet.merge([tmp_path / "gone.css"], tmp_path)


# -- style sheets


def test_addresses_and_imports_are_found_from_the_merged_sheet(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.css").write_text('@import "../two.css";\np { background: url(pic.png) }')
    (tmp_path / "two.css").write_text("b { background: url('data:x'), url(\"up/pic.svg\") }")
    text = stylesheet.merge([tmp_path / "a" / "one.css"], tmp_path)
    assert "url(a/pic.png)" in text and "url(up/pic.svg)" in text and "url('data:x')" in text


@pytest.mark.parametrize(
    ("sheet", "expected"),
    [
        (".a .b{x:1}.a{y:2}", ".a{y:2}"),
        ("p > q.a, q { x: 1 }", "q{x:1}"),
        (".a:is(.b, .c){x:1}", ".a:is(.b,.c){x:1}"),
        ("#no, .a#a{x:1}", ".a#a{x:1}"),
        ("@media (min-width:1px){.b{x:1}}@media print{.a{x:1}}", "@media print{.a{x:1}}"),
        (".a{--unused:1;--used:2;x:var(--used)}", ".a{--used:2;x:var(--used)}"),
        ('@font-face{font-family:"F";src:url(f)}@font-face{font-family:G}.a{font-family:F}',
         '@font-face{font-family:"F";src:url(f)}.a{font-family:F}'),
        ("@keyframes k{from{x:1}}.a::before{content:'}'}", "@keyframes k{from{x:1}}.a::before{content:\"}\"}"),
        ("::selection{x:1}*{x:2}:root{x:3}", "::selection{x:1}*{x:2}:root{x:3}"),
    ],
)  # fmt: skip
def test_only_what_no_element_can_match_is_cut(sheet, expected):
    assert stylesheet.trim(sheet, {"a", "q"}) == expected


def test_a_sheet_that_cannot_be_read_stops_the_build():
    with pytest.raises(ValueError, match="cannot be read"):
        stylesheet.trim("a {x: 1} }", {"a"})


def test_a_rule_of_the_books_own_that_would_be_cut_stops_the_build():
    stylesheet.refuse_has(".a:is(.b, .c) { x: 1 }")
    for sheet in (".a:has(> b) { x: 1 }", "@media print { .c, .a:not(:has(b))::before { x: 1 } }"):
        with pytest.raises(ValueError, match="without"):
            stylesheet.refuse_has(sheet)


def test_the_words_of_pages_and_scripts_are_known():
    known = stylesheet.words(['<p class="one-a two" id=three>four</p>'], ["e.className = 'five';"])
    assert known >= {"p", "one-a", "two", "three", "five"}
    assert "four" not in known


# -- fonts


def test_fonts_state_what_they_hold():
    sheet = (ROOT / "book/web/fonts.css").read_text(encoding="utf-8")
    faces = re.findall(r"-(latin|greek)-[^}]*unicode-range: ([^}]*?) }", sheet)
    assert len(faces) == 8
    for script, stated in faces:
        assert stated == fonts.unicode_range(fonts.CHARACTERS[script])


def test_the_book_has_no_letter_that_its_fonts_lack(site, book_page):
    """Signs may come from elsewhere; a letter from another font is seen at once. Run `course_lib.site.fonts`."""
    soup = BeautifulSoup((site / book_page).read_text(encoding="utf-8"), "html.parser")
    for other in soup.select(".katex, body [lang]"):  # these have fonts of their own, the reader's for other languages
        other.decompose()
    has = {chr(code) for codes in fonts.CHARACTERS.values() for code in codes}
    found = {letter for letter in soup.body.get_text() if letter.isalpha() and letter not in has}
    # Exponents, indices, and the letters of some names.
    rare = {letter for letter in found if "MODIFIER" in unicodedata.name(letter) or "\u0100" <= letter <= "\u017f"}
    rare |= {letter for letter in found if "SUBSCRIPT" in unicodedata.name(letter)}
    assert found <= rare, sorted(found - rare)
