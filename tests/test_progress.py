"""One bar for a loop and for a `with`; silent where it is not wanted or tqdm is not installed."""

import sys

import pytest

from course_lib.progress import NoBar, progress_bar


def use(show, **options):
    """Loop over a bar, and update another one: what was looped over."""
    with progress_bar(show, 2, "step", **options) as bar:
        for loss in (0.5, 0.25):
            bar.update(1)
            bar.set_postfix({"loss": str(loss)})
    return list(progress_bar(show, 3, "member", (x**2 for x in range(3)), **options))


def test_the_bar_of_tqdm(capsys):
    pytest.importorskip("tqdm")
    assert use(True) == [0, 1, 4]
    out, shown = capsys.readouterr()
    assert out == "" and "2/2" in shown and "loss=0.25" in shown and "3/3" in shown and "member/s" in shown


def test_no_bar(capsys, monkeypatch):
    assert use(False) == [0, 1, 4] and list(progress_bar(False, 0, "step")) == []
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)  # not installed
    assert use(True) == [0, 1, 4]
    assert capsys.readouterr() == ("", "")
    other = NoBar()
    assert progress_bar(True, 3, "step", instead=other) is other
