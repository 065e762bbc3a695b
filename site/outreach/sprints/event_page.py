"""The page of one event: what it is, who and where, levels, issues, set-up, and what is known from where."""

from outreach.html import escape, page, user_text
from outreach.sprints.issue_list import NOT_RECORDED, filter_form, issue_list
from outreach.sprints.model import LEVELS, Event, Host, Level, Repository, Source, Sprint
from outreach.sprints.ornaments import level_squares
from outreach.sprints.times import day_html, day_text, span_html, span_text

STATUS = {"archive": "Sprint, archive", "announced": "Sprint"}
STALE_DAYS = 90


def event_page(sprint: Sprint) -> str:
    """Return the Markdown file of the event's page."""
    event = sprint.event
    body = "".join(
        [_head(sprint), _levels(sprint), _choose(sprint), _set_up(sprint.repositories), _known(event)]
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
        "Hosts": _hosts(event),
        "Focus": user_text(event.focus) if event.focus else NOT_RECORDED,
        "Code of conduct": f'<a href="{escape(conduct)}">{escape(conduct)}</a>' if conduct else NOT_RECORDED,
        "AI policy": user_text(event.ai_policy)
        if event.ai_policy
        else f'{NOT_RECORDED}; <a href="#set-up">some projects</a> have their own',
        "People expected": NOT_RECORDED if event.expected_people is None else f"{event.expected_people:,}",
        "Data": '<a href="issues.json">issues.json</a>',
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


def _hosts(event: Event) -> str:
    return "<br>".join(_host(event, host) for host in event.hosts) or NOT_RECORDED


def _host(event: Event, host: Host) -> str:
    name = f'<span dir="auto">{escape(host.name)}</span>'
    if host.github:
        name = f'<a href="https://github.com/{escape(host.github)}">{name}</a>'
    hours = ", ".join(span_html(*stay) for stay in host.hours) or "hours not recorded"
    return f"{name}, {escape(host.role)}{_reference(event, host.source)}; {hours}"


def _reference(event: Event, source: str | None) -> str:
    if source is None:
        return ""
    number = [known.id for known in event.sources].index(source) + 1
    return f' <a class="sprint-source" href="#source-{number}" aria-label="source {number}">[{number}]</a>'


def _levels(sprint: Sprint) -> str:
    lanes = "".join(_lane(sprint, level) for level in LEVELS)
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


def _lane(sprint: Sprint, level: Level) -> str:
    issues = [issue for issue in sprint.issues if issue.level == level]
    settled = sum(issue.settled for issue in issues)
    times = sorted(issue.minutes for issue in issues)
    span = f"{times[0]} to {times[-1]} minutes" if times else ""
    parts = [
        "issue" if len(issues) == 1 else "issues",
        span,
        f"{settled} done or overtaken" if settled else "",
    ]
    detail = ", ".join(part for part in parts if part)
    texts = "".join(f'<p dir="auto">{escape(rule.of(level))}</p>' for rule in sprint.rules)
    return f"""<li><p class="sprint-level">{level_squares(level)}<strong>{level}</strong></p>
<p class="sprint-count"><span class="bz-num">{len(issues)}</span> <span>{detail}</span></p>
{texts}</li>
"""


def _choose(sprint: Sprint) -> str:
    archived = {issue.source_date for issue in sprint.issues if issue.source_kind == "archive"}
    warning = ""
    if archived:
        newest = max(archived)
        warning = (
            '<p class="sprint-warning">State, labels and opening dates come from stored copies of the '
            f'threads, the newest of <time datetime="{newest}" data-bz-age data-bz-stale-days="{STALE_DAYS}">'
            f"{day_text(newest)}</time>. A thread may have moved on since: read it to the end, and say in it "
            "that you begin.</p>\n"
        )
    return f"""<section aria-labelledby="choose">
<h2 id="choose">Choose an issue</h2>
{warning}{filter_form(sprint.issues)}{issue_list(sprint.issues)}</section>
"""


def _set_up(repositories: tuple[Repository, ...]) -> str:
    items = "".join(map(_repository, repositories))
    return f"""<section aria-labelledby="set-up">
<h2 id="set-up">Get a working checkout</h2>
<p>Do this before the sprint: it can take longer than the first pull request. Fork the project on GitHub
first, so that you have somewhere to push to. The commands use <a href="https://docs.astral.sh/uv/">uv</a>, or
what the project's own guide asks for.</p>
<ul class="sprint-repositories">
{items}</ul>
</section>
"""


def _repository(repository: Repository) -> str:
    repo, name = escape(repository.repo), repository.repo.lower().replace("/", "-").replace(".", "-")
    links = [f'<a href="https://github.com/{repo}">{repo}</a>']
    if repository.guide and repository.commit:
        links.append(f'<a href="{_blob(repository, repository.guide)}">contributing guide</a>')
    if repository.ai_policy and repository.commit:
        links.append(f'<a href="{_blob(repository, repository.ai_policy)}">policy on AI tools</a>')
    else:
        links.append("policy on AI tools: none found")
    if repository.set_up:
        commands = escape("\n".join(repository.set_up))
        block = (
            f'<code class="sprint-code" id="set-up-{name}">{commands}</code>'
            f'<button type="button" class="bz-copy" data-bz-copy="#set-up-{name}" hidden>Copy</button>'
        )
    else:
        block = f"<p>{_no_commands(repository)}</p>"
    tried = (
        f"Tried {escape(repository.tried)}."
        if repository.tried
        else "Taken from the project, not tried here."
    )
    commit = f" Commit <code>{repository.commit}</code>." if repository.commit and repository.set_up else ""
    return f"""<li><h3>{repo.split("/")[-1]}</h3>
<p>{escape(repository.about)}. {", ".join(links)}.</p>
<div class="sprint-command">{block}</div>
{f'<p class="sprint-tried">{tried}{commit}</p>' if repository.set_up else ""}</li>
"""


def _no_commands(repository: Repository) -> str:
    if repository.tried:
        return f"{escape(repository.tried)}."
    return f"Commands {NOT_RECORDED}: look for a contributing guide in the repository."


def _blob(repository: Repository, path: str) -> str:
    return escape(f"https://github.com/{repository.repo}/blob/{repository.commit}/{path}")


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
