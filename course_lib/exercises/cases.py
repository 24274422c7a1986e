"""What an exercise calls an answer with: cases, and how their values are handed over, copied and compared."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy import array_equal, ndarray  # kept here: a reader may change `np`


@dataclass(frozen=True)
class Case:
    """Some calls in a row, each going on from what the one before returned.

    Args:
        label: what is special about it, in words: "gradients of 1e-6".
        start: the arguments that the answer itself carries on: x and v of an optimizer.
        arguments: the other arguments, one mapping for each call. Whatever is random in them (masks, noise,
            permutations) is drawn here, so that an answer needs no generator.
        init: for an answer that is a class: the arguments of its constructor. A case has an instance of its own.

    >>> Case.one("a number", x=2.0).arguments
    ({'x': 2.0},)
    """

    label: str
    start: Mapping[str, Any]
    arguments: Sequence[Mapping[str, Any]]
    init: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def one(cls, label: str, /, **given: Any) -> Case:
        """Return a case of one call."""
        return cls(label, {}, (given,))


def handed(name: str, value: Any) -> Any:
    """Return an argument as the answer gets it: a copy, so that nothing of ours can be changed.

    A single number comes as a NumPy number: it behaves as the plain number that a message shows. A function comes
    as a plain function that is called by the argument's name, whatever it is in truth.
    """
    if isinstance(value, ndarray):
        return value.copy() if value.ndim else value[()]
    if callable(value) and not hasattr(value, "state_dict"):  # a network is no mere function
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
    """Check whether an argument is what it was, down to its type; functions and networks are not looked into.

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
    """Check whether a value is a tensor of PyTorch, without importing it."""
    return type(value).__module__.partition(".")[0] == "torch" and hasattr(value, "detach")


def numbers(tensor: Any) -> ndarray:
    """Return a tensor's numbers as an array of its own."""
    return tensor.detach().cpu().numpy().copy()
