"""Read a little of a big Zarr array, as fast as the machine allows."""

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
)
from zarr_partial.opening import open  # noqa: A004
from zarr_partial.report import Plan

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
    "Whole",
    "open",
]
