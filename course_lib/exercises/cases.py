"""The inputs of an answer: cases, and how their values are passed, copied and compared."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy import array_equal, ndarray  # kept here: a reader may change `np`


@dataclass(frozen=True)
class Case:
    """A sequence of calls, each continuing from what the one before returned.

    Args:
        label: what is special about it: "gradients of 1e-6".
        start: the arguments that the answer updates: x and v of an optimizer.
        arguments: the other arguments, one mapping for each call. Whatever is random in them (masks, noise,
            permutations) is drawn here, so that an answer needs no generator.
        init: for an answer that is a class: the arguments of its constructor. Each case has its own instance.

    >>> Case.one("a number", x=2.0).arguments
    ({'x': 2.0},)
    """

    label: str
    start: Mapping[str, Any]
    arguments: Sequence[Mapping[str, Any]]
    init: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def one(cls, label: str, /, **arguments: Any) -> Case:
        """Return a case of one call."""
        return cls(label, {}, (arguments,))


def handed(name: str, value: Any) -> Any:
    """Return an argument as the answer receives it: a copy, so that the original cannot be changed.

    A single number becomes a NumPy number: it behaves as the plain number that a message shows. A function becomes a
    plain function with the argument's name.
    """
    if isinstance(value, ndarray):
        return value.copy() if value.ndim else value[()]
    if callable(value) and not hasattr(value, "state_dict"):  # a network is more than a function
        return _function(name, value)
    return copy.deepcopy(value)


def _function(name: str, value: Callable[..., Any]) -> Callable[..., Any]:
    signature = inspect.signature(value)

    def function(*args: Any) -> Any:
        try:
            signature.bind(*args)
        except TypeError:
            takes = ", ".join(signature.parameters)
            raise TypeError(f"{name}({takes}) was called with {len(args)} arguments") from None
        return value(*args)

    function.__name__ = function.__qualname__ = name
    return function


def unchanged(before: Any, after: Any) -> bool:
    """Check whether an argument is unchanged, including its type; functions and networks are not compared.

    >>> from numpy import array
    >>> unchanged(array([1.0]), array([1.0])), unchanged([array([1.0])], [array([2.0])])
    (True, False)
    """
    if isinstance(before, ndarray) and before.ndim:
        return before.shape == after.shape and before.dtype == after.dtype and array_equal(before, after, True)
    if isinstance(before, (list, tuple)):
        return len(before) == len(after) and all(map(unchanged, before, after))
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(unchanged(before[key], after[key]) for key in before)
    if is_tensor(before):
        return unchanged(numbers(before), numbers(after))
    return True


def is_tensor(value: Any) -> bool:
    """Check whether a value is a PyTorch tensor, without importing PyTorch."""
    return type(value).__module__.partition(".")[0] == "torch" and hasattr(value, "detach")


def numbers(tensor: Any) -> ndarray:
    """Return a tensor's numbers as a new array."""
    return tensor.detach().cpu().numpy().copy()
