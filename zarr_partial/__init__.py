"""Read a little of a big Zarr array, as fast as the machine allows."""

import importlib as _importlib
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

# Imported when first asked for: every process that opens a Zarr array imports this package, for its codec
# pipeline, and the command line answers --help and TAB without zarr.
_HOMES = {
    "access": ("Blosc", "Raw", "Shard", "Whole"),
    "array": ("PartialArray",),
    "errors": (
        "ChangedError", "ChunkError", "CorruptChunkError", "CorruptMatrixError", "NotViewableError",
        "OpenError", "PartialReadError", "UnreadableChunkError", "VirtualChunksError",
    ),
    "opening": ("open",),
    "report": ("Plan",),
    "sparse": ("CSCArray", "CSRArray", "open_csr"),
    "virtual": ("VirtualChunks", "virtual_chunks"),
    "zarr_pipeline": ("PartialCodecPipeline",),
}  # fmt: skip


def __getattr__(name: str) -> object:
    for module, names in _HOMES.items():
        if name in names:
            found = getattr(_importlib.import_module(f"zarr_partial.{module}"), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
