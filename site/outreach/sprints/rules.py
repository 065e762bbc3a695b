"""What a schema cannot say about a sprint: names that must agree, orders, uniqueness."""

from collections.abc import Collection, Iterator
from typing import Any

from outreach.checking import show
from outreach.reading import Document, Problem, Step
from outreach.sprints.model import moment


def event_problems(document: Document, folder: str) -> Iterator[Problem]:
    """Yield what is wrong in an event that follows its schema; `folder` is the folder it lies in."""
    data = document.data
    if data["slug"] != folder:
        yield document.problem(
            ("slug",),
            f"expected the name of the folder, {folder!r}, found {show(data['slug'])}; rename one of them",
        )
    yield from _span(document, (), data)
    for index, host in enumerate(data["hosts"]):
        if host["hours"]:
            yield from _span(document, ("hosts", index, "hours"), host["hours"])
    yield from _once(document, "hosts", "name", "host")
    yield from _once(document, "sources", "id", "source")
    sources = [source["id"] for source in data["sources"]]
    for part in ("hosts", "facts"):
        for index, item in enumerate(data[part]):
            if item["source"] is not None and item["source"] not in sources:
                message = f"expected the id of a source ({', '.join(sources)}), found {show(item['source'])}"
                yield document.problem(
                    (part, index, "source"), f"{message}; add the source or correct the id"
                )
            if part == "facts" and item["source"] is None and item["certainty"] != "unknown":
                message = "expected the id of a source, found nothing; name it, or write 'certainty: unknown'"
                yield document.problem((part, index, "source"), message)


def issue_problems(
    document: Document, hosts: Collection[str], repositories: Collection[str], rules: Collection[str]
) -> Iterator[Problem]:
    """Yield what is wrong in issues that follow their schema, given the names they may refer to."""
    seen: dict[str, Step] = {}
    known = {repo.lower() for repo in repositories}
    for index, issue in enumerate(document.data["issues"]):
        path: tuple[Step, ...] = ("issues", index)
        name = f"{issue['repo']}#{issue['number']}"
        first = seen.setdefault(name.lower(), index)
        if first != index:
            line = document.marks[("issues", first, "number")][0]
            yield document.problem(
                (*path, "number"),
                f"expected each issue once, found {name} again (first on line {line}); keep one",
            )
        if issue["repo"].lower() not in known:
            message = (
                f"expected a repository of projects.yaml, found {show(issue['repo'])}; add it there first"
            )
            yield document.problem((*path, "repo"), message)
        if issue["judged"] not in rules:
            message = (
                f"expected a rule of levels.yaml ({', '.join(sorted(rules))}), found {show(issue['judged'])}"
            )
            yield document.problem((*path, "judged"), f"{message}; add the rule or correct the name")
        if issue["mentor"] is not None and issue["mentor"] not in hosts:
            names = ", ".join(hosts) or "no one yet"
            message = f"expected one of the hosts ({names}), found {show(issue['mentor'])}"
            yield document.problem(
                (*path, "mentor"), f"{message}; add the person to event.yaml, or write null"
            )
        if issue.get("prints") is not None and issue["first_command"] is None:
            message = (
                "expected a first command that prints this, found none; add first_command or remove prints"
            )
            yield document.problem((*path, "prints"), message)


def list_problems(document: Document, part: str, key: str, noun: str) -> Iterator[Problem]:
    """Yield the items of the list `part` whose `key` is not unique, without regard to case."""
    yield from _once(document, part, key, noun)


def _span(document: Document, path: tuple[Step, ...], data: dict[str, Any]) -> Iterator[Problem]:
    starts, ends = data["starts"], data["ends"]
    if ("T" in starts) != ("T" in ends):
        message = (
            f"expected the same form as the start, {starts}, found {ends}; write both as moments or as dates"
        )
        yield document.problem((*path, "ends"), message)
    elif moment(ends) < moment(starts) or ("T" in starts and moment(ends) == moment(starts)):
        yield document.problem(
            (*path, "ends"),
            f"expected a time after the start, {starts}, found {ends}; check both offsets from UTC",
        )


def _once(document: Document, part: str, key: str, noun: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, item in enumerate(document.data[part]):
        name = item[key].lower()
        if name in seen:
            message = f"expected each {noun} once, found {show(item[key])} again; keep one"
            yield document.problem((part, index, key), message)
        seen.add(name)
