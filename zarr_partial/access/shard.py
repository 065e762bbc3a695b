"""Shards: files that hold many inner chunks and an index of their byte ranges.

Source of the format facts: https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/.
The index has two u64 for each inner chunk, offset and length, in C order; both are 2**64 - 1 where the
inner chunk is empty. Its own codecs have a fixed size, so it can be found at either end. Inner chunks
may lie in any order, with gaps, and share bytes.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import google_crc32c  # zarr itself requires it
import numpy as np
from numpy.typing import NDArray

from zarr_partial.errors import CorruptChunkError, Named

if TYPE_CHECKING:
    from zarr_partial.access import Access

__all__ = ["EMPTY", "EMPTY_STORED", "Shard", "ShardIndex", "read_entries", "read_index"]

EMPTY = -1
IMPOSSIBLE = -2
EMPTY_STORED = np.iinfo(np.uint64).max


@dataclass(frozen=True, slots=True)
class Shard:
    """Chunks encoded with `sharding_indexed`; the unit is an inner chunk, or what its own access offers.

    Attributes
    ----------
    inner : Access
        How to get at the inside of one inner chunk.
    counts : tuple of int
        Inner chunks along each axis of the array.
    strides : tuple of int
        Entries of the index from one inner chunk to the next along each axis of the array.
    at_start : bool
        Whether the index comes first in the shard; it comes last otherwise.
    is_big_endian : bool
        Byte order of the numbers in the index.
    checksums : int
        How many crc32c codecs the index has.
    verify : bool
        Whether to compare the checksum of the index.

    Examples
    --------
    >>> import numpy as np, zarr, zarr_partial as zp
    >>> data, codecs = np.ones((8, 6), "f4"), {"compressors": None}
    >>> sharded = zarr.create_array({}, data=data, shards=(8, 6), chunks=(4, 2), **codecs)
    >>> access = zp.open(sharded).access
    >>> access.counts, access.nchunks, access.index_nbytes, access.at_start
    ((2, 3), 6, 100, False)
    >>> print(access.inner)
    Raw(<f4, C order)
    """

    inner: "Access"
    counts: tuple[int, ...]
    strides: tuple[int, ...]
    at_start: bool
    is_big_endian: bool
    checksums: int
    verify: bool

    @property
    def nchunks(self) -> int:
        """Inner chunks of a shard, empty ones included."""
        return math.prod(self.counts)

    @property
    def index_nbytes(self) -> int:
        """Length of the encoded index."""
        return 16 * self.nchunks + 4 * self.checksums

    def index_range(self, nbytes: int) -> tuple[int, int]:
        """Return where in a shard of `nbytes` bytes its index lies.

        Examples
        --------
        >>> import numpy as np, zarr, zarr_partial as zp
        >>> data, codecs = np.ones((8, 6), "f4"), {"compressors": None}
        >>> sharded = zarr.create_array({}, data=data, shards=(8, 6), chunks=(4, 2), **codecs)
        >>> zp.open(sharded).access.index_range(292)
        (192, 292)
        """
        return (0, self.index_nbytes) if self.at_start else (nbytes - self.index_nbytes, nbytes)

    def __str__(self) -> str:
        return f"Shard of {self.inner}"


@dataclass(frozen=True, slots=True)
class ShardIndex:
    """Where the inner chunks of one shard lie, in the order of the index.

    Attributes
    ----------
    starts, stops : ndarray of int64
        Byte ranges within the shard; a start of -1 marks an empty inner chunk, one of -2 a range that
        is not within the shard.
    stored : ndarray of uint64, shape (inner chunks, 2)
        Offsets and lengths as they are stored, for error messages.
    """

    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    stored: NDArray[np.uint64]

    def impossible(self, entry: int, shard_nbytes: int, name: Named) -> CorruptChunkError:
        """Return the error for an entry whose range is not within the shard."""
        offset, length = (int(number) for number in self.stored[entry])
        return CorruptChunkError(
            f"{name}: expected inner chunk {entry} within the {shard_nbytes} bytes of the shard, found "
            f"offset {offset} and length {length} in the index; write the shard again or restore it",
            key=name.key,
        )


def read_index(
    shard: Shard, data: NDArray[np.uint8], name: Named, shard_nbytes: int | None = None
) -> ShardIndex:
    """Read and check the index of the shard in `data`.

    Ranges are checked, but a wrong one is an error only when its inner chunk is asked for. They are
    within `shard_nbytes`, if it is given: `data` is then nothing but the index.

    Raises
    ------
    CorruptChunkError
        If the shard is shorter than its index, or the checksum differs.
    """
    stored = read_entries(shard, data, name)
    offsets, lengths = stored[:, 0], stored[:, 1]
    size = np.uint64(data.size if shard_nbytes is None else shard_nbytes)
    within = (offsets <= size) & (lengths <= size) & (lengths <= size - np.minimum(offsets, size))
    empty = (offsets == EMPTY_STORED) & (lengths == EMPTY_STORED)
    starts = np.where(within, offsets, np.uint64(0)).astype(np.int64)
    stops = starts + np.where(within, lengths, np.uint64(0)).astype(np.int64)
    starts[~within] = IMPOSSIBLE
    starts[empty] = EMPTY
    return ShardIndex(starts, stops, stored)


def read_entries(shard: Shard, data: NDArray[np.uint8], name: Named) -> NDArray[np.uint64]:
    """Return the offsets and lengths in the index of the shard in `data`, of shape (inner chunks, 2).

    Nothing is known of them but that the checksum is right.

    Raises
    ------
    CorruptChunkError
        If the shard is shorter than its index, or the checksum differs.
    """
    nbytes = shard.index_nbytes
    if data.size < nbytes:
        raise CorruptChunkError(
            f"{name}: expected an index of {nbytes} bytes for {shard.nchunks} inner chunks, found "
            f"{data.size} bytes in all; the shard is truncated: write it again or restore it",
            key=name.key,
        )
    encoded = data[slice(*shard.index_range(data.size))]
    for _ in range(shard.checksums):
        stored_checksum = int.from_bytes(encoded[-4:].tobytes(), "little")
        encoded = encoded[:-4]
        if shard.verify and (computed := google_crc32c.value(encoded)) != stored_checksum:
            raise CorruptChunkError(
                f"{name}: expected an index with the checksum {stored_checksum:#010x}, found one with "
                f"{computed:#010x}; the shard is damaged or truncated: write it again or restore it",
                key=name.key,
            )
    numbers = np.frombuffer(encoded.data, ">u8" if shard.is_big_endian else "<u8")
    stored: NDArray[np.uint64] = numbers.astype(np.uint64, copy=False).reshape(-1, 2)
    return stored
