"""What a check says of answers that are wrong in their own way, and that nothing makes it raise."""

import functools
import re
import signal
import sys
import threading
import time

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import chapters
from course_lib.exercises import Case, Exercise, Mutant, NotAttempted, Status, checking, diagnosis, todo
from course_lib.exercises.limit import KEPT, call

EXERCISES = chapters.exercises()
momentum = EXERCISES["momentum"]


def right_step(x, dx, v, lr, rho):
    v = rho * v + dx
    return x - lr * v, v


def message_for(function, **options):
    result = momentum.evaluate(function, **options)
    assert result.status is Status.NOT_YET and not set(result.diagnoses) & {m.name for m in momentum.mutants}, result
    return result.message


# Callable and signature


@pytest.mark.parametrize("thing", [None, 3.0, (1, 2), "momentum_step", np.zeros(2)])
def test_not_a_function(thing):
    assert "should be the function itself" in message_for(thing)
    assert "leave out the brackets after its name" in message_for(thing)


def test_nothing_at_all():
    assert momentum.evaluate().status is Status.NOT_ATTEMPTED


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x, dx, v: x, "takes 3 arguments (x, dx, v); it should take 5 arguments (x, dx, v, lr, rho)"),
        (lambda: 0, "takes no argument; it should take 5"),
        (lambda x, dx, v, lr, rho, t: x, "takes 6 arguments"),
        (lambda x, v, dx, lr, rho: x, "in another order"),
        (lambda x, grad, v, lr, rho: x, "an argument `grad` that should be called `dx`"),
    ],
)
def test_wrong_arguments(function, words):
    assert words in message_for(function)
    assert "`def momentum_step(x, dx, v, lr, rho):`" in message_for(function)


@pytest.mark.parametrize(
    "function",
    [
        lambda *args: right_step(*args),
        lambda x, dx, v, lr=0.1, rho=0.9, verbose=False: right_step(x, dx, v, lr, rho),
        functools.partial(right_step),
        lambda x, dx, v, lr, rho: np.array(right_step(x, dx, v, lr, rho)),
        lambda x, dx, v, lr, rho: list(right_step(x, dx, v, lr, rho)),
    ],
)
def test_forms_that_are_right(function):
    assert momentum.evaluate(function).passed


class Stepper:
    def __call__(self, x, dx, v, lr, rho):
        return right_step(x, dx, v, lr, rho)

    def method(self, x, dx, v, lr, rho):
        return right_step(x, dx, v, lr, rho)


def test_methods_and_callable_objects_are_functions_too():
    assert momentum.evaluate(Stepper()).passed
    assert momentum.evaluate(Stepper().method).passed


def by_name_only(x, *, dx, v, lr, rho):
    return right_step(x, dx, v, lr, rho)


def by_name_with_defaults(x, dx, v, *, lr=0.1, rho=0.9):
    return right_step(x, dx, v, lr, rho)


@pytest.mark.parametrize(("function", "names"), [(by_name_only, "dx, v, lr, rho"), (by_name_with_defaults, "lr, rho")])
def test_arguments_by_name_only(function, names):
    message = message_for(function)
    assert f"takes {names} by name only" in message and "by position" in message
    assert "`def momentum_step(x, dx, v, lr, rho):`" in message


# Not attempted, forgotten return, errors


def test_todo_raises():
    with pytest.raises(NotAttempted, match="yours to write"):
        todo()


def test_a_todo_behind_a_try_is_still_not_attempted():
    def step(x, dx, v, lr, rho):
        try:
            todo()
        except Exception:
            pass
        return right_step(x, dx, v, lr, rho)

    assert momentum.evaluate(step).status is Status.NOT_ATTEMPTED


def test_printing_is_not_returning():
    def step(x, dx, v, lr, rho):
        print("the new x is", x - lr * (rho * v + dx))

    result = momentum.evaluate(step)
    assert "returned None" in result.message and "`return x, v`" in result.message
    assert "printing only shows a value" in result.message
    assert result.printed.startswith("the new x is")
    assert "the new x is" in repr(result)


def test_only_the_beginning_of_the_printing_is_kept(capsys):
    def step(x, dx, v, lr, rho):
        print("la " * 10_000)
        return right_step(x, dx, v, lr, rho)

    result = momentum.evaluate(step)
    assert result.passed and len(result.printed) == KEPT
    assert len(repr(result)) < 400
    assert capsys.readouterr().out == ""


def test_the_error_line_is_the_readers_own():
    def step(x, dx, v, lr, rho):
        return np.linalg.inv(np.zeros((2, 2))), v  # this very line

    message = message_for(step)
    assert "LinAlgError: Singular matrix" in message
    assert re.search(r"line \d+: return np.linalg.inv.*this very line", message)


def test_a_gradient_that_is_not_called_is_explained():
    def step(x, grad, v, lr, rho):
        return x - lr * grad, v

    message = EXERCISES["nesterov"].evaluate(step).message
    assert "TypeError" in message and "`grad(x)`" in message


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), GeneratorExit(), RecursionError("deep")])
def test_errors_that_end_programs_are_told_too(error):
    def step(x, dx, v, lr, rho):
        raise error

    assert type(error).__name__ in message_for(step)


def test_a_generator_is_told_to_return():
    def step(x, dx, v, lr, rho):
        yield x

    assert "in place of `yield`" in message_for(step)


def test_a_coroutine_is_told_to_return():
    async def step(x, dx, v, lr, rho):
        return x, v

    assert "returned a coroutine" in message_for(step)


# Endless


def test_an_endless_loop_leaves_nothing_running():
    def step(x, dx, v, lr, rho):
        while True:
            try:
                x = x + 1
            except:  # noqa: E722
                pass

    before = threading.active_count()
    assert momentum.evaluate(step, timeout=0.2).status is Status.TIMEOUT
    assert threading.active_count() == before


def test_what_cannot_be_stopped_is_said():
    waiting = threading.Event()

    def step(x, dx, v, lr, rho):
        waiting.wait(30)

    result = momentum.evaluate(step, timeout=0.1)
    waiting.set()
    assert result.status is Status.TIMEOUT
    assert "restart the kernel" in result.message and "waiting.wait(30)" in result.message


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs POSIX signals")
def test_the_readers_own_interrupt_is_theirs():
    ended = []

    def endless():
        try:
            while True:
                time.sleep(0.01)
        finally:
            ended.append(True)

    main = threading.main_thread().ident
    threading.Timer(0.2, lambda: signal.pthread_kill(main, signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        call(endless, seconds=30)
    assert ended == [True]


def test_without_threads_it_still_checks(monkeypatch):
    def no_threads(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_threads)
    assert momentum.evaluate(right_step).passed


def test_output_and_warnings_are_as_before():
    out, err = sys.stdout, sys.stderr
    momentum.evaluate(lambda x, dx, v, lr, rho: np.float64(1) / 0)
    momentum.evaluate(lambda x, dx, v, lr, rho: 1 / 0)
    assert (sys.stdout, sys.stderr) == (out, err)
    with pytest.warns(RuntimeWarning):
        np.array(1.0) / 0


def test_the_one_thing_that_cannot_be_stopped_is_admitted():
    # Tried here, it would hang the tests: `sum(range(10**11))` holds the lock that the watching thread needs.
    admitted = " ".join(Exercise.check.__doc__.split())
    assert "a single call into C that never returns cannot be stopped; restart the kernel" in admitted


# What the function does to NumPy


def wrong_step(x, dx, v, lr, rho):
    return x, v


@pytest.mark.parametrize(
    ("name", "fake"),
    [
        ("abs", lambda *args, **options: 0),
        ("argwhere", lambda *args: []),
        ("isfinite", lambda *args: True),
        ("array_equal", lambda *args, **options: True),
        ("ndarray", float),
    ],
)
@pytest.mark.parametrize("step", [right_step, wrong_step])
def test_a_changed_numpy_is_put_back_and_message_for(monkeypatch, name, fake, step):
    before = getattr(np, name)
    monkeypatch.setattr(np, name, before)  # put back even if the check forgets to

    def changing(x, dx, v, lr, rho):
        setattr(np, name, fake)
        return step(x, dx, v, lr, rho)

    result = momentum.evaluate(changing)
    assert getattr(np, name) is before
    assert result.status is Status.NOT_YET  # `use` would hand the change on to the chapter
    assert f"Your code changed `np.{name}`" in result.message and "put back" in result.message
    assert ("First difference" in result.message) is (step is wrong_step)


def test_numpy_is_put_back_after_errors_and_endless_loops(monkeypatch):
    before = np.sqrt
    monkeypatch.setattr(np, "sqrt", before)

    def broken(x, dx, v, lr, rho):
        del np.sqrt
        raise ValueError("no root")

    def endless(x, dx, v, lr, rho):
        np.sqrt = None
        while True:
            pass

    for step, words in ((broken, "no root"), (endless, "come to an end")):
        message = momentum.evaluate(step, timeout=0.2).message
        assert np.sqrt is before
        assert words in message and "Your code changed `np.sqrt`" in message


def test_what_was_changed_before_the_check_does_not_mislead_it(monkeypatch):
    monkeypatch.setattr(np, "abs", lambda *args, **options: 0)
    assert not momentum.evaluate(wrong_step).passed
    assert momentum.evaluate(right_step).passed


def test_a_new_name_in_numpy_is_no_change(monkeypatch):
    monkeypatch.setattr(np, "of_the_reader", 0, raising=False)

    def step(x, dx, v, lr, rho):
        np.another_of_the_reader = 1
        return right_step(x, dx, v, lr, rho)

    try:
        assert momentum.evaluate(step).passed
    finally:
        del np.another_of_the_reader


# Values


def test_the_first_difference_is_shown_with_a_call_to_try():
    def step(x, dx, v, lr, rho):
        x, v = right_step(x, dx, v, lr, rho)
        return x * 1.001, v

    message = message_for(step)
    case = momentum.cases(np.random.default_rng(0))[0]
    x, v, dx = float(case.start["x"]), float(case.start["v"]), float(case.arguments[0]["dx"])
    want = x - 0.1 * (0.9 * v + dx)
    assert f"`x` is {want * 1.001:.6g}, and should be {want:.6g}" in message
    assert f"momentum_step(x={x:g}, dx={dx:g}, v={v:g}, lr=0.1, rho=0.9)" in message


def test_step_and_index_of_a_later_difference():
    def step(x, dx, v, lr, rho):
        x, v = right_step(x, dx, v, lr, rho)
        if x.shape == (2, 3):
            v[1, 2] += 1
        return x, v

    assert re.search(r"First difference \(an array of shape \(2, 3\), step 1\): `v\[1, 2\]` is", message_for(step))


@pytest.mark.parametrize("size", [1e-9, 1e-6, 1e-3])
def test_the_smallest_differences_count(size):
    assert (
        momentum.evaluate(lambda x, dx, v, lr, rho: right_step(x, dx * (1 + size), v, lr, rho)).status is Status.NOT_YET
    )


def test_tiny_gradients_count():
    def step(x, dx, v, lr, rho):
        return right_step(x, np.where(abs(dx) < 1e-4, 0, dx), v, lr, rho)

    assert "tiny gradients" in message_for(step)


def test_the_nearest_mistake_is_never_guessed():
    def step(x, dx, v, lr, rho):  # uphill, and 1 % too far
        v = rho * v + dx
        return x + 1.01 * lr * v, v

    assert "uphill" not in message_for(step)


def test_an_ambiguous_mistake_is_not_named():
    twins = Exercise(
        name="momentum",
        title="Twins",
        prompt="",
        source=momentum.source,
        returns=momentum.returns,
        cases=momentum.cases,
        hints=(),
        mutants=(
            Mutant("plus", "x - lr * v", "x + lr * v", "Plus."),
            Mutant("minus minus", "x - lr * v", "x - -lr * v", "Minus minus."),
        ),
    )
    result = twins.evaluate(twins.mutated(twins.mutants[0]))
    assert result.diagnosis is None and "First difference" in result.message


def test_a_known_mistake_in_another_form_is_named():
    def step(x, dx, v, lr, rho):
        return [dx * lr + x + lr * v * rho, np.add(dx, v * rho)]

    assert momentum.evaluate(step).diagnosis == "uphill"


def test_a_known_mistake_in_float32_is_named():
    def step(x, dx, v, lr, rho):
        x, dx, v = (np.asarray(a, np.float32) for a in (x, dx, v))
        return x + np.float32(lr) * (np.float32(rho) * v + dx), np.float32(rho) * v + dx

    assert momentum.evaluate(step).diagnosis == "uphill"


def test_changing_an_argument_that_no_mutant_changes():
    def step(x, dx, v, lr, rho):
        dx *= 1.0
        dx += 1.0
        return x, v

    assert "changes `dx` in place" in message_for(step)


def test_memory_between_calls_is_message_for():
    memory = []

    def step(x, dx, v, lr, rho):
        memory.append(dx)
        x, v = right_step(x, dx, v, lr, rho)
        return x + 1e-3 * len(memory), v

    assert "different answers to the same arguments" in message_for(step)


velocity = 0.0


def global_velocity(x, dx, v, lr, rho):
    global velocity
    velocity = rho * velocity + dx
    return x - lr * velocity, velocity


def attribute_velocity(x, dx, v, lr, rho):
    attribute_velocity.v = rho * getattr(attribute_velocity, "v", 0) + dx
    return x - lr * attribute_velocity.v, attribute_velocity.v


def default_velocity(x, dx, v, lr, rho, memory=[]):  # noqa: B006
    memory.append(dx)
    v = rho * (memory[-2] if len(memory) > 1 else v) + dx
    return x - lr * v, v


@pytest.mark.parametrize("step", [global_velocity, attribute_velocity, default_velocity])
def test_state_between_calls_is_named_and_not_told_as_a_wrong_shape(step):
    result = momentum.evaluate(step)
    assert result.diagnoses == ("remembers",) and "remembers something between calls" in result.message
    assert "shape" not in result.message


# Nothing raises

numbers = st.none() | st.booleans() | st.integers() | st.floats() | st.complex_numbers() | st.text() | st.binary()
arrays = hnp.arrays(
    st.one_of(hnp.scalar_dtypes(), hnp.array_dtypes()), hnp.array_shapes(min_dims=0, max_dims=3, max_side=3)
)
junk = st.recursive(
    numbers | arrays | st.just(object()) | st.just(int) | st.builds(lambda: iter([])),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=5,
)


@given(value=junk, name=st.sampled_from(list(EXERCISES)))
@settings(max_examples=200)
def test_arbitrary_junk_is_not_yet(value, name):
    result = EXERCISES[name].evaluate(lambda *args: value)
    assert result.status is Status.NOT_YET or name == "choose"  # junk may be a fine pair of numbers
    assert len(result.message) > 20 and repr(result) and result._repr_html_()


class Hostile:
    """Raises whatever is done with it."""

    def __getattribute__(self, name):
        raise RuntimeError(name)

    def __repr__(self):
        raise SystemExit

    __len__ = __iter__ = __array__ = __call__ = __eq__ = __repr__
    __hash__ = None


class Uncountable(tuple):
    __len__ = None


@pytest.mark.parametrize("kind", ["one", "two", "tuple"])
def test_hostile_answers(kind):
    answer = {"one": lambda: Hostile(), "two": lambda: (Hostile(), Hostile()), "tuple": lambda: Uncountable((1, 2))}
    assert momentum.evaluate(lambda *args: answer[kind]()).status is Status.NOT_YET


def test_hostile_functions():
    assert momentum.evaluate(Hostile()).status is Status.NOT_YET


def test_hostile_errors():
    class Unprintable(Exception):
        def __str__(self):
            raise SystemExit

    def step(x, dx, v, lr, rho):
        raise Unprintable

    assert momentum.evaluate(step).status is Status.NOT_YET


@pytest.mark.parametrize(
    ("line", "tip"),
    [
        ("sqrt(lr)", "`np.sqrt`"),
        ("lr ^ 0.5", "A power is written `**`"),
        ("v ^ 2", "A power is written `**`"),
        ("sgrt(lr)", "`sgrt` has no meaning here. All that is needed comes as an argument: x, dx, v, lr, rho."),
        ("learning_rate * v", "`learning_rate` has no meaning here. Do you mean the argument `lr`?"),
        ("v + dw", "Do you mean the argument `dx`?"),
        ("config['momentum'] * v", "`config` has no meaning here."),
        ("[v[i] for i in range(len(x))]", "`x` is a single number in this call, and has no length. No loop is needed"),
        ("v[0]", "No loop is needed"),
        ("input()", "leave out `input()`"),
    ],
)
def test_common_slips_get_a_tip(line, tip):
    space = {}
    exec(f"def momentum_step(x, dx, v, lr, rho):\n    return x, {line}", space)
    result = momentum.evaluate(space["momentum_step"])
    assert result.status is Status.NOT_YET and tip in result.message, result
    elsewhere = "NameError" in result.message and "np.sqrt" not in result.message
    assert (result.diagnosis == "a name from elsewhere") is elsewhere


def test_a_name_that_is_set_too_late_gets_a_tip():
    def step(x, dx, v, lr, rho):
        y = y - lr * v  # noqa: F821
        return y, v

    assert "`y` is used before it has a value" in message_for(step)


@pytest.mark.parametrize("line", ["grad * lr", "grad[0] * lr", "-grad"])
def test_a_gradient_that_is_not_called_gets_a_tip(line):
    space = {}
    exec(f"def nesterov_step(x, grad, v, lr, rho):\n    return x, {line}", space)
    message = EXERCISES["nesterov"].evaluate(space["nesterov_step"]).message
    assert "`grad` is a function: its value at `x` is `grad(x)`" in message and "Bowl" not in message


@pytest.mark.parametrize("line", ["grad(x) + 'a'", "grad(x)(x)", "np.dot(grad(x), v, rho, lr, 3)", "len(grad(x))"])
def test_a_gradient_that_is_called_gets_no_such_tip(line):
    space = {"np": np}
    exec(f"def nesterov_step(x, grad, v, lr, rho):\n    return x, {line}", space)
    message = EXERCISES["nesterov"].evaluate(space["nesterov_step"]).message
    assert "Error" in message and "is a function" not in message


def test_a_gradient_that_is_called_with_too_much_is_told_by_its_own_name():
    message = EXERCISES["nesterov"].evaluate(lambda x, grad, v, lr, rho: (grad(x, v), v)).message
    assert "TypeError: grad(x) was called with 2 arguments" in message and "Bowl" not in message


# Not attempted is what was not begun


class OfALibrary(NotImplementedError):
    pass


def raises_a_subclass(x, dx, v, lr, rho):
    raise OfALibrary("no kernel for this")


def raises_elsewhere(x, dx, v, lr, rho):
    return np.fromiter((helper() for _ in range(2)), float), v


def helper():
    space = {"__name__": "a_library"}
    exec(compile("def f():\n    raise NotImplementedError('of a library')", "<a library>", "exec"), space)
    return space["f"]()


@pytest.mark.parametrize("step", [raises_a_subclass, raises_elsewhere])
def test_a_wrong_answer_is_no_unwritten_one(step):
    assert "NotImplementedError" in message_for(step) or "OfALibrary" in message_for(step)


# The call that is shown


@pytest.mark.parametrize("form", ["x.copy()", "x", "float(x)", "x[...]"])
def test_a_single_number_behaves_as_it_is_shown(form):
    """The first call is shown with plain numbers; what raises there raises when it is typed."""
    seen = []

    def step(x, dx, v, lr, rho):
        seen.append(x)
        return x, v

    shown = re.search(r"momentum_step\((.*)\)", momentum.evaluate(step).message)[1]
    typed = eval(f"dict({shown})")
    assert typed["x"] == seen[0] and isinstance(seen[0], float) and np.ndim(seen[0]) == 0
    assert step(**typed) == (typed["x"], typed["v"])


# What an answer imports is not its own time


def test_a_slow_import_is_no_endless_loop(tmp_path, monkeypatch):
    (tmp_path / "slow_to_import.py").write_text("import time\ntime.sleep(1.2)\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))

    def step(x, dx, v, lr, rho):
        import slow_to_import  # noqa: F401

        return right_step(x, dx, v, lr, rho)

    assert momentum.evaluate(step, timeout=0.8).passed


# Settings that a careless line gets wrong


@pytest.mark.parametrize(
    "line",
    ["rho = rho or 0.9", "rho = max(rho, 0.1)", "lr = min(lr, 0.5)", "rho = 0.9", "lr = 0.1", "lr = lr or 0.01"],
)
def test_every_setting_counts(line):
    space = {}
    exec(f"def momentum_step(x, dx, v, lr, rho):\n    {line}\n    v = rho * v + dx\n    return x - lr * v, v", space)
    assert momentum.evaluate(space["momentum_step"]).passed is (line == "lr = lr or 0.01")  # a rate of 0 is no rate


# -- rehearsal: what the page does while its reader writes


def sum_exercise(*mutants):
    return Exercise(
        name="total", title="Total", prompt="Add.", source="def total(a, b):\n    c = a + b\n    return c * 1\n",
        returns=("c",), hints=("Add.", "a + b"), mutants=mutants,
        cases=lambda rng: [Case.one("ones", a=1.0, b=1.0), Case.one("others", a=2.0, b=5.0)],
    )  # fmt: skip


def test_after_a_rehearsal_nothing_is_left_to_run_on_the_first_case():
    exercise = sum_exercise(
        Mutant("minus", "a + b", "a - b", "You subtract."), Mutant("doubled", "c * 1", "c * 2", "Twice.")
    )
    trial = checking.prepare(exercise, 0)
    assert len(list(diagnosis.rehearse(trial))) == 3  # two mistakes, and both together
    assert len(trial.first) == 3 and None not in trial.first.values()
    before = dict(trial.first)
    both = exercise.evaluate(lambda a, b: 2 * (a - b))
    assert both.diagnoses == ("minus", "doubled")
    assert trial.first == before


def test_a_mistake_that_never_ends_ends_no_rehearsal(monkeypatch):
    monkeypatch.setattr(diagnosis, "PATIENCE", 0.1)
    endless = Mutant("endless", "c = a + b", "c = a + b\n    while True:\n        c = c + 1", "It never ends.")
    trial = checking.prepare(sum_exercise(endless, Mutant("doubled", "c * 1", "c * 2", "Twice.")), 0)
    assert len(list(diagnosis.rehearse(trial))) == 3
    assert [len(mistakes) for mistakes in trial.first] == [1]
