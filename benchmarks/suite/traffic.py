"""What the first read of 64 random rows asks of a server: how many requests, and how many bytes come."""

from typing import Any

from .checked import CheckedArray
from .data import source_rows
from .layouts import ROWS
from .places import REMOTE_ROWS, batch
from .remote import TIMED
from .remote_readers import REMOTE_READERS
from .server import Counts, serving
from .workload import SCALE


class RemoteTraffic:
    """Requests and bytes of one read of 64 rows, as the server counts them; opening is not counted."""

    version = "1"
    timeout = 600
    params = [TIMED, list(REMOTE_READERS)]  # noqa: RUF012
    param_names = ["layout", "reader"]  # noqa: RUF012

    def track_requests(self, layout: str, reader: str) -> int:
        return self.counts(layout, reader).requests

    def track_bytes(self, layout: str, reader: str) -> int:
        return self.counts(layout, reader).nbytes

    def counts(self, layout: str, reader: str) -> Counts:
        path = ROWS.store(layout, SCALE)
        opened = CheckedArray(REMOTE_READERS[reader], path, source_rows(SCALE), batch(SCALE, REMOTE_ROWS))
        (rows,) = opened.fresh()
        array: Any = REMOTE_READERS[reader].open(path)
        serving(path.parent).counts()
        found = REMOTE_READERS[reader].rows(array, rows)
        counts = serving(path.parent).counts()
        opened.check_all([found], [rows])
        return counts


RemoteTraffic.track_requests.unit = "requests"  # type: ignore[attr-defined]
RemoteTraffic.track_bytes.unit = "bytes"  # type: ignore[attr-defined]
