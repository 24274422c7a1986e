"""Numbers in the prose: what a chapter cites, what its run recorded, and how a number is rounded.

Prose cites a claim's value, `` {claim}`momentum-faster.plain` ``, perhaps with a format as in Python,
`` {claim}`momentum-faster.ratio:.1f` ``; without a value, `` {claim}`momentum-faster` ``, it is the ✓ that leads to the
measurement. Notebooks are dicts, as JSON has them.

`numbers.json` in a chapter's package keeps the values as the prose has them, so that no run is needed where the
chapter is only shown: claim → value → text. A value that is cited in two forms has its second one under
`value:format`.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from IPython.core.inputtransformer2 import TransformerManager

from course_lib.chapters import folder_of
from course_lib.claims import NAME, RECORD, Claim

ROLE = re.compile(r"\{claim\}`([^`]+)`")
FILE = "numbers.json"

Value = int | float | str
Numbers = dict[str, dict[str, str]]


class Citation(NamedTuple):
    """What a `{claim}` role names: a claim, perhaps one of its values, and a format."""

    name: str
    value: str = ""
    form: str = ""

    def __str__(self) -> str:
        return f"{{claim}}`{self.name}{self.value and f'.{self.value}'}{self.form and f':{self.form}'}`"


class Run(NamedTuple):
    """A claim as it was made in a run: the index of its cell among all cells, and the record."""

    cell: int
    claim: Claim


# -- how a number is written ----------------------------------------------------------------------


def rounded(value: Value, form: str = "") -> str:
    """Return a value as the prose has it: integers as they are, other numbers with three significant digits.

    Args:
        value: what a claim recorded.
        form: a format as in Python, instead; not for a text.

    Raises:
        ValueError: the format does not suit the value.

    >>> rounded(691), rounded(10316), rounded(5.906), rounded(5.906, ".1f"), rounded(-0.37, ".0%"), rounded(3.21e-16)
    ('691', '10,316', '5.91', '5.9', '−37\\xa0%', '3.21\\xa0×\\xa010⁻¹⁶')
    """
    if isinstance(value, str):
        if form:
            raise ValueError(f"the text {value!r} has no format {form!r}: leave it out")
        return value
    try:
        text = format(value, form) if form else _by_default(value)
    except (ValueError, OverflowError):
        raise ValueError(f"{value!r} cannot be written with the format {form!r}") from None
    text = re.sub(r"e([+-]\d+)", lambda found: f"\xa0×\xa010{str(int(found[1])).translate(SUPERSCRIPT)}", text)
    return text.replace("%", "\xa0%").replace("-", "−")


SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _by_default(value: int | float) -> str:
    if not value:
        return "0"
    if isinstance(value, float):
        digits, _, exponent = f"{value:.2e}".partition("e")
        if not -4 < int(exponent) < 6:
            return f"{digits}e{exponent}"
        places = max(0, 2 - int(exponent))
        value = float(f"{value:.2e}")
    else:
        places = 0
    return f"{value:{',' if abs(value) > 9999 else ''}.{places}f}"


# -- what the prose cites, what the code claims, what a run recorded ---------------------------------


def parse(text: str) -> Citation:
    """Return what a role's text names.

    Raises:
        ValueError: it is not of the form `name`, `name.value` or `name.value:format`.

    >>> parse("momentum-faster.ratio:.1f")
    Citation(name='momentum-faster', value='ratio', form='.1f')
    """
    found = re.fullmatch(rf"({NAME.pattern})(?:\.([^\W\d]\w*)(?::(.+))?)?", text)
    if not found:
        raise ValueError(f"{{claim}} needs `name`, `name.value` or `name.value:format`, not `{text}`")
    name, _, value, form = found.groups()
    return Citation(name, value or "", form or "")


def cited(notebook: Mapping[str, Any]) -> list[Citation]:
    """Return what the roles in a notebook's text name, in order."""
    text = "\n\n".join(_source(cell) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    return [parse(role) for role in ROLE.findall(text)]


def declared(notebook: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the claims in a notebook's code, which is not run: name → names of its values.

    Raises:
        ValueError: a claim's name, or the names of its values, are not written out.
    """
    found: dict[str, list[str]] = {}
    for call in _calls(notebook, "claim"):
        name = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
        values = [keyword.arg for keyword in call.keywords]
        if not isinstance(name, str) or None in values:
            raise ValueError(f"write out the claim's name, and its values as name=…: {ast.unparse(call)}")
        if name in found:
            raise ValueError(f"two claims have the name {name!r}")
        found[name] = values
    return found


def recorded(notebook: Mapping[str, Any]) -> list[Run]:
    """Return the claims that a run notebook's outputs hold, in order."""
    return [
        Run(i, Claim(**output["metadata"][RECORD]))
        for i, cell in enumerate(notebook["cells"])
        for output in cell.get("outputs", [])
        if RECORD in output.get("metadata", {})
    ]


def unmatched(notebook: Mapping[str, Any]) -> list[str]:
    """List the roles in a notebook's text that have no claim in its code, and the claims that no ✓ cites."""
    claims, roles = declared(notebook), cited(notebook)
    wrong = [f"{role}: {fault}" for role in roles if (fault := fault_of(role, claims))]
    bare = {role.name for role in roles if not role.value}
    return wrong + [uncited(name) for name in claims if name not in bare]


def fault_of(role: Citation, claims: Mapping[str, Any]) -> str:
    """Say what is wrong with a citation; "" if nothing is.

    Args:
        role: the citation.
        claims: the claims that there are: name → its values, or their names.
    """
    if role.name not in claims:
        there = f"only {', '.join(map(repr, claims))}" if claims else "none"
        return f"there is no claim {role.name!r} on this page, {there}: make it in a code cell, or cite another"
    if role.value and role.value not in claims[role.name]:
        there = f"only {', '.join(map(repr, claims[role.name]))}" if claims[role.name] else "none"
        return (
            f"the claim {role.name!r} has no value {role.value!r}, {there}: "
            f"write claim({role.name!r}, …, {role.value}=…)"
        )
    return ""


def uncited(name: str) -> str:
    """Say that a claim has no ✓, and what to do."""
    return f"no ✓ cites the claim {name!r}: write {Citation(name)} after the sentence that it measures"


def _source(cell: Mapping[str, Any]) -> str:
    return "".join(cell["source"])


def _calls(notebook: Mapping[str, Any], function: str) -> list[ast.Call]:
    transform = TransformerManager().transform_cell  # `%magic`, `!shell` and `help?` become Python
    found: list[ast.Call] = []
    for code in (_source(cell) for cell in notebook["cells"] if cell["cell_type"] == "code"):
        tree = ast.parse(transform(re.sub(r"\A\s*%%.*\n", "", code)))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == function]
        found += sorted(calls, key=lambda call: call.lineno)
    return found


# -- the file beside a chapter's package -----------------------------------------------------------


def numbers_of(notebook: Mapping[str, Any]) -> Numbers:
    """Return the values that a run notebook's text cites, as it has them.

    Raises:
        ValueError: it cites what the run did not record.
    """
    claims = {run.claim.name: run.claim.values for run in recorded(notebook)}
    found: Numbers = {}
    for role in filter(lambda role: role.value, cited(notebook)):
        if fault := fault_of(role, claims):
            raise ValueError(f"{role}: {fault}")
        text, texts = rounded(claims[role.name][role.value], role.form), found.setdefault(role.name, {})
        if texts.setdefault(role.value, text) != text:
            texts[f"{role.value}:{role.form}"] = text
    return found


def text_of(role: Citation, numbers: Numbers) -> str:
    """Return the text of a citation, from what the file holds; the ✓, if it names no value.

    Raises:
        ValueError: the file lacks it.

    >>> text_of(parse("a.x:.1f"), {"a": {"x": "5.91", "x:.1f": "5.9"}})
    '5.9'
    """
    if not role.value:
        return "✓"
    texts = numbers.get(role.name, {})
    text = texts.get(f"{role.value}:{role.form}", texts.get(role.value))
    if text is None:
        raise ValueError(f"{FILE} lacks the number {role}: write it with `course site --numbers`")
    return text


def path_of(page: str, root: Path) -> Path:
    """Return the path of a chapter's file.

    Args:
        page: the notebook's name without suffix, such as `03_momentum`.
        root: the repository.
    """
    return root / "course_lib" / "chapters" / folder_of(page) / FILE


def read(path: Path) -> Numbers:
    """Return what a chapter's file holds; nothing, if there is none."""
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def write(root: Path) -> list[Path]:
    """Write the file of each chapter that cites values, from the run of the last build; return the paths.

    Raises:
        ValueError: a chapter cites what its run did not record, or has no package; no file has been changed.
        FileNotFoundError: the book was not built.
    """
    texts = {}
    for page in sorted((root / "book").glob("*.ipynb")):
        numbers, path = numbers_of(read_run(page.stem, root)), path_of(page.stem, root)
        if numbers and not path.parent.is_dir():
            raise ValueError(f"{page.name} cites claims, and its package is not there: {path.parent.relative_to(root)}")
        if numbers or path.exists():
            texts[path] = json.dumps(numbers, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    for path, text in texts.items():
        path.write_text(text, "utf-8", newline="\n")
    return list(texts)


def read_run(page: str, root: Path) -> dict[str, Any]:
    """Return a chapter with the outputs of the last build.

    Raises:
        FileNotFoundError: the book was not built.
    """
    return json.loads((root / "_build" / "jupyter_execute" / "book" / f"{page}.ipynb").read_text("utf-8"))
