"""`outreach gallery freshness`: ask every link and public store, and keep what they answer."""

import json
import time
from datetime import UTC, date, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING

import click

from outreach.console import bar, progress
from outreach.errors import OutreachError
from outreach.gallery.check import load_gallery
from outreach.gallery.entries import Entry
from outreach.locking import alone
from outreach.paths import Project

if TYPE_CHECKING:
    from outreach.gallery.freshness.asking import Client


@click.command()
@click.argument("slugs", nargs=-1, metavar="[SLUG]...")
@click.option("--json", "as_json", is_flag=True, help="Print the records and findings as JSON.")
@click.option(
    "--delay",
    type=click.FloatRange(0.5, 60),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="Pause between two requests to one host.",
)
@click.option(
    "--concurrency", type=click.IntRange(1, 16), default=8, show_default=True, help="Hosts at a time."
)
@click.option(
    "--max-wait",
    type=click.IntRange(0, 600),
    default=120,
    show_default=True,
    metavar="SECONDS",
    help="The longest rest that a host may ask for; beyond it, its other links wait for the next run.",
)
@click.option(
    "--minutes",
    type=click.IntRange(1, 180),
    default=30,
    show_default=True,
    help="After so long nothing more is asked; what is left keeps its record.",
)
def freshness(
    slugs: tuple[str, ...], as_json: bool, delay: float, concurrency: int, max_wait: int, minutes: int
) -> None:
    """Ask every link of the entries SLUG (default: all), and read arrays' metadata in public stores.

    Records go to gallery_data/freshness.json; pages show them. A link that fails on two days is called
    broken, and its page offers the Internet Archive. Facts that a store tells otherwise are reported, the
    entries stay as they are. On any failure of the run itself the last records stay.

    The exit code is 0 when the records were written, whatever they say.

    \b
    Examples:
      outreach gallery freshness                        all entries
      outreach gallery freshness idr-6001240-nuclei     one entry
      outreach gallery freshness --json > found.json
    """
    from outreach.gallery.freshness.report import as_json as report
    from outreach.gallery.freshness.report import findings, summary
    from outreach.gallery.freshness.run import check_all, wanted
    from outreach.gallery.freshness.snapshot import load_freshness, save_freshness

    project = Project.find()
    with alone(project, "gallery-freshness", "freshness check"):
        entries = load_gallery(project)
        chosen = _chosen(entries, slugs)
        previous = load_freshness(project)
        names = {entry.slug for entry in chosen} if slugs else None
        urls, stores = wanted(entries, names)
        start = time.perf_counter()
        client = open_client(
            delay=delay, concurrency=concurrency, most_wait=float(max_wait), run_time=minutes * 60.0
        )
        with client, bar("asking links and stores", len(urls) + len(stores)) as step:
            outcome = check_all(
                client, entries, previous, slugs=names, today=today(), concurrency=concurrency, step=step
            )
        save_freshness(project, outcome.freshness)
    seconds = time.perf_counter() - start
    later = f", {outcome.not_asked} left for the next run" if outcome.not_asked else ""
    progress.print(f"{outcome.asked} addresses asked{later}, {seconds:.1f} s", soft_wrap=True)
    if as_json:
        click.echo(
            json.dumps(
                report(project, chosen, outcome.freshness, outcome.not_asked), indent=2, ensure_ascii=False
            )
        )
        return
    for finding in findings(project, chosen, outcome.freshness):
        click.echo(f"{finding.problem} [{finding.kind}]")
    click.echo(summary(chosen, outcome.freshness))


def open_client(*, delay: float, concurrency: int, most_wait: float, run_time: float) -> "Client":
    """Return a client that asks public hosts."""
    from outreach.gallery.freshness.asking import Client, Settings

    return Client(Settings(delay=delay, concurrency=concurrency, most_wait=most_wait, run_time=run_time))


def today() -> date:
    """Return the day that records of this run carry, in UTC."""
    return datetime.now(UTC).date()


def _chosen(entries: tuple[Entry, ...], slugs: tuple[str, ...]) -> list[Entry]:
    known = {entry.slug: entry for entry in entries}
    for slug in slugs:
        if slug not in known:
            near = get_close_matches(slug, known, n=1, cutoff=0.5)
            fix = f"did you mean {near[0]!r}?" if near else "see `outreach gallery list`"
            raise OutreachError(f"expected the name of an entry, found {slug!r}; {fix}")
    return [known[slug] for slug in sorted(set(slugs))] if slugs else list(entries)
