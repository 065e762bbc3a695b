"""Layouts for tests of the cache, and ways to watch it at work."""

import threading
from collections import Counter

import numpy as np
import zarr
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, ShardingCodec, TransposeCodec, ZstdCodec
from zarr.storage import MemoryStore

from zarr_partial import filling
from zarr_partial.cache import DecodedCache

DATA = np.random.default_rng(0).integers(0, 30, (400, 60)).astype("<i4")
BLOSC = BloscCodec(cname="zstd", shuffle="shuffle", blocksize=1024, typesize=4)
INNER = ShardingCodec(chunk_shape=(5, 30), codecs=[BytesCodec(), ZstdCodec(level=1)])
OUTER = ShardingCodec(chunk_shape=(50, 30), codecs=[INNER])
RAW = {"chunks": (7, 60), "compressors": None}
LAYOUTS = {
    "blosc": {"chunks": (50, 60), "compressors": BLOSC},
    "blosc, narrow chunks": {"chunks": (50, 25), "compressors": BLOSC},
    "blosc, big-endian": {"chunks": (50, 60), "compressors": BLOSC, "serializer": BytesCodec(endian="big")},
    "blosc, stored": {"chunks": (50, 60), "compressors": BloscCodec(clevel=0)},
    "blosc, turned": {"chunks": (50, 60), "compressors": BLOSC, "filters": [TransposeCodec(order=(1, 0))]},
    "zstd": {"chunks": (20, 60), "compressors": ZstdCodec(level=1)},
    "crc32c": {"chunks": (20, 60), "compressors": Crc32cCodec()},
    "shards of blosc": {"shards": (100, 60), "chunks": (50, 60), "compressors": BLOSC},
    "shards of zstd": {"shards": (100, 60), "chunks": (5, 60), "compressors": ZstdCodec(level=1)},
    "shards in shards": {"chunks": (100, 60), "compressors": None, "serializer": OUTER},
}  # fmt: skip
# The last rows stay missing.
STORED_ROWS = 380
FILL_VALUE = 7


def write(store, name, options=None):
    """Write `DATA` in a layout, without the last rows; return the zarr array."""
    options = LAYOUTS[name] if options is None else options
    array = zarr.create_array(
        store, shape=DATA.shape, dtype=DATA.dtype, fill_value=FILL_VALUE, overwrite=True, **options
    )
    array[:STORED_ROWS] = DATA[:STORED_ROWS]
    return array


def expected():
    data = DATA.copy()
    data[STORED_ROWS:] = FILL_VALUE
    return data


class CountingStore(MemoryStore):
    """A store in memory that is read like one elsewhere, and counts what is asked of it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.lengths = []

    @property
    def requests(self):
        return len(self.lengths)

    @property
    def nbytes(self):
        return sum(self.lengths)

    def with_read_only(self, read_only=False):
        other = super().with_read_only(read_only)
        other.lengths = self.lengths
        return other

    def _count(self, found):
        self.lengths.append(0 if found is None else len(found))
        return found

    async def get(self, key, prototype, byte_range=None):
        return self._count(await super().get(key, prototype, byte_range))

    def get_sync(self, key, *, prototype=None, byte_range=None):
        return self._count(super().get_sync(key, prototype=prototype, byte_range=byte_range))

    def restart(self):
        self.lengths.clear()


def count_decodes(monkeypatch):
    """Count how often each unit is decoded: blocks by leaf and number, other leaves as block -1."""
    counts = Counter()
    lock = threading.Lock()
    decode_blocks, decode_whole = filling.decode_blocks, filling.decode_whole

    def blocks(data, frame, first, stop, out, name):
        with lock:
            counts.update((name.number, block) for block in range(first, stop))
        decode_blocks(data, frame, first, stop, out, name)

    def whole(leaf, data, out, name):
        with lock:
            counts[name.number, -1] += 1
        return decode_whole(leaf, data, out, name)

    monkeypatch.setattr(filling, "decode_blocks", blocks)
    monkeypatch.setattr(filling, "decode_whole", whole)
    return counts


def watch_budget(monkeypatch):
    """Return a list of the bytes that a cache held or had promised, at every change."""
    held = []

    def change(cache, nbytes):
        vars(cache)["_nbytes"] = nbytes
        held.append(nbytes)

    monkeypatch.setattr(
        DecodedCache, "_nbytes", property(lambda cache: vars(cache)["_nbytes"], change), raising=False
    )
    return held


def at_once(work, count=16):
    """Call `work(number)` in so many threads at the same moment; return what each returned or raised."""
    start, found = threading.Barrier(count), [None] * count

    def run(number):
        start.wait(timeout=60)
        try:
            found[number] = work(number)
        except Exception as error:
            found[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads)
    return found
