"""The roster: one column is filled in, and all else has the meaning it had."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.grading.folder import Submission
from course_lib.grading.roster import fill_roster, join, match, read_roster

CANVAS = (
    "\ufeffStudent,ID,SIS Login ID,Section,Momentum (77),Final Score\r\n"
    "    Points Possible,,,,4,(read only)\r\n"
    '"Lovelace, Ada",2041,ada@example.org,"Group ""A""",,12.50\r\n'
    '"Okafor, Bob",2042,=bob,"two\r\nlines",3,007\r\n'
    '"Nguyễn, Chen",2043,chen,,\r\n'
)


@pytest.fixture
def written(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "roster.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def rows_of(data, delimiter=","):
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def test_one_column_is_filled_in(written, tmp_path):
    path, out = written(CANVAS), tmp_path / "filled.csv"
    roster = read_roster(path, "ID")
    assert roster.students == ["2041", "2042", "2043"]
    fill_roster(roster, out, "Momentum (77)", {"2041": 3.5, "2042": None, "2043": 0.0, "9": 1.0})
    before, after = rows_of(path.read_bytes()), rows_of(out.read_bytes())
    before[2][4], before[4][4] = "3.5", "0"
    assert after == before  # and so Bob's, who is not graded, stands as it stood
    assert out.read_bytes().startswith(b"\xef\xbb\xbf") and out.read_bytes().count(b"\r\n") == CANVAS.count("\r\n")
    assert path.read_bytes() == CANVAS.encode("utf-8")


@pytest.mark.parametrize("delimiter", ",;\t")
@pytest.mark.parametrize("quoting", [csv.QUOTE_ALL, csv.QUOTE_MINIMAL])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@given(st.lists(st.lists(st.text(st.sampled_from("ab,;\t\"'=\n\r é")), min_size=3, max_size=5), max_size=4))
def test_nothing_else_changes(tmp_path_factory, delimiter, quoting, end, lines):
    lines = [[f"s{i}", *line] for i, line in enumerate(lines)]
    made = ""
    for line in [["who, or what", "grade; final", "rest\twhat", "d"], *lines]:
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=delimiter, quoting=quoting).writerow(line)
        made += text.getvalue().removesuffix("\r\n") + end
    folder = tmp_path_factory.mktemp("roster")
    path, out = folder / "in.csv", folder / "out.csv"
    path.write_bytes(made.encode())
    roster = read_roster(path, "who, or what")
    fill_roster(roster, out, "grade; final", {name: 2.0 for name in roster.students})
    assert roster.line_end == end
    for line in lines:
        line[1] = "2"
    assert rows_of(out.read_bytes(), delimiter)[1:] == lines
    assert out.read_bytes().startswith(b'"who') or quoting == csv.QUOTE_MINIMAL


def test_names_match_exactly_or_but_for_capitals():
    handed = [Submission("ada"), Submission("Bob"), Submission("mei", aliases=("7", "Participant 7")), Submission("x")]
    found = match(["Ada", "Bob", "7", "zoe"], handed)
    assert {name: one.student for name, one in found.items()} == {"Ada": "ada", "Bob": "Bob", "7": "mei"}
    joined, off = join(["Ada", "Bob", "7", "zoe"], handed)
    assert [one.student for one in joined] == ["ada", "Bob", "mei", "x", "zoe"] and off == ["x"]
    assert joined[-1].path is None
    assert set(match(["Ada", "Bob", "7", "zoe"], joined)) == {"Ada", "Bob", "7", "zoe"}
    assert match(["Jose\u0301"], [Submission("José")]) and match(["نرگس\u200cها"], [Submission("نرگسها")])
    assert match(["ada", "Ada"], [Submission("Ada")])["Ada"].student == "Ada"


def test_what_is_ambiguous_is_an_error_that_names_both():
    with pytest.raises(ValueError, match="'ada' and 'ADA' may both be 'Ada'"):
        match(["Ada"], [Submission("ada"), Submission("ADA")])
    with pytest.raises(ValueError, match="'ADA' may be 'Ada' or 'ada'"):
        match(["Ada", "ada"], [Submission("ADA")])


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("a,b\n1,2\n", "c", "no column 'c'; it has 'a', 'b'"),
        ("a,a\n1,2\n", "a", "two columns 'a'"),
        ("a,b\nx,1\ny,2\nx,3\n", "a", "'x' twice in 'a', in its rows 2 and 4"),
        ("", "a", "empty"),
        ('a,b\n"x"y,2\n', "a", "not a CSV file"),
    ],
)
def test_a_roster_that_cannot_be_used(written, text, column, words):
    with pytest.raises(ValueError, match=words):
        read_roster(written(text), column)


def test_a_roster_in_another_encoding_and_a_grade_over_the_names(written, tmp_path):
    with pytest.raises(ValueError, match="not in UTF-8"):
        read_roster(written("a,b\nMüller,1\n", "cp1252"), "a")
    with pytest.raises(ValueError, match="grades need another"):
        fill_roster(read_roster(written("a,b\nx,1\n"), "a"), tmp_path / "out.csv", "a", {})
    assert not (tmp_path / "out.csv").exists()
