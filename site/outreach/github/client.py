"""One request to GitHub: what may be tried again is, what waits is waited for, the rest says what to do.

The token goes to the API's own origin and nowhere else: not into messages, files or redirects elsewhere.
"""

from __future__ import annotations

import json
import os
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Self

from outreach.errors import OutreachError
from outreach.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

API = "https://api.github.com"
# GitHub counts 900 points a minute for its REST API, a GET being one, and asks for few requests at a time:
# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
PER_MINUTE = 900
VERSION = "2022-11-28"
ATTEMPTS = 4
MAX_REDIRECTS = 5
MAX_PAGES = 300
# GitHub asks for a minute where it names no time itself.
SECONDARY_SECONDS = 60.0
REDIRECTS = (301, 302, 307, 308)
GONE = (404, 410, 451)


class GitHubError(OutreachError):
    """GitHub did not give what was asked for; the message never holds the token."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `data` is None when the thing is unchanged (304) or gone (404, 410, 451)."""

    status: int
    data: Any
    etag: str | None
    next: str | None
    last_page: int
    moved: bool

    @property
    def unchanged(self) -> bool:
        """Whether what the ETag was given for still holds."""
        return self.status == 304

    @property
    def gone(self) -> bool:
        """Whether there is nothing there, or nothing that may be seen."""
        return self.status in GONE


@dataclass(frozen=True, slots=True)
class Settings:
    """How to ask; times in seconds."""

    api: str = API
    concurrency: int = 4
    delay: float = 0.01
    timeout: float = 20.0
    most_wait: float = 300.0
    per_minute: int = PER_MINUTE

    @classmethod
    def from_environment(cls, **changes: Any) -> Settings:
        """Return the settings with the API's address that GITHUB_API_URL names, as in GitHub Actions."""
        return cls(api=os.environ.get("GITHUB_API_URL", API).rstrip("/"), **changes)


def token_from_environment() -> str | None:
    """Return the token in GITHUB_TOKEN or GH_TOKEN, if there is one that a header can hold."""
    for name in ("GITHUB_TOKEN", "GH_TOKEN"):
        token = os.environ.get(name, "").strip()
        if token and (not token.isascii() or not token.isprintable() or " " in token):
            raise GitHubError(
                f"expected a token of printable ASCII characters in {name}, found others; copy it again"
            )
        if token:
            return token
    return None


@dataclass(slots=True)
class Counts:
    """What a client has done so far."""

    requests: int = 0
    unchanged: int = 0
    waited: float = 0.0
    server_time: datetime | None = None
    skew: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, response: httpx.Response) -> None:
        """Count a response, and remember the server's clock at the first."""
        with self._lock:
            self.requests += 1
            self.unchanged += response.status_code == 304
            date = _server_date(response)
            if self.server_time is None and date is not None:
                self.server_time = date
                self.skew = (datetime.now(UTC) - date).total_seconds()


class Client:
    """Reads the API; safe to share among threads. A context manager."""

    def __init__(
        self,
        settings: Settings,
        token: str | None,
        *,
        sleep: Callable[[float], object] | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        try:
            import httpx
        except ModuleNotFoundError as error:
            raise OutreachError(
                "expected the package httpx, found none; run `uv sync`, or install outreach anew"
            ) from error
        self._errors = (httpx.TransportError,)
        self._origin = httpx.URL(settings.api)
        if not self._origin.host or self._origin.scheme not in ("http", "https"):
            raise GitHubError(
                f"expected an address in GITHUB_API_URL, found {settings.api!r}; unset it for {API}"
            )
        if (
            token
            and self._origin.scheme == "http"
            and self._origin.host not in ("127.0.0.1", "localhost", "::1")
        ):
            raise GitHubError(
                f"expected https for an API that gets a token, found {settings.api!r}; correct GITHUB_API_URL"
            )
        headers = {
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": VERSION,
            "User-Agent": "beautiful-zarr-outreach",
        }
        if token:
            headers["Authorization"] = f"Bearer {token}"
        limits = httpx.Limits(max_connections=settings.concurrency)
        self._http = httpx.Client(headers=headers, timeout=settings.timeout, limits=limits, trust_env=False)
        self._settings = settings
        self._tell = tell
        self._has_token = token is not None
        self._stopped = threading.Event()
        self._pace = Pace(
            delay=settings.delay,
            clock=time.monotonic,
            # A wait for a rate limit takes minutes: who stops the command must not wait for it.
            sleep=sleep or self._stopped.wait,
            per_minute=settings.per_minute,
        )
        self.counts = Counts()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def stop(self) -> None:
        """Let requests that wait give up, and no other begin."""
        self._stopped.set()

    def get(self, path: str, etag: str | None = None) -> Answer:
        """Return what is at `path`, such as "/repos/zarr-developers/zarr-python/issues/1238".

        Raises
        ------
        GitHubError
            If the token is refused, a rate limit is too long to wait for, the server fails again and again,
            or what comes back is not what the API gives.
        """
        response = self._request(path, etag)
        if response.status_code == 304 or response.status_code in GONE:
            return Answer(response.status_code, None, etag, None, 1, moved=bool(response.history))
        data = response.json()
        following = response.links.get("next", {}).get("url")
        if following is not None and not self._is_ours(following):
            raise GitHubError(
                f"{path}: expected the next page on {self._origin.host}, found another host; try again later"
            )
        last = response.links.get("last", {}).get("url")
        return Answer(
            response.status_code,
            data,
            response.headers.get("ETag"),
            following,
            _page_number(last) if last else 1,
            moved=bool(response.history),
        )

    def pages(self, path: str) -> Iterator[Answer]:
        """Yield the answers for `path` and the pages after it; one that is gone has none after it."""
        following: str | None = path
        for _ in range(MAX_PAGES):
            if following is None:
                return
            answer = self.get(following)
            yield answer
            following = answer.next
        if following is not None:
            raise GitHubError(
                f"{path}: expected at most {MAX_PAGES} pages, found more; take the issue off the list"
            )

    def _request(self, path: str, etag: str | None) -> httpx.Response:
        for attempt in range(1, ATTEMPTS + 1):
            found = self._attempt(path, etag)
            if not isinstance(found, str):
                return found
            if attempt < ATTEMPTS:
                self._rest(2.0 ** (attempt - 1), None)
        raise GitHubError(
            f"{_shown(path)}: expected an answer from {self._origin.host}, found {found} {ATTEMPTS} times; "
            "see www.githubstatus.com, and run the command again later"
        )

    def _attempt(self, path: str, etag: str | None) -> httpx.Response | str:
        """Return a response that can be used, or in words what may be gone at the next attempt."""
        try:
            response = self._follow(path, etag)
        except self._errors as error:
            return f"no whole answer ({type(error).__name__})"
        status = response.status_code
        if status in (403, 429):
            return self._limited(path, response)
        if status == 401:
            raise GitHubError(_refused_token(self._has_token))
        if status >= 500:
            return f"status {status}"
        if status != 200 and status != 304 and status not in GONE:
            raise GitHubError(
                f"{_shown(path)}: expected status 200, found {status}{_message(response)}; "
                "check repository and number"
            )
        return response if status != 200 else _whole(response)

    def _follow(self, path: str, etag: str | None) -> httpx.Response:
        url = path if path.startswith("http") else f"{self._settings.api}{path}"
        history: list[httpx.Response] = []
        for _ in range(MAX_REDIRECTS):
            self._pace.wait()
            if self._stopped.is_set():
                raise GitHubError(
                    f"{_shown(path)}: expected to go on, found the command stopped; run it again"
                )
            # An ETag belongs to one address: after a redirect it would be asked of another.
            headers = {"If-None-Match": etag} if etag and not history else {}
            response = self._http.get(url, headers=headers)
            self.counts.note(response)
            if response.status_code not in REDIRECTS:
                response.history = history
                return response
            history.append(response)
            url = str(response.url.join(response.headers.get("Location", "")))
            if not self._is_ours(url):
                raise GitHubError(
                    f"{_shown(path)}: expected a redirect within {self._origin.host}, found one to another "
                    "host; open the issue in the browser and correct its repository"
                )
        raise GitHubError(
            f"{_shown(path)}: expected at most {MAX_REDIRECTS} redirects, found more; try again later"
        )

    def _limited(self, path: str, response: httpx.Response) -> str:
        """Wait for what a 403 or 429 asks for, or say that it cannot be waited for."""
        headers = response.headers
        text = _message(response)
        if "retry-after" in headers:
            wait, which = _number(headers["retry-after"], SECONDARY_SECONDS), "secondary rate limit"
        elif headers.get("x-ratelimit-remaining") == "0":
            now = _server_date(response) or datetime.now(UTC)
            wait = _number(headers.get("x-ratelimit-reset", ""), 0.0) - now.timestamp() + 1
            which = "rate limit"
        elif "rate limit" in text.lower():
            wait, which = SECONDARY_SECONDS, "secondary rate limit"
        else:
            raise GitHubError(
                f"{_shown(path)}: expected leave to read it, found status {response.status_code}{text}; "
                "use a token that may read public repositories"
            )
        wait = max(wait, 1.0)
        if wait > self._settings.most_wait:
            help_ = (
                "" if self._has_token else ", or set GITHUB_TOKEN: with a token GitHub allows 5,000 an hour"
            )
            raise GitHubError(
                f"expected requests left, found GitHub's {which} reached, for {_minutes(wait)} more; "
                f"run the command again then{help_}"
            )
        self._rest(wait, f"GitHub's {which}: waiting {_minutes(wait)}")
        return f"the {which}"

    def _rest(self, seconds: float, why: str | None) -> None:
        if why and self._tell:
            self._tell(why)
        # Everybody waits, this thread too: it asks the pace before its next attempt.
        self._pace.hold(seconds)
        self.counts.waited += seconds

    def _is_ours(self, url: str) -> bool:
        import httpx

        try:
            other = httpx.URL(url)
        except httpx.InvalidURL:
            return False
        return (other.scheme, other.host, other.port) == (
            self._origin.scheme,
            self._origin.host,
            self._origin.port,
        )


def _whole(response: httpx.Response) -> httpx.Response | str:
    """Return `response` if it holds JSON, else in words what it holds."""
    kind = response.headers.get("content-type", "")
    if "json" not in kind:
        return f"{kind.partition(';')[0] or 'no content type'} in place of JSON"
    try:
        response.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return "JSON that is cut off"
    return response


def _refused_token(has_token: bool) -> str:
    if not has_token:
        return "expected to read without a token, found status 401; set GITHUB_TOKEN"
    return (
        "expected a token that GitHub accepts, found it refused (401): it is revoked, expired or mistyped; "
        "make a new one, or unset GITHUB_TOKEN and GH_TOKEN"
    )


def _shown(path: str) -> str:
    return path.partition("?")[0]


def _message(response: httpx.Response) -> str:
    try:
        said = response.json()["message"]
    except (ValueError, KeyError, TypeError):
        return ""
    return f" ({str(said)[:120]})" if said else ""


def _server_date(response: httpx.Response) -> datetime | None:
    try:
        return parsedate_to_datetime(response.headers["Date"])
    except (KeyError, ValueError):
        return None


def _number(text: str, otherwise: float) -> float:
    try:
        return float(text)
    except ValueError:
        return otherwise


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"


def _page_number(url: str) -> int:
    import httpx

    text = httpx.URL(url).params.get("page", "1")
    return int(text) if text.isdigit() else 1
