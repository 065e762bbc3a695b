"""How virtual chunks are made, and what is said when the source is damaged or was replaced."""

import asyncio
import os

import numpy as np
import pytest
import zarr
from numcodecs import blosc
from zarr.abc.store import RangeByteRequest
from zarr.codecs import BloscCodec, BytesCodec, ShardingCodec, TransposeCodec, ZstdCodec
from zarr.storage import MemoryStore

import zarr_partial as zp
from tests.zarr_partial.running import run
from tests.zarr_partial.stores.watching import Watched
from zarr_partial.virtualizing import presenting, serving

ROWS = np.random.default_rng(0).integers(0, 30, (1024, 64)).astype("i4")
# Blosc makes blocks of 64 KiB of this, that is 256 rows.
LZ4 = BloscCodec(cname="lz4", blocksize=8192)


@pytest.fixture
def watched():
    """Create an array in a store that writes down what it is asked for."""

    def watched(**options):
        values = {}
        array = zarr.create_array(MemoryStore(values), data=ROWS, **options)
        # zarr makes a copy of stores that could be written to.
        return Watched(MemoryStore(values, read_only=True)), array

    return watched


def get(store, key, byte_range=None):
    buffer = run(store.get(key, byte_range=byte_range))
    return None if buffer is None else buffer.to_bytes()


def test_a_raw_virtual_chunk_is_one_range_of_its_chunk(watched):
    source, _ = watched(chunks=(512, 64), compressors=None)
    store = zp.virtual_chunks(source, (4, 64)).store
    source.asked()
    assert get(store, "c/129/0") == ROWS[516:520].tobytes()
    assert source.asked() == [("c/1/0", RangeByteRequest(4 * 256, 8 * 256))]
    assert get(store, "c/129/0", RangeByteRequest(10, 20)) == ROWS[516:520].tobytes()[10:20]
    assert source.asked() == [("c/1/0", RangeByteRequest(4 * 256 + 10, 4 * 256 + 20))]


def test_a_raw_virtual_chunk_that_lies_apart_is_gathered_from_ranges(watched):
    source, _ = watched(chunks=(512, 64), compressors=None)
    store = zp.virtual_chunks(zp.open(source, gap=16), (2, 8)).store
    source.asked()
    assert get(store, "c/0/1") == ROWS[:2, 8:16].tobytes()
    assert source.asked() == [("c/0/0", RangeByteRequest(32, 64)), ("c/0/0", RangeByteRequest(288, 320))]
    store = zp.virtual_chunks(source, (2, 8)).store
    source.asked()
    assert get(store, "c/0/1", RangeByteRequest(30, 40)) == ROWS[:2, 8:16].tobytes()[30:40]
    assert source.asked() == [("c/0/0", RangeByteRequest(32, 320))]


def test_very_many_ranges_are_one(watched, monkeypatch):
    source, _ = watched(chunks=(1024, 64), compressors=None, filters=[TransposeCodec(order=(1, 0))])
    store = zp.virtual_chunks(zp.open(source, gap=0), (1, 64)).store
    source.asked()
    assert get(store, "c/5/0") == ROWS[5].tobytes()
    assert len(source.asked()) == 64
    source, _ = watched(chunks=(1024, 64), compressors=None)
    store = zp.virtual_chunks(zp.open(source, gap=0), (1024, 2)).store
    source.asked()
    assert get(store, "c/0/3") == ROWS[:, 6:8].tobytes()
    assert len(source.asked()) == 1024
    monkeypatch.setattr(serving, "MAX_RANGES", 1000)
    assert get(store, "c/0/3") == ROWS[:, 6:8].tobytes()
    assert source.asked() == [("c/0/0", RangeByteRequest(24, 1023 * 256 + 32))]


def test_a_blosc_virtual_chunk_is_some_of_the_blocks(watched):
    source, _ = watched(chunks=(1024, 64), compressors=LZ4)
    whole = len(source._store._store_dict["c/0/0"])
    store = zp.virtual_chunks(source, (256, 64)).store
    source.asked()
    chunk = get(store, "c/2/0")
    np.testing.assert_array_equal(
        np.frombuffer(blosc.decompress(chunk), "i4").reshape(256, 64), ROWS[512:768]
    )
    assert len(chunk) < 0.3 * whole
    read = sum(part.end - part.start for _, part in source.asked())
    assert read < 0.3 * whole
    assert get(store, "c/2/0", RangeByteRequest(3, 30)) == chunk[3:30]


def test_a_blosc_chunk_that_is_stored_as_it_is_is_shown_so():
    noise = np.random.default_rng(0).integers(0, 2**32, (512, 64), dtype="u4")
    source = MemoryStore()
    zarr.create_array(source, data=noise, chunks=(512, 64), compressors=BloscCodec(clevel=0))
    store = zp.virtual_chunks(source, (4, 64)).store
    chunk = get(store, "c/9/0")
    assert len(chunk) == 16 + 4 * 256
    np.testing.assert_array_equal(zarr.open_array(store)[...], noise)


@pytest.mark.parametrize("is_sharded", [False, True], ids=["chunks", "inner chunks"])
def test_a_later_chunk_with_other_blocks_is_decoded_and_right(is_sharded, monkeypatch):
    """Written again by another writer, whose blocks are as large as the chunk; not among those looked at."""
    monkeypatch.setattr(presenting, "HEADERS_LOOKED_AT", 1)
    source = MemoryStore()
    shards = {"shards": (1024, 64)} if is_sharded else {}
    array = zarr.create_array(source, data=ROWS, chunks=(512, 64), compressors=LZ4, **shards)
    other = zarr.create_array(
        MemoryStore(), data=ROWS, chunks=(512, 64), compressors=BloscCodec(cname="lz4"), **shards
    )
    if is_sharded:
        looked_at = zp.virtual_chunks(array, (256, 64))
        source._store_dict["c/0/0"] = other.store._store_dict["c/0/0"]
    else:
        source._store_dict["c/1/0"] = other.store._store_dict["c/1/0"]
        looked_at = zp.virtual_chunks(array, (256, 64))
    shown = zarr.open_array(looked_at.store)
    np.testing.assert_array_equal(shown[...], ROWS)
    np.testing.assert_array_equal(shown[700:900], ROWS[700:900])


@pytest.mark.filterwarnings("ignore:Combining a `sharding_indexed` codec disables partial reads")
def test_inner_chunks_are_shown_as_chunks_with_their_own_codecs(make):
    inner = [TransposeCodec(order=(1, 0)), BytesCodec(endian="big"), ZstdCodec()]
    array = make(
        chunks=(10, 6),
        filters=[TransposeCodec(order=(1, 0))],
        # zarr checks them against the shard before it is transposed.
        serializer=ShardingCodec(chunk_shape=(2, 2), codecs=inner),
        compressors=[],
    )
    virtual = zp.virtual_chunks(array, (2, 2))
    shown = zarr.open_array(virtual.store)
    assert [type(codec).__name__ for codec in shown.metadata.codecs] == [
        "TransposeCodec", "TransposeCodec", "BytesCodec", "ZstdCodec",
    ]  # fmt: skip
    np.testing.assert_array_equal(shown[...], array[...])


def test_shards_in_shards_are_shown_at_every_level(make):
    serializer = ShardingCodec(
        chunk_shape=(4, 6), codecs=[ShardingCodec(chunk_shape=(2, 3), codecs=[BytesCodec()])]
    )
    array = make(chunks=(8, 6), serializer=serializer)
    for chunks in ((8, 6), (4, 6), (2, 3), (1, 3), (2, 1)):
        shown = zarr.open_array(zp.virtual_chunks(array, chunks).store)
        np.testing.assert_array_equal(shown[...], array[...])
        assert chunks in (shown.chunks, shown.shards)


@pytest.mark.parametrize("shards", [{}, {"shards": (1024, 64)}], ids=["chunks", "shards"])
@pytest.mark.parametrize("codec", [None, LZ4], ids=["raw", "blosc"])
def test_a_file_that_was_replaced_is_an_error_until_refresh(codec, shards, tmp_path):
    array = zarr.create_array(tmp_path / "a.zarr", data=ROWS, chunks=(512, 64), compressors=codec, **shards)
    virtual = zp.virtual_chunks(array, (256, 64))
    shown = zarr.open_array(virtual.store)
    np.testing.assert_array_equal(shown[...], ROWS)
    array[...] = ROWS + 1
    with pytest.raises(zp.ChangedError, match="refresh") as caught:
        shown[5]
    assert caught.value.key == "c/0/0"
    virtual.refresh()
    np.testing.assert_array_equal(shown[...], ROWS + 1)


@pytest.mark.parametrize("codec", [None, LZ4, ZstdCodec()], ids=["raw", "blosc", "zstd"])
def test_a_shard_that_was_replaced_in_a_store_is_an_error_until_refresh(codec, watched):
    source, array = watched(chunks=(256, 64), shards=(512, 64), compressors=codec)
    virtual = zp.virtual_chunks(source, (256, 64))
    shown = zarr.open_array(virtual.store)
    np.testing.assert_array_equal(shown[...], ROWS)
    # Another order of the inner chunks: lengths and offsets differ.
    array[:256] = 0
    with pytest.raises(zp.ChangedError, match="found other bytes; it was replaced since: call refresh"):
        shown[300]
    virtual.refresh()
    assert (shown[300] == ROWS[300]).all()
    assert not shown[:256].any()


def test_a_blosc_chunk_that_was_replaced_in_a_store_is_an_error_until_refresh(watched):
    source, array = watched(chunks=(512, 64), compressors=LZ4)
    virtual = zp.virtual_chunks(source, (256, 64))
    shown = zarr.open_array(virtual.store)
    np.testing.assert_array_equal(shown[...], ROWS)
    array[:512] = ROWS[:512] // 2
    with pytest.raises(zp.ChangedError):
        shown[300]
    virtual.refresh()
    np.testing.assert_array_equal(shown[:512], ROWS[:512] // 2)


@pytest.mark.parametrize("place", ["file", "store"])
def test_a_shard_that_was_missing_and_is_there_now_is_an_error_until_refresh(place, tmp_path):
    source = tmp_path / "a.zarr" if place == "file" else MemoryStore()
    array = zarr.create_array(
        source, shape=(8, 4), chunks=(2, 4), shards=(4, 4), dtype="i2", compressors=None
    )
    virtual = zp.virtual_chunks(source, (1, 4))
    shown = zarr.open_array(virtual.store)
    assert not shown[...].any()
    array[...] = 7
    with pytest.raises(zp.ChangedError):
        shown[...]
    virtual.refresh()
    assert (shown[...] == 7).all()


def test_a_chunk_that_was_missing_and_is_there_now_is_seen(tmp_path):
    array = zarr.create_array(tmp_path / "a.zarr", shape=(8, 4), chunks=(4, 4), dtype="i2", compressors=None)
    shown = zarr.open_array(zp.virtual_chunks(array, (1, 4)).store)
    assert not shown[...].any()
    array[...] = 7
    assert (shown[...] == 7).all()


def test_refresh_follows_an_array_that_grew(make):
    array = make()
    virtual = zp.virtual_chunks(array, (1, 6))
    array.resize((40, 6))
    assert zarr.open_array(virtual.store).shape == (20, 6)
    virtual.refresh()
    assert zarr.open_array(virtual.store).shape == virtual.shape == (40, 6)


@pytest.mark.parametrize("place", ["file", "store"])
def test_a_chunk_that_is_too_short_is_damaged(place, tmp_path):
    source = tmp_path / "a.zarr" if place == "file" else MemoryStore()
    array = zarr.create_array(source, data=ROWS, chunks=(512, 64), compressors=None)
    if place == "file":
        os.truncate(tmp_path / "a.zarr/c/1/0", 1000)
    else:
        source._store_dict["c/1/0"] = source._store_dict["c/1/0"][:1000]
    shown = zarr.open_array(zp.virtual_chunks(source, (1, 64)).store)
    np.testing.assert_array_equal(shown[512:515], ROWS[512:515])
    with pytest.raises(zp.CorruptChunkError, match=r"chunk 'c/1/0': expected bytes 768 to 1023 .* found 232"):
        shown[515]
    with pytest.raises(zp.CorruptChunkError, match="truncated"):
        zp.virtual_chunks(source, (1, 64)).references(url="file:///a.zarr")
    assert array.shape == shown.shape


def test_a_damaged_blosc_header_is_named_at_once(tmp_path):
    zarr.create_array(tmp_path / "a.zarr", data=ROWS, chunks=(512, 64), compressors=LZ4)
    file = tmp_path / "a.zarr/c/1/0"
    file.write_bytes(b"\xff" * 16 + file.read_bytes()[16:])
    with pytest.raises(zp.CorruptChunkError, match="chunk 'c/1/0': expected Blosc format 2") as caught:
        zp.virtual_chunks(tmp_path / "a.zarr", (256, 64))
    assert caught.value.key == "c/1/0"


def test_many_readers_at_once_on_loops_of_their_own_get_what_they_ask_for(watched):
    source, _ = watched(chunks=(512, 64), shards=(1024, 64), compressors=LZ4)
    store = zp.virtual_chunks(source, (256, 64)).store

    async def read_all():
        values = await asyncio.gather(*(store.get(f"c/{at % 4}/0") for at in range(40)))
        for at, value in enumerate(values):
            rows = np.frombuffer(blosc.decompress(value.to_bytes()), "i4").reshape(256, 64)
            np.testing.assert_array_equal(rows, ROWS[at % 4 * 256 :][:256])

    run(read_all())
    run(read_all())
