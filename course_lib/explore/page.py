"""Experiments on a page without a kernel: a piece of HTML, and a table or compiled functions.

js/site.js reads what is written here.
"""

import hashlib
import html
import inspect
import itertools
import json
import math
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from course_lib.explore import sources
from course_lib.explore.compile import Library
from course_lib.explore.jsonable import json_text, to_jsonable
from course_lib.explore.live import Live
from course_lib.explore.yours import Yours

#: Names the folder for tables during a build, which is kept between builds; if unset, there is a kernel.
STATIC_DIR = "COURSE_STATIC_DIR"


class Shown(Protocol):
    """What a page needs of an `Experiment`."""

    name: str
    key: str
    place: str
    spec: dict[str, Any]
    params: dict[str, Any]
    assets: dict[str, Any]
    backdrop: dict[str, Any]
    controls: dict[str, dict[str, Any]]
    functions: dict[str, Callable[..., dict[str, Any]]]
    digits: int
    own: bool
    yours: Yours | None
    live: Live | None
    compute_all: Callable[[dict[str, list[Any]]], Sequence[dict[str, Any]]] | None

    def answers(self, axes: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]: ...

    def answer(self, key: str, params: dict[str, Any]) -> dict[str, Any]: ...


def grid(experiment: Shown) -> dict[str, list[Any]]:
    """Return every value that each control of a tabulated experiment can take."""
    axes: dict[str, list[Any]] = {}
    for name, c in experiment.controls.items():
        if c["type"] == "choice":
            axes[name] = list(c["options"])
        elif c["type"] == "toggle":
            axes[name] = [False, True]
        elif c["type"] == "slider" and c["values"]:
            axes[name] = c["values"]
        else:
            raise ValueError(f"{experiment.name} is tabulated: {name} needs a finite set of values")
    return axes


def table(experiment: Shown) -> dict[str, Any]:
    """Return the table for the site: the result for every setting, the last control changing fastest."""
    axes = grid(experiment)
    if experiment.compute_all is not None:
        rows = experiment.answers(axes)
    else:
        settings = (dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values()))
        rows = [experiment.answer("compute", setting) for setting in settings]
    return {
        "names": list(axes),
        "axes": list(axes.values()),
        "backdrop": to_jsonable(experiment.backdrop, experiment.digits),
        "rows": [to_jsonable(row, experiment.digits) for row in rows],
    }


def table_key(experiment: Shown) -> str | None:
    """Return a hash of all that a table depends on: the grid, the functions, and what their modules import.

    None where that cannot be known: for a notebook's function, or a closure.
    """
    functions = [f for f in (*experiment.functions.values(), experiment.compute_all) if f is not None]
    code, places = "", []
    for f in functions:
        if not inspect.isfunction(f) or f.__closure__ or not f.__module__.startswith("course_lib."):
            return None
        code += f"import {f.__module__}\n"
        places.append(f"{f.__module__}.{f.__qualname__}:{f.__code__.co_firstlineno}")
    own = json_text([experiment.key, places, grid(experiment), experiment.digits, experiment.assets])
    return sources.digest(sources.dependencies(code, discovery=False), own, np.__version__)


def write_table(experiment: Shown, folder: Path) -> str:
    """Write an experiment's table into a folder, unless it is there from another build; return its name."""
    key = table_key(experiment)
    if key is not None and (folder / f"{experiment.key}-{key}.js").is_file():
        return f"{experiment.key}-{key}"
    text = json_text(table(experiment))
    return _write(folder, f"{experiment.key}-{key or _digest(text)}", "tables", text)


def write_assets(experiment: Shown, folder: Path) -> str:
    """Write an experiment's assets into a folder; return the file's name, which tells what it holds."""
    text = json_text(experiment.assets)
    return _write(folder, f"{experiment.key}-assets-{_digest(text)}", "assets", text)


def _write(folder: Path, name: str, kind: str, text: str) -> str:
    """Write data as a script, since a page from disk may fetch nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{name}.{os.getpid()}"  # an interrupted build leaves no partial file
    draft.write_text(f'course.{kind}["{name}"] = {text};\n', "utf-8")
    draft.replace(folder / f"{name}.js")
    return name


def compiled(experiments: Mapping[str, Shown]) -> str:
    """Return a script that adds the functions of experiments to ``course.experiments``; shared code occurs once."""
    library, body = Library(), []
    for name, experiment in experiments.items():
        functions = experiment.functions | ({"yours": experiment.yours.run} if experiment.yours else {})
        functions |= experiment.live.functions if experiment.live else {}
        keys = {key: library.add(f, f"{_identifier(experiment)}_{key}") for key, f in functions.items()}
        pairs = ", ".join(f"{key}: {function}" for key, function in keys.items())
        body.append(f"course.experiments[{json.dumps(name)}] = {{ {pairs} }};")
    return library.script("\n".join(body))


def static_html(experiment: Shown, folder: Path) -> str:
    """Return an experiment's HTML for the site; its table or its own functions are written into ``folder``."""
    spec, table, script = dict(experiment.spec), None, None
    if spec["tabulated"]:
        table = write_table(experiment, folder)
    else:
        spec["compiled"] = experiment.key
        if experiment.own:  # the reader's own functions are not in the site's library: a script beside it holds them
            script = spec["compiled"] = f"{experiment.key}-{_digest(compiled({'': experiment}))}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{script}.js").write_text(compiled({script: experiment}), "utf-8")
    if (yours := experiment.yours) is not None:
        spec |= {"panels": yours.panels(spec["panels"]), "readouts": yours.readouts(spec["readouts"])}
        spec["yours"] = yours.box()
    if (live := experiment.live) is not None:
        spec["live"] = {"parts": live.parts, "runs": live.needs}
    caption = spec.pop("caption")
    assets = write_assets(experiment, folder) if experiment.assets else None
    files = {"table": table, "script": script, "assets": assets}
    state = json_text({"spec": spec, "params": experiment.params, **files})
    alt, place = html.escape(spec["alt"]), experiment.place
    if caption:
        caption = f'<figcaption class="cx-caption" data-figure="{place}">{html.escape(caption)}</figcaption>'
    return (
        f'<figure class="cx-figure" id="fig-{place}" data-figure="{place}">'
        f'<div class="course-experiment" id="{place}" data-course-experiment="{experiment.name}" role="group"'
        f' aria-label="{alt}" style="{_reserved_height(experiment)}"><script type="application/json">{state}</script>'
        f"<noscript><p>{alt} (This experiment moves where JavaScript is on.)</p></noscript></div>{caption}</figure>"
    )


#: An experiment in HTML made by `static_html`: its place, and the JSON that the page starts it from.
EXPERIMENT = re.compile(
    r'<div class="course-experiment" id="([\w-]+)"[^>]*><script type="application/json">(.*?)</script>', re.DOTALL
)


def experiments_in(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the place and the declaration of each experiment in a piece of HTML."""
    return [(place, json.loads(state)["spec"]) for place, state in EXPERIMENT.findall(text)]


def _identifier(experiment: Shown) -> str:
    """Return the experiment's key as a name in JavaScript: race_03_momentum."""
    return "_".join(reversed(experiment.key.split("-")))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _reserved_height(experiment: Shown) -> str:
    """Return the height that explore.css reserves until the experiment has started, so that the page does not jump.

    Lengths in pixels follow the style sheet, on a wide page and on a phone; a letter is 6 or 5.5 pixels wide.
    """
    spec = experiment.spec
    panels, readouts = spec["panels"], spec["readouts"]
    marks = [m for p in panels for m in p["marks"]]
    labels = dict.fromkeys(m["label"] for m in marks if m.get("label") and "color" in m and m["type"] != "drag")
    choices = [c for c in spec["controls"] if c["type"] == "choice"]
    timed, key = any(m.get("timed") for m in marks), any(m["type"] == "heat" for m in marks)
    others = sum(c["type"] in ("slider", "toggle") for c in spec["controls"]) + (not timed)  # or the reset button
    n = max(len(panels), 1)
    rows = [[p["ratio"] for p in panels[i : i + 2]] or [0] for i in range(0, n, 2)]  # two panels beside one another
    shape = [(max(row), len(row)) for row in rows]

    def lines(words: Iterable[str], around: int, width: int, letter: float = 6) -> int:
        """Return the lines that boxes of words fill, one after the other."""
        count, left = 1, width
        for word in words:
            need = letter * len(word) + around
            count, left = (count, left - need) if need <= left else (count + 1, width - need)
        return count

    wide = (
        32 + sum(70 - ratio * (64 + (18 + 16 * k) / k) for ratio, k in shape)  # panels less what depends on the width
        + 12 * (len(rows) - 1) + 20 * key
        + 36 * lines(labels, 64, 590) * (len(labels) > 1) + 42 * timed
        + 25 + 36 * len(choices) + 37 * math.ceil(others / 2)
        + (15 + 51 * lines((r["label"] for r in readouts), 27, 633, 5.5) if readouts else 0)
        + 47 * (experiment.yours is not None)
    )  # fmt: skip
    narrow = (
        13 + 224 * n + 40 * sum(p["equal"] for p in panels) + 20 * key
        + (3 + 26 * (1 + (len(labels) > 3))) * (len(labels) > 1) + 43 * timed
        + 8 + sum(34 * lines([c["label"], *c["options"].values()], 30, 338) for c in choices) + 36 * others
        + (12 + 22.4 * len(readouts) if readouts else 0)
        + 42 * (experiment.yours is not None)
    )  # fmt: skip
    return (
        f"--cx-wide:calc({sum(100 * ratio / k for ratio, k in shape):.1f}% + {wide:.0f}px);--cx-narrow:{narrow:.0f}px"
    )
