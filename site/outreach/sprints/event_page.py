"""The page of one event: what it is, who and where, levels, issues, set-up, and what is known from where."""

from outreach.html import escape, page, user_text
from outreach.sprints.capacity import capacity
from outreach.sprints.event_parts import NOT_RECORDED, came_of_it, capacity_part, mentors, phase
from outreach.sprints.issue_list import came_second, filter_form, issue_list
from outreach.sprints.model import LEVELS, Event, Issue, Level, Source, Sprint
from outreach.sprints.now import startable
from outreach.sprints.ornaments import level_squares
from outreach.sprints.seen import Seen
from outreach.sprints.set_up import set_up_part
from outreach.sprints.times import day_html, day_text, moment_html, span_html, span_text

STATUS = {"archive": "Sprint, archive", "announced": "Sprint"}
STALE_DAYS = 90


def event_page(sprint: Sprint, seen: Seen) -> str:
    """Return the Markdown file of the event's page, with the states of its issues as they were `seen`."""
    event = sprint.event
    reference = {source.id: _reference(event, source.id) for source in event.sources}
    told = event.status == "archive" or seen.as_of is not None
    body = "".join(
        [
            _head(sprint),
            phase(event, told=told),
            _levels(sprint, seen),
            _choose(sprint, seen),
            mentors(event, reference),
            set_up_part(sprint.repositories),
            capacity_part(capacity(sprint, startable(sprint, seen.known))),
            came_of_it(sprint, seen) if told else "",
            _known(event),
        ]
    )
    description = (
        f"{event.title}, {span_text(event.starts, event.ends)}: {len(sprint.issues)} issues by level and time"
    )
    return page(event.title, description, body, hide=("navigation", "toc"))


def place_text(event: Event) -> str:
    """Return where people meet, as escaped text."""
    return f"{event.format}, {escape(event.place)}" if event.place else event.format


def _head(sprint: Sprint) -> str:
    event = sprint.event
    conduct = event.code_of_conduct
    rows = {
        "When": span_html(event.starts, event.ends),
        "Where": place_text(event),
        "Hosts": '<a href="#mentors">' + (", ".join(escape(host.name) for host in event.hosts)) + "</a>"
        if event.hosts
        else NOT_RECORDED,
        "Focus": user_text(event.focus) if event.focus else NOT_RECORDED,
        "Code of conduct": f'<a href="{escape(conduct)}">{escape(conduct)}</a>' if conduct else NOT_RECORDED,
        "AI policy": user_text(event.ai_policy)
        if event.ai_policy
        else f'{NOT_RECORDED}; <a href="#set-up">some projects</a> have their own',
        "People expected": NOT_RECORDED if event.expected_people is None else f"{event.expected_people:,}",
        "To keep": '<a href="event.ics" data-bz-keep>calendar</a>, '
        '<a href="sheet/" data-bz-keep>sheet to print</a>, '
        '<a href="issues.json" data-bz-keep>issues.json</a> to embed'
        '<span class="sprint-offline" data-bz-offline="sw.js" hidden>; this page now works without a network'
        "</span>",
    }
    facts = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>\n" for name, value in rows.items())
    return f"""<header class="sprint-head">
<div>
<p class="sprint-kicker"><a href="../">{STATUS[event.status]}</a></p>
<h1 dir="auto">{escape(event.title)}</h1>
<p class="bz-lead" dir="auto">{escape(event.summary)}</p>
<p class="sprint-jumps"><a href="#choose">Choose an issue</a> <a href="#set-up">Get a working checkout</a>
<a href="#known">What is known</a></p>
</div>
<dl class="bz-facts">
{facts}</dl>
</header>
"""


def _reference(event: Event, source: str | None) -> str:
    if source is None:
        return ""
    number = [known.id for known in event.sources].index(source) + 1
    return f' <a class="sprint-source" href="#source-{number}" aria-label="source {number}">[{number}]</a>'


def _levels(sprint: Sprint, seen: Seen) -> str:
    lanes = "".join(_lane(sprint, level, seen) for level in LEVELS) + _no_code(sprint, seen)
    rules = "".join(
        f'<p class="sprint-judged">Minutes: <span dir="auto">{escape(rule.minutes)}</span> '
        f'Judged by: <span dir="auto">{escape(rule.judged_by)}</span>.</p>\n'
        for rule in sprint.rules
    )
    return f"""<section aria-labelledby="levels">
<h2 id="levels" class="bz-unseen">Levels</h2>
<ul class="sprint-lanes">
{lanes}</ul>
{rules}</section>
"""


def _lane(sprint: Sprint, level: Level, seen: Seen) -> str:
    issues = [issue for issue in sprint.issues if issue.level == level]
    texts = "".join(f'<p dir="auto">{escape(rule.of(level))}</p>' for rule in sprint.rules)
    name = f'<a href="?level={level}#choose">{level}</a>' if issues else level
    return f"""<li><p class="sprint-level">{level_squares(level)}<strong>{name}</strong></p>
{_how_many(issues, seen)}{texts}</li>
"""


def _no_code(sprint: Sprint, seen: Seen) -> str:
    issues = [issue for issue in sprint.issues if "no code" in issue.skills]
    name = '<a href="?skills=no-code#choose">no code</a>' if issues else "no code"
    return f"""<li><p class="sprint-level"><strong>{name}</strong></p>
{_how_many(issues, seen)}<p>For reading, asking and writing. Always open: a <a href="../../gallery/">gallery
entry</a>, in 15 minutes.</p></li>
"""


def _how_many(issues: list[Issue], seen: Seen) -> str:
    settled = sum(seen.settled(issue) for issue in issues)
    free = sum(seen.state(issue) == "open" for issue in issues)
    times = sorted(issue.minutes for issue in issues)
    parts = [
        "issue" if len(issues) == 1 else "issues",
        f"{times[0]} to {times[-1]} minutes" if times else "",
        # Who is free now matters while GitHub is asked; the list of an old event only knows what is settled.
        f"{free} free" if seen.as_of else f"{settled} done or overtaken" if settled else "",
    ]
    detail = ", ".join(part for part in parts if part)
    return f'<p class="sprint-count"><span class="bz-num">{len(issues)}</span> <span>{detail}</span></p>\n'


def _choose(sprint: Sprint, seen: Seen) -> str:
    archived = {issue.source_date for issue in sprint.issues if issue.source_kind == "archive"}
    warning = ""
    if seen.as_of is not None:
        warning = (
            f'<p class="sprint-warning">States, claims and pull requests as of {moment_html(seen.as_of)}. '
            "Read a thread to the end before you begin.</p>\n"
        )
    elif archived:
        newest = max(archived)
        warning = (
            '<p class="sprint-warning">State, labels and opening dates come from stored copies of the '
            f'threads, the newest of <time datetime="{newest}" data-bz-age data-bz-stale-days="{STALE_DAYS}">'
            f"{day_text(newest)}</time>. A thread may have moved on since: read it to the end, and say in it "
            "that you begin.</p>\n"
        )
    return f"""<section aria-labelledby="choose">
<h2 id="choose">Choose an issue</h2>
{warning}{_claiming(sprint.event)}{came_second(seen)}{filter_form(sprint.issues, seen)}
{issue_list(sprint.issues, seen)}</section>
"""


def _claiming(event: Event) -> str:
    if event.claim_minutes is None:
        return ""
    return (
        "<p>Comment <code>/claim</code> in the thread of an issue: the earliest claim wins, and holds for "
        f"{event.claim_minutes} minutes or until your pull request is open. <code>/release</code> gives it "
        "back. Whose claim came second is told here what is free next.</p>\n"
    )


def _known(event: Event) -> str:
    rows = "".join(
        f'<tr><td dir="auto">{escape(fact.text)}{_reference(event, fact.source)}</td>'
        f'<td class="sprint-certainty">{escape(fact.certainty)}</td></tr>\n'
        for fact in event.facts
    )
    sources = "".join(_source(number, source) for number, source in enumerate(event.sources, start=1))
    table = f"""<div class="bz-scroll" tabindex="0" role="region" aria-label="What is known about the event">
<table class="bz-table">
<thead><tr><th scope="col">What</th><th scope="col" class="sprint-certainty">How sure</th></tr></thead>
<tbody>
{rows}</tbody></table>
</div>
<p class="sprint-judged">Verified: we read the source itself. Reported: others say so, and the page they
speak of was not found. Unknown: we looked and found nothing.</p>
"""
    return f"""<section aria-labelledby="known">
<h2 id="known">What is known, and from where</h2>
{table if rows else ""}<ol class="sprint-sources">
{sources}</ol>
</section>
"""


def _source(number: int, source: Source) -> str:
    title = escape(source.title)
    name = f'<a href="{escape(source.url)}">{title}</a>' if source.url else title
    date = f", {day_html(source.date)}" if source.date and day_text(source.date) not in source.title else ""
    return f'<li id="source-{number}" dir="auto">{name}{date}</li>\n'
