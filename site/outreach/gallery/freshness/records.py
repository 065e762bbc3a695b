"""What is known of links and stores from one run to the next, and what an answer adds to it.

One failure is no proof: a link counts as broken when it fails again on another day, without a good answer
between.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Self

from outreach.gallery.addresses import canonical
from outreach.gallery.entries import Entry
from outreach.gallery.layouts import Layout
from outreach.reading import Step

if TYPE_CHECKING:
    from outreach.gallery.freshness.asking import Reply

FAILED = ("gone", "failing", "unreachable", "unreadable")


@dataclass(frozen=True, slots=True)
class Trail:
    """One address: its state on the day of the last run that asked it, dates as 2026-11-29.

    Attributes
    ----------
    state : str
        For links fine, moved, gone, refused, failing or unreachable. For stores read, gone, refused,
        failing, unreachable or unreadable.
    note : str or None
        What was found in place of an answer, where `status` does not say it.
    first_failed : str or None
        The day of the first failure since the last good answer.
    last_good : str or None
        The day of the last good answer.
    """

    state: str
    checked: str
    status: int | None
    note: str | None
    first_failed: str | None
    last_good: str | None

    @property
    def broken(self) -> bool:
        """Whether it failed on two days at least."""
        return self.state in FAILED and self.first_failed is not None and self.first_failed < self.checked

    @property
    def found(self) -> str:
        """What was found in the last run, in words that follow "found"."""
        return self.note or f"status {self.status}"

    @classmethod
    def after(cls, previous: Self | None, state: str, reply: "Reply", today: date) -> Self:
        """Return the trail that `reply` prolongs; a refusal neither ends a failure nor begins one."""
        day = today.isoformat()
        first_failed = previous.first_failed if previous else None
        last_good = previous.last_good if previous else None
        if state in FAILED:
            first_failed = first_failed or day
        elif state != "refused":
            first_failed, last_good = None, day
        return cls(state, day, reply.status, reply.note, first_failed, last_good)


@dataclass(frozen=True, slots=True)
class Link:
    """A link of some entries, by its address without fragment."""

    url: str
    trail: Trail
    moved_to: str | None


@dataclass(frozen=True, slots=True)
class Store:
    """The metadata of an entry's array in its public store; `layout` is what the last good reading gave."""

    slug: str
    document: str | None
    trail: Trail
    layout: Layout | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of asking a store: its state, the reply that told, the document, and what it says."""

    state: str
    reply: "Reply"
    document: str | None = None
    layout: Layout | None = None


@dataclass(frozen=True, slots=True)
class Freshness:
    """All records: of links by address, of stores by slug."""

    links: Mapping[str, Link] = field(default_factory=dict)
    stores: Mapping[str, Store] = field(default_factory=dict)

    @property
    def latest(self) -> str | None:
        """The day of the newest record."""
        days = [link.trail.checked for link in self.links.values()]
        days += [store.trail.checked for store in self.stores.values()]
        return max(days, default=None)

    def link(self, url: str) -> Link | None:
        """Return what is known of `url`."""
        return self.links.get(asked_as(url))


def links_of(entry: Entry) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Yield every address of a page that `entry` links to, with the field it stands in."""
    yield ("url",), entry.url
    for index, link in enumerate(entry.links):
        yield ("links", index, "url"), link.url
    if entry.doi_url:
        yield ("doi",), entry.doi_url
    for index, source in enumerate(entry.sources):
        if source.url:
            yield ("sources", index, "url"), source.url
    for index, finder in enumerate(entry.found_by):
        if finder.url:
            yield ("found_by", index, "url"), finder.url
    if entry.picture:
        yield ("picture", "source"), entry.picture.source


def asked_as(url: str) -> str:
    """Return `url` as servers get it: without its fragment."""
    return url.partition("#")[0]


def link_after(previous: Link | None, url: str, reply: "Reply", today: date) -> Link:
    """Return the record of a link after `reply`."""
    moved_to, state = reply.moved_to, reply.state
    if moved_to and canonical(moved_to) == canonical(url):
        # A slash more, "www." or the like: the entry's spelling is as good.
        moved_to, state = None, "fine" if state == "moved" else state
    trail = Trail.after(previous.trail if previous else None, state, reply, today)
    return Link(url, trail, moved_to if state == "moved" else None)


def store_after(previous: Store | None, slug: str, reading: Reading, today: date) -> Store:
    """Return the record of a store after `reading`; what the last good one gave stays until the next."""
    trail = Trail.after(previous.trail if previous else None, reading.state, reading.reply, today)
    if reading.layout is None and previous:
        return replace(previous, trail=trail)
    return Store(slug, reading.document, trail, reading.layout)
