"""A store with an address of its own, as broken as a test needs; it remembers what it was asked."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn

from outreach.serving import address_of, reserve


@dataclass(frozen=True, slots=True)
class Asked:
    """One answered request; `size` counts the bytes of the body."""

    method: str
    key: str
    range: str | None
    status: int
    size: int


@dataclass(slots=True)
class Store:
    """An ASGI application that serves `folder`."""

    folder: Path
    cors: bool = True
    ranges: bool = True
    # Parts of these keys come with their last byte missing.
    cut: frozenset[str] = frozenset()
    asked: list[Asked] = field(default_factory=list)
    address: str = ""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        key = scope["path"].lstrip("/")
        status, body = self._answer(key, headers.get("range"))
        if scope["method"] == "OPTIONS":
            status, body = 204, b""
        allowed = [(b"access-control-allow-origin", b"*"), (b"access-control-allow-headers", b"Range")]
        shown = b"" if scope["method"] == "HEAD" else body
        if scope["method"] != "OPTIONS":
            self.asked.append(Asked(scope["method"], key, headers.get("range"), status, len(shown)))
        lines = [(b"content-length", str(len(body)).encode()), *(allowed if self.cors else [])]
        await send({"type": "http.response.start", "status": status, "headers": lines})
        await send({"type": "http.response.body", "body": shown})

    def _answer(self, key: str, wanted: str | None) -> tuple[int, bytes]:
        path = self.folder / key
        if not path.is_file():
            return 404, b""
        body = path.read_bytes()
        if wanted is None or not self.ranges:
            return 200, body
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        part = body[int(first) : int(last) + 1] if first else body[-int(last) :]
        return 206, part[:-1] if key in self.cut else part


@contextmanager
def standing(store: Store) -> Iterator[Store]:
    """Serve the store on a free port of this machine while the body runs."""
    with reserve("127.0.0.1", 0) as sock:
        server = uvicorn.Server(uvicorn.Config(store, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        store.address = address_of(sock, "127.0.0.1", "/")
        try:
            yield store
        finally:
            server.should_exit = True
            thread.join()
