"""The tables of the dashboard in a terminal."""

from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from outreach.benches.charts import group_name, series_name
from outreach.benches.comment import row_texts
from outreach.benches.compare import Pair
from outreach.benches.names import LIMIT
from outreach.benches.panels import Panel
from outreach.benches.quantities import ratio_text
from outreach.benches.results import Run
from outreach.benches.tables import has_numbers, headline, limit, lines, time_text, verdict_text
from outreach.benches.workloads import JUDGED


def print_tables(runs: Iterable[Run], console: Console | None = None) -> None:
    """Print, for each machine, a table for each way to read: the number, and the ratio to the best reader."""
    out = console or Console(highlight=False)
    for run in runs:
        environment = run.environment
        out.print(f"[bold]{headline(run)[0]}[/bold]")
        out.print(
            f"{environment.machine} ({environment.cpu}), commit {environment.commit[:8]}, "
            f"measured {environment.measured}, {environment.scale} scale"
        )
        for _, panel in JUDGED:
            if not has_numbers(run, panel):
                continue
            out.print(_table(run, panel))
            found = limit(run, panel)
            if found.value is not None:
                out.print(f"the limit, {LIMIT}: {time_text(found, panel)} per {panel.per}", end="\n\n")


def print_pairs(pairs: Iterable[Pair], console: Console | None = None) -> None:
    """Print numbers of two runs beside each other; nothing where there are none."""
    rows = [tuple(row_texts(pair.as_dict())) for pair in pairs]
    if not rows:
        return
    table = Table(box=SIMPLE_HEAD)
    for title in ("benchmark", "parameters", "before", "after", "verdict"):
        table.add_column(title, justify="right" if title in ("before", "after") else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    (console or Console(highlight=False)).print(table)


def _table(run: Run, panel: Panel) -> Table:
    title = f"{panel.title}: {panel.told_per}, ratio to the best"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    drawn = lines(run, panel)
    table.add_column("layout", no_wrap=True)
    for reader in drawn[0].cells:
        style = "bold magenta" if panel.ours(reader) else ""
        table.add_column(series_name(panel, reader), justify="right", style=style, no_wrap=True)
    if panel.baseline:
        table.add_column(f"against {series_name(panel, panel.baseline)}", justify="right")
    for line in drawn:
        cells = []
        for reader, found in line.cells.items():
            ratio, text = line.to_best(reader), time_text(found, panel)
            cells.append(text if ratio is None else f"{text}  {ratio_text(ratio)} ×")
        if panel.baseline:
            cells.append(verdict_text(line.ours_against(panel.baseline), panel))
        table.add_row(group_name(panel, line.layout) or panel.short, *cells)
    return table
