"""One question to one address: does a link answer, what does a document hold.

A link is asked with HEAD, and with a GET of one byte where HEAD brings no good answer: some servers refuse
it. Redirects are followed by hand, each with its own turn at its own host.
"""

import ssl
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal, Self

import httpx

from outreach.gallery.freshness.hosts import Hosts
from outreach.gallery.freshness.public import NoSuchNameError, NotPublicError, PublicOnly
from outreach.gallery.markup import REPOSITORY

USER_AGENT = f"beautiful-zarr-outreach (checks links of a gallery; {REPOSITORY})"
MAX_REDIRECTS = 5
ATTEMPTS = 2
PERMANENT = (301, 308)
REDIRECTS = (*PERMANENT, 302, 303, 307)
GONE = (404, 410)
NO_WHOLE_ANSWER = "no whole answer"
TOO_LONG = "more metadata than this check reads, 1 MB"
NOT_OF_THE_WEB = "a redirect to an address that is none of the web"

type State = Literal["fine", "moved", "gone", "refused", "failing", "unreachable"]


class NotAskedError(Exception):
    """The run's time is up, or the host has asked for a rest that the run cannot take."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to ask; times in seconds. `most_wait` is the longest rest that a host is granted at once."""

    concurrency: int = 8
    delay: float = 1.0
    timeout: float = 20.0
    answer_time: float = 60.0
    most_wait: float = 120.0
    run_time: float = 1800.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back in the end: a status, or in `note` why there is none or why it is of no use.

    `moved_to` is where permanent redirects lead, before any other redirect.
    """

    url: str
    status: int | None
    note: str | None = None
    moved_to: str | None = None
    kind: str = ""
    body: bytes = b""
    wait: float | None = None
    location: str | None = None

    @property
    def state(self) -> State:
        """Return what the reply says of a link."""
        if self.note is not None or self.status is None:
            return "unreachable"
        # 416 refuses the one byte that was asked for: the document is there, and empty.
        if 200 <= self.status < 300 or self.status == 416:
            return "moved" if self.moved_to else "fine"
        if self.status in GONE:
            return "gone"
        return "refused" if 400 <= self.status < 500 or self.status > 599 else "failing"


class Client:
    """Asks public hosts, politely; safe to share among threads. A context manager."""

    def __init__(
        self,
        settings: Settings,
        *,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._until = clock() + settings.run_time
        self._stopped = threading.Event()
        self._hosts = Hosts(delay=settings.delay, clock=clock, sleep=sleep or self._stopped.wait)
        self._http = httpx.Client(
            transport=transport or PublicOnly(),
            headers={"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"},
            timeout=settings.timeout,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def stop(self) -> None:
        """Let requests that wait give up, and no other begin."""
        self._stopped.set()

    @property
    def longest(self) -> float:
        """How many seconds a run may take: its time, and that of the last answer."""
        return self._settings.run_time + self._settings.answer_time

    def link(self, url: str) -> Reply | None:
        """Return what `url` answers; None if it was not asked to the end."""
        try:
            reply = self._follow("HEAD", url, 0)
            if reply.state not in ("fine", "moved") and self._may_like_get(reply):
                reply = self._follow("GET", url, 0)
        except NotAskedError:
            return None
        return reply

    def document(self, url: str, limit: int) -> Reply | None:
        """Return `url` with its body, of at most `limit` bytes; None if it was not asked to the end."""
        try:
            return self._follow("GET", url, limit)
        except NotAskedError:
            return None

    def _may_like_get(self, reply: Reply) -> bool:
        if reply.status is None:
            return reply.note == NO_WHOLE_ANSWER
        return reply.status != 429 and not self._hosts.is_closed(_host(reply.url))

    def _follow(self, method: str, url: str, limit: int) -> Reply:
        here, moved_to, permanent = url, None, True
        for _ in range(MAX_REDIRECTS + 1):
            reply = self._patiently(method, here, limit)
            if reply.status not in REDIRECTS or reply.location is None:
                return replace(reply, moved_to=moved_to)
            here = reply.location
            permanent = permanent and reply.status in PERMANENT
            moved_to = here if permanent else moved_to
        return Reply(here, None, f"more than {MAX_REDIRECTS} redirects")

    def _patiently(self, method: str, url: str, limit: int) -> Reply:
        """Return the reply of one address, after the rest that it asks for."""
        for attempt in range(ATTEMPTS):
            reply = self._once(method, url, limit)
            if reply.status not in (429, 503) or (reply.status == 503 and reply.wait is None):
                return reply
            host = _host(url)
            left = self._until - self._clock()
            if (
                attempt + 1 == ATTEMPTS
                or reply.wait is None
                or reply.wait > min(self._settings.most_wait, left)
            ):
                self._hosts.close(host)
                return reply
            self._hosts.hold(host, max(reply.wait, 1.0))
        raise AssertionError("the last attempt returns")

    def _once(self, method: str, url: str, limit: int) -> Reply:
        host = _host(url)
        if not host:
            return Reply(url, None, NOT_OF_THE_WEB)
        if self._hosts.is_closed(host):
            raise NotAskedError
        headers = {"Range": "bytes=0-0"} if method == "GET" and not limit else {}
        with self._hosts.turn(host):
            if self._stopped.is_set() or self._clock() >= self._until:
                raise NotAskedError
            try:
                with self._http.stream(method, url, headers=headers) as response:
                    return self._reply(url, response, limit)
            except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
                return Reply(url, None, _words(error, self._settings.timeout))

    def _reply(self, url: str, response: httpx.Response, limit: int) -> Reply:
        location = response.headers.get("Location")
        reply = Reply(
            url,
            response.status_code,
            kind=response.headers.get("Content-Type", "").partition(";")[0].strip().lower(),
            wait=_seconds(response.headers.get("Retry-After"), response.headers.get("Date")),
            location=str(response.url.join(location)) if location else None,
        )
        if limit and response.status_code == 200:
            body = self._body(response, limit)
            if body is None:
                return replace(reply, note=TOO_LONG)
            return replace(reply, body=body)
        return reply

    def _body(self, response: httpx.Response, limit: int) -> bytes | None:
        """Return the body, unpacked; None if it is longer than `limit`, however small it came."""
        latest = self._clock() + self._settings.answer_time
        packed = response.headers.get("Content-Encoding", "identity").lower() in ("gzip", "x-gzip", "deflate")
        unpack = zlib.decompressobj(zlib.MAX_WBITS | 32) if packed else None
        found = bytearray()
        for part in response.iter_raw():
            if self._clock() > latest:
                raise httpx.ReadTimeout("the whole answer takes too long", request=response.request)
            try:
                found += unpack.decompress(part, limit + 1 - len(found)) if unpack else part
            except zlib.error as error:
                raise httpx.DecodingError(str(error), request=response.request) from error
            if len(found) > limit:
                return None
        return bytes(found)


def _host(url: str) -> str:
    """Return the host to ask for `url`, "" where there is none."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return ""
    return parsed.host if parsed.scheme in ("http", "https") else ""


def _words(error: Exception, timeout: float) -> str:
    """Return what was found in place of an answer, as messages say it after "found"."""
    match error:
        case NotPublicError():
            return "an address that is not public"
        case NoSuchNameError():
            return "a host name that has no address"
        case httpx.TimeoutException():
            return f"no answer within {timeout:g} s"
        case httpx.ConnectError():
            if _is_due_to(error, ssl.SSLCertVerificationError):
                return "a certificate that is not accepted"
            return "no secure connection" if _is_due_to(error, ssl.SSLError) else "no connection"
        case ValueError():
            return NOT_OF_THE_WEB
        case _:
            return NOT_OF_THE_WEB if _is_due_to(error, httpx.InvalidURL) else NO_WHOLE_ANSWER


def _is_due_to(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False


def _seconds(asked: str | None, date: str | None) -> float | None:
    """Return the rest that `Retry-After` asks for: seconds, or a moment by the server's own clock."""
    if asked is None:
        return None
    if asked.strip().isdigit():
        return float(asked)
    try:
        moment = parsedate_to_datetime(asked)
        now = parsedate_to_datetime(date) if date else datetime.now(UTC)
        return max(0.0, (moment - now).total_seconds())
    except (ValueError, TypeError):
        return None
