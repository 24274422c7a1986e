"""Every schedule against torch's at every step; arrays against single steps; bounds, restarts, memory, bad input."""

import copy
import json
import math
import re
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib.optim import SGD, Momentum, descend
from course_lib.optim.schedules import (
    Cosine,
    Exponential,
    InverseTime,
    Linear,
    MultiStep,
    Polynomial,
    Step,
    Warmup,
    WarmupStableDecay,
)
from course_lib.optim.schedules.cycles import OneCycle, Snapshots, Triangular, WarmRestarts
from course_lib.optim.schedules.plateau import ReducePlateau
from course_lib.optim.schedules.schedule import Constant, Function, Schedule

STEPS = 200
T = torch.optim.lr_scheduler


def torch_rates(lr, make, steps=STEPS):
    """The rates that torch steps with after 0, 1, …, `steps` finished steps."""
    opt = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler, rates = make(opt), []
    for _ in range(steps):
        rates.append(opt.param_groups[0]["lr"])
        opt.step()
        scheduler.step()
    return np.array([*rates, opt.param_groups[0]["lr"]])


def agree(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-15)


# name, our schedule, torch's first rate and scheduler, the last step to compare
PARITY = [
    ("constant", Constant(0.07), 0.07, lambda o: T.ConstantLR(o, factor=1.0), 200),
    ("step", Step(0.3, every=7, factor=0.83), 0.3, lambda o: T.StepLR(o, 7, gamma=0.83), 200),
    ("step, a fifth", Step(0.3, every=3, factor=0.2), 0.3, lambda o: T.StepLR(o, 3, gamma=0.2), 200),
    ("step by default", Step(0.2, every=60), 0.2, lambda o: T.StepLR(o, 60), 200),
    ("step each", Step(2.0, every=1, factor=1.01), 2.0, lambda o: T.StepLR(o, 1, gamma=1.01), 200),
    (
        "multi-step",
        MultiStep(0.4, milestones=[1, 30, 31, 150, 200], factor=0.37),
        0.4,
        lambda o: T.MultiStepLR(o, [1, 30, 31, 150, 200], gamma=0.37),
        200,
    ),
    ("multi-step by default", MultiStep(0.4, milestones=[90]), 0.4, lambda o: T.MultiStepLR(o, [90]), 200),
    ("exponential", Exponential(0.3, factor=0.97), 0.3, lambda o: T.ExponentialLR(o, 0.97), 200),
    ("exponential, up", Exponential(1e-5, factor=1.06), 1e-5, lambda o: T.ExponentialLR(o, 1.06), 200),
    (
        "exponential, halved every 12",
        Exponential(0.3, factor=0.5, every=12),
        0.3,
        lambda o: T.ExponentialLR(o, 0.5 ** (1 / 12)),
        200,
    ),
    ("1/t", InverseTime(0.5, decay=0.13), 0.5, lambda o: T.LambdaLR(o, lambda t: 1 / (1 + 0.13 * t)), 200),
    (
        "1/sqrt t",
        InverseTime(0.5, decay=1.0, power=0.5),
        0.5,
        lambda o: T.LambdaLR(o, lambda t: 1 / math.sqrt(1 + t)),
        200,
    ),
    ("linear", Linear(0.3 * 0.9, steps=120, end=0.3 * 0.2), 0.3, lambda o: T.LinearLR(o, 0.9, 0.2, 120), 200),
    ("linear, up", Linear(0.1, steps=33, end=0.7), 0.7, lambda o: T.LinearLR(o, 1 / 7, 1.0, 33), 200),
    ("linear, one step", Linear(0.1, steps=1, end=0.2), 0.2, lambda o: T.LinearLR(o, 0.5, 1.0, 1), 200),
    ("polynomial", Polynomial(0.3, steps=170, power=2.3), 0.3, lambda o: T.PolynomialLR(o, 170, 2.3), 200),
    ("polynomial, late", Polynomial(0.3, steps=199, power=0.9), 0.3, lambda o: T.PolynomialLR(o, 199, 0.9), 200),
    ("polynomial, power 1", Polynomial(0.3, steps=200, power=1), 0.3, lambda o: T.PolynomialLR(o, 200, 1.0), 200),
    ("cosine", Cosine(0.3, steps=200, end=0.012), 0.3, lambda o: T.CosineAnnealingLR(o, 200, 0.012), 200),
    ("cosine, to zero", Cosine(0.3, steps=173), 0.3, lambda o: T.CosineAnnealingLR(o, 173), 173),
    ("cosine, up", Cosine(0.1, steps=90, end=0.4), 0.1, lambda o: T.CosineAnnealingLR(o, 90, 0.4), 90),
    *(
        (
            f"restarts {period} {growth}",
            WarmRestarts(0.3, period=period, growth=growth, end=0.02),
            0.3,
            lambda o, period=period, growth=growth: T.CosineAnnealingWarmRestarts(o, period, growth, 0.02),
            200,
        )
        for period in (1, 7, 10, 200)
        for growth in (1, 2, 3)
    ),
    ("restarts by default", WarmRestarts(0.3, period=9), 0.3, lambda o: T.CosineAnnealingWarmRestarts(o, 9), 200),
    (
        "snapshots",
        Snapshots(0.3, steps=200, cycles=6),
        0.3,
        lambda o: T.CosineAnnealingWarmRestarts(o, 34),
        200,
    ),
    *(
        (
            f"one cycle {'linear' if linear else 'cosine'} {2 + three}-phase {total}",
            OneCycle(
                0.5 / 9, peak=0.5, steps=total - 1, warmup=up - 1, end=0.5 / 9 / 70, linear=linear, three_phase=three
            ),
            0.1,
            lambda o, linear=linear, three=three, total=total, up=up: T.OneCycleLR(
                o,
                0.5,
                total_steps=total,
                pct_start=up / total,
                anneal_strategy="linear" if linear else "cos",
                cycle_momentum=False,
                div_factor=9,
                final_div_factor=70,
                three_phase=three,
            ),
            total - 1,
        )
        for linear in (False, True)
        for three in (False, True)
        for total, up in ((201, 67), (200, 60), (128, 32))
    ),
    *(
        (
            f"cyclic {mode} {up} {down}",
            Triangular(0.02, peak=0.3, up=up, down=down, **ours),
            0.1,
            lambda o, mode=mode, up=up, down=down: T.CyclicLR(
                o, 0.02, 0.3, up, down, mode=mode, gamma=0.991, cycle_momentum=False
            ),
            200,
        )
        for mode, ours in (
            ("triangular", {}),
            ("triangular2", {"cycle_factor": 0.5}),
            ("exp_range", {"step_factor": 0.991}),
        )
        for up, down in ((10, None), (7, 22), (23, 4), (1, 1))
    ),
    (
        "warm-up, then steps",
        Warmup(Step(0.4, every=40, factor=0.3), steps=25, start=0.4 * 0.05),
        0.4,
        lambda o: T.SequentialLR(o, [T.LinearLR(o, 0.05, 1.0, 25), T.StepLR(o, 40, 0.3)], [25]),
        200,
    ),
    (
        "warm-up, then cosine",
        Warmup(Cosine(0.4, steps=175, end=0.001), steps=25, start=0.1),
        0.4,
        lambda o: T.SequentialLR(o, [T.LinearLR(o, 0.25, 1.0, 25), T.CosineAnnealingLR(o, 175, 0.001)], [25]),
        200,
    ),
    *(
        (
            f"warm-up, stable, decay {steps} {up} {down}",
            WarmupStableDecay(0.4, steps=steps, warmup=up, cooldown=down, start=0.1, end=0.4 * last),
            0.4,
            lambda o, steps=steps, up=up, down=down, last=last: T.SequentialLR(
                o,
                [T.LinearLR(o, 0.25, 1.0, up), T.ConstantLR(o, 1.0), T.LinearLR(o, 1.0, last, down)],
                [up, steps - down],
            ),
            200,
        )
        for steps, up, down, last in ((200, 20, 40, 0.1), (150, 1, 75, 0.0), (199, 100, 1, 0.5), (120, 50, 69, 0.01))
    ),
    (
        "warm-up, stable, decay by a root",
        WarmupStableDecay(0.3, steps=180, warmup=30, cooldown=60, start=0.03, root=True),
        0.3,
        lambda o: T.SequentialLR(
            o,
            [T.LinearLR(o, 0.1, 1.0, 30), T.LambdaLR(o, lambda t: 1 - math.sqrt(min(max(t - 90, 0) / 60, 1)))],
            [30],
        ),
        200,
    ),
    (
        "three in sequence",
        Linear(0.05, steps=20, end=0.5).then(Exponential(0.5, factor=0.98), at=20).then(Step(0.5, every=30), at=111),
        0.5,
        lambda o: T.SequentialLR(
            o, [T.LinearLR(o, 0.1, 1.0, 20), T.ExponentialLR(o, 0.98), T.StepLR(o, 30)], [20, 111]
        ),
        200,
    ),
    (
        "a sequence that starts before the first has ended",
        Polynomial(0.5, steps=100, power=2).then(MultiStep(0.5, milestones=[3, 70], factor=0.5), at=60),
        0.5,
        lambda o: T.SequentialLR(o, [T.PolynomialLR(o, 100, 2.0), T.MultiStepLR(o, [3, 70], 0.5)], [60]),
        200,
    ),
]
EVERY = [schedule for _, schedule, *_ in PARITY]
EVERY += [ReducePlateau(0.3), Function(lambda step: 0.1 / (1 + step)), WarmRestarts(0.2, period=3, growth=1.37)]


@pytest.mark.filterwarnings("ignore:The epoch parameter in `scheduler.step")  # SequentialLR's own
@pytest.mark.parametrize(("ours", "lr", "make", "last"), [row[1:] for row in PARITY], ids=[row[0] for row in PARITY])
def test_equal_to_torch_at_every_step(ours, lr, make, last):
    theirs = torch_rates(lr, make, last)
    agree([ours(step) for step in range(last + 1)], theirs)
    agree(ours(np.arange(last + 1)), theirs)


def test_every_schedule_meets_torch():
    """A new schedule must come with its partner."""
    own = [Schedule]
    for cls in own:
        own += cls.__subclasses__()
    own = {cls for cls in own if cls.__module__.startswith("course_lib.")}
    assert own - {type(s) for s in EVERY} == {Schedule}


# What is published


def test_huang_s_formula():
    """Equation 2 of the paper counts steps from 1."""
    for steps, cycles in ((200, 5), (201, 5), (7, 7), (50, 1)):
        period = math.ceil(steps / cycles)
        paper = [0.2 / 2 * (math.cos(math.pi * ((t - 1) % period) / period) + 1) for t in range(1, steps + 1)]
        schedule = Snapshots(0.2, steps=steps, cycles=cycles)
        np.testing.assert_allclose(schedule(np.arange(steps)), paper, rtol=1e-13, atol=1e-17)
        ends = schedule.ends()
        assert ends[-1] == steps and len(ends) == cycles
        assert all(schedule(t) == 0.2 for t in ends[:-1])  # the next cycle begins


def test_an_ensemble_has_as_many_members_as_were_asked_for():
    """Or the refusal says what would do: the number of cycles, and the least and the largest number of steps."""
    refused = set()
    for steps in range(1, 61):
        for cycles in range(1, steps + 1):
            try:
                assert len(Snapshots(0.1, steps=steps, cycles=cycles).ends()) == cycles
            except ValueError as error:
                refused.add((steps, cycles))
                fewer, least, most = map(
                    int, re.search(r"cycles=(\d+), or steps from (\d+) to (\d+)$", str(error)).groups()
                )
                assert fewer < cycles and len(Snapshots(0.1, steps=steps, cycles=fewer).ends()) == fewer
                for more in (least, most):
                    assert more > steps and len(Snapshots(0.1, steps=more, cycles=cycles).ends()) == cycles
                with pytest.raises(ValueError, match=f"steps={least - 1}"):
                    Snapshots(0.1, steps=least - 1, cycles=cycles)
    assert {(10, 6), (50, 20)} <= refused and (10, 5) not in refused and (10, 4) not in refused


def test_goyal_s_warm_up():
    """From η to kη in five epochs, then a tenth at epochs 30, 60 and 80; an epoch is 10 steps here."""
    schedule = Warmup(MultiStep(3.2, milestones=[250, 550, 750]), steps=50, start=0.1)
    assert schedule(0) == 0.1 and schedule(50) == 3.2
    np.testing.assert_allclose(np.diff(schedule(np.arange(51))), 3.1 / 50, rtol=1e-12)
    np.testing.assert_allclose(schedule([299, 300, 599, 600, 799, 800]), [3.2, 0.32, 0.32, 0.032, 0.032, 0.0032])


def test_the_stable_rate_does_not_know_the_end():
    """What makes it worth having: longer runs share their beginning; no rise and fall are needed, but may fill it."""
    short, long = (WarmupStableDecay(0.2, steps=n, warmup=5, cooldown=20) for n in (100, 1000))
    assert np.array_equal(short(np.arange(80)), long(np.arange(80))) and short(81) < long(81)
    full = WarmupStableDecay(0.2, steps=10, warmup=4, cooldown=6, start=0.1, end=0.05)(np.arange(12))
    np.testing.assert_allclose(full, [*np.linspace(0.1, 0.2, 5), *np.linspace(0.2, 0.05, 7)[1:], 0.05])
    with pytest.raises(ValueError, match=r"warmup \+ cooldown must be at most steps=10, not 5 \+ 6"):
        WarmupStableDecay(0.2, steps=10, warmup=5, cooldown=6)
    with pytest.raises(TypeError, match="root must be True or False"):
        WarmupStableDecay(0.2, steps=10, warmup=5, cooldown=5, root=1)


def test_triangular_is_smith_s_code():
    """The paper's own lines (§3.1)."""
    base, top, stepsize = 0.01, 0.3, 13
    for t in range(200):
        cycle = math.floor(1 + t / (2 * stepsize))
        x = abs(t / stepsize - 2 * cycle + 1)
        lr = base + (top - base) * max(0, 1 - x)
        assert Triangular(base, peak=top, up=stepsize)(t) == pytest.approx(lr, rel=1e-12)


# Arrays


@pytest.mark.parametrize("schedule", EVERY, ids=repr)
def test_an_array_gives_the_bits_of_its_elements(schedule):
    steps = np.concatenate([np.arange(257), [10**4, 10**6, 2**31, 10**9]])
    alone = [schedule(step) for step in steps.tolist()]
    assert all(type(rate) is float for rate in alone)
    rates = schedule(steps)
    assert rates.dtype == np.float64 and rates.tobytes() == np.array(alone).tobytes()
    for changed in (
        steps.reshape(3, -1),
        steps[::-1],
        steps[::2],
        steps.astype(float),
        steps.astype(np.uint64).reshape(3, 87, 1),
        np.asfortranarray(steps.reshape(3, -1)),
        steps[:0],
        np.broadcast_to(steps, (2, steps.size)),
    ):
        expected = np.array([schedule(step) for step in changed.ravel().tolist()]).reshape(changed.shape)
        got = schedule(changed)
        assert got.shape == changed.shape and np.array_equal(got, expected) and got.flags.writeable
    assert schedule([3, 4]).tolist() == alone[3:5]
    for step in (np.int64(7), np.uint8(7), np.array(7), 7.0, np.float32(7)):
        assert type(schedule(step)) is float and schedule(step) == alone[7]


@given(st.lists(st.integers(0, 2**52), min_size=1, max_size=40), st.sampled_from(EVERY))
def test_so_at_any_steps(steps, schedule):
    assert schedule(steps).tobytes() == np.array([schedule(step) for step in steps]).tobytes()


def test_steps_between_steps():
    """Epochs in fractions are steps, too."""
    assert Linear(1.0, steps=2)(0.5) == 0.75
    assert Step(1.0, every=2, factor=0.5)([1.5, 2.5]).tolist() == [1.0, 0.5]


GRID = np.array([[0.1], [0.2], [0.7]])
GRIDS = [
    Constant(GRID),
    Step(GRID, every=3, factor=np.array([[0.5], [0.2], [0.9]])),
    MultiStep(0.1, milestones=[5], factor=GRID),
    Exponential(GRID, factor=0.9),
    InverseTime(0.1, decay=GRID, power=GRID),
    Linear(GRID, steps=10, end=0.01),
    Polynomial(0.3, steps=10, power=GRID, end=GRID / 2),
    Cosine(0.3, steps=10, end=GRID),
    WarmRestarts(GRID, period=4, growth=2),
    Snapshots(GRID, steps=12, cycles=3),
    Triangular(0.1, peak=GRID, up=4),
    OneCycle(GRID, peak=1.0, steps=10, warmup=3, end=GRID / 9),
    Warmup(Cosine(GRID, steps=10), steps=3, start=GRID / 10),
    Warmup(0.3, steps=3, start=GRID),
    WarmupStableDecay(GRID, steps=15, warmup=3, cooldown=4, start=GRID / 10, end=GRID / 5),
    Constant(0.1).then(GRID, at=3).then(Linear(GRID, steps=4), at=8),
]


@pytest.mark.parametrize("schedule", GRIDS, ids=repr)
def test_a_grid_of_rates(schedule):
    steps = np.arange(20)
    rates = schedule(steps)
    assert rates.shape == (3, 20) and schedule.shape == (3, 1)
    for step in steps:
        assert schedule(int(step)).shape == (3, 1)
        assert np.array_equal(schedule(int(step))[:, 0], rates[:, step])
    for row in range(3):
        np.testing.assert_allclose(rates[row], pick(schedule, row)(steps), rtol=1e-15)


def pick(value, row):
    """One row of a grid of schedules, as a schedule of plain numbers."""
    if isinstance(value, Schedule):
        return type(value)(**{name: pick(getattr(value, name), row) for name in value.hyper})
    return float(value[row, 0]) if isinstance(value, np.ndarray) else value


def test_the_grid_is_not_handed_out():
    lr = np.array([0.1, 0.2])
    schedule = Constant(lr)
    schedule(0)[:] = 7.0
    assert lr.tolist() == [0.1, 0.2] == schedule(0).tolist()
    assert Constant(np.array([0.1]))(0).shape == (1,)


# Properties

rates_ = st.floats(0, 10, allow_subnormal=False)
counts = st.integers(1, 1000)


@given(rates_, rates_, counts, st.floats(0, 5))
def test_falling_and_rising_between_two_rates(lr, end, steps, power):
    t = np.arange(steps + 50)
    ulp = 4 * np.spacing(max(lr, end))
    for schedule in (
        Linear(lr, steps=steps, end=end),
        Cosine(lr, steps=steps, end=end),
        Polynomial(lr, steps=steps, power=power, end=end),
    ):
        rates = schedule(t)
        assert rates[0] == pytest.approx(lr, abs=ulp)
        if power > 0:
            assert np.all(rates[steps:] == end)
        assert np.all(np.diff(rates) * np.sign(end - lr) >= -ulp)
        assert rates.min() >= max(0, min(lr, end) - ulp) and rates.max() <= max(lr, end) + ulp


@given(rates_, st.floats(0, 1), counts)
def test_decays_never_rise_nor_leave_their_range(lr, factor, every):
    t = np.arange(400)
    milestones = [every, every + 1, 3 * every]
    for schedule in (
        Step(lr, every=every, factor=factor),
        Exponential(lr, every=every, factor=factor),
        MultiStep(lr, milestones=milestones, factor=factor),
        InverseTime(lr, decay=factor),
    ):
        rates = schedule(t)
        assert rates[0] == lr
        assert np.all(np.diff(rates) <= np.spacing(lr)) and np.all(rates >= 0)
    jumps = np.flatnonzero(np.diff(MultiStep(1.0, milestones=milestones, factor=0.5)(t))) + 1
    assert jumps.tolist() == sorted({m for m in milestones if m < 400})


@given(rates_, rates_, rates_, st.integers(3, 300), st.data(), st.booleans(), st.booleans())
def test_one_cycle_goes_through_its_corners(lr, peak, end, steps, data, linear, three):
    warmup = data.draw(st.integers(1, (steps - 1) // (2 if three else 1)))
    schedule = OneCycle(lr, peak=peak, steps=steps, warmup=warmup, end=end, linear=linear, three_phase=three)
    corners = {0: lr, warmup: peak, steps: end, steps + 9: end} | ({2 * warmup: lr} if three else {})
    for step, rate in corners.items():
        assert schedule(step) == pytest.approx(rate, abs=1e-15)
    rates = schedule(np.arange(steps + 10))
    assert rates.min() >= max(0, min(lr, peak, end) - 1e-14) and rates.max() <= max(lr, peak, end) + 1e-14


@given(st.integers(1, 50), st.integers(1, 10), st.integers(0, 40))
def test_restarts_are_exact_however_late(period, growth, n):
    """Python's integers say where the n-th restart is; up to 2**53 every whole step counts."""
    start = sum(period * growth**i for i in range(n))
    length = period * growth**n
    if start + length > 2**53:
        return
    schedule = WarmRestarts(0.5, period=period, growth=growth, end=0.1)
    assert schedule(start) == 0.5
    assert schedule(start + length) == 0.5
    if length > 1:
        before = 0.1 + 0.4 * (1 + math.cos(math.pi * (length - 1) / length)) / 2
        assert schedule(start + length - 1) == pytest.approx(before, rel=1e-12)
        assert schedule([start, start + length - 1])[1] < 0.5
    if start + length < 10**5:
        wanted = [sum(period * growth**i for i in range(k)) for k in range(n + 1)]
        assert schedule.restarts(start + 1) == wanted
        assert schedule.restarts(start + length) == wanted
        assert schedule.restarts(start + length + 1) == [*wanted, start + length]


@given(st.integers(1, 20), st.fractions(1, 3, max_denominator=8), st.integers(1, 12))
def test_restarts_of_periods_that_are_not_whole(period, growth, n):
    start = sum((period * growth**i for i in range(n)), Fraction(0))
    schedule = WarmRestarts(0.5, period=period, growth=float(growth))
    assert schedule.restarts(math.ceil(start) + 1)[-1] in (math.ceil(start), math.ceil(start + period * growth**n))
    assert max(schedule(np.arange(500))) <= 0.5 and min(schedule(np.arange(500))) >= 0
    cut = np.array(schedule.restarts(500))
    falls = np.diff(schedule(np.arange(500))) <= 0
    assert set(np.flatnonzero(~falls) + 1) <= set(cut.tolist())


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 10**9))
def test_triangles_come_round(up, down, n):
    schedule = Triangular(0.1, peak=0.5, up=up, down=down)
    start = n * (up + down)
    assert schedule(start) == 0.1 and schedule(start + up) == 0.5
    rates = schedule(start + np.arange(up + down + 1))
    assert np.all(np.diff(rates[: up + 1]) > 0) and np.all(np.diff(rates[up:]) < 0)


@given(st.sampled_from(EVERY), st.integers(1, 100), rates_)
def test_warm_up_is_a_ramp_and_then_the_schedule_itself(schedule, steps, start):
    warm = Warmup(schedule, steps=steps, start=start)
    t = np.arange(50)
    assert np.array_equal(warm(t + steps), schedule(t))
    np.testing.assert_allclose(
        warm(np.arange(steps)), np.linspace(start, schedule(0), steps, endpoint=False), rtol=1e-12, atol=1e-15
    )
    joined = Linear(start, steps=steps, end=schedule(0)).then(schedule, at=steps)
    np.testing.assert_allclose(warm(np.arange(steps + 50)), joined(np.arange(steps + 50)), rtol=1e-12, atol=1e-15)


@given(st.lists(st.sampled_from([s for s in EVERY if not hasattr(s, "at")]), min_size=2, max_size=5), st.data())
def test_a_chain_is_its_parts(parts, data):
    at = sorted(data.draw(st.sets(st.integers(1, 100), min_size=len(parts) - 1, max_size=len(parts) - 1)))
    chain = parts[0]
    for part, start in zip(parts[1:], at, strict=True):
        chain = chain.then(part, at=start)
    bounds = [0, *at, 150]
    expected = [
        part(step - a) for part, a, b in zip(parts, bounds[:-1], bounds[1:], strict=True) for step in range(a, b)
    ]
    assert chain(np.arange(150)).tolist() == expected


def test_functions_and_numbers_are_schedules_in_a_chain():
    def drop(step):
        assert type(step) is int
        return 0.1 if step < 3 else 0.01

    schedule = Warmup(drop, steps=2).then(0.5, at=7).then(drop, at=8)
    assert schedule(np.arange(10)).tolist() == [0.0, 0.05, 0.1, 0.1, 0.1, 0.01, 0.01, 0.5, 0.1, 0.1]
    assert repr(schedule) == "Warmup(schedule=Function(f=drop), steps=2, start=0.0).then(Constant(lr=0.5), at=7).then(Function(f=drop), at=8)"  # fmt: skip  # noqa: E501
    table = [0.3, 0.2, 0.1]
    assert Function(table.__getitem__).then(0.5, at=3)(np.arange(5)).tolist() == [0.3, 0.2, 0.1, 0.5, 0.5]
    with pytest.raises(ValueError, match=r"^<lambda>\(0\) must be finite and at least 0, not -1"):
        Function(lambda step: -1.0)(0)
    with pytest.raises(TypeError, match=r"^<lambda>\(2\) must be a number"):
        Function(lambda step: None)([2, 3])


# Printing, comparing, copying


@pytest.mark.parametrize("schedule", [s for s in EVERY if not isinstance(s, Function)], ids=repr)
def test_it_prints_what_makes_it(schedule):
    again = eval(repr(schedule), globals())
    assert again == schedule and again is not schedule
    assert repr(again) == repr(schedule)
    assert schedule == copy.deepcopy(schedule) == copy.copy(schedule) == schedule.clone()
    assert schedule != Constant(0.123456) and schedule != 0.1


def test_what_it_prints():
    assert repr(Cosine(0.1, steps=200, end=0.001)) == "Cosine(lr=0.1, steps=200, end=0.001)"
    assert repr(Cosine(np.float32(0.5), steps=np.int64(9))) == "Cosine(lr=0.5, steps=9, end=0.0)"
    assert repr(Cosine(GRID, steps=9)) == "Cosine(lr=array(3, 1), steps=9, end=0.0)"
    assert repr(Constant(1).then(Step(1, every=2), at=5)) == "Constant(lr=1.0).then(Step(lr=1.0, every=2, factor=0.1), at=5)"  # fmt: skip  # noqa: E501
    assert repr(OneCycle(0.1, peak=0.5, steps=9, warmup=3)) == (
        "OneCycle(lr=0.1, peak=0.5, steps=9, warmup=3, end=0.0, linear=False, three_phase=False)"
    )
    assert repr(SGD(Cosine(0.1, steps=9))) == "SGD(lr=Cosine(lr=0.1, steps=9, end=0.0))"


def test_equal_by_value():
    assert Cosine(0.1, steps=9) == Cosine(0.1, steps=9) != Cosine(0.1, steps=8)
    assert Cosine(0.1, steps=9) != Linear(0.1, steps=9)
    assert Cosine(GRID, steps=9) == Cosine(GRID.copy(), steps=9) != Cosine(2 * GRID, steps=9)
    assert Warmup(Cosine(0.1, steps=9), steps=2) == Warmup(Cosine(0.1, steps=9), steps=2)
    assert Warmup(Cosine(0.1, steps=9), steps=2) != Warmup(Cosine(0.2, steps=9), steps=2)


# In an optimizer


@pytest.mark.parametrize("schedule", EVERY, ids=repr)
def test_an_optimizer_takes_it(schedule):
    x, y = np.array([1.0, -2.0]), np.array([1.0, -2.0])
    opt, plain = Momentum(schedule, rho=0.7), Momentum(0.0, rho=0.7)
    for step in range(60):
        opt.step(x, np.sin(x))
        plain.lr = schedule(step)
        plain.step(y, np.sin(y))
    assert np.array_equal(x, y)
    assert repr(opt.clone()) == repr(opt)
    z = np.array([1.0, -2.0])
    again = opt.clone()
    for _ in range(60):
        again.step(z, np.sin(z))
    assert np.array_equal(x, z)


def test_a_grid_of_schedules_is_as_many_runs():
    lrs = np.array([0.05, 0.1, 0.3])
    x, opt = np.full(3, 2.0), SGD(Warmup(Cosine(lrs, steps=40), steps=10, start=lrs / 10))
    for _ in range(60):
        opt.step(x, 2 * x)
    for i, lr in enumerate(lrs):
        y, opt = np.array([2.0]), SGD(Warmup(Cosine(lr, steps=40), steps=10, start=lr / 10))
        for _ in range(60):
            opt.step(y, 2 * y)
        np.testing.assert_allclose(x[i], y[0], rtol=1e-13)


# Reduce on plateau


def torch_plateau(losses, lr, **options):
    opt = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler, rates = T.ReduceLROnPlateau(opt, eps=0.0, **options), []
    for loss in losses:
        scheduler.step(loss)
        rates.append(opt.param_groups[0]["lr"])
    return rates


PLATEAUS = [
    {},
    {"factor": 0.5, "patience": 3},
    {"factor": 0.7, "patience": 0, "floor": 0.01},
    {"factor": 0.31, "patience": 2, "cooldown": 5, "threshold": 0.02},
    {"factor": 0.9, "patience": 1, "cooldown": 1, "threshold": 0.0, "floor": 0.05},
    {"factor": 0.0, "patience": 4, "floor": 0.02},
    {"factor": 0.5, "patience": 3, "floor": 2.0},
]


def random_walk(seed, n=STEPS):
    """Losses that fall, level off and rise: exp of a random walk with a drift."""
    rng = np.random.default_rng(seed)
    return np.exp(np.cumsum(0.05 * rng.normal(size=n) - 0.02 * rng.random()))


@pytest.mark.parametrize("options", PLATEAUS, ids=str)
@pytest.mark.parametrize("mode", ["min", "max"])
def test_plateau_is_torch_s(options, mode):
    theirs = {"min_lr" if k == "floor" else k: v for k, v in options.items()}
    drops = 0
    for seed in range(10):
        losses = random_walk(seed)
        losses[seed::17] = losses[0]  # ties
        losses[5 * seed + 3] = math.nan
        if mode == "min":  # torch takes a maximum of infinity as the best there can be
            losses[5 * seed + 4] = math.inf
        plateau = ReducePlateau(0.3, **options)
        ours = [plateau.observe(loss if mode == "min" else -loss) for loss in losses]
        assert ours == torch_plateau(losses, 0.3, mode=mode, **theirs)
        assert plateau(0) == plateau(10**6) == ours[-1]
        drops += len(set(ours)) - 1
    assert drops > 10 or options.get("floor") == 2.0 or "factor" not in options or options["factor"] == 0.0


def test_plateau_below_zero():
    """A loss may be negative: then only what lies θ|ℓ*| below is better (torch would take a little more as better)."""
    plateau = ReducePlateau(1.0, factor=0.5, patience=0, threshold=0.1)
    assert [plateau.observe(loss) for loss in (-10.0, -10.5, -11.5, -11.0)] == [1.0, 0.5, 0.5, 0.25]
    assert ReducePlateau(1.0, threshold=0.5).observe(0.0) == 1.0


def test_a_run_that_diverges_slows_down():
    plateau = ReducePlateau(1.0, factor=0.5, patience=1)
    assert plateau.state_dict() == {"now": 1.0, "best": math.inf, "bad": 0, "rest": 0}
    losses = [2.0, math.nan, math.inf, math.nan, np.float32("nan"), -math.inf, 1.0]
    assert [plateau.observe(loss) for loss in losses] == [1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.25]
    assert plateau.state_dict() == {"now": 0.25, "best": 1.0, "bad": 0, "rest": 0}


@pytest.mark.parametrize("options", PLATEAUS, ids=str)
@pytest.mark.parametrize("cut", [0, 1, 57, 120])
def test_plateau_saved_in_mid_run(options, cut):
    losses = random_walk(3)
    whole, first, second = (ReducePlateau(0.3, **options) for _ in range(3))
    expected = [whole.observe(loss) for loss in losses]
    rates = [first.observe(loss) for loss in losses[:cut]]
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    copied = copy.deepcopy(first)
    assert second == first == copied
    for other in (second, copied):
        assert rates + [other.observe(loss) for loss in losses[cut:]] == expected
    assert len(rates) == cut and first(0) == (rates[-1] if cut else 0.3)  # the copies have not moved it


def test_plateau_in_an_optimizer_and_in_a_chain():
    plateau = ReducePlateau(0.4, factor=0.5, patience=0)
    schedule = Warmup(plateau, steps=4)
    x, opt, rates = np.array([1.0]), SGD(schedule), []
    for loss in [5.0, 4.0, 3.0, 3.0, 3.0, 2.0]:
        rates.append(opt.settings()["lr"])
        opt.step(x, x.copy())
        opt.lr.schedule.observe(loss)  # the optimizer has the plateau itself, no copy
    assert rates == [0.0, 0.1, 0.2, pytest.approx(0.3), 0.2, 0.1]
    assert schedule.clone().schedule == ReducePlateau(0.4, factor=0.5, patience=0) != plateau
    assert (plateau.now, plateau.best) == (0.1, 2.0)  # untouched
    chain = plateau.then(Cosine(0.1, steps=5), at=9)
    assert chain(3) == 0.1 and chain.clone()(3) == 0.4


class Epochs(Schedule):
    """A schedule whose constructor takes other names than it hands on, and which holds a plateau by another name."""

    def __init__(self, epochs):
        super().__init__(lr=0.5, steps=100 * epochs)
        self.plateau = ReducePlateau(0.5, patience=0)

    def rate(self, t):
        return self.plateau.now * (1 - t / self.steps)


def test_fresh_does_not_go_through_the_constructor():
    schedule = Epochs(3)
    for loss in (2.0, 3.0):
        schedule.plateau.observe(loss)
    assert schedule(150) == pytest.approx(0.025) and schedule.clone()(150) == 0.25 and schedule.clone().steps == 300
    assert schedule(150) == pytest.approx(0.025), "the given one keeps its memory"
    path = descend(lambda x: x, SGD(schedule), [1.0], 2)
    np.testing.assert_allclose(path.ravel(), [1.0, 0.5, 0.5 * (1 - 0.5 * 299 / 300)], rtol=1e-15)
    assert repr(schedule) == "Epochs(lr=0.5, steps=300)"


# Bad input


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Constant(-0.1), ValueError, "^lr must be finite and at least 0, not -0.1"),
        (lambda: Constant(math.nan), ValueError, "^lr must be"),
        (lambda: Constant("a"), TypeError, "^lr must be a number or a NumPy array of numbers, not 'a'"),
        (lambda: Constant([0.1, 0.2]), TypeError, "^lr must be a number or a NumPy array"),
        (lambda: Constant(True), TypeError, "^lr must be"),
        (lambda: Constant(np.array([0.1, -1.0])), ValueError, "^lr must be .* not -1.0"),
        (lambda: Step(0.1, every=0), ValueError, "^every must be at least 1, not 0"),
        (lambda: Step(0.1, every=2.5), TypeError, "^every must be an integer, not 2.5"),
        (lambda: Step(0.1, every=True), TypeError, "^every must be an integer, not True"),
        (lambda: Step(0.1, every=3, factor=-1), ValueError, "^factor must be"),
        (lambda: MultiStep(0.1, milestones=[3, 3]), ValueError, r"^milestones must increase, not \[3, 3\]"),
        (lambda: MultiStep(0.1, milestones=[3, 1]), ValueError, "^milestones must increase"),
        (lambda: MultiStep(0.1, milestones=[0, 1]), ValueError, r"^milestones\[0\] must be at least 1, not 0"),
        (lambda: MultiStep(0.1, milestones=[1, 2.5]), TypeError, r"^milestones\[1\] must be an integer"),
        (lambda: MultiStep(0.1, milestones=30), TypeError, "^milestones must be a list of step counts, not 30"),
        (lambda: MultiStep(0.1, milestones="12"), TypeError, "^milestones"),
        (lambda: MultiStep(0.1, milestones=[[1, 2]]), TypeError, "^milestones"),
        (lambda: Exponential(0.1, factor=math.inf), ValueError, "^factor must be"),
        (lambda: InverseTime(0.1, decay=-1.0), ValueError, "^decay must be"),
        (lambda: Linear(0.1, steps=0), ValueError, "^steps must be at least 1, not 0"),
        (lambda: Linear(0.1, steps=9, end=-0.1), ValueError, "^end must be"),
        (lambda: Polynomial(0.1, steps=9, power=-1), ValueError, "^power must be"),
        (lambda: Cosine(0.1, steps="9"), TypeError, "^steps must be an integer, not '9'"),
        (lambda: Cosine(np.ones(3), steps=9, end=np.ones(4)), ValueError, r"lr \(3,\), end \(4,\)$"),
        (lambda: WarmRestarts(0.1, period=0), ValueError, "^period must be at least 1"),
        (lambda: WarmRestarts(0.1, period=9, growth=0.5), ValueError, "^growth must be finite and at least 1, not 0.5"),
        (lambda: WarmRestarts(0.1, period=9, growth=np.array([1.0])), TypeError, "^growth must be one number"),
        (lambda: WarmRestarts(0.1, period=9).restarts(0), ValueError, "^steps must be at least 1"),
        (lambda: Snapshots(0.1, steps=9, cycles=10), ValueError, "^cycles must be at most steps=9, not 10"),
        (
            lambda: Snapshots(0.1, steps=10, cycles=6),
            ValueError,
            "^cycles=6 .* steps=10.*cycles=5, or steps from 11 to 12",
        ),
        (lambda: Triangular(0.1, peak=1.0, up=0), ValueError, "^up must be"),
        (lambda: Triangular(0.1, peak=-1.0, up=1), ValueError, "^peak must be"),
        (lambda: Triangular(0.1, peak=1.0, up=1, step_factor=-1), ValueError, "^step_factor must be"),
        (lambda: OneCycle(0.1, peak=1.0, steps=9, warmup=9), ValueError, "^warmup must be below steps=9, not 9"),
        (
            lambda: OneCycle(0.1, peak=1.0, steps=9, warmup=5, three_phase=True),
            ValueError,
            "^warmup must be below half of steps=9, not 5",
        ),
        (lambda: OneCycle(0.1, peak=1.0, steps=9, warmup=3, linear=1), TypeError, "^linear must be True or False"),
        (lambda: Warmup(Cosine, steps=9), TypeError, "^schedule must be"),
        (lambda: Warmup(-0.1, steps=9), ValueError, "^schedule must be"),
        (lambda: Warmup(0.1, steps=0), ValueError, "^steps must be at least 1"),
        (lambda: Warmup(np.ones(2), steps=3, start=np.ones(3)), ValueError, r"schedule \(2,\), start \(3,\)$"),
        (lambda: Constant(0.1).then(None, at=3), TypeError, "^second must be"),
        (lambda: Constant(0.1).then(0.2, at=0), ValueError, "^at must be at least 1"),
        (
            lambda: Constant(0.1).then(0.2, at=5).then(0.3, at=5),
            ValueError,
            "^at must be later than the previous change, at=5, not 5",
        ),
        (lambda: Function(3), TypeError, "^f must be a function"),
        (lambda: ReducePlateau(np.ones(2)), TypeError, "^lr must be one number"),
        (lambda: ReducePlateau(0.1, factor=1.0), ValueError, "^factor must be at least 0 and below 1, not 1.0"),
        (lambda: ReducePlateau(0.1, patience=-1), ValueError, "^patience must be at least 0"),
        (lambda: ReducePlateau(0.1, threshold=1.0), ValueError, "^threshold must be"),
        (lambda: ReducePlateau(0.1, cooldown=1.5), TypeError, "^cooldown must be an integer"),
        (lambda: ReducePlateau(0.1, floor=-1.0), ValueError, "^floor must be"),
    ],
)
def test_a_bad_setting_is_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("schedule", EVERY, ids=repr)
@pytest.mark.parametrize(
    ("step", "error"),
    [
        (-1, ValueError),
        (math.nan, ValueError),
        (math.inf, ValueError),
        ([0, -3], ValueError),
        (True, TypeError),
        ("3", TypeError),
        (None, TypeError),
        (1j, TypeError),
        ([None], TypeError),
        (10**30, TypeError),
    ],
    ids=str,
)
def test_a_bad_step_is_named(schedule, step, error):
    with pytest.raises(error, match=r"^step must be"):
        schedule(step)


def test_steps_that_do_not_fit_the_grid():
    with pytest.raises(ValueError, match=r"step \(5,\), the rates \(3,\)$"):
        Constant(np.ones(3))(np.arange(5))


def test_a_schedule_is_a_value():
    schedule, lr = Cosine(0.1, steps=10), np.array([0.1, 0.2])
    with pytest.raises(AttributeError, match=r"^steps cannot change: a schedule is a value, so make a new Cosine"):
        schedule.steps = 20
    grid = Constant(lr)
    lr[:] = 7.0
    assert schedule == Cosine(0.1, steps=10) and grid(0).tolist() == [0.1, 0.2]


def test_a_setting_cannot_hide_a_method():
    class Mine(Schedule):
        def __init__(self, rate):
            super().__init__(rate=rate)

    with pytest.raises(ValueError, match=r"^rate cannot be a setting: it is an attribute of Mine"):
        Mine(0.1)


@pytest.mark.parametrize(
    ("loss", "message"),
    [("3", "^loss must be a number"), (None, "^loss"), (True, "^loss"), (np.ones(2), "^loss"), (1j, "^loss")],
)
def test_a_bad_loss_is_named_and_not_counted(loss, message):
    plateau = ReducePlateau(0.1)
    plateau.observe(1.0)
    before = plateau.state_dict()
    with pytest.raises(TypeError, match=message):
        plateau.observe(loss)
    assert plateau.state_dict() == before


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"now": -1.0}, ValueError, r"^state\['now'\] must be"),
        ({"now": "a"}, TypeError, r"^state\['now'\] must be"),
        ({"best": math.nan}, ValueError, r"^state\['best'\] must be a loss"),
        ({"best": None}, TypeError, r"^state\['best'\] must be"),
        ({"bad": -1}, ValueError, r"^state\['bad'\] must be"),
        ({"rest": 0.5}, TypeError, r"^state\['rest'\] must be"),
        ({"more": 1}, ValueError, "^state must have the keys"),
    ],
)
def test_a_bad_state_changes_nothing(change, error, message):
    plateau = ReducePlateau(0.1)
    plateau.observe(1.0)
    before = plateau.state_dict()
    with pytest.raises(error, match=message):
        plateau.load_state_dict({"now": 0.05, "best": 0.5, "bad": 1, "rest": 1} | change)
    with pytest.raises(ValueError, match=r"^state must have the keys"):
        plateau.load_state_dict({"now": 0.05})
    with pytest.raises(TypeError, match=r"^state must be a dict"):
        plateau.load_state_dict([1])
    assert plateau.state_dict() == before


def test_a_schedule_must_say_its_rate():
    with pytest.raises(NotImplementedError, match=r"^Schedule must define rate"):
        Schedule(lr=0.1)(0)
