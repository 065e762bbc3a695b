"""Members that cannot be read, and archives that are damaged: an error that says which, and what to do."""

import shutil
import struct
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import numpy as np
import pytest
import zarr

import zarr_partial as zp
from tests.zarr_partial.zipping import zipped

DATA = np.arange(20 * 6, dtype="<f4").reshape(20, 6)
MEMBER = "X/c/1/0"
# Places in a local header, and in an entry of the directory.
FLAGS, METHOD, NAME_NBYTES, NAME = 6, 8, 26, 30
DIRECTORY_FLAGS, DIRECTORY_METHOD, DIRECTORY_NBYTES, DIRECTORY_OFFSET = 8, 10, 20, 42


@pytest.fixture
def packed(tmp_path):
    """Return a function that packs DATA, and one that changes a number of the archive at a place."""

    def pack(method=ZIP_STORED):
        folder = tmp_path / "a.zarr"
        shutil.rmtree(folder, ignore_errors=True)
        zarr.create_array(folder, name="X", data=DATA, chunks=(5, 6), compressors=None)
        path = zipped(folder, tmp_path / "a.zip", method)
        with ZipFile(path) as archive:
            local = archive.getinfo(MEMBER).header_offset
            in_directory = path.read_bytes().index(b"PK\x01\x02", archive.start_dir)
            for name in archive.namelist():
                if name == MEMBER:
                    break
                in_directory = path.read_bytes().index(b"PK\x01\x02", in_directory + 4)

        def change(form, value, at, *, header="local"):
            data = bytearray(path.read_bytes())
            struct.pack_into(form, data, (local if header == "local" else in_directory) + at, value)
            path.write_bytes(data)

        return path, change

    return pack


def check_error(path, kind, match):
    """The damaged member is an error that names it; its neighbours are read."""
    for threads in (1, 2):
        partial = zp.open(path, "X", threads=threads)
        for read in (lambda a: a[7], lambda a: a[4:6], lambda a: a.oindex[[19, 7, 7]], lambda a: a[...]):
            with pytest.raises(kind, match=match) as caught:
                read(partial)
            assert caught.value.key == "c/1/0"
            assert f"chunk 'c/1/0', member {MEMBER!r} of {path}: expected " in str(caught.value)
        np.testing.assert_array_equal(partial[0:5], DATA[0:5])
        np.testing.assert_array_equal(partial.oindex[[19, 2]], DATA[[19, 2]])


@pytest.mark.parametrize("flag", [0x1, 0x41], ids=["password", "strong"])
def test_encrypted_member(packed, flag):
    path, change = packed()
    change("<H", flag, DIRECTORY_FLAGS, header="directory")
    check_error(path, zp.UnreadableChunkError, "not encrypted, found an encrypted one; .* its password")


@pytest.mark.parametrize(("method", "name"), [(9, "deflate64"), (95, "xz"), (77, "number 77")])
def test_method_that_python_does_not_have(packed, method, name):
    path, change = packed()
    change("<H", method, DIRECTORY_METHOD, header="directory")
    check_error(path, zp.UnreadableChunkError, f"that this Python has, found {name} .*zip -0")


def test_patch(packed):
    path, change = packed()
    change("<H", 0x20, DIRECTORY_FLAGS, header="directory")
    check_error(path, zp.UnreadableChunkError, "found a patch of another file; pack it again")


@pytest.mark.parametrize("method", [ZIP_STORED, ZIP_DEFLATED])
@pytest.mark.parametrize(
    ("form", "value", "at", "match"),
    [
        ("<I", 0x04034B51, 0, r"a local header at byte \d+, found b'QK"),
        ("<B", ord("Y"), NAME, r"its name in its local header, found b'Y/c/1/0'"),
        ("<H", 3, NAME_NBYTES, r"its name in its local header, found b'X/c'"),
        ("<H", 60_000, NAME_NBYTES, r"a name before the directory at byte \d+, found bytes \d+ to 6\d+"),
        ("<H", 60_000, NAME_NBYTES + 2, r"its data before the directory at byte \d+, found bytes 6\d+ to"),
    ],
    ids=["signature", "name", "short name", "long name", "long extra"],
)
def test_local_header(packed, method, form, value, at, match):
    path, change = packed(method)
    change(form, value, at)
    check_error(path, zp.CorruptChunkError, f"{match}.*; restore the archive or pack it again")


@pytest.mark.parametrize(
    ("value", "at", "match"),
    [
        (2**31, DIRECTORY_OFFSET, "a local header before the directory"),
        (100, DIRECTORY_NBYTES, "a stored member of 120 bytes, found one of 100"),
    ],
    ids=["offset", "size"],
)
def test_directory(packed, value, at, match):
    path, change = packed()
    change("<I", value, at, header="directory")
    check_error(path, zp.CorruptChunkError, match)


def test_member_into_the_directory(packed):
    path, change = packed()
    change("<I", 5_000, DIRECTORY_NBYTES, header="directory")
    change("<I", 5_000, DIRECTORY_NBYTES + 4, header="directory")
    check_error(path, zp.CorruptChunkError, "its data before the directory")


def test_deflated_bytes(packed):
    path, change = packed(ZIP_DEFLATED)
    change("<I", 2**32 - 1, NAME + len(MEMBER) + 10)
    check_error(path, zp.CorruptChunkError, r"120 bytes packed in \d+, found some that do not unpack")


def test_checksum_of_deflated_bytes(packed):
    path, change = packed(ZIP_DEFLATED)
    change("<I", 7, DIRECTORY_NBYTES - 4, header="directory")
    check_error(path, zp.CorruptChunkError, "that do not unpack .*Bad CRC-32")


@pytest.mark.parametrize("size", [119, 121, 2**32 - 2])
def test_size_of_deflated_bytes(packed, size):
    path, change = packed(ZIP_DEFLATED)
    change("<I", size, DIRECTORY_NBYTES + 4, header="directory")
    check_error(path, zp.CorruptChunkError, r"(Bad CRC-32|found 120 when unpacked)")


def test_encrypted_metadata(packed):
    path, _ = packed()
    data = path.read_bytes()
    at = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)
    for _ in range(data.count(b"PK\x01\x02") - 1):
        data = data[: at + 8] + b"\x01\x00" + data[at + 10 :]
        at = data.find(b"PK\x01\x02", at + 4)
    path.write_bytes(data)
    with pytest.raises(zp.OpenError, match=r"a\.zip, path 'X', found .*(encrypted|password)"):
        zp.open(path, "X")


def test_archive_cut_short(packed):
    path, _ = packed()
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(zp.OpenError, match=r"a\.zip, path 'X', found .*BadZipFile"):
        zp.open(path, "X")
