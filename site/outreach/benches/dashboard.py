"""The dashboard: what was found, drawn first; then the table, the losses, the machine, the command."""

from outreach.benches.charts import chart
from outreach.benches.parts import (
    command_block,
    day,
    environment_facts,
    machine_id,
    null,
    ratio_table,
    scroller,
)
from outreach.benches.results import Run, State
from outreach.benches.tables import (
    Line,
    factor_interval_text,
    headline,
    lines,
    no_gain,
    ratio_text,
    time_text,
    verdict_text,
)
from outreach.benches.verdict import SMALLEST_FACTOR, Comparison, Verdict
from outreach.benches.workloads import (
    BASELINE,
    MINIBATCH,
    OURS,
    ROW_BY_ROW,
    SLAB,
    WORKLOADS,
    layout_name,
    short_name,
)
from outreach.html import escape

MEASURE = "uv run outreach bench run"

UNDIVIDED = "where a chunk cannot be read in parts (zstd or gzip without Blosc or sharding)"
NEVER_MEASURED = (
    "where a chunk is a single Blosc block",
    "where the working set fits into a cache of decoded chunks",
)


def no_results() -> str:
    """Return the body of a page for a checkout without results."""
    return (
        "<h1>Benchmarks</h1><p>This checkout holds no results. One command measures on your machine; "
        f"a first look takes about 4 minutes:</p>{command_block('bench-command', MEASURE + ' --quick')}"
    )


def dashboard(runs: list[Run]) -> str:
    """Return the body of the dashboard; the first of `runs` in full, the others folded below it."""
    first = runs[0]
    parts = [
        "<h1>Benchmarks</h1>",
        _lead(first),
        _figure(first),
        '<h2 id="ratios">Ratio to the fastest</h2>',
        ratio_table(first, MINIBATCH),
        _legend(first),
        '<p><a href="rows/">Random rows in detail</a>: row by row, consecutive rows, intervals, method.</p>',
        f'<h2 id="losses">Where zarr_partial loses or gains nothing</h2>{_losses(first)}',
        f'<h2 id="environment">Measured on</h2>{environment_facts(first.environment)}',
        _reproduce(first),
        _downloads(),
        _others(runs[1:]),
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
        elif comparison.verdict is Verdict.UNCLEAR:
            value = "<b>–</b><span>no clear difference</span>"
        else:
            factor = comparison.ratio if comparison.verdict is Verdict.FASTER else 1 / (comparison.ratio or 1)
            bounds = factor_interval_text(comparison)
            value = (
                f"<b>{ratio_text(factor or 1)}&#8239;×</b><span>{comparison.verdict}"
                f"{f', {bounds}' if bounds else ''}</span>"
            )
        figures.append(f"<li><span>{name}</span>{value}</li>")
    return (
        f'<p class="bz-bench-headline">{escape(headline(run)[0])}.</p>'
        f'<ul class="bz-bench-figures" aria-label="zarr_partial against zarr’s default pipeline">'
        f"{''.join(figures)}</ul>"
        '<p class="bz-bench-when">'
        "zarr_partial against zarr’s default pipeline, 256 random rows in one call. "
        f"Measured {day(run.environment.measured)} on {escape(run.environment.cpu)}, "
        f"{run.environment.cores} cores.</p>"
    )


def _figure(run: Run) -> str:
    drawing = chart(run, MINIBATCH, f"chart-{MINIBATCH.slug}-{machine_id(run)}")
    if not drawing:
        return ""
    return (
        f'<figure class="bz-figure">{drawing}<figcaption>'
        f"Time per row of {escape(MINIBATCH.title)}, each tick ten times the one before it. "
        "The bar through a mark is the 99 % interval of the median. "
        "Right: zarr_partial against zarr’s default pipeline. "
        "Page cache warm, array open.</figcaption></figure>"
    )


def _legend(run: Run) -> str:
    """Explain the nulls that stand in the tables; nothing where there are none."""
    met = {
        found.state
        for workload in WORKLOADS
        for line in lines(run, workload)
        for found in line.cells.values()
    }
    meanings = {
        State.SKIPPED: "the reader is not installed or cannot read this layout",
        State.FAILED: "the reader ended with an error or returned wrong values",
        State.MISSING: "the suite has it, this run does not",
    }
    items = [f"<li>{null(state)} {meaning}</li>" for state, meaning in meanings.items() if state in met]
    return f'<ul class="bz-bench-legend">{"".join(items)}</ul>' if items else ""


def _losses(run: Run) -> str:
    cases = no_gain(run)
    total = sum(
        1
        for workload in WORKLOADS
        for line in lines(run, workload)
        if line.cells.get(OURS) is not None
        and line.cells[OURS].value is not None
        and line.best_other is not None
    )
    rule = (
        f"Compared with the fastest other reader in {total} cases: "
        f"{MINIBATCH.title}, {ROW_BY_ROW.title}, and {SLAB.title}, each in every layout. "
        "A reader is faster when the 99 % intervals do not touch and the medians differ by a factor of "
        f"{SMALLEST_FACTOR} or more."
    )
    if not total:
        found = "zarr_partial has no number in this run."
    elif not cases:
        found = f"{rule} zarr_partial is faster in all of them."
    else:
        found = f"{rule} zarr_partial is not faster in {len(cases)} of them:"
    table = _loss_table(cases) if cases else ""
    return f"<p>{escape(found)}</p>{table}<p>{escape(_not_measured(run))}</p>"


def _not_measured(run: Run) -> str:
    """Return where else there is nothing to gain, of which this run has no number."""
    unmeasured = "zstd" not in run.values(MINIBATCH.benchmark, "layout")
    places = [UNDIVIDED, *NEVER_MEASURED] if unmeasured else list(NEVER_MEASURED)
    count = {2: "two", 3: "three"}[len(places)]
    comma = "," if len(places) > 2 else ""
    return (
        f"Partial reading also has nothing to give {', '.join(places[:-1])}{comma} and {places[-1]}. "
        f"The suite does not measure these {count}."
    )


def _loss_table(cases: list[tuple[Line, str, Comparison]]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(line.workload.short)}<br>'
        f"<small>{escape(layout_name(line.layout))}</small></th>"
        f'<td class="num">{escape(time_text(line.cells[OURS], line.workload))}</td>'
        f'<td class="num">{escape(time_text(line.cells[other], line.workload))}'
        f"<br><small>{escape(short_name(other))}</small></td>"
        f'<td class="num bz-bench-verdict">{escape(verdict_text(comparison))}</td></tr>'
        for line, other, comparison in cases
    )
    return scroller(
        "Cases in which zarr_partial is not faster, microseconds per row",
        '<table class="bz-table bz-bench-losses"><thead><tr><th scope="col">Read</th>'
        '<th scope="col" class="num bz-bench-ours">zarr_partial</th>'
        '<th scope="col" class="num">best other</th><th scope="col" class="num">verdict</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>",
    )


def _reproduce(run: Run) -> str:
    return (
        '<h2 id="reproduce">Measure it yourself</h2>'
        "<p>From a clone of this repository, with the packages of its environment:</p>"
        f"{command_block('bench-command', run.environment.command)}"
        "<p>The run checks every value it reads, stores nothing if anything fails, and writes its results "
        "and your machine’s facts, without your name, host or folders, to <code>benchmarks/</code>. "
        f"A first look on a tenth of the data: <code>{MEASURE} --quick</code>; "
        "the tables in a terminal: <code>uv run outreach bench show</code>.</p>"
    )


def _downloads() -> str:
    return (
        '<h2 id="downloads">Every number</h2><p>'
        '<a href="results.csv" download>CSV</a> and <a href="results.json" download>JSON</a>: '
        "all machines, with intervals; what has no number says why.</p>"
    )


def _others(runs: list[Run]) -> str:
    if not runs:
        return ""
    folded = "".join(
        '<details class="bz-bench-machine">'
        f"<summary>{escape(run.environment.machine)}: {escape(headline(run)[0])}</summary>"
        f"{_figure(run)}{ratio_table(run, MINIBATCH)}{environment_facts(run.environment)}</details>"
        for run in runs
    )
    return (
        '<h2 id="machines">Other machines</h2>'
        "<p>Each compares readers with each other on one machine. "
        f"Times of different machines are not compared.</p>{folded}"
    )
