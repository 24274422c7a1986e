"""One step of a head in torch, above a body that must not change."""

from typing import Any

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    import torch
    from torch import nn

    def tensor(*shape: int, shift: float = 0.0) -> Any:
        return torch.from_numpy(rng.normal(shift, 1, shape))

    def case(label: str, n: int, k: int, c: int, lr: float, shift: float) -> Case:
        body = nn.Sequential(nn.Linear(k, 4), nn.BatchNorm1d(4), nn.ReLU()).double()
        with torch.no_grad():
            for p in body.parameters():
                p.copy_(tensor(*p.shape, shift=0.5))
        body.train()
        y = torch.from_numpy(np.arange(n) % c)
        return Case.one(label, body=body, W=tensor(4, c), b=tensor(c), x=tensor(n, k, shift=shift), y=y, lr=lr)

    return [
        case("four images, two classes", 4, 3, 2, 0.5, 0.0),
        case("images that are brighter", 6, 3, 3, 0.1, 2.0),
        case("a large rate", 5, 2, 3, 2.0, -1.0),
    ]


head_step = Exercise(
    name="head_step",
    page="12_transfer",
    number=5,
    title="A step of the head, in torch",
    prompt=(
        "`body` is a frozen torch module, a linear layer, batch norm and ReLU, which comes in training mode. A head "
        "with `W` and `b` computes the scores `body(x) @ W + b`. Take one step of gradient descent with the rate `lr` "
        "on the head alone, for the mean cross-entropy with the classes `y`, whole numbers. Nothing in `body` may "
        "change, batch norm's running mean `body[1].running_mean` included. Return the new `W`, the new `b`, and that "
        "running mean. `torch` is imported."
    ),
    source="""\
def head_step(body, W, b, x, y, lr):
    body.eval()
    with torch.no_grad():
        f = body(x)
    W, b = W.clone().requires_grad_(), b.clone().requires_grad_()
    loss = torch.nn.functional.cross_entropy(f @ W + b, y)
    dW, db = torch.autograd.grad(loss, (W, b))
    W = W - lr * dW
    b = b - lr * db
    return W, b, body[1].running_mean
""",
    returns=("W", "b", "mean"),
    cases=cases,
    hints=(
        "What does batch norm do in training mode, with gradients or without? Which mode should `body` be in?",
        "The features are constants: compute them without gradients, and let autograd know only `W` and `b`.",
        "`torch.autograd.grad` takes the loss and a tuple of tensors that require gradients, and returns theirs.",
    ),
    explanation=(
        "Only evaluation mode keeps batch norm's statistics as they are; `no_grad` and `requires_grad` do not touch "
        "them. The features are then constants, and the head is a linear softmax classifier."
    ),
    after="In a training loop `model.train()` undoes `body.eval()` at every epoch, unless something such as "
    "`course_lib.deep.freeze` holds it.",
    packages=("torch",),
    accepts={
        "by backward": (
            "def head_step(body, W, b, x, y, lr):\n    body.eval()\n    f = body(x).detach()\n"
            "    W, b = W.clone(), b.clone()\n    W.requires_grad_(True)\n    b.requires_grad_(True)\n"
            "    torch.nn.functional.cross_entropy(f @ W + b, y).backward()\n"
            "    return (W - lr * W.grad).detach(), (b - lr * b.grad).detach(), body[1].running_mean\n"
        ),
        "by hand": (
            "def head_step(body, W, b, x, y, lr):\n    body.eval()\n    with torch.no_grad():\n"
            "        f = body(x)\n        ds = (f @ W + b).softmax(1)\n        ds[torch.arange(len(y)), y] -= 1\n"
            "        ds /= len(y)\n        return W - lr * f.T @ ds, b - lr * ds.sum(0), body[1].running_mean\n"
        ),
        "float32": (
            "def head_step(body, W, b, x, y, lr):\n    body = body.eval()\n    with torch.no_grad():\n"
            "        f = body(x).float()\n    V, c = W.float().requires_grad_(), b.float().requires_grad_()\n"
            "    torch.nn.functional.cross_entropy(f @ V + c, y).backward()\n"
            "    return V - lr * V.grad, c - lr * c.grad, body[1].running_mean\n"
        ),
    },
    mutants=(
        Mutant(
            "training mode",
            "    body.eval()\n",
            "",
            "You leave `body` in training mode: batch norm uses this batch's statistics, and its running mean moves, "
            "though no gradient reaches it.",
        ),
        Mutant(
            "eval too late",
            "    body.eval()\n    with torch.no_grad():\n        f = body(x)\n",
            "    with torch.no_grad():\n        body(x)\n        body.eval()\n        f = body(x)\n",
            "You call `body` once in training mode before `eval()`: the running mean has moved by then.",
        ),
        Mutant("uphill", "W = W - lr * dW", "W = W + lr * dW", "Your `W` goes uphill: subtract its gradient."),
        Mutant("bias uphill", "b = b - lr * db", "b = b + lr * db", "Your `b` goes uphill: subtract its gradient."),
        Mutant("bias kept", "    b = b - lr * db\n", "", "You do not train the bias: it is a part of the head."),
        Mutant(
            "a sum",
            "cross_entropy(f @ W + b, y)",
            'cross_entropy(f @ W + b, y, reduction="sum")',
            "You add up the images' losses. The mean is asked for.",
        ),
        Mutant(
            "softmax twice",
            "cross_entropy(f @ W + b, y)",
            "cross_entropy((f @ W + b).softmax(1), y)",
            "You apply the softmax before `cross_entropy`, which applies it itself: hand it the scores.",
        ),
        Mutant(
            "a tenth",
            "W = W - lr * dW",
            "W = W - 0.1 * lr * dW",
            "Your `W` learns at a tenth of the rate. That is for the layers below; the head is new.",
        ),
        Mutant("no bias", "f @ W + b", "f @ W + 0 * b", "You leave the bias out of the scores."),
        Mutant(
            "batch norm left out",
            "f = body(x)",
            "f = body[2](body[0](x))",
            "You leave batch norm out. Frozen, it still normalizes, by what it has stored.",
        ),
    ),
)
