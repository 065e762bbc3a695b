"""Opening: what is an array, what is not, and what only zarr can index."""

import enum
import json
from pathlib import Path

import numcodecs
import numpy as np
import pytest
import zarr

import zarr_partial as zp

DATA = np.arange(20 * 6, dtype="<f4").reshape(20, 6)


def chunk_file(array, key="c/0/0"):
    return Path(array.store.root, key)


def test_opens_paths_stores_and_arrays(make, tmp_path):
    array = make()
    for source in (str(tmp_path / "a.zarr"), tmp_path / "a.zarr", array.store, array):
        np.testing.assert_array_equal(zp.open(source)[3], DATA[3])


def test_opens_a_zip_file(tmp_path):
    with zarr.storage.ZipStore(tmp_path / "a.zip", mode="w") as store:
        zarr.create_array(store, name="X", data=DATA, chunks=(5, 6))
    partial = zp.open(tmp_path / "a.zip", "X")
    np.testing.assert_array_equal(partial.oindex[[7, 1]], DATA[[7, 1]])
    assert str(partial.access) == "Whole(codec 'zstd')"
    (tmp_path / "b.zip").write_bytes(b"no archive")
    with pytest.raises(zp.OpenError, match=r"b\.zip, found .*BadZipFile"):
        zp.open(tmp_path / "b.zip")


def test_opens_an_array_inside_a_group(tmp_path):
    zarr.create_group(tmp_path / "g.zarr").create_array("raw/X", data=DATA)
    np.testing.assert_array_equal(zp.open(tmp_path / "g.zarr", "raw/X")[...], DATA)


@pytest.mark.parametrize("shards", [None, (10, 6)], ids=["chunks", "shards"])
def test_reads_from_any_store(shards):
    array = zarr.create_array(zarr.storage.MemoryStore(), data=DATA, chunks=(5, 6), shards=shards)
    partial = zp.open(array)
    assert isinstance(partial.access, zp.Shard if shards else zp.Whole)
    np.testing.assert_array_equal(partial.oindex[[7, 1]], DATA[[7, 1]])


def test_attributes_are_zarrs(make):
    array = make(attributes={"units": "K"})
    partial = zp.open(array)
    for name in ("shape", "dtype", "ndim", "size", "nbytes", "chunks", "shards", "fill_value"):
        assert getattr(partial, name) == getattr(array, name)
    assert dict(partial.attrs) == {"units": "K"}
    assert len(partial) == 20
    assert partial.grid_shape == (4, 1)
    np.testing.assert_array_equal(np.asarray(partial), DATA)


def test_zero_d_array_is_zarrs(tmp_path):
    array = zarr.create_array(tmp_path / "z.zarr", data=np.array(7, "i2"))
    assert type(zp.open(array)[()]) is type(array[()])
    assert zp.open(array)[()] == 7
    with pytest.raises(TypeError, match="unsized"):
        len(zp.open(array))


@pytest.mark.parametrize(
    ("source", "path", "message"),
    [
        ("nothing", None, r"expected a Zarr array at \S+/nothing, found nothing; check the path"),
        ("file.txt", None, r"found a file; give the folder that holds zarr.json or .zarray"),
        ("folder", None, r"found neither zarr.json nor .zarray; open one of the folders in it: a.zarr"),
        ("folder/empty", None, r"found neither zarr.json nor .zarray; check the path"),
        ("g.zarr", None, r"found a group with the arrays x, y; open one of them, for example path='x'"),
        ("g.zarr", "deeper", r"path 'deeper', found a group with the arrays z; .*path='deeper/z'"),
        ("g.zarr", "hollow", r"found a group without arrays of its own; it is empty"),
        (
            "g.zarr",
            "../g.zarr",
            r"a path with '\.\.' in it; give that from the root of the store",
        ),
        ("broken.zarr", None, r"found metadata that zarr cannot read \(JSONDecodeError: .*\); repair them"),
    ],
)
def test_what_is_not_an_array_is_named(tmp_path, source, path, message):
    (tmp_path / "file.txt").write_text("hello")
    (tmp_path / "folder/empty").mkdir(parents=True)
    zarr.create_array(tmp_path / "folder/a.zarr", data=DATA)
    group = zarr.create_group(tmp_path / "g.zarr")
    for name in ("x", "y", "deeper/z"):
        group.create_array(name, data=DATA)
    group.create_group("hollow")
    (tmp_path / "broken.zarr").mkdir()
    (tmp_path / "broken.zarr/zarr.json").write_text("{bad")
    with pytest.raises(zp.OpenError, match=message):
        zp.open(tmp_path / source, path)


def test_addresses_of_an_unknown_kind_are_named():
    with pytest.raises(
        zp.OpenError, match=r"at foo://\S+, found an address of a kind that fsspec does not know; check it"
    ):
        zp.open("foo://a.zarr")


def test_wrong_arguments_are_named(make):
    with pytest.raises(ValueError, match="expected threads to be at least 1, found 0"):
        zp.open(make(), threads=0)
    with pytest.raises(ValueError, match=r"expected no path beside an open zarr\.Array, found 'x'"):
        zp.open(make("b.zarr"), "x")


def test_rectilinear_grid_is_described_and_read(tmp_path):
    with zarr.config.set({"array.rectilinear_chunks": True}):
        array = zarr.create_array(tmp_path / "r.zarr", shape=(20, 6), chunks=((8, 12), (6,)), dtype="f4")
        array[...] = DATA
        partial = zp.open(array)
        np.testing.assert_array_equal(partial.oindex[[13, 2]], DATA[[13, 2]])
        assert ("chunks", "of several shapes") in partial.describe()
        assert partial.grid_shape == (2, 1)
        assert partial.explain(slice(0, 5)).chunks == 1
        with pytest.raises(NotImplementedError):
            partial.chunks  # noqa: B018


def test_grid_of_more_than_64_bits_is_read(tmp_path):
    options = {"shape": (4, 4), "chunks": (1, 1), "compressors": None, "fill_value": 7}
    array = zarr.create_array(tmp_path / "h.zarr", dtype="u1", **options)
    document = tmp_path / "h.zarr/zarr.json"
    metadata = json.loads(document.read_text())
    # zarr 3.3 cannot create such a grid, only read it.
    document.write_text(json.dumps({**metadata, "shape": [2**40, 2**40]}))
    file = chunk_file(array, f"c/{2**39}/5")
    file.parent.mkdir(parents=True)
    file.write_bytes(b"\x01")
    partial = zp.open(tmp_path / "h.zarr")
    assert partial[2**39, 5] == 1
    assert partial[0, 0] == 7
    assert partial.explain((0, 0)).chunks == 1


def test_missing_chunk_larger_than_memory_is_read(tmp_path):
    options = {"shape": (2**40,), "chunks": (2**40,), "compressors": None, "fill_value": 7}
    array = zarr.create_array(tmp_path / "f.zarr", dtype="f4", **options)
    assert (zp.open(array)[5:500] == 7).all()


class Row(enum.IntEnum):
    FIRST = 0


@pytest.mark.parametrize("key", [Row.FIRST, (Row.FIRST, 1), (1, Row.FIRST)])
def test_subclasses_of_int_are_zarrs(make, key):
    array = make()
    assert type(zp.open(array)[key]) is type(array[key])


def test_masked_arrays_are_zarrs(make):
    array = make()
    key = np.ma.array([0, 1], mask=[False, True])
    np.testing.assert_array_equal(zp.open(array).oindex[key], array.oindex[key])


def test_unknown_shuffle_is_zarrs(make):
    array = make(zarr_format=2, compressors=numcodecs.Blosc("lz4", shuffle=1))
    document = Path(array.store.root, ".zarray")
    document.write_text(document.read_text().replace('"shuffle": 1', '"shuffle": 3'))
    np.testing.assert_array_equal(zp.open(array.store)[3], DATA[3])


@pytest.mark.parametrize("source", [7, None, ["a"]])
def test_what_is_no_source_is_named(source):
    with pytest.raises(zp.OpenError, match=r"expected a path, a URL, a store or a zarr\.Array, found "):
        zp.open(source)


def test_metadata_too_deep_to_parse_are_named(tmp_path):
    (tmp_path / "deep.zarr").mkdir()
    (tmp_path / "deep.zarr/zarr.json").write_text("[" * 100_000)
    with pytest.raises(zp.OpenError, match="metadata that zarr cannot read"):
        zp.open(tmp_path / "deep.zarr")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_requests": 0}, "max_requests to be at least 1, found 0"),
        ({"gap": -1}, "gap to be a number of bytes, .* found -1"),
        ({"gap": "wide"}, "gap to be a number of bytes, .* found 'wide'"),
    ],
)
def test_settings_that_make_no_sense_are_named(make, options, message):
    with pytest.raises(ValueError, match=message):
        zp.open(make(), **options)


@pytest.mark.parametrize(("gap", "requests"), [(0, 2), ("1 kB", 1)])
def test_ranges_within_the_gap_are_one_request(gap, requests):
    array = zarr.create_array(
        zarr.storage.MemoryStore(), data=np.arange(200), chunks=(200,), compressors=None
    )
    assert zp.open(array, gap=gap).explain([0, 100]).requests == requests
