"""Training: epochs of minibatches, with penalties, augmentation, validation and early stopping."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..optim.optimizer import Optimizer
from ..optim.schedule_free import _ScheduleFree
from ..optim.schedules import Schedule
from ..optim.trees import check_broadcast, has_nonfinite
from ..optim.wrappers import Wrapper
from ..progress import NoBar, progress_bar
from ..validation import check_bool, check_count, check_number, check_rng
from .checkpoint import checkpoint, copy_into, restore, using_params
from .evaluation import Loss, Score, accuracy, check_net, check_rows, check_train, evaluate
from .gradient_check import Replay
from .history import COLUMNS, History, format_epoch
from .layers import Layer
from .losses import softmax_cross_entropy
from .penalties import MaxNorm, Penalty, is_weight
from .steps import Diverged, Minibatch, current_lr

_WATCH = {"val_loss": 1, "loss": 1, "val_accuracy": -1, "accuracy": -1}  # what should fall, and what should rise
_NO_BAR = NoBar()


@dataclass(frozen=True)
class EarlyStopping:
    """When to stop, and how to choose the best epoch, which is restored at the end.

    Training stops after `patience` epochs in a row that were not better than the best one by more than `threshold`. The
    best epoch is the last one that was: with a threshold, a later one may be a little better still.

    Args:
        patience: a whole number ≥ 1; None never stops, but still restores the best epoch.
        watch: "val_loss", "val_accuracy", "loss" or "accuracy".
        threshold: how much better an epoch must be to count, ≥ 0.

    Source: Prechelt, Early stopping — but when?, 1998.
    """

    patience: int | None = 10
    watch: str = "val_loss"
    threshold: float = 0.0

    def __post_init__(self) -> None:
        if self.patience is not None:
            check_count("patience", self.patience)
        if self.watch not in list(_WATCH):  # a list, for what cannot be a key
            raise ValueError(f"watch must be one of {list(_WATCH)}, not {self.watch!r}")
        check_number("threshold", self.threshold)


def fit(
    net: Layer,
    data: Any,
    optimizer: Optimizer,
    *,
    epochs: int,
    batch: int = 50,
    rng: np.random.Generator,
    loss: Loss = softmax_cross_entropy,
    penalty: Penalty | None = None,
    proximal: bool = False,
    penalize: Callable[[str], bool] = is_weight,
    augment: Callable | None = None,
    early_stopping: EarlyStopping | int | None = None,
    progress: bool = False,
) -> History:
    """Train a network on minibatches, in place.

    Each epoch: shuffle; for each minibatch: augment, forward, backward, one step. Then the network is tested on the
    validation set. A `ReducePlateau` gets that loss (without such a set, the training loss with its penalty); if it
    is a part of another schedule, only after epochs whose last step it gave its rate. With a penalty R, its strength
    included:

        gradient: W ← step with ∇L + ∇R(W)
        proximal: W ← step with ∇L, then W ← prox(W, α)

    α is W's rate: in `Groups` its group's, and of an array the mean. The gradient is the usual way; the proximal step
    gives L1 its exact zeros, and is the only way for a penalty that is a limit (`MaxNorm`), which then holds from the
    start. By default both act on weights alone, not on biases or batch normalization's γ and β.

    Every step is an `optimizer.step_closure`, so SAM gets its two gradients (on the same batch). An optimizer that
    tests with other weights than it trains (Lookahead, `EMA`, `SWA`, Schedule-Free) leaves those in the network at the
    end. Lookahead's, `EMA`'s and `SWA`'s are means of weights from before the proximal step, so they need be neither
    zero nor within a limit. With Schedule-Free, a proximal step is a ValueError.

    Args:
        net: a network; its `params` are trained.
        data: has x_train, y_train, x_val and y_val; x_val may be None.
        optimizer: any of first order. It continues from its state: for a new run, pass `optimizer.clone()`. If the best
            epoch is restored, so is the optimizer's state, step count included; a `ReducePlateau` keeps the rate
            that it has come to.
        epochs: passes through the training set, ≥ 1.
        batch: rows of a minibatch, at most those of x_train; the epoch's last one has the rest.
        rng: shuffles and augments. From the same weights and optimizer, the same seed gives the same run, bit for bit,
            if the layers that draw (`Dropout`) have the same seeds, too.
        loss: a function (scores, y) → (mean loss, gradient). With two or more columns of scores, integer
            labels in one dimension are classes, 0 … columns − 1.
        penalty: an object with value(w), grad(w) and prox(w, step), such as L2(1e-3).
        proximal: whether the penalty is a proximal step after the optimizer's, with its rate α.
        penalize: a function of a parameter's name, such as "0.W" → whether the penalty applies.
        augment: a function `(x, rng) → x`; or `((x, y), rng) → (x, y)` if it has a true attribute `changes_labels`.
            It keeps the rows and their shape.
        early_stopping: a rule, or a whole number, the patience of one that watches the validation loss; the best epoch
            is restored at the end. A rule that watches the validation set needs one.
        progress: whether to show a bar, if tqdm is installed.

    Returns:
        The history.

    Raises:
        TypeError, ValueError: a bad argument. Before anything changes, one row and the last minibatch are tried; what
            `augment`, `penalty`, `penalize` or the loss do wrong later is told only then.
        Diverged: nan or inf; the message names the step, and the layer if training began it in one. The best epoch (by
            the rule, or else by validation or training loss) is restored; at the same rate it may diverge again.
        KeyboardInterrupt: Ctrl-C. The network is left as at the end: at the best epoch so far if there is a rule, or
            else at the weights to test with. The history is lost.

    >>> from course_lib.data import load_digits
    >>> from course_lib.nn import Dense, ReLU, Sequential
    >>> from course_lib.optim import Momentum
    >>> rng = np.random.default_rng(0)
    >>> net = Sequential(Dense(64, 32, rng=rng), ReLU(), Dense(32, 10, rng=rng))
    >>> history = fit(net, load_digits(rng), Momentum(0.1), epochs=3, rng=rng)
    >>> bool(history.val_accuracy[-1] > 0.9)
    True

    Source: Bottou, Large-scale machine learning with stochastic gradient descent, 2010.
    """
    epochs, batch = check_count("epochs", epochs), check_count("batch", batch)
    x, y, val = read_data(data, batch)
    rule = _rule(early_stopping, val is not None)
    _check_kinds(net, optimizer, rng, penalty, proximal, penalize, augment)
    check_first_rows(net, x, y, val, loss, rule.watch)
    _check_first_epoch(net, optimizer, x[: len(x) % batch or batch])  # as many rows as the epoch's last minibatch
    best, log, stopped = _Best(net, optimizer, rule), [], "all epochs done"
    minibatch = Minibatch(net, loss, penalty, proximal, penalize)  # which imposes a limit: the weights may change
    with _quiet(), progress_bar(progress, epochs * math.ceil(len(x) / batch), "step") as bar:
        try:
            for epoch in range(1, epochs + 1):
                rate = current_lr(optimizer)
                seen = train_epoch(minibatch, optimizer, x, y, batch, rng, augment, bar)
                tested = _test(net, optimizer, val, loss)
                log.append((*seen.tolist(), *tested, rate))  # in the order of COLUMNS
                _observe(optimizer, tested.loss if val else log[-1][0])
                bar.set_postfix(format_epoch(log[-1]))
                best.compare(epoch, log[-1])
                if best.since == rule.patience:
                    stopped = f"no better {rule.watch} for {rule.patience} epochs"
                    break
        except Diverged as broken:
            best.restore()
            where = f"epoch {best.epoch}, the best one" if best.epoch else "where it began"
            text = f"step {minibatch.steps} (epoch {epoch}): {broken}; the network is back at {where}"
            raise Diverged(text, _history(log, best.epoch, "diverged"), minibatch.steps) from None
        except KeyboardInterrupt:
            _leave(net, optimizer, best if early_stopping is not None else None)
            raise
    _leave(net, optimizer, best if early_stopping is not None else None)
    return _history(log, best.epoch, stopped)


def train_epoch(
    minibatch: Minibatch,
    optimizer: Optimizer,
    x: np.ndarray,
    y: np.ndarray,
    batch: int,
    rng: np.random.Generator,
    augment: Callable | None = None,
    bar: Any = _NO_BAR,
) -> np.ndarray:
    """Train on every row once, in place; return the means of loss (with penalty), penalty and accuracy on the way."""
    order, total = rng.permutation(len(x)), np.zeros(3)
    for start in range(0, len(x), batch):
        rows = order[start : start + batch]
        minibatch.take(*_augmented(augment, x[rows], y[rows], rng))
        minibatch.step(optimizer)  # forward, backward, step
        total += len(rows) * np.array(minibatch.seen)
        bar.update()
    return total / len(x)


class _Best:
    """The best epoch, the weights it was tested with (`kept`), the optimizer's state, and the number of epochs `since`.

    Epoch 0: none yet; what was there before the first step.
    """

    def __init__(self, net: Layer, optimizer: Optimizer, rule: EarlyStopping) -> None:
        self.net, self.optimizer, self.rule = net, optimizer, rule
        self.epoch, self.since, self.value, self.kept = 0, 0, math.inf, checkpoint(net)
        self.state = optimizer.state_dict()

    def compare(self, epoch: int, row: tuple[float, ...]) -> None:
        """Keep this epoch, a row of the history, if it is the first, or better by more than the threshold."""
        value = _WATCH[self.rule.watch] * row[COLUMNS.index(self.rule.watch)]
        self.since += 1
        if value < self.value - self.rule.threshold or not self.epoch:
            with _test_weights(self.net, self.optimizer):
                kept = checkpoint(self.net)
            value = math.inf if math.isnan(value) else value  # any later number is better
            self.epoch, self.since, self.value, self.kept = epoch, 0, value, kept
            self.state = self.optimizer.state_dict()

    def restore(self) -> None:
        """Go back to the best epoch, together with the optimizer, whose state may hold weights, too."""
        restore(self.net, self.kept)
        self.optimizer.load_state_dict(self.state)


def read_data(data: Any, batch: int) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray] | None]:
    """Return x_train, y_train, and (x_val, y_val) or None; raise if they do not fit together."""
    x, y = check_train(data)
    if batch > len(x):
        raise ValueError(f"batch must be at most the {len(x)} rows of data.x_train, not {batch}")
    x_val, y_val = getattr(data, "x_val", None), getattr(data, "y_val", None)
    if x_val is None or not np.size(x_val):
        return x, y, None
    return x, y, check_rows("data.x_val", x_val, "data.y_val", y_val)


def _rule(early_stopping: Any, has_val: bool) -> EarlyStopping:
    """Return the rule; without one the best epoch is still kept, for a run that diverges."""
    if early_stopping is None:
        return EarlyStopping(None, watch="val_loss" if has_val else "loss")
    rule = early_stopping
    if not isinstance(rule, EarlyStopping):
        rule = EarlyStopping(check_count("early_stopping", rule))
    if rule.watch.startswith("val") and not has_val:
        raise ValueError(f"early stopping watches {rule.watch}, but data has no validation rows (x_val, y_val)")
    return rule


def _check_kinds(net: Any, optimizer: Any, rng: Any, penalty: Any, proximal: bool, penalize: Any, augment: Any) -> None:
    """Check the arguments' types, and that penalty and optimizer go with the proximal step."""
    check_net(net)
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer must be an optimizer such as Momentum(0.1), not {optimizer!r}")
    check_rng("rng", rng)
    check_bool("proximal", proximal)
    if penalty is not None and not all(callable(getattr(penalty, k, None)) for k in ("value", "grad", "prox")):
        raise TypeError(f"penalty must have value, grad and prox, such as L2(1e-3), not {penalty!r}")
    if isinstance(penalty, MaxNorm) and not proximal:
        raise ValueError(f"{penalty!r} is a limit and has no gradient: it needs proximal=True")
    if penalty is not None and proximal and any(isinstance(one, _ScheduleFree) for one in optimizer.innermost()):
        raise ValueError(f"{optimizer!r} computes the weights anew at each step, and would undo a proximal one")
    if not callable(penalize):
        raise TypeError(f"penalize must be a function of a parameter's name, not {penalize!r}")
    if augment is not None and not callable(augment):
        raise TypeError(f"augment must be a function (x, rng) → x, not {augment!r}")
    optimizer.settings()  # raises for a bad setting


def check_first_rows(net: Layer, x: np.ndarray, y: np.ndarray, val: tuple | None, loss: Loss, watch: str) -> None:
    """Run one row through network and loss, and look at all integer labels: what does not fit raises."""
    for part, (inputs, labels) in {"train": (x, y), "val": val or (x, y)}.items():
        with _quiet(), _naming(f"the network does not take one row of data.x_{part}"):
            scores = net.forward(inputs[:1])
        _check_classes(f"data.y_{part}", labels, scores)
        with _quiet(), _naming(f"the loss does not take one row of data.y_{part}"):
            found = loss(scores, labels[:1])
        if not (isinstance(found, tuple) and len(found) == 2 and np.shape(found[1]) == scores.shape):
            raise ValueError(f"the loss must return its mean and a gradient of shape {scores.shape}, not {found!r}")
        if watch == {"train": "accuracy", "val": "val_accuracy"}[part] and math.isnan(accuracy(scores, labels[:1])):
            raise ValueError(f"early stopping watches {watch}, but data.y_{part} holds no classes")


def _check_classes(label: str, labels: np.ndarray, scores: np.ndarray) -> None:
    """Check that there is a score for each class."""
    if scores.ndim == 2 and scores.shape[1] > 1 and labels.ndim == 1 and labels.dtype.kind in "iu":
        low, high, most = labels.min(), labels.max(), scores.shape[1] - 1
        if low < 0 or high > most:
            raise ValueError(f"{label} must lie in 0 … {most}, one class per score, not {low} … {high}")


def _check_first_epoch(net: Layer, optimizer: Optimizer, last: np.ndarray) -> None:
    """Raise for what would break the first epoch off: too few rows for batch norm, an optimizer of other shapes."""
    replay = Replay(net)  # called, it takes back what the forward pass has drawn and counted
    try:
        with _quiet(), _naming(f"the last minibatch of an epoch, of {len(last)} rows, does not fit"):
            net.forward(last, train=True)
    finally:
        replay()
    with _naming("the optimizer does not fit the network (if it has trained another one, pass optimizer.clone())"):
        while isinstance(optimizer, Wrapper):
            arrays = {name: h for name, h in optimizer.own_settings().items() if isinstance(h, np.ndarray)}
            check_broadcast(arrays, dict(net.params))
            optimizer.test_params(net.params)  # raises if it holds weights of other names or shapes
            optimizer = optimizer.inner
        # The parameters stand in for gradients: only keys, shapes and settings are looked at.
        optimizer.check(net.params, net.params, nonfinite="allow")


@contextlib.contextmanager
def _naming(what: str) -> Iterator[None]:
    """Say in an error what does not fit."""
    try:
        yield
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{what}: {error}") from error


def _quiet() -> np.errstate:
    """Silence NumPy where numbers overflow: training raises `Diverged` instead."""
    return np.errstate(over="ignore", invalid="ignore", divide="ignore")


def _augmented(augment: Callable | None, x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> tuple:
    """Return x and y as the augmentation leaves them."""
    if augment is None:
        return x, y
    return augment((x, y), rng) if getattr(augment, "changes_labels", False) else (augment(x, rng), y)


def _test(net: Layer, optimizer: Optimizer, val: tuple | None, loss: Loss) -> Score:
    """Test on the validation set, if there is one; raise Diverged if a parameter or the loss is nan or infinite."""
    for name, p in net.params.items():  # the weights to test with may hide it: Lookahead's slow ones are still finite
        if has_nonfinite(p):
            raise Diverged(f"the step made params[{name!r}] nan or infinite")
    if val is None:
        return Score(math.nan, math.nan)
    with _test_weights(net, optimizer):
        score = evaluate(net, *val, loss=loss)
        if not math.isfinite(score.loss):
            raise Diverged(f"the validation loss is {score.loss}")
        return score


def _observe(optimizer: Optimizer, loss: float) -> None:
    """Pass the loss to the schedules that set the last step's rates, if they observe it: to each once."""
    observers: list[Any] = []
    for one in optimizer.innermost():
        if not isinstance(rate := one.lr, Schedule):
            continue
        rate, _ = rate.active(one.t - 1)  # the last step's rate was lr(t − 1)
        if callable(observe := getattr(rate, "observe", None)) and not any(rate is other for other in observers):
            observers.append(rate)
            observe(loss)


def _leave(net: Layer, optimizer: Optimizer, best: _Best | None) -> None:
    """Set the network's final weights: those of the best epoch, or those that the optimizer tests with."""
    if best is not None and best.epoch:
        best.restore()
    elif optimizer.tests_others:
        copy_into(net.params, optimizer.test_params(net.params))


def _test_weights(net: Layer, optimizer: Optimizer) -> contextlib.AbstractContextManager:
    """While testing, put the weights to test with in the network, if the optimizer trains other weights."""
    return using_params(net, optimizer.test_params(net.params)) if optimizer.tests_others else contextlib.nullcontext()


def _history(log: list, best: int, stopped: str) -> History:
    columns = np.array(log, dtype=float).reshape(len(log), len(COLUMNS)).T
    return History(*columns, best=best, stopped=stopped)
