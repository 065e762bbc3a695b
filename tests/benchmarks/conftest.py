"""The suite is no installed package: asv imports it from benchmarks/, and so do these tests, on tiny data."""

import os
import sys
from pathlib import Path

import pytest

SUITE_PARENT = Path(__file__).parents[2] / "benchmarks"
sys.path.append(str(SUITE_PARENT))

# Read once, when the suite is imported; the tests of the runner start processes of their own.
os.environ["ZARR_PARTIAL_BENCH_SCALE"] = "tiny"
try:
    import suite.rows
    import suite.sizes  # noqa: F401
finally:
    del os.environ["ZARR_PARTIAL_BENCH_SCALE"]


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory):
    """Where the tiny data lie during the tests: never in the user's cache."""
    folder = tmp_path_factory.mktemp("bench-data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZARR_PARTIAL_BENCH_DATA", str(folder))
        yield folder
