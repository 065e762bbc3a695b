"""Chunk files that are read by ranges: what others do to them is an error, never a signal or other values."""

import os
from pathlib import Path

import numpy as np
import pytest
import zarr

import zarr_partial as zp
from tests.zarr_partial.conformance.arrays import chunk_files
from tests.zarr_partial.running import run_script
from tests.zarr_partial.stores.layouts import DATA, LAYOUTS, READS, STORED_ROWS, expected
from tests.zarr_partial.stores.reading import read_by_pread
from zarr_partial.sources.pread import PreadSource
from zarr_partial.sources.ranged import Request

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pread")
    for name, options in LAYOUTS.items():
        array = zarr.create_array(folder / name, shape=DATA.shape, dtype=DATA.dtype, **options)
        array[:STORED_ROWS] = DATA[:STORED_ROWS]
    return folder


def written(path, name, data=None):
    zarr.create_array(path, shape=DATA.shape, dtype=DATA.dtype, **LAYOUTS[name])[...] = (
        DATA if data is None else data
    )
    return read_by_pread(path)


@pytest.mark.parametrize("name", LAYOUTS)
def test_values_are_zarrs_and_no_file_is_mapped(folder, name):
    array = read_by_pread(folder / name)
    assert array.state.remote is not None
    reference = zarr.open_array(folder / name, mode="r")
    for read in READS.values():
        np.testing.assert_array_equal(read(array), read(reference))
    if Path("/proc/self/maps").exists():
        assert str(folder / name) not in Path("/proc/self/maps").read_text()


@pytest.mark.parametrize("name", ["raw", "blosc", "zstd", "shards of raw", "shards of zstd"])
def test_a_chunk_that_is_replaced_after_its_first_look_has_changed(tmp_path, name):
    array = written(tmp_path / "a.zarr", name)
    array[0]
    zarr.open_array(tmp_path / "a.zarr")[:200] = 7
    with pytest.raises(zp.ChangedError, match=r"refresh\(\)") as caught:
        array[49]
    assert caught.value.key == "c/0/0"
    assert array[590, 3] == DATA[590, 3]


@pytest.mark.parametrize("name", ["raw", "blosc", "zstd", "shards of raw", "shards in shards"])
def test_a_chunk_that_is_removed_after_its_first_look_has_changed(tmp_path, name):
    array = written(tmp_path / "a.zarr", name)
    array[0]
    (tmp_path / "a.zarr" / "c" / "0" / "0").unlink()
    with pytest.raises(zp.ChangedError, match="removed") as caught:
        array[49]
    assert caught.value.key == "c/0/0"


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_chunk_that_is_cut_in_place_has_changed_and_is_corrupt_anew(tmp_path, name):
    array = written(tmp_path / "a.zarr", name)
    array[0]
    file = chunk_files(tmp_path / "a.zarr")[0]
    os.truncate(file, 40)
    with pytest.raises(zp.ChangedError):
        array[:3]
    with pytest.raises(zp.CorruptChunkError):
        read_by_pread(tmp_path / "a.zarr")[:50]


@pytest.mark.parametrize("name", ["raw", "blosc", "shards of raw"])
def test_a_file_that_is_cut_while_it_is_read_kills_nobody(tmp_path, name):
    written(tmp_path / "a.zarr", name)
    # Another thread cuts and restores the file all the time: values, or an error of ours.
    script = f"""
        import os, threading, numpy as np, zarr_partial as zp
        from tests.zarr_partial.stores.layouts import DATA
        from tests.zarr_partial.stores.reading import read_by_pread
        path = {str(tmp_path / "a.zarr")!r}
        file = path + "/c/0/0"
        whole = open(file, "rb").read()
        over = threading.Event()

        def cut():
            while not over.is_set():
                os.truncate(file, 100)
                with open(file, "r+b") as restored:
                    restored.write(whole)

        cutter = threading.Thread(target=cut)
        cutter.start()
        errors = values = 0
        try:
            while errors < 100 and (values < 5000 or not errors):
                try:
                    assert (read_by_pread(path)[:200] == DATA[:200]).all()
                    values += 1
                except (zp.ChangedError, zp.CorruptChunkError) as error:
                    assert error.key == "c/0/0"
                    errors += 1
        finally:
            over.set()
            cutter.join()
        print(errors)
    """
    done = run_script(script)
    assert int(done.stdout) > 0


def test_a_read_that_ends_early_has_changed(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(bytes(100))
    source = PreadSource(tmp_path)
    read = os.preadv

    def cut_first(descriptor, *rest):
        os.truncate(tmp_path / "a", 10)
        return read(descriptor, *rest)

    monkeypatch.setattr(os, "preadv", cut_first)
    with pytest.raises(zp.ChangedError, match="'a'"):
        source.fetch([Request("a", 0, 50)])


REQUESTS = {
    "all": (Request("a"), 0, 100),
    "range": (Request("a", 10, 30), 10, 30),
    "suffix": (Request("a", -30), 70, 100),
    "from": (Request("a", 60), 60, 100),
    "suffix that is too long": (Request("a", -300), 0, 100),
    "range beyond the end": (Request("a", 90, 130), 90, 100),
    "range behind the end": (Request("a", 130, 140), 100, 100),
    "nothing": (Request("a", 5, 5), 5, 5),
}


@pytest.mark.parametrize("is_parallel", [False, True])
@pytest.mark.parametrize("request_", REQUESTS)
def test_requests_are_answered_with_what_there_is(tmp_path, request_, is_parallel, monkeypatch):
    data = bytes(range(100))
    (tmp_path / "a").write_bytes(data)
    (tmp_path / "b").write_bytes(data[::-1])
    (tmp_path / "folder").mkdir()
    request, start, stop = REQUESTS[request_]
    if is_parallel:
        monkeypatch.setattr("zarr_partial.sources.pread.PARALLEL_NBYTES", 1)
        monkeypatch.delattr(os, "preadv", raising=False)
    others = [Request("b", 0, 3), Request("missing"), Request("folder"), Request("a/b")]
    found = PreadSource(tmp_path).fetch([others[0], request, *others[1:], others[0]])
    assert [None if one is None else one.tobytes() for one in found] == [
        data[:-4:-1], data[start:stop], None, None, None, data[:-4:-1],
    ]  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_an_error_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a")
    with pytest.raises(zp.UnreadableChunkError, match="'a'") as caught:
        PreadSource(tmp_path).fetch([Request("a", 0, 10)])
    assert isinstance(caught.value.__cause__, OSError)


def test_file_descriptors_are_given_back(folder):
    if not Path("/proc/self/fd").exists():
        pytest.skip("no way to count them")
    before = len(list(Path("/proc/self/fd").iterdir()))
    array = read_by_pread(folder / "zstd", threads=3)
    np.testing.assert_array_equal(array[...], expected())
    assert len(list(Path("/proc/self/fd").iterdir())) == before
