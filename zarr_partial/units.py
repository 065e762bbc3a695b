"""Reading runs out of units: leaves that decode whole, or Blosc blocks. Each is decoded once.

Steps: the distinct leaves of all runs; where Blosc blocks are the units, the runs cut at block edges;
runs sorted by unit; then unit by unit, in threads: decode into scratch, or straight into the output
where all of a unit is wanted in one piece, and copy its runs while it is in the processor's cache. No
thread holds more than one decoded unit.
"""

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Blosc, Raw, Whole
from zarr_partial.access.blosc import HEADER_NBYTES, Frame, decode_blocks
from zarr_partial.access.whole import decode_whole
from zarr_partial.layout import LeafName
from zarr_partial.memory import anonymous
from zarr_partial.resident import LATER, Encoded, ResidentChunks
from zarr_partial.threads import for_each

__all__ = ["read_runs", "scratch_buffer"]

Bytes = NDArray[np.uint8]
Integers = NDArray[np.int64]

# Scratch up to this size stays with its thread for the next unit.
MAX_KEPT_SCRATCH_NBYTES = 1 << 24
# From so many copies out of a unit on, one call of NumPy is quicker than a loop.
FEW_COPIES = 6
# A hop to another thread costs about 30 us; less than this is decoded or copied in that time.
PARALLEL_NBYTES = 1 << 18

_scratch = threading.local()


@dataclass(frozen=True, slots=True)
class _Copies:
    """Stretches of bytes to copy, sorted by unit.

    Attributes
    ----------
    leaves : list of int
        For every unit, which of the distinct leaves it belongs to.
    blocks : list of int
        For every unit, which block of its leaf it is; -1 for a whole leaf.
    edges : list of int
        Copies `edges[u]` up to `edges[u + 1]` come out of unit `u`.
    sources, targets, lengths : ndarray of int64
        First byte in the unit, first byte in the output, bytes.
    rows : list of tuple
        The same, copy by copy: Python's own numbers are quicker to use one at a time.
    """

    leaves: list[int]
    blocks: list[int]
    edges: list[int]
    sources: Integers
    targets: Integers
    lengths: Integers
    rows: list[tuple[int, int, int]]
    run: int


def read_runs(
    leaves: Integers, offsets: Integers, run: int, resident: ResidentChunks, out: Bytes, *, threads: int
) -> None:
    """Copy `run` bytes from `offsets` in the decoded `leaves` to `out`, one after the other.

    `out` gets the bytes as they are stored, in the stored byte order.

    Raises
    ------
    CorruptChunkError, UnreadableChunkError
        If a touched leaf is damaged or cannot be had.
    """
    distinct, which = np.unique(leaves, return_inverse=True)
    encoded = resident.leaves(distinct)
    numbers = distinct.tolist()
    frames: list[Frame | None] = [None] * len(numbers)
    blocksizes = None
    if isinstance(resident.layout.leaf, Blosc):
        frames = [_frame(number, data, resident) for number, data in zip(numbers, encoded, strict=True)]
        if run < resident.leaf_nbytes:
            sizes = [frame.blocksize if frame and not frame.is_memcpyed else 0 for frame in frames]
            blocksizes = np.array(sizes, dtype=np.int64)
    copies = _sorted_by_unit(which, offsets, run, blocksizes)
    fill = _Fill(resident, run)

    def read_unit(unit: int) -> None:
        leaf, block = copies.leaves[unit], copies.blocks[unit]
        first, stop = copies.edges[unit], copies.edges[unit + 1]
        data = encoded[leaf]
        if data is LATER:
            data = resident.leaf(numbers[leaf])
        if data is None:
            fill.put(copies.targets[first:stop], out)
            return
        whole = _whole_copy(copies, first, stop)
        place = None
        if whole is not None:
            _, target, length = copies.rows[whole]
            place = out[target : target + length]
        decoded = _decode(resident, numbers[leaf], data, frames[leaf], block, place)
        _copy(copies, first, stop, decoded, out, done=whole if decoded is place else None)

    units = len(copies.leaves)
    unit_nbytes = resident.leaf_nbytes if blocksizes is None else int(blocksizes.max(initial=1))
    moved = max(out.size, 0 if isinstance(resident.layout.leaf, Raw) else units * unit_nbytes)
    for_each(read_unit, range(units), threads=threads if moved >= PARALLEL_NBYTES else 1)


def _frame(number: int, data: Encoded, resident: ResidentChunks) -> Frame | None:
    """Return the Blosc header of a leaf, or None if the leaf is missing."""
    if data is LATER:
        data = resident.leaf(number)
    return None if data is None else resident.frame(number, data)


def _sorted_by_unit(which: Integers, offsets: Integers, run: int, blocksizes: Integers | None) -> _Copies:
    targets = np.arange(0, which.size * run, run, dtype=np.int64)
    lengths = np.full(which.size, run, dtype=np.int64)
    blocks = np.full(which.size, -1, dtype=np.int64)
    keys = which
    sources = offsets
    if blocksizes is not None and blocksizes.any():
        sizes = blocksizes[which]
        has_blocks = sizes > 0
        sizes[~has_blocks] = np.iinfo(np.int64).max
        first, last = offsets // sizes, (offsets + (run - 1)) // sizes
        if not np.array_equal(first, last):
            # A run that crosses edges of blocks becomes one copy out of each.
            parts = last - first + 1
            at = np.repeat(np.arange(which.size), parts)
            inner = np.arange(at.size) - np.repeat(np.cumsum(parts) - parts, parts)
            which, sizes, has_blocks = which[at], sizes[at], has_blocks[at]
            begin = offsets[at]
            blocks = first[at] + inner
            starts = np.maximum(begin, blocks * sizes)
            # Not (block + 1) * size, which overflows where a leaf has no blocks.
            lengths = np.minimum(
                begin + run - starts, np.where(has_blocks, sizes, run) - (starts - blocks * sizes)
            )
            lengths[~has_blocks] = run
            targets = targets[at] + (starts - begin)
        else:
            blocks, starts = first, offsets
        sources = starts - blocks * sizes
        blocks[~has_blocks] = -1
        keys = which * (int(blocks.max()) + 2) + blocks + 1
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    firsts = np.flatnonzero(np.diff(keys, prepend=keys[0] - 1))
    chosen = order[firsts]
    sources, targets, lengths = sources[order], targets[order], lengths[order]
    return _Copies(
        which[chosen].tolist(),
        blocks[chosen].tolist(),
        [*firsts.tolist(), keys.size],
        sources,
        targets,
        lengths,
        list(zip(sources.tolist(), targets.tolist(), lengths.tolist(), strict=True)),
        run,
    )


class _Fill:
    """A run of the fill value, made when first needed."""

    def __init__(self, resident: ResidentChunks, run: int) -> None:
        self._resident = resident
        self._run = run
        self._item: NDArray[Any] | None = None

    def put(self, targets: Integers, out: Bytes) -> None:
        if self._item is None:
            raw = self._resident.raw
            value = self._resident.layout.fill_value.astype(raw.dtype)
            self._item = np.full(self._run // raw.dtype.itemsize, value).view(f"V{self._run}")
        out.view(f"V{self._run}")[targets // self._run] = self._item


def _whole_copy(copies: _Copies, first: int, stop: int) -> int | None:
    """Return a copy that begins where its unit begins: if it is as long too, the unit can go there."""
    for copy in range(first, min(stop, first + FEW_COPIES)):
        if copies.rows[copy][0] == 0:
            return copy
    return None


def _decode(
    resident: ResidentChunks, number: int, data: Bytes, frame: Frame | None, block: int, place: Bytes | None
) -> Bytes:
    """Return the decoded unit: in `place` if it has just the right length, in scratch or in the map."""
    leaf, name = resident.layout.leaf, LeafName(resident.layout, number)
    if isinstance(leaf, Raw):
        return data
    if frame is not None and frame.is_memcpyed:
        return data[HEADER_NBYTES:]
    first, stop = (block, block + 1) if block >= 0 else (0, 1)
    nbytes = resident.leaf_nbytes
    if frame is not None:
        first, stop = (block, block + 1) if block >= 0 else (0, frame.nblocks)
        nbytes = frame.block_nbytes(first, stop)
    target = place if place is not None and place.size == nbytes else scratch_buffer(nbytes)
    if frame is not None:
        decode_blocks(data, frame, first, stop, target, name)
        return target
    assert isinstance(leaf, Whole)
    return decode_whole(leaf, data, target, name)


def _copy(copies: _Copies, first: int, stop: int, decoded: Bytes, out: Bytes, *, done: int | None) -> None:
    """Copy the stretches of one decoded unit to their places in `out`, all but the one that is there."""
    if stop - first <= FEW_COPIES:
        others = (
            copies.rows[first:stop]
            if done is None
            else [row for copy, row in enumerate(copies.rows[first:stop], first) if copy != done]
        )
    else:
        full = copies.lengths[first:stop] == copies.run
        equal = np.flatnonzero(full) + first
        if equal.size:
            _copy_equal(decoded, copies.sources[equal], copies.targets[equal], copies.run, out)
        others = [copies.rows[copy] for copy in (np.flatnonzero(~full) + first).tolist() if copy != done]
    to, of = out.data, decoded.data
    for source, target, length in others:
        to[target : target + length] = of[source : source + length]


def _copy_equal(decoded: Bytes, sources: Integers, targets: Integers, run: int, out: Bytes) -> None:
    """Copy equal runs with one call; every item of the view lies within `decoded`."""
    items = np.ndarray((decoded.size - run + 1,), f"V{run}", decoded.data, strides=(1,))
    out.view(f"V{run}")[targets // run] = items[sources]


def scratch_buffer(nbytes: int) -> Bytes:
    """Return `nbytes` of memory that stays this thread's until it asks again."""
    kept: Bytes | None = getattr(_scratch, "buffer", None)
    if kept is not None and kept.size >= nbytes:
        return kept[:nbytes]
    fresh = anonymous(nbytes)
    if nbytes <= MAX_KEPT_SCRATCH_NBYTES:
        _scratch.buffer = fresh
    return fresh
