"""Runs of any lengths along the one axis of an array of any kind, compared with zarr."""

import itertools
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from zarr.codecs import BloscCodec, ZstdCodec

import zarr_partial as zp
from tests.zarr_partial.conformance.arrays import stored_arrays
from tests.zarr_partial.conformance.budget import cases
from tests.zarr_partial.explaining.watching import Watch
from zarr_partial.fetching import batches
from zarr_partial.sparse.runs import ask_for_both, read_elements, selection_of

pytestmark = [
    pytest.mark.filterwarnings("ignore:The data type .* does not have a Zarr V3 specification"),
    pytest.mark.filterwarnings("ignore:Combining a `sharding_indexed` codec disables partial reads"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
]
WAYS = {
    "mapped": {},
    "one thread": {"threads": 1},
    "pread": {"io": "pread"},
    "store": {"io": "store"},
    "cached": {"cache": 1 << 20},
    "a small cache": {"cache": 1 << 9},
    "store, cached": {"io": "store", "cache": 1 << 20},
    "store, prefetched": {"io": "store"},
}


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    with zarr.config.set({"array.rectilinear_chunks": True}):
        yield tmp_path_factory.mktemp("stretches")


@st.composite
def runs(draw, length):
    """Return beginnings and ends within an axis: in any order, some empty, some equal or overlapping."""
    point = st.integers(0, length)
    pairs = draw(st.lists(st.tuples(point, point).map(sorted), max_size=draw(st.sampled_from([3, 12, 60]))))
    if draw(st.booleans()):
        pairs = sorted(pairs)
    if draw(st.booleans()):
        # Neighbours, as consecutive rows are.
        edges = sorted({edge for pair in pairs for edge in pair})
        pairs = list(itertools.pairwise(edges))
    return np.array(pairs, dtype=np.int64).reshape(-1, 2).T


def elements(values, starts, stops):
    parts = [values[a:b] for a, b in zip(starts, stops, strict=True)]
    # NumPy joins big-endian parts as little-endian ones.
    return np.concatenate([values[:0], *parts]).astype(values.dtype)


def same(found, wanted):
    assert found.dtype == wanted.dtype
    assert found.shape == wanted.shape
    np.testing.assert_array_equal(found, wanted)


@settings(max_examples=cases(600) // 8)
@given(data=st.data(), stored=stored_arrays().filter(lambda stored: len(stored.shape) == 1))
def test_elements_of_runs_are_those_that_zarr_has(data, stored, folder):
    path = Path(tempfile.mkdtemp(dir=folder))
    try:
        values = stored.write(path / "a.zarr")[...]
        way = data.draw(st.sampled_from(sorted(WAYS)), label="way")
        with zp.open(path / "a.zarr", **WAYS[way]) as array:
            for _ in range(4):
                starts, stops = data.draw(runs(values.size), label="runs")
                selection = selection_of(starts, stops)
                if way == "store, prefetched":
                    ask_for_both((array, array), selection)
                same(read_elements(array, selection), elements(values, starts, stops))
    finally:
        shutil.rmtree(path)


@settings(max_examples=cases(240) // 8)
@given(data=st.data(), limit=st.sampled_from([1, 64, 300]))
def test_a_read_in_several_batches_gives_the_same(data, limit, folder):
    values = np.random.default_rng(3).integers(0, 9, 700).astype("<f4")
    compressors = data.draw(st.sampled_from([None, ZstdCodec(), BloscCodec(blocksize=64, typesize=4)]))
    path = Path(tempfile.mkdtemp(dir=folder))
    zarr.create_array(path / "a.zarr", data=values, chunks=(70,), compressors=compressors)
    starts, stops = data.draw(runs(values.size))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches.batches_of, "__defaults__", (limit,))
        found = read_elements(zp.open(path / "a.zarr", io="store"), selection_of(starts, stops))
    same(found, elements(values, starts, stops))
    shutil.rmtree(path)


@pytest.mark.parametrize(
    ("options", "units"),
    [
        ({"chunks": (1000,), "compressors": BloscCodec(blocksize=512, typesize=4)}, 16),
        ({"chunks": (1000,), "compressors": ZstdCodec()}, 2),
        ({"chunks": (500,), "shards": (1000,), "compressors": ZstdCodec()}, 4),
    ],
    ids=["blosc", "zstd", "shards"],
)
def test_a_unit_that_many_runs_touch_is_decoded_once(options, units, tmp_path):
    values = np.arange(2000, dtype="<i4")
    zarr.create_array(tmp_path / "a.zarr", data=values, **options)
    # All over both chunks, each block in several runs, and backwards.
    starts = np.arange(1960, -1, -37)
    array = zp.open(tmp_path / "a.zarr")
    with Watch() as watch:
        found = read_elements(array, selection_of(starts, starts + 40))
    same(found, elements(values, starts, starts + 40))
    assert len(watch.units) == units
    assert set(watch.units.values()) == {1}


def test_only_touched_blocks_and_chunks_are_decoded(tmp_path):
    values = np.arange(10_000, dtype="<i4")
    blosc = BloscCodec(blocksize=512, typesize=4)
    zarr.create_array(tmp_path / "a.zarr", data=values, chunks=(1000,), compressors=blosc)
    starts, stops = np.array([3130, 120, 7001]), np.array([3133, 135, 7001])
    with Watch() as watch:
        found = read_elements(zp.open(tmp_path / "a.zarr"), selection_of(starts, stops))
    same(found, elements(values, starts, stops))
    # Elements 120 to 134 lie in two blocks of 128.
    assert len(watch.units) == 3
    assert watch.bytes_decoded == 3 * 512


def test_many_short_runs_of_one_chunk_are_those_of_zarr(tmp_path):
    rng = np.random.default_rng(0)
    for dtype in ("<i4", "<M8[s]", "S3", "<c16", "|u1"):
        values = rng.integers(0, 99, 5000).astype(dtype)
        blosc = BloscCodec(blocksize=100, typesize=1)
        for compressors in (None, ZstdCodec(), blosc):
            path = tmp_path / "a.zarr"
            array = zarr.create_array(path, shape=(6000,), dtype=dtype, chunks=(3000,), overwrite=True,
                                      compressors=compressors)  # fmt: skip
            array[:5000] = values
            starts = rng.integers(0, 5990, 2000)
            stops = starts + rng.integers(0, 9, 2000)
            found = read_elements(zp.open(path), selection_of(starts, stops))
            same(found, elements(array[:], starts, stops))


@pytest.mark.parametrize("nbytes", [5, 2**18])
def test_raw_runs_are_asked_for_from_the_disk_and_read(nbytes, tmp_path):
    values = np.random.default_rng(1).integers(0, 255, 1 << 20).astype("u1")
    zarr.create_array(tmp_path / "a.zarr", data=values, chunks=(1 << 18,), compressors=None)
    starts = np.arange(0, values.size - nbytes, 8191)
    array = zp.open(tmp_path / "a.zarr")
    array.state.residency.chunks().watch.doubt()
    same(
        read_elements(array, selection_of(starts, starts + nbytes)), elements(values, starts, starts + nbytes)
    )
