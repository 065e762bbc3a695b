"""A chart of one panel as SVG: numbers on a log axis, one row of the drawing per reader and layout.

Places along the axis are percentages and everything else is in CSS pixels, so the drawing fills any width
without its text growing or shrinking: it reads the same at 390 px and on a wall. Colours are the site's.
`site/browser/chart-dots.ts` draws the same again for those with scripts; keep the pixels in step.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from outreach.benches.names import LIMIT, layout_name, short_name
from outreach.benches.panels import Panel
from outreach.benches.quantities import Kind, tick_text
from outreach.benches.results import Measurement, Run, State
from outreach.benches.tables import Line, each, interval_text, limit, lines, time_text, verdict_text
from outreach.benches.verdict import Verdict
from outreach.html import escape

LEFT_PERCENT, RIGHT_PERCENT = 1.0, 99.0
HEAD_PX, GROUP_PX, READER_PX, GAP_PX, FOOT_PX = 26, 28, 23, 20, 24
MARK_PX = 10
LABEL_DISTANCE_PX = 11


@dataclass(frozen=True, slots=True)
class Axis:
    """Decades from `first` to `last`, as powers of ten."""

    first: int
    last: int

    def percent(self, value: float) -> float:
        """Return the place of `value` along the width of the drawing."""
        part = (math.log10(value) - self.first) / (self.last - self.first)
        return LEFT_PERCENT + min(max(part, 0.0), 1.0) * (RIGHT_PERCENT - LEFT_PERCENT)


def axis_for(values: list[float]) -> Axis:
    """Return the whole decades that hold `values`; at least two, so that small differences look small."""
    first, last = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return Axis(first, max(last, first + 2))


def series_name(panel: Panel, name: str) -> str:
    """Return what people call a value of the parameter whose values stand beside each other."""
    match panel.series:
        case "layout":
            return layout_name(name)
        case "threads":
            return f"{name} thread{'' if name == '1' else 's'}"
        case _:
            return short_name(name)


def group_name(panel: Panel, name: str) -> str:
    """Return the heading of a group."""
    match panel.groups:
        case None:
            return ""
        case "rows":
            return f"{int(name):,} rows"
        case "number":
            return {"int": "a Python int", "int64": "a NumPy int64"}.get(name, name)
        case _:
            return layout_name(name)


def chart(run: Run, panel: Panel, name: str) -> str:
    """Return the SVG of `panel`, empty where nothing was measured; `name` makes its ids unique."""
    drawn = lines(run, panel)
    yardstick = limit(run, panel)
    values = [
        each(value, panel)
        for cell in (*(cell for line in drawn for cell in line.cells.values()), yardstick)
        for value in (cell.value, cell.low, cell.high)
        if value is not None
    ]
    if not any(cell.value is not None for line in drawn for cell in line.cells.values()):
        return ""
    axis = axis_for(values)
    top = HEAD_PX
    groups = []
    for line in drawn:
        groups.append(f'<g transform="translate(0 {top})">{"".join(_group(line, axis))}</g>')
        top += GROUP_PX + READER_PX * len(line.cells) + GAP_PX
    height = top - GAP_PX + FOOT_PX
    parts = [*_grid(axis, height, panel.quantity.kind), *_yardstick(yardstick, panel, axis, height), *groups]
    title = f"{panel.title}: {panel.told_per}, log scale"
    return (
        f'<svg class="bz-bench-chart" role="img" width="100%" height="{height}" '
        f'aria-labelledby="{name}-title {name}-desc"><title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(describe(drawn, yardstick, panel))}</desc>{"".join(parts)}</svg>'
    )


def describe(drawn: list[Line], yardstick: Measurement, panel: Panel) -> str:
    """Return the chart in words, for those who cannot see it."""
    sentences = [
        f"{group_name(panel, line.layout) or panel.title}: "
        + ", ".join(
            f"{series_name(panel, reader)} {time_text(cell, panel)}" for reader, cell in line.cells.items()
        )
        + "."
        for line in drawn
    ]
    if yardstick.value is not None:
        sentences.append(f"The limit, {LIMIT}: {time_text(yardstick, panel)}.")
    return " ".join(sentences)


def _grid(axis: Axis, height: int, kind: Kind) -> Iterator[str]:
    # Labels of many decades would run into each other on a phone.
    step = 2 if axis.last - axis.first > 5 else 1
    for power in range(axis.first, axis.last + 1):
        x = f"{axis.percent(10.0**power):.2f}%"
        anchor = {axis.first: "start", axis.last: "end"}.get(power, "middle")
        yield f'<line class="grid" x1="{x}" x2="{x}" y1="{HEAD_PX}" y2="{height - FOOT_PX + 6}"/>'
        if (power - axis.first) % step == 0:
            text = tick_text(10.0**power, kind)
            yield f'<text class="tick" x="{x}" y="{height - 4}" text-anchor="{anchor}">{text}</text>'


def _yardstick(found: Measurement, panel: Panel, axis: Axis, height: int) -> Iterator[str]:
    if found.value is None:
        return
    place = axis.percent(each(found.value, panel))
    x, shift, anchor = beside(place, place, 6)
    yield f'<line class="limit" x1="{x}" x2="{x}" y1="6" y2="{height - FOOT_PX + 6}"/>'
    yield (
        f'<text class="limit" x="{x}" dx="{shift}" y="14" text-anchor="{anchor}">'
        f"the limit: {LIMIT} {escape(time_text(found, panel))}</text>"
    )


def _group(line: Line, axis: Axis) -> Iterator[str]:
    panel = line.workload
    name = group_name(panel, line.layout)
    yield f'<text class="layout" x="{LEFT_PERCENT}%" y="17">{escape(name)}</text>'
    comparison = line.ours_against(panel.baseline) if panel.baseline else None
    if comparison is not None and comparison.verdict is not Verdict.UNKNOWN:
        yield (
            f'<text class="verdict" x="{RIGHT_PERCENT}%" y="17" text-anchor="end">'
            f"{escape(verdict_text(comparison, panel))}</text>"
        )
    for number, (reader, cell) in enumerate(line.cells.items()):
        middle = GROUP_PX + READER_PX * number + READER_PX // 2
        kind = "ours" if panel.ours(reader) else "peer"
        yield f'<g class="{kind}">{"".join(_reader(reader, cell, panel, axis, middle))}</g>'


def _reader(reader: str, cell: Measurement, panel: Panel, axis: Axis, middle: int) -> Iterator[str]:
    name = escape(series_name(panel, reader))
    if cell.value is None:
        state = {State.FAILED: "failed", State.MISSING: "missing"}.get(cell.state, "absent")
        yield (
            f'<text class="{state}" x="{LEFT_PERCENT}%" y="{middle + 4}">{name} '
            f'<tspan class="value">{escape(str(cell.state))}</tspan></text>'
        )
        return
    exact = panel.quantity.counted or (cell.samples <= 1 and cell.low is None and cell.high is None)
    place = axis.percent(each(cell.value, panel))
    low, high = (
        (place if exact else fallback) if end is None else axis.percent(each(end, panel))
        for end, fallback in ((cell.low, LEFT_PERCENT), (cell.high, RIGHT_PERCENT))
    )
    bounded = "" if exact or (cell.low is not None and cell.high is not None) else " unbounded"
    if not exact:
        yield (
            f'<line class="interval{bounded}" x1="{low:.2f}%" x2="{high:.2f}%" y1="{middle}" y2="{middle}"/>'
        )
    half = MARK_PX // 2
    told = f"{time_text(cell, panel)}{f' per {panel.per}' if panel.per else ''}"
    interval = "" if exact else f", 99 % interval {interval_text(cell, panel)}"
    yield (
        f'<rect class="mark" x="{place:.2f}%" y="{middle - half}" width="{MARK_PX}" height="{MARK_PX}" '
        f'transform="translate({-half} 0)"><title>{name}: {escape(told + interval)}</title></rect>'
    )
    # An unbounded bar crosses the whole drawing, and no side of it would have room.
    x, shift, anchor = (
        beside(place, place, LABEL_DISTANCE_PX) if bounded else beside(low, high, LABEL_DISTANCE_PX)
    )
    yield (
        f'<text class="name" x="{x}" dx="{shift}" y="{middle + 4}" text-anchor="{anchor}">{name} '
        f'<tspan class="value">{escape(time_text(cell, panel))}</tspan></text>'
    )


def beside(low: float, high: float, distance: int) -> tuple[str, int, str]:
    """Return place, shift and anchor of a label for what lies from `low` to `high`, on the wider side."""
    if low > 100 - high:
        return f"{low:.2f}%", -distance, "end"
    return f"{high:.2f}%", distance, "start"
