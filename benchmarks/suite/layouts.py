"""The same rows stored in the ways that people store them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import zarr
from zarr.codecs import BloscCodec, ZstdCodec

from .data import Scale, data_folder, made, source_rows


def _raw(scale: Scale) -> dict[str, Any]:
    return {"chunks": (scale.chunk_rows, scale.columns), "compressors": None}


def _blosc(cname: str) -> Callable[[Scale], dict[str, Any]]:
    def settings(scale: Scale) -> dict[str, Any]:
        codec = BloscCodec(cname=cname, clevel=5, shuffle="shuffle")
        return {"chunks": (scale.chunk_rows, scale.columns), "compressors": codec}

    return settings


def _sharded_zstd(scale: Scale) -> dict[str, Any]:
    return {
        "chunks": (scale.inner_rows, scale.columns),
        "shards": (scale.chunk_rows, scale.columns),
        "compressors": ZstdCodec(level=3),
    }


# Name -> arguments of zarr.create_array. Raise data.DATA_VERSION when you change one.
LAYOUTS: dict[str, Callable[[Scale], dict[str, Any]]] = {
    "raw": _raw,
    "blosc-lz4": _blosc("lz4"),
    "blosc-zstd": _blosc("zstd"),
    "sharded-zstd": _sharded_zstd,
}


def store(layout: str, scale: Scale) -> Path:
    """Return the folder of the Zarr v3 array that holds the source rows in `layout`."""
    settings = LAYOUTS[layout](scale)

    def make(draft: Path) -> None:
        rows = source_rows(scale)
        array = zarr.create_array(draft, shape=rows.shape, dtype=rows.dtype, **settings)
        for start in range(0, scale.rows, scale.chunk_rows):
            array[start : start + scale.chunk_rows] = rows[start : start + scale.chunk_rows]

    return made(data_folder(scale) / f"{layout}.zarr", make)
