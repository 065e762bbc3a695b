"""What a schema cannot say about a sprint: names that must agree, orders, uniqueness."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from outreach.checking import show
from outreach.portable import is_device
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
    if is_device(data["slug"]):
        message = f"expected a folder name that every system takes, found {show(data['slug'])}, a device on"
        yield document.problem(("slug",), f"{message} Windows; write it such as {data['slug']}-2030")
    yield from _times(document)
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


def _times(document: Document) -> Iterator[Problem]:
    data = document.data
    wrong = list(_order(document, (), data))
    stays = [(("hosts", index, "hours"), host["hours"] or []) for index, host in enumerate(data["hosts"])]
    for path, spans in [*stays, (("sessions",), data["sessions"])]:
        for index, span in enumerate(spans):
            found = list(_order(document, (*path, index), span))
            wrong += found or ([] if wrong else _inside(document, (*path, index), span))
        wrong += [] if wrong else _overlaps(document, path, spans)
    if data["office_hours"]:
        wrong += _order(document, ("office_hours",), data["office_hours"])
    yield from wrong
    if not wrong and data["zone"]:
        yield from _offsets(document)


def _order(document: Document, path: tuple[Step, ...], data: dict[str, Any]) -> Iterator[Problem]:
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


def _inside(document: Document, path: tuple[Step, ...], span: dict[str, Any]) -> Iterator[Problem]:
    """Yield a problem if `span` leaves the event; whole days are as long as they are anywhere on earth."""
    starts, ends = document.data["starts"], document.data["ends"]
    if "T" in starts:
        first, last = moment(starts), moment(ends)
        for field, outside in (
            ("starts", moment(span["starts"]) < first),
            ("ends", moment(span["ends"]) > last),
        ):
            if outside:
                message = f"expected a time within the event, {starts} to {ends}, found {span[field]}"
                yield document.problem((*path, field), f"{message}; correct it, or the event's own times")
    else:
        for field in ("starts", "ends"):
            if not starts <= span[field][:10] <= ends:
                message = f"expected a day of the event, {starts} to {ends}, found {span[field]}; correct it"
                yield document.problem((*path, field), message)


def _overlaps(
    document: Document, path: tuple[Step, ...], spans: Sequence[dict[str, Any]]
) -> Iterator[Problem]:
    order = sorted(range(len(spans)), key=lambda index: moment(spans[index]["starts"]))
    for before, after in pairwise(order):
        if moment(spans[after]["starts"]) < moment(spans[before]["ends"]):
            message = (
                f"expected a start at or after {spans[before]['ends']}, where the one before ends, "
                f"found {spans[after]['starts']}; shorten one of them, or make one of both"
            )
            yield document.problem((*path, after, "starts"), message)


def _offsets(document: Document) -> Iterator[Problem]:
    """Yield the start or end whose offset is not the one that the event's zone has at that moment."""
    zone = document.data["zone"]
    for field in ("starts", "ends"):
        text = document.data[field]
        if "T" not in text:
            continue
        written = datetime.fromisoformat(text)
        there = written.astimezone(ZoneInfo(zone))
        if written.utcoffset() != there.utcoffset():
            same_clock = written.replace(tzinfo=ZoneInfo(zone)).isoformat()
            message = (
                f"expected the offset that {zone} has then, {there:%:z}, found {text}; "
                f"write {same_clock} if the clock on the wall is meant, or {there.isoformat()}"
            )
            yield document.problem((field,), message)


def _once(document: Document, part: str, key: str, noun: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, item in enumerate(document.data[part]):
        name = item[key].lower()
        if name in seen:
            message = f"expected each {noun} once, found {show(item[key])} again; keep one"
            yield document.problem((part, index, key), message)
        seen.add(name)
