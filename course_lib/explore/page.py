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
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from course_lib.explore import sources
from course_lib.explore.compile import Library
from course_lib.explore.jsonable import json_text, to_jsonable

#: Names the folder for tables during a build, which is kept between builds; if unset, there is a kernel.
STATIC_DIR = "COURSE_STATIC_DIR"


class Shown(Protocol):
    """What a page needs of an `Experiment`."""

    name: str
    key: str
    spec: dict[str, Any]
    params: dict[str, Any]
    backdrop: dict[str, Any]
    controls: dict[str, dict[str, Any]]
    functions: dict[str, Callable[..., dict[str, Any]]]
    digits: int
    own: bool
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
    own = json_text([experiment.key, places, grid(experiment), experiment.digits])
    return sources.digest(sources.dependencies(code, discovery=False), own, np.__version__)


def write_table(experiment: Shown, folder: Path) -> str:
    """Write an experiment's table into a folder, unless it is there from another build; return its name."""
    key = table_key(experiment)
    if key is not None and (folder / f"{experiment.key}-{key}.js").is_file():
        return f"{experiment.key}-{key}"
    text = json_text(table(experiment))
    name = f"{experiment.key}-{key or _digest(text)}"
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{name}.{os.getpid()}"  # an interrupted build leaves no partial table
    draft.write_text(f'course.tables["{name}"] = {text};\n', "utf-8")
    draft.replace(folder / f"{name}.js")
    return name


def compiled(experiments: Mapping[str, Shown]) -> str:
    """Return a script that adds the functions of experiments to ``course.experiments``; shared code occurs once."""
    library, body = Library(), []
    for name, experiment in experiments.items():
        keys = {key: library.add(f, f"{_identifier(experiment)}_{key}") for key, f in experiment.functions.items()}
        pairs = ", ".join(f"{key}: {function}" for key, function in keys.items())
        body.append(f"course.experiments[{json.dumps(name)}] = {{ {pairs} }};")
    return library.script("\n".join(body))


def static_html(experiment: Shown, folder: Path) -> str:
    """Return an experiment's HTML for the site; its table or its own functions are written into ``folder``."""
    spec, script = dict(experiment.spec), None
    if spec["tabulated"]:
        script = write_table(experiment, folder)
    else:
        spec["compiled"] = experiment.key
        if experiment.own:  # the reader's own functions are not in the site's library: a script beside it holds them
            script = spec["compiled"] = f"{experiment.key}-{_digest(compiled({'': experiment}))}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{script}.js").write_text(compiled({script: experiment}), "utf-8")
    state = json_text({"spec": spec, "params": experiment.params, "table": script})
    alt = html.escape(spec["alt"])
    return (
        f'<div class="course-experiment" data-course-experiment="{experiment.name}" role="group"'
        f' aria-label="{alt}" style="{_reserved_height(experiment)}"><script type="application/json">{state}</script>'
        f"<noscript><p>{alt} (This experiment moves where JavaScript is on.)</p></noscript></div>"
    )


def _identifier(experiment: Shown) -> str:
    """Return the experiment's key as a name in JavaScript: race_03_momentum."""
    return "_".join(reversed(experiment.key.split("-")))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _reserved_height(experiment: Shown) -> str:
    """Return the height that explore.css reserves until the experiment has started, so that the page does not jump.

    Lengths in pixels follow the style sheet: 88 of a panel's width and 72 of its height are not the picture.
    """
    spec = experiment.spec
    controls = [c for c in spec["controls"] if c["type"] != "point"]
    choices = sum(c["type"] == "choice" for c in controls)
    sliders = len(controls) - choices + 1  # and the reset button
    panels, ratio = len(spec["panels"]), max((p["ratio"] for p in spec["panels"]), default=0)
    readouts = len(spec["readouts"])
    below = 30 + 36 + 46 + 24 + 38 * choices  # padding, legend, time, a rule, choices
    wide = below + 72 - 88 * ratio + 36 * math.ceil(sliders / 2) + (66 if readouts else 0)
    narrow = below + 272 * panels + 40 * sliders + 34 * choices + 58 * math.ceil(readouts / 2)
    return f"--cx-wide:calc({100 * ratio / max(panels, 1):.1f}% + {wide:.0f}px);--cx-narrow:{narrow}px"
