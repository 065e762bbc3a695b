"""zarr is the oracle for arrays that are fetched: any array and selection, by any gap, batch and way.

`pytest tests/zarr_partial/stores --cases 100000` compares about as many selections as it says.
"""

import contextlib
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
import zarr
from hypothesis import given, note, settings
from hypothesis import strategies as st
from zarr.storage import MemoryStore

import zarr_partial as zp
from tests.zarr_partial.conformance import keys
from tests.zarr_partial.conformance.arrays import stored_arrays
from tests.zarr_partial.conformance.budget import SELECTIONS_PER_ARRAY, arrays
from tests.zarr_partial.conformance.compare import assert_same, outcome
from tests.zarr_partial.conformance.test_conformance import pytestmark
from tests.zarr_partial.conformance.test_ways import READS, patched
from tests.zarr_partial.conformance.test_ways import sizes as some_sizes
from tests.zarr_partial.running import run
from tests.zarr_partial.stores.kinds import buffers
from tests.zarr_partial.stores.reading import limit_batches, read_by_pread
from tests.zarr_partial.stores.watching import Watched
from zarr_partial.selection import getitem

__all__ = ["pytestmark"]

# Where arrays lie: in memory, behind a store that is waited for, or in files that are not mapped.
PLACES = ["memory", "store", "store", "files"]
GAPS = [0, 5, 100, 1 << 15]
LIMITS = [1, 200, 1 << 26, 1 << 26]


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    with zarr.config.set({"array.rectilinear_chunks": True}):
        yield tmp_path_factory.mktemp("any")


@contextlib.contextmanager
def written(data, stored, folder, **options):
    """Write the array, open it with us and with zarr, and remove it."""
    path = Path(tempfile.mkdtemp(dir=folder))
    try:
        array = stored.write(path / "a.zarr")
        root = Path(array.store.root)
        place = data.draw(st.sampled_from(PLACES), label="place")
        if place == "files":
            partial = read_by_pread(root, **options)
        else:
            files = [file for file in root.rglob("*") if file.is_file()]
            memory = MemoryStore(
                buffers({file.relative_to(root).as_posix(): file.read_bytes() for file in files})
            )
            partial = zp.open(Watched(memory) if place == "store" else memory, **options)
        if partial.state.remote is not None:
            partial.state.remote.fetcher.gap = data.draw(st.sampled_from(GAPS), label="gap")
            partial.state.remote.source.max_in_flight = data.draw(st.integers(1, 9), label="in flight")
        note(f"{partial!r}")
        yield partial, array
    finally:
        shutil.rmtree(path)


def compare_all(data, stored, folder, **options):
    with written(data, stored, folder, **options) as (partial, array), pytest.MonkeyPatch.context() as patch:
        limit_batches(patch, data.draw(st.sampled_from(LIMITS), label="limit"))
        for _ in range(SELECTIONS_PER_ARRAY):
            way = data.draw(st.sampled_from(list(READS)), label="way")
            keys_of, read = READS[way]
            key = data.draw(keys_of(array), label="key")
            want = outcome(lambda key=key, read=read: read(array, key))
            assert_same(outcome(lambda key=key, read=read: read(partial, key)), want)
            if way != "getitem":
                continue
            if data.draw(st.booleans(), label="async"):
                if not isinstance(want, Exception):
                    partial.prefetch(key)
                assert_same(outcome(lambda key=key: run(partial.read_async(key))), want)
            elif not isinstance(want, Exception) and isinstance(partial.dtype, np.dtype):
                out = np.empty(np.shape(want), array.dtype)
                assert_same(partial.read(key, out), np.asarray(want, array.dtype))


@settings(max_examples=arrays(1_600))
@given(data=st.data(), stored=stored_arrays(), checksums=st.sampled_from(["verify", "skip"]))
def test_fetched_arrays_are_zarrs(data, stored, checksums, folder):
    compare_all(data, stored, folder, checksums=checksums)


@settings(max_examples=arrays(800))
@given(data=st.data(), stored=stored_arrays(), sizes=some_sizes(), threads=st.integers(1, 3))
def test_fetched_arrays_are_zarrs_by_every_way_of_reading(data, stored, sizes, threads, folder):
    with patched(sizes):
        compare_all(data, stored, folder, threads=threads)


@settings(max_examples=arrays(800))
@given(data=st.data(), stored=stored_arrays())
def test_explain_promises_the_requests_that_are_made(data, stored, folder):
    with written(data, stored, folder) as (partial, array):
        if partial.state.remote is None or not isinstance(partial.state.array.store, Watched):
            return
        key = data.draw(keys.getitem_keys(array.shape), label="key")
        if isinstance(outcome(lambda: array[key]), Exception) or getitem(key, array.shape) is None:
            return
        gap = partial.state.remote.fetcher.gap
        plan = partial.explain(key)
        # What was looked at for the plan is known now; so that the read begins with nothing:
        partial.refresh()
        partial.state.remote.fetcher.gap = gap
        store = partial.state.array.store
        store.asked()
        partial[key]
        assert len(store.gets) == plan.requests
