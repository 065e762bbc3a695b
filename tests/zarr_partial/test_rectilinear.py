"""Arrays whose chunks differ in shape: edges, damage, views, and how long it takes to look at large ones."""

import os
import pickle
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, ShardingCodec, ZstdCodec

import zarr_partial as zp
from zarr_partial import tiles
from zarr_partial.mosaic import UnevenAxis, mosaic_axis
from zarr_partial.selection import Points, Span

DATA = np.arange(18 * 21, dtype="<i4").reshape(18, 21)
EDGES = ((4, 8, 4, 2), (3, 6, 9, 3))
BLOSC = BloscCodec(cname="lz4", blocksize=64, typesize=4)
INNER = ShardingCodec(chunk_shape=(2, 3), codecs=[BytesCodec()])
LAYOUTS = {
    "raw": {"compressors": None},
    "blosc": {"compressors": BLOSC},
    "zstd": {"compressors": ZstdCodec(level=1)},
    "shards": {"serializer": INNER, "compressors": None},
}


@pytest.fixture(autouse=True)
def flag():
    with zarr.config.set({"array.rectilinear_chunks": True}):
        yield


@pytest.fixture
def make(tmp_path):
    def make(name="a.zarr", data=DATA, chunks=EDGES, **options):
        options.setdefault("compressors", None)
        return zarr.create_array(tmp_path / name, data=data, chunks=chunks, **options)

    return make


def chunk_file(array, key):
    return Path(array.store.root, key)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_zarr_is_asked_for_nothing(make, layout, monkeypatch):
    array = make(**LAYOUTS[layout])
    partial = zp.open(array.store.root)
    points = np.array([17, 0, 4, 4]), np.array([20, 0, 3, 2])
    for way in ("__getitem__", "oindex", "vindex", "blocks"):
        monkeypatch.setattr(zarr.Array, way, None)
    np.testing.assert_array_equal(partial[...], DATA)
    np.testing.assert_array_equal(partial[11:3:1], DATA[11:3])
    np.testing.assert_array_equal(partial[3:17:5, ::7], DATA[3:17:5, ::7])
    np.testing.assert_array_equal(partial.oindex[[9, 1, 1], [20, 3]], DATA[np.ix_([9, 1, 1], [20, 3])])
    np.testing.assert_array_equal(partial.vindex[points], DATA[points])
    np.testing.assert_array_equal(partial.blocks[1, 2:], DATA[4:12, 9:])
    np.testing.assert_array_equal(partial.take([[5, 17]], axis=1), DATA.take([[5, 17]], axis=1))
    out = np.zeros((42, 18), "<i4").T[:, ::2]
    assert partial.read(..., out) is out
    np.testing.assert_array_equal(out, DATA)


@pytest.mark.parametrize(
    ("shape", "chunks"),
    [
        ((5, 4), ((1, 1, 1, 1, 1), (4,))),
        ((5, 4), ((5,), (4,))),
        ((5, 4), ((2, 1, 2), 3)),
        ((0, 4), (3, (1, 3))),
        ((7,), ((1, 1, 1, 4),)),
        ((1,), ((1,),)),
    ],
)
def test_selections_on_edges_are_numpys(make, shape, chunks):
    data = np.arange(np.prod(shape), dtype="<u2").reshape(shape)
    partial = zp.open(make(data=data, chunks=chunks))
    length = shape[0]
    for start in range(length + 1):
        for stop in range(start, length + 1):
            for step in (1, 2, 3, 10**30):
                np.testing.assert_array_equal(partial[start:stop:step], data[start:stop:step])
    everything = np.arange(length)[::-1]
    np.testing.assert_array_equal(partial.oindex[everything], data[everything])


def test_missing_chunks_are_the_fill_value(make):
    array = make(fill_value=-3)
    shutil.rmtree(chunk_file(array, "c/1"))
    want = DATA.copy()
    want[4:12] = -3
    partial = zp.open(array)
    np.testing.assert_array_equal(partial[...], want)
    np.testing.assert_array_equal(partial.oindex[[11, 12, 3]], want[[11, 12, 3]])
    assert partial.explain(slice(3, 5)).missing == 4


def test_damaged_chunks_are_named(make):
    raw = make("raw.zarr")
    os.truncate(chunk_file(raw, "c/2/1"), 10)
    with pytest.raises(zp.CorruptChunkError, match=r"chunk 'c/2/1': expected 96 bytes \(4 x 6 ") as caught:
        zp.open(raw)[13, 3]
    assert caught.value.key == "c/2/1"
    np.testing.assert_array_equal(zp.open(raw)[:12], DATA[:12])
    blosc = make("blosc.zarr", compressors=BLOSC)
    chunk_file(blosc, "c/3/2").write_bytes(bytes(40))
    with pytest.raises(zp.CorruptChunkError, match="chunk 'c/3/2': expected Blosc format 2"):
        zp.open(blosc)[17, 17]
    shards = make("shards.zarr", **LAYOUTS["shards"])
    shard = bytearray(chunk_file(shards, "c/1/2").read_bytes())
    # The last of 4 x 3 entries of the index, before its checksum.
    shard[-20:-4] = struct.pack("<QQ", 10**6, 24)
    chunk_file(shards, "c/1/2").write_bytes(shard)
    with pytest.raises(zp.CorruptChunkError, match=r"inner chunk \[5, 5\] in shard 'c/1/2': expected"):
        zp.open(shards, checksums="skip")[11, 17]


def test_damaged_chunks_that_zarr_decodes_are_named(make):
    array = make(data=DATA.astype("T"), compressors=ZstdCodec())
    chunk_file(array, "c/2/1").write_bytes(b"nothing of the kind")
    for read in (
        lambda partial: partial[15],
        lambda partial: partial.oindex[[0, 15]],
        lambda partial: partial.vindex[[15], [3]],
        lambda partial: partial.blocks[2],
        lambda partial: partial[[15], [4]],
    ):
        with pytest.raises(zp.CorruptChunkError) as caught:
            read(zp.open(array))
        assert caught.value.key == "c/2/1"


def test_chunks_are_viewed_and_an_array_of_one(make):
    partial = zp.open(make())
    np.testing.assert_array_equal(partial.chunk_view((1, 3)), DATA[4:12, 18:])
    with pytest.raises(zp.NotViewableError, match="expected one chunk, found a grid of 16"):
        partial.view()
    with pytest.raises(IndexError, match=r"within a grid of \(4, 4\), found \(4, 0\)"):
        partial.chunk_view((4, 0))
    sharded = zp.open(make("s.zarr", **LAYOUTS["shards"]))
    np.testing.assert_array_equal(sharded.chunk_view((7, 6)), DATA[14:16, 18:])
    whole = zp.open(make("w.zarr", chunks=((18,), 25))).view()
    np.testing.assert_array_equal(whole, DATA)
    assert not whole.flags.owndata


def test_metadata_say_what_is_of_several_shapes(make):
    raw, sharded = dict(zp.open(make()).describe()), dict(zp.open(make("s", **LAYOUTS["shards"])).describe())
    assert (raw["chunks"], raw["grid"], raw["unit"]) == (
        "of several shapes", "16 chunks (4 x 4)", "element, read by zarr_partial"
    )  # fmt: skip
    assert (sharded["chunks"], sharded["shards"]) == ("2 x 3", "of several shapes")
    assert "(16 shards (4 x 4))"[1:-1] == sharded["grid"]


def test_copies_and_changes_are_seen_as_for_other_arrays(make):
    array = make()
    partial = zp.open(array)
    assert partial[5, 5] == DATA[5, 5]
    copy = pickle.loads(pickle.dumps(partial))
    array[5, 5] = -1
    assert partial[5, 5] == DATA[5, 5]
    partial.refresh()
    assert (partial[5, 5], copy[5, 5]) == (-1, -1)
    array.resize((18, 10))
    partial.refresh()
    np.testing.assert_array_equal(partial[6:], DATA[6:, :10])
    np.testing.assert_array_equal(partial.blocks[:, 2], np.asarray(array)[:, 9:10])
    partial.close()
    with pytest.raises(ValueError, match="found a closed one"):
        partial[0]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork")
def test_forked_children_read(make):
    partial = zp.open(make(**LAYOUTS["blosc"]), threads=3)
    np.testing.assert_array_equal(partial[...], DATA)
    child = os.fork()
    if not child:
        os._exit(0 if np.array_equal(partial[...], DATA) else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_checksums_are_advised_to_be_skipped(make):
    array = make(compressors=Crc32cCodec())
    (advice,) = zp.open(array).explain([0, 17]).advice
    assert advice.change == 'open with checksums="skip"'
    assert zp.open(array, checksums="skip").explain([0, 17]).bytes_read == advice.bytes_read == 2 * 21 * 4


def test_grids_with_more_chunks_than_can_be_listed_are_opened_and_read(tmp_path):
    shape, chunks = (2**45, 10), (3, (4, 6))
    array = zarr.create_array(
        tmp_path / "h.zarr", shape=shape, chunks=chunks, dtype="u1", compressors=None, fill_value=7
    )
    file = chunk_file(array, f"c/{2**44 // 3}/1")
    file.parent.mkdir(parents=True)
    file.write_bytes(bytes(range(18)))
    partial = zp.open(array)
    at = 2**44 // 3 * 3
    assert partial[at : at + 3, 3:5].tolist() == [[7, 0], [7, 6], [7, 12]]
    assert partial[[5, 2**45 - 1], [0, 9]].tolist() == [7, 7]
    plan = partial.explain(slice(None, None, 2**25))
    assert plan.is_estimated
    assert plan.chunks == 2 * 2**20


def test_every_index_of_an_uneven_axis_is_in_one_share_once():
    sizes = [1, 5, 2, 5, 1, 9, 1]
    axis = mosaic_axis(sizes, 22)
    assert isinstance(axis, UnevenAxis)
    chunk_of = np.repeat(range(len(sizes)), sizes)
    begins = np.cumsum([0, *sizes])
    points = np.random.default_rng(0).integers(0, 22, 40)
    for selected in (Span(0, 1, 22), Span(3, 4, 5), Span(7, 1, 1), Span(1, 7, 3), Points(points)):
        indices, seen = selected.indices(), []
        for share in axis.shares(selected):
            size = axis.sizes[share.kind]
            for part in share.parts(size):
                chunk = int(axis.chunks(share.kind, np.array([part.chunk]))[0])
                places = np.arange(indices.size)[part.out]
                assert sizes[chunk] == size
                assert (chunk_of[indices[places]] == chunk).all()
                np.testing.assert_array_equal(begins[chunk] + part.within.indices(), indices[places])
                seen += places.tolist()
        assert sorted(seen) == list(range(indices.size))


@pytest.mark.parametrize("dtype", ["<i4", ">f8"])
def test_rows_and_points_are_gathered_over_all_shapes_at_once(make, dtype, monkeypatch):
    data = np.arange(90 * 21).reshape(90, 21).astype(dtype)
    partial = zp.open(make(data=data, chunks=((3, 7, 12, 7, 3, 5, 20, 3, 7, 3, 5, 15), (21,))))
    gathered = []
    real = tiles.gather_across

    def gather_across(*args):
        gathered.append(real(*args))
        return gathered[-1]

    monkeypatch.setattr(tiles, "gather_across", gather_across)
    rng = np.random.default_rng(0)
    for _ in range(20):
        rows, columns = rng.integers(0, 90, 40), rng.integers(0, 21, 40)
        np.testing.assert_array_equal(partial.oindex[rows], data[rows])
        np.testing.assert_array_equal(partial[rows, 5:9], data[rows, 5:9])
        np.testing.assert_array_equal(partial.vindex[rows, columns], data[rows, columns])
        out = np.zeros((40, 42), dtype)[:, ::2]
        np.testing.assert_array_equal(partial.read(rows, out), data[rows])
    assert len(gathered) == 80
    assert all(found is not None for found in gathered)
