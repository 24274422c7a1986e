"""What the page says of the whole table: each statement is a function of its cells, and must be true of them.

The page marks each with a ✓. A statement that is false of the stored study ends the build.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .cells import Cell
from .plane import RATES

Found = Mapping[str, Mapping[str, Cell]]

#: One length for all coordinates, or a length of its own for each; the others use the curvature, or move matrices.
ONE_LENGTH = ("SGD", "Momentum", "Nesterov", "ScheduleFreeSGD", "Lookahead (SGD)", "SAM (SGD)", "GradientDescent")
OWN_LENGTHS = (
    "AdaGrad", "RMSProp", "RMSPropMomentum", "CenteredRMSProp", "Adam", "AdamW", "AMSGrad", "Adamax", "NAdam", "Lion",
    "ScheduleFreeAdamW",
)  # fmt: skip
CURVED = ("Newton", "SaddleFreeNewton", "TrustRegion", "NewtonCG", "BFGS", "LBFGS")


def edges(found: Found) -> list[tuple[str, str]]:
    """Return the cells, as (method, column), whose rate is the first or the last of those that were tried."""
    return [(name, column) for name, row in found.items() for column, cell in row.items() if at_edge(cell.rate)]


def at_edge(rate: float | None) -> bool:
    """Return whether a rate is the first or the last of those that are tried."""
    return rate is not None and not RATES[0] * 1.01 < rate < RATES[-1] / 1.01


def harder(one: Cell, other: Cell) -> bool:
    """Return whether the other column is harder by far: two runs fewer arrive, or it takes a tenth longer."""
    return one.arrived >= other.arrived + 2 or (other.steps or 0) > 1.1 * (one.steps or 0)


def alike(one: Cell, other: Cell) -> bool:
    """Return whether the verdicts are the same, and the steps but for 2 %."""
    return one.verdict == other.verdict and abs((one.steps or 0) - (other.steps or 0)) <= 0.02 * (one.steps or 0)


def turned(found: Found) -> bool:
    """Of eleven with a length for each coordinate nine find the turned bowl harder; of the others none does."""
    here = [name for name in OWN_LENGTHS if harder(found[name]["long"], found[name]["turned"])]
    rest = set(OWN_LENGTHS) - set(here)
    return (
        rest == {"Adam", "AMSGrad"}
        and all(alike(found[name]["long"], found[name]["turned"]) for name in (*ONE_LENGTH, *CURVED))
        and all(found[name]["turned"].steps < 1.1 * found[name]["long"].steps for name in rest)
        and all(found[name]["turned"].rate > 2 * found[name]["long"].rate for name in rest)
    )


def no_gain(found: Found) -> bool:
    """RMSProp is slower than SGD in both bowls."""
    pairs = [(found["RMSProp"][column], found["SGD"][column]) for column in ("long", "turned")]
    return all(its.steps and mine.steps > 1.2 * its.steps and its.arrived > mine.arrived + 2 for mine, its in pairs)


def units(found: Found) -> bool:
    """With features of unequal size all with a length for each coordinate arrive; of the others Momentum alone."""
    own = [found[name]["scales"].arrived for name in OWN_LENGTHS]
    plain = [name for name in ONE_LENGTH if found[name]["scales"].arrived]
    soon = [found[name]["scales"] for name in CURVED]
    return min(own) >= 9 and plain == ["Momentum"] and all(c.verdict == "all" and c.steps < 100 for c in soon)


def curvature(found: Found) -> bool:
    """Where the curvature's sign changes, Newton's method fails and the others do not; NewtonCG may be SGD there."""
    saddle, plateau = ([found[name][column] for name in CURVED] for column in ("saddle", "plateau"))
    newton, others = CURVED.index("Newton"), [i for i, name in enumerate(CURVED) if name not in ("Newton", "NewtonCG")]
    return (
        saddle[newton].verdict == plateau[newton].verdict == "none"
        and all(saddle[i].verdict == plateau[i].verdict == "all" for i in others)
        and max(c.steps for i in others for c in (saddle[i], plateau[i])) <= 10
        and found["NewtonCG"]["saddle"].verdict == "all"
        and found["NewtonCG"]["plateau"].text == found["SGD"]["plateau"].text
        and all(found[name]["long"].verdict == "all" and found[name]["long"].steps < 10 for name in CURVED)
    )


def decay(found: Found) -> bool:
    """AdamW's decay keeps it from the minimum of the turned bowl."""
    return found["AdamW"]["turned"].verdict == "none" and found["Adam"]["turned"].verdict == "all"


#: By the name that the page cites.
FINDINGS: dict[str, Callable[[Found], bool]] = {
    "turned": turned, "no-gain": no_gain, "units": units, "curvature": curvature, "decay": decay,
}  # fmt: skip
