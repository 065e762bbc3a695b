"""The first steps of each project: on every event's page, and for all projects on a page of their own."""

from collections.abc import Iterable

from outreach.html import escape, page, user_text
from outreach.sprints.event_parts import NOT_RECORDED
from outreach.sprints.model import Repository
from outreach.sprints.times import day_html


def projects_page(repositories: Iterable[Repository]) -> str:
    """Return the Markdown file of the page with every project of projects.yaml."""
    body = f"""<h1>First steps per project</h1>
<p class="bz-lead">How to get a working checkout of each project that sprints work on, and which commands we
tried.</p>
<p>Fork the project on GitHub first, and clone your fork: replace the owner in the address by your account.
What to do next is on <a href="../../sprinting/first-pull-request/">A first pull request</a>.</p>
<h2>Projects</h2>
{project_list(repositories)}"""
    return page(
        "First steps per project", "Commands to a working checkout of each Zarr project", body, hide=("toc",)
    )


def set_up_part(repositories: Iterable[Repository]) -> str:
    """Return the section of an event's page."""
    return f"""<section aria-labelledby="set-up">
<h2 id="set-up">Get a working checkout</h2>
<p>Do this before the sprint: it can take longer than the first pull request. Fork the project on GitHub
first, so that you have somewhere to push to. The commands use <a href="https://docs.astral.sh/uv/">uv</a>, or
what the project's own guide asks for. Never opened a pull request?
<a href="../../sprinting/first-pull-request/">Each step is here</a>.</p>
{project_list(repositories)}</section>
"""


def project_list(repositories: Iterable[Repository]) -> str:
    """Return one item for each project, with its commands where they are recorded."""
    return f'<ul class="sprint-repositories">\n{"".join(map(_repository, repositories))}</ul>\n'


def _repository(repository: Repository) -> str:
    repo, name = escape(repository.repo), repository.repo.lower().replace("/", "-").replace(".", "-")
    links = [f'<a href="https://github.com/{repo}">{repo}</a>']
    if repository.guide:
        links.append(f'<a href="{_blob(repository, repository.guide)}">contributing guide</a>')
    if repository.ai_policy:
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
    read = f" Compared with the guide on {day_html(repository.guide_read)}." if repository.guide_read else ""
    commit = f" Commit <code>{repository.commit}</code>." if repository.commit and repository.set_up else ""
    return f"""<li><h3>{repo.split("/")[-1]}</h3>
<p>{escape(repository.about)}. {", ".join(links)}.</p>
<div class="sprint-command">{block}</div>
{f'<p class="sprint-tried">{tried}{read}{commit}</p>' if repository.set_up else ""}{_needs(repository)}</li>
"""


def _needs(repository: Repository) -> str:
    rows = "".join(f"<li>{user_text(need)}</li>\n" for need in repository.needs)
    if not rows:
        return ""
    return (
        '<details class="sprint-needs"><summary>What a pull request there needs</summary>\n'
        f"<ul>\n{rows}</ul></details>\n"
    )


def _no_commands(repository: Repository) -> str:
    if repository.tried:
        return f"{escape(repository.tried)}."
    return f"Commands {NOT_RECORDED}: look for a contributing guide in the repository."


def _blob(repository: Repository, path: str) -> str:
    return escape(f"https://github.com/{repository.repo}/blob/{repository.commit or 'HEAD'}/{path}")
