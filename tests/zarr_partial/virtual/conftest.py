"""Arrays whose virtual chunks are byte ranges."""

import pytest

import zarr_partial as zp
from tests.zarr_partial.virtual.referring import LAYOUTS, ROWS


@pytest.fixture(params=LAYOUTS)
def stored(request, make):
    options, chunks = LAYOUTS[request.param]
    names = ["y", "x"]
    if options.get("zarr_format") == 2:
        options = options | {"attributes": {"_ARRAY_DIMENSIONS": names, "unit": "K"}}
    else:
        options = options | {"dimension_names": names, "attributes": {"unit": "K"}}
    array = make(data=ROWS, **options)
    return array, zp.virtual_chunks(array, chunks, path="t")
