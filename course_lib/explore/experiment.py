"""The live experiment: controls → a pure function of their values → panels of marks.

Under Jupyter it is an anywidget and Python computes. While the book is built (``COURSE_STATIC_DIR`` is set) it
shows itself as a piece of HTML that needs no kernel: compiled, or with a table of every setting beside it.
"""

import functools
import inspect
import math
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from IPython import get_ipython

from course_lib.explore.jsonable import to_jsonable
from course_lib.explore.live import Live
from course_lib.explore.moves import experiment_at, parse
from course_lib.explore.page import STATIC_DIR, static_html
from course_lib.explore.values import cleaned
from course_lib.explore.yours import Yours

JS = Path(__file__).parent / "js"
_DRAWING = ("d3.js", "marks.js", "rasters.js", "controls.js", "handles.js", "panels.js", "experiment.js")

Data = dict[str, Any]
Params = dict[str, Any]


def _no_backdrop() -> Data:
    return {}


def _with_way_back(control: Data, start: Params) -> Data:
    """Return a control whose option at the start, chosen again, restores what other options set."""
    if control["type"] != "choice":
        return control
    changed = dict.fromkeys(n for preset in control["presets"].values() for n in preset)
    back = {start[control["name"]]: {n: start[n] for n in changed}}
    return {**control, "presets": {**control["presets"], **back}}


class Experiment(anywidget.AnyWidget):
    """Sliders, choices and draggable points; a function of their values; and the panels that draw what it returns.

    ``compute`` and ``backdrop`` name, as their parameters, the controls and the assets they depend on, and return a
    dictionary: what the marks find under their ``key``. The backdrop (level lines, heat maps) is recomputed only when
    a control that it names has changed.

    Args:
        name: of the experiment, in files and messages.
        controls: declared, like panels and readouts, with the functions of `course_lib.explore.parts`.
        compute: a pure function of the controls, like backdrop. Compiled experiments use only what
            `course_lib.explore.compile` can translate.
        panels: the pictures.
        alt: one or two sentences for a reader who cannot see the panels.
        caption: a sentence under the experiment: what to see in it.
        readouts: numbers below the panels.
        backdrop: see above.
        tabulated: whether the site looks results up in a table over the controls' grid, instead of compiling
            ``compute``.
        compute_all: computes many settings at once, in place of ``compute``, which is then None: a function of a
            dictionary control name → values, that returns a list of results, one for each setting, the last control
            changing fastest, as in `itertools.product` and C order. The experiment is then tabulated: the build calls
            it with the whole grid, a notebook with a grid of one setting.
        assets: data that no control changes, such as weights or a strip of pictures, by name: functions of the
            experiment name them as parameters, marks as keys. The build writes them into one file beside the page. What
            takes long to get is given as a function without arguments, which is called when somebody asks.
        digits: significant digits in a table.
        columns: panels in a row, where there is room; if not given, as many as fit.
        autoplay: whether to run once when it comes into view, unless the reader's system prefers less motion.
        own: whether the functions use objects of the reader's, so that their compiled form is part of the page.
        yours: what a reader of the site sees of an optimizer that they type there; None: there is no box for it.
        live: how the page computes the same in parts, if all at once would take it longer than a tenth of a second.
        values: initial values of the controls. A value out of range is moved to the nearest end, with a warning.

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
    assets = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        name: str,
        controls: Sequence[Data],
        compute: Callable[..., Data] | None,
        panels: Sequence[Data],
        *,
        alt: str,
        caption: str = "",
        readouts: Sequence[Data] = (),
        backdrop: Callable[..., Data] = _no_backdrop,
        tabulated: bool = False,
        compute_all: Callable[[dict[str, list[Any]]], Sequence[Data]] | None = None,
        assets: Mapping[str, Any] | None = None,
        digits: int = 3,
        columns: int | None = None,
        autoplay: bool = False,
        own: bool = False,
        yours: Yours | None = None,
        live: Live | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        if not name.isidentifier():
            raise ValueError(f"an experiment's name must be an identifier, not {name!r}")
        if (compute is None) == (compute_all is None):
            raise ValueError(f"{name} must have one of compute and compute_all, and the other None")
        tabulated = tabulated or compute_all is not None
        self.name, self.place, self.page = name, name, ""
        self.digits, self.own, self.compute_all, self.yours, self.live = digits, own, compute_all, yours, live
        self.controls = {c["name"]: c for c in controls}
        self.functions = {"backdrop": backdrop} if compute is None else {"compute": compute, "backdrop": backdrop}
        self._seen: dict[str, tuple[list[Any], Data]] = {}
        self._declared = held = assets or {}
        needs = {key: list(inspect.signature(f).parameters) for key, f in self.functions.items()}
        self._needs = needs = {"compute": list(self.controls)} | needs
        for key, names in needs.items():
            if unknown := [n for n in names if n not in self.controls and n not in held]:
                raise ValueError(f"{name}: {key} has the parameters {unknown}, which are no controls and no assets")
        if yours is not None:
            if tabulated:
                raise ValueError(f"{name} is tabulated: a page without its functions cannot run yours")
            if unknown := [n for n in [*yours.needs, *yours.alone] if n not in self.controls and n not in held]:
                raise ValueError(f"{name}: yours has the parameters {unknown}, which are no controls and no assets")
            yours.panels(list(panels))  # raises where no mark is like the reader's
        if live is not None:
            if tabulated or (yours is None) != (live.yours is None):
                raise ValueError(f"{name}: live goes with compute, and needs yours where there is yours")
            if unknown := [
                n for names in live.needs.values() for n in names if n not in self.controls and n not in held
            ]:
                raise ValueError(f"{name}: live has the parameters {unknown}, which are no controls and no assets")
        if both := [n for n in held if n in self.controls]:
            raise ValueError(f"{name}: {both[0]} is a control and an asset")
        if tabulated and any(n in self.controls for n in needs["backdrop"]):
            raise ValueError(f"{name} is tabulated: its backdrop must not depend on controls {needs['backdrop']}")
        spec = {
            "name": name, "alt": alt, "panels": list(panels), "readouts": list(readouts), "caption": caption,
            "autoplay": autoplay, "tabulated": tabulated, "columns": columns, **needs,
            "alone": [] if yours is None else list(yours.alone),
        }  # fmt: skip
        start = cleaned(name, self.controls, values or {}, {}, self._limits)
        self.controls = {n: _with_way_back(c, start) for n, c in self.controls.items()}
        spec |= {"controls": list(self.controls.values()), "start": start}
        super().__init__(spec=spec, params=start)
        self.observe(lambda _: self._refresh(), "params")

    # ------------------------------------------------------------ values of the controls

    @traitlets.validate("params")
    def _validate(self, proposal: Any) -> Params:
        return cleaned(self.name, self.controls, proposal["value"], self.params, self._limits)

    def _limits(self, control: Mapping[str, Any], params: Params) -> Any:
        """Return the window of a point: {"x": [lo, hi], "y": [lo, hi]}."""
        limits: Any = self.answer("backdrop", params)
        for key in control["within"].split("."):
            limits = limits[key]
        return limits

    # ------------------------------------------------------------ results

    @traitlets.default("assets")
    def _first_assets(self) -> Data:  # as the page will have them
        found = {name: value() if callable(value) else value for name, value in self._declared.items()}
        return to_jsonable(found, self.digits)

    @traitlets.default("backdrop")
    def _first_backdrop(self) -> Data:
        return self.answer("backdrop", self.params)

    @traitlets.default("data")
    def _first_data(self) -> Data:  # when somebody asks: the site compiles an experiment, or tabulates it, without
        return self.answer("compute", self.params)

    def answer(self, key: str, params: Params) -> Data:
        """Return the result of ``compute`` or ``backdrop`` (the key) for these values of the controls, as JSON data."""
        arguments = [params[n] for n in self._needs[key] if n in self.controls]  # assets do not change
        if key not in self._seen or self._seen[key][0] != arguments:
            if key in self.functions:
                answer = self.functions[key](*(params[n] if n in params else self.assets[n] for n in self._needs[key]))
            else:
                [answer] = self.answers({n: [params[n]] for n in self.controls})
            self._seen[key] = (arguments, to_jsonable(answer))
        return self._seen[key][1]

    def answers(self, axes: Mapping[str, Sequence[Any]]) -> list[Data]:
        """Return the results of ``compute_all`` for every setting of a grid, the last control changing fastest.

        Raises:
            TypeError, ValueError: ``compute_all`` does not return one dictionary for each setting, with the same keys.
        """
        rows = self.compute_all({n: list(values) for n, values in axes.items()})
        if isinstance(rows, Mapping | str) or not isinstance(rows, Sequence):
            raise TypeError(f"{self.name}: compute_all must return a list of answers, not {type(rows).__name__}")
        settings = math.prod(map(len, axes.values()))
        if len(rows) != settings:
            grid = " × ".join(f"{len(values)} {n}" for n, values in axes.items())
            raise ValueError(f"{self.name}: compute_all must return {settings} answers ({grid}), not {len(rows)}")
        for i, row in enumerate(rows):
            if not isinstance(row, Mapping):
                raise TypeError(f"{self.name}: compute_all's answer {i} must be a dictionary, not {row!r}")
            if row.keys() != rows[0].keys():
                raise ValueError(f"{self.name}: compute_all's answer {i} has {list(row)}, the first {list(rows[0])}")
        return list(rows)

    def _refresh(self) -> None:
        with self.hold_sync():
            self.backdrop = self.answer("backdrop", self.params)
            self.data = self.answer("compute", self.params)

    # ------------------------------------------------------------ display

    @property
    def key(self) -> str:
        """Its name in the whole book, in compiled scripts and tables: page and name."""
        return f"{self.page}-{self.name}" if self.page else self.name

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'{k}={v!r}' for k, v in self.params.items())})"

    def open(self) -> None:
        """Open the connection to the page; a site build has none, nor has a program that runs without a kernel."""
        if STATIC_DIR not in os.environ and get_ipython() is not None:
            super().open()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        if STATIC_DIR not in os.environ:
            return super()._repr_mimebundle_(**kwargs)
        return {"text/plain": repr(self), "text/html": static_html(self, Path(os.environ[STATIC_DIR]))}


def experiment(*, page: str) -> Callable[[Callable[..., Experiment]], Callable[..., Experiment]]:
    """Declare that a function makes the book's experiment of the same name.

    The function then takes two more arguments: ``caption``, in place of the declared one; and ``place``, another name
    of the experiment on its page, where it is shown again. A place begins with the experiment's name.

    Args:
        page: the notebook that shows it first, as in "03_momentum".

    >>> @experiment(page="03_momentum")
    ... def ramp(**values):
    ...     return Experiment("ramp", [], lambda: {}, [], alt="A line.", values=values)
    >>> ramp().key, ramp(place="ramp-again", caption="It rises.").place
    ('03_momentum-ramp', 'ramp-again')
    """

    def declare(make: Callable[..., Experiment]) -> Callable[..., Experiment]:
        @functools.wraps(make)
        def made(*arguments: Any, caption: str | None = None, place: str | None = None, **values: Any) -> Experiment:
            one = make(*arguments, **values)
            if one.name != make.__name__:
                raise ValueError(f"{make.__name__} must make an experiment of its own name, not {one.name!r}")
            one.page = page
            if place is not None:
                if experiment_at(parse(place).place) != one.name or parse(place).values:
                    raise ValueError(f"{one.name}: place must be {one.name}-something, not {place!r}")
                one.place = place
            if caption is not None:
                one.spec = {**one.spec, "caption": caption}
            return one

        made.is_experiment, made.page = True, page
        return made

    return declare
