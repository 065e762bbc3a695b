"""The decoded bytes of a chunk, as far as a selection touches them.

An *image* has the length of the decoded chunk, and what the selection touches is in its place there, so
that NumPy indexes it as it would the whole chunk. It is scratch of the thread; the rest of it is whatever was
there before.
"""

import threading

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Blosc, Raw, Whole
from zarr_partial.access.blosc import (
    ALONE_NBYTES,
    HEADER_NBYTES,
    Frame,
    decode_alone,
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

__all__ = ["Leaf", "frame_of", "image_of", "raw_of", "read_block"]

Bytes = NDArray[np.uint8]
Leaf = Raw | Blosc | Whole

# Blocks are seldom smaller; if they are, the rest of their starts takes another read.
LEAST_BLOCK_NBYTES = 1 << 15
# Encoded bytes of a thread: memory that is new every time takes longer to get than to read into.
MAX_KEPT_NBYTES = 1 << 23

_kept = threading.local()


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
    data = _encoded(value, 0, value.nbytes)
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
    frame = frame_of(value, raw, name)
    if frame.is_memcpyed:
        return _copied(value, HEADER_NBYTES, raw, taken, whole)
    touched = [(0, frame.nblocks)] if whole is not None else _touched(taken, raw, frame)
    image = scratch_buffer(raw.nbytes) if whole is None else whole
    if touched == [(0, frame.nblocks)]:
        decode_blocks(_encoded(value, 0, frame.cbytes), frame, 0, frame.nblocks, image, name)
        return image
    for first, stop in touched:
        _decode(value, frame, first, stop, image, name)
    return image


def frame_of(value: Value, raw: Raw, name: Named) -> Frame:
    """Return the header of a Blosc chunk.

    Raises
    ------
    CorruptChunkError, EOFError
        If it contradicts the metadata or the length of the value, or is not there any more.
    """
    head = value.read(0, min(value.nbytes, HEADER_NBYTES + 4 * -(-raw.nbytes // LEAST_BLOCK_NBYTES)))
    end = min(value.nbytes, table_end(head))
    if head.size < end:
        head = value.read(0, end)
    return parse_frame(head, raw.nbytes, name, stored_nbytes=value.nbytes)


def read_block(value: Value, frame: Frame, block: int, out: Bytes, name: Named) -> None:
    """Decode one of several blocks into `out`, which is as long.

    Raises
    ------
    CorruptChunkError, EOFError
        If it is damaged or not there any more.
    """
    start, stop = int(frame.starts[block]), int(frame.stops[block])
    # With room for the header that it gets, so that it need not be copied once more.
    encoded = _encoded_buffer(ALONE_NBYTES + stop - start)
    value.read_into(start, encoded[ALONE_NBYTES:])
    decode_alone(encoded, frame, block, out, name)


def _encoded(value: Value, start: int, stop: int) -> Bytes:
    """Return bytes of a value, which are there until the thread asks for others."""
    if isinstance(value, MemoryValue):
        return value.read(start, stop)
    encoded = _encoded_buffer(stop - start)
    value.read_into(start, encoded)
    return encoded


def _encoded_buffer(nbytes: int) -> Bytes:
    kept: Bytes | None = getattr(_kept, "encoded", None)
    if kept is not None and kept.size >= nbytes:
        return kept[:nbytes]
    fresh = np.empty(nbytes, dtype=np.uint8)
    if nbytes <= MAX_KEPT_NBYTES:
        _kept.encoded = fresh
    return fresh


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
    for block in range(first, stop):
        at = block * frame.blocksize
        read_block(value, frame, block, image[at : at + frame.block_nbytes(block, block + 1)], name)
