"""The only place where bytes become output, in two ways that give the same bytes.

`gather_runs` reads one vector of absolute addresses with one NumPy call, over all maps at once.
`copy_part` copies what one chunk holds, with strides; it is the way for short runs, for large
contiguous parts, and wherever an address cannot be proved.

Rules of `gather_runs`, each found by breaking it:

* The span, a view of every byte from the lowest to the highest resident address, has holes that must
  never be touched. It is built per call, kept nowhere, and used for one operation, `span[index]`, with
  a one-dimensional, contiguous, native int64 index; any other operation on it would touch the holes.
* A negative index would wrap around silently. Offsets are checked against the length of a chunk, and
  indices count from the lowest of all places, so none is negative and none is past the highest.
* NumPy refuses an array whose nominal size, `(span - run + 1) * run`, reaches 2**63.
* The caller holds the owner of every address until the call returns: NumPy releases the GIL in it.
* Up to 500 items NumPy keeps the GIL, page faults included, and a cold gather would stall every other
  thread; so runs are cut into equal pieces until there are more.
"""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.plan import ChunkPart

__all__ = ["copy_box", "copy_part", "gather_at", "gather_into", "gather_runs", "proved"]

MAX_RUN_NBYTES = 2**31 - 1  # NumPy item sizes are C ints.
MAX_NOMINAL_NBYTES = 2**63 - 1
# NumPy's NPY_BEGIN_THREADS_THRESHOLDED: more items than this, and other threads may run meanwhile.
ITEMS_WITH_GIL = 500
# What is gathered at a time where the result has a place already: less than a processor's own cache.
SCRATCH_NBYTES = 1 << 18
# So few runs fault on so few pages that cutting them costs more than it saves.
FEW_RUNS = 8
# Rows that are longer are copied as quickly element by element.
MAX_ITEM_NBYTES = 1 << 11
# One addition for each piece of all runs is quicker than one for each run of all its pieces.
FEW_PIECES = 8


class _Span:
    """Every byte from `base` on as overlapping items of `run` bytes, one byte apart."""

    __slots__ = ("__array_interface__",)

    def __init__(self, base: int, items: int, run: int) -> None:
        self.__array_interface__ = {
            "data": (base, True),
            "shape": (items,),
            "typestr": f"|V{run}",
            "strides": (1,),
            "version": 3,
        }


def gather_runs(
    addresses: NDArray[np.int64], offsets: NDArray[np.int64], run: int, chunk_nbytes: int
) -> NDArray[np.uint8] | None:
    """Return `run` bytes from each `addresses + offsets`, one after the other.

    `addresses` are beginnings of chunks, each followed by `chunk_nbytes` readable bytes that the
    caller keeps alive. The result is fresh, aligned memory. None if the addresses lie too far apart
    for NumPy.
    """
    return gather_at(proved(addresses, offsets, run, chunk_nbytes), run)


def gather_at(places: NDArray[np.int64], run: int) -> NDArray[np.uint8] | None:
    """Return `run` bytes from each address, one after the other; the caller has proved all of them."""
    base = int(np.minimum.reduce(places))
    items = int(np.maximum.reduce(places)) - base + 1
    if not _is_possible(items, run):
        return None
    index = places - base
    pieces = _pieces(index.size, run)
    if pieces > 1:
        piece = run // pieces
        index = _cut(index, piece, pieces)
        run, items = piece, items + run - piece
    gathered: NDArray[Any] = np.asarray(_Span(base, items, run))[index]
    return gathered.view(np.uint8)


def gather_into(out: NDArray[np.uint8], places: NDArray[np.int64], run: int) -> bool:
    """Do as `gather_at`, into `out`, with little other memory; false if it is not possible."""
    base = int(np.minimum.reduce(places))
    items = int(np.maximum.reduce(places)) - base + 1
    if not _is_possible(items, run):
        return False
    index = places - base
    at_once = max(1, SCRATCH_NBYTES // run)
    pieces = _pieces(min(index.size, at_once), run)
    if pieces > 1:
        piece = run // pieces
        index = _cut(index, piece, pieces)
        run, items, at_once = piece, items + run - piece, at_once * pieces
    rows = out.view(f"V{run}")
    for start in range(0, index.size, at_once):
        # The scratch is what the gather returns; it is small enough to stay in a processor's cache.
        rows[start : start + at_once] = np.asarray(_Span(base, items, run))[index[start : start + at_once]]
    return True


def proved(
    addresses: NDArray[np.int64], offsets: NDArray[np.int64], run: int, chunk_nbytes: int
) -> NDArray[np.int64]:
    """Return where runs begin, each with room for a run between there and the end of its chunk.

    As unsigned numbers, negative offsets are the largest of all.
    """
    if not 0 < run <= chunk_nbytes or int(offsets.view(np.uint64).max()) > chunk_nbytes - run:
        raise AssertionError(f"runs of {run} bytes leave their chunks of {chunk_nbytes} bytes")
    return addresses + offsets


def _is_possible(items: int, run: int) -> bool:
    return run <= MAX_RUN_NBYTES and items * run <= MAX_NOMINAL_NBYTES


def _cut(index: NDArray[np.int64], piece: int, pieces: int) -> NDArray[np.int64]:
    """Return the beginnings of all pieces of the runs that begin at `index`, run by run."""
    if pieces > FEW_PIECES:
        return np.add.outer(index, np.arange(0, piece * pieces, piece)).ravel()
    cut = np.empty((index.size, pieces), dtype=np.int64)
    cut[:, 0] = index
    for number in range(1, pieces):
        np.add(index, number * piece, out=cut[:, number])
    return cut.reshape(-1)


@cache
def _pieces(count: int, run: int) -> int:
    """Return into how many equal pieces to cut runs so that there are more than `ITEMS_WITH_GIL`."""
    if count > ITEMS_WITH_GIL or count <= FEW_RUNS:
        return 1
    least = ITEMS_WITH_GIL // count + 1
    # Element sizes are powers of two almost always, so a divisor is near.
    return next((pieces for pieces in range(least, min(run, 8 * least) + 1) if run % pieces == 0), 1)


def copy_part(part: ChunkPart, chunk: NDArray[Any], out: NDArray[Any]) -> None:
    """Copy what `part` selects from the elements of its chunk to their places in `out`.

    `out` has every axis of the array, dropped ones with length 1; byte orders are converted.
    """
    if part.is_sliced:
        within, to = part.slices
        copy_box(chunk[within], out[to])
    else:
        out[part.out] = chunk[part.within]


def copy_box(box: NDArray[Any], out: NDArray[Any]) -> None:
    """Copy all elements of `box` to `out`, a view of the same shape."""
    length, itemsize = box.shape[-1], box.dtype.itemsize
    if (
        1 < length <= MAX_ITEM_NBYTES // itemsize
        and box.strides[-1] == itemsize == out.strides[-1]
        and box.dtype == out.dtype
    ):
        # NumPy takes several times as long for many short rows as for as many long items.
        item = _void(length * itemsize)
        out.view(item)[...] = box.view(item)
    else:
        out[...] = box


@cache
def _void(nbytes: int) -> np.dtype[np.void]:
    return np.dtype((np.void, nbytes))
