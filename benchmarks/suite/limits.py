"""The limits, timed like readers: what no reader of these rows can beat.

For raw chunks the limit is `numpy.take` on the array in memory. For compressed ones it is the bare decode of
the distinct units that the rows touch, and zarr_partial stands beside it with as many threads.
"""

from pathlib import Path
from typing import Any

import numpy as np

from . import places
from .bare import BareDecode, OwnThreadsOff
from .data import data_folder, source_rows
from .layouts import ROWS
from .readers import IN_MEMORY, ZARR_PARTIAL, Reader, zarr_partial_with
from .workload import FEWER, SCALE, Checked, fewer

COMPRESSED = fewer((name for name in ROWS.layouts if "raw" not in name), "blosc-zstd", "sharded-zstd")

# Blocks of Blosc and inner chunks.
MANY_ROWS_OF = {"blosc-zstd", "sharded-zstd"}
ROW_COUNTS = [256] if SCALE.name == "quick" else [256, 8192]


class TakeInMemoryWarm(Checked):
    """Random rows by numpy.take on the array in memory: fresh, into `out`, and into `out` without a check.

    NumPy buffers `out` while it may still find an index out of bounds; with mode="clip" it does not.
    """

    params = [["fresh", "out", "out, clip"], [256, 8192]]  # noqa: RUF012
    param_names = ["result", "rows"]  # noqa: RUF012

    def setup(self, result: str, rows: int) -> None:
        source = source_rows(SCALE)
        self.open(IN_MEMORY, data_folder(SCALE) / "rows.npy", source, places.batch(SCALE, rows))
        self.settings: dict[str, Any] = {}
        if result != "fresh":
            self.settings["out"] = np.full((rows, SCALE.columns), -1, dtype=np.float32)
        if result == "out, clip":
            self.settings["mode"] = "clip"

    def time_rows(self, _result: str, _rows: int) -> None:
        self.found = [np.take(self.array, self.places[0], axis=0, **self.settings)]


def bare_decode(layout: str, threads: int) -> Reader:
    """Return the decode of the units as a reader, so that its rows are checked like those of any other."""

    def open_units(path: Path) -> BareDecode:
        return BareDecode(path, layout, SCALE, threads)

    def no_basic_selection(_array: BareDecode, _key: object) -> Any:
        raise AssertionError("the bare decode is asked for vectors of rows only")

    return Reader(open_units, no_basic_selection, BareDecode.rows, BareDecode.close)


class BareDecodeWarm(Checked):
    """The distinct units that random rows touch, decoded and thrown away. Encoded units in memory."""

    repeat = FEWER
    params = [COMPRESSED, [1, 2], ROW_COUNTS]  # noqa: RUF012
    param_names = ["layout", "threads", "rows"]  # noqa: RUF012

    def setup(self, layout: str, threads: int, rows: int) -> None:
        if rows > places.BATCH_ROWS and layout not in MANY_ROWS_OF:
            raise NotImplementedError("to find so many units takes seconds; another layout of the kind tells")
        draw, source = places.batch(SCALE, rows), source_rows(SCALE)
        self.open(bare_decode(layout, threads), ROWS.store(layout, SCALE), source, draw)
        self.units = self.array.units(self.places[0])

    def time_units(self, _layout: str, _threads: int, _rows: int) -> None:
        with OwnThreadsOff():
            self.array.decode(self.units)


class RandomRowsByThreadsWarm(Checked):
    """The same rows by zarr_partial with as many threads, planned, decoded and gathered. Page cache warm."""

    repeat = FEWER
    params = [COMPRESSED, [1, 2], ROW_COUNTS]  # noqa: RUF012
    param_names = ["layout", "threads", "rows"]  # noqa: RUF012

    def setup(self, layout: str, threads: int, rows: int) -> None:
        draw, source = places.batch(SCALE, rows), source_rows(SCALE)
        self.open(zarr_partial_with(threads), ROWS.store(layout, SCALE), source, draw)

    def time_rows(self, _layout: str, _threads: int, _rows: int) -> None:
        self.found = [ZARR_PARTIAL.rows(self.array, self.places[0])]
