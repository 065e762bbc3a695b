"""What others write is seen by the next read, as behind zarr's own pipeline, and is never fatal."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec

from tests.zarr_partial.conformance.compare import assert_same, outcome
from tests.zarr_partial.pipeline.pipelines import DEFAULT, OURS, behind

LAYOUTS = {
    "raw": {"chunks": (50, 64), "compressors": None},
    "blosc": {"chunks": (50, 64), "compressors": BloscCodec(cname="lz4", blocksize=4096)},
    "shards": {"chunks": (10, 64), "shards": (50, 64), "compressors": None},
    "zstd": {"chunks": (50, 64)},
}
ROWS = np.array([3, 199, 51, 60, 7])
KEYS = {"row": lambda a: a[7], "rows": lambda a: a.oindex[ROWS], "all": lambda a: a[...]}


@pytest.fixture(params=list(LAYOUTS))
def opened(request, tmp_path):
    """Return an array of two chunks for each of two pipelines, opened once, and how to write others."""
    path = tmp_path / "a.zarr"
    values = np.random.default_rng(5).integers(0, 99, (200, 64)).astype("<f4")
    zarr.create_array(path, data=values, **LAYOUTS[request.param])
    return path, behind(DEFAULT, path, mode="r+"), behind(OURS, path, mode="r+")


def assert_equal_reads(array, ours):
    for read in KEYS.values():
        assert_same(outcome(lambda read=read: read(ours)), outcome(lambda read=read: read(array)))


def test_own_writes_are_seen(opened):
    _, array, ours = opened
    assert_equal_reads(array, ours)
    ours[5:60] = 7
    assert (ours[7] == 7).all()
    assert_equal_reads(array, ours)


def test_writes_of_another_object_are_seen(opened):
    _, array, ours = opened
    assert_equal_reads(array, ours)
    array[0:180] = 8
    assert (ours[7] == 8).all()
    assert_equal_reads(array, ours)


def test_writes_of_another_process_are_seen(opened):
    path, array, ours = opened
    assert_equal_reads(array, ours)
    script = f"import zarr; zarr.open_array({str(path)!r}, mode='r+')[:] = 9"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)
    assert (ours[...] == 9).all()


def test_chunk_of_the_same_length_and_time_is_another_chunk(opened):
    path, array, ours = opened
    assert_equal_reads(array, ours)
    chunk, other = path / "c/0/0", path / "c/1/0"
    status, data = chunk.stat(), other.read_bytes()
    (path / "draft").write_bytes(data)
    (path / "draft").replace(chunk)
    os.utime(chunk, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert_same(ours[0:50], ours[50:100])
    assert_equal_reads(array, ours)


def test_chunk_written_over_in_place_is_seen(opened):
    path, array, ours = opened
    assert_equal_reads(array, ours)
    data = (path / "c/1/0").read_bytes()
    with (path / "c/0/0").open("r+b") as file:
        file.write(data)
        file.truncate()
    assert_same(ours[0:50], ours[50:100])
    assert_equal_reads(array, ours)


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_chunk_cut_in_place_is_what_it_is_to_zarr(opened, share):
    path, array, ours = opened
    assert_equal_reads(array, ours)
    chunk = path / "c/0/0"
    os.truncate(chunk, int(share * chunk.stat().st_size))
    found, wanted = outcome(lambda: ours[...]), outcome(lambda: array[...])
    if share and any(isinstance(codec, BloscCodec) for codec in array.compressors):
        # Past the end of what is left, zarr's decoder finds whatever lies in memory there.
        return
    assert_same(found, wanted)


def test_removed_chunk_is_fill_value(opened):
    path, array, ours = opened
    assert_equal_reads(array, ours)
    (path / "c/0/0").unlink()
    assert (ours[7] == 0).all()
    assert_equal_reads(array, ours)
    strict = behind(OURS, path, config={"read_missing_chunks": False})
    with zarr.config.set({"codec_pipeline.path": OURS}):
        strict = strict.with_config({"read_missing_chunks": False})
    with pytest.raises(zarr.errors.ChunkNotFoundError, match="chunk 'c/0/0'"):
        strict[7]


def test_folder_that_is_removed_and_written_again_is_seen(opened, tmp_path):
    path, _, ours = opened
    assert ours[7].any()
    path.rename(tmp_path / "old.zarr")
    assert not ours[...].any()
    zarr.create_array(path, data=np.full((200, 64), 6, "<f4"), chunks=(50, 64), compressors=None)
    assert (behind(OURS, path)[...] == 6).all()


def test_resized_array_reads_as_zarrs(opened):
    _, array, ours = opened
    ours.resize((230, 64))
    array = behind(DEFAULT, ours.store.root)
    assert ours.shape == (230, 64)
    assert_equal_reads(array, ours)


def test_readers_see_whole_chunks_while_a_writer_replaces_them(opened):
    """A chunk is written as a whole, so all that one read takes of it is of one version."""
    path, _, ours = opened
    writer = behind(DEFAULT, path, mode="r+")
    writer[...] = 0
    stop = threading.Event()
    seen = [set() for _ in range(3)]
    failed = []

    def read(number):
        random = np.random.default_rng(number)
        try:
            while not stop.is_set():
                rows = np.sort(random.integers(0, 50, 8))
                found = ours.oindex[rows] if number else ours[0:50]
                versions = np.unique(found)
                assert versions.size == 1, versions
                seen[number].add(float(versions[0]))
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for version in range(1, 60):
        writer[0:50] = version
    stop.set()
    for thread in threads:
        thread.join()
    assert not failed
    assert (ours[0:50] == 59).all()
    assert all(len(versions) > 1 for versions in seen)


CUTS = """
import sys, threading, zarr
path, chunk = sys.argv[1], sys.argv[1] + "/c/0/0"
with zarr.config.set({"codec_pipeline.path": "zarr_partial.PartialCodecPipeline"}):
    array = zarr.open_array(path, mode="r")
data = open(chunk, "rb").read()
done = threading.Event()

def cut():
    for _ in range(400):
        open(chunk, "r+b").truncate(0)
        open(chunk, "r+b").write(data)
    done.set()

threading.Thread(target=cut).start()
right = wrong = 0
while not done.is_set():
    try:
        array[0:50]
        array.oindex[[3, 7, 40]]
        right += 1
    except Exception:
        wrong += 1
print(right + wrong)
"""


def test_file_that_is_cut_and_filled_again_does_not_end_the_process(opened, installed):
    path, _, _ = opened
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CUTS, str(path)],
        check=True, capture_output=True, text=True, timeout=120, env=installed,
    )  # fmt: skip
    assert int(done.stdout) > 0
