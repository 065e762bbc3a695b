"""`outreach sprint sync`: refresh the snapshot of an event, once or again and again beside a projector."""

import time
from collections.abc import Callable

import click
from rich.markup import escape

from outreach.console import bar, progress
from outreach.errors import OutreachError, explained
from outreach.github.client import Client, GitHubError, Settings, token_from_environment
from outreach.paths import Project
from outreach.sprints.loading import load_sprints
from outreach.sprints.model import Sprint
from outreach.sprints.snapshot import Snapshot, load_snapshot, only_one, save_snapshot
from outreach.sprints.sync import read_all

SKEW_SECONDS = 120


@click.command()
@click.argument("event", metavar="EVENT")
@click.option("--watch", is_flag=True, help="Sync again and again, and keep the projector board up to date.")
@click.option(
    "--every",
    type=click.IntRange(30, 3600),
    default=120,
    show_default=True,
    metavar="SECONDS",
    help="How long --watch waits between two syncs.",
)
@click.option(
    "--concurrency", type=click.IntRange(1, 16), default=4, show_default=True, help="Requests at a time."
)
@click.option(
    "--max-wait",
    type=click.IntRange(0, 3600),
    default=300,
    show_default=True,
    metavar="SECONDS",
    help="The longest wait for a rate limit before giving up.",
)
def sync(event: str, watch: bool, every: int, concurrency: int, max_wait: int) -> None:
    """Refresh EVENT's snapshot from GitHub: states, labels, assignees, claims, linked pull requests.

    The token is read from GITHUB_TOKEN or GH_TOKEN; reading public repositories is all it must allow.
    On any failure the last good snapshot stays.

    \b
    Examples:
      outreach sprint sync pydata-global-2022
      outreach sprint sync pydata-global-2022 --watch     # and open the address it prints, on the projector
    """
    project = Project.find()
    settings = Settings.from_environment(concurrency=concurrency, most_wait=float(max_wait))
    with only_one(project, event):
        if not watch:
            sync_once(project, event, settings)
            return
        from outreach.sprints.board import watching

        with watching(project, event) as show:
            _again_and_again(project, event, settings, every, show)


def sync_once(project: Project, event: str, settings: Settings) -> tuple[Sprint, Snapshot]:
    """Read all issues of `event`, keep the snapshot, and say what was done; return both."""
    (sprint,) = load_sprints(project, [event])
    token = token_from_environment()
    names = [(issue.repo, issue.number) for issue in sprint.issues]
    start = time.perf_counter()
    with Client(settings, token, tell=lambda text: progress.print(f"  {escape(text)}")) as client:
        with bar(f"reading {event}", len(names)) as step:
            snapshot = read_all(
                client,
                names,
                load_snapshot(project, event),
                concurrency=settings.concurrency,
                step=step,
            )
        counts = client.counts
    save_snapshot(project, event, snapshot)
    seconds = time.perf_counter() - start
    progress.print(
        f"{event}: {len(snapshot.issues)} issues as of {snapshot.as_of}, {counts.requests} requests "
        f"({counts.unchanged} unchanged), {seconds:.1f} s",
        soft_wrap=True,
    )
    if abs(counts.skew) > SKEW_SECONDS:
        ahead = "ahead of" if counts.skew > 0 else "behind"
        progress.print(
            f"  this machine's clock is {abs(counts.skew):.0f} s {ahead} GitHub's; the snapshot has GitHub's "
            "times, but set the clock before you check claims"
        )
    return sprint, snapshot


def _again_and_again(
    project: Project, event: str, settings: Settings, every: int, show: Callable[[Sprint, Snapshot], None]
) -> None:
    while True:
        try:
            show(*sync_once(project, event, settings))
        except (GitHubError, OutreachError, OSError) as error:
            # A conference network fails for minutes; the board keeps the last good state and its time.
            progress.print(f"[bold]not synced:[/bold] {escape(explained(error))}", soft_wrap=True)
        time.sleep(every)
