"""The data sets as a table: shape, chunks, shards, codecs, size and licence side by side."""

import re
from collections.abc import Sequence
from math import prod

from outreach.gallery.entries import Array, Entry
from outreach.gallery.facets import codec_tokens, dtype_tokens
from outreach.gallery.fingerprint import mark
from outreach.gallery.markup import NOT_RECORDED, licence_html, times
from outreach.html import escape, page, user_text

UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB")


def catalogue_page(entries: Sequence[Entry]) -> str:
    """Return the Markdown file of the table; entries without an array are left out."""
    rows = [
        _row(entry, entry.array)
        for entry in sorted(entries, key=lambda entry: entry.title.casefold())
        if entry.array
    ]
    body = f"""
<p class="bz-crumb"><a href="../">Gallery</a></p>
<h1>Data sets</h1>
<p class="bz-lead">How {len(rows)} arrays are cut: the same facts as on their own pages, to compare.
The size is that of the values of the one array named, uncompressed; stored is what the source
says of the whole store.</p>
<div class="bz-scroll" tabindex="0" role="region" aria-label="Table of data sets">
<table class="bz-table bz-catalogue">
<thead><tr><th scope="col">Data set</th><th scope="col">Shape</th><th scope="col">Chunks</th>
<th scope="col">Shards</th><th scope="col">Data type</th><th scope="col">Codecs</th>
<th scope="col" class="num">Size</th><th scope="col" class="num">Stored</th>
<th scope="col">Licence</th></tr></thead>
<tbody>{"".join(rows)}</tbody>
</table></div>
<p class="bz-small">{NOT_RECORDED.replace("not recorded", "–")}: not recorded in the source. All of it as
<a href="../gallery.json">gallery.json</a>.</p>
"""
    description = f"How {len(rows)} data sets in Zarr are chunked, sharded and compressed, as one table"
    return page("Data sets", description, body, hide=("navigation", "toc"))


def _row(entry: Entry, array: Array) -> str:
    shards = times(array.shards) or ("none" if array.codecs is not None else None)
    codecs = ", ".join(codec_tokens(array)).replace("-", " ") if array.codecs is not None else None
    size = array_bytes(array)
    cells = (
        (times(array.shape), "num"),
        (times(array.chunks), "num"),
        (shards, "num"),
        (f"<code>{escape(array.dtype)}</code>" if array.dtype else None, ""),
        (escape(codecs) if codecs else None, ""),
        (None if size is None else human(size), "num"),
        (escape(entry.stored) if entry.stored else None, "num"),
        (licence_html(entry.licence), ""),
    )
    body = "".join(
        f'<td class="{kind}">{value or "–"}</td>' if kind else f"<td>{value or '–'}</td>"
        for value, kind in cells
    )
    sign = mark(array) or ""
    return (
        f'<tr><th scope="row"><span class="bz-catalogue-name">{sign}<span><a href="../{entry.slug}/">'
        f"{user_text(entry.title)}</a><br>{escape(entry.domain)}</span></span></th>{body}</tr>"
    )


def array_bytes(array: Array) -> int | None:
    """Return what the values take uncompressed, or None where shape or data type is not known."""
    if array.shape is None or array.dtype is None:
        return None
    name = next(iter(dtype_tokens(array.dtype)), "")
    bits = 8 if name == "bool" else int(found[0]) if (found := re.findall(r"\d+$", name)) else 0
    return prod(array.shape) * bits // 8 if bits else None


def human(size: float) -> str:
    """Return `size` bytes with three digits and a decimal unit."""
    power = 0
    while size >= 999.5 and power < len(UNITS) - 1:
        size, power = size / 1000, power + 1
    digits = 0 if power == 0 or size >= 99.5 else 1 if size >= 9.95 else 2
    return f"{size:,.{digits}f}&nbsp;{UNITS[power]}"
