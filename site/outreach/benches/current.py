"""Which runs of each machine the pages show."""

from collections.abc import Iterable

from outreach.benches.results import Run, read_results
from outreach.paths import Project


def current_runs(project: Project) -> list[Run]:
    """Return one run for each machine and scale, the one that says most first."""
    return newest(read_results(project).runs)


def newest(runs: Iterable[Run]) -> list[Run]:
    """Return one of `runs` for each machine and scale, the one that says most first.

    A complete run beats one of some benchmarks, the full scale a quick one, and then the newer the older: a
    first look must not take the place of what was measured with care, but stands below it.
    """
    chosen: dict[tuple[str, bool], Run] = {}
    for run in runs:
        key = run.environment.machine, run.environment.scale == "full"
        if key not in chosen or _rank(run) > _rank(chosen[key]):
            chosen[key] = run
    return sorted(sorted(chosen.values(), key=lambda run: run.environment.machine), key=_rank, reverse=True)


def _rank(run: Run) -> tuple[bool, bool, str, int]:
    environment = run.environment
    return (environment.only is None, environment.scale == "full", environment.measured, run.newest_start)
