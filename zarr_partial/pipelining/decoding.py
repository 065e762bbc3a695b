"""The decoded bytes of a chunk, as far as a selection touches them.

An *image* has the length of the decoded chunk, and what the selection touches is in its place there, so
that NumPy indexes it as it would the whole chunk. It is scratch of the thread; the rest of it is whatever was
there before.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Blosc, Raw, Whole
from zarr_partial.access.blosc import (
    HEADER_NBYTES,
    Frame,
    decode_blocks,
    parse_frame,
    stretches,
    table_end,
    touched_blocks,
)
from zarr_partial.access.whole import decode_whole
from zarr_partial.errors import Named
from zarr_partial.pipelining.selecting import Taken, ranges_of
from zarr_partial.pipelining.values import MemoryValue, Value
from zarr_partial.plan import AxisPart, ChunkPart
from zarr_partial.selection import Coordinates
from zarr_partial.units import scratch_buffer

__all__ = ["Leaf", "image_of", "raw_of"]

Bytes = NDArray[np.uint8]
Leaf = Raw | Blosc | Whole

# Blocks are seldom smaller; if they are, the rest of their starts takes another read.
LEAST_BLOCK_NBYTES = 1 << 15
# To read so many bytes takes as long as to ask for a few blocks.
SMALL_NBYTES = 1 << 14


def raw_of(leaf: Leaf) -> Raw:
    """Return what a leaf decodes to."""
    raw = leaf if isinstance(leaf, Raw) else leaf.raw
    assert raw is not None, "zarr reads what we cannot decode"
    return raw


def image_of(value: Value, leaf: Leaf, taken: Taken, name: Named, whole: Bytes | None) -> Bytes:
    """Return the image of a chunk; `whole`, if it is given, is where all of it is wanted.

    Raises
    ------
    CorruptChunkError, EOFError
        If bytes that are needed are damaged, or not there any more.
    """
    raw = raw_of(leaf)
    if isinstance(leaf, Raw):
        raw.check(value.nbytes, name)
        if isinstance(value, MemoryValue) and value.is_whole and whole is None:
            return value.data
        return _copied(value, 0, raw, taken, whole)
    if isinstance(leaf, Blosc):
        return _decoded_blocks(value, raw, taken, name, whole)
    data = value.read(0, value.nbytes)
    image = scratch_buffer(raw.nbytes) if whole is None else whole
    decoded = decode_whole(leaf, data, image, name)
    if whole is not None and decoded is not whole:
        whole[...] = decoded
    return decoded


def _copied(value: Value, begin: int, raw: Raw, taken: Taken, whole: Bytes | None) -> Bytes:
    """Return the image of elements that lie in a value from `begin` on as they are."""
    if whole is not None:
        value.read_into(begin, whole)
        return whole
    image = scratch_buffer(raw.nbytes)
    for start, stop in ranges_of(taken, raw):
        value.read_into(begin + start, image[start:stop])
    return image


def _decoded_blocks(value: Value, raw: Raw, taken: Taken, name: Named, whole: Bytes | None) -> Bytes:
    head = value.read(0, min(value.nbytes, _head_nbytes(raw)))
    end = min(value.nbytes, table_end(head))
    if head.size < end:
        head = value.read(0, end)
    frame = parse_frame(head, raw.nbytes, name, stored_nbytes=value.nbytes)
    if frame.is_memcpyed:
        return _copied(value, HEADER_NBYTES, raw, taken, whole)
    touched = [(0, frame.nblocks)] if whole is not None else _touched(taken, raw, frame)
    image = scratch_buffer(raw.nbytes) if whole is None else whole
    if touched == [(0, frame.nblocks)]:
        data = head if head.size >= frame.cbytes else value.read(0, frame.cbytes)
        decode_blocks(data, frame, 0, frame.nblocks, image, name)
        return image
    for first, stop in touched:
        _decode(value, frame, first, stop, image, name)
    return image


def _head_nbytes(raw: Raw) -> int:
    return max(SMALL_NBYTES, HEADER_NBYTES + 4 * -(-raw.nbytes // LEAST_BLOCK_NBYTES))


def _touched(taken: Taken, raw: Raw, frame: Frame) -> list[tuple[int, int]]:
    if frame.nblocks == 1:
        return [(0, 1)]
    if not isinstance(taken, Coordinates):
        axes = tuple([AxisPart(0, axis, slice(0, axis.count)) for axis in taken])
        return touched_blocks(ChunkPart(axes), raw, frame)
    is_touched = np.zeros(frame.nblocks, dtype=np.bool_)
    for start, stop in ranges_of(taken, raw):
        is_touched[start // frame.blocksize : -(-stop // frame.blocksize)] = True
    return stretches(is_touched)


def _decode(value: Value, frame: Frame, first: int, stop: int, image: Bytes, name: Named) -> None:
    """Decode neighbouring blocks, but not all that there are, into their places in the image."""
    starts, stops = frame.starts[first:stop], frame.stops[first:stop]
    if stop - first > 1 and not np.array_equal(starts[1:], stops[:-1]):
        # Threads wrote them in another order.
        for block in range(first, stop):
            _decode(value, frame, block, block + 1, image, name)
        return
    low, high = int(starts[0]), int(stops[-1])
    data = value.read(low, high)
    at = first * frame.blocksize
    moved = replace(frame, starts=frame.starts - low, stops=frame.stops - low)
    decode_blocks(data, moved, first, stop, image[at : at + frame.block_nbytes(first, stop)], name)
