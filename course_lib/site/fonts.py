"""Cut the book's fonts down to what it sets: `python -m course_lib.site.fonts FOLDER`.

The folder holds the files of @fontsource-variable/source-serif-4, source-sans-3 and source-code-pro (`npm pack` fetches
each; SIL Open Font License), named as in `book/web/fonts`. The command writes there, and needs `pip install fonttools
brotli` besides. Run it when a test says that a page has a letter that the fonts lack.
"""

import argparse
import re
from pathlib import Path

#: ASCII, the letters of western Europe, and the signs that prose needs. Others come from the reader's own fonts.
LATIN = [
    *range(0x20, 0x7F),
    *(0xA0, 0xA7, 0xA9, 0xAB, 0xAE, 0xB0, 0xB1, 0xB2, 0xB3, 0xB5, 0xB7, 0xB9, 0xBB, 0xBC, 0xBD, 0xBE, 0xBF),
    *range(0xC0, 0x100),
    *(0x131, 0x152, 0x153, 0x2002, 0x2009, 0x2013, 0x2014, 0x2018, 0x2019, 0x201A, 0x201C, 0x201D, 0x201E),
    *(0x2022, 0x2026, 0x2032, 0x2033, 0x20AC, 0x2122, 0x2191, 0x2193, 0x2212),
]
GREEK = [*range(0x391, 0x3A2), *range(0x3A3, 0x3AA), *range(0x3B1, 0x3CA)]
CHARACTERS = {"latin": LATIN, "greek": GREEK}
#: From regular to bold: the book uses nothing lighter or heavier.
WEIGHTS = (400, 700)
FEATURES = ["kern", "liga", "mark", "mkmk", "ccmp", "locl", "onum", "lnum", "tnum", "pnum"]
FILE = re.compile(r"source-(serif-4|sans-3|code-pro)-(latin|greek)-wght-(normal|italic)\.woff2")


def unicode_range(characters: list[int]) -> str:
    """Return the value of `unicode-range` in `book/web/fonts.css`.

    >>> unicode_range([0x41, 0x42, 0x43, 0xE9])
    'U+0041-0043, U+00E9'
    """
    runs: list[list[int]] = []
    for code in sorted(characters):
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return ", ".join(f"U+{low:04X}" if low == high else f"U+{low:04X}-{high:04X}" for low, high in runs)


def subset(source: Path, target: Path) -> None:
    """Write a font with the characters of its script, and with the weights, that the book uses."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

    found = FILE.fullmatch(source.name)
    if found is None:
        raise ValueError(f"{source.name} is not named as the book's fonts are: {FILE.pattern}")
    font = TTFont(source)
    cutter = Subsetter(Options(layout_features=FEATURES, hinting=False, name_IDs=[0, 1, 2, 13, 14]))
    cutter.populate(unicodes=CHARACTERS[found[2]])
    cutter.subset(font)
    font = instantiateVariableFont(font, {"wght": WEIGHTS})
    font.flavor = "woff2"
    font.save(target)


def main() -> None:
    """Cut every font of the folder that is named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m course_lib.site.fonts", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    folder = parser.parse_args().folder
    target = Path(__file__).parents[2] / "book" / "web" / "fonts"
    for source in sorted(folder.glob("*.woff2")):
        if FILE.fullmatch(source.name):
            subset(source, target / source.name)
            print(f"{source.name}: {source.stat().st_size:,} → {(target / source.name).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
