"""Reading through a cache of decoded units: to the reader, the decoded leaves are raw chunks in memory.

Steps of a read: the leaves that it touches; how each is cut into units, and which of those are wanted;
what is absent is decoded; then the images of the leaves are read as any raw chunks are. Whole rows that
are all decoded take the short path: one look-up for all addresses, and one gather.
"""

import os
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Whole
from zarr_partial.budget import CacheInfo
from zarr_partial.cache import DecodedCache
from zarr_partial.fetching.fetched import FetchedLeaves
from zarr_partial.filling import Filler
from zarr_partial.gather import gather_at, gather_into
from zarr_partial.images import Units
from zarr_partial.layout import Layout
from zarr_partial.read import read_selection
from zarr_partial.resident import MAX_NUMBERED_LEAVES
from zarr_partial.rowtable import RowTable
from zarr_partial.selection import Coordinates, Selection, Span
from zarr_partial.threads import in_background
from zarr_partial.wanting import least_nbytes, touched_leaves, wants_of
from zarr_partial.words import counted, format_bytes

__all__ = ["CachedLeaves", "CachedRows"]

Bytes = NDArray[np.uint8]
Out = NDArray[Any] | None


class CachedLeaves:
    """The decoded leaves of an array, as many as fit.

    Parameters
    ----------
    layout : Layout
    filler : Filler
        Where units come from.
    budget : int
        Decoded bytes to keep at most.
    """

    def __init__(self, layout: Layout, filler: Filler, budget: int) -> None:
        raw = replace(layout.raw, trailer_nbytes=0)
        self.budget = budget
        self.layout = replace(layout, leaf=raw, access=raw, shards=(), grid=layout.leaves)
        self._filler = filler
        self._are_whole = isinstance(layout.leaf, Whole)
        self._has_rows = RowTable.suit(self.layout)
        # A forked child begins with nothing: its parent's locks may be held by threads that it has not.
        self._by_process: dict[int, DecodedCache] = {}

    @staticmethod
    def suit(layout: Layout) -> bool:
        """Whether leaves have numbers that NumPy can hold."""
        return layout.leaves.nchunks <= MAX_NUMBERED_LEAVES

    def now(self) -> DecodedCache:
        """Return what this process has decoded."""
        process = os.getpid()
        cache = self._by_process.get(process)
        if cache is None:
            rows = RowTable(self.layout) if self._has_rows else None
            fresh = DecodedCache(self.layout.raw.nbytes, self.budget, rows, are_filled=self._are_whole)
            cache = self._by_process.setdefault(process, fresh)
            for other in [key for key in self._by_process if key != process]:
                self._by_process.pop(other, None)
        return cache

    def info(self) -> CacheInfo:
        """Return what is here, and the counters."""
        return self.now().info()

    def rows(self) -> "CachedRows | None":
        """Return the short path, where there is one."""
        return CachedRows(self) if self._has_rows else None

    def read(self, selection: Selection | Coordinates, *, threads: int, out: Out) -> NDArray[Any] | None:
        """Return the selected elements, as `read_selection` does; None if what they touch does not fit.

        Raises
        ------
        CorruptChunkError, UnreadableChunkError
            If a touched leaf is damaged or cannot be had.
        """
        if 0 in selection.shape:
            return read_selection(selection, FetchedLeaves(self.layout, {}, {}), threads=1, out=out)
        if self._has_rows and (rows := self._whole_rows(selection, out)) is not None:
            return rows
        images = self._hold(selection, threads)
        if images is None:
            self.now().count_bypass()
            return None
        return read_selection(selection, FetchedLeaves(self.layout, images, {}), threads=threads, out=out)

    def prefetch(self, selection: Selection | Coordinates) -> None:
        """Begin to decode what a read of `selection` needs, and do not wait for it."""
        if 0 not in selection.shape:
            in_background(partial(self._hold, selection, 1))

    def _hold(self, selection: Selection | Coordinates, threads: int) -> dict[int, Bytes | None] | None:
        """Return images in which all is decoded that a selection touches; None if that does not fit."""
        if least_nbytes(selection, self.layout) > self.budget:
            return None
        cache = self.now()
        touched = touched_leaves(selection, self.layout)
        wants = wants_of(touched, self.layout, self._filler.units, cache.images)
        return cache.hold(wants, self._filler.widen, partial(self._filler.fill, threads=threads))

    def _whole_rows(self, selection: Selection | Coordinates, out: Out) -> NDArray[Any] | None:
        """Return whole rows by the short path, or None for other selections, or rows not decoded."""
        if isinstance(selection, Coordinates) or out is not None:
            return None
        rows, *others = selection.axes
        shape = self.layout.shape[1:]
        if isinstance(rows, Span) or selection.shape != (rows.count, *shape):
            return None
        if any(axis.first or axis.count < length for axis, length in zip(others, shape, strict=True)):
            return None
        is_whole = all(isinstance(axis, Span) for axis in others)
        return CachedRows(self).many(np.ascontiguousarray(rows.values)) if is_whole else None

    def explanation(self, selection: Selection | Coordinates) -> str:
        """Return a sentence about how much of what a selection touches is decoded now.

        Headers that are not known are not looked at: such a leaf counts as one unit.
        """
        if least_nbytes(selection, self.layout) > self.budget:
            return f"More than the cache may hold, {format_bytes(self.budget)}: it is read past the cache."
        cache = self.now()
        whole = Units(self.layout.raw.nbytes, self.layout.raw.nbytes)
        touched = touched_leaves(selection, self.layout)
        wants = wants_of(touched, self.layout, lambda leaves, _: [whole] * len(leaves), cache.images)
        units = sum(0 if want.chosen is None else int(np.count_nonzero(want.chosen)) for want in wants)
        there = sum(cache.present(want) for want in wants)
        if there == units:
            return "All that it touches is decoded already, in the cache: nothing is read or decoded now."
        return f"Of {counted(units, 'unit')} that it touches, {there:,} are decoded already, in the cache."


class CachedRows:
    """The short path: whole rows that are all decoded."""

    def __init__(self, leaves: CachedLeaves) -> None:
        self._leaves = leaves
        self._shape = leaves.layout.shape[1:]
        self._dtype = leaves.layout.dtype
        self._size = leaves.layout.leaves.chunk_shape[0]
        self._row_nbytes = leaves.layout.raw.strides[0]

    def one(self, index: int) -> NDArray[Any] | None:
        """Return a copy of the row at `index`, or None if it is not decoded, or not within the array."""
        rows = self.many(np.array([index], dtype=np.int64))
        return None if rows is None else rows[0]

    def many(self, indices: NDArray[np.int64], out: Out = None) -> NDArray[Any] | None:
        """Return copies of the rows at `indices`, or None if one is not decoded, or not within the array.

        `out`, if it is given, has their shape and dtype and is C-contiguous.
        """
        cache = self._leaves.now()
        table = cache.rows
        if table is None or not indices.size:
            return None
        # Held until the rows are copied; `rowtable` says why it has to be the same after the look-up.
        images = cache.images
        try:
            places = table.addresses[indices]
        except IndexError:
            return None
        if cache.images is not images or np.count_nonzero(places) < places.size:
            return None
        table.last_used[indices // self._size] = cache.tick()
        cache.count_hits(places.size)
        if out is not None:
            return out if gather_into(out.reshape(-1).view(np.uint8), places, self._row_nbytes) else None
        gathered = gather_at(places, self._row_nbytes)
        return None if gathered is None else gathered.view(self._dtype).reshape(-1, *self._shape)
