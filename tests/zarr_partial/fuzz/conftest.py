"""A limit to the memory that a test may ask for, so that a lie that is believed fails, and harms nobody.

And the flag without which zarr refuses chunks of several shapes.
"""

import sys
from pathlib import Path

import pytest
import zarr

ROOM_NBYTES = 2 << 30


@pytest.fixture(autouse=True, scope="module")
def limited_memory():
    if sys.platform != "linux":
        yield
        return
    import resource

    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (mapped + ROOM_NBYTES, hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@pytest.fixture(autouse=True, scope="module")
def rectilinear_chunks():
    with zarr.config.set({"array.rectilinear_chunks": True}):
        yield
