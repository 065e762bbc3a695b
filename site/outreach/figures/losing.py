"""Where reading whole chunks is faster: the stored crossover curves as ratios, on one axis."""

import json
import math

from outreach.benches.crossover import curves_path
from outreach.benches.crossover_drawing import Panel, panels
from outreach.benches.workloads import OURS
from outreach.errors import OutreachError
from outreach.figures.svg import box, curve, dot, figure, line, svg, text
from outreach.paths import Project

LEFT, RIGHT = 11.0, 98.0
TOP, PLOT = 40, 240
HEIGHT = TOP + PLOT + 26
LOW, HIGH = 0.1, 2.0


def ratios(panel: Panel) -> list[float]:
    """Return the time of zarr_partial over that of the fastest other reader, for each part of a chunk."""
    others = panel.others.values()
    return [ours / min(times) for ours, *times in zip(panel.seconds[OURS], *others, strict=True)]


def crossing(panel: Panel) -> float | None:
    """Return the smallest measured part of a chunk from which on another reader is faster, or None."""
    slower = [ratio > 1 for ratio in ratios(panel)]
    first = next((at for at in range(len(slower)) if all(slower[at:])), None)
    return None if first is None else panel.parts[first]


def losing(project: Project) -> str:
    """Return the figure.

    Raises
    ------
    OutreachError
        If no curves are stored.
    """
    path = curves_path(project)
    if not path.is_file():
        raise OutreachError(f"expected crossover curves in {project.relative(path)}, found no file")
    found = json.loads(path.read_text("utf-8"))
    drawn = panels(found)
    drawing = svg(
        "losing",
        HEIGHT,
        "Time of zarr_partial as a multiple of that of the fastest other reader",
        " ".join(_describe(panel) for panel in drawn),
        _parts(drawn),
    )
    key = "".join(
        f'<li><span class="line line-{number}">{number}</span> {panel.title}</li>'
        for number, panel in enumerate(drawn, 1)
    )
    caption = (
        "Across, the part of a chunk of 1,000 rows that is wanted; upwards, by factors, the time of "
        "zarr_partial "
        "over that of the fastest other reader. Above the line at 1 reading whole chunks is faster. The same "
        f'measurements as on <a href="../where-arrays-live/">Where arrays live</a>, of {found["measured"]}.'
    )
    return figure("losing", drawing, caption, beside=f'<ol class="bz-drawn__key">{key}</ol>\n')


def _describe(panel: Panel) -> str:
    at = crossing(panel)
    first, last = ratios(panel)[0], ratios(panel)[-1]
    end = "never behind from some part on" if at is None else f"behind from {100 * at:g} % on"
    return f"{panel.title}: {first:.2f} for the smallest part, {last:.2f} for all of it, {end}."


def _y(ratio: float) -> float:
    part = (math.log(HIGH) - math.log(min(max(ratio, LOW), HIGH))) / (math.log(HIGH) - math.log(LOW))
    return TOP + part * PLOT


def _x(part: float, least: float) -> float:
    return LEFT + (math.log(part) - math.log(least)) / -math.log(least) * (RIGHT - LEFT)


def _parts(drawn: list[Panel]) -> list[str]:
    least = min(panel.parts[0] for panel in drawn)
    parts = [box(LEFT, TOP, RIGHT - LEFT, _y(1) - TOP, "wash")]
    parts.append(text(LEFT, TOP - 10, "whole chunks are faster", "quiet", dx=4))
    parts.append(text(LEFT, TOP + PLOT - 8, "parts are faster", "quiet", dx=4))
    for tick in (0.1, 0.2, 0.5, 1.0, 2.0):
        parts.append(line(LEFT, _y(tick), RIGHT, _y(tick), "ink" if tick == 1 else "hair"))
        parts.append(text(0, _y(tick) + 4, f"{tick:g} ×", "num"))
    for part in (0.001, 0.01, 0.1, 1.0):
        parts.append(line(_x(part, least), TOP, _x(part, least), TOP + PLOT))
        anchor = "end" if part == 1 else "middle"
        parts.append(text(_x(part, least), HEIGHT - 6, f"{100 * part:g} %", "num", anchor))
    for number, panel in enumerate(drawn, 1):
        points = [
            (_x(part, least), _y(ratio)) for part, ratio in zip(panel.parts, ratios(panel), strict=True)
        ]
        parts.append(curve(points, f"line line-{number}"))
        for (x, y), part, ratio in zip(points, panel.parts, ratios(panel), strict=True):
            parts.append(dot(x, y, f"line-{number}", f"{panel.title}, {100 * part:g} %: {ratio:.2f} ×"))
    return parts
