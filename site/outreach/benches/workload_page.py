"""The workload page: what is measured and how, with every number and its interval."""

from outreach.benches.charts import chart
from outreach.benches.parts import (
    command_block,
    day,
    interval_table,
    machine_id,
    scroller,
)
from outreach.benches.results import Run
from outreach.benches.tables import stored_bytes
from outreach.benches.verdict import SMALLEST_FACTOR
from outreach.benches.workloads import (
    MINIBATCH,
    RANDOM_ROWS,
    ROW_BY_ROW,
    SLAB,
    Workload,
    layout_name,
)
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

ABOUT = {
    MINIBATCH: "A training loop asks for a shuffled batch: 256 rows from all over the array, in one call.",
    ROW_BY_ROW: "The same 256 rows, asked for one at a time, as a Dataset with __getitem__ does. "
    "No call can help another, and what a call costs before it reads anything counts in full.",
    SLAB: "Rows that follow each other, from anywhere. Nearly every byte of the chunks is wanted, "
    "so reading parts of them has little to spare: this is where partial reading should not lose.",
}


def workload_page(runs: list[Run]) -> str:
    """Return the body of the page, for the first of `runs`."""
    run = runs[0]
    sections = "".join(_section(run, workload, about) for workload, about in ABOUT.items())
    others = (
        f"<p>The numbers here are of {escape(run.environment.machine)}; those of other machines are on the "
        '<a href="../">dashboard</a> and in the downloads.</p>'
        if len(runs) > 1
        else ""
    )
    return (
        '<p class="bz-bench-up"><a href="../">Benchmarks</a></p><h1>Random rows</h1>'
        f'<p class="bz-bench-headline">{escape(_array(run))}</p>'
        f"<p>Measured {day(run.environment.measured)} on {escape(run.environment.cpu)}, "
        f"{run.environment.cores} cores. "
        f"How it is measured, and how to read it, stands at the end.</p>{others}"
        f"{sections}{_method(run)}{_reading()}{_reproduce()}"
    )


def _array(run: Run) -> str:
    data = run.environment.data
    return f"Rows of {data.columns:,} {data.dtype} values, from an array of {data.rows:,} rows."


def _section(run: Run, workload: Workload, about: str) -> str:
    drawing = chart(run, workload, f"chart-{workload.slug}-{machine_id(run)}")
    figure = (
        f'<figure class="bz-figure">{drawing}<figcaption>{escape(workload.title)}: time per row. '
        "Right: zarr_partial against zarr’s default pipeline.</figcaption></figure>"
        if drawing
        else "<p>Not measured in this run.</p>"
    )
    return (
        f'<h2 id="{workload.slug}">{escape(workload.title)}</h2><p>{escape(about)}</p>{figure}'
        f"{interval_table(run, workload)}"
    )


def _method(run: Run) -> str:
    return (
        '<h2 id="method">What is measured</h2>'
        f"{scroller('Layouts of the array', _layouts(run))}"
        "<ul>"
        "<li>The rows are counts, Poisson with mean 0.8, from a fixed seed: codecs have real work, "
        "and no run of zeros flatters anyone.</li>"
        "<li>Every timed call asks for new rows, drawn from a seeded generator, the same for every reader. "
        "No cache of decoded data gets lucky, and none is switched on.</li>"
        "<li>The page cache is warm and the array is open. "
        "The first read from a cold disk, and opening, are other questions.</li>"
        "<li>The values are checked against the source, which no reader wrote: "
        "before the first timed call on other rows, and after every timed call. "
        "A wrong reader has no number.</li>"
        "<li>Each reader runs in processes of its own, one combination at a time; "
        "zarr’s pipelines are chosen by its own configuration, no reader keeps decoded chunks, "
        "all other settings are the defaults.</li>"
        "<li>The limit is numpy.memmap on one .npy file with the same rows: "
        "no chunks, no codec, no metadata. "
        "Its single rows are copied, because a view that nobody touched is no read.</li>"
        "</ul>"
    )


def _layouts(run: Run) -> str:
    rows = []
    for layout in run.values(RANDOM_ROWS, "layout"):
        size = stored_bytes(run, layout)
        text = "not measured" if size is None else f"{size / 1e6:,.0f} MB"
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


def _reading() -> str:
    return (
        '<h2 id="reading">How to read it</h2>'
        "<p>Each number is the median of its samples; "
        "one sample is one timed call or loop, divided by the rows it delivered. "
        "The 99 % interval is that of the median, from the samples of this run. "
        "It does not know what another day or another machine would say: "
        "the same code has differed by up to 1.6 between runs. "
        "So a reader is called faster only when the intervals do not touch and the medians differ by a "
        f"factor of {SMALLEST_FACTOR} or more; anything less is no clear difference.</p>"
        "<p>Ratios travel better than times: "
        "compare readers within a line, not lines of different machines.</p>"
    )


def _reproduce() -> str:
    return (
        '<h2 id="reproduce">Measure it yourself</h2>'
        f"{command_block('rows-command', 'uv run outreach bench run --only RandomRows')}"
        "<p>Without <code>--only</code> the run also covers consecutive rows and sizes. "
        "The suite is plain asv in <code>benchmarks/suite</code>; its README shows <code>asv run</code>, "
        "<code>asv publish</code> and how to add a reader, a layout or a workload.</p>"
    )
