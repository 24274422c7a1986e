"""Groups of parameters, each with an optimizer of its own."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np

from ..validation import check_count
from .bound import Checked
from .optimizer import Optimizer
from .trees import Layout, check_grads, check_layout, check_params, check_state, layout_of, rebuild_like


def by_shape(key: Any, x: np.ndarray) -> str:
    """Return "matrices" for an array with two axes, "others" for any other: the groups of Muon and its companion.

    >>> by_shape("W", np.zeros((2, 3))), by_shape("b", np.zeros(3))
    ('matrices', 'others')
    """
    return "matrices" if x.ndim == 2 else "others"


class Groups(Optimizer):
    """Step with several optimizers at once: each moves a group of the parameters, at its own rate.

    So layers have rates of their own, biases no weight decay, or matrices go to Muon and all else to AdamW. All groups
    step, or none: everything is checked first.

    Args:
        optimizers: the optimizer of each group, by the group's name. They are used, not copied; `lr` is the first
            one's rate. Wrappers go around the groups, not in them: `Lookahead(Groups(…))`.
        choose: a function of a parameter's key and array that returns the name of its group. In a list the keys are
            0, 1, 2, …; a single array has the key None.

    >>> from course_lib.optim import SGD
    >>> opt = Groups({"body": SGD(0.1), "head": SGD(1.0)}, lambda key, x: "head" if key == "W2" else "body")
    >>> w = {"W1": np.zeros(1), "W2": np.zeros(1)}
    >>> opt.step(w, {"W1": np.ones(1), "W2": np.ones(1)})
    >>> w
    {'W1': array([-0.1]), 'W2': array([-1.])}
    """

    elementwise = False

    def __init__(self, optimizers: Mapping[str, Optimizer], choose: Callable[[Any, np.ndarray], str]) -> None:
        if not isinstance(optimizers, Mapping) or not optimizers:
            raise TypeError(f"optimizers must be a dict of optimizers by the names of groups, not {optimizers!r}")
        for name, opt in optimizers.items():
            if not isinstance(name, str) or name == "t":
                raise ValueError(f"a group's name must be a string, and not 't', so it cannot be {name!r}")
            if not (isinstance(opt, Optimizer) and _steps_by_itself(opt)):
                raise TypeError(f"optimizers[{name!r}] must be an optimizer such as SGD(0.1), not wrapped, not {opt!r}")
        if not callable(choose):
            raise TypeError(f"choose must be a function of a key and an array, not {choose!r}")
        self.optimizers, self.choose = dict(optimizers), choose
        if len(set(self.innermost())) < len(self.innermost()):
            raise ValueError("every group needs an optimizer of its own, but one is there twice: pass its clone()")
        super().__init__(next(iter(optimizers.values())).lr)
        self.hyper = ()

    @property
    def lr(self) -> Any:
        """The rate of the first group."""
        return next(iter(self.optimizers.values())).lr

    @lr.setter
    def lr(self, value: Any) -> None:
        next(iter(self.optimizers.values())).lr = value

    def settings(self) -> dict[str, Any]:
        """Return the checked hyper-parameters of the first group's next step."""
        return next(iter(self.optimizers.values())).settings()

    def innermost(self) -> list[Optimizer]:
        """Return the groups' optimizers."""
        return [one for opt in self.optimizers.values() for one in opt.innermost()]

    def rates(self, params: Any) -> dict[Any, Any]:
        """Return the rates by key, each parameter's those of its group; see `Optimizer.rates`."""
        parts = self.parts(check_params(params), params)
        return {key: rate for name, part in parts.items() for key, rate in self.optimizers[name].rates(part).items()}

    def parts(self, values: Mapping[Any, Any], params: Any) -> dict[str, dict[Any, Any]]:
        """Return values by key, one for each parameter, by group.

        >>> opt = Groups({"matrices": Optimizer(0.1), "others": Optimizer(0.1)}, by_shape)
        >>> w = {"W": np.zeros((2, 3)), "b": np.zeros(3)}
        >>> {name: list(group) for name, group in opt.parts(w, w).items()}
        {'matrices': ['W'], 'others': ['b']}
        """
        found: dict[str, dict[Any, Any]] = {name: {} for name in self.optimizers}
        for key, x in check_params(params).items():
            name = self.choose(key, x)
            if name not in found:
                raise ValueError(f"choose({key!r}, …) returned {name!r}, which is none of the groups {list(found)}")
            found[name][key] = values[key]
        return found

    def check(self, params: Any, grads: Any, nonfinite: str = "raise") -> tuple[Layout, list[Checked]] | None:
        """Check the steps of all groups and change nothing; see `Optimizer.check`."""
        xs = check_params(params)
        layout = layout_of(params, xs)
        check_layout(layout, self._layout or layout, "params")
        xs, dxs = self.parts(xs, params), self.parts(check_grads(grads, params, xs), params)
        checked = [opt.check(xs[name], dxs[name], nonfinite) for name, opt in self.optimizers.items()]
        return None if None in checked else (layout, checked)

    def move(self, layout: Layout, checked: list[Checked]) -> None:
        """Make the steps that were checked."""
        self._layout = layout
        self.t += 1
        for opt, step in zip(self.optimizers.values(), checked, strict=True):
            opt.move(*step)

    @property
    def tests_others(self) -> bool:
        """Whether a group tests with others than it trains."""
        return any(opt.tests_others for opt in self.optimizers.values())

    def test_params(self, params: Any) -> Any:
        """Return the weights to test with, each group's own; see `Optimizer.test_params`."""
        if not self.tests_others:
            return params
        xs, found = check_params(params), {}
        for name, part in self.parts(xs, params).items():
            found |= self.optimizers[name].test_params(part)
        return rebuild_like(params, {key: found[key].copy() for key in xs})

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of all states, by group; see `Optimizer.state_dict`."""
        return {"t": self.t} | {name: opt.state_dict() for name, opt in self.optimizers.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a state that `state_dict` returned: of all groups, or of none; see `Optimizer.load_state_dict`."""
        check_state({key: s for key, s in state.items() if key not in self.optimizers}, (), None)
        for name, opt in self.optimizers.items():
            if name not in state:
                raise ValueError(f"state[{name!r}] is missing: the state of that group")
            try:
                opt.clone().load_state_dict(state[name])
                check_state(state[name], opt.slots, opt._layout)
            except (TypeError, ValueError) as error:
                raise type(error)(f"in state[{name!r}], {error}") from None
        for name, opt in self.optimizers.items():
            opt.load_state_dict(state[name])
        self.t = check_count("state['t']", state["t"], least=0)

    def clone(self) -> Self:
        """Return groups with the same settings and no state."""
        new = copy.copy(self)
        new.optimizers = {name: opt.clone() for name, opt in self.optimizers.items()}
        new.t, new._layout, new._bound = 0, None, None
        return new

    def __repr__(self) -> str:
        choose = getattr(self.choose, "__name__", repr(self.choose))
        return f"Groups({{{', '.join(f'{name!r}: {opt!r}' for name, opt in self.optimizers.items())}}}, {choose})"


def _steps_by_itself(opt: Optimizer) -> bool:
    """Check that all an optimizer does in a step is `check` and `move`."""
    return type(opt).step is Optimizer.step and type(opt).step_closure is Optimizer.step_closure
