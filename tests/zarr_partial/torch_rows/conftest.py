"""Rows whose first value is their number, beside vectors of labels."""

import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec, ZstdCodec

import zarr_partial as zp

ROWS = 100
LAYOUTS = {
    "raw": {"chunks": (15, 3), "compressors": None},
    "blosc": {"chunks": (15, 3), "compressors": BloscCodec(cname="lz4")},
    "zstd": {"chunks": (40, 2), "compressors": ZstdCodec()},
    "shards": {"chunks": (5, 3), "shards": (25, 3), "compressors": ZstdCodec()},
}


@pytest.fixture(scope="session")
def numbered():
    """100 rows of 3 float32; row 7 is 7, 7.25, 7.5."""
    return np.arange(ROWS, dtype="f4")[:, None] + np.float32([0, 0.25, 0.5])


@pytest.fixture(scope="session")
def stored(tmp_path_factory, numbered):
    """Folders with `numbered`, by layout."""
    folder = tmp_path_factory.mktemp("rows")
    for name, options in LAYOUTS.items():
        zarr.create_array(folder / f"{name}.zarr", data=numbered, **options)
    return {name: folder / f"{name}.zarr" for name in LAYOUTS}


@pytest.fixture(scope="session")
def rows(stored):
    """`numbered` in raw chunks, open."""
    return zp.open(stored["raw"])
