"""The beginning of a Zstandard frame, compared with all of it as numcodecs decodes it."""

import numcodecs
import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from zarr.codecs import ZstdCodec

import zarr_partial as zp
from zarr_partial.access.prefix import BLOCK_NBYTES, decode_prefix


def frame_of(values, level=0, checksum=False):
    encoded = numcodecs.Zstd(level=level, checksum=checksum).encode(values)
    return np.frombuffer(encoded, dtype=np.uint8)


def kinds(rng, nbytes):
    """Return bytes of which zstd makes blocks of every type: packed, stored, and of one value."""
    return {
        "counts": rng.poisson(1, nbytes).astype("u1"),
        "noise": rng.integers(0, 256, nbytes, dtype="u1"),
        "zeros": np.zeros(nbytes, "u1"),
        "zeros, then noise": np.append(
            np.zeros(nbytes // 2, "u1"), rng.integers(0, 256, nbytes - nbytes // 2)
        ),
        "rising": np.arange(nbytes // 4, dtype="<u4").view("u1"),
    }


@settings(max_examples=40)
@given(
    seed=st.integers(0, 9),
    kind=st.sampled_from(sorted(kinds(np.random.default_rng(0), 8))),
    level=st.sampled_from([-5, 0, 1, 3, 9, 19]),
    share=st.floats(0.001, 1),
)
def test_the_beginning_is_that_of_the_whole(seed, kind, level, share):
    values = kinds(np.random.default_rng(seed), 900_000)[kind].astype("u1")
    wanted = max(1, int(values.size * share))
    out = np.empty(values.size, "u1")
    found = decode_prefix(frame_of(values, level), wanted, out)
    if found is not None:
        assert found.size >= wanted
        np.testing.assert_array_equal(found, values[: found.size])


def test_a_frame_of_full_blocks_is_decoded_up_to_the_block_of_the_last_byte():
    values = np.random.default_rng(0).poisson(1, 700_000).astype("u1")
    out = np.empty(values.size, "u1")
    for wanted, blocks in ((1, 1), (BLOCK_NBYTES, 1), (BLOCK_NBYTES + 1, 2), (3 * BLOCK_NBYTES, 3)):
        assert decode_prefix(frame_of(values), wanted, out).size == blocks * BLOCK_NBYTES


def test_what_cannot_be_cut_is_left_to_the_decoder_of_the_whole():
    values = np.random.default_rng(0).poisson(1, 700_000).astype("u1")
    out = np.empty(values.size, "u1")
    frame = frame_of(values)
    two = np.append(frame_of(values[:350_000]), frame_of(values[350_000:]))
    damaged = frame.copy()
    damaged[20:60] ^= 0x5A
    for data in (frame_of(values, checksum=True), two, frame[:11], frame[:5], frame[:0], damaged, frame[1:]):
        assert decode_prefix(data, 10, out) is None
    assert decode_prefix(frame, 699_999, out) is None


@pytest.mark.parametrize("options", [{}, {"shards": (1_200_000,)}], ids=["chunks", "shards"])
def test_reads_of_large_zstd_chunks_are_those_of_zarr(options, tmp_path):
    values = np.random.default_rng(0).poisson(1, 1_200_000).astype("<i4")
    array = zarr.create_array(
        tmp_path / "a.zarr", data=values, chunks=(300_000,), compressors=ZstdCodec(), **options
    )
    rng = np.random.default_rng(1)
    partial = zp.open(tmp_path / "a.zarr")
    for _ in range(20):
        at = np.sort(rng.integers(0, values.size, 3))
        np.testing.assert_array_equal(partial[at], array[at])
        np.testing.assert_array_equal(partial[at[:1]], array[at[:1]])
