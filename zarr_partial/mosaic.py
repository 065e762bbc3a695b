"""Grids whose chunks differ in shape, as mosaics of regular grids: arithmetic only.

Source: https://zarr-specs.readthedocs.io/en/latest/v3/chunk-grids/rectilinear-grid/index.html.
Along one axis of a rectilinear grid the chunks of one size, pushed together, are a regular axis. One
size for each axis therefore makes a regular grid of their own out of all chunks of that shape: a *tile*.
Any selection is one selection from each touched tile, which is read as from any regular array.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zarr_partial.grid import Grid
from zarr_partial.plan import AxisPart, axis_parts, orthogonal_index
from zarr_partial.selection import Axis, Coordinates, Points, Selection, Span

__all__ = ["EvenAxis", "Kinds", "Mosaic", "Piece", "Share", "UnevenAxis", "mosaic_axis"]

Integers = NDArray[np.int64]
# One for each axis: which of its sizes.
Kinds = tuple[int, ...]
Place = slice | Integers

# Of a longer span the places in the output are not listed: it is cut at every edge of chunks.
MAX_LISTED = 1 << 20


@dataclass(frozen=True, slots=True)
class Share:
    """What one axis of a selection takes from chunks of one size.

    Attributes
    ----------
    kind : int
        Which of the sizes of the axis.
    axis : Axis
        Indices along the axis of the tile.
    out : slice or ndarray of int64
        Their places along the axis of the output.
    """

    kind: int
    axis: Axis
    out: Place

    def parts(self, size: int) -> Iterator[AxisPart]:
        """Yield what it takes from each leaf of `size` indices, and where that goes in the output."""
        for part in axis_parts(self.axis, size):
            out = _placed(self.out, part.out)
            yield AxisPart(part.chunk, part.within, out, part.is_whole and isinstance(out, slice))


@dataclass(frozen=True, slots=True)
class Piece:
    """What a selection takes from one tile.

    Attributes
    ----------
    kinds : tuple of int
        Of the tile.
    selection : Selection or Coordinates
        Within the tile; keeps every axis.
    places : tuple of slice or ndarray of int64
        Where it goes, for every axis of the output; for coordinates one, in the flattened output.
    shares : tuple of Share
        What it is made of; empty for coordinates.
    """

    kinds: Kinds
    selection: Selection | Coordinates
    places: tuple[Place, ...]
    shares: tuple[Share, ...] = ()

    @property
    def is_box(self) -> bool:
        """Whether it goes to a box of the output, so that it can be read right there."""
        return all(isinstance(place, slice) for place in self.places)

    @property
    def out(self) -> tuple[Place, ...]:
        """NumPy index of the places in the output."""
        return orthogonal_index(self.places)

    def by_axis(self, leaf_shape: Sequence[int]) -> list[list[AxisPart]]:
        """Return, axis by axis, what is taken from each leaf of the tile along it, and where that goes."""
        return [list(share.parts(size)) for share, size in zip(self.shares, leaf_shape, strict=True)]


class EvenAxis:
    """An axis of chunks of one size; it may have more chunks than anybody could list."""

    def __init__(self, size: int, length: int) -> None:
        self.sizes = (size,)
        self.largest = size
        self._count = -(-length // size)

    def count(self, _kind: int) -> int:
        """Return how many chunks have the size of this kind."""
        return self._count

    def chunks(self, _kind: int, places: Integers) -> Integers:
        """Return which chunks of the axis those at `places` of a tile are."""
        return places

    def begins(self, chunks: Integers) -> Integers:
        """Return the first index in each of these chunks; the end, after the last."""
        return chunks * self.largest

    def holding(self, indices: Integers) -> Integers:
        """Return the chunks that hold these indices."""
        return indices // self.largest

    def local(self, indices: Integers) -> tuple[Integers, Integers]:
        """Return, for indices along the axis, the kind of their chunk and the index in a tile."""
        return np.zeros_like(indices), indices

    def shares(self, axis: Axis) -> list[Share]:
        """Return what `axis` takes from the chunks."""
        kept = Span(axis.start, axis.step, axis.count) if isinstance(axis, Span) else axis
        return [Share(0, kept, slice(0, axis.count))] if axis.count else []


class UnevenAxis:
    """An axis of chunks with a size each.

    Parameters
    ----------
    sizes : sequence of int
        Of all chunks, in order; the last ones may lie beyond the end of the array.
    length : int
        Of the array.
    """

    def __init__(self, sizes: Sequence[int], length: int) -> None:
        ends = np.cumsum(np.array(sizes, dtype=np.int64))
        count = int(np.searchsorted(ends, length)) + 1 if length else 0
        self._starts = np.append(0, ends[:count])
        distinct, kinds = np.unique(np.array(sizes[:count], dtype=np.int64), return_inverse=True)
        self.sizes: tuple[int, ...] = tuple(distinct.tolist())
        self.largest = max(self.sizes, default=max(sizes))
        self._kinds = kinds
        self._members = grouped(kinds)
        # From an index along the axis to the index in a tile, chunk by chunk.
        self._shifts = np.zeros(count, dtype=np.int64)
        for size, members in zip(self.sizes, self._members, strict=True):
            self._shifts[members] = np.arange(members.size) * size - self._starts[members]

    def count(self, kind: int) -> int:
        """Return how many chunks have the size of this kind."""
        return int(self._members[kind].size)

    def chunks(self, kind: int, places: Integers) -> Integers:
        """Return which chunks of the axis those at `places` of a tile are."""
        return self._members[kind][places]

    def begins(self, chunks: Integers) -> Integers:
        """Return the first index in each of these chunks; the end, after the last."""
        return self._starts[chunks]

    def holding(self, indices: Integers) -> Integers:
        """Return the chunks that hold these indices."""
        return np.searchsorted(self._starts, indices, side="right") - 1

    def local(self, indices: Integers) -> tuple[Integers, Integers]:
        """Return, for indices along the axis, the kind of their chunk and the index in a tile."""
        chunks = self.holding(indices)
        return self._kinds[chunks], indices + self._shifts[chunks]

    def shares(self, axis: Axis) -> list[Share]:
        """Return what `axis` takes from the chunks of each size."""
        if not axis.count:
            return []
        return self._shares_of_span(axis) if isinstance(axis, Span) else self._shares_of_points(axis.values)

    def _shares_of_points(self, indices: Integers) -> list[Share]:
        kinds, within = self.local(indices)
        return [Share(int(kinds[at[0]]), Points(within[at]), dense(at)) for at in grouped(kinds)]

    def _shares_of_span(self, span: Span) -> list[Share]:
        if span.count == 1:
            # A step over nothing may be of any length.
            span = Span(span.start, 1, 1)
        ends = np.array([span.start, span.start + (span.count - 1) * span.step])
        first, last = self.holding(ends).tolist()
        chunks = np.arange(first, last + 1)
        # How many indices lie before each chunk; a step longer than a chunk skips some.
        edges = -((span.start - self._starts[first : last + 2]) // span.step)
        edges = np.clip(edges, 0, span.count)
        chunks, edges = chunks[np.diff(edges) > 0], np.append(edges[:-1][np.diff(edges) > 0], span.count)
        if span.count > MAX_LISTED or chunks.size == 1:
            rows = zip(chunks.tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True)
            return [self._share_of_chunk(span, *row) for row in rows]
        shares = []
        ordinals = np.arange(span.count)
        of_ordinals = np.repeat(chunks, np.diff(edges))
        for at in grouped(self._kinds[of_ordinals]):
            kind = int(self._kinds[of_ordinals[at[0]]])
            within = span.start + ordinals[at] * span.step + self._shifts[of_ordinals[at]]
            # Chunks between two touched ones are touched all through, so that without a step the
            # indices are neighbours in the tile.
            taken = Span(int(within[0]), 1, within.size) if span.step == 1 else Points(within)
            shares.append(Share(kind, taken, dense(at)))
        return shares

    def _share_of_chunk(self, span: Span, chunk: int, begin: int, end: int) -> Share:
        start = span.start + begin * span.step + int(self._shifts[chunk])
        return Share(int(self._kinds[chunk]), Span(start, span.step, end - begin), slice(begin, end))


def mosaic_axis(sizes: int | Sequence[int], length: int) -> EvenAxis | UnevenAxis:
    """Return an axis of the metadata: one size for all chunks, or a size for each."""
    return EvenAxis(sizes, length) if isinstance(sizes, int) else UnevenAxis(sizes, length)


@dataclass(frozen=True, slots=True, eq=False)
class Mosaic:
    """A rectilinear grid."""

    axes: tuple[EvenAxis | UnevenAxis, ...]

    @property
    def largest(self) -> tuple[int, ...]:
        """The largest size along each axis."""
        return tuple(axis.largest for axis in self.axes)

    def grid(self, kinds: Kinds) -> Grid:
        """Return the grid of a tile."""
        axes = list(zip(self.axes, kinds, strict=True))
        return Grid(
            tuple(axis.sizes[kind] for axis, kind in axes), tuple(axis.count(kind) for axis, kind in axes)
        )

    def chunks(self, kinds: Kinds, places: Integers) -> Integers:
        """Return the coordinates in the array of chunks of a tile; both of shape (chunks, axes)."""
        found = np.empty_like(places)
        for number, (axis, kind) in enumerate(zip(self.axes, kinds, strict=True)):
            found[:, number] = axis.chunks(kind, places[:, number])
        return found

    def inner_chunks(self, kinds: Kinds, places: Integers, shape: Sequence[int]) -> Integers:
        """Return the coordinates in the array of inner chunks of this shape; as `chunks` for chunks.

        Inner chunks divide chunks of every size, so that in the array they are a regular grid.
        """
        found = np.empty_like(places)
        for number, (axis, kind, size) in enumerate(zip(self.axes, kinds, shape, strict=True)):
            chunks, within = np.divmod(places[:, number], axis.sizes[kind] // size)
            found[:, number] = axis.begins(axis.chunks(kind, chunks)) // size + within
        return found

    def pieces(self, selection: Selection | Coordinates) -> Iterator[Piece]:
        """Yield what a selection takes from each touched tile; from no chunk twice."""
        if isinstance(selection, Coordinates):
            yield from self._pieces_of_points(selection)
            return
        by_axis = [axis.shares(taken) for axis, taken in zip(self.axes, selection.axes, strict=True)]
        for shares in itertools.product(*by_axis):
            yield Piece(
                tuple(share.kind for share in shares),
                Selection(tuple(share.axis for share in shares)),
                tuple(share.out for share in shares),
                shares,
            )

    def _pieces_of_points(self, selection: Coordinates) -> Iterator[Piece]:
        tiles = np.zeros(math.prod(selection.shape), dtype=np.int64)
        vectors, kinds = [], []
        for axis, vector in zip(self.axes, selection.vectors, strict=True):
            of_axis, within = axis.local(vector)
            tiles = tiles * max(1, len(axis.sizes)) + of_axis
            kinds.append(of_axis)
            vectors.append(within)
        for at in grouped(tiles):
            points = Coordinates(tuple(vector[at] for vector in vectors), (at.size,))
            yield Piece(tuple(int(of_axis[at[0]]) for of_axis in kinds), points, (dense(at),))


def grouped(values: Integers) -> list[Integers]:
    """Return, for each distinct value, the places where it stands, rising."""
    order = np.argsort(values, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(values[order])) + 1) if order.size else []


def dense(places: Integers) -> Place:
    """Return rising places as a slice, where they are neighbours."""
    first, last = int(places[0]), int(places[-1])
    return slice(first, last + 1) if last - first + 1 == places.size else places


def _placed(out: Place, within: Place) -> Place:
    """Return the places `within` of `out`."""
    if isinstance(out, np.ndarray):
        places: Integers = out[within]
        return dense(places) if bool((np.diff(places) > 0).all()) else places
    if isinstance(within, np.ndarray):
        moved: Integers = within + out.start
        return moved
    start: int = out.start
    return slice(start + within.start, start + within.stop)
