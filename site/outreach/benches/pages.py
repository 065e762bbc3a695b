"""The benchmark pages: dashboard, workloads, history and downloads, from the committed results."""

from dataclasses import dataclass

from outreach.benches import downloads
from outreach.benches.current import newest
from outreach.benches.dashboard import dashboard, no_results
from outreach.benches.history import history_of
from outreach.benches.history_page import history_page
from outreach.benches.losses import read_curves
from outreach.benches.quantities import ratio_text
from outreach.benches.results import read_results
from outreach.benches.tables import headline, spread, statement
from outreach.benches.workload_page import workload_page
from outreach.benches.workloads import WORKLOADS
from outreach.console import progress
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
    spread : str
        How that comparison ends in all layouts; empty where only one is compared.
    machine : str
        What the ratio holds for: processor, cores, where the data lay, and the scale where it is not the
        full one; empty without results.
    measured : str
        ISO date, empty without results.
    url : str
        Address of the dashboard, relative to the root of the site.
    """

    headline: str
    statement: str
    ratio: float | None
    spread: str
    machine: str
    measured: str
    url: str = "benchmarks/"


def generate_benchmarks(project: Project, output: Output) -> BenchmarkFacts:
    """Plan the pages and downloads in `output`; return the facts for the home page.

    What is wrong with files of results is told on stderr and on the dashboard, and left out.
    """
    found = read_results(project)
    for problem in found.problems:
        progress.print(f"  left out  {problem}", markup=False, soft_wrap=True)
    runs = newest(found.runs)
    output.add("results.csv", downloads.as_csv(runs))
    output.add("results.json", downloads.as_json(runs))
    if not runs:
        nothing = "No benchmark results in this checkout"
        about = "No results in this checkout."
        output.add("index.md", _page("Benchmarks", about, no_results(found.problems)))
        for slug, title in (*((one.slug, one.title) for one in WORKLOADS), ("history", "History")):
            output.add(f"{slug}/index.md", _page(title, about, no_results()))
        return BenchmarkFacts(nothing, nothing, None, "", "", "")
    text, ratio = headline(runs[0])
    about = f"{text}."
    body = dashboard(runs, found.runs, found.problems, read_curves(project))
    output.add("index.md", _page("Benchmarks", about, body))
    for workload in WORKLOADS:
        body = workload_page(runs, found.runs, workload)
        output.add(f"{workload.slug}/index.md", _page(workload.title, workload.question, body))
    body = history_page(history_of(runs[0], found.runs))
    output.add(
        "history/index.md", _page("History of the benchmarks", "What changed, commit by commit.", body)
    )
    environment = runs[0].environment
    rounded = None if ratio is None else float(ratio_text(ratio).replace(",", ""))
    cores = f"{environment.cores} core{'' if environment.cores == 1 else 's'}"
    scale = "" if environment.scale == "full" else f", {environment.scale} scale"
    machine = f"{environment.cpu}, {cores}, files already in memory{scale}"
    return BenchmarkFacts(
        headline=text,
        statement=statement(runs[0]),
        ratio=rounded,
        spread=spread(runs[0]),
        machine=machine,
        measured=environment.measured,
    )


def _page(title: str, about: str, body: str) -> str:
    description = f"{about} Readers of Zarr arrays compared: values checked, machine and command stated."
    return page(title, description, body, hide=("navigation", "toc"))
