"""One run: every host's links and stores one after the other, hosts side by side, then the new records."""

import queue
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from urllib.parse import urlsplit

from outreach.errors import OutreachError
from outreach.gallery.entries import Entry
from outreach.gallery.freshness.asking import Client, Reply
from outreach.gallery.freshness.records import (
    Freshness,
    Link,
    Reading,
    Store,
    asked_as,
    link_after,
    links_of,
    store_after,
)
from outreach.gallery.freshness.stores import read_store, store_address

# If no answer comes from any of so many hosts, the fault is here.
MIN_HOSTS = 3

type Step = Callable[[], None]
type Found = Reply | Reading
type Answered = tuple[str, Found]
type Job = tuple[str, Callable[[], Found | None]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The records after a run, and how many addresses there was no time or leave for."""

    freshness: Freshness
    asked: int
    not_asked: int


def wanted(entries: Sequence[Entry], slugs: Collection[str] | None) -> tuple[set[str], list[Entry]]:
    """Return the links and the entries with stores that a run over `slugs` (None: all) asks."""
    chosen = [entry for entry in entries if slugs is None or entry.slug in slugs]
    urls = {asked_as(url) for entry in chosen for _, url in links_of(entry)}
    return urls, [entry for entry in chosen if store_address(entry)]


def check_all(
    client: Client,
    entries: Sequence[Entry],
    previous: Freshness,
    *,
    slugs: Collection[str] | None,
    today: date,
    concurrency: int,
    step: Step,
) -> Outcome:
    """Ask every link and store of the entries named `slugs` (None: all); what is not asked keeps its record.

    Records of links that no entry holds any more are dropped. `step` is called after each address.

    Raises
    ------
    OutreachError
        If `today` is before the newest record, or no host at all answers.
    """
    if previous.latest and today.isoformat() < previous.latest:
        raise OutreachError(
            f"expected a day from {previous.latest} on, that of the newest record, "
            f"found {today.isoformat()}; set the clock of this machine"
        )
    urls, stored = wanted(entries, slugs)
    jobs: dict[str, list[Job]] = {}
    for url in sorted(urls):
        jobs.setdefault(_host(url), []).append((url, partial(client.link, url)))
    for entry in stored:
        host = _host(store_address(entry) or "")
        jobs.setdefault(host, []).append((entry.slug, partial(read_store, client, entry)))
    # The host with the most to ask takes longest: it begins first.
    rows = sorted(jobs.values(), key=len, reverse=True)
    try:
        found = _side_by_side(rows, step, concurrency=concurrency, seconds=client.longest)
    except BaseException:
        client.stop()
        raise
    answered = [(name, each) for name, each in found if each is not None]
    _refuse_silence(answered, len(jobs))
    freshness = Freshness(
        _links(entries, previous, answered, today), _stores(entries, previous, answered, today)
    )
    return Outcome(freshness, len(answered), sum(map(len, rows)) - len(answered))


def _side_by_side(
    rows: Iterable[list[Job]], step: Step, *, concurrency: int, seconds: float
) -> list[tuple[str, Found | None]]:
    """Return what the jobs found: those of a row one after the other, `concurrency` rows at a time.

    After so many `seconds` the rest is given up, even where a host still sends a byte now and then; the
    threads are daemons, so that none of them keeps the process alive.
    """
    waiting: queue.SimpleQueue[list[Job]] = queue.SimpleQueue()
    for row in rows:
        waiting.put(row)
    found: list[tuple[str, Found | None]] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            while not failures:
                for name, job in waiting.get_nowait():
                    found.append((name, job()))
                    step()
        except queue.Empty:
            return
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(concurrency)]
    latest = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, latest - time.monotonic()))
    if failures:
        raise failures[0]
    return list(found)


def _refuse_silence(answered: list[Answered], hosts: int) -> None:
    replies = [each.reply if isinstance(each, Reading) else each for _, each in answered]
    if hosts >= MIN_HOSTS and replies and all(reply.status is None for reply in replies):
        raise OutreachError(
            f"expected at least one of {hosts} hosts to answer, found none; check this machine's network "
            "and run the command again"
        )


def _links(
    entries: Sequence[Entry], previous: Freshness, answered: list[Answered], today: date
) -> dict[str, Link]:
    known = {asked_as(url) for entry in entries for _, url in links_of(entry)}
    links = {url: link for url, link in previous.links.items() if url in known}
    for url, reply in answered:
        if isinstance(reply, Reply):
            links[url] = link_after(links.get(url), url, reply, today)
    return links


def _stores(
    entries: Sequence[Entry], previous: Freshness, answered: list[Answered], today: date
) -> dict[str, Store]:
    known = {entry.slug for entry in entries if store_address(entry)}
    stores = {slug: store for slug, store in previous.stores.items() if slug in known}
    for slug, reading in answered:
        if isinstance(reading, Reading):
            stores[slug] = store_after(stores.get(slug), slug, reading, today)
    return stores


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
