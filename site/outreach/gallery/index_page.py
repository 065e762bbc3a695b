"""The gallery's first page: a strict grid of pictures, fingerprints and names, and the form to narrow it."""

from collections.abc import Mapping, Sequence

from outreach.gallery.entries import Entry
from outreach.gallery.fingerprint import mark
from outreach.gallery.images import Variant
from outreach.gallery.markup import REPOSITORY, codec_tokens, picture_html
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
    has_picture = bool(entry.picture and variants)
    sign = mark(entry.array, "mark" if has_picture else "card") if entry.array else None
    if entry.picture and variants:
        face, corner = (
            picture_html(variants, entry.picture.alt, f"{entry.slug}/", SIZES, eager=eager),
            sign or "",
        )
        form = "picture"
    elif sign:
        face, corner, form = sign, "", "fingerprint"
    else:
        face, corner, form = (
            f'<span class="bz-card-kind" aria-hidden="true">{escape(entry.kind)}</span>',
            "",
            "word",
        )
    tokens = {
        "kind": entry.kind,
        "domain": entry.domain,
        "format": "" if entry.zarr_format is None else str(entry.zarr_format),
        "codec": " ".join(codec_tokens(entry)),
        "text": _searchable(entry),
    }
    data = " ".join(f'data-{name}="{escape(value)}"' for name, value in tokens.items())
    return (
        f'<li class="bz-card bz-card-{form}" data-bz-item {data}>'
        f'<a href="{entry.slug}/"><span class="bz-card-face">{face}</span>'
        f'<span class="bz-card-caption"><span class="bz-card-words"><strong>{user_text(entry.title)}</strong>'
        f"<span>{entry.kind}, {entry.domain}</span></span>{corner}</span></a></li>"
    )


def _searchable(entry: Entry) -> str:
    array = entry.array
    parts = [entry.title, entry.summary, *entry.people, entry.kind, entry.domain, entry.licence or ""]
    if array:
        parts += [array.name, array.dtype or "", *(array.codecs or ()), *(array.dims or ())]
    return " ".join(" ".join(parts).lower().split())


def _form(entries: Sequence[Entry]) -> str:
    def values(name: str) -> list[str]:
        return sorted({getattr(entry, name) for entry in entries})

    formats = sorted({str(entry.zarr_format) for entry in entries if entry.zarr_format})
    codecs = sorted({token for entry in entries for token in codec_tokens(entry)})
    return f"""<form class="bz-filter" data-bz-filter="#gallery-list" hidden>
<label>Search <input type="search" name="q" autocomplete="off"></label>
{_choices("Kind", "kind", values("kind"))}
{_choices("Domain", "domain", values("domain"))}
{_choices("Zarr format", "format", formats)}
{_choices("Codec", "codec", codecs)}
<p class="bz-count" aria-live="polite"></p><button type="reset">Clear</button>
</form>"""


def _choices(legend: str, name: str, values: Sequence[str]) -> str:
    boxes = "".join(
        f'<label><input type="checkbox" name="{name}" value="{escape(value)}"> '
        f"{escape(value.replace('-', ' '))}</label>"
        for value in values
    )
    return f"<fieldset><legend>{legend}</legend>{boxes}</fieldset>"
