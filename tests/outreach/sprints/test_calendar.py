"""Calendars, read back by the library that wrote them and against the event itself."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import icalendar
import pytest

from outreach.paths import Project
from outreach.sprints.calendar import calendar
from outreach.sprints.loading import load_sprints
from outreach.sprints.model import Sprint, moment
from tests.outreach.sprints.test_pages import ATTACK, project_at

HERE = Path(__file__).parent
EVENTS = ("pydata-global-2022", "zarr-python-v3-docs-2024", "zarr-summit-2025")
PAGE = "https://zarr.example/sprints/spring-2030/"


def sprint_at(root: Path, change: dict[str, object] | None = None) -> Sprint:
    (sprint,) = load_sprints(project_at(root, change))
    return sprint


def entries(content: bytes) -> dict[str, icalendar.Event]:
    (read,) = icalendar.Calendar.from_ical(content, multiple=True)
    assert not read.errors
    found = read.walk("VEVENT")
    assert not [error for entry in found for error in entry.errors]
    return {str(entry["UID"]).partition("@")[0].partition(".")[2]: entry for entry in found}


@pytest.mark.parametrize("name", EVENTS)
def test_real_events_are_valid_and_survive_the_round_trip(name: str) -> None:
    (sprint,) = load_sprints(Project(HERE.parents[2]), [name])
    content = calendar(sprint, None)
    (read,) = icalendar.Calendar.from_ical(content, multiple=True)
    assert read.to_ical() == content
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    for required in ("UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"):
        assert all(required in entry for entry in read.walk("VEVENT"))


def test_every_time_of_the_event_is_there_in_utc(tmp_path: Path) -> None:
    sprint = sprint_at(tmp_path)
    found = entries(calendar(sprint, PAGE))
    assert set(found) == {"event", "session-first-steps-together", "host-ada-example", "office-hours"}
    for name, (starts, ends) in {
        "event": (sprint.event.starts, sprint.event.ends),
        "session-first-steps-together": (sprint.event.sessions[0].starts, sprint.event.sessions[0].ends),
        "host-ada-example": sprint.event.hosts[0].hours[0],
    }.items():
        assert found[name]["DTSTART"].dt == datetime.fromisoformat(starts).astimezone(UTC)
        assert found[name]["DTEND"].dt == moment(ends)
    assert str(found["event"]["URL"]) == PAGE
    assert str(found["event"]["LOCATION"]) == "Room 7"


def test_days_without_hours_are_whole_days_with_the_last_one_in(tmp_path: Path) -> None:
    change: dict[str, object] = {"event/starts": "2030-03-30", "event/ends": "2030-03-31"}
    entry = entries(calendar(sprint_at(tmp_path, change), None))["event"]
    assert (entry["DTSTART"].dt, entry["DTEND"].dt) == (date(2030, 3, 30), date(2030, 4, 1))
    assert entry["DTEND"].dt - entry["DTSTART"].dt == timedelta(days=2)


def test_ids_stay_when_times_change_and_differ_where_names_repeat(tmp_path: Path) -> None:
    starts, middle, ends = (f"2030-03-31T{hour}:00:00-08:00" for hour in (18, 19, 20))
    twice: list[object] = [
        {"title": "Ask", "starts": starts, "ends": middle}, {"title": "ask!", "starts": middle, "ends": ends},
    ]  # fmt: skip
    before = entries(calendar(sprint_at(tmp_path / "a"), None))
    later: list[object] = [{"title": "First steps together", "starts": middle, "ends": ends}]
    after = entries(calendar(sprint_at(tmp_path / "b", {"event/sessions": later}), None))
    assert set(before) == set(after)
    assert {"session-ask", "session-ask-2"} <= set(
        entries(calendar(sprint_at(tmp_path / "c", {"event/sessions": twice}), None))
    )


def test_text_of_entries_stays_text(tmp_path: Path) -> None:
    bad = f"{ATTACK[:60]}\\n;,:END:VCALENDAR"
    change: dict[str, object] = {"event/summary": bad + " and some more words", "event/place": bad}
    found = entries(calendar(sprint_at(tmp_path, change), None))
    assert str(found["event"]["LOCATION"]) == bad
    assert len(re.findall(rb"(?m)^END:VCALENDAR", calendar(sprint_at(tmp_path / "b", change), None))) == 1


def test_two_generations_give_the_same_bytes(tmp_path: Path) -> None:
    assert calendar(sprint_at(tmp_path / "a"), PAGE) == calendar(sprint_at(tmp_path / "b"), PAGE)
