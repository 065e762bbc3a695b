"""Codecs from bytes to bytes, decoded to a length that is known beforehand, so that none can claim more.

Each decodes with the library that zarr itself decodes with (numcodecs, zlib, bz2, lzma), into memory of
the length that the metadata promise: a chunk that claims to be larger is refused, not allocated.
"""

import bz2
import lzma
import struct
import zlib
from dataclasses import dataclass
from typing import Any, Protocol

import google_crc32c  # zarr itself requires it
import numcodecs.lz4
import numcodecs.zstd
import numpy as np
from numpy.typing import NDArray

from zarr_partial.access.prefix import decode_prefix

__all__ = ["Checksum", "Decoder", "Filter", "Lz4", "Streamed", "Zstd"]

Bytes = NDArray[np.uint8]

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


class Decoder(Protocol):
    """Undoes one codec; wrong bytes raise whatever the library underneath raises."""

    @property
    def name(self) -> str:
        """As in the metadata."""

    def encoded_nbytes(self, nbytes: int) -> int | None:
        """Return how many bytes `nbytes` become when encoded, or None if that depends on them."""

    def decoded_nbytes(self, nbytes: int) -> int | None:
        """Return how many bytes encode to `nbytes`, or None if that depends on them."""

    def decode(self, data: Bytes, out: Bytes) -> Bytes:
        """Decode `data` to exactly `out.size` bytes, in `out` or as a view of `data`."""


@dataclass(frozen=True, slots=True)
class Checksum:
    """The `crc32c` codec: four bytes at the end, https://zarr-specs.readthedocs.io/en/latest/v3/codecs/crc32c/."""

    verify: bool
    name: str = "crc32c"

    def encoded_nbytes(self, nbytes: int) -> int:
        """Return the length with the checksum."""
        return nbytes + 4

    def decoded_nbytes(self, nbytes: int) -> int:
        """Return the length without the checksum."""
        return max(0, nbytes - 4)

    def decode(self, data: Bytes, out: Bytes) -> Bytes:
        """Return the bytes before the checksum, which is compared unless `verify` is false."""
        if data.size != out.size + 4:
            raise ValueError(f"{out.size} bytes and a checksum of 4 are {out.size + 4}, not {data.size}")
        inner = data[:-4]
        if self.verify:
            (stored,) = struct.unpack("<I", data[-4:].tobytes())
            computed = google_crc32c.value(inner)
            if stored != computed:
                raise ValueError(f"the checksum is {computed:#010x}, and {stored:#010x} is stored")
        return inner


@dataclass(frozen=True, slots=True)
class Zstd:
    """Zstandard, one frame or several: https://www.rfc-editor.org/rfc/rfc8878."""

    name: str = "zstd"

    def encoded_nbytes(self, nbytes: int) -> None:
        """Compressed bytes have no fixed length."""

    def decoded_nbytes(self, nbytes: int) -> None:
        """Compressed bytes do not tell."""

    def decode(self, data: Bytes, out: Bytes) -> Bytes:
        """Decode all frames into `out`."""
        numcodecs.zstd.decompress(data, out)
        # A first frame that says less than `out` holds may be followed by others; nothing else tells
        # how much was written. That all of them fit into `out` is known by now.
        if 0 <= _zstd_content_nbytes(data) < out.size:
            found = len(numcodecs.zstd.decompress(data))
            if found != out.size:
                raise ValueError(f"it decodes to {found} bytes")
        return out

    def decode_prefix(self, data: Bytes, nbytes: int, out: Bytes) -> Bytes | None:
        """Decode the first `nbytes` bytes, or some more, into the beginning of `out`, and return that.

        None, with `out` undefined, where all of it has to be decoded.
        """
        return decode_prefix(data, nbytes, out)

    def decode_many(self, frames: list[Bytes], out: Bytes) -> bool:
        """Decode chunks that each hold as many bytes as the next, one after the other, with one call.

        Frames that follow each other are a stream of their own. False, with `out` undefined, unless
        each says that it holds its part of `out` and no more; to decode them one by one tells which.
        """
        each = out.size // len(frames)
        if any(_zstd_content_nbytes(frame) != each for frame in frames):
            return False
        try:
            numcodecs.zstd.decompress(b"".join(frames), out)
        except Exception:  # whatever is wrong with a frame, its own call will say it
            return False
        return True


def _zstd_content_nbytes(data: Bytes) -> int:
    """Return the content size in the header of the first frame, or -1 where there is none."""
    head = data.data
    if data.size < 6 or head[:4] != ZSTD_MAGIC:
        return -1
    descriptor = head[4]
    is_single_segment = descriptor >> 5 & 1
    nbytes = (is_single_segment, 2, 4, 8)[descriptor >> 6]
    start = 5 + (1 - is_single_segment) + (0, 1, 2, 4)[descriptor & 3]
    if nbytes == 0:
        return -1
    size = int.from_bytes(head[start : start + nbytes], "little")
    return size + 256 if nbytes == 2 else size


@dataclass(frozen=True, slots=True)
class Lz4:
    """numcodecs' `lz4`: the decoded length in four bytes, then one LZ4 block."""

    name: str = "lz4"

    def encoded_nbytes(self, nbytes: int) -> None:
        """Compressed bytes have no fixed length."""

    def decoded_nbytes(self, nbytes: int) -> None:
        """Compressed bytes do not tell."""

    def decode(self, data: Bytes, out: Bytes) -> Bytes:
        """Decode the block into `out`."""
        found = int.from_bytes(data[:4].tobytes(), "little")
        if found != out.size:
            raise ValueError(f"its header says {found} bytes")
        numcodecs.lz4.decompress(data, out)
        return out


@dataclass(frozen=True, slots=True)
class Streamed:
    """Compressors of the standard library, by their decompressor objects: `zlib`, `gzip`, `bz2`, `lzma`."""

    name: str
    lzma_format: int = lzma.FORMAT_AUTO
    lzma_filters: Any = None

    def encoded_nbytes(self, nbytes: int) -> None:
        """Compressed bytes have no fixed length."""

    def decoded_nbytes(self, nbytes: int) -> None:
        """Compressed bytes do not tell."""

    def decode(self, data: Bytes, out: Bytes) -> Bytes:
        """Decode one stream after the other into `out`; what follows the last one is for zarr to judge."""
        done = 0
        rest: Any = data.data
        while True:
            stream = self._decompressor()
            # One byte more than fits tells a longer stream from one that ends here.
            piece = stream.decompress(rest, out.size - done + 1)
            if not stream.eof and len(piece) <= out.size - done:
                raise EOFError("the compressed stream ends early")
            if done + len(piece) > out.size:
                raise ValueError("it decodes to more bytes")
            out[done : done + len(piece)] = np.frombuffer(piece, dtype=np.uint8)
            done += len(piece)
            rest = stream.unused_data
            # zlib.decompress stops after the first stream; the others go on, past padding in gzip.
            if self.name == "zlib" or not (rest.strip(b"\0") if self.name == "gzip" else rest):
                break
            if self.name == "gzip":
                rest = rest.lstrip(b"\0")
            elif done == out.size:
                break
        if done != out.size:
            raise ValueError(f"it decodes to {done} bytes")
        return out

    def _decompressor(self) -> Any:
        if self.name == "bz2":
            return bz2.BZ2Decompressor()
        if self.name == "lzma":
            return lzma.LZMADecompressor(format=self.lzma_format, filters=self.lzma_filters)
        return zlib.decompressobj(31 if self.name == "gzip" else zlib.MAX_WBITS)


@dataclass(frozen=True, slots=True)
class Filter:
    """A numcodecs codec that makes `encoded_itemsize` bytes of each `decoded_itemsize`."""

    name: str
    codec: Any
    decoded_itemsize: int = 1
    encoded_itemsize: int = 1
    trailer_nbytes: int = 0

    def encoded_nbytes(self, nbytes: int) -> int:
        """Return the length of the encoded items, with what follows them."""
        return nbytes // self.decoded_itemsize * self.encoded_itemsize + self.trailer_nbytes

    def decoded_nbytes(self, nbytes: int) -> int:
        """Return the length of the decoded items."""
        return max(0, nbytes - self.trailer_nbytes) // self.encoded_itemsize * self.decoded_itemsize

    def decode(self, data: Bytes, out: Bytes) -> Bytes:
        """Decode by numcodecs, which returns memory of its own."""
        if data.size != self.encoded_nbytes(out.size):
            raise ValueError(f"expected {self.encoded_nbytes(out.size)} bytes before it, found {data.size}")
        decoded = np.asarray(self.codec.decode(data))
        flat: Bytes = np.ascontiguousarray(decoded).reshape(-1).view(np.uint8)
        if flat.size != out.size:
            raise ValueError(f"it decodes to {flat.size} bytes")
        return flat
