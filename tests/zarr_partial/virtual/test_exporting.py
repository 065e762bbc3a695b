"""Exports are whole or not there at all, need little memory, and refuse what cannot be told."""

import itertools
import subprocess
import sys
from zipfile import ZIP_DEFLATED

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from zarr.codecs import BloscCodec, TransposeCodec
from zarr.core.sync import sync
from zarr.storage import MemoryStore, ZipStore

import zarr_partial as zp
from tests.zarr_partial.virtual.referring import ROWS
from tests.zarr_partial.zipping import zipped
from zarr_partial.virtualizing import references as module

pytestmark = [
    # Of those who read Parquet references.
    pytest.mark.filterwarnings("ignore:The 'fastparquet' engine is deprecated"),
    pytest.mark.filterwarnings("ignore:The data type .* does not have a Zarr V3 specification"),
]


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


def test_members_that_an_archive_compressed_are_refused(make, tmp_path):
    make(data=ROWS, chunks=(10, 12))
    store = ZipStore(zipped(tmp_path / "a.zarr", tmp_path / "a.zip", ZIP_DEFLATED), mode="r")
    with pytest.raises(zp.VirtualChunksError, match="found 'c/0/0' compressed by the archive; pack it again"):
        zp.virtual_chunks(store, (2, 12)).references()


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
        folder / "a.zarr", shape=shape, chunks=chunk, dtype="f8", compressors=None, **shards
    )
    # Whose bytes are nowhere else, not in indexes either.
    array[...] = np.random.default_rng(0).random(shape)
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
