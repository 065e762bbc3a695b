"""The numbers for other programs: CSV and strict JSON, which knows no NaN."""

import csv
import io
import itertools
import json
from collections.abc import Iterator
from typing import Any

from outreach.benches.results import Run
from outreach.benches.workloads import WORKLOADS

COLUMNS = (
    "machine", "commit", "measured", "scale", "benchmark", "params", "unit", "state", "value",
    "ci_99_low", "ci_99_high", "samples", "per_call",
)  # fmt: skip


def rows(runs: list[Run]) -> Iterator[dict[str, Any]]:
    """Yield one record for each combination of every benchmark, those without a number included."""
    for run in runs:
        for benchmark in run.benchmarks.values():
            for combination in itertools.product(*benchmark.params.values()):
                params = dict(zip(benchmark.params, combination, strict=True))
                found = run.find(benchmark.name, **params)
                yield {
                    "machine": run.environment.machine,
                    "commit": run.environment.commit,
                    "measured": run.environment.measured,
                    "scale": run.environment.scale,
                    "benchmark": benchmark.name,
                    "params": params,
                    "unit": benchmark.unit,
                    "state": str(found.state),
                    "value": found.value,
                    "ci_99_low": found.low,
                    "ci_99_high": found.high,
                    "samples": found.samples,
                    "per_call": _per_call(benchmark.name, params),
                }


def _per_call(benchmark: str, params: dict[str, str]) -> int | None:
    """Return how many rows, patches or series one timed call delivers, where a page says so."""
    for workload in WORKLOADS:
        for panel in workload.panels:
            if panel.benchmark == benchmark and set(panel.fixed) <= set(params.items()):
                return panel.count
    return None


def as_csv(runs: list[Run]) -> str:
    """Return all records as CSV; a value that is not there is an empty field."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows(runs):
        params = " ".join(f"{name}={value}" for name, value in row["params"].items())
        writer.writerow({**row, "params": params})
    return text.getvalue()


def as_json(runs: list[Run]) -> str:
    """Return environments and all records as strict JSON; a value that is not there is null."""
    content = {"environments": [run.environment.as_dict() for run in runs], "measurements": list(rows(runs))}
    return json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
