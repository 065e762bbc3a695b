"""References to byte ranges: written, opened by those who read such, and compared with the source."""

import contextlib
import json
import math

import fsspec
import numpy as np
import pytest
import zarr
from numcodecs import Blosc, Delta, Zlib, Zstd
from zarr.codecs import BloscCodec, ZstdCodec
from zarr.core.sync import sync
from zarr.storage import ZipStore

import zarr_partial as zp
from tests.zarr_partial.stores.kinds import fsspec_store, obstore_of
from tests.zarr_partial.stores.servers import serving
from tests.zarr_partial.virtual.referring import ROWS, assert_opens, of_references, repository
from tests.zarr_partial.zipping import zipped

pytestmark = [
    # Of those who read Parquet references.
    pytest.mark.filterwarnings("ignore:The 'fastparquet' engine is deprecated"),
    pytest.mark.filterwarnings("ignore:The data type .* does not have a Zarr V3 specification"),
]


def test_json_is_opened_by_fsspec_zarr_and_xarray(stored, tmp_path):
    array, virtual = stored
    count = virtual.to_json(tmp_path / "references.json")
    assert count == math.prod(virtual.grid_shape)
    assert json.loads((tmp_path / "references.json").read_text()) == virtual.references()
    for references in (tmp_path / "references.json", virtual.references()):
        assert_opens(of_references(references), virtual, array.metadata.zarr_format)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zarr", "references.json"]


@pytest.mark.parametrize("record_size", [7, 10_000])
def test_parquet_is_opened_by_fsspec_zarr_and_xarray(record_size, stored, tmp_path):
    _, virtual = stored
    count = virtual.to_parquet(tmp_path / "references.parq", record_size=record_size)
    assert count == math.prod(virtual.grid_shape)
    files = sorted(path.name for path in (tmp_path / "references.parq" / "t").iterdir())
    assert len(files) == -(-count // record_size)
    assert_opens(of_references(tmp_path / "references.parq"), virtual, 2)


@pytest.mark.parametrize("codec", [ZstdCodec(), BloscCodec()], ids=["zstd", "blosc"])
def test_inner_chunks_of_any_codec_are_byte_ranges(codec, make, tmp_path):
    virtual = zp.virtual_chunks(
        make(data=ROWS, chunks=(5, 6), shards=(20, 12), compressors=codec), (5, 6), path="t"
    )
    virtual.to_json(tmp_path / "references.json")
    found = zarr.open_group(of_references(tmp_path / "references.json"), mode="r")["t"]
    assert found.shards is None
    np.testing.assert_array_equal(found[...], ROWS)
    with pytest.raises(zp.VirtualChunksError, match="uncompressed chunks, whose bytes format 2 has, too"):
        virtual.to_parquet(tmp_path / "references.parq")
    assert not (tmp_path / "references.parq").exists()


@pytest.mark.parametrize(
    ("options", "chunks"), [({}, ()), ({"zarr_format": 2}, ())], ids=["format 3", "format 2"]
)
def test_an_array_of_one_element_has_one_reference(options, chunks, tmp_path):
    array = zarr.create_array(tmp_path / "a.zarr", shape=(), dtype=">f8", compressors=None, **options)
    array[...] = 3.5
    virtual = zp.virtual_chunks(array, chunks, path="t")
    assert virtual.to_json(tmp_path / "references.json") == 1
    assert zarr.open_group(of_references(tmp_path / "references.json"), mode="r")["t"][()] == 3.5
    virtual.to_parquet(tmp_path / "references.parq")
    assert (
        zarr.open_group(of_references(tmp_path / "references.parq"), mode="r", zarr_format=2)["t"][()] == 3.5
    )


@pytest.mark.parametrize("record_size", [1, 3, 8, 100])
def test_missing_chunks_stay_missing(record_size, make, tmp_path):
    array = make(data=np.zeros((40, 6), "<i4"), fill_value=-5, write_data=False)
    array[5:10] = 1
    array[36:] = 2
    virtual = zp.virtual_chunks(array, (1, 3), path="t")
    assert virtual.to_json(tmp_path / "references.json") == 20
    assert (
        zarr.open_group(of_references(tmp_path / "references.json"), mode="r")["t"].nchunks_initialized == 20
    )
    virtual.to_parquet(tmp_path / "references.parq", record_size=record_size)
    repo = repository(tmp_path, f"file://{tmp_path}/")
    session = repo.writable_session("main")
    virtual.to_icechunk(session.store)
    stores = (
        of_references(tmp_path / "references.json"),
        # To guess the protocol, fsspec would open the first file, which is not there.
        of_references(tmp_path / "references.parq", remote_protocol="file"),
        session.store,
    )
    for store, zarr_format in zip(stores, (3, 2, 3), strict=True):
        found = zarr.open_group(store, mode="r", zarr_format=zarr_format)["t"]
        np.testing.assert_array_equal(found[...], array[...])


ENCODED = {
    "blosc": ({"compressors": Blosc(blocksize=64)}, np.arange(64, dtype="<i4")),
    "zstd": ({"compressors": Zstd()}, np.array([b"a", b"bc"] * 32)),
    "filters": ({"compressors": Zlib(), "filters": Delta("<i8")}, np.arange(64)),
    "strings": ({}, np.array(["a", "bc", "", "é"] * 16, dtype=object)),
}


@pytest.mark.parametrize("fill_value", [None, 0], ids=["no fill value", "fill value"])
@pytest.mark.parametrize("kind", list(ENCODED))
def test_missing_chunks_beside_compressed_ones_are_encoded_as_they_are(kind, fill_value, tmp_path):
    """Parquet references write them out, and readers decode what they find."""
    options, values = ENCODED[kind]
    dtype = str if values.dtype.hasobject else values.dtype
    if values.dtype.kind in "OS" and fill_value is not None:
        fill_value = "x" if values.dtype.kind == "O" else b"x"
    array = zarr.create_array(
        tmp_path / "a.zarr", shape=64, chunks=8, dtype=dtype, zarr_format=2, fill_value=fill_value, **options
    )
    array[8:16] = values[8:16]
    array[60:] = values[60:]
    virtual = zp.virtual_chunks(array, 8, path="t")
    assert virtual.to_parquet(tmp_path / "references.parq", record_size=3) == 2
    store = of_references(tmp_path / "references.parq")
    found = zarr.open_group(store, mode="r", zarr_format=2)["t"]
    np.testing.assert_array_equal(found[...], array[...])


@pytest.mark.parametrize("options", [{}, {"shards": (20, 12)}], ids=["chunks", "shards"])
def test_references_into_an_archive_lead_to_the_members(options, make, tmp_path):
    make(data=ROWS, chunks=(10, 12), **options)
    archive = zipped(tmp_path / "a.zarr", tmp_path / "a.zip", begin=b"abc")
    virtual = zp.virtual_chunks(ZipStore(archive, mode="r"), (2, 12), path="t")
    references = virtual.references()
    assert all(entry[0] == f"file://{archive}" for key, entry in references["refs"].items() if "/c/" in key)
    np.testing.assert_array_equal(zarr.open_group(of_references(references), mode="r")["t"][...], ROWS)


@pytest.mark.parametrize("shards", [{}, {"shards": (20, 12)}], ids=["chunks", "shards"])
@pytest.mark.parametrize("client", ["fsspec", "obstore"])
def test_references_to_a_server_lead_there(client, shards, make, tmp_path):
    make(data=ROWS, chunks=(10, 12), **shards)
    root = tmp_path / "a.zarr"
    (root / "c/1/0").unlink()
    values = {
        path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }
    want = zarr.open_array(root)[...]
    opened = fsspec_store if client == "fsspec" else lambda url: contextlib.nullcontext(obstore_of(url))
    with serving(values) as server, opened(f"{server.url}/a.zarr") as store:
        references = zp.virtual_chunks(store, (2, 12), path="t").references()
        assert references["refs"]["t/c/0/0"][0] == f"{server.url}/a.zarr/c/0/0"
        assert sum("/c/" in key for key in references["refs"]) == (15 if not shards else 10)
        remote = fsspec.filesystem("http", asynchronous=True, skip_instance_cache=True)
        found = zarr.open_group(of_references(references, fs=remote, remote_protocol="http"), mode="r")["t"]
        np.testing.assert_array_equal(found[...], want)
        sync(_close(remote))


async def _close(files):
    if files._session is not None:
        await files._session.close()
