"""Many small networks as one: their weights are stacked, and one batched product computes a layer of all of them."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..nn.activations import Activation
from ..nn.layers import Dense, Layer
from ..nn.network import Sequential
from ..nn.noise import Dropout, GaussianNoise, InvertedDropout, Noise
from ..nn.penalties import is_weight


class StackedNetworks:
    """Compute K networks of one architecture together.

    Y[k] = X[k] W[k] + b[k] for k = 1 … K:  `X @ W` does K matrix products in one call

    Attributes:
        nets: the networks; they keep their own weights until `unstack`.
        params: a copy of their parameters, shape (K, P): row k is `nets[k].params.flat`. An optimizer's setting
            that differs from member to member has the shape (K, 1).
        grads: the gradients, shape (K, P), after `backward`.

    Args:
        nets: K networks `Sequential(…)` of `Dense`, activations, `Dropout`, `InvertedDropout` and `GaussianNoise`,
            which differ in their weights only. For any others, use `train_members`.

    >>> rng = np.random.default_rng(0)
    >>> nets = [Sequential(Dense(64, 16, rng=rng), Dense(16, 10, rng=rng)) for _ in range(3)]
    >>> many, x = StackedNetworks(nets), np.ones((5, 64), np.float32)
    >>> many.params.shape, many.forward(x).shape
    ((3, 1210), (3, 5, 10))
    >>> bool((many.forward(x)[2] == nets[2].forward(x)).all())
    True
    """

    def __init__(self, nets: Sequence[Sequential]) -> None:
        self.nets = _check_nets(nets)
        self.params = np.stack([net.params.flat for net in self.nets])
        self.grads = np.zeros_like(self.params)
        self.weights: list[tuple[np.ndarray, np.ndarray]] = []  # every W with its dW, where a penalty holds
        self.layers: list[Any] = []
        views, start = {}, 0
        for name, p in self.nets[0].params.items():  # row k of a view lies in row k of params
            part, start = slice(start, start + p.size), start + p.size
            views[name] = [a[:, part].reshape(len(a), *p.shape) for a in (self.params, self.grads)]
            if is_weight(name):
                self.weights.append(tuple(views[name]))
        for i, layers in enumerate(zip(*(net.layers for net in self.nets), strict=True)):
            if isinstance(layers[0], Dense):
                self.layers.append(_StackedDense(*views[f"{i}.W"], *views[f"{i}.b"]))
            else:
                self.layers.append(_StackedNoises(layers) if isinstance(layers[0], Noise) else copy.copy(layers[0]))
        self._first = next(i for i, layer in enumerate(self.layers) if isinstance(layer, _StackedDense))

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """Return every member's scores, shape (K, N, C), for a batch (N, F) or one for each member (K, N, F)."""
        K, n_in = len(self.nets), self.layers[self._first].W.shape[1]
        if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
            raise TypeError(f"x must be a NumPy array of floats, not {getattr(x, 'dtype', type(x).__name__)}")
        if x.ndim not in (2, 3) or x.shape[-1] != n_in or (x.ndim == 3 and len(x) != K) or not x.size:
            raise ValueError(f"x must have shape (N, {n_in}) or ({K}, N, {n_in}), not {x.shape}")
        for layer in self.layers:
            x = layer.forward(x, train)
        return x

    def backward(self, dy: np.ndarray) -> None:
        """Fill `grads` from dL/dy, shape (K, N, C); what lies before the first weights needs no gradient."""
        for layer in reversed(self.layers[self._first + 1 :]):
            dy = layer.backward(dy)
        self.layers[self._first].accumulate_grads(dy)

    def unstack(self) -> list[Sequential]:
        """Write the weights into the networks, and return these."""
        for net, p in zip(self.nets, self.params, strict=True):
            net.params.flat[...] = p
        return self.nets


class _StackedDense:
    """K fully connected layers: `Dense`, with a member axis in front."""

    def __init__(self, W: np.ndarray, dW: np.ndarray, b: np.ndarray, db: np.ndarray) -> None:
        self.W, self.dW, self.b, self.db = W, dW, b, db  # (K, n_in, n_out) and (K, n_out)

    def forward(self, x: np.ndarray, train: bool) -> np.ndarray:
        self.x = x
        y = x @ self.W  # K products
        y += self.b[:, None]
        return y

    def accumulate_grads(self, dy: np.ndarray) -> None:
        np.matmul(self.x.swapaxes(-1, -2), dy, out=self.dW)
        self.db[...] = np.ones(dy.shape[1], dy.dtype) @ dy

    def backward(self, dy: np.ndarray) -> np.ndarray:
        self.accumulate_grads(dy)
        return dy @ self.W.swapaxes(1, 2)


class _StackedNoises:
    """K noise layers of one strength: each draws from its own generator."""

    def __init__(self, layers: Sequence[Noise]) -> None:
        self.layers, self.one = layers, copy.copy(layers[0])

    def forward(self, x: np.ndarray, train: bool) -> np.ndarray:
        z = np.stack([layer.draw(x.shape[-2:]) for layer in self.layers]) if train else None
        y = self.one.apply(x, z)
        self.one._y_shape = y.shape
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        return self.one.backward(dy)


def _check_nets(nets: Any) -> list[Sequential]:
    """Return the networks if they can be stacked: they differ in their weights only."""
    if isinstance(nets, Layer) or not isinstance(nets, Sequence) or not all(isinstance(n, Sequential) for n in nets):
        raise TypeError(f"nets must be a list of networks Sequential(…), not {nets!r}")
    if not nets:
        raise ValueError("nets is empty: there must be at least one network")
    if len({id(net) for net in nets}) < len(nets):
        raise ValueError("nets must be different networks: one occurs twice")
    for net in nets:
        net._check_bound()  # a layer that two of them share belongs to the last one alone
    first = nets[0]
    for i, layer in enumerate(first.layers):
        plain = isinstance(layer, Activation) and type(layer).forward is Activation.forward and not layer.params
        if not plain and type(layer) not in (Dense, Dropout, InvertedDropout, GaussianNoise):
            raise TypeError(f"layer {i}, {layer._label()}, cannot be stacked: use train_members")
    if not first.params:
        raise ValueError("the networks have no Dense layer: there is nothing to train")
    for k, net in enumerate(nets):
        if len(net.layers) != len(first.layers) or net.params.flat.dtype != first.params.flat.dtype:
            what = [f"{len(one.layers)} layers of {one.params.flat.dtype}" for one in (net, first)]
            raise ValueError(f"members must be of one architecture: net {k} has {what[0]}, net 0 {what[1]}")
        for i, (layer, other) in enumerate(zip(net.layers, first.layers, strict=True)):
            if _settings(layer) != _settings(other):
                raise ValueError(
                    f"members must be of one architecture: layer {i} is {layer!r} in net {k}, and {other!r} in net 0; "
                    f"train_members allows members that differ"
                )
    return list(nets)


def _settings(layer: Layer) -> tuple[Any, ...]:
    """Return what must be the same in every member: all but weights, memory and generator."""
    own = {k: v for k, v in layer.__getstate__().items() if k not in ("params", "grads", "state", "rng")}
    return type(layer), repr(layer), {k: p.shape for k, p in layer.params.items()}, own
