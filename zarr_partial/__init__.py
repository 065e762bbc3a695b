"""Read a little of a big Zarr array, as fast as the machine allows."""

import typing as _typing

from zarr_partial.access import Blosc, Raw, Shard, Whole
from zarr_partial.array import PartialArray
from zarr_partial.errors import (
    ChangedError,
    ChunkError,
    CorruptChunkError,
    NotViewableError,
    OpenError,
    PartialReadError,
    UnreadableChunkError,
    VirtualChunksError,
)
from zarr_partial.opening import open  # noqa: A004

if _typing.TYPE_CHECKING:
    from zarr_partial.report import Plan
    from zarr_partial.virtual import VirtualChunks, virtual_chunks

__all__ = [
    "Blosc",
    "ChangedError",
    "ChunkError",
    "CorruptChunkError",
    "NotViewableError",
    "OpenError",
    "PartialArray",
    "PartialReadError",
    "Plan",
    "Raw",
    "Shard",
    "UnreadableChunkError",
    "VirtualChunks",
    "VirtualChunksError",
    "Whole",
    "open",
    "virtual_chunks",
]


def __getattr__(name: str) -> object:
    # Of use once something is explained, and as much to import as a tenth of the rest.
    if name == "Plan":
        from zarr_partial.report import Plan

        return Plan
    if name in ("VirtualChunks", "virtual_chunks"):
        import zarr_partial.virtual

        return getattr(zarr_partial.virtual, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
