"""The same arrays stored in the ways that people store them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import zarr
from zarr.codecs import BloscCodec, ZstdCodec

from .data import Scale, data_folder, files_under, made, source_rows
from .fields import source_cube, source_volume

# What zarr.create_array is told beside shape and dtype.
type Settings = Callable[[Scale], dict[str, Any]]

ZSTD = ZstdCodec(level=3)
LZ4_BLOSC = BloscCodec(cname="lz4", clevel=5, shuffle="shuffle")
ZSTD_BLOSC = BloscCodec(cname="zstd", clevel=5, shuffle="shuffle")


@dataclass(frozen=True, slots=True)
class DataSet:
    """One source array in several layouts. Raise data.DATA_VERSION when you change one that exists."""

    prefix: str
    source: Callable[[Scale], np.memmap]
    layouts: Mapping[str, Settings]

    def store(self, layout: str, scale: Scale) -> Path:
        """Return the folder of the Zarr v3 array that holds the source in `layout`, made if need be."""
        settings = self.layouts[layout](scale)

        def make(draft: Path) -> None:
            source = self.source(scale)
            array = zarr.create_array(draft, shape=source.shape, dtype=source.dtype, **settings)
            step = (array.shards or array.chunks)[0]
            for start in range(0, len(source), step):
                array[start : start + step] = source[start : start + step]

        return made(data_folder(scale) / f"{self.prefix}{layout}.zarr", make)

    def archive(self, layout: str, scale: Scale) -> Path:
        """Return the same array as a ZIP file that stores its members as they are, made if need be."""
        folder = self.store(layout, scale)

        def make(draft: Path) -> None:
            with ZipFile(draft, "w") as archive:
                for file in files_under(folder):
                    archive.write(file, file.relative_to(folder).as_posix())

        return made(data_folder(scale) / f"{self.prefix}{layout}.zip", make)


def _rows(compressors: Any) -> Settings:
    return lambda scale: {"chunks": (scale.chunk_rows, scale.columns), "compressors": compressors}


def _sharded_rows(compressors: Any) -> Settings:
    return lambda scale: {
        "chunks": (scale.inner_rows, scale.columns),
        "shards": (scale.chunk_rows, scale.columns),
        "compressors": compressors,
    }


def _blocks(times: int, compressors: Any) -> Settings:
    return lambda scale: {"chunks": (times * scale.volume_chunk,) * 3, "compressors": compressors}


def _sharded_blocks(scale: Scale) -> dict[str, Any]:
    inner, shard = (scale.volume_chunk // 2,) * 3, (2 * scale.volume_chunk,) * 3
    return {"chunks": inner, "shards": shard, "compressors": ZSTD}


def _maps(compressors: Any) -> Settings:
    return lambda scale: {"chunks": scale.cube_chunk, "compressors": compressors}


def _series(compressors: Any) -> Settings:
    return lambda scale: {
        "chunks": (scale.cube[0], scale.cube_cells, scale.cube_cells),
        "compressors": compressors,
    }


def _sharded_maps(scale: Scale) -> dict[str, Any]:
    inner = (scale.cube_chunk[0], scale.cube_inner_cells, scale.cube_inner_cells)
    return {"chunks": inner, "shards": scale.cube_chunk, "compressors": ZSTD}


ROWS = DataSet(
    "",
    source_rows,
    {
        "raw": _rows(None),
        "blosc-lz4": _rows(LZ4_BLOSC),
        "blosc-zstd": _rows(ZSTD_BLOSC),
        "zstd": _rows(ZSTD),
        "sharded-zstd": _sharded_rows(ZSTD),
        "sharded-raw": _sharded_rows(None),
        "sharded-blosc": _sharded_rows(LZ4_BLOSC),
    },
)

# One Blosc codec and two kinds of shards, for workloads of which every number takes seconds.
ONE_OF_A_KIND = ("raw", "blosc-lz4", "zstd", "sharded-zstd", "sharded-raw")

# Chunks of 64 x 64 x 64 voxels, or of 128; a shard is 128 to a side, its inner chunks 32.
VOLUME = DataSet(
    "volume-",
    source_volume,
    {
        "raw-64": _blocks(1, None),
        "raw-128": _blocks(2, None),
        "blosc-64": _blocks(1, ZSTD_BLOSC),
        "blosc-128": _blocks(2, ZSTD_BLOSC),
        "sharded-128": _sharded_blocks,
    },
)

# Chunks of maps, 100 times of 90 x 90 cells, or of series, all times of 10 x 10 cells.
CUBE = DataSet(
    "cube-",
    source_cube,
    {
        "raw-maps": _maps(None),
        "raw-series": _series(None),
        "blosc-maps": _maps(ZSTD_BLOSC),
        "blosc-series": _series(ZSTD_BLOSC),
        "sharded-maps": _sharded_maps,
    },
)

DATA_SETS = {"rows": ROWS, "volume": VOLUME, "cube": CUBE}
