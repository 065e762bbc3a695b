"""Blosc blocks: decoded one by one they are what the stock decoder makes of the chunk; damage is named."""

import struct

import numcodecs.blosc
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zarr_partial import CorruptChunkError
from zarr_partial.access.blosc import decode_blocks, decode_joined, parse_frame, stretches
from zarr_partial.layout import ChunkName

HEADER = struct.Struct("<BBBBIII")
NAME = ChunkName("c/0", is_shard=False)


def encode(data, cname="lz4", shuffle=1, blocksize=0, clevel=5):
    encoded = numcodecs.blosc.compress(data, cname.encode(), clevel, shuffle, blocksize)
    return np.frombuffer(bytes(encoded), np.uint8)


def counts(n, dtype="<u4", seed=0):
    return np.random.default_rng(seed).integers(0, 50, n).astype(dtype)


def shuffled_blocks(buffer):
    """The same chunk with its blocks in the reverse order, as several threads may write them."""
    frame = parse_frame(buffer, HEADER.unpack_from(buffer)[4], NAME)
    bodies, starts, at = [], [0] * frame.nblocks, 16 + 4 * frame.nblocks
    for block in reversed(range(frame.nblocks)):
        starts[block] = at
        bodies.append(buffer[frame.starts[block] : frame.stops[block]].tobytes())
        at += len(bodies[-1])
    table = struct.pack(f"<{frame.nblocks}I", *starts)
    return np.frombuffer(buffer[:16].tobytes() + table + b"".join(bodies), np.uint8)


@settings(max_examples=150)
@given(
    n=st.integers(1, 5000),
    dtype=st.sampled_from(["u1", "<u2", "<u4", "<f8", "V3", "V16", "V300"]),
    cname=st.sampled_from(["lz4", "lz4hc", "blosclz", "zlib", "zstd"]),
    shuffle=st.sampled_from([0, 1, 2]),
    blocksize=st.sampled_from([0, 128, 256, 1024, 4096]),
    reverse=st.booleans(),
    trailing=st.sampled_from([0, 5]),
    data=st.data(),
)
def test_any_blocks_decode_to_their_part_of_the_chunk(
    n, dtype, cname, shuffle, blocksize, reverse, trailing, data
):
    size = np.dtype(dtype).itemsize
    plain = np.repeat(counts(n * size // 4 + size), 4)[: n * size].astype("u1").view(dtype)
    buffer = encode(plain, cname, shuffle, blocksize)
    if HEADER.unpack_from(buffer)[2] & 0x02:
        assert parse_frame(buffer, plain.nbytes, NAME).is_memcpyed
        return
    buffer = shuffled_blocks(buffer) if reverse else buffer
    buffer = np.concatenate([buffer, np.zeros(trailing, np.uint8)])
    frame = parse_frame(buffer, plain.nbytes, NAME)
    first = data.draw(st.integers(0, frame.nblocks - 1))
    stop = data.draw(st.integers(first + 1, frame.nblocks))
    out = np.empty(frame.block_nbytes(first, stop), np.uint8)
    decode_blocks(buffer, frame, first, stop, out, NAME)
    start = first * frame.blocksize
    assert out.tobytes() == plain.tobytes()[start : start + out.size]


@pytest.mark.parametrize("blocksize", [256, 1024, 4096])
def test_chunks_that_are_joined_decode_one_after_the_other(blocksize):
    plain = [counts(1024, seed=seed) for seed in range(4)]
    buffers = [encode(values, "zstd", blocksize=blocksize) for values in plain]
    buffers[1] = shuffled_blocks(buffers[1])
    buffers[2] = np.concatenate([buffers[2], np.zeros(5, np.uint8)])
    frames = [parse_frame(buffer, 4096, NAME) for buffer in buffers]
    assert {frame.nblocks for frame in frames} == {4096 // blocksize}
    out = np.empty(4 * 4096, np.uint8)
    assert decode_joined(buffers, frames, out)
    assert out.tobytes() == b"".join(values.tobytes() for values in plain)


@pytest.mark.parametrize(
    "settings",
    [{"blocksize": 512}, {"cname": "lz4"}, {"shuffle": 0}, {"clevel": 0}],
    ids=["other blocks", "other codec", "other shuffle", "stored"],
)
def test_chunks_that_differ_are_not_joined(settings):
    alike = {"cname": "zstd", "blocksize": 1024}
    pair = [encode(counts(1024), **alike), encode(counts(1024, seed=1), **{**alike, **settings})]
    for buffers in (pair, pair[::-1]):
        frames = [parse_frame(buffer, 4096, NAME) for buffer in buffers]
        assert not decode_joined(buffers, frames, np.empty(2 * 4096, np.uint8))


def test_chunks_that_end_in_a_short_block_are_not_joined():
    buffers = [encode(counts(1024, seed=seed), "zstd", blocksize=1536) for seed in range(2)]
    frames = [parse_frame(buffer, 4096, NAME) for buffer in buffers]
    assert not decode_joined(buffers, frames, np.empty(2 * 4096, np.uint8))


def test_stretches_are_neighbouring_touched_blocks():
    assert stretches(np.array([True, True, False, True])) == [(0, 2), (3, 4)]
    assert stretches(np.zeros(3, bool)) == []


def patched(buffer, offset, fmt, value):
    changed = bytearray(buffer.tobytes())
    struct.pack_into(fmt, changed, offset, value)
    return np.frombuffer(bytes(changed), np.uint8)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: b[:10], "expected a Blosc header of 16 bytes, found 10 bytes in all"),
        (lambda b: b[:0], "found 0 bytes in all"),
        (lambda b: b[:-1], "expected at least the [0-9]+ bytes that the Blosc header promises"),
        (lambda b: patched(b, 0, "B", 5), "expected Blosc format 2, found format 5"),
        (lambda b: patched(b, 3, "B", 0), "expected a type size from 1 to 255 bytes, found 0"),
        (
            lambda b: patched(b, 4, "<I", 12),
            "expected a Blosc chunk of 8000 decoded bytes, found a header that says 12",
        ),
        (lambda b: patched(b, 8, "<I", 0), "expected a block size from 1 to 8000 bytes, found 0"),
        (lambda b: patched(b, 8, "<I", 1), "expected 8000 block starts"),
        (lambda b: patched(b, 12, "<I", 3), "expected at least the 3 bytes"),
        (lambda b: patched(b, 16, "<I", 2**32 - 1), "expected block starts from"),
        (lambda b: patched(b, 16, "<I", 0), "expected block starts from"),
    ],
)
def test_broken_header_is_named(change, message):
    buffer = encode(counts(2000), "zstd", blocksize=1024)
    assert parse_frame(buffer, 8000, NAME).nblocks == 8
    with pytest.raises(CorruptChunkError, match=message) as caught:
        parse_frame(change(buffer), 8000, NAME)
    assert caught.value.key == "c/0"


def test_stored_chunk_must_hold_its_bytes():
    noise = np.random.default_rng(0).integers(0, 256, 4000).astype("u1")
    buffer = encode(noise)
    assert parse_frame(buffer, 4000, NAME).is_memcpyed
    short = patched(buffer[:-7], 12, "<I", len(buffer) - 7)
    with pytest.raises(CorruptChunkError, match="expected 4016 bytes of a chunk stored uncompressed"):
        parse_frame(short, 4000, NAME)


@pytest.mark.parametrize("seed", range(30))
def test_damaged_bytes_decode_or_raise_but_never_crash(seed):
    rng = np.random.default_rng(seed)
    buffer = encode(counts(20_000), "zstd" if seed % 2 else "blosclz", blocksize=1024).copy()
    where = rng.integers(16, buffer.size, 20)
    buffer[where] = rng.integers(0, 256, 20)
    out = np.empty(80_000, np.uint8)
    try:
        frame = parse_frame(buffer, 80_000, NAME)
        for block in range(frame.nblocks):
            decode_blocks(buffer, frame, block, block + 1, out[: frame.block_nbytes(block, block + 1)], NAME)
    except CorruptChunkError as error:
        assert "or restore it" in str(error)  # noqa: PT017 - intact blocks raise nothing
