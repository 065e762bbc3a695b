"""`outreach sprint`: check and list the sprint events; the other commands are in modules of their own."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import click
from rich.table import Table

from outreach.console import progress
from outreach.groups import Commands
from outreach.paths import Project
from outreach.reading import Problem, ProblemsError
from outreach.sprints.capacity import capacity
from outreach.sprints.event_cli import capacity_command, claims, report
from outreach.sprints.loading import check_sprints, choose_folders, load_sprints, read_issues
from outreach.sprints.model import LEVELS, Sprint
from outreach.sprints.new import new
from outreach.sprints.now import standings, startable
from outreach.sprints.readiness import is_ahead, readiness_problems
from outreach.sprints.snapshot import load_snapshot
from outreach.sprints.sync_cli import sync
from outreach.sprints.times import span_text


@click.group(cls=Commands)
def sprint() -> None:
    """Prepare, run and close a sprint: its list of issues, their states, capacity, report.

    \b
    Examples:
      outreach sprint list                        events with their dates and counts
      outreach sprint check pydata-global-2022    check one event, before it also whether issues are free
      outreach sprint sync pydata-global-2022     read the states of its issues from GitHub
    """


for command in (new, sync, capacity_command, claims, report):
    sprint.add_command(command)


@sprint.command()
@click.argument("events", nargs=-1, metavar="[EVENT]...")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def check(events: tuple[str, ...], as_json: bool) -> None:
    """Check event.yaml and issues.yaml of each EVENT, or of all of them.

    Of an event that is still to come, issues that are closed, taken, moved or not tried lately are problems
    too; what its list and mentors cannot serve is a warning.

    \b
    Examples:
      outreach sprint check
      outreach sprint check pydata-global-2022 --json
    """
    project = Project.find()
    folders = choose_folders(project, events)
    sprints, problems = check_sprints(project, folders)
    now = datetime.now(UTC)
    ahead = [each for each in sprints if is_ahead(each, now)]
    problems += [problem for each in ahead for problem in _not_ready(project, each, now)]
    warnings = [f"{each.event.slug}: {said}" for each in ahead for said in _lacking(project, each, now)]
    if as_json:
        result = {
            "events": [folder.name for folder in folders],
            "problems": [problem.as_dict() for problem in problems],
            "warnings": warnings,
        }
        click.echo(json.dumps(result, indent=2, ensure_ascii=False))
        if problems:
            sys.exit(1)
        return
    for said in warnings:
        progress.print(f"warning: {said}", soft_wrap=True)
    if problems:
        raise ProblemsError(tuple(problems))
    for each in sprints:
        progress.print(f"{each.event.slug}: {len(each.issues)} issues, no problem", soft_wrap=True)


def _not_ready(project: Project, each: Sprint, now: datetime) -> Iterator[Problem]:
    document = read_issues(project, project.sprint_issues / each.event.slug)
    return readiness_problems(document, each, load_snapshot(project, each.event.slug), now)


def _lacking(project: Project, each: Sprint, now: datetime) -> list[str]:
    known = standings(each, load_snapshot(project, each.event.slug), now)
    return capacity(each, startable(each, known)).warnings


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
