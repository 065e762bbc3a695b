"""What there is to know about an open array: in words, and as plain values."""

import math
from typing import Any

from zarr.core.metadata import ArrayV2Metadata

from zarr_partial.access import Blosc, Raw
from zarr_partial.state import State
from zarr_partial.words import counted, format_bytes, times

__all__ = ["describe", "facts", "unit_of"]


def describe(state: State) -> list[tuple[str, str]]:
    """Return what there is to know about the array, as pairs of a name and a text."""
    known = facts(state)
    chunks, shards = known["chunks"], known["shards"]
    kind = "chunk" if shards is None else "shard"
    rows = [
        ("shape", times(known["shape"]) or "0-d"),
        ("dtype", str(state.layout.dtype)),
        ("chunks", times(chunks) if chunks else "of several shapes" if chunks is None else "one"),
    ]
    if shards is not None:
        rows.append(("shards", times(shards) or "of several shapes"))
    grid = known["grid_shape"]
    rows.append(("grid", f"{counted(known['count'], kind)} ({times(grid) or 'one'})"))
    if known["index_nbytes"] is not None:
        index = format_bytes(known["index_nbytes"])
        rows.append(("index", f"{index} for {known['inner_chunks']:,} inner chunks in each shard"))
    if known["chunk_nbytes"] is not None:
        rows.append(("chunk bytes", f"{format_bytes(known['chunk_nbytes'])} decoded"))
    if state.residency is not None and state.residency.now.source.is_packed:
        rows.append(("archive", "compressed some of its files, which are unpacked whole to read any of one"))
    if known["nbytes"] is not None:
        rows.append(("bytes", f"{format_bytes(known['nbytes'])} decoded"))
    return [
        *rows,
        ("fill value", known["fill_value"]),
        ("format", f"Zarr v{known['zarr_format']}"),
        ("codecs", ", ".join(known["codecs"]) or "none"),
        ("access", known["access"]),
        ("unit", f"{known['unit']}, read by {known['read_by']}"),
    ]


def facts(state: State) -> dict[str, Any]:
    """Return what there is to know about the array as values that JSON can hold."""
    layout, array = state.layout, state.array
    is_regular = layout.mosaic is None
    chunks: tuple[int, ...] | None
    if is_regular:
        chunks, shards = array.chunks, array.shards
    else:
        # No one shape is that of the chunks, or of the shards; inner chunks have one.
        chunks, shards = layout.leaves.chunk_shape or None, () if layout.shards else None
    shard = layout.shards[0] if layout.shards and is_regular else None
    itemsize = None if layout.dtype.hasobject or layout.dtype.kind == "T" else layout.dtype.itemsize
    return {
        "shape": layout.shape,
        "dtype": layout.dtype.str if layout.dtype.names is None else str(layout.dtype),
        "chunks": chunks,
        "shards": shards,
        "grid_shape": layout.grid.counts,
        "count": layout.grid.nchunks,
        "inner_chunks": shard.nchunks if shard else None,
        "index_nbytes": shard.index_nbytes if shard else None,
        "chunk_nbytes": None if chunks is None or itemsize is None else math.prod(chunks) * itemsize,
        "nbytes": None if itemsize is None else array.nbytes,
        "fill_value": str(array.fill_value),
        "zarr_format": array.metadata.zarr_format,
        "codecs": _codecs(state),
        "access": str(state.access),
        "unit": unit_of(state),
        "read_by": "zarr_partial" if state.is_ours else "zarr",
    }


def unit_of(state: State) -> str:
    """Return what the smallest part is that can be read on its own."""
    layout = state.layout
    if not state.is_ours:
        return "inner chunk" if layout.grid.chunk_shape and state.array.shards else "whole chunk"
    if isinstance(layout.leaf, Raw):
        return "element"
    if isinstance(layout.leaf, Blosc):
        return "Blosc block"
    return "inner chunk" if layout.shards else "whole chunk"


def _codecs(state: State) -> list[str]:
    """Return the names of the codecs in the order of encoding, those within shards in brackets."""
    metadata = state.array.metadata
    if isinstance(metadata, ArrayV2Metadata):
        compressors = [metadata.compressor] if metadata.compressor else []
        return [str(codec.codec_id) for codec in (*(metadata.filters or ()), *compressors)]
    return [_name(codec.to_dict()) for codec in metadata.codecs]


def _name(codec: Any) -> str:
    if not isinstance(codec, dict):
        return str(codec)
    inner = codec.get("configuration", {}).get("codecs")
    return f"{codec['name']}({', '.join(map(_name, inner))})" if inner else str(codec["name"])
