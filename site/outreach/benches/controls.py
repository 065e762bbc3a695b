"""The controls of the charts of a page: the axis, and which readers to show. For those with scripts."""

from outreach.benches.charts import series_name
from outreach.benches.panels import Panel
from outreach.benches.parts import slug_of
from outreach.benches.results import Run
from outreach.html import escape

# Of other parameters, such as threads, every value is worth seeing.
READERS = ("reader", "pipeline", "loader", "format")


def controls(run: Run, panels: tuple[Panel, ...]) -> str:
    """Return the form, which scripts show; nothing where there are no charts."""
    if not any(panel.benchmark in run.benchmarks for panel in panels):
        return ""
    names: dict[str, str] = {}
    for panel in panels:
        if panel.series in READERS and not panel.all_ours:
            for reader in run.values(panel.benchmark, panel.series):
                names.setdefault(slug_of(reader), series_name(panel, reader))
    readers = "".join(
        f'<label><input type="checkbox" name="reader" value="{slug}">{escape(name)}</label>'
        for slug, name in names.items()
    )
    chosen = f"<fieldset><legend>Only these readers</legend>{readers}</fieldset>" if len(names) > 1 else ""
    return (
        '<form class="bz-filter bz-bench-controls" data-bz-charts hidden><fieldset><legend>Axis</legend>'
        '<label><input type="radio" name="axis" value="log" checked>log</label>'
        '<label><input type="radio" name="axis" value="linear">linear</label></fieldset>'
        f'{chosen}<button type="reset">Reset</button></form>'
    )
