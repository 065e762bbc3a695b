"""Random rows of arrays behind HTTP, where every answer takes 20 ms to begin: round trips are what costs.

The server is a process on this machine, so bytes cost little: a network would add its own time for each.
"""

from . import places
from .data import source_rows
from .layouts import ROWS
from .remote_readers import REMOTE_READERS
from .workload import FEWER, SCALE, Checked, fewer

LAYOUTS = ["raw", "blosc-lz4", "sharded-zstd"]
TIMED = fewer(LAYOUTS, "sharded-zstd")
OURS = [name for name in REMOTE_READERS if name.startswith("zarr_partial")]


class _Remote(Checked):
    repeat = FEWER
    param_names = ["layout", "reader"]  # noqa: RUF012

    def prepare(self, layout: str, reader: str) -> None:
        self.path = ROWS.store(layout, SCALE)
        draw = places.batch(SCALE, places.REMOTE_ROWS)
        self.open(REMOTE_READERS[reader], self.path, source_rows(SCALE), draw)

    def read(self, reader: str) -> None:
        self.found = [REMOTE_READERS[reader].rows(self.array, self.places[0])]


class FirstRemoteRowsWarm(_Remote):
    """64 random rows in one call, the first of an array: indexes and headers are fetched too.

    Connections are open already, and the server has all files in its page cache.
    """

    params = [TIMED, list(REMOTE_READERS)]  # noqa: RUF012

    def setup(self, layout: str, reader: str) -> None:
        self.prepare(layout, reader)
        self.array = REMOTE_READERS[reader].open(self.path)

    def time_64_rows(self, _layout: str, reader: str) -> None:
        self.read(reader)


class LaterRemoteRowsWarm(_Remote):
    """64 random rows in one call, when indexes and headers of all chunks are known; by zarr_partial.

    The other readers keep none of them, so that their later reads cost what the first does.
    """

    params = [TIMED, OURS]  # noqa: RUF012

    def setup(self, layout: str, reader: str) -> None:
        is_new = self.opened is None
        self.prepare(layout, reader)
        if is_new:
            REMOTE_READERS[reader].rows(self.array, places.of_every_chunk(SCALE))

    def time_64_rows(self, _layout: str, reader: str) -> None:
        self.read(reader)
