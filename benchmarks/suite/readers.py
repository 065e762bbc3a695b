"""The readers compared: one small adapter each, with the same functions.

`row` and `rows` always end with the bytes in a fresh array: a view that nobody has touched is no read.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

PIPELINES = "zarr.core.codec_pipeline"


@dataclass(frozen=True, slots=True)
class Reader:
    """How to open an array, read one row by its number, read many by a vector of numbers, and close it."""

    open: Callable[[Path], Any]
    row: Callable[[Any, int], NDArray[Any]]
    rows: Callable[[Any, NDArray[np.int64]], NDArray[Any]]
    close: Callable[[Any], None]


def _zarr_with(pipeline: str) -> Callable[[Path], Any]:
    def open_array(path: Path) -> Any:
        with zarr.config.set({"codec_pipeline.path": f"{PIPELINES}.{pipeline}"}):
            array = zarr.open_array(path, mode="r")
        used = type(array.async_array.codec_pipeline).__name__
        if used != pipeline:
            # An environment variable or another package may choose pipelines too.
            raise ValueError(
                f"expected zarr to use {pipeline}, found {used}; unset ZARR_CODEC_PIPELINE__PATH"
            )
        return array

    return open_array


def _open_zarr_partial(path: Path) -> Any:
    try:
        import zarr_partial
    except ModuleNotFoundError as missing:
        if missing.name != "zarr_partial":
            raise
        raise NotImplementedError("zarr_partial is not installed") from missing
    if not hasattr(zarr_partial, "open"):
        raise NotImplementedError("this version of zarr_partial cannot open arrays yet")
    return zarr_partial.open(path)


def _open_memmap(path: Path) -> Any:
    return np.load(path, mmap_mode="r")


def _outer_rows(array: Any, indices: NDArray[np.int64]) -> NDArray[Any]:
    return array.oindex[indices]


def _copied_row(array: Any, index: int) -> NDArray[Any]:
    return np.array(array[index])


def _taken_rows(array: Any, indices: NDArray[np.int64]) -> NDArray[Any]:
    return np.take(array, indices, axis=0)


def _nothing_to_close(array: Any) -> None:
    """zarr arrays on local folders hold no resource; a memory map goes with its last reference."""


READERS = {
    "zarr-default": Reader(
        _zarr_with("BatchedCodecPipeline"), operator.getitem, _outer_rows, _nothing_to_close
    ),
    "zarr-fused": Reader(_zarr_with("FusedCodecPipeline"), operator.getitem, _outer_rows, _nothing_to_close),
    "zarr_partial": Reader(_open_zarr_partial, operator.getitem, _outer_rows, operator.methodcaller("close")),
}

# The yardstick reads its own .npy file, so it takes no part in the comparison of layouts.
MEMMAP = Reader(_open_memmap, _copied_row, _taken_rows, _nothing_to_close)
