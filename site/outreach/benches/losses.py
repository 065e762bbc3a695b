"""Where zarr_partial is not the right choice: situations with their numbers, and every case without a gain.

The sentences are made of the results and of the crossover curves; a situation of which neither says anything
is shown as not measured.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from outreach.benches.charts import group_name, series_name
from outreach.benches.crossover import curves_path
from outreach.benches.names import is_ours, layout_name, short_name
from outreach.benches.parts import day, null, scroller
from outreach.benches.quantities import Kind, ratio_text, value_text
from outreach.benches.results import MISSING, Run, State
from outreach.benches.tables import judged, lines, no_gain, time_text, verdict_text
from outreach.benches.verdict import SMALLEST_FACTOR, Verdict
from outreach.benches.workloads import CACHED, JUDGED, MINIBATCH, OWN_ROWS, SCAN
from outreach.html import escape
from outreach.paths import Project

SHOWN_CASES = 8


@dataclass(frozen=True, slots=True)
class Situation:
    """A reason not to use zarr_partial: what it is, what was measured, what to do instead."""

    title: str
    found: str | None
    instead: str


def read_curves(project: Project) -> Mapping[str, Any] | None:
    """Return the stored crossover curves, or None where there are none that can be read."""
    try:
        found = json.loads(curves_path(project).read_text("utf-8"))
        return found if isinstance(found, dict) and found["curves"] and found["chunk_rows"] else None
    except (OSError, ValueError, KeyError):
        return None


def situations(run: Run, curves: Mapping[str, Any] | None) -> list[Situation]:
    """Return what to say, each with its numbers, in the order in which people meet it."""
    return [
        Situation(
            "Chunks that decode only as a whole",
            _whole_chunks(run),
            "Any reader will do. Rewrite such arrays with Blosc or in shards if rows of them are read often.",
        ),
        Situation(
            "Most blocks of a chunk are touched",
            _most_of_a_chunk(curves, "local", "blosc-lz4"),
            "Reading whole chunks is as good; zarr's own pipelines need nothing installed.",
        ),
        Situation(
            "The first read of far-away Blosc chunks",
            _first_read(curves),
            "Keep the array open, so that headers are known, or read whole chunks once.",
        ),
        Situation(
            "Far stores with much bandwidth",
            _most_of_a_chunk(curves, "http", "raw"),
            "Where a round trip costs more than the bytes, fetch whole chunks.",
        ),
        Situation("The whole array", _scan(run), "Any reader that decodes in threads will do."),
        Situation(
            "Everything fits into a cache",
            _cached(run),
            "Load such an array into memory once, with np.asarray.",
        ),
        Situation(
            "You choose the format",
            _own_format(run),
            "For one machine and one process, an .npy file is simpler than any of this.",
        ),
    ]


def _whole_chunks(run: Run) -> str | None:
    for line in lines(run, MINIBATCH):
        other = line.best_other
        if line.layout == "zstd" and other and line.cells.get(line.ours, MISSING).value is not None:
            comparison = line.ours_against(other)
            return (
                f"256 random rows from {layout_name('zstd')}: zarr_partial "
                f"{time_text(line.cells[line.ours], MINIBATCH)} "
                f"a row, {short_name(other)} {time_text(line.cells[other], MINIBATCH)}: "
                f"{verdict_text(comparison)}."
            )
    return None


def _seconds(curves: Mapping[str, Any], place: str, layout: str) -> dict[str, list[float]]:
    return {
        curve["reader"]: curve["seconds"]
        for curve in curves["curves"]
        if (curve["place"], curve["layout"]) == (place, layout)
    }


def _fastest(times: Mapping[str, list[float]], at: int) -> str:
    return min((name for name in times if not is_ours(name)), key=lambda name: (times[name][at], name))


def _most_of_a_chunk(curves: Mapping[str, Any] | None, place: str, layout: str) -> str | None:
    """Say at which part of a chunk the ratio to the fastest other reader is worst."""
    if curves is None:
        return None
    times = _seconds(curves, place, layout)
    rows: list[int] = next(
        (c["rows"] for c in curves["curves"] if (c["place"], c["layout"]) == (place, layout)), []
    )
    ours = times.get("zarr_partial")
    if not ours or len(times) < 2:
        return None
    worst = max(range(len(rows)), key=lambda at: ours[at] / times[_fastest(times, at)][at])
    other = _fastest(times, worst)
    ratio = ours[worst] / times[other][worst]
    where = "local" if place == "local" else f"over HTTP with {1e3 * curves['latency_seconds']:.0f} ms"
    told = "the same time" if 0.95 <= ratio < 1.05 else f"{ratio_text(ratio)} × its time"
    return (
        f"One {'raw' if layout == 'raw' else layout_name(layout)} chunk, {where}, {rows[worst]:,} of its "
        f"{curves['chunk_rows']:,} rows: "
        f"zarr_partial {value_text(ours[worst], Kind.TIME, precise=True)}, {short_name(other)} "
        f"{value_text(times[other][worst], Kind.TIME, precise=True)}; zarr_partial takes {told}."
    )


def _first_read(curves: Mapping[str, Any] | None) -> str | None:
    if curves is None:
        return None
    times = _seconds(curves, "http", "blosc-lz4")
    first = times.get("zarr_partial, first read")
    if not first or len(times) < 2:
        return None
    other = _fastest(times, 0)
    return (
        f"Blosc lz4 over HTTP with {1e3 * curves['latency_seconds']:.0f} ms, one row of a chunk: the "
        "first read by "
        f"zarr_partial takes {value_text(first[0], Kind.TIME, precise=True)}, because the header comes "
        "before the "
        f"block; {short_name(other)}, which fetches the whole chunk, "
        f"{value_text(times[other][0], Kind.TIME, precise=True)}. zarr_partial is "
        f"{ratio_text(first[0] / times[other][0])} × slower."
    )


def _scan(run: Run) -> str | None:
    cases = [case for case in judged(run) if case[1].workload.slug == SCAN.slug]
    if not cases:
        return None
    faster = sum(case[3].verdict is Verdict.FASTER for case in cases)
    _, line, other, _ = min(cases, key=lambda case: case[3].ratio or 0)
    return (
        f"zarr_partial is clearly faster than the fastest other reader in {faster} of {len(cases)} layouts. "
        f"{layout_name(line.layout)}: {time_text(line.cells[line.ours], SCAN)} against "
        f"{time_text(line.cells[other], SCAN)} by {short_name(other)}."
    )


def _cached(run: Run) -> str | None:
    for line in lines(run, CACHED):
        take, ours = line.cells.get("numpy.take", MISSING), line.cells.get(line.ours, MISSING)
        if take.value is not None and ours.value is not None:
            return (
                f"256 random rows, all of {layout_name(line.layout)} decoded before: zarr_partial with "
                "its cache "
                f"{time_text(ours, CACHED)} a row, numpy.take on an array in memory "
                f"{time_text(take, CACHED)}."
            )
    return None


def _own_format(run: Run) -> str | None:
    for line in lines(run, OWN_ROWS):
        best, ours = line.best_other, line.cells.get(line.ours, MISSING)
        if best is not None and ours.value is not None:
            return (
                f"256 random rows: {best} {time_text(line.cells[best], OWN_ROWS)} a row, {line.ours} "
                f"{time_text(ours, OWN_ROWS)}."
            )
    return None


def losses(run: Run, curves: Mapping[str, Any] | None) -> str:
    """Return the section: situations first, then the cases of the run."""
    source = ""
    if curves is not None:
        cores = curves["machine"]["cores"]
        source = (
            '<p class="bz-bench-note">Parts of a chunk and first reads: from the '
            '<a href="../library/where-arrays-live/">crossover curves</a>, measured '
            f"{day(curves['measured'])} on {escape(curves['machine']['cpu'])}, {cores} cores. "
            "All else: from the run of this page. Ratios are formed within one of the two.</p>"
        )
    items = "".join(_item(situation) for situation in situations(run, curves))
    return f'<ol class="bz-bench-situations">{items}</ol>{source}{_cases(run)}'


def _item(situation: Situation) -> str:
    found = escape(situation.found) if situation.found else null(State.MISSING)
    return (
        f"<li><h3>{escape(situation.title)}</h3><p>{found}</p><p><b>Instead:</b> "
        f"{escape(situation.instead)}</p></li>"
    )


def _cases(run: Run) -> str:
    cases, total = no_gain(run), len(judged(run))
    if not total:
        return "<p>zarr_partial has no number in this run.</p>"
    workloads = len({panel.slug for _, panel in JUDGED})
    rule = (
        f"Compared with the fastest other reader in {total} cases, every layout of up to {workloads} ways "
        "to read. "
        "A reader is faster when the 99 % intervals do not touch and the medians differ by a factor of "
        f"{SMALLEST_FACTOR} or more."
    )
    if not cases:
        return f"<p>{escape(rule)} zarr_partial is faster in all of them.</p>"
    slower = sum(comparison.verdict is Verdict.SLOWER for *_, comparison in cases)
    counts = f"not faster in {len(cases)} of them, and clearly slower in {slower}"
    text = f"{rule} zarr_partial is {counts}. Worst first:"
    rows = list(map(_row, cases))
    rest = ""
    if len(rows) > SHOWN_CASES:
        rest = (
            f"<details><summary>{len(rows) - SHOWN_CASES} more cases without a gain</summary>"
            f"{_table(rows[SHOWN_CASES:], 'More cases in which zarr_partial is not faster')}</details>"
        )
    return (
        f'<h3 id="cases">Every case without a gain</h3><p>{escape(text)}</p>'
        f"{_table(rows[:SHOWN_CASES], 'Cases in which zarr_partial is not faster')}{rest}"
    )


def _row(case: Any) -> str:
    workload, line, other, comparison = case
    panel = line.workload
    name = group_name(panel, line.layout) or panel.title
    against = series_name(panel, other)
    return (
        f'<tr><th scope="row"><a href="{workload.slug}/#{panel.slug}">{escape(panel.short)}</a><br>'
        f"<small>{escape(name)}</small></th>"
        f'<td class="num">{escape(time_text(line.cells[line.ours], panel))}</td>'
        "<td "
        f'class="num">{escape(time_text(line.cells[other], panel))}<br><small>{escape(against)}</small></td>'
        f'<td class="num bz-bench-verdict">{escape(verdict_text(comparison, panel))}</td></tr>'
    )


def _table(rows: list[str], label: str) -> str:
    return scroller(
        label,
        '<table class="bz-table bz-bench-losses"><thead><tr><th scope="col">Read</th>'
        '<th scope="col" class="num bz-bench-ours">zarr_partial</th>'
        '<th scope="col" class="num">best other</th><th scope="col" class="num">verdict</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>",
    )
