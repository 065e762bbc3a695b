"""Work in threads: all of it, or the first error; and a forked child reads too."""

import os
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec

import zarr_partial as zp
from tests.zarr_partial.running import run_script
from zarr_partial import parts, units
from zarr_partial.sources import LocalSource
from zarr_partial.threads import for_each


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_every_item_is_worked_on_once(threads):
    done = []
    for_each(done.append, range(200), threads=threads)
    assert sorted(done) == list(range(200))


@pytest.mark.parametrize("threads", [1, 3])
def test_error_is_raised_and_ends_the_rest(threads):
    started = []

    def work(item):
        started.append(item)
        if item == 3:
            raise IndexError("item 3")

    with pytest.raises(IndexError, match="item 3"):
        for_each(work, range(10_000), threads=threads)
    assert len(started) < 10_000


def test_error_of_a_helper_thread_is_raised():
    caller = threading.get_ident()
    both = threading.Barrier(2)

    def work(item):
        both.wait(timeout=10)
        if threading.get_ident() != caller:
            raise ValueError(f"item {item}")

    with pytest.raises(ValueError, match="item"):
        for_each(work, range(2), threads=2)


@pytest.mark.parametrize("threads", [1, 3])
def test_error_in_making_an_item_is_raised(threads):
    def items():
        yield 0
        raise KeyError("item 1")

    done = []
    with pytest.raises(KeyError, match="item 1"):
        for_each(done.append, items(), threads=threads)
    assert done == [0]


def test_helper_that_has_not_begun_is_not_waited_for(monkeypatch):
    done, over = [], threading.Event()
    with ThreadPoolExecutor(1) as pool:
        busy = pool.submit(over.wait, 10)
        monkeypatch.setattr("zarr_partial.threads._pool", lambda _: pool)
        for_each(done.append, range(5), threads=2)
        assert not busy.done()
        over.set()
    assert done == list(range(5))


@pytest.mark.parametrize("by_runs", [True, False])
def test_chunks_of_which_every_block_is_touched_are_shared_by_threads(tmp_path, monkeypatch, by_runs):
    data = np.random.default_rng(0).integers(0, 9, (200, 1000)).astype("<i4")
    codec = BloscCodec(cname="zstd", blocksize=1 << 16)
    zarr.create_array(tmp_path / "a.zarr", data=data, chunks=(100, 1000), compressors=codec)
    both, real = threading.Barrier(2), units.decode_blocks

    def together(*arguments):
        # Goes on only once two threads decode at the same time.
        both.wait(timeout=30)
        return real(*arguments)

    monkeypatch.setattr("zarr_partial.read._prefers_runs", lambda *_: by_runs)
    for module in (units, parts):
        monkeypatch.setattr(module, "decode_blocks", together)
    np.testing.assert_array_equal(zp.open(tmp_path / "a.zarr", threads=2)[:, 7], data[:, 7])


FORKED = """
import os, signal, sys, warnings
import numpy as np
warnings.simplefilter("ignore", DeprecationWarning)
import zarr_partial as zp
array = zp.open(sys.argv[1], threads=2)
before = array[...]
array[5, :]
children = []
for child in range(2):
    pid = os.fork()
    if pid == 0:
        signal.alarm(60)
        rows = np.random.default_rng(child).integers(0, 1000, 2000).tolist()
        same = (array[...] == before).all() and all((array[row, :] == before[row]).all() for row in rows)
        os._exit(0 if same else 1)
    children.append(pid)
sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("threads")
    data = np.arange(400_000, dtype="i4").reshape(1000, 400)
    blosc = BloscCodec(cname="zstd", blocksize=1024)
    zarr.create_array(folder / "blosc.zarr", data=data, chunks=(100, 400), compressors=blosc)
    zarr.create_array(folder / "raw.zarr", data=data, chunks=(10, 400), compressors=None)
    zarr.create_array(
        folder / "missing.zarr", shape=(1000, 400), dtype="i4", chunks=(10, 400), compressors=None
    )
    return folder


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform cannot fork")
@pytest.mark.parametrize("name", ["blosc.zarr", "raw.zarr"])
def test_forked_children_read_after_their_parent_has_read(folder, name):
    run_script(FORKED, folder / name)


@pytest.mark.parametrize("name", ["blosc.zarr", "raw.zarr", "missing.zarr"])
def test_threads_touch_an_array_first_together(folder, name):
    """A map whose address was handed out must not be the one that is dropped: that would crash."""
    script = """
import sys, threading
import numpy as np
import zarr
import zarr_partial as zp
want = zarr.open_array(sys.argv[1])[...]
wrong = []
for attempt in range(12):
    array = zp.open(sys.argv[1], threads=2)
    start = threading.Barrier(8)
    def read(seed):
        rows = np.random.default_rng(seed).permutation(1000)[:600]
        start.wait(timeout=30)
        if not np.array_equal(array.oindex[rows], want[rows]):
            wrong.append(seed)
    readers = [threading.Thread(target=read, args=(seed,)) for seed in range(8)]
    for reader in readers: reader.start()
    for reader in readers: reader.join()
assert not wrong
"""
    run_script(script, folder / name)


def test_two_threads_that_map_one_chunk_get_one_map(folder, monkeypatch):
    both = threading.Barrier(2)
    mapped = LocalSource.map

    def slowly(self, key):
        data = mapped(self, key)
        both.wait(timeout=30)
        return data

    monkeypatch.setattr(LocalSource, "map", slowly)
    chunks = zp.open(folder / "raw.zarr").state.residency.chunks()
    got = []
    readers = [threading.Thread(target=lambda: got.append(chunks.chunk(0))) for _ in range(2)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(timeout=30)
    assert len(got) == 2
    assert got[0] is got[1] is chunks.chunk(0)


def test_pickled_array_reads_in_another_process(folder):
    array = zp.open(folder / "raw.zarr")
    want = array.oindex[[1, 500, 900]]
    pickled = pickle.dumps(array)
    assert len(pickled) < 10_000
    script = """
import pickle, sys
array = pickle.loads(bytes.fromhex(sys.argv[1]))
assert array.oindex[[1, 500, 900]][:, 0].tolist() == [400, 200000, 360000]
"""
    assert want[:, 0].tolist() == [400, 200000, 360000]
    run_script(script, pickled.hex())
    with pytest.raises(TypeError, match="addresses mean nothing"):
        pickle.dumps(array.state.residency.chunks())


def test_reading_goes_on_while_others_refresh(folder):
    array = zp.open(folder / "blosc.zarr", threads=2)
    want = array[...]
    wrong = []

    def read():
        wrong.extend(row for row in range(100) if not np.array_equal(array[row], want[row]))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for _ in range(20):
        array.refresh()
    for reader in readers:
        reader.join(timeout=60)
    assert not wrong


def test_importing_starts_no_thread():
    script = """
import threading, zarr
before = threading.active_count()
import zarr_partial
assert threading.active_count() == before
"""
    run_script(script)


def test_work_is_done_by_the_caller_where_no_thread_can_start(monkeypatch):
    def refuse(threads):
        raise RuntimeError("cannot schedule new futures after interpreter shutdown")

    monkeypatch.setattr("zarr_partial.threads._pool", refuse)
    done = []
    for_each(done.append, range(5), threads=3)
    assert done == list(range(5))


def test_chunks_forgotten_while_they_are_gathered_stay_until_the_end(folder):
    """NumPy lets other threads run in a long gather: a map that went away then would be a crash."""
    script = """
import sys, threading
import numpy as np
import zarr
import zarr_partial as zp
sys.setswitchinterval(1e-5)  # else each map of a chunk waits 5 ms for the interpreter
want = zarr.open_array(sys.argv[1])[...]
array = zp.open(sys.argv[1])
residency = array.state.residency
done = threading.Event()
def forget():
    while not done.is_set():
        residency.forget()
forgetter = threading.Thread(target=forget, daemon=True)
forgetter.start()
rng = np.random.default_rng(0)
for _ in range(120):
    rows = rng.integers(0, 1000, 900)
    assert np.array_equal(array.oindex[rows], want[rows])
    assert np.array_equal(array.vindex[rows, rows % 400], want[rows, rows % 400])
    assert np.array_equal(array[int(rows[0])], want[rows[0]])
done.set()
forgetter.join()
"""
    run_script(script, folder / "raw.zarr")


def test_indices_changed_by_another_thread_after_their_check_do_no_harm(folder):
    """An index that grew after it was checked would be an address outside of every map: a crash."""
    script = """
import sys, threading, time
import numpy as np
import zarr_partial as zp
sys.setswitchinterval(1e-5)  # else each gather waits 5 ms for the interpreter
array = zp.open(sys.argv[1])
rows = np.zeros(20_000, np.int64)
done = threading.Event()
def spoil():
    while not done.is_set():
        rows[:] = 2**52
        rows[:] = 0
spoiler = threading.Thread(target=spoil, daemon=True)
spoiler.start()
reads = [
    lambda: array.oindex[rows],
    lambda: array.oindex[rows, :9],
    lambda: array.vindex[rows, rows],
    lambda: array.take(rows),
]
end = time.monotonic() + 6
while time.monotonic() < end:
    for read in reads:
        try:
            read()
        except (IndexError, ValueError):  # what we refuse, and what zarr finds in the array meanwhile
            pass
done.set()
spoiler.join()
"""
    run_script(script, folder / "raw.zarr")
