"""A plugin for pytest, in the process that runs zarr's tests: fewer examples, and what came of it."""

import json
import os
from pathlib import Path

from hypothesis import HealthCheck, settings

# The same examples behind every pipeline, and as many as take seconds.
settings.register_profile(
    "few",
    max_examples=25,
    stateful_step_count=20,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

passed = 0
failed: list[str] = []


def pytest_sessionstart():
    # zarr's conftest has loaded a profile of its own by now, and no test has been collected.
    settings.load_profile("few")


def pytest_runtest_logreport(report):
    global passed
    if report.failed:
        failed.append(report.nodeid)
    elif report.when == "call" and report.passed:
        passed += 1


def pytest_collectreport(report):
    if report.failed:
        failed.append(report.nodeid)


def pytest_sessionfinish(session):
    # Workers of pytest-xdist see a part of it.
    if not hasattr(session.config, "workerinput"):
        found = {"passed": passed, "failed": sorted(set(failed))}
        Path(os.environ["ZARR_SUITE_OUTCOME"]).write_text(json.dumps(found))
