"""What stands between the brackets, as numbers of rows, or of columns of a CSC matrix."""

import operator
from dataclasses import dataclass
from types import EllipsisType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.words import shown_key, times

__all__ = ["Chosen", "chosen", "is_everything", "split_key"]

EVERYTHING = slice(None)


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Numbers along the axis that is compressed.

    Attributes
    ----------
    numbers : range or ndarray of int64
        In the order of the key, repeats allowed, none negative.
    inner : slice, int or ndarray of int64
        What picks from the rows of these numbers, in order, what the key picks from all rows.
    """

    numbers: range | NDArray[np.int64]
    inner: slice | int | NDArray[np.int64]


def split_key(key: Any, name: str) -> tuple[Any, Any]:
    """Return a key as one entry for rows and one for columns.

    Raises
    ------
    IndexError
        If it has more than two entries, more than one ellipsis, or a new axis.
    """
    entries = key if isinstance(key, tuple) else (key,)
    if any(entry is None for entry in entries):
        raise IndexError(
            f"{name}: expected rows and columns, found {shown_key(key)} with a new axis; "
            "add it to the result, with .reshape"
        )
    ellipses = [place for place, entry in enumerate(entries) if isinstance(entry, EllipsisType)]
    if len(ellipses) > 1 or len(entries) - len(ellipses) > 2:
        raise IndexError(f"{name}: expected rows, or rows and columns, found {shown_key(key)}")
    if ellipses:
        at = ellipses[0]
        entries = (*entries[:at], *[EVERYTHING] * (3 - len(entries)), *entries[at + 1 :])
    rows, columns = (*entries, EVERYTHING, EVERYTHING)[:2]
    return rows, columns


def is_everything(key: Any) -> bool:
    """Whether an entry of a key is a slice of everything."""
    return isinstance(key, slice) and key == EVERYTHING


def chosen(key: Any, length: int, what: str, name: str) -> Chosen:
    """Return what an entry of a key chooses from `length` rows or columns.

    Parameters
    ----------
    what, name : str
        "row" or "column", and that of the group, for the errors.

    Raises
    ------
    IndexError
        If a number is out of bounds or no integer, a mask has another length, or it is none of these.
    """
    expected = f"{name}: expected {what}s as an integer, a slice, integers or a mask of {length:,}"
    if isinstance(key, slice):
        try:
            return Chosen(range(*key.indices(length)), EVERYTHING)
        except (TypeError, ValueError) as error:
            raise IndexError(f"{expected}, found {shown_key(key)}: {error}") from error
    number = _integer(key)
    if number is not None:
        at = _within(number, length, what, name)
        return Chosen(range(at, at + 1), 0)
    numbers = _array(key, length, expected)
    if numbers.size:
        low, high = int(numbers.min()), int(numbers.max())
        _within(low, length, what, name)
        _within(high, length, what, name)
        numbers = numbers.astype(np.int64)
        if low < 0:
            numbers[numbers < 0] += length
    if numbers.ndim == 0:
        return Chosen(range(int(numbers), int(numbers) + 1), 0)
    if numbers.ndim == 1:
        return Chosen(numbers.astype(np.int64), np.arange(numbers.size))
    # As numpy.ix_ makes them: every number is read once.
    distinct, which = np.unique(numbers, return_inverse=True)
    return Chosen(distinct.astype(np.int64), which.reshape(numbers.shape))


def _integer(key: Any) -> int | None:
    """Return an integer that is no array, not even one of a single element, and no truth value."""
    if isinstance(key, (bool, np.bool_)) or getattr(key, "ndim", 0) != 0:
        return None
    try:
        return operator.index(key)
    except TypeError:
        return None


def _within(number: int, length: int, what: str, name: str) -> int:
    if not -length <= number < length:
        raise IndexError(
            f"{name}: expected a {what} from {-length} to {length - 1}, found {number}"
            if length
            else f"{name}: expected no {what}, since there is none, found {number}"
        )
    return number + length if number < 0 else number


def _array(key: Any, length: int, expected: str) -> NDArray[Any]:
    """Return integers or a mask, of any kind of sequence, as integers."""
    try:
        array = np.asarray(key)
    except ValueError as error:
        raise IndexError(f"{expected}, found {shown_key(key)}: {error}") from error
    if array.dtype == bool:
        if array.shape != (length,):
            raise IndexError(f"{expected}, found a mask of {times(array.shape) or 'one value'}")
        return np.flatnonzero(array)
    if not array.size and array.ndim == 1 and not isinstance(key, np.ndarray):
        # NumPy takes the empty list for floats.
        return np.empty(0, dtype=np.int64)
    if array.dtype.kind not in "iu":
        found = f"{array.dtype} of shape {array.shape}" if isinstance(key, np.ndarray) else shown_key(key)
        raise IndexError(f"{expected}, found {found}; convert it to integers")
    return array
