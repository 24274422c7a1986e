"""A notebook's key: a hash of what its code imports. Outputs are valid while the key is the same."""

import json
import re
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager

from course_lib.explore.sources import DATA, LIBRARY, WRITTEN, dependencies, digest

#: A cell of a page in MyST: its fence, its options (lines with a colon, or YAML between dashes), its code.
CELL = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{code-cell\}[^\n]*\n(?:---\n.*?^---\n|(?::[^\n]*\n)*)(?P<code>.*?)^(?P=fence)",
    re.DOTALL | re.MULTILINE,
)


def cells(path: Path) -> list[str]:
    """Return the code of each cell of a notebook, or of a page in MyST."""
    text = path.read_text("utf-8")
    if path.suffix == ".ipynb":
        return ["".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    return [match["code"] for match in CELL.finditer(text)]


def notebook_key(path: Path, *texts: str, library: Path = LIBRARY) -> str:
    """Return a hash of all that a notebook's code imports from the library, transitively, and of further texts.

    jupyter-cache compares the code itself.
    """
    transform = TransformerManager().transform_cell  # `%magic`, `!shell` and `help?` become Python
    try:
        code = "\n".join(transform(re.sub(r"\A\s*%%.*\n", "", cell)) for cell in cells(path))  # `%%time`: what it times
        files = dependencies(code, library)
    except SyntaxError:  # a cell that shows an error: its imports are unknown
        files = every_file(library)
    return digest(files, *texts, library=library)


def every_file(library: Path = LIBRARY) -> set[Path]:
    """Return all code and data of the library except the site's own: all that can change outputs or pages."""
    own = {"site", "node_modules", "__pycache__"}
    return {
        path
        for path in library.rglob("*")
        if path.suffix in {".py", *DATA} and path.name not in WRITTEN and not own & set(path.relative_to(library).parts)
    }
