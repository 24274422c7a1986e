"""The solutions of chapter 12 against torch and the library."""

import numpy as np
import pytest

from course_lib.chapters.ch12_transfer import ex

torch = pytest.importorskip("torch")
RNG = np.random.default_rng(0)


@pytest.mark.parametrize(("frozen", "ratio"), [(0, 0.1), (2, 0.3), (5, 0.1)])
def test_rates_are_those_of_the_librarys_groups(frozen, ratio):
    from course_lib.deep import SmallCNN, freeze, parameter_groups

    net = SmallCNN(10)
    if frozen:
        freeze(net, net.stages[frozen - 1][0])
    rate_of = {id(p): g["lr"] for g in parameter_groups(net, 0.05, ratio=ratio) for p in g["params"]}
    wanted = [rate_of.get(id(next(iter(part.parameters()))), 0.0) for _, part in net.stages]
    np.testing.assert_allclose(ex.stage_rates.reference(6, frozen, 0.05, ratio), wanted)


def test_the_nearest_mean_is_scikit_learns():
    neighbors = pytest.importorskip("sklearn.neighbors")
    f, q, y = RNG.normal(size=(30, 5)), RNG.normal(size=(40, 5)), RNG.permutation(np.arange(30) % 3)
    theirs = neighbors.NearestCentroid().fit(f, y)
    scores = ex.nearest_mean.reference(f, y, q, 3)
    np.testing.assert_array_equal(scores.argmax(axis=1), theirs.predict(q))
    np.testing.assert_allclose(scores[:, 1], -((q - theirs.centroids_[1]) ** 2).sum(axis=1))


def test_a_frozen_batch_norm_is_torchs_in_evaluation_mode():
    x, mean, var, gamma, beta = (torch.from_numpy(RNG.uniform(0.5, 2, s)) for s in ((6, 4), 4, 4, 4, 4))
    wanted = torch.nn.functional.batch_norm(x, mean, var, gamma, beta, training=False, eps=0.1)
    got = ex.frozen_batch_norm.reference(*(a.numpy() for a in (x, mean, var, gamma, beta)), 0.1)
    np.testing.assert_allclose(got, wanted.numpy(), rtol=1e-12)


def test_the_heads_gradient_is_torchs():
    f, W, b = (torch.from_numpy(RNG.normal(size=s)) for s in ((7, 4), (4, 3), 3))
    y = torch.arange(7) % 3
    W.requires_grad_()
    b.requires_grad_()
    torch.nn.functional.cross_entropy(f @ W + b, y).backward()
    dW, db = ex.head_gradient.reference(f.numpy(), W.detach().numpy(), b.detach().numpy(), np.eye(3)[y.numpy()])
    np.testing.assert_allclose(dW, W.grad.numpy(), atol=1e-12)
    np.testing.assert_allclose(db, b.grad.numpy(), atol=1e-12)


def test_a_step_of_the_head_is_that_of_an_optimizer_and_the_body_stays():
    body = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.ReLU()).double().train()
    x, y = torch.from_numpy(RNG.normal(1, 1, (6, 3))), torch.arange(6) % 2
    before = {name: value.clone() for name, value in body.state_dict().items()}
    head = torch.nn.Linear(4, 2).double()
    W, b = head.weight.detach().T.clone(), head.bias.detach().clone()
    W, b, mean = ex.head_step.reference(body, W, b, x, y, 0.3)
    body.eval()
    torch.nn.functional.cross_entropy(head(body(x).detach()), y).backward()
    torch.optim.SGD(head.parameters(), 0.3).step()
    torch.testing.assert_close(W.detach(), head.weight.detach().T)
    torch.testing.assert_close(b.detach(), head.bias.detach())
    assert all(torch.equal(value, before[name]) for name, value in body.state_dict().items())
    assert torch.equal(mean, before["1.running_mean"])
