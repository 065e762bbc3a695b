"""Damaged and unreadable chunks: one message that names the chunk, whoever decodes it."""

import os
import pickle
import re
from pathlib import Path

import numcodecs
import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec, ZstdCodec
from zarr.dtype import VariableLengthBytes

import zarr_partial as zp

DATA = np.arange(20 * 6, dtype="<f4").reshape(20, 6)
BLOSC = BloscCodec(cname="zstd", shuffle="shuffle", blocksize=128)


def chunk_file(array, key="c/0/0"):
    return Path(array.store.root, key)


@pytest.mark.parametrize("by_address", [True, False], ids=["gather", "loop"])
def test_truncated_raw_chunk_is_named(make, monkeypatch, by_address):
    monkeypatch.setattr("zarr_partial.read._prefers_runs", lambda *_: by_address)
    array = make()
    os.truncate(chunk_file(array), 100)
    with pytest.raises(zp.CorruptChunkError) as caught:
        zp.open(array)[:1]
    assert str(caught.value) == (
        "chunk 'c/0/0': expected 120 bytes (5 x 6 elements of float32), found 100 bytes: truncated, or still "
        "being written; write the chunk again or restore it"
    )
    assert caught.value.key == "c/0/0"
    np.testing.assert_array_equal(zp.open(array)[5:], DATA[5:])


def test_too_long_and_empty_raw_chunks_are_named(make):
    array = make()
    with chunk_file(array).open("ab") as file:
        file.write(b"x")
    chunk_file(array, "c/1/0").write_bytes(b"")
    with pytest.raises(zp.CorruptChunkError, match="found 121 bytes: not this array's chunk"):
        zp.open(array)[0]
    with pytest.raises(zp.CorruptChunkError, match=r"expected 120 bytes .*, found 0 bytes"):
        zp.open(array)[5]


def test_truncated_blosc_chunk_is_named(make):
    array = make(data=DATA.astype("f8"), chunks=(20, 6), compressors=BLOSC)
    file = chunk_file(array)
    for length in (file.stat().st_size - 1, 20, 3, 0):
        os.truncate(file, length)
        with pytest.raises(zp.CorruptChunkError, match="chunk 'c/0/0': expected"):
            zp.open(array)[0]


def test_unreadable_chunk_is_named(make):
    array = make()
    file = chunk_file(array)
    file.unlink()
    file.symlink_to(file)
    with pytest.raises(zp.UnreadableChunkError) as caught:
        zp.open(array)[0]
    assert re.fullmatch(
        r"chunk 'c/0/0': expected a readable file at \S+, found: Too many levels of symbolic links; "
        r"check the disk and the file",
        str(caught.value),
    )
    assert isinstance(caught.value, OSError)


def test_folder_in_place_of_a_chunk_is_missing_as_in_zarr(make):
    array = make(fill_value=9)
    chunk_file(array).unlink()
    chunk_file(array).mkdir()
    np.testing.assert_array_equal(zp.open(array)[0], array[0])
    assert zp.open(array)[0, 0] == 9


def test_missing_chunks_raise_where_zarr_is_told_to_raise(make):
    chunk_file(make()).unlink()
    with zarr.config.set({"array.read_missing_chunks": False}):
        array = zarr.open_array(make("b.zarr").store, mode="a")
        chunk_file(array).unlink()
        partial = zp.open(array)
        with pytest.raises(zarr.errors.ChunkNotFoundError, match="c/0/0"):
            partial[0]
        np.testing.assert_array_equal(partial[5:], DATA[5:])


WHOLE = {
    "zstd": {"compressors": zarr.codecs.ZstdCodec()},
    "gzip": {"compressors": zarr.codecs.GzipCodec()},
    "crc32c": {"compressors": [zarr.codecs.Crc32cCodec()]},
    "shards": {"chunks": (5, 3), "shards": (5, 6)},
    "v2 zlib": {"zarr_format": 2, "compressors": numcodecs.Zlib()},
}


@pytest.mark.parametrize("options", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("key", [7, slice(3, 9), [1, 6]], ids=repr)
def test_damaged_encoded_chunk_is_named(make, options, key):
    array = make(**options)
    name = "1.0" if "zarr_format" in options else "c/1/0"
    file = chunk_file(array, name)
    os.truncate(file, file.stat().st_size - 3)
    partial = zp.open(array)
    for read in (lambda: partial[key], lambda: partial.oindex[key]):
        with pytest.raises(zp.CorruptChunkError, match=f"(chunk|shard) '{name}': expected ") as caught:
            read()
        assert caught.value.key == name
    np.testing.assert_array_equal(partial[10:], DATA[10:])


def test_unreadable_chunk_that_zarr_decodes_is_named(make):
    array = make(compressors=zarr.codecs.ZstdCodec(), filters=[zarr.codecs.numcodecs.Delta(dtype="<f4")])
    file = chunk_file(array)
    file.unlink()
    file.symlink_to(file)
    with pytest.raises(zp.UnreadableChunkError, match="chunk 'c/0/0': expected to be readable in file://"):
        zp.open(array)[0]


def test_errors_of_selections_stay_zarrs_beside_damage(make):
    array = make(**WHOLE["zstd"])
    os.truncate(chunk_file(array), 3)
    with pytest.raises(zarr.errors.BoundsCheckError):
        zp.open(array)[99]


def test_chunk_errors_survive_pickling():
    error = zp.CorruptChunkError("chunk 'c/0': expected", key="c/0")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.key) == (type(error), str(error), "c/0")


STRINGS = {
    "plain": {"compressors": None},
    "zstd": {"compressors": ZstdCodec()},
    "shards": {"shards": (6,), "compressors": None},
    "bytes": {"dtype": VariableLengthBytes(), "compressors": None},
    "format 2": {"zarr_format": 2, "compressors": None},
    "format 2, zstd": {"zarr_format": 2, "compressors": numcodecs.Zstd()},
    "bytes of format 2": {"zarr_format": 2, "dtype": VariableLengthBytes(), "compressors": None},
}


@pytest.mark.filterwarnings("ignore:The data type .* does not have a Zarr V3 specification")
@pytest.mark.parametrize("layout", STRINGS)
def test_wrong_number_of_strings_is_named_before_there_is_room_for_them(tmp_path, layout, monkeypatch):
    options = {"dtype": str, **STRINGS[layout]}
    array = zarr.create_array(tmp_path / "a.zarr", shape=(8,), chunks=(3,), **options)
    array[:] = np.array([b"a", b"bc"] * 4 if "bytes" in layout else ["a", "bc"] * 4, object)
    want = array[1:5].tolist()
    partial = zp.open(array)
    assert partial[1:5].tolist() == pickle.loads(pickle.dumps(partial))[1:5].tolist() == want
    assert partial.describe() == zp.open(zarr.open_array(array.store)).describe()
    key = "0" if "2" in layout else "c/0"
    file = chunk_file(array, key)
    content = bytearray(numcodecs.Zstd().decode(file.read_bytes()) if "zstd" in layout else file.read_bytes())
    content[:4] = b"\xff" * 4
    file.write_bytes(numcodecs.Zstd().encode(bytes(content)) if "zstd" in layout else content)
    for codec in (numcodecs.VLenUTF8, numcodecs.VLenBytes):
        monkeypatch.setattr(codec, "decode", None)
    told = r"expected 3 elements, and its first 4 bytes say 4294967295; write the chunk again"
    for read in (
        lambda a: a[1],
        lambda a: a.oindex[[0, 2]],
        lambda a: a.vindex[[0, 1]],
        lambda a: a.blocks[0],
    ):
        with pytest.raises(zp.CorruptChunkError, match=f"chunk '{key}': expected .*{told}") as caught:
            read(zp.open(array))
        assert caught.value.key == key
