"""The gallery's pages, pictures, samples and JSON, from checked entries."""

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import chain

from outreach.gallery.cards import make_card
from outreach.gallery.catalogue_page import catalogue_page
from outreach.gallery.check import SCHEMA, load_gallery
from outreach.gallery.entries import Entry
from outreach.gallery.entry_page import entry_page
from outreach.gallery.feed import atom_feed
from outreach.gallery.freshness.snapshot import load_freshness
from outreach.gallery.images import Variant, make_variants
from outreach.gallery.index_page import index_page
from outreach.gallery.markup import default_variant, srcset
from outreach.gallery.people_page import people_page
from outreach.gallery.related import related
from outreach.gallery.samples import read_samples, sample_files
from outreach.gallery.viewer_page import viewer_page
from outreach.paths import Project
from outreach.writing import Output


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as other pages show it; paths are relative to the root of the site."""

    slug: str
    title: str
    alt: str
    src: str
    srcset_avif: str
    srcset_webp: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class GalleryFacts:
    """What the home page says of the gallery; `pictures` are newest first."""

    entries: int
    kinds: int
    domains: int
    pictures: tuple[Picture, ...]


def generate_gallery(project: Project, output: Output) -> GalleryFacts:
    """Plan every file of the gallery in `output`.

    Raises
    ------
    ProblemsError
        If anything is wrong with any entry or sample; nothing is planned then.
    """
    entries = load_gallery(project)
    fresh = load_freshness(project)
    samples = read_samples(project, entries)
    cache = project.pictures_cache
    variants = {
        entry.slug: make_variants(entry.folder / entry.picture.file, cache)
        for entry in entries
        if entry.picture
    }
    output.add("index.md", index_page(entries, variants))
    output.add("gallery.json", gallery_json(entries))
    output.add("feed.xml", atom_feed(entries))
    output.add("people/index.md", people_page(entries))
    output.add("data-sets/index.md", catalogue_page(entries))
    output.add("viewer/index.md", viewer_page(entries, samples))
    output.add(SCHEMA.name, SCHEMA.read_bytes())
    others = related(entries)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        drawn = pool.map(lambda entry: make_card(entry, cache), entries)
        cards = dict(zip((entry.slug for entry in entries), drawn, strict=True))
    around = zip(chain([None], entries), entries, chain(entries[1:], [None]), strict=False)
    for before, entry, after in around:
        if entry.sample:
            for name, content in sample_files(entry.folder / entry.sample.path).items():
                output.add(f"{entry.slug}/sample.zarr/{name}", content)
        if entry.licence_file:
            output.add(f"{entry.slug}/{entry.licence_file}", (entry.folder / entry.licence_file).read_bytes())
        for variant in variants.get(entry.slug, ()):
            output.add(f"{entry.slug}/{variant.name}", variant.content)
        card, content = cards[entry.slug]
        output.add(f"{entry.slug}/{card}", content)
        pictures, sample = variants.get(entry.slug), samples.get(entry.slug)
        page = entry_page(entry, pictures, sample, (before, after), others[entry.slug], card, fresh)
        output.add(f"{entry.slug}/index.md", page)
    return GalleryFacts(
        entries=len(entries),
        kinds=len({entry.kind for entry in entries}),
        domains=len({entry.domain for entry in entries}),
        pictures=tuple(_picture(entry, variants[entry.slug]) for entry in entries if entry.slug in variants),
    )


def gallery_json(entries: Sequence[Entry]) -> str:
    """Return all entries as JSON, with the fields of the schema and the slug."""
    rows = []
    for entry in entries:
        row = asdict(entry)
        del row["folder"]
        rows.append(row)
    return json.dumps({"entries": rows}, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _picture(entry: Entry, variants: Sequence[Variant]) -> Picture:
    folder = f"gallery/{entry.slug}/"
    default = default_variant(variants)
    return Picture(
        slug=entry.slug,
        title=entry.title,
        alt=entry.picture.alt if entry.picture else "",
        src=folder + default.name,
        srcset_avif=srcset(variants, "avif", folder),
        srcset_webp=srcset(variants, "webp", folder),
        width=default.width,
        height=default.height,
    )
