"""Selections as they are written on a command line."""

import numpy as np
import pytest

from zarr_partial.commands.selecting import parse_selection


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("3", 3),
        ("-1", -1),
        (" -1", -1),
        ("0:10, ::2", (slice(0, 10), slice(None, None, 2))),
        ("[3, -99], ...", ([3, -99], ...)),
        ("[True, False]", [True, False]),
        ("[3, 99]", [3, 99]),
        ("[0:10, 3]", (slice(0, 10), 3)),
        ("[[3, 99]]", [3, 99]),
        ("()", ()),
    ],
)
def test_selection_is_read_as_numpy_would(text, key):
    assert parse_selection(text) == key


@pytest.mark.parametrize(
    "text",
    ["", "a", "1.5", "None", "'x'", "__import__('os')", "1][2", "True", "[['a']]", "0:'a'", "(1", "::0",
     "rows_from_file_0", "\0", "(" * 5000],
)  # fmt: skip
def test_what_is_no_selection_is_refused(text):
    with pytest.raises(ValueError, match="expected integers, slices such as 0:10"):
        parse_selection(text)


def test_rows_come_from_a_text_file(tmp_path):
    (tmp_path / "rows.txt").write_text("3 # the first\n\n-5,7\n")
    rows, rest = parse_selection(f"@{tmp_path / 'rows.txt'}, ::2")
    assert (rows.tolist(), rest) == ([3, -5, 7], slice(None, None, 2))


@pytest.mark.parametrize("values", [np.array([3, 1], "u2"), np.array([True, False])], ids=["rows", "mask"])
def test_rows_come_from_an_npy_file(tmp_path, values):
    np.save(tmp_path / "rows.npy", values)
    read = parse_selection(f"@{tmp_path / 'rows.npy'}")
    np.testing.assert_array_equal(read, values)
    assert read.dtype == (np.bool_ if values.dtype == np.bool_ else np.int64)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("rows.txt", b"1\ntwo\n", "line 2: expected an integer, found 'two'"),
        ("rows.txt", b"\xff\xfe", "expected a file of integers"),
        ("rows.txt", b"99999999999999999999", "expected integers of 64 bits"),
        ("rows.npy", b"no array", "rows.npy"),
    ],
)
def test_a_file_that_holds_no_rows_is_refused(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        parse_selection(f"@{tmp_path / name}")


def test_a_table_of_floats_is_no_vector_of_rows(tmp_path):
    np.save(tmp_path / "rows.npy", np.zeros((2, 2)))
    with pytest.raises(ValueError, match=r"found shape \(2, 2\) and dtype float64"):
        parse_selection(f"@{tmp_path / 'rows.npy'}")
