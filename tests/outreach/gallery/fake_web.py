"""Many public hosts on one loopback server: each answers as a test says, and what is asked is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

type Says = Callable[["Handler"], None]


@dataclass(frozen=True)
class Asked:
    method: str
    host: str
    path: str
    headers: dict[str, str]


class FakeWeb:
    """Answers by host and path; what was not named is a 404."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], list[Says]] = {}
        self.folders: dict[str, Path] = {}
        self.asked: list[Asked] = []
        self.at_once: dict[str, int] = {}
        self.most_at_once: dict[str, int] = {}
        self.most_hosts_at_once = 0
        self.lock = threading.Lock()
        self.refused = threading.Event()
        self.released = threading.Event()
        self.port = 0

    def says(self, url: str, *answers: Says) -> None:
        """Let `url` give `answers` one after the other; the last one stays."""
        host, _, path = url.removeprefix("https://").partition("/")
        self.answers[host, f"/{path}"] = list(answers)

    def serves(self, host: str, folder: Path) -> None:
        self.folders[host] = folder

    def paths(self, host: str) -> list[str]:
        return [f"{each.method} {each.path}" for each in self.asked if each.host == host]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    web: FakeWeb

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        web, host = self.web, self.headers["Host"].partition(":")[0]
        with web.lock:
            web.asked.append(Asked(self.command, host, self.path, dict(self.headers)))
            web.at_once[host] = web.at_once.get(host, 0) + 1
            web.most_at_once[host] = max(web.most_at_once.get(host, 0), web.at_once[host])
            web.most_hosts_at_once = max(web.most_hosts_at_once, sum(web.at_once.values()))
            answers = web.answers.get((host, self.path), [])
            answer = answers.pop(0) if len(answers) > 1 else answers[0] if answers else None
        try:
            if answer:
                answer(self)
            else:
                self.file(host)
        finally:
            with web.lock:
                web.at_once[host] -= 1

    def do_HEAD(self) -> None:
        self.do_GET()

    def file(self, host: str) -> None:
        path = self.web.folders.get(host, Path("/nowhere")) / self.path.lstrip("/")
        if path.is_file():
            self.say(200, path.read_bytes(), {"Content-Type": "application/octet-stream"})
        else:
            self.say(404)

    def say(self, code: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        if code == 429:
            self.web.refused.set()


def status(code: int, body: bytes = b"", **headers: str) -> Says:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.say(code, body, named)


def redirect(code: int, to: str) -> Says:
    return status(code, Location=to)


def html(handler: Handler) -> None:
    handler.say(200, b"<html>Sign in</html>", {"Content-Type": "text/html; charset=utf-8"})


def only_get(answer: Says, head: int = 405) -> Says:
    return lambda handler: handler.say(head) if handler.command == "HEAD" else answer(handler)


def hang_up(handler: Handler) -> None:
    handler.close_connection = True
    handler.connection.shutdown(2)


def cut_off(handler: Handler) -> None:
    """The connection ends within the body."""
    handler.send_response(200)
    handler.send_header("Content-Length", "4000")
    handler.end_headers()
    handler.wfile.write(b'{"zarr_format": 2, ')
    handler.wfile.flush()
    hang_up(handler)


def never(handler: Handler) -> None:
    """No answer before the test ends."""
    handler.web.released.wait(20)
    handler.close_connection = True


def drip(handler: Handler) -> None:
    """A head that comes byte by byte and never ends."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Endless: ")
    while not handler.web.released.wait(0.02):
        try:
            handler.wfile.write(b"a")
            handler.wfile.flush()
        except OSError:
            break
    handler.close_connection = True


class ToLoopback(httpx.BaseTransport):
    """Takes each request to the fake web, which knows by the Host header who was asked."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.inner = httpx.HTTPTransport(verify=False, limits=httpx.Limits(max_keepalive_connections=0))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self.port)
        return self.inner.handle_request(
            httpx.Request(
                request.method,
                url,
                headers=request.headers,
                stream=request.stream,
                extensions=request.extensions,
            )
        )

    def close(self) -> None:
        self.inner.close()


@contextmanager
def fake_web() -> Iterator[FakeWeb]:
    web = FakeWeb()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"web": web}))
    server.daemon_threads = True
    web.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        web.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
