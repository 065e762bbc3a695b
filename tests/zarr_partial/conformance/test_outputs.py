"""`out=`: written in place where it fits, refused by name where it does not."""

import numpy as np
import pytest
import zarr

import zarr_partial as zp


@pytest.fixture
def small(tmp_path):
    data = np.arange(20 * 6, dtype="<f4").reshape(20, 6)
    zarr.create_array(tmp_path / "a.zarr", data=data, chunks=(5, 6), compressors=None)
    return zp.open(tmp_path / "a.zarr"), data


WRONG_OUTPUTS = {
    "shape": (np.empty((3, 5), "f4"), ValueError, "shape"),
    "too many axes": (np.empty((3, 6, 1), "f4"), ValueError, "shape"),
    "type": (np.empty((3, 6), "f8"), (TypeError, ValueError), "float64"),
    "byte order": (np.empty((3, 6), ">f4"), (TypeError, ValueError), ">f4"),
    "no array": ([[0.0] * 6] * 3, TypeError, "list"),
}


@pytest.mark.parametrize(("out", "error", "found"), WRONG_OUTPUTS.values(), ids=WRONG_OUTPUTS)
def test_output_of_another_kind_is_refused_by_name(small, out, error, found):
    partial, _ = small
    for read in (lambda: partial.read(slice(1, 4), out), lambda: partial.take([1, 2, 3], out=out)):
        with pytest.raises(error, match=found) as caught:
            read()
        assert "expected" in str(caught.value)


def test_read_only_output_is_refused(small):
    partial, _ = small
    out = np.zeros((3, 6), "f4")
    out.flags.writeable = False
    for read in (lambda: partial.read(slice(1, 4), out), lambda: partial.take([1, 2, 3], out=out)):
        with pytest.raises(ValueError, match=r"read-only|writ"):
            read()
    assert not out.any()


def test_mapped_output_is_written(small, tmp_path):
    partial, data = small
    out = np.memmap(tmp_path / "out", "f4", "w+", shape=(3, 6))
    assert partial.read(slice(1, 4), out) is out
    np.testing.assert_array_equal(np.asarray(out), data[1:4])
