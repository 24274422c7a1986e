"""Frames and values: what is sent arrives, and whatever a stranger sends is a value or a BadFrame, of little memory."""

import base64
import io
import json
import math
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from course_lib.grading import wire
from course_lib.grading.wire import BadFrame, decode, encode, receive, send


def travelled(value):
    """The value after its journey: encoded, sent, received, decoded."""
    stream = io.BytesIO()
    send(stream, {"value": encode(value)})
    stream.seek(0)
    return decode(receive(stream)["value"])


def same(a, b):
    if isinstance(a, np.ndarray | np.generic):
        return type(a) is type(b) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and (a == b or a != a)


# ---------------------------------------------------------------- values

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**65), 2**65), st.floats(), st.text(max_size=50),
    st.sampled_from([np.float64(1.5), np.float32(1.5), np.int8(-3), np.bool_(True), np.complex128(1j), np.str_("up")]),
)  # fmt: skip
numbers = arrays.arrays(
    st.sampled_from([np.dtype(name) for name in sorted(wire.DTYPES)] + [np.dtype("U3"), np.dtype(">f8")]),
    arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)
values = st.recursive(
    scalars | numbers, lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner), max_leaves=9
)


@given(values)
def test_a_value_arrives_as_it_was(value):
    arrived = travelled(value)
    if isinstance(value, np.ndarray) and value.dtype.byteorder == ">":
        assert arrived.dtype.isnative and np.array_equal(arrived, value, equal_nan=True)
    elif ">f8" not in repr(value):
        assert same(value, arrived)


@pytest.mark.parametrize("value", [np.zeros((3, 0, 2)), np.asfortranarray(np.eye(3)), np.arange(9)[::-2]])
def test_arrays_arrive_however_they_lie_in_memory(value):
    assert same(np.ascontiguousarray(value), travelled(value))


@pytest.mark.parametrize("value", [math.nan, math.inf, -0.0, 2**64, (), [], "", ((1.0,), [2])])
def test_odd_values_arrive(value):
    assert same(value, travelled(value))


def test_an_array_that_arrived_can_be_written_to():
    assert travelled(np.zeros(3)).flags.writeable and travelled(np.zeros(3)).flags.owndata


def test_what_has_no_form_of_its_own_keeps_its_types_name():
    class Odd:
        pass

    def generates():
        yield 1

    async def waits():
        pass

    waiting = waits()
    for value, name in [(Odd(), "Odd"), ({}, "dict"), ({1}, "set"), (b"a", "bytes"), (np.sqrt, "ufunc"), (Odd, "type"),
                        (generates(), "generator"), (waiting, "coroutine"), (1j, "complex")]:  # fmt: skip
        arrived = travelled(value)
        assert type(arrived).__name__ == name
        assert hasattr(arrived, "__next__") == (name in ("generator", "coroutine"))
    waiting.close()


def test_subclasses_cannot_lie():
    class Five(int):
        def __int__(self):
            raise AssertionError("not called, or else")

    class Same(np.ndarray):
        def __array__(self, *args, **named):
            raise SystemExit

        def __eq__(self, other):
            return True

    class Long(str):
        def __str__(self):
            return "another"

        def __getitem__(self, place):
            return "another"

    assert same(travelled(np.arange(3.0).view(Same)), np.arange(3.0))
    assert travelled(Long("one")) == "one"


def test_too_much_is_told_by_its_kind_and_length_only():
    assert len(travelled([0.0] * 5000)) == 5000 and type(travelled((1,) * 5000)) is tuple
    large = travelled(np.zeros(200_000))
    assert large.dtype == object
    assert len(travelled("a" * 10**6)) == wire.WORDS
    nested = value = []
    for _ in range(40):
        nested.append([])
        nested = nested[0]
    assert travelled(value)[0]
    value = []
    value.append(value)
    assert travelled(value)[0]


def test_tensors_arrive():
    torch = pytest.importorskip("torch")
    for value in (torch.ones(2, 3), torch.tensor(1.5, requires_grad=True), torch.tensor([True]), torch.arange(3)):
        arrived = travelled(value)
        assert arrived.dtype == value.dtype and arrived.requires_grad == value.requires_grad
        assert torch.equal(arrived, value)
    assert isinstance(travelled(torch.nn.Parameter(torch.ones(2))), torch.nn.Parameter)


def test_only_who_trusts_the_other_side_gets_functions():
    functions = []
    data = encode([np.sqrt, {"a": 1.5}, np.random.default_rng(3)], functions)
    assert functions == [np.sqrt]
    got = decode(data, lambda place, name: functions[place])
    assert got[0] is np.sqrt and got[1] == {"a": 1.5} and got[2].random() == np.random.default_rng(3).random()
    with pytest.raises(BadFrame):
        decode(data)


# ---------------------------------------------------------------- frames


def framed(text, length=None):
    return io.BytesIO(struct.pack(">I", len(text) if length is None else length) + text)


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(framed(b"{}", 2**32 - 1), id="four gigabytes"),
        pytest.param(framed(b"{}", wire.FRAME + 1), id="a byte too long"),
        pytest.param(framed(b"{'kind': 1}"), id="not JSON"),
        pytest.param(framed(b"\xff\xfe"), id="not UTF-8"),
        pytest.param(framed(b""), id="empty"),
        pytest.param(framed(b"[" * 10**6), id="deep"),
        pytest.param(framed(b'{"a":' * 10**5), id="deep objects"),
        pytest.param(framed(b"[]"), id="a list"),
        pytest.param(framed(b"1" * 10**6), id="a number without end"),
        pytest.param(framed(b'{"a": ' + b"1" * 5000 + b"}"), id="a long number"),
    ],
)
def test_a_bad_frame_is_refused(stream):
    with pytest.raises(BadFrame):
        receive(stream)


@pytest.mark.parametrize("cut", range(11))
def test_a_frame_that_is_cut_off_is_the_end(cut):
    stream = io.BytesIO()
    send(stream, {"a": 1})
    assert len(stream.getvalue()) > cut
    assert receive(io.BytesIO(stream.getvalue()[:cut])) is None


# ---------------------------------------------------------------- what a stranger may send

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*"tvdsnk", "name", "grad"]), inner),
    max_leaves=12,
)
kinds = "bool int float str array scalar tuple list long tensor parameter other function dict module generator"
hostile = st.fixed_dictionaries(
    {"t": st.sampled_from(kinds.split()) | json_values, "v": json_values},
    optional={
        "d": st.sampled_from([*sorted(wire.DTYPES), "O", "U1", "U²", "U0", "U99999", "V8", "M8", "S3"]) | json_values,
        "s": st.lists(st.integers(-1, 2**31), max_size=9) | json_values,
        "n": json_values,
        "runs": json_values,
    },
)


@settings(max_examples=300)
@given(json_values | hostile | st.lists(hostile, max_size=3).map(lambda v: {"t": "list", "v": v}))
def test_arbitrary_data_is_a_value_or_a_bad_frame(data):
    try:
        decode(data)
    except BadFrame:
        pass


@settings(max_examples=200)
@given(values, st.data())
def test_a_value_with_one_thing_changed_is_a_value_or_a_bad_frame(value, data):
    def parts(one):
        if isinstance(one, dict):
            yield one
        for inner in one.values() if isinstance(one, dict) else one if isinstance(one, list) else ():
            yield from parts(inner)

    encoded = encode(value)
    found = list(parts(encoded))
    if found:
        chosen = data.draw(st.sampled_from(found))
        chosen[data.draw(st.sampled_from([*chosen]))] = data.draw(json_values | st.sampled_from(kinds.split()))
    try:
        decode(encoded)
    except BadFrame:
        pass


@given(st.binary(max_size=40), st.binary(min_size=4, max_size=60))
def test_arbitrary_bytes_are_a_frame_a_bad_frame_or_the_end(text, whole):
    for stream in (framed(text), io.BytesIO(whole)):
        try:
            assert isinstance(receive(stream), dict | None)
        except BadFrame:
            pass


def letters(codes):
    return {"t": "array", "v": base64.b64encode(struct.pack("<2I", *codes)).decode(), "d": "U1", "s": [2]}


@pytest.mark.parametrize(
    "data",
    [
        {"t": "array", "v": "", "d": "f8", "s": [2**30, 2**30]},
        {"t": "array", "v": "AAAA", "d": "f8", "s": [1]},
        {"t": "array", "v": "", "d": "f8", "s": [1.0]},
        {"t": "array", "v": "", "d": "f8", "s": [-1]},
        {"t": "array", "v": "", "d": "f8", "s": [0] * 9},
        {"t": "array", "v": "", "d": "U0", "s": [3]},
        {"t": "array", "v": "é", "d": "f8", "s": [0]},
        letters([65, 0xFFFFFFFF]),
        {"t": "int", "v": "9" * 25},
        {"t": "float", "v": "0x1." + "0" * 100 + "p+0"},
        {"t": "long", "v": "list", "n": 1e400},
        {"t": "list", "v": [None] * 1001},
        {"t": "dict", "k": ["a"], "v": [None]},
        {"t": "evil", "v": 1},
        {"t": []},
    ],
    ids=str,
)
def test_hostile_values_are_refused(data):
    with pytest.raises(BadFrame):
        decode(data)


def test_names_of_types_are_short_and_printable():
    name = type(decode({"t": "other", "v": "\x1b[31m\n\ud800<b>" + "a" * 10**6})).__name__
    assert name.startswith("[31m<b>a") and len(name) <= 60 and name.isprintable()
    assert type(decode({"t": "other", "v": "\0"})).__name__ == "object"


def filled(part, room=wire.FRAME - 10_000):
    """A frame full of one value, in lists of 1000."""
    count = room // (len(json.dumps(part)) + 2) - 100
    lists = [{"t": "list", "v": [part] * min(1000, count - done)} for done in range(0, count, 1000)]
    return {"t": "list", "v": lists}


@pytest.mark.parametrize(
    "part",
    [
        {"t": "long", "v": "list", "n": 10**6},
        {"t": "array", "v": "", "d": "O", "s": [4] * 8},
        {"t": "other", "v": "a"},
        {"t": "other", "v": "a", "runs": 1},
        {"t": "list", "v": []},
    ],
    ids=str,
)
def test_a_full_frame_takes_little_memory(part):
    data = filled(part)
    assert wire.FRAME / 2 < len(json.dumps(data)) <= wire.FRAME
    tracemalloc.start()
    try:
        decode(data)
        decode({"t": "list", "v": [part] * 1000} if part["t"] == "long" else None)
        assert tracemalloc.get_traced_memory()[1] < 150 * 2**20
    except BadFrame:
        pass
    finally:
        tracemalloc.stop()
