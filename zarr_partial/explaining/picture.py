"""The picture of a plan as rectangles: which cells, which blocks within them, which elements. No drawing yet.

Two axes of the array span the plane; what is touched anywhere along the others counts as touched. A cell
is a chunk, or a square of several where there are too many to tell apart.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access.raw import Raw
from zarr_partial.explaining.axes import distinct_rows
from zarr_partial.explaining.footprint import Footprint
from zarr_partial.mosaic import EvenAxis, UnevenAxis
from zarr_partial.selection import Coordinates, Selection, Span

__all__ = [
    "Cells",
    "Picture",
    "Rectangles",
    "Side",
    "block_rectangles",
    "cells_of",
    "selected_rectangles",
    "share_of_units",
    "sides",
]

Integers = NDArray[np.int64]
Edges = tuple[EvenAxis | UnevenAxis, ...]
# Lower and upper bounds along the axis that runs down, then along the one that runs across.
Rectangles = NDArray[np.float64]

# So many cells along an axis can be told apart.
MAX_CELLS = 64
MAX_RECTANGLES = 6000


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What a plan keeps to be drawn from.

    Attributes
    ----------
    selection : Selection, Coordinates or None
        None for a key that only zarr understands.
    raw, footprint, blocksizes
        How leaves are laid out, what is touched of them, and the block size of each; None where zarr
        reads.
    edges : tuple of EvenAxis or UnevenAxis, or None
        Where chunks begin along each axis, if they differ in shape; shards, where there are shards.
    """

    selection: Selection | Coordinates | None
    raw: Raw | None = None
    footprint: Footprint | None = None
    blocksizes: Integers | None = None
    edges: Edges | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One axis of the plane.

    Attributes
    ----------
    axis : int
        Of the array; -1 for the height of the line that an array of one axis is drawn as.
    length : int
        Of the array along it.
    bounds : ndarray of int64
        Where cells begin, in elements, and where the last one ends.
    first : int
        The chunk that the first cell begins with.
    chunks_per_cell : int
    is_cut : bool
        Whether only a part of the axis is shown.
    """

    axis: int
    length: int
    bounds: Integers
    first: int
    chunks_per_cell: int
    is_cut: bool

    @property
    def count(self) -> int:
        """How many cells there are."""
        return self.bounds.size - 1

    @property
    def extent(self) -> int:
        """How many elements are shown."""
        return int(self.bounds[-1] - self.bounds[0])

    def of(self, vectors: Sequence[Integers] | Integers) -> Integers:
        """Return the vector of this axis; zeros where it is none of the array's."""
        return vectors[self.axis] if self.axis >= 0 else np.zeros(1, dtype=np.int64)

    def cells(self, chunks: Integers) -> Integers:
        """Return the cell of each chunk along the axis."""
        return (chunks - self.first) // self.chunks_per_cell


LINE = Side(-1, 1, np.array([0, 1]), 0, 1, is_cut=False)


def sides(
    shape: tuple[int, ...],
    grid_shape: tuple[int, ...],
    chunk_shape: tuple[int, ...],
    per_shard: tuple[int, ...],
    leaves: Integers,
    edges: Edges | None,
    axes: tuple[int, int] | None,
) -> tuple[Side, Side]:
    """Return the axes that span the plane: the one that runs down, and the one that runs across."""
    if not shape:
        return LINE, LINE
    if axes is None or len(shape) == 1:
        axes = _telling_axes(grid_shape, leaves)
    found = [LINE] if len(shape) == 1 else []
    for axis in dict.fromkeys(axes):
        at = leaves[:, axis]
        low, high = int(at.min(initial=0)), int(at.max(initial=0))
        if len(leaves):
            low = int(at.min())
        first, stop, together = _window(grid_shape[axis], low, high + 1, per_shard[axis])
        begins = np.append(np.arange(first, stop, together), stop)
        bounds = (
            edges[axis].begins(begins)
            if edges is not None and not chunk_shape
            else begins * chunk_shape[axis]
        )
        # The last chunks are stored whole, but the array ends before.
        bounds = np.minimum(bounds, shape[axis])
        is_cut = first > 0 or stop < grid_shape[axis]
        found.append(Side(axis, shape[axis], bounds, first, together, is_cut))
    down, across = found
    return down, across


def _telling_axes(grid_shape: tuple[int, ...], leaves: Integers) -> tuple[int, int]:
    """Return the two axes along which the selection leaves out most chunks, or that have most."""
    if len(grid_shape) < 2:
        return (0, 0)

    def telling(axis: int) -> tuple[float, float]:
        touched = np.unique(leaves[:, axis]).size or 1
        return math.log(max(1, grid_shape[axis]) / touched), math.log(max(1, grid_shape[axis]))

    most = sorted(range(len(grid_shape)), key=telling, reverse=True)[:2]
    return (min(most), max(most))


def _window(count: int, low: int, stop: int, per_shard: int) -> tuple[int, int, int]:
    """Return the first chunk to show, the one after the last, and how many make a cell."""
    if count <= MAX_CELLS:
        return 0, count, 1
    margin = max(2, (stop - low) // 4)
    # Whole shards, so that their outlines close.
    first = max(0, low - margin) // per_shard * per_shard
    last = min(count, -(-(stop + margin) // per_shard) * per_shard)
    if last - first <= MAX_CELLS:
        return first, last, 1
    together = -(-count // MAX_CELLS)
    if per_shard > 1:
        together = -(-together // per_shard) * per_shard
    return 0, count, together


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """How many of the chunks in each cell are touched; arrays of shape (cells down, cells across).

    Attributes
    ----------
    stored, missing : ndarray of int64
        Touched chunks, in the plane, that are stored somewhere along the other axes; that nowhere are.
    chunks : ndarray of int64
        Chunks in the cell, in the plane.
    """

    stored: Integers
    missing: Integers
    chunks: Integers


def cells_of(down: Side, across: Side, leaves: Integers, missing: NDArray[np.bool_]) -> Cells:
    """Count the touched chunks of each cell."""
    shape = (down.count, across.count)
    pairs = np.empty((len(leaves), 2), dtype=np.int64)
    pairs[:, 0], pairs[:, 1] = down.of(leaves.T), across.of(leaves.T)
    distinct, which = distinct_rows(pairs)
    is_stored = np.zeros(len(distinct), dtype=np.bool_)
    is_stored[which[~missing]] = True
    at = (down.cells(distinct[:, 0]), across.cells(distinct[:, 1]))
    counts = [np.zeros(shape, dtype=np.int64) for _ in range(2)]
    for count, chosen in zip(counts, (is_stored, ~is_stored), strict=True):
        np.add.at(count, (at[0][chosen], at[1][chosen]), 1)
    chunks = np.full(shape, down.chunks_per_cell * across.chunks_per_cell)
    return Cells(counts[0], counts[1], chunks)


def share_of_units(
    down: Side, across: Side, leaves: Integers, units: Integers, units_in_leaf: Integers
) -> NDArray[np.float64]:
    """Return which share of the units of its touched chunks is read in each cell."""
    read, there = np.zeros((down.count, across.count)), np.zeros((down.count, across.count))
    at = (down.cells(down.of(leaves.T)), across.cells(across.of(leaves.T)))
    np.add.at(read, at, units)
    np.add.at(there, at, units_in_leaf)
    return read / np.maximum(1, there)


def selected_rectangles(
    selection: Selection | Coordinates, down: Side, across: Side, pixel: tuple[float, float]
) -> Rectangles:
    """Return the selected elements in the plane; what is closer than a pixel is drawn together.

    `pixel` is the size of one in elements, down and across.
    """
    if isinstance(selection, Coordinates):
        return _points(selection, down, across, pixel)
    coarse = 1.0
    while True:
        rows = _stretches(selection, down, pixel[0] * coarse)
        columns = _stretches(selection, across, pixel[1] * coarse)
        if len(rows) * len(columns) <= MAX_RECTANGLES:
            break
        coarse *= 2
    both = [np.repeat(rows, len(columns), axis=0), np.tile(columns, (len(rows), 1))]
    return np.concatenate(both, axis=1)


def _stretches(selection: Selection, side: Side, gap: float) -> Rectangles:
    """Return the selected stretches of an axis that are shown; those closer than `gap` as one."""
    if side.axis < 0:
        return np.array([[0.0, 1.0]])
    axis = selection.axes[side.axis]
    low, high = int(side.bounds[0]), int(side.bounds[-1])
    if isinstance(axis, Span) and (axis.step - 1 <= gap or axis.count == 1):
        last = axis.start + (axis.count - 1) * axis.step + 1
        return np.array([[max(low, axis.start), min(high, last)]], dtype=np.float64)
    values = np.unique(axis.indices())
    values = values[(values >= low) & (values < high)]
    begins = np.append(0, np.flatnonzero(np.diff(values) - 1 > gap) + 1)
    ends = np.append(begins[1:], values.size) - 1
    return np.stack([values[begins], values[ends] + 1], axis=1).astype(np.float64)


def _points(selection: Coordinates, down: Side, across: Side, pixel: tuple[float, float]) -> Rectangles:
    places = np.empty((selection.vectors[0].size, 2), dtype=np.int64)
    places[:, 0], places[:, 1] = down.of(selection.vectors), across.of(selection.vectors)
    size = np.maximum(1, np.array(pixel))
    while True:
        # One point of those that share a pixel.
        shared, which = distinct_rows((places // size).astype(np.int64))
        if len(shared) <= MAX_RECTANGLES:
            break
        size = size * 2
    low = np.empty(shared.shape)
    low[which] = places
    return np.stack([low[:, 0], low[:, 0] + 1, low[:, 1], low[:, 1] + 1], axis=1)


def block_rectangles(
    picture: Picture,
    array_shape: tuple[int, ...],
    chunk_shape: tuple[int, ...],
    missing: NDArray[np.bool_],
    down: Side,
    across: Side,
) -> Rectangles | None:
    """Return the touched Blosc blocks in the plane, or None where there are too many to draw."""
    raw, footprint, blocksizes = picture.raw, picture.footprint, picture.blocksizes
    assert raw is not None
    assert footprint is not None
    assert blocksizes is not None
    axes = [side.axis for side in (down, across) if side.axis >= 0]
    known: dict[tuple[int, int], set[tuple[tuple[int, int], ...]]] = {}
    found: set[tuple[int, ...]] = set()
    for leaf in np.flatnonzero(~missing).tolist():
        # Of a chunk that Blosc stored uncompressed, the elements alone are read.
        blocksize = int(blocksizes[leaf]) or raw.dtype.itemsize
        at = (int(footprint.kinds[leaf]), blocksize)
        if at not in known:
            known[at] = set(_boxes_of_blocks(raw, *footprint.stretches(leaf, raw, blocksize), blocksize))
        origin = [int(n) * size for n, size in zip(footprint.leaves[leaf], chunk_shape, strict=True)]
        for box in known[at]:
            moved = [
                (begin + bounds[0], min(length, begin + bounds[1]))
                for bounds, begin, length in zip(box, origin, array_shape, strict=True)
            ]
            # What lies beyond the end of the array is decoded too, but is not part of it.
            if all(low < high for low, high in moved):
                found.add(tuple(bound for axis in axes for bound in moved[axis]))
        if len(found) > MAX_RECTANGLES:
            return None
    rectangles = np.array(sorted(found), dtype=np.float64).reshape(len(found), 2 * len(axes))
    if down.axis < 0:
        rectangles = np.concatenate([np.tile([0.0, 1.0], (len(found), 1)), rectangles], axis=1)
    return rectangles


def _boxes_of_blocks(
    raw: Raw, firsts: Integers, stops: Integers, blocksize: int
) -> Iterator[tuple[tuple[int, int], ...]]:
    """Yield the boxes of elements of some blocks of a leaf: lower and upper bounds along every axis."""
    order = sorted(range(len(raw.shape)), key=lambda axis: (-raw.strides[axis], axis))
    sizes = [raw.shape[axis] for axis in order]
    item = raw.dtype.itemsize
    for first, stop in zip(firsts.tolist(), stops.tolist(), strict=True):
        begin, end = first * blocksize // item, min(-(-stop * blocksize // item), raw.nbytes // item)
        for box in _boxes(sizes, begin, end):
            yield tuple(box[order.index(axis)] for axis in range(len(order)))


def _boxes(sizes: Sequence[int], begin: int, end: int) -> Iterator[list[tuple[int, int]]]:
    """Yield the boxes that hold the elements `begin` up to `end` of an array of this shape in C order."""
    if len(sizes) == 1:
        yield [(begin, end)]
        return
    inner = math.prod(sizes[1:])
    first, head = divmod(begin, inner)
    last, tail = divmod(end, inner)
    if first == last:
        yield from ([(first, first + 1), *rest] for rest in _boxes(sizes[1:], head, tail))
        return
    if head:
        yield from ([(first, first + 1), *rest] for rest in _boxes(sizes[1:], head, inner))
        first += 1
    if first < last:
        yield [(first, last), *((0, size) for size in sizes[1:])]
    if tail:
        yield from ([(last, last + 1), *rest] for rest in _boxes(sizes[1:], 0, tail))
