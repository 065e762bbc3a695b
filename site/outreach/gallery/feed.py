"""The Atom feed of the gallery: what was added last, with addresses relative to the feed itself."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from outreach.gallery.entries import Entry

ATOM = "http://www.w3.org/2005/Atom"
NEWEST = 50
# RFC 4151: names that stay what they are wherever the site moves.
AUTHORITY = "tag:beautiful-zarr,2026"


def atom_feed(entries: Sequence[Entry]) -> bytes:
    """Return the feed of the newest entries, RFC 4287, as UTF-8."""
    newest = sorted(entries, key=lambda entry: entry.slug)
    newest = sorted(newest, key=lambda entry: entry.added, reverse=True)[:NEWEST]
    feed = ET.Element("feed", xmlns=ATOM)
    _add(feed, "id", f"{AUTHORITY}:gallery")
    _add(feed, "title", "Beautiful Zarr: Gallery")
    _add(feed, "updated", _moment(newest[0].added if newest else "2026-01-01"))
    _add(feed, "link", rel="self", href="feed.xml", type="application/atom+xml")
    _add(feed, "link", rel="alternate", href="./", type="text/html")
    _add(_add(feed, "author"), "name", "The Beautiful Zarr contributors")
    for entry in newest:
        _entry(feed, entry)
    ET.indent(feed)
    text = ET.tostring(feed, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()


def _entry(feed: ET.Element, entry: Entry) -> None:
    element = _add(feed, "entry")
    _add(element, "id", f"{AUTHORITY}:gallery/{entry.slug}")
    _add(element, "title", entry.title)
    _add(element, "updated", _moment(entry.added))
    _add(element, "link", rel="alternate", href=f"{entry.slug}/", type="text/html")
    _add(element, "summary", entry.summary)
    for person in entry.people:
        _add(_add(element, "author"), "name", person)
    for term in (entry.kind, entry.domain):
        _add(element, "category", term=term)
    if entry.picture:
        _add(element, "rights", f"Picture: {entry.picture.credit}. Licence: {entry.picture.licence}")


def _add(parent: ET.Element, name: str, text: str | None = None, **given: str) -> ET.Element:
    element = ET.SubElement(parent, name, given)
    element.text = text
    return element


def _moment(day: str) -> str:
    return f"{day}T00:00:00Z"
