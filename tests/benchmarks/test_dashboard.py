"""The dashboard knows the whole suite: every benchmark stands on a page, by parameters that it has."""

import pytest

from outreach.benches.names import NO_READERS, is_ours
from outreach.benches.workloads import WORKLOADS
from tests.benchmarks.test_workloads import EVERY_CLASS

PANELS = [panel for workload in WORKLOADS for panel in workload.panels]
KINDS = ("time_", "timeraw_", "track_", "peakmem_")


def benchmarks():
    """Return the classes of the suite by the names that asv gives to their benchmarks."""
    return {
        f"{found.__module__.removeprefix('suite.')}.{found.__name__}.{method}": found
        for found in EVERY_CLASS
        for method in dir(found)
        if method.startswith(KINDS)
    }


def test_every_benchmark_of_the_suite_stands_on_a_page():
    shown = {panel.benchmark for panel in PANELS} | {panel.limit[0] for panel in PANELS if panel.limit}
    assert shown == set(benchmarks())


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.slug)
def test_a_panel_names_every_parameter_once_and_values_that_there_are(panel):
    found = benchmarks()[panel.benchmark]
    names = getattr(found, "param_names", [])
    named = [name for name in (panel.series, panel.groups) if name] + [name for name, _ in panel.fixed]
    assert sorted(named) == sorted(names)
    values = dict(zip(names, getattr(found, "params", []), strict=True))
    assert all(value in map(str, values[name]) for name, value in panel.fixed)
    if panel.baseline is not None:
        assert panel.baseline in map(str, values[panel.series])


@pytest.mark.parametrize("panel", [panel for panel in PANELS if panel.judged], ids=lambda panel: panel.slug)
def test_where_readers_compete_zarr_partial_and_another_are_there(panel):
    found = benchmarks()[panel.benchmark]
    names = list(map(str, dict(zip(found.param_names, found.params, strict=True))[panel.series]))
    assert any(is_ours(name) for name in names)
    assert any(not is_ours(name) and name not in NO_READERS for name in names)


def test_slugs_are_unique_where_addresses_need_it():
    assert len({workload.slug for workload in WORKLOADS}) == len(WORKLOADS)
    judged = [panel.slug for panel in PANELS if panel.judged]
    assert len(set(judged)) == len(judged)
    for workload in WORKLOADS:
        assert len({panel.slug for panel in workload.panels}) == len(workload.panels)
