"""Random rows from an array in one ZIP file, whose members are stored as they are. Page cache warm."""

import dataclasses
from pathlib import Path
from typing import Any

import zarr
from numpy.typing import NDArray

from . import places
from .data import source_rows
from .layouts import ROWS
from .readers import READERS, Reader, open_tensorstore
from .workload import SCALE, Checked, fewer

ANSWER_SECONDS = 15
LAYOUTS = ["raw", "blosc-zstd", "zstd", "sharded-zstd", "sharded-raw"]


def _in_archive(name: str) -> Reader:
    """Return the reader, whose `open` takes the path of an archive."""
    reader = READERS[name]

    def by_zarr(path: Path) -> Any:
        return reader.open(zarr.storage.ZipStore(path, mode="r"))  # type: ignore[arg-type]

    def by_tensorstore(path: Path) -> Any:
        return open_tensorstore({"driver": "zip", "base": {"driver": "file", "path": str(path)}})

    if name == "tensorstore":
        return dataclasses.replace(reader, open=by_tensorstore, read=_read_in_time, rows=_read_in_time)
    return dataclasses.replace(reader, open=reader.open if name == "zarr_partial" else by_zarr)


def _read_in_time(array: Any, key: Any) -> NDArray[Any]:
    """Read by tensorstore, whose ZIP driver (0.1.86) does not answer for raw inner chunks at `full`."""
    try:
        found: NDArray[Any] = array[key].read().result(timeout=ANSWER_SECONDS)
    except TimeoutError:
        raise NotImplementedError(f"tensorstore's ZIP driver gave no answer in {ANSWER_SECONDS} s") from None
    return found


# zarrs reads stores of its own kinds only, and ZipStore is none of them.
ZIP_READERS = {name: _in_archive(name) for name in READERS if name != "zarrs"}


class RandomRowsFromZipWarm(Checked):
    """256 random rows in one call, by readers that can read archives. Page cache warm."""

    params = [fewer(LAYOUTS, "raw"), list(ZIP_READERS)]  # noqa: RUF012
    param_names = ["layout", "reader"]  # noqa: RUF012

    def setup(self, layout: str, reader: str) -> None:
        path = ROWS.archive(layout, SCALE)
        self.open(ZIP_READERS[reader], path, source_rows(SCALE), places.batch(SCALE))

    def time_256_rows(self, _layout: str, reader: str) -> None:
        self.found = [ZIP_READERS[reader].rows(self.array, self.places[0])]
