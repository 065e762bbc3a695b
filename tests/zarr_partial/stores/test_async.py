"""Reading on an event loop: many reads at once, reads that are cancelled, and what they leave behind."""

import asyncio
import logging
import os

import numpy as np
import pytest
import zarr
from zarr.storage import MemoryStore

import zarr_partial as zp
from tests.zarr_partial.running import run, run_script
from tests.zarr_partial.stores.layouts import LAYOUTS, expected, write
from tests.zarr_partial.stores.loops import tasks_left
from tests.zarr_partial.stores.servers import after, stall, status
from tests.zarr_partial.stores.watching import Watched

HANG_SECONDS = 20


@pytest.fixture(autouse=True)
def quiet_loops(caplog):
    """Asyncio says in its log what was left pending, or raised and never looked at."""
    with caplog.at_level(logging.WARNING, "asyncio"):
        yield
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []
    assert tasks_left() == []


def watched(name):
    memory = MemoryStore()
    write(memory, name)
    array = zp.open(Watched(memory))
    store = array.state.array.store
    store.asked()
    return array, store


KEYS = [3, np.s_[30:410:7, 60:], np.s_[[3, 590, 257]], (431, 3), np.s_[...], np.s_[5:5]]


@pytest.mark.parametrize("name", LAYOUTS)
def test_values_are_those_of_indexing(name):
    array, _ = watched(name)

    async def read():
        return [await array.read_async(key) for key in KEYS]

    for key, got in zip(KEYS, run(read()), strict=True):
        want = array[key]
        assert type(got) is type(want)
        np.testing.assert_array_equal(got, want)
        np.testing.assert_array_equal(got, expected()[key])


# zarr warns of types that it has no specification for.
@pytest.mark.filterwarnings("ignore:The data type .* does not have a Zarr V3 specification")
def test_fields_masks_and_local_arrays_are_read_too(tmp_path):
    data = np.zeros(9, [("a", "<i2"), ("b", "<f8")])
    data["a"] = np.arange(9)
    for store in (MemoryStore(), tmp_path / "a.zarr"):
        zarr.create_array(store, data=data, chunks=(4,), compressors=None)
        array = zp.open(store)
        np.testing.assert_array_equal(run(array.read_async("a")), data["a"])
        mask = data["a"] % 2 == 0
        np.testing.assert_array_equal(run(array.read_async(mask)), data[mask])
        with pytest.raises(IndexError):
            run(array.read_async(9))


def test_many_reads_are_in_flight_at_once_and_the_loop_runs_on(server, array):
    count = 8
    server.meet = count
    server.most_waiting = 0

    async def read():
        turns = 0
        reads = [asyncio.ensure_future(array.read_async(50 * number + 3)) for number in range(count)]
        while not all(read.done() for read in reads):
            turns += 1
            await asyncio.wait(reads, timeout=0.01)
        return turns, [read.result() for read in reads]

    turns, rows = run(asyncio.wait_for(read(), HANG_SECONDS))
    assert turns > 0
    assert server.most_waiting == count
    np.testing.assert_array_equal(rows, expected()[3 : 50 * count : 50])


def test_an_index_of_a_shard_is_known_to_all_reads_after_the_first():
    array, store = watched("shards of raw")

    async def read():
        await array.read_async(3)
        return await asyncio.gather(*(array.read_async(row) for row in range(100)))

    np.testing.assert_array_equal(run(read()), expected()[:100])
    assert store.suffixes == ["c/0/0"]


def test_a_cancelled_read_leaves_nothing_behind(server, array):
    for number in range(10):
        server.faults[f"c/{number}/0"] = stall
    array.state.remote.source.max_in_flight = 4

    async def read():
        reading = asyncio.ensure_future(array.read_async(np.s_[...]))
        await asyncio.to_thread(server.wait_for, lambda: server.waiting >= 4)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(reading, HANG_SECONDS)
        return asyncio.all_tasks() - {asyncio.current_task()}

    server.asked()
    assert run(read()) == set()
    assert tasks_left() == []
    # None of the others was begun.
    assert len(server.asked()) == 4
    server.faults.clear()
    server.released.set()
    np.testing.assert_array_equal(array[...], expected())


def test_a_read_that_takes_too_long_is_cancelled_alone(server, array):
    server.faults["c/0/0"] = stall

    async def read():
        late = asyncio.ensure_future(asyncio.wait_for(array.read_async(3), 0.3))
        row = await array.read_async(77)
        with pytest.raises(TimeoutError):
            await late
        return row

    np.testing.assert_array_equal(run(read()), expected()[77])


def test_an_error_of_one_read_leaves_the_others_alone(server, array):
    server.faults["c/0/0"] = status(503)

    async def read():
        return await asyncio.gather(array.read_async(3), array.read_async(77), return_exceptions=True)

    error, row = run(read())
    assert isinstance(error, zp.UnreadableChunkError)
    np.testing.assert_array_equal(row, expected()[77])


def test_plain_reads_work_inside_of_a_running_loop(array):
    async def read():
        return array[3], array.read(np.s_[40:60]), array.explain(3).requests

    row, rows, requests = run(read())
    np.testing.assert_array_equal(row, expected()[3])
    np.testing.assert_array_equal(rows, expected()[40:60])
    assert requests == 1


@pytest.mark.parametrize("is_async", [False, True])
def test_a_prefetched_read_is_not_fetched_again(is_async):
    array, store = watched("shards of zstd")
    array.prefetch(np.s_[30:60])
    got = run(array.read_async(np.s_[30:60])) if is_async else array[30:60]
    np.testing.assert_array_equal(got, expected()[30:60])
    assert len(store.gets) == 2


def test_prefetch_does_not_wait_and_reads_find_it(server, array):
    server.faults["c/0/0"] = stall
    array.prefetch(np.s_[3:5])
    server.wait_for(lambda: server.waiting >= 1)
    # The stalled one is in nobody's way.
    np.testing.assert_array_equal(array[77], expected()[77])
    server.asked()
    array.close()
    assert tasks_left() == []


def test_of_many_prefetches_the_oldest_are_given_up(server, array):
    for number in range(10):
        server.faults[f"c/{number}/0"] = stall
    for number in range(40):
        array.prefetch(10 * number)
    assert len(array.state.remote._ahead) == 4
    server.faults.clear()
    np.testing.assert_array_equal(array[...], expected())
    array.close()


def test_an_error_of_a_prefetch_is_that_of_the_read_if_it_lasts(server, array):
    server.faults["c/0/0"] = status(503)
    array.prefetch(3)
    server.wait_for(lambda: any(one.key == "c/0/0" for one in server.log))
    with pytest.raises(zp.UnreadableChunkError, match="503"):
        array[3]
    array.prefetch(4)
    server.faults.clear()
    np.testing.assert_array_equal(array[4], expected()[4])
    array.prefetch(np.s_[5:5])


def test_prefetched_and_read_in_a_forked_child():
    if not hasattr(os, "fork"):
        pytest.skip("no fork here")
    script = """
        import os, zarr, numpy as np, zarr_partial as zp
        from zarr.storage import MemoryStore, LoggingStore
        memory = MemoryStore()
        zarr.create_array(memory, data=np.arange(100), chunks=(10,), compressors=None)
        array = zp.open(LoggingStore(memory, log_level="ERROR"))
        array.prefetch(np.s_[20:30])
        child = os.fork()
        if not child:
            assert array[20:30].tolist() == list(range(20, 30))
            array.prefetch(np.s_[40:50])
            assert array[40:50].tolist() == list(range(40, 50))
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert array[20:30].tolist() == list(range(20, 30))
    """
    run_script(script, options=("-W", "ignore"), timeout=HANG_SECONDS)


@pytest.mark.parametrize("what", ["array.prefetch(np.s_[...])", "array.prefetch(3); array.close()"])
def test_a_process_ends_though_a_prefetch_waits(server, what):
    for number in range(12):
        server.faults[f"c/{number}/0"] = stall
    script = f"""
        import numpy as np, zarr_partial as zp
        array = zp.open({server.url!r})
        {what}
    """
    done = run_script(script, options=("-W", "ignore"), timeout=HANG_SECONDS)
    assert "Traceback" not in done.stderr


def test_reads_of_a_server_that_comes_back_are_whole(server, array):
    server.faults["c/0/0"] = after(0, status(404))
    assert not run(array.read_async(3)).any()
    server.faults.clear()
    np.testing.assert_array_equal(run(array.read_async(3)), expected()[3])
