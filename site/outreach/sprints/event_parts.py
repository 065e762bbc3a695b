"""Parts of an event's page: its phase, who helps when, for how many it is enough, what came of it."""

from datetime import timedelta

from outreach.html import escape, user_text
from outreach.sprints.capacity import (
    MIX_PERCENT,
    PEOPLE_PER_ISSUE,
    PEOPLE_PER_MENTOR,
    Capacity,
    Crowd,
)
from outreach.sprints.model import LEVELS, Event, Sprint
from outreach.sprints.report import thanked
from outreach.sprints.seen import Seen
from outreach.sprints.times import day_html, hour_html, moment_html, span_html

NOT_RECORDED = '<span class="sprint-unknown">not recorded</span>'

# The zone whose days begin first is 14 hours ahead of UTC.
FIRST_ZONE = timedelta(hours=14)


def bounds(event: Event) -> tuple[str, str]:
    """Return the moments, in ISO form, between which an event is on.

    Days without hours begin with the first time zone that has them and end with the last.
    """
    first = event.first_moment if "T" in event.starts else event.first_moment - FIRST_ZONE
    return first.isoformat(), event.last_moment.isoformat()


def phase(event: Event, *, told: bool) -> str:
    """Return what the browser refines to a countdown, to "now" or to "over"; without scripts, nothing.

    `told` says whether the page has a section on what came of it.
    """
    starts, ends = bounds(event)
    came = '<a href="#came">What came of it</a>, and what' if told else "What"
    return f"""<div class="sprint-phase" data-bz-event data-starts="{starts}" data-ends="{ends}">
<p data-bz-phase="before" hidden>Begins in <b class="bz-num" data-bz-countdown></b>.
<a href="#set-up">Set up now</a>: that is what takes longest.
<a href="event.ics">Put it into your calendar</a>.</p>
<p data-bz-phase="live" hidden>Now, for <b class="bz-num" data-bz-countdown></b> more.
<a href="#choose">Choose an issue</a>, or <a href="#mentors">ask who is there</a>.</p>
<p data-bz-phase="after" hidden>Over. {came} is <a href="#choose">still open</a>, for whoever
comes today.</p>
</div>
"""


def mentors(event: Event, reference: dict[str, str]) -> str:
    """Return who helps and when; `reference` has the mark of each source."""
    rows = "".join(
        f'<tr{_stays(host.hours)}><th scope="row">{_person(host.name, host.github)}'
        f"{reference[host.source]}</th>"
        f'<td dir="auto">{escape(host.role)}</td>'
        f"<td>{'<br>'.join(span_html(*stay) for stay in host.hours) or NOT_RECORDED}</td></tr>\n"
        for host in event.hosts
    )
    table = f"""<div class="bz-scroll" tabindex="0" role="region" aria-label="Mentors and their hours">
<table class="bz-table sprint-mentors">
<thead><tr><th scope="col">Who</th><th scope="col">Role</th><th scope="col">Hours</th></tr></thead>
<tbody>
{rows}</tbody></table>
</div>
"""
    none = f"<p>Who helps: {NOT_RECORDED}.</p>\n"
    hours = event.office_hours
    later = f"<p>Office hours after the event: {span_html(hours.starts, hours.ends)}.</p>\n" if hours else ""
    return f"""<section aria-labelledby="mentors">
<h2 id="mentors">Who helps, and when</h2>
{table if rows else none}{_sessions(event)}{later}</section>
"""


def _sessions(event: Event) -> str:
    rows = "".join(
        f'<li><span dir="auto">{escape(each.title)}</span>: {span_html(each.starts, each.ends)}</li>\n'
        for each in event.sessions
    )
    return f'<ul class="sprint-sessions">\n{rows}</ul>\n' if rows else ""


def _stays(hours: tuple[tuple[str, str], ...]) -> str:
    spans = " ".join(f"{starts}/{ends}" for starts, ends in hours)
    return f' data-bz-stays="{spans}"' if spans else ""


def _person(name: str, github: str | None) -> str:
    shown = f'<span dir="auto">{escape(name)}</span>'
    return f'<a href="https://github.com/{escape(github)}">{shown}</a>' if github else shown


def capacity_part(found: Capacity) -> str:
    """Return the table of who is served, with what it assumes."""
    levels = "".join(
        f'<tr><th scope="row">{each.level}</th><td class="bz-num">{each.issues}</td>'
        f'<td class="bz-num">{each.issues * PEOPLE_PER_ISSUE}</td>'
        f'<td class="bz-num">{each.minutes / 60:.0f}</td></tr>\n'
        for each in found.levels
    )
    crowds = "".join(_crowd(crowd) for crowd in found.crowds)
    mix = ", ".join(f"{share} % {level}" for level, share in MIX_PERCENT.items())
    people = f"""<div class="bz-scroll" tabindex="0" role="region" aria-label="What so many people need">
<table class="bz-table">
<thead><tr><th scope="col">If so many come</th><th scope="col">Mentors wanted</th>
<th scope="col">Issues missing</th><th scope="col">Work lasts</th></tr></thead>
<tbody>
{crowds}</tbody></table>
</div>
"""
    unknown = f"<p>How many come: {NOT_RECORDED}.</p>\n"
    return f"""<section aria-labelledby="capacity">
<h2 id="capacity">For how many people this list is enough</h2>
<div class="bz-scroll" tabindex="0" role="region" aria-label="What the list holds">
<table class="bz-table">
<thead><tr><th scope="col">Level</th><th scope="col">Free issues</th><th scope="col">People, in pairs</th>
<th scope="col">Hours of work</th></tr></thead>
<tbody>
{levels}</tbody></table>
</div>
{people if crowds else unknown}{_hours(found)}<p class="sprint-judged">Assumed by the editors, not
measured: {mix}; {PEOPLE_PER_ISSUE} people on an issue; {PEOPLE_PER_MENTOR} people on a mentor. Mentors:
{NOT_RECORDED if found.mentors is None else found.mentors}.</p>
</section>
"""


def _hours(found: Capacity) -> str:
    """Return the table of who is there and which levels are used up, hour by hour."""
    if not found.hours or not found.crowds:
        return ""
    heads = "".join(f'<th scope="col">{crowd.people:,} people</th>' for crowd in found.crowds)
    rows = "".join(
        f'<tr><th scope="row">{hour_html(hour.starts)}</th>'
        f"<td>{NOT_RECORDED if hour.mentors is None else hour.mentors}</td>"
        + "".join(f"<td>{hour.left(crowd)}</td>" for crowd in found.crowds)
        + "</tr>\n"
        for hour in found.hours
    )
    return f"""<div class="bz-scroll" tabindex="0" role="region" aria-label="Hour by hour">
<table class="bz-table">
<thead><tr><th scope="col">The hour from</th><th scope="col">Mentors there</th>{heads}</tr></thead>
<tbody>
{rows}</tbody></table>
</div>
"""


def _crowd(crowd: Crowd) -> str:
    short = ", ".join(f"{crowd.short[level]} {level}" for level in LEVELS if crowd.short[level]) or "none"
    if crowd.mentors_short is None:
        wanted = f"{crowd.mentors_needed}"
    else:
        wanted = f"{crowd.mentors_needed}" + (
            f" ({crowd.mentors_short} missing)" if crowd.mentors_short else ""
        )
    lasts = "to the end" if crowd.idle is None else f"{crowd.idle} minutes"
    return (
        f'<tr><th scope="row"><span class="bz-num">{crowd.people:,}</span> ({escape(crowd.why)})</th>'
        f"<td>{wanted}</td><td>{short}</td><td>{lasts}</td></tr>\n"
    )


def _outcomes(sprint: Sprint) -> str:
    """Return what the list records of each issue that moved on."""
    rows = "".join(
        f'<li><a class="sprint-ref" href="#{issue.anchor}">{escape(issue.ref)}</a> '
        f"{issue.outcome.kind}: {user_text(issue.outcome.text)}"
        f"{f' ({day_html(issue.outcome.date)})' if issue.outcome.date else ''}</li>\n"
        for issue in sprint.issues
        if issue.outcome
    )
    return f'<ul class="sprint-outcomes">\n{rows}</ul>' if rows else ""


def came_of_it(sprint: Sprint, seen: Seen) -> str:
    """Return what came of the event, as far as the snapshot or the list itself tells."""
    if seen.as_of is None:
        solved = sum(issue.standing == "done" for issue in sprint.issues)
        over = sum(issue.standing == "overtaken" for issue in sprint.issues)
        begun = sum(issue.standing == "in progress" for issue in sprint.issues)
        text = (
            f"<p>GitHub was not asked, so this is what the list records: {solved} done, {over} overtaken, "
            f"{begun} with a pull request open, of {len(sprint.issues)}. Who worked on them at the event: "
            f"{NOT_RECORDED}.</p>\n{_outcomes(sprint)}"
        )
    else:
        counted = ", ".join(f"{count} {state}" for state, count in seen.counts.items() if count)
        people = thanked(seen.known)
        thanks = "".join(
            f'<li><a href="https://github.com/{escape(name)}" dir="auto">@{escape(name)}</a></li>'
            for name in people
        )
        text = f"<p>As of {moment_html(seen.as_of)}: {counted}.</p>" + (
            f'<p>Thanks to</p>\n<ul class="sprint-thanks">{thanks}</ul>' if thanks else ""
        )
    return f"""<section aria-labelledby="came">
<h2 id="came">What came of it</h2>
{text}
</section>
"""
