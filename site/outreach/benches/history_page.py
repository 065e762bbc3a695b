"""History: what changed from commit to commit on one machine, and which numbers say so."""

from collections.abc import Sequence
from itertools import groupby

from outreach.benches.charts import group_name, series_name
from outreach.benches.history import Change, Judged, Track, tracks
from outreach.benches.history_chart import history_chart
from outreach.benches.names import colour
from outreach.benches.panels import Panel
from outreach.benches.parts import day, machine_id, null, scroller, slug_of
from outreach.benches.quantities import ratio_text
from outreach.benches.results import Run
from outreach.benches.tables import each, time_text
from outreach.benches.workloads import JUDGED, MINIBATCH
from outreach.html import escape

SHOWN_COMMITS = 6
RULE = (
    "Each run is compared with the median of the first three of its level. It counts as changed when the "
    "99 % "
    "intervals do not touch, the factor is more than the 1.6 by which two runs of the same code have "
    "differed "
    "here, and the next run agrees; alone it is an outlier, and the newest is not confirmed yet. A change "
    "below "
    "2 × is small, below 4 × medium, from there on large."
)


def change_text(judged: Judged, panel: Panel) -> str:
    """Return a verdict in words: "step, large: 3.5 × faster"."""
    if judged.ratio is None or judged.change in (Change.NONE, Change.FIRST, Change.GAP):
        return str(judged.change)
    factor = judged.ratio if judged.ratio > 1 else 1 / judged.ratio
    word = panel.quantity.worse if judged.is_worse else panel.quantity.better
    return f"{judged.change}, {judged.size}: {ratio_text(factor)} × {word}"


def history_page(history: Sequence[Run]) -> str:
    """Return the body of the page on the runs of one machine and scale, oldest first."""
    run = history[-1]
    return (
        '<p class="bz-bench-up"><a href="../">Benchmarks</a></p><h1>History</h1>'
        f'<p class="bz-bench-headline">{escape(_lead(history))}</p>'
        f"<p>{escape(run.environment.machine)}, {escape(run.environment.cpu)}, {run.environment.cores} "
        "cores, "
        f"{run.environment.scale} scale. Other machines and scales have histories of their own.</p>"
        f'<h2 id="changes">Changes</h2>{_control(history)}{_changes(history)}<p '
        f'class="bz-bench-note">{escape(RULE)}</p>'
        f'<h2 id="rows">{escape(MINIBATCH.title)}</h2>{charts(history, MINIBATCH)}'
        f'<h2 id="commits">Runs</h2>{_commits(history)}'
    )


def _lead(history: Sequence[Run]) -> str:
    count = len(history)
    if count == 1:
        return "One run so far: nothing to compare it with."
    found = [track for _, panel in JUDGED for track in tracks(history, panel)]
    ours = [track for track in found if track.panel.ours(track.series)]
    return f"{count} runs: {_changed(ours)} of {len(ours)} numbers of zarr_partial changed for good."


def _control(history: Sequence[Run]) -> str:
    """Say how many numbers of the other readers changed: no commit of this repository changes them."""
    found = [track for _, panel in JUDGED for track in tracks(history, panel)]
    others = [track for track in found if not track.panel.ours(track.series)]
    changed = _changed(others)
    if not others or not changed:
        return ""
    return (
        f"<p>{changed} of {len(others)} numbers of other readers changed as well, which no commit of this "
        "repository explains: the machine was not as quiet at every run. Read a change of zarr_partial "
        "beside "
        "theirs.</p>"
    )


def _changed(found: Sequence[Track]) -> int:
    return sum(any(one.is_change for one in track.judged) for track in found)


def _changes(history: Sequence[Run]) -> str:
    rows = []
    for workload, panel in JUDGED:
        for track in tracks(history, panel):
            for run, judged in zip(history, track.judged, strict=True):
                if judged.is_change or judged.change in (Change.OUTLIER, Change.UNCONFIRMED):
                    rows.append((judged, workload.slug, track, run))
    if not rows:
        return "<p>No number of any reader changed.</p>"
    rows.sort(key=lambda row: (not row[2].panel.ours(row[2].series), row[3].committed, row[1]))
    ours = [row for row in rows if row[2].panel.ours(row[2].series)]
    others = rows[len(ours) :]
    shown = _change_table("Changes", ours) if ours else "<p>No number of zarr_partial changed.</p>"
    if not others:
        return shown
    count = f"{len(others)} change{'' if len(others) == 1 else 's'} of other readers"
    folded = _change_table("Changes of other readers", others)
    return f"{shown}<details><summary>{count}</summary>{folded}</details>"


def _change_table(label: str, rows: Sequence[tuple[Judged, str, Track, Run]]) -> str:
    body = "".join(_change_row(*row) for row in rows)
    return scroller(
        label,
        '<table class="bz-table bz-bench-changes"><thead><tr><th scope="col">Read</th><th '
        'scope="col" class="num">Verdict</th><th scope="col">Reader</th>'
        f'<th scope="col">Commit</th></tr></thead><tbody>{body}</tbody></table>',
    )


def _change_row(judged: Judged, slug: str, track: Track, run: Run) -> str:
    panel = track.panel
    mark = ' class="bz-bench-ours"' if panel.ours(track.series) else ""
    return (
        f'<tr><th scope="row"><a href="../{slug}/#{panel.slug}">{escape(panel.short)}</a><br>'
        f"<small>{escape(group_name(panel, track.group))}</small></th>"
        f'<td class="num">{escape(change_text(judged, panel))}</td>'
        f"<td{mark}>{escape(series_name(panel, track.series))}</td>"
        f"<td><code>{run.environment.commit[:8]}</code></td></tr>"
    )


def charts(history: Sequence[Run], panel: Panel) -> str:
    """Return a small chart for each group of `panel`, and the numbers folded below them."""
    known = tracks(history, panel)
    measured = [at for at in range(len(history)) if any(one.found[at].value is not None for one in known)]
    if not measured:
        return "<p>No run has a number for it.</p>"
    # What was not measured yet takes no room.
    history = history[measured[0] :]
    found = tracks(history, panel)
    if len(history) == 1:
        once = day(history[0].environment.measured)
        return f"<p>Measured once so far, on {once}: a history begins with the next run.</p>"
    name = f"history-{panel.slug}-{machine_id(history[-1])}"
    drawn = "".join(
        f'<div data-bz-chart="{name}" data-bz-kind="{panel.quantity.kind}" data-group="{escape(group)}" '
        f'data-title="{escape(group_name(panel, group) or panel.title)}">'
        f"{history_chart(history, list(members), f'{name}-{number}')}</div>"
        for number, (group, members) in enumerate(groupby(found, key=lambda track: track.group))
    )
    return (
        f'<figure class="bz-figure"><div class="bz-bench-panels">{drawn}</div><figcaption>'
        f"{escape(panel.title)}: {escape(panel.told_per)}, oldest commit left. Bars are 99 % intervals; a "
        "line is broken where a run has no "
        f"number.</figcaption></figure>{history_table(history, found, name)}"
    )


def history_table(history: Sequence[Run], found: Sequence[Track], name: str) -> str:
    """Return the numbers of `found` by commit, the newest ones, each line with its newest verdict.

    Its attributes hold the numbers of all commits: scripts draw the charts from them.
    """
    commits = ",".join(run.environment.commit[:12] for run in history)
    shown = list(history)[-SHOWN_COMMITS:]
    heads = "".join(
        f'<th scope="col" class="num"><code>{run.environment.commit[:7]}</code></th>' for run in shown
    )
    rows = []
    for group, members in groupby(found, key=lambda track: track.group):
        title = group_name(found[0].panel, group)
        if title:
            rows.append(f'<tr><th scope="rowgroup" colspan="{len(shown) + 2}">{escape(title)}</th></tr>')
        rows += [_history_row(track, len(shown)) for track in members]
    table = scroller(
        "Numbers by commit",
        f'<table class="bz-table bz-bench-intervals" id="{name}" data-commits="{commits}">'
        '<thead><tr><th scope="col">Reader</th>'
        f'{heads}<th scope="col" class="num">verdict</th></tr></thead><tbody>{"".join(rows)}</tbody></table>',
    )
    return f"<details><summary>Numbers by commit, with verdicts</summary>{table}</details>"


def _history_row(track: Track, count: int) -> str:
    panel = track.panel
    cells = "".join(
        f'<td class="num">{null(one.state) if one.value is None else escape(time_text(one, panel))}</td>'
        for one in track.found[-count:]
    )
    mark = ' class="bz-bench-ours"' if panel.ours(track.series) else ""
    # The newest thing that happened says more than "no change" after it.
    told = next((one for one in reversed(track.judged) if one.is_change), track.judged[-1])
    if track.judged[-1].change in (Change.OUTLIER, Change.UNCONFIRMED, Change.GAP):
        told = track.judged[-1]
    values = ",".join("" if one.value is None else f"{each(one.value, panel):.6g}" for one in track.found)
    lows, highs = (
        ",".join("" if end is None else f"{each(end, panel):.6g}" for end in ends)
        for ends in ((one.low for one in track.found), (one.high for one in track.found))
    )
    shade = 0 if panel.ours(track.series) else colour(track.series)
    return (
        f'<tr data-bz-track data-bz-series="{slug_of(track.series)}" data-group="{escape(track.group)}" '
        f'data-name="{escape(series_name(panel, track.series))}" data-colour="{shade}" '
        f'data-values="{values}" data-lows="{lows}" data-highs="{highs}"><th scope="row"{mark}>'
        f"{escape(series_name(panel, track.series))}</th>{cells}"
        f'<td class="num">{escape(change_text(told, panel))}</td></tr>'
    )


def _commits(history: Sequence[Run]) -> str:
    rows = []
    before: dict[str, str] = {}
    for run in history:
        environment = run.environment
        packages = dict(environment.packages)
        differing = [f"{name} {version}" for name, version in packages.items() if before.get(name) != version]
        numbers = sum(one.value is not None for cells in run.measurements.values() for one in cells.values())
        changed = " with uncommitted changes" if environment.changed else ""
        rows.append(
            f'<tr><th scope="row"><code>{environment.commit[:8]}</code>{changed}</th>'
            f"<td>{day(environment.measured)}</td>"
            f'<td class="num">{numbers}</td><td>{escape(", ".join(differing) or "as before")}</td></tr>'
        )
        before = packages
    return scroller(
        "Runs, oldest first",
        '<table class="bz-table"><thead><tr><th scope="col">Commit</th><th scope="col">Measured</th>'
        '<th scope="col" class="num">numbers</th><th scope="col">packages</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>",
    )
