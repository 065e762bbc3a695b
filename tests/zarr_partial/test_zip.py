"""Arrays in ZIP archives: as zarr reads them, whoever wrote the archive; what cannot be read is named."""

import gc
import os
import pickle
import shutil
import subprocess
import threading
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile, ZipInfo

import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec
from zarr.storage import ZipStore

import zarr_partial as zp
from tests.zarr_partial.conformance.compare import assert_same
from tests.zarr_partial.random_reads import mismatches
from tests.zarr_partial.running import run_script
from tests.zarr_partial.zipping import zipped
from zarr_partial.sources import archive as archives

DATA = np.arange(40 * 6, dtype="<f4").reshape(40, 6)
METHODS = {"stored": ZIP_STORED, "deflate": ZIP_DEFLATED, "bzip2": ZIP_BZIP2, "lzma": ZIP_LZMA}
LAYOUTS = {
    "raw": {"chunks": (5, 6), "compressors": None},
    "blosc": {"chunks": (20, 6), "compressors": BloscCodec(cname="zstd", blocksize=128, typesize=4)},
    "zstd": {"chunks": (5, 6)},
    "shards": {"chunks": (5, 6), "shards": (20, 6), "compressors": None},
}


@pytest.fixture
def pack(tmp_path):
    """Write DATA as the array "raw/X" and return the archive it is packed in."""

    def pack(method=ZIP_STORED, layout="raw", begin=b"", comment=b"", data=DATA):
        folder = tmp_path / "folder.zarr"
        shutil.rmtree(folder, ignore_errors=True)
        zarr.create_group(folder).create_array("raw/X", data=data, **LAYOUTS[layout])
        return zipped(folder, tmp_path / "a.zip", method, begin, comment)

    return pack


def chunks(partial):
    return partial.state.residency.now


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("method", METHODS)
def test_every_method_of_compression_reads_as_the_data(pack, method, layout, threads):
    partial = zp.open(pack(METHODS[method], layout), "raw/X", threads=threads)
    assert partial.state.residency is not None
    for seed in range(10):
        assert not mismatches(partial, DATA, seed, 4)


@pytest.mark.parametrize("method", [ZIP_STORED, ZIP_DEFLATED])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_archive_written_by_zarr(tmp_path, layout, method):
    with ZipStore(tmp_path / "a.zip", mode="w", compression=method) as store:
        zarr.create_array(store, name="X", data=DATA, **LAYOUTS[layout])
    with ZipStore(tmp_path / "a.zip", mode="r") as store:
        want = zarr.open_array(store, path="X", mode="r")
        for key in (3, np.s_[2:30:3, 1:], ([7, 39, 7], slice(None)), (-1, -1)):
            assert_same(zp.open(tmp_path / "a.zip", "X")[key], want[key])


@pytest.mark.skipif(shutil.which("zip") is None, reason="there is no zip command here")
@pytest.mark.parametrize("options", [["-0"], ["-9"], ["-0", "-fz"], ["-fd"]], ids=" ".join)
def test_archive_written_by_the_zip_command(pack, tmp_path, options):
    pack()
    command = ["zip", "-q", "-r", *options, tmp_path / "b.zip", "."]
    subprocess.run(command, cwd=tmp_path / "folder.zarr", check=True, timeout=60)
    partial = zp.open(tmp_path / "b.zip", "raw/X")
    assert partial.state.residency.now.source.is_packed == (options[0] != "-0")
    np.testing.assert_array_equal(partial.oindex[[39, 0, 7]], DATA[[39, 0, 7]])


@pytest.mark.parametrize("begin", [0, 1, 2, 3, 1000])
def test_bytes_around_the_archive_and_members_at_any_byte(pack, begin):
    partial = zp.open(pack(begin=b"#" * begin, comment=b"packed by hand"), "raw/X")
    np.testing.assert_array_equal(partial[...], DATA)
    views = [partial.chunk_view((chunk, 0)) for chunk in range(8)]
    for chunk, view in enumerate(views):
        np.testing.assert_array_equal(view, DATA[5 * chunk : 5 * chunk + 5])
        np.testing.assert_array_equal(partial[5 * chunk + 2], DATA[5 * chunk + 2])
        assert not view.flags.writeable


@pytest.mark.parametrize("begin", range(4))
@pytest.mark.parametrize("sharded", [False, True])
def test_view_is_the_member_in_the_map(tmp_path, begin, sharded):
    options = {"chunks": (10, 6), "shards": (40, 6)} if sharded else {"chunks": (40, 6)}
    zarr.create_array(tmp_path / "a.zarr", data=DATA, compressors=None, **options)
    partial = zp.open(zipped(tmp_path / "a.zarr", tmp_path / "a.zip", begin=bytes(begin)))
    view = partial.view()
    partial.close()
    gc.collect()
    np.testing.assert_array_equal(view, DATA)
    assert view.sum() == DATA.sum()


def test_packed_members_are_no_views(pack):
    partial = zp.open(pack(ZIP_DEFLATED), "raw/X")
    with pytest.raises(zp.NotViewableError, match=r"as they are, found packed ones; .*zip -0"):
        partial.chunk_view((0, 0))


def write_zip64(path, folder):
    """Write every member with the 64-bit fields that only large ones need."""
    with ZipFile(path, "w") as pack:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                with pack.open(file.relative_to(folder).as_posix(), "w", force_zip64=True) as member:
                    member.write(file.read_bytes())


def test_zip64_members(pack, tmp_path):
    pack()
    write_zip64(tmp_path / "b.zip", tmp_path / "folder.zarr")
    np.testing.assert_array_equal(zp.open(tmp_path / "b.zip", "raw/X")[...], DATA)


def test_members_beyond_four_gibibytes(pack, tmp_path):
    """The bytes before the archive are a hole in the file, which takes no room on the disk."""
    pack()
    with (tmp_path / "b.zip").open("wb") as file:
        file.truncate(2**32 + 5)
        file.seek(0, os.SEEK_END)
        with ZipFile(file, "w") as archive:
            for member in sorted((tmp_path / "folder.zarr").rglob("*")):
                if member.is_file():
                    archive.write(member, member.relative_to(tmp_path / "folder.zarr"))
            assert archive.getinfo("raw/X/c/7/0").header_offset > 2**32
    partial = zp.open(tmp_path / "b.zip", "raw/X")
    np.testing.assert_array_equal(partial[...], DATA)
    np.testing.assert_array_equal(partial.oindex[[39, 0]], DATA[[39, 0]])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_archive_that_compressed_some_members(pack, tmp_path, layout):
    """As `zip` does, where compressing saves nothing."""
    pack(layout=layout)
    with ZipFile(tmp_path / "b.zip", "w") as archive:
        for place, file in enumerate(sorted((tmp_path / "folder.zarr").rglob("*"))):
            if file.is_file():
                method = ZIP_DEFLATED if place % 2 else ZIP_STORED
                archive.write(file, file.relative_to(tmp_path / "folder.zarr"), method)
    partial = zp.open(tmp_path / "b.zip", "raw/X")
    for seed in range(20):
        assert not mismatches(partial, DATA, seed, 2)
    assert [row for row in partial.describe() if row[0] == "archive"]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("method", [ZIP_STORED, ZIP_DEFLATED])
def test_sixteen_threads_read_one_archive(pack, monkeypatch, layout, method):
    monkeypatch.setattr(archives, "MAX_UNPACKED_NBYTES", 300)
    partial = zp.open(pack(method, layout), "raw/X", threads=2)
    start, wrong = threading.Barrier(16), []

    def read(seed):
        start.wait()
        for step in range(5):
            wrong.extend(mismatches(partial, DATA, 100 * seed + step, 4))
            if step == 2 and seed % 4 == 0:
                partial.refresh()

    readers = [threading.Thread(target=read, args=(seed,)) for seed in range(16)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(60)
    assert not any(reader.is_alive() for reader in readers)
    assert not wrong


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_last_of_two_members_counts(pack):
    path = pack()
    with ZipFile(path, "a") as archive:
        archive.writestr("raw/X/c/0/0", DATA[5:10].tobytes())
    np.testing.assert_array_equal(zp.open(path, "raw/X")[:5], DATA[5:10])


def test_missing_members_are_the_fill_value(pack, tmp_path):
    pack()
    (tmp_path / "folder.zarr/raw/X/c/2/0").unlink()
    partial = zp.open(zipped(tmp_path / "folder.zarr", tmp_path / "b.zip"), "raw/X")
    want = DATA.copy()
    want[10:15] = 0
    np.testing.assert_array_equal(partial[...], want)
    assert partial.explain(...).missing == 1


def test_arrays_of_one_archive_share_its_map(pack):
    path = pack()
    before = len(archives._archives)
    first, second = zp.open(path, "raw/X"), zp.open(path, "raw/X")
    assert first[3, 1] == second[3, 1] == DATA[3, 1]
    assert len(archives._archives) == before + 1
    first.close()
    np.testing.assert_array_equal(second[9], DATA[9])
    second.close()
    gc.collect()
    assert len(archives._archives) == before


def test_unpacked_members_stay_within_their_budget(pack, monkeypatch):
    monkeypatch.setattr(archives, "MAX_UNPACKED_NBYTES", 300)
    partial = zp.open(pack(ZIP_DEFLATED), "raw/X")
    for seed in range(10):
        assert not mismatches(partial, DATA, seed, 2)
        (archive,) = [a for a in archives._archives.values() if a is chunks(partial).source._archive()]
        assert 1 <= len(archive._unpacked) <= 2
    assert len(chunks(partial)) == 0


def test_shard_is_unpacked_once_for_its_inner_chunks(pack, monkeypatch):
    unpacked = []
    real = archives._decode
    monkeypatch.setattr(archives, "MAX_UNPACKED_NBYTES", 0)
    monkeypatch.setattr(archives, "_decode", lambda *args: unpacked.append(args[1].filename) or real(*args))
    partial = zp.open(pack(ZIP_DEFLATED, "shards"), "raw/X", threads=1)
    np.testing.assert_array_equal(partial[...], DATA)
    assert unpacked == ["raw/X/c/0/0", "raw/X/c/1/0"]


def test_archive_that_cannot_be_mapped_is_read(pack, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError(19, os.strerror(19))

    for method in METHODS.values():
        path = pack(method)
        with monkeypatch.context() as patch:
            patch.setattr(archives.mmap, "mmap", refuse)
            partial = zp.open(path, "raw/X")
        for seed in range(5):
            assert not mismatches(partial, DATA, seed, 2)
        partial.close()


def test_refresh_reads_the_archive_that_took_its_place(pack, tmp_path):
    partial = zp.open(pack(), "raw/X")
    np.testing.assert_array_equal(partial[:5], DATA[:5])
    (tmp_path / "a.zip").rename(tmp_path / "old.zip")
    pack(data=DATA + 1)
    np.testing.assert_array_equal(partial[...], DATA)
    partial.refresh()
    np.testing.assert_array_equal(partial[...], DATA + 1)


def test_refresh_reads_members_that_were_added(pack, tmp_path):
    partial = zp.open(pack(), "raw/X")
    before = partial[...]
    with pytest.warns(UserWarning, match="Duplicate name"), ZipFile(tmp_path / "a.zip", "a") as archive:
        archive.writestr("raw/X/c/1/0", DATA[:5].tobytes())
    np.testing.assert_array_equal(partial[...], before)
    partial.refresh()
    np.testing.assert_array_equal(partial[5:10], DATA[:5])


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_refresh_where_the_store_was_open_before_members_were_added(pack):
    """The file is that of now, the directory the one before."""
    path = pack()
    with ZipStore(path, mode="r") as store:
        assert zarr.open_array(store, path="raw/X", mode="r")[5, 0] == DATA[5, 0]
        with ZipFile(path, "a") as archive:
            archive.writestr("raw/X/c/1/0", DATA[:5].tobytes())
        old, partial = zp.open(store, "raw/X"), zp.open(store, "raw/X")
        assert old[5, 0] == partial[5, 0] == DATA[5, 0]
        partial.refresh()
        assert partial[5, 0] == DATA[0, 0]
        assert old[6, 0] == DATA[6, 0]


@pytest.mark.parametrize("method", [ZIP_STORED, ZIP_DEFLATED])
def test_pickled_arrays_open_the_archive_when_they_read(pack, method):
    path = pack(method)
    partial = zp.open(path, "raw/X")
    partial[0]
    pickled = pickle.dumps(partial)
    again = pickle.loads(pickled)
    np.testing.assert_array_equal(again.oindex[[30, 2]], DATA[[30, 2]])
    unread = pickle.loads(pickled)
    assert unread.shape == DATA.shape
    path.unlink()
    lost = pickle.loads(pickled)
    for read in (lambda: lost[0], lambda: lost.oindex[[30, 2]], lambda: lost.explain(0)):
        with pytest.raises(
            zp.OpenError, match=r"that was pickled, at zip://.*a\.zip/raw/X, found none .*No such"
        ):
            read()
    with pytest.raises(zp.UnreadableChunkError, match=r"a ZIP archive at .*a\.zip, found: .*No such"):
        unread[0]


def test_store_that_is_closed_and_closed_array(pack):
    with ZipStore(pack(), mode="r") as store:
        partial = zp.open(store, "raw/X")
        partial[0]
    np.testing.assert_array_equal(partial[...], DATA)
    partial.close()
    with pytest.raises(ValueError, match="found a closed one"):
        partial[0]


def test_archives_that_cannot_be_mapped_are_read_as_any_store(tmp_path, pack):
    with ZipStore(tmp_path / "w.zip", mode="w") as store:
        partial = zp.open(zarr.create_array(store, name="X", data=DATA, chunks=(5, 6)))
        assert partial.state.remote is not None
        np.testing.assert_array_equal(partial[...], DATA)
    with pack().open("rb") as file, ZipStore(file, mode="r") as store:
        partial = zp.open(store, "raw/X")
        assert partial.state.remote is not None
        np.testing.assert_array_equal(partial[...], DATA)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform cannot fork")
@pytest.mark.parametrize("method", METHODS)
def test_forked_child_reads(pack, method):
    script = (
        "import os, sys, zarr_partial as zp\n"
        "a = zp.open(sys.argv[1], 'raw/X', threads=1); a[3]\n"
        "pid = os.fork()\n"
        "if pid == 0: os._exit(0 if a[...].sum() == float(sys.argv[2]) else 1)\n"
        "assert a[...].sum() == float(sys.argv[2])\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    run_script(script, pack(METHODS[method]), float(DATA.sum()), options=("-W", "error"))


def test_many_thousand_members_are_not_read_to_open_one(tmp_path, monkeypatch):
    with ZipFile(tmp_path / "m.zip", "w") as archive:
        zarr.create_array(
            tmp_path / "a.zarr", shape=(20_000, 2), dtype="<i2", chunks=(1, 2), compressors=None
        )
        archive.write(tmp_path / "a.zarr/zarr.json", "zarr.json")
        for row in range(20_000):
            archive.writestr(ZipInfo(f"c/{row}/0"), np.array([row, -row], "<i2").tobytes())
    touched = []
    real = archives.Archive._at
    monkeypatch.setattr(archives.Archive, "_at", lambda *args: touched.append(args[1]) or real(*args))
    partial = zp.open(tmp_path / "m.zip")
    assert not touched
    assert partial[19_999].tolist() == [19_999, -19_999]
    assert len(touched) == 3


def test_explain_counts_packed_files_whole(pack):
    stored, packed = zp.open(pack(), "raw/X"), None
    plan = stored.explain([7, 1])
    assert (plan.bytes_read, plan.bytes_decoded, plan.requests) == (48, 0, 2)
    packed = zp.open(pack(ZIP_DEFLATED), "raw/X")
    plan = packed.explain([7, 1])
    with ZipFile(packed.state.array.store.path) as archive:
        sizes = [archive.getinfo(f"raw/X/c/{chunk}/0").compress_size for chunk in (0, 1)]
    assert (plan.bytes_read, plan.bytes_decoded, plan.requests) == (sum(sizes), 240, 2)
    assert "holds the 2 touched files compressed" in str(plan).replace("\n" + " " * 14, " ")
    assert "pack the archive again without compression" in plan.advice[0].change
    assert (plan.advice[0].bytes_read, plan.advice[0].bytes_decoded) == (48, 0)


def test_explain_counts_a_packed_shard_once(pack):
    packed = zp.open(pack(ZIP_DEFLATED, "shards"), "raw/X")
    plan = packed.explain([7, 1, 39])
    with ZipFile(packed.state.array.store.path) as archive:
        members = [archive.getinfo(f"raw/X/c/{shard}/0") for shard in (0, 1)]
    assert plan.bytes_read == sum(member.compress_size for member in members)
    assert plan.bytes_decoded == sum(member.file_size for member in members)
    assert (plan.requests, plan.index_nbytes) == (2, 0)
    assert sum(use.bytes_read for use in plan.uses) == plan.bytes_read
