"""References to byte ranges: written, opened by those who read such, and compared with the source."""

import contextlib
import itertools
import json
import math
import subprocess
import sys
from zipfile import ZIP_DEFLATED

import fsspec
import icechunk
import numpy as np
import pytest
import xarray
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from zarr.codecs import BloscCodec, BytesCodec, TransposeCodec, ZstdCodec
from zarr.core.sync import sync
from zarr.storage import FsspecStore, MemoryStore, ZipStore

import zarr_partial as zp
from tests.zarr_partial.stores.kinds import fsspec_store, obstore_of
from tests.zarr_partial.stores.servers import serving
from tests.zarr_partial.zipping import zipped
from zarr_partial.virtualizing import references as module

pytestmark = [
    # Of those who read Parquet references.
    pytest.mark.filterwarnings("ignore:The 'fastparquet' engine is deprecated"),
    pytest.mark.filterwarnings("ignore:The data type .* does not have a Zarr V3 specification"),
]

ROWS = np.random.default_rng(0).integers(1, 30, (40, 12)).astype("i4")
LAYOUTS = {
    "format 3": ({"chunks": (10, 12)}, (2, 12)),
    "columns": ({"chunks": (10, 12)}, (1, 4)),
    "edges": ({"chunks": (24, 9)}, (4, 9)),
    "big endian": ({"chunks": (10, 12), "serializer": BytesCodec(endian="big")}, (2, 12)),
    "F order": ({"chunks": (10, 12), "filters": [TransposeCodec(order=(1, 0))]}, (10, 3)),
    "format 2": ({"chunks": (10, 12), "zarr_format": 2}, (2, 12)),
    "format 2 F": ({"chunks": (10, 12), "zarr_format": 2, "order": "F"}, (5, 1)),
    "format 2 slashes": (
        {
            "chunks": (10, 12),
            "zarr_format": 2,
            "chunk_key_encoding": {"name": "v2", "separator": "/"},
        },
        (2, 12),
    ),
    "shards": ({"chunks": (5, 12), "shards": (20, 12)}, (1, 12)),
    "inner chunks": ({"chunks": (5, 6), "shards": (20, 12)}, (5, 6)),
    "as they are": ({"chunks": (10, 12)}, (10, 12)),
}


@pytest.fixture(params=LAYOUTS)
def stored(request, make):
    options, chunks = LAYOUTS[request.param]
    names = ["y", "x"]
    if options.get("zarr_format") == 2:
        options = options | {"attributes": {"_ARRAY_DIMENSIONS": names, "unit": "K"}}
    else:
        options = options | {"dimension_names": names, "attributes": {"unit": "K"}}
    array = make(data=ROWS, **options)
    return array, zp.virtual_chunks(array, chunks, path="t")


def of_references(references, **options):
    """Return a store that reads references as they are, a dictionary or a path."""
    files = fsspec.filesystem(
        "reference", fo=references if isinstance(references, dict) else str(references), asynchronous=True,
        skip_instance_cache=True, **options,
    )  # fmt: skip
    return FsspecStore(files, read_only=True)


def assert_opens(store, virtual, zarr_format):
    found = zarr.open_group(store, mode="r", zarr_format=zarr_format)["t"]
    assert found.chunks == virtual.chunks
    assert found.fill_value == 0
    # In format 2 the byte order of the chunks is that of the data type.
    assert found.dtype.newbyteorder("=") == ROWS.dtype
    np.testing.assert_array_equal(found[...], ROWS)
    with xarray.open_zarr(store, consolidated=False, zarr_format=zarr_format) as dataset:
        assert dataset["t"].dims == ("y", "x")
        assert dataset["t"].attrs["unit"] == "K"
        np.testing.assert_array_equal(dataset["t"].values, ROWS)


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


def repository(tmp_path, prefix, **options):
    config = icechunk.RepositoryConfig.default()
    config.set_virtual_chunk_container(
        icechunk.VirtualChunkContainer(
            prefix, icechunk.local_filesystem_store(prefix.removeprefix("file://"))
        )
    )
    return icechunk.Repository.create(
        icechunk.in_memory_storage(),
        config,
        authorize_virtual_chunk_access={prefix: icechunk.credentials.LocalFileSystemAccess},
        **options,
    )


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


def test_parquet_files_with_too_much_missing_are_refused(tmp_path):
    array = zarr.create_array(
        tmp_path / "a.zarr", shape=(300_000, 1000), chunks=(1000, 1000), dtype="f8", compressors=None
    )
    array[:1] = 1
    virtual = zp.virtual_chunks(array, (1, 1000))
    with pytest.raises(
        zp.VirtualChunksError, match=r"found one with 9,000 of 8 kB; take a smaller record_size"
    ):
        virtual.to_parquet(tmp_path / "references.parq")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zarr"]
    assert virtual.to_parquet(tmp_path / "references.parq", record_size=1000) == 1000


@pytest.mark.parametrize("options", [{}, {"shards": (20, 12)}], ids=["chunks", "shards"])
def test_references_into_an_archive_lead_to_the_members(options, make, tmp_path):
    make(data=ROWS, chunks=(10, 12), **options)
    archive = zipped(tmp_path / "a.zarr", tmp_path / "a.zip", begin=b"abc")
    virtual = zp.virtual_chunks(ZipStore(archive, mode="r"), (2, 12), path="t")
    references = virtual.references()
    assert all(entry[0] == f"file://{archive}" for key, entry in references["refs"].items() if "/c/" in key)
    np.testing.assert_array_equal(zarr.open_group(of_references(references), mode="r")["t"][...], ROWS)


def test_members_that_an_archive_compressed_are_refused(make, tmp_path):
    make(data=ROWS, chunks=(10, 12))
    store = ZipStore(zipped(tmp_path / "a.zarr", tmp_path / "a.zip", ZIP_DEFLATED), mode="r")
    with pytest.raises(zp.VirtualChunksError, match="found 'c/0/0' compressed by the archive; pack it again"):
        zp.virtual_chunks(store, (2, 12)).references()


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


def test_a_source_without_an_address_needs_one(tmp_path):
    source = MemoryStore()
    zarr.create_array(source, data=ROWS, chunks=(10, 12), compressors=None)
    virtual = zp.virtual_chunks(source, (2, 12))
    with pytest.raises(
        zp.VirtualChunksError, match="address that others can read, found a MemoryStore; say by url="
    ):
        virtual.to_json(tmp_path / "references.json")
    assert not list(tmp_path.iterdir())
    refs = virtual.references(url="s3://bucket/a.zarr/")["refs"]
    assert refs["c/19/0"] == ["s3://bucket/a.zarr/c/3/0", 8 * 48, 96]
    assert len(refs) == 1 + 20


@pytest.mark.parametrize("chunks", [(5, 6), (2, 3)])
def test_what_are_no_byte_ranges_is_refused_with_what_are(chunks, make, tmp_path):
    """Pieces of rows lie apart."""
    virtual = zp.virtual_chunks(make(data=ROWS, chunks=(10, 12)), chunks)
    assert virtual.not_exportable
    for export in (virtual.to_json, virtual.to_parquet):
        with pytest.raises(
            zp.VirtualChunksError,
            match=rf"found that the bytes of a chunk of {chunks[0]} x {chunks[1]} lie apart",
        ):
            export(tmp_path / "references")
    with pytest.raises(zp.VirtualChunksError, match="take chunks whose bytes lie together, such as"):
        virtual.references()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zarr"]


def test_blocks_are_refused_with_what_would_do(make):
    rows = np.random.default_rng(0).integers(0, 30, (1024, 64)).astype("i4")
    array = make(data=rows, chunks=(512, 64), compressors=BloscCodec(cname="lz4", blocksize=8192))
    virtual = zp.virtual_chunks(array, (256, 64))
    words = "blocks of Blosc chunks need headers of their own.*; take the chunks as they are stored, 512 x 64"
    with pytest.raises(zp.VirtualChunksError, match=words):
        virtual.references()
    assert len(zp.virtual_chunks(array, (512, 64)).references()["refs"]) == 1 + 2


def test_orders_that_format_2_has_not_are_refused(make, tmp_path):
    array = make(
        data=np.zeros((4, 4, 4)), chunks=(2, 2, 2), filters=[TransposeCodec(order=(1, 2, 0))], fill_value=1
    )
    with pytest.raises(
        zp.VirtualChunksError, match="C or F order, the two that Zarr format 2 has, found axes 1, 2, 0"
    ):
        zp.virtual_chunks(array, (2, 1, 2)).to_parquet(tmp_path / "references.parq")


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


def test_very_many_references_need_no_more_memory_than_some(tmp_path):
    """A dictionary of them would take more than 100 MB."""
    script = f"""
import resource
import zarr, zarr_partial as zp
array = zarr.create_array(
    {str(tmp_path / "a.zarr")!r}, shape=(300_000, 4), chunks=(30_000, 4), dtype="i4", compressors=None
)
array[...] = 1
few, all_of_them = zp.virtual_chunks(array, 30_000), zp.virtual_chunks(array, 1)
few.to_json({str(tmp_path / "few.json")!r})
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert all_of_them.to_json({str(tmp_path / "all.json")!r}) == 300_000
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    kilobytes = int(done.stdout) // (1024 if sys.platform == "darwin" else 1)
    assert kilobytes < 48 * 1024
    with (tmp_path / "all.json").open() as lines:
        assert sum(1 for line in lines) == 300_003


class Stop(BaseException):
    """As Ctrl-C is: no Exception."""


@pytest.mark.parametrize("way", ["to_json", "to_parquet"])
@pytest.mark.parametrize("is_there", [False, True], ids=["new", "replaced"])
def test_an_export_that_is_stopped_leaves_what_was_there(way, is_there, make, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BATCH", 3)
    virtual = zp.virtual_chunks(make(), 1, path="t")
    target = tmp_path / "references"
    options = {"record_size": 3} if way == "to_parquet" else {}
    if is_there:
        getattr(virtual, way)(target, **options)
    before = contents(tmp_path)

    def stop(done, total):
        assert 0 < done <= total == 20
        raise Stop

    with pytest.raises(Stop):
        getattr(zp.virtual_chunks(virtual._store.shown.array, (1, 3), path="t"), way)(
            target, progress=lambda done, total: stop(done / 2, total / 2), **options
        )
    assert contents(tmp_path) == before
    getattr(virtual, way)(target, **options)
    assert target.stat().st_mode & 0o444


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_targets_that_would_be_lost_are_refused(make, tmp_path):
    virtual = zp.virtual_chunks(make(), 1)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/one").write_text("dear")
    before = contents(tmp_path)
    refused = [
        (virtual.to_json, tmp_path / "a.zarr/zarr.json", "apart from the source"),
        (virtual.to_parquet, tmp_path / "a.zarr", "apart from the source"),
        (virtual.to_parquet, tmp_path, "apart from the source"),
        (virtual.to_json, tmp_path / "photos", "a path for a file, found the folder"),
        (virtual.to_parquet, tmp_path / "photos", "a path where nothing is yet"),
        (virtual.to_parquet, tmp_path / "photos/one", "a path where nothing is yet"),
        (virtual.to_parquet, tmp_path / "{of}/references.parq", "a path without braces"),
        (virtual.to_json, "s3://bucket/references.json", "a local path to write to"),
    ]
    for write, target, words in refused:
        with pytest.raises(zp.VirtualChunksError, match=words):
            write(target)
    with pytest.raises(FileNotFoundError):
        virtual.to_json(tmp_path / "nowhere/references.json")
    assert contents(tmp_path) == before


def test_what_writes_parquet_is_named_where_it_is_missing(make, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fastparquet", None)
    with pytest.raises(
        ImportError, match=r'fastparquet is not installed; pip install "zarr-partial\[references\]"'
    ):
        zp.virtual_chunks(make(), 1).to_parquet(tmp_path / "references.parq")


def test_progress_ends_at_all_of_the_grid(make, tmp_path, capsys):
    virtual = zp.virtual_chunks(make(), (1, 3))
    seen = []
    virtual.to_json(tmp_path / "references.json", progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (40, 40)
    virtual.to_json(tmp_path / "references.json", progress=True)
    assert "100%  40 of 40" in capsys.readouterr().err


@settings(max_examples=60)
@given(data=st.data())
def test_batches_of_any_size_are_the_same_references(data, tmp_path_factory):
    """Whatever is forgotten between batches was not needed any more."""
    ndim = data.draw(st.integers(1, 3))
    per = tuple(data.draw(st.integers(1, 3)) for _ in range(ndim))
    size = tuple(data.draw(st.integers(1, 2)) for _ in range(ndim))
    chunk = tuple(n * m for n, m in zip(per, size, strict=True))
    shape = tuple(data.draw(st.integers(1, 3 * n)) for n in chunk)
    sharded = data.draw(st.booleans())
    shards = {"shards": tuple(2 * n for n in chunk)} if sharded else {}
    folder = tmp_path_factory.mktemp("batches")
    array = zarr.create_array(
        folder / "a.zarr", shape=shape, chunks=chunk, dtype="i2", compressors=None, **shards
    )
    array[...] = np.arange(1, math.prod(shape) + 1).reshape(shape)
    for file in [path for path in (folder / "a.zarr/c").rglob("*") if path.is_file()]:
        if data.draw(st.sampled_from([False, False, True])):
            file.unlink()
    order = tuple(1 if axis < data.draw(st.integers(0, ndim)) else n for axis, n in enumerate(chunk))
    virtual = zp.virtual_chunks(array, order)
    if virtual.not_exportable:
        return
    got = []
    for batch in module.batches(virtual.store.shown, data.draw(st.integers(1, 20))):
        got += zip(batch.coordinates.tolist(), batch.keys, batch.offsets.tolist(), strict=True)
    want = list(got_one_by_one(virtual))
    assert [at for at, _, _ in got] == [at for at, _, _ in want]
    assert got == want


def got_one_by_one(virtual):
    """Look for the bytes of each virtual chunk in the files."""
    shown = virtual.store.shown
    root = shown.array.store.root
    for at in itertools.product(*map(range, virtual.grid_shape)):
        value = sync(virtual.store.get(shown.chunk_key(at)))
        if value is None:
            continue
        for path in sorted((root / "c").rglob("*")):
            if path.is_file() and value.to_bytes() in path.read_bytes():
                yield list(at), path.relative_to(root).as_posix(), path.read_bytes().index(value.to_bytes())
                break
