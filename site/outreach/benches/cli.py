"""`outreach bench`: measure, and look at what was measured."""

import json
import re
import shlex
import sys

import click

from outreach.benches.environment import SCHEMA
from outreach.errors import OutreachError
from outreach.groups import Commands
from outreach.paths import Project
from outreach.portable import mistake_in

MACHINE = re.compile(json.loads(SCHEMA.read_text("utf-8"))["properties"]["machine"]["pattern"])


@click.group(cls=Commands)
def bench() -> None:
    """Measure readers of Zarr arrays, and show the results.

    \b
    Examples:
      outreach bench run --quick      a first look, in three minutes
      outreach bench run              what the dashboard shows; leave the machine alone
      outreach bench show             the tables in the terminal
      outreach bench compare A B      two commits or two files of results beside each other
      outreach bench check            what is wrong with the results
      outreach bench targets          what zarr_partial may cost at most, met or missed
      outreach bench crossover        when reading whole chunks wins, in about 2 minutes
    """


def _pattern(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    try:
        re.compile(value)
    except re.error as error:
        raise click.BadParameter(f"expected a regular expression, found {value!r}: {error}") from error
    if "(" in value:
        # asv would match it against parameters and leave the other combinations looking skipped.
        raise click.BadParameter(f"expected a pattern for names of benchmarks, without '(', found {value!r}")
    return value


def _machine(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is not None and not MACHINE.match(value):
        raise click.BadParameter(
            f"expected lower-case letters, digits, dots, dashes such as linux-x86_64-8cores, found {value!r}"
        )
    mistake = None if value is None else mistake_in(value)
    if mistake:
        raise click.BadParameter(f"expected the name of a folder that every system takes, found {mistake}")
    return value


@bench.command()
@click.option("--quick", is_flag=True, help="A tenth of the data and less time for each number.")
@click.option("--only", metavar="PATTERN", callback=_pattern, help="Only benchmarks whose name matches.")
@click.option(
    "--machine", metavar="NAME", callback=_machine, help="Folder of the results; says nothing private."
)
@click.option("--json", "as_json", is_flag=True, help="Print what was stored as JSON.")
def run(quick: bool, only: str | None, machine: str | None, as_json: bool) -> None:
    """Run the asv suite with the installed packages and store its results in benchmarks/results.

    A run in which anything is missing or failed stores nothing and ends with exit code 1. The data (7 GB,
    with --quick 0.7 GB) are made once, in ZARR_PARTIAL_BENCH_DATA or your cache folder.

    \b
    Examples:
      outreach bench run --quick
      outreach bench run --only RandomRows
      outreach bench run --machine linux-x86_64-laptop
    """
    from outreach.benches.results import read_results
    from outreach.benches.runner import measure
    from outreach.benches.terminal import print_tables
    from outreach.console import progress

    project = Project.find()
    command = "uv run outreach bench run"
    command += " --quick" if quick else ""
    command += f" --only {shlex.quote(only)}" if only else ""
    stored = measure(project, scale="quick" if quick else "full", only=only, machine=machine, command=command)
    if as_json:
        result = {
            "results": project.relative(stored.path),
            "environment": stored.environment.as_dict(),
            "skipped": list(stored.skipped),
        }
        click.echo(json.dumps(result, indent=2, allow_nan=False))
    else:
        # `show` prefers full runs to quick ones, so the numbers just made are shown here.
        stored_file = project.relative(stored.path)
        print_tables([made for made in read_results(project).runs if made.file == stored_file])
    for label in stored.skipped:
        progress.print(f"  skipped  {label}", markup=False, soft_wrap=True)
    progress.print(f"  stored   {project.relative(stored.path)}", soft_wrap=True)
    progress.print("  all results, full runs first: uv run outreach bench show", soft_wrap=True)


@bench.command()
@click.option("--json", "as_json", is_flag=True, help="Print every number as strict JSON.")
def show(as_json: bool) -> None:
    """Print the results in benchmarks/results as tables: time per row, and the ratio to the fastest reader.

    \b
    Examples:
      outreach bench show
      outreach bench show --json
    """
    from outreach.benches.current import newest
    from outreach.benches.downloads import as_json as json_text
    from outreach.benches.results import read_results
    from outreach.benches.terminal import print_tables
    from outreach.console import progress

    found = read_results(Project.find())
    for problem in found.problems:
        progress.print(f"  left out  {problem}", markup=False, soft_wrap=True)
    runs = newest(found.runs)
    if as_json:
        click.echo(json_text(runs), nl=False)
    elif not runs and found.problems:
        raise OutreachError(
            "expected results in benchmarks/results that can be shown, found none; the reasons stand above"
        )
    elif not runs:
        raise OutreachError(
            "expected results in benchmarks/results, found none; measure: uv run outreach bench run"
        )
    else:
        print_tables(runs)


@bench.command()
@click.option("--json", "as_json", is_flag=True, help="Print what is wrong as JSON.")
def check(as_json: bool) -> None:
    """Say what is wrong with the files in benchmarks/results, by file and key; exit code 1 if anything is.

    \b
    Examples:
      outreach bench check
      outreach bench check --json
    """
    from outreach.benches.results import read_results
    from outreach.reading import ProblemsError

    found = read_results(Project.find())
    if as_json:
        problems = [problem.as_dict() for problem in found.problems]
        click.echo(json.dumps({"runs": len(found.runs), "problems": problems}, indent=2))
        if problems:
            sys.exit(1)
    elif found.problems:
        raise ProblemsError(found.problems)
    else:
        click.echo(f"{len(found.runs)} run{'' if len(found.runs) == 1 else 's'}, nothing wrong")


@bench.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--all", "everything", is_flag=True, help="Print also what did not change.")
@click.option("--json", "as_json", is_flag=True, help="Print every pair as strict JSON.")
@click.option("--markdown", is_flag=True, help="Print a comment for a pull request.")
def compare(before: str, after: str, everything: bool, as_json: bool, markdown: bool) -> None:
    """Print what run B measured beside run A: files of results, or commits that have results.

    Both must be of the same machine and scale. A change is told where the 99 % intervals do not touch and the
    factor is above 1.6.

    \b
    Examples:
      outreach bench compare fb69 39c1
      outreach bench compare ../base/benchmarks/results/ci/A.json benchmarks/results/ci/B.json --markdown
    """
    from outreach.benches import compare as comparing
    from outreach.benches.comment import comment_text, sentence
    from outreach.benches.terminal import print_pairs

    if as_json and markdown:
        raise click.UsageError("expected --json or --markdown, found both")
    project = Project.find()
    runs = (comparing.find_run(project, named) for named in (before, after))
    found = comparing.compare_runs(*runs)
    if as_json:
        click.echo(comparing.as_json(found), nl=False)
    elif markdown:
        click.echo(comment_text(comparing.as_report(found)), nl=False)
    else:
        print_pairs(list(found.pairs) if everything else found.changed)
        click.echo(sentence(comparing.as_report(found)["pairs"]))


@bench.command()
@click.option("--quick", is_flag=True, help="A tenth of the data and less time for each row.")
@click.option("--only", metavar="PATTERN", callback=_pattern, help="Only groups whose name matches.")
@click.option("--write", is_flag=True, help="Put the table into benchmarks/README.md.")
def targets(quick: bool, only: str | None, write: bool) -> None:
    """Measure what zarr_partial may cost at most, and print each target as met or missed.

    Readers take turns in one process, so that the ratios stand also on a busy machine. Rows appear as they
    are measured, the table follows.

    \b
    Examples:
      outreach bench targets --quick
      outreach bench targets --only full_scans
      outreach bench targets --write
    """
    from outreach.benches.targets import measure_targets, where_measured, write_targets

    if write and (quick or only):
        raise click.UsageError("expected --write without --quick and --only: the README has the whole table")
    project = Project.find()
    stated = where_measured(project) if write else ""
    table = measure_targets(project, scale="quick" if quick else "full", only=only)
    if write:
        write_targets(project, stated, table)
    click.echo(table, nl=False)


@bench.command()
@click.option("--quick", is_flag=True, help="A tenth of the data and less time; nothing is stored.")
@click.option("--draw", is_flag=True, help="Measure nothing, draw the stored curves again.")
def crossover(quick: bool, draw: bool) -> None:
    """Measure time per read against the part of a chunk that is wanted, store the curves and draw them.

    They stand in benchmarks/crossover.json and on the page "Where arrays live" of the library.

    \b
    Examples:
      outreach bench crossover
      outreach bench crossover --quick
      outreach bench crossover --draw
    """
    from outreach.benches import crossover as curves

    if quick and draw:
        raise click.UsageError("expected --quick or --draw, found both: what is quick is not drawn")
    project = Project.find()
    if not draw:
        found = curves.measure_crossover(project, scale="quick" if quick else "full")
        if quick:
            return
        curves.store_crossover(project, found)
    curves.draw_crossover(project)
