"""Random rows through Xarray, over arrays of zarr and over those of zarr_partial.

What Xarray costs is in every number; the readers below it differ.
"""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import places
from .data import source_rows
from .layouts import ROWS
from .readers import READERS, Reader, installed
from .workload import SCALE, Checked, fewer

BELOW = ["zarr-default", "zarr-fused", "zarr_partial"]
LAYOUTS = ["raw", "blosc-lz4", "zstd", "sharded-zstd"]


def _lazily(array: Any) -> Any:
    """Return a lazily indexed Xarray variable over an array that has `oindex`, as the page on Xarray does."""
    backends, indexing = installed("xarray.backends"), installed("xarray.core.indexing")

    class Lazy(backends.BackendArray):  # type: ignore[misc]
        def __init__(self) -> None:
            self.shape, self.dtype = array.shape, array.dtype

        def __getitem__(self, key: Any) -> Any:
            read = array.oindex if isinstance(key, indexing.OuterIndexer) else array
            support = indexing.IndexingSupport.OUTER
            return indexing.explicit_indexing_adapter(key, self.shape, support, read.__getitem__)

    return installed("xarray").Variable(("row", "column"), indexing.LazilyIndexedArray(Lazy()))


def _through_xarray(reader: Reader) -> Reader:
    def rows(variable: Any, indices: NDArray[np.int64]) -> NDArray[Any]:
        found: NDArray[Any] = variable.isel(row=indices).values
        return found

    return dataclasses.replace(reader, open=lambda path: _lazily(reader.open(path)), rows=rows)


class RandomRowsThroughXarrayWarm(Checked):
    """256 random rows of 4 KB by `isel` on a lazily indexed variable. Page cache warm."""

    params = [fewer(LAYOUTS, "raw"), BELOW]  # noqa: RUF012 (asv reads a plain attribute)
    param_names = ["layout", "reader"]  # noqa: RUF012

    def setup(self, layout: str, reader: str) -> None:
        installed("xarray")
        self.reader = _through_xarray(READERS[reader])
        self.open(self.reader, ROWS.store(layout, SCALE), source_rows(SCALE), places.batch(SCALE))

    def time_256_rows(self, _layout: str, _reader: str) -> None:
        self.found = [self.reader.rows(self.array, self.places[0])]
