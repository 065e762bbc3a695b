"""`outreach sprint report`, `capacity` and `claims`: what organisers ask during and after an event."""

import json
from datetime import UTC, datetime

import click
from rich.table import Table

from outreach.console import progress
from outreach.paths import Project
from outreach.sprints.capacity import (
    MIX_PERCENT,
    PEOPLE_PER_ISSUE,
    PEOPLE_PER_MENTOR,
    Capacity,
    capacity,
)
from outreach.sprints.loading import load_sprints
from outreach.sprints.model import Sprint
from outreach.sprints.now import answers, standings, startable, told_data
from outreach.sprints.report import report as report_text
from outreach.sprints.report import report_data
from outreach.sprints.snapshot import iso, load_snapshot


@click.command()
@click.argument("event", metavar="EVENT")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def report(event: str, as_json: bool) -> None:
    """Print what came of EVENT as Markdown: merged, in review, open, thanks, next office hours.

    \b
    Examples:
      outreach sprint report pydata-global-2022 > report.md
      outreach sprint report pydata-global-2022 --json
    """
    project = Project.find()
    (sprint,) = load_sprints(project, [event])
    snapshot = load_snapshot(project, event)
    # States are those of the snapshot: a claim that has expired since was a claim then.
    now = snapshot.moment if snapshot else datetime.now(UTC)
    known = standings(sprint, snapshot, now)
    if as_json:
        click.echo(json.dumps(report_data(sprint, snapshot, known), indent=2, ensure_ascii=False))
        return
    click.echo(report_text(sprint, snapshot, known), nl=False)


@click.command()
@click.argument("event", metavar="EVENT")
@click.option("--json", "as_json", is_flag=True, help="Print the answers as JSON.")
def claims(event: str, as_json: bool) -> None:
    """Print an answer to each claim that came second, with the next free issue; post them as you like.

    \b
    Examples:
      outreach sprint claims pydata-global-2022
      outreach sprint claims pydata-global-2022 --json
    """
    project = Project.find()
    (sprint,) = load_sprints(project, [event])
    snapshot = load_snapshot(project, event)
    now = snapshot.moment if snapshot else datetime.now(UTC)
    told = answers(standings(sprint, snapshot, now))
    if as_json:
        click.echo(json.dumps([told_data(each) for each in told], indent=2, ensure_ascii=False))
        return
    for each in told:
        click.echo(f"{each.issue.url}\n  {each.text}")
    if not told:
        progress.print(f"{event}: no claim came second")


@click.command("capacity")
@click.argument("event", metavar="EVENT")
@click.option("--mentors", type=click.IntRange(0, 500), help="How many will be there  [default: recorded].")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def capacity_command(event: str, mentors: int | None, as_json: bool) -> None:
    """Say how many people EVENT's list and mentors serve, and what is missing.

    \b
    Examples:
      outreach sprint capacity pydata-global-2022
      outreach sprint capacity pydata-global-2022 --mentors 4
    """
    project = Project.find()
    (sprint,) = load_sprints(project, [event])
    known = standings(sprint, load_snapshot(project, event), datetime.now(UTC))
    found = capacity(sprint, startable(sprint, known), mentors)
    if as_json:
        click.echo(json.dumps(as_data(found), indent=2))
        return
    _print(sprint, found)


def as_data(found: Capacity) -> dict[str, object]:
    """Return the capacity as plain data."""
    return {
        "minutes": found.minutes,
        "mentors": found.mentors,
        "levels": {each.level: {"issues": each.issues, "minutes": each.minutes} for each in found.levels},
        "crowds": [
            {
                "people": crowd.people,
                "why": crowd.why,
                "mentors_needed": crowd.mentors_needed,
                "mentors_short": crowd.mentors_short,
                "issues_short": crowd.short,
                "lasts_minutes": crowd.lasts,
                "idle_after_minutes": crowd.idle,
            }
            for crowd in found.crowds
        ],
        "hours": [
            {
                "starts": iso(hour.starts),
                "ends": iso(hour.ends),
                "mentors": hour.mentors,
                "levels_used_up": {str(crowd.people): hour.lacking(crowd) for crowd in found.crowds},
            }
            for hour in found.hours
        ],
        "warnings": found.warnings,
    }


def _print(sprint: Sprint, found: Capacity) -> None:
    from rich.console import Console

    console = Console()
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("level", "free issues", "people who pair", "minutes of work"):
        table.add_column(heading, justify="left" if heading == "level" else "right")
    for each in found.levels:
        table.add_row(each.level, str(each.issues), str(each.issues * PEOPLE_PER_ISSUE), f"{each.minutes:,}")
    console.print(table)
    mix = ", ".join(f"{share} % {level}" for level, share in MIX_PERCENT.items())
    console.print(
        f"mentors: {'not recorded' if found.mentors is None else found.mentors}; assumed: {mix}, "
        f"{PEOPLE_PER_ISSUE} people on an issue, {PEOPLE_PER_MENTOR} on a mentor",
        soft_wrap=True,
    )
    if found.hours and found.crowds:
        console.print(_by_hour(found))
    for warning in found.warnings:
        console.print(warning, soft_wrap=True)
    if not found.crowds:
        console.print(
            f"how many come is not recorded: write expected_people into {sprint.event.slug}/event.yaml",
            soft_wrap=True,
        )
    elif not found.warnings:
        console.print("enough for the people expected")


def _by_hour(found: Capacity) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, title_justify="left")
    table.add_column("from, UTC")
    table.add_column("mentors there", justify="right")
    for crowd in found.crowds:
        table.add_column(f"{crowd.people:,} people")
    for hour in found.hours:
        left = [hour.left(crowd) for crowd in found.crowds]
        there = "not recorded" if hour.mentors is None else str(hour.mentors)
        table.add_row(f"{hour.starts:%H:%M}", there, *left)
    return table
