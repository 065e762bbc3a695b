"""Row numbers as people write them: integers, slices, lists, vectors, masks and tensors."""

import operator
from typing import Any

import numpy as np

from zarr_partial.torch.order import Integers

__all__ = ["row_number", "row_numbers"]


def row_number(key: Any, count: int) -> int | None:
    """Return the row that an integer means, or None if `key` is no integer.

    Raises
    ------
    IndexError
        If there is no such row, or `key` is a truth value.
    """
    if isinstance(key, (bool, np.bool_)):
        raise IndexError(f"expected row numbers, found {key!r}; a mask has one value for each row")
    if getattr(key, "ndim", 0):
        return None
    try:
        number = operator.index(key)
    except TypeError:
        return None
    if not -count <= number < count:
        raise IndexError(f"expected a row from 0 to {count - 1}, found {number}")
    return number % count


def row_numbers(key: Any, count: int) -> Integers:
    """Return the rows that a slice, a list, a vector of integers or a mask means, as a vector.

    Raises
    ------
    IndexError
        If they are no integers, if a mask has another length, or if there is no such row.
    """
    if isinstance(key, slice):
        return np.arange(*key.indices(count), dtype=np.int64)
    found = np.asarray(key)
    if found.ndim != 1:
        raise IndexError(f"expected one row number or a vector of them, found shape {found.shape}")
    if found.dtype == np.bool_:
        if found.size != count:
            raise IndexError(f"expected a mask of {count} rows, found one of {found.size}")
        return np.flatnonzero(found)
    if not found.size:
        return np.empty(0, dtype=np.int64)
    if found.dtype.kind not in "iu":
        raise IndexError(
            f"expected whole row numbers, found {found.dtype}; convert them with .astype(int) or .long()"
        )
    least, most = int(found.min()), int(found.max())
    if least < -count or most >= count:
        raise IndexError(f"expected rows from 0 to {count - 1}, found {least if least < -count else most}")
    numbers = found.astype(np.int64)
    return np.where(numbers < 0, numbers + count, numbers) if least < 0 else numbers
