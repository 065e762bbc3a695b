"""GitHub's REST API on loopback, as far as sync reads it: its shapes, headers, pages and faults.

Shapes follow docs.github.com/en/rest: issues, lists of issues, timelines with comments and cross-references.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

Fault = Callable[["_Handler"], None]


@dataclass
class FakeIssue:
    number: int
    title: str = "Say what load reads"
    state: str = "open"
    state_reason: str | None = None
    labels: list[str] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    merged_at: str | None = None
    is_pull: bool = False
    events: list[dict[str, Any]] = field(default_factory=list)
    updated_at: str = "2030-01-01T00:00:00Z"
    closed_at: str | None = None
    deleted: bool = False
    moved_to: tuple[str, int] | None = None

    def comment(self, by: str, at: str, body: str, *, edited: str | None = None, kind: str = "User") -> None:
        user = {"login": by, "id": 1, "type": kind, "site_admin": False}
        self.events.append(
            {
                "event": "commented",
                "id": len(self.events) + 1,
                "user": user,
                "actor": user,
                "created_at": at,
                "updated_at": edited or at,
                "author_association": "NONE",
                "body": body,
            }
        )
        self.updated_at = max(self.updated_at, edited or at)

    def pull(self, repo: str, number: int, body: str, **changes: Any) -> dict[str, Any]:
        """Add the cross-reference of a pull request; the record returned may be changed later."""
        source = {
            "number": number,
            "title": "A change",
            "state": "open",
            "user": {"login": "carol", "id": 3, "type": "User"},
            "body": body,
            "updated_at": "2030-01-02T00:00:00Z",
            "repository": {"full_name": repo},
            "repository_url": f"https://api.github.com/repos/{repo}",
            "pull_request": {"url": "", "html_url": "", "merged_at": None},
            **changes,
        }
        self.events.append(
            {
                "event": "cross-referenced",
                "actor": source["user"],
                "created_at": "2030-01-02T00:00:00Z",
                "updated_at": "2030-01-02T00:00:00Z",
                "source": {"type": "issue", "issue": source},
            }
        )
        return source


class FakeGitHub:
    """Repositories by name, faults by path; counts what is asked."""

    def __init__(self) -> None:
        self.repos: dict[str, dict[int, FakeIssue]] = {}
        self.renamed: dict[str, str] = {}
        self.faults: list[tuple[re.Pattern[str], int, Fault]] = []
        self.requests: list[str] = []
        self.tokens: set[str | None] = set()
        self.revoked: set[str] = set()
        self.latency = 0.0
        self.now = datetime(2030, 4, 1, 12, tzinfo=UTC)
        self.per_hour: int | None = None
        self.most_at_once = 0
        self._at_once = 0
        self.lock = threading.Lock()
        self.url = ""

    def issue(self, repo: str, number: int, **facts: Any) -> FakeIssue:
        made = FakeIssue(number, **facts)
        self.repos.setdefault(repo, {})[number] = made
        return made

    def fail(self, path: str, fault: Fault, times: int = 1) -> None:
        self.faults.append((re.compile(path), times, fault))

    def record(self, repo: str, issue: FakeIssue) -> dict[str, Any]:
        url = f"{self.url}/repos/{repo}/issues/{issue.number}"
        record: dict[str, Any] = {
            "url": url,
            "repository_url": f"{self.url}/repos/{repo}",
            "html_url": f"https://github.com/{repo}/issues/{issue.number}",
            "id": issue.number,
            "number": issue.number,
            "title": issue.title,
            "user": {"login": "opener", "id": 9, "type": "User"},
            "labels": [{"id": 1, "name": name, "color": "ededed"} for name in issue.labels],
            "state": issue.state,
            "state_reason": issue.state_reason,
            "locked": False,
            "assignee": None,
            "assignees": [{"login": name, "id": 2, "type": "User"} for name in issue.assignees],
            "milestone": None,
            "comments": sum(event["event"] == "commented" for event in issue.events),
            "created_at": "2029-01-01T00:00:00Z",
            "updated_at": issue.updated_at,
            "closed_at": issue.closed_at,
            "body": None,
        }
        if issue.is_pull:
            record["pull_request"] = {"url": url, "merged_at": issue.merged_at}
        return record


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # one packet for head and body: unbuffered, each answer waits 40 ms for an ACK
    fake: FakeGitHub

    def log_message(self, *_: Any) -> None:
        pass

    def date_time_string(self, timestamp: float | None = None) -> str:
        return format_datetime(self.fake.now, usegmt=True)

    def do_GET(self) -> None:
        fake = self.fake
        with fake.lock:
            fake._at_once += 1
            fake.most_at_once = max(fake.most_at_once, fake._at_once)
            fake.requests.append(self.path)
            fake.tokens.add(self.headers.get("Authorization"))
            fault = next((each for each in fake.faults if each[0].search(self.path) and each[1] > 0), None)
            if fault:
                fake.faults[fake.faults.index(fault)] = (fault[0], fault[1] - 1, fault[2])
            asked = len(fake.requests)
        try:
            if fake.latency:
                time.sleep(fake.latency)
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            if fault:
                fault[2](self)
            elif token in fake.revoked:
                self.say(401, {"message": "Bad credentials", "status": "401"})
            elif fake.per_hour is not None and asked > fake.per_hour:
                rate_limited(int(fake.now.timestamp()) + 1800)(self)
            else:
                self.answer()
        finally:
            with fake.lock:
                fake._at_once -= 1

    def answer(self) -> None:
        fake, parts = self.fake, urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        found = re.fullmatch(r"/repos/([^/]+/[^/]+)/issues(?:/(\d+)(/timeline)?)?", parts.path)
        if not found:
            self.say(404, {"message": "Not Found"})
            return
        repo, number, timeline = found[1], found[2], found[3]
        if repo in fake.renamed:
            target = parts.path.replace(repo, fake.renamed[repo])
            self.moved(f"{fake.url}{target}?{parts.query}" if parts.query else f"{fake.url}{target}")
        elif repo not in fake.repos:
            self.say(404, {"message": "Not Found"})
        elif number is None:
            self.listing(repo, query)
        else:
            self.one(repo, int(number), bool(timeline), query)

    def listing(self, repo: str, query: dict[str, str]) -> None:
        since = query.get("since", "")
        issues = [
            issue for issue in self.fake.repos[repo].values() if not issue.deleted and not issue.moved_to
        ]
        issues = [issue for issue in issues if issue.updated_at >= since]
        issues.sort(key=lambda issue: issue.updated_at, reverse=True)
        self.page([self.fake.record(repo, issue) for issue in issues], query)

    def one(self, repo: str, number: int, timeline: bool, query: dict[str, str]) -> None:
        issue = self.fake.repos[repo].get(number)
        if issue is None:
            self.say(404, {"message": "Not Found"})
        elif issue.deleted:
            self.say(410, {"message": "This issue was deleted"})
        elif issue.moved_to:
            there, as_number = issue.moved_to
            end = "/timeline" if timeline else ""
            self.moved(f"{self.fake.url}/repos/{there}/issues/{as_number}{end}")
        elif timeline:
            self.page(issue.events, query)
        else:
            self.say(200, self.fake.record(repo, issue))

    def page(self, items: list[dict[str, Any]], query: dict[str, str]) -> None:
        size, number = int(query.get("per_page", "30")), int(query.get("page", "1"))
        last = max(1, -(-len(items) // size))
        path = urlsplit(self.path).path

        def link(page: int, rel: str) -> str:
            return f'<{self.fake.url}{path}?{urlencode({**query, "page": page})}>; rel="{rel}"'

        links = [link(number + 1, "next"), link(last, "last")] if number < last else []
        headers = {"Link": ", ".join(links)} if links else {}
        self.say(200, items[(number - 1) * size : number * size], headers)

    def moved(self, url: str) -> None:
        self.say(301, {"message": "Moved Permanently", "url": url}, {"Location": url})

    def say(self, status: int, data: Any, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(data).encode()
        etag = f'W/"{hashlib.sha256(body).hexdigest()}"'
        if status == 200 and self.headers.get("If-None-Match") == etag:
            status, body = 304, b""
        self.raw(
            status, body, {"Content-Type": "application/json; charset=utf-8", "ETag": etag, **(headers or {})}
        )

    def raw(self, status: int, body: bytes, headers: dict[str, str], length: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)


def status(code: int, message: str = "Server Error", **headers: str) -> Fault:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.say(code, {"message": message}, named)


def rate_limited(reset: int) -> Fault:
    return status(403, "API rate limit exceeded", x_ratelimit_remaining="0", x_ratelimit_reset=str(reset))


def html(handler: _Handler) -> None:
    handler.raw(
        200, b"<html><body>Sign in to the conference network</body></html>", {"Content-Type": "text/html"}
    )


def truncated(handler: _Handler) -> None:
    """The connection ends within the body, as a proxy's does that gives up."""
    handler.raw(200, b'[{"event": "comm', {"Content-Type": "application/json"}, length=4000)
    handler.close_connection = True
    handler.wfile.flush()
    handler.connection.shutdown(2)


def cut_json(handler: _Handler) -> None:
    """A whole answer by its length, whose JSON is not."""
    handler.raw(200, b'[{"event": "comm', {"Content-Type": "application/json"})


def slow(seconds: float) -> Fault:
    def fault(handler: _Handler) -> None:
        time.sleep(seconds)
        handler.answer()

    return fault


def elsewhere(handler: _Handler) -> None:
    handler.say(302, {}, {"Location": "https://evil.example/steal"})


@contextmanager
def fake_github() -> Iterator[FakeGitHub]:
    fake = FakeGitHub()
    handler = type("Handler", (_Handler,), {"fake": fake})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
