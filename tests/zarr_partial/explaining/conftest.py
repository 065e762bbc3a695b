"""The flag without which zarr refuses chunks of several shapes."""

import pytest
import zarr


@pytest.fixture(autouse=True, scope="package")
def rectilinear_chunks():
    with zarr.config.set({"array.rectilinear_chunks": True}):
        yield
