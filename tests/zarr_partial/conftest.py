"""A small array on disk, to be laid out as a test needs it."""

import numpy as np
import pytest
import zarr


@pytest.fixture
def make(tmp_path):
    """Create an array: 0 to 119 as 20 rows of 6, in raw chunks of 5 rows, unless told otherwise."""

    def make(name="a.zarr", data=None, **options):
        options.setdefault("chunks", (5, 6))
        options.setdefault("compressors", None)
        data = np.arange(20 * 6, dtype="<f4").reshape(20, 6) if data is None else data
        return zarr.create_array(tmp_path / name, data=data, **options)

    return make
