"""Read a little of a big Zarr array, as fast as the machine allows."""

import typing as _typing

from zarr_partial.access import Blosc, Raw, Shard, Whole
from zarr_partial.array import PartialArray
from zarr_partial.errors import (
    ChangedError,
    ChunkError,
    CorruptChunkError,
    CorruptMatrixError,
    NotViewableError,
    OpenError,
    PartialReadError,
    UnreadableChunkError,
)
from zarr_partial.opening import open  # noqa: A004

if _typing.TYPE_CHECKING:
    from zarr_partial.report import Plan
    from zarr_partial.sparse import CSCArray, CSRArray, open_csr

__all__ = [
    "Blosc",
    "CSCArray",
    "CSRArray",
    "ChangedError",
    "ChunkError",
    "CorruptChunkError",
    "CorruptMatrixError",
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
    "open_csr",
]


def __getattr__(name: str) -> object:
    # Of use once something is explained, and as much to import as a tenth of the rest.
    if name == "Plan":
        from zarr_partial.report import Plan

        return Plan
    if name in ("CSCArray", "CSRArray", "open_csr"):
        from zarr_partial import sparse

        return getattr(sparse, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
