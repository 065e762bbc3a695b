"""The beginning of a Zstandard frame: blocks decode one after the other, so later ones can be left out.

Source of the format facts: https://www.rfc-editor.org/rfc/rfc8878, section 3.1.1. A block decodes to
128 KiB at most, and to exactly that wherever the encoder was given all at once and did not cut otherwise;
how much it was is not written down. So a frame is made of the first blocks that says how much they decode
to if they are full, and the decoder refuses it if they are not: then the whole frame has to be decoded.
"""

import threading

import numcodecs.zstd
import numpy as np
from numpy.typing import NDArray

__all__ = ["decode_prefix"]

Bytes = NDArray[np.uint8]

MAGIC = b"\x28\xb5\x2f\xfd"
BLOCK_NBYTES = 1 << 17
CHECKSUM_FLAG = 0x04
SINGLE_SEGMENT = 0x20
BLOCK_HEAD_NBYTES = 3
RLE = 1
# Copying the encoded blocks behind a header of their own costs a tenth of decoding them.
MAX_SHARE = 0.85
MAX_KEPT_NBYTES = 1 << 24

_scratch = threading.local()


def decode_prefix(data: Bytes, nbytes: int, out: Bytes) -> Bytes | None:
    """Decode the first `nbytes` bytes, or some more, of a frame that decodes to `out.size`.

    Returns
    -------
    ndarray of uint8 or None
        The beginning of `out`. None, with `out` undefined, if the frame has to be decoded whole: because
        that costs as much, it has a checksum of all of it, or its blocks are not full ones.
    """
    blocks = -(-nbytes // BLOCK_NBYTES)
    decoded = blocks * BLOCK_NBYTES
    if decoded > MAX_SHARE * out.size:
        return None
    frame = _first_blocks(data, blocks, out.size)
    if frame is None:
        return None
    try:
        numcodecs.zstd.decompress(frame, out[:decoded])
    except Exception:  # whatever is wrong, decoding the whole frame will say it
        return None
    return out[:decoded]


def _first_blocks(data: Bytes, blocks: int, content: int) -> Bytes | None:
    """Return a frame of the first blocks of one that decodes to `content` bytes; None if it has no such."""
    frame = data.data
    if len(frame) < 6 or frame[:4] != MAGIC or frame[4] & CHECKSUM_FLAG:
        return None
    descriptor = frame[4]
    size_nbytes = (0, 2, 4, 8)[descriptor >> 6]
    at = 5 + (0 if descriptor & SINGLE_SEGMENT else 1) + (0, 1, 2, 4)[descriptor & 3]
    # The field of two bytes is for less than a block.
    if size_nbytes < 4 or int.from_bytes(frame[at : at + size_nbytes], "little") != content:
        return None
    end = at + size_nbytes
    for _ in range(blocks):
        head = end
        block = int.from_bytes(frame[head : head + BLOCK_HEAD_NBYTES], "little")
        end += BLOCK_HEAD_NBYTES + (1 if block >> 1 & 3 == RLE else block >> 3)
        # The last block of a frame ends before all of the content would be there.
        if block & 1 or end > len(frame):
            return None
    first = _scratch_buffer(end)
    first[:] = data[:end]
    first.data[at : at + size_nbytes] = (blocks * BLOCK_NBYTES).to_bytes(size_nbytes, "little")
    first[head] |= 1
    return first


def _scratch_buffer(nbytes: int) -> Bytes:
    """Return memory that stays this thread's until it asks again: fresh pages cost as much as the copy."""
    kept: Bytes | None = getattr(_scratch, "buffer", None)
    if kept is None or kept.size < nbytes:
        kept = np.empty(nbytes, dtype=np.uint8)
        if nbytes <= MAX_KEPT_NBYTES:
            _scratch.buffer = kept
    return kept[:nbytes]
