"""Results as files: JSON in the package, which the page *Measured*, figures and experiments read."""

from __future__ import annotations

import contextlib
import json
import math
import os
import platform
from collections.abc import Mapping
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from .study import Results, Study

#: Where the package keeps them: NAME.json for the study NAME of `course study`.
FOLDER = Path(__file__).parent / "results"

KEYS = ["study", "title", "made", "seeds", "quantities"]
PACKAGES = {"NumPy": "numpy", "scikit-learn": "scikit-learn", "torch": "torch"}


def provenance() -> dict[str, str]:
    """Return the date, versions and machine that measured numbers depend on.

    >>> list(provenance())[:3]
    ['date', 'Python', 'NumPy']
    """
    made = {"date": datetime.now(UTC).date().isoformat(), "Python": platform.python_version()}
    made |= {name: version(package) for name, package in PACKAGES.items()}
    with contextlib.suppress(ImportError):  # comes with scikit-learn
        from threadpoolctl import threadpool_info

        libraries = [one for one in threadpool_info() if "numpy" in one["filepath"] and "architecture" in one]
        if libraries:
            made["BLAS kernel"] = libraries[0]["architecture"]
    return made


def dumps(name: str, results: Results) -> str:
    """Return results as the text of a JSON file, one line for each quantity of each row.

    A line has the row's mean, its standard error (null for a single seed), and the values seed by seed.
    """
    values = {quantity: _rounded(v) for quantity, v in results.values.items()}
    kept = Results(results.study, results.names, values)
    blocks = []
    for quantity in values:
        numbers = zip(results.names, _rounded(kept.mean(quantity)), _rounded(kept.error(quantity)), strict=True)
        lines = [
            f"   {_json(row)}: "
            + _json({"mean": m, "error": None if math.isnan(e) else e, "values": values[quantity][i].tolist()})
            for i, (row, m, e) in enumerate(numbers)
        ]
        blocks.append(f"  {_json(quantity)}: {{\n" + ",\n".join(lines) + "\n  }")
    head = [name, results.study.title, dict(results.made), list(range(results.seeds))]
    lines = [f" {_json(key)}: {_json(value)},\n" for key, value in zip(KEYS, head, strict=False)]
    return "{\n" + "".join(lines) + ' "quantities": {\n' + ",\n".join(blocks) + "\n }\n}\n"


def loads(text: str, name: str, study: Study) -> Results:
    """Return the results stored in a file's text.

    Raises:
        ValueError: it is not what `dumps` writes, or its rows are not the study's.
    """
    content = json.loads(text, parse_constant=_refuse)
    _check(isinstance(content, dict) and list(content) == KEYS, f"it must have the keys {', '.join(KEYS)}")
    _check(content["study"] == name, f"it holds the study {content['study']!r}")
    made, seeds, quantities = content["made"], content["seeds"], content["quantities"]
    _check(_texts(made) and "date" in made, f"made must be a dict of texts with a date, not {made!r}")
    date.fromisoformat(made["date"])
    _check(isinstance(seeds, list) and seeds and seeds == list(range(len(seeds))), f"seeds must be 0, 1, …: {seeds!r}")
    _check(isinstance(quantities, dict) and quantities, f"quantities must be a dict, not {quantities!r}")
    values = {}
    for quantity, rows in quantities.items():
        _check(isinstance(rows, dict), f"{quantity} must be a dict of rows, not {rows!r}")
        _check(list(rows) == list(study.rows), f"{quantity} has the rows {list(rows)}, the study {list(study.rows)}")
        values[quantity] = np.array([_row(f"{quantity} of {row}", one, len(seeds)) for row, one in rows.items()])
    return Results(study, list(study.rows), values, made)


def read(path: Path, study: Study) -> Results:
    """Return a study's results from the file named after it.

    Raises:
        FileNotFoundError: there is none.
        ValueError: the file is damaged, or older than the study.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no results of the study {path.stem!r}: measure them with `course study --write`")
    try:
        return loads(path.read_text("utf-8"), path.stem, study)
    except ValueError as error:  # of JSON, of Unicode, or ours
        raise ValueError(f"{path.name} is damaged, or older than its study: {error}") from None


def replace_files(texts: Mapping[Path, str]) -> None:
    """Write files, all or none: an interrupted write leaves the old ones."""
    drafts = {path: path.with_name(f".{path.name}.new") for path in texts}
    try:
        for path, draft in drafts.items():
            draft.write_text(texts[path], "utf-8", newline="\n")
        for path, draft in drafts.items():
            os.replace(draft, path)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def _row(label: str, one: Any, seeds: int) -> list[float]:
    """Return a row's values, if they are numbers and its mean and error are right."""
    _check(isinstance(one, dict) and list(one) == ["mean", "error", "values"], f"{label} must have mean, error, values")
    mean, error, values = one.values()
    _check(isinstance(values, list) and len(values) == seeds, f"{label} must have {seeds} values, not {values!r}")
    _check(all(map(_is_number, values)), f"{label} must be finite numbers, not {values!r}")
    true = float(np.mean(values)), float(np.std(values, ddof=1)) / math.sqrt(seeds) if seeds > 1 else None
    for kept, number, what in zip((mean, error), true, ("mean", "error"), strict=True):
        same = kept is number if number is None else _is_number(kept) and abs(kept - number) < 1e-6 * (1 + abs(number))
        _check(same, f"{label} has the {what} {kept!r}, its values {number!r}")
    return [float(v) for v in values]


def _check(good: Any, message: str) -> None:
    if not good:
        raise ValueError(message)


def _refuse(constant: str) -> None:
    raise ValueError(f"numbers must be finite, not {constant}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(v, str) for v in value.values())


def _rounded(values: np.ndarray) -> np.ndarray:
    """Round to nine significant digits: further digits differ between machines."""
    return np.array([float(f"{v:.9g}") for v in values.flat]).reshape(values.shape)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
