"""What a run found, as the checker would say it: file, line, field, expected, found, what to do."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from outreach.gallery.entries import Entry
from outreach.gallery.freshness.records import FAILED, Freshness, Trail, asked_as, links_of
from outreach.gallery.freshness.stores import differences, store_address
from outreach.gallery.rules import yaml_text
from outreach.paths import Project
from outreach.reading import Problem, Step, read_yaml

type Mention = tuple[tuple[Step, ...], str, str]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing to look at; `kind` is broken, failed, moved, differs, grew or unrecorded."""

    problem: Problem
    kind: str

    def as_dict(self) -> dict[str, Any]:
        """Return the finding for `--json`."""
        return {"kind": self.kind, **self.problem.as_dict()}


def findings(project: Project, entries: Sequence[Entry], freshness: Freshness) -> list[Finding]:
    """Return what `freshness` says of `entries` that someone should look at, in the order of the files."""
    found = []
    for entry in entries:
        mentions = [*_of_links(entry, freshness), *_of_store(entry, freshness)]
        if mentions:
            document = read_yaml(entry.folder / "entry.yaml", project)
            found += [Finding(document.problem(path, message), kind) for path, kind, message in mentions]
    return sorted(found)


def _of_links(entry: Entry, freshness: Freshness) -> Iterator[Mention]:
    for path, url in links_of(entry):
        link = freshness.link(url)
        if link is None:
            continue
        if link.moved_to:
            message = (
                f"expected the address itself, found that it has moved to {link.moved_to}; write that one"
            )
            yield path, "moved", message
        elif link.trail.state in FAILED:
            fix = "correct the address, or leave it: the page says so and offers the archive"
            yield path, *_failure("an answer", link.trail, fix)


def _of_store(entry: Entry, freshness: Freshness) -> Iterator[Mention]:
    store = freshness.stores.get(entry.slug)
    if store is None or store_address(entry) is None:
        return
    if store.trail.state in FAILED:
        yield ("store",), *_failure("metadata of the array", store.trail, "correct 'store' or 'array.name'")
        return
    if store.layout is None:
        return
    for each in differences(entry, store.layout):
        expected = f"expected what the public store says, {yaml_text(each.store)}"
        if each.kind == "grew":
            message = f"{expected}; found {yaml_text(each.entry)}: the array has grown; write the new shape"
        elif each.kind == "unrecorded":
            message = f"{expected}; found nothing recorded; write it down"
        else:
            message = f"{expected}; found {yaml_text(each.entry)}; correct the entry"
        yield each.field, each.kind, message


def _failure(expected: str, trail: Trail, fix: str) -> tuple[str, str]:
    message = f"expected {expected}, found {trail.found} on {trail.checked}"
    if trail.broken:
        return "broken", f"{message}, failing since {trail.first_failed}; {fix}"
    return "failed", f"{message}, for the first time; a failure on another day makes it broken"


def summary(entries: Collection[Entry], freshness: Freshness) -> str:
    """Return how many links and stores of `entries` are in each state, on one line."""
    urls = {asked_as(url) for entry in entries for _, url in links_of(entry)}
    links = Counter(link.trail.state for url, link in freshness.links.items() if url in urls)
    slugs = {entry.slug for entry in entries}
    stores = Counter(store.trail.state for slug, store in freshness.stores.items() if slug in slugs)
    return f"{_counted(links, 'link')}; {_counted(stores, 'store')}"


def _counted(states: Counter[str], noun: str) -> str:
    total = states.total()
    parts = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    return f"{total} {noun}{'' if total == 1 else 's'}" + (f": {parts}" if parts else "")


def as_json(
    project: Project, entries: Sequence[Entry], freshness: Freshness, not_asked: int
) -> dict[str, Any]:
    """Return the records of `entries` and what they mean, for `--json`."""
    urls = {asked_as(url) for entry in entries for _, url in links_of(entry)}
    slugs = {entry.slug for entry in entries}
    return {
        "not_asked": not_asked,
        "links": [asdict(link) for url, link in sorted(freshness.links.items()) if url in urls],
        "stores": [asdict(store) for slug, store in sorted(freshness.stores.items()) if slug in slugs],
        "findings": [finding.as_dict() for finding in findings(project, entries, freshness)],
    }
