"""What programs read of the built site, read by those of others: feed, calendars, site map, data as JSON."""

import gzip
import json
import re
from pathlib import Path
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

import feedparser
import icalendar
import jsonschema
import pytest

pytestmark = pytest.mark.usefixtures("address")

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def is_page(site: Path, address: str, url: str) -> bool:
    return url.startswith(address) and (site / url.removeprefix(address) / "index.html").is_file()


def test_a_feed_reader_finds_the_newest_entries_and_their_pages(site: Path, address: str) -> None:
    where = f"{address}gallery/feed.xml"
    feed = feedparser.parse(
        (site / "gallery" / "feed.xml").read_bytes(),
        response_headers={"content-location": where, "content-type": "application/atom+xml; charset=utf-8"},
    )
    assert not feed.bozo, feed.bozo_exception
    assert feed.version == "atom10"
    assert {link.rel: link.href for link in feed.feed.links} == {
        "self": where,
        "alternate": f"{address}gallery/",
    }
    assert len(feed.entries) == 50
    assert len({entry.id for entry in feed.entries}) == 50
    days = [entry.updated_parsed for entry in feed.entries]
    assert days == sorted(days, reverse=True)
    assert feed.feed.updated_parsed == days[0]
    assert [entry.link for entry in feed.entries if not is_page(site, address, entry.link)] == []
    assert all(entry.title and entry.summary and entry.authors for entry in feed.entries)


def test_calendars_hold_their_event_and_no_address_of_this_machine(site: Path, address: str) -> None:
    paths = sorted(site.rglob("*.ics"))
    assert len(paths) >= 3
    for path in paths:
        (calendar,) = icalendar.Calendar.from_ical(path.read_bytes(), multiple=True)
        entries = calendar.walk("VEVENT")
        assert calendar.errors == []
        assert [entry.errors for entry in entries] == [[] for _ in entries]
        assert len({entry["UID"] for entry in entries}) == len(entries) > 0
        assert str(entries[0]["UID"]).startswith(f"{path.parent.name}.event@")
        assert address.encode() not in path.read_bytes()


def test_the_site_map_has_every_page_once(site: Path, address: str) -> None:
    content = (site / "sitemap.xml").read_bytes()
    assert gzip.decompress((site / "sitemap.xml.gz").read_bytes()) == content
    root = ET.fromstring(content)
    assert root.tag == f"{SITEMAP}urlset"
    listed = [url.findtext(f"{SITEMAP}loc", "") for url in root]
    pages = {
        address + path.relative_to(site).as_posix().removesuffix("index.html")
        for path in site.rglob("index.html")
    }
    assert len(listed) == len(set(listed))
    assert set(listed) == pages
    for url in root:
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", url.findtext(f"{SITEMAP}lastmod", ""))


def test_linked_data_are_on_every_entry_and_lead_somewhere(site: Path, address: str) -> None:
    found = 0
    for path in sorted(site.glob("gallery/*/index.html")):
        page = f"{address}gallery/{path.parent.name}/"
        for said in re.findall(
            r'<script type="application/ld\+json">(.*?)</script>', path.read_text("utf-8"), re.DOTALL
        ):
            data = json.loads(said)
            assert data["@context"] == "https://schema.org", path
            assert data["name"], path
            assert data["description"], path
            image = urljoin(page, data["image"])
            assert (site / image.removeprefix(address)).is_file(), path
            found += 1
    entries = json.loads((site / "gallery" / "gallery.json").read_text("utf-8"))["entries"]
    assert found == len(entries)


def test_the_gallery_as_json_keeps_to_the_schema_beside_it(site: Path, address: str) -> None:
    schema = json.loads((site / "gallery" / "entry.schema.json").read_text("utf-8"))
    check = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    check.check_schema(schema)
    rows = json.loads((site / "gallery" / "gallery.json").read_text("utf-8"))["entries"]
    assert len(rows) > 50
    for row in rows:
        slug = row.pop("slug")
        assert is_page(site, address, f"{address}gallery/{slug}/")
        # What an entry does not have is null here and missing there; what nobody recorded is null in both.
        given = {
            name: value
            for name, value in row.items()
            if value not in (None, []) or name in schema["required"]
        }
        assert [f"{slug}: {error.json_path}: {error.message}" for error in check.iter_errors(given)] == []
