"""Tiny arrays of every kind of chunk, to be damaged."""

import numcodecs
import numpy as np
from zarr.codecs import (
    BloscCodec,
    BytesCodec,
    Crc32cCodec,
    GzipCodec,
    ShardingCodec,
    TransposeCodec,
    ZstdCodec,
)
from zarr.codecs import numcodecs as v3

SHAPE = (11, 12)

SMALL_BLOCKS = {"blocksize": 128, "typesize": 4}
CRC, ZSTD, GZIP = Crc32cCodec(), ZstdCodec(level=1), GzipCodec(level=1)
BLOSC = BloscCodec(cname="lz4", shuffle="shuffle", **SMALL_BLOCKS)
LITTLE = BytesCodec()


def shards(*codecs, chunk_shape=(4, 6), index=(LITTLE, CRC), location="end"):
    codec = ShardingCodec(chunk_shape=chunk_shape, codecs=codecs, index_codecs=index, index_location=location)
    return {"serializer": codec, "compressors": None}


def blosc(cname, shuffle, **options):
    return {"compressors": BloscCodec(cname=cname, shuffle=shuffle, **{**SMALL_BLOCKS, **options})}


def v2(compressor=None, filters=None, **options):
    return {"zarr_format": 2, "compressors": compressor, "filters": filters, **options}


# Chunks are 8 x 12 elements of 4 bytes, three blocks of 128 bytes, or four inner chunks.
LAYOUTS = {
    "raw": {"compressors": None},
    "raw, big and transposed": {
        "compressors": None,
        "serializer": BytesCodec(endian="big"),
        "filters": [TransposeCodec(order=(1, 0))],
    },
    "raw, order F": v2(order="F"),
    "blosc lz4": blosc("lz4", "shuffle"),
    "blosc lz4hc": blosc("lz4hc", "bitshuffle"),
    "blosc blosclz": blosc("blosclz", "noshuffle"),
    "blosc zlib": blosc("zlib", "shuffle"),
    "blosc zstd": blosc("zstd", "shuffle"),
    "blosc, one block": blosc("zstd", "bitshuffle", blocksize=0),
    "blosc, stored": blosc("lz4", "noshuffle", clevel=0),
    "blosc of format 2": v2(numcodecs.Blosc("zstd", 5, 1, 128)),
    "zstd": {"compressors": ZSTD},
    "zstd with checksum": {"compressors": ZstdCodec(level=1, checksum=True)},
    "gzip": {"compressors": GZIP},
    "crc32c": {"compressors": CRC},
    "blosc, crc32c": {"compressors": [BLOSC, CRC]},
    "zstd, crc32c": {"compressors": [ZSTD, CRC]},
    "zlib": v2(numcodecs.Zlib(1)),
    "lz4": v2(numcodecs.LZ4()),
    "bz2": v2(numcodecs.BZ2(1)),
    "lzma": v2(numcodecs.LZMA(preset=0)),
    "delta, zlib": v2(numcodecs.Zlib(1), [numcodecs.Delta("<i4")]),
    "fletcher32": v2(None, [numcodecs.Fletcher32()]),
    "numcodecs lz4": {"compressors": v3.LZ4()},
    "numcodecs shuffle, zstd": {"compressors": [v3.Shuffle(elementsize=4), v3.Zstd(level=1)]},
    # Strings neither under zstd nor in shards: only zarr decodes them, and it makes room for as many bytes as
    # a damaged frame or index says there are.
    "strings": {"dtype": str, "compressors": None},
    "strings, gzip": {"dtype": str, "compressors": GZIP},
    "strings, crc32c": {"dtype": str, "compressors": CRC},
    "strings of format 2": v2(dtype=str, filters="auto"),
    "chunks of several shapes": {"chunks": [[8, 3], [12]], "compressors": None},
    "chunks of several shapes, blosc": {"chunks": [[8, 3], [12]], "compressors": BLOSC},
    "shards of raw": shards(LITTLE),
    "shards of raw, big index at the start": shards(
        LITTLE, index=(BytesCodec(endian="big"), CRC), location="start"
    ),
    "shards of raw, index without checksum": shards(LITTLE, index=(LITTLE,)),
    "shards of blosc": shards(LITTLE, BLOSC, chunk_shape=(8, 6), index=(LITTLE,)),
    "shards of zstd": shards(LITTLE, ZSTD),
    "shards of crc32c": shards(LITTLE, CRC, index=(LITTLE,)),
    "shards in shards": shards(
        ShardingCodec(chunk_shape=(4, 3), codecs=[LITTLE, GZIP], index_codecs=[LITTLE]), chunk_shape=(8, 6)
    ),
    "shards, zstd": {"serializer": ShardingCodec(chunk_shape=(4, 6), codecs=[LITTLE]), "compressors": ZSTD},
}


def values(dtype):
    """Values that compress a little; the last chunk is there, one inner chunk is all fill value."""
    data = np.random.default_rng(3).integers(0, 40, SHAPE)
    data[4:8, 6:] = 0
    return data.astype("<i4") if dtype is not str else data.astype(np.dtypes.StringDType())
