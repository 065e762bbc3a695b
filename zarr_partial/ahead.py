"""Before a read: if a sample of its pages is not in memory, ask the kernel for all of them and wait.

The wait is without Python's lock, so other threads go on, whatever reads the bytes afterwards. Only
pages that the read touches are asked for. What is missing or not kept in memory is left to the read.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Blosc, Raw
from zarr_partial.access.blosc import HEADER_NBYTES, Frame, stretches_of_bytes
from zarr_partial.gather import touch
from zarr_partial.plan import ChunkPart
from zarr_partial.resident import Encoded, ResidentChunks
from zarr_partial.selection import Span
from zarr_partial.sources.pages import MAX_SAMPLES, PAGE_NBYTES, Ranges, ask

__all__ = ["bring_leaves", "bring_parts", "bring_runs", "bring_units", "is_due"]

# Fewer runs of fewer bytes are read as they are: a sample would cost more than it saves.
FEWEST_RUNS = 64
FEWEST_NBYTES = FEWEST_RUNS * PAGE_NBYTES
# Headers of Blosc chunks and their blocks are looked for one after the other.
HALF_SAMPLES = MAX_SAMPLES // 2
# A header lists the start of every block; how large blocks are is not known before, few are smaller.
BLOCK_NBYTES = 1 << 14

Integers = NDArray[np.int64]
Bytes = NDArray[np.uint8]
# Bytes of a leaf, and the ranges of them that are wanted.
_Wanted = tuple[Bytes, Integers, Integers]


def is_due(resident: ResidentChunks, runs: int, nbytes: int) -> bool:
    """Whether it is time to see if the pages of a read of `runs` runs and `nbytes` bytes in all are there."""
    return (runs >= FEWEST_RUNS or nbytes >= FEWEST_NBYTES) and resident.watch.is_due()


def bring_runs(resident: ResidentChunks, leaves: Integers, offsets: Integers, run: int | Integers) -> None:
    """Bring `run` bytes, one number or one for each, from the `offsets` in raw `leaves` into memory."""
    picks = resident.watch.picks(leaves.size, MAX_SAMPLES)
    places = ((resident.leaf(leaves.item(pick)), offsets.item(pick)) for pick in picks)
    if not resident.watch.misses((data, at) for data, at in places if data is not None):
        return
    distinct, which = np.unique(leaves, return_inverse=True)
    found = resident.leaves(distinct)
    is_there = np.array([isinstance(data, np.ndarray) for data in found])
    buffers = [data for data in found if isinstance(data, np.ndarray)]
    kept = is_there[which]
    starts = offsets[kept]
    stops = starts + (run if isinstance(run, int) else run[kept])
    touch(ask(Ranges(buffers, (np.cumsum(is_there) - 1)[which][kept], starts, stops)))


def bring_leaves(resident: ResidentChunks, encoded: Iterable[Encoded]) -> None:
    """Bring leaves that decode whole into memory; of Blosc chunks, the headers."""
    found = [data for data in encoded if isinstance(data, np.ndarray) and data.size]
    is_blosc = isinstance(resident.layout.leaf, Blosc)
    header_nbytes = HEADER_NBYTES + 4 * -(-resident.leaf_nbytes // BLOCK_NBYTES)

    def wanted(at: int) -> _Wanted:
        data = found[at]
        stop = min(header_nbytes, data.size) if is_blosc else data.size
        return data, np.zeros(1, dtype=np.int64), np.array([stop])

    _bring(resident, len(found), wanted, HALF_SAMPLES if is_blosc else MAX_SAMPLES)


def bring_units(
    resident: ResidentChunks,
    encoded: Sequence[Encoded],
    frames: Sequence[Frame | None],
    leaves: Sequence[int],
    blocks: Sequence[int],
) -> None:
    """Bring Blosc blocks into memory: of each of the `leaves`, by its place in `encoded`, one or all (-1)."""
    blocks_of: dict[int, list[int]] = {}
    for leaf, block in zip(leaves, blocks, strict=True):
        blocks_of.setdefault(leaf, []).append(block)
    found = [
        (data, frame, np.array(chosen))
        for leaf, chosen in blocks_of.items()
        if isinstance(data := encoded[leaf], np.ndarray) and (frame := frames[leaf]) is not None
    ]

    def wanted(at: int) -> _Wanted:
        data, frame, chosen = found[at]
        return data, *_byte_ranges(frame, chosen)

    _bring(resident, len(found), wanted, HALF_SAMPLES)


def bring_parts(
    resident: ResidentChunks, items: Sequence[tuple[ChunkPart, int, Encoded]], out: NDArray[Any]
) -> None:
    """Bring what parts of `out` take from their leaves into memory; with each, its number and its bytes."""
    if not resident.watch.is_due():
        return
    raw, leaf = resident.raw, resident.layout.leaf
    fastest = items[0][0].axes[raw.strides.index(min(raw.strides))].within if raw.strides else None
    length = fastest.count if isinstance(fastest, Span) and fastest.step == 1 else 1
    if not is_due(resident, out.size // length, out.nbytes):
        return
    if not isinstance(leaf, Raw):
        bring_leaves(resident, (data for _, _, data in items))
        if not isinstance(leaf, Blosc):
            return
    found = [(part, number, data) for part, number, data in items if isinstance(data, np.ndarray)]

    def wanted(at: int) -> _Wanted:
        part, number, data = found[at]
        axes = tuple(axis.within for axis in part.axes)
        if isinstance(leaf, Raw):
            return data, *stretches_of_bytes(axes, raw, PAGE_NBYTES)
        frame = resident.frame(number, data)
        if frame.is_memcpyed:
            starts, stops = stretches_of_bytes(axes, raw, PAGE_NBYTES)
            return data, starts + HEADER_NBYTES, stops + HEADER_NBYTES
        starts, stops = stretches_of_bytes(axes, raw, frame.blocksize)
        firsts, lasts = starts // frame.blocksize, (stops - 1) // frame.blocksize
        chosen = np.concatenate(
            [np.arange(first, last + 1) for first, last in zip(firsts, lasts, strict=True)]
        )
        return data, *_byte_ranges(frame, chosen)

    _bring(resident, len(found), wanted, MAX_SAMPLES if isinstance(leaf, Raw) else HALF_SAMPLES)


def _byte_ranges(frame: Frame, blocks: Integers) -> tuple[Integers, Integers]:
    """Return where in a Blosc chunk these blocks lie; all of them, if one is -1."""
    if blocks.min() < 0 or frame.is_memcpyed:
        return np.zeros(1, dtype=np.int64), np.array([frame.cbytes])
    return frame.starts[blocks], frame.stops[blocks]


def _bring(resident: ResidentChunks, count: int, wanted: Callable[[int], _Wanted], samples: int) -> None:
    """Bring the wanted ranges of `count` leaves into memory, if the ends of some are not there."""
    if not count:
        return
    some = (wanted(pick) for pick in resident.watch.picks(count, samples))
    # The begin of the first block shares a page with the header, which was needed to know where it is.
    if not resident.watch.misses((data, stops.item(-1) - 1) for data, _, stops in some):
        return
    buffers, starts, stops = zip(*(wanted(at) for at in range(count)), strict=True)
    which = np.repeat(np.arange(count), [some.size for some in starts])
    touch(ask(Ranges(buffers, which, np.concatenate(starts), np.concatenate(stops))))
