"""`outreach sprint`: check and list the sprint events."""

import json
import sys

import click
from rich.table import Table

from outreach.console import progress
from outreach.paths import Project
from outreach.reading import ProblemsError
from outreach.sprints.loading import check_sprints, choose_folders, load_sprints
from outreach.sprints.model import LEVELS, Sprint
from outreach.sprints.times import span_text


@click.group()
def sprint() -> None:
    """Check and list sprint events and their issues.

    \b
    Examples:
      outreach sprint list                       events with their dates and counts
      outreach sprint check pydata-global-2022   check one event
    """


@sprint.command()
@click.argument("events", nargs=-1, metavar="[EVENT]...")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def check(events: tuple[str, ...], as_json: bool) -> None:
    """Check event.yaml and issues.yaml of each EVENT, or of all of them.

    \b
    Examples:
      outreach sprint check
      outreach sprint check pydata-global-2022 --json
    """
    project = Project.find()
    folders = choose_folders(project, events)
    sprints, problems = check_sprints(project, folders)
    if as_json:
        result = {
            "events": [folder.name for folder in folders],
            "problems": [problem.as_dict() for problem in problems],
        }
        click.echo(json.dumps(result, indent=2, ensure_ascii=False))
        if problems:
            sys.exit(1)
        return
    if problems:
        raise ProblemsError(tuple(problems))
    for each in sprints:
        progress.print(f"{each.event.slug}: {len(each.issues)} issues, no problem", soft_wrap=True)


@sprint.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def list_events(as_json: bool) -> None:
    """List the events, newest first.

    \b
    Examples:
      outreach sprint list
      outreach sprint list --json
    """
    sprints = load_sprints(Project.find())
    if as_json:
        click.echo(json.dumps([_row(each) for each in sprints], indent=2, ensure_ascii=False))
        return
    from rich.console import Console

    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("event", "when"):
        table.add_column(heading, overflow="fold")
    for heading in ("issues", *LEVELS):
        table.add_column(heading, justify="right")
    for each in sprints:
        counts = [str(sum(issue.level == level for issue in each.issues)) for level in LEVELS]
        when = span_text(each.event.starts, each.event.ends)
        table.add_row(each.event.slug, when, str(len(each.issues)), *counts)
    Console().print(table)


def _row(each: Sprint) -> dict[str, object]:
    event = each.event
    counts = {level: sum(issue.level == level for issue in each.issues) for level in LEVELS}
    return {
        "slug": event.slug,
        "title": event.title,
        "status": event.status,
        "starts": event.starts,
        "ends": event.ends,
        "issues": len(each.issues),
        "levels": counts,
    }
