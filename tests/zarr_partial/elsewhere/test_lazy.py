"""`zarr_partial.lazy`: views of zarr-indexing, read by us, by its own reader and by NumPy."""

import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from zarr.codecs import BloscCodec, BytesCodec
from zarr_indexing import (
    ArrayMap,
    BoundsCheckError,
    ConstantMap,
    DimensionMap,
    IndexDomain,
    IndexTransform,
    LazyArray,
    ReadContext,
    basic_reader,
    numpy_reader,
)
from zarr_indexing.testing import ChainedIndexingStateMachine, state_machine_test

import zarr_partial as zp
from zarr_partial import lazy
from zarr_partial.lazy import PartialReader, lazy_array

SHAPE = (7, 5, 4)
DATA = np.arange(7 * 5 * 4, dtype="<i4").reshape(SHAPE)
LAYOUTS = {
    "raw": {"chunks": (3, 2, 4), "compressors": None},
    "raw rows": {"chunks": (2, 5, 4), "compressors": None},
    "raw, big endian": {"chunks": (3, 5, 3), "compressors": None, "serializer": BytesCodec(endian="big")},
    "raw of format 2, order F": {
        "zarr_format": 2, "chunks": (3, 2, 4), "order": "F", "compressors": None
    },
    "blosc": {"chunks": (7, 5, 2), "compressors": BloscCodec(cname="lz4", blocksize=64)},
    "shards": {"chunks": (2, 2, 2), "shards": (4, 4, 4)},
}  # fmt: skip


def source(layout, store=None):
    """Return the data behind zarr_partial, in memory or in a folder."""
    store = zarr.storage.MemoryStore() if store is None else store
    return zp.open(zarr.create_array(store, data=DATA, **LAYOUTS[layout]))


@pytest.fixture(params=list(LAYOUTS))
def array(request, tmp_path):
    return source(request.param, tmp_path / "a.zarr")


class Chains(ChainedIndexingStateMachine):
    """Selections of selections, in every partitioning, resolved by our reader and by zarr-indexing's."""

    data = DATA
    readers = (PartialReader(),)

    def make_source(self, data):
        assert data is DATA
        return source("raw")


class ChainsOfShards(Chains):
    def make_source(self, data):
        return source("shards")


BUDGET = settings(max_examples=30, stateful_step_count=6, deadline=None)
TestChains = state_machine_test(Chains, config=BUDGET)
TestChainsOfShards = state_machine_test(ChainsOfShards, config=BUDGET)


def for_axis(length, domain):
    """Yield strategies for what an axis of the array may depend on: all that a transform can say of it."""
    yield st.builds(ConstantMap, st.integers(0, length - 1))
    for dimension, extent in enumerate(domain):
        for stride in (0, 1, 2, -1, -2):
            reach = stride * (extent - 1)
            low, high = max(0, -reach), length - 1 - max(0, reach)
            if low <= high:
                offsets = st.integers(low, high)
                yield st.builds(DimensionMap, st.just(dimension), offsets, st.just(stride))
    shapes = st.tuples(*(st.sampled_from(sorted({1, extent})) for extent in domain))
    values = st.integers(0, length - 1)
    yield st.builds(ArrayMap, shapes.flatmap(lambda shape: arrays(np.int64, shape, elements=values)))


@st.composite
def transforms(draw):
    domain = tuple(draw(st.lists(st.integers(1, 4), min_size=0, max_size=4)))
    output = tuple(draw(st.one_of(*for_axis(length, domain))) for length in SHAPE)
    return IndexTransform(domain=IndexDomain.from_shape(domain), output=output)


ARRAYS = {name: source(name) for name in LAYOUTS}


@given(st.sampled_from(list(LAYOUTS)), transforms(), st.booleans())
@settings(max_examples=200)
def test_any_transform_is_read_as_it_maps_each_place(layout, transform, strided):
    shape = transform.domain.shape
    out = np.full([2 * length for length in shape] if strided else shape, -1, DATA.dtype)
    target = out[(*(slice(None, None, 2) for _ in shape), ...)] if strided else out
    PartialReader().read_into(ARRAYS[layout], ReadContext(transform), target)
    want = [DATA[transform.apply(place)] for place in np.ndindex(shape)]
    np.testing.assert_array_equal(target, np.array(want, DATA.dtype).reshape(shape))
    assert (out == -1).sum() == out.size - target.size


SELECTIONS = {
    "basic": lambda v: v[1:6:2, ::-1, 3],
    "rows": lambda v: v.oindex[[6, 0, 6]],
    "product": lambda v: v.oindex[[6, 0, 6], :, [3, 1]],
    "points": lambda v: v.vindex[[6, 0, 2], [0, 4, 4], [1, 2, 3]],
    "some axes of points": lambda v: v.vindex[[6, 0, 2], [0, 4, 4]],
    "mask": lambda v: v.oindex[np.arange(7) % 3 == 0],
    "new axis": lambda v: v[None, 2:4],
    "of a selection": lambda v: v[::-1].oindex[[0, 5], [4, 0, 0]][1, ::-2],
    "nothing": lambda v: v[4:4],
    "element": lambda v: v[3, 2, 1],
}


@pytest.mark.parametrize("name", SELECTIONS)
def test_views_are_read_as_by_the_reader_of_zarr_indexing(array, name):
    select = SELECTIONS[name]
    ours, theirs = select(lazy_array(array)), select(LazyArray(array))
    of_numpy = select(LazyArray.from_numpy(DATA))
    assert ours.reader is not theirs.reader is basic_reader
    assert of_numpy.reader is numpy_reader
    assert ours.shape == of_numpy.shape
    found = ours.result()
    np.testing.assert_array_equal(found, of_numpy.result(), strict=True)
    np.testing.assert_array_equal(found, theirs.result(), strict=True)


def test_two_rows_are_two_runs_and_not_the_box_around_them():
    asked = []

    class Watched(zarr.storage.WrapperStore):
        async def get(self, key, prototype, byte_range=None):
            asked.append((key, byte_range))
            return await super().get(key, prototype, byte_range)

    data = np.arange(100_000, dtype="i4").reshape(1000, 100)
    held = zarr.storage.MemoryStore()
    zarr.create_array(held, data=data, chunks=(1000, 100), compressors=None)
    array = zp.open(Watched(held))
    asked.clear()
    rows = lazy_array(array).oindex[[990, 2]].result()
    np.testing.assert_array_equal(rows, data[[990, 2]])
    spans = [span for key, span in asked if key.startswith("c/")]
    assert sum(span.end - span.start for span in spans) == rows.nbytes


def test_views_share_one_reader_among_threads(array):
    view = lazy_array(array)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda row: view.oindex[[row, 0], ::-1].result(), range(7)))
    for row, values in enumerate(found):
        np.testing.assert_array_equal(values, DATA[[row, 0], ::-1])


@pytest.mark.parametrize(
    "data",
    [
        np.array(7.5),
        np.arange(5, dtype=">f8"),
        np.array([["one", "two"], ["three", "four"]], dtype=np.dtypes.StringDType()),
        np.array([(1, 2.5), (3, 4.5)], dtype=[("a", "<i2"), ("b", "<f8")]),
        np.empty((0, 3), dtype="i2"),
    ],
    ids=["0-d", "big endian", "strings", "records", "empty"],
)
def test_odd_arrays_are_read_as_zarr_reads_them(data):
    options = {"chunks": tuple(max(1, length // 2) for length in data.shape)} if data.ndim else {}
    array = zarr.create_array(zarr.storage.MemoryStore(), data=data, **options)
    view = lazy_array(zp.open(array))
    np.testing.assert_array_equal(view.result(), array[...])
    if data.ndim and data.size:
        np.testing.assert_array_equal(view[::-1].result(), data[::-1])
        np.testing.assert_array_equal(view.oindex[[1, 0, 1]].result(), data[[1, 0, 1]])


def test_parts_follow_chunks_of_several_shapes():
    with zarr.config.set({"array.rectilinear_chunks": True}):
        array = zarr.create_array(zarr.storage.MemoryStore(), data=DATA, chunks=[[3, 4], [1, 4], [4]])
        view = LazyArray(zp.open(array)).with_reader(PartialReader())
        assert len(list(view.parts())) == 4
        np.testing.assert_array_equal(view.oindex[[6, 1], [4, 0]].result(), DATA[[6, 1]][:, [4, 0]])


@pytest.mark.parametrize("offset", [-1, 7])
@pytest.mark.parametrize(
    "make", [ConstantMap, lambda at: DimensionMap(0, at, 1), lambda at: ArrayMap([[at]])]
)
def test_transforms_that_leave_the_array_are_refused(array, make, offset):
    inside = (ConstantMap(0), ConstantMap(0))
    output = make(offset)
    if isinstance(output, ArrayMap):
        output = ArrayMap(np.array([offset, 0, offset]))
    transform = IndexTransform(domain=IndexDomain.from_shape((3,)), output=(output, *inside))
    with pytest.raises(BoundsCheckError, match="expected indices from 0 to 6, found"):
        PartialReader().read_into(array, ReadContext(transform), np.empty(3, DATA.dtype))


def test_another_source_is_refused_by_name():
    with pytest.raises(TypeError, match="expected a PartialArray under the view, found ndarray; open it"):
        LazyArray(DATA).with_reader(PartialReader()).result()


def test_many_points_are_read_some_at_a_time(array, monkeypatch):
    monkeypatch.setattr(lazy, "POINTS_AT_ONCE", 5)
    rng = np.random.default_rng(0)
    rows, columns = rng.integers(0, 7, (4, 6)), rng.integers(0, 5, (4, 6))
    np.testing.assert_array_equal(lazy_array(array).vindex[rows, columns].result(), DATA[rows, columns])


def test_damage_is_told_as_by_other_reads(tmp_path):
    array = source("raw rows", tmp_path / "a.zarr")
    (tmp_path / "a.zarr/c/1/0/0").write_bytes(b"short")
    with pytest.raises(zp.CorruptChunkError, match="c/1/0/0"):
        lazy_array(array).oindex[[6, 2]].result()


def test_without_zarr_indexing_the_extra_is_named():
    script = "import sys; sys.modules['zarr_indexing'] = None; import zarr_partial.lazy"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert 'pip install "zarr-partial[lazy]"' in done.stderr


def test_readers_are_pickled(array):
    np.testing.assert_array_equal(
        LazyArray(array).with_reader(pickle.loads(pickle.dumps(PartialReader()))).oindex[[6, 0]].result(),
        DATA[[6, 0]],
    )
