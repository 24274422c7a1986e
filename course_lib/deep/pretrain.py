"""Pretraining: features learned from letters drawn from fonts, for reading handwritten digits."""

from __future__ import annotations

import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from course_lib.data import glyph_classes, load_glyphs
from course_lib.data.cache import replacing
from course_lib.validation import check_count

from .networks import SmallCNN
from .training import Device, check_device, evaluate_accuracy, one_thread, to_tensors, train
from .weights import load_weights, save_weights

#: How the letters that come with the package were trained. Weight decay is large on purpose: with .0005 letters are
#: read as well (98.5 %), but then a head on frozen features reads about 85 % of the digits with two labels each, not
#: 89 %.
RECIPE = {
    "network": "SmallCNN",
    "glyphs": 20_000,
    "size": 8,
    "epochs": 6,
    "batch": 100,
    "optimizer": "SGD, momentum 0.9, the rate falls to 0 along a cosine",
    "rate": 0.05,
    "weight_decay": 0.01,
    "held_out": 4_000,
}


def pretrain_letters(
    folder: str | Path,
    *,
    seed: int = 0,
    recipe: dict[str, Any] | None = None,
    cache: bool | str | Path = True,
    device: Device = "cpu",
    progress: bool = False,
) -> dict[str, Any]:
    """Train a `SmallCNN` on 38 letters of 22 typefaces, and save it for `load_pretrained("letters", folder=…)`.

    letters.safetensors holds the weights in float16, letters.json their description: the sha256 checksum, the recipe,
    the libraries' versions, and the accuracy of this very file on other letters. On one machine the same seed makes
    the same file; another may sum in another order.

    Args:
        folder: where to write the two files.
        seed: draws the letters, the first weights and the batches; ≥ 0.
        recipe: entries that differ from `RECIPE`, such as {"epochs": 1}.
        cache: where to keep drawn letters; see `load_glyphs`.
        device: "cpu" or "cuda".
        progress: shows a bar where tqdm is installed.

    Returns:
        The content of letters.json.

    >>> import tempfile
    >>> small = {"glyphs": 76, "epochs": 1, "held_out": 38}
    >>> card = pretrain_letters(tempfile.mkdtemp(), recipe=small, cache=False)
    >>> sorted(card)
    ['accuracy', 'bytes', 'classes', 'letters', 'recipe', 'seed', 'sha256', 'versions']

    Source: after Yosinski, Clune, Bengio and Lipson, How transferable are features in deep neural networks?, 2014.
    """
    if unknown := set(recipe or {}) - set(RECIPE):
        raise ValueError(f"recipe must hold some of {', '.join(RECIPE)}, not {', '.join(sorted(unknown))}")
    recipe = RECIPE | (recipe or {})
    check_device(device)
    of_training, of_test = np.random.default_rng(check_count("seed", seed, 0)).spawn(2)
    x, y = to_tensors(*load_glyphs(of_training, recipe["glyphs"], size=recipe["size"], cache=cache))
    others = to_tensors(*load_glyphs(of_test, recipe["held_out"], size=recipe["size"], cache=cache))

    folder = Path(folder)
    path = folder / "letters.safetensors"
    classes = glyph_classes()
    with one_thread():
        generator = torch.Generator().manual_seed(seed)
        net = SmallCNN(len(classes), generator=generator).to(device)
        optimizer = torch.optim.SGD(net.parameters(), recipe["rate"], momentum=0.9, weight_decay=recipe["weight_decay"])
        train(net, x, y, optimizer, epochs=recipe["epochs"], batch=recipe["batch"], generator=generator,
              progress=progress)  # fmt: skip
        save_weights(net, path, half=True)
        load_weights(net, path)  # the accuracy is that of the file
        right = evaluate_accuracy(net, *others)

    content = path.read_bytes()
    card = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "accuracy": round(right, 4),
        "classes": len(classes),
        "letters": list(classes),
        "seed": seed,
        "recipe": recipe,
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in ("numpy", "torch", "safetensors", "matplotlib")},
    }
    with replacing(folder / "letters.json") as file:
        file.write((json.dumps(card, indent=2) + "\n").encode())
    return card
