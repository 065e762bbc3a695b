"""Views handed to other libraries without a copy: DLPack, buffers, and `numpy.asarray(copy=...)`."""

import gc
import signal
import subprocess
import sys

import numpy as np
import pytest
import zarr
from zarr.codecs import BytesCodec

import zarr_partial as zp
from tests.zarr_partial.elsewhere.packing import zipped

DATA = np.arange(30 * 40, dtype="<f4").reshape(30, 40)
WHOLE = {"chunks": DATA.shape, "compressors": None}


@pytest.fixture
def folder(tmp_path):
    zarr.create_array(tmp_path / "a.zarr", data=DATA, **WHOLE)
    return tmp_path / "a.zarr"


def unaligned(folder, tmp_path):
    """Return a view into an archive that begins between two elements."""
    for number in range(1, 9):
        archive = zipped(folder, tmp_path / f"{number}.zip")
        # A comment before the members moves them by a byte.
        archive.write_bytes(b"x" * number + archive.read_bytes())
        view = zp.open(archive).view()
        if not view.flags.aligned:
            return view
    raise AssertionError("no archive with unaligned elements")


def from_dlpack(view):
    return np.from_dlpack(view)


def as_buffer(view):
    return np.asarray(memoryview(view))


def by_array_interface(view):
    class Holder:
        __array_interface__ = view.__array_interface__
        held = view

    return np.asarray(Holder())


def to_torch(view):
    torch = pytest.importorskip("torch")
    return torch.from_dlpack(view)


def to_arrow(view):
    return np.asarray(pytest.importorskip("pyarrow").py_buffer(view)).view("<f4").reshape(view.shape)


CONSUMERS = [from_dlpack, as_buffer, by_array_interface, to_torch, to_arrow]


@pytest.mark.parametrize("consume", CONSUMERS, ids=lambda consume: consume.__name__)
def test_consumers_share_the_map_and_keep_it_alive(folder, consume):
    array = zp.open(folder)
    view = array.view()
    address = view.__array_interface__["data"][0]
    consumer = consume(view)
    array.close()
    del array, view
    gc.collect()
    found = np.asarray(consumer)
    assert found.__array_interface__["data"][0] == address
    np.testing.assert_array_equal(found, DATA)


@pytest.mark.parametrize("consume", CONSUMERS[:3], ids=lambda consume: consume.__name__)
def test_what_is_read_only_stays_so(folder, consume):
    consumer = consume(zp.open(folder).view())
    assert not consumer.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        consumer[0, 0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        consumer.flags.writeable = True


def test_torch_warns_of_a_read_only_array_and_dlpack_does_not(folder):
    torch = pytest.importorskip("torch")
    view = zp.open(folder).view()
    # Once in a process, so in one of its own.
    script = """
import sys, warnings, torch, zarr_partial as zp
view = zp.open(sys.argv[1]).view()
torch.from_dlpack(view)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    torch.from_numpy(view)
assert "not writable" in str(caught[0].message)
"""
    subprocess.run([sys.executable, "-c", script, str(folder)], check=True, timeout=100)
    assert torch.from_dlpack(view).sum().item() == DATA.sum()


@pytest.mark.skipif(sys.platform != "linux", reason="how a process ends differs")
def test_writing_through_torch_ends_the_process_and_leaves_the_file(folder):
    pytest.importorskip("torch")
    script = "import sys, torch, zarr_partial as zp; torch.from_dlpack(zp.open(sys.argv[1]).view())[0] = 1"
    done = subprocess.run([sys.executable, "-c", script, str(folder)], timeout=100)
    assert done.returncode == -signal.SIGSEGV
    np.testing.assert_array_equal(zp.open(folder)[...], DATA)


@pytest.mark.parametrize("consume", CONSUMERS[:4], ids=lambda consume: consume.__name__)
def test_unaligned_elements_have_the_same_values(folder, tmp_path, consume):
    view = unaligned(folder, tmp_path)
    found = consume(view)
    assert float(found.sum()) == DATA.sum()
    np.testing.assert_array_equal(np.asarray(found), DATA)
    aligned = np.require(view, requirements="A")
    assert aligned.flags.aligned
    np.testing.assert_array_equal(aligned, DATA)


def test_asarray_copies_as_numpy_asks(folder):
    array = zp.open(folder)
    for copy in (None, True):
        found = np.asarray(array, copy=copy)
        assert found.flags.writeable
        assert not np.shares_memory(found, array.view())
    shared = np.asarray(array, copy=False)
    assert not shared.flags.writeable
    assert np.shares_memory(shared, array.view())
    np.testing.assert_array_equal(shared, DATA)
    assert np.asarray(array, dtype="f8").dtype == np.float64
    with pytest.raises(ValueError, match="Unable to avoid copy"):
        np.asarray(array, dtype="f8", copy=False)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"chunks": (10, 40), "compressors": None}, "expected one chunk, found a grid of 3"),
        ({"chunks": DATA.shape}, "expected uncompressed local chunks"),
        ({**WHOLE, "serializer": BytesCodec(endian="big")}, "expected elements stored as <f4, found >f4"),
    ],
)
def test_without_a_view_copy_false_says_why(tmp_path, options, words):
    array = zp.open(zarr.create_array(tmp_path / "b.zarr", data=DATA, **options))
    with pytest.raises(zp.NotViewableError, match=words):
        np.asarray(array, copy=False)
    np.testing.assert_array_equal(np.asarray(array), DATA)


def test_a_view_of_files_that_are_read_by_ranges_names_the_way_to_open_them(folder):
    with pytest.raises(
        zp.NotViewableError, match=r'read by ranges from file://.*a\.zarr; open it with io="mmap"'
    ):
        zp.open(folder, io="pread").view()


KEYS = {
    "floats": np.array([1.0, 2.0]),
    "a float": 1.5,
    "a short mask": np.ones(29, bool),
    "a long mask": np.ones(31, bool),
    "a mask of the wrong axes": np.ones((30, 39), bool),
    "out of bounds": [30],
    "text": "rows",
}
WAYS = {
    "getitem": (lambda a, key: a[key], lambda z, key: z[key]),
    "read": (lambda a, key: a.read(key), lambda z, key: z[key]),
    "oindex": (lambda a, key: a.oindex[key], lambda z, key: z.oindex[key]),
    "vindex": (lambda a, key: a.vindex[key], lambda z, key: z.vindex[key]),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", KEYS)
def test_selections_that_zarr_refuses_are_refused_in_its_words(folder, name, way):
    ours, zarrs = WAYS[way]
    with pytest.raises(Exception) as expected:  # noqa: PT011 - whatever zarr raises
        zarrs(zarr.open_array(folder), KEYS[name])
    with pytest.raises(Exception) as found:  # noqa: PT011
        ours(zp.open(folder), KEYS[name])
    assert (type(found.value), str(found.value)) == (type(expected.value), str(expected.value))
