"""Dask arrays over ours, without a cluster: chunks, names, and every way `from_array` may ask."""

import pickle

import dask
import dask.array as da
import numpy as np
import pytest
import zarr
from dask.base import tokenize
from zarr.storage import LocalStore, MemoryStore

import zarr_partial as zp
from tests.zarr_partial.elsewhere.packing import zipped
from tests.zarr_partial.stores.kinds import KINDS, icechunk_session
from tests.zarr_partial.stores.layouts import LAYOUTS, expected, values_of, write

DATA = expected()
CHECKED = {"tokenize.ensure-deterministic": True}


@pytest.fixture
def folder(tmp_path):
    write(LocalStore(tmp_path / "a.zarr"), "raw")
    return tmp_path / "a.zarr"


@pytest.fixture(autouse=True)
def _threads():
    with dask.config.set(scheduler="threads", num_workers=2):
        yield


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_values_that_zarr_gives(layout, tmp_path):
    array = zp.open(write(LocalStore(tmp_path / "a.zarr"), layout))
    lazy = da.from_array(array)
    assert (lazy.shape, lazy.dtype) == (DATA.shape, DATA.dtype)
    np.testing.assert_array_equal(lazy.compute(), DATA)
    np.testing.assert_array_equal(lazy[::7, [5, 3]].sum(axis=0).compute(), DATA[::7, [5, 3]].sum(axis=0))


@pytest.mark.parametrize(
    "options", [{"inline_array": True}, {"lock": True}, {"asarray": False}, {"fancy": False}]
)
def test_options_of_from_array(folder, options):
    lazy = da.from_array(zp.open(folder), chunks=(150, 65), **options)
    np.testing.assert_array_equal((lazy[[590, 3]] + 1).compute(), DATA[[590, 3]] + 1)
    assert isinstance(lazy._meta, np.ndarray)


def chunks_of(tmp_path, size, **layout):
    array = zarr.create_array(tmp_path / "a.zarr", shape=(6400, 800), dtype="f4", **layout)
    with dask.config.set({"array.chunk-size": size}):
        ours, zarrs = da.from_array(zp.open(array)), da.from_array(array)
    assert ours.chunks == zarrs.chunks
    return ours.chunksize


def test_chunks_of_dask_are_several_whole_ones(tmp_path):
    rows, columns = chunks_of(tmp_path, "1 MiB", chunks=(64, 80))
    assert rows % 64 == columns % 80 == 0
    assert 64 * 80 < rows * columns <= 2**18


def test_chunks_of_dask_are_whole_shards_even_if_they_are_small(tmp_path):
    rows, columns = chunks_of(tmp_path, "1 MiB", shards=(640, 160), chunks=(10, 16))
    assert rows % 640 == columns % 160 == 0


def test_chunks_of_several_shapes_are_read_however_they_are_cut(tmp_path):
    with zarr.config.set({"array.rectilinear_chunks": True}):
        array = zp.open(
            zarr.create_array(tmp_path / "a.zarr", data=DATA, chunks=[[200, 100, 300], [100, 30]])
        )
        with pytest.raises(NotImplementedError, match="rectilinear chunk grid"):
            array.chunks  # noqa: B018
        assert not hasattr(array, "chunks")
        np.testing.assert_array_equal(da.from_array(array).compute(), DATA)
        aligned = da.from_array(array, chunks=array.read_chunk_sizes)
        assert aligned.chunks == array.write_chunk_sizes == ((200, 100, 300), (100, 30))
        np.testing.assert_array_equal(aligned.compute(), DATA)


@pytest.mark.parametrize(
    "data",
    [
        np.array(7.5),
        np.arange(6, dtype=">i8"),
        np.empty((0, 4), "f4"),
        np.array([("a", 1), ("b", 2)], dtype=[("name", "<U1"), ("n", "<i2")]),
        np.array(["2026-01-01", "NaT"], dtype="M8[D]"),
    ],
    ids=["0-d", "big endian", "empty", "records", "dates"],
)
def test_odd_arrays(data):
    array = zarr.create_array(MemoryStore(), data=data, chunks=tuple(max(1, n // 2) for n in data.shape))
    found = da.from_array(zp.open(array)).compute()
    np.testing.assert_array_equal(found, data)
    assert np.asarray(found).dtype == array.dtype


def token_of(array):
    with dask.config.set(CHECKED):
        return tokenize(array)


def test_names_are_those_of_the_place_whoever_opened_it_and_read_what(folder, tmp_path):
    write(LocalStore(tmp_path / "b.zarr"), "raw")
    array = zp.open(folder)
    token = token_of(array)
    array[3]
    same = [array, zp.open(folder), zp.open(zarr.open_array(folder)), pickle.loads(pickle.dumps(array))]
    assert {token_of(one) for one in same} == {token}
    assert token_of(zp.open(tmp_path / "b.zarr")) != token
    # What a function finds may depend on the way of reading.
    for options in ({"checksums": "skip"}, {"io": "pread"}, {"cache": 9}, {"threads": 3}):
        assert token_of(zp.open(folder, **options)) != token
    assert da.from_array(array).name == da.from_array(zp.open(folder)).name


def test_names_change_with_the_metadata_and_not_with_the_values(folder):
    token = token_of(zp.open(folder))
    stored = zarr.open_array(folder)
    stored[:] = 1
    assert token_of(zp.open(folder)) == token
    stored.attrs["unit"] = "K"
    changed = token_of(zp.open(folder))
    assert changed != token
    array = zp.open(folder)
    stored.resize((700, 130))
    assert token_of(array) == changed
    array.refresh()
    assert token_of(array) not in (token, changed)


def test_names_of_arrays_in_an_archive_change_with_the_archive(folder, tmp_path):
    archive = zipped(folder, tmp_path / "a.zip")
    token = token_of(zp.open(archive))
    assert token_of(zp.open(archive)) == token
    zarr.open_array(folder)[0] = 5
    archive.unlink()
    assert token_of(zp.open(zipped(folder, archive))) != token


# A LoggingStore counts its calls, and Dask takes the counts for a part of it.
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("obstore memory", "wrapper")])
def test_names_in_every_store_are_the_same_each_time(kind):
    with KINDS[kind](values_of("raw")) as store:
        array = zp.open(store)
        token = token_of(array)
        array[3]
        assert token_of(zp.open(store)) == token_of(array) == token


def test_names_in_icechunk_are_those_of_the_snapshot(tmp_path):
    import icechunk

    with icechunk_session(values_of("raw", "a"), tmp_path / "ice") as store:
        token = token_of(zp.open(store, "a"))
        repository = icechunk.Repository.open(icechunk.local_filesystem_storage(str(tmp_path / "ice")))
        assert token_of(zp.open(repository.readonly_session("main").store, "a")) == token
        session = repository.writable_session("main")
        zarr.open_array(session.store, path="a", mode="a")[0] = 7
        session.commit("more")
        assert token_of(zp.open(repository.readonly_session("main").store, "a")) != token


@pytest.mark.parametrize("kind", ["obstore memory"])
def test_stores_that_cannot_be_named_are_named_anew(kind):
    with KINDS[kind](values_of("raw")) as store:
        assert tokenize(zp.open(store)) != tokenize(zp.open(store))
        np.testing.assert_array_equal(da.from_array(zp.open(store)).compute(), DATA)
