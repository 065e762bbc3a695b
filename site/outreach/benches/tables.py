"""The numbers of one run, arranged for people: what each reader needs for each panel and layout."""

from dataclasses import dataclass

from outreach.benches.names import BASELINE, NO_READERS, OURS, layout_name, reader_name
from outreach.benches.panels import Panel, Workload
from outreach.benches.quantities import precise_text, ratio_text, unit_of, value_text
from outreach.benches.results import MISSING, Measurement, Run, State
from outreach.benches.verdict import Comparison, Verdict, as_cost, compare, fastest
from outreach.benches.workloads import JUDGED, MINIBATCH, STORED_BYTES

__all__ = ["ratio_text"]


@dataclass(frozen=True, slots=True)
class Line:
    """One group of a panel, mostly a layout: a measurement for every reader."""

    workload: Panel
    layout: str
    cells: dict[str, Measurement]

    @property
    def best(self) -> str | None:
        """The reader with the best number."""
        return fastest(self.cells, self.workload.quantity)

    @property
    def ours(self) -> str:
        """The best way of zarr_partial in this line; its name where it has no number or no place."""
        own = {reader: found for reader, found in self.cells.items() if self.workload.ours(reader)}
        return fastest(own, self.workload.quantity) or next(iter(own), OURS)

    @property
    def best_other(self) -> str | None:
        """The best reader save zarr_partial and what is no reader."""
        others = {
            reader: found
            for reader, found in self.cells.items()
            if not self.workload.ours(reader) and reader not in NO_READERS
        }
        return fastest(others, self.workload.quantity)

    def to_best(self, reader: str) -> float | None:
        """Return how many times worse `reader` is than the best of this line."""
        best = self.best
        if best is None:
            return None
        cost = as_cost(self.cells[reader], self.workload.quantity).value
        least = as_cost(self.cells[best], self.workload.quantity).value
        return cost / least if cost and least else None

    def ours_against(self, reader: str) -> Comparison:
        """Return how zarr_partial does against `reader`."""
        ours, other = self.cells.get(self.ours, MISSING), self.cells.get(reader, MISSING)
        return compare(ours, other, self.workload.quantity)

    def lacking(self, reader: str) -> tuple[str, State] | None:
        """Return which of zarr_partial and `reader` has no number, and why; None where both have one."""
        for name in (self.ours, reader):
            found = self.cells.get(name, MISSING)
            if found.value is None:
                return name, found.state
        return None


def lines(run: Run, panel: Panel) -> list[Line]:
    """Return what `run` says about `panel`, a line for each group, in the order of the suite.

    A layout of which every reader is skipped has no line: the suite leaves it out. Nor has one of which this
    run has nothing, where it has something of others.
    """
    series = run.values(panel.benchmark, panel.series) if panel.series else (panel.short,)
    if panel.benchmark not in run.benchmarks:
        return []
    groups = run.values(panel.benchmark, panel.groups) if panel.groups else ("",)
    drawn = []
    for group in groups:
        where = {panel.groups: group} if panel.groups else {}
        cells = {
            name: run.find(
                panel.benchmark,
                **where,
                **dict(panel.fixed),
                **({panel.series: name} if panel.series else {}),
            )
            for name in series
        }
        drawn.append(Line(panel, group, cells))
    return [line for line in drawn if {cell.state for cell in line.cells.values()} != {State.SKIPPED}]


def has_numbers(run: Run, panel: Panel) -> bool:
    """Say whether `run` has any number for `panel`."""
    return any(cell.value is not None for line in lines(run, panel) for cell in line.cells.values())


def limit(run: Run, panel: Panel) -> Measurement:
    """Return what the yardstick of `panel` needs."""
    if panel.limit is None:
        return MISSING
    benchmark, fixed = panel.limit
    return run.find(benchmark, **dict(fixed))


def judged(run: Run) -> list[tuple[Workload, Line, str, Comparison]]:
    """Return zarr_partial against the best other reader, in every line where both have a number."""
    found = []
    for workload, panel in JUDGED:
        for line in lines(run, panel):
            other = line.best_other
            if other is not None and line.cells.get(line.ours, MISSING).value is not None:
                found.append((workload, line, other, line.ours_against(other)))
    return found


def no_gain(run: Run) -> list[tuple[Workload, Line, str, Comparison]]:
    """Return the cases where zarr_partial is not clearly faster than the best other reader, worst first."""
    cases = [case for case in judged(run) if case[3].verdict is not Verdict.FASTER]
    return sorted(cases, key=lambda case: (case[3].ratio or 0, case[1].workload.slug, case[1].layout))


def stored_bytes(run: Run, layout: str) -> int | None:
    """Return the size of the array on disk in `layout`."""
    found = run.find(STORED_BYTES, layout=layout)
    return None if found.value is None else round(found.value)


def each(value: float, panel: Panel) -> float:
    """Return the number for one of what the panel counts: seconds of one timed call as seconds per row."""
    return value / panel.count


def time_text(measurement: Measurement, panel: Panel) -> str:
    """Return the number with its unit, or what became of the measurement."""
    if measurement.value is None:
        return str(measurement.state)
    return value_text(each(measurement.value, panel), panel.quantity.kind)


def precise(measurement: Measurement, panel: Panel) -> str:
    """Return the number with three figures and its unit."""
    assert measurement.value is not None
    return value_text(each(measurement.value, panel), panel.quantity.kind, precise=True)


def interval_text(measurement: Measurement, panel: Panel) -> str:
    """Return the 99 % interval in the unit of the number."""
    if measurement.value is None or measurement.state is not State.MEASURED:
        return ""
    if panel.quantity.counted:
        return "counted"
    if measurement.samples <= 1 and measurement.low is None and measurement.high is None:
        return "one sample"
    factor, _ = unit_of(each(measurement.value, panel), panel.quantity.kind)
    low, high = (
        "unbounded" if end is None else precise_text(each(end, panel) * factor)
        for end in (measurement.low, measurement.high)
    )
    return f"{low} to {high}"


def verdict_text(comparison: Comparison, panel: Panel = MINIBATCH) -> str:
    """Return a comparison in words: "21 × faster", "1.5 × slower", "no clear difference"."""
    if comparison.ratio is None or comparison.verdict not in (Verdict.FASTER, Verdict.SLOWER):
        return str(comparison.verdict)
    better = comparison.verdict is Verdict.FASTER
    factor = comparison.ratio if better else 1 / comparison.ratio
    return f"{ratio_text(factor)} × {panel.quantity.better if better else panel.quantity.worse}"


def factor_interval_text(comparison: Comparison) -> str:
    """Return the interval of the factor that `verdict_text` names: "19 to 24"; empty if unbounded."""
    low, high = comparison.low, comparison.high
    if low is None or high is None or not low or not high:
        return ""
    if comparison.verdict is Verdict.SLOWER:
        low, high = 1 / high, 1 / low
    ends = ratio_text(low), ratio_text(high)
    return f"{ends[0]} to {ends[1]}" if ends[0] != ends[1] else ""


def headline(run: Run) -> tuple[str, float | None]:
    """Return the first thing to say about `run`, and zarr_partial's ratio to zarr's default pipeline."""
    first = next(iter(lines(run, MINIBATCH)), None)
    if first is None:
        return f"{MINIBATCH.title}: not measured", None
    place = _place(first)
    comparison = first.ours_against(BASELINE)
    lacking = first.lacking(BASELINE)
    if lacking is not None:
        return f"{place}: {reader_name(lacking[0])} {lacking[1]}", None
    if comparison.verdict is Verdict.UNCLEAR:
        return f"{place}: no clear difference from zarr’s default pipeline", comparison.ratio
    return f"{place}: {verdict_text(comparison)} than zarr’s default pipeline", comparison.ratio


def statement(run: Run) -> str:
    """Return what stands beside the ratio in large type: the headline without it, or all of the headline.

    All of it where zarr_partial is not faster: the ratio alone does not say so.
    """
    first = next(iter(lines(run, MINIBATCH)), None)
    if first is None or first.ours_against(BASELINE).verdict is not Verdict.FASTER:
        return headline(run)[0]
    return f"{Verdict.FASTER} than zarr’s default pipeline, at {_place(first)}"


def spread(run: Run) -> str:
    """Return how the comparison of the headline ends in all layouts; empty where there is no spread to tell.

    The first layout alone would be the best case of many.
    """
    judged = (Verdict.FASTER, Verdict.SLOWER, Verdict.UNCLEAR)
    against = [line.ours_against(BASELINE) for line in lines(run, MINIBATCH)]
    compared = [one for one in against if one.verdict in judged]
    ratios = sorted(one.ratio for one in compared if one.ratio and one.verdict is Verdict.FASTER)
    if len(compared) < 2 or not ratios:
        return ""
    slower = sum(one.verdict is Verdict.SLOWER for one in compared)
    rest = len(compared) - len(ratios) - slower
    told = [
        f"{ratio_text(ratios[0])} to {ratio_text(ratios[-1])} × in {len(ratios)} of {len(compared)} layouts"
    ]
    told += [f"slower in {slower}"] if slower else []
    told += [f"no clear difference in {rest}"] if rest else []
    return ", ".join(told)


def _place(line: Line) -> str:
    return f"256 random rows from {layout_name(line.layout)}"
