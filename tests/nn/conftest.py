"""What every layer must pass: its gradients by finite differences, and torch's."""

import numpy as np
import pytest
import torch


@pytest.fixture
def by_differences():
    """Hold dx and every parameter's gradient against central differences, in float64."""

    def check(layer, x, train, h=1e-6, abs=1e-7):
        x = x.copy()
        weights = np.random.default_rng(7).normal(size=layer.forward(x, train).shape)  # L = Σ weights · y
        layer.forward(x, train)
        dx = layer.backward(weights)
        assert dx.shape == x.shape and list(layer.grads) == list(layer.params)
        for array, gradient in [(x, dx), *((layer.params[k], layer.grads[k].copy()) for k in layer.params)]:
            assert gradient.shape == array.shape
            for i in np.ndindex(array.shape):
                kept, losses = array[i], []
                for shift in (h, -h):
                    array[i] = kept + shift
                    losses.append(np.sum(weights * layer.forward(x, train)))
                array[i] = kept
                assert gradient[i] == pytest.approx((losses[0] - losses[1]) / (2 * h), abs=abs)

    return check


@pytest.fixture
def as_torch():
    """Hold y, dx and every parameter's gradient against a function of tensors (x, name → parameter), in float64."""

    def check(layer, x, train, theirs):
        y = layer.forward(x, train)
        dy = np.random.default_rng(8).normal(size=y.shape)
        dx = layer.backward(dy)
        tx = torch.tensor(x, requires_grad=True)
        tensors = {k: torch.tensor(p, requires_grad=True) for k, p in layer.params.items()}
        ty = theirs(tx, tensors)
        ty.backward(torch.tensor(dy))
        assert tuple(ty.shape) == y.shape == (len(x), *layer.output_shape(x.shape[1:]))
        pairs = [(y, ty.detach()), (dx, tx.grad), *((layer.grads[k], tensors[k].grad) for k in tensors)]
        for mine, other in pairs:
            assert mine.dtype == np.float64
            np.testing.assert_allclose(mine, other.numpy(), rtol=1e-10, atol=1e-12)

    return check
