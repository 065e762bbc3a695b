"""`refresh`: chunks that were replaced, grown, cut short or removed are seen, and not before."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import zarr
from zarr.codecs import ZstdCodec

import zarr_partial as zp
from tests.zarr_partial.zipping import zipped

DATA = np.arange(20 * 6, dtype="<f4").reshape(20, 6)
LAYOUTS = {
    "raw": {"chunks": (5, 6), "compressors": None},
    "blosc": {"chunks": (5, 6), "compressors": zarr.codecs.BloscCodec(cname="lz4", typesize=4)},
    "zstd": {"chunks": (5, 6), "compressors": ZstdCodec()},
    "shards": {"shards": (5, 6), "chunks": (1, 6), "compressors": None},
}


@pytest.fixture(params=LAYOUTS)
def opened(request, make):
    """An array, and it opened and read."""
    array = make(fill_value=-1, **LAYOUTS[request.param])
    partial = zp.open(array)
    np.testing.assert_array_equal(partial[...], DATA)
    return array, partial


def first_chunk(array):
    return Path(array.store.root, "c/0/0")


def replace(file, data):
    """As zarr replaces chunks: a map of the old file stays whole."""
    beside = file.with_name("beside")
    beside.write_bytes(data)
    beside.replace(file)


def everything(partial):
    return (
        partial[...],
        partial.oindex[np.arange(20).repeat(4)][::4],
        np.stack([partial[row] for row in range(20)]),
    )


def test_replaced_chunks_are_seen(opened):
    array, partial = opened
    array[:5] = 7
    for got in everything(partial):
        np.testing.assert_array_equal(got, DATA)
    partial.refresh()
    changed = np.concatenate([np.full((5, 6), 7), DATA[5:]])
    for got in everything(partial):
        np.testing.assert_array_equal(got, changed)


def test_vanished_chunks_are_seen(opened):
    array, partial = opened
    first_chunk(array).unlink()
    np.testing.assert_array_equal(partial[...], DATA)
    partial.refresh()
    changed = np.concatenate([np.full((5, 6), -1), DATA[5:]])
    for got in everything(partial):
        np.testing.assert_array_equal(got, changed)


def test_chunks_that_appear_are_seen(opened):
    array, partial = opened
    whole = first_chunk(array).read_bytes()
    first_chunk(array).unlink()
    partial.refresh()
    assert (partial[:5] == -1).all()
    replace(first_chunk(array), whole)
    assert (partial[:5] == -1).all()
    partial.refresh()
    for got in everything(partial):
        np.testing.assert_array_equal(got, DATA)


def test_shrunk_chunks_are_seen_and_named(opened):
    array, partial = opened
    whole = first_chunk(array).read_bytes()
    replace(first_chunk(array), whole[:-9])
    np.testing.assert_array_equal(partial[...], DATA)
    partial.refresh()
    for read in (lambda: partial[0], lambda: partial[...], lambda: partial.oindex[np.arange(20).repeat(4)]):
        with pytest.raises(zp.CorruptChunkError, match="c/0/0"):
            read()
    np.testing.assert_array_equal(partial[5:], DATA[5:])
    replace(first_chunk(array), whole)
    partial.refresh()
    np.testing.assert_array_equal(partial[...], DATA)


def test_grown_raw_chunks_are_seen_and_named(make):
    array = make()
    partial = zp.open(array)
    np.testing.assert_array_equal(partial[...], DATA)
    with first_chunk(array).open("ab") as file:
        file.write(bytes(5000))
    np.testing.assert_array_equal(partial[...], DATA)
    partial.refresh()
    with pytest.raises(zp.CorruptChunkError, match=r"c/0/0.*expected 120 bytes.*found 5120 bytes"):
        partial[0]
    np.testing.assert_array_equal(partial[5:], DATA[5:])


def test_arrays_that_grow_and_shrink_are_seen(opened):
    array, partial = opened
    array.append(DATA[:5] + 1000)
    assert partial.shape == (20, 6)
    partial.refresh()
    np.testing.assert_array_equal(partial[...], np.concatenate([DATA, DATA[:5] + 1000]))
    array.resize((10, 6))
    partial.refresh()
    np.testing.assert_array_equal(partial[...], DATA[:10])


def test_an_array_that_is_gone_is_named_and_what_was_known_of_it_stays(opened):
    array, partial = opened
    shutil.rmtree(array.store.root)
    with pytest.raises(zp.OpenError, match=r"expected a Zarr array at .*, found "):
        partial.refresh()
    for got in everything(partial):
        np.testing.assert_array_equal(got, DATA)


def test_an_archive_that_was_cut_is_named(make, tmp_path):
    archive = zipped(make().store.root, tmp_path / "a.zip")
    partial = zp.open(archive)
    np.testing.assert_array_equal(partial[3], DATA[3])
    replace(archive, archive.read_bytes()[:-40])
    with pytest.raises(zp.OpenError, match=r"a\.zip.*, found .*BadZipFile"):
        partial.refresh()
    np.testing.assert_array_equal(partial[3], DATA[3])
