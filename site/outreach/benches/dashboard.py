"""The dashboard: what was found, drawn first; then the table, the losses, the machine, the command."""

from collections.abc import Mapping, Sequence
from typing import Any

from outreach.benches.charts import chart
from outreach.benches.history import Change, history_of, tracks
from outreach.benches.losses import losses
from outreach.benches.names import BASELINE, layout_name, short_name
from outreach.benches.overview import gains, summary
from outreach.benches.parts import (
    command_block,
    day,
    environment_facts,
    legend,
    machine_id,
    null,
    ratio_table,
    scroller,
    states_of,
)
from outreach.benches.quantities import ratio_text
from outreach.benches.results import Run, State
from outreach.benches.tables import factor_interval_text, has_numbers, headline, lines
from outreach.benches.verdict import Verdict
from outreach.benches.workload_page import answer
from outreach.benches.workloads import JUDGED, MINIBATCH, WORKLOADS
from outreach.html import escape
from outreach.reading import Problem

MEASURE = "uv run outreach bench run"
KEY = (
    '<ul class="bz-bench-key"><li class="faster">clearly faster</li>'
    '<li class="unclear">no clear difference, or one sample only</li>'
    '<li class="slower">clearly slower</li></ul>'
)


def no_results(problems: Sequence[Problem] = ()) -> str:
    """Return the body of a page for a checkout without results that can be shown."""
    return (
        "<h1>Benchmarks</h1><p>This checkout holds no results. One command measures on your machine; "
        "a first look takes about three minutes on two cores:</p>"
        f"{command_block('bench-command', MEASURE + ' --quick')}"
        f"{set_aside(problems)}"
    )


def dashboard(
    runs: Sequence[Run],
    everything: Sequence[Run],
    problems: Sequence[Problem],
    curves: Mapping[str, Any] | None,
) -> str:
    """Return the body of the dashboard; the first of `runs` in full, the others folded below it."""
    first = runs[0]
    parts = [
        "<h1>Benchmarks</h1>",
        _lead(first),
        _figure(first),
        '<h2 id="ratios">How far from the fastest</h2>',
        summary(first),
        legend(states_of(first, tuple(panel for _, panel in JUDGED))),
        f'<h2 id="workloads">Find your case</h2>{_workloads(first)}',
        f'<h2 id="losses">Where zarr_partial loses or gains nothing</h2>{losses(first, curves)}',
        _history(first, everything),
        f'<h2 id="environment">Measured on</h2>{environment_facts(first.environment)}',
        _reproduce(first),
        _downloads(),
        _others(runs[1:]),
        set_aside(problems),
    ]
    return "\n".join(part for part in parts if part)


def _lead(run: Run) -> str:
    """Return the first result in large type, and what the other layouts say in a line of figures."""
    figures = []
    for line in lines(run, MINIBATCH):
        comparison = line.ours_against(BASELINE)
        name = escape(layout_name(line.layout))
        lacking = line.lacking(BASELINE)
        if lacking is not None:
            value = f"<b>–</b><span>{escape(short_name(lacking[0]))}: {null(lacking[1])}</span>"
        elif comparison.verdict not in (Verdict.FASTER, Verdict.SLOWER):
            value = f"<b>–</b><span>{comparison.verdict}</span>"
        else:
            factor = comparison.ratio if comparison.verdict is Verdict.FASTER else 1 / (comparison.ratio or 1)
            bounds = factor_interval_text(comparison)
            value = (
                f"<b>{ratio_text(factor or 1)}&#8239;×</b><span>{comparison.verdict}"
                f"{f', {bounds}' if bounds else ''}</span>"
            )
        figures.append(f"<li><span>{name}</span>{value}</li>")
    return (
        "<p>Which reader of Zarr arrays, for which data and which access, and what does it gain or lose? "
        "Every number here was checked against the data it came from.</p>"
        f'<p class="bz-bench-headline">{escape(headline(run)[0])}.</p>'
        f'<ul class="bz-bench-figures" aria-label="zarr_partial against zarr’s default pipeline">'
        f"{''.join(figures)}</ul>"
        '<p class="bz-bench-when">'
        "zarr_partial against zarr’s default pipeline, 256 random rows in one call, by layout. "
        f"Measured {day(run.environment.measured)} on {escape(run.environment.cpu)}, "
        f"{run.environment.cores} cores.</p>"
    )


def _figure(run: Run) -> str:
    drawing = gains(run)
    if not drawing:
        return ""
    return (
        '<h2 id="gains">What is gained, and where it is lost</h2>'
        f'<figure class="bz-figure">{KEY}{drawing}<figcaption>'
        "Each square is one layout of the data: the speed of zarr_partial over that of the fastest other "
        "reader of the same layout. Clearly means that the 99 % intervals do not touch and the factor is 2 "
        "or more.</figcaption></figure>"
        f"{command_block('gains-command', run.environment.command)}"
    )


def _workloads(run: Run) -> str:
    rows = []
    for workload in WORKLOADS:
        measured = any(has_numbers(run, panel) for panel in workload.panels)
        found = escape(answer(run, workload)) if measured else null(State.MISSING)
        if measured and answer(run, workload) == workload.question:
            found = "Numbers without a contest."
        rows.append(
            f'<tr><th scope="row"><a href="{workload.slug}/">{escape(workload.title)}</a></th>'
            f"<td>{escape(workload.question)}</td><td>{found}</td></tr>"
        )
    table = (
        '<table class="bz-table bz-bench-index"><thead><tr><th scope="col">Page</th><th '
        'scope="col">Question</th>'
        f'<th scope="col">Answer</th></tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )
    return scroller("Pages of the benchmarks", table)


def _history(run: Run, everything: Sequence[Run]) -> str:
    history = history_of(run, everything)
    if len(history) < 2:
        told = "This is the only run of this machine and scale, so nothing can have changed."
    else:
        found = [track for _, panel in JUDGED for track in tracks(history, panel)]
        ours = [track for track in found if track.panel.ours(track.series)]
        changed = sum(any(one.is_change for one in track.judged) for track in ours)
        open_ones = sum(track.judged[-1].change is Change.UNCONFIRMED for track in ours)
        told = (
            f"{len(history)} runs of this machine. Of {len(ours)} numbers of zarr_partial {changed} "
            "changed for "
            f"good, and {open_ones} differ in the newest run, which the next one must confirm."
        )
    return f'<h2 id="history">History</h2><p>{escape(told)} <a href="history/">Commit by commit</a>.</p>'


def _reproduce(run: Run) -> str:
    return (
        '<h2 id="reproduce">Measure it yourself</h2>'
        "<p>From a clone of this repository, with the packages of its environment:</p>"
        f"{command_block('bench-command', run.environment.command)}"
        "<p>The run checks every value it reads, stores nothing if anything fails, and writes its results "
        "and your machine’s facts, without your name, host or folders, to <code>benchmarks/</code>. "
        f"A first look on a tenth of the data, in about three minutes: <code>{MEASURE} --quick</code>; "
        "the tables in a terminal: <code>uv run outreach bench show</code>; two runs beside each other: "
        "<code>uv run outreach bench compare A B</code>.</p>"
    )


def _downloads() -> str:
    return (
        '<h2 id="downloads">Every number</h2><p>'
        '<a href="results.csv" download>CSV</a> and <a href="results.json" download>JSON</a>: '
        "all machines, with intervals; what has no number says why.</p>"
    )


def _others(runs: Sequence[Run]) -> str:
    if not runs:
        return ""
    folded = "".join(
        '<details class="bz-bench-machine">'
        f"<summary>{escape(run.environment.machine)}, {run.environment.scale} scale: "
        f"{escape(headline(run)[0])}</summary>"
        f"{chart(run, MINIBATCH, f'chart-{MINIBATCH.slug}-{machine_id(run)}')}"
        f"{ratio_table(run, MINIBATCH)}{environment_facts(run.environment)}</details>"
        for run in runs
    )
    return (
        '<h2 id="machines">Other machines and quick looks</h2>'
        "<p>Each compares readers with each other on one machine. "
        f"Times of different machines are not compared.</p>{folded}"
    )


def set_aside(problems: Sequence[Problem]) -> str:
    """Return what is wrong with files of results, which the pages leave out; nothing where all is well."""
    if not problems:
        return ""
    items = "".join(
        f"<li><code>{escape(problem.file)}</code> <b>{escape(problem.field)}</b> "
        f"{escape(problem.message)}</li>"
        for problem in problems
    )
    return (
        f'<h2 id="set-aside">Left out</h2><p>{len(problems)} thing{"" if len(problems) == 1 else "s"} in the '
        "results cannot be shown; all else is above. <code>uv run outreach bench check</code> says the "
        "same.</p>"
        f'<ul class="bz-bench-problems">{items}</ul>'
    )
