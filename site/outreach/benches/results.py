"""Results of asv, read strictly: measured, skipped, failed and missing stay four different things.

asv 0.6 writes version 2 of its format: rows whose columns `result_columns` names, trailing nulls left out,
parameters as Python reprs in product order (the last varies fastest), and JSON with NaN and Infinity in it.
A whole result of null means that every combination failed; NaN, that `setup` raised NotImplementedError.

What is wrong with a file or with one benchmark in it is reported, and only that is left out.
"""

import datetime as dt
import itertools
import math
import reprlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from outreach.benches.asv_file import AsvFile
from outreach.benches.environment import Environment, environment_path, read_environment
from outreach.paths import Project
from outreach.reading import Problem, ProblemsError

RESULTS_VERSION = 2
NOT_RESULTS = {"benchmarks.json", "machine.json"}
DAY_MS = 86_400_000


class State(StrEnum):
    """What became of one combination of parameters."""

    MEASURED = "measured"
    SKIPPED = "skipped"
    FAILED = "failed"
    MISSING = "not measured"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One number with its 99 % interval.

    `low` and `high` are None where the samples bound nothing: too few of them, or a bound at or below zero.
    """

    state: State
    value: float | None = None
    low: float | None = None
    high: float | None = None
    samples: int = 0


MISSING = Measurement(State.MISSING)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What asv knows about a benchmark: its parameters by name, with their values as text."""

    name: str
    unit: str
    version: str
    params: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Run:
    """All results of one commit on one machine.

    `committed` is when the commit was made and `newest_start` when the last benchmark began, both in
    milliseconds since 1970; `committed` is 0 where the file does not say.
    """

    file: str
    environment: Environment
    benchmarks: Mapping[str, Benchmark]
    measurements: Mapping[str, Mapping[tuple[str, ...], Measurement]]
    committed: int
    newest_start: int

    def find(self, benchmark: str, **params: str) -> Measurement:
        """Return the measurement of `benchmark` at `params`; one that was never taken is `MISSING`."""
        known = self.benchmarks.get(benchmark)
        if known is None or set(known.params) != set(params):
            return MISSING
        return self.measurements.get(benchmark, {}).get(tuple(params[name] for name in known.params), MISSING)

    def values(self, benchmark: str, param: str) -> tuple[str, ...]:
        """Return the values of `param` in the order of the suite."""
        known = self.benchmarks.get(benchmark)
        return known.params.get(param, ()) if known else ()


@dataclass(frozen=True, slots=True)
class Found:
    """The runs that can be shown, in the order of machine and file, and everything that cannot."""

    runs: tuple[Run, ...]
    problems: tuple[Problem, ...]


def read_results(project: Project) -> Found:
    """Return every run under benchmarks/results, and what is wrong with the files."""
    files = sorted(path for path in project.results.glob("*/*.json") if path.name not in NOT_RESULTS)
    if not files:
        return Found((), ())
    try:
        benchmarks = read_benchmarks(project.results / "benchmarks.json", project)
    except ProblemsError as error:
        return Found((), error.problems)
    runs: list[Run] = []
    problems: list[Problem] = []
    for path in files:
        try:
            runs.append(read_run(path, benchmarks, project, problems))
        except ProblemsError as error:
            problems.extend(error.problems)
    for machine in sorted({run.environment.machine for run in runs}):
        strangers = list(_strangers([run for run in runs if run.environment.machine == machine]))
        problems += [problem for _, problem in strangers]
        runs = [run for run in runs if all(run is not stranger for stranger, _ in strangers)]
    return Found(tuple(runs), tuple(sorted(problems)))


def _strangers(runs: list[Run]) -> Iterator[tuple[Run, Problem]]:
    """Yield the runs of another machine under the same name: the newest run says which machine it is."""

    def machine(run: Run) -> tuple[str, int]:
        return run.environment.cpu, run.environment.cores

    newest = max(runs, key=lambda run: (run.newest_start, run.file))
    for run in runs:
        if machine(run) != machine(newest):
            (cpu, cores), (other, others) = machine(newest), machine(run)
            message = (
                f"expected the machine of {newest.file} ({cpu}, {cores} cores), found {other}, {others} "
                "cores; "
                "give each machine a folder and a name of its own"
            )
            yield run, Problem(run.file, 1, 1, "cpu", message)


def read_benchmarks(path: Path, project: Project) -> dict[str, Benchmark]:
    """Return what asv says about the benchmarks of the suite.

    Raises
    ------
    ProblemsError
        If the file is missing or broken.
    """
    file = AsvFile(path, project)
    found = {}
    for name, facts in file.data.items():
        if name == "version":
            continue
        if not isinstance(facts, dict):
            raise file.problem(name, f"expected a JSON object, found {type(facts).__name__}")
        names = file.take(facts, "param_names", list, name)
        params = file.texts(file.take(facts, "params", list, name), name)
        if len(names) != len(params):
            raise file.problem(f"{name}.params", f"expected {len(names)} lists, found {len(params)}")
        unit = facts.get("unit") or "unit"
        version = file.take(facts, "version", str, name)
        found[name] = Benchmark(name, str(unit), version, dict(zip(map(str, names), params, strict=True)))
    return found


def read_run(
    path: Path, benchmarks: Mapping[str, Benchmark], project: Project, problems: list[Problem]
) -> Run:
    """Return the run in the file at `path`; what is wrong with single benchmarks is added to `problems`.

    Raises
    ------
    ProblemsError
        If nothing in the file can be shown.
    """
    file = AsvFile(path, project)
    if file.data.get("version") != RESULTS_VERSION:
        found = file.data.get("version")
        raise file.problem(
            "version", f"expected results of asv in version {RESULTS_VERSION}, found {found!r}"
        )
    environment = read_environment(environment_path(project, path.parent.name, path.stem), project)
    for key, expected in (("commit", environment.commit), ("machine", environment.machine)):
        found = file.take(file.data, "commit_hash", str) if key == "commit" else path.parent.name
        if found != expected:
            raise file.problem(key, f"expected {expected!r} as the environment says, found {found!r}")
    known = dict(benchmarks)
    measurements = {}
    newest_start = 0
    rows = file.rows()
    for name, cells in rows.items():
        try:
            if isinstance(cells, ProblemsError):
                raise cells
            params = _params(file, name, cells, benchmarks)
            measurements[name] = dict(_measurements(file, name, cells))
            known[name] = Benchmark(name, benchmarks[name].unit, benchmarks[name].version, params)
            newest_start = max(newest_start, file.count(cells["started_at"], f"results.{name}.started_at"))
        except ProblemsError as error:
            measurements.pop(name, None)
            problems.extend(error.problems)
    if rows and not measurements:
        found = ", ".join(sorted(rows))
        raise file.problem("results", f"expected a benchmark to show, found none among {found}")
    committed = file.count(file.data.get("date"), "date")
    _check_clock(file, environment, committed, newest_start)
    return Run(file.name, environment, known, measurements, committed, newest_start)


def _check_clock(file: AsvFile, environment: Environment, committed: int, started: int) -> None:
    """Refuse times that no clock can have told: the order of the history would be wrong."""
    remedy = "set the clock of the machine and measure again: uv run outreach bench run"
    if started and committed > started + DAY_MS:
        message = f"expected a start after the commit of {_day(committed)}, found {_day(started)}"
        raise file.problem("started_at", message, remedy)
    if started and environment.measured > _day(started + DAY_MS):
        message = (
            f"expected the day on which a benchmark began, {_day(started)}, found {environment.measured}"
        )
        raise file.problem("measured", message, remedy)


def _day(milliseconds: int) -> str:
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC).date().isoformat()


def _params(
    file: AsvFile, name: str, cells: Mapping[str, Any], benchmarks: Mapping[str, Benchmark]
) -> dict[str, tuple[str, ...]]:
    """Return the values of every parameter: those of this run if it has all, else the suite's first.

    Raises
    ------
    ProblemsError
        If the suite does not know the benchmark in this version: asv does not compare such numbers.
    """
    remedy = "measure again: uv run outreach bench run, or remove the file"
    if name not in benchmarks:
        message = "expected a benchmark that benchmarks.json names, found one that the suite no longer has"
        raise file.problem(f"results.{name}", message, remedy)
    suite = benchmarks[name]
    if str(cells["version"]) != suite.version:
        found = reprlib.repr(cells["version"])
        message = f"expected benchmark version {suite.version!r}, found {found}"
        raise file.problem(f"results.{name}.version", message, remedy)
    own = file.texts(cells["params"] or [], f"results.{name}")
    if len(own) != len(suite.params):
        message = f"expected {len(suite.params)} lists as in benchmarks.json, found {len(own)}"
        raise file.problem(f"results.{name}.params", message, remedy)
    return {
        # A quick run, the newest to describe the suite, has fewer values than a full one, in the same order.
        param: added if set(values) <= set(added) else values + tuple(v for v in added if v not in values)
        for (param, values), added in zip(suite.params.items(), own, strict=True)
    }


def _measurements(
    file: AsvFile, name: str, cells: Mapping[str, Any]
) -> Iterator[tuple[tuple[str, ...], Measurement]]:
    field = f"results.{name}"
    combinations = list(itertools.product(*file.texts(cells["params"] or [], field)))

    def column(key: str) -> list[Any]:
        values = cells[key]
        if values is None:
            return [None] * len(combinations)
        if not isinstance(values, list) or len(values) != len(combinations):
            found = f"{len(values)} values" if isinstance(values, list) else reprlib.repr(values)
            raise file.problem(
                f"{field}.{key}",
                f"expected a list of {len(combinations)} values, one per combination, found {found}",
            )
        return values

    columns = {key: column(key) for key in ("result", "stats_ci_99_a", "stats_ci_99_b", "stats_repeat")}
    for index, combination in enumerate(combinations):
        cell = {key: (values[index], f"{field}.{key}[{index}]") for key, values in columns.items()}
        yield combination, _measurement(file, cell)


def _measurement(file: AsvFile, cell: Mapping[str, tuple[Any, str]]) -> Measurement:
    """Return the measurement of a combination, from its values by column, each with its place in the file."""
    value, place = cell["result"]
    if value is None:
        return Measurement(State.FAILED)
    number = file.number(value, place)
    if math.isnan(number):
        return Measurement(State.SKIPPED)
    if not 0 < number < math.inf:
        raise file.problem(place, f"expected a positive finite number, found {number!r}")
    low, high = (_bound(file, *cell[key]) for key in ("stats_ci_99_a", "stats_ci_99_b"))
    return Measurement(State.MEASURED, number, low, high, file.count(*cell["stats_repeat"]))


def _bound(file: AsvFile, value: Any, place: str) -> float | None:
    """Return an end of an interval, or None where asv found none or found one that no time can have."""
    if value is None:
        return None
    number = file.number(value, place)
    return number if 0 < number < math.inf else None
