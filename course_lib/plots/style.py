"""Colours and type: one look for every figure, and one colour per method in the whole book."""

from __future__ import annotations

from typing import Any

import matplotlib
from matplotlib import cycler

from course_lib.optim import COMPOUND, METHODS, SECOND_ORDER, schedules

#: Text and axes: the grey as far from a white page as from the dark page (#14181f), 4.2:1.
INK = "#777b82"

#: Eight colours for one figure: any two distinct to colour-blind readers, each 3:1 on light and dark pages.
PALETTE = ("#D55E00", "#0072B2", "#009E73", "#9671FE", "#D70272", "#607338", "#CC0A0A", "#5A9CB8")

#: One colour per method in the whole book. A method without one here gets one of the palette: see `color_of`.
COLORS = {
    "SGD": "#D55E00",
    "Momentum": "#0072B2",
    "Nesterov": "#009E73",
    "AdaGrad": "#607338",
    "RMSProp": "#9671FE",
    "Adam": "#D70272",
    # Kin that rarely share a figure with the six above.
    "NesterovLookAhead": "#009E73",
    "RMSPropMomentum": "#6A6FD0",
    "CenteredRMSProp": "#9A6BB8",
    "AdamW": "#A8562E",
    "AMSGrad": "#8C6D31",
    "Adamax": "#D1495B",
    "NAdam": "#B3478F",
    "Lion": "#A67C00",
    "ScheduleFreeSGD": "#2E86AB",
    "ScheduleFreeAdamW": "#3F8F63",
    "Lookahead": "#7D6E5D",
    "SAM": "#0E8C8C",
    "Muon": "#5B7DB1",
}

# Each line shares one colour of the palette, as its members rarely share a figure.
_REGULARIZERS = (
    ("L2", "MaxNorm"),
    ("Dropout", "InvertedDropout", "SpatialDropout"),
    ("augmentation", "Cutout"),
    ("BatchNorm", "LayerNorm", "GroupNorm"),
    ("EarlyStopping",),
    ("L1", "ElasticNet"),
    ("MixUp", "label smoothing"),
    ("DropConnect", "GaussianNoise", "StochasticDepth", "FractionalMaxPool"),
)
_SCHEDULES = (
    ("Constant", "Function"),
    ("Step", "MultiStep"),
    ("Exponential", "Warmup"),
    ("InverseTime", "WarmupStableDecay"),
    ("Linear", "Polynomial"),
    ("Cosine", "ReducePlateau"),
    ("OneCycle", "Triangular"),
    ("WarmRestarts", "Snapshots", "Sequence"),
)
_TRANSFER = (
    ("scratch",),
    ("frozen",),
    ("last block, rate/10",),
    ("all, rate/10",),
    ("all, full rate",),
    ("random, frozen",),
    ("random head, all at rate/10",),
    ("random head, all at full rate",),
)
for _family in (_REGULARIZERS, _SCHEDULES, _TRANSFER):
    COLORS |= {name: color for color, names in zip(PALETTE, _family, strict=True) for name in names}
COLORS["1-NN"] = INK  # no network: the baseline

STYLE: dict[str, Any] = {
    "figure.figsize": (6.6, 3.2),
    "figure.dpi": 100,
    "figure.facecolor": "none",
    "figure.constrained_layout.use": True,
    "axes.facecolor": "none",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.labelsize": 11,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.prop_cycle": cycler(color=[INK] * 4, linestyle=["-", "--", ":", "-."]),  # colour means a method
    "grid.color": INK,
    "grid.alpha": 0.18,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "font.size": 11,
    "font.family": "sans-serif",
    "lines.linewidth": 1.8,
    "legend.fontsize": 10.5,
    "legend.frameon": False,
    "legend.labelcolor": "linecolor",
    "savefig.facecolor": "none",
    "savefig.transparent": True,
    "svg.fonttype": "path",
    "svg.hashsalt": "descent",
}


def use_style() -> None:
    """Set the book's figure style for this session; in a notebook, figures become SVG.

    >>> use_style()
    >>> matplotlib.rcParams["figure.facecolor"]
    'none'
    """
    matplotlib.rcParams.update(STYLE)
    try:
        from IPython import get_ipython
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:  # outside a notebook there is no format to choose
        return
    if get_ipython() is not None:
        set_matplotlib_formats("svg")


def color_of(method: object, stranger: str = INK) -> str:
    """Return the colour of a method, a regularizer, a schedule or a strategy of transfer; grey for any other.

    A method of the library that has no colour in `COLORS` gets one of the palette, by its position in the registry.

    Args:
        method: its name, its class or an instance.
        stranger: the colour for names outside the library.

    >>> color_of("Momentum"), color_of("Cosine"), color_of("frozen")
    ('#0072B2', '#607338', '#0072B2')
    """
    name = method_name(method)
    if name in COLORS:
        return COLORS[name]
    # New optimizers begin at the palette's end, with colours that none of the six most shown has.
    for registry, palette in (
        ([*METHODS, *COMPOUND], PALETTE[::-1]),
        (SECOND_ORDER, PALETTE),
        (schedules.__all__, PALETTE[::-1]),
    ):
        without = [known for known in registry if known not in COLORS]
        if name in without:
            return palette[without.index(name) % len(palette)]
    return stranger


def method_name(method: object) -> str:
    """Return a method's name; the method may be given by name, class or instance."""
    if isinstance(method, str):
        return method
    return (method if isinstance(method, type) else type(method)).__name__
