"""Arrays in stores among threads and processes, and reads that are stopped halfway."""

import pickle
import signal
import threading

import numpy as np
import pytest
from zarr.storage import MemoryStore

import zarr_partial as zp
from tests.zarr_partial.random_reads import mismatches
from tests.zarr_partial.stores.kinds import buffers, close
from tests.zarr_partial.stores.layouts import LAYOUTS, expected, values_of
from tests.zarr_partial.stores.loops import tasks_left
from tests.zarr_partial.stores.reading import limit_batches
from tests.zarr_partial.stores.servers import stall
from tests.zarr_partial.stores.watching import Watched


@pytest.mark.parametrize("name", LAYOUTS)
def test_many_threads_read_and_prefetch_one_array(name):
    array = zp.open(Watched(MemoryStore(buffers(values_of(name)))), threads=2)
    data, wrong, start = expected(), [], threading.Barrier(6)

    def read(seed):
        start.wait()
        for row in range(seed, 600, 97):
            array.prefetch(row)
        wrong.extend(mismatches(array, data, seed, 8))

    readers = [threading.Thread(target=read, args=(seed,)) for seed in range(6)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert wrong == []
    array.close()
    assert tasks_left() == []


def test_a_pickled_array_reads_from_the_same_store(array):
    array[3]
    array.prefetch(77)
    copy = pickle.loads(pickle.dumps(array))
    try:
        np.testing.assert_array_equal(copy[77], expected()[77])
    finally:
        files = getattr(copy.state.array.store, "fs", None)
        if files is not None and files is not array.state.array.store.fs:
            close(files)


@pytest.fixture
def interruptible():
    """Let Ctrl-C interrupt, also where a shell made its background jobs deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signals to threads here")
@pytest.mark.parametrize("limit", [1 << 26, 60_000], ids=["one batch", "batches"])
@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_stops_a_read_and_all_its_requests(server, array, limit, monkeypatch):
    limit_batches(monkeypatch, limit)
    for number in range(4, 10):
        server.faults[f"c/{number}/0"] = stall
    reader = threading.get_ident()

    def interrupt():
        server.wait_for(lambda: any(one.key in server.faults for one in server.log))
        signal.pthread_kill(reader, signal.SIGINT)

    interrupter = threading.Thread(target=interrupt)
    interrupter.start()
    with pytest.raises(KeyboardInterrupt):
        array[...]
    interrupter.join()
    assert tasks_left() == []
    server.faults.clear()
    np.testing.assert_array_equal(array[...], expected())


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_stops_what_was_prefetched(server, array):
    server.faults["c/4/0"] = stall
    array.prefetch(200)
    reader = threading.get_ident()
    begun = threading.Event()

    def interrupt():
        # The reader keeps Python's lock from here until it waits for what was prefetched.
        begun.wait(timeout=20)
        server.wait_for(lambda: server.waiting)
        signal.pthread_kill(reader, signal.SIGINT)

    def read():
        begun.set()
        array[200]

    interrupter = threading.Thread(target=interrupt)
    interrupter.start()
    with pytest.raises(KeyboardInterrupt):
        read()
    interrupter.join()
    assert tasks_left() == []


def test_a_report_that_raises_ends_the_read(server, array, monkeypatch):
    limit_batches(monkeypatch, 30_000)
    for number in range(2, 10):
        server.faults[f"c/{number}/0"] = stall

    def report(done, total):
        raise ZeroDivisionError("of the caller")

    with pytest.raises(ZeroDivisionError):
        array.read(np.s_[...], progress=report)
    assert tasks_left() == []


def test_views_of_chunks_elsewhere_are_refused_by_name(array):
    for view in (array.view, lambda: array.chunk_view((0, 0))):
        with pytest.raises(zp.NotViewableError):
            view()
