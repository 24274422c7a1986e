"""Files of weights: there and back, of others, of the wrong ones, damaged and hostile; and weights from a server."""

import copy
import hashlib
import http.server
import io
import json
import os
import pickle
import struct
import sys
import threading
import types
from collections import OrderedDict

import pytest
import safetensors.torch
import torch
from torch import nn

from course_lib.deep import ResNet18, SmallCNN, load_pretrained, load_weights, pretrained_card, save_weights, weights

torch.set_num_threads(1)


def net(classes=7, seed=0):
    """A small network in which batch norm has seen something."""
    made = SmallCNN(classes, generator=torch.Generator().manual_seed(seed))
    made(torch.rand(16, 1, 8, 8, generator=torch.Generator().manual_seed(seed)))
    return made


def state_of(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(a, b):
    a, b = (m if isinstance(m, dict) else m.state_dict() for m in (a, b))
    return list(a) == list(b) and all(a[name].dtype == b[name].dtype and torch.equal(a[name], b[name]) for name in a)


def refused(model, path, words, error=ValueError):
    """The file is refused in these words, and the model is as it was, bit by bit."""
    before, rng = state_of(model), torch.get_rng_state()
    with pytest.raises(error, match=words) as told:
        load_weights(model, path)
    assert same(before, model) and torch.equal(rng, torch.get_rng_state())
    assert "\n" not in str(told.value)


# -- there and back -------------------------------------------------------------------------------


def test_all_of_it_comes_back(tmp_path):
    one, other = net(), net(seed=1)
    assert one.state_dict()["conv1.1.num_batches_tracked"] == 1
    save_weights(one, tmp_path / "new" / "net.safetensors", metadata={"recipe": "none", "by": "Ada"})
    before = {name: p.data_ptr() for name, p in other.named_parameters()}
    load_weights(other, str(tmp_path / "new" / "net.safetensors"))
    assert same(one, other) and os.listdir(tmp_path / "new") == ["net.safetensors"]
    assert {name: p.data_ptr() for name, p in other.named_parameters()} == before  # an optimizer still holds them
    x = torch.rand(3, 1, 8, 8)
    assert torch.equal(one.eval()(x), other.eval()(x))
    # The format is the one that everybody reads.
    with safetensors.safe_open(tmp_path / "new" / "net.safetensors", "pt") as file:
        assert file.metadata() == {"by": "Ada", "recipe": "none"}
        assert same({name: file.get_tensor(name) for name in one.state_dict()}, one)


def test_a_state_is_as_good_as_its_module(tmp_path):
    one, other = net(), net(seed=1)
    save_weights(one.state_dict(), tmp_path / "net.safetensors")
    load_weights(other, tmp_path / "net.safetensors")
    assert same(one, other)
    # Views, expanded and shared tensors, and parameters, are kept by their numbers.
    base = torch.arange(6.0).reshape(2, 3)
    odd = {"t": base.T, "b": base, "e": torch.ones(1).expand(4), "n": torch.tensor(3), "p": nn.Parameter(base)}
    save_weights(odd, tmp_path / "odd.safetensors")
    back = safetensors.torch.load_file(tmp_path / "odd.safetensors")
    assert all(torch.equal(back[name], value) for name, value in odd.items()) and back.keys() == odd.keys()


def test_half_the_bytes(tmp_path):
    one, other = net(), net(seed=1)
    before = state_of(one)
    save_weights(one, tmp_path / "whole.safetensors")
    save_weights(one, tmp_path / "half.safetensors", half=True)
    assert same(one, before)
    sizes = [(tmp_path / f"{name}.safetensors").stat().st_size for name in ("half", "whole")]
    assert 0.5 <= sizes[0] / sizes[1] < 0.51 and sizes[0] < 500_000
    load_weights(other, tmp_path / "half.safetensors")
    for name, value in other.state_dict().items():
        assert value.dtype == before[name].dtype
        assert torch.equal(value, before[name].half().to(value.dtype) if value.is_floating_point() else before[name])
    x = torch.rand(50, 1, 8, 8)
    assert torch.allclose(one.eval()(x), other.eval()(x), atol=2e-2)


def test_equal_weights_are_equal_bytes(tmp_path):
    """The safetensors library writes metadata in another order each time."""
    path, contents = tmp_path / "net.safetensors", set()
    for _ in range(3):
        save_weights(net(), path, metadata={letter: "é" * i for i, letter in enumerate("hgfedcba")})
        contents.add(path.read_bytes())
    assert len(contents) == 1
    content = contents.pop()
    length = int.from_bytes(content[:8], "little")
    assert length % 8 == 0  # so that the numbers lie where a processor likes them
    header = json.loads(content[8 : 8 + length])
    assert next(iter(header)) == "__metadata__" and list(header["__metadata__"]) == list("abcdefgh")
    back = safetensors.torch.load(content)
    assert same({name: back[name] for name in net().state_dict()}, net()) and len(back) == len(header) - 1


@pytest.mark.parametrize("suffix", [".pth", ".pt"])
@pytest.mark.parametrize("new", [True, False], ids=["zip", "legacy"])
def test_files_of_torch(tmp_path, suffix, new):
    one, other = net(), net(seed=1)
    torch.save(one.state_dict(), tmp_path / f"net{suffix}", _use_new_zipfile_serialization=new)
    load_weights(other, tmp_path / f"net{suffix}")
    assert same(one, other)
    # Old files hold parameters, and no counts of batches.
    old = OrderedDict((k, nn.Parameter(v) if v.ndim else v) for k, v in one.state_dict().items() if "num_b" not in k)
    torch.save(old, tmp_path / f"old{suffix}", _use_new_zipfile_serialization=new)
    fresh = SmallCNN(7)
    load_weights(fresh, tmp_path / f"old{suffix}")
    counts = {name: value for name, value in fresh.state_dict().items() if "num_b" in name}
    assert len(counts) == 4 and not any(counts.values())
    assert same(state_of(fresh) | {k: v for k, v in one.state_dict().items() if k in counts}, one)
    assert all(p.requires_grad for p in fresh.parameters())


def test_cast_to_the_models_own_types(tmp_path):
    one, double = net(), net(seed=1).double()
    save_weights(one, tmp_path / "net.safetensors")
    load_weights(double, tmp_path / "net.safetensors")
    assert all(v.dtype in (torch.float64, torch.int64) for v in double.state_dict().values())
    assert same(double.float(), one)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_to_the_gpu_and_back(tmp_path):
    one, other = net().to("cuda"), net(seed=1).to("cuda")
    save_weights(one, tmp_path / "net.safetensors")
    load_weights(other, tmp_path / "net.safetensors")
    assert same(one, other) and next(other.parameters()).is_cuda


# -- what cannot be kept --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "options", "error", "words"),
    [
        ({"w": [1.0]}, {}, TypeError, "'w' must be the name of a tensor, not of a list"),
        ({3: torch.ones(2)}, {}, TypeError, "3 must be the name of a tensor"),
        ({"w": torch.ones(2).to_sparse()}, {}, TypeError, "w must be a dense tensor with data"),
        ({"w": torch.ones(2, device="meta")}, {}, TypeError, "w must be a dense tensor with data"),
        (torch.ones(2), {}, TypeError, "model must be a torch module or a dict of named tensors, not Tensor"),
        ({"w": torch.tensor([1.0, -7e4])}, {"half": True}, ValueError, "w holds 70000, too large for float16"),
        ({"w": torch.ones(2)}, {"metadata": {"accuracy": 0.9}}, TypeError, "metadata must be a dict of texts"),
        ({"w": torch.ones(2)}, {"metadata": {1: "a"}}, TypeError, "metadata must be a dict of texts"),
    ],
)
def test_what_cannot_be_kept(tmp_path, model, options, error, words):
    path = tmp_path / "net.safetensors"
    path.write_bytes(b"old")
    with pytest.raises(error, match=words):
        save_weights(model, path, **options)
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["net.safetensors"]


def test_infinite_weights_are_kept_as_they_are(tmp_path):
    save_weights({"w": torch.tensor([torch.inf, 6e4, torch.nan])}, tmp_path / "net.safetensors", half=True)
    back = safetensors.torch.load_file(tmp_path / "net.safetensors")["w"]
    assert back[0] == torch.inf and back[1] == 6e4 and back[2].isnan()


def test_endings(tmp_path):
    with pytest.raises(ValueError, match=r"path must end with .safetensors, not net\.pth"):
        save_weights(net(), tmp_path / "net.pth")
    refused(net(), tmp_path / "net.npz", r"path must end with .safetensors, .pth or .pt, not net\.npz")
    refused(net(), tmp_path / "net.pth", "No such file", FileNotFoundError)
    with pytest.raises(TypeError, match="model must be a module of torch, not dict"):
        load_weights({}, tmp_path / "net.pth")


# -- weights that do not fit ----------------------------------------------------------------------


def save(state, path):
    if path.suffix == ".pth":
        torch.save(state, path)
    else:
        save_weights(state, path)
    return path


@pytest.mark.parametrize("name", ["net.safetensors", "net.pth"])
def test_another_architecture_names_the_first_differences(tmp_path, name):
    path = save(ResNet18(7).state_dict(), tmp_path / name)
    words = (
        r"net\.\w+ does not fit this SmallCNN: conv1\.0\.weight is missing in the file; conv1\.1\.weight is missing in "
        r"the file; conv1\.1\.bias is missing in the file; and \d+ more\.$"
    )
    refused(net(), path, words)
    refused(ResNet18(7), save(net().state_dict(), tmp_path / name), r"ResNet18: conv1\.weight is missing in the file;")


@pytest.mark.parametrize("name", ["net.safetensors", "net.pth"])
def test_another_number_of_classes(tmp_path, name):
    words = (
        r"this SmallCNN: head\.weight is \(10, 128\) in the file and \(7, 128\) here; head\.bias is \(10,\) in the "
        r"file and \(7,\) here\. Only the head differs: load the file into a network of its classes, then assign a "
    )
    refused(net(7), save(net(10).state_dict(), tmp_path / name), words)
    words = r"fc\.weight is \(5, 512\) in the file and \(7, 512\) here; .* Only the head differs"
    refused(ResNet18(7), save(ResNet18(5).state_dict(), tmp_path / name), words)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.pop("conv3.1.running_var"), r"SmallCNN: conv3\.1\.running_var is missing in the file\.$"),
        (lambda s: s.pop("head.bias"), r"SmallCNN: head\.bias is missing in the file\. Only the head differs"),
        (lambda s: s.update(extra=torch.ones(2)), r"SmallCNN: extra is only in the file\.$"),
        (
            lambda s: s.update({"conv2.1.bias": torch.ones(32, 1)}),
            r"conv2\.1\.bias is \(32, 1\) in the file and \(32,\)",
        ),
        (
            lambda s: s.update({"conv2.1.bias": torch.ones(32, dtype=torch.int32)}),
            r"is torch\.int32 in the file and tor",
        ),
        (
            lambda s: s.update({"conv1.1.num_batches_tracked": torch.tensor(1.5)}),
            r"tracked is torch\.float32 in the fi",
        ),
        (
            lambda s: [s.pop(f"conv1.1.{n}") for n in ("weight", "bias", "running_mean")],
            r"; .*; .*mean is missing .*e\.$",
        ),
        (lambda s: s.clear(), r"conv1\.0\.weight is missing in the file; .* and \d+ more"),
    ],
)
@pytest.mark.parametrize("name", ["net.safetensors", "net.pth"])
def test_one_difference_is_enough(tmp_path, name, change, words):
    state = net(seed=1).state_dict()
    change(state)
    refused(net(), save(dict(state), tmp_path / name), words)


# -- damaged and hostile files --------------------------------------------------------------------


class Hostile:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_nothing_in_a_file_is_run(tmp_path):
    target = tmp_path / "made by the file"
    for name, write in [("a.pth", torch.save), ("b.pth", lambda o, p: p.write_bytes(pickle.dumps(o)))]:
        write({"w": Hostile(str(target))}, tmp_path / name)
        refused(
            net(), tmp_path / name, "is damaged, or holds more than tensors; it is not read, as that could run code$"
        )
    torch.save(net(), tmp_path / "module.pth")  # a whole module is code, too
    refused(net(), tmp_path / "module.pth", "holds more than tensors")
    assert not target.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([torch.ones(2)], "holds no weights: model must be a torch module or a dict of named tensors, not list"),
        ({"state_dict": {"w": torch.ones(2)}, "epoch": 3}, "'state_dict' must be the name of a tensor, not of a dict"),
        ({"w": torch.ones(2).to_sparse()}, "holds no weights: w must be a dense tensor with data"),
    ],
)
def test_other_things_than_tensors_by_name(tmp_path, content, words):
    torch.save(content, tmp_path / "net.pth")
    refused(net(), tmp_path / "net.pth", words)


@pytest.mark.parametrize("kind", ["safetensors", "zip", "legacy"])
def test_every_truncated_file_is_damaged(tmp_path, kind):
    path, model = tmp_path / ("net.safetensors" if kind == "safetensors" else "net.pth"), net()
    if kind == "safetensors":
        save_weights(model, path)
    else:
        torch.save(model.state_dict(), path, _use_new_zipfile_serialization=kind == "zip")
    whole = path.read_bytes()
    n = len(whole)
    for cut in (0, 1, 7, 8, 9, 100, 1000, 5000, n // 2, n - 1000, n - 5, n - 1):
        path.write_bytes(whole[:cut])
        refused(model, path, r"net\.\w+ is damaged")
    path.write_bytes(b"<html>404: not found</html>")
    refused(model, path, r"net\.\w+ is damaged")


@pytest.mark.parametrize("kind", ["safetensors", "zip", "legacy"])
def test_damaged_bytes_are_told_or_give_other_numbers(tmp_path, kind):
    """No format's reader checks the numbers; whatever else a byte breaks is a ValueError, with no change."""
    path, saved = tmp_path / ("net.safetensors" if kind == "safetensors" else "net.pth"), nn.Linear(3, 2)
    if kind == "safetensors":
        save_weights(saved, path)
    else:
        torch.save(saved.state_dict(), path, _use_new_zipfile_serialization=kind == "zip")
    whole, told = path.read_bytes(), 0
    for i in range(0, min(len(whole), 1600), 5):
        path.write_bytes(whole[:i] + bytes([whole[i] ^ 0x15]) + whole[i + 1 :])
        model = nn.Linear(3, 2)  # a new one: the other numbers may be nan, which equals nothing
        before = state_of(model)
        try:
            load_weights(model, path)
        except ValueError as error:
            assert str(error).startswith(str(path)) and same(before, model)
            told += 1
    assert told > 10


def test_a_header_that_lies(tmp_path):
    def file(header):
        text = json.dumps(header).encode()
        return struct.pack("<Q", len(text)) + text

    path, model = tmp_path / "net.safetensors", nn.Linear(3, 2)
    for header in [
        {"weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}},  # no data
        {"weight": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}},
        {"weight": {"dtype": "X9", "shape": [0], "data_offsets": [0, 0]}},
        {"weight": 5},
    ]:
        path.write_bytes(file(header))
        refused(model, path, r"net\.safetensors is damaged")
    path.write_bytes(struct.pack("<Q", 2**63) + b"{}")
    refused(model, path, r"net\.safetensors is damaged")


# -- weights that others have trained -------------------------------------------------------------


@pytest.fixture
def shipped(tmp_path):
    """A folder as in the package: weights, and what is known of them."""
    one = net(38)
    save_weights(one, tmp_path / "letters.safetensors", half=True)
    content = (tmp_path / "letters.safetensors").read_bytes()
    card = {"sha256": hashlib.sha256(content).hexdigest(), "accuracy": 0.97, "recipe": {"epochs": 6}, "versions": {}}
    (tmp_path / "letters.json").write_text(json.dumps(card))
    return one, card, tmp_path


def test_letters(shipped):
    one, card, folder = shipped
    loaded = load_pretrained("letters", folder=folder)
    assert isinstance(loaded, SmallCNN) and loaded.head.out_features == 38 and not loaded.training
    assert same(loaded, {k: v.half().float() if v.is_floating_point() else v for k, v in one.state_dict().items()})
    assert all(p.requires_grad and p.dtype == torch.float32 for p in loaded.parameters())
    assert pretrained_card(folder) == card
    again = load_pretrained("letters", folder=str(folder))
    x = torch.rand(4, 1, 8, 8)
    assert torch.equal(again(x), loaded(x))


def test_letters_that_are_not_the_ones(shipped):
    _, card, folder = shipped
    path = folder / "letters.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(ValueError, match=f"has the sha256 checksum [0-9a-f]{{64}}, not {card['sha256']}"):
        load_pretrained("letters", folder=folder)
    # The right checksum of something else.
    save_weights(nn.Linear(3, 2), path)
    card["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "letters.json").write_text(json.dumps(card))
    with pytest.raises(ValueError, match=r"does not fit this SmallCNN: conv1\.0\.weight is missing"):
        load_pretrained("letters", folder=folder)
    for text, words in [("{", "is damaged"), ("[]", "does not hold the sha256"), ('{"sha256": 5}', "does not hold")]:
        (folder / "letters.json").write_text(text)
        with pytest.raises(ValueError, match=rf"letters\.json {words}"):
            load_pretrained("letters", folder=folder)
    for name in ("letters.json", "letters.safetensors"):
        (folder / name).unlink()
        with pytest.raises(FileNotFoundError, match=name):
            load_pretrained("letters", folder=folder)


@pytest.mark.parametrize("name", ["resnet", "", None, "Letters"])
def test_there_are_two(name):
    with pytest.raises(ValueError, match="name must be 'letters' or 'resnet18', not"):
        load_pretrained(name)


def test_the_published_file():
    url, sha256, most_bytes = weights.PUBLISHED["resnet18"]
    assert url == f"https://download.pytorch.org/models/resnet18-{sha256}.pth"
    floats = sum(v.numel() for v in ResNet18().state_dict().values() if v.is_floating_point())
    assert 4 * floats < 46_830_571 < most_bytes  # the length of what is published


@pytest.fixture(scope="module")
def published():
    """What is published: torch's zip file of parameters by name, without counts of batches."""
    made = ResNet18(generator=torch.Generator().manual_seed(0))
    state = OrderedDict((k, v) for k, v in made.state_dict().items() if "num_batches" not in k)
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return made, buffer.getvalue()


@pytest.fixture
def served(published, monkeypatch):
    state = types.SimpleNamespace(content=published[1], hang_up=None, asked=[])

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            state.asked.append(asked := self.headers.get("Range"))
            start = int(asked[6:-1]) if asked else 0
            self.send_response(206 if asked else 200)
            self.send_header("Content-Length", str(len(state.content) - start))
            self.send_header("Content-Range", f"bytes {start}-{len(state.content) - 1}/{len(state.content)}")
            self.end_headers()
            self.wfile.write(state.content[start : state.hang_up])

        def log_message(self, *args):
            pass

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/models/resnet18-abc.pth"

    def publish(content, most_bytes=50_000_000):
        state.content = content
        sha256 = hashlib.sha256(content).hexdigest()[:8]
        monkeypatch.setitem(weights.PUBLISHED, "resnet18", weights.Published(state.url, sha256, most_bytes))

    state.publish = publish
    publish(state.content)
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def test_resnet18_is_fetched_once_and_resumed(published, served, tmp_path, monkeypatch):
    monkeypatch.setenv("DESCENT_CACHE", str(tmp_path))
    served.hang_up = 20_000_000
    with pytest.raises(ConnectionError, match=r"broke off after 20000000 of .* What arrived is kept"):
        load_pretrained("resnet18", progress=False)
    served.hang_up = None
    loaded = load_pretrained("resnet18", progress=False)
    assert same(loaded, published[0]) and isinstance(loaded, ResNet18) and not loaded.training
    assert os.listdir(tmp_path / "descent") == ["resnet18-abc.pth"]
    assert served.asked == [None, "bytes=20000000-"]
    again = load_pretrained("resnet18", cache=tmp_path / "descent")
    assert len(served.asked) == 2 and same(again, loaded)


def test_resnet18_put_there_by_hand(published, served, tmp_path, monkeypatch):
    served.publish(published[1])
    url, sha256, most = weights.PUBLISHED["resnet18"]
    offline = url.replace(str(url.split("/")[2]), "127.0.0.1:9")
    monkeypatch.setitem(weights.PUBLISHED, "resnet18", weights.Published(offline, sha256, most))
    path = tmp_path / "resnet18-abc.pth"
    with pytest.raises(ConnectionError) as told:
        load_pretrained("resnet18", cache=tmp_path, progress=False)
    assert str(told.value).startswith(f"resnet18-abc.pth could not be fetched from {offline} (")
    assert str(told.value).endswith(f"Offline: fetch it elsewhere, and put it at {path}")
    path.write_bytes(published[1])
    assert same(load_pretrained("resnet18", cache=str(tmp_path)), published[0])
    assert served.asked == []


def test_files_that_are_not_resnet18(served, tmp_path):
    for state, error in [
        (net().state_dict(), "does not fit this ResNet18"),
        ({"w": Hostile("x")}, "more than tensors"),
    ]:
        buffer = io.BytesIO()
        torch.save(state, buffer)
        served.publish(buffer.getvalue())
        with pytest.raises(ValueError, match=error):
            load_pretrained("resnet18", cache=tmp_path, progress=False)
    (tmp_path / "resnet18-abc.pth").unlink()
    served.content = served.content[:-1] + b"?"  # no longer what the checksum is of
    with pytest.raises(ValueError, match="has the sha256 checksum"):
        load_pretrained("resnet18", cache=tmp_path, progress=False)
    served.publish(served.content, most_bytes=1000)
    with pytest.raises(ValueError, match="bytes; at most 1000 are accepted"):
        load_pretrained("resnet18", cache=tmp_path, progress=False)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("missing", ["torch", "safetensors"])
def test_without_torch_it_says_what_to_install(missing, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[:2] == ["course_lib", "deep"]]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match=rf'course_lib\.deep needs {missing}: pip install "course-lib\[deep\]"'):
        import course_lib.deep  # noqa: F401


def test_a_copy_loads_as_the_original(tmp_path):
    one = net()
    save_weights(one, tmp_path / "net.safetensors")
    twin = copy.deepcopy(net(seed=2))
    load_weights(twin, tmp_path / "net.safetensors")
    assert same(twin, one)
