"""Work in threads: all of it, or the first error; and a forked child reads too."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec

import zarr_partial as zp
from zarr_partial.threads import for_each


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_every_item_is_worked_on_once(threads):
    done = []
    for_each(done.append, range(200), threads=threads)
    assert sorted(done) == list(range(200))


@pytest.mark.parametrize("threads", [1, 3])
def test_error_is_raised_and_ends_the_rest(threads):
    started = []

    def work(item):
        started.append(item)
        if item == 3:
            raise IndexError("item 3")

    with pytest.raises(IndexError, match="item 3"):
        for_each(work, range(10_000), threads=threads)
    assert len(started) < 10_000


def test_error_of_a_helper_thread_is_raised():
    caller = threading.get_ident()
    both = threading.Barrier(2)

    def work(item):
        both.wait(timeout=10)
        if threading.get_ident() != caller:
            raise ValueError(f"item {item}")

    with pytest.raises(ValueError, match="item"):
        for_each(work, range(2), threads=2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform cannot fork")
def test_forked_child_reads_after_its_parent_has_read(tmp_path):
    data = np.arange(400_000, dtype="i4").reshape(1000, 400)
    zarr.create_array(tmp_path / "a.zarr", data=data, chunks=(100, 400), compressors=BloscCodec(cname="lz4"))
    script = f"""
import os, signal, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)
import zarr_partial as zp
array = zp.open({str(tmp_path / "a.zarr")!r}, threads=2)
before = array[...]
child = os.fork()
if child == 0:
    signal.alarm(30)
    os._exit(0 if (array[...] == before).all() else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_threads_share_one_array(tmp_path):
    data = np.arange(400_000, dtype="i4").reshape(1000, 400)
    zarr.create_array(tmp_path / "a.zarr", data=data, chunks=(100, 400), compressors=BloscCodec(cname="lz4"))
    array = zp.open(tmp_path / "a.zarr", threads=2)
    wrong = []

    def read(seed):
        rows = np.random.default_rng(seed).integers(0, 1000, 50)
        if not np.array_equal(array.oindex[rows], data[rows]):
            wrong.append(seed)

    readers = [threading.Thread(target=read, args=(seed,)) for seed in range(16)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(timeout=60)
    assert not wrong


def test_importing_starts_no_thread():
    script = """
import threading, zarr
before = threading.active_count()
import zarr_partial
assert threading.active_count() == before
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
