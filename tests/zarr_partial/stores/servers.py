"""An HTTP server on loopback that serves values from a dict, by ranges, and misbehaves when told to.

It counts what it is asked and how many requests wait at once. Instead of taking time it waits for events:
a request that is held back goes on when as many wait as were expected, or when the server is told to let go.
"""

import contextlib
import re
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RANGE = re.compile(r"bytes=(\d*)-(\d*)")
# Nothing in a test lasts so long unless it hangs.
HANG_SECONDS = 20


@dataclass(frozen=True)
class Asked:
    """One request: the key, and the range as its header had it, None for all of the value."""

    key: str
    range: str | None
    method: str = "GET"


class Server(ThreadingHTTPServer):
    """Values by key under `url`; `faults` by key, which get the handler, the value and its range."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, values):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.values = dict(values)
        self.faults = {}
        self.log = []
        # Requests wait until so many do.
        self.meet = 0
        self.waiting = self.most_waiting = 0
        self._changed = threading.Condition()
        self.released = threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def note(self, asked):
        """Remember a request; wait for others, if they are to meet."""
        with self._changed:
            self.log.append(asked)
            self.waiting += 1
            self.most_waiting = max(self.most_waiting, self.waiting)
            self._changed.notify_all()
            if self.meet:
                self._changed.wait_for(lambda: self.most_waiting >= self.meet, HANG_SECONDS)

    def over(self):
        with self._changed:
            self.waiting -= 1
            self._changed.notify_all()

    def wait_for(self, condition):
        """Wait until `condition()` holds, which is looked at when a request comes or is over."""
        with self._changed:
            assert self._changed.wait_for(condition, HANG_SECONDS), self.log

    def asked(self):
        """Return the requests so far, those for metadata left out, and forget them."""
        with self._changed:
            log, self.log[:] = list(self.log), []
        return [one for one in log if not one.key.endswith((".json", ".zarray", ".zattrs"))]

    def handle_error(self, request, client_address):
        """Clients that give up are expected."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        """Say nothing."""

    def do_HEAD(self):
        self._answer(with_body=False)

    def do_GET(self):
        self._answer(with_body=True)

    def _answer(self, *, with_body):
        key = self.path.lstrip("/")
        self.server.note(Asked(key, self.headers.get("Range"), self.command))
        try:
            value = self.server.values.get(key)
            if value is None:
                self.refuse(404)
                return
            first, stop = self.span(len(value))
            fault = self.server.faults.get(key)
            if fault is not None:
                fault(self, value, first, stop)
            elif first >= stop and len(value):
                self.refuse(416)
            else:
                self.send(value, first, stop, with_body=with_body)
        finally:
            self.server.over()

    def span(self, size):
        """Return the bytes that are asked for, as far as there are any."""
        match = RANGE.fullmatch(self.headers.get("Range") or "")
        if match is None:
            return 0, size
        first, last = match.groups()
        if not first:
            return max(0, size - int(last)), size
        return min(int(first), size), min(int(last) + 1, size) if last else size

    def refuse(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def send(self, value, first, stop, *, with_body=True, status=None, told=None, length=None):
        """Send a range; `told` is what Content-Range says, and `length` what Content-Length says."""
        status = status or (206 if self.headers.get("Range") else 200)
        body = value[first:stop]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_header("Last-Modified", "Thu, 01 Jan 1970 00:00:00 GMT")
        if status == 206:
            begin, end = told or (first, stop)
            self.send_header("Content-Range", f"bytes {begin}-{end - 1}/{len(value)}")
        self.end_headers()
        if with_body:
            self.wfile.write(body)
        if length is not None and length > len(body):
            self.close_connection = True


@contextlib.contextmanager
def serving(values):
    """Serve `values`, a dict from keys to bytes, until the block ends."""
    server = Server(values)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.meet = 0
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join(HANG_SECONDS)


# Faults: each answers one request in place of the server.


def whole_with_200(handler, value, first, stop):
    handler.send(value, 0, len(value), status=200)


def short(handler, value, first, stop):
    """Fewer bytes than asked for, and an honest Content-Length."""
    handler.send(value, first, max(first, stop - 3))


def cut(handler, value, first, stop):
    """A connection that ends before the body does."""
    handler.send(value, first, (first + stop) // 2, told=(first, stop), length=stop - first)


def elsewhere(handler, value, first, stop):
    """Another range of the value, of the right length."""
    shift = 1 if first == 0 else -1
    handler.send(value, first + shift, stop + shift)


def misnamed(handler, value, first, stop):
    """The right bytes under the wrong Content-Range."""
    handler.send(value, first, stop, told=(first + 7, stop + 7))


def status(code):
    return lambda handler, value, first, stop: handler.refuse(code)


def stall(handler, value, first, stop):
    """No answer until the server is told to let go, and none then."""
    handler.server.released.wait(HANG_SECONDS)
    handler.close_connection = True


def hang_up(handler, value, first, stop):
    """The connection ends without a word."""
    handler.close_connection = True


def after(count, fault):
    """Serve `count` requests well, and the others with the fault."""
    served = iter(range(count))
    lock = threading.Lock()

    def one(handler, value, first, stop):
        with lock:
            is_well = next(served, None) is not None
        if is_well:
            handler.send(value, first, stop)
        else:
            fault(handler, value, first, stop)

    return one
