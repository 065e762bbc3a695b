"""The numbers of one run, arranged for people: what each reader needs for each workload and layout."""

from dataclasses import dataclass

from outreach.benches.results import MISSING, Measurement, Run, State
from outreach.benches.verdict import Comparison, Verdict, compare, fastest
from outreach.benches.workloads import (
    BASELINE,
    OURS,
    STORED_BYTES,
    WORKLOADS,
    Workload,
    layout_name,
    reader_name,
)

MICROSECONDS = 1e6


@dataclass(frozen=True, slots=True)
class Line:
    """One layout of one workload: a measurement for every reader."""

    workload: Workload
    layout: str
    cells: dict[str, Measurement]

    @property
    def best(self) -> str | None:
        """The reader with the least median time."""
        return fastest(self.cells)

    def to_best(self, reader: str) -> float | None:
        """Return the time of `reader` over the least time in this line."""
        value, best = self.cells[reader].value, self.best
        least = self.cells[best].value if best else None
        return value / least if value and least else None

    def ours_against(self, reader: str) -> Comparison:
        """Return how zarr_partial does against `reader`."""
        return compare(self.cells.get(OURS, MISSING), self.cells.get(reader, MISSING))

    def lacking(self, reader: str) -> tuple[str, State] | None:
        """Return which of zarr_partial and `reader` has no number, and why; None where both have one."""
        for name in (OURS, reader):
            found = self.cells.get(name, MISSING)
            if found.value is None:
                return name, found.state
        return None

    @property
    def best_other(self) -> str | None:
        """The fastest reader save zarr_partial."""
        return fastest({reader: found for reader, found in self.cells.items() if reader != OURS})


def lines(run: Run, workload: Workload) -> list[Line]:
    """Return what `run` says about `workload`, a line for each layout, in the order of the suite.

    A layout of which every reader is skipped has no line: the suite leaves it out.
    """
    readers = run.values(workload.benchmark, "reader")
    drawn = [
        Line(
            workload,
            layout,
            {
                reader: run.find(workload.benchmark, layout=layout, reader=reader, **dict(workload.fixed))
                for reader in readers
            },
        )
        for layout in run.values(workload.benchmark, "layout")
    ]
    return [line for line in drawn if {cell.state for cell in line.cells.values()} != {State.SKIPPED}]


def limit(run: Run, workload: Workload) -> Measurement:
    """Return what numpy.memmap needs for `workload`."""
    if workload.limit is None:
        return MISSING
    benchmark, fixed = workload.limit
    return run.find(benchmark, **dict(fixed))


def no_gain(run: Run) -> list[tuple[Line, str, Comparison]]:
    """Return the cases where zarr_partial is not clearly faster than the best other reader, worst first."""
    found = []
    for workload in WORKLOADS:
        for line in lines(run, workload):
            other = line.best_other
            if other is None:
                continue
            comparison = line.ours_against(other)
            if comparison.verdict in (Verdict.SLOWER, Verdict.UNCLEAR):
                found.append((line, other, comparison))
    return sorted(found, key=lambda case: (case[2].ratio or 0, case[0].workload.slug, case[0].layout))


def stored_bytes(run: Run, layout: str) -> int | None:
    """Return the size of the array on disk in `layout`."""
    found = run.find(STORED_BYTES, layout=layout)
    return None if found.value is None else round(found.value)


def microseconds(seconds: float, workload: Workload) -> float:
    """Return `seconds` of one timed call as microseconds per row."""
    return seconds / workload.rows * MICROSECONDS


def number_text(value: float) -> str:
    """Return a positive number with the two figures that are worth reading; whole from 10 on."""
    if value >= 10:
        return f"{value:,.0f}"
    if value >= 1:
        return f"{value:.1f}"
    return f"{value:.2f}" if value >= 0.095 else f"{value:.1g}"


def precise_text(value: float) -> str:
    """Return a positive number with three figures, for tables that show its interval too."""
    decimals = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:,.{decimals}f}"


def ratio_text(ratio: float) -> str:
    """Return a ratio with two figures: 0.8, 3.4, 21, 1,200."""
    if ratio < 10:
        return f"{ratio:.1f}" if ratio >= 0.1 else f"{ratio:.2f}"
    step = 10 ** (len(f"{ratio:.0f}") - 2)
    return f"{round(ratio / step) * step:,}"


def time_text(measurement: Measurement, workload: Workload) -> str:
    """Return microseconds per row, or what became of the measurement."""
    if measurement.value is None:
        return str(measurement.state)
    return f"{number_text(microseconds(measurement.value, workload))} µs"


def interval_text(measurement: Measurement, workload: Workload) -> str:
    """Return the 99 % interval in microseconds per row."""
    if measurement.state is not State.MEASURED:
        return ""
    low, high = (
        "unbounded" if end is None else precise_text(microseconds(end, workload))
        for end in (measurement.low, measurement.high)
    )
    return f"{low} to {high}"


def verdict_text(comparison: Comparison) -> str:
    """Return a comparison in words: "21 × faster", "1.5 × slower", "no clear difference"."""
    if comparison.ratio is None or comparison.verdict in (Verdict.UNCLEAR, Verdict.UNKNOWN):
        return str(comparison.verdict)
    factor = comparison.ratio if comparison.verdict is Verdict.FASTER else 1 / comparison.ratio
    return f"{ratio_text(factor)} × {comparison.verdict}"


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
    workload = WORKLOADS[0]
    first = next(iter(lines(run, workload)), None)
    if first is None:
        return f"{workload.title}: not measured", None
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
    first = next(iter(lines(run, WORKLOADS[0])), None)
    if first is None or first.ours_against(BASELINE).verdict is not Verdict.FASTER:
        return headline(run)[0]
    return f"{Verdict.FASTER} than zarr’s default pipeline, at {_place(first)}"


def _place(line: Line) -> str:
    return f"256 random rows from {layout_name(line.layout)}"
