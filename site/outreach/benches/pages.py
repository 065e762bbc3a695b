"""The benchmark pages: dashboard, workload page and downloads, from the newest committed results."""

from dataclasses import dataclass

from outreach.benches import downloads
from outreach.benches.current import current_runs
from outreach.benches.dashboard import dashboard, no_results
from outreach.benches.results import Run
from outreach.benches.tables import headline, ratio_text, statement
from outreach.benches.workload_page import workload_page
from outreach.html import page
from outreach.paths import Project
from outreach.writing import Output


@dataclass(frozen=True, slots=True)
class BenchmarkFacts:
    """What the home page says about the benchmarks.

    Attributes
    ----------
    headline : str
        One sentence without its full stop.
    statement : str
        The rest of that sentence where `ratio` stands beside it in large type, so that nothing is said twice;
        the headline itself where there is no ratio or zarr_partial is not faster.
    ratio : float or None
        Speed of zarr_partial over zarr's default pipeline, to two figures; None where either has no number.
    machine : str
        Name of the machine.
    measured : str
        ISO date, empty without results.
    url : str
        Address of the dashboard, relative to the root of the site.
    """

    headline: str
    statement: str
    ratio: float | None
    machine: str
    measured: str
    url: str = "benchmarks/"


def generate_benchmarks(project: Project, output: Output) -> BenchmarkFacts:
    """Plan the pages and downloads in `output`; return the facts for the home page.

    Raises
    ------
    ProblemsError
        If a results file is broken.
    """
    runs = current_runs(project)
    output.add("index.md", _page("Benchmarks", runs, dashboard(runs) if runs else no_results()))
    output.add("rows/index.md", _page("Random rows", runs, workload_page(runs) if runs else no_results()))
    output.add("results.csv", downloads.as_csv(runs))
    output.add("results.json", downloads.as_json(runs))
    if not runs:
        nothing = "No benchmark results in this checkout"
        return BenchmarkFacts(nothing, nothing, None, "", "")
    text, ratio = headline(runs[0])
    environment = runs[0].environment
    rounded = None if ratio is None else float(ratio_text(ratio).replace(",", ""))
    return BenchmarkFacts(text, statement(runs[0]), rounded, environment.machine, environment.measured)


def _page(title: str, runs: list[Run], body: str) -> str:
    about = f"{headline(runs[0])[0]}." if runs else "No results in this checkout."
    description = f"{about} Readers of Zarr arrays compared: values checked, machine and command stated."
    return page(title, description, body, hide=("navigation", "toc"))
