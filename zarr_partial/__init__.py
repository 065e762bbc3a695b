"""Read a little of a big Zarr array, as fast as the machine allows."""

import typing as _typing

if _typing.TYPE_CHECKING:
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
        VirtualChunksError,
    )
    from zarr_partial.opening import open  # noqa: A004
    from zarr_partial.report import Plan
    from zarr_partial.sparse import CSCArray, CSRArray, open_csr
    from zarr_partial.virtual import VirtualChunks, virtual_chunks
    from zarr_partial.zarr_pipeline import PartialCodecPipeline

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
    "PartialCodecPipeline",
    "PartialReadError",
    "Plan",
    "Raw",
    "Shard",
    "UnreadableChunkError",
    "VirtualChunks",
    "VirtualChunksError",
    "Whole",
    "open",
    "open_csr",
    "virtual_chunks",
]

_ACCESS = ("Blosc", "Raw", "Shard", "Whole")
_MODULES = {
    **dict.fromkeys(__all__, "zarr_partial.errors"),
    **dict.fromkeys(_ACCESS, "zarr_partial.access"),
    "CSCArray": "zarr_partial.sparse",
    "CSRArray": "zarr_partial.sparse",
    "PartialArray": "zarr_partial.array",
    "PartialCodecPipeline": "zarr_partial.zarr_pipeline",
    "Plan": "zarr_partial.report",
    "VirtualChunks": "zarr_partial.virtual",
    "open": "zarr_partial.opening",
    "open_csr": "zarr_partial.sparse",
    "virtual_chunks": "zarr_partial.virtual",
}


def __getattr__(name: str) -> object:
    # Every process that opens a Zarr array imports this package, for its codec pipeline, and few need the
    # rest of it.
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    found = getattr(importlib.import_module(_MODULES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
