"""Behind our pipeline every array gives what it gives behind zarr's own: values, types, errors."""

import contextlib
import shutil
import tempfile
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED

import numpy as np
import pytest
import zarr
from hypothesis import given, note, reject, settings
from hypothesis import strategies as st
from packaging.version import Version
from zarr.core.buffer import default_buffer_prototype
from zarr.storage import LocalStore, LoggingStore, MemoryStore, ZipStore

from tests.zarr_partial.conformance import keys
from tests.zarr_partial.conformance.arrays import stored_arrays
from tests.zarr_partial.conformance.budget import SELECTIONS_PER_ARRAY, arrays
from tests.zarr_partial.conformance.compare import assert_same, outcome
from tests.zarr_partial.pipeline.pipelines import DEFAULT, OURS, behind
from tests.zarr_partial.zipping import zipped

pytestmark = [
    # zarr warns when it writes types, and reads shards, that we only read.
    pytest.mark.filterwarnings("ignore:The data type .* does not have a Zarr V3 specification"),
    pytest.mark.filterwarnings("ignore:Combining a `sharding_indexed` codec disables partial reads"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
]

IS_OLD = Version(zarr.__version__) < Version("3.4")
PLACES = ["folder", "folder", "stored", "packed", "memory", "wrapped"]


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    with zarr.config.set({"array.rectilinear_chunks": True}):
        yield tmp_path_factory.mktemp("pipeline")


def in_memory(folder):
    prototype = default_buffer_prototype()
    return MemoryStore(
        {
            file.relative_to(folder).as_posix(): prototype.buffer.from_bytes(file.read_bytes())
            for file in folder.rglob("*")
            if file.is_file()
        }
    )


@contextlib.contextmanager
def both(data, stored, folder):
    """Write an array somewhere, and open it behind zarr's pipeline and behind ours."""
    path = Path(tempfile.mkdtemp(dir=folder))
    place = data.draw(st.sampled_from(PLACES), label="place")
    config = {
        "order": data.draw(st.sampled_from("CCCF"), label="order in memory"),
        "read_missing_chunks": data.draw(st.sampled_from([True, True, False]), label="read missing chunks"),
    }
    try:
        with contextlib.ExitStack() as stack:
            source = written(stored, path / "a.zarr").store.root
            if place == "memory":
                source = in_memory(source)
            elif place == "wrapped":
                source = LoggingStore(LocalStore(source, read_only=True), log_level="CRITICAL")
            elif place != "folder":
                method = ZIP_STORED if place == "stored" else ZIP_DEFLATED
                archive = zipped(source, path / "a.zip", method, bytes(data.draw(st.integers(0, 9))))
                source = stack.enter_context(ZipStore(archive, mode="r"))
            opened = [behind(pipeline, source).with_config(config) for pipeline in (DEFAULT, OURS)]
            with zarr.config.set({"codec_pipeline.path": OURS}):
                opened[1] = opened[1].with_config(config)
            note(f"{stored}")
            yield opened
    finally:
        # Threads of a write that failed may be at it still.
        shutil.rmtree(path, ignore_errors=True)


def written(stored, path):
    """Write an array, one that zarr can write: 3.3 has codecs that fail on big-endian values."""
    try:
        return stored.write(path)
    except ValueError:
        if not IS_OLD:
            raise
        reject()


def taken_by_zarr(key):
    """Return a key that zarr takes: in shards, 3.3 makes floats of unsigned indices of 64 bits."""
    if not IS_OLD:
        return key
    if isinstance(key, tuple):
        return tuple(taken_by_zarr(entry) for entry in key)
    return key.astype("i8") if isinstance(key, np.ndarray) and key.dtype.str[1:] == "u8" else key


def compared(usual, keys_of, read):
    """Make a test of one way of reading, `read`, with keys from `keys_of(array)`."""

    @settings(max_examples=arrays(usual))
    @given(data=st.data(), stored=stored_arrays())
    def test(data, stored, folder):
        with both(data, stored, folder) as (array, ours):
            for _ in range(SELECTIONS_PER_ARRAY):
                key = taken_by_zarr(data.draw(keys_of(array), label="key"))
                want = outcome(lambda key=key: read(array, key))
                assert_same(outcome(lambda key=key: read(ours, key)), want)

    return test


test_getitem_is_the_same = compared(300, lambda a: keys.getitem_keys(a.shape), lambda a, key: a[key])
test_oindex_is_the_same = compared(200, lambda a: keys.oindex_keys(a.shape), lambda a, key: a.oindex[key])
test_vindex_is_the_same = compared(160, lambda a: keys.vindex_keys(a.shape), lambda a, key: a.vindex[key])
test_blocks_are_the_same = compared(
    100, lambda a: keys.blocks_keys(a._chunk_grid.grid_shape), lambda a, key: a.blocks[key]
)


@settings(max_examples=arrays(100))
@given(data=st.data(), stored=stored_arrays())
def test_output_of_the_caller_is_filled_the_same(data, stored, folder):
    with both(data, stored, folder) as (array, ours):
        key = data.draw(keys.basic_keys(array.shape), label="key")

        def read(array):
            shape = array.get_basic_selection(key).shape
            out = default_buffer_prototype().nd_buffer.create(shape=shape, dtype=array.dtype, order="F")
            array.get_basic_selection(key, out=out)
            return np.asarray(out.as_numpy_array())

        assert_same(outcome(lambda: read(ours)), outcome(lambda: read(array)))
