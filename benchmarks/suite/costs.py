"""Targets that are no race of reads: opening, importing, memory."""

import os
import statistics
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import zarr
from zarr.storage import MemoryStore

from .data import Scale
from .layouts import ROWS
from .memory import growth
from .race import Ratio, median_interval
from .readers import installed
from .session import OURS, Claim, Session
from .table import Row, bytes_text

IMPORTED_AFTER_ZARR = (
    "import time, zarr; t = time.perf_counter(); from zarr_partial import open; "
    "print(time.perf_counter() - t)"
)
MAY_TAKE_BYTES = 16 << 20
# Where a Blosc header has its block size, as a little-endian u32.
BLOCKSIZE_AT = 8


class Opens:
    """Opens one array per round; `source` is what zarr.open_array takes."""

    def __init__(self, open_array: Callable[[Any], Any], source: Any) -> None:
        self.open_array, self.source = open_array, source
        self.array: Any = None

    def prepare(self, _places: list[Any]) -> None:
        """Give back what the round before opened."""
        self.close()

    def run(self) -> None:
        """Open the array and keep it."""
        self.array = self.open_array(self.source)

    def close(self) -> None:
        """Close the array if its reader knows how."""
        if self.array is not None and hasattr(self.array, "close"):
            self.array.close()
        self.array = None


def opening(session: Session) -> Iterator[Row]:
    """Opening against zarr.open_array, by path and from a store."""
    ours = installed("zarr_partial").open
    store = MemoryStore()
    zarr.create_array(store, shape=(100, 10), chunks=(10, 10), dtype="f4")
    for source, what, at_most in (
        (str(session.path(ROWS, "raw")), "`open(path)`", 0.5),
        (str(session.path(ROWS, "sharded-zstd")), "`open(path)`", 0.5),
        (store, "`open(store)`", 1.1),
    ):
        layout = "in memory" if source is store else source.rpartition("/")[2].removesuffix(".zarr")
        claim = Claim(what, layout, "`zarr.open_array`", at_most)
        pair = Opens(ours, source), Opens(_open_by_zarr, source)
        yield session.duel(claim, *pair, lambda _random: [None], np.empty(0))


def _open_by_zarr(source: Any) -> Any:
    return zarr.open_array(source, mode="r")


def importing(session: Session) -> Iterator[Row]:
    """Importing zarr_partial where zarr is imported already, in fresh processes."""
    installed("zarr_partial")
    command = [sys.executable, "-c", IMPORTED_AFTER_ZARR]
    spent = []
    with TemporaryDirectory(prefix="suite-byte-code-") as byte_code:
        # As where a package is installed: byte code is there after the first time, which is not counted.
        variables = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": byte_code}
        for _ in range(session.effort.rounds + 1):
            done = subprocess.run(command, check=True, capture_output=True, text=True, env=variables)
            spent.append(1e3 * float(done.stdout))
    counted = spent[1:]
    found = Ratio(statistics.median(counted), *median_interval(counted), len(counted))
    yield Row("`import zarr_partial` after `import zarr`", "", "", 30, found, "", "", "ms")


def memory(session: Session) -> Iterator[Row]:
    """Growth of a process while it reads, against output + one unit per thread + 16 MiB."""
    threads = getattr(os, "process_cpu_count", os.cpu_count)() or 1
    for layout in ("raw", "blosc-zstd", "zstd", "sharded-zstd"):
        for what, text in (("few rows", "200 rows"), ("all", "all rows")):
            taken = growth(layout, OURS, what)
            limit = taken.output + threads * _unit_nbytes(layout, session.scale) + MAY_TAKE_BYTES
            for kind, count in (("private", taken.private), ("resident", taken.resident)):
                share = count / limit
                found = Ratio(share, share, share, 1)
                texts = bytes_text(count), bytes_text(limit)
                yield Row(f"{text}, {kind} memory", layout, "output + units + 16 MiB", 1.0, found, *texts)


def _unit_nbytes(layout: str, scale: Scale) -> int:
    """Return the decoded bytes of the smallest part of a chunk that can be read on its own."""
    row_nbytes = scale.columns * np.dtype(np.float32).itemsize
    if layout == "raw":
        return np.dtype(np.float32).itemsize
    if layout.startswith("blosc"):
        header = (ROWS.store(layout, scale) / "c/0/0").read_bytes()[:16]
        return int(struct.unpack_from("<I", header, BLOCKSIZE_AT)[0])
    return row_nbytes * (scale.inner_rows if layout.startswith("sharded") else scale.chunk_rows)
