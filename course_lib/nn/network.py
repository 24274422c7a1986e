"""Networks: sequences of layers and residual blocks, with all parameters in one flat buffer, and a summary table."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np

from ..optim.parameter_set import ParameterSet
from ..validation import check_count
from .layers import Dense, Layer, Shape, fill_grads, format_shape


class Container(Layer):
    """A layer made of layers: the base class of `Sequential` and `Residual`.

    `params`, `grads` and `state` gather those of the parts under names such as "0.W". Parameters lie in one flat
    buffer, gradients in another, and the parts' arrays are views of them: so `opt.step(net.params, net.grads)` is
    one update, and it trains every part. Parts that are put into a second container train with that one from
    then on.

    Args:
        parts: name → layer, in the order of `params`.

    Raises:
        ValueError: a part that comes twice, or parameters of several dtypes.
        RuntimeError: from `backward`, if a part no longer uses this container's arrays: a step would not train it.

    >>> rng = np.random.default_rng(0)
    >>> net = Container({"left": Dense(2, 3, rng=rng), "right": Dense(2, 1, rng=rng)})
    >>> list(net.params), net.params.flat.size
    (['left.W', 'left.b', 'right.W', 'right.b'], 12)
    >>> net.params.flat[...] = 5
    >>> net.parts["right"].params["b"]
    array([5.], dtype=float32)
    """

    def __init__(self, parts: dict[str, Layer]) -> None:
        super().__init__()
        self.parts = parts
        for name, part in parts.items():
            if not isinstance(part, Layer):
                hint = f": write {part.__name__}(…)" if isinstance(part, type) else ""
                raise TypeError(f"{type(self).__name__}: part {name} must be a Layer, not {part!r}{hint}")
            if not hasattr(part, "params"):
                own = type(part).__name__
                raise TypeError(f"{type(self).__name__}: part {name}: {own}.__init__ must call super().__init__()")
        places: dict[int, str] = {}
        for name, layer in self._leaves():
            first = places.setdefault(id(layer), name)
            if first != name:
                raise ValueError(
                    f"{type(self).__name__}: {name} is the same layer as {first}, {layer!r}: it can store one x only"
                )
        self._example: Shape | None = None  # the shape of one example, known after the first forward
        self._gather()

    def _leaves(self) -> Iterator[tuple[str, Layer]]:
        for name, part in self.parts.items():
            if isinstance(part, Container):
                yield from ((f"{name}.{inner}", leaf) for inner, leaf in part._leaves())
            else:
                yield name, part

    def _gather(self) -> None:
        """Move the parts' parameters and gradients into two buffers that this container owns."""

        def all_of(what: str) -> dict[str, np.ndarray]:
            return {f"{name}.{k}": a for name, part in self.parts.items() for k, a in getattr(part, what).items()}

        self.params, self.grads, self.state = all_of("params"), all_of("grads"), all_of("state")
        self.bind(ParameterSet(self.params), ParameterSet(self.grads))

    def bind(self, params: Mapping[str, np.ndarray], grads: Mapping[str, np.ndarray]) -> None:
        super().bind(params, grads)
        for name, part in self.parts.items():
            part.bind(*({key: tree[f"{name}.{key}"] for key in part.params} for tree in (params, grads)))

    def _check_bound(self) -> None:
        """Raise RuntimeError if a part no longer uses this container's arrays: a step would not train it."""
        for name, part in self.parts.items():
            for key, p in part.params.items():
                if p is not self.params[f"{name}.{key}"]:
                    raise RuntimeError(
                        f"{type(self).__name__}: {key} of part {name} is not params['{name}.{key}'] any longer: "
                        f"the part is in another network by now (use a copy), or was given a new array (write "
                        f"params[…][...] = …)"
                    )

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Gather the arrays again, since those of a copy are no longer views."""
        self.__dict__.update(state)
        self._gather()

    def __copy__(self) -> Self:
        return copy.deepcopy(self)  # two containers cannot own the same layers

    def table(self, shape: Shape | None = None) -> str:
        """Return a table of all layers: name, layer, shape of y, number of parameters.

        Args:
            shape: of one example of the input, such as (8, 8, 1). By default that of the last batch, or what the
                first layer takes; if unknown, the shapes are left out.

        Raises:
            ValueError: a shape that some layer does not take; the message names the layer.

        >>> from course_lib.nn.activations import ReLU
        >>> rng = np.random.default_rng(0)
        >>> print(Sequential(Dense(64, 32, rng=rng), ReLU(), Dense(32, 10, rng=rng)).table())
               Sequential     shape    parameters
        x                     (N, 64)
        0      Dense(64, 32)  (N, 32)       2,080
        1      ReLU()         (N, 32)
        2      Dense(32, 10)  (N, 10)         330
        total                               2,410
        """
        if shape is None:
            _, first = next(self._leaves(), ("", None))
            guess = (len(first.params["W"]),) if isinstance(first, Dense) else None
            shape = self._example or guess
        if shape is not None:
            if not isinstance(shape, tuple | list):
                raise TypeError(f"shape must be that of one example, such as (8, 8, 1), not {shape!r}")
            shape = tuple(check_count("shape", n) for n in shape)
            self.output_shape(shape)  # raises where it does not fit
        return self._table(shape)

    def _table(self, shape: Shape | None) -> str:
        total = sum(p.size for p in self.params.values())
        rows = [
            ("", type(self).__name__, "shape", "parameters"),
            ("x", "", _batch(shape), ""),
            *self._rows("", shape),
            ("total", "", "", f"{total:,}"),
        ]
        a, b, c, d = (max(map(len, column)) for column in zip(*rows, strict=True))
        return "\n".join(f"{i:{a}}  {j:{b}}  {k:{c}}  {n:>{d}}".rstrip() for i, j, k, n in rows)

    def _rows(self, prefix: str, shape: Shape | None) -> Iterator[tuple[str, str, str, str]]:
        for name, part, x in self._input_shapes(shape):
            y = _batch(None if x is None else part.output_shape(x))
            if isinstance(part, Container):
                yield prefix + name, type(part).__name__, y, ""
                yield from part._rows(f"{prefix}{name}.", x)
            else:
                count = sum(p.size for p in part.params.values())
                yield prefix + name, repr(part), y, f"{count:,}" if count else ""

    def _input_shapes(self, shape: Shape | None) -> Iterator[tuple[str, Layer, Shape | None]]:
        """Yield each part with its name and the shape of its x, if the container's is this one; None if unknown."""
        yield from ((name, part, None) for name, part in self.parts.items())

    def _label(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        try:
            return self.table()
        except ValueError:  # layers that do not fit together can be printed, too
            return self._table(None)


class Sequential(Container):
    """A sequence of layers, one after the other.

    y = f_L(… f₂(f₁(x)))

    Backward is the chain rule, from the last layer to the first.

    `params` and `grads` gather those of the layers under names such as "0.W"; the arrays are the layers' own,
    so an optimizer's step on `params` trains the network.

    Args:
        *layers: the layers, the input's first.

    Raises:
        ValueError, RuntimeError: as for `Container`.

    >>> from course_lib.nn import ReLU, softmax_cross_entropy
    >>> from course_lib.optim import SGD
    >>> rng = np.random.default_rng(0)
    >>> net, opt = Sequential(Dense(4, 8, rng=rng), ReLU(), Dense(8, 2, rng=rng)), SGD(0.1)
    >>> list(net.params)
    ['0.W', '0.b', '2.W', '2.b']
    >>> loss, dscores = softmax_cross_entropy(net.forward(np.ones((1, 4), np.float32), train=True), np.array([1]))
    >>> dx = net.backward(dscores)
    >>> opt.step(net.params, net.grads)
    >>> softmax_cross_entropy(net.forward(np.ones((1, 4), np.float32)), np.array([1]))[0] < loss
    True
    """

    def __init__(self, *layers: Layer) -> None:
        super().__init__({str(i): layer for i, layer in enumerate(layers)})

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, the input's first."""
        return tuple(self.parts.values())

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        y = x
        for layer in self.parts.values():
            y = layer.forward(y, train)
        self._example = x.shape[1:]
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        self._check_bound()
        for layer in reversed(self.parts.values()):
            dy = layer.backward(dy)
        return dy

    def fill_grads(self, dy: np.ndarray) -> None:
        self._check_bound()
        layers = list(self.parts.values())
        for layer in reversed(layers[1:]):
            dy = layer.backward(dy)
        for first in layers[:1]:
            fill_grads(first, dy)

    def output_shape(self, shape: Shape) -> Shape:
        for layer in self.parts.values():
            shape = layer.output_shape(shape)
        return tuple(shape)

    def _input_shapes(self, shape: Shape | None) -> Iterator[tuple[str, Layer, Shape | None]]:
        for name, layer in self.parts.items():
            yield name, layer, shape
            shape = None if shape is None else layer.output_shape(shape)


class Residual(Container):
    """A residual block: a branch with a shortcut around it.

    y = x + F(x);  dx = dy + dF(dy)

    With a projection P the shortcut is y = P(x) + F(x), for a branch that changes the shape. The branch learns
    what to *add* to x, and the gradient reaches x undiminished.

    Args:
        branch: F, a layer; usually a `Sequential`.
        projection: P, a layer that brings x to the shape of F(x); usually a convolution of size 1.

    Raises:
        ValueError: from `forward`, if branch and shortcut differ in shape.

    >>> block = Residual(Dense(3, 3, rng=np.random.default_rng(0)))
    >>> block.params["branch.W"][...] = 0
    >>> block.forward(np.ones((1, 3), np.float32))
    array([[1., 1., 1.]], dtype=float32)

    Source: He, Zhang, Ren and Sun, Deep residual learning for image recognition, 2016.
    """

    def __init__(self, branch: Layer, projection: Layer | None = None) -> None:
        super().__init__({"branch": branch} | ({} if projection is None else {"projection": projection}))

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        F, P = self.parts["branch"], self.parts.get("projection")
        added = F.forward(x, train)
        shortcut = x if P is None else P.forward(x, train)
        self._match(shortcut.shape, added.shape)
        self._example = x.shape[1:]
        return shortcut + added

    def backward(self, dy: np.ndarray) -> np.ndarray:
        self._check_bound()
        F, P = self.parts["branch"], self.parts.get("projection")
        return (dy if P is None else P.backward(dy)) + F.backward(dy)

    def output_shape(self, shape: Shape) -> Shape:
        F, P = self.parts["branch"], self.parts.get("projection")
        added, shortcut = F.output_shape(shape), tuple(shape) if P is None else P.output_shape(shape)
        self._match(("N", *shortcut), ("N", *added))
        return added

    def _input_shapes(self, shape: Shape | None) -> Iterator[tuple[str, Layer, Shape | None]]:
        for name, part in self.parts.items():
            yield name, part, shape

    def _match(self, shortcut: tuple[int | str, ...], added: tuple[int | str, ...]) -> None:
        if shortcut != added:
            raise ValueError(
                f"Residual: the branch must have the shape of the shortcut, {format_shape(shortcut)}, "
                f"not {format_shape(added)}: add a projection"
            )


def _batch(shape: Shape | None) -> str:
    return "" if shape is None else format_shape(("N", *shape))
