"""The table of targets as Markdown: what was asked of zarr_partial, what was measured, met or missed."""

from collections.abc import Iterable
from dataclasses import dataclass

from .race import Ratio

HEAD = (
    "| read | layout | at most | measured | 95 % interval | zarr_partial | against | |\n"
    "| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    against : str
        What the ratio is to.
    at_most : float
        The target, in `unit` like `found`.
    ours, theirs : str
        What the ratio was made of, with its unit; empty where there is no ratio.
    """

    what: str
    layout: str
    against: str
    at_most: float
    found: Ratio
    ours: str
    theirs: str
    unit: str = "×"

    @property
    def met(self) -> bool:
        """Whether the median keeps to the target."""
        return self.found.value <= self.at_most


def line(row: Row) -> str:
    """Return the row in Markdown."""
    single = row.found.low == row.found.high
    interval = "" if single else f"{figures(row.found.low)} to {figures(row.found.high)}"
    verdict = "met" if row.met else "**missed**"
    cells = [
        row.what,
        row.layout,
        f"{figures(row.at_most)} {row.unit}",
        f"{figures(row.found.value)} {row.unit}",
        interval,
        row.ours,
        f"{row.theirs} {row.against}".strip(),
        verdict,
    ]
    return f"| {' | '.join(cells)} |"


def markdown(rows: Iterable[Row]) -> str:
    """Return all rows as one table, and how many of them are met."""
    listed = list(rows)
    met = sum(row.met for row in listed)
    lines = [HEAD, *map(line, listed), "", f"{met} of {len(listed)} met."]
    return "\n".join(lines) + "\n"


def figures(value: float) -> str:
    """Return a number with the figures worth reading."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def seconds_text(seconds: float) -> str:
    """Return a time with a unit that fits."""
    for size, unit in ((1, "s"), (1e-3, "ms")):
        if seconds >= size:
            return f"{figures(seconds / size)} {unit}"
    return f"{figures(seconds * 1e6)} µs"


def bytes_text(count: float) -> str:
    """Return bytes in MiB."""
    return f"{figures(count / 2**20)} MiB"
