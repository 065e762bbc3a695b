"""What the gallery gives beside its pages: feed, JSON, linked data, cards, people, table, related entries."""

import json
import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from outreach.gallery.cards import make_card
from outreach.gallery.catalogue_page import array_bytes, catalogue_page, human
from outreach.gallery.check import load_gallery
from outreach.gallery.entries import Array
from outreach.gallery.facets import FACETS, choices, chunk_form, chunk_size, dtype_tokens, facet_tokens
from outreach.gallery.feed import atom_feed
from outreach.gallery.linked_data import TYPES, linked_data
from outreach.gallery.people_page import Anchors, people_page
from outreach.gallery.related import related
from outreach.gallery.snippets import OVER_HTTPS, store_snippets
from outreach.paths import Project

PROJECT = Project(Path(__file__).parents[3])
ENTRIES = load_gallery(PROJECT)
BY_SLUG = {entry.slug: entry for entry in ENTRIES}
ATOM = {"atom": "http://www.w3.org/2005/Atom"}
PLAIN = Array("a", (4, 4), (2, 2), None, "uint8", ("bytes",), None, "nowhere")


def test_the_feed_is_atom_with_what_rfc_4287_demands():
    feed = ET.fromstring(atom_feed(ENTRIES))
    assert feed.tag == "{http://www.w3.org/2005/Atom}feed"
    entries = feed.findall("atom:entry", ATOM)
    assert len(entries) == 50
    for element in (feed, *entries):
        for name in ("id", "title", "updated"):
            assert (element.findtext(f"atom:{name}", "", ATOM) or "").strip()
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00Z", element.findtext("atom:updated", "", ATOM))
        assert element.find("atom:author/atom:name", ATOM) is not None
        assert element.find("atom:link[@rel='alternate']", ATOM) is not None
    ids = [element.findtext("atom:id", "", ATOM) for element in entries]
    assert len(set(ids)) == len(ids)


def test_the_feed_of_an_empty_gallery_is_valid_too():
    assert ET.fromstring(atom_feed([])).findall("atom:entry", ATOM) == []


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.slug)
def test_linked_data_say_only_what_is_recorded(entry):
    data = json.loads(linked_data(entry, "card.png"))
    assert data["@context"] == "https://schema.org"
    assert data["@type"] == TYPES[entry.kind]
    assert ("datePublished" in data) is (entry.year is not None)
    assert ("identifier" in data) is (entry.doi is not None)
    assert 50 <= len(data["description"]) <= 5000 or data["@type"] != "Dataset"
    assert None not in data.values()


@pytest.mark.parametrize("slug", ["blue-marble-globe", "vizarr", "esa-cci-sea-surface-temperature"])
def test_cards_have_the_size_that_previews_want_and_are_the_same_each_time(slug, tmp_path):
    name, content = make_card(BY_SLUG[slug], tmp_path / "one")
    assert Image.open(BytesIO(content)).size == (1200, 630)
    assert len(content) < 300_000
    assert make_card(BY_SLUG[slug], tmp_path / "two") == (name, content)


@pytest.mark.parametrize(
    "title", ["\N{WATER WAVE}" * 40, "海の温度と潮汐", "מים גבוהים", "W" * 90, "a b " * 22]
)
def test_a_card_is_drawn_of_any_title(title, tmp_path):
    entry = replace(BY_SLUG["vizarr"], title=title.strip())
    assert Image.open(BytesIO(make_card(entry, tmp_path)[1])).getcolors() is not None


def test_the_people_page_names_everyone_once_with_an_anchor():
    text = people_page(ENTRIES)
    anchors = re.findall(r'<li id="([^"]+)">', text)
    assert len(set(anchors)) == len(anchors)
    for entry in ENTRIES:
        assert f'href="../{entry.slug}/"' in text
        for finder in entry.found_by:
            assert f">{finder.name}<" in text


def test_nobody_is_called_and_others():
    entry = replace(BY_SLUG["vizarr"], people=("Ada Example", "and many others", "and others", "Anders And"))
    names = re.findall(r"<h3><span[^>]*>([^<]*)</span></h3>", people_page([entry]))
    assert names == ["Ada Example", "Anders And"]


def test_anchors_of_names_without_latin_letters_differ():
    anchors = Anchors()
    assert [anchors.of(name) for name in ("Jürgen", "潮", "海", "found")] == [
        "jurgen",
        "person",
        "person-2",
        "found-2",
    ]


def test_the_table_has_a_row_for_every_array():
    text = catalogue_page(ENTRIES)
    assert text.count('<th scope="row">') == sum(entry.array is not None for entry in ENTRIES)
    assert "224.21 GiB" in text


@pytest.mark.parametrize(
    ("dtype", "size"),
    [("uint8", 16), (">u2", 32), ("<f8", 128), ("|b1", 16), ("bool", 16), ("structured", None)],
)
def test_sizes_are_those_of_the_values(dtype, size):
    assert array_bytes(replace(PLAIN, dtype=dtype)) == size


def test_sizes_of_unknown_shapes_are_unknown():
    assert array_bytes(replace(PLAIN, shape=None)) is None
    assert array_bytes(replace(PLAIN, dtype=None)) is None


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0&nbsp;bytes"),
        (999, "999&nbsp;bytes"),
        (999_600, "1.00&nbsp;MB"),
        (26_907_000_000, "26.9&nbsp;GB"),
    ],
)
def test_sizes_read_with_three_digits(size, text):
    assert human(size) == text


def test_related_entries_are_others_and_share_something():
    for slug, others in related(ENTRIES).items():
        assert slug not in {other.slug for other in others}
        assert 0 < len(others) <= 4
        for other in others:
            mine, theirs = facet_tokens(BY_SLUG[slug]), facet_tokens(other)
            shared = any(set(mine[name]) & set(theirs[name]) for name in mine)
            assert shared or set(BY_SLUG[slug].people) & set(other.people)


@pytest.mark.parametrize(
    ("dtype", "tokens"),
    [
        ("<u2", ("uint16",)),
        (">u2", ("uint16", "big-endian")),
        ("|b1", ("bool",)),
        (">f8", ("float64", "big-endian")),
        ("|i1", ("int8",)),
        ("float32", ("float32",)),
        ("structured", ("structured",)),
        ("<M8[ns]", ()),
    ],
)
def test_data_types_of_both_formats_go_by_one_name(dtype, tokens):
    assert dtype_tokens(dtype) == tokens


@pytest.mark.parametrize(
    ("chunks", "form", "size"),
    [
        ((11,), "line", "to-10-thousand"),
        ((1, 1, 1), "line", "to-10-thousand"),
        ((1, 100, 100), "plane", "to-10-thousand"),
        ((1, 100, 101), "plane", "to-100-thousand"),
        ((10, 100, 1000), "block", "to-1-million"),
        ((10, 1000, 1000), "block", "over-1-million"),
    ],
)
def test_chunks_are_told_apart_by_form_and_size(chunks, form, size):
    assert (chunk_form(chunks), chunk_size(chunks)) == (form, size)


def test_every_facet_offers_what_occurs_and_tokens_hold_no_spaces():
    offered = choices(ENTRIES)
    assert set(offered) == {name for name, _, _ in FACETS}
    assert all(offered.values())
    for entry in ENTRIES:
        tokens = facet_tokens(entry)
        assert list(tokens) == [name for name, _, _ in FACETS]
        for name, found in tokens.items():
            assert set(found) <= set(offered[name])
            assert not any(re.search(r"\s", token) for token in found)


def test_snippets_of_stores_are_python_that_compiles_and_name_the_store():
    entries = [entry for entry in ENTRIES if entry.store and entry.array]
    assert len(entries) >= 15
    for entry in entries:
        for name, code in store_snippets(entry):
            assert (
                OVER_HTTPS.get(entry.store.split("://")[0], "") and name == "zarrita"
            ) or entry.store.rstrip("/") in code
            if name != "zarrita":
                compile(code, "snippet", "exec")
