"""The list of issues of one event and the form that narrows it, as pre-escaped HTML."""

import re
from collections.abc import Callable, Iterable, Sequence

from outreach.html import escape, user_text
from outreach.sprints.model import LEVELS, Issue
from outreach.sprints.now import Told
from outreach.sprints.ornaments import level_squares, time_cells
from outreach.sprints.seen import SHOWN, Seen
from outreach.sprints.times import day_html, moment_html

LIST_ID = "issues"
MINUTES = (30, 60, 90, 120)
LISTED = {"at the event": "open at the event", "since": "opened since"}
NOT_RECORDED = '<span class="sprint-unknown">not recorded</span>'


def filter_form(issues: Sequence[Issue], seen: Seen) -> str:
    """Return the form; it offers only what the list holds, with how many issues each choice has."""
    skills = sorted({skill for issue in issues for skill in issue.skills})
    kinds = sorted({issue.kind for issue in issues})
    times = "".join(f'<option value="{minutes}">{minutes} minutes</option>' for minutes in MINUTES)
    groups = [
        _choices("I know", "skills", skills, lambda name: sum(name in issue.skills for issue in issues)),
        _choices("Level", "level", LEVELS, lambda name: sum(issue.level == name for issue in issues)),
        _choices("Kind", "kind", kinds, lambda name: sum(issue.kind == name for issue in issues)),
        _choices("State", "state", SHOWN, lambda name: sum(seen.state(issue) == name for issue in issues)),
        _choices(
            "Listed", "listed", LISTED, lambda name: sum(issue.listed == name for issue in issues), LISTED
        ),
    ]
    return f"""<form class="bz-filter sprint-filter" data-bz-filter="#{LIST_ID}" hidden>
<label>I have
<select name="minutes" data-bz-op="max"><option value="">any time</option>{times}</select></label>
<label>Search <input type="search" name="q" autocomplete="off"></label>
{"".join(groups)}<p class="bz-count" aria-live="polite"></p>
<button type="reset">Clear</button>
<button type="button" data-bz-share="#choose" hidden>Copy link to this choice</button>
</form>
"""


def issue_list(issues: Iterable[Issue], seen: Seen) -> str:
    """Return the list; it reads whole without the form."""
    rows = "".join(_item(issue, seen) for issue in issues)
    return f'<ol class="sprint-issues" id="{LIST_ID}">\n{rows}</ol>\n'


def came_second(seen: Seen) -> str:
    """Return the answers to claims that came second, each with what is free next; "" if there are none."""
    rows = "".join(f"<li>{_answer(each)}</li>\n" for each in seen.told)
    if not rows:
        return ""
    return f"""<div class="sprint-told">
<h3 id="second">Claims that came second</h3>
<ul>
{rows}</ul>
</div>
"""


def _answer(each: Told) -> str:
    refused, free = each.refused, each.free
    first = (
        f"{_account(refused.by)}: {_account(refused.holder)} claimed {_here(each.issue)} first, "
        f"until {moment_html(refused.until)}."
    )
    if free == each.issue:
        return f"{first} It is free again: comment <code>/claim</code> once more."
    if free is None:
        return f"{first} No other issue is free; ask a mentor whom to pair with."
    return (
        f'{first} Free next: {_here(free)}, <span dir="auto">{title_html(free.title)}</span> '
        f"({free.level}, {free.minutes} minutes)."
    )


def _account(name: str) -> str:
    return f'<a href="https://github.com/{escape(name)}" dir="auto">@{escape(name)}</a>'


def _here(issue: Issue) -> str:
    return f'<a class="sprint-ref" href="#{issue.anchor}">{escape(issue.ref)}</a>'


def title_html(title: str) -> str:
    """Return a title as GitHub shows it: escaped, with what stands between backticks as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(title))


def _choices(
    legend: str,
    name: str,
    values: Iterable[str],
    count: Callable[[str], int],
    labels: dict[str, str] | None = None,
) -> str:
    boxes = []
    for value in values:
        found = count(value)
        if found:
            label = escape((labels or {}).get(value, value))
            boxes.append(
                f'<label><input type="checkbox" name="{name}" value="{_token(value)}">'
                f'{label} <span class="bz-num">{found}</span></label>'
            )
    return f"<fieldset><legend>{legend}</legend><div>{''.join(boxes)}</div></fieldset>\n"


def _token(text: str) -> str:
    return escape(text.replace(" ", "-"))


def _item(issue: Issue, seen: Seen) -> str:
    name = issue.anchor
    words = [
        issue.title,
        issue.repo,
        f"#{issue.number}",
        issue.kind,
        issue.area,
        issue.summary,
        issue.done_when,
    ]
    words += [
        *issue.skills,
        *issue.labels,
        issue.first_file.path if issue.first_file else "",
        issue.note or "",
    ]
    data = {
        "level": _token(issue.level),
        "minutes": str(issue.minutes),
        "kind": _token(issue.kind),
        "skills": " ".join(map(_token, issue.skills)),
        "state": _token(seen.state(issue)),
        "listed": _token(issue.listed),
        "text": escape(" ".join(word for word in words if word).lower()),
    }
    attributes = " ".join(f'data-{key}="{value}"' for key, value in data.items())
    kind = "sprint-issue sprint-issue--settled" if seen.settled(issue) else "sprint-issue"
    skills = " ".join(f'<span class="bz-tag">{escape(skill)}</span>' for skill in issue.skills)
    return f"""<li class="{kind}" id="{name}" data-bz-item {attributes}>
<div class="sprint-measure">
<p class="sprint-level">{level_squares(issue.level)}<span>{issue.level}</span></p>
<p class="sprint-time">{time_cells(issue.minutes)}<span>{issue.minutes} minutes</span></p>
</div>
<div class="sprint-what">
<h3 dir="auto"><a href="{escape(issue.url)}">{title_html(issue.title)}</a></h3>
<p class="sprint-where"><a class="sprint-ref" href="#{name}" title="Link to this issue on this page">
{escape(issue.repo)}#{issue.number}</a>
<span>{escape(issue.kind)}, {escape(issue.area)}</span></p>
<p dir="auto">{escape(issue.summary)}</p>
{_note(issue)}<p class="sprint-skills">{skills}</p>
</div>
<dl class="sprint-start">
{_now(issue, seen)}{_start(issue, name)}{_state(issue)}</dl>
</li>
"""


def _note(issue: Issue) -> str:
    parts = []
    if issue.outcome:
        when = f" ({day_html(issue.outcome.date)})" if issue.outcome.date else ""
        parts.append(
            f"<strong>{issue.outcome.kind.capitalize()}.</strong> {escape(issue.outcome.text)}{when}"
        )
    if issue.note:
        parts.append(escape(issue.note))
    return "".join(f'<p class="sprint-note" dir="auto">{part}</p>\n' for part in parts)


def _start(issue: Issue, name: str) -> str:
    rows = [_row("First file", _first_file(issue))]
    if issue.first_command:
        command = (
            f'<code class="sprint-code" id="{name}-command">{escape(issue.first_command)}</code>'
            f'<button type="button" class="bz-copy" data-bz-copy="#{name}-command" hidden>Copy</button>'
        )
        rows.append(_row("First command", command, "sprint-command"))
        if issue.prints:
            rows.append(_row("Shows", f'<code class="sprint-prints">{escape(issue.prints)}</code>'))
    else:
        none = "none: no code needed" if "no code" in issue.skills else NOT_RECORDED
        rows.append(_row("First command", none))
    rows.append(_row("Done when", user_text(issue.done_when)))
    return "".join(rows)


def _now(issue: Issue, seen: Seen) -> str:
    """Return the row that says who works on it, where GitHub or the organiser has said so."""
    each = seen.known.get(issue)
    if each is None:
        return ""
    parts = [f"<strong>{escape(seen.state(issue))}</strong>"]
    if each.by:
        parts.append(f"by {', '.join(map(_account, each.by.split(', ')))}")
    if each.until:
        parts.append(f"until {moment_html(each.until)}")
    if each.url:
        parts.append(f'<a href="{escape(each.url)}">pull request</a>')
    if issue.override and each.why == "organiser":
        parts.append(user_text(issue.override.text))
    return _row("Now", ", ".join(parts))


def _state(issue: Issue) -> str:
    opened = f", opened {day_html(issue.opened)}" if issue.opened else ", opening date not recorded"
    origin = "stored copy," if issue.source_kind == "archive" else "read on GitHub,"
    state = f"{issue.state}{opened} <span>({origin} {day_html(issue.source_date)})</span>"
    labels = " ".join(f'<span class="bz-tag" dir="auto">{escape(label)}</span>' for label in issue.labels)
    rows = [_row("Recorded as", state)]
    if labels:
        rows.append(_row("Labels", labels))
    if issue.mentor:
        rows.append(_row("Ask", user_text(issue.mentor)))
    return "".join(rows)


def _first_file(issue: Issue) -> str:
    if issue.first_file is None:
        return NOT_RECORDED
    path, commit = issue.first_file.path, issue.first_file.commit
    url = f"https://github.com/{issue.repo}/blob/{commit}/{path}"
    return f'<a href="{escape(url)}"><code>{escape(path)}</code></a>'


def _row(name: str, value: str, kind: str = "") -> str:
    attribute = f' class="{kind}"' if kind else ""
    return f"<div{attribute}><dt>{name}</dt><dd>{value}</dd></div>\n"
