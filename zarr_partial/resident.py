"""The chunks of one array that have an address: mapped files and one buffer of the fill value.

A `ResidentChunks` only grows. Whoever gathers holds on to the one it started with, so no map goes
away under a gather; to forget chunks, `Residency` starts a new one. Nothing here takes a lock, which
a forked child might find taken: `dict.setdefault` decides which of two threads' maps is kept.
"""

import weakref
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Blosc, Raw
from zarr_partial.access.blosc import Frame, parse_frame
from zarr_partial.layout import Layout
from zarr_partial.memory import anonymous
from zarr_partial.sources.local import LocalSource, mappable_now

__all__ = ["MappedChunk", "Residency", "ResidentChunks"]

# A table of 8 bytes a chunk, made real by the kernel page by page: 128 MiB of address space at this limit.
TABLE_CHUNKS = 1 << 24
# Missing chunks that are larger are filled in the output, chunk by chunk.
MAX_FILL_NBYTES = 1 << 24

_residencies: dict[int, "weakref.ref[Residency]"] = {}


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
        self.has_table = isinstance(layout.access, Raw) and layout.nchunks <= TABLE_CHUNKS
        self._chunks: dict[int, MappedChunk | None] = {}
        self._table = np.zeros(layout.nchunks if self.has_table else 0, dtype=np.int64)
        self._fill: dict[str, NDArray[np.uint8]] = {}

    def __len__(self) -> int:
        return len(self._chunks)

    def __reduce__(self) -> NoReturn:
        raise TypeError("expected to stay in its process: addresses mean nothing in another one")

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
        # Another thread may have mapped it meanwhile, and handed out its address: then that one counts.
        return self._chunks.setdefault(number, chunk) if mappable_now() >= 0 else chunk

    def _checked(self, data: NDArray[np.uint8], key: str) -> MappedChunk:
        if isinstance(self.layout.access, Blosc):
            return MappedChunk(data, parse_frame(data, self.raw.nbytes, key))
        self.raw.check(data.size, key)
        return MappedChunk(data, None)

    def addresses(self, numbers: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """Return where the elements of each of these raw chunks begin in memory.

        None if they cannot all be kept there. Missing chunks begin at the fill buffer.
        """
        found: NDArray[np.int64] = self._table[numbers]
        if found.all():
            return found
        for number in set(numbers[found == 0].tolist()):
            chunk = self.chunk(number)
            if number not in self._chunks or (chunk is None and self.raw.nbytes > MAX_FILL_NBYTES):
                return None
            # The owner is in `_chunks` before its address is in the table.
            self._table[number] = _address(self._fill_buffer() if chunk is None else chunk.data)
        return self._table[numbers]

    def _fill_buffer(self) -> NDArray[np.uint8]:
        """Return the bytes of a chunk full of the fill value; every missing chunk is this one."""
        if "buffer" not in self._fill:
            filled = anonymous(self.raw.nbytes)
            value = self.layout.fill_value.astype(self.raw.dtype)
            if any(value.tobytes()):
                filled.view(self.raw.dtype)[:] = value
            self._fill.setdefault("buffer", filled)
        return self._fill["buffer"]


class Residency:
    """What an array keeps mapped now, among the other arrays of the process."""

    def __init__(self, layout: Layout, source: LocalSource) -> None:
        self._now = ResidentChunks(layout, source)
        key = id(self)
        _residencies[key] = weakref.ref(self, lambda _: _residencies.pop(key, None))

    def chunks(self) -> ResidentChunks:
        """Return the chunks to read from; first make room for more, where the process has none left."""
        if mappable_now() <= 0:
            alive = [residency for reference in list(_residencies.values()) if (residency := reference())]
            largest = max(alive, key=lambda residency: len(residency._now), default=self)
            largest.forget()
        return self._now

    def forget(self) -> None:
        """Keep nothing from here on; whoever reads from the chunks kept so far goes on with them."""
        self._now = ResidentChunks(self._now.layout, self._now.source)


def _address(data: NDArray[np.uint8]) -> int:
    address: int = data.__array_interface__["data"][0]
    return address
