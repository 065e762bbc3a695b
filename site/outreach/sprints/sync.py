"""From GitHub to a snapshot: what changed in each repository, then what happened in each issue.

Steps: one list for each repository says which issues changed, where that is cheaper than asking for each; the
other issues one by one; then the timelines. Nothing is kept before all is read.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

from outreach.github.client import Client, GitHubError
from outreach.sprints.github_facts import Command, IssueFacts, TimelinePage, gone, read_issue, read_timeline
from outreach.sprints.snapshot import Snapshot, iso

# The list is asked for what changed since a little before the last sync: clocks of servers differ.
MARGIN = timedelta(minutes=5)
PER_PAGE = 100
MAX_PAGES = 300

type Name = tuple[str, int]
type Step = Callable[[], None]


def read_all(
    client: Client, names: Iterable[Name], previous: Snapshot | None, *, concurrency: int, step: Step
) -> Snapshot:
    """Return a new snapshot of the issues `names`; `step` is called once for each issue that is read.

    Raises
    ------
    GitHubError
        If any of them cannot be read; nothing is kept of the others.
    """
    wanted = sorted(set(names))
    known = dict(previous.issues) if previous else {}
    repos: dict[str, list[int]] = {}
    for repo, number in wanted:
        repos.setdefault(repo, []).append(number)
    since = iso(previous.moment - MARGIN) if previous else None
    with ThreadPoolExecutor(concurrency) as pool:
        try:
            found: dict[Name, IssueFacts] = {}
            for some in pool.map(partial(_from_list, client, known, since), repos, repos.values()):
                found |= some
            missing = [name for name in wanted if name not in found]
            found |= zip(missing, pool.map(partial(_one, client, known), missing), strict=True)
            timeline = partial(_with_timeline, client, known, step)
            done = list(pool.map(timeline, [found[name] for name in wanted]))
        except BaseException:
            client.stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    as_of = client.counts.server_time or datetime.now(UTC)
    return Snapshot(iso(as_of), {facts.name: facts for facts in done})


def _from_list(
    client: Client, known: Mapping[str, IssueFacts], since: str | None, repo: str, numbers: list[int]
) -> dict[Name, IssueFacts]:
    """Return the issues of `repo` that its list tells of, as long as it costs less than reading each."""
    if len(numbers) < 2:
        return {}
    before = {number: known.get(f"{repo}#{number}".lower()) for number in numbers}
    have_all = since is not None and all(_here(facts) for facts in before.values())
    query = f"&since={quote(since or '')}" if have_all else ""
    found: dict[Name, IssueFacts] = {}
    for page, answer in enumerate(client.pages(_issues_path(repo, query)), start=1):
        if answer.gone:
            return {}
        for data in _items(answer.data, repo):
            if data.get("number") in before:
                found[repo, data["number"]] = _parsed(repo, data["number"], data, None)
        if len(found) == len(numbers) or max(answer.last_page, page) > len(numbers):
            # All are there; or there are more pages than issues, so the rest is asked for one by one.
            return found
    if have_all:
        unchanged = {(repo, n): facts for n, facts in before.items() if facts and (repo, n) not in found}
        return found | unchanged
    return found


def _here(facts: IssueFacts | None) -> bool:
    """Whether the list of its repository can tell that an issue has not changed."""
    return facts is not None and facts.found != "gone" and not facts.moved


def _issues_path(repo: str, query: str) -> str:
    return f"/repos/{repo}/issues?state=all&sort=updated&direction=desc&per_page={PER_PAGE}{query}"


def _one(client: Client, known: Mapping[str, IssueFacts], name: Name) -> IssueFacts:
    repo, number = name
    before = known.get(f"{repo}#{number}".lower())
    answer = client.get(f"/repos/{repo}/issues/{number}", before.etag if before else None)
    if answer.gone:
        return gone(repo, number)
    if answer.unchanged and before:
        return before
    return _parsed(repo, number, answer.data, None if answer.moved else answer.etag)


def _with_timeline(
    client: Client, known: Mapping[str, IssueFacts], step: Step, facts: IssueFacts
) -> IssueFacts:
    """Return `facts` with its timeline: pages that did not change are taken from what is known."""
    try:
        before = known.get(facts.name)
        if facts.found == "gone":
            return facts
        if before and _at_rest(facts, before):
            return replace(facts, timeline=before.timeline)
        pages = _timeline(client, facts, before)
        if pages is None:
            # It was deleted or moved, of which lists say nothing.
            facts = _one(client, {}, (facts.repo, facts.number))
            pages = () if facts.found == "gone" else _timeline(client, facts, None)
        return replace(facts, timeline=pages or ())
    finally:
        step()


def _at_rest(facts: IssueFacts, before: IssueFacts) -> bool:
    """Whether nothing can have happened to an issue: closed, its record as before, no pull request open."""
    waiting = any(pull.state == "open" for pull in before.pulls)
    return facts.state != "open" and before.updated_at == facts.updated_at and not waiting


def _timeline(
    client: Client, facts: IssueFacts, before: IssueFacts | None
) -> tuple[TimelinePage, ...] | None:
    """Return the pages of the timeline; None if the issue is no longer where `facts` says."""
    home, _, number = (facts.now_at or "").partition("#")
    old = before.timeline if before and before.now_at == facts.now_at else ()
    pages: list[TimelinePage] = []
    while len(pages) < MAX_PAGES:
        known = old[len(pages)] if len(pages) < len(old) else None
        path = f"/repos/{home}/issues/{number}/timeline?per_page={PER_PAGE}&page={len(pages) + 1}"
        answer = client.get(path, known.etag if known else None)
        if answer.gone or answer.moved:
            return None
        if answer.unchanged and known:
            pages.append(known)
            # Whether another page has come since, an unchanged page does not say; a full one may have one.
            more = len(pages) < len(old) or known.events >= PER_PAGE
        else:
            pages.append(_page(facts, answer.data, answer.etag, before.commands if before else ()))
            more = answer.next is not None
        if not more:
            return tuple(pages)
    raise GitHubError(
        f"{facts.name}: expected at most {MAX_PAGES} pages of timeline, found more; take it off the list"
    )


def _items(data: Any, where: str) -> list[dict[str, Any]]:
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        raise GitHubError(
            f"{where}: expected a list from the API, found another shape; run the command again later"
        )
    return data


def _parsed(repo: str, number: int, data: Any, etag: str | None) -> IssueFacts:
    try:
        return read_issue(repo, number, data, etag)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise GitHubError(_strange(f"{repo}#{number}", error)) from error


def _page(facts: IssueFacts, data: Any, etag: str | None, before: tuple[Command, ...]) -> TimelinePage:
    try:
        return read_timeline(facts, _items(data, facts.name), etag, before)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise GitHubError(_strange(facts.name, error)) from error


def _strange(name: str, error: Exception) -> str:
    return (
        f"{name}: expected an issue as GitHub's API describes it, found none of {error}; "
        "run the command again later, and report it if it stays"
    )
