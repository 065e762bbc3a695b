"""Random rows by zarr, which reads whole chunks: of the array as it is, and shown in chunks of one row.

Blosc is left out: its blocks of 512 KiB end within the rows of this array, which cannot be shown so.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from . import places
from .data import source_rows
from .layouts import ROWS
from .readers import READERS, installed
from .workload import SCALE, Checked, fewer

ROWS_PER_CHUNK = {"as stored": None, "1 row": 1, "10 rows": 10}


class VirtualRowsWarm(Checked):
    """256 random rows of 4 KB in one call, in the chunks of the array or in virtual ones. Page cache warm."""

    params = [  # noqa: RUF012
        fewer(["raw", "sharded-raw"], "raw"),
        ["zarr-default", "zarr-fused", "zarr_partial"],
        fewer(ROWS_PER_CHUNK, "as stored", "1 row"),
    ]  # fmt: skip
    param_names = ["layout", "reader", "chunks"]  # noqa: RUF012

    def setup(self, layout: str, reader: str, chunks: str) -> None:
        rows = ROWS_PER_CHUNK[chunks]
        shown = READERS[reader]
        if rows is not None:
            shown = replace(shown, open=lambda path: READERS[reader].open(_store(path, rows)))
        self.open(shown, ROWS.store(layout, SCALE), source_rows(SCALE), places.batch(SCALE))

    def time_256_rows(self, _layout: str, reader: str, _chunks: str) -> None:
        self.found = [READERS[reader].rows(self.array, self.places[0])]


def _store(path: Path, rows: int) -> Any:
    partial = installed("zarr_partial")
    if not hasattr(partial, "virtual_chunks"):
        raise NotImplementedError("this version of zarr_partial has no virtual_chunks")
    return partial.virtual_chunks(path, rows).store
