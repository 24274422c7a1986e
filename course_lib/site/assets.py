"""What a page loads: one style sheet, one script, and one more where there is an experiment.

A page of the theme asks for 13 style sheets, 15 scripts and three fonts of icons, 450 KB in all. Here each page is
written with this book's own head (templates/layout.html); when all are written,

- the style sheets become `book.css`, without the rules that no page needs (stylesheet.py);
- the theme's scripts are replaced by web/frame.js; those that extensions add are joined to it, as `book.js`;
- the scripts of experiments become `explore/explore.js`;
- icons are drawn in the page (icons.py).

Whatever is not expected, such as a script in the page, an icon without a drawing, or a style sheet that has moved,
stops the build.
"""

import hashlib
import html
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from . import icons, stylesheet

SITE = Path(__file__).parent
WEB, TEMPLATES = SITE / "web", SITE / "templates"

#: The theme's own sheets, which its template would load before all others.
THEME_SHEETS = ("styles/theme.css", "styles/pydata-sphinx-theme.css")
#: Scripts of the theme and of extensions in whose place there is `frame.js`, or nothing.
REPLACED = {
    *("documentation_options.js", "doctools.js", "sphinx_highlight.js", "scripts/sphinx-book-theme.js"),
    *("clipboard.min.js", "copybutton.js", "togglebutton.js", "design-tabs.js"),
}
#: Their settings, which they add as lines of script.
SETTINGS = re.compile(r"(let toggle\w+|var togglebuttonSelector|DOCUMENTATION_OPTIONS\.\w+) = [^;]*;")
#: What only a replaced script, or nothing at all, would load.
UNUSED = ("scripts", "vendor", "locales", "styles/*.map", "webpack-macros.html", "sbt-webpack-macros.html")
#: Loaded under its own name, not as a part of `book.js`.
APART = {
    *("first.js", "lost.js", "matrix.js", "search.js", "questions/recall.js"),
    *(f"inpage/{name}.js" for name in ("exercise", "catch", "parsons", "editor", "yours")),
}
VERSION = re.compile(r"(_static/(?:[\w-]+/)*[\w-]+\.(?:css|js))\?v=\w+")


class Assets:
    """The style sheets and scripts of the site, as the pages ask for them."""

    def __init__(self) -> None:
        self.sheets: list[str] = []
        self.scripts: list[str] = []

    def take(self, app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None) -> None:
        """Take over a page's list of style sheets and scripts; its template names the merged ones."""
        for name in [*THEME_SHEETS, *(_name(sheet.filename) for sheet in context["css_files"])]:
            self.sheets += [name] if name not in self.sheets else []
        for script in context["script_files"]:
            if script.filename:
                name = _name(script.filename)
                self.scripts += [name] if name not in {*REPLACED, *self.scripts} else []
            elif not SETTINGS.fullmatch(body := script.attributes.get("body", "").strip()):
                raise ExtensionError(f"{page} would have a script in its text, {body[:60]!r}: make it a file")

    def write(self, out: Path) -> None:
        """Write what pages load into the site, and into the pages which version of it."""
        pages = {page: page.read_text(encoding="utf-8") for page in sorted(out.rglob("*.html"))}
        drawn = {page: icons.draw(text) for page, text in pages.items()}
        static = out / "_static"
        if self.sheets:  # else no page was written, and nothing has changed
            frame, explore = self._scripts(static)
            (static / "book.js").write_text(frame, encoding="utf-8")
            (static / "explore").mkdir(exist_ok=True)
            (static / "explore" / "explore.js").write_text(explore, encoding="utf-8")
            merged = stylesheet.merge([static / name for name in self.sheets], static)
            own = [path.read_text(encoding="utf-8") for name in APART if (path := static / name).is_file()]
            known = stylesheet.words(drawn.values(), [frame, explore, *own])
            text = stylesheet.trim(merged, known, without=("Font Awesome",))
            (static / "book.css").write_text(f"/* {' '.join(self.sheets)} */\n{text}", encoding="utf-8")
            for pattern in UNUSED:
                for path in static.glob(pattern):
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
        digests: dict[str, str] = {}

        def version(found: re.Match[str]) -> str:
            if found[1] not in digests:
                digests[found[1]] = hashlib.sha256((out / found[1]).read_bytes()).hexdigest()[:8]
            return f"{found[1]}?v={digests[found[1]]}"

        for page, text in drawn.items():
            new = VERSION.sub(version, text)
            if new != pages[page]:
                page.write_text(new, encoding="utf-8")

    def _scripts(self, static: Path) -> tuple[str, str]:
        """Return the script of every page, and that of pages with experiments."""
        names = ["frame.js", *self.scripts]
        parts = {name: (static / name).read_text(encoding="utf-8") for name in names if name not in APART}
        explore = {name: text for name, text in parts.items() if name.startswith("explore/")}
        return _joined(text for name, text in parts.items() if name not in explore), _joined(explore.values())


def _name(filename: object) -> str:
    return str(filename).removeprefix("_static/")


def _joined(scripts: Iterator[str]) -> str:
    return ";\n".join(script.rstrip() for script in scripts) + "\n"


# -- images ---------------------------------------------------------------------------------------

IMAGE = re.compile(r'<img [^>]*?src="([^"]+)"[^>]*>')


def place_images(page: str, folder: Path) -> str:
    """Return a page whose images are fetched when they come near, each in a place of its size.

    Args:
        page: its text.
        folder: that of the page, from which addresses count.
    """

    def placed(found: re.Match[str]) -> str:
        tag, file = found[0], folder / html.unescape(found[1])
        if "loading=" not in tag:
            tag = tag.replace("<img ", '<img loading="lazy" ')
        if not re.search(r"\s(width|height)=", tag) and file.suffix == ".svg" and file.is_file():
            size = _size(file)
            if size:
                tag = tag.replace("<img ", f'<img width="{size[0]}" height="{size[1]}" ')
        return tag

    return IMAGE.sub(placed, page)


def _size(file: Path) -> tuple[int, int] | None:
    """Return the width and height of a drawing, in pixels, if it states them."""
    with file.open(encoding="utf-8") as text:
        found = re.search(r"<svg[^>]*>", text.read(3000))
    sizes = re.findall(r'\s(?:width|height)="([\d.]+)(pt|px|)"', found[0]) if found else []
    if len(sizes) != 2:
        return None
    width, height = (round(float(number) * (4 / 3 if unit == "pt" else 1)) for number, unit in sizes)
    return (width, height) if found[0].index(" width=") < found[0].index(" height=") else (height, width)
