"""Virtual references in Icechunk, by us and by VirtualiZarr: written, opened again, compared."""

import math

import icechunk
import numpy as np
import pytest
import zarr

import zarr_partial as zp
from tests.zarr_partial.virtual.referring import ROWS, assert_opens, repository

pytestmark = [
    # Of those who read Parquet references.
    pytest.mark.filterwarnings("ignore:The 'fastparquet' engine is deprecated"),
    pytest.mark.filterwarnings("ignore:The data type .* does not have a Zarr V3 specification"),
]


def test_icechunk_holds_virtual_references_in_a_repository(stored, tmp_path):
    _, virtual = stored
    repo = repository(tmp_path, f"file://{tmp_path}/")
    session = repo.writable_session("main")
    assert virtual.to_icechunk(session.store) == math.prod(virtual.grid_shape)
    session.commit("virtual chunks")
    assert_opens(repo.readonly_session("main").store, virtual, 3)


def test_an_icechunk_repository_on_disk_is_opened_by_others(make, tmp_path):
    virtual = zp.virtual_chunks(make(data=ROWS, chunks=(10, 12)), (2, 12), path="t")
    folder = icechunk.local_filesystem_storage(str(tmp_path / "repository"))
    config = icechunk.RepositoryConfig.default()
    prefix = f"file://{tmp_path}/"
    config.set_virtual_chunk_container(
        icechunk.VirtualChunkContainer(prefix, icechunk.local_filesystem_store(str(tmp_path)))
    )
    access = {"authorize_virtual_chunk_access": {prefix: icechunk.credentials.LocalFileSystemAccess}}
    repo = icechunk.Repository.create(folder, config, **access)
    repo.save_config()
    session = repo.writable_session("main")
    virtual.to_icechunk(session.store)
    session.commit("virtual chunks")
    again = icechunk.Repository.open(folder, **access).readonly_session("main").store
    np.testing.assert_array_equal(zarr.open_group(again, mode="r")["t"][...], ROWS)


def test_virtualizarr_opens_the_json_and_writes_it_into_icechunk(make, tmp_path):
    from obspec_utils.registry import ObjectStoreRegistry
    from obstore.store import LocalStore
    from virtualizarr import open_virtual_dataset
    from virtualizarr.parsers import KerchunkJSONParser

    virtual = zp.virtual_chunks(
        make(data=ROWS, chunks=(10, 12), zarr_format=2, attributes={"_ARRAY_DIMENSIONS": ["y", "x"]}),
        (2, 12),
        path="t",
    )
    virtual.to_json(tmp_path / "references.json")
    registry = ObjectStoreRegistry({"file://": LocalStore()})
    url = f"file://{tmp_path}/references.json"
    dataset = open_virtual_dataset(url, registry=registry, parser=KerchunkJSONParser())
    repo = repository(tmp_path, f"file://{tmp_path}/")
    session = repo.writable_session("main")
    dataset.vz.to_icechunk(session.store)
    session.commit("by VirtualiZarr")
    found = zarr.open_group(repo.readonly_session("main").store, mode="r")["t"]
    assert found.chunks == (2, 12)
    np.testing.assert_array_equal(found[...], ROWS)


def test_icechunk_without_a_container_for_the_source_is_an_error(make, tmp_path):
    session = repository(tmp_path, "file:///elsewhere/").writable_session("main")
    with pytest.raises(zp.VirtualChunksError, match=r"virtual chunk container for file:///.* found none"):
        zp.virtual_chunks(make(), 1).to_icechunk(session.store)


def test_icechunk_arrays_that_are_there_are_not_replaced_and_groups_stay(make, tmp_path):
    session = repository(tmp_path, f"file://{tmp_path}/").writable_session("main")
    zarr.create_group(session.store, attributes={"title": "all"})
    virtual = zp.virtual_chunks(make(), 1, path="deep/t")
    virtual.to_icechunk(session.store)
    group = zarr.open_group(session.store, mode="r")
    assert group.attrs["title"] == "all"
    np.testing.assert_array_equal(group["deep/t"][...], np.arange(120).reshape(20, 6))
    with pytest.raises(zp.VirtualChunksError, match="expected nothing at 'deep/t' of the Icechunk store"):
        virtual.to_icechunk(session.store)


def test_byte_orders_that_format_3_has_not_are_refused(tmp_path):
    array = zarr.create_array(
        tmp_path / "a.zarr",
        shape=4,
        chunks=2,
        dtype=[("a", "<i2"), ("b", ">f8")],
        zarr_format=2,
        compressors=None,
    )
    array[...] = np.array([(1, 2.0)] * 4, array.dtype)
    session = repository(tmp_path, f"file://{tmp_path}/").writable_session("main")
    with pytest.raises(zp.VirtualChunksError, match="elements of one byte order"):
        zp.virtual_chunks(array, 1).to_icechunk(session.store)
