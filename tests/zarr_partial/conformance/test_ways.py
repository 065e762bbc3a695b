"""The same values by every way of reading: by address or chunk by chunk, in threads or not, in windows.

Which way is taken depends on sizes that measurements have set, far above those of the arrays that
Hypothesis draws. Here these sizes are drawn too, and some arrays are large.
"""

import contextlib

import numcodecs
import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, ShardingCodec, TransposeCodec, ZstdCodec

import zarr_partial as zp
from tests.zarr_partial.conformance import keys
from tests.zarr_partial.conformance.arrays import stored_arrays
from tests.zarr_partial.conformance.budget import SELECTIONS_PER_ARRAY, arrays
from tests.zarr_partial.conformance.compare import assert_same, outcome
from tests.zarr_partial.conformance.places import written
from tests.zarr_partial.conformance.test_conformance import pytestmark
from tests.zarr_partial.random_reads import read_somehow

__all__ = ["pytestmark"]

# Never and always, or few and many, of what each size decides about.
NONE, MANY = 0, 2**40
SIZES = {
    "read.GATHER_PARTS": [NONE, MANY],
    "read.GATHERED_RUNS_PER_PART": [NONE, MANY],
    "read.MAX_GATHERED_RUN_NBYTES": [NONE, MANY],
    "read.SORTED_RUNS_PER_PART": [NONE, MANY],
    "read.SORTED_RUNS_PER_SPARSE_BLOSC_PART": [NONE, MANY],
    "read.MAX_RUNS": [NONE, 3],
    "read.MAX_NUMBERED_LEAVES": [NONE, 2],
    "parts.PARALLEL_NBYTES": [NONE, MANY],
    "parts.WINDOW_NBYTES": [1, 40, 300],
    "units.PARALLEL_NBYTES": [NONE, MANY],
    "parts.PARALLEL_DECODED_NBYTES": [1, MANY],
    "parts.MANY_TURNS": [1],
    "parts.MAX_PARTS_AT_ONCE": [1, 3],
    "units.MAX_WHOLE_NBYTES": [NONE, MANY],
    "together.MAX_UNITS_AT_ONCE": [1, 2],
    "together.TOGETHER_NBYTES": [NONE, 300, MANY],
    "units.FEW_COPIES": [NONE, 1, 10**6],
    "units.MAX_KEPT_SCRATCH_NBYTES": [NONE],
    "resident.TABLE_LEAVES": [NONE, 2],
    "resident.MAX_FILL_NBYTES": [NONE],
    "resident.MAX_FRAMES": [NONE, 1],
    "gather.ITEMS_WITH_GIL": [1, 10],
    "gather.SCRATCH_NBYTES": [1, 100],
    "gather.FEW_RUNS": [NONE, 10**6],
    "gather.FEW_PIECES": [NONE, 10**6],
    "gather.MAX_ITEM_NBYTES": [NONE, MANY],
    "rows.MAX_VIEWS": [NONE, 1],
    "sources.local.MAPS_PER_PROCESS": [NONE, 1, 3],
    "mosaic.MAX_LISTED": [NONE, 2],
    "tiles.MAX_TILES": [NONE, 1],
    "tiles.MAX_SCATTERED_NBYTES": [NONE, 30],
    "tiles.PARALLEL_NBYTES": [NONE],
    "sources.archive.MAX_UNPACKED_NBYTES": [NONE, 300],
    "sources.archive.MAX_UNPACKED": [1, 3],
}

READS = {
    "getitem": (lambda a: keys.getitem_keys(a.shape), lambda a, key: a[key]),
    "oindex": (lambda a: keys.oindex_keys(a.shape), lambda a, key: a.oindex[key]),
    "vindex": (lambda a: keys.vindex_keys(a.shape), lambda a, key: a.vindex[key]),
}


@st.composite
def sizes(draw):
    """Some of the sizes, each with one of its values."""
    names = draw(st.lists(st.sampled_from(list(SIZES)), unique=True, max_size=8))
    return {name: draw(st.sampled_from(SIZES[name])) for name in names}


@contextlib.contextmanager
def patched(sizes):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in sizes.items():
            patch.setattr(f"zarr_partial.{name}", value)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ways")


@settings(max_examples=arrays(800))
@given(data=st.data(), stored=stored_arrays(), sizes=sizes(), threads=st.integers(1, 3))
def test_sizes_decide_about_speed_alone(data, stored, sizes, threads, folder):
    with (
        zarr.config.set({"array.rectilinear_chunks": True}),
        patched(sizes),
        written(data, stored, folder, threads=threads) as (partial, array),
    ):
        for _ in range(SELECTIONS_PER_ARRAY):
            way = data.draw(st.sampled_from(list(READS)), label="way")
            keys_of, read = READS[way]
            key = data.draw(keys_of(array), label="key")
            want = outcome(lambda key=key, read=read: read(array, key))
            assert_same(outcome(lambda key=key, read=read: read(partial, key)), want)
            if way == "getitem" and not isinstance(want, Exception):
                out = np.empty(np.shape(want), array.dtype)
                assert_same(partial.read(key, out), np.asarray(want, array.dtype))


DATA = np.random.default_rng(0).integers(0, 50, (2500, 300)).astype("<i4")
BLOSC = BloscCodec(cname="zstd", shuffle="shuffle", typesize=4)
INNER = ShardingCodec(chunk_shape=(50, 100), codecs=[BytesCodec(), ZstdCodec(level=1)])
LARGE = {
    "raw rows": {"chunks": (100, 300), "compressors": None},
    "raw, one chunk": {"chunks": (2500, 300), "compressors": None},
    "raw boxes": {"chunks": (700, 110), "compressors": None},
    "raw, big": {"chunks": (700, 300), "compressors": None, "serializer": BytesCodec(endian="big")},
    "raw, transposed": {"chunks": (700, 300), "compressors": None, "filters": [TransposeCodec(order=(1, 0))]},
    "raw, many chunks": {"chunks": (3, 100), "compressors": None},
    "blosc": {"chunks": (1000, 300), "compressors": BLOSC},
    "blosc, small blocks": {"chunks": (700, 110), "compressors": BloscCodec(blocksize=4096, typesize=4)},
    "blosc, order F": {
        "zarr_format": 2, "order": "F", "chunks": (1000, 300), "compressors": numcodecs.Blosc(blocksize=8192)
    },
    "zstd": {"chunks": (100, 300), "compressors": ZstdCodec(level=1)},
    "zstd boxes": {"chunks": (700, 110), "compressors": ZstdCodec(level=1)},
    "crc32c": {"chunks": (100, 300), "compressors": Crc32cCodec()},
    "shards": {"chunks": (50, 300), "shards": (1000, 300), "compressors": None},
    "shards of boxes": {"chunks": (50, 50), "shards": (1000, 150), "compressors": None},
    "shards of blosc": {"chunks": (500, 300), "shards": (1000, 300), "compressors": BLOSC},
    "shards of zstd": {"chunks": (50, 300), "shards": (1000, 300), "compressors": ZstdCodec(level=1)},
    "shards in shards": {
        "chunks": (1000, 300), "compressors": None,
        "serializer": ShardingCodec(chunk_shape=(500, 300), codecs=[INNER]),
    },
}  # fmt: skip


@pytest.mark.parametrize("layout", LARGE)
def test_large_arrays_are_numpys(tmp_path, layout):
    array = zarr.create_array(tmp_path / "a.zarr", shape=DATA.shape, dtype=DATA.dtype, **LARGE[layout])
    array[:2310, :290] = DATA[:2310, :290]
    want = DATA.copy()
    want[2310:], want[:, 290:] = 0, 0
    for threads in (1, 3):
        partial = zp.open(tmp_path / "a.zarr", threads=threads)
        for seed in range(arrays(240)):
            kind, got, expected = read_somehow(partial, want, np.random.default_rng(seed), most=600)
            np.testing.assert_array_equal(got, expected, f"seed {seed}: {kind}")
