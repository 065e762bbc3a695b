"""Large selections cut into batches, so that not all encoded bytes of a read are held at once."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Blosc, Raw
from zarr_partial.layout import Layout
from zarr_partial.plan import point_places
from zarr_partial.selection import Axis, Coordinates, Points, Selection, Span
from zarr_partial.stretches import Stretches, listed, stretches_of

__all__ = ["BATCH_NBYTES", "Batch", "batches_of"]

# Enough for all requests that are in flight at once to be large ones.
BATCH_NBYTES = 1 << 26
# What a Blosc block takes, encoded: blocks of float32 are 256 or 512 KiB if nobody chooses their size. Whole
# chunks in their place would cut a few rows of many chunks into batches, each with waits of its own.
BLOCK_NBYTES = 1 << 18

type Index = slice | NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """A part of a selection, without dropped axes, and the places of its elements in the output.

    `index` is a NumPy index of the output with every axis of the array; of a flat one for coordinates.
    """

    selection: Selection | Coordinates
    index: tuple[Index, ...]

    @property
    def is_in_place(self) -> bool:
        """Whether its places are a view of the output."""
        return all(isinstance(entry, slice) for entry in self.index)


def batches_of(
    selection: Selection | Coordinates, layout: Layout, limit: int = BATCH_NBYTES
) -> Iterator[Batch]:
    """Cut a selection that is not empty into batches whose leaves decode to about `limit` bytes at most."""
    if isinstance(selection, Coordinates):
        yield from _batches_of_points(selection, layout, limit)
        return
    stretches = stretches_of(selection)
    if stretches is not None:
        yield from _batches_of_stretches(stretches, layout, limit)
        return
    axes = tuple(
        Span(axis.start, axis.step, axis.count) if isinstance(axis, Span) else axis for axis in selection.axes
    )
    yield from _cut(axes, (slice(None),) * len(axes), layout, limit)


def _cut(axes: tuple[Axis, ...], index: tuple[Index, ...], layout: Layout, limit: int) -> Iterator[Batch]:
    shape = layout.leaves.chunk_shape
    chunks = [_chunks_along(axis, size) for axis, size in zip(axes, shape, strict=True)]
    nbytes = _leaf_nbytes(axes, chunks, layout) * math.prod(chunks)
    widest = max(range(len(axes)), key=lambda axis: chunks[axis], default=0)
    if nbytes <= limit or not axes or chunks[widest] == 1:
        yield Batch(Selection(axes), index)
        return
    pieces = min(chunks[widest], -(-nbytes // limit))
    for part, where in _pieces(axes[widest], shape[widest], pieces):
        some = (*axes[:widest], part, *axes[widest + 1 :])
        places = (*index[:widest], _within(index[widest], where), *index[widest + 1 :])
        yield from _cut(some, places, layout, limit)


def _leaf_nbytes(axes: tuple[Axis, ...], chunks: list[int], layout: Layout) -> int:
    """Return about how many bytes a touched leaf takes in memory while it is read."""
    raw = layout.raw
    counts = [-(-axis.count // count) for axis, count in zip(axes, chunks, strict=True)]
    nbytes = math.prod(counts) * raw.dtype.itemsize
    if isinstance(layout.leaf, Raw):
        return nbytes
    if isinstance(layout.leaf, Blosc) and counts:
        fastest = min(range(len(counts)), key=lambda axis: raw.strides[axis])
        runs = math.prod(count for axis, count in enumerate(counts) if axis != fastest)
        return min(raw.nbytes, nbytes + runs * BLOCK_NBYTES)
    return raw.nbytes


def _chunks_along(axis: Axis, size: int) -> int:
    """Return at most how many chunks the indices of an axis lie in."""
    if isinstance(axis, Span):
        last = axis.start + (axis.count - 1) * axis.step
        return min(axis.count, last // size - axis.start // size + 1)
    return int(np.unique(axis.values // size).size)


def _pieces(axis: Axis, size: int, pieces: int) -> Iterator[tuple[Axis, Index]]:
    """Cut the indices of an axis into about so many pieces, at edges of chunks."""
    indices = axis.indices()
    chunks = indices // size
    rising = bool((chunks[1:] >= chunks[:-1]).all())
    order = None if rising else np.argsort(chunks, kind="stable")
    sorted_chunks = chunks if order is None else chunks[order]
    edges = np.append(0, np.flatnonzero(np.diff(sorted_chunks)) + 1)
    chosen = edges[np.linspace(0, edges.size, pieces, endpoint=False).astype(np.int64)]
    stops = np.append(chosen[1:], indices.size)
    for first, stop in zip(chosen.tolist(), stops.tolist(), strict=True):
        if isinstance(axis, Span):
            yield Span(axis.start + first * axis.step, axis.step, stop - first), slice(first, stop)
        elif order is None:
            yield Points(indices[first:stop]), slice(first, stop)
        else:
            yield Points(indices[order[first:stop]]), order[first:stop]


def _within(index: Index, where: Index) -> Index:
    """Return the places `where` of the places `index`."""
    if isinstance(index, np.ndarray):
        return index[where]
    start = index.start or 0
    return slice(start + where.start, start + where.stop) if isinstance(where, slice) else start + where


def _batches_of_stretches(stretches: Stretches, layout: Layout, limit: int) -> Iterator[Batch]:
    raw, size = layout.raw, layout.leaves.chunk_shape[0]
    leaves, firsts, counts = stretches.places(size)
    _, which = np.unique(leaves, return_inverse=True)
    costs = np.bincount(which, weights=counts).astype(np.int64) * raw.dtype.itemsize
    if isinstance(layout.leaf, Blosc):
        costs = np.minimum(costs + np.bincount(which) * BLOCK_NBYTES, raw.nbytes)
    elif not isinstance(layout.leaf, Raw):
        costs[:] = raw.nbytes
    batches = (np.cumsum(costs) - costs) // limit
    if batches[-1] == 0:
        yield Batch(Selection((stretches,)), (slice(None),))
        return
    of_run = batches[which]
    places = np.cumsum(counts) - counts
    starts = leaves * size + firsts
    for batch in np.unique(batches).tolist():
        some = of_run == batch
        chosen = Stretches(starts[some], (starts + counts)[some])
        yield Batch(Selection((chosen,)), (listed(places[some], counts[some]),))


def _batches_of_points(points: Coordinates, layout: Layout, limit: int) -> Iterator[Batch]:
    numbers, _ = point_places(points, layout.leaves, layout.raw.strides)
    nbytes = _points_nbytes(numbers, layout)
    if nbytes <= limit:
        yield Batch(Coordinates(points.vectors, (numbers.size,)), (slice(None),))
        return
    order = np.argsort(numbers, kind="stable")
    edges = np.append(0, np.flatnonzero(np.diff(numbers[order])) + 1)
    pieces = min(edges.size, -(-nbytes // limit))
    chosen = edges[np.linspace(0, edges.size, pieces, endpoint=False).astype(np.int64)]
    for some in np.split(order, chosen[1:]):
        yield Batch(Coordinates(tuple(vector[some] for vector in points.vectors), (some.size,)), (some,))


def _points_nbytes(numbers: NDArray[np.int64], layout: Layout) -> int:
    """Return about how many bytes the leaves of these numbers, one for each point, take in memory."""
    if isinstance(layout.leaf, Raw):
        return numbers.size * layout.raw.dtype.itemsize
    leaves = int(np.unique(numbers).size) * layout.raw.nbytes
    return min(leaves, numbers.size * BLOCK_NBYTES) if isinstance(layout.leaf, Blosc) else leaves
