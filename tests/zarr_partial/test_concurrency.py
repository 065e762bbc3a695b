"""Many threads read one array, and forked children read what their parent has read, or is reading."""

import os
import threading
from pathlib import Path

import numcodecs
import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, ShardingCodec, TransposeCodec, ZstdCodec

import zarr_partial as zp
from tests.zarr_partial.random_reads import mismatches
from tests.zarr_partial.running import run_script

ROOT = Path(__file__).parents[2]

DATA = np.random.default_rng(0).integers(0, 30, (400, 60)).astype("<i4")
BLOSC = BloscCodec(cname="zstd", shuffle="shuffle", blocksize=256, typesize=4)
INNER = ShardingCodec(chunk_shape=(5, 30), codecs=[BytesCodec(), ZstdCodec(level=1)])
OUTER = ShardingCodec(chunk_shape=(50, 30), codecs=[INNER])
LAYOUTS = {
    "raw": {"chunks": (7, 60), "compressors": None},
    "turned": {"chunks": (50, 20), "compressors": None, "filters": [TransposeCodec(order=(1, 0))]},
    "blosc": {"chunks": (50, 60), "compressors": BLOSC},
    "zstd": {"chunks": (20, 60), "compressors": ZstdCodec(level=1)},
    "crc32c": {"chunks": (20, 60), "compressors": Crc32cCodec()},
    "delta": {"zarr_format": 2, "chunks": (20, 60), "filters": [numcodecs.Delta("<i4")], "compressors": None},
    "shards": {"shards": (100, 60), "chunks": (5, 60), "compressors": None},
    "shards of blosc": {"shards": (100, 60), "chunks": (50, 60), "compressors": BLOSC},
    "shards of zstd": {"shards": (100, 60), "chunks": (5, 60), "compressors": ZstdCodec(level=1)},
    "shards in shards": {"chunks": (100, 60), "compressors": None, "serializer": OUTER},
    "strings": {"chunks": (20, 60)},
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("concurrency")
    for name, options in LAYOUTS.items():
        data = DATA.astype(np.dtypes.StringDType()) if name == "strings" else DATA
        array = zarr.create_array(folder / name, shape=DATA.shape, dtype=data.dtype, **options)
        # The last rows stay missing.
        array[:390] = data[:390]
    return folder


def expected(name):
    data = DATA.astype(np.dtypes.StringDType()) if name == "strings" else DATA.copy()
    data[390:] = "" if name == "strings" else 0
    return data


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("threads", [1, 3])
def test_sixteen_threads_read_one_array(folder, name, threads):
    array, data = zp.open(folder / name, threads=threads), expected(name)
    start, wrong = threading.Barrier(16), []

    def read(seed):
        start.wait(timeout=60)
        try:
            wrong.extend(mismatches(array, data, seed, 6))
        except Exception as error:  # an error of a thread would otherwise be lost
            wrong.append(error)

    readers = [threading.Thread(target=read, args=(seed,)) for seed in range(16)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(timeout=120)
    assert not any(reader.is_alive() for reader in readers)
    assert not wrong


FORK_AFTER_READING = """
import multiprocessing, signal, sys, warnings
import zarr_partial as zp
from tests.zarr_partial.random_reads import mismatches
# That a process with threads forks is what is tested.
warnings.simplefilter("ignore", DeprecationWarning)
array = zp.open(sys.argv[1], threads=3)
data = array[...]
assert not mismatches(array, data, 0, 8)

def child(seed):
    signal.alarm(60)  # a child that waits for a lock of its parent would wait forever
    assert not mismatches(array, data, seed, 8)
    assert not mismatches(zp.open(sys.argv[1], threads=3), data, seed + 10, 8)

context = multiprocessing.get_context("fork")
children = [context.Process(target=child, args=(seed,)) for seed in (1, 2)]
for process in children: process.start()
assert not mismatches(array, data, 3, 8)
for process in children: process.join()
sys.exit(max(abs(process.exitcode) for process in children))
"""

FORK_WHILE_READING = """
import os, signal, sys, threading, warnings
import zarr_partial as zp
from tests.zarr_partial.random_reads import mismatches
warnings.simplefilter("ignore", DeprecationWarning)
array = zp.open(sys.argv[1], threads=3)
data = array[...]
stop = threading.Event()

def read(seed):
    while not stop.is_set():
        assert not mismatches(array, data, seed, 1)
        array.refresh()

readers = [threading.Thread(target=read, args=(seed,), daemon=True) for seed in range(4)]
for reader in readers: reader.start()
codes = []
for seed in range(6):
    pid = os.fork()
    if pid == 0:
        signal.alarm(60)
        code = 1
        try:
            code = 2 if mismatches(array, data, 100 + seed, 4) else 0
        finally:
            os._exit(code)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
stop.set()
for reader in readers: reader.join()
sys.exit(max(map(abs, codes)))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform cannot fork")
@pytest.mark.parametrize("script", [FORK_AFTER_READING, FORK_WHILE_READING], ids=["after", "while"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_forked_children_read_what_their_parent_reads(folder, name, script):
    run_script(script, folder / name, timeout=180)
