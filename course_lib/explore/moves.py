"""Addresses of an experiment's settings: `race?rho=0.95&surface=saddle`, in links of the text and of readers."""

import re
from typing import NamedTuple
from urllib.parse import unquote


class Move(NamedTuple):
    """The place of an experiment on its page, and values of some of its controls, as texts."""

    place: str
    values: dict[str, str]


def parse(address: str) -> Move:
    """Return the parts of an address, with or without the `#` before it.

    >>> parse("#race?rho=0.95&surface=saddle")
    Move(place='race', values={'rho': '0.95', 'surface': 'saddle'})

    Raises:
        ValueError: it is no such address.
    """
    place, mark, query = address.removeprefix("#").partition("?")
    pairs = [part.split("=") for part in query.split("&")] if query else []
    names = [pair[0] for pair in pairs]
    if (
        not re.fullmatch(r"[a-z]\w*(-\w+)*", place)
        or bool(mark) != bool(query)
        or any(len(pair) != 2 or not all(pair) for pair in pairs)
        or len(set(names)) < len(names)
    ):
        raise ValueError(f"an experiment's address is written as race?rho=0.95&surface=saddle, not {address!r}")
    return Move(place, {name: unquote(value) for name, value in pairs})


def experiment_at(place: str) -> str:
    """Return the name of the experiment at a place: `race` for `race-saddle`."""
    return place.partition("-")[0]


def move_as_text(address: str) -> str:
    """Return the call that shows an experiment so, for readers of a plain notebook, where no link can set it.

    >>> move_as_text("race?rho=0.95&surface=saddle&start=-1,0")
    "explore.race(rho=0.95, surface='saddle', start=(-1, 0))"
    """
    move = parse(address)
    arguments = (f"{name}={_literal(value)}" for name, value in move.values.items())
    return f"explore.{experiment_at(move.place)}({', '.join(arguments)})"


def _literal(text: str) -> str:
    """Write a value of an address in Python."""
    number = r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?"
    if re.fullmatch(number, text):
        return text
    if re.fullmatch(f"{number},{number}", text):
        return f"({text.replace(',', ', ')})"
    return {"true": "True", "false": "False"}.get(text, repr(text))
