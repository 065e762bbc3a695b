"""A chart of one workload as SVG: time per row on a log axis, one row of the drawing per reader and layout.

Places along the axis are percentages and everything else is in CSS pixels, so the drawing fills any width
without its text growing or shrinking: it reads the same at 390 px and on a wall. Colours are the site's.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from outreach.benches.results import Measurement, Run, State
from outreach.benches.tables import Line, interval_text, limit, lines, microseconds, time_text, verdict_text
from outreach.benches.verdict import Verdict
from outreach.benches.workloads import BASELINE, LIMIT, OURS, Workload, layout_name, short_name
from outreach.html import escape

LEFT_PERCENT, RIGHT_PERCENT = 1.0, 99.0
HEAD_PX, GROUP_PX, READER_PX, GAP_PX, FOOT_PX = 26, 28, 23, 20, 24
MARK_PX = 10
LABEL_DISTANCE_PX = 11


@dataclass(frozen=True, slots=True)
class Axis:
    """Decades of microseconds from `first` to `last`, as powers of ten."""

    first: int
    last: int

    def percent(self, value: float) -> float:
        """Return the place of `value`, in microseconds, along the width of the drawing."""
        part = (math.log10(value) - self.first) / (self.last - self.first)
        return LEFT_PERCENT + min(max(part, 0.0), 1.0) * (RIGHT_PERCENT - LEFT_PERCENT)


def axis_for(values: list[float]) -> Axis:
    """Return the whole decades that hold `values`; at least two, so that small differences look small."""
    first, last = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return Axis(first, max(last, first + 2))


def chart(run: Run, workload: Workload, name: str) -> str:
    """Return the SVG of `workload`, empty where nothing was measured; `name` makes its ids unique."""
    drawn = lines(run, workload)
    yardstick = limit(run, workload)
    found = [cell for line in drawn for cell in line.cells.values() if cell.value is not None]
    if not found:
        return ""
    values = [
        microseconds(value, workload)
        for cell in (*found, yardstick)
        for value in (cell.value, cell.low, cell.high)
        if value is not None
    ]
    axis = axis_for(values)
    top = HEAD_PX
    groups = []
    for line in drawn:
        groups.append(f'<g transform="translate(0 {top})">{"".join(_group(line, axis))}</g>')
        top += GROUP_PX + READER_PX * len(line.cells) + GAP_PX
    height = top - GAP_PX + FOOT_PX
    parts = [*_grid(axis, height), *_yardstick(yardstick, workload, axis, height), *groups]
    title = f"{workload.title}: microseconds per row, log scale"
    return (
        f'<svg class="bz-bench-chart" role="img" width="100%" height="{height}" '
        f'aria-labelledby="{name}-title {name}-desc"><title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(describe(drawn, yardstick, workload))}</desc>{"".join(parts)}</svg>'
    )


def describe(drawn: list[Line], yardstick: Measurement, workload: Workload) -> str:
    """Return the chart in words, for those who cannot see it."""
    sentences = [
        f"{layout_name(line.layout)}: "
        + ", ".join(
            f"{short_name(reader)} {time_text(cell, workload)}" for reader, cell in line.cells.items()
        )
        + "."
        for line in drawn
    ]
    if yardstick.value is not None:
        sentences.append(f"The limit, {LIMIT}: {time_text(yardstick, workload)}.")
    return " ".join(sentences)


def _grid(axis: Axis, height: int) -> Iterator[str]:
    for power in range(axis.first, axis.last + 1):
        x = f"{axis.percent(10.0**power):.2f}%"
        anchor = {axis.first: "start", axis.last: "end"}.get(power, "middle")
        yield f'<line class="grid" x1="{x}" x2="{x}" y1="{HEAD_PX}" y2="{height - FOOT_PX + 6}"/>'
        yield f'<text class="tick" x="{x}" y="{height - 4}" text-anchor="{anchor}">{_tick(power)}</text>'


def _tick(power: int) -> str:
    if power >= 3:
        return f"{10 ** (power - 3):,} ms"
    return f"{10**power:,} µs" if power >= 0 else f"{10.0**power:.{-power}f} µs"


def _yardstick(found: Measurement, workload: Workload, axis: Axis, height: int) -> Iterator[str]:
    if found.value is None:
        return
    place = axis.percent(microseconds(found.value, workload))
    x, shift, anchor = _beside(place, place, 6)
    yield f'<line class="limit" x1="{x}" x2="{x}" y1="6" y2="{height - FOOT_PX + 6}"/>'
    yield (
        f'<text class="limit" x="{x}" dx="{shift}" y="14" text-anchor="{anchor}">'
        f"the limit: {LIMIT} {escape(time_text(found, workload))}</text>"
    )


def _group(line: Line, axis: Axis) -> Iterator[str]:
    comparison = line.ours_against(BASELINE)
    yield f'<text class="layout" x="{LEFT_PERCENT}%" y="17">{escape(layout_name(line.layout))}</text>'
    if comparison.verdict is not Verdict.UNKNOWN:
        yield (
            f'<text class="verdict" x="{RIGHT_PERCENT}%" y="17" text-anchor="end">'
            f"{escape(verdict_text(comparison))}</text>"
        )
    for number, (reader, cell) in enumerate(line.cells.items()):
        middle = GROUP_PX + READER_PX * number + READER_PX // 2
        kind = "ours" if reader == OURS else "peer"
        yield f'<g class="{kind}">{"".join(_reader(reader, cell, line.workload, axis, middle))}</g>'


def _reader(reader: str, cell: Measurement, workload: Workload, axis: Axis, middle: int) -> Iterator[str]:
    name = escape(short_name(reader))
    if cell.value is None:
        state = "failed" if cell.state is State.FAILED else "absent"
        yield (
            f'<text class="{state}" x="{LEFT_PERCENT}%" y="{middle + 4}">{name} '
            f'<tspan class="value">{escape(str(cell.state))}</tspan></text>'
        )
        return
    place, low, high = (
        fallback if end is None else axis.percent(microseconds(end, workload))
        for end, fallback in ((cell.value, 0.0), (cell.low, LEFT_PERCENT), (cell.high, RIGHT_PERCENT))
    )
    bounded = "" if cell.low is not None and cell.high is not None else " unbounded"
    yield f'<line class="interval{bounded}" x1="{low:.2f}%" x2="{high:.2f}%" y1="{middle}" y2="{middle}"/>'
    half = MARK_PX // 2
    yield (
        f'<rect class="mark" x="{place:.2f}%" y="{middle - half}" width="{MARK_PX}" height="{MARK_PX}" '
        f'transform="translate({-half} 0)"><title>{name}: {escape(time_text(cell, workload))} per row, '
        f"99 % interval {escape(interval_text(cell, workload))}</title></rect>"
    )
    # An unbounded bar crosses the whole drawing, and no side of it would have room.
    x, shift, anchor = (
        _beside(place, place, LABEL_DISTANCE_PX) if bounded else _beside(low, high, LABEL_DISTANCE_PX)
    )
    yield (
        f'<text class="name" x="{x}" dx="{shift}" y="{middle + 4}" text-anchor="{anchor}">{name} '
        f'<tspan class="value">{escape(time_text(cell, workload))}</tspan></text>'
    )


def _beside(low: float, high: float, distance: int) -> tuple[str, int, str]:
    """Return place, shift and anchor of a label for what lies from `low` to `high`, on the wider side."""
    if low > 100 - high:
        return f"{low:.2f}%", -distance, "end"
    return f"{high:.2f}%", distance, "start"
