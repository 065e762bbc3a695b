"""What the same selection would cost if the array were laid out otherwise: the same arithmetic, no guesses.

Only how well other units would compress cannot be known without writing them.
"""

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numcodecs.blosc
import numpy as np
from numpy.typing import NDArray

from zarr_partial.access.blosc import HEADER
from zarr_partial.access.raw import Raw
from zarr_partial.explaining.axes import distinct_rows, touched
from zarr_partial.explaining.footprint import Footprint
from zarr_partial.selection import Coordinates, Selection

__all__ = ["Parents", "best_inner_shape", "blocks_decoded", "blocksizes", "count_inner", "index_nbytes"]

Integers = NDArray[np.int64]

# What a unit costs to find, wrap and copy, as the bytes that are decoded in that time (10 us at 1 GB/s).
UNIT_NBYTES = 1 << 13
# Less than this compresses badly, and thousands of them make long indexes.
MIN_UNIT_NBYTES = 1 << 14
MAX_INNER_CHUNKS = 1 << 14
MAX_BLOCK_NBYTES = 1 << 20
# Shapes are compared by so many of the points; the one that is chosen is planned with all of them.
SEARCH_POINTS = 1 << 11
DIVISORS = 24


def blocks_decoded(footprint: Footprint, leaves: Integers, raw: Raw, blocksize: int) -> tuple[int, int]:
    """Return how many blocks of this size would be decoded of these leaves, and their bytes."""
    _, first, repeats = np.unique(footprint.kinds[leaves], return_index=True, return_counts=True)
    count = nbytes = 0
    for at, times in zip(leaves[first].tolist(), repeats.tolist(), strict=True):
        firsts, stops = footprint.stretches(at, raw, blocksize)
        blocks = int((stops - firsts).sum())
        # Only the last block of a leaf may be short.
        short = max(0, int(stops[-1]) * blocksize - raw.nbytes)
        count += blocks * times
        nbytes += (blocks * blocksize - short) * times
    return count, nbytes


@lru_cache
def blocksizes(cname: str, typesize: int, shuffle: int, nbytes: int) -> dict[int, int]:
    """Return which block sizes Blosc makes of a chunk of `nbytes`, each with the one to ask for.

    Blosc enlarges what it is asked for where it splits blocks by the bytes of the type, so it is asked.
    """
    sample = np.zeros(min(nbytes, 2 * MAX_BLOCK_NBYTES) // typesize, dtype=f"S{typesize}")
    made = {}
    asked = MIN_UNIT_NBYTES
    while asked <= MAX_BLOCK_NBYTES:
        encoded = numcodecs.blosc.compress(sample, cname.encode(), 5, shuffle, asked)
        blocksize = HEADER.unpack_from(encoded)[5]
        if MIN_UNIT_NBYTES <= blocksize < nbytes:
            made[blocksize] = asked
        asked *= 2
    return made


class Parents:
    """Chunks of which a selection touches parts, and that might become shards.

    Parameters
    ----------
    selection : Selection or Coordinates
    shape : tuple of int
        Of a chunk.
    leaves : ndarray of int64, shape (leaves, axes)
        Touched leaves that are stored.
    per_chunk : tuple of int
        Leaves of a chunk along each axis.
    """

    def __init__(
        self,
        selection: Selection | Coordinates,
        shape: tuple[int, ...],
        leaves: Integers,
        per_chunk: tuple[int, ...],
    ) -> None:
        self.selection = selection
        self.shape = shape
        self.stored, _ = distinct_rows(leaves // np.array(per_chunk, dtype=np.int64))


def index_nbytes(parents: Parents, inner_shape: Sequence[int]) -> int:
    """Return the bytes of the indexes that would be read, with a checksum each, as zarr writes them."""
    inner = math.prod(size // part for size, part in zip(parents.shape, inner_shape, strict=True))
    return len(parents.stored) * (16 * inner + 4)


def count_inner(parents: Parents, inner_shape: Sequence[int]) -> int:
    """Return how many inner chunks of this shape would be touched in the stored chunks."""
    selection = parents.selection
    if isinstance(selection, Coordinates):
        return _count_around_points(selection.vectors, parents, inner_shape)
    by_axis = []
    for axis, size, part in zip(selection.axes, parents.shape, inner_shape, strict=True):
        _, counts = np.unique(touched(axis, part) // (size // part), return_counts=True)
        by_axis.append((touched(axis, size), counts))
    if math.prod(len(counts) for _, counts in by_axis) == len(parents.stored):
        return math.prod(int(counts.sum()) for _, counts in by_axis)
    product = np.ones(len(parents.stored), dtype=np.int64)
    for (chunks, counts), at in zip(by_axis, parents.stored.T, strict=True):
        product *= counts[np.searchsorted(chunks, at)]
    return int(product.sum())


def _count_around_points(vectors: Sequence[Integers], parents: Parents, inner_shape: Sequence[int]) -> int:
    """Return how many inner chunks hold a point, of those whose chunk is stored."""
    points = np.stack(vectors, axis=1)
    inner, which = distinct_rows(points // np.array(inner_shape, dtype=np.int64))
    # All points of an inner chunk lie in the same chunk.
    at = np.empty_like(inner)
    at[which] = points // np.array(parents.shape, dtype=np.int64)
    numbers = distinct_rows(np.concatenate([parents.stored, at]))[1]
    return int(np.isin(numbers[len(parents.stored) :], numbers[: len(parents.stored)]).sum())


def best_inner_shape(parents: Parents, itemsize: int) -> tuple[int, ...] | None:
    """Return the shape of inner chunks that would make the selection cheapest, or None if there is none.

    The search goes axis by axis from whole chunks on, through shapes that divide a chunk.
    """
    if isinstance(parents.selection, Coordinates) and parents.selection.vectors[0].size > SEARCH_POINTS:
        parents = _thinned(parents, parents.selection)
    best = parents.shape
    lowest = _cost(parents, best, itemsize)
    while True:
        found = best
        for shape in _neighbours(best, parents.shape):
            inner = math.prod(size // part for size, part in zip(parents.shape, shape, strict=True))
            if math.prod(shape) * itemsize < MIN_UNIT_NBYTES or inner > MAX_INNER_CHUNKS:
                continue
            cost = _cost(parents, shape, itemsize)
            if cost < lowest:
                found, lowest = shape, cost
        if found == best:
            return None if best == parents.shape else best
        best = found


def _thinned(parents: Parents, selection: Coordinates) -> Parents:
    some = np.arange(SEARCH_POINTS) * selection.vectors[0].size // SEARCH_POINTS
    vectors = tuple(vector[some] for vector in selection.vectors)
    at = np.stack(vectors, axis=1) // np.array(parents.shape, dtype=np.int64)
    return Parents(Coordinates(vectors, (some.size,)), parents.shape, at, (1,) * len(parents.shape))


def _cost(parents: Parents, inner_shape: tuple[int, ...], itemsize: int) -> int:
    unit = math.prod(inner_shape) * itemsize + UNIT_NBYTES
    return count_inner(parents, inner_shape) * unit + index_nbytes(parents, inner_shape)


def _neighbours(shape: tuple[int, ...], whole: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Yield the shapes that differ from `shape` along one axis and divide `whole`."""
    for axis, size in enumerate(whole):
        for part in _divisors(size):
            if part != shape[axis]:
                yield (*shape[:axis], part, *shape[axis + 1 :])


@lru_cache
def _divisors(size: int) -> tuple[int, ...]:
    """Return up to `DIVISORS` divisors of a length, from 1 to the length itself."""
    low = [part for part in range(1, math.isqrt(size) + 1) if size % part == 0]
    every = sorted({*low, *(size // part for part in low)})
    if len(every) <= DIVISORS:
        return tuple(every)
    return tuple(every[at * (len(every) - 1) // (DIVISORS - 1)] for at in range(DIVISORS))
