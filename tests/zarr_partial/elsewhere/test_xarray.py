"""xarray over our arrays, by the adapter that the page on xarray shows: lazy, and equal to xarray's own."""

import pickle
import re
from pathlib import Path

import cloudpickle
import numpy as np
import pytest
import xarray as xr
import zarr
from zarr.storage import MemoryStore, WrapperStore

import zarr_partial as zp

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "site/pages/library/xarray.md").read_text()
DATA = np.arange(30 * 20 * 8, dtype="f4").reshape(30, 20, 8)
DIMS = ("time", "y", "x")


@pytest.fixture(scope="module")
def lazily():
    """Return the function that the page defines."""
    (code,) = (
        block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "def lazily(" in block
    )
    names = {}
    exec(code, names)
    return names["lazily"]


@pytest.fixture(params=["raw", "blosc", "shards"])
def array(request, tmp_path):
    layouts = {
        "raw": {"chunks": (10, 20, 8), "compressors": None},
        "blosc": {"chunks": (10, 10, 8), "compressors": zarr.codecs.BloscCodec()},
        "shards": {"chunks": (5, 5, 8), "shards": (10, 20, 8)},
    }
    return zp.open(zarr.create_array(tmp_path / "a.zarr", data=DATA, **layouts[request.param]))


SELECTIONS = {
    "slices": lambda a: a.isel(time=slice(3, 20, 4), y=slice(None, None, -2)),
    "an integer": lambda a: a.isel(time=-1),
    "all integers": lambda a: a.isel(time=2, y=3, x=4),
    "orthogonal": lambda a: a.isel(time=[29, 0, 7], x=[1, 1, 0]),
    "a mask": lambda a: a.isel(time=np.arange(30) % 7 == 0),
    "vectorised": lambda a: a.isel(time=xr.DataArray([3, 1], dims="p"), y=xr.DataArray([5, 19], dims="p")),
    "vectorised, of two axes": lambda a: a.isel(time=xr.DataArray([[3, 1], [0, 9]], dims=("p", "q"))),
    "one after the other": lambda a: a.isel(time=[9, 4, 4]).isel(time=slice(None, None, -1)).isel(y=[2], x=0),
    "by label": lambda a: a.assign_coords(time=np.arange(30) * 10).sel(time=[290, 40]),
    "transposed": lambda a: a.transpose("x", "time", "y").isel(x=3),
    "nothing": lambda a: a.isel(time=slice(5, 5)),
}


@pytest.mark.parametrize("name", SELECTIONS)
def test_selections_are_those_of_data_in_memory(array, lazily, name):
    select = SELECTIONS[name]
    found, want = select(lazily(array, DIMS)), select(xr.DataArray(DATA, dims=DIMS))
    xr.testing.assert_identical(found, want)


def test_nothing_is_read_before_values_are_asked_for(lazily):
    asked = []

    class Watched(WrapperStore):
        async def get(self, key, prototype, byte_range=None):
            asked.append((key, byte_range))
            return await super().get(key, prototype, byte_range)

    held = MemoryStore()
    zarr.create_array(held, data=DATA, chunks=(30, 20, 8), compressors=None)
    lazy = lazily(zp.open(Watched(held), gap=0), DIMS)
    asked.clear()
    few = lazy.isel(time=[20, 3]).isel(y=slice(1, 3))
    repr(few)
    assert asked == []
    np.testing.assert_array_equal(few.values, DATA[[20, 3], 1:3])
    assert sum(span.end - span.start for _, span in asked) == few.nbytes


def test_a_pickle_holds_no_values(array, lazily):
    lazy = lazily(array, DIMS).isel(time=[3, 1])
    # By value, since the page is no module.
    pickled = cloudpickle.dumps(lazy)
    assert len(pickled) < 5_000 < DATA.nbytes
    np.testing.assert_array_equal(pickle.loads(pickled).values, DATA[[3, 1]])


def test_dask_arrays_of_xarray_read_through_us(array, lazily):
    da = pytest.importorskip("dask.array")
    want = xr.DataArray(DATA, dims=DIMS).isel(time=[3, 1]).mean("y")
    for lazy in (lazily(array, DIMS).chunk(time=10), xr.DataArray(da.from_array(array), dims=DIMS)):
        xr.testing.assert_allclose(lazy.isel(time=[3, 1]).mean("y").compute(scheduler="sync"), want)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_decoded_data_sets_are_those_of_open_zarr(tmp_path, lazily, zarr_format):
    times = np.array("2026-01-01", "M8[ns]") + np.arange(30) * np.timedelta64(6, "h")
    temperature = np.round(DATA / 7, 1).astype("f8")
    temperature[0, 0, 0] = np.nan
    source = xr.Dataset({"t": (DIMS, temperature, {"units": "K"})}, {"time": times, "y": np.arange(20.0)})
    packed = {
        "dtype": "i2",
        "scale_factor": 0.1,
        "add_offset": 30.0,
        "_FillValue": -9999,
        "chunks": (10, 20, 8),
    }
    path = tmp_path / "set.zarr"
    source.to_zarr(path, encoding={"t": packed}, zarr_format=zarr_format, consolidated=False)
    with xr.open_zarr(path, chunks=None, consolidated=False) as want:
        raw = xr.open_zarr(path, chunks=None, consolidated=False, decode_cf=False)
        raw["t"] = raw["t"].copy(data=lazily(zp.open(path, "t"), DIMS).variable._data)
        found = xr.decode_cf(raw)
        xr.testing.assert_identical(found, want)
        some = {"time": xr.DataArray([3, 29], dims="p"), "x": xr.DataArray([0, 7], dims="p")}
        xr.testing.assert_identical(found.isel(some), want.isel(some))
        xr.testing.assert_identical(found.sel(time="2026-01-03"), want.sel(time="2026-01-03"))
