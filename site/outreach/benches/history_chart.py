"""The history of one group of a panel as SVG: a line for each reader, a place for each commit, log axis.

Here readers must be told apart, so each has its colour, the same everywhere; its name stands at its line.
"""

import math
from collections.abc import Iterator, Sequence

from outreach.benches.charts import group_name, series_name
from outreach.benches.history import Track
from outreach.benches.names import colour
from outreach.benches.parts import slug_of
from outreach.benches.quantities import tick_text
from outreach.benches.results import Run
from outreach.benches.tables import each, time_text
from outreach.html import escape

LEFT_PERCENT, RIGHT_PERCENT = 14.0, 62.0
HEAD_PX, PLOT_PX, FOOT_PX = 36, 130, 26
LABEL_PX = 13


def history_chart(history: Sequence[Run], shown: Sequence[Track], name: str) -> str:
    """Return the SVG of the tracks `shown`, which are of one group of one panel."""
    panel = shown[0].panel
    values = [each(one.value, panel) for track in shown for one in track.found if one.value is not None]
    first, last = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    last = max(last, first + 1)
    height = HEAD_PX + PLOT_PX + FOOT_PX

    def x(place: int) -> float:
        part = 0.5 if len(history) == 1 else place / (len(history) - 1)
        return LEFT_PERCENT + part * (RIGHT_PERCENT - LEFT_PERCENT)

    def y(value: float) -> float:
        return HEAD_PX + PLOT_PX * (last - math.log10(value)) / (last - first)

    title = group_name(panel, shown[0].group) or panel.title
    parts = [f'<text class="layout" x="0" y="14">{escape(title)}</text>']
    step = 1 if last - first <= 3 else 2
    for power in range(first, last + 1, step):
        at = y(10.0**power)
        parts.append(f'<line class="grid" x1="0" x2="{RIGHT_PERCENT}%" y1="{at:.1f}" y2="{at:.1f}"/>')
        text = tick_text(10.0**power, panel.quantity.kind)
        parts.append(f'<text class="tick" x="0" y="{at - 4:.1f}">{text}</text>')
    ends: list[tuple[float, str]] = []
    for track in sorted(shown, key=lambda track: panel.ours(track.series)):
        ours = panel.ours(track.series)
        kind = "ours" if ours else f"series-{colour(track.series)}"
        parts.append(f'<g class="{kind}" data-bz-series="{slug_of(track.series)}">')
        parts += _line(track, x, y)
        parts.append("</g>")
        final = next((one.value for one in reversed(track.found) if one.value is not None), None)
        assert final is not None
        ends.append((y(each(final, panel)), track.series))
    parts += _labels(ends, shown)
    for place, run in enumerate(history):
        if len(history) <= 4 or place in (0, len(history) - 1):
            anchor = "start" if place == 0 else "end" if place == len(history) - 1 else "middle"
            anchor = "middle" if len(history) == 1 else anchor
            parts.append(
                f'<text class="tick" x="{x(place):.1f}%" y="{height - 8}" text-anchor="{anchor}">'
                f"{run.environment.commit[:7]}</text>"
            )
    return (
        f'<svg class="bz-bench-chart bz-bench-history" role="img" width="100%" height="{height}" '
        f'aria-labelledby="{name}-title {name}-desc"><title id="{name}-title">{escape(title)}: '
        f'{escape(panel.told_per)} by commit, log scale</title><desc id="{name}-desc">'
        f"{escape(_describe(shown))}</desc>{''.join(parts)}</svg>"
    )


def _line(track: Track, x: object, y: object) -> Iterator[str]:
    assert callable(x)
    assert callable(y)
    panel = track.panel
    before: tuple[float, float] | None = None
    for place, one in enumerate(track.found):
        if one.value is None:
            # A gap stays a gap.
            before = None
            continue
        here = x(place), y(each(one.value, panel))
        if one.low is not None and one.high is not None:
            low, high = y(each(one.low, panel)), y(each(one.high, panel))
            at = f"{here[0]:.1f}%"
            yield f'<line class="interval" x1="{at}" x2="{at}" y1="{low:.1f}" y2="{high:.1f}"/>'
        if before is not None:
            yield (
                f'<line class="path" x1="{before[0]:.1f}%" y1="{before[1]:.1f}" x2="{here[0]:.1f}%" '
                f'y2="{here[1]:.1f}"/>'
            )
        told = f"{series_name(panel, track.series)}: {time_text(one, panel)}, {track.judged[place].change}"
        yield f'<circle cx="{here[0]:.1f}%" cy="{here[1]:.1f}" r="3.5"><title>{escape(told)}</title></circle>'
        before = here


def _labels(ends: list[tuple[float, str]], shown: Sequence[Track]) -> Iterator[str]:
    """Yield the names at the ends of the lines, moved apart where they would cover each other."""
    panel = shown[0].panel
    top = float(HEAD_PX - LABEL_PX)
    floor = HEAD_PX + PLOT_PX
    places: list[tuple[float, str]] = []
    for at, series in sorted(ends):
        top = max(at + 4, top + LABEL_PX)
        places.append((top, series))
    over = max(0.0, places[-1][0] - floor) if places else 0.0
    for number in range(len(places) - 1, -1, -1):
        at, series = places[number]
        lowest = floor - LABEL_PX * (len(places) - 1 - number) if over else at
        places[number] = (min(at, lowest), series)
    for at, series in places:
        kind = "name ours" if panel.ours(series) else "name"
        yield (
            f'<text class="{kind}" x="{RIGHT_PERCENT}%" dx="10" y="{at:.1f}">'
            f"{escape(series_name(panel, series))}</text>"
        )


def _describe(shown: Sequence[Track]) -> str:
    return " ".join(
        f"{series_name(track.panel, track.series)}: "
        + ", ".join(time_text(one, track.panel) for one in track.found)
        + "."
        for track in shown
    )
