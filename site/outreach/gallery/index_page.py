"""The gallery's first page: a strict grid of pictures, fingerprints and names, and the form to narrow it."""

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
        _card(entry, variants.get(entry.slug), eager=number < EAGER) for number, entry in enumerate(entries)
    ]
    pictures = sum(entry.picture is not None for entry in entries)
    body = f"""
<header class="bz-gallery-head">
<h1>Gallery</h1>
<p>{len(entries)} things made with Zarr, {pictures} of them drawn here from data you can open. The grids
are fingerprints: the chunks of an array, and in colour those that a read of the framed window must fetch.
<a href="../contribute/#show-a-dataset">Show yours</a>, or
<a href="{REPOSITORY}/issues/new" rel="external noopener">suggest one</a>.</p>
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


def _card(entry: Entry, variants: Sequence[Variant] | None, *, eager: bool) -> str:
    face, corner, form = _face(entry, variants, eager=eager)
    tokens = {name: " ".join(found) for name, found in facet_tokens(entry).items() if found}
    tokens["text"] = _searchable(entry)
    data = " ".join(f'data-{name}="{escape(value)}"' for name, value in tokens.items())
    return (
        f'<li class="bz-card bz-card-{form}" data-bz-item {data}>'
        f'<a href="{entry.slug}/"><span class="bz-card-face">{face}</span>'
        f'<span class="bz-card-caption"><span class="bz-card-words"><strong>{user_text(entry.title)}</strong>'
        f"<span>{entry.kind}, {entry.domain}</span></span>{corner}</span></a></li>"
    )


def _face(entry: Entry, variants: Sequence[Variant] | None, *, eager: bool) -> tuple[str, str, str]:
    """Return what a card shows, what stands in the corner of its caption, and the name of its form."""
    if entry.picture and variants:
        picture = picture_html(variants, entry.picture.alt, f"{entry.slug}/", SIZES, eager=eager)
        return picture, (mark(entry.array) if entry.array else None) or "", "picture"
    sign = mark(entry.array, "card") if entry.array else None
    if sign:
        return sign, "", "fingerprint"
    words = (
        f'<span class="bz-card-kind" aria-hidden="true">{escape(entry.kind)}</span>'
        f'<span class="bz-card-summary" dir="auto">{escape(entry.summary)}</span>'
    )
    return words, "", "word"


def _searchable(entry: Entry) -> str:
    array = entry.array
    parts = [entry.title, entry.summary, *entry.people, entry.licence or ""]
    parts += [finder.name for finder in entry.found_by]
    if array:
        parts += [array.name, *(array.dims or ())]
        parts += ["x".join(map(str, lengths)) for lengths in (array.chunks, array.shards) if lengths]
    # Each word once: the search looks for words, and every letter here is downloaded with the page.
    return " ".join(dict.fromkeys(" ".join(parts).lower().split()))


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
