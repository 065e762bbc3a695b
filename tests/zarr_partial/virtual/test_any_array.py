"""zarr is the oracle: any array in any virtual chunks has the values, the metadata and the type it had.

`pytest tests/zarr_partial/virtual --cases 100000` shows about as many eighths of arrays as it says.
"""

import pickle
import shutil
import tempfile
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED

import numpy as np
import pytest
import zarr
from hypothesis import given, note, settings
from hypothesis import strategies as st
from zarr.core.sync import sync
from zarr.storage import MemoryStore, ZipStore

import zarr_partial as zp
from tests.zarr_partial.conformance.arrays import stored_arrays
from tests.zarr_partial.conformance.budget import arrays
from tests.zarr_partial.conformance.compare import assert_same
from tests.zarr_partial.conformance.test_conformance import pytestmark
from tests.zarr_partial.stores.kinds import buffers
from tests.zarr_partial.stores.watching import Watched
from tests.zarr_partial.zipping import zipped

__all__ = ["pytestmark"]

PLACES = ["folder", "folder", "memory", "store", "zip", "packed zip"]


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    with zarr.config.set({"array.rectilinear_chunks": True}):
        yield tmp_path_factory.mktemp("any")


@settings(max_examples=arrays(560))
@given(stored=stored_arrays(), data=st.data())
def test_any_array_in_virtual_chunks_reads_as_it_does_without(stored, data, folder):
    path = Path(tempfile.mkdtemp(dir=folder))
    try:
        array = stored.write(path / "a.zarr")
        place = data.draw(st.sampled_from(PLACES), label="place")
        source = placed(path / "a.zarr", place, path)
        checksums = data.draw(st.sampled_from(["verify", "skip"]), label="checksums")
        chunks = data.draw(chunkings(array), label="chunks")
        partial = zp.open(source, checksums=checksums)
        note(f"{partial!r}")
        try:
            virtual = zp.virtual_chunks(partial, chunks)
        except zp.VirtualChunksError as error:
            note(str(error))
            assert_is_refused_rightly(partial, chunks, error)
            if not error.possible:
                return
            chunks = data.draw(st.sampled_from(error.possible), label="possible chunks")
            virtual = zp.virtual_chunks(partial, chunks)
        assert_shows(virtual, array, chunks)
    finally:
        shutil.rmtree(path)


def placed(path, place, folder):
    if place == "folder":
        return path
    if place in ("zip", "packed zip"):
        return ZipStore(
            zipped(path, folder / "a.zip", ZIP_STORED if place == "zip" else ZIP_DEFLATED), mode="r"
        )
    files = [file for file in path.rglob("*") if file.is_file()]
    memory = MemoryStore(buffers({file.relative_to(path).as_posix(): file.read_bytes() for file in files}))
    return Watched(memory) if place == "store" else memory


@st.composite
def chunkings(draw, array):
    """Lengths that divide the chunks of an array, most of them small parts of these."""
    try:
        whole, shards = array.chunks, array.shards
    except NotImplementedError:
        return tuple(draw(st.integers(1, max(1, length))) for length in array.shape)
    if shards is not None and draw(st.sampled_from([False] * 5 + [True])):
        return shards
    kept = draw(st.integers(0, len(whole)))
    divisors = (
        st.sampled_from([part for part in range(1, length + 1) if length % part == 0]) for length in whole
    )
    lengths = tuple(draw(divisor) for divisor in divisors)
    # What lies together is drawn often: in C order, whole axes after those that are cut.
    return tuple(
        part if axis < kept else length
        for axis, (part, length) in enumerate(zip(lengths, whole, strict=True))
    )


def assert_is_refused_rightly(partial, chunks, error):
    """Uncompressed chunks are never refused, and nobody is refused what there is already."""
    layout = partial.state.layout
    if layout.mosaic is not None:
        assert "differ in shape" in str(error)
        return
    divides = all(n % m == 0 for n, m in zip(layout.leaves.chunk_shape, chunks, strict=True))
    assert not (isinstance(layout.leaf, zp.Raw) and divides), str(error)
    assert chunks != layout.leaves.chunk_shape
    assert error.possible or (isinstance(layout.leaf, zp.Blosc) and not divides)


def assert_shows(virtual, array, chunks):
    shown = zarr.open_array(virtual.store, mode="r", zarr_format=array.metadata.zarr_format)
    assert chunks in (shown.chunks, shown.shards)
    assert virtual.chunks == chunks
    assert shown.shape == array.shape
    assert shown.dtype == array.dtype
    assert shown.attrs.asdict() == array.attrs.asdict()
    assert shown.metadata.dtype == array.metadata.dtype
    np.testing.assert_array_equal(np.asarray(shown.fill_value), np.asarray(array.fill_value))
    if array.metadata.zarr_format == 3:
        assert shown.metadata.dimension_names == array.metadata.dimension_names
    assert_same(shown[...], array[...])
    assert pickle.loads(pickle.dumps(virtual.store)) == virtual.store
    assert_keys_are_those_of_values(virtual)


def assert_keys_are_those_of_values(virtual):
    store = virtual.store
    keys = sync(listed(store))
    assert len(keys) == len(set(keys))
    for at in np.ndindex(*virtual.grid_shape):
        key = store.shown.chunk_key(at)
        value = sync(store.get(key))
        assert (key in keys) == (value is not None) == sync(store.exists(key))
        if value is not None:
            assert sync(store.getsize(key)) == len(value)


async def listed(store):
    return [key async for key in store.list()]
