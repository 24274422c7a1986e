"""Print a badge, an SVG of two fields: `badge.py WORDS SAID [COLOUR]`."""

import sys
from html import escape

WIDTH = 6.6  # of a letter at 11 pixels, roughly


def badge(words: str, said: str, colour: str = "#2f7d4f") -> str:
    """Return the SVG: words on grey, what is said of them on the colour."""
    left, right = (round(WIDTH * len(text)) + 14 for text in (words, said))
    fields = "".join(
        f'<rect x="{x}" width="{width}" height="20" fill="{fill}"/>'
        f'<text x="{x + width / 2}" y="14" text-anchor="middle" fill="#fff">{escape(text)}</text>'
        for x, width, fill, text in ((0, left, "#4a4f55", words), (left, right, colour, said))
    )
    title = f"<title>{escape(words)}: {escape(said)}</title>"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" '
        f'font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">{title}{fields}</svg>\n'
    )


if __name__ == "__main__":
    print(badge(*sys.argv[1:]), end="")
