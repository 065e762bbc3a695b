"""Arrays in stores of every kind: the values, and no more requests than they take."""

import functools

import numpy as np
import pytest
import zarr
from zarr.abc.store import RangeByteRequest, SuffixByteRequest
from zarr.storage import MemoryStore

import zarr_partial as zp
from tests.zarr_partial.stores.kinds import KINDS, fsspec_store, icechunk_session, obstore_of
from tests.zarr_partial.stores.layouts import LAYOUTS, READS, expected, values_of, write
from tests.zarr_partial.stores.servers import serving
from tests.zarr_partial.stores.watching import Watched
from zarr_partial.settings import MAX_REQUESTS

NAMES = {name: name.replace(",", "").replace(" ", "-") for name in LAYOUTS}
# Where nothing is joined, requests can be counted by hand.
SMALL_GAP = 16


@pytest.fixture(scope="module")
def values():
    return {key: value for name, path in NAMES.items() for key, value in values_of(name, path).items()}


# What comes from memory costs nothing to compare; of servers some layouts have to do.
SERVED = [
    "raw boxes", "raw of format 2", "blosc", "zstd", "shards of raw", "shards of blosc", "shards in shards"
]  # fmt: skip
PAIRS = [(kind, name) for kind in KINDS for name in (LAYOUTS if "memory" in kind else SERVED)]


@pytest.fixture(scope="module")
def store(request, values):
    with KINDS[request.param](values) as store:
        yield store


@pytest.fixture(scope="module")
def icechunk_store(values, tmp_path_factory):
    with icechunk_session(values, tmp_path_factory.mktemp("icechunk")) as store:
        yield store


@functools.cache
def zarrs_answers(chunks):
    array = zarr.create_array(MemoryStore(), data=expected(), chunks=chunks)
    return [read(array) for read in READS.values()]


def check_all_reads(store, name):
    array = zp.open(store, NAMES[name])
    assert array.state.remote is not None, array.access
    for read, values in zip(READS.values(), zarrs_answers(array.shards or array.chunks), strict=True):
        np.testing.assert_array_equal(read(array), values)
    want = expected()
    indices = np.array([[7, 599], [-600, 7]])
    np.testing.assert_array_equal(array.take(indices, axis=0), want.take(indices, axis=0))
    out = np.zeros((600, 260), "<i4")[:, ::2]
    assert array.read(np.s_[...], out) is out
    np.testing.assert_array_equal(out, want)


@pytest.mark.parametrize(("store", "name"), PAIRS, indirect=["store"], scope="module")
def test_values_are_those_that_were_written(store, name):
    check_all_reads(store, name)


@pytest.mark.parametrize("name", [name for name in LAYOUTS if "format 2" not in name])
def test_values_of_an_icechunk_session_are_those_that_were_committed(icechunk_store, name):
    check_all_reads(icechunk_store, name)


def opened(name, path=""):
    """Open an array in a store that is watched; zarr makes one of its own that is read-only."""
    memory = MemoryStore()
    write(memory, name, path)
    array = zp.open(Watched(memory), path)
    return array, array.state.array.store


def watched(name, gap=None):
    array, store = opened(name)
    if gap is not None:
        array.state.remote.fetcher.gap = gap
    store.is_strict = True
    store.asked()
    return array, store


@pytest.mark.parametrize("name", LAYOUTS)
def test_nobody_is_asked_for_sizes_names_or_lists(name):
    array, store = watched(name)
    for read in READS.values():
        read(array)
    assert store.gets
    array.explain(np.s_[3:5])
    array.prefetch(np.s_[100:300])
    array[100:300]
    assert all(byte_range is None or kind_of(byte_range) for _, byte_range in store.gets)


def kind_of(byte_range):
    return isinstance(byte_range, (RangeByteRequest, SuffixByteRequest))


EXPLAINED = {
    "element": np.s_[431, 3],
    "row": np.s_[17],
    "rows": np.s_[[3, 590, 257, 120, 122]],
    "box": np.s_[30:410, 60:100],
    "steps": np.s_[30:410:70],
    "column": np.s_[:, 129],
    "all": np.s_[...],
}


@pytest.mark.parametrize("key", EXPLAINED)
@pytest.mark.parametrize("name", LAYOUTS)
def test_requests_are_those_that_explain_promised(name, key):
    plan = watched(name)[0].explain(EXPLAINED[key])
    array, store = watched(name)
    array[EXPLAINED[key]]
    assert len(store.gets) == plan.requests
    assert len(set(map(str, store.gets))) == plan.requests
    if plan.bytes_read is None:
        assert all(byte_range is None for _, byte_range in store.gets)
        return
    asked = sum(
        byte_range.suffix if isinstance(byte_range, SuffixByteRequest) else byte_range.end - byte_range.start
        for _, byte_range in store.gets
    )
    assert abs(asked - plan.bytes_read) <= 0.05 * asked


def test_rows_take_one_range_each_and_neighbours_share_one():
    array, store = watched("raw", gap=SMALL_GAP)
    array[[3, 9, 10, 48, 120]]
    row = 130 * 4
    assert sorted((key, r.start // row, r.end // row) for key, r in store.asked()) == [
        ("c/0/0", 3, 4), ("c/0/0", 9, 11), ("c/0/0", 48, 49), ("c/2/0", 20, 21),
    ]  # fmt: skip


def test_the_gap_decides_which_ranges_become_one():
    row = 130 * 4
    for gap, count in [(0, 3), (row - 1, 3), (row, 2), (3 * row, 1)]:
        array, store = watched("raw", gap=gap)
        array[[3, 5, 9]]
        assert len(store.gets) == count


def test_ranges_of_several_inner_chunks_become_one_where_they_are_neighbours():
    array, store = watched("shards of raw", gap=SMALL_GAP)
    array[20:80]
    index, *ranges = store.asked()
    assert isinstance(index[1], SuffixByteRequest)
    assert len(ranges) == 1
    assert ranges[0][1].end - ranges[0][1].start == 60 * 130 * 4


@pytest.mark.parametrize("name", ["shards of raw", "shards of blosc", "shards of zstd", "shards in shards"])
def test_the_index_of_a_shard_is_asked_for_by_suffix_and_once(name):
    array, store = watched(name)
    array[17]
    assert store.suffixes == ["c/0/0"]
    store.asked()
    array[[18, 220]]
    assert store.suffixes == ["c/1/0"]
    store.asked()
    array[...]
    assert store.suffixes == ["c/2/0"]


def test_an_index_at_the_start_is_asked_for_by_range_and_once():
    array, store = watched("shards of raw, index at the start")
    nbytes = 8 * 16 + 4
    array[17]
    assert store.asked()[0] == ("c/0/0", RangeByteRequest(0, nbytes))
    array[18]
    assert [r.start >= nbytes for _, r in store.asked()] == [True]


def test_blosc_headers_are_asked_for_once():
    array, store = watched("blosc", gap=SMALL_GAP)
    array[17]
    first = store.asked()
    # The starts of so many blocks take another request, the first time.
    assert [r.start > 220 for _, r in first] == [False, False, True]
    array[150]
    assert [r.start > 220 for _, r in store.asked()] == [True]
    array[210]
    assert [r.start > 220 for _, r in store.asked()] == [False, True]


@pytest.mark.parametrize("name", ["raw", "zstd", "shards of zstd"])
def test_missing_chunks_are_fill_value_and_cost_one_request(name):
    array, store = watched(name)
    assert not array[599].any()
    assert len(store.gets) == 1


@pytest.mark.parametrize("kind", ["fsspec http", "obstore http"])
def test_all_requests_of_a_read_are_in_flight_at_once(kind, values):
    count = 10
    with serving(values) as server, fsspec_store(server.url) as fsspecs:
        store = fsspecs if kind == "fsspec http" else obstore_of(server.url)
        array = zp.open(store, NAMES["raw"])
        server.asked()
        server.meet = count
        np.testing.assert_array_equal(array[::50], expected()[::50])
        assert server.most_waiting >= count


def test_no_more_requests_are_in_flight_than_the_limit(values):
    with serving(values) as server, fsspec_store(server.url) as store:
        array = zp.open(store, NAMES["raw"], max_requests=3)
        server.most_waiting = 0
        server.meet = 3
        np.testing.assert_array_equal(array[...], expected())
        assert server.most_waiting == 3


def test_the_limit_holds_where_it_is_not_set():
    memory = MemoryStore()
    data = np.arange(4 * MAX_REQUESTS, dtype="<i4")
    zarr.create_array(memory, data=data, chunks=(1,), compressors=None)
    array = zp.open(Watched(memory))
    store = array.state.array.store
    store.most_waiting = 0
    np.testing.assert_array_equal(array[...], data)
    assert store.most_waiting == MAX_REQUESTS


def test_indexes_of_all_shards_are_fetched_together_before_the_data():
    array, store = watched("shards of raw", gap=SMALL_GAP)
    array[::150]
    kinds = [isinstance(byte_range, SuffixByteRequest) for _, byte_range in store.gets]
    assert kinds == [True, True, True, False, False, False, False]


def test_a_prefetched_read_asks_for_nothing_more():
    array, store = watched("shards of raw")
    array.prefetch(np.s_[30:40])
    np.testing.assert_array_equal(array[30:40], expected()[30:40])
    count = len(store.gets)
    assert count == 2
    # What was fetched ahead is given out once.
    array[30:40]
    assert len(store.gets) == count + 1


def test_progress_is_told_up_to_all_bytes():
    array, _ = watched("zstd")
    told = []
    got = array.read(np.s_[...], progress=lambda done, total: told.append((done, total)))
    np.testing.assert_array_equal(got, expected())
    assert told[-1] == (got.nbytes, got.nbytes)
    assert told == sorted(told)


def test_an_array_in_a_group_is_read_from_its_path():
    array, store = opened("shards of zstd", path="raw/X")
    np.testing.assert_array_equal(array[ROW], expected()[ROW])
    assert {key for key, _ in store.gets if "/c/" in key} == {"raw/X/c/0/0"}


ROW = 17
