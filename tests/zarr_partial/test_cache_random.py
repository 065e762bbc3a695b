"""Random reads through caches of random sizes, by several threads, and in forked children."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zarr.storage import MemoryStore

import zarr_partial as zp
from tests.zarr_partial.cached_arrays import DATA, LAYOUTS, RAW, at_once, expected, write
from tests.zarr_partial.random_reads import mismatches
from tests.zarr_partial.running import run_script

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cached")
    for name in LAYOUTS:
        write(folder / name, name)
    return folder


@pytest.fixture(scope="module")
def stores():
    stores = {name: MemoryStore() for name in [*LAYOUTS, "raw"]}
    for name, store in stores.items():
        write(store, name, RAW if name == "raw" else None)
    return stores


BUDGETS = st.one_of(st.integers(1, 3000), st.integers(3000, DATA.nbytes), st.just(10**9))


@settings(max_examples=40)
@given(data=st.data(), budget=BUDGETS, seed=st.integers(0, 2**32))
def test_random_reads_by_several_threads(folder, stores, data, budget, seed):
    is_local = data.draw(st.booleans())
    name = data.draw(st.sampled_from(sorted(LAYOUTS if is_local else stores)))
    partial = zp.open(folder / name if is_local else stores[name], cache=budget, threads=2)
    want = expected()
    found = at_once(lambda number: mismatches(partial, want, seed + number, 8), count=4)
    assert found == [[]] * 4
    assert partial.cache_info().nbytes <= budget


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("budget", [10_000, 50_000, 10**6])
def test_sixteen_threads_read_through_one_cache(folder, name, budget):
    partial, data = zp.open(folder / name, cache=budget, threads=3), expected()
    assert at_once(lambda number: mismatches(partial, data, number, 6)) == [[]] * 16


FORK_WHILE_READING = """
import os, signal, sys, threading, warnings
import zarr_partial as zp
from tests.zarr_partial.random_reads import mismatches
# That a process with threads forks is what is tested.
warnings.simplefilter("ignore", DeprecationWarning)
array = zp.open(sys.argv[1], threads=3, cache=int(sys.argv[2]))
data = zp.open(sys.argv[1])[...]
array[:40]
assert array.cache_info().units > 0
stop = threading.Event()

def read(seed):
    while not stop.is_set():
        assert not mismatches(array, data, seed, 1)

readers = [threading.Thread(target=read, args=(seed,), daemon=True) for seed in range(4)]
for reader in readers: reader.start()
codes = []
for seed in range(6):
    pid = os.fork()
    if pid == 0:
        signal.alarm(60)  # a child that waits for a lock of its parent would wait forever
        code = 1
        try:
            is_empty = array.cache_info().units == 0
            array[0]
            code = 0 if is_empty and not mismatches(array, data, 100 + seed, 4) else 2
            code = code if array.cache_info().misses else 3
        finally:
            os._exit(code)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
stop.set()
for reader in readers: reader.join()
sys.exit(max(map(abs, codes)))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform cannot fork")
@pytest.mark.parametrize("budget", [30_000, 10**6])
@pytest.mark.parametrize("name", ["blosc", "zstd", "shards in shards"])
def test_forked_children_begin_with_an_empty_cache(folder, name, budget):
    run_script(FORK_WHILE_READING, folder / name, budget, timeout=180)


def test_views_of_what_was_read_do_not_change_when_memory_is_used_again(folder):
    partial, data = zp.open(folder / "zstd", cache=3 * 20 * 240), expected()
    found = [(partial[row], partial[row : row + 3], partial.oindex[np.array([row])]) for row in range(390)]
    for row, (one, some, rows) in enumerate(found):
        np.testing.assert_array_equal(one, data[row])
        np.testing.assert_array_equal(some, data[row : row + 3])
        np.testing.assert_array_equal(rows, data[[row]])
