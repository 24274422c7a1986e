"""What a step has checked, so that the next one only has to see that it is still the same.

Parameters are cut into blocks here. A readable `update` makes a temporary array in almost every line; with a million
elements each of them would be written to main memory and read back, and in blocks they stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..validation import ANY, cast_hyper
from .trees import Layout, Leaves, is_apart, leaves, owners_of

Cast = dict[np.dtype, dict[str, Any]]  # type → what its parameters' `update` sees in place of attributes; {}: nothing
Checked = tuple["Bound", Leaves, Cast]  # all that a step needs


class Block(NamedTuple):
    """What one call of `update` works on: some rows of a parameter, and the same rows of its slots."""

    key: Any
    x: np.ndarray
    slots: list[np.ndarray]
    rows: slice | None = None  # None: all of them
    flat: bool = False  # whether rows are single elements, in their order in memory


class Bound:
    """What a step has checked: settings, parameters and the state that belongs to them.

    Args:
        opt: the optimizer, with its settings as they are given.
        params: as in `Optimizer.step`.
        xs: their arrays by key.
        as_one: whether `params` is a `ParameterSet` whose buffer counts as the only array.
        layout: structure, shapes and types, which must stay the same from step to step.
        state: for each slot, an array for each key of `params`.
        grids: the settings that are arrays.
    """

    def __init__(
        self,
        opt: Any,
        params: Any,
        xs: Leaves,
        as_one: bool,
        layout: Layout,
        state: list[Mapping[Any, np.ndarray]],
        grids: dict[str, np.ndarray],
    ) -> None:
        xs = {None: params.flat} if as_one else xs
        self.kind, self.layout, self.state = type(params), layout, state
        self.as_one = as_one
        self.is_single = as_one or layout[0] == "array"
        self.arrays = [(key, x, x.shape, x.dtype) for key, x in xs.items()]
        self.dtypes = {x.dtype for x in xs.values()}
        self.owners = owners_of(xs)
        settings = [(name, getattr(opt, name)) for name in opt.hyper]
        self.same_objects = [*settings, ("block", opt.block)]
        self.grid_shapes = {name: grid.shape for name, grid in grids.items()}
        # Floats that were checked once stay right. Of a schedule only the rate is checked; anything else, as a whole.
        self.others_are_floats = opt.has_plain_settings and all(
            type(value) in (float, bool) for name, value in settings if name != "lr"
        )
        self.all_are_floats = self.others_are_floats and type(opt.lr) is float
        self.lr_low, self.lr_high = opt.domains.get("lr", ANY)
        self.largest_rate = min((float(np.finfo(dtype).max) for dtype in self.dtypes), default=0.0)
        block, anywhere = opt.block if opt.elementwise else None, opt.elementwise and not grids
        slots = {key: [s.flat if as_one else s[key] for s in state] for key in xs}
        self.blocks = [part for key, x in xs.items() for part in cut(key, x, slots[key], block, anywhere)]

    def recheck(self, opt: Any, params: Any, grads: Any) -> Checked | None:
        """Return what a step needs if settings and parameters are the same objects as before; else None.

        Their elements, the gradients and a schedule's rate may be others.
        """
        for name, value in self.same_objects:
            if getattr(opt, name) is not value:
                return None
        dxs = self._gradients(params, grads)
        if dxs is None:
            return None
        cast = {} if self.all_are_floats else self._settings(opt)
        return None if cast is None else (self, dxs, cast)

    def _gradients(self, params: Any, grads: Any) -> Leaves | None:
        """Return the gradients by key if they fit as they are, and the parameters are the same arrays; else None."""
        if type(params) is not self.kind or type(grads) is not self.kind or self.owners is None:
            return None
        if self.as_one:
            if not params.fits(grads):
                return None
            params, grads = params.flat, grads.flat
        if self.is_single:
            xs, dxs = {None: params}, {None: grads}
        else:
            xs, dxs = leaves(params, "params"), leaves(grads, "grads")
        if not len(xs) == len(dxs) == len(self.arrays):
            return None
        for key, x, shape, dtype in self.arrays:
            dx = dxs.get(key)
            if not (
                (xs.get(key) is x and x.shape == shape and x.dtype is dtype and x.flags.writeable)
                and (type(dx) is np.ndarray and dx.shape == shape and dx.dtype is dtype)
                and is_apart(dx, self.owners)
            ):
                return None
        return dxs

    def _settings(self, opt: Any) -> Cast | None:
        """Return what `update` sees in place of the attributes; None where all has to be checked anew."""
        if self.others_are_floats and callable(opt.lr):
            rate = opt.lr(opt.t)
            is_number = isinstance(rate, (float, int, np.floating)) and not isinstance(rate, bool)
            if is_number and self.lr_low <= rate < self.lr_high and rate <= self.largest_rate:
                return {dtype: {"lr": float(rate)} for dtype in self.dtypes}
            return None
        hyper = opt.settings()
        shapes = {name: value.shape for name, value in hyper.items() if isinstance(value, np.ndarray)}
        return cast_for(self.dtypes, hyper, opt.domains) if shapes == self.grid_shapes else None


def cast_for(dtypes: Iterable[np.dtype], hyper: dict[str, Any], domains: Mapping) -> Cast:
    """Return checked settings as parameters of each type have them."""
    return {dtype: cast_hyper(hyper, dtype, domains) for dtype in dtypes}


def cut(key: Any, x: np.ndarray, slots: list[np.ndarray], block: int | None, anywhere: bool) -> Iterator[Block]:
    """Cut a parameter and its slots into blocks of about `block` bytes, by rows; no bit of a step depends on them.

    Args:
        key: the parameter's key.
        x: the parameter.
        slots: its slots.
        block: bytes of a block; None: x stays whole.
        anywhere: whether rows may be single elements, which needs arrays that lie in memory in one piece.

    >>> [part.rows for part in cut("W", np.zeros((4, 8)), [], block=128, anywhere=False)]
    [slice(0, 2, None), slice(2, 4, None)]
    """
    large = block is not None and x.nbytes > block
    # An array without axes gets one: arithmetic with it would give numbers, of their own type.
    flat = anywhere and (large or x.ndim == 0) and all(a.flags.c_contiguous for a in (x, *slots))
    if not (large or flat):
        yield Block(key, x, slots)
        return
    if flat:
        x, slots = x.reshape(-1), [s.reshape(-1) for s in slots]
    pieces = -(-x.nbytes // block) if large else 1
    rows = -(-len(x) // min(pieces, len(x)))
    for i in range(0, len(x), rows):
        part = slice(i, i + rows)
        yield Block(key, x[part], [s[part] for s in slots], part, flat)


def rows_of_grid(grid: np.ndarray, x: np.ndarray, rows: slice) -> np.ndarray:
    """Return what a setting that is an array has for these rows of a parameter."""
    return grid[rows] if grid.ndim == x.ndim and len(grid) > 1 else grid
