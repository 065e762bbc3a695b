"""What cannot be shown is refused, each with an error of its own that says what would do."""

import pickle

import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec, Crc32cCodec, ZstdCodec

import zarr_partial as zp

WORDS = {
    "does not divide": ((3, 6), r"5 x 6, found 3 x 6: 3 does not divide 5 along axis 0; take one of 1, 5"),
    "longer than a chunk": ((20, 6), r"20 does not divide 5 along axis 0; take one of 1, 5"),
    "too many axes": ((1, 6, 1), r"at most 2 lengths, .* shape \(20, 6\), found 3; leave 1 out"),
    "zero": ((0, 6), r"at least 1 along every axis, found 0 along axis 0"),
    "negative": ((5, -1), r"at least 1 along every axis, found -1 along axis 1"),
}  # fmt: skip


@pytest.mark.parametrize(("chunks", "words"), WORDS.values(), ids=WORDS)
def test_chunks_that_are_none_of_the_array_are_refused(chunks, words, make):
    with pytest.raises(zp.VirtualChunksError, match=words):
        zp.virtual_chunks(make(), chunks)


@pytest.mark.parametrize("chunks", [1.5, (5, 2.0), "5", ("5", 6), True, None, (None, 6)])
def test_chunks_that_are_no_integers_are_a_type_error(chunks, make):
    with pytest.raises(TypeError, match=r"lengths of chunks as integers, such as \(1000, 50\), found"):
        zp.virtual_chunks(make(), chunks)


@pytest.mark.parametrize("chunks", [1, (1,), (1, 6), [1], np.array([1, 6]), np.int32(1)])
def test_axes_that_are_left_out_keep_their_chunks(chunks, make):
    assert zp.virtual_chunks(make(), chunks).chunks == (1, 6)


@pytest.mark.parametrize("path", ["/a", "a/", "a//b", "../a", "a/./b", ".zgroup", "__secret"])
def test_paths_that_are_no_names_are_refused(path, make):
    with pytest.raises(zp.VirtualChunksError, match="path of names between slashes"):
        zp.virtual_chunks(make(), 1, path=path)


@pytest.mark.parametrize(
    ("codec", "reason"),
    [(ZstdCodec(), "codec 'zstd'"), ([Crc32cCodec()], "codec 'crc32c'")],
    ids=["zstd", "crc32c"],
)
def test_chunks_that_are_decoded_whole_are_refused_with_what_would_do(codec, reason, make):
    array = make(compressors=codec)
    with pytest.raises(
        zp.VirtualChunksError, match=rf"found chunks of 5 x 6 that are decoded whole: {reason}; show"
    ) as caught:
        zp.virtual_chunks(array, (1, 6))
    assert caught.value.possible == ((5, 6),)
    assert zp.virtual_chunks(array, (5, 6)).not_exportable is None


def test_inner_chunks_that_are_decoded_whole_are_refused_and_their_own_shape_is_offered(make):
    array = make(chunks=(5, 3), shards=(10, 6), compressors=ZstdCodec())
    with pytest.raises(zp.VirtualChunksError, match="inner chunks of 5 x 3 that are decoded whole") as caught:
        zp.virtual_chunks(array, (1, 3))
    assert caught.value.possible == ((5, 3), (10, 6))


def test_without_checksums_to_compare_chunks_with_checksums_are_cut(make):
    array = make(compressors=[Crc32cCodec()])
    virtual = zp.virtual_chunks(zp.open(array, checksums="skip"), (1, 6))
    shown = zarr.open_array(virtual.store)
    assert shown.compressors == ()
    np.testing.assert_array_equal(shown[...], array[...])


ROWS = np.random.default_rng(0).integers(0, 30, (1024, 64)).astype("i4")


def blosc(make, **options):
    # Blosc makes blocks of 64 KiB of this, that is 256 rows.
    codec = BloscCodec(cname="lz4", blocksize=options.pop("blocksize", 8192))
    return make(data=ROWS, chunks=(512, 64), compressors=codec, **options)


@pytest.mark.parametrize(
    ("chunks", "words"),
    [
        ((128, 64), r"found chunks of 128 x 64, 32.8 kB, though the blocks of the chunks have 65,536 bytes"),
        ((256, 32), r"found chunks of 256 x 32, 32.8 kB, though the bytes of such a chunk lie apart"),
        ((1, 1), r"found chunks of 1 x 1, 4 B, though the blocks"),
    ],
)
def test_chunks_that_end_within_blosc_blocks_are_refused_with_those_that_do_not(chunks, words, make):
    array = blosc(make)
    with pytest.raises(zp.VirtualChunksError, match=words) as caught:
        zp.virtual_chunks(array, chunks)
    assert set(caught.value.possible) == {(256, 64), (512, 64)}
    assert "take 256 x 64 or 512 x 64, or write the array again with a block size that divides" in str(
        caught.value
    )
    for possible in caught.value.possible:
        np.testing.assert_array_equal(zarr.open_array(zp.virtual_chunks(array, possible).store)[...], ROWS)


def test_chunks_of_one_block_are_refused_all_parts(make):
    with pytest.raises(zp.VirtualChunksError, match="take the chunks as they are, 512 x 64, or write"):
        zp.virtual_chunks(blosc(make, blocksize=0), (256, 64))


def test_a_grid_that_is_not_regular_is_refused(tmp_path):
    with zarr.config.set({"array.rectilinear_chunks": True}):
        array = zarr.create_array(
            tmp_path / "a.zarr", shape=(6,), chunks=[[2, 4]], dtype="i1", compressors=None
        )
        with pytest.raises(
            zp.VirtualChunksError, match="regular grid of chunks, found one whose chunks differ"
        ):
            zp.virtual_chunks(array, 2)


def test_a_source_that_is_no_array_is_the_error_of_open(tmp_path):
    with pytest.raises(zp.OpenError):
        zp.virtual_chunks(tmp_path / "nothing.zarr", 2)


def test_the_error_survives_pickling(make):
    with pytest.raises(zp.VirtualChunksError) as caught:
        zp.virtual_chunks(make(), 3)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.possible) == (str(caught.value), caught.value.possible)
    assert sorted(again.possible) == [(1, 6), (5, 6)]
