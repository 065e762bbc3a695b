"""For how many people a list and its mentors are enough: at the start, hour by hour, over all."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from outreach.sprints.capacity import Capacity, capacity, working_hours, working_minutes
from outreach.sprints.loading import load_sprints
from outreach.sprints.model import Event, Host, Session, Sprint, moment
from tests.outreach.sprints.test_pages import Page, body, generate, project_at

HERE = Path(__file__).parent


@pytest.fixture
def sprint(tmp_path: Path) -> Sprint:
    """Four hours for 30 people from 01:00 UTC; the one mentor stays for the first two."""
    (found,) = load_sprints(project_at(tmp_path), ["spring-2030"])
    return found


def stay(name: str, first: int, last: int) -> Host:
    return Host(
        name, None, "mentor", ((f"2030-04-01T0{first}:00:00Z", f"2030-04-01T0{last}:00:00Z"),), "page"
    )


def with_hosts(sprint: Sprint, *hosts: Host, people: int = 10) -> Sprint:
    return replace(sprint, event=replace(sprint.event, hosts=hosts, expected_people=people, mentors=None))


def many(sprint: Sprint) -> Capacity:
    """Return the capacity with issues of every level for more people than come."""
    first = sprint.issues[0]
    issues = [
        replace(first, number=number, level=level, minutes=240)
        for level in ("starter", "intermediate", "advanced")
        for number in range(20)
    ]
    return capacity(sprint, issues)


def test_an_hour_counts_the_fewest_who_are_there_at_once(sprint: Sprint) -> None:
    assert [hour.mentors for hour in working_hours(sprint.event)] == [1, 1, 0, 0]
    later = with_hosts(sprint, stay("Ada", 1, 3), stay("Bo", 2, 5))
    assert [hour.mentors for hour in working_hours(later.event)] == [1, 2, 1, 1]
    half = Host("Cy", None, "mentor", (("2030-04-01T01:30:00Z", "2030-04-01T03:00:00Z"),), "page")
    assert [hour.mentors for hour in working_hours(with_hosts(sprint, half).event)] == [0, 1, 0, 0]


def test_hours_without_a_mentor_are_a_warning_with_their_time(sprint: Sprint) -> None:
    (said,) = many(with_hosts(sprint, stay("Ada", 1, 3))).warnings
    assert said == (
        "for 10 people (expected) it lacks mentors in the hours from 03:00 (0 there), 04:00 (0 there) UTC, "
        "1 wanted"
    )
    assert many(with_hosts(sprint, stay("Ada", 1, 3), stay("Bo", 3, 5))).warnings == []


def test_hours_that_nobody_recorded_warn_of_nothing(sprint: Sprint) -> None:
    unknown = with_hosts(sprint, Host("Ada", None, "mentor", (), "page"))
    assert {hour.mentors for hour in working_hours(unknown.event)} == {None}
    assert many(unknown).warnings == []


def test_a_list_without_a_free_issue_serves_nobody_at_any_time(sprint: Sprint) -> None:
    (said,) = capacity(with_hosts(sprint, stay("Ada", 1, 5)), []).warnings
    assert said.endswith("1 more advanced issue, issues for any of the time")


def test_each_hour_says_which_levels_are_used_up(sprint: Sprint) -> None:
    """Ten people: six begin with starters, three, one. A pair works on an issue of 240 minutes as long."""
    first = with_hosts(sprint, stay("Ada", 1, 5)).issues[0]
    issues = [
        replace(first, number=1, level="starter", minutes=240),
        replace(first, number=2, level="intermediate", minutes=240),
        replace(first, number=3, level="advanced", minutes=240),
    ]
    found = capacity(with_hosts(sprint, stay("Ada", 1, 5)), issues)
    (crowd,) = found.crowds
    assert crowd.lasts == {"starter": 80, "intermediate": 160, "advanced": 480}
    assert [hour.left(crowd) for hour in found.hours] == [
        "enough", "no starter left", "no starter or intermediate left", "no starter or intermediate left",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("starts", "ends", "sessions", "minutes", "hours"),
    [
        ("2030-04-01T01:00:00Z", "2030-04-01T05:30:00Z", 0, 270, 5),
        ("2030-04-01T01:00:00Z", "2030-04-01T05:00:00Z", 1, 240, 4),
        ("2030-04-01T01:00:00Z", "2030-04-02T05:00:00Z", 1, 60, 1),
        ("2030-04-01T01:00:00Z", "2030-04-02T05:00:00Z", 2, 120, 0),
        ("2030-04-01T01:00:00Z", "2030-04-02T05:00:00Z", 0, 960, 0),
        ("2030-04-01", "2030-04-02", 2, 120, 0),
        ("2030-04-01", "2030-04-02", 0, None, 0),
    ],
    ids=[
        "a sitting",
        "with a session",
        "two days, one session",
        "two sessions",
        "none",
        "days",
        "days, none",
    ],
)
def test_work_is_one_sitting_or_the_sessions(
    starts: str, ends: str, sessions: int, minutes: int | None, hours: int, sprint: Sprint
) -> None:
    begin = moment("2030-04-01T01:00:00Z")
    parts = tuple(
        Session(
            f"Part {index}",
            (begin + timedelta(hours=2 * index)).isoformat(),
            (begin + timedelta(hours=2 * index + 1)).isoformat(),
        )
        for index in range(sessions)
    )
    event: Event = replace(sprint.event, starts=starts, ends=ends, sessions=parts)
    assert working_minutes(event) == minutes
    found = working_hours(event)
    assert len(found) == hours
    assert all(after.starts == before.ends for before, after in pairwise(found))


def test_the_page_has_the_hours_in_utc_and_for_the_reader(tmp_path: Path) -> None:
    page = body(generate(project_at(tmp_path))["spring-2030/index.md"])
    text = " ".join(" ".join(Page(page).text).split())
    assert "The hour from Mentors there 30 people" in text
    assert "01:00 UTC 1 nothing left" in text
    assert '<time datetime="2030-04-01T04:00:00+00:00" data-bz-local>' in page
