"""Matrices in stores that are asked for ranges: no more bytes than the rows take, both arrays at once."""

import asyncio

import numpy as np
import pytest
from scipy import sparse
from zarr.storage import MemoryStore

import zarr_partial as zp
from tests.zarr_partial.running import run
from tests.zarr_partial.sparse.matrices import same, stored, write_by_hand
from tests.zarr_partial.stores.kinds import fsspec_store
from tests.zarr_partial.stores.loops import tasks_left
from tests.zarr_partial.stores.servers import HANG_SECONDS, serving, stall
from tests.zarr_partial.stores.watching import Watched

COUNTS = sparse.random_array((3000, 400), density=0.1, format="csr", rng=0, dtype="f4")
ROWS = [5, 2900, 1400]


def watched(**options):
    memory = MemoryStore()
    write_by_hand(memory, stored(COUNTS), COUNTS.shape, chunks=(50_000,), **options)
    csr = zp.open_csr(Watched(memory))
    store = csr.data.state.array.store
    store.asked()
    return csr, store


def values_in_memory():
    memory = MemoryStore()
    write_by_hand(memory, stored(COUNTS), COUNTS.shape, chunks=(50_000,))
    return {key: value.to_bytes() for key, value in memory._store_dict.items()}


def test_ranges_of_raw_arrays_are_those_of_the_rows_and_neighbours_are_one():
    csr, store = watched(compressors=None)
    same(csr[ROWS], COUNTS[ROWS])
    asked = store.asked()
    assert len(asked) == 6
    assert sum(part.end - part.start for _, part in asked) == 8 * COUNTS[ROWS].nnz
    same(csr[[7, 8, 9, 10]], COUNTS[[7, 8, 9, 10]])
    assert len(store.asked()) == 2
    same(csr[[]], COUNTS[[]])
    assert not store.asked()


def test_pointers_are_read_once():
    csr, store = watched()
    for rows in (ROWS, [4], slice(30)):
        same(csr[rows], COUNTS[rows])
    assert not [key for key, _ in store.asked() if "indptr" in key]


@pytest.mark.parametrize("way", ["read", "read_async"])
def test_data_and_indices_are_asked_for_at_once(way):
    with serving(values_in_memory()) as server, fsspec_store(server.url) as store:
        csr = zp.open_csr(store)
        # All six requests wait until they are six, which they never are if one array waits for the other.
        server.meet, server.most_waiting = 6, 0
        found = csr[ROWS] if way == "read" else run(csr.read_async(ROWS))
        same(found, COUNTS[ROWS])
        assert server.most_waiting >= 6


def test_an_error_of_one_array_is_the_error_of_the_read():
    csr, store = watched()

    async def lost(key, _):
        if key.startswith("indices/c/"):
            raise OSError("no such host")

    store.fault = lost
    for read in (lambda: csr[ROWS], lambda: run(csr.read_async(ROWS))):
        with pytest.raises(zp.UnreadableChunkError, match="no such host"):
            read()
    store.fault = None
    same(csr[ROWS], COUNTS[ROWS])


def test_a_cancelled_read_gives_both_arrays_up():
    values = values_in_memory()
    with serving(values) as server, fsspec_store(server.url) as store:
        csr = zp.open_csr(store)
        server.faults = dict.fromkeys((key for key in values if "/c/" in key), stall)

        async def read():
            reading = asyncio.ensure_future(csr.read_async(ROWS))
            await asyncio.to_thread(server.wait_for, lambda: server.waiting >= 6)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(reading, HANG_SECONDS)
            return asyncio.all_tasks() - {asyncio.current_task()}

        assert run(read()) == set()
        assert tasks_left() == []
        server.faults.clear()
        server.released.set()
        same(csr[ROWS], COUNTS[ROWS])


def test_rows_that_take_many_batches_are_the_same():
    csr, _ = watched(shards=(100_000,))
    rows = np.random.default_rng(0).permutation(3000)
    same(csr[rows], COUNTS[rows])
