"""Files behind HTTP, in a process of their own: a store that is far away, on loopback.

It keeps connections open (HTTP/1.1), serves single ranges, waits before every answer as long as a network
would, and counts what is asked of it. As another process it shares no interpreter lock with who reads,
and it is one event loop, without a thread for each connection.
"""

import asyncio
import atexit
import json
import math
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

HOST = "127.0.0.1"
LATENCY_SECONDS = 0.02
# No folder of arrays has a file of this name.
COUNTS = "/.counts"
END_OF_HEAD = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Counts:
    """What was asked for: requests, and bytes of bodies that were sent."""

    requests: int
    nbytes: int


class Server:
    """A process that serves `folder`, with `latency` seconds before every answer.

    Each answer waits as long again as its bytes take at `bytes_per_second`; others go on meanwhile.
    """

    def __init__(
        self, folder: Path, latency: float = LATENCY_SECONDS, bytes_per_second: float = math.inf
    ) -> None:
        command = [sys.executable, "-I", __file__, str(folder), str(latency), str(bytes_per_second)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        assert self._process.stdout is not None
        port = self._process.stdout.readline()
        if not port:
            self.close()
            raise OSError(
                f"expected {__file__} to serve {folder}, found that it ended; its error stands above"
            )
        self.port = int(port)

    def url(self, name: str) -> str:
        """Return the address of what lies in the folder under `name`."""
        return f"http://{HOST}:{self.port}/{name}"

    def counts(self) -> Counts:
        """Return what was asked for since the last call."""
        connection = HTTPConnection(HOST, self.port)
        connection.request("GET", COUNTS)
        found = Counts(**json.load(connection.getresponse()))
        connection.close()
        return found

    def close(self) -> None:
        """End the process."""
        # It ends with its standard input, also where nobody is left to call this.
        self._process.communicate()


def serving(folder: Path, bytes_per_second: float = math.inf) -> Server:
    """Return the one server of `folder`, at this speed, that this process keeps."""
    return _started(folder, bytes_per_second)


@cache
def _started(folder: Path, bytes_per_second: float) -> Server:
    server = Server(folder, LATENCY_SECONDS, bytes_per_second)
    atexit.register(server.close)
    return server


class _Files:
    """Answers requests for files of a folder, and counts them."""

    def __init__(self, folder: Path, latency: float, bytes_per_second: float) -> None:
        self.folder, self.latency, self.bytes_per_second = folder, latency, bytes_per_second
        self.requests = self.nbytes = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until it is closed."""
        try:
            while True:
                method, path, asked = _parsed(await reader.readuntil(END_OF_HEAD))
                if path == COUNTS:
                    counts = self._take_counts()
                    writer.write(_head(HTTPStatus.OK, len(counts)) + counts)
                    continue
                answer = self._answer(method, path, asked)
                # Every request waits on its own, however many there are.
                await asyncio.sleep(self.latency + sum(map(len, answer)) / self.bytes_per_second)
                for part in answer:
                    writer.write(part)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, method: str, path: str, asked: str) -> tuple[bytes, ...]:
        self.requests += 1
        try:
            with (self.folder / path.lstrip("/")).open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                start, stop = byte_range(asked, size) if asked else (0, size)
                if method == "HEAD":
                    return (_head(HTTPStatus.OK, size),)
                file.seek(start)
                body = file.read(stop - start)
        except (FileNotFoundError, IsADirectoryError):
            return (_head(HTTPStatus.NOT_FOUND, 0),)
        self.nbytes += len(body)
        if not asked:
            return _head(HTTPStatus.OK, size), body
        if not body:
            return (_head(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, 0, f"bytes */{size}"),)
        return _head(HTTPStatus.PARTIAL_CONTENT, len(body), f"bytes {start}-{stop - 1}/{size}"), body

    def _take_counts(self) -> bytes:
        found = {"requests": self.requests, "nbytes": self.nbytes}
        self.requests = self.nbytes = 0
        return json.dumps(found).encode()


def _parsed(head: bytes) -> tuple[str, str, str]:
    """Return method, path and range, empty if there is none; no reader here sends bodies."""
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ")
    for line in lines:
        name, _, value = line.partition(":")
        if name.lower() == "range":
            return method, path, value.strip()
    return method, path, ""


def _head(status: HTTPStatus, length: int, content_range: str = "") -> bytes:
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Accept-Ranges: bytes",
        f"Content-Length: {length}",
        *([f"Content-Range: {content_range}"] if content_range else []),
    ]
    return "\r\n".join(lines).encode("latin-1") + END_OF_HEAD


def byte_range(header: str, size: int) -> tuple[int, int]:
    """Return the first byte of a range, and the one after the last, of a file of `size` bytes.

    Only one range, as all readers here ask for (RFC 9110, section 14.1.2).
    """
    first, _, last = header.removeprefix("bytes=").partition("-")
    if not first:
        return max(0, size - int(last)), size
    start = min(int(first), size)
    return start, min(int(last) + 1, size) if last else size


async def _serve(files: _Files) -> None:
    # All requests of a read may come at once; a connection that is turned away tries again after a second.
    server = await asyncio.start_server(files.serve, HOST, 0, backlog=1024, limit=1 << 20)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


def main(folder: str, latency: str, bytes_per_second: str) -> None:
    """Serve until standard input ends; the port is the first line of standard output."""
    asyncio.run(_serve(_Files(Path(folder), float(latency), float(bytes_per_second))))


if __name__ == "__main__":
    main(*sys.argv[1:4])
