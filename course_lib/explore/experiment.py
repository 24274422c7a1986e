"""The live experiment: controls → a pure function of their values → panels of marks.

Under Jupyter it is an anywidget and Python computes. While the book is built (``COURSE_STATIC_DIR`` is set) it
shows itself as a piece of HTML that needs no kernel: compiled, or with a table of every setting beside it.
"""

import hashlib
import html
import inspect
import itertools
import json
import math
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets

from course_lib.explore.compile import Library

STATIC_DIR = "COURSE_STATIC_DIR"
JS = Path(__file__).parent / "js"
_DRAWING = ("d3.js", "marks.js", "controls.js", "panels.js", "experiment.js")

Data = dict[str, Any]
Params = dict[str, Any]


def _no_backdrop() -> Data:
    return {}


class Experiment(anywidget.AnyWidget):
    """Sliders, choices and draggable points; a function of their values; and the panels that draw what it returns.

    ``compute`` and ``backdrop`` name, as their parameters, the controls they depend on, and return a dictionary:
    what the marks find under their ``key``. The backdrop (level lines, heat maps) is computed again only when a
    control that it names has changed.

    Parameters
    ----------
    name
        What the experiment is called, in files and messages.
    controls, panels, readouts
        Declared with the functions of `course_lib.explore.parts`.
    compute, backdrop
        Pure functions of the controls. Compiled experiments keep to what `course_lib.explore.compile` can translate.
    alt
        One or two sentences for a reader who cannot see the panels.
    tabulated
        The site looks answers up in a table over the controls' grid, instead of compiling ``compute``.
    digits
        Significant digits kept in a table.
    own
        The functions close over something of the reader's, so their compiled form travels with this page.
    values
        Where the controls start. A value out of range is moved to the nearest end, with a warning.

    Raises
    ------
    ValueError
        For a value of an unknown control, an unknown option, or a number that is not finite.

    Examples
    --------
    >>> from course_lib.explore.parts import slider, panel, axis, line
    >>> ramp = Experiment(
    ...     "ramp", [slider("a", "slope a", 0, 2, 1)], lambda a: {"ramp": {"x": [0, 1], "y": [0, a]}},
    ...     [panel("A ramp", axis("x", (0, 1)), axis("y", (0, 2)), [line("ramp")], alt="A line from the origin.")],
    ...     alt="The slope of a line.")
    >>> ramp.params = {"a": 2}
    >>> ramp.data["ramp"]["y"]
    [0.0, 2.0]
    """

    _esm = (
        "\n".join((JS / name).read_text("utf-8") for name in _DRAWING) + "\nexport default { render: course.render };\n"
    )
    _css = JS / "explore.css"

    spec = traitlets.Dict().tag(sync=True)
    params = traitlets.Dict().tag(sync=True)
    data = traitlets.Dict().tag(sync=True)
    backdrop = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        name: str,
        controls: Sequence[Data],
        compute: Callable[..., Data],
        panels: Sequence[Data],
        *,
        alt: str,
        readouts: Sequence[Data] = (),
        backdrop: Callable[..., Data] = _no_backdrop,
        tabulated: bool = False,
        digits: int = 3,
        autoplay: bool = False,
        own: bool = False,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        self.name, self.digits, self.own = name, digits, own
        self.controls = {c["name"]: c for c in controls}
        self._functions = {"compute": compute, "backdrop": backdrop}
        self._seen: dict[str, tuple[list[Any], Data]] = {}
        needs = {key: list(inspect.signature(f).parameters) for key, f in self._functions.items()}
        for key, names in needs.items():
            if unknown := [n for n in names if n not in self.controls]:
                raise ValueError(f"{name}: {key} asks for {unknown}, which no control is called")
        spec = {
            "name": name, "alt": alt, "controls": list(controls), "panels": list(panels), "readouts": list(readouts),
            "autoplay": autoplay, "tabulated": tabulated, **needs,
        }  # fmt: skip
        start = {n: c["value"] for n, c in self.controls.items()}
        for n, c in self.controls.items():
            if c["type"] == "choice":
                start |= c["presets"].get((values or {}).get(n, c["value"]), {})
        super().__init__(spec=spec, params={**start, **(values or {})})
        self._answer()
        self.observe(lambda _: self._answer(), "params")

    # ------------------------------------------------------------ values of the controls

    @traitlets.validate("params")
    def _clean(self, proposal: Any) -> Params:
        given = proposal["value"]
        if unknown := [n for n in given if n not in self.controls]:
            raise ValueError(f"{self.name} has no control {unknown[0]!r}; it has {', '.join(self.controls)}")
        merged = {**{n: c["value"] for n, c in self.controls.items()}, **self.params, **given}
        clean = {
            n: self._clean_one(self.controls[n], v) for n, v in merged.items() if self.controls[n]["type"] != "point"
        }
        for n, c in self.controls.items():  # a point's limits may hang on the other controls
            if c["type"] == "point":
                clean[n] = self._clean_point(c, merged[n], {**merged, **clean})
        return {n: clean[n] for n in self.controls}

    def _clean_one(self, control: Data, value: Any) -> Any:
        name = control["name"]
        if control["type"] == "choice":
            if value not in control["options"]:
                raise ValueError(f"{self.name}: {name} must be one of {', '.join(control['options'])}; got {value!r}")
            return value
        if control["type"] == "toggle":
            if not isinstance(value, bool | np.bool_):
                raise ValueError(f"{self.name}: {name} must be True or False; got {value!r}")
            return bool(value)
        number = self._number(name, value)
        clean = min(max(number, control["low"]), control["high"])
        if control["values"]:
            clean = min(control["values"], key=lambda v: abs(v - clean))
        if not math.isclose(clean, number, rel_tol=1e-9, abs_tol=1e-12):
            allowed = f"{control['values']}" if control["values"] else f"{control['low']:g} … {control['high']:g}"
            warnings.warn(f"{self.name}: {name} = {number:g} is not in {allowed}; using {clean:g}", stacklevel=2)
        return clean

    def _clean_point(self, control: Data, value: Any, params: Params) -> list[float]:
        name = control["name"]
        if np.shape(value) != (2,):
            raise ValueError(f"{self.name}: {name} must be two numbers (x, y); got {value!r}")
        numbers = [self._number(name, v) for v in value]
        limits: Any = self._call("backdrop", params)
        for key in control["within"].split("."):
            limits = limits[key]
        clean = [min(max(v, limits[k][0]), limits[k][1]) for v, k in zip(numbers, "xy", strict=True)]
        if clean != numbers:
            warnings.warn(
                f"{self.name}: {name} = {tuple(numbers)} is outside the picture; using {tuple(clean)}", stacklevel=2
            )
        return clean

    def _number(self, name: str, value: Any) -> float:
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise ValueError(f"{self.name}: {name} must be a number; got {value!r}") from None
        if not math.isfinite(number):
            raise ValueError(f"{self.name}: {name} must be finite; got {value!r}")
        return number

    # ------------------------------------------------------------ their answer

    def _call(self, key: str, params: Params) -> Data:
        arguments = [params[n] for n in inspect.signature(self._functions[key]).parameters]
        if key not in self._seen or self._seen[key][0] != arguments:
            self._seen[key] = (arguments, plain(self._functions[key](*arguments)))
        return self._seen[key][1]

    def _answer(self) -> None:
        with self.hold_sync():
            self.backdrop = self._call("backdrop", self.params)
            self.data = self._call("compute", self.params)

    def grid(self) -> dict[str, list[Any]]:
        """Every value that each control of a tabulated experiment can take."""
        axes: dict[str, list[Any]] = {}
        for name, c in self.controls.items():
            if c["type"] == "choice":
                axes[name] = list(c["options"])
            elif c["type"] == "toggle":
                axes[name] = [False, True]
            elif c["type"] == "slider" and c["values"]:
                axes[name] = c["values"]
            else:
                raise ValueError(f"{self.name} is tabulated: {name} needs a finite set of values")
        return axes

    def table(self) -> Data:
        """What the site looks up: the answer to every setting, the last control changing fastest."""
        axes = self.grid()
        names = list(axes)
        rows = [
            plain(self._call("compute", dict(zip(names, combination, strict=True))), self.digits)
            for combination in itertools.product(*axes.values())
        ]
        return {
            "names": names,
            "axes": list(axes.values()),
            "backdrop": plain(self.backdrop, self.digits),
            "rows": rows,
        }

    # ------------------------------------------------------------ how it shows itself

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'{k}={v!r}' for k, v in self.params.items())})"

    def open(self) -> None:
        """Open the connection to the page; during a site build there is none, and no widget state to embed."""
        if STATIC_DIR not in os.environ:
            super().open()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        if STATIC_DIR not in os.environ:
            return super()._repr_mimebundle_(**kwargs)
        return {"text/plain": repr(self), "text/html": self.static_html(Path(os.environ[STATIC_DIR]))}

    def static_html(self, folder: Path) -> str:
        """The experiment for a page without a kernel; its table, if it has one, is written into ``folder``."""
        spec, script, table = dict(self.spec), "", None
        if spec["tabulated"]:
            text = json.dumps(self.table(), separators=(",", ":"), ensure_ascii=False)
            table = f"{self.name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{table}.js").write_text(f'course.tables["{table}"] = {text};\n', "utf-8")
        else:
            spec["compiled"] = self.name
            if self.own:
                code = compile_experiment(self)
                spec["compiled"] = f"{self.name}-{hashlib.sha256(code.encode()).hexdigest()[:12]}"
                code = compile_experiment(self, spec["compiled"]).replace("</", "<\\/")
                script = f'<script>document.addEventListener("course-library", () => {{\n{code}}});</script>'
        facts = {"spec": spec, "params": self.params, "table": table}
        state = json.dumps(facts, separators=(",", ":"), ensure_ascii=False).replace("</", "<\\/")
        alt = html.escape(spec["alt"])
        return (
            f'{script}<div class="course-experiment" data-course-experiment="{self.name}" role="group"'
            f' aria-label="{alt}" style="{self._reserved_height()}"><script type="application/json">{state}</script>'
            f"<noscript><p>{alt} (This experiment moves where JavaScript is on.)</p></noscript></div>"
        )

    def _reserved_height(self) -> str:
        """The room explore.css keeps until the experiment has started, so that the page does not jump.

        Lengths in pixels follow the style sheet: 88 of a panel's width and 72 of its height are not picture.
        """
        controls = [c for c in self.controls.values() if c["type"] != "point"]
        choices = sum(c["type"] == "choice" for c in controls)
        sliders = len(controls) - choices + 1  # and the reset button
        panels, ratio = len(self.spec["panels"]), max(p["ratio"] for p in self.spec["panels"])
        readouts = len(self.spec["readouts"])
        below = 30 + 36 + 46 + 24 + 38 * choices  # padding, legend, time, a rule, choices
        wide = below + 72 - 88 * ratio + 36 * math.ceil(sliders / 2) + (66 if readouts else 0)
        narrow = below + 272 * panels + 40 * sliders + 34 * choices + 58 * math.ceil(readouts / 2)
        return f"--cx-wide:calc({100 * ratio / panels:.1f}% + {wide:.0f}px);--cx-narrow:{narrow}px"


def plain(value: Any, digits: int | None = None) -> Any:
    """Arrays and NumPy numbers as what JSON knows; what is not finite becomes None; ``digits`` rounds.

    >>> plain({"x": np.array([1.0, np.inf])})
    {'x': [1.0, None]}
    """
    if isinstance(value, Mapping):
        return {k: plain(v, digits) for k, v in value.items()}
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [plain(v, digits) for v in value]
    if isinstance(value, bool | np.bool_ | str) or value is None:
        return bool(value) if isinstance(value, np.bool_) else value
    number = float(value)
    if not math.isfinite(number):
        return None
    if digits is not None:
        number = float(f"{number:.{digits}g}")
        return int(number) if number.is_integer() and abs(number) < 1e15 else number
    return number


def compile_experiment(experiment: Experiment, name: str | None = None) -> str:
    """A script that adds the experiment's two functions to ``course.experiments``."""
    return compile_all({name or experiment.name: experiment})


def compile_all(experiments: Mapping[str, Experiment]) -> str:
    """One script for several experiments, in which what they share stands once."""
    library, body = Library(), []
    for name, experiment in experiments.items():
        keys = {key: library.add(f, f"{experiment.name}_{key}") for key, f in experiment._functions.items()}
        body.append(
            f"course.experiments[{json.dumps(name)}] = {{ {', '.join(f'{k}: {v}' for k, v in keys.items())} }};"
        )
    return library.script("\n".join(body))
