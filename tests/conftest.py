"""Settings that hold for every test."""

import sys

import pytest
from hypothesis import HealthCheck, settings

from tests.zarr_partial.conformance import budget

# Examples write arrays to disk, whose speed says nothing about the code.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")


def pytest_addoption(parser):
    parser.addoption(
        "--cases",
        type=int,
        help="selections that a test compares with zarr, or files that it damages; by default few",
    )
    parser.addoption(
        "--zarr-suite",
        choices=["some", "all"],
        default="some",
        help="how many of zarr's own tests to run behind our pipeline",
    )


def pytest_configure(config):
    budget.asked_for = config.getoption("--cases")


@pytest.fixture(autouse=True, scope="module")
def open_clients():
    """fsspec hands file systems out again, also those whose connections an earlier module has closed."""
    for name, kind in (("fsspec.implementations.http", "HTTPFileSystem"), ("s3fs", "S3FileSystem")):
        cache = getattr(getattr(sys.modules.get(name), kind, None), "_cache", {})
        for token, files in list(cache.items()):
            if getattr(getattr(files, "_session", None), "closed", False):
                del cache[token]


def pytest_terminal_summary(terminalreporter):
    """Show what tests have measured without judging it; it comes from the processes of xdist as well."""
    said = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == "measured" and report.when == "call"
    ]
    if said:
        terminalreporter.section("measured")
        for line in said:
            terminalreporter.write_line(line)
