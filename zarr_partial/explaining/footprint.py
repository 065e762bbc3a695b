"""Selection x leaves -> what is touched of each leaf: which bytes, which blocks. Arithmetic only.

A leaf is a chunk that holds elements itself. Everything is counted on columns with one entry per
touched leaf, so that a selection of a million chunks is a few vectors; where chunks are touched in the
same way, as the inner chunks of a slab are, they share one answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access.raw import Raw
from zarr_partial.explaining.axes import AxisTable, axis_table, distinct_rows
from zarr_partial.explaining.sampling import Sample
from zarr_partial.selection import Coordinates, Selection, Span

__all__ = ["Boxes", "Footprint", "Scattered", "Spread", "Stretches", "footprint_of"]

Integers = NDArray[np.int64]
Stretches = tuple[Integers, Integers]  # first block, block after the last; in order, with gaps between


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """The selected bytes of each touched leaf, as they lie in its decoded bytes.

    Attributes
    ----------
    ranges, nbytes : ndarray of int64
        How many byte ranges, neighbours merged, and how many bytes; repeated elements count once.
    firsts, stops : ndarray of int64
        The first byte, and the one after the last.
    """

    ranges: Integers
    nbytes: Integers
    firsts: Integers
    stops: Integers


class Footprint(Protocol):
    """What a selection touches, leaf by leaf."""

    @property
    def leaves(self) -> Integers:
        """Coordinates of the touched leaves, of shape (leaves, axes), in C order."""

    @property
    def kinds(self) -> Integers:
        """A number for each leaf; leaves of one number are touched in the same way."""

    def spread(self, raw: Raw) -> Spread:
        """Return the selected bytes of each leaf, if leaves are laid out as `raw`."""

    def stretches(self, leaf: int, raw: Raw, blocksize: int) -> Stretches:
        """Return which blocks of `blocksize` bytes the leaf at this place in `leaves` is touched in."""


def footprint_of(
    selection: Selection | Coordinates, leaf_shape: Sequence[int], sample: Sample | None = None
) -> Footprint:
    """Return what `selection` touches of leaves of this shape; of some of them, if there is a sample."""
    if isinstance(selection, Coordinates):
        return Scattered(selection, leaf_shape)
    return Boxes(selection, leaf_shape, sample)


class Boxes:
    """The footprint of an orthogonal selection: in each leaf, some indices of every axis."""

    def __init__(self, selection: Selection, leaf_shape: Sequence[int], sample: Sample | None = None) -> None:
        empty = 0 in selection.counts
        self._tables: list[AxisTable] = [] if empty else [
            axis_table(axis, size, None if sample is None else sample.axes[number])
            for number, (axis, size) in enumerate(zip(selection.axes, leaf_shape, strict=True))
        ]  # fmt: skip
        if empty:
            self.leaves = np.empty((0, len(leaf_shape)), dtype=np.int64)
            self.kinds = np.empty(0, dtype=np.int64)
            return
        grid = np.meshgrid(*(table.leaves for table in self._tables), indexing="ij", copy=False)
        self.leaves = np.stack([at.ravel() for at in grid], axis=1)
        kinds = np.zeros(1, dtype=np.int64)
        for table in self._tables:
            kinds = np.add.outer(kinds * len(table.ways), table.kinds).ravel()
        self.kinds = kinds
        self._known: dict[tuple[int, Raw, int], Stretches] = {}

    def spread(self, raw: Raw) -> Spread:
        """Return the selected bytes of each leaf, if leaves are laid out as `raw`.

        Counted axis by axis, from the fastest on: a strided selection has too many ranges to list.
        """
        ndim = len(raw.shape)
        ranges = np.ones((1,) * ndim, dtype=np.int64)
        nbytes = ranges * raw.dtype.itemsize
        firsts, stops = ranges * 0, nbytes
        for axis in _fastest_first(raw) if self._tables else ():
            table, stride = self._tables[axis], raw.strides[axis]
            along = [1] * ndim
            along[axis] = -1
            counts = table.counts.reshape(along)
            # From one index to the next the last range goes on only if nothing is left out at either end.
            neighbours = np.where(stops - firsts == stride, table.neighbours.reshape(along), 0)
            ranges = ranges * counts - neighbours
            nbytes = nbytes * counts
            firsts = firsts + table.lows.reshape(along) * stride
            stops = stops + table.highs.reshape(along) * stride
        columns = [
            np.broadcast_to(column, ranges.shape).ravel() for column in (ranges, nbytes, firsts, stops)
        ]
        return Spread(*(column[: len(self.leaves)] for column in columns))

    def stretches(self, leaf: int, raw: Raw, blocksize: int) -> Stretches:
        """Return which blocks the leaf at this place is touched in; leaves of one kind share the answer."""
        at = (int(self.kinds[leaf]), raw, blocksize)
        found = self._known.get(at)
        if found is None:
            found = self._known[at] = self._stretches(at[0], raw, blocksize)
        return found

    def _stretches(self, kind: int, raw: Raw, blocksize: int) -> Stretches:
        ways = []
        for table in reversed(self._tables):
            kind, number = divmod(kind, len(table.ways))
            ways.append(table.ways[number])
        ways.reverse()
        firsts, stops = np.zeros(1, np.int64), np.full(1, raw.dtype.itemsize, np.int64)
        for axis in _fastest_first(raw):
            way, stride = ways[axis], raw.strides[axis]
            one = firsts.size == 1
            if isinstance(way, Span) and one and way.step * stride - int(stops[0] - firsts[0]) < blocksize:
                firsts = firsts + way.start * stride
                stops = stops + (way.start + (way.count - 1) * way.step) * stride
                continue
            offsets = way.indices() * stride
            firsts = np.add.outer(offsets, firsts).ravel()
            stops = np.add.outer(offsets, stops).ravel()
            # A gap shorter than a block holds no whole one, so what lies around it is one stretch.
            firsts, stops = _merged(firsts, stops, blocksize)
        return _merged(firsts // blocksize, -(-stops // blocksize), 1)


class Scattered:
    """The footprint of a coordinate selection: in each leaf, some single elements."""

    def __init__(self, selection: Coordinates, leaf_shape: Sequence[int]) -> None:
        points = np.stack(selection.vectors, axis=1)
        chunks = points // np.array(leaf_shape, dtype=np.int64)
        self.leaves, self._leaf = distinct_rows(chunks)
        self._within = points - chunks * np.array(leaf_shape, dtype=np.int64)
        self.kinds = np.arange(len(self.leaves))
        self._known: dict[tuple[Raw, int], tuple[Integers, Integers, Integers]] = {}

    def _offsets(self, raw: Raw) -> tuple[Integers, Integers]:
        """Return the bytes at which distinct elements begin, and the leaf of each, sorted by both."""
        offsets = self._within @ np.array(raw.strides, dtype=np.int64)
        order = np.lexsort((offsets, self._leaf))
        offsets, leaf = offsets[order], self._leaf[order]
        is_new = (np.diff(offsets, prepend=-1) != 0) | (np.diff(leaf, prepend=-1) != 0)
        return offsets[is_new], leaf[is_new]

    def spread(self, raw: Raw) -> Spread:
        """Return the selected bytes of each leaf, if leaves are laid out as `raw`."""
        item = raw.dtype.itemsize
        offsets, leaf = self._offsets(raw)
        is_first = np.diff(leaf, prepend=-1) != 0
        begins = is_first | (np.diff(offsets, prepend=-item) != item)
        edges = np.append(np.flatnonzero(is_first), leaf.size)
        count = len(self.leaves)
        return Spread(
            np.bincount(leaf[begins], minlength=count),
            np.bincount(leaf, minlength=count) * item,
            offsets[edges[:-1]],
            offsets[edges[1:] - 1] + item,
        )

    def stretches(self, leaf: int, raw: Raw, blocksize: int) -> Stretches:
        """Return which blocks the leaf at this place is touched in."""
        known = self._known.get((raw, blocksize))
        if known is None:
            offsets, leaves = self._offsets(raw)
            firsts = offsets // blocksize
            stops = (offsets + (raw.dtype.itemsize - 1)) // blocksize + 1
            is_new = np.ones(leaves.size, dtype=np.bool_)
            is_new[1:] = (np.diff(leaves) != 0) | (firsts[1:] > stops[:-1])
            at = np.flatnonzero(is_new)
            edges = np.searchsorted(leaves[at], np.arange(len(self.leaves) + 1))
            known = edges, firsts[at], stops[np.append(at[1:], leaves.size) - 1]
            self._known[raw, blocksize] = known
        edges, firsts, stops = known
        a, b = int(edges[leaf]), int(edges[leaf + 1])
        return firsts[a:b], stops[a:b]


def _fastest_first(raw: Raw) -> list[int]:
    return sorted(range(len(raw.shape)), key=lambda axis: raw.strides[axis])


def _merged(firsts: Integers, stops: Integers, gap: int) -> Stretches:
    """Merge sorted half-open ranges that are less than `gap` apart."""
    apart = np.flatnonzero(firsts[1:] - stops[:-1] >= gap)
    if apart.size == firsts.size - 1:
        return firsts, stops
    return firsts[np.append(0, apart + 1)], stops[np.append(apart, -1)]
