"""Pretraining comes out again, small; and the letters that come with the package are what their card says."""

import hashlib
import json

import numpy as np
import pytest
import torch

from course_lib import cli
from course_lib.data import glyph_classes, load_glyphs
from course_lib.deep import (
    RECIPE,
    SmallCNN,
    evaluate_accuracy,
    load_pretrained,
    pretrain_letters,
    pretrained_card,
    to_tensors,
)
from course_lib.deep.weights import SHIPPED

torch.set_num_threads(1)
SMALL = {"glyphs": 1000, "epochs": 1, "batch": 25, "held_out": 200}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A small pretraining with seed 3: its folder and its card."""
    folder = tmp_path_factory.mktemp("made")
    torch.set_num_threads(1)
    return folder, pretrain_letters(folder, seed=3, recipe=SMALL, cache=False)


def test_one_seed_one_file(made, tmp_path):
    folder, card = made
    torch.set_num_threads(2)
    again = pretrain_letters(tmp_path, seed=3, recipe=SMALL, cache=False)
    assert torch.get_num_threads() == 2
    torch.set_num_threads(1)
    assert again == card
    for kind in ("safetensors", "json"):
        assert (tmp_path / f"letters.{kind}").read_bytes() == (folder / f"letters.{kind}").read_bytes()


def test_the_card_tells_what_the_file_holds(made):
    folder, card = made
    content = (folder / "letters.safetensors").read_bytes()
    assert card == json.loads((folder / "letters.json").read_text()) == pretrained_card(folder)
    assert card["sha256"] == hashlib.sha256(content).hexdigest() and card["bytes"] == len(content)
    assert card["recipe"] == RECIPE | SMALL and card["seed"] == 3 and card["classes"] == 38
    assert card["versions"]["torch"].split("+")[0] == torch.__version__.split("+")[0]
    net = load_pretrained("letters", folder=folder)
    _, of_test = np.random.default_rng(3).spawn(2)
    right = evaluate_accuracy(net, *to_tensors(*load_glyphs(of_test, 200, cache=False)))
    assert card["accuracy"] == round(right, 4) > 2 / 38  # of the file, in float16


def test_the_command(made, tmp_path, capsys, monkeypatch):
    """With another seed, and so it makes another file."""
    monkeypatch.setattr("course_lib.deep.pretrain.RECIPE", RECIPE | SMALL)
    monkeypatch.setenv("DESCENT_CACHE", str(tmp_path / "cache"))
    assert cli.main(["pretrain", "--out", str(tmp_path / "out"), "--seed", "5"]) == 0
    card = pretrained_card(tmp_path / "out")
    assert card["seed"] == 5 and card["sha256"] != made[1]["sha256"]
    said = capsys.readouterr().out
    path = tmp_path / "out" / "letters.safetensors"
    assert said.startswith(f"{path}: {card['bytes']:,} bytes, ") and said.endswith("of other letters are read\n")
    assert load_pretrained("letters", folder=tmp_path / "out").head.out_features == 38


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--seed", "-1"], "seed must be at least 0, not -1"), (["--device", "abacus"], "the device 'abacus'")],
)
def test_what_cannot_be_done_is_said_in_one_line(arguments, words, tmp_path, capsys):
    assert cli.main(["pretrain", "--out", str(tmp_path), *arguments]) == 2
    said = capsys.readouterr().err
    assert said.startswith("course pretrain: ") and words in said and said.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_an_unknown_entry_of_a_recipe():
    with pytest.raises(ValueError, match=r"recipe must hold some of network, glyphs, .*, not epoch$"):
        pretrain_letters("nowhere", recipe={"epoch": 1})


def test_the_letters_of_the_package():
    card = pretrained_card()
    content = (SHIPPED / "letters.safetensors").read_bytes()
    assert len(content) == card["bytes"] < 500_000
    assert hashlib.sha256(content).hexdigest() == card["sha256"]
    assert card["recipe"] == RECIPE and tuple(card["letters"]) == glyph_classes() and card["accuracy"] > 0.96
    net = load_pretrained("letters")
    assert isinstance(net, SmallCNN) and not net.training
    x, y = to_tensors(*load_glyphs(np.random.default_rng(2026), 1500, cache=False))  # letters it has never seen
    assert evaluate_accuracy(net, x, y) > card["accuracy"] - 0.01
