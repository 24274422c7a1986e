"""The page's side of a check: from the text in the editor to the engine's result."""

import _warnings
import linecache
import math
import sys

import _page
import numpy as np
from layout import first_error

from course_lib.exercises import catching, cell, checking, commands, diagnosis
from course_lib.exercises.cases import Case
from course_lib.exercises.declaration import Declaration, Mutant
from course_lib.exercises.host import CANNOT
from course_lib.exercises.intact import Intact
from course_lib.exercises.limit import own_time
from course_lib.exercises.result import Result, Status
from course_lib.exercises.stub import todo

_exercises = {}
_games = {}


class _Out:
    def write(self, text):
        _page.write(text)
        return len(text)

    def flush(self):
        pass


sys.stdout = sys.stderr = _Out()
_warnings.warn = lambda *words: None  # elsewhere no warning is part of what is printed


class _Ex:
    """What `ex` is in a reader's text."""

    todo = staticmethod(todo)

    def __getattr__(self, name):
        raise np.Missing(f"in the page `ex` has only `ex.todo()`; the buttons do what `ex.{name}` does elsewhere")


class _Exercise(Declaration):
    """An exercise whose cases are data. It was verified where the book was built."""

    def __post_init__(self):
        pass

    def draw(self, seed):
        return list(self.cases)


def load(data):
    """Return an exercise that is given as data, and keep it."""
    name = data["name"]
    if name not in _exercises:
        own = {"np": np}
        exec(compile(data["code"], "VFS.cases", "exec"), own)  # no line of it is the reader's
        cases = [
            Case(
                case["label"],
                _values(case["start"], own),
                tuple([_values(arguments, own) for arguments in case["arguments"]]),
                _values(case["init"], own),
            )
            for case in data["cases"]
        ]
        _exercises[name] = _Exercise(
            name=name,
            title=data["title"],
            prompt="",
            source=data["solution"],
            returns=tuple(data["returns"]),
            cases=cases,
            hints=(),
            mutants=tuple([Mutant(*parts) for parts in data["mutants"]]),
            asks=data["asks"],
            limits=data["limits"],
            after=data["after"],
            start=data["start"],
            goal=own.get(data["goal"]),
        )
        if "catch" in data:
            _games[name] = _game(_exercises[name], data["catch"], own)
        _exercises[name].changes = data["changes"]  # they were found where the book was built
    return _exercises[name]


def _game(exercise, data, own):
    """Return what there is to catch: the inverse of `course_lib.inpage.build.for_game`."""
    fixed = _values(data["fixed"], own)
    start = {name: catching.read_argument(name, text, kind) for name, kind, text in data["fields"]}
    kinds = {**dict.fromkeys(fixed, ""), **{name: kind for name, kind, _ in data["fields"]}}
    known = [mutant for mutant in exercise.mutants if mutant.name not in data["unknown"]]
    depths = {name: [int(one["int"]) for one in depths] for name, depths in data["depths"].items()}
    start = {name: {**fixed, **start}[name] for name in exercise.parameters}
    return catching.Game(exercise, start, kinds, known, depths, data["alike"])


def catch(exercise, typed, before):
    """Run the right version and every wrong one on a call; return its card, the names of all that are caught, and
    of the arguments that make no call."""
    game = _games[exercise.name]
    card, caught = catching.describe(game, typed, before)
    return {"html": card.html, "caught": caught, "wrong": _wrong(game, typed)}


def _wrong(game, typed):
    """Return the names of the arguments that make no call: those that cannot be read or, if all can, a misfit."""
    read, wrong = dict(game.start), []
    for name, text in typed.items():
        try:
            read[name] = catching.read_argument(name, text, game.kinds[name])
        except catching.NoCall:
            wrong.append(name)
    return wrong or [name for name, _ in catching.misfits(game, read, list(typed))][:1]


def _values(named, own):
    return {name: _value(value, own) for name, value in named.items()}


def _value(value, own):
    """Make a value of a case: the inverse of `course_lib.inpage.cases.encode`."""
    if not isinstance(value, dict):
        return value
    if "array" in value:
        array = np.array([_value(inner, own) for inner in value["array"]], dtype=value["dtype"]).reshape(
            [int(n) for n in value["shape"]]
        )
        return array[()] if value["scalar"] else array
    if "int" in value:
        return int(value["int"])
    if "float" in value:
        return float(value["float"])
    if "list" in value:
        return [_value(inner, own) for inner in value["list"]]
    if "tuple" in value:
        return tuple([_value(inner, own) for inner in value["tuple"]])
    if "dict" in value:
        return _values(value["dict"], own)
    return own[value["make"]](**_values(value["of"], own))


def _no_input(prompt=""):
    raise EOFError("EOF when reading a line")


def _exit(code=None):
    raise SystemExit(code)


def _no_files(*args, **named):
    raise np.Missing("the page has no files to `open`")


class _Lacking:
    """What stands for a module, or for what is imported from one, that the page does not have."""

    def __init__(self, name):
        self._name = name

    def _tell(self, *args, **named):
        raise np.Missing(f"the page's Python does not have `{self._name}`")

    __call__ = __getattr__ = __getitem__ = _tell


#: What a reader's text knows besides Python and what it defines itself.
_KNOWN = {
    "np": np, "input": _no_input, "exit": _exit, "quit": _exit, "open": _no_files, "__lacking__": _Lacking,
    "__name__": "__exercise__",
}  # fmt: skip


def check(exercise, text, seconds):
    """Check a text; return the fields of the result, and its card."""
    if not text.strip():
        return _fields(Result(exercise.name, Status.NOT_ATTEMPTED, "The cell is empty."))
    if exercise.start and _page.same_code(text, exercise.start):
        return _fields(Result(exercise.name, Status.NOT_ATTEMPTED, "The cell is as it was at first."))
    file = f"<the cell exercise:{exercise.name}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    namespace = {**_KNOWN, "ex": _Ex()}
    modules = {name: Intact(module) for name, module in _SHARED.items()}

    def run():
        code = _compile(text, file)
        try:
            with own_time():
                exec(code, namespace)
        finally:
            put_back()

    def put_back():
        for module in modules.values():
            module.put_back()

    result = cell.check_text(exercise, run, namespace, timeout=seconds, changes=lambda one: one.changes)
    put_back()
    changed = [f"{name}.{attribute}" for name, module in modules.items() for attribute in module.changed]
    return _fields(_also_changed(result, changed) if changed else result)


#: The modules that one answer could spoil for all later ones.
_SHARED = {"np": np, "np.linalg": np.linalg, "math": math}


def _also_changed(result, names):
    """Return a result that tells that the text has changed what modules hold, too."""
    right = result.status == Status.PASS
    listed = " and ".join([f"`{name}`" for name in names[:3]]) + (" and more" if len(names) > 3 else "")
    words = (
        f"Your code changed {listed} for the whole page; it has been put back. `{names[0]} = ...` replaces what the "
        "module holds under that name: give your own values a name without a module."
    )
    paragraphs = ["The numbers are right, but:"] if right else result.paragraphs
    status = Status.NOT_YET if right else result.status
    fields = result.to_dict() | {"status": status, "message": [*paragraphs, words]}
    return Result.from_dict(fields)


def _compile(text, file):
    """Compile the definitions in a text: bare calls, such as checks and plots, are left out."""
    error = syntax_error(text, file)
    if error is not None:
        text = commands.without_commands(text)
        error = syntax_error(text, file)
    if error is not None:
        raise error
    return compile(_page.definitions(text, file), file, "exec")


def syntax_error(text, file):
    """Return what is no Python in a text, in CPython's words, or None."""
    lines = text.rstrip().split("\n")
    parsed = None
    try:
        _page.parse(text, file)
        compile(text, file, "exec")  # tells of what may be parsed: a return outside of any function
        if repeated := _page.repeated(text, file):  # Brython does not mind
            name, number = repeated.split()
            parsed = SyntaxError(f"duplicate argument '{name}' in function definition")
            parsed.msg, parsed.lineno, parsed.text = parsed.args[0], int(number), lines[int(number) - 1]
    except SyntaxError as error:
        parsed = error
        parsed.lineno = min(parsed.lineno, len(lines))
        parsed.text = lines[parsed.lineno - 1]
        parsed.msg = _in_words(parsed.msg, parsed.text.strip())
    except Exception:  # Brython's own: a string that is open makes its parser fail
        parsed = SyntaxError("invalid syntax")
        parsed.msg, parsed.lineno, parsed.text = "invalid syntax", len(lines), lines[-1]
    return first_error(text, parsed)


def _in_words(message, line):
    """Return what CPython says where Brython says it in another way."""
    if message == "invalid syntax" and line.startswith("print "):
        return "Missing parentheses in call to 'print'. Did you mean print(...)?"
    if message.startswith("invalid non-printable character"):  # Brython prints it all the same
        code = message[message.rindex("(") + 1 : -1]
        symbols = [letter for letter in line if ord(letter) > 0xFFFF]
        if "U+DC00" <= code <= "U+DFFF" and symbols:  # half of what JavaScript writes as two
            return f"invalid character '{symbols[0]}' (U+{ord(symbols[0]):X})"
        return f"invalid non-printable character {code}"
    if message.startswith("closing parenthesis"):  # Brython names the one that should close, and then the one that does
        _, wanted, middle, closing, rest = message.split("'")
        opening = {")": "(", "]": "[", "}": "{"}.get(wanted, wanted)
        return f"closing parenthesis '{closing}'{middle}'{opening}'{rest}"
    return message


def _fields(result):
    html = result.html
    if result.message.startswith(CANNOT):
        html = html.replace("NOT ATTEMPTED</strong>", "NOT CHECKED</strong>")
    return {
        "status": str(result.status),
        "paragraphs": list(result.paragraphs),
        "diagnoses": list(result.diagnoses),
        "printed": result.printed,
        "html": html,
        "exam": html if result.status == Status.NOT_ATTEMPTED else result.in_exam().html,
        "stages": [html if stage is result else stage.html for stage in [result.stage(n) for n in (1, 2, 3)]],
    }


def rehearse(exercise):
    """Return a generator that runs the known mistakes one by one, so that no check has to wait for them."""
    return diagnosis.rehearse(checking.prepare(exercise, 0))
