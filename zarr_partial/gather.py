"""The only place where bytes become output, in two ways that give the same bytes.

`gather_runs` reads one vector of absolute addresses with one NumPy call, over all maps at once.
`copy_part` copies what one chunk holds, with strides; it is the way for short runs, for large
contiguous parts, and wherever an address cannot be proved.

Rules of `gather_runs`, each found by breaking it:

* The span, a view of every byte from the lowest to the highest resident address, has holes that must
  never be touched. It is built per call, kept nowhere, and used for one operation, `span[index]`, with
  a one-dimensional, contiguous, native int64 index; any other operation on it would touch the holes.
* A negative index would wrap around silently, so both ends are checked, and the offsets against the
  length of a chunk, before the call.
* NumPy refuses an array whose nominal size, `(span - run + 1) * run`, reaches 2**63.
* The caller holds the owner of every address until the call returns: NumPy releases the GIL in it.
* Up to 500 items NumPy keeps the GIL, page faults included, and a cold gather would stall every other
  thread; so runs are cut into equal pieces until there are more.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.plan import ChunkPart

__all__ = ["MIN_RUN_NBYTES", "copy_part", "gather_runs"]

# Below this an int64 index per run outweighs the data it fetches.
MIN_RUN_NBYTES = 256
MAX_RUN_NBYTES = 2**31 - 1  # NumPy item sizes are C ints.
MAX_NOMINAL_NBYTES = 2**63 - 1
# NumPy's NPY_BEGIN_THREADS_THRESHOLDED: more items than this, and other threads may run meanwhile.
ITEMS_WITH_GIL = 500
# So few runs fault on so few pages that cutting them costs more than it saves.
FEW_RUNS = 8


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
    if int(offsets.min()) < 0 or int(offsets.max()) > chunk_nbytes - run:
        raise AssertionError(f"runs of {run} bytes leave their chunks of {chunk_nbytes} bytes")
    base = int(addresses.min())
    items = int(addresses.max()) + chunk_nbytes - base - run + 1
    if not 0 < run <= MAX_RUN_NBYTES or items * run > MAX_NOMINAL_NBYTES:
        return None
    index = addresses - base
    index += offsets
    if int(index.min()) < 0 or int(index.max()) >= items:
        raise AssertionError("a run lies outside the span of its chunks")
    pieces = _pieces(index.size, run)
    if pieces > 1:
        piece = run // pieces
        index = np.add.outer(index, np.arange(0, run, piece)).ravel()
        run, items = piece, items + run - piece
    gathered: NDArray[Any] = np.asarray(_Span(base, items, run))[index]
    return gathered.view(np.uint8)


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
    out[part.out] = chunk[part.within]
