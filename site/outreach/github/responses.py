"""What one response of GitHub says, apart from what to do about it."""

from __future__ import annotations

import json
import math
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    import httpx


def fault_of(response: httpx.Response) -> str | None:
    """Return in words what a response holds in place of the API's JSON, None if it holds that.

    A page that says "not found" is a proxy's or a login page's: only the API knows that an issue is gone.
    """
    kind = response.headers.get("content-type", "")
    if "json" not in kind:
        return f"{kind.partition(';')[0] or 'no content type'} in place of JSON"
    try:
        response.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return "JSON that is cut off"
    return None


def shown(path: str) -> str:
    """Return an address without its query."""
    return path.partition("?")[0]


def message_of(response: httpx.Response) -> str:
    """Return what the API itself says of a refusal, in brackets, or ""."""
    try:
        said = response.json()["message"]
    except (ValueError, KeyError, TypeError):
        return ""
    return f" ({str(said)[:120]})" if said else ""


def server_date(response: httpx.Response) -> datetime | None:
    """Return the server's clock."""
    try:
        return parsedate_to_datetime(response.headers["Date"])
    except (KeyError, ValueError):
        return None


def number(text: str, otherwise: float) -> float:
    """Return the number in a header; `otherwise` where there is none, or none that can be waited for."""
    try:
        found = float(text)
    except ValueError:
        return otherwise
    return found if math.isfinite(found) else otherwise


def duration(seconds: float) -> str:
    """Return a wait in words."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"


def page_number(url: str) -> int:
    """Return the page that the address of a page names."""
    import httpx

    text = httpx.URL(url).params.get("page", "1")
    return int(text) if text.isdigit() else 1
