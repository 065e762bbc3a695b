"""Web addresses in one spelling, so that an entry is not listed twice."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

# What sharing buttons add; none of it changes the page.
TRACKING = ("fbclid", "gclid", "igshid", "mc_cid", "mc_eid", "ref", "s", "si")
ALIASES = {"dx.doi.org": "doi.org"}
REPOSITORY = re.compile(r"^(/[^/]+/[^/]+?)(?:\.git)?(?=/|$)")
# Letters that mean the same percent-encoded and plain (RFC 3986, 2.3).
UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


def canonical(url: str) -> str:
    """Return `url` without scheme, `www.`, fragment, tracking parameters, default page and trailing slash."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").rstrip(".").removeprefix("www.")
    except ValueError:
        return url
    host = ALIASES.get(host, host)
    path = _path(host, re.sub("%([0-9A-Fa-f]{2})", _decoded, parts.path))
    query = sorted(
        (key, value)
        for key, value in parse_qsl(parts.query, keep_blank_values=True)
        if not key.startswith("utm_") and key not in TRACKING and not _names_where_it_was_shared(key, value)
    )
    return f"{host}{path}" + (f"?{urlencode(query)}" if query else "")


def _decoded(found: re.Match[str]) -> str:
    letter = chr(int(found[1], 16))
    return letter if UNRESERVED.fullmatch(letter) else found[0].upper()


def _path(host: str, path: str) -> str:
    path = path.removesuffix("/index.html").rstrip("/")
    if host == "doi.org":
        return path.lower()  # DOIs ignore case
    if host == "github.com":
        # So do owner and repository, but not the files in it.
        return REPOSITORY.sub(lambda found: found[1].lower(), path)
    return path


def _names_where_it_was_shared(key: str, value: str) -> bool:
    # Viewers take the address of what they open as `?source=`; blogs mark by it where a link stood.
    return key == "source" and "://" not in value
