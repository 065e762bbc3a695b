"""Reading chunk by chunk: what a selection takes from each leaf is copied with strides."""

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Blosc, Raw
from zarr_partial.access.blosc import HEADER_NBYTES, Frame, decode_blocks, stretches, touched_blocks
from zarr_partial.access.whole import decode_whole
from zarr_partial.ahead import bring_parts
from zarr_partial.gather import copy_part
from zarr_partial.layout import LeafName
from zarr_partial.plan import ChunkPart, chunk_parts, count_parts, windows
from zarr_partial.resident import LATER, MAX_NUMBERED_LEAVES, Encoded, ResidentChunks
from zarr_partial.selection import Selection
from zarr_partial.threads import for_each
from zarr_partial.units import scratch_buffer

__all__ = ["WINDOW_NBYTES", "read_parts"]

# A hop to another thread costs about 30 us; copying this much takes several times as long.
PARALLEL_NBYTES = 1 << 20
# So many leaves are looked up together; their maps are held until they are read.
PARTS_AT_ONCE = 1024
# In the time of such a hop so much is decoded, about.
PARALLEL_DECODED_NBYTES = 1 << 17
# Of a large Blosc chunk no more than this is decoded at a time.
WINDOW_NBYTES = 1 << 22


def read_parts(selection: Selection, resident: ResidentChunks, out: NDArray[Any], *, threads: int) -> None:
    """Read `selection` into `out`, which has every axis of the array, dropped ones with length 1.

    Raises
    ------
    CorruptChunkError, UnreadableChunkError
        If a touched leaf is damaged or cannot be had.
    """
    layout = resident.layout
    parallel = out.nbytes >= PARALLEL_NBYTES or not isinstance(layout.leaf, Raw)
    alone = count_parts(selection.axes, layout.leaves.chunk_shape) == 1
    for some in itertools.batched(chunk_parts(selection, layout.leaves.chunk_shape), PARTS_AT_ONCE):
        numbers = [layout.leaves.number(part.coordinates) for part in some]
        # Numbers beyond 64 bits are looked up one by one.
        is_far = layout.leaves.nchunks > MAX_NUMBERED_LEAVES
        encoded = [LATER] * len(some) if is_far else resident.leaves(np.array(numbers, dtype=np.int64))
        items = list(zip(some, numbers, encoded, strict=True))
        bring_parts(resident, items, out)
        for_each(
            # Where there is one leaf only, threads share its blocks instead.
            lambda item: _read_part(*item, resident, out, threads if alone else 1),
            items,
            threads=threads if parallel and not alone else 1,
        )


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
    if not (part.is_whole(raw.shape) and raw.is_c_order and out.dtype == raw.dtype):
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
        first = int(np.argmax(touched))
        last = frame.nblocks - 1 - int(np.argmax(touched[::-1]))
        begin = first * frame.blocksize
        scratch = scratch_buffer(frame.block_nbytes(first, last + 1))
        if first == kept_block:
            # Two windows may share a block, the last of one being the first of the next.
            scratch[: kept.size] = kept
            touched[first] = False
        _decode_stretches(stretches(touched), first, data, frame, scratch, name, threads)
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
    blocks = sum(stop - start for start, stop in ranges)
    threads = min(threads, blocks, blocks * frame.blocksize // PARALLEL_DECODED_NBYTES)
    if threads > 1:
        share = -(-blocks // threads)
        ranges = [(at, min(at + share, stop)) for start, stop in ranges for at in range(start, stop, share)]

    def decode(blocks: tuple[int, int]) -> None:
        start, stop = blocks
        place = (start - first) * frame.blocksize
        decode_blocks(data, frame, start, stop, target[place : place + frame.block_nbytes(start, stop)], name)

    for_each(decode, ranges, threads=max(1, threads))


def _copy_window(
    window: ChunkPart, scratch: NDArray[np.uint8], begin: int, raw: Raw, out: NDArray[Any]
) -> None:
    """Copy what `window` selects out of `scratch`, where the bytes of the leaf from `begin` on lie."""
    moved, corner, shape = window.at_origin()
    offset = sum(index * stride for index, stride in zip(corner, raw.strides, strict=True)) - begin
    box = np.ndarray(shape, raw.dtype, buffer=scratch.data, offset=offset, strides=raw.strides)
    copy_part(moved, box, out)
