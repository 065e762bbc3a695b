"""Arrays that zarr-python did not write, compared with the values that went in.

tensorstore and zarrista (the Rust zarrs) write data and metadata, zarrs writes behind zarr's own array,
and chunks of format 2 are made by numcodecs beside metadata typed by hand.
"""

import json
import math
import struct

import numcodecs
import numpy as np
import pytest
import zarr

import zarr_partial as zp
from zarr_partial.access.blosc import HEADER

# zarr warns when it reads a shard whole, because there is a codec beside the shards.
pytestmark = pytest.mark.filterwarnings("ignore:Combining a `sharding_indexed` codec disables partial reads")

DTYPES = ["bool", "i1", "<u2", "<i4", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16"]
SHAPE, CHUNKS = (37, 21), (12, 10)
BLOSC = {"cname": "zstd", "shuffle": "shuffle", "clevel": 5, "blocksize": 128}


def numbers(dtype, shape=SHAPE):
    """Values with repeats, so that some blocks compress and others are stored."""
    values = np.random.default_rng(len(dtype)).integers(0, 99, shape)
    values[: shape[0] // 2] //= 30
    return values.astype(dtype)


def assert_reads(path, want):
    """Read all, slices, rows, points and single elements of a 2-d array, each compared with NumPy."""
    array = zp.open(path)
    rng = np.random.default_rng(1)
    rows, columns = (rng.integers(-n, n, 40) for n in want.shape)
    assert array.dtype == want.dtype
    np.testing.assert_array_equal(array[...], want)
    np.testing.assert_array_equal(array[3:-2:3, 1:], want[3:-2:3, 1:])
    np.testing.assert_array_equal(array[5], want[5])
    np.testing.assert_array_equal(array[:, -1], want[:, -1])
    np.testing.assert_array_equal(array.oindex[rows, columns], want[np.ix_(rows, columns)])
    np.testing.assert_array_equal(array.oindex[rows], want[rows])
    np.testing.assert_array_equal(array.vindex[rows, columns], want[rows, columns])
    np.testing.assert_array_equal(array.take(columns, axis=1), want[:, columns])
    for row, column in zip(rows[:5].tolist(), columns[:5].tolist(), strict=True):
        assert array[row, column] == want[row, column]


# tensorstore


def write_by_tensorstore(path, driver, metadata, data):
    """Write all but the last rows and the first columns, so that some chunks are missing."""
    tensorstore = pytest.importorskip("tensorstore")
    spec = {"driver": driver, "kvstore": {"driver": "file", "path": str(path)}, "metadata": metadata}
    array = tensorstore.open(spec, create=True, dtype=data.dtype, shape=data.shape).result()
    part = np.s_[:25, 2:]
    array[part].write(data[part]).result()
    want = np.zeros_like(data)
    want[part] = data[part]
    return want


V2_COMPRESSORS = {
    "raw": None,
    "blosc": {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": -1, "blocksize": 0},
    "small blocks": {"id": "blosc", "cname": "zstd", "clevel": 5, "shuffle": 1, "blocksize": 128},
    "bits": {"id": "blosc", "cname": "blosclz", "clevel": 9, "shuffle": 2, "blocksize": 256},
    "zlib": {"id": "zlib", "level": 1},
    "gzip": {"id": "gzip", "level": 1},
    "bz2": {"id": "bz2", "level": 1},
    "zstd": {"id": "zstd", "level": 1},
}


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("compressor", V2_COMPRESSORS.values(), ids=V2_COMPRESSORS)
def test_format_2_by_tensorstore(tmp_path, compressor, order):
    metadata = {"chunks": CHUNKS, "dtype": "<i4", "order": order, "compressor": compressor, "fill_value": 0}
    metadata |= {"dimension_separator": "/" if order == "F" else "."}
    assert_reads(tmp_path, write_by_tensorstore(tmp_path, "zarr", metadata, numbers("<i4")))


@pytest.mark.parametrize("dtype", [*DTYPES, ">i2", ">f8", ">c8"])
def test_types_of_format_2_by_tensorstore(tmp_path, dtype):
    metadata = {"chunks": CHUNKS, "dtype": np.dtype(dtype).str, "compressor": V2_COMPRESSORS["small blocks"]}
    assert_reads(tmp_path, write_by_tensorstore(tmp_path, "zarr", metadata, numbers(dtype)))


def codec(name, **configuration):
    return {"name": name, "configuration": configuration}


def shards(shape, codecs, index=("little", True), location="end"):
    endian, checksum = index
    index_codecs = [codec("bytes", endian=endian), *([{"name": "crc32c"}] if checksum else [])]
    return codec(
        "sharding_indexed",
        chunk_shape=shape, codecs=codecs, index_codecs=index_codecs, index_location=location,
    )  # fmt: skip


LITTLE, BIG = codec("bytes", endian="little"), codec("bytes", endian="big")
ZSTD, GZIP = codec("zstd", level=1, checksum=False), codec("gzip", level=1)
TURNED, CRC = codec("transpose", order=[1, 0]), {"name": "crc32c"}
V3_CODECS = {
    "little": [LITTLE],
    "big": [BIG],
    "transposed": [TURNED, BIG],
    "crc32c": [LITTLE, CRC],
    "gzip": [LITTLE, GZIP],
    "zstd and crc32c": [BIG, ZSTD, CRC],
    "blosc": [TURNED, LITTLE, codec("blosc", typesize=4, **BLOSC)],
    "bits": [LITTLE, codec("blosc", typesize=4, **{**BLOSC, "cname": "lz4", "shuffle": "bitshuffle"})],
    "shards": [shards([3, 5], [LITTLE])],
    "shards, big index at the start": [shards([4, 5], [BIG], ("big", True), "start")],
    "shards, index without checksum": [shards([6, 2], [TURNED, LITTLE], ("little", False))],
    "shards of blosc": [shards([6, 10], [LITTLE, codec("blosc", typesize=4, **BLOSC)])],
    "shards of zstd": [shards([3, 5], [TURNED, BIG, ZSTD], location="start")],
    "shards of crc32c": [shards([3, 5], [LITTLE, CRC])],
    "shards in shards": [shards([6, 10], [shards([3, 5], [LITTLE, GZIP], location="start")])],
    "shards, transposed": [TURNED, shards([2, 2], [LITTLE])],
}  # fmt: skip


def v3_metadata(codecs, dtype="<i4", separator="/"):
    return {
        "chunk_grid": codec("regular", chunk_shape=CHUNKS),
        "chunk_key_encoding": codec("default", separator=separator),
        "codecs": codecs,
        "data_type": np.dtype(dtype).name,
        "fill_value": False if dtype == "bool" else [0, 0] if "c" in dtype else 0,
    }


@pytest.mark.parametrize("codecs", V3_CODECS.values(), ids=V3_CODECS)
def test_format_3_by_tensorstore(tmp_path, codecs):
    want = write_by_tensorstore(tmp_path, "zarr3", v3_metadata(codecs), numbers("<i4"))
    assert_reads(tmp_path, want)


@pytest.mark.parametrize("codecs", [[BIG], [shards([3, 5], [BIG])]], ids=["raw", "shards"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_types_of_format_3_by_tensorstore(tmp_path, dtype, codecs):
    metadata = v3_metadata(codecs, dtype, ".")
    assert_reads(tmp_path, write_by_tensorstore(tmp_path, "zarr3", metadata, numbers(dtype)))


# zarrs, by itself and behind zarr


@pytest.mark.parametrize("codecs", V3_CODECS.values(), ids=V3_CODECS)
def test_format_3_by_zarrista(tmp_path, codecs):
    zarrista = pytest.importorskip("zarrista")
    stores = pytest.importorskip("zarrista.store")
    data = numbers("<i4")
    metadata = v3_metadata(codecs) | {
        "zarr_format": 3,
        "node_type": "array",
        "shape": SHAPE,
        "attributes": {},
    }
    array = zarrista.Array.from_metadata(metadata, stores.FilesystemStore(str(tmp_path)))
    # zarr refuses the short form of codecs that `array.store_metadata()` writes.
    (tmp_path / "zarr.json").write_text(json.dumps(metadata))
    array.store_array_subset(np.s_[:25, 2:], np.ascontiguousarray(data[:25, 2:]))
    data[25:], data[:, :2] = 0, 0
    assert_reads(tmp_path, data)


ZARRS = {
    "raw": {"compressors": None},
    "blosc": {"compressors": zarr.codecs.BloscCodec(**BLOSC)},
    "zstd": {"compressors": zarr.codecs.ZstdCodec(level=1)},
    "shards": {"shards": CHUNKS, "chunks": (3, 5), "compressors": None},
    "shards of blosc": {"shards": CHUNKS, "chunks": (6, 10), "compressors": zarr.codecs.BloscCodec(**BLOSC)},
}


@pytest.mark.parametrize("options", ZARRS.values(), ids=ZARRS)
def test_format_3_by_zarrs_behind_zarr(tmp_path, options):
    pytest.importorskip("zarrs")
    data = numbers("<f4")
    with zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"}):
        array = zarr.create_array(tmp_path / "a.zarr", data=data, **{"chunks": CHUNKS, **options})
        assert type(array.async_array.codec_pipeline).__name__ == "ZarrsCodecPipeline"
    assert_reads(tmp_path / "a.zarr", data)


# numcodecs


def write_by_hand(path, data, compressor, *, order="C", encode=None):
    """Write an array of one chunk per 12 x 10 elements, with `encode` in place of the compressor's own."""
    encode = compressor.encode if encode is None else encode
    path.mkdir(exist_ok=True)
    document = {
        "zarr_format": 2, "shape": data.shape, "chunks": CHUNKS, "dtype": data.dtype.str, "order": order,
        "compressor": compressor.get_config(), "filters": None, "fill_value": None,
    }  # fmt: skip
    (path / ".zarray").write_text(json.dumps(document))
    padded = np.zeros([-(-n // m) * m for n, m in zip(data.shape, CHUNKS, strict=True)], data.dtype)
    padded[tuple(slice(0, n) for n in data.shape)] = data
    for at in np.ndindex(*(n // m for n, m in zip(padded.shape, CHUNKS, strict=True))):
        chunk = padded[tuple(slice(i * m, i * m + m) for i, m in zip(at, CHUNKS, strict=True))]
        (path / ".".join(map(str, at))).write_bytes(encode(chunk.tobytes(order)))


@pytest.mark.parametrize("typesize", [1, 3, 4, 8, 16, 255, 256, 300])
@pytest.mark.parametrize("blocksize", [0, 128, 200, 4096])
@pytest.mark.parametrize("shuffle", [0, 1, 2])
def test_blosc_with_a_type_size_of_its_own_by_numcodecs(tmp_path, shuffle, blocksize, typesize):
    """The header says what it was encoded with; neither the metadata nor the data type do."""
    config = {"cname": "lz4", "shuffle": shuffle, "blocksize": blocksize}
    data = numbers("<i4")
    other = numcodecs.Blosc(typesize=typesize, **config)
    write_by_hand(tmp_path, data, numcodecs.Blosc(**config), order="F", encode=other.encode)
    assert_reads(tmp_path, data)


@pytest.mark.parametrize("cname", ["lz4", "lz4hc", "blosclz", "zlib", "zstd"])
def test_blosc_compressor_other_than_the_metadata_say_by_numcodecs(tmp_path, cname):
    data = numbers("<f8")
    other = numcodecs.Blosc(cname, 9, 1, 256)
    write_by_hand(tmp_path, data, numcodecs.Blosc("lz4", 1, 2), encode=other.encode)
    assert_reads(tmp_path, data)


def test_blosc_stored_uncompressed_by_numcodecs(tmp_path):
    data = numbers("<u2")
    write_by_hand(tmp_path, data, numcodecs.Blosc(clevel=0))
    assert HEADER.unpack_from((tmp_path / "0.0").read_bytes())[2] & 0x02
    assert_reads(tmp_path, data)


def test_bytes_behind_a_blosc_chunk_are_ignored(tmp_path):
    data = numbers("<i4")
    blosc = numcodecs.Blosc(blocksize=128)
    write_by_hand(tmp_path, data, blosc, encode=lambda chunk: blosc.encode(chunk) + b"more")
    assert_reads(tmp_path, data)


def starts_of(encoded):
    nbytes, blocksize = HEADER.unpack_from(encoded)[4:6]
    return struct.unpack_from(f"<{math.ceil(nbytes / blocksize)}I", encoded, HEADER.size)


def backwards(encoded):
    """Return the chunk with its blocks in reverse, as threads may finish them, and a gap between two."""
    starts = starts_of(encoded)
    ends = sorted([*starts, len(encoded)])
    bodies = [encoded[start : ends[ends.index(start) + 1]] for start in starts]
    at, body, moved = HEADER.size + 4 * len(starts), b"", []
    for block in reversed(bodies):
        moved.insert(0, at + len(body))
        body += block
    return encoded[: HEADER.size] + struct.pack(f"<{len(starts)}I", *moved) + body


def test_blosc_blocks_in_reverse_order(tmp_path):
    data = numbers("<i4")
    blosc = numcodecs.Blosc("zstd", 5, 1, 128)
    write_by_hand(tmp_path, data, blosc, encode=lambda chunk: backwards(blosc.encode(chunk)))
    starts = starts_of((tmp_path / "0.0").read_bytes())
    assert len(starts) == 4
    assert list(starts) == sorted(starts, reverse=True)
    assert_reads(tmp_path, data)


def test_blosc_blocks_as_several_threads_finish_them(tmp_path):
    """Retried until the threads did finish out of order, which each attempt very probably does."""
    data = np.random.default_rng(0).integers(0, 50, (2048, 128)).astype("<i4")
    compressor = numcodecs.Blosc("zstd", 5, 1, 4096)
    before, threaded = numcodecs.blosc.set_nthreads(8), numcodecs.blosc.use_threads
    numcodecs.blosc.use_threads = True
    try:
        attempts = (compressor.encode(data) for _ in range(50))
        encoded = next((one for one in attempts if list(starts_of(one)) != sorted(starts_of(one))), None)
    finally:
        numcodecs.blosc.set_nthreads(before)
        numcodecs.blosc.use_threads = threaded
    if encoded is None:
        pytest.skip("50 times the threads finished the blocks in order")
    document = {
        "zarr_format": 2, "shape": data.shape, "chunks": data.shape, "dtype": "<i4", "order": "C",
        "compressor": compressor.get_config(), "filters": None, "fill_value": 0,
    }  # fmt: skip
    (tmp_path / ".zarray").write_text(json.dumps(document))
    (tmp_path / "0.0").write_bytes(encoded)
    assert_reads(tmp_path, data)
