"""The sentence after a prediction, filled with what the experiment shows, so that its numbers cannot be wrong."""

import json
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

from course_lib.explore import Experiment
from course_lib.questions.declaration import SAID, Predict

Numbers = dict[str, dict[str, str]]


def read_numbers(path: Path) -> Numbers:
    """Return the values of a chapter's claims: claim → value's name, or name:format → text.

    Raises:
        FileNotFoundError: they have not been written yet.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"{path.parent.name}/{path.name}, the values of the chapter's claims, is not there:"
            " write it with `course site --numbers`"
        )
    return json.loads(path.read_text("utf-8"))


def filled(question: Predict, experiment: Experiment | None = None, numbers: Callable[[], Numbers] = dict) -> str:
    """Return a prediction's line with its values; `{said}` stays.

    Args:
        question: the prediction.
        experiment: what it shows, at the setting it shows.
        numbers: returns the values of the chapter's claims; called only if the line names one.

    Raises:
        ValueError: the line names what the experiment does not show at this setting, or no claim's value.
    """
    text = ""
    for words, name, spec, _ in string.Formatter().parse(question.line):
        text += words
        if name == "said":
            text += "{said}"
        elif name == "claim":
            text += _claimed(question, spec or "", numbers())
        elif name is not None:
            text += _shown(question, name, spec or "", experiment)
    return text


def answers(question: Predict, line: str) -> dict[str, str]:
    """Return the line for each option, and under "" for who asked to be shown.

    >>> coin = Predict("coin", "00_coins", "Heads?", options={"y": "yes", "n": "no"}, line="You said {said}; it was.")
    >>> answers(coin, coin.line)
    {'y': 'You said yes; it was.', 'n': 'You said no; it was.', '': 'It was.'}
    """
    rest = line.removeprefix(SAID)
    said = {key: line.replace("{said}", text) for key, text in question.options.items()}
    return said | {"": rest[0].upper() + rest[1:]}


def formatted(value: Any, spec: str | None) -> str:
    """Return a number as the page writes it: specifications are d3's, which are Python's but for `~`.

    >>> formatted(169.0, "d"), formatted(-0.25, ".3~g"), formatted(0.5, ".3g")
    ('169', '−0.25', '0.500')
    """
    if isinstance(value, str):
        return value
    if not spec:
        return str(value).removesuffix(".0").replace("-", "−")
    if spec.endswith("d"):
        value = round(value)
    elif spec.endswith("g"):
        spec = spec.replace("~", "") if "~" in spec else f"#{spec}"
    return format(value, spec).removesuffix(".").replace("-", "−")


def _shown(question: Predict, name: str, spec: str, experiment: Experiment | None) -> str:
    assert experiment is not None  # the declaration has made sure
    formats = {r["key"]: r.get("format") for r in experiment.spec["readouts"]}
    if name in formats:
        value = experiment.data.get(name, experiment.backdrop.get(name))
    elif name in experiment.params:
        value, formats = experiment.params[name], {name: experiment.controls[name].get("format")}
    else:
        known = ", ".join([*formats, *experiment.params])
        raise ValueError(f"{question}: line names {name!r}, but {experiment.name} shows only {known}")
    if value is None:
        raise ValueError(f"{question}: at its setting, {experiment!r} has no {name!r}")
    return format(value, spec).replace("-", "−") if spec else formatted(value, formats[name])


def _claimed(question: Predict, spec: str, numbers: Numbers) -> str:
    name, _, value = spec.partition(":")[0].rpartition(".")
    values = numbers.get(name, {})
    text = values.get(f"{value}:{spec.partition(':')[2]}", values.get(value))
    if text is None:
        raise ValueError(f"{question}: line names {spec!r}, but the chapter's claims have no such value")
    return text
