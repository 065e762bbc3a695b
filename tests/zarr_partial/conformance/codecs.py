"""Strategies for the codecs of one chunk: everything zarr encodes with, alone and in combination.

A chain is drawn for the shape of the chunk that it encodes, since transpositions permute that shape and
shards divide it.
"""

import lzma
import math

import numcodecs
from hypothesis import strategies as st
from zarr.codecs import (
    BloscCodec,
    BytesCodec,
    Crc32cCodec,
    GzipCodec,
    ScaleOffset,
    ShardingCodec,
    TransposeCodec,
    VLenBytesCodec,
    VLenUTF8Codec,
    ZstdCodec,
)
from zarr.codecs import numcodecs as v3

CNAMES = ["lz4", "lz4hc", "blosclz", "zlib", "zstd"]
SHUFFLES = ["noshuffle", "shuffle", "bitshuffle"]
# 1 is below what Blosc takes, 100 is no multiple of most types, 4096 is more than most chunks have.
BLOCKSIZES = [0, 1, 100, 128, 128, 128, 256, 256, 4096]
RAW_LZMA = numcodecs.LZMA(lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "preset": 0}])
WRITE_ORDERS = ["morton", "unordered", "lexicographic", "colexicographic"]

# More inner chunks than this make the reader that we compare with slow, and show nothing new.
MAX_INNER_CHUNKS = 24


@st.composite
def v2_codecs(draw, dtype):
    """Return `filters` and `compressors` of a format 2 array."""
    if dtype.names and any(dtype[name].kind in "mM" for name in dtype.names):
        # numcodecs encodes no records with times in them.
        return {"filters": None, "compressors": None}
    filters = draw(st.sampled_from([None, None, *v2_filters(dtype)]))
    compressor = draw(st.sampled_from([None, None, *v2_compressors(draw)]))
    # Strings of variable length need the filter that zarr chooses for them.
    return {"filters": filters if is_fixed(dtype) else "auto", "compressors": compressor}


def v2_compressors(draw):
    blosc = numcodecs.Blosc(
        cname=draw(st.sampled_from(CNAMES)),
        clevel=draw(st.sampled_from([0, 1, 5, 9])),
        shuffle=draw(st.sampled_from([-1, 0, 1, 2])),
        blocksize=draw(st.sampled_from(BLOCKSIZES)),
    )
    others = [
        numcodecs.Zstd(1), numcodecs.GZip(1), numcodecs.Zlib(1), numcodecs.LZ4(), numcodecs.BZ2(1),
        numcodecs.LZMA(preset=0), numcodecs.LZMA(lzma.FORMAT_ALONE), RAW_LZMA, numcodecs.Base64(),
        numcodecs.CRC32(), numcodecs.CRC32(location="end"), numcodecs.CRC32C(), numcodecs.Adler32(),
        numcodecs.Fletcher32(), numcodecs.JenkinsLookup3(initval=3),
    ]  # fmt: skip
    return [blosc] * 5 + others


def v2_filters(dtype):
    checksum = [[numcodecs.CRC32()]]
    if dtype.kind in "iu":
        return [
            [numcodecs.Delta(dtype.str)],
            [numcodecs.FixedScaleOffset(offset=3, scale=2, dtype=dtype.str, astype="<f8")],
            [numcodecs.AsType("<f8", dtype.str)],
            [numcodecs.Delta(dtype.str), numcodecs.Shuffle(dtype.itemsize)],
            [numcodecs.Shuffle(dtype.itemsize), numcodecs.Zlib(1), numcodecs.Adler32()],
        ]
    if dtype.kind == "f":
        return [
            [numcodecs.Quantize(1, dtype.str)],
            [numcodecs.Delta(dtype.str)],
            [numcodecs.Shuffle(dtype.itemsize)],
            *checksum,
        ]
    return [[numcodecs.PackBits()]] if dtype.kind == "b" else checksum


@st.composite
def v3_codecs(draw, dtype, chunk_shape, sharded):
    """Return `filters`, `serializer` and `compressors` of a format 3 array."""
    filters, serializer, compressors = draw(chains(dtype, chunk_shape, 1 if sharded else 0))
    return {"filters": filters, "serializer": serializer, "compressors": compressors}


@st.composite
def chains(draw, dtype, shape, levels):
    """Return array codecs, a serializer and bytes codecs for chunks of `shape`; shards `levels` deep."""
    filters, turned = draw(transpositions(shape))
    if levels:
        compressors = draw(st.sampled_from([[]] * 12 + [[ZstdCodec(level=1)], [Crc32cCodec()]]))
        # zarr wants inner chunks to divide the shard as it is before the transposition, too.
        both = tuple(math.gcd(n, m) for n, m in zip(shape, turned, strict=True))
        return filters, draw(shards(dtype, both, levels)), compressors
    # The filters of numcodecs forget the memory order of what they decode, so none beside a transpose.
    if is_fixed(dtype) and not filters:
        filters = draw(st.sampled_from([[], [], [], [], *v3_filters(dtype)]))
    return filters, serializer(draw, dtype), draw(bytes_codecs(dtype.itemsize if is_fixed(dtype) else 1))


@st.composite
def shards(draw, dtype, shape, levels):
    inner = []
    room = MAX_INNER_CHUNKS
    for length in shape:
        counts = [count for count in range(1, length + 1) if length % count == 0 and count <= room]
        count = draw(st.sampled_from(counts))
        room //= count
        inner.append(length // count)
    deeper = levels < 2 and draw(st.sampled_from([False] * 5 + [True]))
    filters, inside, compressors = draw(chains(dtype, tuple(inner), levels + 1 if deeper else 0))
    return ShardingCodec(
        chunk_shape=tuple(inner),
        codecs=[*filters, inside, *compressors],
        index_codecs=draw(st.sampled_from(index_codecs(len(shape)))),
        index_location=draw(st.sampled_from(["end", "end", "start"])),
        subchunk_write_order=draw(st.sampled_from(WRITE_ORDERS)),
    )


def index_codecs(ndim):
    little, big = BytesCodec(endian="little"), BytesCodec(endian="big")
    turned = TransposeCodec(order=tuple(range(ndim, -1, -1)))
    return [
        [little, Crc32cCodec()],
        [little, Crc32cCodec()],
        [big, Crc32cCodec()],
        [little],
        [big],
        [turned, little, Crc32cCodec()],
        [little, Crc32cCodec(), Crc32cCodec()],
    ]


@st.composite
def transpositions(draw, shape):
    """Return up to two transpose codecs, and the shape that they give to a chunk of `shape`."""
    codecs = []
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2])) if shape else 0):
        order = tuple(draw(st.permutations(range(len(shape)))))
        shape = tuple(shape[axis] for axis in order)
        codecs.append(TransposeCodec(order=order))
    return codecs, shape


def serializer(draw, dtype):
    if dtype.kind == "T":
        return VLenUTF8Codec()
    if dtype.hasobject:
        return VLenBytesCodec()
    return BytesCodec(endian=draw(st.sampled_from(["little", "big"])))


def v3_filters(dtype):
    if dtype.kind in "iu":
        return [
            [v3.Delta(dtype=dtype.str)],
            [v3.FixedScaleOffset(offset=1, scale=1, astype="<f8")],
            [v3.AsType(encode_dtype="<f8")],
            [ScaleOffset(offset=0, scale=1)],
        ]
    if dtype.kind == "f":
        rounded = [[v3.BitRound(keepbits=3)]] if dtype.isnative else []
        return [[v3.Quantize(digits=1)], [ScaleOffset(offset=1, scale=2)], *rounded]
    return [[v3.PackBits()]] if dtype.kind == "b" else [[]]


@st.composite
def bytes_codecs(draw, itemsize):
    blosc = BloscCodec(
        cname=draw(st.sampled_from(CNAMES)),
        clevel=draw(st.sampled_from([0, 1, 5, 9])),
        shuffle=draw(st.sampled_from(SHUFFLES)),
        blocksize=draw(st.sampled_from(BLOCKSIZES)),
        typesize=draw(st.sampled_from([itemsize, itemsize, itemsize, 1, 3, 7, 16, 255, 256, 300])),
    )
    zstd, crc = ZstdCodec(level=1, checksum=draw(st.booleans())), Crc32cCodec()
    chains = [[]] * 8 + [[blosc]] * 14 + [[zstd]] * 3 + [[GzipCodec(level=1)]] * 2 + [[crc]] * 3
    chains += [[blosc, crc], [crc, blosc], [crc, crc], [zstd, crc], [blosc, zstd], [zstd, blosc]]
    chains += [
        [v3.Blosc(cname="zstd", shuffle=1)], [v3.LZ4()], [v3.Zlib(level=1)], [v3.BZ2(level=1)],
        [v3.LZMA(preset=0)], [v3.Zstd(level=1)], [v3.GZip(level=1)], [v3.CRC32()], [v3.CRC32C()],
        [v3.CRC32(location="end")], [v3.Adler32()], [v3.Fletcher32()], [v3.JenkinsLookup3()],
        [v3.Shuffle(elementsize=itemsize), v3.LZ4()],
    ]  # fmt: skip
    return draw(st.sampled_from(chains))


def is_fixed(dtype):
    """Return whether every element of `dtype` has the same number of bytes."""
    return not dtype.hasobject and dtype.kind != "T"
