"""What an entry's page says of its links and its store: in words, with dates, never with the clock."""

from collections import Counter

from outreach.gallery.entries import Entry
from outreach.gallery.freshness.records import FAILED, Freshness, Trail, asked_as, links_of
from outreach.gallery.freshness.stores import Difference, differences, store_address
from outreach.gallery.markup import NOT_RECORDED, link, text, times
from outreach.html import escape

ARCHIVE = "https://web.archive.org/web"
# In the order in which the page counts them; one, then several.
COUNTED = {
    "answers": ("answers", "answer"),
    "refuses": ("refuses programs", "refuse programs"),
    "failed": ("failed when last tried", "failed when last tried"),
    "broken": ("is broken", "are broken"),
    "untried": ("not tried yet", "not tried yet"),
}


def broken_note(entry: Entry, url: str, fresh: Freshness) -> str:
    """Return what stands below a link that failed on two days, and the way to an archived copy; else ""."""
    known = fresh.link(url)
    if known is None or not known.trail.broken:
        return ""
    day = known.trail.last_good or entry.checked or entry.added
    archived = link(f"{ARCHIVE}/{day.replace('-', '')}/{url}", "Look for a copy in the Internet Archive")
    return (
        f'<p class="bz-small bz-broken">{_failing("This link has led nowhere", known.trail)} {archived}.</p>'
    )


def links_html(entry: Entry, fresh: Freshness) -> str:
    """Return when the entry's links were last tried, how many answer, and which others are broken."""
    urls = dict.fromkeys(asked_as(url) for _, url in links_of(entry))
    known = [fresh.link(url) for url in urls]
    days = [each.trail.checked for each in known if each]
    if not days:
        return f'<p class="bz-small">Links last tried: {NOT_RECORDED}.</p>'
    states = Counter(_standing(each.trail) if each else "untried" for each in known)
    parts = ", ".join(
        f"{states[state]} {words[states[state] > 1]}" for state, words in COUNTED.items() if states[state]
    )
    notes = "".join(
        f"<li>{link(url)}{note}</li>"
        for url in urls
        if url != asked_as(entry.url) and (note := broken_note(entry, url, fresh))
    )
    rows = f'<ul class="bz-sources">{notes}</ul>' if notes else ""
    return f'<p class="bz-small">Links last tried: {_time(min(days))}; {parts}.</p>{rows}'


def store_row(entry: Entry, fresh: Freshness) -> tuple[tuple[str, str | None], ...]:
    """Return what the public store said of the array when it was last read; nothing without an address."""
    if store_address(entry) is None:
        return ()
    store = fresh.stores.get(entry.slug)
    if store is None:
        return (("Public store", None),)
    if store.trail.broken:
        return (("Public store", _failing("no metadata there", store.trail)),)
    if store.trail.state != "read" or store.layout is None:
        return (("Public store", f"not read on {_time(store.trail.checked)} ({escape(store.trail.found)})"),)
    found = [each for each in differences(entry, store.layout) if each.kind != "unrecorded"]
    said = "; ".join(_difference(each) for each in found) or "as written here"
    return (("Public store", f"read on {_time(store.trail.checked)}: {said}"),)


def _difference(each: Difference) -> str:
    if each.kind == "grew":
        return f"grown since to {times(each.store)}"
    name = str(each.field[-1]).replace("_", " ")
    if isinstance(each.store, list) and all(isinstance(item, int) for item in each.store):
        value = times(each.store)
    else:
        value = text(", ".join(each.store) if isinstance(each.store, list) else each.store)
    return f"{escape(name)} there: {value or 'none'}"


def _standing(trail: Trail) -> str:
    if trail.broken:
        return "broken"
    if trail.state in FAILED:
        return "failed"
    return "refuses" if trail.state == "refused" else "answers"


def _failing(begin: str, trail: Trail) -> str:
    since = f" since {_time(trail.first_failed)}" if trail.first_failed else ""
    return f"{begin}{since}; last tried {_time(trail.checked)}: {escape(trail.found)}."


def _time(day: str) -> str:
    return f'<time datetime="{day}">{day}</time>'
