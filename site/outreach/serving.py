"""The built site over HTTP, as a good static host serves it: ranges, a sub-path, gzip, hidden files, 404.

Answers to Range requests are never compressed: a compressed part of a chunk is useless to a Zarr reader.
"""

from __future__ import annotations

import mimetypes
import socket
import threading
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from outreach.errors import OutreachError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.applications import Starlette
    from starlette.types import ASGIApp, Receive, Scope, Send

# What people read is compressed; pictures and Zarr chunks are compressed already, and chunks keep their size.
COMPRESSED = frozenset(
    {".html", ".css", ".js", ".mjs", ".json", ".xml", ".svg", ".txt", ".csv", ".ics", ".map"}
)

# Hosts differ in what their system knows; these are what the site ships.
TYPES = {
    ".avif": "image/avif",
    ".ics": "text/calendar",
    ".js": "text/javascript",
    ".map": "application/json",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
ZARR_METADATA = frozenset({".zarray", ".zgroup", ".zattrs", ".zmetadata"})


class _GzipForReaders:
    """Compresses text for clients that accept it, unless they asked for a range."""

    def __init__(self, app: ASGIApp) -> None:
        from starlette.middleware.gzip import GZipMiddleware

        self.app = app
        self.compressing = GZipMiddleware(app, minimum_size=500, compresslevel=6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", "/"))
        ranged = any(name == b"range" for name, _ in scope.get("headers", ()))
        text = path.endswith("/") or PurePosixPath(path).suffix in COMPRESSED
        wrap = scope["type"] == "http" and text and not ranged
        await (self.compressing if wrap else self.app)(scope, receive, send)


def site_app(site: Path, prefix: str = "/") -> Starlette:
    """Return an application that serves the folder `site` below `prefix`, which begins and ends with `/`."""
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
    from starlette.routing import Mount, Route
    from starlette.staticfiles import StaticFiles

    for suffix, kind in TYPES.items():
        mimetypes.add_type(kind, suffix)

    class Files(StaticFiles):
        """Starlette's files, with the types of Zarr and no answer from an old copy."""

        def file_response(self, full_path: str, *args: object, **kwargs: object) -> Response:  # type: ignore[override]
            response = super().file_response(full_path, *args, **kwargs)  # type: ignore[arg-type]
            path = PurePosixPath(full_path)
            if path.name in ZARR_METADATA:
                response.headers["content-type"] = "application/json"
            elif isinstance(response, FileResponse) and mimetypes.guess_type(path.name)[0] is None:
                response.headers["content-type"] = "application/octet-stream"
            # The site is rebuilt under the reader's eyes: ask each time, answer 304 where nothing changed.
            # The face never changes, and it must be there at the first paint.
            lasting = path.suffix == ".woff2"
            response.headers["access-control-allow-origin"] = "*"  # as GitHub Pages: lists are embedded
            response.headers["cache-control"] = "max-age=86400" if lasting else "no-cache"
            return response

    async def elsewhere(_: object) -> Response:
        return PlainTextResponse(
            f"expected an address below {prefix}; the site is at {prefix}\n", status_code=404
        )

    async def to_prefix(_: object) -> Response:
        return RedirectResponse(prefix)

    files = Files(directory=site, html=True)
    routes: list[Route | Mount] = [Mount(prefix.rstrip("/"), app=files)]
    if prefix != "/":
        routes += [Route("/", to_prefix), Route("/{path:path}", elsewhere)]
    return Starlette(routes=routes, middleware=[Middleware(_GzipForReaders)])


def reserve(host: str, port: int) -> socket.socket:
    """Return a listening socket, so that nobody else can take the port while the site is being built.

    Raises
    ------
    OutreachError
        If the port is in use, or the host is no address of this machine.
    """
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        sock = socket.socket(family, kind, proto)
    except socket.gaierror as error:
        raise OutreachError(
            f"expected an address of this machine for --host, found {host!r}; try --host 127.0.0.1"
        ) from error
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(128)
    except OSError as error:
        sock.close()
        other = port + 1 if port < 65535 else 8000
        raise OutreachError(
            f"expected port {port} of {host} to be free, found: {error.strerror}; "
            f"stop what uses it, or choose another: uv run outreach serve --port {other}"
        ) from error
    return sock


def address_of(sock: socket.socket, host: str, prefix: str) -> str:
    """Return the address of the site as a browser on this machine needs it."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{name}:{sock.getsockname()[1]}{prefix}"


@contextmanager
def served(site: Path, prefix: str = "/") -> Iterator[str]:
    """Serve `site` from a thread, on a free port of this machine, while the body runs; give its address."""
    import uvicorn

    with reserve("127.0.0.1", 0) as sock:
        server = uvicorn.Server(uvicorn.Config(site_app(site, prefix), log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        try:
            yield address_of(sock, "127.0.0.1", prefix)
        finally:
            server.should_exit = True
            thread.join()
