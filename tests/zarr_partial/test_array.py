"""PartialArray at the edges: opening, damaged chunks, views, plans, changes on disk."""

import copy
import enum
import json
import os
import pickle
import re
from pathlib import Path

import numcodecs
import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec, BytesCodec, ShardingCodec

import zarr_partial as zp

DATA = np.arange(20 * 6, dtype="<f4").reshape(20, 6)
BLOSC = BloscCodec(cname="zstd", shuffle="shuffle", blocksize=128)


@pytest.fixture
def make(tmp_path):
    def make(name="a.zarr", data=DATA, **options):
        options.setdefault("chunks", (5, 6))
        options.setdefault("compressors", None)
        return zarr.create_array(tmp_path / name, data=data, **options)

    return make


def chunk_file(array, key="c/0/0"):
    return Path(array.store.root, key)


# opening


def test_opens_paths_stores_and_arrays(make, tmp_path):
    array = make()
    for source in (str(tmp_path / "a.zarr"), tmp_path / "a.zarr", array.store, array):
        np.testing.assert_array_equal(zp.open(source)[3], DATA[3])


def test_opens_an_array_inside_a_group(tmp_path):
    zarr.create_group(tmp_path / "g.zarr").create_array("raw/X", data=DATA)
    np.testing.assert_array_equal(zp.open(tmp_path / "g.zarr", "raw/X")[...], DATA)


@pytest.mark.parametrize("shards", [None, (10, 6)], ids=["chunks", "shards"])
def test_reads_from_any_store_through_zarr(shards):
    array = zarr.create_array(zarr.storage.MemoryStore(), data=DATA, chunks=(5, 6), shards=shards)
    partial = zp.open(array)
    assert isinstance(partial.access, zp.Whole)
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


def test_wrong_arguments_are_named(make):
    with pytest.raises(ValueError, match="expected threads to be at least 1, found 0"):
        zp.open(make(), threads=0)
    with pytest.raises(ValueError, match=r"expected no path beside an open zarr\.Array, found 'x'"):
        zp.open(make("b.zarr"), "x")


# damaged chunks


@pytest.mark.parametrize("by_address", [True, False], ids=["gather", "loop"])
def test_truncated_raw_chunk_is_named(make, monkeypatch, by_address):
    monkeypatch.setattr("zarr_partial.read.MIN_RUN_NBYTES", 1 if by_address else 10**9)
    array = make()
    os.truncate(chunk_file(array), 100)
    with pytest.raises(zp.CorruptChunkError) as caught:
        zp.open(array)[0]
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
def test_damaged_chunk_that_zarr_decodes_is_named(make, options, key):
    array = make(**options)
    name = "1.0" if "zarr_format" in options else "c/1/0"
    file = chunk_file(array, name)
    os.truncate(file, file.stat().st_size - 3)
    partial = zp.open(array)
    for read in (lambda: partial[key], lambda: partial.oindex[key]):
        with pytest.raises(
            zp.CorruptChunkError, match=f"chunk '{name}': expected bytes that its codecs"
        ) as caught:
            read()
        assert caught.value.__cause__ is not None
    np.testing.assert_array_equal(partial[10:], DATA[10:])


def test_unreadable_chunk_that_zarr_decodes_is_named(make):
    array = make(**WHOLE["zstd"])
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


# views


def test_view_is_the_file_itself(make):
    array = make(chunks=(20, 6))
    view = zp.open(array).view()
    np.testing.assert_array_equal(view, DATA)
    assert not view.flags.writeable
    with chunk_file(array).open("r+b") as file:
        file.write(np.float32(42).tobytes())
    assert view[0, 0] == 42


def test_view_outlives_its_array(make):
    with zp.open(make(chunks=(25, 8))) as partial:
        view = partial.view()
    np.testing.assert_array_equal(view, DATA)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"chunks": (5, 6)}, "expected one chunk, found a grid of 4; write it with compressors=None"),
        ({"chunks": (20, 6), "compressors": BLOSC}, "expected uncompressed local chunks, found Blosc"),
        (
            {"chunks": (20, 6), "shards": (20, 6)},
            r"expected uncompressed local chunks, found Whole\(shards\)",
        ),
        ({"chunks": (20, 6), "serializer": BytesCodec(endian="big")}, "stored as <f4, found >f4"),
    ],
    ids=["many chunks", "compressed", "shards", "other byte order"],
)
def test_what_cannot_be_viewed_says_why(make, options, message):
    with pytest.raises(zp.NotViewableError, match=message):
        zp.open(make(**options)).view()


def test_missing_chunk_cannot_be_viewed(make):
    array = make(chunks=(20, 6))
    chunk_file(array).unlink()
    with pytest.raises(zp.NotViewableError, match="expected a stored chunk, found none"):
        zp.open(array).view()


# plans


def test_plan_of_raw_rows_reads_what_is_wanted(make):
    plan = zp.open(make()).explain([0, 1, 19])
    assert (plan.chunks, plan.units, plan.requests) == (2, 18, 2)
    assert plan.bytes_wanted == plan.bytes_read == 72
    assert (plan.bytes_decoded, plan.amplification) == (0, 1)
    assert plan.shape == (3, 6)


def test_plan_of_blosc_rows_counts_blocks(make):
    data = np.arange(2000, dtype="<i4").reshape(100, 20)
    partial = zp.open(make(data=data, chunks=(100, 20), compressors=BLOSC))
    plan = partial.explain((slice(0, 2), slice(None)))
    assert (plan.chunks, plan.units, plan.unit) == (1, 2, "Blosc block")
    assert plan.bytes_decoded == 256
    assert (
        plan.bytes_read
        < chunk_file(make("b.zarr", data=data, chunks=(100, 20), compressors=BLOSC)).stat().st_size
    )
    assert "Of 63 Blosc blocks, only the 2 with selected elements are decoded." in str(plan)


def test_plan_says_when_partial_reading_gains_nothing(make):
    ones = np.ones((20, 600), "f4")
    one_block = zp.open(make(data=ones, chunks=(5, 600), compressors=BloscCodec(cname="lz4"))).explain(0)
    assert "single Blosc block" in one_block.reasons[0]
    data = np.arange(2000, dtype="<i4").reshape(100, 20)
    every = zp.open(make("b.zarr", data=data, chunks=(100, 20), compressors=BLOSC)).explain(...)
    assert "touches every block" in every.reasons[0]


def test_plan_of_whole_chunks_gives_the_reason(make):
    array = make(compressors=zarr.codecs.ZstdCodec())
    plan = zp.open(array).explain(0)
    assert plan.access == "Whole(codec 'zstd')"
    assert plan.bytes_read == chunk_file(array).stat().st_size
    assert plan.bytes_decoded == 120
    assert "Chunks are read and decoded whole, by zarr: codec 'zstd'." in str(plan)


def test_plan_of_shards_does_not_guess(make):
    plan = zp.open(make(shards=(10, 6))).explain(0)
    assert (plan.chunks, plan.bytes_read, plan.amplification) == (1, None, None)
    assert "not known before reading" in str(plan)


def test_plan_of_coordinates_counts_their_chunks(make):
    plan = zp.open(make()).explain(([0, 7, 6], [1, 2, 3]))
    assert (plan.shape, plan.chunks) == ((3,), 2)


def test_plan_raises_zarrs_errors(make):
    partial = zp.open(make())
    with pytest.raises(IndexError, match="out of bounds"):
        partial.explain(99)
    with pytest.raises(zarr.errors.NegativeStepError):
        partial.explain(slice(None, None, -1))


def test_plan_of_nothing_and_of_missing_chunks(make):
    array = make(compressors=BLOSC)
    nothing = zp.open(array).explain(slice(0, 0))
    assert (nothing.chunks, nothing.bytes_wanted, nothing.amplification) == (0, 0, None)
    chunk_file(array).unlink()
    missing = zp.open(array).explain(0)
    assert (missing.chunks, missing.bytes_read) == (1, 0)
    assert "1 of them missing" in str(missing)


def test_plan_as_table_and_picture(make):
    plan = zp.open(make()).explain((slice(None), 0))
    assert "<table>" in plan._repr_html_()
    ax = plan.plot()
    assert ax.get_title() == "4 chunks touched"
    ax.figure.clear()


def test_plan_of_a_strided_read_is_counted_not_listed(make):
    data = np.zeros((3000, 2000), "u1")
    plan = zp.open(make(data=data + 1, chunks=(3000, 2000))).explain(
        (slice(None, None, 2), slice(None, None, 2))
    )
    assert plan.requests == plan.bytes_read == plan.units == 1500 * 1000


def test_plan_of_chunks_that_blosc_stored_says_so(make):
    noise = np.random.default_rng(0).integers(0, 256, (20, 600)).astype("u1")
    plan = zp.open(make(data=noise, chunks=(20, 600), compressors=BloscCodec(cname="lz4", clevel=1))).explain(
        3
    )
    assert plan.reasons == (
        "Blosc stored these chunks uncompressed, so only the selected elements are read.",
    )
    assert (plan.bytes_read, plan.bytes_decoded) == (616, 0)


def test_plan_of_missing_whole_chunks_reads_nothing(make):
    array = make(compressors=zarr.codecs.ZstdCodec())
    chunk_file(array).unlink()
    plan = zp.open(array).explain(slice(0, 10))
    assert (plan.chunks, plan.units, plan.bytes_decoded) == (2, 1, 120)
    assert "1 of them missing" in str(plan)


def test_plan_of_irregular_keys_asks_zarr(make):
    mask = np.array([True, False, False, False, False, True])
    plan = zp.open(make(chunks=(5, 3))).explain(([0, 7], mask))
    assert (plan.shape, plan.chunks) == ((2, 2), 4)


# what only zarr can index, or nobody can hold


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
    with pytest.raises(zp.OpenError, match=r"expected a path, a URL, a store or a zarr\.Array, found a "):
        zp.open(source)


def test_metadata_too_deep_to_parse_are_named(tmp_path):
    (tmp_path / "deep.zarr").mkdir()
    (tmp_path / "deep.zarr/zarr.json").write_text("[" * 100_000)
    with pytest.raises(zp.OpenError, match="metadata that zarr cannot read"):
        zp.open(tmp_path / "deep.zarr")


# prompts and changes


def test_texts_at_a_prompt(make):
    partial = zp.open(make(shards=(10, 6)))
    assert repr(partial) == "<PartialArray 20 x 6 float32, Whole(shards)>"
    assert repr(zp.open(make("b.zarr")).oindex) == "<PartialArray 20 x 6 float32, Raw(<f4, C order)>.oindex"
    assert ("shards", "10 x 6") in partial.describe()
    assert '<td style="text-align:left">Whole(shards)</td>' in partial._repr_html_()


def test_refresh_sees_replaced_vanished_and_grown(make):
    array = make(fill_value=-1)
    partial = zp.open(array)
    np.testing.assert_array_equal(partial[0], DATA[0])
    array[0] = 5
    np.testing.assert_array_equal(partial[0], DATA[0])
    partial.refresh()
    assert (partial[0] == 5).all()
    chunk_file(array).unlink()
    array.resize((30, 6))
    partial.refresh()
    assert partial.shape == (30, 6)
    assert (partial[0] == -1).all()


def test_closed_array_says_so(make):
    with zp.open(make()) as partial:
        partial[0]
    for use in (
        lambda: partial[0],
        lambda: partial.oindex[0],
        partial.view,
        partial.refresh,
        lambda: partial.explain(0),
    ):
        with pytest.raises(ValueError, match="expected an open array, found a closed one"):
            use()


def test_copy_false_is_refused(make):
    with pytest.raises(ValueError, match="view"):
        np.array(zp.open(make()), copy=False)


@pytest.mark.parametrize("order", ["C", "F"])
def test_names_of_layouts(make, order):
    array = make(zarr_format=2, order=order)
    assert str(zp.open(array).access) == f"Raw(<f4, {order} order)"


def test_nested_codecs_are_left_to_zarr(make):
    inner = ShardingCodec(chunk_shape=(5, 6), codecs=[BytesCodec()])
    array = make(chunks=(10, 6), serializer=inner, data=DATA)
    assert isinstance(zp.open(array).access, zp.Whole)
    np.testing.assert_array_equal(zp.open(array)[3], DATA[3])


def test_refresh_keeps_format_and_configuration(make, tmp_path):
    array = make(zarr_format=2)
    (tmp_path / "a.zarr/zarr.json").write_text((Path(make("b.zarr").store.root) / "zarr.json").read_text())
    partial = zp.open(zarr.open_array(array.store, zarr_format=2).with_config({"read_missing_chunks": False}))
    partial.refresh()
    assert ("format", "Zarr v2") in partial.describe()
    assert "read_missing_chunks" in str(partial.access)


def test_resizing_the_array_it_was_made_of_changes_nothing_before_refresh(make):
    array = make()
    partial = zp.open(array)
    array.resize((12, 6))
    assert (partial.shape, partial.size) == ((20, 6), 120)
    np.testing.assert_array_equal(partial[:12], DATA[:12])


def test_copies_read_on_their_own(make):
    partial = zp.open(make())
    partial.oindex[[1, 15]]
    again = copy.deepcopy(partial)
    partial.close()
    np.testing.assert_array_equal(again.oindex[[1, 15]], DATA[[1, 15]])


def test_view_of_nothing_says_so(tmp_path):
    array = zarr.create_array(tmp_path / "e.zarr", shape=(0, 3), dtype="f4", compressors=None)
    with pytest.raises(zp.NotViewableError, match="expected at least one axis and one element, found 0 x 3"):
        zp.open(array).view()
