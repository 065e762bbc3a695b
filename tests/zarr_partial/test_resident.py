"""How much stays mapped: never more than the process may hold, and whoever reads needs gets room."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
import zarr
from zarr.codecs import BytesCodec, ShardingCodec

import zarr_partial as zp
from zarr_partial.sources import local

DATA = np.arange(20 * 4, dtype="<i4").reshape(20, 4)


@pytest.fixture
def make(tmp_path):
    def make(name, fill_value=0):
        return zarr.create_array(
            tmp_path / name, data=DATA, chunks=(2, 4), compressors=None, fill_value=fill_value
        )

    return make


def kept(partial):
    return len(partial.state.residency.now)


@pytest.fixture
def limit_of_four(monkeypatch):
    monkeypatch.setattr(local, "_live", set())
    monkeypatch.setattr(local, "MAPS_PER_PROCESS", 4)


@pytest.mark.parametrize("by_runs", [True, False], ids=["gather", "loop"])
def test_reading_more_chunks_than_may_be_kept(make, limit_of_four, monkeypatch, by_runs):
    monkeypatch.setattr("zarr_partial.read._prefers_runs", lambda *_: by_runs)
    partial = zp.open(make("a.zarr"))
    for _ in range(3):
        np.testing.assert_array_equal(partial[...], DATA)
        assert kept(partial) <= 4
    np.testing.assert_array_equal(partial.oindex[[19, 0]], DATA[[19, 0]])
    assert kept(partial) == 2


def test_the_array_used_least_recently_makes_room(make, limit_of_four):
    first, second = zp.open(make("a.zarr")), zp.open(make("b.zarr"))
    first[...]
    assert kept(first) == 4
    np.testing.assert_array_equal(second[:4], DATA[:4])
    assert (kept(first), kept(second)) == (0, 2)


def test_closed_and_forgotten_arrays_hold_no_maps(make, monkeypatch):
    monkeypatch.setattr(local, "_live", set())
    partial = zp.open(make("a.zarr"))
    partial[...]
    assert len(local._live) == 10
    partial.close()
    assert not local._live


@pytest.mark.parametrize("number", [errno.ENODEV, errno.ENOMEM, errno.EACCES])
def test_file_that_cannot_be_mapped_is_read(make, monkeypatch, number):
    def refuse(*args, **kwargs):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(local, "_Map", refuse)
    partial = zp.open(make("a.zarr"))
    np.testing.assert_array_equal(partial[...], DATA)
    np.testing.assert_array_equal(partial.oindex[[19, 0]], DATA[[19, 0]])


def test_disk_that_fails_under_the_map_call_is_named(make, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(local, "_Map", refuse)
    with pytest.raises(zp.UnreadableChunkError, match="Input/output error; check the disk and the file"):
        zp.open(make("a.zarr"))[0]


@pytest.mark.parametrize("fill", [0, 9])
def test_missing_chunks_are_one_buffer(make, monkeypatch, fill):
    monkeypatch.setattr("zarr_partial.read._prefers_runs", lambda *_: True)
    array = make("a.zarr", fill)
    for chunk in (0, 3, 9):
        Path(array.store.root, f"c/{chunk}/0").unlink()
    partial = zp.open(array)
    np.testing.assert_array_equal(partial.oindex[[0, 7, 19, 5]], array.oindex[[0, 7, 19, 5]])
    chunks = partial.state.residency.chunks()
    assert len(set(chunks.addresses(np.array([0, 3, 9])).tolist())) == 1


def test_shards_that_begin_with_the_shard_around_them_have_indexes_of_their_own(tmp_path):
    data = np.arange(64, dtype="i4")
    shards = BytesCodec()
    for size in (2, 8, 32):
        shards = ShardingCodec(chunk_shape=(size,), codecs=[shards])
    array = zarr.create_array(
        tmp_path / "a.zarr",
        shape=64,
        dtype="i4",
        chunks=64,
        serializer=shards,
        compressors=None,
        filters=None,
    )
    array[:] = data
    partial = zp.open(tmp_path / "a.zarr")
    assert str(partial.access).startswith("Shard of Shard of Shard")
    np.testing.assert_array_equal(partial[:], data)
    assert [int(partial[index]) for index in (0, 1, 3, 9, 40)] == [0, 1, 3, 9, 40]
