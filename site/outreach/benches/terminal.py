"""The tables of the dashboard in a terminal."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from outreach.benches.results import Run
from outreach.benches.tables import headline, limit, lines, ratio_text, time_text, verdict_text
from outreach.benches.workloads import BASELINE, LIMIT, OURS, WORKLOADS, Workload, layout_name, short_name


def print_tables(runs: list[Run], console: Console | None = None) -> None:
    """Print, for each machine, one table a workload: time per row, and the ratio to the fastest reader."""
    out = console or Console(highlight=False)
    for run in runs:
        environment = run.environment
        out.print(f"[bold]{headline(run)[0]}[/bold]")
        out.print(
            f"{environment.machine} ({environment.cpu}), commit {environment.commit[:8]}, "
            f"measured {environment.measured}, {environment.scale} scale"
        )
        for workload in WORKLOADS:
            out.print(_table(run, workload))
            found = limit(run, workload)
            if found.value is not None:
                out.print(f"the limit, {LIMIT}: {time_text(found, workload)} per row", end="\n\n")


def _table(run: Run, workload: Workload) -> Table:
    table = Table(
        title=f"{workload.title}: µs per row, ratio to the fastest", title_justify="left", box=SIMPLE_HEAD
    )
    readers = run.values(workload.benchmark, "reader")
    table.add_column("layout", no_wrap=True)
    for reader in readers:
        style = "bold magenta" if reader == OURS else ""
        table.add_column(short_name(reader), justify="right", style=style, no_wrap=True)
    table.add_column(f"against {short_name(BASELINE)}", justify="right")
    for line in lines(run, workload):
        cells = []
        for reader, found in line.cells.items():
            ratio = line.to_best(reader)
            times = time_text(found, workload).removesuffix(" µs")
            cells.append(times if ratio is None else f"{times}  {ratio_text(ratio)} ×")
        table.add_row(layout_name(line.layout), *cells, verdict_text(line.ours_against(BASELINE)))
    return table
