"""What a declaration may ask for: one result or many, whole numbers, labels, classes, tensors, broken code."""

import numpy as np
import pytest

from course_lib.exercises import Case, DeclarationError, Exercise, Mutant, Status


def declare(source, returns, cases, *mutants, **fields):
    fields = {"name": "trial", "title": "Trial", "prompt": "Try.", "hints": ("One.", "Two."), **fields}
    mutants = tuple(Mutant(*parts) for parts in mutants)
    return Exercise(source=source, returns=returns, cases=lambda rng: list(cases), mutants=mutants, **fields)


def built(source, name="f"):
    space = {"np": np}
    exec(source, space)
    return space[name]


DOUBLE = "def f(x):\n    return 2 * x\n"
double = [Case.one("a number", x=np.array(1.5)), Case.one("three numbers", x=np.arange(3.0))]


# One result


def one_result(*mutants, **fields):
    return declare(DOUBLE, ("y",), double, *mutants, **fields)


@pytest.mark.parametrize("form", ["2 * x", "(x + x,)", "np.add(x, x)", "x * np.float64(2)"])
def test_one_result_is_returned_by_itself(form):
    assert one_result().evaluate(built(f"def f(x):\n    return {form}\n")).passed


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("2 * x, x", "returned 2 values; it should return one: `return y`"),
        ("[2 * x]", "`y` is a list"),
        ("print(x)", "returned None: in this call it came to no `return` with a value. It should end with `return y`"),
        ("3 * x", "`y` is 4.5, and should be 3"),
    ],
)
def test_one_result_that_is_wrong(form, words):
    assert words in one_result().evaluate(built(f"def f(x):\n    return {form}\n")).message


def test_three_results():
    source = "def f(x):\n    return x, 2 * x, x.sum()\n"
    exercise = declare(source, ("a", "b", "total"), double)
    assert exercise.evaluate(built(source)).passed
    assert "returned 2 values; it should return 3" in exercise.evaluate(lambda x: (x, x)).message


# Whole numbers, truth values, labels

COUNT = "def f(x):\n    return np.sum(x > 0), x > 0, ['down', 'up'][int(x[0] > 0)]\n"
signs = [Case.one("two numbers", x=np.array([1.0, -2.0])), Case.one("three", x=np.array([-1.0, 3.0, 4.0]))]


def counting():
    return declare(COUNT, ("n", "up", "first"), signs)


@pytest.mark.parametrize(
    "form",
    [
        "int((x > 0).sum()), x > 0, 'up' if x[0] > 0 else 'down'",
        "float((x > 0).sum()), (x > 0).astype(int), np.where(x > 0, 'up', 'down')[0]",
    ],
)
def test_counts_truths_and_labels(form):
    assert counting().evaluate(built(f"def f(x):\n    return {form}\n")).passed


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("np.sum(x > 0) + 1, x > 0, 'up'", "`n` is 2, and should be 1"),
        ("np.sum(x > 0) + 1e-12, x > 0, 'up'", "`n` is 1.000000000001, and should be 1"),
        ("np.sum(x > 0), x < 0, 'up'", "`up[0]` is 0, and should be 1"),
        ("np.sum(x > 0), x > 0, 'down'", "`first` is 'down', and should be 'up'"),
        ("np.sum(x > 0), x > 0, 1", "`first` is an int; it should be a string"),
        ("np.sum(x > 0), x[:1] > 0, 'up'", "`up` has shape (1,); it should have shape (2,)"),
        ("np.sum(x > 0), x + 1j, 'up'", "`up` has dtype complex128; it should hold truth values"),
        ("'one', x > 0, 'up'", "`n` is a str"),
    ],
)
def test_counts_truths_and_labels_that_are_wrong(form, words):
    assert words in counting().evaluate(built(f"def f(x):\n    return {form}\n")).message


def test_a_list_of_labels():
    source = "def f(x):\n    return [('w' if v > 0 else 'b') for v in x]\n"
    exercise = declare(source, ("names",), signs)
    assert exercise.evaluate(lambda x: tuple("w" if v > 0 else "b" for v in x)).passed
    assert exercise.evaluate(lambda x: np.where(x > 0, "w", "b")).passed is False  # an array is no list of names
    assert "`names[1]` is 'w', and should be 'b'" in exercise.evaluate(lambda x: ["w"] * len(x)).message
    assert "has shape (1,)" in exercise.evaluate(lambda x: ["w"]).message


# Arguments that the case draws


def test_masks_and_permutations_are_arguments():
    source = "def f(x, mask, order):\n    return (x * mask)[order]\n"

    def cases(rng):
        return [
            Case.one(f"n = {n}", x=rng.random(n), mask=rng.random(n) < 0.5, order=rng.permutation(n)) for n in (4, 5)
        ]

    exercise = Exercise("trial", "", "", source, ("y",), cases, (), ())
    for seed in range(5):
        assert exercise.evaluate(built(source), seed=seed).passed
    message = exercise.evaluate(built("def f(x, mask, order):\n    return -x - 1\n")).message
    assert "mask=np.array([" in message and "order=np.array([" in message


def test_an_answer_that_draws_for_itself_is_told():
    assert "draws random numbers" in one_result().evaluate(lambda x: x * np.random.default_rng().random()).message


# Classes

MOMENTUM = """\
class Momentum:
    def __init__(self, lr, rho):
        self.lr, self.rho, self.v = lr, rho, 0.0

    def update(self, x, dx):
        self.v = self.rho * self.v + dx
        return x - self.lr * self.v
"""


def momentum_class():
    init = {"lr": 0.1, "rho": 0.9}
    cases = [
        Case("a number", {"x": np.array(2.0)}, [{"dx": np.array(g)} for g in (1.0, 2.0, -1.0)], init),
        Case("arrays", {"x": np.ones(2)}, [{"dx": np.array([g, 1.0])} for g in (1.0, 2.0)], {"lr": 1.0, "rho": 0.5}),
    ]
    return declare(
        MOMENTUM, ("x",), cases,
        ("uphill", "x - self.lr", "x + self.lr", "Uphill."),
        ("forgets", "self.rho * self.v + dx", "dx", "It forgets its velocity."),
        ("0.9 for rho", "self.rho * self.v", "0.9 * self.v", "You use 0.9 whatever rho is."),
    )  # fmt: skip


def test_a_class_keeps_its_own_state_and_starts_anew_in_each_case():
    exercise = momentum_class()
    assert (exercise.function, exercise.method, exercise.constructor) == ("Momentum", "update", ("lr", "rho"))
    assert exercise.parameters == ("x", "dx")
    assert exercise.evaluate(built(MOMENTUM, "Momentum")).passed
    for mutant in exercise.mutants:
        assert exercise.evaluate(exercise.mutated(mutant)).diagnosis == mutant.name


def test_the_stub_of_a_class_names_its_methods():
    exercise = momentum_class()
    assert exercise.stub == (
        "class Momentum:\n    def __init__(self, lr, rho):\n        ex.todo()\n\n"
        "    def update(self, x, dx):\n        ex.todo()\n"
    )
    from course_lib import exercises as ex

    space = {"ex": ex}
    exec(exercise.stub, space)
    assert exercise.evaluate(space["Momentum"]).status is Status.NOT_ATTEMPTED


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("Momentum = 3", "should be the class itself, and is an int"),
        ("def Momentum(lr, rho): ...", "should be the class itself, and is a function"),
        (MOMENTUM.replace("update", "step"), "has no method `update`: it should have `def update(self, x, dx):`"),
        (MOMENTUM.replace("self, x, dx", "self, x"), "takes 1 argument (x); it should take 2 arguments (x, dx)"),
        (MOMENTUM.replace("self, x, dx", "x, dx"), "has no `self`"),
        (MOMENTUM.replace("self, lr, rho", "self, lr"), "`def __init__(self, lr, rho):`"),
        (MOMENTUM.replace("lr, rho, 0.0", "lr, rho, W"), "NameError: name 'W' is not defined"),
    ],
)
def test_classes_that_do_not_fit(source, words):
    result = momentum_class().evaluate(built(source, "Momentum"))
    assert result.status is Status.NOT_YET and words in result.message, result


def test_a_difference_in_a_class_is_shown_with_the_call():
    message = momentum_class().evaluate(built(MOMENTUM.replace("self.lr *", "2 * self.lr *"), "Momentum")).message
    assert "Momentum(lr=0.1, rho=0.9).update(x=2, dx=1)" in message


def test_state_that_is_shared_by_all_instances_is_told():
    shared = MOMENTUM.replace("    def __init__", "    v = 0.0\n\n    def __init__").replace(
        "self.lr, self.rho, self.v = lr, rho, 0.0", "self.lr, self.rho = lr, rho"
    )
    shared = shared.replace("self.v = self.rho * self.v + dx", "Momentum.v = self.rho * Momentum.v + dx")
    result = momentum_class().evaluate(built(shared, "Momentum"))
    assert result.diagnosis == "remembers"


def test_a_small_difference_is_shown_with_the_digits_it_takes():
    message = one_result().evaluate(lambda x: 2 * x * (1 + 1e-9)).message
    assert "`y` is 3.000000003, and should be 3." in message
    assert "yours returns  y=3.000000003\n" in message and "should return  y=3" in message


# Torch


def test_tensors_are_numbers():
    torch = pytest.importorskip("torch")
    source = "def f(w, x):\n    return torch.relu(w) @ x\n"
    cases = [Case.one("two", w=torch.tensor([[1.0, -2.0]]), x=torch.tensor([3.0, 4.0]))]
    exercise = declare(
        source, ("y",), cases, ("no ReLU", "torch.relu(w)", "w", "The ReLU is missing."), packages=("torch",)
    )
    exercise.verify()
    assert exercise.evaluate(exercise.build(source, "again")).passed
    assert exercise.evaluate(lambda w, x: np.maximum(w.numpy(), 0) @ x.numpy()).passed
    assert exercise.evaluate(exercise.mutated(exercise.mutants[0])).diagnosis == "no ReLU"
    changing = exercise.evaluate(lambda w, x: w.clamp_(min=0) @ x)
    assert "changes `w` in place" in changing.message and changing.diagnosis == "in place"
    assert "`y` has shape (2,)" in exercise.evaluate(lambda w, x: x).message


def test_a_network_is_handed_over_as_a_copy():
    torch = pytest.importorskip("torch")
    network = torch.nn.Linear(2, 1)
    source = "def f(net):\n    return [name for name, p in net.named_parameters() if p.requires_grad]\n"
    exercise = declare(source, ("names",), [Case.one("a layer", net=network)], packages=("torch",))

    def freezing(net):
        for p in net.parameters():
            p.requires_grad_(False)
        return ["weight", "bias"]

    assert exercise.evaluate(freezing).passed
    assert all(p.requires_grad for p in network.parameters())


def test_arguments_that_are_no_numbers_are_not_compared_with_an_answer():
    """Networks, and lists of tensors of different shapes, beside an answer that is no known mistake."""
    torch = pytest.importorskip("torch")
    source = "def f(net, w, b):\n    return w[0].sum() + b\n"
    arguments = {"net": torch.nn.ParameterList([torch.nn.Parameter(torch.ones(n)) for n in (2, 3)]),
                 "w": [torch.ones(2, requires_grad=True), torch.ones(3)], "b": torch.tensor(1.0)}  # fmt: skip
    mutants = [("no bias", " + b", "", "The bias is missing."), ("minus", "+ b", "- b", "You subtract b.")]
    exercise = declare(source, ("y",), [Case.one("both", **arguments)], *mutants, packages=("torch",))
    result = exercise.evaluate(lambda net, w, b: 7 * w[0].sum())
    assert result.status is Status.NOT_YET and not result.diagnosis
    assert exercise.evaluate(lambda net, w, b: b).status is Status.NOT_YET, "an argument as it was"


# Broken code to begin with


def test_a_cell_that_begins_with_broken_code():
    start = "def f(x):\n    return x * x  # twice?\n"
    exercise = one_result(("squares", "2 * x", "x * x", "You square x."), start=start)
    assert exercise.stub == start
    assert exercise.evaluate(built(start)).diagnosis == "squares"


# Wrong declarations


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "two words"}, "must be an identifier"),
        ({"returns": "y"}, "returns must be a tuple"),
        ({"returns": ()}, "must name what is returned"),
        ({"returns": ("y", "y")}, "two results have the same name"),
        ({"returns": ("y", "z")}, "cannot be run on its cases: Your function returned one value"),
        ({"hints": "one"}, "hints must be a tuple"),
        ({"source": "x = 1"}, "the solution defines no function"),
        ({"source": "def f(x:"}, "the solution is not valid Python"),
        ({"source": "def f(x):\n    return 1 / 0"}, "cannot be run on its cases: division by zero"),
        ({"source": "def f(x):\n    return None"}, "returned None"),
        ({"source": "def f(x):\n    x *= 2\n    return x"}, "changes ['x'] in place"),
        ({"source": "def f(x):\n    return x * np.nan"}, "`y` is nan"),
        ({"source": "def f(x, lr):\n    return x"}, "case 'a number' lacks ['lr']"),
        ({"source": "def f(z):\n    return z"}, "lacks ['z']"),
        ({"cases": lambda rng: []}, "cases must return a list of Case"),
        ({"cases": lambda rng: [Case("none", {}, ())]}, "case 'none' has no call"),
        ({"cases": lambda rng: [Case("x", {"x": 1.0}, ({},))]}, "only [] are carried on"),
        ({"cases": lambda rng: [Case.one("more", x=1.0, lr=1.0)]}, "has ['lr'], which are not arguments"),
        (
            {"cases": lambda rng: [Case("init", {}, ({"x": 1.0},), {"lr": 1.0})]},
            "init must have the arguments of",
        ),
        ({"mutants": (Mutant("m", "2 *", "3 * (", ""),)}, "mutant 'm' is not valid Python"),
        ({"mutants": (Mutant("m", "z", "y", ""),)}, "mutant 'm': 'z' must occur exactly once"),
        ({"mutants": (Mutant("m", "2", "3", ""), Mutant("m", "2", "4", ""))}, "two mutants have the same name"),
        ({"mutants": (Mutant("m", "f(x)", "g(x)", ""),)}, "does not define 'f'"),
        ({"accepts": {"other": "def g(x):\n    return 2 * x"}}, "other does not define 'f'"),
        ({"start": "def f(x)"}, "start is not valid Python"),
        ({"distractors": ("lr",)}, "the distractor 'lr' is not an argument"),
        ({"goal": lambda x, y: "too far"}, "the solution misses the goal: too far"),
    ],
)
def test_a_wrong_declaration_fails_when_it_is_declared(change, words):
    fields = {
        "name": "trial", "title": "", "prompt": "", "source": DOUBLE, "returns": ("y",),
        "cases": lambda rng: double, "hints": (), "mutants": (),
    }  # fmt: skip
    Exercise(**fields)
    with pytest.raises(DeclarationError) as caught:
        Exercise(**fields | change)
    assert words in str(caught.value) and str(caught.value).startswith("exercise ")


def test_a_goal_cannot_take_two_things_by_one_name():
    with pytest.raises(DeclarationError, match=r"\['x'\] are both"):
        declare("def f(x):\n    return x\n", ("x",), double, goal=lambda x: None)


def test_a_class_needs_one_public_method():
    two = MOMENTUM + "\n    def reset(self):\n        pass\n"
    with pytest.raises(DeclarationError, match=r"one public method, not \['update', 'reset'\]"):
        declare(two, ("x",), [])


def test_a_declaration_that_is_wrong_with_one_seed_only_blames_no_answer():
    exercise = one_result()
    exercise.cases = lambda rng: []
    with pytest.raises(DeclarationError, match="cases must return a list of Case"):
        exercise.evaluate(lambda x: 3 * x)


# Mutants that never end, or raise


def test_a_mutant_that_never_ends_harms_no_verdict():
    loop = ("for ever", "return 2 * x", "while True:\n        pass", "It never ends.")
    exercise = one_result(loop, ("three", "2", "3", "Three times."), ("four", "2", "4", "Four times."))
    assert exercise.evaluate(lambda x: 4 * x).diagnosis == "four"
    assert exercise.evaluate(lambda x: x + x).passed
    assert exercise.evaluate(lambda x: 5 * x).diagnosis is None


def test_a_mutant_that_raises_is_named_only_if_it_is_that_error():
    undefined = ("t undefined", "2 * x", "2 * t", "Nothing says what t is.")
    exit_ = ("exits", "return 2 * x", "raise SystemExit", "It ends the program.")
    exercise = one_result(undefined, exit_, ("three", "2", "3", "Three times."))
    assert exercise.evaluate(lambda x: 3 * x).diagnosis == "three"
    assert exercise.evaluate(built("def f(x):\n    return 2 * t\n")).diagnosis == "t undefined"
    assert exercise.evaluate(built("def f(x):\n    return 2 * s\n")).diagnosis == "a name from elsewhere"


# Two mistakes at once

TWO = "def f(x, y):\n    a = x + y\n    b = x * y\n    return a, b\n"
pairs = [
    Case.one("numbers", x=np.array(1.5), y=np.array(4.0)),
    Case.one("arrays", x=np.arange(3.0) + 1, y=np.full(3, 3.0)),
]


def two_lines():
    return declare(
        TWO, ("a", "b"), pairs,
        ("minus", "x + y", "x - y", "You subtract."),
        ("divides", "x * y", "x / y", "You divide."),
        ("power", "x * y", "x ** y", "You raise to a power."),
    )  # fmt: skip


def test_two_mistakes_are_both_told():
    result = two_lines().evaluate(lambda x, y: (x - y, x / y))
    assert result.diagnoses == ("minus", "divides")
    assert "Two things are wrong at once." in result.message
    assert result.message.index("You subtract.") < result.message.index("You divide.")


def test_of_two_mistakes_none_praises_what_the_other_blames():
    exercise = declare(
        TWO, ("a", "b"), pairs,
        ("minus", "x + y", "x - y", "Your product is right, but you subtract."),
        ("divides", "x * y", "x / y", "Your sum is right. You divide."),
    )  # fmt: skip
    both = exercise.evaluate(lambda x, y: (x - y, x / y))
    assert both.paragraphs[1:3] == ("You subtract.", "You divide.")
    assert exercise.evaluate(lambda x, y: (x - y, x * y)).paragraphs[0] == "Your product is right, but you subtract."


def test_two_mistakes_are_not_read_into_an_answer_that_only_hands_on_its_arguments():
    exercise = declare(
        "def f(x, y):\n    a = x + y\n    return a * 2\n", ("a",), pairs,
        ("first", "x + y", "x", "You leave out y."), ("single", "a * 2", "a", "You leave out the 2."),
    )  # fmt: skip
    assert exercise.evaluate(lambda x, y: x).diagnoses == ()
    assert exercise.evaluate(lambda x, y: 2 * x).diagnoses == ("first",)


def test_a_wrong_number_is_told_before_a_wrong_shape_in_a_later_call():
    cases = [Case.one("a number", x=2.0), Case.one("an array", x=np.array([1.0, 2.0]))]
    exercise = declare("def f(x):\n    return 3 * x\n", ("y",), cases, ("double", "3 * x", "2 * x", "Twice."))
    result = exercise.evaluate(lambda x: 1.0)
    assert "First difference (a number): `y` is 1, and should be 6." in result.message
    assert "it should have shape (2,)" in result.message


def test_the_runs_of_mistakes_are_kept_for_the_next_answer(monkeypatch):
    exercise, played = two_lines(), []
    monkeypatch.setattr(exercise, "mutated", lambda *m: played.append(m) or Exercise.mutated(exercise, *m))
    answers = (lambda x, y: (x - y, x / y)), (lambda x, y: (x + y, x / y)), (lambda x, y: (x, y))
    diagnoses = ("minus", "divides"), ("divides",), ()
    for answer, wanted in zip(answers, diagnoses, strict=True):
        assert exercise.evaluate(answer).diagnoses == wanted
    played.clear()
    for answer, wanted in zip(answers, diagnoses, strict=True):
        assert exercise.evaluate(answer).diagnoses == wanted
    assert played == []
    exercise.evaluate(answers[0], seed=1)  # other cases
    assert len(played) > 5


def test_a_mistake_that_is_also_in_place():
    def changing(x, y):
        a = x - y
        if x.ndim:
            x *= y
            return a, x
        return a, x * y

    result = two_lines().evaluate(changing)
    assert result.diagnoses == ("minus", "in place")
    assert "You subtract." in result.message and "changes `x` in place" in result.message


def test_in_place_alone():
    def changing(x, y):
        a = x + y
        if y.ndim:
            y[...] = y + 1
            return a, x * (y - 1)
        return a, x * y

    result = two_lines().evaluate(changing)
    assert result.diagnoses == ("in place",) and "First difference" not in result.message


def test_an_unknown_mistake_that_is_also_in_place():
    def changing(x, y):
        if x.ndim:
            x += 1
        return x, y

    result = two_lines().evaluate(changing)
    assert "First difference" in result.message and "changes `x` in place" in result.message
    assert result.diagnoses == ("in place",)
