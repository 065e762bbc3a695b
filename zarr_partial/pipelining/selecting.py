"""What zarr wants of one chunk, in our terms, and which of its decoded bytes that touches. Pure.

zarr hands a pipeline what a NumPy array of the chunk would be indexed by: integers, slices, one array, an
open mesh of arrays, one vector of coordinates for each axis, or a mask.
"""

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Raw
from zarr_partial.fetching.needs import byte_ranges, merged
from zarr_partial.selection import Axis, Coordinates, Points, Span

__all__ = ["Taken", "ranges_of", "taken", "takes_rows"]

# A range of its own costs about 1.5 us, in which so many bytes are copied.
GAP_NBYTES = 1 << 13
FEW_ROWS = 64

Taken = tuple[Axis, ...] | Coordinates


def taken(selection: object, shape: tuple[int, ...]) -> Taken | None:
    """Return what `selection` takes from an array of `shape`; None for a form that is not known.

    Integers keep their axis, marked as dropped.
    """
    entries = selection if isinstance(selection, tuple) else (selection,)
    if len(entries) != len(shape):
        return None
    arrays = [entry for entry in entries if isinstance(entry, np.ndarray)]
    if len(arrays) > 1 and not _is_mesh(arrays, len(shape)):
        return _coordinates(arrays, shape)
    if len(arrays) == 1 and arrays[0].ndim > 1:
        return None
    axes = []
    for number, (entry, length) in enumerate(zip(entries, shape, strict=True)):
        axis = _points(entry, length, number) if isinstance(entry, np.ndarray) else _span(entry, length)
        # NumPy would move the axis of an array beside an integer.
        if axis is None or (arrays and axis.drop):
            return None
        axes.append(axis)
    return tuple(axes)


def _is_mesh(arrays: Sequence[NDArray[Any]], ndim: int) -> bool:
    return len(arrays) == ndim and all(array.ndim == ndim for array in arrays)


def _span(entry: Any, length: int) -> Span | None:
    if isinstance(entry, slice):
        start, stop, step = entry.indices(length)
        return Span(start, step, -(-(stop - start) // step)) if step > 0 and stop > start else None
    index = operator.index(entry)
    return Span(index, 1, 1, drop=True) if 0 <= index < length else None


def _points(entry: NDArray[Any], length: int, number: int) -> Points | None:
    if entry.dtype == bool:
        return Points(np.flatnonzero(entry)) if entry.shape == (length,) and entry.any() else None
    # In an open mesh an array lies along its own axis.
    if entry.size == 0 or entry.dtype.kind not in "iu" or entry.size != entry.shape[number % entry.ndim]:
        return None
    values = entry.ravel().astype(np.int64, copy=False)
    # As unsigned numbers, negative indices are the largest of all.
    return Points(values) if int(values.view(np.uint64).max()) < length else None


def _coordinates(arrays: Sequence[NDArray[Any]], shape: tuple[int, ...]) -> Coordinates | None:
    if len(arrays) != len(shape) or any(array.ndim != 1 or array.size != arrays[0].size for array in arrays):
        return None
    vectors = [_points(array, length, 0) for array, length in zip(arrays, shape, strict=True)]
    if any(vector is None for vector in vectors):
        return None
    return Coordinates(tuple(vector.values for vector in vectors if vector), (arrays[0].size,))


def takes_rows(taken: Taken, raw: Raw) -> bool:
    """Whether whole rows are taken that lie densely, one after the other."""
    if isinstance(taken, Coordinates):
        return False
    # The innermost axes are all of the chunk, and each is as long as the steps of the one before.
    nbytes = raw.dtype.itemsize
    for axis, length, stride in zip(taken[:0:-1], raw.shape[:0:-1], raw.strides[:0:-1], strict=True):
        if stride != nbytes or axis.count != length or not isinstance(axis, Span) or axis.step != 1:
            return False
        nbytes *= length
    return raw.strides[0] == nbytes


def ranges_of(taken: Taken, raw: Raw) -> list[tuple[int, int]]:
    """Return the bytes of a decoded chunk that are touched, as ranges in order; small gaps are filled."""
    if isinstance(taken, Coordinates):
        offsets = np.zeros(len(taken.vectors[0]), dtype=np.int64)
        for vector, stride in zip(taken.vectors, raw.strides, strict=True):
            offsets += vector * stride
        offsets.sort()
        firsts, stops = merged(offsets, offsets + raw.dtype.itemsize, GAP_NBYTES)
    elif taken[0].count <= FEW_ROWS and takes_rows(taken, raw):
        return _rows(taken[0], raw.strides[0])
    else:
        firsts, stops = byte_ranges(taken, raw, GAP_NBYTES)
    return list(zip(firsts.tolist(), stops.tolist(), strict=True))


def _rows(rows: Axis, nbytes: int) -> list[tuple[int, int]]:
    """Return the ranges of a few rows: Python's own numbers are quicker than vectors of them."""
    if isinstance(rows, Span):
        if rows.step == 1:
            return [(rows.start * nbytes, (rows.start + rows.count) * nbytes)]
        indices = list(range(rows.start, rows.start + rows.step * rows.count, rows.step))
    else:
        indices = rows.values.tolist()
        indices.sort()
    found = []
    first = indices[0] * nbytes
    stop = first + nbytes
    for index in indices:
        begin = index * nbytes
        if begin - stop > GAP_NBYTES:
            found.append((first, stop))
            first = begin
        stop = begin + nbytes
    found.append((first, stop))
    return found
