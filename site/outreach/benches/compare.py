"""Two runs beside each other: what is faster and what is slower, by separated intervals and a factor.

For a pull request: the base and the head, measured one after the other on the same machine.
"""

import itertools
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outreach.benches.comment import QUIET
from outreach.benches.quantities import MEMORY, RATE, REQUESTS, STORED, TIME, Quantity
from outreach.benches.results import Measurement, Run, State, read_benchmarks, read_results, read_run
from outreach.benches.verdict import as_cost
from outreach.errors import OutreachError
from outreach.paths import Project

QUANTITIES = {"seconds": TIME, "rows/s": RATE, "bytes": MEMORY, "requests": REQUESTS}
# Sizes and traffic are the same whenever they are counted; growth of memory is not.
COUNTED = ("sizes.", "traffic.")
MACHINE = ("machine", "cpu", "cores", "memory_bytes", "architecture", "system")


@dataclass(frozen=True, slots=True)
class Pair:
    """One number in both runs. `ratio` above 1: the second does better; None where either has no number."""

    benchmark: str
    params: Mapping[str, str]
    quantity: Quantity
    before: Measurement
    after: Measurement

    @property
    def ratio(self) -> float | None:
        """The cost before over the cost after."""
        one, other = as_cost(self.before, self.quantity).value, as_cost(self.after, self.quantity).value
        return one / other if one and other else None

    @property
    def verdict(self) -> str:
        """What is to be said: better, worse, no change, or which of the two has no number."""
        ratio = self.ratio
        if ratio is None:
            states = self.before.state, self.after.state
            if State.MISSING in states and State.FAILED not in states:
                return "new" if states[0] is State.MISSING else "gone"
            return str(states[0]) if states[0] == states[1] else f"{states[0]}, then {states[1]}"
        if max(ratio, 1 / ratio) <= self.quantity.noise:
            return "no change"
        if not self.quantity.counted:
            before, after = as_cost(self.before, self.quantity), as_cost(self.after, self.quantity)
            slower, faster = (before, after) if ratio > 1 else (after, before)
            if slower.low is None or faster.high is None or slower.low <= faster.high:
                return "no change"
        return self.quantity.better if ratio > 1 else self.quantity.worse

    @property
    def changed(self) -> bool:
        """Whether this is worth a line of its own."""
        return self.verdict not in QUIET

    def as_dict(self) -> dict[str, Any]:
        """Return the pair for `--json`."""
        sides = {
            name: {"state": str(one.state), "value": one.value, "ci_99_low": one.low, "ci_99_high": one.high}
            for name, one in (("before", self.before), ("after", self.after))
        }
        facts = {"benchmark": self.benchmark, "params": dict(self.params), "kind": str(self.quantity.kind)}
        return {**facts, **sides, "ratio": self.ratio, "verdict": self.verdict}


@dataclass(frozen=True, slots=True)
class Compared:
    """Two runs of one machine, and every number that either has."""

    before: Run
    after: Run
    pairs: tuple[Pair, ...]

    @property
    def changed(self) -> list[Pair]:
        """What changed: worse first, then by how much."""

        def rank(pair: Pair) -> tuple[bool, float, str, str]:
            ratio = pair.ratio
            factor = 0.0 if ratio is None else max(ratio, 1 / ratio)
            return ratio is not None and ratio > 1, -factor, pair.benchmark, str(pair.params)

        return sorted((pair for pair in self.pairs if pair.changed), key=rank)

    @property
    def counts(self) -> Counter[str]:
        """How many pairs have each verdict."""
        return Counter(pair.verdict for pair in self.pairs)


def find_run(project: Project, named: str) -> Run:
    """Return the run that `named` names: a file of results, or the beginning of a commit.

    Raises
    ------
    OutreachError
        If there is no such run, or several machines have one of the commit.
    """
    path = Path(named)
    if named.endswith(".json"):
        return _run_in_file(path)
    runs = [run for run in read_results(project).runs if run.environment.commit.startswith(named)]
    if len(named) < 4 or not runs:
        known = sorted({run.environment.commit[:8] for run in read_results(project).runs})
        raise OutreachError(
            f"expected a file of results, or four digits or more of a commit with results, found {named!r}; "
            f"commits with results: {', '.join(known) or 'none'}"
        )
    kinds = {(run.environment.commit, run.environment.machine, run.environment.scale) for run in runs}
    if len(kinds) > 1:
        raise OutreachError(
            f"expected one run for {named!r}, found {len(kinds)}; name the file instead: "
            + ", ".join(sorted(run.file for run in runs))
        )
    return max(runs, key=lambda run: run.newest_start)


def _run_in_file(path: Path) -> Run:
    if not path.is_file():
        raise OutreachError(f"expected a file of results, found none at {path}; see benchmarks/results")
    # benchmarks/results/<machine>/<run>.json of this checkout or of another one.
    folder = path.resolve().parents[1]
    if folder.name != "results" or folder.parent.name != "benchmarks":
        raise OutreachError(
            f"expected a file in benchmarks/results/<machine>/ of a checkout, found {path}; "
            "its environment is looked for beside that folder"
        )
    project = Project(folder.parents[1])
    benchmarks = read_benchmarks(folder / "benchmarks.json", project)
    # What is wrong with single benchmarks leaves them without a pair.
    return read_run(path.resolve(), benchmarks, project, [])


def compare_runs(before: Run, after: Run) -> Compared:
    """Return the numbers of two runs in pairs.

    Raises
    ------
    OutreachError
        If they are of different machines or scales: their ratio would say nothing about the code.
    """
    first, second = (run.environment.as_dict() for run in (before, after))
    for field in (*MACHINE, "scale", "data"):
        if first[field] != second[field]:
            what = "machine" if field in MACHINE else "amount of data"
            raise OutreachError(
                f"expected two runs of one {what}, found {field} {first[field]!r} in {before.file} and "
                f"{second[field]!r} in {after.file}; measure both on the same machine, one after the other"
            )
    pairs = []
    for name in sorted(set(before.measurements) | set(after.measurements)):
        known, other = before.benchmarks.get(name), after.benchmarks.get(name)
        if (
            known is None
            or other is None
            or known.version != other.version
            or set(known.params) != set(other.params)
        ):
            continue
        for params in _combinations(before, after, name):
            one, two = before.find(name, **params), after.find(name, **params)
            if one.state is State.MISSING and two.state is State.MISSING:
                continue
            pairs.append(Pair(name, params, _quantity(name, other.unit), one, two))
    if not any(pair.ratio is not None for pair in pairs):
        raise OutreachError(
            f"expected numbers that both runs have, found none in {before.file} and {after.file}; "
            "measure the same benchmarks at both commits"
        )
    return Compared(before, after, tuple(pairs))


def _quantity(name: str, unit: str) -> Quantity:
    if name.startswith(COUNTED) and unit == "bytes":
        return STORED
    return QUANTITIES.get(unit, TIME)


def _combinations(before: Run, after: Run, name: str) -> list[dict[str, str]]:
    names = list(after.benchmarks[name].params)
    kept = dict.fromkeys(
        tuple(dict(zip(run.benchmarks[name].params, combination, strict=True))[param] for param in names)
        for run in (after, before)
        for combination in itertools.product(*run.benchmarks[name].params.values())
    )
    return [dict(zip(names, combination, strict=True)) for combination in kept]


def as_json(found: Compared) -> str:
    """Return both environments and every pair as strict JSON."""
    return json.dumps(as_report(found), indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def as_report(found: Compared) -> dict[str, Any]:
    """Return both environments and every pair, as `outreach.benches.comment` takes them."""
    return {
        "before": found.before.environment.as_dict(),
        "after": found.after.environment.as_dict(),
        "verdicts": dict(sorted(found.counts.items())),
        "pairs": [pair.as_dict() for pair in found.pairs],
    }
