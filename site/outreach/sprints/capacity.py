"""Whether a list serves the people who come: at the start, over the whole event, and with the mentors there.

The numbers people argue about are at the top, and the page prints them beside the table.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.sprints.model import LEVELS, Event, Issue, Level, Sprint, moment

# Assumptions of the editors, for an event of which nothing better is known.
MIX_PERCENT: dict[Level, int] = {"starter": 60, "intermediate": 30, "advanced": 10}
PEOPLE_PER_MENTOR = 10
PEOPLE_PER_ISSUE = 2  # people who pair on one
SHARES_PERCENT = (1, 2, 5, 10, 100)
HOURS_A_DAY = 8
# Longer than this, people sleep in between: then it is the sessions that count.
ONE_SITTING = timedelta(hours=12)
HOUR = timedelta(hours=1)


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
    `lasts` has the minutes after which those of a level have used up its issues, and `idle` those after which
    nobody finds any, None if it lasts.
    """

    people: int
    why: str
    mentors_needed: int
    mentors_short: int | None
    short: dict[Level, int]
    lasts: dict[Level, int]
    idle: int | None

    @property
    def served(self) -> bool:
        """Whether issues and mentors suffice for the whole event."""
        return not any(self.short.values()) and self.idle is None and not self.mentors_short


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of work; `after` is the minutes of work until its end.

    `mentors` is the fewest there at any moment of it, of those whose hours are recorded; None if nobody's.
    """

    starts: datetime
    ends: datetime
    after: int
    mentors: int | None

    def lacking(self, crowd: Crowd) -> list[Level]:
        """Return the levels of which so many people find nothing new before its end."""
        return [level for level in LEVELS if crowd.lasts[level] < self.after]

    def left(self, crowd: Crowd) -> str:
        """Return in words what so many people find until its end."""
        lacking = self.lacking(crowd)
        if len(lacking) == len(LEVELS):
            return "nothing left"
        return f"no {' or '.join(lacking)} left" if lacking else "enough"


@dataclass(frozen=True, slots=True)
class Capacity:
    """What the list and the mentors of an event can serve; `minutes` is None where no hours are known."""

    minutes: int | None
    mentors: int | None
    levels: tuple[LevelCapacity, ...]
    crowds: tuple[Crowd, ...]
    hours: tuple[Hour, ...]

    @property
    def warnings(self) -> list[str]:
        """What is missing for the expected people, one sentence each."""
        said = []
        for crowd in self.crowds:
            # Where nobody's hours are recorded, only the number of mentors can be judged.
            thin = [
                hour
                for hour in self.hours
                if hour.mentors is not None and hour.mentors < crowd.mentors_needed
            ]
            if crowd.served and not thin:
                continue
            lacking = [
                f"{count} more {level} issue{'' if count == 1 else 's'}"
                for level, count in crowd.short.items()
                if count
            ]
            if crowd.mentors_short:
                lacking.append(f"{crowd.mentors_short} more mentors")
            if crowd.idle is not None:
                after = f"the time after the first {crowd.idle} minutes" if crowd.idle else "any of the time"
                lacking.append(f"issues for {after}")
            if thin and not crowd.mentors_short:
                each = ", ".join(f"{hour.starts:%H:%M} ({hour.mentors} there)" for hour in thin)
                lacking.append(f"mentors in the hours from {each} UTC, {crowd.mentors_needed} wanted")
            said.append(f"for {crowd.people:,} people ({crowd.why}) it lacks {', '.join(lacking)}")
        return said


def working_spans(event: Event) -> list[tuple[datetime, datetime]]:
    """Return when people work: from start to end where that is one sitting, else in the sessions."""
    if "T" in event.starts and moment(event.ends) - moment(event.starts) <= ONE_SITTING:
        return [(moment(event.starts), moment(event.ends))]
    return [(moment(each.starts), moment(each.ends)) for each in event.sessions]


def working_minutes(event: Event) -> int | None:
    """Return how long people work; of an event over days without sessions, at most 8 hours a day."""
    spans = working_spans(event)
    if spans:
        return sum((ends - starts) // timedelta(minutes=1) for starts, ends in spans)
    if "T" not in event.starts:
        return None
    whole = moment(event.ends) - moment(event.starts)
    days = -(-whole // timedelta(days=1))
    return min(whole // timedelta(minutes=1), days * HOURS_A_DAY * 60)


def working_hours(event: Event) -> tuple[Hour, ...]:
    """Return the hours of an event that is one sitting; the last may be shorter. Longer ones have none."""
    spans = working_spans(event)
    if len(spans) != 1 or spans[0][1] - spans[0][0] > ONE_SITTING:
        return ()
    ((starts, ends),) = spans
    found = []
    while starts < ends:
        end = min(starts + HOUR, ends)
        after = (end - spans[0][0]) // timedelta(minutes=1)
        found.append(Hour(starts, end, after, _fewest(event, starts, end)))
        starts = end
    return tuple(found)


def _fewest(event: Event, starts: datetime, ends: datetime) -> int | None:
    """Return the smallest number of hosts who are there at once, None where nobody's hours are recorded."""
    stays = [(moment(first), moment(last)) for host in event.hosts for first, last in host.hours]
    if not stays:
        return None
    changes = {starts, *(when for stay in stays for when in stay if starts < when < ends)}
    return min(sum(first <= when < last for first, last in stays) for when in changes)


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
    return Capacity(minutes, there, levels, crowds, working_hours(event))


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
    lasts = {
        each.level: each.minutes * PEOPLE_PER_ISSUE * 100 // (people * MIX_PERCENT[each.level])
        for each in levels
    }
    mentors_needed = -(-people // PEOPLE_PER_MENTOR)
    lasting = sum(each.minutes for each in levels) * PEOPLE_PER_ISSUE // people
    return Crowd(
        people,
        why,
        mentors_needed,
        None if mentors is None else max(0, mentors_needed - mentors),
        {level: max(0, needed[level] - have[level]) for level in LEVELS},
        lasts,
        lasting if minutes is not None and lasting < minutes else None,
    )
