"""Row numbers mean what they mean to NumPy. PyTorch is not needed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zarr_partial.torch.numbers import row_number, row_numbers

LENGTH = 12


@given(
    st.slices(LENGTH)
    | st.lists(st.integers(-LENGTH, LENGTH - 1))
    | st.lists(st.booleans(), min_size=LENGTH, max_size=LENGTH)
)
def test_rows_are_those_of_numpy(key):
    rows = np.arange(LENGTH)
    expected = rows[key] if key != [] else rows[:0]
    np.testing.assert_array_equal(row_numbers(key, LENGTH), expected)
    if isinstance(key, list):
        np.testing.assert_array_equal(
            row_numbers(np.array(key, dtype=None if key else int), LENGTH), expected
        )
        np.testing.assert_array_equal(row_numbers(tuple(key), LENGTH), expected)


@pytest.mark.parametrize("kind", ["i1", "u1", "u8", ">i4", "i8"])
def test_integers_of_any_type_are_row_numbers(kind):
    found = row_numbers(np.array([3, 0, 11], dtype=kind), LENGTH)
    assert found.tolist() == [3, 0, 11]
    assert found.dtype == np.int64
    assert found.dtype.isnative


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (np.array([0.0, 1.0]), "expected whole row numbers, found float64; convert them"),
        (np.array(["a"]), "expected whole row numbers, found <U1"),
        (np.ones(11, dtype=bool), "expected a mask of 12 rows, found one of 11"),
        ([12], "expected rows from 0 to 11, found 12"),
        ([0, -13], "expected rows from 0 to 11, found -13"),
        (np.array([2**64 - 1], dtype="u8"), "expected rows from 0 to 11, found 18446744073709551615"),
        ([[1, 2]], r"expected one row number or a vector of them, found shape \(1, 2\)"),
    ],
)
def test_other_rows_are_errors(key, message):
    with pytest.raises(IndexError, match=message):
        row_numbers(key, LENGTH)


def test_one_row():
    assert row_number(np.int8(-1), LENGTH) == 11
    assert row_number(np.array(3), LENGTH) == 3
    assert row_number([3], LENGTH) is None
    assert row_number(2.0, LENGTH) is None
    with pytest.raises(IndexError, match="expected a row from 0 to 11, found 12"):
        row_number(12, LENGTH)
    with pytest.raises(IndexError, match="found True; a mask has one value for each row"):
        row_number(True, LENGTH)
