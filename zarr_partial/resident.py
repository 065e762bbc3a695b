"""The chunks of one array that have an address: mapped files and one buffer of the fill value.

A `ResidentChunks` only grows. Whoever gathers holds on to the one it started with, so no map goes
away under a gather; to forget chunks, a reader starts a new one.
"""

import mmap
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Blosc, Raw
from zarr_partial.access.blosc import Frame, parse_frame
from zarr_partial.layout import Layout
from zarr_partial.sources.local import LocalSource, mappable_now

__all__ = ["MappedChunk", "ResidentChunks"]

# A table of 8 bytes a chunk, allocated lazily by the kernel: 128 MiB of address space at this limit.
TABLE_CHUNKS = 1 << 24


@dataclass(frozen=True, slots=True)
class MappedChunk:
    """The encoded bytes of a chunk, proved to be as long as the metadata say; `frame` if they are Blosc."""

    data: NDArray[np.uint8]
    frame: Frame | None


class ResidentChunks:
    """Chunks of `layout`, mapped from `source` when first asked for and kept from then on.

    Parameters
    ----------
    layout : Layout
        Its access is `Raw` or `Blosc`.
    source : LocalSource
        Where the chunks are.
    """

    def __init__(self, layout: Layout, source: LocalSource) -> None:
        assert isinstance(layout.access, Raw | Blosc)
        self.layout = layout
        self.source = source
        self.raw = layout.access if isinstance(layout.access, Raw) else layout.access.raw
        self.has_table = layout.nchunks <= TABLE_CHUNKS
        self._chunks: dict[int, MappedChunk | None] = {}
        self._table: NDArray[np.int64] | None = None
        self._fill: NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        return len(self._chunks)

    def chunk(self, number: int) -> MappedChunk | None:
        """Return the chunk of this number (C order in the grid), or None if it is missing.

        Raises
        ------
        CorruptChunkError, UnreadableChunkError
            If its bytes are not what the metadata promise, or cannot be had.
        """
        if number in self._chunks:
            return self._chunks[number]
        key = self.layout.chunk_key(self.layout.coordinates(number))
        data = self.source.map(key)
        chunk = None if data is None else self._checked(data, key)
        if mappable_now() > 0:
            self._chunks[number] = chunk
        return chunk

    def _checked(self, data: NDArray[np.uint8], key: str) -> MappedChunk:
        if isinstance(self.layout.access, Blosc):
            return MappedChunk(data, parse_frame(data, self.raw.nbytes, key))
        self.raw.check(data.size, key)
        return MappedChunk(data, None)

    def addresses(self, numbers: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """Return where the elements of each of these raw chunks begin in memory.

        None if they cannot all be kept mapped. Missing chunks begin at the fill buffer.
        """
        if self._table is None:
            self._table = np.zeros(self.layout.nchunks, dtype=np.int64)
        found = self._table[numbers]
        if found.all():
            return found
        for number in np.unique(numbers[found == 0]).tolist():
            chunk = self.chunk(number)
            if number not in self._chunks:
                return None
            # The owner is in `_chunks` before its address is in the table.
            self._table[number] = _address(self.fill_buffer() if chunk is None else chunk.data)
        return self._table[numbers]

    def fill_buffer(self) -> NDArray[np.uint8]:
        """Return the bytes of a chunk full of the fill value; every missing chunk is this one."""
        if self._fill is None:
            # Never from the heap: heap and maps lie tens of TiB apart, too far for one span.
            filled = np.frombuffer(mmap.mmap(-1, self.raw.nbytes), dtype=np.uint8)
            value = self.layout.fill_value.astype(self.raw.dtype)
            if any(value.tobytes()):
                filled.view(self.raw.dtype)[:] = value
            self._fill = filled
        return self._fill


def _address(data: NDArray[np.uint8]) -> int:
    address: int = data.__array_interface__["data"][0]
    return address
