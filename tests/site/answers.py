"""Answers to any exercise, right and wrong in every way that does not hang on what it asks for."""

from collections.abc import Iterable

from course_lib.exercises import Exercise

#: What the page says where a notebook names a command.
STUCK = "Stuck? Press “Hint”."


def own_answers(exercise: Exercise, most: int | None = None) -> dict[str, str]:
    """Return the answers that an exercise declares: its solution, its stub, known mistakes, other right answers.

    Args:
        exercise: the exercise.
        most: how many mistakes, from the first to the last at equal distances; None: all.
    """
    mistakes, count = exercise.mutants, len(exercise.mutants)
    if most is not None and count > most:
        mistakes = [mistakes[round(i * (count - 1) / (most - 1))] for i in range(most)]
    return {
        "the solution": exercise.source,
        "the stub": exercise.stub,
        **{f"mistake: {mutant.name}": str(mutant.patch(exercise.source)) for mutant in mistakes},
        **{f"accepted: {name}": source for name, source in exercise.accepts.items()},
    }


def kind_of(exercise: Exercise) -> tuple:
    """Return what an exercise's answers are like; two of a kind are checked by the same lines of the engine."""
    case = exercise.draw(0)[0]
    takes_function = any(callable(value) for call in case.arguments for value in call.values())
    outputs = exercise.solve([case]).calls[0].outputs.values()
    carried = bool(case.start)
    return (
        bool(exercise.method),
        len(exercise.returns) > 1,
        takes_function,
        bool(exercise.goal),
        carried,
        *(sorted({value.dtype.kind for value in outputs})),
    )


def one_of_each_kind(exercises: Iterable[Exercise]) -> list[Exercise]:
    """Return the first exercise of each kind."""
    found: dict[tuple, Exercise] = {}
    for exercise in exercises:
        found.setdefault(kind_of(exercise), exercise)
    return list(found.values())


def common_answers(exercise: Exercise) -> dict[str, str]:
    """Return answers that are wrong whatever is asked for, and a few that only look odd."""
    names, returns = exercise.parameters, exercise.returns
    head = f"def {exercise.function}({', '.join(names)}):\n"
    given = exercise.draw(0)[0]
    first = next((name for name in names if not callable({**given.start, **given.arguments[0]}[name])), names[0])
    many = ", ".join
    indent = "    "
    if exercise.method:
        head = f"class {exercise.function}:\n    def __init__(self, {many(exercise.constructor)}):\n        pass\n\n"
        head += f"    def {exercise.method}(self, {many(names)}):\n"
        indent = "        "

    def body(*lines: str) -> str:
        return head + "".join(f"{indent}{line}\n" for line in lines)

    def all_of(value: str) -> str:
        return body(f"return {many([value] * len(returns))}")

    source = exercise.source
    answers = {
        "pass": body("pass"),
        "only words": body('"""Only words."""'),
        "returns nothing": "\n".join(line for line in source.split("\n") if "return" not in line),
        "prints": body("print(1.5)"),
        "ZeroDivisionError": body("n = 0", "return 1 / n"),
        "a name of NumPy": body("return sqrt(2)"),
        "an unknown name": body("return momentm"),
        "used before it is set": body("late = late + 1", "return late"),
        "an unknown attribute": body(f"return {first}.foo"),
        "an unknown function of NumPy": body("return np.squareroot(2)"),
        "a power as ^": body(f"return ({first} * 1.5) ^ 2"),
        "a singular matrix": body("return np.linalg.inv(np.zeros((2, 2)))"),
        "an axis too many": body("return np.zeros(3).sum(axis=2)"),
        "numbers cast in place": body("a = np.array([1, 2])", "a *= 1.5", "return a"),
        "in a helper": f"def helper(a):\n    return a[0][0][0][0]\n\n{body(f'return helper({first})')}",
        "an index too far": body("a = [1, 2]", "return a[5]"),
        "an unknown key": body("return {}['v']"),
        "shapes that do not fit": body("return np.zeros(3) + np.ones(7)"),
        "calls itself": f"def again(a):\n    return again(a)\n\n{body('return again(1)')}",
        "raises": body("raise ValueError('my own words')"),
        "not implemented": body("raise NotImplementedError"),
        "ends the program": body("raise SystemExit"),
        "asks for input": body("return float(input())"),
        "one value": body("return 1.0"),
        "a value too many": body(f"return {many(['1.0'] * (len(returns) + 1))}"),
        "lists": all_of("[1.0]"),
        "strings": all_of("'a'"),
        "a truth value": all_of("True"),
        "truth values": all_of("np.array([True, False])"),
        "integers": all_of("0"),
        "arrays of integers": all_of("np.array([1, 2])"),
        "another shape": all_of("np.zeros((7, 1))"),
        "not a number": all_of("np.nan"),
        "infinite": all_of("np.array([1.0, np.inf])"),
        "a dictionary": all_of("{}"),
        "a function": all_of("np.sqrt"),
        "a generator": body("yield 1"),
        "a coroutine": source.replace("    def " if exercise.method else "def ", f"{indent[4:]}async def "),
        "an import that fails": body("raise ImportError"),
        "arrays without an axis": all_of("np.array(1.0)"),
        "changes NumPy": body("np.abs = 3", "return 1 / 0"),
        "no function": "x = 1\n",
        "nothing": "\n",
        "a comment": "# nothing yet\n",
        "an error above": f"1 / 0\n{source}",
        "an assignment that raises": f"a = [][1]\n{source}",
        "calls left out": f"{source}\nprint({exercise.function})\nex.{exercise.name}.check({exercise.function})\n",
        "annotated": source.replace(f"{names[-1]}):", f"{names[-1]}: float) -> 'np.ndarray':", 1),
        "a call beside a definition": f"k = 2; print(k); j = 3\nprint(j); m = 4\n{source}",
        "imports": f"import numpy as np\nfrom math import sqrt\nimport json, os.path as p\n\n{source}",
        "returns None": body("return None"),
        "remembers": f"calls = []\n\n{source.replace('return ', 'calls.append(1)' + chr(10) + indent + 'return ', 1)}",
        "prints, too": source.replace("return ", f"print('here')\n{indent}return ", 1),
        "not a function": f"{exercise.function} = 3\n",
        "a built-in": f"{exercise.function} = abs\n",
        "a bare except": body("try:", "    return 1 / 0", "except:", "    return 2.0"),
    }
    if not exercise.method:
        name = exercise.function
        answers |= {
            "one argument less": f"def {name}({many(names[:-1])}):\n    return 1\n",
            "another order": f"def {name}({many(names[::-1])}):\n    return 1\n",
            "another name": f"def {name}({many(['weights', *names[1:]])}):\n    return 1\n",
            "one argument more": f"def {name}({many([*names, 'more'])}):\n    return 1\n",
            "a default": source.replace(f"{names[-1]}):", f"{names[-1]}=0.5):", 1),
            "any arguments": f"def {name}(*args):\n    return 1\n",
            "by name only": f"def {name}({first}, *, {many([*names[1:], 'more'])}):\n    return 1\n",
            "a lambda": f"{name} = lambda {many(names)}: 1.0\n",
            "changed in place": source.replace(":\n", f":\n    {first} *= 1.5\n", 1),
        }
    return answers


def unreadable_texts(exercise: Exercise) -> dict[str, str]:
    """Return texts that are no Python."""
    head = f"def {exercise.function}({', '.join(exercise.parameters)}):\n"
    return {
        "no colon": head.replace(":\n", "\n") + "    return 1\n",
        "a bracket that is open": head + "    x = (1 - 2 * 3\n    return x\n",
        "indented too far": head + "    x = 1\n      y = 2\n    return x\n",
        "no body": head + "return 1\n",
        "assigned to a product": head + "    2 * x = 3\n    return x\n",
        "a string that is open": head + "    s = 'abc\n    return 1\n",
        "a long string that is open": head + '    s = """abc\n    return 1\n',
        "a keyword": head + "    lambda = 3\n    return 1\n",
        "= for ==": head + "    if x = 3:\n        return x\n",
        "a typographic minus": head + "    return 1 − 2\n",
        "a space that does not break": head + "    return\u00a01\n",
        "an invisible letter": head + "    return 1\ufeff + 1\n",
        "a symbol": head + "    return 😀\n",
        "a symbol in a name": head + "    x😀 = 1\n    return x😀\n",
        "Python 2": head + "    print x\n    return 1\n",
        "return outside": "return 3\n",
        "return outside, after the body": head + "    x = 1\nreturn x\n",
        "tabs": head + "    v = 1\n\tx = 2\n    return x\n",
        "indented too little": head + "        v = 1\n    return v\n",
        "else alone": head + "    else:\n        return 1\n",
        "no operator": head + "    return 2x\n",
        "no comma": head + "    return x v\n",
        "a bracket too many": head + "    return 1), 2\n",
        "an indented beginning": "    x = 1\n",
        "an error before the indentation": head + "    x = = 1\n      y = 2\n    return x\n",
        "a magic command": "%matplotlib inline\n" + exercise.source,
    }


def endless_texts(exercise: Exercise) -> dict[str, str]:
    """Return texts that never come to an end."""
    head = f"def {exercise.function}({', '.join(exercise.parameters)}):\n"
    return {
        "while True": head + "    while True:\n        x = 1\n",
        "pass": head + "    while True:\n        pass\n",
        "a bare except": head + "    while True:\n        try:\n            x = 1\n        except:\n            pass\n",
        "prints": head + "    while True:\n        print('again')\n",
        "at the top": "while True:\n    x = 1\n" + exercise.source,
        "a list": head + "    return [i for i in range(10**9)]\n",
    }
