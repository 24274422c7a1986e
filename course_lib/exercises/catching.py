"""Catch the bug: choose the arguments of one call, and learn which wrong versions it tells from the right one.

To test is to choose such calls. A call that treats the right version and a wrong one alike says nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy import array, generic, inf, isfinite, ndarray, ndim, shape  # kept here: a reader may change `np`

from . import wording
from .cases import Case
from .declaration import Declaration, Mutant
from .diagnosis import PATIENCE, first_difference
from .limit import call
from .play import Raised, Run
from .show import Card, status_card

SHOWN = 6  # sentences of wrong versions that one call has caught; the others are folded
LISTED = 8  # names of those that are still alive
SHORT = 50  # characters of a wrong version that are shown
LESSON = (
    "All are caught. A call tests much where nothing hides a mistake: no 0 and no 1, entries that differ in size and "
    "in sign, a step that is not the first, no value that everybody uses. Such calls would test your own version, too."
)
LARGEST = 1_000_000  # whole number: one that is larger fills the memory, or takes for ever
DEEPEST = 6  # lists within lists


class NoCall(ValueError):
    """The arguments make no call; the message is for the reader."""


@dataclass(frozen=True, eq=False)
class Game:
    """What there is to catch.

    Attributes:
        exercise: the exercise.
        start: the arguments of the call to begin with, by name.
        kinds: what can be typed for each: "truth value", "whole number", "number", "whole numbers", "numbers"; empty
            for a function, say, which stays as it is.
        known: the wrong versions that some call tells from the right one.
        depths: how deep the lists of each argument are in the check's calls: 0 for a number, 1 for a list.
        alike: arguments that have one shape in each of the check's calls.
    """

    exercise: Declaration
    start: Mapping[str, Any]
    kinds: Mapping[str, str]
    known: Sequence[Mutant]
    depths: Mapping[str, Sequence[int]] = field(default_factory=dict)
    alike: Sequence[Sequence[str]] = ()
    built: dict[Mutant, Any] = field(default_factory=dict, init=False)  # the wrong versions, once they have run


@dataclass(frozen=True)
class Caught:
    """What one call shows.

    Attributes:
        arguments: of the call, all of them.
        text: the call, as it would be typed.
        right: what the right version returns, as text.
        caught: the wrong versions that return something else, raise an error, or change an argument in place.
        alive: those that the call does not tell from the right one, though another call would.
    """

    arguments: Mapping[str, Any]
    text: str
    right: str
    caught: tuple[Mutant, ...]
    alive: tuple[Mutant, ...]


def catch(game: Game, given: Mapping[str, Any]) -> Caught:
    """Run the right version and every wrong one on a call.

    Args:
        game: what there is to catch.
        given: arguments by name, as values or as they are typed; the others are those of the call to begin with.

    Raises:
        NoCall: an argument is none, or not what it should be.

    >>> from course_lib.chapters.ch03_momentum import ex
    >>> from course_lib.exercises.game import game_of
    >>> found = catch(game_of(ex.momentum), {"v": "[0, 0, 0]"})
    >>> "velocity forgotten" in [mutant.name for mutant in found.alive]  # without a velocity there is none to forget
    True
    """
    exercise = game.exercise
    for name in given:
        if name not in game.start:
            raise NoCall(f"`{name}` is no argument of `{exercise.signature}`.")
    arguments = {**game.start, **{name: read_argument(name, value, game.kinds[name]) for name, value in given.items()}}
    for _, problem in misfits(game, arguments, given):
        raise NoCall(problem)
    case = Case.one("your call", **arguments)
    right = run_right(exercise, case)
    if right is None or right.problem:
        why = f": {right.problem}".replace(" (your call)", "").rstrip(".") if right else " in time"
        if right and isinstance(right.problem, Raised):
            why = ": they do not go together, or one of them lies beyond what it is for"
        raise NoCall(f"With these arguments the right version has no answer{why}.")
    caught = tuple(mutant for mutant in game.known if tells(game, mutant, case, right))
    alive = tuple(mutant for mutant in game.known if mutant not in caught)
    (made,) = right.calls
    text = wording.format_call(exercise, arguments, {})
    return Caught(arguments, text, wording.named(made.outputs), caught, alive)


def misfits(game: Game, arguments: Mapping[str, Any], given: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield what does not fit among the arguments of a call: the name of a given one, and what is wrong with it.

    Each must be a number or a list as in the check's calls, of the shape of its kin, and within its limits.
    """
    for name in given:
        value, depths = arguments[name], game.depths.get(name, [])
        if depths and ndim(value) not in depths:
            yield name, f"`{name}` must be {' or '.join(DEPTHS[min(depth, 2)] for depth in depths)} here."
        if must := game.exercise.beyond(name, value):
            yield name, f"`{name}` must be {must} here."
    for names in game.alike:
        for name, other in [(one, two) for one in given if one in names for two in names]:
            one, two = shape(arguments[name]), shape(arguments[other])
            if one != two and one and two:
                sizes = f"{_size(one)}, and `{other}` has {_size(two)}"
                yield name, f"`{name}` and `{other}` must have one shape: `{name}` has {sizes}."


#: What is typed, by the depth of its lists.
DEPTHS = ("a number", "a list of numbers such as `[1, 2]`", "a list of lists such as `[[1, 2], [3, 4]]`")


def _size(of: tuple[int, ...]) -> str:
    return f"{of[0]} entr{'y' if of[0] == 1 else 'ies'}" if len(of) == 1 else f"the shape {of}"


def argument_to_move(game: Game, now: Mapping[str, Any], alive: Sequence[Mutant]) -> tuple[str, ...]:
    """Return the arguments to change so that one of the survivors is caught: a single one, if that is enough.

    Args:
        game: what there is to catch.
        now: the arguments of the call.
        alive: the wrong versions that no call has caught yet.
    """
    return next((names for names, _ in moves(game, now, alive)), ())


def moves(
    game: Game, now: Mapping[str, Any], alive: Sequence[Mutant]
) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Yield what may be changed so that one of the survivors is caught: the names, and the arguments then."""
    others = list(calls(game))
    typed = [name for name in now if game.kinds[name]]
    waiting = {name: _moved(now[name], [other[name] for other in others]) for name in typed}
    single = []
    while waiting:  # one value of each argument, then another of each: most are found soon
        single += [{name: one} for name, values in waiting.items() for one in values[:1]]
        waiting = {name: values[1:] for name, values in waiting.items() if values[1:]}
    for move in [*single, *({name: other[name] for name in typed} for other in others)]:
        then = {**now, **move}
        if any(misfits(game, then, list(move))):
            continue
        case = Case.one("another call", **then)
        right = run_right(game.exercise, case)
        if right and not right.problem and any(tells(game, mutant, case, right) for mutant in alive):
            yield tuple(name for name in move if not _same(now[name], move[name])), then


def _moved(value: Any, others: Sequence[Any]) -> list[Any]:
    """Return other values of an argument: one more or twice as much, and those of the check's calls, each once."""
    more = [] if isinstance(value, bool) else [value + 1 if array(value).dtype.kind in "iu" else 2 * value]
    found: list[Any] = []
    for other in [*more, *others]:
        if not any(_same(other, one) for one in [value, *found]):
            found.append(other)
    return found


def run_right(exercise: Declaration, case: Case) -> Run | None:
    """Return the right version's run of a call, quietly; None if it does not come to an end."""
    return call(lambda: exercise.play(exercise.reference, [case]), PATIENCE).value


def tells(game: Game, mutant: Mutant, case: Case, right: Run) -> bool:
    """Check whether a call tells a wrong version from the right one. One that does not end in time is another."""
    if mutant not in game.built:
        game.built[mutant] = game.exercise.mutated(mutant)
    made = call(lambda: game.exercise.play(game.built[mutant], [case], like=right), PATIENCE)
    if not isinstance(made.value, Run) or made.value.problem:
        return True
    return made.value.changed != right.changed or first_difference(made.value.calls, right.calls) is not None


def calls(game: Game) -> Iterator[dict[str, Any]]:
    """Yield the arguments of each call that a check makes of the solution, as they can be typed."""
    fixed = {name: value for name, value in game.start.items() if not game.kinds[name]}
    for made in game.exercise.solve(game.exercise.draw(0)).calls:
        yield {name: fixed[name] if name in fixed else _as_typed(value) for name, value in made.args.items()}


def _as_typed(value: Any) -> Any:
    """Return an argument as it would be typed: nobody types a float32."""
    return value.astype(float) if isinstance(value, (ndarray, generic)) and value.dtype.kind == "f" else value


def _same(one: Any, other: Any) -> bool:
    return shape(one) == shape(other) and bool((array(one) == array(other)).all())


# -- what is typed


def read_argument(name: str, value: Any, kind: str) -> Any:
    """Return an argument as the call takes it.

    Args:
        name: of the argument.
        value: a number, an array, a truth value; or one of these as it is typed, `[1, 2]`.
        kind: what it should be, as in `Game.kinds`.

    Raises:
        NoCall: it is not of that kind.

    >>> read_argument("t", "3", "whole number"), read_argument("x", "[[1, -2e-8], [.5, 4]]", "numbers").shape
    (3, (2, 2))
    """
    if not kind:
        raise NoCall(f"`{name}` cannot be typed: it stays as it is.")
    if kind == "truth value":
        truth = {"True": True, "False": False}.get(value.strip()) if isinstance(value, str) else value
        if not isinstance(truth, bool):
            raise NoCall(f"`{name}` must be True or False, not {value!r}.")
        return truth
    several = kind.endswith("s")
    wanted = f"finite {kind}" if several else f"a finite {kind}"
    try:
        numbers = array(read_text(value) if isinstance(value, str) else value, dtype=float)
    except Unreadable as problem:
        raise NoCall(f"`{name}` must be {wanted}, not {value!r}{problem}.") from None
    except (TypeError, ValueError, OverflowError):
        numbers = array([])
    if several and not numbers.size and not isinstance(value, dict):
        raise NoCall(f"`{name}` must be {wanted}, not {value!r}: there is no number in it.")
    fits = numbers.size and isfinite(numbers).all() and not isinstance(value, bool) and (several or not numbers.ndim)
    if not fits or (kind.startswith("whole") and (numbers != numbers.round()).any()):
        raise NoCall(f"`{name}` must be {wanted}, not {value!r}.")
    if kind.startswith("whole"):
        if (abs(numbers) > LARGEST).any():
            raise NoCall(f"`{name}` must be at most {LARGEST:,} here, not {value!r}.")
        numbers = numbers.astype(int)
    return numbers if several else numbers.item()


class Unreadable(ValueError):
    """A text is no number and no list of numbers; the message says what is wrong, after a colon, or nothing."""


def read_text(text: str) -> Any:
    """Return the number, or the list of numbers or of lists, that is typed.

    Nothing is evaluated: there are numbers, commas and square brackets. `np.array(…)` around them does no harm.

    Raises:
        Unreadable: it is neither.

    >>> read_text("1e-8"), read_text("[[1, 2], [3, -4]]")
    (1e-08, [[1.0, 2.0], [3.0, -4.0]])
    """
    text = text.strip().replace("\u2212", "-")
    if text.startswith("np.array(") and text.endswith(")"):
        text = text[len("np.array(") : -1].strip()
    if not text:
        raise Unreadable(": nothing is typed")
    if not text.startswith("["):
        if "," in text:
            raise Unreadable(": a list stands in brackets, `[1, 2]`, and a number has a point, `0.5`")
        return _number(text)
    if text.count("[") != text.count("]"):
        fewer, more = ("]", "[") if text.count("[") > text.count("]") else ("[", "]")
        raise Unreadable(f": a `{more}` lacks its `{fewer}`")
    made, rest = _list(text)
    if rest:
        raise Unreadable(f": after the last `]` stands {rest!r}")
    if _shape(made) is None:
        raise Unreadable(": its rows differ in length")
    return made


def _list(text: str, depth: int = 1) -> tuple[list[Any], str]:
    """Return the list that a text begins with, and what follows."""
    if depth > DEEPEST:
        raise Unreadable(f": more than {DEEPEST} brackets are open at once")
    made: list[Any] = []
    text = text[1:].lstrip()
    while not text.startswith("]"):
        if text.startswith("["):
            one, text = _list(text, depth + 1)
        else:
            end = min([text.index(sign) for sign in ",]" if sign in text], default=len(text))
            one, text = _number(text[:end]), text[end:]
        made.append(one)
        if text.startswith(","):
            text = text[1:].lstrip()
        elif not text.startswith("]"):
            raise Unreadable(": commas separate the parts of a list")
    return made, text[1:].lstrip()


def _number(text: str) -> float:
    """Return a number, written as Python has it."""
    text = text.strip()
    if not text:
        raise Unreadable(": a number is missing between two commas or brackets")
    if " " in text:
        raise Unreadable(": commas separate the parts of a list")
    try:
        number = float(text)
    except ValueError:
        mantissa, _, power = text.strip("+-").lower().partition("e")
        if not (mantissa.replace(".", "", 1).isdigit() and power.lstrip("+").isdigit()):
            raise Unreadable(f": {text!r} is no number") from None
        number = inf  # the page's Python refuses what is too large
    if not isfinite(number) and text.strip("+-")[:1].isdigit():
        raise Unreadable(f": {text} is too large for a computer's number")
    return number


def _shape(made: Any) -> tuple[int, ...] | None:
    """Return the shape of lists in lists; None if they differ."""
    if not isinstance(made, list):
        return ()
    inner = {_shape(one) for one in made}
    if len(inner) > 1 or None in inner:
        return None
    return (len(made), *(inner.pop() if inner else ()))


# -- what is told


def describe(game: Game, given: Mapping[str, Any], before: Collection[str]) -> tuple[Card, list[str]]:
    """Return what a reader is told of a call, and the names of all that has been caught by then.

    Args:
        game: what there is to catch.
        given: the arguments that the reader has chosen.
        before: names of the wrong versions that earlier calls have caught.
    """
    title = game.exercise.name
    try:
        found = catch(game, given)
    except NoCall as problem:
        return _no_call(game, given, before, str(problem)), list(before)
    now = [m for m in game.known if m.name in before or m in found.caught]
    new = [f"*{m.name}*{_lines(m)} · {m.message}" for m in now if m.name not in before]
    alive = [m for m in game.known if m not in now]
    every = len(game.known)
    missed = [f"*{mutant.name}*" for mutant in found.alive]
    but = f", all but {' and '.join(missed)}" if 0 < len(missed) < 3 else ""
    parts = [
        f"    {found.text}\n    returns {found.right}",
        f"This call tells {len(found.caught)} of {every} wrong versions from the right one{but}.",
        "Caught now; each is told what is wrong with it:" if new else "",
        *new[:SHOWN],
    ]
    folded = {"also": (f"and {len(new) - SHOWN} more", new[SHOWN:])} if new[SHOWN:] else {}
    if not alive:
        return status_card(title, "ALL CAUGHT", parts, **folded, last=[LESSON]), [m.name for m in now]
    last, nudge = _what_is_left(game, found.arguments, alive)
    card = status_card(title, f"{len(now)} of {every} CAUGHT", parts, **folded, last=last, more=nudge)
    return card, [m.name for m in now]


def _no_call(game: Game, given: Mapping[str, Any], before: Collection[str], problem: str) -> Card:
    """Return what is told where there is no call: why, and what is alive all the same, once some are caught."""
    alive = [mutant for mutant in game.known if mutant.name not in before]
    if not before or not alive:
        return status_card(game.exercise.name, "NO CALL", [problem])
    arguments = dict(game.start)
    known = {name: value for name, value in given.items() if name in arguments}
    for name, value in known.items():  # those that are sound stay, so that the nudge is about the call on the page
        with contextlib.suppress(NoCall):
            arguments[name] = read_argument(name, value, game.kinds[name])
    wrong = {name for name, _ in misfits(game, arguments, known)}
    sound = {name: game.start[name] if name in wrong else value for name, value in arguments.items()}
    last, nudge = _what_is_left(game, sound, alive)
    return status_card(game.exercise.name, "NO CALL", [problem], last=last, more=nudge)


def _what_is_left(
    game: Game, arguments: Mapping[str, Any], alive: Sequence[Mutant]
) -> tuple[list[str], tuple[str, list[str]]]:
    """Return the list of the survivors, and the nudge that leads from a call to one of them."""
    more = f" and {len(alive) - LISTED} more" if alive[LISTED:] else ""
    last = [f"Still alive: {' · '.join(f'*{m.name}*' for m in alive[:LISTED])}{more}."]
    moved = argument_to_move(game, arguments, alive)
    return last, ("A nudge", [f"Move {' and '.join(f'`{name}`' for name in moved)}."] if moved else [])


def _lines(mutant: Mutant) -> str:
    """Return what stands in a wrong version, if that is short and says something."""
    code = mutant.new.strip()
    return f", `{code}`" if 3 < len(code) <= SHORT and "\n" not in code else ""
