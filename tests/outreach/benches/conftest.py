"""A checkout with synthetic results, in numbers that are easy to check."""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from outreach.paths import Project

LAYOUTS = ["raw", "blosc-lz4"]
READERS = ["zarr-default", "zarr-fused", "zarr_partial"]
COLUMNS = [
    "result", "params", "version", "started_at", "duration", "stats_ci_99_a", "stats_ci_99_b", "stats_q_25",
    "stats_q_75", "stats_number", "stats_repeat", "samples", "profile",
]  # fmt: skip
ROWS = "rows.RandomRowsWarm.time_256_rows"
MEMMAP = "rows.MemmapRandomRowsWarm.time_256_rows"
SLAB = "rows.ConsecutiveRowsWarm.time_2000_rows"
SIZE = "sizes.StoreSize.track_stored_bytes"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
# Noon of 1 January 2026, and of the day after.
COMMITTED, STARTED = 1_767_268_800_000, 1_767_355_200_000

# In the order of asv: layout, reader, rows per call (1, 256), the last fastest. Seconds for 256 rows.
ROW_SECONDS = [0.256, 0.0512, 0.128, 0.0256, 0.00256, 0.0000256, 0.512, 0.1024, 0.256, 0.0768, 0.0256, 0.0256]


def reprs(values: list[Any]) -> list[str]:
    return [repr(value) for value in values]


@dataclass
class Results:
    """The files of one run, to be changed by a test before they are written."""

    project: Project
    machine: str = "linux-x86_64-2cores"
    stem: str = "01234567-existing-py3.13-full"
    benchmarks: dict[str, Any] = field(default_factory=dict)
    results: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    committed: int = COMMITTED
    commit: str = COMMIT

    def add(
        self,
        name: str,
        params: dict[str, list[Any]],
        values: Any,
        *,
        unit: str = "seconds",
        spread: float = 0.05,
    ):
        """Add a benchmark whose 99 % intervals are `spread` to either side."""

        def scaled(factor: float) -> list[float | None] | None:
            if values is None:
                return None
            return [None if value is None or math.isnan(value) else value * factor for value in values]

        texts = [reprs(choices) for choices in params.values()]
        self.benchmarks[name] = {
            "name": name, "param_names": list(params), "params": texts, "unit": unit, "version": "1",
        }  # fmt: skip
        repeat = scaled(0) and [None if end is None else 40 for end in scaled(0) or []]
        row = [values, texts, "1", STARTED, 3.5, scaled(1 - spread), scaled(1 + spread)]
        self.results[name] = [*row, scaled(0.99), scaled(1.01), scaled(0), repeat]

    @property
    def path(self) -> Path:
        return self.project.results / self.machine / f"{self.stem}.json"

    @property
    def environment_path(self) -> Path:
        return self.project.benchmarks / "environments" / self.machine / f"{self.stem}.json"

    def write(self) -> Project:
        for path, data in (
            (self.project.results / "benchmarks.json", {**self.benchmarks, "version": 2}),
            (self.project.results / self.machine / "machine.json", {"machine": self.machine, "version": 1}),
            (self.environment_path, self.environment),
            (
                self.path,
                {
                    "commit_hash": self.commit,
                    "date": self.committed,
                    "result_columns": COLUMNS,
                    "results": self.results,
                    "version": 2,
                },
            ),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(data), "utf-8")
        return self.project


def new_results(project: Project, **changes: Any) -> Results:
    made = Results(project, **changes)
    made.add(ROWS, {"layout": LAYOUTS, "reader": READERS, "rows_per_call": [1, 256]}, list(ROW_SECONDS))
    made.add(MEMMAP, {"rows_per_call": [1, 256]}, [0.000512, 0.0000128])
    made.add(SLAB, {"layout": LAYOUTS, "reader": READERS}, [0.004, 0.003, 0.001, 0.006, 0.004, 0.0041])
    made.add(SIZE, {"layout": LAYOUTS}, [400_000_000, 105_000_000], unit="bytes")
    made.environment = {
        "format": 1, "machine": made.machine, "commit": made.commit, "changed": False,
        "measured": "2026-01-02",
        "scale": "full", "only": None, "command": "uv run outreach bench run",
        "data": {
            "rows": 100_000, "columns": 1_000, "dtype": "float32", "chunk_rows": 1_000,
            "inner_chunk_rows": 10,
        },
        "python": "CPython 3.13.0", "packages": {"numcodecs": "0.17.1", "numpy": "2.5.5", "zarr": "3.4.2"},
        "system": "Linux", "kernel": "6.1.0", "architecture": "x86_64", "cpu": "Processor <X>", "cores": 2,
        "memory_bytes": 8 * 2**30,
    }  # fmt: skip
    return made


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "mkdocs.yml").touch()
    (tmp_path / "gallery_data").mkdir()
    return Project(tmp_path)


@pytest.fixture
def results(project: Project) -> Results:
    return new_results(project)


@pytest.fixture
def another_machine(results: Results) -> Results:
    """A slower machine, measured a day later but at the quick scale."""
    other = new_results(results.project, machine="linux-aarch64-4cores")
    other.environment |= {"scale": "quick", "measured": "2026-01-03", "cpu": "Other", "cores": 4}
    return other
