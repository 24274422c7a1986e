"""The cache: in the user's folder, whole or not at all, never pickled, never a reason to stop."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from course_lib.data.cache import cache_folder, load_arrays, replacing, save_arrays


def test_folder_follows_the_system(monkeypatch):
    monkeypatch.delenv("DESCENT_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache_folder() == Path("/caches/descent")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "descent"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_folder() == Path.home() / "Library" / "Caches" / "descent"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", "/local")
    assert cache_folder() == Path("/local/descent")
    monkeypatch.setenv("DESCENT_CACHE", "/mine")
    assert cache_folder() == Path("/mine/descent")


def test_arrays_come_back(tmp_path):
    path = tmp_path / "new" / "file.npz"
    assert load_arrays(path, ("a",)) is None
    save_arrays(path, {"a": np.arange(5), "b": np.eye(2)})
    back = load_arrays(path, ("a", "b"))
    assert np.array_equal(back["a"], np.arange(5)) and np.array_equal(back["b"], np.eye(2))
    assert load_arrays(path, ("a", "c")) is None
    assert os.listdir(path.parent) == ["file.npz"]


@pytest.mark.parametrize("damage", [lambda b: b"", lambda b: b[:60], lambda b: b[:80] + b"?" * 20 + b[100:]])
def test_damage_is_as_if_there_were_nothing(tmp_path, damage):
    path = tmp_path / "file.npz"
    save_arrays(path, {"a": np.arange(500.0)})
    path.write_bytes(damage(path.read_bytes()))
    assert load_arrays(path, ("a",)) is None


def test_no_damaged_byte_is_fatal_or_believed(tmp_path):
    path, a = tmp_path / "file.npz", np.arange(40)
    save_arrays(path, {"a": a})
    whole = path.read_bytes()
    for i in range(len(whole)):
        for bit in (1, 16, 128):
            path.write_bytes(whole[:i] + bytes([whole[i] ^ bit]) + whole[i + 1 :])
            back = load_arrays(path, ("a",))
            assert back is None or np.array_equal(back["a"], a), (i, bit)


def test_another_file_of_numpys_is_not_one_of_ours(tmp_path):
    path = tmp_path / "file.npz"
    with path.open("wb") as file:
        np.save(file, np.eye(2))
    assert load_arrays(path, ("a",)) is None


def test_objects_are_neither_kept_nor_read(tmp_path):
    path = tmp_path / "file.npz"
    np.savez(path, a=np.array([{}], dtype=object))  # NumPy pickles these
    assert load_arrays(path, ("a",)) is None


def test_a_folder_that_cannot_be_made_is_no_reason_to_stop(tmp_path):
    (tmp_path / "file").write_text("in the way")
    save_arrays(tmp_path / "file" / "a.npz", {"a": np.eye(2)})
    assert load_arrays(tmp_path / "file" / "a.npz", ("a",)) is None


def test_a_file_is_replaced_only_when_all_went_well(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), replacing(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["file"]
    with replacing(path) as file:
        file.write(b"new")
    assert path.read_text() == "new" and os.listdir(tmp_path) == ["file"]
