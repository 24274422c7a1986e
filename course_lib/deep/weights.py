"""Save weights to files and load them, all or none; and load published weights.

A file holds named tensors and no code: safetensors, or torch's own .pth read by weights_only.
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
SHOWN = 3  # differences listed in a message


class Published(NamedTuple):
    """Weights to download: URL, first digits of the checksum, and maximal size."""

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
    """Save a network's state, parameters and buffers, in a safetensors file.

    Args:
        model: a module, or its state: name → tensor, on any device.
        path: of the file, which must end with .safetensors. An existing one is replaced once the new one is complete.
        half: save floats as float16, in half the bytes: 11 bits of precision.
        metadata: texts to save with them, name → text.

    Raises:
        ValueError: a number too large for float16 (65,504 is the largest). Nothing is written.

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
            raise ValueError(f"{name} holds {value.abs().max():.5g}, too large for float16: use half=False")
        # The format needs contiguous tensors that share no memory.
        kept[name] = new.to("cpu", copy=True, memory_format=torch.contiguous_format)
    texts = dict(metadata or {})
    if not all(isinstance(text, str) for pair in texts.items() for text in pair):
        raise TypeError(f"metadata must be a dict of texts, not {texts}")
    content = _in_order(safetensors.torch.save(kept, texts or None))
    with replacing(path) as file:
        file.write(content)


def load_weights(model: nn.Module, path: str | Path) -> None:
    """Load a network's state from a file: all of it or, if anything does not fit, nothing.

    Numbers are cast to the model's dtypes, and moved to its device.

    Args:
        model: a network of the same architecture.
        path: a file of safetensors (.safetensors), or of torch (.pth, .pt); read as data, no code in it is run.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, or holds anything but named tensors, or another architecture: then the message
            names the first differences. The model is unchanged.

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
    """Load a pretrained network, in evaluation mode.

    "letters": a `SmallCNN` trained on letters drawn from fonts, which comes with the package. "resnet18": a
    `ResNet18` trained on ImageNet's 1.3 million photographs of 1,000 classes, downloaded once (47 MB) from
    torchvision's site.

    Args:
        name: "letters" or "resnet18".
        cache: folder of downloaded weights; the user's cache folder unless given.
        progress: shows the progress of the download.
        folder: where letters.safetensors and letters.json are; the package's own unless given.

    Raises:
        ConnectionError: the weights could not be downloaded; the message explains what to do offline.
        FileNotFoundError: the letters are not in the folder.
        ValueError: a file is damaged, or not the published one.

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
            raise ValueError(f"{path} has the sha256 checksum {found}, not {wanted}, as in letters.json")
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
    """Return the facts about the pretrained letters: checksum, recipe, versions of the libraries, accuracy.

    Args:
        folder: where letters.json is; the package's own unless given.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, or has no checksum.

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
        raise ValueError(f"{path} does not hold the sha256 checksum of the weights")
    return card


def _in_order(content: bytes) -> bytes:
    """Sort the metadata of a safetensors file, whose order varies, so that equal weights make equal bytes."""
    start = 8 + int.from_bytes(content[:8], "little")  # 8 bytes: the length of the JSON header; then header and tensors
    header = json.loads(content[8:start])
    if "__metadata__" in header:
        header = {"__metadata__": dict(sorted(header.pop("__metadata__").items()))} | header
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + content[start:]


def _named(model: nn.Module | Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the state of a module, or a given one, if it holds named tensors and nothing else."""
    state = model.state_dict() if isinstance(model, nn.Module) else model
    if not isinstance(state, Mapping):
        raise TypeError(f"model must be a torch module or a dict of named tensors, not {type(state).__name__}")
    for name, value in state.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise TypeError(f"{name!r} must be the name of a tensor, not of a {type(value).__name__}")
        if value.layout is not torch.strided or value.is_meta:
            raise TypeError(f"{name} must be a dense tensor with data, not sparse or meta")
    return dict(state)


def _read(path: Path) -> dict[str, Tensor]:
    """Read named tensors. Whatever error a damaged file causes becomes a ValueError that names the file."""
    if path.suffix not in (".safetensors", ".pth", ".pt"):
        raise ValueError(f"path must end with .safetensors, .pth or .pt, not {path.name}")
    content = path.read_bytes()
    try:
        if path.suffix == ".safetensors":
            return safetensors.torch.load(content)
        with warnings.catch_warnings(action="ignore"):  # it warns of files that it then reads or refuses
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
    differs |= {name: "is only in the file" for name in state if name not in own}
    if differs:
        listed = "; ".join(f"{name} {difference}" for name, difference in list(differs.items())[:SHOWN])
        more = f"; and {len(differs) - SHOWN} more" if len(differs) > SHOWN else ""
        raise ValueError(
            f"{path} does not fit this {type(model).__name__}: {listed}{more}.{_describe_head(model, differs)}"
        )
    # A plain dict has no versions, so that torch, too, accepts a state without those counts.
    model.load_state_dict(state)


def _describe_head(model: nn.Module, differs: dict[str, str]) -> str:
    """Explain what to do if only the head differs, else return ""."""
    head = getattr(model, "head", None)
    place = next((name for name, module in model.named_modules() if module is head), None)
    if place is None or not all(name.startswith(f"{place}.") for name in differs):
        return ""
    return " Only the head differs: load the file into a network of its classes, then assign a head for yours"
