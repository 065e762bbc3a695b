"""Random rows from files of which no page is in memory: what the disk and the kernel need counts.

Before each timed call the array is closed, so that nobody has its pages mapped, every file of it is evicted
from the page cache, and it is opened again. Where the files lie on a disk that a host caches, as virtual
machines have, that cache stays warm: the numbers say what this machine does, not what a bare disk would.
"""

from . import places
from .data import evict, source_rows
from .layouts import ONE_OF_A_KIND, ROWS
from .readers import READERS
from .workload import SCALE, Checked, fewer


class RandomRowsCold(Checked):
    """1,024 random rows in one call. Page cache cold."""

    # A call to warm up would fill the page cache.
    warmup_time = 0.0
    number = 1
    repeat = (4, 8, 1.0) if SCALE.rounds > 1 else (8, 8, 0.2)
    params = [fewer(ONE_OF_A_KIND, "raw"), list(READERS)]  # noqa: RUF012
    param_names = ["layout", "reader"]  # noqa: RUF012

    def setup(self, layout: str, reader: str) -> None:
        path, opened = ROWS.store(layout, SCALE), self.opened is not None
        if opened:
            READERS[reader].close(self.array)
        self.open(READERS[reader], path, source_rows(SCALE), places.batch(SCALE, places.COLD_ROWS))
        if not opened:
            # What proved the values right has warmed all files.
            READERS[reader].close(self.array)
        evict(path)
        self.array = READERS[reader].open(path)

    def time_1024_rows(self, _layout: str, reader: str) -> None:
        self.found = [READERS[reader].rows(self.array, self.places[0])]
