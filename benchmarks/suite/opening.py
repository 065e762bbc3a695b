"""What comes before the first read: importing the library, and opening an array."""

from typing import Any

from .checked import check, read
from .data import source_rows, warm
from .layouts import ROWS
from .readers import READERS
from .workload import SCALE


class ImportWarm:
    """`import zarr` in a fresh process, and `from zarr_partial import open` after it. Page cache warm."""

    version = "1"
    timeout = 600
    # Enough processes for a finite interval; each takes half a second.
    repeat = 8 if SCALE.name == "quick" else 12
    rounds = 1
    number = 1
    # Byte code is there after the first, and one does not move the median.
    warmup_time = 0.0
    env = {"PYTHONDONTWRITEBYTECODE": ""}  # noqa: RUF012

    def timeraw_zarr(self) -> str:
        return "import zarr"

    def timeraw_zarr_partial_after_zarr(self) -> tuple[str, str]:
        return "from zarr_partial import open", "import zarr"


class OpenWarm:
    """One array of 100 chunks opened by its path; what was opened reads the right rows. Page cache warm."""

    version = "1"
    timeout = 600
    repeat = SCALE.repeat
    rounds = SCALE.rounds
    params = [["raw", "sharded-zstd"], list(READERS)]  # noqa: RUF012
    param_names = ["layout", "reader"]  # noqa: RUF012

    proved = False
    array: Any = None

    def setup(self, layout: str, reader: str) -> None:
        self.path = ROWS.store(layout, SCALE)
        if not self.proved:
            self.time_open(layout, reader)
            warm(self.path)
            self.teardown(layout, reader)
            self.proved = True

    def time_open(self, _layout: str, reader: str) -> None:
        self.array = READERS[reader].open(self.path)

    def teardown(self, _layout: str, reader: str) -> None:
        if self.array is None:
            return
        source = source_rows(SCALE)
        last = len(source) - 1
        check(read(READERS[reader], self.array, last), source[last])
        READERS[reader].close(self.array)
        self.array = None
