"""One entry's page: the picture, what it is, how it is stored, and how to open it."""

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from outreach.gallery.entries import Array, Entry, Finder, Image, Source
from outreach.gallery.fingerprint import drawing, mark
from outreach.gallery.freshness.records import Freshness
from outreach.gallery.freshness.shown import broken_note, links_html, store_row
from outreach.gallery.images import Variant
from outreach.gallery.linked_data import linked_data
from outreach.gallery.markup import (
    NOT_RECORDED,
    REPOSITORY,
    facts_html,
    in_parts,
    licence_html,
    link,
    picture_html,
    text,
    times,
)
from outreach.gallery.samples import SampleFacts
from outreach.gallery.snippets import Snippet, browser_address, store_snippets
from outreach.gallery.viewer_page import viewer_button
from outreach.html import escape, page, user_text

SIZES = "(max-width: 60em) 100vw, 60vw"


def entry_page(
    entry: Entry,
    variants: Sequence[Variant] | None,
    sample: SampleFacts | None,
    neighbours: tuple[Entry | None, Entry | None],
    others: Sequence[Entry],
    card: str,
    fresh: Freshness,
) -> str:
    """Return the Markdown file of one entry.

    `neighbours` come before and after it in the gallery, `others` have something in common with it, and
    `card` is the file of its social card; `fresh` is what is known of its links and store.
    """
    parts = [
        '<article class="bz-entry">',
        '<p class="bz-crumb"><a href="../">Gallery</a></p>',
        f"<h1>{in_parts(entry.title)}</h1>",
        _top(entry, variants, fresh, sample),
        _stored(entry, entry.array, fresh) if entry.array else "",
        _sample(entry, sample) if sample else "",
        _from_afar(entry) if not sample else "",
        _sources(entry, fresh),
        _related(others),
        _neighbours(*neighbours),
        "</article>",
    ]
    head = {"card": card, "linked_data": linked_data(entry, card)}
    body = "\n".join(filter(None, parts))
    return page(entry.title, entry.summary, body, hide=("navigation", "toc"), head=head)


def _top(
    entry: Entry, variants: Sequence[Variant] | None, fresh: Freshness, sample: SampleFacts | None
) -> str:
    words = f'<p class="bz-lead" dir="auto">{escape(entry.summary)}</p>{_visit(entry, fresh)}'
    if entry.picture and variants:
        columns = _picture(entry, entry.picture, variants, sample), f"<div>{words}{_facts(entry)}</div>"
    else:
        columns = f"<div>{words}</div>", _facts(entry)
    return f'<div class="bz-entry-columns">{"".join(columns)}</div>'


def _picture(entry: Entry, picture: Image, variants: Sequence[Variant], sample: SampleFacts | None) -> str:
    credit = f"{picture.credit}. Licence: {picture.licence}. Source: {picture.source}"
    report = f"{REPOSITORY}/issues/new?title={quote(f'Gallery: report or remove {entry.slug}')}"
    licence = _with_text(entry, licence_html(picture.licence))
    return f"""<figure class="bz-figure bz-entry-picture">
{picture_html(variants, picture.alt, "", SIZES, eager=True)}
{viewer_button(entry, sample) if sample else ""}
<figcaption>
<p>{user_text(picture.made)}</p>
<p>{user_text(picture.credit)}. Licence: {licence}.
{link(picture.source, "Source")}.</p>
<pre id="credit" hidden>{escape(credit)}</pre>
<p class="bz-entry-actions">
<button type="button" class="bz-copy" data-bz-copy="#credit" hidden>Copy credit</button>
<a href="{escape(report)}" rel="external noopener">Report or remove this picture</a></p>
</figcaption>
</figure>"""


def _with_text(entry: Entry, licence: str | None) -> str | None:
    if entry.licence_file is None:
        return licence
    return f'{licence or NOT_RECORDED} (<a href="{escape(entry.licence_file)}">licence text</a>)'


def _visit(entry: Entry, fresh: Freshness) -> str:
    others = "".join(f"<li>{link(other.url, other.label)}</li>" for other in entry.links)
    more = f'<ul class="bz-entry-links">{others}</ul>' if others else ""
    return f'<p class="bz-visit">{link(entry.url)}</p>{broken_note(entry, entry.url, fresh)}{more}'


def _facts(entry: Entry) -> str:
    doi = link(entry.doi_url, entry.doi) if entry.doi_url else None
    return facts_html(
        (
            ("Kind", escape(entry.kind)),
            ("Domain", escape(entry.domain)),
            ("People", user_text(", ".join(entry.people))),
            *([("Found by", _finders(entry.found_by))] if entry.found_by else []),
            ("Year", text(entry.year)),
            ("Licence", _with_text(entry, licence_html(entry.licence))),
            ("DOI", doi),
            ("Zarr format", text(entry.zarr_format)),
            *([("Stored", text(entry.stored))] if entry.stored else []),
            ("Added", f'<time datetime="{entry.added}">{entry.added}</time>'),
        )
    )


def _stored(entry: Entry, array: Array, fresh: Freshness) -> str:
    picture = drawing(array)
    caption = f"<figcaption>{_legend(array)}</figcaption>"
    figure = f'<figure class="bz-figure">{picture}{caption}</figure>' if picture else ""
    codecs = None
    if array.codecs is not None:
        codecs = "<br>".join(f"<code>{escape(codec)}</code>" for codec in array.codecs) or "none"
    rows = [
        ("Array", f"<code>{escape(array.name)}</code>"),
        ("Axes", text(", ".join(array.dims)) if array.dims else None),
        ("Shape", times(array.shape)),
        ("Chunks", times(array.chunks)),
        ("Shards", _shards(array)),
        ("Data type", f"<code>{escape(array.dtype)}</code>" if array.dtype else None),
        ("Codecs", codecs),
        ("Read in", user_text(array.source)),
        *store_row(entry, fresh),
    ]
    if array.note:
        rows.append(("Note", user_text(array.note)))
    return f"""<section aria-labelledby="stored">
<h2 id="stored">How it is stored</h2>
<div class="bz-entry-columns">{figure}{facts_html(rows)}</div>
</section>"""


def _shards(array: Array) -> str | None:
    if array.shards is None and array.codecs is not None:
        return "none"
    return times(array.shards)


def _legend(array: Array) -> str:
    if array.chunks is None:
        return "The outline of the array; its chunks are not recorded."
    lines = "Thin lines are chunks, dark lines shards" if array.shards else "Thin lines are chunks"
    return f"{lines}; colour is what a read of the framed window must fetch."


def _sample(entry: Entry, sample: SampleFacts) -> str:
    about = entry.sample.about if entry.sample else ""
    levels = " ".join(f"<span>{times(shape)}</span>" for shape in sample.levels)
    rows = (
        *([("Levels", f'<span class="bz-levels">{levels}</span>')] if len(sample.levels) > 1 else []),
        ("zarr_partial reads it as", f"<code>{escape(sample.access)}</code>"),
        ("Chunks", f"{sample.chunk_count:,} in {sample.file_count:,} stored files"),
        ("Stored", f"{sample.stored_bytes:,} bytes for {sample.array_bytes:,} bytes of values"),
        ("Metadata", f'<a href="sample.zarr/{sample.metadata}">sample.zarr/{sample.metadata}</a>'),
        ("Made by", f"<code>uv run --script gallery_data/{entry.slug}/make.py</code>"),
    )
    return f"""<section aria-labelledby="sample">
<h2 id="sample">Open the sample</h2>
<div class="bz-entry-columns">{facts_html(rows)}
<p dir="auto">{escape(about)} It comes with the checkout of this site.</p></div>
{_snippets(sample.snippets)}
</section>"""


def _from_afar(entry: Entry) -> str:
    snippets = store_snippets(entry)
    if not snippets:
        return ""
    return f"""<section aria-labelledby="open">
<h2 id="open">Open it from afar</h2>
<p>From the public store, <code class="bz-address">{escape(entry.store or "")}</code>. The code has not
been run against it from here; the same lines for the samples of this gallery run in its tests.
{_viewer_link(entry)}</p>
{_snippets(snippets)}
</section>"""


def _viewer_link(entry: Entry) -> str:
    address = browser_address(entry)
    if address is None:
        return ""
    query = escape(urlencode({"url": address}))
    return (
        f'<a href="../viewer/?{query}">Try it in the viewer</a>: it asks the store when you press a button, '
        "and says so if the store lets no browser in."
    )


def _snippets(snippets: Sequence[Snippet]) -> str:
    blocks = "".join(
        f"<div><h3>{escape(name)}</h3>"
        f'<button type="button" class="bz-copy" data-bz-copy="#code-{escape(name)}" '
        f'aria-label="Copy the code for {escape(name)}" hidden>Copy</button>'
        f'<pre tabindex="0"><code id="code-{escape(name)}">{escape(code)}</code></pre></div>'
        for name, code in snippets
    )
    return f'<div class="bz-snippets">{blocks}</div>'


def _finders(finders: Sequence[Finder]) -> str:
    return ", ".join(link(each.url, each.name) if each.url else user_text(each.name) for each in finders)


def _related(others: Sequence[Entry]) -> str:
    if not others:
        return ""
    items = "".join(f"<li>{_related_item(other)}</li>" for other in others)
    return f"""<section aria-labelledby="related">
<h2 id="related">Related</h2>
<ul class="bz-related">{items}</ul>
</section>"""


def _related_item(other: Entry) -> str:
    sign = (mark(other.array) if other.array else None) or ""
    return (
        f'<a href="../{other.slug}/">{sign}<span class="bz-related-words">'
        f"<strong>{user_text(other.title)}</strong>"
        f"<span>{escape(other.kind)}, {escape(other.domain)}</span></span></a>"
    )


def _sources(entry: Entry, fresh: Freshness) -> str:
    rows = "".join(f"<li>{_source(source)}</li>" for source in entry.sources)
    correct = f"{REPOSITORY}/issues/new?title={quote(f'Gallery: correct {entry.slug}')}"
    compared = f'<time datetime="{entry.checked}">{entry.checked}</time>' if entry.checked else NOT_RECORDED
    return f"""<section aria-labelledby="sources">
<h2 id="sources">Where the facts come from</h2>
<ul class="bz-sources">{rows}</ul>
<p class="bz-small">Last compared with the sources: {compared}.
{link(correct, "Correct something")}.</p>
{links_html(entry, fresh)}
</section>"""


def _source(source: Source) -> str:
    name = link(source.url, source.found_in) if source.url else user_text(source.found_in)
    when = [f"commit <code>{escape(source.commit)}</code>"] if source.commit else []
    when += [f'copy of <time datetime="{source.date}">{source.date}</time>'] if source.date else []
    return f"{name}, {', '.join(when) or 'date of the copy not recorded'}"


def _neighbours(before: Entry | None, after: Entry | None) -> str:
    parts = [
        f'<a rel="{rel}" href="../{entry.slug}/"><span>{label}</span> {in_parts(entry.title)}</a>'
        for rel, label, entry in (("prev", "Before", before), ("next", "After", after))
        if entry
    ]
    return f'<nav class="bz-neighbours" aria-label="Neighbours in the gallery">{"".join(parts)}</nav>'
