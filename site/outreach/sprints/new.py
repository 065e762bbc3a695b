"""`outreach sprint new`: a folder for an event, from answers or flags, that the checker accepts."""

import re
import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from outreach.console import progress
from outreach.errors import OutreachError
from outreach.formats import FormatError, time_zone
from outreach.paths import Project
from outreach.reading import Problem, ProblemsError
from outreach.sprints.loading import SHARED_FILES, check_sprints
from outreach.writing import write_together

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
FORMATS = ("online", "in person", "both")


@click.command()
@click.option("--slug", help="Name of the folder, such as euroscipy-2030.")
@click.option("--title", help="Name of the event.")
@click.option("--starts", help="Start, on the clock of the place: 2030-04-07T17:00.")
@click.option("--ends", help="End, on the same clock.")
@click.option("--zone", help="Time zone of the place, such as Europe/Rome, or UTC.")
@click.option("--format", "meeting", type=click.Choice(FORMATS), help="How people meet.")
@click.option("--no-questions", is_flag=True, help="Never ask; all of the above must be given.")
def new(no_questions: bool, **given: str | None) -> None:
    """Make the folder of an event from the template: answer the questions, or give the answers as options.

    \b
    Examples:
      outreach sprint new
      outreach sprint new --slug rome-2030 --title "Zarr sprint in Rome" --starts 2030-04-07T09:00 \\
        --ends 2030-04-07T17:00 --zone Europe/Rome --format "in person"
    """
    project = Project.find()
    answers = _answers(given, ask=not no_questions)
    folder = project.sprint_issues / answers["slug"]
    if folder.exists():
        raise OutreachError(
            f"expected a new folder, found {project.relative(folder)}; choose another with --slug"
        )
    template = project.sprint_issues / "template"
    event = event_text((template / "event.yaml").read_text("utf-8"), answers)
    issues = (template / "issues.yaml").read_text("utf-8")
    problems = _problems(project, answers["slug"], event, issues)
    if problems:
        raise ProblemsError(tuple(problems))
    write_together({folder / "event.yaml": event.encode(), folder / "issues.yaml": issues.encode()})
    name = project.relative(folder)
    progress.print(f"made {name}/event.yaml and {name}/issues.yaml, with one issue as an example")
    progress.print("next: fill in hosts and sources, choose issues, and run")
    progress.print(f"  uv run outreach sprint sync {answers['slug']}")
    progress.print(f"  uv run outreach sprint check {answers['slug']}")


def event_text(template: str, answers: dict[str, str]) -> str:
    """Return the template's event.yaml with the answers in it and its comments kept."""
    starts, ends = (_with_offset(answers[name], answers["zone"], name) for name in ("starts", "ends"))
    values = {
        "title": _quoted(answers["title"]), "slug": answers["slug"], "status": "announced",
        "starts": starts, "ends": ends, "zone": answers["zone"], "format": answers["meeting"],
        "sessions": "[]", "office_hours": "null", "expected_people": "null", "mentors": "null",
        "hosts": "[]",
    }  # fmt: skip
    lines: list[str] = []
    skipping = False
    for line in template.splitlines():
        field = line.partition(":")[0]
        if line.startswith("# To copy"):
            continue
        if field in values:
            lines.append(f"{field}: {values[field]}")
            skipping = True
        elif not (skipping and line.startswith(" ")):
            skipping = False
            lines.append(line)
    return "\n".join(lines) + "\n"


def _answers(given: dict[str, Any], *, ask: bool) -> dict[str, str]:
    questions = {
        "title": "Name of the event", "slug": "Name of its folder, such as rome-2030",
        "starts": "Start, on the clock of the place, such as 2030-04-07T09:00", "ends": "End",
        "zone": "Time zone of the place, such as Europe/Rome", "meeting": "How people meet",
    }  # fmt: skip
    answers = {}
    for name, question in questions.items():
        value = given[name]
        if value is None and not ask:
            option = "--format" if name == "meeting" else f"--{name}"
            raise OutreachError(f"expected {option} with --no-questions, found none; give it")
        kind = click.Choice(FORMATS) if name == "meeting" else None
        answers[name] = (value if value is not None else click.prompt(question, type=kind, err=True)).strip()
    if not SLUG.fullmatch(answers["slug"]):
        raise OutreachError(
            f"expected lower-case words joined by hyphens for --slug, found {answers['slug']!r}; "
            "write it such as rome-2030"
        )
    return answers


def _with_offset(text: str, zone: str, name: str) -> str:
    try:
        time_zone(zone)
        written = datetime.fromisoformat(text)
        if written.tzinfo is not None:
            return text
        there = written.replace(tzinfo=ZoneInfo(zone))
    except FormatError as error:
        raise OutreachError(f"--zone: {error}") from error
    except (ValueError, ZoneInfoNotFoundError) as error:
        raise OutreachError(
            f"expected a date and time for --{name}, found {text!r}; write it such as 2030-04-07T09:00"
        ) from error
    if "T" not in text:
        raise OutreachError(f"expected an hour in --{name}, found {text!r}; write it such as {text}T09:00")
    # A clock that is put forward skips an hour: such a time is on no clock of the place.
    if datetime.fromtimestamp(there.timestamp(), ZoneInfo(zone)).replace(tzinfo=None) != written:
        raise OutreachError(
            f"expected a time that {zone} has for --{name}, found {text!r}, in the hour that the change to "
            "summer time skips; choose another hour"
        )
    return there.isoformat()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _problems(project: Project, slug: str, event: str, issues: str) -> list[Problem]:
    """Return what the checker says of the folder before there is one."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        folder = root / "sprint_issues" / slug
        folder.mkdir(parents=True)
        (folder / "event.yaml").write_text(event, "utf-8")
        (folder / "issues.yaml").write_text(issues, "utf-8")
        for shared in SHARED_FILES:
            shutil.copy(project.sprint_issues / shared, root / "sprint_issues" / shared)
        return check_sprints(Project(root), [folder])[1]
