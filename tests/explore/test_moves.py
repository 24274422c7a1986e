"""Addresses of settings: taken apart, written as a call, and held against the controls that there are."""

import json
import re

import pytest

from course_lib.explore.experiment import Experiment, experiment
from course_lib.explore.moves import experiment_at, move_as_text, parse
from course_lib.explore.page import experiments_in, static_html
from course_lib.explore.parts import choice, point, slider, toggle
from course_lib.explore.values import read

CONTROLS = {
    c["name"]: c
    for c in (
        slider("rho", "ρ", 0, 0.99, 0.5, step=0.01),
        slider("lr", "α", 1e-4, 3, 1.2, log=True),
        slider("n", "n", values=[1, 2, 5], value=2),
        choice("surface", "Surface", {"ravine": "Ravine", "saddle": "Saddle"}, "ravine"),
        toggle("on", "on", False),
        point("start", "start", (1, 1), within="window"),
    )
}


@experiment(page="07_topic")
def ramp(**values):
    return Experiment(
        "ramp", [slider("a", "a", 0, 1, 0)], lambda a: {"a": a}, [], alt="A ramp.", caption="It <rises>.", values=values
    )


@pytest.mark.parametrize(
    ("address", "place", "values"),
    [
        ("race", "race", {}),
        ("#race?rho=0.95&surface=saddle", "race", {"rho": "0.95", "surface": "saddle"}),
        ("race-saddle?start=-1,0", "race-saddle", {"start": "-1,0"}),
        ("race?start=1%2C0", "race", {"start": "1,0"}),
    ],
)
def test_an_address_is_taken_apart(address, place, values):
    assert parse(address) == (place, values)
    assert experiment_at(place) == "race"


@pytest.mark.parametrize(
    "address", ["", "race?", "?rho=1", "race?rho", "race?rho=", "race?rho=1&rho=2", "the race", "race?a=b=c"]
)
def test_what_is_no_address_is_said_to_be_none(address):
    with pytest.raises(ValueError, match=r"written as race\?rho=0\.95&surface=saddle, not " + re.escape(repr(address))):
        parse(address)


def test_an_address_as_a_call():
    assert move_as_text("race") == "explore.race()"
    assert move_as_text("race-again?rho=0.95&surface=saddle") == "explore.race(rho=0.95, surface='saddle')"
    assert move_as_text("e?start=-1,.5&on=true&lr=1e-3") == "explore.e(start=(-1, .5), on=True, lr=1e-3)"


def test_the_call_makes_the_setting():
    explore = type("Chapter", (), {"ramp": staticmethod(ramp)})
    assert eval(move_as_text("ramp?a=0.25"), {"explore": explore}).params == {"a": 0.25}


def test_texts_become_values():
    texts = {"rho": "0.95", "lr": "0.0123", "n": "5", "surface": "saddle", "on": "true", "start": "-1,0"}
    assert read("race", CONTROLS, texts) == {
        "rho": 0.95, "lr": 0.0123, "n": 5.0, "surface": "saddle", "on": True, "start": [-1.0, 0.0],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("speed", "1", "race has no control 'speed'; it has rho, lr, n, surface, on, start"),
        ("rho", "fast", "race: rho must be a number; got 'fast'"),
        ("rho", "nan", "race: rho must be a number; got 'nan'"),
        ("rho", "1", "race: rho must be from 0 to 0.99; got 1"),
        ("rho", "0.955", "race: rho goes in steps of 0.01 from 0; got 0.955"),
        ("n", "3", "race: n must be one of 1, 2, 5; got 3"),
        ("surface", "moon", "race: surface must be one of ravine, saddle; got 'moon'"),
        ("on", "True", "race: on must be true or false; got 'True'"),
        ("start", "1", "race: start must be two numbers, as in 1,0; got '1'"),
        ("lr", "1,2", "race: lr must be a number; got '1,2'"),
    ],
)
def test_a_text_that_is_no_value_is_named(name, text, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        read("race", CONTROLS, {name: text})


def test_an_experiment_has_a_place_and_a_caption(tmp_path):
    (place, spec), *others = experiments_in(static_html(ramp(), tmp_path))
    assert (place, spec["name"], others) == ("ramp", "ramp", []) and "caption" not in spec
    page = static_html(ramp(place="ramp-again", caption="Now it falls."), tmp_path)
    assert experiments_in(page)[0][0] == "ramp-again"
    assert (
        'id="fig-ramp-again"' in page
        and '<figcaption class="cx-caption" data-figure="ramp-again">Now it falls.' in page
    )
    assert "It &lt;rises&gt;." in static_html(ramp(), tmp_path)
    assert "figcaption" not in static_html(ramp(caption=""), tmp_path)
    assert json.loads(json.dumps(ramp(caption="Seen.").spec))["caption"] == "Seen."


@pytest.mark.parametrize("place", ["race", "ramp again", "again-ramp", "ramp?a=1", ""])
def test_a_place_begins_with_the_experiments_name(place):
    with pytest.raises(ValueError, match=r"ramp: place must be ramp-something, not|an experiment's address"):
        ramp(place=place)
