"""Compressed chunks that are well formed, but not as zarr writes them: read where zarr reads them."""

import bz2
import gzip
import io
import lzma
import struct
import zlib

import numcodecs
import numpy as np
import pytest
import zarr

import zarr_partial as zp
from tests.zarr_partial.conformance.arrays import chunk_files
from tests.zarr_partial.conformance.compare import assert_same, outcome
from tests.zarr_partial.fuzz.damage import with_right_checksum
from tests.zarr_partial.fuzz.layouts import LAYOUTS, SHAPE, values
from tests.zarr_partial.fuzz.test_fuzz import READS

WHOLE = values("<i4")[:8].tobytes()
HALF = len(WHOLE) // 2
FIRST, SECOND = WHOLE[:HALF], WHOLE[HALF:]
SMALL_BLOCKS = numcodecs.Blosc("lz4", 5, 1, 128)


def zstd_stream(data):
    """Return a frame that does not say how long its content is, of blocks stored as they are."""
    blocks = [data[at : at + 100] for at in range(0, len(data), 100)]
    heads = [struct.pack("<I", len(block) << 3 | (block is blocks[-1]))[:3] for block in blocks]
    body = b"".join(head + block for head, block in zip(heads, blocks, strict=True))
    return struct.pack("<IBB", 0xFD2FB528, 0x00, 0x58) + body


def zstd_skippable(data):
    return struct.pack("<II", 0x184D2A50, len(data)) + data


def delta(data):
    return numcodecs.Delta("<i4").encode(np.frombuffer(data, "<i4")) if data else b""


def gzip_with_name(data):
    file = io.BytesIO()
    with gzip.GzipFile("a name", "wb", fileobj=file, mtime=0) as member:
        member.write(data)
    return file.getvalue()


ENCODERS = {
    "zstd": numcodecs.Zstd(1).encode,
    "zstd with checksum": numcodecs.Zstd(1, checksum=True).encode,
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "zlib": zlib.compress,
    "bz2": bz2.compress,
    "lzma": lzma.compress,
    "lz4": numcodecs.LZ4().encode,
    "numcodecs lz4": numcodecs.LZ4().encode,
    "blosc lz4": SMALL_BLOCKS.encode,
    "blosc, stored": numcodecs.Blosc("lz4", 0).encode,
    "delta, zlib": lambda data: zlib.compress(delta(data)),
    "zstd, crc32c": lambda data: with_right_checksum(numcodecs.Zstd(1).encode(data) + bytes(4)),
    "blosc, crc32c": lambda data: with_right_checksum(
        numcodecs.Blosc("lz4", 5, 1, 128).encode(data) + bytes(4)
    ),
    "crc32c": lambda data: with_right_checksum(data + bytes(4)),
    "fletcher32": lambda data: numcodecs.Fletcher32().encode(data) if data else bytes(4),
}
SHAPES = {
    "as zarr writes it": lambda encode: encode(WHOLE),
    "too short": lambda encode: encode(WHOLE[:-4]),
    "half": lambda encode: encode(FIRST),
    "too long": lambda encode: encode(WHOLE + bytes(4)),
    "twice as long": lambda encode: encode(WHOLE * 2),
    "empty": lambda encode: encode(b""),
    "in two frames": lambda encode: encode(FIRST) + encode(SECOND),
    "in two frames, too short": lambda encode: encode(FIRST) + encode(SECOND[:-4]),
    "in two frames, too long": lambda encode: encode(FIRST) + encode(SECOND + bytes(4)),
    "before an empty frame": lambda encode: encode(WHOLE) + encode(b""),
    "behind an empty frame": lambda encode: encode(b"") + encode(WHOLE),
    "twice": lambda encode: encode(WHOLE) * 2,
    "before zeros": lambda encode: encode(WHOLE) + bytes(8),
    "before something": lambda encode: encode(WHOLE) + b"something",
    "before a cut frame": lambda encode: encode(FIRST) + encode(SECOND)[:-5],
    "behind zeros": lambda encode: bytes(8) + encode(WHOLE),
}
SPECIAL = {
    "zstd: of unknown length": ("zstd", zstd_stream(WHOLE)),
    "zstd: of unknown length, too short": ("zstd", zstd_stream(WHOLE[:-4])),
    "zstd: of unknown length, too long": ("zstd", zstd_stream(WHOLE + bytes(4))),
    "zstd: two of unknown length": ("zstd", zstd_stream(FIRST) + zstd_stream(SECOND)),
    "zstd: two of unknown length, too short": ("zstd", zstd_stream(FIRST) + zstd_stream(SECOND[:-4])),
    "zstd: known, then unknown": ("zstd", numcodecs.Zstd().encode(FIRST) + zstd_stream(SECOND)),
    "zstd: known and whole, then unknown": ("zstd", numcodecs.Zstd().encode(WHOLE) + zstd_stream(b"more")),
    "zstd: skippable first": ("zstd", zstd_skippable(b"comment") + numcodecs.Zstd().encode(WHOLE)),
    "zstd: skippable last": ("zstd", numcodecs.Zstd().encode(WHOLE) + zstd_skippable(b"comment")),
    "zstd: nothing but skippable": ("zstd", zstd_skippable(WHOLE)),
    "gzip: with a name": ("gzip", gzip_with_name(WHOLE)),
    "gzip: two, zeros between": (
        "gzip", gzip.compress(FIRST, mtime=0) + bytes(5) + gzip.compress(SECOND, mtime=0)
    ),
    "gzip: wrong checksum": ("gzip", gzip.compress(WHOLE, mtime=0)[:-8] + struct.pack("<II", 0, len(WHOLE))),
    "gzip: wrong length": ("gzip", gzip.compress(WHOLE, mtime=0)[:-4] + struct.pack("<I", 5)),
    "gzip: without its end": ("gzip", gzip.compress(WHOLE, mtime=0)[:-8]),
    "zlib: wrong checksum": ("zlib", zlib.compress(WHOLE)[:-4] + bytes(4)),
    "zlib: without its checksum": ("zlib", zlib.compress(WHOLE)[:-4]),
    "lzma: without a checksum": ("lzma", lzma.compress(WHOLE, check=lzma.CHECK_NONE)),
    "lzma: as before xz": ("lzma", lzma.compress(WHOLE, format=lzma.FORMAT_ALONE)),
    "lzma: two, zeros between": ("lzma", lzma.compress(FIRST) + bytes(4) + lzma.compress(SECOND)),
    "lz4: longer than its length": ("lz4", struct.pack("<i", HALF) + numcodecs.LZ4().encode(WHOLE)[4:]),
    "lz4: nothing but a length": ("lz4", struct.pack("<i", len(WHOLE))),
}  # fmt: skip


def assert_read_as_by_zarr(folder, layout, chunk):
    options = {"chunks": (8, 12), "dtype": "<i4", **LAYOUTS[layout]}
    zarr.create_array(folder / "a", shape=SHAPE, **options)[...] = values("<i4")
    array, partial = zarr.open_array(folder / "a", mode="r"), zp.open(folder / "a")
    before = {name: read(array) for name, read in READS.items()}
    file = chunk_files(folder / "a")[0]
    file.write_bytes(chunk)
    for name, read in READS.items():
        got, want = outcome(lambda read=read: read(partial)), outcome(lambda read=read: read(array))
        if isinstance(want, Exception) and isinstance(got, Exception):
            assert isinstance(got, zp.CorruptChunkError), (name, got, want)
            assert got.key == file.relative_to(folder / "a").as_posix()
        else:
            # What follows a whole chunk may be nothing to us; its values are always right.
            assert_same(got, before[name] if isinstance(want, Exception) else want)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("layout", ENCODERS)
def test_frames_are_read_where_zarr_reads_them(tmp_path, layout, shape):
    chunk = bytes(SHAPES[shape](lambda data: bytes(ENCODERS[layout](data))))
    assert_read_as_by_zarr(tmp_path, layout, chunk)


@pytest.mark.parametrize(("layout", "chunk"), SPECIAL.values(), ids=SPECIAL)
def test_unusual_frames_are_read_where_zarr_reads_them(tmp_path, layout, chunk):
    assert_read_as_by_zarr(tmp_path, layout, chunk)
