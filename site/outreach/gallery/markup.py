"""Pieces of HTML that the gallery's pages share. All text is escaped here; nothing becomes Markdown."""

from collections.abc import Iterable, Sequence

from outreach.gallery.images import Variant
from outreach.html import escape, user_text

NOT_RECORDED = '<span class="bz-unrecorded">not recorded</span>'
REPOSITORY = "https://github.com/zarr-developers/beautiful-zarr"


def picture_html(variants: Sequence[Variant], alt: str, folder: str, sizes: str, *, eager: bool) -> str:
    """Return a picture element; `folder` leads from the page to the variants' files."""
    largest = variants[-1]
    sources = "".join(
        f'<source type="image/{kind}" srcset="{srcset(variants, kind, folder)}" sizes="{sizes}">'
        for kind in ("avif", "webp")
    )
    fallback = default_variant(variants)
    hint = 'fetchpriority="high"' if eager else 'loading="lazy" decoding="async"'
    return (
        f'<picture>{sources}<img src="{folder}{fallback.name}" width="{largest.width}" '
        f'height="{largest.height}" alt="{escape(alt)}" dir="auto" {hint}></picture>'
    )


def default_variant(variants: Sequence[Variant]) -> Variant:
    """Return what browsers without a choice load: WebP, about 960 pixels wide."""
    return min((each for each in variants if each.kind == "webp"), key=lambda each: abs(each.width - 960))


def srcset(variants: Iterable[Variant], kind: str, folder: str) -> str:
    """Return the `srcset` of one format."""
    return ", ".join(f"{folder}{each.name} {each.width}w" for each in variants if each.kind == kind)


def facts_html(rows: Iterable[tuple[str, str | None]]) -> str:
    """Return a list of facts; values are HTML, None is shown as not recorded."""
    body = "".join(f"<div><dt>{name}</dt><dd>{value or NOT_RECORDED}</dd></div>" for name, value in rows)
    return f'<dl class="bz-facts">{body}</dl>'


def text(value: object) -> str | None:
    """Return `value` escaped, or None if it is None."""
    return None if value is None else user_text(str(value))


def link(url: str, label: str | None = None) -> str:
    """Return a link to a page outside the site."""
    shown = user_text(label) if label else in_parts(shown_address(url))
    return f'<a href="{escape(url)}" rel="external noopener">{shown}</a>'


def in_parts(text: str) -> str:
    """Return an address, or a title that may have one, which breaks between its parts and not in a word."""
    return f'<span dir="auto">{escape(text).replace("/", "/<wbr>").replace("_", "_<wbr>")}</span>'


def shown_address(url: str) -> str:
    """Return `url` as people read it: without https:// and a slash at the end."""
    return url.removeprefix("https://").rstrip("/")


def times(lengths: Sequence[int] | None) -> str | None:
    """Return lengths as `1,059 × 1,799`."""
    return " × ".join(f"{length:,}" for length in lengths) if lengths else None


def licence_html(licence: str | None) -> str | None:
    """Return the licence by its usual name, linked to SPDX where SPDX knows it."""
    if licence is None:
        return None
    if licence.startswith("LicenseRef-"):
        return escape(licence.removeprefix("LicenseRef-").replace("-", " "))
    if " " in licence:
        return escape(licence)
    return link(f"https://spdx.org/licenses/{licence}.html", licence)
