"""What the user wrote, as one index set per axis or one vector of coordinates per axis.

zarr's rules are irregular: `z[0, :, [1, 2]]` is orthogonal, some mixed forms raise, and whether a
full integer key gives a 0-d array or a scalar depends on the type of the integers. So the functions
here accept only the forms that they positively know and return None for every other; the caller
hands those to zarr, for its result or its error.
"""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from types import EllipsisType
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index
from numpy.typing import NDArray

__all__ = [
    "Axis",
    "Coordinates",
    "Points",
    "Selection",
    "Span",
    "basic",
    "blocks",
    "coordinates",
    "getitem",
    "orthogonal",
    "take",
]


@dataclass(frozen=True, slots=True)
class Span:
    """`count` indices from `start`, `step` apart, all within the axis; `drop` marks an integer key."""

    start: int
    step: int
    count: int
    drop: bool = False

    @property
    def first(self) -> int:
        """The first index."""
        return self.start

    def indices(self) -> NDArray[np.int64]:
        """Return the indices as a fresh int64 vector."""
        return np.arange(self.start, self.start + self.step * self.count, self.step, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Points:
    """Any indices within the axis, int64, in any order, repeats allowed."""

    values: NDArray[np.int64]

    @property
    def count(self) -> int:
        """How many indices there are."""
        return int(self.values.size)

    @property
    def drop(self) -> bool:
        """Never: only an integer key drops its axis."""
        return False

    @property
    def first(self) -> int:
        """The first index."""
        return int(self.values[0])

    def indices(self) -> NDArray[np.int64]:
        """Return the indices as an int64 vector, not to be written to."""
        return self.values


Axis = Span | Points


@dataclass(frozen=True, slots=True)
class Selection:
    """An orthogonal selection, one index set per axis of the array.

    `scalar` is true where zarr gives a NumPy scalar instead of a 0-d array.
    """

    axes: tuple[Axis, ...]
    scalar: bool = False

    @property
    def counts(self) -> tuple[int, ...]:
        """The selected length of every axis, dropped ones included."""
        return tuple(axis.count for axis in self.axes)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the result."""
        return tuple(axis.count for axis in self.axes if not axis.drop)


@dataclass(frozen=True, slots=True)
class Coordinates:
    """A coordinate selection: for every axis the indices of the points, in the order of the result.

    Attributes
    ----------
    vectors : tuple of ndarray of int64, one-dimensional, all of one length
        Indices within the axes.
    shape : tuple of int
        Shape of the result.
    """

    vectors: tuple[NDArray[np.int64], ...]
    shape: tuple[int, ...]
    scalar: bool = False


def getitem(key: object, shape: tuple[int, ...]) -> Selection | Coordinates | None:
    """Return what `zarr_array[key]` selects from an array of `shape`, or None if only zarr knows."""
    if isinstance(key, tuple) and len(key) == 1:
        key = key[0]
    if isinstance(key, (np.ndarray, list)):
        # A bare mask is a coordinate selection in zarr, and the same as an orthogonal one only in 1-d.
        if len(shape) == 1 and getattr(key, "ndim", 1) == 1:
            return orthogonal(key, shape)
        return orthogonal(key, shape) if _is_integers(key) else coordinates(key, shape)
    entries = key if isinstance(key, tuple) else (key,)
    arrays = sum(isinstance(entry, (np.ndarray, list)) for entry in entries)
    if arrays == 0:
        return basic(key, shape)
    # One array among Python integers and slices is orthogonal; beside NumPy integers or an ellipsis
    # zarr takes another path.
    if arrays == 1 and all(type(entry) in (int, slice, list, np.ndarray) for entry in entries):
        return orthogonal(key, shape)
    # Several without a slice are coordinates, if all are integers.
    return coordinates(key, shape) if not any(map(_is_mask, entries)) else None


def basic(key: object, shape: tuple[int, ...]) -> Selection | None:
    """Return the selection of integers, slices and one ellipsis, or None for a key that only zarr knows."""
    selection = orthogonal(key, shape)
    if selection is None:
        return None
    entries = key if isinstance(key, tuple) else (key,)
    # zarr answers z[0, 0] with a 0-d array, but z[np.int64(0), 0] and z[0, 0, ...] with a scalar.
    return Selection(selection.axes, scalar=any(not isinstance(entry, int) for entry in entries))


def orthogonal(key: object, shape: tuple[int, ...]) -> Selection | None:
    """Return what `zarr_array.oindex[key]` selects, or None for a key that only zarr knows."""
    entries = key if isinstance(key, tuple) else (key,)
    expanded = _expand(entries, len(shape))
    if expanded is None:
        return None
    axes: list[Axis] = []
    for entry, length in zip(expanded, shape, strict=True):
        axis = _points(entry, length) if isinstance(entry, (np.ndarray, list)) else _span(entry, length)
        if axis is None:
            return None
        axes.append(axis)
    return Selection(tuple(axes))


def coordinates(key: object, shape: tuple[int, ...]) -> Coordinates | None:
    """Return what `zarr_array.vindex[key]` selects, or None for a key that only zarr knows."""
    entries = key if isinstance(key, tuple) else (key,)
    if len(entries) == 1 and type(entries[0]) is np.ndarray and entries[0].dtype == bool:
        mask = entries[0]
        if mask.shape != shape or not mask.size:
            return None
        points = tuple(np.nonzero(mask))
        return Coordinates(points, points[0].shape)
    if len(entries) != len(shape) or not shape:
        return None
    vectors = []
    for entry, length in zip(entries, shape, strict=True):
        vector = _coordinate(entry, length)
        if vector is None:
            return None
        vectors.append(vector)
    if len(vectors) == 1:
        return Coordinates((vectors[0].ravel(),), vectors[0].shape)
    try:
        together = np.broadcast_arrays(*vectors)
    except ValueError:
        return None
    return Coordinates(tuple(vector.ravel() for vector in together), together[0].shape)


def _coordinate(entry: object, length: int) -> NDArray[np.int64] | None:
    """Return one axis of coordinates as fresh indices of any shape; an integer is one point."""
    if isinstance(entry, (bool, np.bool_)):
        return None
    if isinstance(entry, (int, np.integer)):
        entry = np.array([entry]) if -length <= entry < length else None
    elif isinstance(entry, list):
        entry = np.array(entry) if _is_integers(entry) else None
    if type(entry) is not np.ndarray or entry.dtype.kind not in "iu" or not entry.size or not entry.ndim:
        return None
    return _within(entry, length)


def blocks(
    key: object, shape: tuple[int, ...], begin: Callable[[int, int], int], counts: tuple[int, ...]
) -> Selection | None:
    """Return what `zarr_array.blocks[key]` selects, or None if only zarr knows.

    `begin` tells for an axis and a chunk its first index, and the end of the last chunk for the one after.
    """
    entries = key if isinstance(key, tuple) else (key,)
    if any(isinstance(entry, (np.ndarray, list)) for entry in entries) or 0 in shape:
        return None
    expanded = _expand(entries, len(shape))
    if expanded is None:
        return None
    axes: list[Axis] = []
    for axis, (entry, length, count) in enumerate(zip(expanded, shape, counts, strict=True)):
        # zarr refuses some ranges of blocks that are empty or begin before the first, and takes others.
        if isinstance(entry, slice) and (entry.step not in (None, 1) or _reaches_below(entry, count)):
            return None
        block = _span(entry, count)
        if block is None or block.count == 0:
            return None
        start = begin(axis, block.start)
        axes.append(Span(start, 1, min(begin(axis, block.start + block.count), length) - start))
    return Selection(tuple(axes))


def _reaches_below(entry: slice, count: int) -> bool:
    return any(type(bound) is not int or bound < -count for bound in (entry.start or 0, entry.stop or 0))


def take(
    indices: object, axis: int | None, shape: tuple[int, ...]
) -> tuple[Selection | Coordinates, tuple[int, ...]]:
    """Return what `numpy.take` takes from an array of `shape`, and the shape of its result.

    Raises
    ------
    IndexError, TypeError, numpy.exceptions.AxisError
        As `numpy.take` with ``mode="raise"``.
    """
    if isinstance(indices, (np.ndarray, np.generic)):
        points = np.asarray(indices).astype(np.intp, casting="same_kind")
    else:
        # What Python calls a number NumPy makes an index, fractions and the empty list included.
        points = np.array(indices, dtype=np.intp)
    length = math.prod(shape) if axis is None else shape[normalize_axis_index(axis, len(shape))]
    within = _within(points, length) if points.size else points.astype(np.int64)
    if within is None:
        wrong = points[(points < -length) | (points >= length)].flat[0]
        place = "" if axis is None else f"axis {axis} with "
        raise IndexError(f"index {wrong} is out of bounds for {place}size {length}")
    flat = within.ravel()
    if axis is None:
        vectors = np.unravel_index(flat, shape)
        return Coordinates(tuple(vector.astype(np.int64) for vector in vectors), points.shape), points.shape
    axis = normalize_axis_index(axis, len(shape))
    axes: list[Axis] = [Span(0, 1, size) for size in shape]
    axes[axis] = Points(flat)
    return Selection(tuple(axes)), (*shape[:axis], *points.shape, *shape[axis + 1 :])


def _expand(entries: tuple[Any, ...], ndim: int) -> tuple[Any, ...] | None:
    """Return one entry per axis, or None where there are too many or more than one ellipsis."""
    at = [number for number, entry in enumerate(entries) if isinstance(entry, EllipsisType)]
    if len(at) > 1 or len(entries) - len(at) > ndim or ndim == 0:
        return None
    # To find the ellipsis zarr compares it with what stands before it, which raises for most arrays;
    # to drop one that stands for no axis, it compares it with every entry.
    compared = entries if at and len(entries) > ndim else entries[: at[0]] if at else ()
    if any(isinstance(entry, (np.ndarray, list)) for entry in compared):
        return None
    split = at[0] if at else len(entries)
    after = entries[split + 1 :]
    return (*entries[:split], *(slice(None),) * (ndim - split - len(after)), *after)


def _span(entry: object, length: int) -> Span | None:
    """Return an integer or a forward slice as a span, or None if it is neither or out of bounds."""
    if isinstance(entry, slice):
        try:
            start, stop, step = entry.indices(length)
        except (TypeError, ValueError):
            return None
        if step < 1:
            return None
        return Span(start, step, max(0, -(-(stop - start) // step)))
    if isinstance(entry, (bool, np.bool_)) or not isinstance(entry, (int, np.integer)):
        return None
    index = operator.index(entry)
    index += length if index < 0 else 0
    return Span(index, 1, 1, drop=True) if 0 <= index < length else None


def _is_mask(entry: object) -> bool:
    return getattr(entry, "dtype", None) == np.bool_


def _is_integers(entry: np.ndarray[Any, Any] | list[Any]) -> bool:
    if isinstance(entry, np.ndarray):
        return entry.dtype.kind in "iu"
    return bool(entry) and all(
        isinstance(item, (int, np.integer)) and not isinstance(item, (bool, np.bool_)) for item in entry
    )


def _points(entry: np.ndarray[Any, Any] | list[Any], length: int) -> Points | None:
    """Return a 1-d integer or boolean array as indices, or None if zarr might take it otherwise."""
    if type(entry) not in (list, np.ndarray):
        # Masked arrays and the like have rules of their own.
        return None
    if isinstance(entry, list) and not (_is_integers(entry) or _is_booleans(entry)):
        return None
    values = np.asarray(entry)
    if values.ndim != 1:
        return None
    if values.dtype == bool:
        # With a zero-length axis zarr's own mask raises.
        return Points(np.flatnonzero(values)) if values.size == length and length else None
    if values.dtype.kind not in "iu":
        return None
    if values.size == 0:
        return Points(np.empty(0, dtype=np.int64))
    indices = _within(values, length)
    return None if indices is None else Points(indices)


def _within(values: NDArray[Any], length: int) -> NDArray[np.int64] | None:
    """Return integers as indices from 0 on, or None if one is out of bounds."""
    # A copy before the check: the caller may change their own array while threads read.
    values = values.copy()
    low, high = int(values.min()), int(values.max())
    if low < -length or high >= length:
        return None
    indices = values.astype(np.int64, copy=False)
    if low < 0:
        indices[indices < 0] += length
    return indices


def _is_booleans(entry: list[Any]) -> bool:
    return bool(entry) and all(isinstance(item, (bool, np.bool_)) for item in entry)
