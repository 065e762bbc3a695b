"""The same rows in formats of their own: HDF5 by h5py, Blosc2 by blosc2, one .npy file by numpy.memmap.

No reader of Zarr can read these files, and none of these readers can read Zarr: they say what the choice of
the format costs or gains. Chunks and compressors are as near to those of the Zarr layouts as each format
comes; HDF5 is read row by row where that is faster than its lists of row numbers. Page cache warm.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import places
from .data import Scale, data_folder, made, source_rows
from .layouts import ROWS
from .readers import MEMMAP, ZARR_PARTIAL, Reader, installed
from .workload import SCALE, Checked


@dataclass(frozen=True, slots=True)
class OwnFormat:
    """A file of rows, which is made if need be, and what reads it."""

    stored: Callable[[Scale], Path]
    reader: Reader


def _hdf5(name: str, options: Callable[[Scale], dict[str, Any]]) -> Callable[[Scale], Path]:
    def stored(scale: Scale) -> Path:
        def make(draft: Path) -> None:
            rows = source_rows(scale)
            with installed("h5py").File(draft, "w") as file:
                file.create_dataset("rows", data=rows, **options(scale))

        return made(data_folder(scale) / f"rows-{name}.h5", make)

    return stored


def _open_hdf5(path: Path) -> Any:
    return installed("h5py").File(path, "r")["rows"]


def _read(array: Any, key: Any) -> NDArray[Any]:
    return np.asarray(array[key])


def _hdf5_rows(array: Any, indices: NDArray[np.int64]) -> NDArray[Any]:
    # A list of rows must rise in HDF5, and takes longer than one read for each.
    found = np.empty((len(indices), array.shape[1]), array.dtype)
    for place, index in enumerate(indices.tolist()):
        array.read_direct(found, np.s_[index], np.s_[place])
    return found


def _blosc2(scale: Scale) -> Path:
    blosc2 = installed("blosc2")

    def make(draft: Path) -> None:
        codec = blosc2.CParams(codec=blosc2.Codec.ZSTD, clevel=5)
        chunks, blocks = (scale.chunk_rows, scale.columns), (scale.inner_rows, scale.columns)
        blosc2.asarray(
            np.asarray(source_rows(scale)),
            urlpath=str(draft),
            mode="w",
            chunks=chunks,
            blocks=blocks,
            cparams=codec,
        )

    return made(data_folder(scale) / "rows.b2nd", make)


def _open_blosc2(path: Path) -> Any:
    return installed("blosc2").open(str(path), mode="r", mmap_mode="r")


def _gzip(scale: Scale) -> dict[str, Any]:
    return {"chunks": (scale.inner_rows, scale.columns), "compression": "gzip", "compression_opts": 1}


HDF5 = Reader(_open_hdf5, _read, _hdf5_rows, lambda array: array.file.close())
BLOSC2 = Reader(_open_blosc2, _read, _read, lambda _array: None)

FORMATS = {
    "numpy.memmap, .npy": OwnFormat(lambda scale: data_folder(scale) / "rows.npy", MEMMAP),
    "h5py, contiguous": OwnFormat(_hdf5("contiguous", lambda _scale: {}), HDF5),
    "h5py, gzip": OwnFormat(
        _hdf5(
            "gzip",
            lambda scale: {
                "chunks": (scale.inner_rows, scale.columns),
                "compression": "gzip",
                "compression_opts": 1,
            },
        ),
        HDF5,
    ),
    "blosc2, zstd": OwnFormat(_blosc2, BLOSC2),
    "zarr_partial, raw": OwnFormat(lambda scale: ROWS.store("raw", scale), ZARR_PARTIAL),
    "zarr_partial, sharded zstd": OwnFormat(lambda scale: ROWS.store("sharded-zstd", scale), ZARR_PARTIAL),
}


class _OwnFormats(Checked):
    params = [list(FORMATS)]  # noqa: RUF012
    param_names = ["format"]  # noqa: RUF012
    draw = staticmethod(places.batch)

    def setup(self, name: str) -> None:
        source = source_rows(SCALE)
        self.open(FORMATS[name].reader, FORMATS[name].stored(SCALE), source, self.draw(SCALE))


class RandomRowsInOwnFormatsWarm(_OwnFormats):
    """256 random rows, in one call where the reader has one for that. Page cache warm."""

    def time_256_rows(self, name: str) -> None:
        self.found = [FORMATS[name].reader.rows(self.array, self.places[0])]


class ConsecutiveRowsInOwnFormatsWarm(_OwnFormats):
    """2,000 consecutive rows in one call. Page cache warm."""

    draw = staticmethod(places.slab)

    def time_2000_rows(self, name: str) -> None:
        self.found = [FORMATS[name].reader.read(self.array, self.places[0])]
