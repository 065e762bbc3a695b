"""`outreach sprint new`: an event from questions or options, which the checker accepts; or nothing at all."""

import io
import shutil
from pathlib import Path

import pytest
import time_machine

from outreach.paths import Project
from outreach.sprints.loading import load_sprints
from tests.outreach.sprints.test_event_cli import BEFORE, Run, project, run

__all__ = ["project", "run"]
HERE = Path(__file__).parent

NEW = (
    "new",
    "--no-questions",
    "--slug",
    "rome-2030",
    "--title",
    "Zarr: sprint in 'Rome'",
    "--format",
    "in person",
)


@pytest.fixture
def with_template(project: Project) -> Project:
    source = HERE.parents[2] / "sprint_issues"
    for name in ("template", "projects.yaml", "levels.yaml"):
        target = project.sprint_issues / name
        (shutil.copytree if (source / name).is_dir() else shutil.copy)(source / name, target)
    shutil.rmtree(project.sprint_issues / "spring-2030")
    return project


@time_machine.travel(BEFORE, tick=False)
def test_new_writes_an_event_that_the_checker_accepts(with_template: Project, run: Run) -> None:
    arguments = ("--starts", "2030-03-31T09:00", "--ends", "2030-03-31T17:00", "--zone", "Europe/Rome")
    code, _, said = run(*NEW, *arguments)
    assert code == 0, said
    (sprint,) = load_sprints(with_template, ["rome-2030"])
    # Clocks in Rome go forward on that very day.
    assert sprint.event.starts == "2030-03-31T09:00:00+02:00"
    assert sprint.event.title == "Zarr: sprint in 'Rome'"
    text = (with_template.sprint_issues / "rome-2030" / "event.yaml").read_text()
    assert "# A claim without a pull request ends after so many minutes." in text
    code, _, said = run(*NEW, *arguments)
    assert code == 1
    assert "expected a new folder" in said


def test_new_asks_for_what_was_not_given_and_again_for_what_makes_no_sense(
    with_template: Project, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = ["rome-2030", "2030-04-07T09:00", "2030-04-07T17:00", "Europe/Rome", "outdoors", "both"]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(answers) + "\n"))
    code, _, said = run("new", "--title", "Zarr sprint in Rome")
    assert code == 0, said
    assert "How people meet (online, in person, both)" in said
    (sprint,) = load_sprints(with_template, ["rome-2030"])
    assert (sprint.event.format, sprint.event.starts) == ("both", "2030-04-07T09:00:00+02:00")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--starts", "2030-03-31T02:30", "--ends", "2030-03-31T09:00", "--zone", "Europe/Rome"),
            "summer time skips",
        ),
        (
            ("--starts", "2030-04-01", "--ends", "2030-04-02T09:00", "--zone", "Europe/Rome"),
            "expected an hour in --starts",
        ),
        (
            ("--starts", "noon", "--ends", "2030-04-02T09:00", "--zone", "UTC"),
            "expected a date and time for --starts",
        ),
        (
            ("--starts", "2030-04-01T10:00", "--ends", "2030-04-01T09:00", "--zone", "UTC"),
            "expected a time after the start",
        ),
        (
            ("--starts", "2030-04-01T10:00", "--ends", "2030-04-01T12:00", "--zone", "Rome"),
            "expected a time zone, found 'Rome'",
        ),
        (
            ("--starts", "2030-04-01T10:00", "--ends", "2030-04-01T12:00"),
            "expected --zone with --no-questions",
        ),
    ],
)
def test_new_refuses_and_writes_nothing(
    arguments: tuple[str, ...], message: str, with_template: Project, run: Run
) -> None:
    code, _, said = run(*NEW, *arguments)
    assert code == 1
    assert message in " ".join(said.split())
    assert not (with_template.sprint_issues / "rome-2030").exists()
