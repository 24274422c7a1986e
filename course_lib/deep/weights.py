"""Keep weights in files and read them back, all of them or none; and the weights that others have trained.

A file holds tensors by name and nothing that could run: safetensors, or torch's own .pth read by weights_only.
"""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from course_lib.data.cache import cache_folder, replacing
from course_lib.data.download import fetch

from .networks import ResNet18, SmallCNN

SHIPPED = Path(__file__).parent / "pretrained"  # the weights that come with the package
SHOWN = 3  # differences that a message names


class Published(NamedTuple):
    """Weights on the network: where, what their checksum begins with, and how long they are at most."""

    url: str
    sha256: str
    most_bytes: int


PUBLISHED = {"resnet18": Published("https://download.pytorch.org/models/resnet18-f37072fd.pth", "f37072fd", 50_000_000)}


def save_weights(
    model: nn.Module | Mapping[str, Tensor],
    path: str | Path,
    *,
    half: bool = False,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Keep a network's state, parameters and buffers, in a safetensors file.

    Args:
        model: a module, or its state: name → tensor, on any device.
        path: of the file, which must end with .safetensors. One that is there is replaced when the new one is whole.
        half: keep floats in half the bytes, as float16: 11 bits of precision.
        metadata: words to keep with them, name → text.

    Raises:
        TypeError: something in the state is no tensor, or in metadata no text.
        ValueError: another ending; or a number too large for float16 (65,504 is the largest). Nothing is written.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "net.safetensors"
    >>> net, other = SmallCNN(10), SmallCNN(10)
    >>> save_weights(net, path)
    >>> load_weights(other, path)
    >>> torch.equal(net.head.weight, other.head.weight)
    True
    """
    path = Path(path)
    if path.suffix != ".safetensors":
        raise ValueError(f"path must end with .safetensors, not {path.name}")
    kept = {}
    for name, value in _named(model).items():
        value = value.detach()
        new = value.half() if half and value.is_floating_point() else value
        if new is not value and torch.isinf(new).sum() > torch.isinf(value).sum():
            raise ValueError(f"{name} holds {value.abs().max():.5g}, too large for float16: write half=False")
        # Each tensor its own memory, row by row: what the format asks for.
        kept[name] = new.to("cpu", copy=True, memory_format=torch.contiguous_format)
    words = dict(metadata or {})
    if not all(isinstance(word, str) for pair in words.items() for word in pair):
        raise TypeError(f"metadata must be text by name, not {words}")
    content = _in_order(safetensors.torch.save(kept, words or None))
    with replacing(path) as file:
        file.write(content)


def load_weights(model: nn.Module, path: str | Path) -> None:
    """Read a network's state from a file: all of it, or, if anything does not fit, nothing.

    Numbers are cast to the model's own types, and go to its device.

    Args:
        model: a network of the same architecture.
        path: a file of safetensors (.safetensors), or of torch (.pth, .pt); read as data, nothing in it is run.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, or holds something other than tensors by name, or another architecture: then the
            message names what differs first. The model is as it was.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "net.safetensors"
    >>> save_weights(SmallCNN(10), path)
    >>> load_weights(SmallCNN(26), path)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: ...net.safetensors does not fit this SmallCNN: head.weight is (10, 128) in the file and (26, 128) here;
    head.bias is (10,) in the file and (26,) here. Only the head differs: load the file into a network of its classes,
    then assign a head for yours
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a module of torch, not {type(model).__name__}")
    path = Path(path)
    _fill(model, _read(path), path)


def load_pretrained(
    name: str,
    *,
    cache: str | Path | None = None,
    progress: bool = True,
    folder: str | Path | None = None,
) -> ResNet18 | SmallCNN:
    """Load a network that has been trained already, ready to be asked (in `eval` mode).

    "letters": a `SmallCNN` trained on letters drawn from fonts, which comes with the package. "resnet18": a
    `ResNet18` trained on ImageNet's 1.3 million photographs of 1,000 classes, fetched once (47 MB) from
    where torchvision publishes it.

    Args:
        name: "letters" or "resnet18".
        cache: folder where fetched weights are kept, and looked for; the user's cache folder unless given.
        progress: show how far the download is.
        folder: where "letters" lies, letters.safetensors with letters.json; the package's own unless given.

    Raises:
        ConnectionError: the weights could not be fetched; the message says what to do offline.
        FileNotFoundError: the letters are not in the folder.
        ValueError: no such name; or a file is damaged, or another than was published.

    >>> load_pretrained("letter")
    Traceback (most recent call last):
    ValueError: name must be 'letters' or 'resnet18', not 'letter'

    Source: TorchVision maintainers and contributors, TorchVision: PyTorch's computer vision library, 2016 (the
    weights); Russakovsky and others, ImageNet large scale visual recognition challenge, 2015.
    """
    if name == "letters":
        path = Path(folder or SHIPPED) / "letters.safetensors"
        found, wanted = hashlib.sha256(path.read_bytes()).hexdigest(), pretrained_card(path.parent)["sha256"]
        if found != wanted:
            raise ValueError(f"{path} has the sha256 checksum {found}, not {wanted}, which letters.json says")
        state = _read(path)
        model = SmallCNN(len(state["head.weight"]) if "head.weight" in state else 1)
    elif name == "resnet18":
        url, sha256, most_bytes = PUBLISHED[name]
        path = Path(cache or cache_folder()) / url.rpartition("/")[2]
        fetch(url, path, sha256=sha256, most_bytes=most_bytes, progress=progress)
        state, model = _read(path), ResNet18()
    else:
        raise ValueError(f"name must be 'letters' or 'resnet18', not {name!r}")
    _fill(model, state, path)
    return model.eval()


def pretrained_card(folder: str | Path | None = None) -> dict[str, Any]:
    """Say what is known of the pretrained letters: checksum, recipe, versions of the libraries, accuracy.

    Args:
        folder: where letters.json lies; the package's own unless given.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it holds no such facts.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "letters.json").write_text('{"sha256": "2cf24dba", "accuracy": 0.99}')
    40
    >>> pretrained_card(folder)["accuracy"]
    0.99
    """
    path = Path(folder or SHIPPED) / "letters.json"
    try:
        card = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    if not isinstance(card, dict) or not isinstance(card.get("sha256"), str):
        raise ValueError(f"{path} does not say the sha256 checksum of the weights")
    return card


def _in_order(content: bytes) -> bytes:
    """Sort the metadata of a safetensors file, which come in any order, so that equal weights give equal bytes."""
    start = 8 + int.from_bytes(content[:8], "little")  # a number of 8 bytes, so many bytes of JSON, then the tensors
    header = json.loads(content[8:start])
    if "__metadata__" in header:
        header = {"__metadata__": dict(sorted(header.pop("__metadata__").items()))} | header
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + content[start:]


def _named(model: nn.Module | Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give a state, of a module or as it is, if it holds tensors by name and nothing else."""
    state = model.state_dict() if isinstance(model, nn.Module) else model
    if not isinstance(state, Mapping):
        raise TypeError(f"model must be a module of torch or tensors by name, not {type(state).__name__}")
    for name, value in state.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise TypeError(f"{name!r} must be the name of a tensor, not of a {type(value).__name__}")
        if value.layout is not torch.strided or value.is_meta:
            raise TypeError(f"{name} must be a tensor with all its numbers, not sparse or empty")
    return dict(state)


def _read(path: Path) -> dict[str, Tensor]:
    """Read tensors by name. Whatever a damaged file makes the readers say, it becomes a ValueError that names it."""
    if path.suffix not in (".safetensors", ".pth", ".pt"):
        raise ValueError(f"path must end with .safetensors, .pth or .pt, not {path.name}")
    content = path.read_bytes()
    try:
        if path.suffix == ".safetensors":
            return safetensors.torch.load(content)
        with warnings.catch_warnings(action="ignore"):  # it warns of files that it then reads, or refuses
            return _named(torch.load(io.BytesIO(content), map_location="cpu", weights_only=True))
    except pickle.UnpicklingError as error:
        what = "is damaged, or holds more than tensors; it is not read, as that could run code"
        raise ValueError(f"{path} {what}") from error
    except TypeError as error:
        raise ValueError(f"{path} holds no weights: {error}") from error
    except Exception as error:
        raise ValueError(f"{path} is damaged: {str(error).partition(chr(10))[0]}") from error


def _fill(model: nn.Module, state: dict[str, Tensor], path: Path) -> None:
    """Load a state that fits; otherwise raise ValueError and leave the model as it is."""
    own = model.state_dict()
    differs = {}
    for name, value in own.items():
        new = state.get(name)
        if new is None:
            # Files from before batch norm counted its batches, ImageNet's among them, are whole without the counts.
            if not name.endswith("num_batches_tracked"):
                differs[name] = "is missing in the file"
        elif new.shape != value.shape:
            differs[name] = f"is {tuple(new.shape)} in the file and {tuple(value.shape)} here"
        elif new.is_floating_point() != value.is_floating_point():
            differs[name] = f"is {new.dtype} in the file and {value.dtype} here"
    differs |= {name: "is in the file alone" for name in state if name not in own}
    if differs:
        words = "; ".join(f"{name} {difference}" for name, difference in list(differs.items())[:SHOWN])
        more = f"; and {len(differs) - SHOWN} more" if len(differs) > SHOWN else ""
        raise ValueError(f"{path} does not fit this {type(model).__name__}: {words}{more}.{_advice(model, differs)}")
    # A plain dict has no versions, so that torch, too, takes a state without those counts.
    model.load_state_dict(state)


def _advice(model: nn.Module, differs: dict[str, str]) -> str:
    """Say what to do about a head for other classes."""
    head = getattr(model, "head", None)
    place = next((name for name, module in model.named_modules() if module is head), None)
    if place is None or not all(name.startswith(f"{place}.") for name in differs):
        return ""
    return " Only the head differs: load the file into a network of its classes, then assign a head for yours"
