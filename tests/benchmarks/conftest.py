"""The suite is no installed package: asv imports it from benchmarks/, and so do these tests, on tiny data."""

import importlib
import os
import pkgutil
import sys
from pathlib import Path

import pytest

SUITE_PARENT = Path(__file__).parents[2] / "benchmarks"
sys.path.append(str(SUITE_PARENT))

# Read once, when the suite is imported; the tests of the runner start processes of their own.
os.environ["ZARR_PARTIAL_BENCH_SCALE"] = "tiny"
try:
    import suite

    # All of it, as asv does.
    for module in pkgutil.iter_modules(suite.__path__, "suite."):
        importlib.import_module(module.name)
finally:
    del os.environ["ZARR_PARTIAL_BENCH_SCALE"]


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory):
    """Where the tiny data lie during the tests: never in the user's cache."""
    folder = tmp_path_factory.mktemp("bench-data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZARR_PARTIAL_BENCH_DATA", str(folder))
        patch.setenv("ZARR_PARTIAL_BENCH_SCALE", "tiny")
        yield folder


@pytest.fixture(autouse=True, scope="module")
def open_stores():
    """Stores are kept for each address; who closed the HTTP client of fsspec meanwhile closed it for all."""
    for kept in suite.remote_readers.STORES.values():
        kept.cache_clear()
