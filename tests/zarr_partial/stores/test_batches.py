"""Selections cut into batches: each element once, whatever the limit, and the values are NumPy's."""

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from zarr.codecs import BloscCodec, TransposeCodec, ZstdCodec
from zarr.storage import MemoryStore

import zarr_partial as zp
from tests.zarr_partial.conformance import keys
from tests.zarr_partial.conformance.budget import cases
from tests.zarr_partial.conformance.compare import assert_same, outcome
from tests.zarr_partial.running import run
from tests.zarr_partial.stores.reading import limit_batches
from tests.zarr_partial.stores.watching import Watched
from zarr_partial.fetching.batches import batches_of
from zarr_partial.selection import Coordinates, coordinates, getitem

OPTIONS = {
    "raw": {"compressors": None},
    "raw, order F": {"compressors": None, "filters": [TransposeCodec(order=(2, 1, 0))]},
    "blosc": {"compressors": BloscCodec(cname="lz4", blocksize=128, typesize=4)},
    "zstd": {"compressors": ZstdCodec(level=1)},
    "shards": {"compressors": None, "shards": (6, 8, 12)},
}
SHAPE, CHUNKS = (13, 9, 17), (3, 4, 6)
DATA = np.arange(np.prod(SHAPE), dtype="<i4").reshape(SHAPE) + 1
LIMITS = st.sampled_from([1, 4, 100, 300, 1000, 5000, 10**9])


@pytest.fixture(scope="module")
def stores():
    found = {}
    for name, options in OPTIONS.items():
        memory = MemoryStore()
        zarr.create_array(memory, data=DATA, chunks=CHUNKS, **options)
        found[name] = memory
    return found


def selection_of(data, array):
    """Draw a key, and return it with the selection it is, if it is one that we read."""
    if data.draw(st.booleans(), label="vindex"):
        key = data.draw(keys.vindex_keys(SHAPE), label="key")
        return (lambda a: a.vindex[key]), outcome(lambda: coordinates(key, SHAPE))
    key = data.draw(keys.getitem_keys(SHAPE), label="key")
    return (lambda a: a[key]), outcome(lambda: getitem(key, SHAPE))


@settings(max_examples=cases(200))
@given(data=st.data(), name=st.sampled_from(list(OPTIONS)), limit=LIMITS)
def test_batches_take_each_element_once(data, name, limit, stores):
    layout = zp.open(stores[name]).state.layout
    _, selection = selection_of(data, DATA)
    if selection is None or isinstance(selection, Exception) or 0 in selection.shape:
        return
    if isinstance(selection, Coordinates):
        want = DATA[tuple(selection.vectors)].reshape(-1)
    else:
        want = DATA[np.ix_(*(axis.indices() for axis in selection.axes))]
    got = np.zeros_like(want)
    times = np.zeros(want.shape, dtype=int)
    for batch in batches_of(selection, layout, limit):
        part = batch.selection
        if isinstance(part, Coordinates):
            index, values = batch.index[0], DATA[tuple(part.vectors)]
        else:
            full = [
                np.arange(n)[i] if isinstance(i, slice) else i
                for i, n in zip(batch.index, want.shape, strict=True)
            ]
            index = np.ix_(*full) if full else ()
            values = DATA[np.ix_(*(axis.indices() for axis in part.axes))]
        got[index] = values
        times[index] += 1
    assert (times == 1).all()
    np.testing.assert_array_equal(got, want)


@settings(max_examples=cases(200))
@given(
    data=st.data(),
    name=st.sampled_from(list(OPTIONS)),
    limit=LIMITS,
    gap=st.sampled_from([0, 30, 10**6]),
    threads=st.integers(1, 2),
)
def test_reads_in_batches_are_numpys(data, name, limit, gap, threads, stores):
    array = zp.open(data.draw(st.sampled_from([Watched, lambda store: store]))(stores[name]), threads=threads)
    array.state.remote.fetcher.gap = gap
    read, _ = selection_of(data, array)
    want = outcome(lambda: read(zarr.open_array(stores[name], mode="r")))
    told = []
    with pytest.MonkeyPatch.context() as patch:
        limit_batches(patch, limit)
        assert_same(outcome(lambda: read(array)), want)
        if data.draw(st.booleans(), label="more"):
            key = data.draw(keys.getitem_keys(SHAPE), label="key")
            want = outcome(lambda: zarr.open_array(stores[name], mode="r")[key])
            if data.draw(st.booleans(), label="prefetch") and not isinstance(want, Exception):
                array.prefetch(key)
            report = lambda done, total: told.append((done, total))  # noqa: E731
            assert_same(outcome(lambda: array.read(key, progress=report)), want)
            assert_same(outcome(lambda: run(array.read_async(key))), want)
    if told:
        assert told == sorted(told)
        assert told[-1][0] == told[-1][1] == want.nbytes


def test_a_large_read_holds_no_more_than_its_batches(monkeypatch):
    data = np.zeros((64, 1 << 14), dtype="<i4")
    memory = MemoryStore()
    zarr.create_array(memory, data=data, chunks=(1, 1 << 14), compressors=ZstdCodec(), fill_value=1)
    array = zp.open(memory)
    limit_batches(monkeypatch, 4 << 16)
    told = []
    array.read(np.s_[...], progress=lambda done, total: told.append(done))
    assert told == [(number + 1) * (4 << 16) for number in range(16)]
