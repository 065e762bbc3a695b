"""The crossover curves as SVG and as a table: time per read against the part of a chunk that is wanted.

Places along the width are percentages and all else is in CSS pixels, as in the charts of the dashboard.
"""

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from outreach.benches.names import OURS, layout_name, short_name
from outreach.html import escape

LEFT_PERCENT, RIGHT_PERCENT = 13.0, 73.0
HEAD_PX, PLOT_PX, FOOT_PX = 34, 150, 24
HEIGHT_PX = HEAD_PX + PLOT_PX + FOOT_PX
LABEL_PX = 14
PLACES = {
    "local": "local",
    "http": "HTTP, {latency:.0f} ms",
    "network": "HTTP, {latency:.0f} ms, {speed:.0f} MB/s",
}


@dataclass(frozen=True, slots=True)
class Panel:
    """The curves of one place and one layout.

    Attributes
    ----------
    parts : tuple of float
        Parts of a chunk that are wanted, from 0 to 1, rising.
    seconds : mapping of str to tuple of float
        By reader, one time for each part.
    """

    name: str
    title: str
    parts: tuple[float, ...]
    seconds: Mapping[str, tuple[float, ...]]

    @property
    def ticks(self) -> tuple[float, ...]:
        """Round times, from one below all others to one above: 1, 2 and 5, or powers of ten where many."""
        values = [second for times in self.seconds.values() for second in times]
        low, high = min(values), max(values)
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        steps = (1,) if high > 30 * low else (1, 2, 5)
        round_ones = [step * 10.0**power for power in powers for step in steps]
        first = max(time for time in round_ones if time <= low)
        last = min(time for time in round_ones if time >= high)
        return tuple(time for time in round_ones if first <= time <= last)

    def x(self, part: float) -> float:
        """Return the place of a part along the width, in percent."""
        low = math.log10(self.parts[0])
        return LEFT_PERCENT + (math.log10(part) - low) / -low * (RIGHT_PERCENT - LEFT_PERCENT)

    def y(self, seconds: float) -> float:
        """Return the place of a time, in pixels from the top."""
        top, bottom = math.log10(self.ticks[-1]), math.log10(self.ticks[0])
        return HEAD_PX + PLOT_PX * (top - math.log10(seconds)) / (top - bottom)

    @property
    def others(self) -> dict[str, tuple[float, ...]]:
        """The times of all readers but zarr_partial."""
        return {reader: times for reader, times in self.seconds.items() if not reader.startswith(OURS)}


def panels(found: Mapping[str, Any]) -> list[Panel]:
    """Return the panels of the stored curves, in the order in which they were measured."""
    grouped: dict[tuple[str, str], dict[str, tuple[float, ...]]] = {}
    rows: dict[tuple[str, str], list[int]] = {}
    for curve in found["curves"]:
        key = curve["place"], curve["layout"]
        grouped.setdefault(key, {})[curve["reader"]] = tuple(curve["seconds"])
        rows[key] = curve["rows"]
    facts = {"latency": 1e3 * found["latency_seconds"], "speed": found["network_bytes_per_second"] / 1e6}
    return [
        Panel(
            f"crossover-{place}-{layout}",
            f"{layout_name(layout)}, {PLACES[place].format(**facts)}",
            tuple(count / found["chunk_rows"] for count in rows[place, layout]),
            seconds,
        )
        for (place, layout), seconds in grouped.items()
    ]


def figure(found: Mapping[str, Any]) -> str:
    """Return figure and table as HTML for a Markdown page: no empty line, so that it stays HTML."""
    drawn = panels(found)
    return (
        '<figure class="bz-figure bz-crossover">\n<div class="bz-crossover-panels">\n'
        + "\n".join(_svg(panel) for panel in drawn)
        + f"\n</div>\n<figcaption>{_caption(found)}</figcaption>\n</figure>\n\n{_table(drawn)}"
    )


def _table(drawn: list[Panel]) -> str:
    head = "".join(f'<th scope="col" class="num">{_part_text(part)}</th>' for part in drawn[0].parts)
    rows = "\n".join(_table_row(panel) for panel in drawn)
    return (
        '<p class="bz-bench-note">Time of zarr_partial as a multiple of that of the fastest other reader, by '
        "the part of a chunk that is wanted; bold where the other is faster.</p>\n"
        '<div class="bz-scroll" tabindex="0" role="region" aria-label="Against the fastest other reader">\n'
        '<table class="bz-table bz-crossover-ratios">\n'
        f'<thead><tr><th scope="col">chunks</th>{head}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>\n</table>\n</div>\n"
    )


def _caption(found: Mapping[str, Any]) -> str:
    machine = found["machine"]
    day = dt.date.fromisoformat(found["measured"])
    names = ("zarr-partial", "zarr", "tensorstore", "numcodecs", "numpy", "fsspec", "aiohttp")
    versions = ", ".join(
        f"{name} {machine['packages'][name]}" for name in names if name in machine["packages"]
    )
    chunk = found["chunk_rows"] * found["row_bytes"] / 1e6
    where = f"{machine['cpu']}, {machine['cores']} cores, {machine['system']} {machine['kernel']}"
    return escape(
        "Across, the part of a chunk that is wanted; upwards, the time; both by factors. "
        f"Median time of one call for random rows of one chunk of {found['chunk_rows']:,} rows of "
        f"{found['row_bytes'] / 1e3:g} kB ({chunk:g} MB of float32), page cache warm; over HTTP from a "
        f"server on the same machine that waits {1e3 * found['latency_seconds']:.0f} ms before every "
        f"answer, and then for as long as its bytes take at the speed named. Measured on "
        f"{day.day} {day:%B %Y} on {where}; {machine['python']}, {versions}; "
        f"commit {found['commit'][:12]}{' with uncommitted changes' if found['changed'] else ''}."
    )


def _svg(panel: Panel) -> str:
    parts = [*_grid(panel), *_curves(panel), *_labels(panel)]
    return (
        f'<svg class="bz-crossover-chart" role="img" width="100%" height="{HEIGHT_PX}" '
        f'aria-labelledby="{panel.name}-title {panel.name}-desc">'
        f'<title id="{panel.name}-title">{escape(panel.title)}: time per read, log scales</title>'
        f'<desc id="{panel.name}-desc">{escape(describe(panel))}</desc>'
        f'<text class="layout" x="0" y="14">{escape(panel.title)}</text>{"".join(parts)}</svg>'
    )


def describe(panel: Panel) -> str:
    """Return the panel in words."""
    ends = ", ".join(
        f"{short_name(reader)} from {_time_text(times[0])} to {_time_text(times[-1])}"
        for reader, times in panel.seconds.items()
    )
    return f"From {_part_text(panel.parts[0])} of a chunk to {_part_text(panel.parts[-1])}: {ends}."


def _grid(panel: Panel) -> Iterator[str]:
    for time in panel.ticks:
        y = panel.y(time)
        yield f'<line class="grid" x1="0" x2="{RIGHT_PERCENT}%" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="tick" x="0" y="{y - 4:.1f}">{_time_text(time)}</text>'
    bottom = HEAD_PX + PLOT_PX
    for power in range(math.ceil(math.log10(panel.parts[0])), 1):
        x, anchor = panel.x(10.0**power), "end" if power == 0 else "middle"
        yield f'<line class="grid" x1="{x:.2f}%" x2="{x:.2f}%" y1="{HEAD_PX}" y2="{bottom + 4}"/>'
        yield (
            f'<text class="tick" x="{x:.2f}%" y="{HEIGHT_PX - 4}" text-anchor="{anchor}">'
            f"{_part_text(10.0**power)}</text>"
        )


def _curves(panel: Panel) -> Iterator[str]:
    # Ours last, over the others.
    for number, reader in sorted(enumerate(panel.seconds), key=lambda pair: pair[1].startswith(OURS)):
        times = panel.seconds[reader]
        points = [(panel.x(part), panel.y(time)) for part, time in zip(panel.parts, times, strict=True)]
        lines = "".join(
            f'<line x1="{x:.2f}%" y1="{y:.1f}" x2="{right:.2f}%" y2="{below:.1f}"/>'
            for (x, y), (right, below) in pairwise(points)
        )
        dots = "".join(
            f'<circle cx="{x:.2f}%" cy="{y:.1f}" r="{4 if reader.startswith(OURS) else 3}"><title>'
            f"{escape(short_name(reader))}, {_part_text(part)}: {_time_text(time)}</title></circle>"
            for (x, y), part, time in zip(points, panel.parts, times, strict=True)
        )
        yield f'<g class="{_kind(reader, number)}">{lines}{dots}</g>'


def _labels(panel: Panel) -> Iterator[str]:
    """Name every curve at its right end, from top to bottom and never over each other."""
    ends = sorted((panel.y(times[-1]), reader) for reader, times in panel.seconds.items())
    for y, (_, reader) in zip(_apart([y + 4 for y, _ in ends]), ends, strict=True):
        kind = "ours" if reader.startswith(OURS) else "peer"
        # What is ours is pink, so that its first read needs no longer name.
        name = short_name(reader).removeprefix(f"{OURS}, ")
        yield (f'<text class="name {kind}" x="{RIGHT_PERCENT}%" dx="9" y="{y:.1f}">{escape(name)}</text>')


def _apart(heights: list[float]) -> list[float]:
    """Return rising heights, moved so that no two are closer than a line of text.

    Those that would touch stand together around the middle of their places.
    """
    groups: list[list[float]] = []
    for height in heights:
        groups.append([height])
        while len(groups) > 1 and _top(groups[-1]) < _top(groups[-2]) + LABEL_PX * len(groups[-2]):
            groups[-2:] = [groups[-2] + groups[-1]]
    return [_top(group) + LABEL_PX * number for group in groups for number in range(len(group))]


def _top(group: list[float]) -> float:
    return sum(group) / len(group) - LABEL_PX * (len(group) - 1) / 2


def _kind(reader: str, number: int) -> str:
    if reader == OURS:
        return "ours"
    return "ours first" if reader.startswith(OURS) else f"peer peer-{number}"


def _table_row(panel: Panel) -> str:
    ratios = [
        panel.seconds[OURS][number] / min(times[number] for times in panel.others.values())
        for number in range(len(panel.parts))
    ]
    cells = "".join(
        f'<td class="num bz-bench-best"><b>{ratio:.2f}</b></td>'
        if ratio > 1
        else f'<td class="num">{ratio:.2f}</td>'
        for ratio in ratios
    )
    return f'<tr><th scope="row">{escape(panel.title)}</th>{cells}</tr>'


def _part_text(part: float) -> str:
    return f"{100 * part:g} %"


def _time_text(seconds: float) -> str:
    for size, unit in ((1, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= size * 0.9995:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"
