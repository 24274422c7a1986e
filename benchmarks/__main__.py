"""Print the tables, and write them into the book's page on speed: all, or those named on the command line."""

import importlib
import subprocess
import sys
from pathlib import Path

from .timing import setting

PAGE = Path(__file__).parents[1] / "book" / "performance.md"
NAMES = ("optimizers", "networks", "augmentation", "ensembles", "transfer", "experiments", "site", "inpage", "grading")


def measure(name: str) -> None:
    """Print one section's tables, and write them between its two marks on the page."""
    section = importlib.import_module(f"{__package__}.{name}")
    how = getattr(section, "HOW", "float32, one thread unless said")
    parts = [f"Measured on {setting(section.PACKAGES)}; {how}."]
    print(parts[0])
    for table in section.tables():
        print(f"\n{table.plain()}", flush=True)
        parts.append(table.markdown(level=3))
    PAGE.write_text(replace(PAGE.read_text("utf-8"), name, "\n\n".join(parts)), "utf-8")


def replace(page: str, name: str, text: str) -> str:
    """Put a text between the two marks of a section."""
    begin, end = f"<!-- {name}: from here on `make bench` writes -->", f"<!-- {name}: up to here -->"
    if begin not in page or end not in page:
        raise ValueError(f"{PAGE} must have the marks {begin} and {end}")
    return f"{page.partition(begin)[0]}{begin}\n\n{text}\n\n{end}{page.partition(end)[2]}"


def main(names: list[str]) -> None:
    if unknown := set(names) - set(NAMES):
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    if len(names) == 1:
        measure(names[0])
        return
    for name in names or NAMES:  # each in its own process: memory freed by one would make the next faster
        subprocess.run([sys.executable, "-m", __package__, name], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
