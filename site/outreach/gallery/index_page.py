"""The gallery's first page: a strict grid of pictures, fingerprints and names, and the form to narrow it."""

import unicodedata
from collections.abc import Mapping, Sequence

from outreach.gallery.entries import Entry
from outreach.gallery.facets import FACETS, choices, facet_tokens
from outreach.gallery.fingerprint import mark
from outreach.gallery.images import Variant
from outreach.gallery.markup import REPOSITORY, picture_html
from outreach.html import escape, page, user_text

# What a card measures in the layout of gallery.css.
SIZES = "(max-width: 44.99em) 50vw, (max-width: 76em) 33vw, 25vw"
# As many pictures as the first screen shows; the others wait until they are near.
EAGER = 4


def index_page(entries: Sequence[Entry], variants: Mapping[str, Sequence[Variant]]) -> str:
    """Return the Markdown file of the gallery's index."""
    cards = [
        card_html(entry, variants.get(entry.slug), eager=number < EAGER)
        for number, entry in enumerate(entries)
    ]
    pictures = sum(entry.picture is not None for entry in entries)
    body = f"""
<header class="bz-gallery-head">
<h1>Gallery</h1>
<p>{len(entries)} things made with Zarr, {pictures} of them drawn here from data you can open. The grids
are fingerprints: the chunks of an array, and in colour those that a read of the framed window must fetch.
<a href="../add-an-entry/">Show yours</a>, or
<a href="{REPOSITORY}/issues/new?template=gallery-entry.yml" rel="external noopener">suggest one</a>.</p>
<ul class="bz-exits"><li><a href="data-sets/">Data sets as a table</a></li>
<li><a href="viewer/">Array viewer</a></li>
<li><a href="people/">People</a></li> <li><a href="feed.xml">Feed</a></li>
<li><a href="gallery.json">JSON</a></li></ul>
</header>
{_form(entries)}
<ul class="bz-gallery" id="gallery-list">
{"\n".join(cards)}
</ul>
"""
    description = (
        f"{len(entries)} datasets, pictures, tools and talks made with Zarr, and how their arrays are chunked"
    )
    return page("Gallery", description, body, hide=("navigation", "toc"))


def card_html(
    entry: Entry, variants: Sequence[Variant] | None, *, eager: bool, folder: str | None = None
) -> str:
    """Return the entry's card in the list; page and pictures lie in `folder` (default: as on the site)."""
    folder = f"{entry.slug}/" if folder is None else folder
    tokens = {name: " ".join(found) for name, found in facet_tokens(entry).items() if found}
    tokens["text"] = _searchable(entry)
    data = " ".join(f'data-{name}="{escape(value)}"' for name, value in tokens.items())
    form, inside = _inside(entry, variants, folder, eager=eager)
    return f'<li class="bz-card bz-card-{form}" data-bz-item {data}><a href="{folder}">{inside}</a></li>'


def _inside(entry: Entry, variants: Sequence[Variant] | None, folder: str, *, eager: bool) -> tuple[str, str]:
    """Return the name of the card's form, and what it shows: a picture, a fingerprint, or words alone."""
    title = f"<strong>{user_text(entry.title)}</strong>"
    what = f"<span>{entry.kind}, {entry.domain}</span>"
    corner = ""
    if entry.picture and variants:
        form, face = "picture", picture_html(variants, entry.picture.alt, folder, SIZES, eager=eager)
        corner = (mark(entry.array) if entry.array else None) or ""
    elif entry.array and (sign := mark(entry.array, "card")):
        form, face = "fingerprint", sign
    else:
        summary = f'<span class="bz-card-summary" dir="auto">{escape(entry.summary)}</span>'
        return "word", f'<span class="bz-card-words">{what}{title}</span>{summary}'
    return form, (
        f'<span class="bz-card-face">{face}</span><span class="bz-card-caption">'
        f'<span class="bz-card-words">{title}{what}</span>{corner}</span>'
    )


def _searchable(entry: Entry) -> str:
    array = entry.array
    parts = [entry.title, entry.summary, *entry.people, entry.licence or ""]
    parts += [finder.name for finder in entry.found_by]
    if array:
        parts += [array.name, *(array.dims or ())]
        parts += ["x".join(map(str, lengths)) for lengths in (array.chunks, array.shards) if lengths]
    # Each word once: the search looks for words, and every letter here is downloaded with the page.
    # One form of each letter: an accent may be written as a character of its own.
    text = unicodedata.normalize("NFC", " ".join(parts)).lower()
    return " ".join(dict.fromkeys(text.split()))


def _form(entries: Sequence[Entry]) -> str:
    offered = choices(entries)
    sets = {name: _choices(legend, name, offered[name]) for name, legend, _ in FACETS if offered[name]}
    first = "".join(sets[name] for name, _, storage in FACETS if name in sets and not storage)
    more = "".join(sets[name] for name, _, storage in FACETS if name in sets and storage)
    return f"""<form class="bz-filter" data-bz-filter="#gallery-list" hidden>
<label>Search <input type="search" name="q" autocomplete="off"></label>
{first}
<details class="bz-filter-more"><summary>How it is stored, and when</summary><div>{more}</div></details>
<p class="bz-count" aria-live="polite"></p><button type="reset">Clear</button>
</form>"""


def _choices(legend: str, name: str, values: Sequence[str]) -> str:
    boxes = "".join(
        f'<label><input type="checkbox" name="{name}" value="{escape(value)}"> '
        f"{escape(value.replace('-', ' '))}</label>"
        for value in values
    )
    return f"<fieldset><legend>{legend}</legend>{boxes}</fieldset>"
