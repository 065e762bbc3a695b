"""The readers compared: one small adapter each, with the same functions.

`read` and `rows` always end with the bytes in a fresh array: a view that nobody has touched is no read.
Peers keep no decoded chunks and use as many threads as they choose themselves, one per processor, like
zarr_partial. A reader that is not installed raises NotImplementedError in `open`, which asv calls skipped.
"""

import importlib
import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Reader:
    """How to open an array, read a basic selection, read rows by a vector of numbers, and close it."""

    open: Callable[[Path], Any]
    read: Callable[[Any, Any], NDArray[Any]]
    rows: Callable[[Any, NDArray[np.int64]], NDArray[Any]]
    close: Callable[[Any], None]


def installed(module: str) -> Any:
    """Return the module, or raise NotImplementedError if its package is not installed."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as missing:
        if missing.name != module.partition(".")[0]:
            raise
        raise NotImplementedError(f"{missing.name} is not installed") from missing


def open_zarr_partial(path: Path, **settings: Any) -> Any:
    """Open by zarr_partial, of which older commits had no `open`."""
    zarr_partial = installed("zarr_partial")
    if not hasattr(zarr_partial, "open"):
        raise NotImplementedError("this version of zarr_partial cannot open arrays yet")
    return zarr_partial.open(path, **settings)


def _zarr_with(pipeline: str) -> Callable[[Path], Any]:
    module, _, name = pipeline.rpartition(".")

    def open_array(path: Path) -> Any:
        installed(module)
        with zarr.config.set({"codec_pipeline.path": pipeline}):
            array = zarr.open_array(path, mode="r")
        used = type(array.async_array.codec_pipeline).__name__
        if used != name:
            # An environment variable or another package may choose pipelines too.
            raise ValueError(f"expected zarr to use {name}, found {used}; unset ZARR_CODEC_PIPELINE__PATH")
        return array

    return open_array


def open_tensorstore(kvstore: dict[str, Any], **context: Any) -> Any:
    """Open by tensorstore what lies in `kvstore`, without a cache."""
    tensorstore = installed("tensorstore")
    spec = {"driver": "zarr3", "kvstore": kvstore}
    settings = {"cache_pool": {"total_bytes_limit": 0}, **context}
    return tensorstore.open(spec, context=tensorstore.Context(settings), open=True, read=True).result()


def _open_tensorstore(path: Path, **context: Any) -> Any:
    return open_tensorstore({"driver": "file", "path": str(path)}, **context)


def _open_tensorstore_by_memmap(path: Path) -> Any:
    return _open_tensorstore(path, file_io_mode={"mode": "memmap"})


def _read_tensorstore(array: Any, key: Any) -> NDArray[Any]:
    return array[key].read().result()


def _open_zarrista(path: Path) -> Any:
    stores = installed("zarrista.store")
    return installed("zarrista").Array.open(stores.FilesystemStore(str(path)))


def _read_zarrista(array: Any, key: Any) -> NDArray[Any]:
    found = array[key].to_numpy()
    # An integer keeps its axis there.
    return found[0] if isinstance(key, int | np.integer) else found


def _zarrista_rows(array: Any, indices: NDArray[np.int64]) -> NDArray[Any]:
    return np.stack([_read_zarrista(array, index) for index in indices.tolist()])


def _open_memmap(path: Path) -> Any:
    return np.load(path, mmap_mode="r")


def _outer_rows(array: Any, indices: NDArray[np.int64]) -> NDArray[Any]:
    return array.oindex[indices]


def _copied(array: Any, key: Any) -> NDArray[Any]:
    return np.array(array[key])


def _taken_rows(array: Any, indices: NDArray[np.int64]) -> NDArray[Any]:
    return np.take(array, indices, axis=0)


def _nothing_to_close(array: Any) -> None:
    """Hold no resource: these arrays go with their last reference."""


def zarr_behind(pipeline: str) -> Reader:
    """Return zarr with a codec pipeline, by its full name."""
    return Reader(_zarr_with(pipeline), operator.getitem, _outer_rows, _nothing_to_close)


def zarr_partial_with(threads: int | None) -> Reader:
    """Return zarr_partial with so many threads; None for one per processor."""
    open_array = partial(open_zarr_partial, threads=threads)
    return Reader(open_array, operator.getitem, _outer_rows, operator.methodcaller("close"))


ZARR_PARTIAL = zarr_partial_with(None)
TENSORSTORE = Reader(_open_tensorstore, _read_tensorstore, _read_tensorstore, _nothing_to_close)

READERS = {
    "zarr-default": zarr_behind("zarr.core.codec_pipeline.BatchedCodecPipeline"),
    "zarr-fused": zarr_behind("zarr.core.codec_pipeline.FusedCodecPipeline"),
    "zarrs": zarr_behind("zarrs.ZarrsCodecPipeline"),
    "tensorstore": TENSORSTORE,
    "zarr_partial": ZARR_PARTIAL,
}

# Has no call for many rows, so it is asked row by row only.
ZARRISTA = Reader(_open_zarrista, _read_zarrista, _zarrista_rows, _nothing_to_close)

# tensorstore reads files by pread unless told otherwise; told so, it is the faster peer for raw chunks.
TENSORSTORE_BY_MEMMAP = Reader(
    _open_tensorstore_by_memmap, _read_tensorstore, _read_tensorstore, _nothing_to_close
)

# The yardsticks read their own .npy file, so they take no part in the comparison of layouts.
MEMMAP = Reader(_open_memmap, _copied, _taken_rows, _nothing_to_close)
IN_MEMORY = Reader(np.load, _copied, _taken_rows, _nothing_to_close)
