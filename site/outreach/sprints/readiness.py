"""What must be put right before the event: issues that are closed, taken, moved or were not tried lately."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from outreach.reading import Document, Problem
from outreach.sprints.model import Issue, Sprint, moment
from outreach.sprints.snapshot import Snapshot
from outreach.sprints.states import Standing, standing

FRESH = timedelta(days=2)
TRIED_WITHIN = timedelta(days=30)
PREPARED_WITHIN = timedelta(days=14)
MERGED_WITHIN = timedelta(days=21)


def is_ahead(sprint: Sprint, now: datetime) -> bool:
    """Whether the event is announced and has not begun: once it has, taken issues are what it is for."""
    return sprint.event.status == "announced" and now < sprint.event.first_moment


def is_due(sprint: Sprint, now: datetime) -> bool:
    """Whether states are worth asking for: two weeks before an announced event to three weeks after it."""
    event = sprint.event
    first, last = event.first_moment - PREPARED_WITHIN, event.last_moment + MERGED_WITHIN
    return event.status == "announced" and first <= now <= last


def readiness_problems(
    document: Document, sprint: Sprint, snapshot: Snapshot | None, now: datetime
) -> Iterator[Problem]:
    """Yield what `document`, the event's issues.yaml, holds that people could not work on at the event."""
    event = sprint.event.slug
    sync = f"run `outreach sprint sync {event}`"
    if snapshot is None:
        yield document.problem((), f"expected a snapshot of what GitHub says, found none; {sync}")
        return
    age = now - snapshot.moment
    if age > FRESH:
        yield document.problem(
            (), f"expected a snapshot of the last 2 days, found one as of {snapshot.as_of}; {sync}"
        )
    if age < -timedelta(minutes=5):
        yield document.problem(
            (),
            f"expected a snapshot of the past, found one as of {snapshot.as_of}, when this machine's clock "
            f"says {now:%Y-%m-%dT%H:%M:%SZ}; set the clock",
        )
    by_name = {issue.name: issue for issue in sprint.issues}
    for index, item in enumerate(document.data["issues"]):
        issue = by_name[f"{item['repo']}#{item['number']}".lower()]
        for field, message in _wrong(issue, snapshot, sprint.event.claim_minutes, now, sync):
            yield document.problem(("issues", index, field), message)


def _wrong(
    issue: Issue, snapshot: Snapshot, claim_minutes: int | None, now: datetime, sync: str
) -> Iterator[tuple[str, str]]:
    facts = snapshot.issues.get(issue.name)
    if facts is None:
        yield "number", f"expected {issue.name} in the snapshot, found it missing; {sync}"
        return
    if facts.moved:
        place, _, number = (facts.now_at or "").partition("#")
        yield "repo", f"expected where the issue is today, found it moved to {place}#{number}; write that"
    if facts.found == "pull request":
        message = "expected an issue, found a pull request at this number"
        yield "number", f"{message}; list the issue it closes, or take it off the list"
    else:
        found = _taken(standing(facts, issue.override, claim_minutes, now))
        if found:
            yield "state", f"expected an issue that is free, found it {found}"
    if issue.override is None:
        tried = issue.verified_on
        if tried is None or now - moment(tried) > TRIED_WITHIN:
            message = f"expected file and command tried in the last 30 days, found {tried or 'no date'}"
            yield "verified_on", f"{message}; try them, and write today's date"


def _taken(each: Standing) -> str | None:
    """Return in words why nobody should begin, and what to do; None if somebody may, or if it is decided."""
    if each.state == "open" or each.why == "organiser":
        return None
    by = f" by {each.by}" if each.by else ""
    match each.state:
        case "gone":
            return (
                "gone: deleted, hidden or never there; check repository and number, or take it off the list"
            )
        case "closed":
            return "closed; take it off the list, or record its outcome"
        case "merged":
            return f"merged{by} ({each.url}); take it off the list, or record its outcome"
        case "PR open":
            return f"in work{by} ({each.url}); list another, or override it"
        case _:
            return f"taken{by}; ask whether it is still so, and override it or list another"
