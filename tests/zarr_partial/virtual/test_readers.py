"""Others read virtual chunks through the store: xarray, Dask, zarr_partial itself, tensorstore over HTTP."""

import numpy as np
import pytest
import tensorstore
import xarray
import zarr
from dask import array as da
from zarr.codecs import BloscCodec
from zarr.storage import MemoryStore, ZipStore

import zarr_partial as zp
from tests.zarr_partial.running import in_thread
from tests.zarr_partial.virtual.serving_stores import serving_store
from tests.zarr_partial.zipping import zipped

ROWS = np.random.default_rng(0).integers(1, 30, (1024, 64)).astype("i4")
LZ4 = BloscCodec(cname="lz4", blocksize=8192)
# Chunks of 512 x 64, cut into 256 x 64.
LAYOUTS = {
    "raw": {"compressors": None},
    "blosc": {"compressors": LZ4},
    "raw shards": {"shards": (1024, 64), "compressors": None},
    "blosc shards": {"shards": (1024, 64), "compressors": LZ4},
    "format 2": {"zarr_format": 2, "order": "F", "compressors": None},
    "format 2 blosc": {"zarr_format": 2, "compressors": {"id": "blosc", "cname": "lz4", "blocksize": 8192}},
}


@pytest.fixture(params=LAYOUTS)
def options(request):
    return LAYOUTS[request.param]


def attributes(options):
    """Return where each format keeps the names of dimensions."""
    if options.get("zarr_format") == 2:
        return {"attributes": {"_ARRAY_DIMENSIONS": ["time", "place"], "unit": "K"}}
    return {"dimension_names": ["time", "place"], "attributes": {"unit": "K"}}


def test_xarray_opens_the_store(options, make):
    array = make(data=ROWS, chunks=(512, 64), **attributes(options), **options)
    store = zp.virtual_chunks(array, (256, 64), path="temperature").store
    with xarray.open_zarr(
        store, consolidated=False, zarr_format=array.metadata.zarr_format, chunks={}
    ) as found:
        variable = found["temperature"]
        assert variable.dims == ("time", "place")
        assert variable.attrs["unit"] == "K"
        assert variable.chunks == ((256,) * 4, (64,))
        np.testing.assert_array_equal(variable.sel(time=slice(300, 700)).values, ROWS[300:700])


def test_dask_reads_the_virtual_chunks_in_threads_and_processes(options, make):
    array = make(data=ROWS, chunks=(512, 64), **options)
    shown = zarr.open_array(zp.virtual_chunks(array, (256, 64)).store)
    lazy = da.from_array(shown, chunks=shown.chunks)
    assert lazy.numblocks == (4, 1)
    np.testing.assert_array_equal(lazy.compute(scheduler="threads"), ROWS)


def test_dask_processes_get_a_store_of_their_own(make):
    array = make(data=ROWS, chunks=(512, 64))
    shown = zarr.open_array(zp.virtual_chunks(array, (256, 64)).store)
    total = da.from_array(shown, chunks=shown.chunks).sum().compute(scheduler="processes", num_workers=1)
    assert total == ROWS.sum()


def test_tensorstore_reads_over_http_what_zarr_reads(options, make):
    array = make(data=ROWS, chunks=(512, 64), **options)
    virtual = zp.virtual_chunks(array, (256, 64))
    driver = "zarr" if array.metadata.zarr_format == 2 else "zarr3"
    with serving_store(virtual.store) as server:
        spec = {"driver": driver, "kvstore": {"driver": "http", "base_url": server.url, "path": "/"}}
        found = tensorstore.open(spec, read=True).result(20)
        assert found.chunk_layout.read_chunk.shape == (256, 64)
        np.testing.assert_array_equal(found[300:700].read().result(20), ROWS[300:700])
        asked = {one.key for one in server.asked()}
    assert asked <= {virtual.store.shown.chunk_key((at, 0)) for at in (1, 2)}


def test_tensorstore_reads_missing_chunks_over_http_as_fill_values(make):
    array = make(data=np.zeros((1024, 64), "i4"), chunks=(512, 64), fill_value=7)
    array[600:610] = 1
    with serving_store(zp.virtual_chunks(array, (256, 64)).store) as server:
        spec = {"driver": "zarr3", "kvstore": {"driver": "http", "base_url": server.url, "path": "/"}}
        found = tensorstore.open(spec, read=True).result(20).read().result(20)
    np.testing.assert_array_equal(found, array[...])


def test_zarr_partial_reads_its_own_virtual_chunks(options, make):
    array = make(data=ROWS, chunks=(512, 64), **options)
    store = zp.virtual_chunks(array, (256, 64)).store
    np.testing.assert_array_equal(zp.open(store).oindex[[3, 900, 511]], ROWS[[3, 900, 511]])
    again = zp.virtual_chunks(store, (256, 64))
    np.testing.assert_array_equal(zarr.open_array(again.store)[...], ROWS)


def test_zarrs_fused_pipeline_reads_without_an_event_loop(options, make):
    array = make(data=ROWS, chunks=(512, 64), **options)
    with zarr.config.set({"codec_pipeline.path": "zarr.core.codec_pipeline.FusedCodecPipeline"}):
        shown = zarr.open_array(zp.virtual_chunks(array, (256, 64)).store)
        np.testing.assert_array_equal(in_thread(lambda: shown[...]), ROWS)


def test_members_of_an_archive_are_shown_in_virtual_chunks(options, make, tmp_path):
    make("zipped.zarr", data=ROWS, chunks=(512, 64), **options)
    store = ZipStore(zipped(tmp_path / "zipped.zarr", tmp_path / "a.zip", begin=b"x" * 13), mode="r")
    np.testing.assert_array_equal(zarr.open_array(zp.virtual_chunks(store, (256, 64)).store)[...], ROWS)


def test_an_array_in_a_group_of_any_store_is_shown(options):
    store = MemoryStore()
    group = zarr.create_group(store, path="deep", zarr_format=options.get("zarr_format", 3))
    options = {name: value for name, value in options.items() if name != "zarr_format"}
    array = group.create_array("a", data=ROWS, chunks=(512, 64), **options)
    np.testing.assert_array_equal(zarr.open_array(zp.virtual_chunks(array, (256, 64)).store)[...], ROWS)


def test_what_there_is_to_know_is_told(make):
    virtual = zp.virtual_chunks(make(), (1, 3))
    assert repr(virtual) == "<VirtualChunks 20 x 6 float32, 5 x 6 shown as 1 x 3>"
    told = dict(virtual.describe())
    assert told["virtual chunks"] == "1 x 3, 40 of them"
    assert told["how"] == "each is one byte range of an uncompressed chunk"
    assert "40 of them" in virtual._repr_html_()
    assert (virtual.grid_shape, virtual.nchunks, virtual.ndim) == ((20, 2), 40, 2)
    assert virtual.source_chunks == (5, 6)
    assert virtual.dtype == np.dtype("f4")
