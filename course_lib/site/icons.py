"""The icons of the frame, drawn in the page: a font of icons would weigh more than the rest of it."""

import re

from sphinx.errors import ExtensionError

#: Font Awesome's name, which the theme writes → what is drawn, on 24 by 24, with a line 2 wide.
ICONS = {
    "angle-left": "M15 5l-7 7 7 7",
    "angle-right": "M9 5l7 7-7 7",
    "arrow-up": "M12 20V5M5 12l7-7 7 7",
    "bars": "M4 6h16M4 12h16M4 18h16",
    "circle-half-stroke": "M12 3a9 9 0 100 18 9 9 0 000-18zM12 3v18M15 4v16M18 6v12",
    "code": "M8 6l-6 6 6 6M16 6l6 6-6 6",
    "download": "M12 3v12M6 10l6 6 6-6M4 21h16",
    "file": "M6 2h8l5 5v15H6zM14 2v6h5",
    "file-pdf": "M6 2h8l5 5v15H6zM14 2v6h5M9 13h7M9 17h7",
    "github": "M6 8v8M18 9c0 5-12 2-12 7M6 3a2.5 2.5 0 100 5 2.5 2.5 0 000-5zM6 16a2.5 2.5 0 100 5 2.5 2.5 0 000-5z"
    "M18 4a2.5 2.5 0 100 5 2.5 2.5 0 000-5z",
    "list": "M9 6h12M9 12h12M9 18h12M4 6h.01M4 12h.01M4 18h.01",
    "magnifying-glass": "M10.5 4a6.5 6.5 0 100 13 6.5 6.5 0 000-13zM15.5 15.5L21 21",
    "moon": "M20 14.5A8.5 8.5 0 119.5 4a7 7 0 0010.5 10.5z",
    "rocket": "M9 15l-3-3c1-5 5-9 14-9 0 9-4 13-9 14zM6 12H3l3-4h3M12 18v3l4-3v-3M15 8.5h.01M6 16c-2 1-2 4-2 4s3 0 4-2",
    "sun": "M12 8a4 4 0 100 8 4 4 0 000-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M5 19l1.4-1.4"
    "M17.6 6.4L19 5",
}
#: Words in a class that style an icon and do not name one.
STYLES = {"solid", "regular", "brands", "lg"}
ELEMENT = re.compile(r'<(i|span) class="([^"]*\bfa-[^"]*)"([^>]*)>\s*</\1>')


def draw(page: str) -> str:
    """Return a page in which every icon of the theme's font is a drawing.

    Raises:
        ExtensionError: it names an icon that `ICONS` lacks.

    >>> draw('<i class="fa-solid fa-bars"></i>')
    '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="M4 6h16M4 12h16M4 18h16"/></svg>'
    """

    def drawing(found: re.Match[str]) -> str:
        classes, attributes = found[2].split(), re.sub(r'\s+title="[^"]*"', "", found[3])
        names = [name[3:] for name in classes if name.startswith("fa-") and name[3:] not in STYLES]
        if len(names) != 1 or names[0] not in ICONS:
            raise ExtensionError(f"course_lib/site/icons.py draws no icon {found[2]!r}: add it to ICONS")
        rest = [name for name in classes if not re.match(r"fa([srb]?$|-)", name)]
        return (
            f'<svg class="{" ".join(["icon", *rest])}"{attributes.rstrip()} viewBox="0 0 24 24" aria-hidden="true">'
            f'<path d="{ICONS[names[0]]}"/></svg>'
        )

    return ELEMENT.sub(drawing, page)
