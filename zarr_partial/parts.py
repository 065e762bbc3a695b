"""Reading chunk by chunk: what a selection takes from each leaf is copied with strides."""

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Blosc, Raw
from zarr_partial.access.blosc import HEADER_NBYTES, Frame, decode_blocks, touched_blocks
from zarr_partial.access.whole import decode_whole
from zarr_partial.ahead import bring_parts
from zarr_partial.gather import copy_box, copy_part
from zarr_partial.layout import LeafName
from zarr_partial.plan import AxisPart, ChunkPart, chunk_parts, parts_by_axis, windows
from zarr_partial.resident import LATER, Encoded, ResidentChunks
from zarr_partial.selection import Selection
from zarr_partial.threads import for_each
from zarr_partial.together import batches, decode_together, leaves_at_once
from zarr_partial.units import scratch_buffer

__all__ = ["WINDOW_NBYTES", "ask_for_parts", "read_parts"]

# A hop to another thread costs about 30 us; copying this much takes several times as long.
PARALLEL_NBYTES = 1 << 20
# Leaves that are decoded one by one are handed to threads one by one, too, unless there are many.
MANY_TURNS = 64
MAX_PARTS_AT_ONCE = 16
# In the time of such a hop so much is decoded, about.
PARALLEL_DECODED_NBYTES = 1 << 17
# Of a large Blosc chunk no more than this is decoded at a time.
WINDOW_NBYTES = 1 << 22

# So many parts are looked up together to ask for their bytes; their maps are held until they are read.
PARTS_ASKED_FOR = 1024

# Where a leaf is: its number, that of its chunk, and its entry in an index.
Place = tuple[int, int, int]
# A part, the number of its leaf, and its encoded bytes.
_Item = tuple[ChunkPart, int, Encoded]


def read_parts(
    by_axis: Sequence[Sequence[AxisPart]], resident: ResidentChunks, out: NDArray[Any], *, threads: int
) -> None:
    """Read parts of chunks into `out`, which has every axis of the array, dropped ones with length 1.

    `by_axis` says, axis by axis, what is taken from each chunk along it.

    Raises
    ------
    CorruptChunkError, UnreadableChunkError
        If a touched leaf is damaged or cannot be had.
    """
    count = math.prod(map(len, by_axis))
    decoded_nbytes = 0 if isinstance(resident.layout.leaf, Raw) else count * resident.leaf_nbytes
    if out.nbytes < PARALLEL_NBYTES and decoded_nbytes < PARALLEL_DECODED_NBYTES:
        threads = 1
    # Where there is one leaf only, threads share its blocks instead.
    alone = count == 1
    together = leaves_at_once(resident) > 1

    def read_turn(turn: list[_Item]) -> None:
        if together and len(turn) > 1:
            _read_together(turn, resident, out)
            return
        for item in turn:
            _read_part(*item, resident, out, threads if alone else 1)

    for_each(read_turn, _turns(by_axis, resident, out, threads), threads=1 if alone else threads)


def ask_for_parts(selection: Selection, resident: ResidentChunks) -> None:
    """Bring the bytes of local chunks that a read of `selection` needs into memory, and wait for them."""
    # Whatever was there a moment ago.
    resident.watch.doubt()
    out = np.broadcast_to(resident.layout.fill_value, selection.counts)
    for _ in _asked_for(parts_by_axis(selection, resident.layout.leaves.chunk_shape), resident, out):
        pass


def _turns(
    by_axis: Sequence[Sequence[AxisPart]], resident: ResidentChunks, out: NDArray[Any], threads: int
) -> Iterator[list[_Item]]:
    """Find the leaves, a few at a time, while other threads read those that are found."""
    count = math.prod(map(len, by_axis))
    found = _asked_for(by_axis, resident, out)
    at_once = leaves_at_once(resident)
    if at_once == 1:
        at_once = max(1, min(MAX_PARTS_AT_ONCE, count // (MANY_TURNS * threads)))
    for batch in batches(count, at_once, threads):
        some = list(itertools.islice(found, len(batch)))
        encoded = resident.leaves_at(place for _, place in some)
        yield [(part, place[0], data) for (part, place), data in zip(some, encoded, strict=True)]


def _asked_for(
    by_axis: Sequence[Sequence[AxisPart]], resident: ResidentChunks, out: NDArray[Any]
) -> Iterator[tuple[ChunkPart, Place]]:
    """Yield every part and the place of its leaf; bytes not in memory are asked for, many parts at once."""
    places = resident.places([[part.chunk for part in axis] for axis in by_axis])
    found = zip(chunk_parts(by_axis), places, strict=True)
    for some in itertools.batched(found, PARTS_ASKED_FOR):
        if resident.watch.is_due():
            if len(resident.layout.shards) == 1:
                resident.map_shards(np.unique([chunk for _, (_, chunk, _) in some]))
            encoded = resident.leaves_at(place for _, place in some)
            looked = zip(some, encoded, strict=True)
            bring_parts(resident, [(part, place[0], data) for (part, place), data in looked], out)
        yield from some


def _read_together(items: list[_Item], resident: ResidentChunks, out: NDArray[Any]) -> None:
    """Read what is wanted of several small leaves; those that are wanted in all units decode together."""
    raw, nbytes = resident.raw, resident.leaf_nbytes
    is_blosc = isinstance(resident.layout.leaf, Blosc)
    together: list[_Item] = []
    encoded: list[NDArray[np.uint8]] = []
    frames: list[Frame | None] = []
    for item in items:
        part, number, data = item
        if isinstance(data, np.ndarray) and _place(part, resident, out) is None:
            frame = resident.frame(number, data) if is_blosc else None
            if frame is None or _is_in_all_blocks(part, raw, frame):
                together.append(item)
                encoded.append(data)
                frames.append(frame)
                continue
        _read_part(*item, resident, out, 1)
    if len(together) > 1:
        decoded = scratch_buffer(len(together) * nbytes)
        if decode_together(resident, encoded, frames, decoded):
            shape, strides = (len(together), *raw.shape), (nbytes, *raw.strides)
            chunks = np.ndarray(shape, raw.dtype, buffer=decoded.data, strides=strides)
            for chunk, (part, _, _) in zip(chunks, together, strict=True):
                copy_part(part, chunk, out)
            return
    for item in together:
        _read_part(*item, resident, out, 1)


def _is_in_all_blocks(part: ChunkPart, raw: Raw, frame: Frame) -> bool:
    return not frame.is_memcpyed and touched_blocks(part, raw, frame) == [(0, frame.nblocks)]


def _read_part(
    part: ChunkPart,
    number: int,
    data: Encoded,
    resident: ResidentChunks,
    out: NDArray[Any],
    threads: int,
) -> None:
    layout, raw = resident.layout, resident.raw
    if data is LATER:
        data = resident.leaf(number)
    if data is None:
        out[part.out] = layout.fill_value
    elif isinstance(layout.leaf, Raw):
        copy_part(part, raw.view(data), out)
    elif isinstance(layout.leaf, Blosc):
        frame = resident.frame(number, data)
        if frame.is_memcpyed:
            copy_part(part, raw.view(data[HEADER_NBYTES:]), out)
        else:
            _read_blocks(part, data, frame, number, resident, out, threads)
    else:
        name = LeafName(layout, number)
        target = _place(part, resident, out)
        scratch = scratch_buffer(raw.nbytes) if target is None else target
        decoded = decode_whole(layout.leaf, data, scratch, name)
        if decoded is not target:
            copy_part(part, raw.view(decoded), out)


def _place(part: ChunkPart, resident: ResidentChunks, out: NDArray[Any]) -> NDArray[np.uint8] | None:
    """Return where in `out` the whole leaf goes as it is stored, or None if it does not."""
    raw = resident.raw
    if not (part.is_whole and raw.is_c_order and out.dtype == raw.dtype):
        return None
    target = out[part.out]
    return target.reshape(-1).view(np.uint8) if target.flags.c_contiguous else None


def _read_blocks(
    part: ChunkPart,
    data: NDArray[np.uint8],
    frame: Frame,
    number: int,
    resident: ResidentChunks,
    out: NDArray[Any],
    threads: int,
) -> None:
    """Decode the touched blocks of one leaf, each once, and copy the part out of them."""
    raw, name = resident.raw, LeafName(resident.layout, number)
    target = _place(part, resident, out)
    if target is not None:
        _decode_stretches([(0, frame.nblocks)], 0, data, frame, target, name, threads)
        return
    limit = max(WINDOW_NBYTES, frame.blocksize)
    kept: NDArray[np.uint8] = np.empty(0, dtype=np.uint8)
    kept_block = -1
    for window in windows(part, raw.strides, limit):
        touched = touched_blocks(window, raw, frame)
        first, last = touched[0][0], touched[-1][1] - 1
        begin = first * frame.blocksize
        scratch = scratch_buffer(frame.block_nbytes(first, last + 1))
        if first == kept_block:
            # Two windows may share a block, the last of one being the first of the next.
            scratch[: kept.size] = kept
            touched[0] = (first + 1, touched[0][1])
        _decode_stretches(touched, first, data, frame, scratch, name, threads)
        kept_block = last
        kept = scratch[(last - first) * frame.blocksize :]
        _copy_window(window, scratch, begin, raw, out)


def _decode_stretches(
    ranges: list[tuple[int, int]],
    first: int,
    data: NDArray[np.uint8],
    frame: Frame,
    target: NDArray[np.uint8],
    name: LeafName,
    threads: int,
) -> None:
    """Decode ranges of blocks into `target`, where block `first` comes first."""
    if threads > 1:
        blocks = sum([stop - start for start, stop in ranges])
        threads = max(1, min(threads, blocks, blocks * frame.blocksize // PARALLEL_DECODED_NBYTES))
        # Two turns for each thread at least, so that none waits long for one that came late.
        share = max(-(-blocks // (2 * threads)), PARALLEL_DECODED_NBYTES // frame.blocksize)
        ranges = [(at, min(at + share, stop)) for start, stop in ranges for at in range(start, stop, share)]

    def decode(blocks: tuple[int, int]) -> None:
        start, stop = blocks
        if start == stop:
            return
        place = (start - first) * frame.blocksize
        decode_blocks(data, frame, start, stop, target[place : place + frame.block_nbytes(start, stop)], name)

    for_each(decode, ranges, threads=threads)


def _copy_window(
    window: ChunkPart, scratch: NDArray[np.uint8], begin: int, raw: Raw, out: NDArray[Any]
) -> None:
    """Copy what `window` selects out of `scratch`, where the bytes of the leaf from `begin` on lie."""
    offset = window.corner(raw.strides) - begin
    box = np.ndarray(window.box, raw.dtype, buffer=scratch.data, offset=offset, strides=raw.strides)
    if window.is_sliced:
        copy_box(box[window.moved], out[window.out])
    else:
        out[window.out] = box[window.moved]
