"""Chunks compressed by Blosc 1: the unit is a Blosc block, and each block decodes on its own.

Source of the format facts: https://github.com/Blosc/c-blosc/blob/main/README_CHUNK_FORMAT.rst.
A chunk is a 16-byte header, one u32 start per block, and the blocks, in any order when several
threads wrote them. Copied behind a header of their own, any blocks are a chunk that the stock
decoder takes; only the ranges of those blocks need to be read.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Protocol

import numcodecs.blosc
import numpy as np
from numpy.typing import NDArray

from zarr_partial.access.raw import Raw
from zarr_partial.errors import CorruptChunkError, Named
from zarr_partial.plan import ChunkPart
from zarr_partial.selection import Axis, Span

__all__ = [
    "ALONE_NBYTES",
    "HEADER_NBYTES",
    "Blosc",
    "BloscFrames",
    "Frame",
    "decode_alone",
    "decode_blocks",
    "decode_joined",
    "parse_frame",
    "rewrap",
    "stretches",
    "stretches_of_bytes",
    "table_end",
    "touched_blocks",
    "wrap_stored",
]

HEADER = struct.Struct("<BBBBIII")
HEADER_NBYTES = HEADER.size
START = struct.Struct("<I")
# The header of a chunk of one block, with the start of that block.
ALONE = struct.Struct("<BBBBIIII")
ALONE_NBYTES = ALONE.size
FORMAT_VERSION = 2  # Blosc 1; Blosc 2 frames are 3 and up and have another header.
MEMCPYED = 0x02
DONT_SPLIT = 0x10

_FIRST = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Blosc:
    """Blosc over `raw`. What a chunk was really compressed with stands in its own header.

    Examples
    --------
    >>> import numpy as np, zarr, zarr_partial as zp
    >>> codec = zarr.codecs.BloscCodec(cname="lz4", shuffle="shuffle")
    >>> access = zp.open(zarr.create_array({}, data=np.ones((4, 3), "f4"), compressors=codec)).access
    >>> access.cname, access.shuffle, access.raw.nbytes
    ('lz4', 'shuffle', 48)
    """

    raw: Raw
    cname: str
    shuffle: str

    def __str__(self) -> str:
        return f"Blosc({self.cname}, {self.shuffle}) over {self.raw}"


class Blocks(Protocol):
    """How the decoded bytes of a chunk are cut; the last block may be shorter."""

    @property
    def blocksize(self) -> int:
        """Decoded bytes of a block."""

    @property
    def nblocks(self) -> int:
        """How many blocks there are."""


class _Unnamed:
    """A Blosc chunk under other codecs, whose error is told within theirs."""

    key = ""

    def __str__(self) -> str:
        return "its Blosc chunk"


@dataclass(frozen=True, slots=True)
class BloscFrames:
    """Blosc among other codecs: the chunk decodes whole (`decoders.Decoder`)."""

    name: str = "blosc"

    def encoded_nbytes(self, nbytes: int) -> None:
        """Compressed bytes have no fixed length."""

    def decoded_nbytes(self, nbytes: int) -> None:
        """Compressed bytes do not tell."""

    def decode(self, data: NDArray[np.uint8], out: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Decode all blocks into `out`."""
        parse_frame(data, out.size, _Unnamed())
        numcodecs.blosc.decompress(data, out)
        return out


@dataclass(frozen=True, slots=True)
class Frame:
    """The header of one Blosc chunk, checked against the bytes in hand.

    Attributes
    ----------
    nbytes, blocksize, cbytes : int
        Decoded bytes of the chunk, of a block, and the length of the encoded chunk.
    starts, stops : ndarray of int64, one per block
        Byte ranges of the encoded blocks; empty if the chunk is stored uncompressed.
    """

    version: int
    versionlz: int
    flags: int
    typesize: int
    nbytes: int
    blocksize: int
    cbytes: int
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]

    @property
    def is_memcpyed(self) -> bool:
        """Whether the elements follow the header as they are."""
        return bool(self.flags & MEMCPYED)

    @property
    def nblocks(self) -> int:
        """How many blocks the chunk has; a stored one counts as one."""
        return max(1, self.starts.size)

    def block_nbytes(self, first: int, stop: int) -> int:
        """Return the decoded bytes of the blocks `first` up to `stop`."""
        return min(self.nbytes, stop * self.blocksize) - first * self.blocksize


def table_end(head: NDArray[np.uint8]) -> int:
    """Return where the block starts end, as a header says that may be damaged; at least its own length."""
    if head.size < HEADER_NBYTES:
        return HEADER_NBYTES
    _, _, flags, _, decoded, blocksize, _ = HEADER.unpack_from(head.data)
    if flags & MEMCPYED or not blocksize:
        return HEADER_NBYTES
    return HEADER_NBYTES + 4 * -(-int(decoded) // int(blocksize))


def parse_frame(
    buffer: NDArray[np.uint8], nbytes: int, name: Named, stored_nbytes: int | None = None
) -> Frame:
    """Read and check the header of the Blosc chunk in `buffer`, which must decode to `nbytes` bytes.

    The chunk has `stored_nbytes` bytes, if they are given: `buffer` then holds the header and the block
    starts at least.

    Raises
    ------
    CorruptChunkError
        If the header or a block start contradicts the metadata or the length of `buffer`.
    """

    def fail(expected: str, found: str) -> CorruptChunkError:
        return CorruptChunkError(
            f"{name}: expected {expected}, found {found}; the chunk is damaged or truncated: "
            "write it again or restore it",
            key=name.key,
        )

    stored = buffer.size if stored_nbytes is None else stored_nbytes
    if buffer.size < HEADER_NBYTES:
        raise fail(f"a Blosc header of {HEADER_NBYTES} bytes", f"{buffer.size} bytes in all")
    version, versionlz, flags, typesize, decoded, blocksize, cbytes = HEADER.unpack_from(buffer.data)
    if version != FORMAT_VERSION:
        raise fail(f"Blosc format {FORMAT_VERSION}", f"format {version} (Blosc 2 is not a Zarr codec)")
    if decoded != nbytes:
        raise fail(f"a Blosc chunk of {nbytes} decoded bytes", f"a header that says {decoded}")
    if not HEADER_NBYTES <= cbytes <= stored:
        raise fail(f"at least the {cbytes} bytes that the Blosc header promises", f"{stored} bytes")
    head = (version, versionlz, flags, typesize, decoded, blocksize, cbytes)
    if typesize == 0:
        raise fail("a type size from 1 to 255 bytes", "0")
    if not 0 < blocksize <= max(1, decoded):
        raise fail(f"a block size from 1 to {decoded} bytes", f"{blocksize}")
    if flags & MEMCPYED:
        if cbytes != HEADER_NBYTES + nbytes:
            raise fail(f"{HEADER_NBYTES + nbytes} bytes of a chunk stored uncompressed", f"{cbytes} bytes")
        empty = np.empty(0, dtype=np.int64)
        return Frame(*head, empty, empty)
    nblocks = -(-decoded // blocksize)
    starts_end = HEADER_NBYTES + 4 * nblocks
    if starts_end > min(cbytes, buffer.size):
        raise fail(f"{nblocks} block starts, {starts_end} bytes with the header", f"{cbytes} bytes")
    if nblocks == 1:
        (start,) = START.unpack_from(buffer.data, HEADER_NBYTES)
        if not starts_end <= start < cbytes:
            raise fail(f"a block start from {starts_end} to {cbytes - 1}", f"{start}")
        return Frame(*head, np.array([start]), np.array([cbytes]))
    starts = np.frombuffer(buffer.data, "<u4", nblocks, HEADER_NBYTES).astype(np.int64)
    # Blocks lie in the order in which threads finished them, so an end is the next start of any block.
    edges = np.append(np.sort(starts), cbytes)
    if edges[0] < starts_end or edges[-2] >= cbytes:
        raise fail(f"block starts from {starts_end} to {cbytes - 1}", f"{edges[0]} to {edges[-2]}")
    return Frame(*head, starts, edges[np.searchsorted(edges, starts, side="right")])


def touched_blocks(part: ChunkPart, raw: Raw, frame: Blocks) -> list[tuple[int, int]]:
    """Return the half-open ranges of neighbouring blocks from which `part` takes anything, in order."""
    hole, low, high = _extent(part, raw)
    if hole < frame.blocksize:
        # No block fits between two selected elements: all from the first to the last.
        return [(low // frame.blocksize, high // frame.blocksize + 1)]
    axes = tuple(axis.within for axis in part.axes)
    firsts, stops = stretches_of_bytes(axes, raw, frame.blocksize)
    changes = np.zeros(frame.nblocks + 1, dtype=np.int64)
    np.add.at(changes, firsts // frame.blocksize, 1)
    np.add.at(changes, -(-stops // frame.blocksize), -1)
    return stretches(np.asarray(np.cumsum(changes[:-1]) > 0))


def stretches_of_bytes(
    axes: Sequence[Axis], raw: Raw, blocksize: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the selected bytes of a chunk as sorted stretches; gaps shorter than a block are filled.

    From the fastest axis on, so that there are never many more stretches than blocks, however many
    runs the selection has.
    """
    firsts = np.zeros(1, dtype=np.int64)
    stops = np.full(1, raw.dtype.itemsize, dtype=np.int64)
    for number in sorted(range(len(axes)), key=lambda axis: raw.strides[axis]):
        axis, stride = axes[number], raw.strides[number]
        hole = axis.step * stride - int(stops[0] - firsts[0]) if isinstance(axis, Span) else 0
        if isinstance(axis, Span) and firsts.size == 1 and hole < blocksize:
            # One stretch from end to end, as most parts are: nothing has to be listed.
            last = axis.start + (axis.count - 1) * axis.step
            firsts, stops = firsts + axis.start * stride, stops + last * stride
            continue
        # `numpy.unique` takes a hundred times as long for a chunk with one axis.
        indices = np.sort(axis.indices())
        offsets = indices[np.append(True, indices[1:] != indices[:-1])] * stride
        firsts, stops = np.add.outer(offsets, firsts).ravel(), np.add.outer(offsets, stops).ravel()
        apart = np.flatnonzero(firsts[1:] - stops[:-1] >= blocksize)
        firsts, stops = firsts[np.append(0, apart + 1)], stops[np.append(apart, -1)]
    return firsts, stops


def _extent(part: ChunkPart, raw: Raw) -> tuple[int, int, int]:
    """Return the bytes of the longest hole in what is selected, its first and its last byte."""
    hole = low = 0
    extent = raw.dtype.itemsize
    for stride, axis in sorted(zip(raw.strides, part.axes, strict=True), key=_FIRST):
        if axis.step:
            # From the end of what the faster axes take at one index to its begin at the next.
            hole = max(hole, axis.step * stride - extent)
            extent += (axis.high - axis.low) * stride
        low += axis.low * stride
    return hole, low, low + extent - 1


def stretches(touched: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the half-open ranges of neighbouring touched blocks, in order."""
    edges = np.flatnonzero(np.diff(touched, prepend=False, append=False)).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


def decode_blocks(
    buffer: NDArray[np.uint8], frame: Frame, first: int, stop: int, out: NDArray[np.uint8], name: Named
) -> None:
    """Decode the blocks `first` up to `stop` into `out`, which has exactly their decoded length."""
    whole = first == 0 and stop == frame.nblocks
    source: Any = buffer.data if whole else rewrap(buffer, frame, first, stop)
    try:
        numcodecs.blosc.decompress(source, out)
    except Exception as error:  # numcodecs raises RuntimeError, ValueError and even SystemError on bad bytes
        raise CorruptChunkError(
            f"{name}: expected Blosc blocks {first} to {stop - 1} of {frame.nblocks} to decode, "
            f"found that they do not ({error}); write the chunk again or restore it",
            key=name.key,
        ) from error


def decode_alone(
    encoded: NDArray[np.uint8], frame: Frame, block: int, out: NDArray[np.uint8], name: Named
) -> None:
    """Decode one block into `out`, from `encoded`: room for a header, `ALONE_NBYTES` long, then its bytes."""
    total = ALONE_NBYTES + int(frame.stops[block] - frame.starts[block])
    ALONE.pack_into(encoded.data, 0, *_alone(frame, out.size, total))
    try:
        numcodecs.blosc.decompress(encoded[:total], out)
    except Exception as error:  # numcodecs raises RuntimeError, ValueError and even SystemError on bad bytes
        raise CorruptChunkError(
            f"{name}: expected that Blosc block {block} of {frame.nblocks} decodes, "
            f"found that it does not ({error}); write the chunk again or restore it",
            key=name.key,
        ) from error


def _alone(frame: Frame, size: int, total: int) -> tuple[int, ...]:
    """Return the header of a chunk of one block of `size` decoded bytes, and where that block begins."""
    # The short last block was never split by bytes of the type, so alone it must say so itself.
    flags = frame.flags | DONT_SPLIT if size < frame.blocksize else frame.flags
    return frame.version, frame.versionlz, flags, frame.typesize, size, size, total, ALONE_NBYTES


def decode_joined(buffers: list[NDArray[np.uint8]], frames: list[Frame], out: NDArray[np.uint8]) -> bool:
    """Decode chunks with one call, one after the other into `out`.

    As blocks of one chunk, behind a header of its own. False, with `out` undefined, unless all have full
    blocks only and were compressed alike; to decode them one by one tells which is damaged.
    """
    first = frames[0]
    alike = (first.version, first.versionlz, first.flags, first.typesize, first.blocksize, first.nbytes)
    if first.is_memcpyed or first.nbytes % first.blocksize:
        return False
    body_begin = HEADER_NBYTES + 4 * first.nblocks
    bodies, starts = [], []
    end = HEADER_NBYTES + 4 * first.nblocks * len(frames)
    for buffer, frame in zip(buffers, frames, strict=True):
        found = (frame.version, frame.versionlz, frame.flags, frame.typesize, frame.blocksize, frame.nbytes)
        if found != alike:
            return False
        bodies.append(buffer.data[body_begin : frame.cbytes])
        starts.append(frame.starts + (end - body_begin))
        end += frame.cbytes - body_begin
    head = HEADER.pack(*alike[:4], out.size, first.blocksize, end)
    table = np.concatenate(starts).astype("<u4").tobytes()
    try:
        numcodecs.blosc.decompress(b"".join((head, table, *bodies)), out)
    except Exception:  # whatever is wrong with a chunk, its own call will say it
        return False
    return True


def rewrap(buffer: NDArray[np.uint8], frame: Frame, first: int, stop: int) -> bytes:
    """Return the blocks `first` up to `stop` as a Blosc chunk of their own."""
    count = stop - first
    size = frame.block_nbytes(first, stop)
    if count == 1:
        a, b = int(frame.starts[first]), int(frame.stops[first])
        head = ALONE.pack(*_alone(frame, size, ALONE_NBYTES + b - a))
        return b"".join((head, buffer.data[a:b]))
    starts, stops = frame.starts[first:stop], frame.stops[first:stop]
    lengths = stops - starts
    ends = HEADER_NBYTES + 4 * count + np.cumsum(lengths)
    head = HEADER.pack(
        frame.version, frame.versionlz, frame.flags, frame.typesize, size, frame.blocksize, int(ends[-1])
    )
    memory = buffer.data
    if np.array_equal(starts[1:], stops[:-1]):
        bodies = [memory[int(starts[0]) : int(stops[-1])]]
    else:
        bodies = [memory[a:b] for a, b in zip(starts.tolist(), stops.tolist(), strict=True)]
    return b"".join((head, (ends - lengths).astype("<u4").tobytes(), *bodies))


def wrap_stored(frame: Frame, data: NDArray[np.uint8]) -> bytes:
    """Return decoded bytes as a Blosc chunk that stores them as they are, of the type of `frame`."""
    nbytes = data.size
    head = HEADER.pack(
        frame.version,
        frame.versionlz,
        frame.flags | MEMCPYED,
        frame.typesize,
        nbytes,
        min(frame.blocksize, nbytes),
        HEADER_NBYTES + nbytes,
    )
    return b"".join((head, data.data))
