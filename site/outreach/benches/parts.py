"""Parts that the benchmark pages share, as HTML."""

import re
from collections.abc import Iterable
from datetime import date

from outreach.benches.charts import chart, group_name, series_name
from outreach.benches.environment import Environment
from outreach.benches.names import LIMIT, colour, reader_name
from outreach.benches.panels import Panel
from outreach.benches.quantities import ratio_text
from outreach.benches.results import Measurement, Run, State
from outreach.benches.tables import Line, each, interval_text, limit, lines, precise, time_text, verdict_text
from outreach.html import escape

STALE_AFTER_DAYS = 180

# Each kind of "no number" looks and reads differently; the drawing is in benchmarks.css.
NULL_CLASSES = {State.SKIPPED: "skipped", State.FAILED: "failed", State.MISSING: "missing"}
NULL_MEANINGS = {
    State.SKIPPED: "the reader is not installed or cannot read this layout",
    State.FAILED: "the reader ended with an error or returned wrong values",
    State.MISSING: "the suite has it, this run does not",
}


def day(iso: str) -> str:
    """Return a date as people write it, with its age added by the browser."""
    found = date.fromisoformat(iso)
    return (
        f'<time datetime="{iso}" data-bz-age data-bz-stale-days="{STALE_AFTER_DAYS}">'
        f"{found.day} {found:%B %Y}</time>"
    )


def scroller(label: str, table: str) -> str:
    """Return `table` in a box that scrolls sideways, also by keyboard."""
    return f'<div class="bz-scroll" tabindex="0" role="region" aria-label="{escape(label)}">{table}</div>'


def null(state: State) -> str:
    """Return the mark of a measurement without a number."""
    return f'<span class="bz-bench-null bz-bench-{NULL_CLASSES[state]}">{escape(str(state))}</span>'


def legend(states: set[State]) -> str:
    """Explain the nulls that stand on a page; nothing where there are none."""
    items = [
        f"<li>{null(state)}: {meaning}</li>" for state, meaning in NULL_MEANINGS.items() if state in states
    ]
    return f'<ul class="bz-bench-legend">{"".join(items)}</ul>' if items else ""


def states_of(run: Run, panels: tuple[Panel, ...]) -> set[State]:
    """Return the states that occur in `panels`."""
    return {cell.state for panel in panels for line in lines(run, panel) for cell in line.cells.values()}


def slug_of(text: str) -> str:
    """Return `text` as a token for addresses and attributes."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def figure(run: Run, panel: Panel) -> str:
    """Return the chart of `panel` with the command that repeats it; a sentence where there is no number."""
    drawing = chart(run, panel, f"chart-{panel.slug}-{machine_id(run)}")
    command = command_block(f"command-{panel.slug}-{machine_id(run)}", panel.command, small=True)
    if not drawing:
        return f"<p>{null(State.MISSING)} This run has no number for it. To measure it:</p>{command}"
    against = f" Right: against {escape(series_name(panel, panel.baseline))}." if panel.baseline else ""
    interval = (
        ""
        if panel.quantity.counted
        else " The bar through a mark is the 99 % interval of the median, where there is one."
    )
    return (
        f'<figure class="bz-figure" data-bz-chart="table-{panel.slug}-{machine_id(run)}" '
        f'data-bz-kind="{panel.quantity.kind}">{drawing}<figcaption>'
        f"{escape(panel.told_per[0].upper() + panel.told_per[1:])}; the axis is <span "
        "data-bz-axis>logarithmic</span>."
        f"{interval}{against}</figcaption></figure>{command}"
    )


def ratio_table(run: Run, panel: Panel) -> str:
    """Return the table of groups and readers: ratio to the best of the line, and the number below it."""
    drawn = lines(run, panel)
    readers = _ours_first(panel, drawn[0].cells) if drawn else []
    heads = "".join(_head(panel, reader) for reader in readers)
    rows = "".join(_ratio_row(line) for line in drawn)
    note = (
        f"Ratio to the best of the line, which has 1.0 ×; below it the {panel.told_per}. "
        f"{_limit_sentence(run, panel)}"
    )
    against = (
        '<th scope="col" class="num bz-bench-against">against '
        f"{escape(series_name(panel, panel.baseline))}</th>"
        if panel.baseline
        else ""
    )
    first = {"rows": "Rows", "number": "Row number", None: ""}.get(panel.groups, "Layout")
    table = (
        f'<table class="bz-table bz-bench-ratios"><thead><tr><th scope="col">'
        f"{first or '<span class=bz-unseen>All</span>'}</th>{heads}{against}</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )
    label = f"{panel.title}: ratio to the best"
    return f'<p class="bz-bench-note">{note}</p>{scroller(label, table)}'


def _limit_sentence(run: Run, panel: Panel) -> str:
    found = limit(run, panel)
    if found.value is None:
        return ""
    return f"The limit, {LIMIT} on one .npy file: {escape(time_text(found, panel))} per {panel.per}."


def _ours_first(panel: Panel, readers: Iterable[str]) -> list[str]:
    """Return ours, which the page is about, before the others: a phone shows two columns."""
    return sorted(readers, key=lambda reader: not panel.ours(reader))


def _head(panel: Panel, reader: str) -> str:
    mark = " bz-bench-ours" if panel.ours(reader) else ""
    return (
        f'<th scope="col" class="num{mark}" data-bz-series="{slug_of(reader)}">'
        f"{escape(series_name(panel, reader))}</th>"
    )


def _ratio_row(line: Line) -> str:
    panel = line.workload
    cells = "".join(
        _ratio_cell(line, reader, line.cells[reader]) for reader in _ours_first(panel, line.cells)
    )
    verdict = ""
    if panel.baseline:
        text = escape(verdict_text(line.ours_against(panel.baseline), panel))
        verdict = f'<td class="num bz-bench-verdict">{text}</td>'
    name = escape(group_name(panel, line.layout) or panel.short)
    return f'<tr><th scope="row">{name}</th>{cells}{verdict}</tr>'


def _ratio_cell(line: Line, reader: str, found: Measurement) -> str:
    ratio = line.to_best(reader)
    ours = line.workload.ours(reader)
    marks = "num" + (" bz-bench-ours" if ours else "") + (" bz-bench-best" if ratio == 1 else "")
    series = f' data-bz-series="{slug_of(reader)}"'
    if ratio is None:
        return f'<td class="{marks}"{series}>{null(found.state)}</td>'
    text = escape(time_text(found, line.workload))
    return f'<td class="{marks}"{series}><b>{ratio_text(ratio)}&#8239;×</b><br><small>{text}</small></td>'


def interval_table(run: Run, panel: Panel) -> str:
    """Return the table of every number of `panel` with its interval, a group of lines for each layout.

    Its attributes hold the numbers in full: scripts draw the chart from them.
    """
    body = "".join(_interval_rows(line) for line in lines(run, panel))
    unit = escape(panel.told_per)
    found = limit(run, panel)
    yardstick = (
        ""
        if found.value is None
        else f' data-bz-limit="{each(found.value, panel):.6g}" data-bz-limit-name="{LIMIT}"'
    )
    table = (
        f'<table class="bz-table bz-bench-intervals" id="table-{panel.slug}-{machine_id(run)}"{yardstick}>'
        '<thead><tr><th scope="col">Reader</th>'
        f'<th scope="col" class="num">{unit}</th><th scope="col" class="num">99 % interval</th>'
        '<th scope="col" class="num">to best</th><th scope="col" class="num bz-bench-samples">samples</th>'
        f"</tr></thead>{body}</table>"
    )
    label = f"{panel.title}: every number with its interval"
    return f"<details><summary>Every number with its interval</summary>{scroller(label, table)}</details>"


def _interval_rows(line: Line) -> str:
    panel = line.workload
    group = group_name(panel, line.layout)
    verdict = verdict_text(line.ours_against(panel.baseline), panel) if panel.baseline else ""
    rows = []
    if group:
        rows.append(f'<tr><th scope="rowgroup" colspan="5">{escape(group)}</th></tr>')
    for reader, found in line.cells.items():
        ours = panel.ours(reader)
        mark = ' class="bz-bench-ours"' if ours else ""
        full = reader_name(reader) if panel.series == "reader" else series_name(panel, reader)
        name = f'<th scope="row"{mark}>{escape(full)}</th>'
        ratio = line.to_best(reader)
        data = (
            f' data-bz-series="{slug_of(reader)}" data-bz-mark '
            f'data-name="{escape(series_name(panel, reader))}" '
            f'data-group="{escape(group)}" data-verdict="{escape(verdict)}" '
            f'data-state="{escape(found.state)}"'
            f' data-colour="{0 if ours else colour(reader)}"' + _data(found, panel)
        )
        if found.value is None or ratio is None:
            rows.append(f'<tr{data}>{name}<td class="num" colspan="4">{null(found.state)}</td></tr>')
            continue
        best = " bz-bench-best" if ratio == 1 else ""
        samples = "" if panel.quantity.counted else found.samples or 1
        rows.append(
            f'<tr{data}>{name}<td class="num">{precise(found, panel)}</td>'
            f'<td class="num">{escape(interval_text(found, panel))}</td>'
            f'<td class="num{best}"><b>{ratio_text(ratio)}&#8239;×</b></td>'
            f'<td class="num bz-bench-samples">{samples}</td></tr>'
        )
    return f"<tbody>{''.join(rows)}</tbody>"


def _data(found: Measurement, panel: Panel) -> str:
    if found.value is None:
        return ""
    exact = panel.quantity.counted or (found.samples <= 1 and found.low is None and found.high is None)
    named = {"value": found.value, "low": found.low, "high": found.high}
    text = "".join(f' data-{name}="{each(end, panel):.6g}"' for name, end in named.items() if end is not None)
    return text + (" data-exact" if exact else "")


def environment_facts(environment: Environment) -> str:
    """Return machine, versions, commit and age as a list of facts."""
    packages = ", ".join(f"{name} {version}" for name, version in environment.packages.items())
    changed = " with uncommitted changes" if environment.changed else ""
    facts = [
        ("Measured", day(environment.measured)),
        ("Machine", escape(environment.machine)),
        ("Processor", escape(f"{environment.cpu}, {environment.cores} cores, {environment.architecture}")),
        ("Memory", f"{environment.memory_bytes / 2**30:.1f} GiB"),
        ("System", escape(f"{environment.system} {environment.kernel}")),
        ("Python", escape(environment.python)),
        ("Packages", escape(packages)),
        ("Commit", f"<code>{escape(environment.commit[:12])}</code>{changed}"),
        ("Data", escape(data_text(environment))),
    ]
    items = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts)
    return f'<dl class="bz-facts">{items}</dl>'


def data_text(environment: Environment) -> str:
    """Return the array that was read, in words."""
    data = environment.data
    return (
        f"{data.rows:,} × {data.columns:,} {data.dtype}, chunks of {data.chunk_rows:,} rows, "
        f"{environment.scale} scale"
    )


def command_block(identifier: str, command: str, *, small: bool = False) -> str:
    """Return a command with a button that copies it; without scripts the button stays hidden."""
    size = " bz-bench-command--small" if small else ""
    # On the code, not on the pre: the theme's script gives every pre an id of its own.
    return (
        f'<div class="bz-bench-command{size}"><pre><code id="{identifier}">{escape(command)}</code></pre>'
        f'<button type="button" class="bz-copy" data-bz-copy="#{identifier}" hidden>Copy</button></div>'
    )


def machine_id(run: Run) -> str:
    """Return the machine, and the scale where it is not the full one, as part of an id."""
    scale = run.environment.scale
    name = run.environment.machine.replace(".", "-")
    return name if scale == "full" else f"{name}-{scale}"
