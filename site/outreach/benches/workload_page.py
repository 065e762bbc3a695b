"""The page of one workload: its question, charts and tables, its history, how it is measured."""

from collections.abc import Sequence

from outreach.benches.charts import series_name
from outreach.benches.controls import controls
from outreach.benches.history import history_of
from outreach.benches.history_page import charts
from outreach.benches.names import layout_name
from outreach.benches.panels import Panel, Workload
from outreach.benches.parts import (
    command_block,
    day,
    figure,
    interval_table,
    legend,
    null,
    ratio_table,
    scroller,
    states_of,
)
from outreach.benches.quantities import ratio_text
from outreach.benches.results import Run, State
from outreach.benches.tables import has_numbers, headline, lines, stored_bytes, verdict_text
from outreach.benches.verdict import SMALLEST_FACTOR, Verdict
from outreach.benches.workloads import MINIBATCH
from outreach.html import escape

STORAGE = {
    "raw": "no compressor: the bytes of a chunk are its elements",
    "blosc-lz4": "Blosc, lz4 level 5, byte shuffle",
    "blosc-zstd": "Blosc, zstd level 5, byte shuffle",
    "zstd": "zstd level 3: a chunk decodes whole or not at all",
    "sharded-zstd": "shards of the same size as the chunks, zstd level 3 inside",
    "sharded-raw": "shards of the same size as the chunks, no compressor inside",
    "sharded-blosc": "shards of the same size as the chunks, Blosc lz4 inside",
}


def workload_page(runs: Sequence[Run], everything: Sequence[Run], workload: Workload) -> str:
    """Return the body of the page, for the first of `runs`; `everything` holds the runs of its history."""
    run = runs[0]
    sections = "".join(_section(run, panel) for panel in workload.panels)
    others = (
        f"<p>The numbers here are of {escape(run.environment.machine)}; those of other machines and "
        "scales are "
        'on the <a href="../">dashboard</a> and in the downloads.</p>'
        if len(runs) > 1
        else ""
    )
    told = answer(run, workload)
    question = "" if told == workload.question else f"{escape(workload.question)} "
    return (
        f'<p class="bz-bench-up"><a href="../">Benchmarks</a></p><h1>{escape(workload.title)}</h1>'
        f'<p class="bz-bench-headline">{escape(told)}</p>'
        f"<p>{question}Measured {day(run.environment.measured)} on "
        f'{escape(run.environment.cpu)}, {run.environment.cores} cores; <a href="#method">how it is '
        "measured</a> "
        f"stands at the end.</p>{others}{controls(run, workload.panels)}"
        f"{legend(states_of(run, workload.panels))}{sections}{_history(run, everything, workload)}"
        f"{_method(run, workload)}{_reproduce(workload)}"
    )


def answer(run: Run, workload: Workload) -> str:
    """Return the first thing to say: the best and the worst case of the first panel that has numbers."""
    if workload.panels[0] == MINIBATCH:
        return f"{headline(run)[0]}."
    for panel in workload.panels:
        if not panel.judged or not has_numbers(run, panel):
            continue
        drawn = lines(run, panel)
        other = [(line.ours_against(line.best_other), line) for line in drawn if line.best_other]
        faster = sum(comparison.verdict is Verdict.FASTER for comparison, _ in other)
        slower = sum(comparison.verdict is Verdict.SLOWER for comparison, _ in other)
        known = [(comparison, line) for comparison, line in other if comparison.ratio is not None]
        if not known:
            continue
        best = max(known, key=lambda pair: pair[0].ratio or 0)[0]
        worst = min(known, key=lambda pair: pair[0].ratio or 0)[0]
        quantity = panel.quantity
        if len(known) == 1:
            other_name = series_name(panel, known[0][1].best_other or "")
            return f"zarr_partial beside the best other, {other_name}: {verdict_text(best, panel)}."
        if all(comparison.verdict is Verdict.SINGLE for comparison, _ in known):
            low, high = (ratio_text(one.ratio or 0) for one in (worst, best))
            return f"zarr_partial has {low} to {high} × the best other: one sample each, so no verdict."
        told = [
            f"zarr_partial is clearly {quantity.better} than every other reader in {faster} of {len(other)}",
            f" layouts, clearly {quantity.worse} than the best in {slower or 'none'}.",
        ]
        if best.verdict is Verdict.FASTER:
            told.append(f" At best {verdict_text(best, panel)}.")
        if worst.verdict is Verdict.SLOWER:
            told.append(f" At worst {verdict_text(worst, panel)}.")
        return "".join(told)
    if any(has_numbers(run, panel) for panel in workload.panels):
        return workload.question
    return "Not measured in this run."


def _section(run: Run, panel: Panel) -> str:
    about = f"<p>{escape(panel.about)}</p>" if panel.about else ""
    numbers = ratio_table(run, panel) + interval_table(run, panel) if has_numbers(run, panel) else ""
    heading = f'<h2 id="{panel.slug}">{escape(panel.title)}</h2>'
    return f"<section>{heading}{about}{figure(run, panel)}{numbers}</section>"


def _history(run: Run, everything: Sequence[Run], workload: Workload) -> str:
    history = history_of(run, everything)
    panel = next((panel for panel in workload.panels if panel.judged and has_numbers(run, panel)), None)
    if panel is None or len(history) < 2:
        return ""
    return (
        f'<h2 id="history">History</h2>{charts(history, panel)}'
        '<p><a href="../history/">What counts as a change</a>, and all that changed.</p>'
    )


def _method(run: Run, workload: Workload) -> str:
    data = run.environment.data
    fair = f"<p>{escape(workload.fair)}</p>" if workload.fair else ""
    layouts = scroller("Layouts of the rows", _layouts(run)) if workload.slug in ("rows", "sizes") else ""
    return (
        '<h2 id="method">What is measured</h2>'
        f"<p>Rows of {data.columns:,} {data.dtype} values, from an array of {data.rows:,} rows; patches "
        "and series "
        "from a volume and a cube of their own.</p>"
        f"{fair}{layouts}<ul>"
        "<li>The data are made from a fixed seed: codecs have real work, and no run of zeros flatters "
        "anyone.</li>"
        "<li>Every timed call asks for other places, drawn from a seeded generator, the same for every "
        "reader. "
        "Unless a title says so, no reader keeps decoded chunks, the page cache is warm, and the array is "
        "open.</li>"
        "<li>The values are checked against the source, which no reader wrote: before the first timed "
        "call on "
        "other places, and after every timed call. A wrong reader has no number.</li>"
        "<li>Each reader runs in processes of its own, one combination at a time, with as many threads as it "
        "chooses, one per processor. zarr’s pipelines are chosen by its own configuration; all other "
        "settings "
        "are the defaults.</li>"
        "<li>Each number is the median of its samples, and the 99 % interval is that of the median, from the "
        "samples of this run. It does not know what another day or another machine would say: the same "
        "code has "
        "differed by up to 1.6 between runs. So a reader is called faster only when the intervals do not "
        "touch and "
        f"the medians differ by a factor of {SMALLEST_FACTOR} or more; anything less is no clear "
        "difference.</li>"
        "<li>Ratios travel better than times: compare readers within a line, not lines of different "
        "machines.</li>"
        "</ul>"
    )


def _layouts(run: Run) -> str:
    rows = []
    for layout in run.values(MINIBATCH.benchmark, "layout"):
        size = stored_bytes(run, layout)
        text = null(State.MISSING) if size is None else f"{size / 1e6:,.0f} MB"
        rows.append(
            f'<tr><th scope="row">{escape(layout_name(layout))}</th>'
            f'<td>{escape(STORAGE.get(layout, ""))}</td><td class="num">{text}</td></tr>'
        )
    data = run.environment.data
    return (
        '<table class="bz-table bz-bench-layouts"><caption>'
        f"Zarr v3. Chunks of {data.chunk_rows:,} × {data.columns:,}; "
        f"in shards, inner chunks of {data.inner_chunk_rows:,} × {data.columns:,}.</caption>"
        '<thead><tr><th scope="col">Layout</th><th scope="col">Stored as</th>'
        '<th scope="col" class="num">On disk</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _reproduce(workload: Workload) -> str:
    return (
        '<h2 id="reproduce">Measure it yourself</h2>'
        f"{command_block('page-command', workload.command)}"
        "<p>All of this page. Without <code>--only</code> the run covers everything. The suite is plain "
        "asv in "
        "<code>benchmarks/suite</code>; its README shows <code>asv run</code>, <code>asv publish</code> "
        "and how to "
        "add a reader, a layout or a workload.</p>"
    )
