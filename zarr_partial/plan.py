"""Selection x layout -> which parts of which chunks, and where they go. Pure: no bytes are touched.

Two ways to say the same: `equal_runs`, one vector of places for a gather by address, and
`chunk_parts`, one pair of selectors per chunk for the chunk-wise loop.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.grid import Grid
from zarr_partial.selection import Axis, Coordinates, Points, Selection, Span

__all__ = [
    "AxisPart",
    "ChunkPart",
    "Runs",
    "axis_parts",
    "chunk_parts",
    "count_parts",
    "equal_runs",
    "orthogonal_index",
    "parts_by_axis",
    "point_places",
    "windows",
]


@dataclass(frozen=True, slots=True)
class Runs:
    """Equal runs of bytes that lie together both in a decoded chunk and in the output.

    Attributes
    ----------
    nbytes : int
        Length of every run.
    axes : tuple of Axis
        One per axis of the array: the indices at which runs begin.
    chunk_shape, chunk_strides, byte_strides : tuple of int
        Elements of a chunk, numbers from chunk to chunk (C order), bytes from element to element.
    """

    nbytes: int
    axes: tuple[Axis, ...]
    chunk_shape: tuple[int, ...]
    chunk_strides: tuple[int, ...]
    byte_strides: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many runs there are."""
        return math.prod(axis.count for axis in self.axes)

    def places(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return, run by run in output order, the number of its chunk and its first byte there."""
        chunks: NDArray[np.int64] | None = None
        offsets: NDArray[np.int64] | None = None
        base_chunk = base_offset = 0
        for axis, size, step, stride in zip(
            self.axes, self.chunk_shape, self.chunk_strides, self.byte_strides, strict=True
        ):
            if axis.count == 1:
                chunk, within = divmod(int(axis.first), size)
                base_chunk += chunk * step
                base_offset += within * stride
                continue
            indices = axis.indices()
            # Division by one number is vectorised in NumPy, divmod is not.
            chunk_of = indices // size
            within_of = indices - chunk_of * size
            chunk_of *= step
            within_of *= stride
            chunks = chunk_of if chunks is None else np.add.outer(chunks, chunk_of).ravel()
            offsets = within_of if offsets is None else np.add.outer(offsets, within_of).ravel()
        if chunks is None or offsets is None:
            return np.array([base_chunk]), np.array([base_offset])
        if base_chunk:
            chunks += base_chunk
        if base_offset:
            offsets += base_offset
        return chunks, offsets


@dataclass(frozen=True)
class AxisPart:
    """What one axis of a selection takes from one chunk: indices within the chunk, and within the output.

    All chunks with the same place along this axis share it, and so what is worked out of it.
    """

    chunk: int
    within: Axis
    out: slice | NDArray[np.int64]
    is_whole: bool = False
    """Whether these are all indices of the chunk, in order."""

    @cached_property
    def low(self) -> int:
        """The lowest index within the chunk."""
        return self.within.start if isinstance(self.within, Span) else int(self.within.values.min())

    @cached_property
    def high(self) -> int:
        """The highest index within the chunk."""
        if isinstance(self.within, Span):
            return self.within.start + (self.within.count - 1) * self.within.step
        return int(self.within.values.max())

    @cached_property
    def step(self) -> int:
        """The longest step from one index to the next higher one; 0 where there is one index."""
        if isinstance(self.within, Span):
            return self.within.step if self.within.count > 1 else 0
        return int(np.diff(np.sort(self.within.values)).max(initial=0))

    @cached_property
    def selector(self) -> slice | NDArray[np.int64]:
        """NumPy index of the selected indices in the chunk."""
        return _selector(self.within, 0)

    @cached_property
    def moved(self) -> slice | NDArray[np.int64]:
        """NumPy index of the selected indices in a box that begins at the lowest of them."""
        return _selector(self.within, self.low)

    @cached_property
    def is_sliced(self) -> bool:
        """Whether slices are all that NumPy needs."""
        return isinstance(self.within, Span) and isinstance(self.out, slice)

    def chosen(self, which: NDArray[np.int64]) -> "AxisPart":
        """Return the part of the indices at the places `which` of this one."""
        within: Axis = Points(self.within.indices()[which])
        out = self.out
        if isinstance(self.within, Span):
            # Neighbours of a span are a span.
            within = Span(self.within.start + int(which[0]) * self.within.step, self.within.step, which.size)
        if isinstance(out, slice):
            is_dense = int(which[-1] - which[0]) + 1 == which.size and bool((np.diff(which) == 1).all())
            start = out.start + int(which[0])
            out = slice(start, start + which.size) if is_dense else out.start + which
        else:
            out = out[which]
        return AxisPart(self.chunk, within, out)


_IS_SLICED, _IS_WHOLE = attrgetter("is_sliced"), attrgetter("is_whole")


@dataclass(frozen=True, slots=True)
class ChunkPart:
    """What a selection takes from one chunk; one `AxisPart` per axis."""

    axes: tuple[AxisPart, ...]

    @property
    def coordinates(self) -> tuple[int, ...]:
        """Of the chunk, in the grid of chunks."""
        return tuple([axis.chunk for axis in self.axes])

    @property
    def within(self) -> tuple[slice | NDArray[np.int64], ...]:
        """NumPy index of the selected elements in the chunk; keeps every axis."""
        return orthogonal_index(tuple([axis.selector for axis in self.axes]))

    @property
    def moved(self) -> tuple[slice | NDArray[np.int64], ...]:
        """The same in the box around them."""
        return orthogonal_index(tuple([axis.moved for axis in self.axes]))

    @property
    def box(self) -> tuple[int, ...]:
        """Shape of the box around the selected elements."""
        return tuple([axis.high - axis.low + 1 for axis in self.axes])

    @property
    def out(self) -> tuple[slice | NDArray[np.int64], ...]:
        """NumPy index of their places in the output, which has every axis too."""
        return orthogonal_index(tuple([axis.out for axis in self.axes]))

    @property
    def is_sliced(self) -> bool:
        """Whether `within`, `moved` and `out` are slices, so that indexing by them copies nothing."""
        return all(map(_IS_SLICED, self.axes))

    @property
    def slices(self) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """`within` and `out` of a part that is sliced."""
        return tuple([axis.selector for axis in self.axes]), tuple([axis.out for axis in self.axes])

    def corner(self, byte_strides: Sequence[int]) -> int:
        """Return where in the chunk the box begins, in bytes."""
        return sum([axis.low * stride for axis, stride in zip(self.axes, byte_strides, strict=True)])

    @property
    def is_whole(self) -> bool:
        """Whether it takes every element of the chunk, in the chunk's own order."""
        return all(map(_IS_WHOLE, self.axes))


def equal_runs(
    axes: Sequence[Axis],
    chunk_shape: tuple[int, ...],
    byte_strides: tuple[int, ...],
    grid_shape: tuple[int, ...],
    itemsize: int,
) -> Runs:
    """Return the longest equal runs of a selection that is not empty.

    Trailing axes merge into one run while they lie densely in one chunk. An axis that is dense but
    crosses chunks is cut into equal pieces at its chunk edges; the axes before it are enumerated.
    """
    run = itemsize
    starts = list(axes)
    for number in reversed(range(len(axes))):
        axis, size = axes[number], chunk_shape[number]
        if axis.count > 1:
            if isinstance(axis, Points) or axis.step > 1 or byte_strides[number] != run:
                break
            stop = axis.start + axis.count
            if axis.start // size != (stop - 1) // size:
                piece = math.gcd(size, axis.start % size, stop % size)
                starts[number] = Span(axis.start, piece, axis.count // piece)
                run *= piece
                break
            run *= axis.count
            starts[number] = Span(axis.start, 1, 1)
    chunk_strides = tuple(math.prod(grid_shape[number + 1 :]) for number in range(len(axes)))
    return Runs(run, tuple(starts), chunk_shape, chunk_strides, byte_strides)


def point_places(
    coordinates: Coordinates, grid: Grid, byte_strides: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return, point by point, the number of its chunk and its first byte there."""
    chunks = np.zeros(coordinates.vectors[0].shape, dtype=np.int64)
    offsets = np.zeros_like(chunks)
    axes = zip(coordinates.vectors, grid.chunk_shape, grid.strides, byte_strides, strict=True)
    for vector, size, step, stride in axes:
        chunk = vector // size
        offsets += (vector - chunk * size) * stride
        chunks += chunk * step
    return chunks, offsets


def count_parts(axes: Sequence[Axis], chunk_shape: Sequence[int]) -> int:
    """Return at most how many chunks a selection that is not empty touches."""
    count = 1
    for axis, size in zip(axes, chunk_shape, strict=True):
        if isinstance(axis, Span):
            last = axis.start + (axis.count - 1) * axis.step
            count *= min(axis.count, last // size - axis.start // size + 1)
        else:
            span = int(axis.values.max()) // size - int(axis.values.min()) // size + 1
            count *= min(axis.count, span)
    return count


def parts_by_axis(selection: Selection, chunk_shape: Sequence[int]) -> list[list[AxisPart]]:
    """Return, axis by axis, what `selection` takes from each chunk along it."""
    return [axis_parts(axis, size) for axis, size in zip(selection.axes, chunk_shape, strict=True)]


def chunk_parts(by_axis: Sequence[Sequence[AxisPart]]) -> Iterator[ChunkPart]:
    """Return, chunk by chunk in C order, what is taken from it and where that goes."""
    return map(ChunkPart, itertools.product(*by_axis))


def axis_parts(axis: Axis, size: int) -> list[AxisPart]:
    """Return what one axis of a selection takes from each chunk of `size` indices."""
    return _span_parts(axis, size) if isinstance(axis, Span) else _points_parts(axis.values, size)


def _span_parts(span: Span, size: int) -> list[AxisPart]:
    parts = []
    done = 0
    while done < span.count:
        index = span.start + done * span.step
        chunk, within = divmod(index, size)
        # Steps left before the chunk ends; a step longer than a chunk skips whole chunks.
        count = min(span.count - done, -(-(size - within) // span.step))
        is_whole = count == size and (span.step == 1 or size == 1)
        parts.append(AxisPart(chunk, Span(within, span.step, count), slice(done, done + count), is_whole))
        done += count
    return parts


def _points_parts(indices: NDArray[np.int64], size: int) -> list[AxisPart]:
    if indices.size == 0:
        return []
    chunks, within = np.divmod(indices, size)
    rising = bool((chunks[1:] >= chunks[:-1]).all())
    order = None if rising else np.argsort(chunks, kind="stable")
    if order is not None:
        chunks, within = chunks[order], within[order]
    edges = [0, *(np.flatnonzero(np.diff(chunks)) + 1).tolist(), indices.size]
    return [
        AxisPart(int(chunks[a]), Points(within[a:b]), slice(a, b) if order is None else order[a:b])
        for a, b in itertools.pairwise(edges)
    ]


def windows(part: ChunkPart, byte_strides: Sequence[int], nbytes: int) -> Iterator[ChunkPart]:
    """Cut `part` into parts that each lie within `nbytes` bytes of the chunk, in the order of storage.

    Where a single index along the fastest axis is longer than that, a part is one such index.
    """
    order = sorted(range(len(part.axes)), key=lambda axis: -byte_strides[axis])
    yield from _windows(part, order, byte_strides, nbytes)


def _windows(
    part: ChunkPart, order: Sequence[int], byte_strides: Sequence[int], nbytes: int
) -> Iterator[ChunkPart]:
    for depth, axis in enumerate(order):
        low, high = part.axes[axis].low, part.axes[axis].high
        stride = byte_strides[axis]
        if low == high or (high - low + 1) * stride <= nbytes:
            continue
        indices = part.axes[axis].within.indices()
        at_once = max(1, nbytes // stride)
        groups = (indices - low) // at_once
        order_of_groups = np.argsort(groups, kind="stable")
        edges = np.flatnonzero(np.diff(groups[order_of_groups])) + 1
        for chosen in np.split(order_of_groups, edges):
            axes = list(part.axes)
            axes[axis] = axes[axis].chosen(chosen)
            cut = ChunkPart(tuple(axes))
            if at_once > 1:
                yield cut
            else:
                yield from _windows(cut, order[depth + 1 :], byte_strides, nbytes)
        return
    yield part


def _selector(axis: Axis, origin: int) -> slice | NDArray[np.int64]:
    if isinstance(axis, Points):
        return axis.values - origin if origin else axis.values
    start = axis.start - origin
    return slice(start, start + axis.step * (axis.count - 1) + 1, axis.step)


def orthogonal_index(
    selectors: tuple[slice | NDArray[np.int64], ...],
) -> tuple[slice | NDArray[np.int64], ...]:
    """Make NumPy take the selectors orthogonally: two or more arrays must become an open mesh."""
    if sum([isinstance(selector, np.ndarray) for selector in selectors]) < 2:
        return selectors
    # A slice between arrays would move their axes to the front, so slices become arrays as well.
    vectors = [
        np.arange(selector.start, selector.stop, selector.step, dtype=np.int64)
        if isinstance(selector, slice)
        else selector
        for selector in selectors
    ]
    return tuple(np.ix_(*vectors))
