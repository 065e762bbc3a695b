"""The formats that our schemas name: web addresses, licences, dates, times, time zones."""

import re
import zoneinfo
from collections.abc import Callable
from datetime import date, datetime
from difflib import get_close_matches
from functools import cache
from typing import Any
from urllib.parse import urlsplit

# What people write for a licence, reduced to lower-case letters and digits, and what they usually mean.
LICENCE_NICKNAMES = {
    "bsd": "BSD-3-Clause",
    "bsd3": "BSD-3-Clause",
    "bsd2": "BSD-2-Clause",
    "apache": "Apache-2.0",
    "apache2": "Apache-2.0",
    "gpl": "GPL-3.0-or-later",
    "gplv3": "GPL-3.0-or-later",
    "cc0": "CC0-1.0",
    "ccby": "CC-BY-4.0",
    "ccbysa": "CC-BY-SA-4.0",
    "publicdomain": "LicenseRef-public-domain",
}

# Works without copyright have no SPDX identifier; SPDX leaves "LicenseRef-" for such cases.
LICENCE_EXTRAS = ("LicenseRef-public-domain",)

# A bucket, then a path without "." and ".." in it.
STORE_PATH = re.compile(
    r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9](?:/(?!\.\.?(?:/|$))[\w.~+=%-]+)*/?", flags=re.ASCII
)


class FormatError(ValueError):
    """Text that breaks a format; the message says expected, found, fix."""


def https_url(text: str) -> None:
    """Refuse all but absolute https addresses of public hosts, in ASCII."""
    wanted = "expected an address that starts with https://"
    if re.search(r"[^!-~]", text) or re.search(r'["<>\\^`{|}]', text):
        raise FormatError(
            f"{wanted}, found characters that no address holds in {text!r}; percent-encode them"
        )
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise FormatError(f"{wanted}, found {text!r} ({error}); copy it from the browser") from error
    if parts.scheme == "http":
        raise FormatError(f"{wanted}, found {text!r}; try {'https' + text[4:]!r}")
    if parts.scheme != "https" or not parts.netloc:
        raise FormatError(f"{wanted}, found {text!r}; copy it from the browser")
    if parts.username is not None or parts.password is not None:
        raise FormatError(
            f"expected an address without a user name, found {text!r}; remove what stands before '@'"
        )
    if port is not None and port != 443:
        raise FormatError(f"expected an address without a port, found {text!r}; remove ':{port}'")
    if not re.fullmatch(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]*[a-z0-9])", host):
        raise FormatError(f"expected a public host name, found {host!r}; copy the address from the browser")


def store_url(text: str) -> None:
    """Refuse all but addresses of stores: public https ones, and s3 or gs with a bucket."""
    scheme, _, rest = text.partition("://")
    if scheme not in ("s3", "gs"):
        https_url(text)
    elif not STORE_PATH.fullmatch(rest):
        fix = f"write it such as '{scheme}://bucket/data.zarr'"
        raise FormatError(f"expected a bucket and a path after {scheme}://, found {text!r}; {fix}")


def spdx(text: str) -> None:
    """Refuse all but SPDX licence expressions in SPDX's own spelling."""
    if text in LICENCE_EXTRAS:
        return
    licensing = _licensing()
    try:
        parsed = licensing.parse(text, validate=True, strict=True)
        canonical = None if parsed is None else str(parsed)
    except Exception as error:  # the library raises its own, boolean.py's and plain ValueError
        raise FormatError(f"expected an SPDX id, found {text!r}{_licence_hint(text)}") from error
    if canonical is None:
        raise FormatError("expected an SPDX id, found an empty text; write null if it is not recorded")
    if canonical != text:
        raise FormatError(f"expected an SPDX id, found {text!r}; try {canonical!r}")


def iso_date(text: str) -> None:
    """Refuse all but dates like 2026-11-22."""
    try:
        good = bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text)) and bool(date.fromisoformat(text))
    except ValueError as error:
        raise FormatError(f"expected a date, found {text!r}, no day of any calendar; correct it") from error
    if not good:
        raise FormatError(f"expected a date, found {text!r}; write year-month-day, such as 2026-11-22")


def date_time(text: str) -> None:
    """Refuse all but moments with a zone, like 2022-12-02T17:00:00+00:00."""
    example = "such as 2022-12-02T17:00:00+00:00"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise FormatError(f"expected a date and time, found {text!r}; write it {example}") from error
    if moment.tzinfo is None or "T" not in text:
        raise FormatError(
            f"expected a date and time with its offset from UTC, found {text!r}; write it {example}"
        )


def clock_time(text: str) -> None:
    """Refuse all but times of day like 14:00."""
    if not re.fullmatch(r"(?:[01]\d|2[0-3]):[0-5]\d", text):
        raise FormatError(f"expected a time of day, found {text!r}; write hours and minutes, such as 14:00")


def time_zone(text: str) -> None:
    """Refuse all but names of the time zone database."""
    known = zoneinfo.available_timezones()
    if text not in known:
        near = get_close_matches(text, known, n=1, cutoff=0.5)
        fix = f"did you mean {near[0]!r}?" if near else "write it such as 'Europe/Berlin' or 'UTC'"
        raise FormatError(f"expected a time zone, found {text!r}; {fix}")


FORMATS: dict[str, Callable[[str], None]] = {
    "https-url": https_url,
    "store-url": store_url,
    "spdx": spdx,
    "date": iso_date,
    "date-time": date_time,
    "time": clock_time,
    "time-zone": time_zone,
}


@cache
def _licensing() -> Any:
    # Loading the list of licences costs about half a second; most commands never need it.
    from license_expression import get_spdx_licensing  # type: ignore[import-untyped]  # it ships no types

    return get_spdx_licensing()


def _licence_hint(text: str) -> str:
    known = [name for name in _licensing().known_symbols if not name.startswith("LicenseRef-")]
    plain = _plain(text)
    if plain in LICENCE_NICKNAMES:
        return f"; try {LICENCE_NICKNAMES[plain]!r}"
    by_plain = {_plain(name): name for name in known}
    near = get_close_matches(plain, by_plain, n=1, cutoff=0.7)
    return f"; try {by_plain[near[0]]!r}" if near else "; look it up on spdx.org/licenses, or write null"


def _plain(text: str) -> str:
    return re.sub(r"licen[cs]e|the|version|[^a-z0-9]", "", text.lower())
