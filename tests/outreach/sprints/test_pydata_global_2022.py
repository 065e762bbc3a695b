"""The sprint at PyData Global 2022: what newcomers find there, and the caveats of its facts."""

from pathlib import Path

import pytest

from outreach.paths import Project
from outreach.sprints.loading import load_sprints
from outreach.sprints.model import LEVELS, Sprint

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


@pytest.fixture(scope="module")
def sprint() -> Sprint:
    (sprint,) = load_sprints(Project(ROOT), ["pydata-global-2022"])
    return sprint


def test_most_issues_were_open_at_the_event(sprint: Sprint) -> None:
    assert sum(issue.listed == "at the event" for issue in sprint.issues) >= 20


def test_there_is_something_for_every_level_and_for_ninety_minutes(sprint: Sprint) -> None:
    todo = [issue for issue in sprint.issues if not issue.settled]
    assert {issue.level for issue in todo} == set(LEVELS)
    assert sum(issue.level == "starter" and issue.minutes <= 90 for issue in todo) >= 10
    assert any(issue.minutes <= 30 for issue in todo)
    assert any("no code" in issue.skills for issue in todo)


def test_what_was_solved_is_shown_as_solved(sprint: Sprint) -> None:
    standing = {f"{issue.repo.split('/')[1]}#{issue.number}": issue.standing for issue in sprint.issues}
    assert standing["zarr-python#1228"] == "done"
    assert standing["zarr-python#463"] == "done"
    assert standing["zarr-python#857"] == "overtaken"


def test_the_event_keeps_its_caveats(sprint: Sprint) -> None:
    event = sprint.event
    assert (event.starts, event.ends) == ("2022-12-02T17:00:00+00:00", "2022-12-02T20:00:00+00:00")
    assert (event.format, event.place) == ("online", "Zoom")
    assert [host.name for host in event.hosts] == ["Josh Moore", "Sanket Verma"]
    assert event.expected_people is None
    reported = [fact.text for fact in event.facts if fact.certainty == "reported"]
    assert any("The Beauty of Zarr" in text for text in reported)
    assert any("1 to 3 December" in text for text in reported)
