"""The first picture: where zarr_partial gains and where it loses, a mark for every layout of every workload.

Each mark is zarr_partial against the fastest other reader of that layout. Right of the line it is faster.
What the mark looks like is the verdict, so the picture reads without colour.
"""

import math
from collections import Counter
from collections.abc import Iterator

from outreach.benches.charts import group_name
from outreach.benches.names import FAMILIES, OURS, family, short_name
from outreach.benches.panels import Panel, Workload
from outreach.benches.parts import null, scroller
from outreach.benches.quantities import ratio_text
from outreach.benches.results import Run, State
from outreach.benches.tables import Line, has_numbers, judged, lines, verdict_text
from outreach.benches.verdict import Comparison, Verdict
from outreach.benches.workloads import JUDGED
from outreach.html import escape

LEFT_PERCENT, RIGHT_PERCENT = 2.0, 98.0
HEAD_PX, ROW_PX, FOOT_PX = 30, 46, 24
MARK_PX = 11
MARKS = {Verdict.FASTER: "faster", Verdict.SLOWER: "slower"}

type Case = tuple[Workload, Line, str, Comparison]


def gains(run: Run) -> str:
    """Return the picture as SVG; empty where nothing can be compared."""
    rows: dict[str, list[Case]] = {}
    for case in judged(run):
        rows.setdefault(case[1].workload.slug, []).append(case)
    ratios = [case[3].ratio for cases in rows.values() for case in cases if case[3].ratio]
    if not ratios:
        return ""
    first = min(-1, math.floor(math.log10(min(ratios))))
    last = max(1, math.ceil(math.log10(max(ratios))))

    def percent(ratio: float) -> float:
        part = (math.log10(ratio) - first) / (last - first)
        return LEFT_PERCENT + part * (RIGHT_PERCENT - LEFT_PERCENT)

    height = HEAD_PX + ROW_PX * len(rows) + FOOT_PX
    parts = list(_grid(first, last, percent(1), height, percent))
    for number, cases in enumerate(rows.values()):
        top = HEAD_PX + ROW_PX * number
        parts.append(f'<g transform="translate(0 {top})">{"".join(_row(cases, percent))}</g>')
    return (
        f'<svg class="bz-bench-chart bz-bench-gains" role="img" width="100%" height="{height}" '
        'aria-labelledby="gains-title gains-desc"><title id="gains-title">'
        "zarr_partial against the fastest other reader, log scale</title>"
        f'<desc id="gains-desc">{escape(_describe(rows))}</desc>{"".join(parts)}</svg>'
    )


def _grid(first: int, last: int, one: float, height: int, percent: object) -> Iterator[str]:
    assert callable(percent)
    for power in range(first, last + 1):
        x = f"{percent(10.0**power):.2f}%"
        kind = "limit" if power == 0 else "grid"
        anchor = {first: "start", last: "end"}.get(power, "middle")
        text = f"{10**power:,} ×" if power >= 0 else f"{10.0**power:g} ×"
        yield f'<line class="{kind}" x1="{x}" x2="{x}" y1="{HEAD_PX - 8}" y2="{height - FOOT_PX + 6}"/>'
        yield f'<text class="tick" x="{x}" y="{height - 4}" text-anchor="{anchor}">{text}</text>'
    yield f'<text class="limit" x="{one:.2f}%" dx="-8" y="14" text-anchor="end">slower</text>'
    yield f'<text class="limit" x="{one:.2f}%" dx="8" y="14">faster than the fastest other reader</text>'


def _row(cases: list[Case], percent: object) -> Iterator[str]:
    assert callable(percent)
    line = cases[0][1]
    faster = sum(case[3].verdict is Verdict.FASTER for case in cases)
    yield '<line class="grid" x1="0" x2="100%" y1="0" y2="0"/>'
    # No link: the theme's instant navigation sets addresses of every link, and those inside SVG refuse.
    yield f'<text class="layout" x="{LEFT_PERCENT}%" y="17">{escape(line.workload.short)}</text>'
    yield (
        f'<text class="verdict" x="{RIGHT_PERCENT}%" y="17" text-anchor="end">'
        f"faster in {faster} of {len(cases)}</text>"
    )
    # The clear ones last, so that they lie on top.
    for _, shown, other, comparison in sorted(cases, key=lambda case: case[3].verdict is Verdict.FASTER):
        if comparison.ratio is None:
            continue
        panel = shown.workload
        name = group_name(panel, shown.layout) or panel.short
        told = f"{name}: {verdict_text(comparison, panel)}, beside {short_name(other)}"
        x, half = f"{percent(comparison.ratio):.2f}%", MARK_PX / 2
        yield (
            f'<rect class="mark {MARKS.get(comparison.verdict, "unclear")}" x="{x}" y="26" width="{MARK_PX}" '
            f'height="{MARK_PX}" transform="translate({-half} 0)"><title>{escape(told)}</title></rect>'
        )


def _describe(rows: dict[str, list[Case]]) -> str:
    sentences = []
    for cases in rows.values():
        counts = Counter(MARKS.get(case[3].verdict, "no clear difference") for case in cases)
        told = ", ".join(f"{verdict} in {count}" for verdict, count in counts.items())
        sentences.append(f"{cases[0][1].workload.short}: {told} of {len(cases)}.")
    return " ".join(sentences)


def summary(run: Run) -> str:
    """Return the table of workloads and readers: how many times worse than the best, over all layouts.

    The mean is geometric, over the layouts that the reader has a number for.
    """
    heads = "".join(
        '<th scope="col" '
        f'class="num{" bz-bench-ours" if name == OURS else ""}">{escape(short_name(name))}</th>'
        for name in FAMILIES
    )
    rows = "".join(_summary_row(run, workload, panel) for workload, panel in JUDGED if _shown(panel))
    table = (
        '<table class="bz-table bz-bench-ratios bz-bench-summary"><thead><tr><th scope="col">Read</th>'
        f"{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )
    note = (
        "Time against the fastest reader of a layout, which has 1.0 ×: the geometric mean over layouts, and "
        "over how many where some have no number."
    )
    return f'<p class="bz-bench-note">{note}</p>{scroller("Ratio to the fastest, by workload", table)}'


def _shown(panel: Panel) -> bool:
    """Say whether the readers of a panel are those of the columns."""
    return panel.series in ("reader", "pipeline") and panel.baseline != "anndata" and panel.slug != "warm"


def _summary_row(run: Run, workload: Workload, panel: Panel) -> str:
    name = f'<a href="{workload.slug}/#{panel.slug}">{escape(panel.short)}</a>'
    if not has_numbers(run, panel):
        span = len(FAMILIES)
        return f'<tr><th scope="row">{name}</th><td colspan="{span}">{null(State.MISSING)}</td></tr>'
    drawn = lines(run, panel)
    means = {column: _mean(drawn, column) for column in FAMILIES}
    best = min((mean for mean, _ in means.values() if mean is not None), default=None)
    cells = "".join(_summary_cell(column, *means[column], drawn, best) for column in FAMILIES)
    return f'<tr><th scope="row">{name}</th>{cells}</tr>'


def _mean(drawn: list[Line], column: str) -> tuple[float | None, int]:
    logs = []
    for line in drawn:
        ratios = [line.to_best(reader) for reader in line.cells if family(reader) == column]
        known = [ratio for ratio in ratios if ratio is not None]
        if known:
            logs.append(math.log(min(known)))
    return (math.exp(sum(logs) / len(logs)), len(logs)) if logs else (None, 0)


def _summary_cell(column: str, mean: float | None, count: int, drawn: list[Line], best: float | None) -> str:
    marks = "num" + (" bz-bench-ours" if column == OURS else "")
    if mean is None:
        present = [line.cells[name] for line in drawn for name in line.cells if family(name) == column]
        # A reader that the workload leaves out is no gap.
        text = null(present[0].state) if present else '<span class="bz-unseen">not part of it</span>'
        return f'<td class="{marks}">{text}</td>'
    some = f"<br><small>{count} of {len(drawn)}</small>" if count < len(drawn) else ""
    best_mark = " bz-bench-best" if mean == best else ""
    return f'<td class="{marks}{best_mark}"><b>{ratio_text(mean)}&#8239;×</b>{some}</td>'
