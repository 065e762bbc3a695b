"""Whether a list serves the people who come: at the start, over the whole event, and with the mentors there.

The numbers people argue about are at the top, and the page prints them beside the table.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from outreach.sprints.model import LEVELS, Event, Issue, Level, Sprint, moment

# Assumptions of the editors, for an event of which nothing better is known.
MIX_PERCENT: dict[Level, int] = {"starter": 60, "intermediate": 30, "advanced": 10}
PEOPLE_PER_MENTOR = 10
PEOPLE_PER_ISSUE = 2  # people who pair on one
SHARES_PERCENT = (1, 2, 5, 10, 100)
HOURS_A_DAY = 8


@dataclass(frozen=True, slots=True)
class LevelCapacity:
    """What the list holds of one level: free issues, and the minutes of work in them."""

    level: Level
    issues: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Crowd:
    """One guess at how many come: what they need at the start, and what is missing.

    `why` says where the number is from. `short` has the issues missing per level when people pair;
    `idle` is the minutes after which each person has used up what the list holds, None if it lasts.
    """

    people: int
    why: str
    mentors_needed: int
    mentors_short: int | None
    short: dict[Level, int]
    idle: int | None

    @property
    def served(self) -> bool:
        """Whether issues and mentors suffice for the whole event."""
        return not any(self.short.values()) and self.idle is None and not self.mentors_short


@dataclass(frozen=True, slots=True)
class Capacity:
    """What the list and the mentors of an event can serve; `minutes` is None where no hours are known."""

    minutes: int | None
    mentors: int | None
    levels: tuple[LevelCapacity, ...]
    crowds: tuple[Crowd, ...]

    @property
    def warnings(self) -> list[str]:
        """What is missing for the expected people, one sentence each."""
        said = []
        for crowd in self.crowds:
            if crowd.served:
                continue
            lacking = [
                f"{count} more {level} issue{'' if count == 1 else 's'}"
                for level, count in crowd.short.items()
                if count
            ]
            if crowd.mentors_short:
                lacking.append(f"{crowd.mentors_short} more mentors")
            if crowd.idle is not None:
                lacking.append(f"issues for the time after the first {crowd.idle} minutes")
            said.append(f"for {crowd.people:,} people ({crowd.why}) it lacks {', '.join(lacking)}")
        return said


def working_minutes(event: Event) -> int | None:
    """Return how long people work: the sessions, else the event's own length, at most 8 hours a day."""
    spans = [(each.starts, each.ends) for each in event.sessions]
    if not spans:
        if "T" not in event.starts:
            return None
        spans = [(event.starts, event.ends)]
        days = -(-(moment(event.ends) - moment(event.starts)) // timedelta(days=1))
        whole = (moment(event.ends) - moment(event.starts)) // timedelta(minutes=1)
        return min(whole, days * HOURS_A_DAY * 60)
    return sum((moment(ends) - moment(starts)) // timedelta(minutes=1) for starts, ends in spans)


def capacity(sprint: Sprint, free: Iterable[Issue], mentors: int | None = None) -> Capacity:
    """Return what `free`, the issues that can be begun, serve; `mentors` overrides the recorded number."""
    event = sprint.event
    issues = list(free)
    there = mentors if mentors is not None else event.mentors or len(event.hosts) or None
    minutes = working_minutes(event)
    levels = tuple(
        LevelCapacity(
            level,
            sum(issue.level == level for issue in issues),
            sum(issue.minutes for issue in issues if issue.level == level),
        )
        for level in LEVELS
    )
    crowds = tuple(_crowd(people, why, levels, minutes, there) for people, why in guesses(event))
    return Capacity(minutes, there, levels, crowds)


def guesses(event: Event) -> list[tuple[int, str]]:
    """Return how many may come, and why so many: the expected number, else shares of the conference."""
    if event.expected_people:
        return [(event.expected_people, "expected")]
    if event.attendees:
        return [
            (max(1, event.attendees * share // 100), f"{share} % of {event.attendees:,} attendees")
            for share in SHARES_PERCENT
        ]
    return []


def _crowd(
    people: int, why: str, levels: tuple[LevelCapacity, ...], minutes: int | None, mentors: int | None
) -> Crowd:
    needed = {level: -(-people * MIX_PERCENT[level] // (100 * PEOPLE_PER_ISSUE)) for level in LEVELS}
    have = {each.level: each.issues for each in levels}
    mentors_needed = -(-people // PEOPLE_PER_MENTOR)
    lasting = sum(each.minutes for each in levels) * PEOPLE_PER_ISSUE // people
    return Crowd(
        people,
        why,
        mentors_needed,
        None if mentors is None else max(0, mentors_needed - mentors),
        {level: max(0, needed[level] - have[level]) for level in LEVELS},
        lasting if minutes is not None and lasting < minutes else None,
    )
