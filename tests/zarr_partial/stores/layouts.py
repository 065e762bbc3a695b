"""Arrays of every kind of chunk, written into stores in memory, and what to read of them."""

import numcodecs
import numpy as np
import zarr
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, ShardingCodec, TransposeCodec, ZstdCodec
from zarr.storage import MemoryStore

DATA = np.random.default_rng(5).integers(0, 90, (600, 130)).astype("<i4")
# The last rows stay missing.
STORED_ROWS = 500
BLOSC = BloscCodec(cname="zstd", shuffle="shuffle", blocksize=2048, typesize=4)
ZSTD = ZstdCodec(level=1)
LITTLE = BytesCodec()
CHECKED = (LITTLE, Crc32cCodec())


def shards(*codecs, chunk_shape=(25, 130), location="end", index=CHECKED):
    codec = ShardingCodec(chunk_shape=chunk_shape, codecs=codecs, index_codecs=index, index_location=location)
    return {"chunks": (200, 130), "serializer": codec, "compressors": None}


LAYOUTS = {
    "raw": {"chunks": (50, 130), "compressors": None},
    "raw boxes": {"chunks": (110, 40), "compressors": None},
    "raw, big endian": {"chunks": (50, 130), "compressors": None, "serializer": BytesCodec(endian="big")},
    "raw, order F": {"chunks": (110, 40), "compressors": None, "filters": [TransposeCodec(order=(1, 0))]},
    "raw of format 2": {"zarr_format": 2, "chunks": (110, 40), "order": "F", "compressors": None},
    "blosc": {"chunks": (200, 130), "compressors": BLOSC},
    "blosc, stored": {"chunks": (200, 130), "compressors": BloscCodec(clevel=0, typesize=4)},
    "blosc of format 2": {
        "zarr_format": 2, "chunks": (200, 130), "compressors": numcodecs.Blosc("lz4", 5, 1, 2048),
    },
    "zstd": {"chunks": (50, 130), "compressors": ZSTD},
    "crc32c": {"chunks": (50, 130), "compressors": Crc32cCodec()},
    "shards of raw": shards(LITTLE),
    "shards of raw, index at the start": shards(LITTLE, location="start"),
    "shards of blosc": shards(LITTLE, BLOSC, chunk_shape=(100, 130)),
    "shards of zstd": shards(LITTLE, ZSTD),
    "shards in shards": shards(
        ShardingCodec(chunk_shape=(10, 65), codecs=[LITTLE, ZSTD]), chunk_shape=(100, 130)
    ),
}  # fmt: skip

ROWS = [3, 590, 257, 3, -1, 120, 122]
COLUMNS = [7, 7, 129, 0, 64, 1, 100]
READS = {
    "all": lambda a: a[...],
    "row": lambda a: a[17],
    "element": lambda a: a[431, 3],
    "rows": lambda a: a[ROWS],
    "slice": lambda a: a[30:410:7, 60:],
    "column": lambda a: a[:, 129],
    "oindex": lambda a: a.oindex[ROWS, [5, 60, 61]],
    "vindex": lambda a: a.vindex[ROWS, COLUMNS],
    "blocks": lambda a: a.blocks[1, 0],
    "mask": lambda a: a.oindex[np.arange(600) % 97 == 0],
    "nothing": lambda a: a[5:5],
}


def write(store, name, path=""):
    """Write the array of one layout into `store`, and return it."""
    array = zarr.create_array(store, name=path or None, shape=DATA.shape, dtype=DATA.dtype, **LAYOUTS[name])
    array[:STORED_ROWS] = DATA[:STORED_ROWS]
    return array


def expected():
    """Return the values that are there."""
    values = DATA.copy()
    values[STORED_ROWS:] = 0
    return values


def values_of(name, path=""):
    """Return the array of one layout as a dict from keys to bytes."""
    held = {}
    write(MemoryStore(held), name, path)
    return {key: value.to_bytes() for key, value in held.items()}
