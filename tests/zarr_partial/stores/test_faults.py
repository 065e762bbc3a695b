"""Servers and stores that misbehave: an error that says which key, which range and why, and nothing else."""

import asyncio
import re

import aiohttp
import numpy as np
import pytest
import zarr
from zarr.storage import MemoryStore

import zarr_partial as zp
from tests.zarr_partial.fuzz.damage import with_right_checksum
from tests.zarr_partial.running import run
from tests.zarr_partial.stores.kinds import buffers, fsspec_store, obstore_of
from tests.zarr_partial.stores.layouts import expected, values_of, write
from tests.zarr_partial.stores.loops import run_on_zarrs_loop, tasks_left
from tests.zarr_partial.stores.reading import limit_batches
from tests.zarr_partial.stores.servers import (
    after,
    cut,
    elsewhere,
    hang_up,
    misnamed,
    serving,
    short,
    stall,
    status,
    whole_with_200,
)
from tests.zarr_partial.stores.watching import Watched

STALLED_SECONDS = 0.4
KEY = "c/1/0"

# Faults of all requests for one chunk: what the error says is the cause.
FAULTS = {
    "whole value with 200": (whole_with_200, r"26000 bytes: the server does not serve ranges|range|Range"),
    "short body": (short, r"there are|[Rr]equested|range"),
    "cut body": (cut, r"payload|body|decod"),
    "403": (status(403), "403"),
    "416": (status(416), "416"),
    "429": (status(429), "429"),
    "500": (status(500), "500"),
    "503": (status(503), "503"),
    "stall": (stall, r"Timeout|timed out|timeout"),
    "closed connection": (hang_up, r"[Dd]isconnected|IncompleteMessage"),
}
CLIENTS = ["fsspec", "obstore"]


@pytest.fixture(params=CLIENTS)
def array(request, server):
    if request.param == "obstore":
        yield zp.open(obstore_of(server.url, timeout=f"{STALLED_SECONDS}s"))
        return
    timeout = aiohttp.ClientTimeout(total=STALLED_SECONDS)
    with fsspec_store(server.url, client_kwargs={"timeout": timeout}) as store:
        yield zp.open(store)


def check_error(error, key, asked, cause):
    assert isinstance(error, (zp.UnreadableChunkError, zp.CorruptChunkError, zp.ChangedError))
    assert error.key == key
    text = str(error)
    assert repr(key) in text
    assert asked in text
    assert ": expected " in text
    if cause is not None:
        assert re.search(cause, text), text


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failed_range_is_an_error_with_key_range_and_cause(server, array, fault):
    answer, cause = FAULTS[fault]
    server.faults[KEY] = answer
    out = np.full((600, 130), -1, "<i4")
    with pytest.raises((zp.UnreadableChunkError, zp.CorruptChunkError)) as caught:
        array.read(np.s_[45:60], out[45:60])
    check_error(caught.value, KEY, "bytes 0 to 5199", cause)
    if isinstance(caught.value, zp.UnreadableChunkError) and "the server" not in str(caught.value):
        assert isinstance(caught.value.__cause__, Exception)
    assert tasks_left() == []
    # The store is of use still, and so is the array.
    server.faults.clear()
    server.released.set()
    np.testing.assert_array_equal(array[45:60], expected()[45:60])


def test_a_wrong_content_range_is_noticed_by_obstore(server):
    # fsspec does not show headers: there, bytes from elsewhere of the right length are found by checksums,
    # headers and indexes alone.
    array = zp.open(obstore_of(server.url))
    for fault in (elsewhere, misnamed):
        server.faults[KEY] = fault
        with pytest.raises(zp.UnreadableChunkError) as caught:
            array[55:60]
        check_error(caught.value, KEY, "bytes 2600 to 5199", r"[Rr]ange")


@pytest.mark.parametrize("name", ["zstd", "crc32c", "shards of zstd", "blosc"])
def test_bytes_from_elsewhere_are_noticed_where_anything_can_be_checked(name):
    with serving(values_of(name)) as server, fsspec_store(server.url) as store:
        array = zp.open(store)
        key = "c/0/0"
        # The whole of an encoded chunk is not asked for by a range.
        server.faults[key] = elsewhere if name.startswith(("shards", "blosc")) else short
        with pytest.raises((zp.CorruptChunkError, zp.ChangedError)) as caught:
            array[0:3]
        assert caught.value.key == key


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("name", ["shards of raw", "shards of zstd", "shards in shards", "blosc", "raw"])
def test_404_in_the_middle_is_no_missing_chunk(name, client):
    with serving(values_of(name)) as server, fsspec_store(server.url) as fsspecs:
        array = zp.open(fsspecs if client == "fsspec" else obstore_of(server.url))
        array.state.remote.fetcher.gap = 0
        # Behind the first request, be it an index, a header or a row.
        server.faults["c/0/0"] = after(1, status(404))
        with pytest.raises(zp.ChangedError, match="refresh") as caught:
            array[[3, 40]]
        check_error(caught.value, "c/0/0", "bytes ", None)


def test_other_requests_of_a_failed_read_are_given_up(server, array):
    array.state.remote.source.max_in_flight = 4

    def refuse_when_others_wait(handler, value, first, stop):
        server.wait_for(lambda: server.waiting == 4)
        handler.refuse(503)

    for number in range(10):
        server.faults[f"c/{number}/0"] = stall
    server.faults["c/0/0"] = refuse_when_others_wait
    with pytest.raises(zp.UnreadableChunkError) as caught:
        array[...]
    assert caught.value.key == "c/0/0"
    assert tasks_left() == []
    assert {one.key for one in server.asked()} == {f"c/{number}/0" for number in range(4)}


def test_a_failed_batch_gives_the_next_one_up(server, array, monkeypatch):
    limit_batches(monkeypatch, 30_000)
    server.faults["c/0/0"] = short
    for number in range(1, 10):
        server.faults[f"c/{number}/0"] = stall
    with pytest.raises(zp.ChunkError) as caught:
        array[...]
    assert caught.value.key == "c/0/0"
    assert tasks_left() == []
    server.faults.clear()
    np.testing.assert_array_equal(array[...], expected())


class BrokenError(Exception):
    pass


def opened_with_fault(name, fault):
    memory = MemoryStore()
    write(memory, name)
    array = zp.open(Watched(memory))
    array.state.array.store.fault = fault
    return array


@pytest.mark.parametrize(
    "error", [BrokenError("no luck"), KeyError("x"), asyncio.CancelledError(), OSError(5, "io")]
)
@pytest.mark.parametrize("name", ["raw", "zstd", "shards of raw", "blosc"])
def test_a_store_that_raises_is_an_error_with_its_cause(name, error):
    async def fault(key, byte_range):
        if key == "c/0/0":
            raise error

    array = opened_with_fault(name, fault)
    with pytest.raises(zp.UnreadableChunkError) as caught:
        array[0:120]
    check_error(caught.value, "c/0/0", "bytes", type(error).__name__)
    assert caught.value.__cause__ is error
    with pytest.raises(zp.UnreadableChunkError) as caught:
        run(array.read_async(np.s_[0:120]))
    assert caught.value.__cause__ is error
    assert tasks_left() == []


def test_memory_that_raises_is_an_error_with_its_cause():
    class Lazy(dict):
        def __getitem__(self, key):
            if key.startswith("c/"):
                raise BrokenError("no luck")
            return super().__getitem__(key)

    array = zp.open(MemoryStore(Lazy(buffers(values_of("raw")))))
    with pytest.raises(zp.UnreadableChunkError, match="BrokenError: no luck") as caught:
        array[3]
    assert isinstance(caught.value.__cause__, BrokenError)


@pytest.mark.parametrize("name", ["shards of raw", "shards of zstd", "shards in shards"])
def test_a_shard_that_was_replaced_since_its_index_was_read_has_changed(name):
    memory = MemoryStore()
    array = write(memory, name)
    partial = zp.open(memory)
    partial[0]
    # Of other values, so of other lengths; or with nothing but the first inner chunk.
    array[:200] = 0
    array[:1] = 7
    with pytest.raises(zp.ChangedError, match=r"refresh\(\)") as caught:
        partial[150:200]
    assert caught.value.key == "c/0/0"
    partial.refresh()
    assert not partial[150:200].any()


def test_a_blosc_chunk_that_was_replaced_since_its_header_was_read_has_changed():
    memory = MemoryStore()
    array = write(memory, "blosc")
    partial = zp.open(memory)
    partial.state.remote.fetcher.gap = 0
    partial[0]
    array[:200] = np.arange(200)[:, None] // 7
    with pytest.raises(zp.ChangedError, match=r"refresh\(\)"):
        partial[150]
    partial.refresh()
    np.testing.assert_array_equal(partial[150], array[150])


def test_reading_on_zarrs_own_loop_is_refused_and_not_waited_for():
    async def nothing(key, byte_range):
        pass

    array = opened_with_fault("raw", nothing)

    async def read():
        return array[3]

    with pytest.raises(RuntimeError, match="read_async"):
        run_on_zarrs_loop(read())

    async def read_async():
        return await array.read_async(3)

    np.testing.assert_array_equal(run_on_zarrs_loop(read_async()), expected()[3])


LIES = [2**63 - 1, 2**62, 2**40, 2**33, 0]


@pytest.mark.parametrize("length", LIES)
@pytest.mark.parametrize("name", ["shards of raw", "shards of zstd", "shards of blosc", "shards in shards"])
def test_an_index_that_promises_any_length_is_an_error(name, length):
    values = values_of(name)
    shard = bytearray(values["c/0/0"])
    entries = 2 if name in ("shards of blosc", "shards in shards") else 8
    begin = len(shard) - 4 - 16 * entries
    shard[begin + 8 : begin + 16] = length.to_bytes(8, "little")
    values["c/0/0"] = with_right_checksum(bytes(shard), begin)
    array = zp.open(MemoryStore(buffers(values)))
    if name == "shards of blosc" and length:
        # The chunk tells its length itself, and zarr, too, takes what there is.
        np.testing.assert_array_equal(array[0], expected()[0])
        return
    with pytest.raises(zp.CorruptChunkError) as caught:
        array[0]
    check_error(caught.value, "c/0/0", "", None)


def test_a_header_that_promises_any_length_is_an_error():
    values = values_of("blosc")
    for field in (4, 8, 12):
        chunk = bytearray(values["c/0/0"])
        chunk[field : field + 4] = (2**32 - 1).to_bytes(4, "little")
        array = zp.open(MemoryStore(buffers(values | {"c/0/0": bytes(chunk)})))
        with pytest.raises(zp.CorruptChunkError):
            array[0]


def test_zero_dimensions_are_read():
    memory = MemoryStore()
    zarr.create_array(memory, shape=(), dtype="<f4", compressors=None)[...] = 3.5
    for store in (memory, Watched(memory)):
        array = zp.open(store)
        out = np.zeros((), "<f4")
        assert array[()] == 3.5
        array.read((), out)
        assert out == 3.5
        assert run(array.read_async(())) == 3.5
