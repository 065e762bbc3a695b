"""Random rows, as a training loop asks for them, and runs of consecutive rows, as a scan does.

Every class here measures with the page cache warm and the array already open. Rows are new in every call, so
no cache of decoded data gets lucky; asv runs `setup` before every timed call, and that is where they are
drawn. The result of every timed call is compared with the source in `teardown`.
"""

from pathlib import Path
from typing import Any

import numpy as np

from .checked import CheckedArray
from .data import chosen_scale, data_folder, source_rows
from .layouts import LAYOUTS, store
from .readers import MEMMAP, READERS, Reader

SCALE = chosen_scale()


class _Checked:
    """Opens once per process, draws new rows before each call, checks its values after it."""

    # Without a fixed version any edit of this file would orphan all earlier results. Raise it by hand when
    # the meaning of the numbers changes.
    version = "1"
    repeat = SCALE.repeat
    rounds = SCALE.rounds
    timeout = 600

    opened: CheckedArray | None = None
    found: Any = None
    selection: Any = None

    def open(self, reader: Reader, path: Path) -> CheckedArray:
        if self.opened is None:
            self.opened = CheckedArray(reader, path, SCALE)
        self.found = None
        return self.opened

    def teardown(self, *_params: object) -> None:
        if self.opened is not None and self.found is not None:
            self.opened.check(np.asarray(self.found), self.selection)


class _RandomRows(_Checked):
    def draw(self, opened: CheckedArray, rows_per_call: int) -> None:
        """Prepare 256 new rows: as one vector, or as 256 plain numbers to be asked for one by one."""
        self.selection = opened.fresh_rows()
        self.array = opened.array
        self.numbers = self.selection.tolist() if rows_per_call == 1 else None

    def read(self, reader: Reader) -> None:
        if self.numbers is None:
            self.found = reader.rows(self.array, self.selection)
        else:
            row, array = reader.row, self.array
            self.found = [row(array, number) for number in self.numbers]


class RandomRowsWarm(_RandomRows):
    """256 random rows of 4 KB: one call for all of them, or one call for each. Page cache warm."""

    params = [list(LAYOUTS), list(READERS), [1, 256]]  # noqa: RUF012 (asv reads a plain attribute)
    param_names = ["layout", "reader", "rows_per_call"]  # noqa: RUF012

    def setup(self, layout: str, reader: str, rows_per_call: int) -> None:
        self.draw(self.open(READERS[reader], store(layout, SCALE)), rows_per_call)

    def time_256_rows(self, _layout: str, reader: str, _rows_per_call: int) -> None:
        self.read(READERS[reader])


class MemmapRandomRowsWarm(_RandomRows):
    """The limit: the same rows by numpy.memmap from one .npy file. Page cache warm."""

    params = [[1, 256]]  # noqa: RUF012
    param_names = ["rows_per_call"]  # noqa: RUF012

    def setup(self, rows_per_call: int) -> None:
        source_rows(SCALE)
        self.draw(self.open(MEMMAP, data_folder(SCALE) / "rows.npy"), rows_per_call)

    def time_256_rows(self, _rows_per_call: int) -> None:
        self.read(MEMMAP)


class ConsecutiveRowsWarm(_Checked):
    """2,000 consecutive rows from anywhere: nearly every byte of their chunks is wanted. Page cache warm."""

    params = [list(LAYOUTS), list(READERS)]  # noqa: RUF012
    param_names = ["layout", "reader"]  # noqa: RUF012

    def setup(self, layout: str, reader: str) -> None:
        opened = self.open(READERS[reader], store(layout, SCALE))
        self.selection = opened.fresh_slab()
        self.array = opened.array

    def time_2000_rows(self, _layout: str, _reader: str) -> None:
        self.found = self.array[self.selection]
