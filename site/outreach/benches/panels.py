"""What a page of the dashboard is made of: workloads, and panels of numbers that stand beside each other."""

from dataclasses import dataclass

from outreach.benches.names import BASELINE, is_ours
from outreach.benches.quantities import TIME, Quantity

type Fixed = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart and its table: a benchmark of the suite at fixed parameters.

    Attributes
    ----------
    series : str or None
        The parameter whose values stand beside each other, mostly readers; None for a single number.
    groups : str or None
        The parameter with a group of marks for each value, mostly layouts; None for one group.
    count, per : int and str
        What one timed call or loop delivers, so that times are told for one: 256 and "row".
    baseline : str or None
        The value of `series` that verdicts stand against; None for none.
    limit : tuple or None
        Benchmark and parameters of the yardstick.
    judged : bool
        Whether readers compete here, so that the panel counts among gains and losses.
    all_ours : bool
        Whether every number is of zarr_partial.
    """

    slug: str
    title: str
    short: str
    benchmark: str
    about: str = ""
    series: str | None = "reader"
    groups: str | None = "layout"
    fixed: Fixed = ()
    quantity: Quantity = TIME
    count: int = 1
    per: str = ""
    baseline: str | None = BASELINE
    limit: tuple[str, Fixed] | None = None
    judged: bool = True
    all_ours: bool = False

    def ours(self, reader: str) -> bool:
        """Say whether the number of `reader` is one of zarr_partial."""
        return self.all_ours or is_ours(reader)

    @property
    def command(self) -> str:
        """The command that measures this panel, and what shares its class."""
        return f"uv run outreach bench run --only {self.benchmark.split('.')[1]}"

    @property
    def told_per(self) -> str:
        """What the number is of, in words: "time per row"."""
        return f"{self.quantity.label} per {self.per}" if self.per else self.quantity.label


@dataclass(frozen=True, slots=True)
class Workload:
    """One page: a question that a visitor brings, and the panels that answer it.

    Attributes
    ----------
    fair : str
        What makes the comparison fair, or limits it.
    """

    slug: str
    title: str
    question: str
    panels: tuple[Panel, ...]
    fair: str = ""

    @property
    def command(self) -> str:
        """The command that measures the page."""
        classes = dict.fromkeys(panel.benchmark.split(".")[1] for panel in self.panels)
        return f'uv run outreach bench run --only "{"|".join(classes)}"'
