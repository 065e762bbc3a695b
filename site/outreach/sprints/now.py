"""Where each issue of a sprint stands at a moment, and what to tell those whose claim came second."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from outreach.sprints.github_facts import IssueFacts
from outreach.sprints.model import LEVELS, Issue, Sprint
from outreach.sprints.snapshot import Snapshot
from outreach.sprints.states import STATES, Refused, Standing, State, standing


@dataclass(frozen=True, slots=True)
class Told:
    """An answer to a claim that came second; `free` is what to offer, None if nothing is left."""

    issue: Issue
    refused: Refused
    free: Issue | None

    @property
    def text(self) -> str:
        """The answer, ready to be pasted into the thread."""
        taken = f"@{self.refused.by}: @{self.refused.holder} claimed this first, until {self.refused.until}"
        if self.free == self.issue:
            return f"{taken}. It is free again: comment /claim once more."
        if self.free is None:
            return f"{taken}. No other issue of the list is free; ask a mentor whom to pair with."
        return (
            f"{taken}. Free next, {self.free.level}, {self.free.minutes} minutes: {self.free.url} "
            "(comment /claim there)."
        )


def standings(sprint: Sprint, snapshot: Snapshot | None, now: datetime) -> dict[Issue, Standing]:
    """Return the standing of each issue that is known: from the snapshot, else from the organiser's word."""
    known: dict[Issue, Standing] = {}
    for issue in sprint.issues:
        facts = snapshot.issues.get(issue.name) if snapshot else None
        if facts is not None:
            known[issue] = standing(facts, issue.override, sprint.event.claim_minutes, now)
        elif issue.override is not None:
            known[issue] = standing(_unread(issue), issue.override, None, now)
    return known


def counts(known: Mapping[Issue, Standing]) -> dict[State, int]:
    """Return how many issues are in each state."""
    return {state: sum(each.state == state for each in known.values()) for state in STATES}


def free(known: Mapping[Issue, Standing]) -> list[Issue]:
    """Return what a person can begin, in page order; the organiser may open what the list holds settled."""
    return [issue for issue, each in known.items() if _can_begin(issue, each)]


def startable(sprint: Sprint, known: Mapping[Issue, Standing]) -> list[Issue]:
    """Return what a person can begin as far as is known: without a snapshot, as the list records it."""
    return [
        issue
        for issue in sprint.issues
        if (_can_begin(issue, known[issue]) if issue in known else issue.standing == "open")
    ]


def _can_begin(issue: Issue, each: Standing) -> bool:
    return each.state == "open" and (each.why == "organiser" or not issue.settled)


def answers(known: Mapping[Issue, Standing]) -> list[Told]:
    """Return what to tell: each person once, for the last claim that came second, each another free issue.

    The issue itself comes first where it has become free again. Who holds an issue by now, or has a pull
    request open, needs no answer.
    """
    busy = {(each.by or "").lower() for each in known.values() if each.state in ("claimed", "PR open")}
    last: dict[str, tuple[Issue, Refused]] = {}
    for issue, each in known.items():
        for refused in each.refused:
            name = refused.by.lower()
            if name not in busy and (name not in last or last[name][1].at < refused.at):
                last[name] = issue, refused
    left = free(known)
    told = []
    for issue, refused in sorted(last.values(), key=lambda pair: (pair[1].at, pair[1].by)):
        offer = min(left, key=lambda other: _distance(issue, other), default=None)
        if offer is not None:
            left.remove(offer)
        told.append(Told(issue, refused, offer))
    return told


def told_data(each: Told) -> dict[str, object]:
    """Return an answer as plain data; `free` is the address of what to begin, None if nothing is left."""
    refused = each.refused
    return {
        "by": refused.by,
        "at": refused.at,
        "issue": each.issue.url,
        "holder": refused.holder,
        "until": refused.until,
        "free": each.free.url if each.free else None,
        "text": each.text,
    }


def _unread(issue: Issue) -> IssueFacts:
    """Return what the list records, for an issue that GitHub was not asked for."""
    return IssueFacts(
        issue.repo, issue.number, "issue", issue.name, issue.title, "closed" if issue.settled else issue.state
    )


def _distance(wanted: Issue, other: Issue) -> tuple[bool, int, int, int, int]:
    """Return how unlike two issues are: the same one first, then by level, skills, time."""
    levels = abs(LEVELS.index(wanted.level) - LEVELS.index(other.level))
    skills = -len(set(wanted.skills) & set(other.skills))
    return wanted != other, levels, skills, abs(wanted.minutes - other.minutes), other.minutes
