"""Every method in one table: a row drives its tests, its line on the API page, and its benchmark."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .first_order import SGD, Momentum, Nesterov
from .optimizer import Optimizer


@dataclass(frozen=True)
class Method:
    """One method: its class, where it comes from, its defaults, and an implementation to hold it against.

    Attributes:
        cls: the class.
        paper: the citation key in the book's references.
        reference: an expression of `torch`, `params` and the hyper-parameters that makes the same method.
        defaults: hyper-parameters for a first try.
        moved: other hyper-parameters, off the defaults, for tests.
    """

    cls: type[Optimizer]
    paper: str
    reference: str
    defaults: dict[str, Any] = field(default_factory=dict)
    moved: dict[str, Any] = field(default_factory=dict)


#: name → row, the simplest method first.
METHODS: dict[str, Method] = {
    "SGD": Method(
        SGD,
        paper="robbins1951",
        reference="torch.optim.SGD(params, lr=lr)",
        defaults={"lr": 0.1},
        moved={"lr": 0.037},
    ),
    "Momentum": Method(
        Momentum,
        paper="polyak1964",
        reference="torch.optim.SGD(params, lr=lr, momentum=rho)",
        defaults={"lr": 0.1, "rho": 0.9},
        moved={"lr": 0.013, "rho": 0.73},
    ),
    "Nesterov": Method(
        Nesterov,
        paper="nesterov1983",
        reference="torch.optim.SGD(params, lr=lr, momentum=rho, nesterov=True)",
        defaults={"lr": 0.1, "rho": 0.9},
        moved={"lr": 0.013, "rho": 0.73},
    ),
}
