"""The cache over places that byte ranges are fetched from: what is fetched, once, and when the rest is."""

import logging

import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec
from zarr.storage import MemoryStore

import zarr_partial as zp
from tests.zarr_partial.cached_arrays import (
    LAYOUTS,
    RAW,
    CountingStore,
    at_once,
    count_decodes,
    expected,
    watch_budget,
    write,
)
from tests.zarr_partial.running import run

LOG = logging.getLogger(__name__)

BLOCK_NBYTES = 4096
BLOCKS, CHUNKS = 16, 3
CHUNK_NBYTES = BLOCK_NBYTES * BLOCKS
SOURCES = {
    "blosc": BloscCodec(cname="zstd", clevel=1, shuffle="noshuffle", blocksize=BLOCK_NBYTES, typesize=1),
    "raw": None,
}
RAW_SHARDS = {"shards": (100, 60), "chunks": (5, 60), "compressors": None}
ALL_LAYOUTS = {**LAYOUTS, "raw": RAW, "shards of raw": RAW_SHARDS}


@pytest.mark.parametrize("name", ALL_LAYOUTS)
def test_what_was_fetched_is_not_fetched_again(name):
    store, data = CountingStore(), expected()
    write(store, name, ALL_LAYOUTS[name])
    partial = zp.open(store, cache="1 MB", threads=2)
    rng = np.random.default_rng(1)
    keys = [rng.integers(0, 400, 9) for _ in range(20)]
    for rows in keys:
        np.testing.assert_array_equal(partial.oindex[rows], data[rows])
        np.testing.assert_array_equal(partial.oindex[rows, 3:50:7], data[rows, 3:50:7])
        np.testing.assert_array_equal(partial.vindex[rows, rows % 60], data[rows, rows % 60])
    np.testing.assert_array_equal(partial[...], data)
    store.restart()
    for rows in keys:
        np.testing.assert_array_equal(partial.oindex[rows], data[rows])
        np.testing.assert_array_equal(partial[rows[0], 5:9], data[rows[0], 5:9])
    np.testing.assert_array_equal(partial[...], data)
    assert store.requests == 0
    assert partial.cache_info().bypasses == 0


@pytest.mark.parametrize("name", ["blosc", "zstd", "shards of blosc", "raw"])
def test_sixteen_threads_that_ask_at_once_fetch_each_chunk_once(name):
    store, data = CountingStore(), expected()
    write(store, name, ALL_LAYOUTS[name])
    alone = zp.open(store, cache="1 MB", threads=1)
    rows = np.arange(3, 400, 20)
    store.restart()
    alone.oindex[rows]
    requests, nbytes = store.requests, store.nbytes
    together = zp.open(store, cache="1 MB", threads=2)
    store.restart()
    for found in at_once(lambda _: together.oindex[rows]):
        np.testing.assert_array_equal(found, data[rows])
    # Headers and indexes may be fetched by several threads before one of them keeps them.
    small = 16 * 400 * 8 if name in ("blosc", "shards of blosc") else 0
    assert nbytes <= store.nbytes <= nbytes + small
    assert small or store.requests == requests


@pytest.mark.parametrize("name", ALL_LAYOUTS)
def test_budget_is_never_exceeded(monkeypatch, name):
    held = watch_budget(monkeypatch)
    store, data = MemoryStore(), expected()
    write(store, name, ALL_LAYOUTS[name])
    partial = zp.open(store, cache=30_000, threads=2)
    rng = np.random.default_rng(2)
    keys = [np.sort(rng.integers(0, 400, int(rng.integers(1, 6)))) for _ in range(96)]

    def read(number):
        for rows in keys[number::16]:
            np.testing.assert_array_equal(partial.oindex[rows], data[rows])
            np.testing.assert_array_equal(partial.oindex[rows, 5:8], data[rows, 5:8])

    assert at_once(read) == [None] * 16
    assert 0 <= min(held) <= max(held) <= 30_000
    assert partial.cache_info().evictions > 0


def test_blocks_of_remote_chunks_are_decoded_once(monkeypatch):
    decodes = count_decodes(monkeypatch)
    store = MemoryStore()
    write(store, "blosc")
    partial, data = zp.open(store, cache="1 MB"), expected()
    for row in [0, 1, 49, 30, 49, 0]:
        np.testing.assert_array_equal(partial[row], data[row])
    np.testing.assert_array_equal(partial[:50], data[:50])
    assert decodes == {(0, block): 1 for block in range(12)}


def test_chunk_that_goes_away_between_two_reads_of_it():
    store = MemoryStore()
    array = write(store, "blosc")
    partial = zp.open(array, cache="1 MB")
    partial[0]
    del store._store_dict["c/0/0"]
    np.testing.assert_array_equal(partial[0], expected()[0])
    with pytest.raises(zp.PartialReadError, match="chunk 'c/0/0'"):
        partial[49]
    partial.refresh()
    assert (partial[0] == 7).all()


def traced(kind):
    """Return a store of incompressible chunks, counted, and the array that was written there."""
    data = np.random.default_rng(0).integers(0, 256, CHUNKS * CHUNK_NBYTES).astype("u1")
    if kind == "blosc":
        # Compressible just enough that Blosc does not store the chunk as it is.
        data.reshape(-1, BLOCK_NBYTES)[:, :256] = 1
    store = CountingStore()
    zarr.create_array(store, data=data, chunks=(CHUNK_NBYTES,), compressors=SOURCES[kind])
    return store, data


def block_lengths(store, kind):
    """Return how many bytes each block takes in the store, and the header of a chunk, chunk by chunk."""
    if kind == "raw":
        return np.full((CHUNKS, BLOCKS), BLOCK_NBYTES), 0
    lengths = np.zeros((CHUNKS, BLOCKS), dtype=np.int64)
    for chunk in range(CHUNKS):
        value = store._store_dict[f"c/{chunk}"].to_bytes()
        starts = np.frombuffer(value, "<u4", BLOCKS, 16).astype(np.int64)
        order = np.argsort(starts)
        lengths[chunk, order] = np.diff(np.append(starts[order], len(value)))
    return lengths, 16 + 4 * BLOCKS


def traces():
    """Return traces of (chunk, block) that an adversary of some policy would choose."""
    rng = np.random.default_rng(4)
    half = [(0, block) for block in range(BLOCKS // 2)]
    yield "one", [(1, 5)]
    yield "up to where the rest is fetched", half
    yield "and back", [*half, (0, BLOCKS - 1)]
    yield "every other", [(chunk, block) for chunk in range(CHUNKS) for block in range(0, BLOCKS, 2)]
    yield "backwards", [(2, block) for block in reversed(range(BLOCKS))]
    yield "the same again", [(0, 3)] * 50
    for seed in range(10):
        count = int(rng.integers(1, CHUNKS * BLOCKS))
        places = rng.integers(0, CHUNKS * BLOCKS, count).tolist()
        yield f"random {seed}", [divmod(place, BLOCKS) for place in places]


def follow(partial, data, trace):
    for chunk, block in trace:
        start = chunk * CHUNK_NBYTES + block * BLOCK_NBYTES
        part = np.s_[start + 100 : start + BLOCK_NBYTES - 100]
        np.testing.assert_array_equal(partial[part], data[part])


@pytest.mark.parametrize("trace", [pytest.param(trace, id=name) for name, trace in traces()])
@pytest.mark.parametrize("kind", SOURCES)
def test_at_most_twice_the_bytes_of_the_best_choice_in_hindsight(kind, trace):
    store, data = traced(kind)
    lengths, header = block_lengths(store, kind)
    # The best choice for a chunk: its touched blocks, each fetched once. It is never all of it.
    chunks, blocks = np.array(sorted(set(trace))).T
    best = int(lengths[chunks, blocks].sum()) + header * np.unique(chunks).size
    partial = zp.open(store, cache="1 GB")
    store.restart()
    follow(partial, data, trace)
    assert store.nbytes <= 2 * best


@pytest.mark.parametrize("kind", SOURCES)
def test_the_rest_of_a_chunk_is_fetched_once_half_of_it_was_asked_for(kind):
    store, data = traced(kind)
    partial = zp.open(store, cache="1 GB")
    follow(partial, data, [(0, block) for block in range(BLOCKS // 2 + 1)])
    store.restart()
    follow(partial, data, [(0, block) for block in range(BLOCKS)])
    assert store.requests == 0
    # Of the others nothing was fetched.
    follow(partial, data, [(1, 0)])
    assert 0 < store.nbytes < 2 * BLOCK_NBYTES


@pytest.mark.parametrize("eighths", [1, 3, 6])
@pytest.mark.parametrize("kind", SOURCES)
def test_under_eviction_at_most_three_times_what_reading_without_a_cache_fetches(kind, eighths):
    store, data = traced(kind)
    rng = np.random.default_rng(5)
    places = rng.integers(0, CHUNKS * BLOCKS, 400).tolist()
    trace = [divmod(place, BLOCKS) for place in places]
    store.restart()
    follow(zp.open(store), data, trace)
    without = store.nbytes
    partial = zp.open(store, cache=CHUNKS * CHUNK_NBYTES * eighths // 8)
    store.restart()
    follow(partial, data, trace)
    # With --log-cli-level=INFO pytest shows it.
    LOG.info("%s, cache of %d/8: fetched %.2f x without a cache", kind, eighths, store.nbytes / without)
    assert partial.cache_info().evictions > 0
    assert store.nbytes <= 3 * without


def test_reads_without_blocking_and_fetches_ahead_go_through_the_cache():
    store, data = CountingStore(), expected()
    write(store, "blosc")
    partial = zp.open(store, cache="1 MB")
    np.testing.assert_array_equal(run(partial.read_async(np.s_[3:9])), data[3:9])
    assert partial.cache_info().misses > 0
    partial.prefetch(np.s_[100:110])
    np.testing.assert_array_equal(partial[100:110], data[100:110])
    store.restart()
    np.testing.assert_array_equal(run(partial.read_async(np.s_[100:110])), data[100:110])
    assert store.requests == 0
