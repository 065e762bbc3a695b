"""Chunks that promise far more bytes than there are: an error, without the memory they ask for.

Each is read in a process that may map only a little more memory than it has already, and whose
resident memory is measured: one chunk is 8 KiB, the lies are 400 MiB and more.
"""

import bz2
import gzip
import json
import lzma
import struct
import sys
import zlib
from pathlib import Path

import numcodecs
import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, GzipCodec, ShardingCodec, ZstdCodec
from zarr.codecs import numcodecs as v3

from tests.zarr_partial.fuzz.damage import with_right_checksum
from tests.zarr_partial.running import run_script

DATA = np.random.default_rng(0).integers(0, 30, (2, 2048)).astype("<i4")
ROOT = Path(__file__).parents[3]
BOMB_NBYTES = 400 << 20

READER = """
import json, resource, sys, warnings
warnings.simplefilter("ignore")
import numpy as np, zarr, zarr_partial as zp
path, data_path, key = sys.argv[1:]
data = np.load(data_path, allow_pickle=False)
array = zp.open(path, threads=1)
def same(got, want): return np.array_equal(got, want.astype(got.dtype))
assert same(array[1], data[1]) and same(array.oindex[[1], [5, 0]], data[[1]][:, [5, 0]])  # everything is warm
mapped = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
resource.setrlimit(resource.RLIMIT_AS, (mapped + (160 << 20),) * 2)
for number, (read, want) in enumerate([
    (lambda: array[0], data[0]),
    (lambda: array[0, 5], data[0, 5]),
    (lambda: array.oindex[[0, 1, 0], [2047, 3]], data[[0, 1, 0]][:, [2047, 3]]),
    (lambda: array[...], data),
]):
    try:
        got = read()
    except zp.ChunkError as error:
        assert error.key == key and repr(key) in str(error), (number, error)
    else:
        assert same(got, want), (number, got)
grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - resident) / 1024
assert grown < 48, f"{grown:.0f} MiB"
"""


def zstd_frame(content_size, blocks):
    """Return a frame with an 8-byte content size, or none, around `blocks`."""
    magic = struct.pack("<I", 0xFD2FB528)
    if content_size is None:
        return magic + bytes([0x00, 0x58]) + blocks  # a window of 2 MiB
    return magic + bytes([0xC0, 0x58]) + struct.pack("<Q", content_size) + blocks


def zstd_rle_block(nbytes, last):
    return struct.pack("<I", nbytes << 3 | 1 << 1 | last)[:3] + b"\x07"


# 131,072 bytes is the most that one block may make.
ZSTD_BOMB = b"".join(zstd_rle_block(131_072, at == 3_199) for at in range(3_200))
ZEROS = bytes(1 << 20)


def bomb(compressor):
    """Return `BOMB_NBYTES` zeros, compressed a MiB at a time."""
    return b"".join([*(compressor.compress(ZEROS) for _ in range(BOMB_NBYTES >> 20)), compressor.flush()])


def blosc_header(nbytes, blocksize, cbytes, flags=0x01):
    return struct.pack("<BBBBIII", 2, 1, flags, 4, nbytes, blocksize, cbytes)


def shard_index(entries):
    return with_right_checksum(struct.pack(f"<{len(entries)}Q", *entries) + bytes(4))


def shards(*codecs):
    codec = ShardingCodec(chunk_shape=(1, 1024), codecs=[BytesCodec(), *codecs])
    return {"serializer": codec, "compressors": None}


def v2(compressor=None, filters=None):
    return {"zarr_format": 2, "compressors": compressor, "filters": filters}


ZSTD, CRC = {"compressors": ZstdCodec()}, {"compressors": [ZstdCodec(), Crc32cCodec()]}
BLOSC, BLOSC_CRC = BloscCodec(typesize=4), {"compressors": [BloscCodec(typesize=4), Crc32cCodec()]}
STRINGS = {"dtype": str, "compressors": None}
RAW, RLE = {"compressors": None}, zstd_rle_block(8_192, 1)
LIES = {
    "zstd: 8 GiB promised, 8 KiB there": (ZSTD, lambda: zstd_frame(8 << 30, RLE)),
    "zstd: 2**63 bytes promised": (ZSTD, lambda: zstd_frame(2**63, RLE)),
    "zstd: nothing promised, 400 MiB there": (ZSTD, lambda: zstd_frame(None, ZSTD_BOMB)),
    "zstd: 400 MiB promised and there": (ZSTD, lambda: zstd_frame(BOMB_NBYTES, ZSTD_BOMB)),
    "zstd: a frame behind the right one": (
        ZSTD,
        lambda: numcodecs.Zstd().encode(DATA[0]) + zstd_frame(BOMB_NBYTES, ZSTD_BOMB),
    ),
    "zstd, crc32c": (CRC, lambda: with_right_checksum(zstd_frame(8 << 30, RLE) + bytes(4))),
    "zstd of format 2": (v2(numcodecs.Zstd()), lambda: zstd_frame(8 << 30, RLE)),
    "zstd of numcodecs": ({"compressors": v3.Zstd()}, lambda: zstd_frame(8 << 30, RLE)),
    "gzip": ({"compressors": GzipCodec()}, lambda: bomb(zlib.compressobj(9, wbits=31))),
    "gzip: a member behind the right one": (
        {"compressors": GzipCodec()},
        lambda: gzip.compress(DATA[0].tobytes()) + bomb(zlib.compressobj(9, wbits=31)),
    ),
    "gzip of format 2": (v2(numcodecs.GZip()), lambda: bomb(zlib.compressobj(9, wbits=31))),
    "zlib": (v2(numcodecs.Zlib()), lambda: bomb(zlib.compressobj(9))),
    "bz2": (v2(numcodecs.BZ2()), lambda: bz2.compress(bytes(900_000)) * 470),
    "lzma": (v2(numcodecs.LZMA()), lambda: bomb(lzma.LZMACompressor(preset=0))),
    "lz4: 2 GiB promised": (v2(numcodecs.LZ4()), lambda: struct.pack("<i", 2**31 - 1) + bytes(64)),
    "lz4: fewer than none promised": (v2(numcodecs.LZ4()), lambda: struct.pack("<i", -5) + bytes(64)),
    "lz4 of numcodecs": ({"compressors": v3.LZ4()}, lambda: struct.pack("<i", 2**31 - 1) + bytes(64)),
    "blosc: 2 GiB promised": (
        {"compressors": BLOSC},
        lambda: blosc_header(2**31 - 16, 2**31 - 16, 64) + struct.pack("<I", 20) + bytes(44),
    ),
    "blosc: 2 GiB promised, stored": (
        {"compressors": BLOSC},
        lambda: blosc_header(2**31 - 16, 2**20, 64, 0x03) + bytes(48),
    ),
    "blosc: many blocks promised": (
        {"compressors": BLOSC},
        lambda: blosc_header(8_192, 1, 2**32 - 1) + struct.pack("<I", 20) + bytes(44),
    ),
    "blosc, crc32c": (
        BLOSC_CRC,
        lambda: with_right_checksum(blosc_header(2**31 - 16, 2**20, 64) + bytes(52)),
    ),
    "blosc in delta": (
        v2(numcodecs.Blosc(), [numcodecs.Delta("<i4")]),
        lambda: blosc_header(2**31 - 16, 2**20, 64) + bytes(48),
    ),
    "zlib as a filter": (v2(None, [numcodecs.Zlib()]), lambda: bomb(zlib.compressobj(9))),
    "shard: inner chunks of 2**40 bytes": (shards(), lambda: bytes(8_192) + shard_index([0, 2**40] * 2)),
    "shard: inner chunks at 2**63": (shards(), lambda: bytes(8_192) + shard_index([2**63, 4_096] * 2)),
    "shard: offset and length overflow": (
        shards(),
        lambda: bytes(8_192) + shard_index([2**64 - 4_096, 8_192] * 2),
    ),
    "shard: zstd promises 8 GiB": (
        shards(ZstdCodec()),
        lambda: zstd_frame(8 << 30, RLE) + shard_index([0, len(zstd_frame(8 << 30, RLE))] * 2),
    ),
    "shard of one compressed byte, all of it": (
        shards(ZstdCodec()),
        lambda: ZSTD_BOMB + shard_index([0, len(ZSTD_BOMB), 0, len(ZSTD_BOMB)]),
    ),
    "shards, zstd": (
        {**shards(), "compressors": ZstdCodec()},
        lambda: zstd_frame(BOMB_NBYTES, ZSTD_BOMB),
    ),
    # Not how many strings a chunk holds: only zarr decodes them, and it makes room for all it is told of.
    "strings: one of 4 GiB": (
        STRINGS,
        lambda: struct.pack("<II", 2_048, 2**32 - 1) + bytes(64),
    ),
}  # fmt: skip


def lie(folder, options, chunk):
    """Write two rows of one chunk each; replace the first chunk by `chunk`; return its key."""
    dtype = np.dtypes.StringDType() if options.get("dtype") is str else DATA.dtype
    options = {**options, "dtype": dtype}
    array = zarr.create_array(folder / "a.zarr", shape=DATA.shape, chunks=(1, 2048), **options)
    array[...] = DATA.astype(dtype)
    np.save(folder / "data.npy", DATA)
    key = "0.0" if "zarr_format" in options else "c/0/0"
    (folder / "a.zarr" / key).write_bytes(chunk)
    return key


def read_with_little_memory(folder, key):
    environment = {"MALLOC_ARENA_MAX": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    run_script(READER, folder / "a.zarr", folder / "data.npy", key, timeout=120, **environment)


linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells mapped memory on Linux only")
warned = pytest.mark.filterwarnings("ignore:Combining a `sharding_indexed` codec disables partial reads")


@linux
@warned
@pytest.mark.parametrize(("options", "chunk"), LIES.values(), ids=LIES)
def test_memory_follows_the_metadata_not_the_chunk(tmp_path, options, chunk):
    read_with_little_memory(tmp_path, lie(tmp_path, options, chunk()))


LARGE = {"raw": RAW, "blosc": {"compressors": BLOSC}, "shards": shards(), "zstd": ZSTD}


@linux
@pytest.mark.parametrize("options", LARGE.values(), ids=LARGE)
def test_file_of_8_gib_where_8_kib_belong(tmp_path, options):
    key = lie(tmp_path, options, b"")
    with (tmp_path / "a.zarr" / key).open("r+b") as file:
        file.truncate(8 << 30)
    read_with_little_memory(tmp_path, key)


FILL_READER = """
import resource, sys, zarr, zarr_partial as zp
array = zp.open(sys.argv[1], threads=1)
mapped = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (mapped + (160 << 20),) * 2)
assert array[2:5].tolist() == [7, 7, 7]
"""


@linux
@pytest.mark.parametrize("chunk_shape", [[2**40], [2**62]], ids=["tera", "exa"])
@pytest.mark.parametrize(
    "codecs", [[], [{"name": "gzip", "configuration": {"level": 1}}]], ids=["raw", "gzip"]
)
def test_metadata_that_declare_huge_chunks_cost_nothing_where_none_is_stored(tmp_path, codecs, chunk_shape):
    document = {
        "zarr_format": 3, "node_type": "array", "shape": [10], "data_type": "int32", "fill_value": 7,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunk_shape}},
        "chunk_key_encoding": {"name": "default"}, "attributes": {},
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, *codecs],
    }  # fmt: skip
    (tmp_path / "zarr.json").write_text(json.dumps(document))
    run_script(FILL_READER, tmp_path)
