"""zarr is the oracle for arrays that are fetched: any array and selection, by any gap, batch and way.

`pytest tests/zarr_partial/stores --cases 100000` compares about as many selections as it says.
"""

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.zarr_partial.conformance import keys
from tests.zarr_partial.conformance.arrays import stored_arrays
from tests.zarr_partial.conformance.budget import SELECTIONS_PER_ARRAY, arrays
from tests.zarr_partial.conformance.compare import assert_same, outcome
from tests.zarr_partial.conformance.places import FETCHED, written
from tests.zarr_partial.conformance.test_conformance import pytestmark
from tests.zarr_partial.conformance.test_ways import READS, patched
from tests.zarr_partial.conformance.test_ways import sizes as some_sizes
from tests.zarr_partial.running import run
from tests.zarr_partial.stores.reading import limit_batches
from zarr_partial.selection import getitem

__all__ = ["pytestmark"]

LIMITS = [1, 200, 1 << 26, 1 << 26]


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    with zarr.config.set({"array.rectilinear_chunks": True}):
        yield tmp_path_factory.mktemp("any")


def compare_all(data, stored, folder, **options):
    with (
        written(data, stored, folder, FETCHED, **options) as (partial, array),
        pytest.MonkeyPatch.context() as patch,
    ):
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


@settings(max_examples=arrays(960))
@given(data=st.data(), stored=stored_arrays(), checksums=st.sampled_from(["verify", "skip"]))
def test_fetched_arrays_are_zarrs(data, stored, checksums, folder):
    compare_all(data, stored, folder, checksums=checksums)


@settings(max_examples=arrays(480))
@given(data=st.data(), stored=stored_arrays(), sizes=some_sizes(), threads=st.integers(1, 3))
def test_fetched_arrays_are_zarrs_by_every_way_of_reading(data, stored, sizes, threads, folder):
    with patched(sizes):
        compare_all(data, stored, folder, threads=threads)


@settings(max_examples=arrays(480))
@given(data=st.data(), stored=stored_arrays())
def test_explain_promises_the_requests_that_are_made(data, stored, folder):
    # A cache buys more than it is asked for.
    with written(data, stored, folder, ["store"], may_cache=False) as (partial, array):
        if partial.state.remote is None:
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
