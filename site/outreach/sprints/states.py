"""In which state an issue is, from what GitHub says of it, the organiser's word, and the time.

The first of these that applies decides:

1. the organiser's override in issues.yaml, until its time is over;
2. gone: nothing at that address, deleted or hidden;
3. merged: a linked pull request was merged, and the issue not opened again since;
4. closed;
5. PR open: a pull request says it closes the issue;
6. claimed: by who is assigned on GitHub, without end;
7. claimed: by the earliest `/claim` that was neither given back with `/release` nor has expired;
8. open.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from outreach.sprints.github_facts import Command, IssueFacts
from outreach.sprints.model import Override, moment
from outreach.sprints.snapshot import iso

type State = Literal["open", "claimed", "PR open", "merged", "closed", "gone"]

STATES: tuple[State, ...] = ("open", "claimed", "PR open", "merged", "closed", "gone")


@dataclass(frozen=True, slots=True)
class Refused:
    """A claim that came second: `by` at `at`, while `holder` had the issue until `until`."""

    by: str
    at: str
    holder: str
    until: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of an issue at a moment, by whom, since and until when, and what shows it.

    `why` is "organiser", "assigned", "comment", "pull request" or "" ; `until` is None for what has no end.
    """

    state: State
    by: str | None = None
    since: str | None = None
    until: str | None = None
    url: str | None = None
    why: str = ""
    refused: tuple[Refused, ...] = ()


@dataclass(frozen=True, slots=True)
class Claims:
    """What the commands of a thread come to."""

    holder: str | None
    since: str | None
    until: str | None
    refused: tuple[Refused, ...]


def standing(
    facts: IssueFacts, override: Override | None, claim_minutes: int | None, now: datetime
) -> Standing:
    """Return the state of an issue at `now`; `claim_minutes` is None where claims are not used."""
    if override and (override.until is None or now < moment(override.until)):
        return Standing(_state(override.state), override.by, None, override.until, None, "organiser")
    if facts.found == "gone":
        return Standing("gone")
    merged = [pull for pull in facts.pulls if pull.state == "merged"]
    if facts.state == "merged" or (merged and (facts.reopened_at or "") <= merged[-1].at):
        if not merged:
            return Standing("merged", facts.by, facts.closed_at, None, _url(facts), "pull request")
        pull = merged[-1]
        return Standing("merged", pull.by, pull.at, None, pull.url, "pull request")
    if facts.state != "open":
        return Standing("closed", None, facts.closed_at)
    if facts.found == "pull request":
        return Standing("PR open", facts.by, None, None, _url(facts), "pull request")
    pulls = [pull for pull in facts.pulls if pull.state == "open"]
    if pulls:
        return Standing("PR open", pulls[0].by, pulls[0].at, None, pulls[0].url, "pull request")
    claims = replay(facts.commands, claim_minutes, now)
    if facts.assignees:
        return Standing("claimed", ", ".join(facts.assignees), None, None, None, "assigned", claims.refused)
    if claims.holder:
        return Standing("claimed", claims.holder, claims.since, claims.until, None, "comment", claims.refused)
    return Standing("open", refused=claims.refused)


def replay(commands: Iterable[Command], minutes: int | None, now: datetime) -> Claims:
    """Return who holds the claim at `now`.

    A claim holds for `minutes`, and for as long again from each further `/claim` of the same person. While
    it holds, the claims of others are refused. Commands after `now` have not happened.
    """
    holder: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    refused: list[Refused] = []
    for command in sorted(commands, key=lambda command: moment(command.at)) if minutes else ():
        at = moment(command.at)
        if at > now:
            break
        if until is not None and at >= until:
            holder = since = until = None
        same = holder is not None and holder.lower() == command.by.lower()
        if command.what == "release":
            if same:
                holder = since = until = None
        elif holder is None or same:
            since = since if same else at
            holder, until = command.by, at + timedelta(minutes=minutes or 0)
        elif until is not None:
            refused.append(Refused(command.by, iso(at), holder, iso(until)))
    if until is not None and now >= until:
        holder = since = until = None
    if holder is None or since is None or until is None:
        return Claims(None, None, None, tuple(refused))
    return Claims(holder, iso(since), iso(until), tuple(refused))


def _state(text: str) -> State:
    return next(state for state in STATES if state == text)


def _url(facts: IssueFacts) -> str:
    home, _, number = (facts.now_at or facts.name).partition("#")
    return f"https://github.com/{home}/issues/{number}"
