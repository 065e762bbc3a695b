"""Random rows, as a training loop asks for them, runs of consecutive rows, and all rows, as a scan does.

Every class here measures with the page cache warm and the array already open. Rows are new in every call, so
no cache of decoded data gets lucky. The result of every timed call is compared with the source in `teardown`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import places
from .data import data_folder, source_rows
from .layouts import ONE_OF_A_KIND, ROWS
from .readers import MEMMAP, READERS, ZARRISTA
from .workload import FEWER, SCALE, Checked, fewer

# One layout of each kind is enough for a first look.
FIRST_LOOK = fewer(ROWS.layouts, "raw", "blosc-zstd", "zstd", "sharded-zstd")
# Most readers decode a whole chunk for each row.
ONE_BY_ONE = {"raw"} if SCALE.name == "quick" else {"raw", "blosc-lz4", "sharded-zstd", "sharded-raw"}


class _Rows(Checked):
    def prepare(self, layout: str, reader: str, draw: places.Draw) -> None:
        self.open(READERS[reader], ROWS.store(layout, SCALE), source_rows(SCALE), draw)


class RandomRowsWarm(_Rows):
    """256 random rows of 4 KB: one call for all of them, or one call for each. Page cache warm.

    One call for each is left out where each decodes a whole chunk, and measured for one layout of a kind:
    that takes minutes and says what one call for all says.
    """

    params = [FIRST_LOOK, list(READERS), [1, 256]]  # noqa: RUF012 (asv reads a plain attribute)
    param_names = ["layout", "reader", "rows_per_call"]  # noqa: RUF012

    def setup(self, layout: str, reader: str, rows_per_call: int) -> None:
        if rows_per_call == 1 and layout not in ONE_BY_ONE:
            raise NotImplementedError("256 whole chunks for 256 rows; another layout of the kind tells")
        self.prepare(layout, reader, places.one_by_one(SCALE) if rows_per_call == 1 else places.batch(SCALE))

    def time_256_rows(self, _layout: str, reader: str, rows_per_call: int) -> None:
        ask, array = (READERS[reader].read if rows_per_call == 1 else READERS[reader].rows), self.array
        self.found = [ask(array, place) for place in self.places]


class ManyRandomRowsWarm(_Rows):
    """8,192 random rows in one call: a twelfth of all rows, so every chunk is touched. Page cache warm."""

    repeat = FEWER
    params = [fewer(ONE_OF_A_KIND, "raw"), list(READERS)]  # noqa: RUF012
    param_names = ["layout", "reader"]  # noqa: RUF012

    def setup(self, layout: str, reader: str) -> None:
        self.prepare(layout, reader, places.batch(SCALE, places.MANY_ROWS))

    def time_8192_rows(self, _layout: str, reader: str) -> None:
        self.found = [READERS[reader].rows(self.array, self.places[0])]


def _read_into(array: Any, rows: NDArray[np.int64], out: NDArray[Any]) -> NDArray[Any]:
    return array.read(rows, out=out)


def _take_into(array: Any, rows: NDArray[np.int64], out: NDArray[Any]) -> NDArray[Any]:
    return array.take(rows, out=out)


INTO: dict[str, Callable[[Any, NDArray[np.int64], NDArray[Any]], NDArray[Any]]] = {
    "read": _read_into,
    "take": _take_into,
}


class RandomRowsIntoOutWarm(_Rows):
    """Random rows by zarr_partial into an array that is there already, as loaders do. Page cache warm."""

    repeat = FEWER
    params = [fewer(ROWS.layouts, "raw"), list(INTO), [256, 8192]]  # noqa: RUF012
    param_names = ["layout", "call", "rows"]  # noqa: RUF012

    def setup(self, layout: str, call: str, rows: int) -> None:
        self.prepare(layout, "zarr_partial", places.batch(SCALE, rows))
        if not hasattr(self.array, call):
            raise NotImplementedError(f"this version of zarr_partial has no {call}")
        self.out = np.full((rows, SCALE.columns), -1, dtype=np.float32)

    def time_rows(self, _layout: str, call: str, _rows: int) -> None:
        self.found = [INTO[call](self.array, self.places[0], self.out)]


class RandomRowsInZipWarm(Checked):
    """256 random rows in one call by zarr_partial, from a directory and from a ZIP file. Page cache warm.

    The archive stores its members as they are.
    """

    stores = {"directory": ROWS.store, "ZIP file": ROWS.archive}  # noqa: RUF012
    params = [fewer(["raw", "sharded-raw"], "raw"), list(stores)]  # noqa: RUF012
    param_names = ["layout", "place"]  # noqa: RUF012

    def setup(self, layout: str, place: str) -> None:
        path = self.stores[place](layout, SCALE)
        self.open(READERS["zarr_partial"], path, source_rows(SCALE), places.batch(SCALE))

    def time_256_rows(self, _layout: str, _place: str) -> None:
        self.found = [READERS["zarr_partial"].rows(self.array, self.places[0])]


class OneRawRowWarm(Checked):
    """256 rows of raw chunks, each asked for on its own: what a call costs in itself. Page cache warm.

    `numpy.memmap` is the yardstick: `numpy.array(rows[i])` from one .npy file. The readers that need half a
    millisecond are in `RandomRowsWarm`.
    """

    one_by_one = {  # noqa: RUF012
        "tensorstore": READERS["tensorstore"],
        "zarrista": ZARRISTA,
        "zarr_partial": READERS["zarr_partial"],
        "numpy.memmap": MEMMAP,
    }
    kinds = {"int": int, "int64": np.int64}  # noqa: RUF012
    params = [list(one_by_one), list(kinds)]  # noqa: RUF012
    param_names = ["reader", "number"]  # noqa: RUF012

    def setup(self, reader: str, number: str) -> None:
        rows = source_rows(SCALE)
        yardstick = reader == "numpy.memmap"
        path = data_folder(SCALE) / "rows.npy" if yardstick else ROWS.store("raw", SCALE)
        self.open(self.one_by_one[reader], path, rows, places.one_by_one(SCALE, self.kinds[number]))

    def time_256_rows(self, reader: str, _number: str) -> None:
        ask, array = self.one_by_one[reader].read, self.array
        self.found = [ask(array, place) for place in self.places]


class MemmapRandomRowsWarm(Checked):
    """The limit: the same rows by numpy.memmap from one .npy file. Page cache warm."""

    params = [[1, 256]]  # noqa: RUF012
    param_names = ["rows_per_call"]  # noqa: RUF012

    def setup(self, rows_per_call: int) -> None:
        draw = places.one_by_one(SCALE) if rows_per_call == 1 else places.batch(SCALE)
        rows = source_rows(SCALE)
        self.open(MEMMAP, data_folder(SCALE) / "rows.npy", rows, draw)

    def time_256_rows(self, rows_per_call: int) -> None:
        ask, array = (MEMMAP.read if rows_per_call == 1 else MEMMAP.rows), self.array
        self.found = [ask(array, place) for place in self.places]


class ConsecutiveRowsWarm(_Rows):
    """2,000 consecutive rows from anywhere: nearly every byte of their chunks is wanted. Page cache warm."""

    params = [FIRST_LOOK, list(READERS)]  # noqa: RUF012
    param_names = ["layout", "reader"]  # noqa: RUF012

    def setup(self, layout: str, reader: str) -> None:
        self.prepare(layout, reader, places.slab(SCALE))

    def time_2000_rows(self, _layout: str, reader: str) -> None:
        self.found = [READERS[reader].read(self.array, self.places[0])]


class FullScanWarm(_Rows):
    """The whole array in one call. Page cache warm."""

    repeat = FEWER
    params = [fewer(ONE_OF_A_KIND, "raw", "zstd"), list(READERS)]  # noqa: RUF012
    param_names = ["layout", "reader"]  # noqa: RUF012

    def setup(self, layout: str, reader: str) -> None:
        self.prepare(layout, reader, places.everything)

    def time_all(self, _layout: str, reader: str) -> None:
        self.found = [READERS[reader].read(self.array, self.places[0])]
