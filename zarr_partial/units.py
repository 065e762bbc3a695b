"""Reading runs out of units: leaves that decode whole, or Blosc blocks. Each is decoded once.

Steps: the distinct leaves of all runs; where Blosc blocks are the units, the runs cut at block edges;
runs sorted by unit; then unit by unit, in threads: decode into scratch, or straight into the output
where all of a unit is wanted in one piece, and copy its runs while it is in the processor's cache. No
thread holds more than one decoded unit.
"""

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Blosc, Raw, Whole
from zarr_partial.access.blosc import HEADER_NBYTES, Frame, decode_blocks
from zarr_partial.access.whole import decode_beginning, decode_whole
from zarr_partial.ahead import bring_leaves, bring_units, is_due
from zarr_partial.layout import LeafName
from zarr_partial.memory import anonymous
from zarr_partial.resident import LATER, Encoded, ResidentChunks
from zarr_partial.threads import for_each
from zarr_partial.together import batches, decode_together, leaves_at_once

__all__ = ["read_runs", "scratch_buffer"]

Bytes = NDArray[np.uint8]
Integers = NDArray[np.int64]
# From the number, the bytes and the header of a leaf, a block (-1 for all), a place, and how many bytes are
# wanted, to these bytes or more.
Decode = Callable[[int, Bytes, Frame | None, int, Bytes | None, int], Bytes]

# Scratch up to this size stays with its thread for the next unit.
MAX_KEPT_SCRATCH_NBYTES = 1 << 24
# From so many copies out of a unit on, one call of NumPy is quicker than a loop.
FEW_COPIES = 6
# Copies of different lengths, so many elements each or fewer: an index of all of them is quicker than a loop.
SHORT_COPY_ELEMENTS = 24
# Blosc chunks up to this size are decoded at once where all of their blocks are wanted.
MAX_WHOLE_NBYTES = 1 << 22
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
    run : int
        Bytes of a run; 0 where runs differ.
    itemsize : int
        Bytes of an element.
    """

    leaves: list[int]
    blocks: list[int]
    edges: list[int]
    sources: Integers
    targets: Integers
    lengths: Integers
    rows: list[tuple[int, int, int]]
    run: int
    itemsize: int


def read_runs(
    leaves: Integers,
    offsets: Integers,
    run: int | Integers,
    resident: ResidentChunks,
    out: Bytes,
    *,
    threads: int,
) -> None:
    """Copy `run` bytes from `offsets` in the decoded `leaves` to `out`, one after the other.

    `run` is one length for all runs, or one for each; none is 0, and each ends within its leaf.
    `out` gets the bytes as they are stored, in the stored byte order.

    Raises
    ------
    CorruptChunkError, UnreadableChunkError
        If a touched leaf is damaged or cannot be had.
    """
    distinct, which = np.unique(leaves, return_inverse=True)
    encoded = resident.leaves(distinct)
    may_be_cold = not isinstance(resident.layout.leaf, Raw) and is_due(resident, leaves.size, out.size)
    if may_be_cold:
        bring_leaves(resident, encoded)
    numbers = distinct.tolist()
    frames: list[Frame | None] = [None] * len(numbers)
    blocksizes = None
    if isinstance(resident.layout.leaf, Blosc):
        frames = [_frame(number, data, resident) for number, data in zip(numbers, encoded, strict=True)]
        if np.any(run < resident.leaf_nbytes):
            blocksizes = _blocksizes(frames, which, offsets, run, resident.leaf_nbytes)
    copies = _sorted_by_unit(which, offsets, run, blocksizes, resident.raw.dtype.itemsize)
    if may_be_cold:
        bring_units(resident, encoded, frames, copies.leaves, copies.blocks)
    fill = _Fill(resident)

    decode = _decoder(resident)
    may_end_early = isinstance(resident.layout.leaf, Whole)

    def read_unit(unit: int) -> None:
        leaf = copies.leaves[unit]
        first, stop = copies.edges[unit], copies.edges[unit + 1]
        data = encoded[leaf]
        if data is LATER:
            data = resident.leaf(numbers[leaf])
        if data is None:
            fill.put(copies, first, stop, out)
            return
        # A unit of which all is wanted in one piece goes there directly.
        source, target, length = copies.rows[first]
        place = out[target : target + length] if source == 0 else None
        wanted = 0
        if may_end_early:
            wanted = max([source + length for source, _, length in copies.rows[first:stop]])
        decoded = decode(numbers[leaf], data, frames[leaf], copies.blocks[unit], place, wanted)
        if decoded is not place:
            _copy(copies, first, stop, decoded, out)
        elif stop > first + 1:
            _copy(copies, first + 1, stop, decoded, out)

    units = len(copies.leaves)
    # A size of 0 stands for a leaf decoded whole.
    is_whole = blocksizes is None or not blocksizes.all()
    unit_nbytes = resident.leaf_nbytes if is_whole or blocksizes is None else int(blocksizes.max())
    moved = max(out.size, 0 if isinstance(resident.layout.leaf, Raw) else units * unit_nbytes)
    threads = threads if moved >= PARALLEL_NBYTES else 1
    at_once = leaves_at_once(resident)
    if at_once == 1:
        for_each(read_unit, range(units), threads=threads)
        return

    def read_batch(batch: range) -> None:
        if len(batch) == 1 or not _read_together(batch, encoded, frames, copies, resident, out):
            for unit in batch:
                read_unit(unit)

    for_each(read_batch, batches(units, at_once, threads), threads=threads)


def _read_together(
    batch: range,
    encoded: list[Encoded],
    frames: list[Frame | None],
    copies: _Copies,
    resident: ResidentChunks,
    out: Bytes,
) -> bool:
    """Decode small leaves together and copy their runs; false, with nothing done, if that is not possible."""
    leaves = [copies.leaves[unit] for unit in batch]
    found = [data for leaf in leaves if isinstance(data := encoded[leaf], np.ndarray)]
    if len(found) < len(leaves) or any(copies.blocks[unit] >= 0 for unit in batch):
        return False
    nbytes = resident.leaf_nbytes
    edges = copies.edges[batch.start : batch.stop + 1]
    targets = copies.targets[edges[0] : edges[-1]]
    together = len(leaves) * nbytes
    # Whole leaves, wanted once each, one after the other.
    is_place = (
        copies.run == nbytes and targets.size == len(leaves) and bool((np.diff(targets) == nbytes).all())
    )
    first_target = int(targets[0])
    decoded = out[first_target : first_target + together] if is_place else scratch_buffer(together)
    if not decode_together(resident, found, [frames[leaf] for leaf in leaves], decoded):
        return False
    if not is_place:
        for number, (first, stop) in enumerate(itertools.pairwise(edges)):
            _copy(copies, first, stop, decoded[number * nbytes : (number + 1) * nbytes], out)
    return True


def _blocksizes(
    frames: list[Frame | None], which: Integers, offsets: Integers, run: int | Integers, leaf_nbytes: int
) -> Integers:
    """Return the size of the blocks of every leaf, 0 where its unit is the leaf.

    That is a leaf that is missing, stored, or wanted in all blocks: decoding them at once saves copying
    each behind a header of its own.
    """
    sizes = np.array(
        [frame.blocksize if frame and not frame.is_memcpyed else 0 for frame in frames], dtype=np.int64
    )
    counts = np.array([frame.nblocks if frame else 0 for frame in frames])
    if counts.max(initial=0) <= 1:
        return np.zeros_like(sizes)
    # A run touches two blocks by its ends, so fewer runs than half the blocks cannot want all of them.
    if leaf_nbytes <= MAX_WHOLE_NBYTES and (2 * np.bincount(which, minlength=counts.size) >= counts).any():
        most = int(counts.max()) + 1
        size = np.maximum(sizes[which], 1)
        ends = [offsets // size, (offsets + (run - 1)) // size]
        # With a run that spans several blocks, those in its middle are not counted: never too many.
        touched = np.unique(
            np.concatenate([which * most + end for end in ends])[np.tile(sizes[which] > 0, 2)]
        )
        sizes[np.bincount(touched // most, minlength=counts.size) == counts] = 0
    if isinstance(run, np.ndarray):
        sizes[which[run == leaf_nbytes]] = 0
    return sizes


def _frame(number: int, data: Encoded, resident: ResidentChunks) -> Frame | None:
    """Return the Blosc header of a leaf, or None if the leaf is missing."""
    if data is LATER:
        data = resident.leaf(number)
    return None if data is None else resident.frame(number, data)


def _sorted_by_unit(
    which: Integers, offsets: Integers, run: int | Integers, blocksizes: Integers | None, itemsize: int
) -> _Copies:
    lengths = np.array(np.broadcast_to(run, which.shape), dtype=np.int64)
    targets = np.cumsum(lengths) - lengths
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
            begin, runs = offsets[at], lengths[at]
            blocks = first[at] + inner
            starts = np.maximum(begin, blocks * sizes)
            # Not (block + 1) * size, which overflows where a leaf has no blocks.
            lengths = np.minimum(
                begin + runs - starts, np.where(has_blocks, sizes, runs) - (starts - blocks * sizes)
            )
            lengths[~has_blocks] = runs[~has_blocks]
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
        run if isinstance(run, int) else 0,
        itemsize,
    )


class _Fill:
    """The fill value, as it would be stored, in runs; made when first needed."""

    def __init__(self, resident: ResidentChunks) -> None:
        self._resident = resident
        self._item: NDArray[Any] | None = None

    def put(self, copies: _Copies, first: int, stop: int, out: Bytes) -> None:
        """Put it where the copies `first` up to `stop` go."""
        raw, run = self._resident.raw, copies.run
        if self._item is None:
            value = self._resident.layout.fill_value.astype(raw.dtype)
            self._item = np.full(run // raw.dtype.itemsize, value).view(f"V{run}") if run else value
        if run:
            out.view(f"V{run}")[copies.targets[first:stop] // run] = self._item
            return
        elements = out.view(raw.dtype)
        for _, target, length in copies.rows[first:stop]:
            begin = target // raw.dtype.itemsize
            elements[begin : begin + length // raw.dtype.itemsize] = self._item


def _decoder(resident: ResidentChunks) -> Decode:
    """Return how the units of an array are decoded: in the place given, if it is as long, or elsewhere."""
    layout = resident.layout
    leaf, leaf_nbytes = layout.leaf, resident.leaf_nbytes

    def show(
        _number: int, data: Bytes, _frame: Frame | None, _block: int, _place: Bytes | None, _wanted: int
    ) -> Bytes:
        return data

    def decode_leaf(
        number: int, data: Bytes, _frame: Frame | None, _block: int, place: Bytes | None, wanted: int
    ) -> Bytes:
        target = place if place is not None and place.size == leaf_nbytes else scratch_buffer(leaf_nbytes)
        assert isinstance(leaf, Whole)
        beginning = decode_beginning(leaf, data, wanted, target) if wanted < leaf_nbytes else None
        if beginning is not None:
            return beginning
        return decode_whole(leaf, data, target, LeafName(layout, number))

    def decode_block(
        number: int, data: Bytes, frame: Frame | None, block: int, place: Bytes | None, _wanted: int
    ) -> Bytes:
        assert frame is not None
        if frame.is_memcpyed:
            return data[HEADER_NBYTES:]
        first, stop = (block, block + 1) if block >= 0 else (0, frame.nblocks)
        nbytes = frame.block_nbytes(first, stop)
        target = place if place is not None and place.size == nbytes else scratch_buffer(nbytes)
        decode_blocks(data, frame, first, stop, target, LeafName(layout, number))
        return target

    if isinstance(leaf, Raw):
        return show
    return decode_block if isinstance(leaf, Blosc) else decode_leaf


def _copy(copies: _Copies, first: int, stop: int, decoded: Bytes, out: Bytes) -> None:
    """Copy the stretches of one decoded unit to their places in `out`."""
    others = copies.rows[first:stop]
    if stop - first > FEW_COPIES and not copies.run:
        lengths = copies.lengths[first:stop]
        if int(lengths.sum()) <= SHORT_COPY_ELEMENTS * copies.itemsize * lengths.size:
            _copy_short(decoded, copies, first, stop, out)
            return
    elif stop - first > FEW_COPIES:
        full = copies.lengths[first:stop] == copies.run
        equal = np.flatnonzero(full) + first
        if equal.size:
            _copy_equal(decoded, copies.sources[equal], copies.targets[equal], copies.run, out)
        others = [copies.rows[copy] for copy in (np.flatnonzero(~full) + first).tolist()]
    to, of = out.data, decoded.data
    for source, target, length in others:
        to[target : target + length] = of[source : source + length]


def _copy_equal(decoded: Bytes, sources: Integers, targets: Integers, run: int, out: Bytes) -> None:
    """Copy equal runs with one call; every item of the view lies within `decoded`."""
    items = np.ndarray((decoded.size - run + 1,), f"V{run}", decoded.data, strides=(1,))
    out.view(f"V{run}")[targets // run] = items[sources]


def _copy_short(decoded: Bytes, copies: _Copies, first: int, stop: int, out: Bytes) -> None:
    """Copy short runs of different lengths, element by element, with one call.

    Blocks may end within an element, whose bytes are copied one by one then.
    """
    sources, targets = copies.sources[first:stop], copies.targets[first:stop]
    lengths, size = copies.lengths[first:stop], copies.itemsize
    if any((places % size).any() for places in (sources, targets, lengths)):
        size = 1
    item = f"V{size}"
    counts = lengths // size
    within = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    whole = decoded[: decoded.size // size * size]
    of = np.repeat(sources // size, counts) + within
    out.view(item)[np.repeat(targets // size, counts) + within] = whole.view(item)[of]


def scratch_buffer(nbytes: int) -> Bytes:
    """Return `nbytes` of memory that stays this thread's until it asks again."""
    kept: Bytes | None = getattr(_scratch, "buffer", None)
    if kept is not None and kept.size >= nbytes:
        return kept[:nbytes]
    fresh = anonymous(nbytes)
    if nbytes <= MAX_KEPT_SCRATCH_NBYTES:
        _scratch.buffer = fresh
    return fresh
