"""An event as a calendar: the whole, its sessions, mentors' hours and office hours, with ids that stay.

Times are in UTC, so that no calendar needs our idea of a zone; days without hours are days everywhere.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from re import sub
from typing import TYPE_CHECKING

from outreach.sprints.model import Event, Sprint, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icalendar import Component

DOMAIN = "sprints.beautiful-zarr"
# Generation never reads the clock; what matters to calendars is that it is there and does not change.
STAMP = datetime(2026, 1, 1, tzinfo=UTC)


def calendar(sprint: Sprint, address: str | None) -> bytes:
    """Return event.ics; `address` is the page's, None where the site's own address is not known."""
    from icalendar import Calendar

    event = sprint.event
    found = Calendar()
    found.add("prodid", "-//Beautiful Zarr//sprints//EN")
    found.add("version", "2.0")
    found.add("method", "PUBLISH")
    found.add("x-wr-calname", event.title)
    found.add_component(_entry(event, "event", event.title, event.starts, event.ends, event.summary, address))
    for name, title, starts, ends in _parts(event):
        found.add_component(_entry(event, name, title, starts, ends, None, address))
    return bytes(found.to_ical())


def _parts(event: Event) -> Iterator[tuple[str, str, str, str]]:
    """Yield id, title, start and end of each part; ids are made of names, so that a new time keeps them."""
    seen: dict[str, int] = {}
    for session in event.sessions:
        yield (
            _once(seen, f"session-{session.title}"),
            f"{event.title}: {session.title}",
            session.starts,
            session.ends,
        )
    for host in event.hosts:
        for starts, ends in host.hours:
            yield _once(seen, f"host-{host.name}"), f"{event.title}: {host.name} is there", starts, ends
    if event.office_hours:
        hours = event.office_hours
        yield "office-hours", f"{event.title}: office hours", hours.starts, hours.ends


def _once(seen: dict[str, int], name: str) -> str:
    plain = sub("[^a-z0-9]+", "-", name.lower()).strip("-")
    seen[plain] = seen.get(plain, 0) + 1
    return plain if seen[plain] == 1 else f"{plain}-{seen[plain]}"


def _entry(
    event: Event, name: str, title: str, starts: str, ends: str, about: str | None, address: str | None
) -> Component:
    from icalendar import Event as Entry

    entry = Entry()
    entry.add("uid", f"{event.slug}.{name}@{DOMAIN}")
    entry.add("dtstamp", STAMP)
    entry.add("summary", title)
    if "T" in starts:
        entry.add("dtstart", moment(starts))
        entry.add("dtend", moment(ends))
    else:
        # The last day is part of the event, and DTEND is the day after.
        entry.add("dtstart", date.fromisoformat(starts))
        entry.add("dtend", date.fromisoformat(ends) + timedelta(days=1))
        entry.add("transp", "TRANSPARENT")
    if event.place:
        entry.add("location", event.place)
    if about:
        entry.add("description", about)
    if address:
        entry.add("url", address)
    return entry
