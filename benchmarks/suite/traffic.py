"""What the first read of an array asks of a server: how many requests, and how many bytes come."""

from contextlib import suppress
from itertools import product
from typing import Any

from . import places
from .checked import CheckedArray, Draw, read
from .data import source_rows
from .fields import source_cube, source_volume
from .layouts import CUBE, ROWS, VOLUME, DataSet
from .remote import TIMED
from .remote_readers import REMOTE_READERS
from .server import Counts, serving
from .workload import SCALE, fewer

# Counts by layout and reader, without the readers that are not installed.
type Counted = dict[tuple[str, str], Counts]


class _Traffic:
    version = "1"
    timeout = 600
    param_names = ["layout", "reader"]  # noqa: RUF012

    params: list[list[str]]
    arrays: DataSet
    source: Any
    draw: Draw

    def counted(self) -> Counted:
        """Count once: both numbers come from the same reads."""
        counted: Counted = {}
        for layout, reader in product(*self.params):
            with suppress(NotImplementedError):
                counted[layout, reader] = self.counts(layout, reader)
        return counted

    def setup(self, counted: Counted, layout: str, reader: str) -> None:
        if (layout, reader) not in counted:
            raise NotImplementedError(f"{reader} is not installed")

    def track_requests(self, counted: Counted, layout: str, reader: str) -> int:
        return counted[layout, reader].requests

    def track_bytes(self, counted: Counted, layout: str, reader: str) -> int:
        return counted[layout, reader].nbytes

    track_requests.unit = "requests"  # type: ignore[attr-defined]
    track_bytes.unit = "bytes"  # type: ignore[attr-defined]

    def counts(self, layout: str, reader: str) -> Counts:
        path, asked = self.arrays.store(layout, SCALE), REMOTE_READERS[reader]
        opened = CheckedArray(asked, path, self.source(SCALE), self.draw)
        place = opened.fresh()[0]
        array = asked.open(path)
        server = serving(path.parent)
        server.counts()
        found = read(asked, array, place)
        counts = server.counts()
        opened.check_all([found], [place])
        return counts


class RemoteTraffic(_Traffic):
    """Requests and bytes of one read of 64 rows, as the server counts them; opening is not counted."""

    params = [TIMED, list(REMOTE_READERS)]  # noqa: RUF012
    arrays = ROWS
    source = staticmethod(source_rows)
    draw = staticmethod(places.batch(SCALE, places.REMOTE_ROWS))

    # asv tells these by the line they stand on, so that one for all classes would be run for the first.
    def setup_cache(self) -> Counted:
        return self.counted()


class PatchTraffic(_Traffic):
    """Requests and bytes of one patch of the volume, as the server counts them; opening is not counted."""

    params = [fewer(VOLUME.layouts, "sharded-128"), list(REMOTE_READERS)]  # noqa: RUF012
    arrays = VOLUME
    source = staticmethod(source_volume)
    draw = staticmethod(places.patches(SCALE))

    def setup_cache(self) -> Counted:
        return self.counted()


class SeriesTraffic(_Traffic):
    """Requests and bytes of all times at one point, as the server counts them; opening is not counted."""

    params = [fewer(CUBE.layouts, "sharded-maps"), list(REMOTE_READERS)]  # noqa: RUF012
    arrays = CUBE
    source = staticmethod(source_cube)
    draw = staticmethod(places.series(SCALE))

    def setup_cache(self) -> Counted:
        return self.counted()
