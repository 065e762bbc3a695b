"""What came of an event, as Markdown to publish: merged, in review, open, thanks, what next."""

from collections.abc import Mapping
from dataclasses import asdict

from outreach.sprints.model import Issue, Sprint
from outreach.sprints.now import counts
from outreach.sprints.snapshot import Snapshot
from outreach.sprints.states import Standing
from outreach.sprints.times import day_text, span_text

SECTIONS = (
    ("merged", "Merged"),
    ("PR open", "In review"),
    ("claimed", "Begun"),
    ("closed", "Closed otherwise"),
)


def thanked(known: Mapping[Issue, Standing]) -> list[str]:
    """Return the accounts of those who opened a pull request or hold a claim, each once, sorted."""
    names = {
        name
        for each in known.values()
        if each.by and each.why != "organiser" and each.state in ("merged", "PR open", "claimed")
        for name in each.by.split(", ")
    }
    return sorted(names - {"ghost"}, key=str.lower)


def report(sprint: Sprint, snapshot: Snapshot | None, known: Mapping[Issue, Standing]) -> str:
    """Return the report in Markdown; where there is no snapshot it says what the list itself records."""
    event = sprint.event
    lines = [f"# {_plain(event.title)}: what came of it", "", f"{span_text(event.starts, event.ends)}."]
    if snapshot is None:
        lines += ["", "GitHub was not asked: there is no snapshot. What the list itself records:", ""]
        return "\n".join([*lines, *_recorded(sprint), *_thanks(sprint, []), *_next(sprint)]) + "\n"
    found = counts(known)
    listed = ", ".join(f"{count} {state}" for state, count in found.items() if count)
    lines += [f"As GitHub had it on {day_text(snapshot.as_of)} ({snapshot.as_of}): {listed or 'nothing'}."]
    for state, title in SECTIONS:
        rows = [(issue, each) for issue, each in known.items() if each.state == state]
        if rows:
            lines += ["", f"## {title}", "", *(_row(issue, each) for issue, each in rows)]
    left = [issue for issue, each in known.items() if each.state == "open"]
    if left:
        lines += ["", "## Still open", "", *(f"* {_name(issue)}, {issue.level}" for issue in left)]
    return "\n".join([*lines, *_thanks(sprint, thanked(known)), *_next(sprint)]) + "\n"


def report_data(
    sprint: Sprint, snapshot: Snapshot | None, known: Mapping[Issue, Standing]
) -> dict[str, object]:
    """Return the report as plain data; without a snapshot, with the outcomes that the list itself records."""
    hours = sprint.event.office_hours
    recorded = {
        issue.url: asdict(issue.outcome) for issue in sprint.issues if snapshot is None and issue.outcome
    }
    return {
        "event": sprint.event.slug,
        "as_of": snapshot.as_of if snapshot else None,
        "counts": counts(known) if snapshot else None,
        "issues": [
            {"issue": issue.url, "state": each.state, "by": each.by, "url": each.url}
            for issue, each in known.items()
        ],
        "recorded": recorded,
        "thanks": thanked(known),
        "helped": [host.name for host in sprint.event.hosts],
        "office_hours": asdict(hours) if hours else None,
    }


def _recorded(sprint: Sprint) -> list[str]:
    rows = [issue for issue in sprint.issues if issue.outcome or issue.state == "closed"]
    if not rows:
        return ["* nothing"]
    return [f"* {_name(issue)}: {issue.outcome.text if issue.outcome else 'closed.'}" for issue in rows]


def _thanks(sprint: Sprint, people: list[str]) -> list[str]:
    hosts = ", ".join(_plain(host.name) for host in sprint.event.hosts)
    groups = [", ".join(f"@{name}" for name in people), f"{hosts}, for helping" if hosts else ""]
    named = "; to ".join(group for group in groups if group)
    return ["", "## Thanks", "", f"To {named}."] if named else []


def _next(sprint: Sprint) -> list[str]:
    hours = sprint.event.office_hours
    if hours is None:
        return ["", "## Next", "", "Office hours: not recorded."]
    where = f", {hours.url}" if hours.url else ""
    return ["", "## Next", "", f"Office hours: {span_text(hours.starts, hours.ends)}{where}."]


def _row(issue: Issue, each: Standing) -> str:
    by = f", by {', '.join(f'@{name}' for name in each.by.split(', '))}" if each.by else ""
    return f"* {_name(issue)}{by}{f': {each.url}' if each.url else ''}"


def _name(issue: Issue) -> str:
    return f"[{issue.repo}#{issue.number}]({issue.url}) {_plain(issue.title)}"


def _plain(text: str) -> str:
    """Return text in which no character is read as Markdown or HTML."""
    return "".join(f"\\{mark}" if mark in "\\`*_[]<>#&|!" else mark for mark in " ".join(text.split()))
