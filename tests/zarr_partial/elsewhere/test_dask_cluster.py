"""A real cluster of worker processes: memory while 5 GB are reduced, workers that die, data that are gone."""

import os
import shutil
import signal
import sys
from pathlib import Path

import dask
import dask.array as da
import numpy as np
import psutil
import pytest
import zarr
from distributed import Client, LocalCluster
from zarr.codecs import BloscCodec
from zarr.storage import LocalStore

import zarr_partial as zp
from tests.zarr_partial.running import in_thread
from tests.zarr_partial.stores.layouts import expected, write

ROWS, COLUMNS, CHUNKS = 4096, 1000, 306
LIMIT_NBYTES = 10**9
MIB = 2**20


@pytest.fixture(scope="module")
def cluster():
    with (
        dask.config.set({"distributed.worker.daemon": True, "distributed.admin.log-format": "%(message)s"}),
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            memory_limit=LIMIT_NBYTES,
            dashboard_address=None,
        ) as cluster,
    ):
        yield cluster


@pytest.fixture
def client(cluster):
    with Client(cluster, set_as_default=False) as client:
        client.wait_for_workers(2)
        yield client


def compute(client, collection):
    # Browser tests leave an event loop running in the main thread, and a client there would be asynchronous.
    return in_thread(lambda: client.compute(collection, sync=True))


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    """An array of 5 GB whose chunk files are one file with many names, and the sum of one chunk."""
    folder = tmp_path_factory.mktemp("big") / "a.zarr"
    shape = (ROWS * CHUNKS, COLUMNS)
    array = zarr.create_array(folder, shape=shape, chunks=(ROWS, COLUMNS), dtype="f4", compressors=None)
    assert array.nbytes > 5e9
    block = np.random.default_rng(0).integers(0, 9, (ROWS, COLUMNS)).astype("f4")
    array[:ROWS] = block
    for number in range(1, CHUNKS):
        (folder / "c" / str(number)).mkdir()
        os.link(folder / "c/0/0", folder / "c" / str(number) / "0")
    yield folder, int(block.sum(dtype="f8"))
    shutil.rmtree(folder)


def peak_nbytes():
    """Return the most memory that this process had resident, mapped pages included."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is told by /proc")
def test_five_gigabytes_are_reduced_in_the_memory_of_a_few_chunks(client, big):
    folder, sum_of_chunk = big
    lazy = da.from_array(zp.open(folder))
    block = np.prod(lazy.chunksize) * 4
    assert block <= 128 * MIB
    before = client.run(peak_nbytes)
    assert compute(client, lazy.sum(dtype="f8")) == sum_of_chunk * CHUNKS
    after = client.run(peak_nbytes)
    # The same processes, so that no worker was restarted for its memory.
    assert client.run(os.getpid).keys() == before.keys() == after.keys()
    for worker, nbytes in after.items():
        # What a worker computes, what it has ready, and what a read fetches ahead.
        assert nbytes - before[worker] < 3 * block, worker
    assert max(after.values()) < 0.8 * LIMIT_NBYTES


def mapped(array):
    return array.state.is_mapped


def test_only_workers_with_a_limit_read_by_ranges(client, tmp_path):
    write(LocalStore(tmp_path / "a.zarr"), "raw")
    for io, expects in (("auto", False), ("mmap", True)):
        array = zp.open(tmp_path / "a.zarr", io=io)
        assert array.state.is_mapped
        assert in_thread(client.submit(mapped, array).result) == expects


def open_files(folder):
    """Return what this process has open or mapped under `folder`."""
    process = psutil.Process()
    paths = {file.path for file in process.open_files()} | {file.path for file in process.memory_maps()}
    return [path for path in paths if path.startswith(folder)]


@pytest.mark.skipif(sys.platform != "linux", reason="maps are told by /proc")
def test_workers_keep_no_file_open(client, tmp_path):
    write(LocalStore(tmp_path / "a.zarr"), "blosc")
    lazy = da.from_array(zp.open(tmp_path / "a.zarr"), chunks=(100, 130))
    np.testing.assert_array_equal(compute(client, lazy), expected())
    assert set(map(tuple, client.run(open_files, str(tmp_path)).values())) == {()}


def die_once(block, marker):
    """Kill this worker, as the system does when memory is short; if two are here at once, both."""
    if not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return block


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_the_result_is_right_when_a_worker_dies_halfway(client, tmp_path):
    data = np.random.default_rng(1).integers(0, 99, (400, 50))
    zarr.create_array(tmp_path / "a.zarr", data=data, chunks=(40, 50), compressors=BloscCodec())
    lazy = da.from_array(zp.open(tmp_path / "a.zarr"), chunks=(40, 50))
    dying = lazy.map_blocks(die_once, str(tmp_path / "died"), dtype=lazy.dtype, meta=lazy._meta)
    pids = set(client.run(os.getpid).values())
    assert compute(client, dying.sum()) == data.sum()
    client.wait_for_workers(2)
    assert set(client.run(os.getpid).values()) != pids


@pytest.mark.parametrize("inline", [False, True])
def test_a_path_that_workers_do_not_have_is_named(client, tmp_path, inline):
    write(LocalStore(tmp_path / "a.zarr"), "raw")
    lazy = da.from_array(zp.open(tmp_path / "a.zarr"), inline_array=inline)
    shutil.move(tmp_path / "a.zarr", tmp_path / "moved.zarr")
    with pytest.raises(zp.OpenError, match=r"a\.zarr, found none .*; see that this process reaches"):
        compute(client, lazy.sum())
