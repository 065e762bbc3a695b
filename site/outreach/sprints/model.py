"""What a sprint is: an event, its issues, and the projects and rules that several events share."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

type Level = Literal["starter", "intermediate", "advanced"]

LEVELS: tuple[Level, ...] = ("starter", "intermediate", "advanced")


@dataclass(frozen=True, slots=True)
class Source:
    """A page, minutes or repository that the event's facts come from."""

    id: str
    title: str
    url: str | None
    kind: str
    date: str | None


@dataclass(frozen=True, slots=True)
class Host:
    """A person who helps at the event; `hours` are stays, start and end of each, where they are known."""

    name: str
    github: str | None
    role: str
    hours: tuple[tuple[str, str], ...]
    source: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One sentence about the event and how sure it is."""

    text: str
    certainty: str
    source: str | None


@dataclass(frozen=True, slots=True)
class Session:
    """A part of the event with a time of its own."""

    title: str
    starts: str
    ends: str


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """When people may come with what they began."""

    starts: str
    ends: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """When, where and with whom; `starts` and `ends` are both moments or both dates, in ISO form."""

    title: str
    slug: str
    status: str
    summary: str
    starts: str
    ends: str
    zone: str | None
    format: str
    place: str | None
    hosts: tuple[Host, ...]
    code_of_conduct: str | None
    ai_policy: str | None
    expected_people: int | None
    attendees: int | None
    mentors: int | None
    claim_minutes: int | None
    sessions: tuple[Session, ...]
    office_hours: OfficeHours | None
    short_address: str | None
    focus: str | None
    facts: tuple[Fact, ...]
    sources: tuple[Source, ...]

    @classmethod
    def read(cls, data: dict[str, Any]) -> "Event":
        """Return the event that `data`, already checked against the schema, describes."""
        hosts = tuple(Host(**{**host, "hours": _hours(host["hours"])}) for host in data["hosts"])
        facts = tuple(Fact(**fact) for fact in data["facts"])
        sources = tuple(Source(**source) for source in data["sources"])
        later = data["office_hours"]
        return cls(
            **{
                **data,
                "hosts": hosts,
                "sessions": tuple(Session(**session) for session in data["sessions"]),
                "office_hours": later and OfficeHours(**later),
                "facts": facts,
                "sources": sources,
            }
        )

    @property
    def first_moment(self) -> datetime:
        """The start in UTC; midnight of the first day where only dates are known."""
        return moment(self.starts)

    @property
    def last_moment(self) -> datetime:
        """The end in UTC; the end of the last day, anywhere on earth, where only dates are known."""
        end = moment(self.ends)
        return end if "T" in self.ends else end + timedelta(hours=36)


@dataclass(frozen=True, slots=True)
class FirstFile:
    """The file to open first, and the commit at which it was seen."""

    path: str
    commit: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has become of an issue since."""

    kind: str
    text: str
    date: str | None


@dataclass(frozen=True, slots=True)
class Override:
    """What the organiser has decided about an issue, until `until`."""

    state: str
    by: str | None
    until: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue of a list, as issues.yaml has it; addresses follow from `repo` and `number`."""

    repo: str
    number: int
    title: str
    opened: str | None
    listed: str
    kind: str
    area: str
    skills: tuple[str, ...]
    level: Level
    minutes: int
    judged: str
    mentor: str | None
    summary: str
    first_file: FirstFile | None
    first_command: str | None
    prints: str | None
    done_when: str
    state: str
    outcome: Outcome | None
    override: Override | None
    labels: tuple[str, ...]
    source_kind: str
    source_date: str
    verified_on: str | None
    note: str | None

    @classmethod
    def read(cls, data: dict[str, Any]) -> "Issue":
        """Return the issue that `data`, already checked against the schema, describes."""
        fields = {"prints": None, "outcome": None, "override": None, **data}
        source = fields.pop("source")
        opened, first_file, outcome = fields["opened"], fields["first_file"], fields["outcome"]
        return cls(
            **{
                **fields,
                "opened": None if opened is None else str(opened),
                "skills": tuple(sorted(fields["skills"])),
                "labels": tuple(fields["labels"]),
                "first_file": first_file and FirstFile(**first_file),
                "outcome": outcome and Outcome(**outcome),
                "override": fields["override"] and Override(**fields["override"]),
                "source_kind": source["kind"],
                "source_date": source["date"],
            }
        )

    @property
    def url(self) -> str:
        """The canonical address of the issue on GitHub."""
        return f"https://github.com/{self.repo}/issues/{self.number}"

    @property
    def name(self) -> str:
        """How snapshots name it: owner/name#number in lower case."""
        return f"{self.repo}#{self.number}".lower()

    @property
    def ref(self) -> str:
        """How people say it: "zarr-python#1238"."""
        return f"{self.repo.split('/')[1]}#{self.number}"

    @property
    def anchor(self) -> str:
        """The id on its event's page, such as "zarr-developers-zarr-python-1238"."""
        return re.sub("[^a-z0-9]+", "-", f"{self.repo}-{self.number}".lower())

    @property
    def standing(self) -> str:
        """What a person who chooses needs to know: the outcome where there is one, else the state."""
        if self.outcome:
            return self.outcome.kind
        return "done" if self.state == "closed" else "open"

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do but to close the thread."""
        return self.standing in ("done", "overtaken")

    @property
    def order(self) -> tuple[int, bool, int, str, int]:
        """Place in lists: easy before hard, to be done before done, short before long."""
        return LEVELS.index(self.level), self.settled, self.minutes, self.repo.lower(), self.number


@dataclass(frozen=True, slots=True)
class Repository:
    """A project that sprints work on, and the way to a working checkout."""

    repo: str
    about: str
    set_up: tuple[str, ...]
    tried: str | None
    needs: tuple[str, ...]
    guide: str | None
    guide_read: str | None
    ai_policy: str | None
    commit: str | None

    @classmethod
    def read(cls, data: dict[str, Any]) -> "Repository":
        """Return the project that `data`, already checked against the schema, describes."""
        return cls(**{**data, "set_up": tuple(data["set_up"] or ()), "needs": tuple(data["needs"] or ())})


@dataclass(frozen=True, slots=True)
class LevelRule:
    """How level and minutes were judged, and by whom."""

    id: str
    judged_by: str
    starter: str
    intermediate: str
    advanced: str
    minutes: str

    def of(self, level: Level) -> str:
        """Return what the rule says about `level`."""
        return {"starter": self.starter, "intermediate": self.intermediate, "advanced": self.advanced}[level]


@dataclass(frozen=True, slots=True)
class Sprint:
    """An event with its issues in page order, the projects they belong to, and the rules they name."""

    event: Event
    issues: tuple[Issue, ...]
    repositories: tuple[Repository, ...]
    rules: tuple[LevelRule, ...]


def moment(text: str) -> datetime:
    """Return an ISO date or date-time as a moment in UTC; a date means its first moment."""
    if "T" in text:
        return datetime.fromisoformat(text).astimezone(UTC)
    return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)


def _hours(data: list[dict[str, str]] | None) -> tuple[tuple[str, str], ...]:
    return tuple((span["starts"], span["ends"]) for span in data or ())
