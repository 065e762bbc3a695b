"""A reduction through Dask, over arrays of zarr and over those of zarr_partial.

What Dask costs is in every number; the readers below it differ. zarr_partial decodes in the threads that Dask
has, and starts none of its own.
"""

import dataclasses
from typing import Any

from numpy.typing import NDArray

from . import places
from .data import source_rows
from .layouts import ROWS
from .readers import READERS, Reader, installed, zarr_partial_with
from .through_xarray import BELOW
from .workload import FEWER, SCALE, Checked, fewer


def _through_dask(reader: Reader) -> Reader:
    def maximum(array: Any, _key: Any) -> NDArray[Any]:
        found: NDArray[Any] = (
            installed("dask.array").from_array(array).max(axis=0).compute(scheduler="threads")
        )
        return found

    return dataclasses.replace(reader, read=maximum)


class MaximumThroughDaskWarm(Checked):
    """The largest value of every column by Dask on threads, blocks of its own choice. Page cache warm."""

    repeat = FEWER
    params = [fewer(["raw", "sharded-zstd"], "raw"), BELOW]  # noqa: RUF012
    param_names = ["layout", "reader"]  # noqa: RUF012

    def setup(self, layout: str, reader: str) -> None:
        installed("dask.array")
        self.reader = _through_dask({**READERS, "zarr_partial": zarr_partial_with(1)}[reader])
        # What the reader is asked for is the maximum; that is what it is compared with.
        self.open(self.reader, ROWS.store(layout, SCALE), source_rows(SCALE).max(axis=0), places.everything)

    def time_maximum(self, _layout: str, _reader: str) -> None:
        self.found = [self.reader.read(self.array, self.places[0])]
