"""Web addresses in one spelling, so that an entry is not listed twice."""

from urllib.parse import parse_qsl, urlencode, urlsplit

# What sharing buttons add; none of it changes the page.
TRACKING = ("fbclid", "gclid", "igshid", "mc_cid", "mc_eid", "ref", "s", "si")


def canonical(url: str) -> str:
    """Return `url` without scheme, `www.`, fragment, tracking parameters, default page and trailing slash."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").removeprefix("www.").rstrip(".")
    except ValueError:
        return url
    path = parts.path.removesuffix("/index.html").rstrip("/")
    query = sorted(
        (key, value)
        for key, value in parse_qsl(parts.query, keep_blank_values=True)
        if not key.startswith("utm_") and key not in TRACKING and not _names_where_it_was_shared(key, value)
    )
    return f"{host}{path}" + (f"?{urlencode(query)}" if query else "")


def _names_where_it_was_shared(key: str, value: str) -> bool:
    # Viewers take the address of what they open as `?source=`; blogs mark by it where a link stood.
    return key == "source" and "://" not in value
