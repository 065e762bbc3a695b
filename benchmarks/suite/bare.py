"""The bare decode: what the codec alone needs for the distinct units that some rows touch.

Nothing is planned, mapped or gathered while the clock runs: the encoded units lie in memory, each thread
decodes into a buffer of its own that is there already, by numcodecs with `out`, whose own threads are off.
Formats: https://github.com/Blosc/c-blosc/blob/main/README_CHUNK_FORMAT.rst and
https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/index.html.
"""

import struct
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numcodecs.blosc
import numcodecs.zstd
import numpy as np
from numpy.typing import NDArray

from .data import Scale

HEADER = struct.Struct("<BBBBIII")
MEMCPYED, DONT_SPLIT = 0x02, 0x10
CHECKSUM_NBYTES = 4
ITEM_NBYTES = 4


@dataclass(frozen=True, slots=True)
class Unit:
    """Encoded bytes that decode on their own, to `nbytes` bytes which begin at byte `start` of all rows.

    In the file of chunk number `chunk` they are the bytes `first` up to `stop`.
    """

    encoded: bytes
    start: int
    nbytes: int
    chunk: int
    first: int
    stop: int


class BareDecode:
    """Decodes the units of the array at `path`, stored in `layout`, in `threads` threads.

    Parameters
    ----------
    path : Path
        An array of `layouts.ROWS`.
    layout : str
        One of `blosc-lz4`, `blosc-zstd`, `zstd`, `sharded-zstd`, `sharded-blosc`.
    """

    def __init__(self, path: Path, layout: str, scale: Scale, threads: int) -> None:
        self.path, self.scale, self.threads = path, scale, threads
        self.sharded = layout.startswith("sharded")
        self.blosc = "blosc" in layout
        self.row_nbytes = scale.columns * ITEM_NBYTES
        largest = scale.chunk_rows * self.row_nbytes
        self.buffers = [np.full(largest, 1, dtype=np.uint8) for _ in range(threads)]
        self.pool = ThreadPoolExecutor(threads - 1) if threads > 1 else None

    def units(self, rows: NDArray[np.int64]) -> list[Unit]:
        """Return the distinct units that hold `rows`, their encoded bytes in memory."""
        return [
            unit for chunk, wanted in self._chunks(np.unique(rows)) for unit in self._within(chunk, wanted)
        ]

    def decode(self, units: list[Unit]) -> None:
        """Decode all units, each into the buffer of the thread that gets it."""
        # An iterator of a list hands out each item once, also to several threads.
        queue = iter(units)
        others = (
            [self.pool.submit(self._drain, queue, buffer) for buffer in self.buffers[1:]] if self.pool else []
        )
        self._drain(queue, self.buffers[0])
        for other in others:
            other.result()

    def rows(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the rows from decoded units: the proof that they are all there and right."""
        found = np.zeros((len(rows), self.row_nbytes), dtype=np.uint8)
        for unit in self.units(rows):
            self._decode(unit, self.buffers[0])
            for row, wanted in zip(found, (rows * self.row_nbytes).tolist(), strict=True):
                low = max(wanted, unit.start)
                high = min(wanted + self.row_nbytes, unit.start + unit.nbytes)
                if low < high:
                    row[low - wanted : high - wanted] = self.buffers[0][low - unit.start : high - unit.start]
        return found.view(np.float32)

    def close(self) -> None:
        """End the threads."""
        if self.pool is not None:
            self.pool.shutdown()

    def _drain(self, queue: Iterator[Unit], buffer: NDArray[np.uint8]) -> None:
        for unit in queue:
            self._decode(unit, buffer)

    def _decode(self, unit: Unit, buffer: NDArray[np.uint8]) -> None:
        decode: Callable[..., object] = (
            numcodecs.blosc.decompress if self.blosc else numcodecs.zstd.decompress
        )
        decode(unit.encoded, buffer[: unit.nbytes])

    def _chunks(self, rows: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Yield every touched chunk or shard with the rows wanted of it."""
        numbers = rows // self.scale.chunk_rows
        for number in np.unique(numbers).tolist():
            yield number, rows[numbers == number]

    def _within(self, chunk: int, rows: NDArray[np.int64]) -> Iterator[Unit]:
        encoded = (self.path / f"c/{chunk}/0").read_bytes()
        first_row = chunk * self.scale.chunk_rows
        if not self.sharded:
            yield from self._units_of(encoded, first_row, self.scale.chunk_rows, rows, chunk, 0)
            return
        inner_rows = self.scale.inner_rows
        index_nbytes = 16 * (self.scale.chunk_rows // inner_rows)
        index = np.frombuffer(encoded[-index_nbytes - CHECKSUM_NBYTES : -CHECKSUM_NBYTES], "<u8").reshape(
            -1, 2
        )
        inner = (rows - first_row) // inner_rows
        for number in np.unique(inner).tolist():
            start, nbytes = index[number].tolist()
            row = first_row + number * inner_rows
            some = rows[inner == number]
            yield from self._units_of(encoded[start : start + nbytes], row, inner_rows, some, chunk, start)

    def _units_of(
        self, encoded: bytes, row: int, count: int, rows: NDArray[np.int64], chunk: int, begin: int
    ) -> Iterator[Unit]:
        """Yield the units of one encoded chunk or inner chunk that holds `count` rows from `row` on.

        It lies in the file of `chunk` from byte `begin` on.
        """
        start = row * self.row_nbytes
        if not self.blosc:
            yield Unit(encoded, start, count * self.row_nbytes, chunk, begin, begin + len(encoded))
            return
        for block, content, (first, stop) in _blosc_blocks(
            encoded, rows * self.row_nbytes - start, self.row_nbytes
        ):
            yield Unit(content, start + block[0], block[1], chunk, begin + first, begin + stop)


def _blosc_blocks(
    encoded: bytes, wanted: NDArray[np.int64], length: int
) -> Iterator[tuple[tuple[int, int], bytes, tuple[int, int]]]:
    """Yield (start, length) of each block that holds a byte of the ranges, the block as a buffer of its own,
    and the bytes of `encoded` that it is made of.
    """
    version, versionlz, flags, typesize, nbytes, blocksize, cbytes = HEADER.unpack_from(encoded)
    count = -(-nbytes // blocksize)
    if count == 1 or flags & MEMCPYED:
        yield (0, nbytes), encoded, (HEADER.size + (0 if flags & MEMCPYED else 4), len(encoded))
        return
    starts = struct.unpack_from(f"<{count}I", encoded, HEADER.size)
    ends = dict(zip(sorted(starts), [*sorted(starts)[1:], cbytes], strict=True))
    touched = np.unique(np.concatenate([wanted // blocksize, (wanted + length - 1) // blocksize]))
    if length > blocksize:
        touched = np.unique((wanted[:, None] + np.arange(length)) // blocksize)
    for block in touched.tolist():
        size = min(blocksize, nbytes - block * blocksize)
        # A short last block was never split by bytes of the type, and alone it must say so.
        own = flags if size == blocksize else flags | DONT_SPLIT
        place = starts[block], ends[starts[block]]
        body = encoded[slice(*place)]
        first = HEADER.size + 4
        head = HEADER.pack(version, versionlz, own, typesize, size, size, first + len(body))
        yield (block * blocksize, size), head + struct.pack("<I", first) + body, place


class OwnThreadsOff:
    """Switches Blosc's own threads off inside `with`: they would serialise those of the caller."""

    def __enter__(self) -> None:
        self.before = numcodecs.blosc.use_threads
        numcodecs.blosc.use_threads = False

    def __exit__(self, *_error: object) -> None:
        numcodecs.blosc.use_threads = self.before
