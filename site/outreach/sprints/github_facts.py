"""What sync learns of an issue, and how the API's answers are read.

Steps: an issue's own record; then its timeline, page by page: comments with commands, pull requests that say
they close it, reopenings. Pages are kept apart, because each has an ETag of its own.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

type Found = Literal["issue", "pull request", "gone"]
type What = Literal["claim", "release"]

# https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
CLOSING = r"(?i:\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b:?)\s+"
COMMAND = re.compile(r"/(claim|release)(?![\w/-])", re.IGNORECASE)
FENCE = re.compile(r" {0,3}(`{3,}(?!.*`)|~{3,})")
# GitHub links no pull request by what it does not show as text: comments of a template, code.
HTML_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
INLINE_CODE = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
MAX_BODY = 100_000


@dataclass(frozen=True, slots=True)
class Command:
    """`/claim` or `/release` in a comment; `at` is when the comment last took its present form."""

    at: str
    by: str
    what: What


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request that says it closes the issue; `at` is when it was merged, else last changed."""

    repo: str
    number: int
    by: str
    state: Literal["open", "closed", "merged"]
    at: str

    @property
    def url(self) -> str:
        """Its address."""
        return f"https://github.com/{self.repo}/pull/{self.number}"


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """What matters of up to a hundred events."""

    etag: str | None
    events: int
    commands: tuple[Command, ...]
    pulls: tuple[Pull, ...]
    reopened: tuple[str, ...]

    @classmethod
    def of(cls, data: dict[str, Any]) -> "TimelinePage":
        """Return the page that the snapshot holds as `data`."""
        return cls(
            data["etag"],
            data["events"],
            tuple(Command(**item) for item in data["commands"]),
            tuple(Pull(**item) for item in data["pulls"]),
            tuple(data["reopened"]),
        )


@dataclass(frozen=True, slots=True)
class IssueFacts:
    """An issue as GitHub has it; `repo` and `number` are those of issues.yaml, `now_at` where it is today."""

    repo: str
    number: int
    found: Found
    now_at: str | None
    title: str | None = None
    state: str | None = None
    reason: str | None = None
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    by: str | None = None
    updated_at: str | None = None
    closed_at: str | None = None
    etag: str | None = None
    timeline: tuple[TimelinePage, ...] = field(default=())

    @classmethod
    def of(cls, data: dict[str, Any]) -> "IssueFacts":
        """Return the facts that the snapshot holds as `data`."""
        return cls(
            **{
                **data,
                "labels": tuple(data["labels"]),
                "assignees": tuple(data["assignees"]),
                "timeline": tuple(TimelinePage.of(page) for page in data["timeline"]),
            }
        )

    @property
    def name(self) -> str:
        """How issues.yaml names it, in lower case."""
        return f"{self.repo}#{self.number}".lower()

    @property
    def moved(self) -> bool:
        """Whether it is elsewhere than issues.yaml says: transferred, or its repository renamed."""
        return self.now_at is not None and self.now_at.lower() != self.name

    @property
    def commands(self) -> tuple[Command, ...]:
        """All commands, in the order of time."""
        return tuple(sorted((c for page in self.timeline for c in page.commands), key=lambda c: c.at))

    @property
    def pulls(self) -> tuple[Pull, ...]:
        """Each linked pull request once, as it was seen last."""
        seen = {(pull.repo.lower(), pull.number): pull for page in self.timeline for pull in page.pulls}
        return tuple(sorted(seen.values(), key=lambda pull: (pull.at, pull.repo, pull.number)))

    @property
    def reopened_at(self) -> str | None:
        """When it was last opened again."""
        return max((at for page in self.timeline for at in page.reopened), default=None)


def read_issue(repo: str, number: int, data: dict[str, Any], etag: str | None) -> IssueFacts:
    """Return what the API's issue `data` says; its timeline is still to come.

    Raises
    ------
    KeyError, TypeError, AttributeError
        If `data` lacks what every issue has.
    """
    now_at = f"{data['repository_url'].split('/repos/', 1)[1]}#{data['number']}"
    return IssueFacts(
        repo=repo,
        number=number,
        found="pull request" if data.get("pull_request") else "issue",
        now_at=now_at,
        title=data["title"],
        state=_merged_or(data),
        reason=data.get("state_reason"),
        labels=tuple(sorted(label["name"] for label in data["labels"])),
        assignees=tuple(sorted(_login(person) for person in data["assignees"])),
        by=_login(data["user"]),
        updated_at=data["updated_at"],
        closed_at=data["closed_at"],
        etag=etag,
    )


def gone(repo: str, number: int) -> IssueFacts:
    """Return the facts of an issue that is deleted, or in a repository that is gone or hidden."""
    return IssueFacts(repo=repo, number=number, found="gone", now_at=None)


def read_timeline(
    facts: IssueFacts, events: list[dict[str, Any]], etag: str | None, before: Collection[Command] = ()
) -> TimelinePage:
    """Return what matters of one page of the timeline of `facts`; `before` has the commands seen so far."""
    commands: list[Command] = []
    pulls: list[Pull] = []
    reopened: list[str] = []
    for event in events:
        kind = event.get("event")
        if kind == "commented":
            commands += _commands(event, before)
        elif kind == "cross-referenced":
            pulls += _closing_pull(facts, event)
        elif kind == "reopened":
            reopened.append(event["created_at"])
    return TimelinePage(etag, len(events), tuple(commands), tuple(pulls), tuple(reopened))


def commands_in(body: str) -> Iterator[What]:
    """Yield the commands that begin a line of a comment, outside of quotations and code."""
    for line in _written(body):
        found = COMMAND.match(line.strip())
        if found:
            yield "claim" if found[1].lower() == "claim" else "release"


def _written(body: str) -> Iterator[str]:
    """Yield the lines that are a person's own words: no quotation, no code."""
    fence = None
    for line in body[:MAX_BODY].splitlines():
        mark = FENCE.match(line)
        if mark:
            if fence is None:
                fence = mark[1]
            elif mark[1].startswith(fence):
                fence = None
        elif fence is None and not line.startswith(("    ", "\t", ">")):
            yield line


def _commands(event: dict[str, Any], before: Collection[Command]) -> Iterator[Command]:
    person = event.get("user") or event.get("actor")
    if not person or person.get("type") == "Bot":
        return
    name, created = _login(person), event["created_at"]
    # A comment counts from its last edit: otherwise an old one, edited, would be the earliest claim. What a
    # sync has seen before the edit keeps its time: who mends a word does not lose the issue.
    edited = max(created, event.get("updated_at") or "")
    for what in commands_in(event.get("body") or ""):
        first = Command(created, name, what)
        yield first if first in before else Command(edited, name, what)


def _closing_pull(facts: IssueFacts, event: dict[str, Any]) -> Iterator[Pull]:
    source = (event.get("source") or {}).get("issue") or {}
    pull = source.get("pull_request")
    if not pull:
        return
    repo = (source.get("repository") or {}).get("full_name") or source["repository_url"].split("/repos/", 1)[
        1
    ]
    if not _closes(f"{source['title']}\n{_shown_text(source.get('body') or '')}", repo, facts):
        return
    merged = pull.get("merged_at")
    state: Literal["open", "closed", "merged"] = (
        "merged" if merged else "open" if source["state"] == "open" else "closed"
    )
    yield Pull(repo, source["number"], _login(source["user"]), state, merged or source["updated_at"])


def _shown_text(body: str) -> str:
    """Return what GitHub shows of a description as text."""
    words = "\n".join(_written(HTML_COMMENT.sub(" ", body[:MAX_BODY])))
    return INLINE_CODE.sub(" ", words)


def _closes(text: str, repo: str, facts: IssueFacts) -> bool:
    home, _, number = (facts.now_at or facts.name).partition("#")
    names = [rf"https://github\.com/{re.escape(home)}/issues/{number}\b", rf"{re.escape(home)}#{number}\b"]
    if repo.lower() == home.lower():
        names.append(rf"#{number}\b")
    return re.search(f"{CLOSING}(?:{'|'.join(names)})", text, re.IGNORECASE) is not None


def _merged_or(data: dict[str, Any]) -> str:
    state: str = data["state"]
    return "merged" if (data.get("pull_request") or {}).get("merged_at") else state


def _login(person: dict[str, Any] | None) -> str:
    # Accounts that were deleted are null; GitHub's site shows them as "ghost".
    return person["login"] if person else "ghost"
