"""Where zarr_partial is not the right choice: said with numbers, or said to be not measured."""

import json
from pathlib import Path

import pytest

from outreach.benches.current import current_runs
from outreach.benches.losses import losses, read_curves, situations
from outreach.paths import Project

ROOT = Path(__file__).parents[3]
CURVES = {
    "measured": "2026-01-02", "latency_seconds": 0.02, "chunk_rows": 1000, "machine": {"cpu": "X "
    "<Y>", "cores": 2},
    "curves": [
        {"place": place, "layout": layout, "reader": reader, "rows": [1, 1000], "seconds": seconds}
        for place, layout, reader, seconds in (
            ("local", "blosc-lz4", "zarr_partial", [0.001, 0.012]),
            ("local", "blosc-lz4", "zarr-default", [0.004, 0.006]),
            ("http", "blosc-lz4", "zarr_partial", [0.03, 0.03]),
            ("http", "blosc-lz4", "zarr_partial, first read", [0.05, 0.05]),
            ("http", "blosc-lz4", "zarr-default", [0.025, 0.025]),
            ("http", "raw", "zarr_partial", [0.03, 0.03]),
            ("http", "raw", "tensorstore", [0.02, 0.03]),
        )
    ],
}  # fmt: skip


def found(results, curves):
    run = current_runs(results.write())[0]
    return {one.title: one.found for one in situations(run, curves)}


def test_numbers_come_from_the_curves(results):
    told = found(results, CURVES)
    assert told["Most blocks of a chunk are touched"] == (
        "One Blosc lz4 chunk, local, 1,000 of its 1,000 rows: zarr_partial 12.0 ms, zarr default 6.00 ms; "
        "zarr_partial takes 2.0 × its time."
    )
    assert "takes 50.0 ms" in told["The first read of far-away Blosc chunks"]
    assert "zarr_partial is 2.0 × slower." in told["The first read of far-away Blosc chunks"]
    assert "1.5 × its time" in told["Far stores with much bandwidth"]


def test_what_neither_says_is_not_measured(results):
    assert found(results, None)["Most blocks of a chunk are touched"] is None
    run = current_runs(results.project)[0]
    page = losses(run, None)
    assert '<span class="bz-bench-null bz-bench-missing">not measured</span>' in page
    assert "crossover curves" not in page


@pytest.mark.parametrize(
    "content", ["{", "[]", "{}", '{"curves": []}'], ids=["broken", "list", "empty", "none"]
)
def test_curves_that_cannot_be_read_are_none(project, content):
    project.benchmarks.mkdir(parents=True)
    (project.benchmarks / "crossover.json").write_text(content, "utf-8")
    assert read_curves(project) is None


def test_the_machine_of_the_curves_is_named_and_escaped(results):
    page = losses(current_runs(results.write())[0], CURVES)
    assert "X &lt;Y&gt;, 2 cores" in page


def test_the_committed_results_state_three_situations_or_more():
    project = Project(ROOT)
    run = current_runs(project)[0]
    told = [one.found for one in situations(run, read_curves(project)) if one.found]
    assert len(told) >= 3
    assert all(any(letter.isdigit() for letter in text) for text in told)
    assert json.loads((project.benchmarks / "crossover.json").read_text("utf-8"))
