"""Parts that both benchmark pages share, as HTML."""

from datetime import date

from outreach.benches.environment import Environment
from outreach.benches.results import Measurement, Run, State
from outreach.benches.tables import (
    Line,
    interval_text,
    limit,
    lines,
    microseconds,
    precise_text,
    ratio_text,
    time_text,
    verdict_text,
)
from outreach.benches.workloads import BASELINE, LIMIT, OURS, Workload, layout_name, reader_name, short_name
from outreach.html import escape

STALE_AFTER_DAYS = 180

# Each kind of "no number" looks and reads differently; the drawing is in benchmarks.css.
NULL_CLASSES = {State.SKIPPED: "skipped", State.FAILED: "failed", State.MISSING: "missing"}


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


def ratio_table(run: Run, workload: Workload) -> str:
    """Return the table of layouts and readers: ratio to the fastest of the line, and microseconds per row."""
    readers = run.values(workload.benchmark, "reader")
    heads = "".join(_reader_head(reader) for reader in readers)
    rows = "".join(_ratio_row(line) for line in lines(run, workload))
    note = (
        "Time against the fastest reader of the line, which has 1.0 ×; below it microseconds per row. "
        f"{_limit_sentence(run, workload)}"
    )
    table = (
        '<table class="bz-table bz-bench-ratios"><thead><tr><th scope="col">Layout</th>'
        f'{heads}<th scope="col" class="num">against {escape(short_name(BASELINE))}</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )
    label = f"{workload.title}: ratio to the fastest reader"
    return f'<p class="bz-bench-note">{note}</p>{scroller(label, table)}'


def _limit_sentence(run: Run, workload: Workload) -> str:
    found = limit(run, workload)
    if found.value is None:
        return ""
    return f"The limit, {LIMIT} on one .npy file: {escape(time_text(found, workload))} per row."


def _reader_head(reader: str) -> str:
    mark = " bz-bench-ours" if reader == OURS else ""
    return f'<th scope="col" class="num{mark}">{escape(short_name(reader))}</th>'


def _ratio_row(line: Line) -> str:
    cells = "".join(_ratio_cell(line, reader, found) for reader, found in line.cells.items())
    against = escape(verdict_text(line.ours_against(BASELINE)))
    layout = escape(layout_name(line.layout))
    return f'<tr><th scope="row">{layout}</th>{cells}<td class="num bz-bench-verdict">{against}</td></tr>'


def _ratio_cell(line: Line, reader: str, found: Measurement) -> str:
    ratio = line.to_best(reader)
    marks = "num" + (" bz-bench-ours" if reader == OURS else "") + (" bz-bench-best" if ratio == 1 else "")
    if ratio is None:
        return f'<td class="{marks}">{null(found.state)}</td>'
    time = escape(time_text(found, line.workload))
    return f'<td class="{marks}"><b>{ratio_text(ratio)}&#8239;×</b><br><small>{time}</small></td>'


def interval_table(run: Run, workload: Workload) -> str:
    """Return the table of every number of `workload` with its interval, a group of lines for each layout."""
    body = "".join(_interval_rows(line) for line in lines(run, workload))
    table = (
        '<table class="bz-table bz-bench-intervals"><thead><tr><th scope="col">Reader</th>'
        '<th scope="col" class="num">µs per row</th><th scope="col" class="num">99 % interval</th>'
        '<th scope="col" class="num">to fastest</th><th scope="col" class="num bz-bench-samples">samples</th>'
        f"</tr></thead>{body}</table>"
    )
    return scroller(f"{workload.title}: every number with its interval", table)


def _interval_rows(line: Line) -> str:
    rows = [f'<tr><th scope="rowgroup" colspan="5">{escape(layout_name(line.layout))}</th></tr>']
    for reader, found in line.cells.items():
        mark = ' class="bz-bench-ours"' if reader == OURS else ""
        name = f'<th scope="row"{mark}>{escape(reader_name(reader))}</th>'
        ratio = line.to_best(reader)
        if found.value is None or ratio is None:
            rows.append(f'<tr>{name}<td class="num" colspan="4">{null(found.state)}</td></tr>')
            continue
        time = precise_text(microseconds(found.value, line.workload))
        best = " bz-bench-best" if ratio == 1 else ""
        rows.append(
            f'<tr>{name}<td class="num">{time}</td>'
            f'<td class="num">{escape(interval_text(found, line.workload))}</td>'
            f'<td class="num{best}"><b>{ratio_text(ratio)}&#8239;×</b></td>'
            f'<td class="num bz-bench-samples">{found.samples}</td></tr>'
        )
    return f"<tbody>{''.join(rows)}</tbody>"


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


def command_block(identifier: str, command: str) -> str:
    """Return a command with a button that copies it; without scripts the button stays hidden."""
    # On the code, not on the pre: the theme's script gives every pre an id of its own.
    return (
        f'<div class="bz-bench-command"><pre><code id="{identifier}">{escape(command)}</code></pre>'
        f'<button type="button" class="bz-copy" data-bz-copy="#{identifier}" hidden>Copy</button></div>'
    )


def machine_id(run: Run) -> str:
    """Return the name of the machine as part of an id."""
    return run.environment.machine.replace(".", "-")
