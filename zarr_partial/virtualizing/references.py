"""Virtual chunks as byte ranges of the source, in order, some at a time.

What a batch needs to know of the source is looked up for all its leaves at once, and forgotten when no later
batch can need it: in C order the leaves of one row of the grid at most.
"""

import asyncio
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from zarr.core.sync import sync

from zarr_partial.access import Raw
from zarr_partial.errors import CorruptChunkError, VirtualChunksError
from zarr_partial.fetching.places import Places
from zarr_partial.layout import LeafName
from zarr_partial.sources.choosing import place_of
from zarr_partial.sources.local import LocalSource
from zarr_partial.sources.mapped import MISSING
from zarr_partial.sources.ranged import Request, bodies_of, drive
from zarr_partial.sources.zip import ZipSource
from zarr_partial.virtualizing.listing import listed_chunks
from zarr_partial.virtualizing.shown import Shown

__all__ = ["BATCH", "Batch", "batches"]

Integers = NDArray[np.int64]

BATCH = 1 << 15
MOST_CHUNKS = np.iinfo(np.int64).max
SIZES_AT_ONCE = 64


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Some neighbouring virtual chunks of the grid, in C order; what is said of them is of those stored.

    Attributes
    ----------
    done : int
        Virtual chunks of the grid up to the end of this batch, missing ones included.
    coordinates : ndarray of int64, shape (chunks, axes)
    keys : list of str
        Of the chunk of the source, relative to its array.
    offsets, lengths : ndarray of int64
        The byte range.
    missing : ndarray of int64, shape (chunks, axes)
        Coordinates of those that are not stored.
    """

    done: int
    coordinates: Integers
    keys: list[str]
    offsets: Integers
    lengths: Integers
    missing: Integers


def batches(shown: Shown, size: int = BATCH) -> Iterator[Batch]:
    """Yield all stored virtual chunks, `size` of the grid at a time.

    Raises
    ------
    VirtualChunksError
        If they are not byte ranges of the source.
    CorruptChunkError, UnreadableChunkError
        If a chunk has another length than the metadata promise, or cannot be looked at.
    """
    presentation = shown.presentation
    why = presentation.not_exportable
    if why is not None:
        raise VirtualChunksError(
            f"expected virtual chunks that are byte ranges of the source, found that {why}"
        )
    if max(presentation.grid.nchunks, presentation.layout.leaves.nchunks) > MOST_CHUNKS:
        raise VirtualChunksError(
            f"expected a grid of at most {MOST_CHUNKS} virtual chunks, found {presentation.grid.nchunks}; "
            "take larger ones, or serve the store"
        )
    layout, division, grid = presentation.layout, presentation.division, presentation.grid
    strides = layout.leaves.strides
    kept = _Kept(shown)
    for begin in range(0, grid.nchunks, size):
        numbers = np.arange(begin, min(begin + size, grid.nchunks))
        at = _coordinates(numbers, grid.counts)
        both = [np.divmod(axis, count) for axis, count in zip(at.T, division.counts, strict=True)]
        leaves = sum(
            (leaf * step for (leaf, _), step in zip(both, strides, strict=True)), np.zeros_like(numbers)
        )
        offsets, lengths = kept.of(leaves)
        there = np.flatnonzero(offsets != MISSING)
        if division.raw is not None:
            offsets = offsets + division.offset([within for _, within in both])
            lengths = np.full_like(lengths, division.nbytes)
        keys = {
            leaf: layout.leaf_key(layout.leaves.coordinates(leaf))
            for leaf in np.unique(leaves[there]).tolist()
        }
        yield Batch(
            done=begin + numbers.size,
            coordinates=at[there],
            keys=[keys[leaf] for leaf in leaves[there].tolist()],
            offsets=offsets[there],
            lengths=lengths[there],
            missing=np.delete(at, there, axis=0),
        )
        kept.forget(int(numbers[-1]))


class _Kept:
    """Where leaves lie in their values, as far as they were looked up and may be needed again."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self._layout = shown.presentation.layout
        self._place = place_of(shown.array)
        self._leaves = np.empty(0, dtype=np.int64)
        self._extents = np.empty((0, 2), dtype=np.int64)
        listed = sync(listed_chunks(shown.array, self._layout))
        self._listed = None if listed is None else np.array(listed, dtype=np.int64)

    def of(self, leaves: Integers) -> tuple[Integers, Integers]:
        """Return the first bytes and the lengths of leaves; -1 for those that are missing."""
        unknown = np.setdiff1d(leaves, self._leaves)
        if unknown.size:
            every = np.concatenate([self._leaves, unknown])
            extents = np.concatenate([self._extents, self._look_up(unknown)])
            order = np.argsort(every)
            self._leaves, self._extents = every[order], extents[order]
        found = self._extents[np.searchsorted(self._leaves, leaves)]
        return found[:, 0], found[:, 1]

    def forget(self, last: int) -> None:
        """Forget the leaves that no virtual chunk after the one of number `last` is a part of."""
        presentation = self._shown.presentation
        counts = presentation.division.counts
        at = presentation.grid.coordinates(last)
        cut = next((axis for axis, count in enumerate(counts) if count > 1), len(counts) - 1)
        if cut < 0:
            return
        # Leaves come again as long as the first axis that is cut is within them.
        step = math.prod(self._layout.leaves.counts[cut + 1 :])
        strides = self._layout.leaves.strides
        first = sum(at[axis] // counts[axis] * strides[axis] for axis in range(cut + 1))
        still = self._leaves // step * step >= first
        self._leaves, self._extents = self._leaves[still], self._extents[still]

    def _look_up(self, leaves: Integers) -> Integers:
        extents = np.full((leaves.size, 2), MISSING, dtype=np.int64)
        chunks = np.array(
            [
                self._layout.grid.number(self._layout.chunk_of(self._layout.leaves.coordinates(leaf)))
                for leaf in leaves.tolist()
            ]
        )
        candidates = np.arange(leaves.size)
        if self._listed is not None:
            candidates = np.flatnonzero(np.isin(chunks, self._listed))
        chosen = leaves[candidates].tolist()
        if chosen:
            found = self._in_shards(chosen) if self._layout.shards else self._in_values(chosen)
            extents[candidates] = found
        return extents

    def _in_shards(self, leaves: Sequence[int]) -> list[tuple[int, int]]:
        # Places of its own: the indexes of all shards need not stay.
        places, _ = drive(Places(self._layout).of(leaves), self._shown.source)
        begins: dict[str, int] = {}
        found = []
        for leaf, place in zip(leaves, places, strict=True):
            if place is None:
                found.append((MISSING, MISSING))
                continue
            assert place.nbytes is not None, "an index tells lengths"
            if place.key not in begins:
                begins[place.key] = self._begin_of_value(place.key)
            self._check(place.nbytes, leaf)
            found.append((begins[place.key] + place.begin, place.nbytes))
        return found

    def _in_values(self, leaves: Sequence[int]) -> list[tuple[int, int]]:
        keys = [self._layout.leaf_key(self._layout.leaves.coordinates(leaf)) for leaf in leaves]
        sizes = self._sizes(keys, leaves)
        found = []
        for leaf, key, nbytes in zip(leaves, keys, sizes, strict=True):
            if nbytes == MISSING:
                found.append((MISSING, MISSING))
                continue
            self._check(nbytes, leaf)
            found.append((self._begin_of_value(key), nbytes))
        return found

    def _check(self, nbytes: int, leaf: int) -> None:
        if isinstance(self._layout.leaf, Raw):
            self._layout.leaf.check(nbytes, LeafName(self._layout, leaf))

    def _begin_of_value(self, key: str) -> int:
        """Return at which byte of what its address leads to a value begins."""
        if not isinstance(self._place, ZipSource):
            return 0
        if self._place.packed_nbytes(key) is not None:
            raise VirtualChunksError(
                f"expected members that the ZIP archive stores as they are, found {key!r} compressed by the "
                "archive; pack it again without compression (zip -0)"
            )
        return self._place.position(key)

    def _sizes(self, keys: Sequence[str], leaves: Sequence[int]) -> list[int]:
        """Return the lengths of values, -1 where there are none."""
        if isinstance(self._place, LocalSource | ZipSource):
            return [self._place.nbytes(key) for key in keys]
        if isinstance(self._layout.leaf, Raw):
            # Metadata promise the length, and the last byte shows that it is there.
            nbytes = self._layout.leaf.nbytes + self._layout.leaf.trailer_nbytes
            bodies = drive(bodies_of([Request(key, nbytes - 1, nbytes) for key in keys]), self._shown.source)
            for leaf, key, body in zip(leaves, keys, bodies, strict=True):
                if body is not None and not body.size:
                    raise CorruptChunkError(
                        f"{LeafName(self._layout, leaf)}: expected {nbytes} bytes, found fewer: "
                        "it is truncated; write the chunk again or restore it",
                        key=key,
                    )
            return [MISSING if body is None else nbytes for body in bodies]
        return sync(self._sizes_by_store(keys))

    async def _sizes_by_store(self, keys: Sequence[str]) -> list[int]:
        free = asyncio.Semaphore(SIZES_AT_ONCE)
        array = self._shown.array
        prefix = f"{array.path}/" if array.path else ""

        async def one(key: str) -> int:
            async with free:
                try:
                    return await array.store.getsize(prefix + key)
                except FileNotFoundError:
                    return MISSING

        return await asyncio.gather(*map(one, keys))


def _coordinates(numbers: Integers, counts: tuple[int, ...]) -> Integers:
    """Return the coordinates of chunks by their numbers in C order, of shape (chunks, axes)."""
    if not counts:
        return np.empty((numbers.size, 0), dtype=np.int64)
    return np.stack(np.unravel_index(numbers, counts), axis=1).astype(np.int64, copy=False)
