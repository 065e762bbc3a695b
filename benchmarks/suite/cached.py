"""Random rows from caches that hold all of the array decoded, beside numpy.take on the array in memory."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from . import places
from .data import data_folder, source_rows
from .layouts import ROWS
from .readers import IN_MEMORY, TENSORSTORE, ZARR_PARTIAL, Reader, open_tensorstore, open_zarr_partial
from .workload import SCALE, Checked, fewer

# More than the decoded array.
CACHE_NBYTES = 1 << 30


def _tensorstore(path: Path) -> Any:
    return open_tensorstore(
        {"driver": "file", "path": str(path)}, cache_pool={"total_bytes_limit": CACHE_NBYTES}
    )


def _zarr_partial(path: Path) -> Any:
    try:
        return open_zarr_partial(path, cache=CACHE_NBYTES)
    except TypeError as missing:
        raise NotImplementedError("this version of zarr_partial has no cache") from missing


def warm_cache(reader: Reader, open_array: Callable[[Path], Any]) -> Reader:
    """Return `reader` with a cache, which has read all rows once when it is open."""

    def open_and_read(path: Path) -> Any:
        array = open_array(path)
        for start in range(0, SCALE.rows, SCALE.slab_rows):
            reader.read(array, slice(start, min(start + SCALE.slab_rows, SCALE.rows)))
        return array

    return dataclasses.replace(reader, open=open_and_read)


CACHED = {
    "numpy.take": IN_MEMORY,
    "tensorstore": warm_cache(TENSORSTORE, _tensorstore),
    "zarr_partial": warm_cache(ZARR_PARTIAL, _zarr_partial),
}


class RandomRowsCachedWarm(Checked):
    """256 random rows in one call, all decoded before. `numpy.take` reads one .npy file in memory."""

    params = [fewer(["blosc-lz4", "zstd", "sharded-zstd"], "zstd"), list(CACHED)]  # noqa: RUF012
    param_names = ["layout", "reader"]  # noqa: RUF012

    def setup(self, layout: str, reader: str) -> None:
        path = data_folder(SCALE) / "rows.npy" if reader == "numpy.take" else ROWS.store(layout, SCALE)
        rows = source_rows(SCALE)
        self.open(CACHED[reader], path, rows, places.batch(SCALE))

    def time_256_rows(self, _layout: str, reader: str) -> None:
        self.found = [np.asarray(CACHED[reader].rows(self.array, self.places[0]))]
