"""From what asv wrote to what is committed: complete, rebuilt without local paths, stored whole.

Steps: read what asv wrote, refuse it if anything is missing or failed, rebuild, write.
The results file is rebuilt from known fields instead of searched for secrets, because asv puts the path of
the interpreter into three of them and may put more into others.
"""

import itertools
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from outreach.benches.environment import Environment, environment_path
from outreach.benches.results import NOT_RESULTS, RESULTS_VERSION
from outreach.errors import OutreachError
from outreach.paths import Project
from outreach.writing import write_together

# What decides about the numbers besides the commit; asv calls such versions requirements.
REQUIREMENTS = ("numcodecs", "numpy", "zarr")

type Rows = dict[str, list[Any]]


class IncompleteRunError(OutreachError):
    """A run that must not replace earlier results."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run of asv wrote: its results file, and its description of the benchmarks."""

    results: Mapping[str, Any]
    benchmarks: Mapping[str, Any]

    def with_rows_of(self, again: "Measured", names: Iterable[str]) -> "Measured":
        """Return the same with the results of `names` that `again` has, if it has them in these columns."""
        if again.results["result_columns"] != self.results["result_columns"]:
            return self
        newer = {name: again.results["results"][name] for name in names if name in again.results["results"]}
        return replace(self, results={**self.results, "results": {**self.results["results"], **newer}})


def read_measured(folder: Path, machine: str) -> Measured:
    """Return what asv wrote to `folder`.

    Raises
    ------
    IncompleteRunError
        If it wrote nothing, or several files where one was asked for.
    """
    files = sorted(path for path in (folder / machine).glob("*.json") if path.name not in NOT_RESULTS)
    if len(files) != 1 or not (folder / "benchmarks.json").is_file():
        raise IncompleteRunError(
            f"expected asv to write one file of results, found {len(files)}; see its output above"
        )
    try:
        return Measured(
            json.loads(files[0].read_bytes()), json.loads((folder / "benchmarks.json").read_bytes())
        )
    except ValueError as error:
        raise IncompleteRunError(
            f"expected asv to write JSON, found: {error}; run the command again"
        ) from error


def failed_benchmarks(measured: Measured) -> list[str]:
    """Return the names of the benchmarks of which at least one combination failed."""
    at = measured.results["result_columns"].index("result")
    return sorted(name for name, row in measured.results["results"].items() if None in (row[at] or [None]))


def check_complete(measured: Measured, only: str | None) -> list[str]:
    """Return the combinations that were skipped, after making sure that every other one has a number.

    Raises
    ------
    IncompleteRunError
        Naming what is missing or failed, or saying that nothing at all was measured.
    """
    columns = measured.results["result_columns"]
    rows: Rows = measured.results["results"]
    missing, failed, skipped, numbers = [], [], [], 0
    for name, facts in sorted(measured.benchmarks.items()):
        if name == "version" or (only is not None and not re.search(only, name)):
            continue
        if name not in rows:
            missing.append(name)
            continue
        cells = dict(zip(columns, rows[name], strict=False))
        combinations = list(itertools.product(*facts["params"]))
        values = cells["result"] or [None] * len(combinations)
        if len(values) != len(combinations):
            missing.append(f"{name} ({len(combinations) - len(values)} of {len(combinations)} combinations)")
            continue
        for combination, value in zip(combinations, values, strict=True):
            label = f"{name}({', '.join(combination)})"
            if value is None:
                failed.append(label)
            elif isinstance(value, float) and math.isnan(value):
                skipped.append(label)
            else:
                numbers += 1
    if missing or failed or not numbers:
        raise IncompleteRunError("\n".join(_complaint(missing, failed)))
    return skipped


def _complaint(missing: list[str], failed: list[str]) -> Iterator[str]:
    yield "expected a number for every benchmark; the earlier results stay as they were"
    if failed:
        yield "failed (the reason stands in the output above):"
        yield from (f"  {label}" for label in failed)
    if missing:
        yield "missing:"
        yield from (f"  {label}" for label in missing)
    if not (missing or failed):
        yield "found none: everything was skipped"


def stem_of(environment: Environment) -> str:
    """Return the name of the results file, after asv's habit, with the scale at its end."""
    python = ".".join(environment.python.split()[-1].split(".")[:2])
    versions = "-".join(f"{name}{environment.packages[name]}" for name in REQUIREMENTS)
    return f"{environment.commit[:8]}-existing-py{python}-{versions}-{environment.scale}"


def store(project: Project, environment: Environment, measured: Measured) -> Path:
    """Write results, machine, benchmarks and environment; return the path of the results.

    A run of some benchmarks joins the complete run of the same commit and versions if there is one, whose
    environment, and so whose date, stays.
    """
    stem = stem_of(environment)
    folder = project.results / environment.machine
    path = folder / f"{stem}.json"
    beside = environment_path(project, environment.machine, stem)
    results = _rebuilt(environment, measured.results, stem)
    if environment.only is not None and path.is_file() and beside.is_file():
        earlier = json.loads(path.read_bytes())
        if earlier["result_columns"] == results["result_columns"]:
            results["results"] = dict(sorted({**earlier["results"], **results["results"]}.items()))
            environment = _joined(environment, json.loads(beside.read_bytes()))
    write_together({
        folder / "machine.json": _text(_machine(environment)),
        project.results / "benchmarks.json": _text(_described(project, environment, measured)),
        beside: environment.as_json().encode(),
        path: _text(results),
    })  # fmt: skip
    return path


def _described(project: Project, environment: Environment, measured: Measured) -> dict[str, Any]:
    """Return the description of the benchmarks; a quick look takes no value away that a full run has."""
    described = dict(measured.benchmarks)
    path = project.results / "benchmarks.json"
    if environment.scale == "full" or not path.is_file():
        return described
    try:
        earlier = json.loads(path.read_bytes())
    except ValueError:
        return described
    for name, facts in described.items():
        known = earlier.get(name)
        if not isinstance(known, dict) or not isinstance(facts, dict):
            continue
        if all(known.get(key) == facts.get(key) for key in ("version", "param_names")):
            both = zip(known["params"], facts["params"], strict=True)
            params = [old + [value for value in new if value not in old] for old, new in both]
            described[name] = {**facts, "params": params}
    return described


def _joined(environment: Environment, earlier: Mapping[str, Any]) -> Environment:
    fields = {name: getattr(environment, name) for name in Environment.__dataclass_fields__}
    kept = {name: earlier[name] for name in ("measured", "only", "command")}
    return Environment(**{**fields, **kept, "changed": environment.changed or earlier["changed"]})


def _machine(environment: Environment) -> dict[str, Any]:
    return {
        "arch": environment.architecture,
        "cpu": environment.cpu,
        "machine": environment.machine,
        "num_cpu": str(environment.cores),
        "os": f"{environment.system} {environment.kernel}",
        "ram": str(environment.memory_bytes),
        "version": 1,
    }


def _rebuilt(environment: Environment, results: Mapping[str, Any], stem: str) -> dict[str, Any]:
    python = environment.python.split()[-1]
    requirements = {name: environment.packages[name] for name in REQUIREMENTS}
    machine = {key: value for key, value in _machine(environment).items() if key != "version"}
    return {
        "commit_hash": environment.commit,
        "env_name": stem.partition("-")[2],
        "date": int(results["date"]),
        "params": {**machine, "python": python, **requirements},
        "python": python,
        "requirements": requirements,
        "env_vars": {"ZARR_PARTIAL_BENCH_SCALE": environment.scale},
        "result_columns": list(results["result_columns"]),
        "results": dict(sorted(results["results"].items())),
        "durations": {},
        "version": RESULTS_VERSION,
    }


def _text(data: Mapping[str, Any]) -> bytes:
    """Return JSON with one benchmark a line: readable in a diff, and asv reads it."""
    results = data.get("results")
    if not isinstance(results, dict):
        return (json.dumps(data, indent=1, sort_keys=True) + "\n").encode()
    placeholder = "@results@"
    text = json.dumps({**data, "results": placeholder}, indent=1)
    rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in results.items())
    return (text.replace(f'"{placeholder}"', "{\n" + rows + "\n }") + "\n").encode()
