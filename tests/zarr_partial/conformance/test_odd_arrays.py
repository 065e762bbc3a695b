"""Arrays that no strategy draws, read as zarr reads them."""

import numpy as np
import zarr

import zarr_partial as zp
from tests.zarr_partial.conformance.compare import assert_same


def test_fill_value_keeps_its_bits(tmp_path):
    """Python's floats have one NaN; the format has all of them."""
    zarr.create_array(
        tmp_path / "a.zarr", shape=(4,), dtype="f4", chunks=(2,), fill_value=np.nan, compressors=None
    )
    document = tmp_path / "a.zarr" / "zarr.json"
    document.write_text(document.read_text().replace('"NaN"', '"0x7fc00123"'))
    want = zarr.open_array(tmp_path / "a.zarr")[...]
    assert_same(zp.open(tmp_path / "a.zarr")[...], want)


def test_array_that_shrank_reads_as_zarr_reads_it(tmp_path):
    """Chunks beyond the end stay on disk, and the last one within it holds elements beyond it."""
    data = np.arange(200, dtype="i2").reshape(20, 10)
    for name, options in {"raw": {"compressors": None}, "shards": {"shards": (8, 10)}}.items():
        array = zarr.create_array(tmp_path / name, data=data, chunks=(4, 5), **options)
        array.resize((9, 7))
        again = zarr.open_array(tmp_path / name)
        for key in (..., slice(None), (slice(3, None), [6, 0, -1]), -1, (8, 6)):
            assert_same(zp.open(tmp_path / name)[key], again[key])


def test_open_array_in_another_byte_order_than_its_metadata_say(tmp_path):
    """The metadata of format 3 have no byte order of the type, an array that was just made has."""
    array = zarr.create_array(
        tmp_path / "a.zarr", data=np.arange(9, dtype=">i4"), chunks=(4,), compressors=None
    )
    assert array.dtype == ">i4"
    assert_same(zp.open(array)[2:8], array[2:8])
    assert_same(zp.open(tmp_path / "a.zarr")[2:8], zarr.open_array(tmp_path / "a.zarr")[2:8])
