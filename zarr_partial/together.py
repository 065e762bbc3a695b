"""Small leaves decoded together: each call of a decoder costs, and hands Python's lock over twice."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Blosc, Whole
from zarr_partial.access.blosc import Frame, decode_joined
from zarr_partial.access.decoders import Zstd
from zarr_partial.resident import ResidentChunks

__all__ = ["batches", "decode_together", "leaves_at_once"]

Bytes = NDArray[np.uint8]

# Small leaves are decoded together, as many as make this much, in a processor's cache.
TOGETHER_NBYTES = 1 << 19
MAX_UNITS_AT_ONCE = 16


def leaves_at_once(resident: ResidentChunks) -> int:
    """Return how many leaves to decode with one call at most."""
    leaf = resident.layout.leaf
    is_zstd = isinstance(leaf, Whole) and len(leaf.decoders) == 1 and isinstance(leaf.decoders[0], Zstd)
    if not (is_zstd or isinstance(leaf, Blosc)):
        return 1
    return max(1, min(MAX_UNITS_AT_ONCE, TOGETHER_NBYTES // resident.leaf_nbytes))


def batches(count: int, at_once: int, threads: int) -> Iterator[range]:
    """Cut `count` units into runs of about one length, `at_once` at most.

    Two turns for each thread at least, so that none waits long for the last.
    """
    if at_once > 1 and threads > 1:
        at_once = min(at_once, -(-count // (2 * threads)))
    turns = -(-count // at_once)
    return (range(count * turn // turns, count * (turn + 1) // turns) for turn in range(turns))


def decode_together(
    resident: ResidentChunks, encoded: list[Bytes], frames: list[Frame | None], out: Bytes
) -> bool:
    """Decode whole leaves, one after the other into `out`; false, with `out` undefined, if they cannot be."""
    leaf = resident.layout.leaf
    if isinstance(leaf, Whole):
        decoder = leaf.decoders[0]
        return isinstance(decoder, Zstd) and decoder.decode_many(encoded, out)
    known = [frame for frame in frames if frame is not None]
    return len(known) == len(encoded) and decode_joined(encoded, known, out)
