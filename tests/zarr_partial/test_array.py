"""PartialArray at a prompt and over time: texts, views, refresh, close, copies."""

import copy
from pathlib import Path

import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec, BytesCodec, ShardingCodec

import zarr_partial as zp

DATA = np.arange(20 * 6, dtype="<f4").reshape(20, 6)
BLOSC = BloscCodec(cname="zstd", shuffle="shuffle", blocksize=128)


def chunk_file(array, key="c/0/0"):
    return Path(array.store.root, key)


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


def test_inner_chunks_that_lie_in_order_are_one_view(make):
    with pytest.raises(zp.NotViewableError, match="some that are not stored"):
        zp.open(make(chunks=(5, 6), shards=(25, 6))).view()
    with zp.open(make("b.zarr", chunks=(5, 6), shards=(20, 6))) as partial:
        view = partial.view()
        np.testing.assert_array_equal(view, DATA)
        assert not view.flags.writeable
        assert not view.flags.owndata


@pytest.mark.parametrize("options", [{}, {"shards": (10, 6)}], ids=["chunks", "inner chunks"])
def test_one_chunk_is_a_view_cut_at_the_end_of_the_array(make, options):
    partial = zp.open(make(data=DATA[:17], chunks=(5, 3), **options))
    np.testing.assert_array_equal(partial.chunk_view((3, 1)), DATA[15:17, 3:])
    np.testing.assert_array_equal(partial.chunk_view((0, 0)), DATA[:5, :3])
    for wrong in ((4, 0), (0, -1), (0,)):
        with pytest.raises(IndexError, match=r"expected coordinates of a chunk within a grid of \(4, 2\)"):
            partial.chunk_view(wrong)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"chunks": (5, 6)}, "expected one chunk, found a grid of 4; write it with compressors=None"),
        ({"chunks": (20, 6), "compressors": BLOSC}, "expected uncompressed local chunks, found Blosc"),
        (
            {"chunks": (20, 3), "shards": (20, 6)},
            r"inner chunks that lie one after the other, .* found a grid of \(1, 2\)",
        ),
        ({"chunks": (5, 6), "shards": (10, 6)}, "expected one shard, found a grid of 2"),
        ({"chunks": (20, 6), "serializer": BytesCodec(endian="big")}, "stored as <f4, found >f4"),
    ],
    ids=["many chunks", "compressed", "inner chunks side by side", "many shards", "other byte order"],
)
def test_what_cannot_be_viewed_says_why(make, options, message):
    with pytest.raises(zp.NotViewableError, match=message):
        zp.open(make(**options)).view()


def test_missing_chunk_cannot_be_viewed(make):
    array = make(chunks=(20, 6))
    chunk_file(array).unlink()
    with pytest.raises(zp.NotViewableError, match="expected a stored chunk, found none"):
        zp.open(array).view()


def test_texts_at_a_prompt(make):
    partial = zp.open(make(shards=(10, 6)))
    assert repr(partial) == "<PartialArray 20 x 6 float32, Shard of Raw(<f4, C order)>"
    assert repr(zp.open(make("b.zarr")).oindex) == "<PartialArray 20 x 6 float32, Raw(<f4, C order)>.oindex"
    assert ("shards", "10 x 6") in partial.describe()
    assert ">Shard of Raw(&lt;f4, C order)</td>" in partial._repr_html_()


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


def test_copy_false_is_refused_where_there_is_no_view(make):
    with pytest.raises(ValueError, match="expected one chunk, found a grid of 4"):
        np.array(zp.open(make()), copy=False)


@pytest.mark.parametrize("order", ["C", "F"])
def test_names_of_layouts(make, order):
    array = make(zarr_format=2, order=order)
    assert str(zp.open(array).access) == f"Raw(<f4, {order} order)"


@pytest.mark.filterwarnings("ignore:Combining a `sharding_indexed` codec disables partial reads")
def test_codecs_over_shards_are_left_to_zarr(make):
    inner = ShardingCodec(chunk_shape=(5, 6), codecs=[BytesCodec()])
    array = make(chunks=(10, 6), serializer=inner, compressors=[zarr.codecs.GzipCodec()], data=DATA)
    assert str(zp.open(array).access) == "Whole(codec 'gzip')"
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


@pytest.mark.parametrize("codec", [zarr.codecs.ZstdCodec(), BloscCodec(cname="lz4")], ids=["zstd", "blosc"])
@pytest.mark.parametrize(
    "rows", [[0, 2, 1, 3], [3, 2, 1, 0], [0, 1, 1, 2], list(range(20)), [5, 19, 5]], ids=str
)
def test_small_leaves_decoded_together_keep_the_order_of_the_selection(make, codec, rows):
    data = np.random.default_rng(0).integers(0, 9, (20, 600)).astype("f4")
    array = make(data=data, chunks=(1, 600), shards=(20, 600), compressors=codec)
    for threads in (1, 3):
        partial = zp.open(array, threads=threads)
        np.testing.assert_array_equal(partial.oindex[rows], data[rows])
        np.testing.assert_array_equal(partial.oindex[rows, 3:500], data[rows, 3:500])
