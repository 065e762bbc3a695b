"""Results of asv, read strictly: measured, skipped, failed and missing stay four different things.

asv 0.6 writes version 2 of its format: rows whose columns `result_columns` names, trailing nulls left out,
parameters as Python reprs in product order (the last varies fastest), and JSON with NaN and Infinity in it.
A whole result of null means that every combination failed; NaN, that `setup` raised NotImplementedError.
"""

import itertools
import json
import math
import reprlib
from ast import literal_eval
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from outreach.benches.environment import Environment, environment_path, read_environment
from outreach.paths import Project
from outreach.reading import Problem, ProblemsError

RESULTS_VERSION = 2
NOT_RESULTS = {"benchmarks.json", "machine.json"}
COLUMNS = ("result", "params", "version", "started_at", "stats_ci_99_a", "stats_ci_99_b", "stats_repeat")
REMEDY = "restore the file from git, or measure again: uv run outreach bench run"


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

    `newest_start` is when its last benchmark began, in milliseconds since 1970.
    """

    file: str
    environment: Environment
    benchmarks: Mapping[str, Benchmark]
    measurements: Mapping[str, Mapping[tuple[str, ...], Measurement]]
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


def read_runs(project: Project) -> list[Run]:
    """Return every run under benchmarks/results, in the order of machine and file.

    Raises
    ------
    ProblemsError
        With everything that is wrong with the files.
    """
    files = sorted(path for path in project.results.glob("*/*.json") if path.name not in NOT_RESULTS)
    if not files:
        return []
    benchmarks = _read_benchmarks(project.results / "benchmarks.json", project)
    runs: list[Run] = []
    problems: list[Problem] = []
    for path in files:
        try:
            runs.append(_read_run(path, benchmarks, project))
        except ProblemsError as error:
            problems.extend(error.problems)
    if problems:
        raise ProblemsError(tuple(sorted(problems)))
    return runs


class _File:
    """A JSON file that says where it is wrong."""

    def __init__(self, path: Path, project: Project) -> None:
        self.name = project.relative(path)
        try:
            self.data = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            raise self.problem("", "expected this file beside the results, found none") from None
        except OSError as error:
            raise self.problem("", f"expected a file to read, found an error: {error.strerror}") from None
        except UnicodeDecodeError as error:
            raise self.problem("", f"expected UTF-8 text, found other bytes at {error.start}") from None
        except json.JSONDecodeError as error:
            raise self.problem(
                "", f"expected JSON, found an error: {error.msg}", line=error.lineno, column=error.colno
            ) from None
        except RecursionError:
            raise self.problem("", "expected JSON, found lists or objects nested too deeply") from None
        except ValueError:
            # Python refuses to read integers of more than some thousand digits.
            raise self.problem("", "expected numbers in JSON, found one with too many digits") from None
        if not isinstance(self.data, dict):
            raise self.problem("", f"expected a JSON object, found {type(self.data).__name__}")

    def problem(
        self, field: str, message: str, remedy: str = REMEDY, *, line: int = 1, column: int = 1
    ) -> ProblemsError:
        return ProblemsError((Problem(self.name, line, column, field, f"{message}; {remedy}"),))

    def number(self, value: Any, field: str) -> float:
        """Return `value`, which stands at `field`, as a float; NaN and infinities are numbers to asv."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.problem(field, f"expected a number, found {reprlib.repr(value)}")
        try:
            return float(value)
        except OverflowError:
            raise self.problem(
                field, f"expected a number below 1.8e308, found {reprlib.repr(value)}"
            ) from None

    def count(self, value: Any, field: str) -> int:
        """Return `value`, which stands at `field`, as an integer; null, of a column left out, is 0."""
        if value is None:
            return 0
        found = self.number(value, field)
        if not 0 <= found < math.inf:
            raise self.problem(field, f"expected a finite number from 0 on, found {found!r}")
        return int(found)

    def take[T](self, holder: Mapping[str, Any], key: str, kind: type[T], within: str = "") -> T:
        """Return `holder[key]`, which must be a `kind`."""
        field = f"{within}.{key}" if within else key
        if key not in holder:
            raise self.problem(field, "expected this field, found none")
        value = holder[key]
        if not isinstance(value, kind):
            raise self.problem(field, f"expected {kind.__name__}, found {type(value).__name__}")
        return value


def _read_benchmarks(path: Path, project: Project) -> dict[str, Benchmark]:
    file = _File(path, project)
    found = {}
    for name, facts in file.data.items():
        if name == "version":
            continue
        if not isinstance(facts, dict):
            raise file.problem(name, f"expected a JSON object, found {type(facts).__name__}")
        names = file.take(facts, "param_names", list, name)
        params = _texts(file, file.take(facts, "params", list, name), name)
        if len(names) != len(params):
            raise file.problem(f"{name}.params", f"expected {len(names)} lists, found {len(params)}")
        unit = facts.get("unit") or "unit"
        version = file.take(facts, "version", str, name)
        found[name] = Benchmark(name, str(unit), version, dict(zip(map(str, names), params, strict=True)))
    return found


def _texts(file: _File, params: list[Any], field: str) -> list[tuple[str, ...]]:
    """Return the parameter values as text: asv stores their reprs."""
    try:
        return [tuple(str(literal_eval(value)) for value in values) for values in params]
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        raise file.problem(
            f"{field}.params", "expected lists of Python literals, found something else"
        ) from None


def _read_run(path: Path, benchmarks: Mapping[str, Benchmark], project: Project) -> Run:
    file = _File(path, project)
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
    measurements = {}
    newest_start = 0
    rows = _rows(file)
    for name, cells in rows.items():
        known = benchmarks.get(name)
        # Of another version of the benchmark: asv does not compare such numbers, and neither do we.
        if known is not None and str(cells["version"]) == known.version:
            measurements[name] = dict(_measurements(file, name, cells))
            newest_start = max(newest_start, file.count(cells["started_at"], f"results.{name}.started_at"))
    if rows and not measurements:
        raise _nothing_known(file, rows, benchmarks)
    return Run(file.name, environment, benchmarks, measurements, newest_start)


def _rows(file: _File) -> dict[str, dict[str, Any]]:
    """Return the cells of every benchmark by the name of their column; None in those that asv left out."""
    columns = list(map(str, file.take(file.data, "result_columns", list)))
    for column in COLUMNS:
        if columns.count(column) != 1:
            found = ", ".join(columns) or "none"
            raise file.problem("result_columns", f"expected the column {column!r} once, found {found}")
    rows = {}
    for name, row in file.take(file.data, "results", dict).items():
        if not isinstance(row, list) or len(row) > len(columns):
            found = f"{len(row)} columns" if isinstance(row, list) else type(row).__name__
            raise file.problem(
                f"results.{name}", f"expected a list of at most {len(columns)} columns, found {found}"
            )
        rows[name] = dict(itertools.zip_longest(columns, row))
    return rows


def _nothing_known(
    file: _File, rows: Mapping[str, Mapping[str, Any]], benchmarks: Mapping[str, Benchmark]
) -> ProblemsError:
    """Return what is wrong with a run of which no row belongs to the suite as benchmarks.json has it.

    Such a run would leave the pages without a word, and an older one would stand in its place.
    """
    remedy = "measure again: uv run outreach bench run, or remove the file"
    for name, cells in rows.items():
        if name in benchmarks:
            expected, found = benchmarks[name].version, reprlib.repr(cells["version"])
            message = f"expected benchmark version {expected!r}, found {found}, and no other row to show"
            return file.problem(f"results.{name}.version", message, remedy)
    found = ", ".join(sorted(rows))
    return file.problem("results", f"expected benchmarks that benchmarks.json names, found {found}", remedy)


def _measurements(
    file: _File, name: str, cells: Mapping[str, Any]
) -> Iterator[tuple[tuple[str, ...], Measurement]]:
    field = f"results.{name}"
    combinations = list(itertools.product(*_texts(file, cells["params"] or [], field)))

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


def _measurement(file: _File, cell: Mapping[str, tuple[Any, str]]) -> Measurement:
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


def _bound(file: _File, value: Any, place: str) -> float | None:
    """Return an end of an interval, or None where asv found none or found one that no time can have."""
    if value is None:
        return None
    number = file.number(value, place)
    return number if 0 < number < math.inf else None
