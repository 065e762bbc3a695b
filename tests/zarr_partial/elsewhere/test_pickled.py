"""Arrays that are pickled, copied, and sent to other processes: what travels, and what is found there."""

import copy
import pickle
import shutil
from contextlib import ExitStack

import cloudpickle
import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec
from zarr.storage import LocalStore, MemoryStore, ZipStore

import zarr_partial as zp
from tests.zarr_partial.elsewhere.packing import zipped
from tests.zarr_partial.running import ROOT, run_script
from tests.zarr_partial.stores.kinds import KINDS, icechunk_session
from tests.zarr_partial.stores.layouts import expected, values_of, write

DATA = expected()
# Metadata, the address and credentials of a store, names of classes.
PICKLE_NBYTES = 3_000
SHIPPED = {"memory", "wrapper"}
UNPICKLABLE = {"obstore memory"}
OF_THE_PROCESS = {"fsspec memory"}


@pytest.fixture
def folder(tmp_path):
    write(LocalStore(tmp_path / "a.zarr"), "blosc")
    return tmp_path / "a.zarr"


READ_ALL = """
    import os, pickle, sys
    from pathlib import Path
    import numpy as np
    from tests.zarr_partial.stores.layouts import expected

    def handles():
        return [os.readlink(link) for link in Path("/proc/self/fd").glob("*") if link.is_symlink()]

    def unpickled(file):
        # Libraries make their event loops when one of their stores is unpickled for the first time.
        pickle.loads(file.read_bytes())
        before = handles()
        array = pickle.loads(file.read_bytes())
        assert handles() == before, file
        assert "not opened yet" in repr(array)
        return array

    # All of them first: connections of an array that reads come and go.
    arrays = {file.name: unpickled(file) for file in sorted(Path(sys.argv[1]).iterdir())}
    for name, array in arrays.items():
        np.testing.assert_array_equal(array.oindex[[590, 3, 120]], expected()[[590, 3, 120]], name)
        # Those of libraries that say so when an open connection is collected.
        files = getattr(array.state.array.store, "fs", None)
        if files is not None:
            from tests.zarr_partial.stores.kinds import close
            close(files)
"""


def test_only_the_address_travels_and_another_process_reads_the_same(tmp_path, folder):
    pickles = tmp_path / "pickles"
    pickles.mkdir()
    values = values_of("blosc")
    sources = {"folder": folder, "zip": zipped(folder, tmp_path / "a.zip"), "zarr": zarr.open_array(folder)}
    with ExitStack() as stack:
        for kind, opened in KINDS.items():
            if kind not in SHIPPED | UNPICKLABLE | OF_THE_PROCESS:
                sources[kind] = stack.enter_context(opened(values))
        stored = values_of("blosc", "a")
        sources["icechunk"] = stack.enter_context(icechunk_session(stored, tmp_path / "ice"))
        for name, source in sources.items():
            array = zp.open(source, "a" if name == "icechunk" else None, cache="1 MB")
            fresh = pickle.dumps(array)
            np.testing.assert_array_equal(array[...], DATA)
            used = pickle.dumps(array)
            assert len(used) < PICKLE_NBYTES < DATA.nbytes / 10, name
            assert len(fresh) == len(used), name
            (pickles / name).write_bytes(used)
        assert len(list(pickles.iterdir())) >= 8
        run_script(READ_ALL, pickles)


def test_an_array_in_memory_takes_its_data_along(tmp_path):
    store = MemoryStore()
    write(store, "raw")
    pickled = pickle.dumps(zp.open(store))
    assert len(pickled) > DATA[:500].nbytes
    (tmp_path / "pickles").mkdir()
    (tmp_path / "pickles/memory").write_bytes(pickled)
    run_script(READ_ALL, tmp_path / "pickles")


def test_data_that_another_process_does_not_have_are_no_fill_values(tmp_path):
    with KINDS["fsspec memory"](values_of("raw")) as store:
        (tmp_path / "a").write_bytes(pickle.dumps(zp.open(store)))
    script = """
        import pickle, sys
        from pathlib import Path
        import zarr_partial as zp

        array = pickle.loads(Path(sys.argv[1]).read_bytes())
        try:
            array[3]
        except zp.OpenError as error:
            print(error)
    """
    said = run_script(script, tmp_path / "a").stdout
    assert "expected the array of shape (600, 130) and dtype int32 that was pickled, at" in said
    assert "see that this process reaches the same data" in said


def test_a_store_that_cannot_be_pickled_says_so():
    with KINDS["obstore memory"](values_of("raw")) as store, pytest.raises(TypeError, match="cannot pickle"):
        pickle.dumps(zp.open(store))


def change_dtype(path):
    zarr.create_array(path, data=DATA.astype("f8"), chunks=(50, 130), overwrite=True)


def change_codecs(path):
    zarr.create_array(path, data=DATA, chunks=(200, 130), compressors=BloscCodec(clevel=1), overwrite=True)


def make_group(path):
    shutil.rmtree(path)
    zarr.create_group(path)


def spoil(path):
    (path / "zarr.json").write_text("{")


GONE = {
    "nothing": (shutil.rmtree, "found none"),
    "a group": (make_group, "found none"),
    "broken metadata": (spoil, "found none"),
    "another dtype": (change_dtype, r"found one of shape \(600, 130\) and dtype float64"),
    "other codecs": (change_codecs, "found one of .*, or other codecs or chunks"),
    "less": (lambda path: zarr.open_array(path).resize((599, 130)), r"found one of shape \(599, 130\)"),
}


@pytest.mark.parametrize("name", GONE)
def test_what_is_there_instead_is_told_when_the_array_is_used(folder, name):
    change, words = GONE[name]
    pickled = pickle.dumps(zp.open(folder))
    change(folder)
    lost = pickle.loads(pickled)
    # Dask passes arrays on without using them.
    assert pickle.dumps(lost) == pickled
    assert repr(lost) == "<PartialArray 600 x 130 int32, not opened yet>"
    for use in (lambda: lost[3], lambda: lost.oindex[[3]], lambda: lost.shape, lambda: lost.explain(3)):
        with pytest.raises(
            zp.OpenError, match=rf"that was pickled, at file://.*a\.zarr, {words}.*; see that"
        ):
            use()
    lost.close()
    with pytest.raises(ValueError, match="found a closed one"):
        lost[3]


def test_what_was_appended_since_is_seen_after_refresh(folder):
    pickled = pickle.dumps(zp.open(folder))
    stored = zarr.open_array(folder)
    stored.resize((700, 130))
    stored.attrs["more"] = True
    again = pickle.loads(pickled)
    assert again.shape == (600, 130)
    np.testing.assert_array_equal(again[...], DATA)
    again.refresh()
    assert again.shape == (700, 130)


def test_paths_mean_the_same_in_another_folder(folder, tmp_path, monkeypatch):
    zipped(folder, tmp_path / "a.zip")
    monkeypatch.chdir(tmp_path)
    arrays = {
        "path": zp.open("a.zarr"),
        "zip": zp.open("a.zip"),
        "store": zp.open(LocalStore("a.zarr", read_only=True)),
        "zip store": zp.open(ZipStore("a.zip", mode="r")),
    }
    pickled = {name: pickle.dumps(array) for name, array in arrays.items()}
    (tmp_path / "inside").mkdir()
    monkeypatch.chdir("inside")
    for name in arrays:
        np.testing.assert_array_equal(pickle.loads(pickled[name])[...], DATA, name)
    for name in ("path", "zip"):
        np.testing.assert_array_equal(arrays[name][...], DATA, name)


def test_threads_are_those_of_the_machine_unless_told(folder, monkeypatch):
    pickled = {threads: pickle.dumps(zp.open(folder, threads=threads)) for threads in (None, 3)}
    monkeypatch.setattr("zarr_partial.array.default_threads", lambda: 17)
    assert pickle.loads(pickled[None]).threads == 17
    assert pickle.loads(pickled[3]).threads == 3
    assert pickle.loads(pickle.dumps(pickle.loads(pickled[None]))).threads == 17


def test_settings_travel(folder):
    array = zp.open(folder, cache="1 MB", io="pread", checksums="skip", gap=1, max_requests=2)
    again = pickle.loads(pickle.dumps(array))
    assert again.state.settings == array.state.settings


def test_chunks_of_several_shapes_need_no_flag_elsewhere(tmp_path):
    with zarr.config.set({"array.rectilinear_chunks": True}):
        zarr.create_array(tmp_path / "a.zarr", data=DATA, chunks=[[200, 400], [130]])
        pickled = pickle.dumps(zp.open(tmp_path / "a.zarr"))
    np.testing.assert_array_equal(pickle.loads(pickled)[...], DATA)
    shutil.rmtree(tmp_path / "a.zarr")
    with pytest.raises(zp.OpenError, match="found none"):
        pickle.loads(pickled)[3]


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda a: cloudpickle.loads(cloudpickle.dumps(a))]
)
def test_copies_read_and_end_on_their_own(folder, duplicate):
    array = zp.open(folder, cache="1 MB")
    array[3]
    twin = duplicate(array)
    np.testing.assert_array_equal(twin[3], DATA[3])
    array.close()
    np.testing.assert_array_equal(twin[...], DATA)
    twin.close()
    with pytest.raises(ValueError, match="found a closed one"):
        duplicate(array)


def test_deep_copies_do_not_copy_the_data_of_a_store():
    store = MemoryStore()
    write(store, "raw")
    twin = copy.deepcopy(zp.open(store))
    assert twin.state.array.store._store_dict is store._store_dict


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_of_every_kind_read_arrays_that_they_are_given(folder, method, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        f"""
import sys, warnings
sys.path.insert(0, {str(ROOT)!r})
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
import numpy as np
import zarr_partial as zp

def total(array, row):
    return int(array[row].sum())

if __name__ == "__main__":
    # Python warns of forks among threads; that of zarr's event loop is asleep.
    warnings.simplefilter("ignore", DeprecationWarning)
    array = zp.open({str(folder)!r})
    want = [int(array[row].sum()) for row in range(9)]
    with ProcessPoolExecutor(2, multiprocessing.get_context({method!r})) as pool:
        assert list(pool.map(total, [array] * 9, range(9))) == want
"""
    )
    run_script(f"import runpy; runpy.run_path({str(script)!r}, run_name='__main__')")
