"""Files that are replaced or removed between reads: the old state or the new, and the new after `refresh`."""

import os
import signal

import numpy as np
import pytest
import zarr

import zarr_partial as zp
from tests.zarr_partial.conformance.arrays import chunk_files
from tests.zarr_partial.fuzz.layouts import LAYOUTS, SHAPE, values

pytestmark = pytest.mark.filterwarnings("ignore:Combining a `sharding_indexed` codec disables partial reads")


def written(folder, layout, change=0):
    options = {"chunks": (8, 12), "dtype": "<i4", **LAYOUTS[layout]}
    data = values(options["dtype"])
    data = data[::-1].copy() if change else data
    zarr.create_array(folder, shape=SHAPE, **options)[...] = data
    return zp.open(folder), data


def replace_by_rename(file, data):
    """Write as zarr does: beside the chunk, then in its place, so that a map of it stays whole."""
    beside = file.with_name(file.name + ".new")
    beside.write_bytes(data)
    beside.replace(file)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_replaced_chunks_are_old_or_new_and_new_after_refresh(tmp_path, layout):
    array, old = written(tmp_path / "a", layout)
    _, new = written(tmp_path / "b", layout, change=1)
    np.testing.assert_array_equal(array[...], old)
    for file, other in zip(chunk_files(tmp_path / "a"), chunk_files(tmp_path / "b"), strict=True):
        replace_by_rename(file, other.read_bytes())
    for rows in (slice(0, 8), slice(8, None)):
        got = array[rows]
        assert np.array_equal(got, old[rows]) or np.array_equal(got, new[rows])
    array.refresh()
    np.testing.assert_array_equal(array[...], new)
    np.testing.assert_array_equal(array.oindex[[9, 0, 9]], new[[9, 0, 9]])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_removed_chunks_are_old_or_fill_value_and_fill_value_after_refresh(tmp_path, layout):
    array, old = written(tmp_path / "a", layout)
    np.testing.assert_array_equal(array[3], old[3])
    for file in chunk_files(tmp_path / "a"):
        file.unlink()
    fill = np.full_like(old, array.fill_value)
    for rows in (slice(0, 8), slice(8, None)):
        got = array[rows]
        assert np.array_equal(got, old[rows]) or np.array_equal(got, fill[rows])
    array.refresh()
    np.testing.assert_array_equal(array[...], fill)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_damaged_and_mended_chunk_is_read_again(tmp_path, layout):
    """An error is no state: once the chunk is mended, and the array refreshed, it reads."""
    array, data = written(tmp_path / "a", layout)
    file = chunk_files(tmp_path / "a")[0]
    intact = file.read_bytes()
    replace_by_rename(file, intact[:9])
    for _ in range(2):
        with pytest.raises(zp.CorruptChunkError, match=r"c/0/0|0\.0"):
            array[...]
    np.testing.assert_array_equal(array[8:], data[8:])
    replace_by_rename(file, intact)
    array.refresh()
    np.testing.assert_array_equal(array[...], data)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this platform has no named pipes")
@pytest.mark.parametrize("layout", ["raw", "blosc lz4", "zstd", "shards of raw"])
def test_named_pipe_in_place_of_a_chunk_does_not_hang(tmp_path, layout):
    _, data = written(tmp_path / "a", layout)
    file = chunk_files(tmp_path / "a")[0]
    file.unlink()
    os.mkfifo(file)
    array = zp.open(tmp_path / "a", threads=1)

    def give_up(*_):
        raise AssertionError("expected an error within 20 s, found none")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(20)
    try:
        with pytest.raises(zp.ChunkError, match="c/0/0"):
            array[0]
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    np.testing.assert_array_equal(array[8:], data[8:])
