"""Everything the site shows of the sprints: the list of events, a page per event, and the same as JSON."""

import json
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from outreach.html import escape, page
from outreach.paths import Project
from outreach.sprints.calendar import calendar
from outreach.sprints.event_page import event_page, place_text
from outreach.sprints.event_parts import bounds
from outreach.sprints.loading import HERE, SCHEMAS, load_repositories, load_sprints
from outreach.sprints.model import LEVELS, Issue, Sprint
from outreach.sprints.now import startable, told_data
from outreach.sprints.ornaments import level_squares
from outreach.sprints.seen import Seen
from outreach.sprints.set_up import projects_page
from outreach.sprints.sheet import sheet_page
from outreach.sprints.snapshot import load_snapshot
from outreach.sprints.times import span_html
from outreach.writing import Output

# Where a worker lies is how far it reaches: this one serves its event's pages only.
SERVICE_WORKER = 'importScripts("../../assets/generated/offline.js");\n'


@dataclass(frozen=True, slots=True)
class SprintFacts:
    """What the home page says about sprints: of all of them, and of one.

    That one is the announced event that begins first; where none is announced, the one that was last.

    Attributes
    ----------
    events, issues : int
        How many there are on all lists.
    slug, title : str
        Of that one event.
    start, end : str
        Its first and last day or moment, in ISO form, as they are shown.
    bounds : tuple of str, or None
        The moments between which an announced event is on; None where none is announced.
    """

    events: int
    issues: int
    slug: str
    title: str
    start: str
    end: str
    bounds: tuple[str, str] | None


def generate_sprints(project: Project, output: Output, *, site_url: str | None = None) -> SprintFacts:
    """Add the pages and data of all sprint events to `output`, the folder sprints/.

    `site_url` is where the site will be, for calendars and QR codes; where it is not known they do without.

    Raises
    ------
    ProblemsError
        If anything in sprint_issues/ is wrong; `output` is then as it was.
    """
    sprints = load_sprints(project)
    site_url = _public(site_url)
    output.add("index.md", index_page(sprints))
    for sprint in sprints:
        _add_event(output, sprint, Seen.of(sprint, load_snapshot(project, sprint.event.slug)), site_url)
    output.add("projects/index.md", projects_page(load_repositories(project)))
    for name in SCHEMAS:
        output.add(f"{name}.schema.json", (HERE / f"{name}.schema.json").read_bytes())
    announced = [sprint.event for sprint in sprints if sprint.event.status == "announced"]
    shown = announced[-1] if announced else sprints[0].event
    return SprintFacts(
        events=len(sprints),
        issues=sum(len(sprint.issues) for sprint in sprints),
        slug=shown.slug,
        title=shown.title,
        start=shown.starts,
        end=shown.ends,
        bounds=bounds(shown) if announced else None,
    )


def _public(site_url: str | None) -> str | None:
    """Return the site's address unless it is this machine's, which is of no use on paper or in a calendar."""
    host = urlsplit(site_url or "").hostname or ""
    return None if host in ("", "localhost", "::1", "0.0.0.0") or host.startswith("127.") else site_url  # noqa: S104


def _add_event(output: Output, sprint: Sprint, seen: Seen, site_url: str | None) -> None:
    slug = sprint.event.slug
    address = f"{site_url.rstrip('/')}/sprints/{slug}/" if site_url else None
    output.add(f"{slug}/index.md", event_page(sprint, seen))
    short = sprint.event.short_address or address
    output.add(f"{slug}/sheet/index.md", sheet_page(sprint, startable(sprint, seen.known), short, seen.as_of))
    output.add(f"{slug}/issues.json", _json(sprint_data(sprint, seen)))
    output.add(f"{slug}/event.ics", calendar(sprint, address))
    output.add(f"{slug}/sw.js", SERVICE_WORKER)


def sprint_data(sprint: Sprint, seen: Seen) -> dict[str, object]:
    """Return an event and its issues as plain data: every field, null where not recorded, and addresses."""
    issues = [_issue_data(issue, seen) for issue in sprint.issues]
    return {
        "event": asdict(sprint.event),
        "as_of": seen.as_of,
        "rules": [asdict(rule) for rule in sprint.rules],
        "issues": issues,
        "told": [told_data(each) for each in seen.told],
    }


def _issue_data(issue: Issue, seen: Seen) -> dict[str, object]:
    each = seen.known.get(issue)
    now = None if each is None else {"by": each.by, "until": each.until, "url": each.url}
    return {"url": issue.url, "standing": seen.state(issue), "now": now, **asdict(issue)}


def index_page(sprints: list[Sprint]) -> str:
    """Return the Markdown file of the list of events."""
    events = "".join(map(_event, sprints))
    body = f"""<header class="sprint-head sprint-head--index">
<div>
<h1>Sprints</h1>
<p class="bz-lead">A sprint is a few hours in which people work on the same projects at the same time, with
somebody there to answer. You choose one small issue, and leave with a pull request or a useful comment.</p>
</div>
</header>
<section aria-labelledby="events">
<h2 id="events">Events</h2>
<ol class="sprint-events">
{events}</ol>
</section>
{HOW_TO}"""
    description = "Sprints on Zarr projects: issues by level and time, with a first file and a first command"
    return page("Sprints", description, body, hide=("navigation", "toc"))


def _event(sprint: Sprint) -> str:
    event = sprint.event
    counts = "".join(
        f"<li>{level_squares(level)}<span>{level}</span> "
        f'<span class="bz-num">{sum(issue.level == level for issue in sprint.issues)}</span></li>'
        for level in LEVELS
    )
    where = place_text(event) + (", archive" if event.status == "archive" else "")
    return f"""<li class="sprint-event">
<h3 dir="auto"><a href="{event.slug}/">{escape(event.title)}</a></h3>
<p class="sprint-when">{span_html(event.starts, event.ends)}<br>{where}</p>
<p class="sprint-about" dir="auto">{escape(event.summary)}</p>
<ul class="sprint-counts">{counts}</ul>
</li>
"""


def _json(data: object) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


HOW_TO = """<div class="sprint-columns">
<section aria-labelledby="join">
<h2 id="join">Take part</h2>
<ol>
<li>Open an event above and say how much time you have.</li>
<li>Get a working checkout the day before: setting up is what stops most newcomers. There are
<a href="projects/">commands for each project</a>.</li>
<li>Run the first command of your issue, open its first file, and read the thread to its end.</li>
<li>Say in the thread that you begin, so that nobody does it twice.</li>
<li>A comment that settles whether an issue still exists is a result. So is a
<a href="../gallery/">gallery entry</a>, which needs no code.</li>
</ol>
<p>Never done it? <a href="../sprinting/first-pull-request/">A first pull request</a>, step by step.</p>
</section>
<section aria-labelledby="host">
<h2 id="host">Host one</h2>
<ol>
<li><code>uv run outreach sprint new</code> makes the folder of your event.</li>
<li>Choose issues. Try each first command on the day you write it down, and judge level and minutes by a rule
of <code>levels.yaml</code>.</li>
<li><code>uv run outreach sprint check</code> names file, line and field of whatever is wrong, and before the
event every issue that is closed or taken.</li>
<li>Open a pull request. The fields are described by the schemas: <a href="event.schema.json">event</a>,
<a href="issues.schema.json">issues</a>, <a href="projects.schema.json">projects</a>,
<a href="levels.schema.json">levels</a>.</li>
</ol>
<p>Checklists with times: <a href="../sprinting/organise/">organise</a>,
<a href="../sprinting/mentor/">mentor</a>.</p>
</section>
</div>
"""
