"""Plans of reads that zarr does, in whole chunks: in whole inner chunks, where there are shards."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from zarr.core.chunk_grids import ChunkGrid
from zarr.core.indexing import get_indexer, pop_fields
from zarr.storage import LocalStore

from zarr_partial.access import Whole
from zarr_partial.explaining.advice import skip_checksums
from zarr_partial.explaining.axes import distinct_rows
from zarr_partial.explaining.footprint import footprint_of
from zarr_partial.explaining.picture import Picture
from zarr_partial.explaining.reasons import FIELDS, SAMPLED
from zarr_partial.explaining.sampling import Sample, Totals, sample_of
from zarr_partial.explaining.uses import ChunkUses
from zarr_partial.layout import Layout
from zarr_partial.report import Advice, Plan
from zarr_partial.selection import Coordinates, Selection
from zarr_partial.sources.local import LocalSource
from zarr_partial.sources.mapped import MISSING
from zarr_partial.state import State

__all__ = ["explain_delegated"]

Integers = NDArray[np.int64]


def explain_delegated(
    state: State, selection: Selection | Coordinates | None, key: Any, shown: str, dtype: np.dtype[Any]
) -> Plan:
    """Return the plan of a read that zarr does; errors of the selection are zarr's.

    `selection` is None for a key that only zarr understands.
    """
    array, layout = state.array, state.layout
    shards = array.shards if layout.grid.chunk_shape else None
    chunk_shape = array.chunks if shards else layout.grid.chunk_shape
    grid = array._async_array._chunk_grid
    if shards:
        grid = ChunkGrid.from_sizes(array.shape, chunk_shape)
    per_file = tuple(outer // inner for outer, inner in zip(shards or chunk_shape, chunk_shape, strict=True))
    sample: Sample | None = None
    if selection is None or not chunk_shape:
        if pop_fields(key)[0]:
            # Names of fields that zarr has an error for, before it reads anything.
            array[key]
        shape, leaves = _ask_zarr(key, array.shape, grid)
    else:
        sample = sample_of(selection, chunk_shape, per_file)
        shape, leaves = selection.shape, footprint_of(selection, chunk_shape, sample).leaves
    files, which = leaves, np.arange(len(leaves))
    if shards:
        files, which = distinct_rows(leaves // np.array(per_file))
    totals = Totals(sample, len(leaves), len(files))
    lengths = _file_lengths(state, files)
    missing = np.zeros(len(leaves), np.bool_) if lengths is None else (lengths == MISSING)[which]
    units = np.where(missing, 0, 1)
    decoded = _decoded_nbytes(state, leaves, grid)
    uses = ChunkUses(
        coordinates=leaves,
        units=units,
        units_in_chunk=units,
        # Of a shard, only its index would tell which inner chunks there are, and where.
        requests=None if shards else units,
        bytes_read=None if shards or lengths is None else np.where(missing, 0, lengths),
        bytes_decoded=None if shards or decoded is None else np.where(missing, 0, decoded),
        missing=missing,
        key_of=_key_of(layout, per_file) if shards else layout.chunk_key,
    )
    bytes_read = None if uses.bytes_read is None else totals.of(uses.bytes_read)
    advice: list[Advice] = []
    if selection is not None and chunk_shape and sample is None:
        advice = skip_checksums(selection, state, bytes_read)
    return Plan(
        selection=shown,
        access=str(state.access),
        shape=shape,
        dtype=dtype,
        array_shape=layout.shape,
        chunk_shape=chunk_shape,
        grid_shape=tuple(int(count) for count in grid.grid_shape),
        shard_shape=shards,
        unit="inner chunk" if shards else "whole chunk",
        chunks=totals.all_leaves,
        missing=totals.of(missing),
        shards=totals.all_files if shards else 0,
        units=totals.of(units),
        units_in_chunks=totals.of(units),
        requests=None if uses.requests is None else totals.of(uses.requests),
        bytes_wanted=math.prod(shape) * dtype.itemsize,
        bytes_read=bytes_read,
        bytes_decoded=None if uses.bytes_decoded is None else totals.of(uses.bytes_decoded),
        index_nbytes=0,
        uses=uses,
        is_estimated=sample is not None,
        reasons=(
            *_reasons(state, is_sharded=shards is not None),
            *([SAMPLED.format(totals.leaves)] if sample else []),
            *([FIELDS] if dtype != layout.dtype else []),
        ),
        advice=tuple(advice),
        picture=Picture(selection, edges=None if layout.mosaic is None else layout.mosaic.axes),
    )


def _key_of(layout: Layout, per_file: tuple[int, ...]) -> Callable[[tuple[int, ...]], str]:
    return lambda at: layout.chunk_key(tuple(n // per for n, per in zip(at, per_file, strict=True)))


def _ask_zarr(key: Any, array_shape: tuple[int, ...], grid: ChunkGrid) -> tuple[tuple[int, ...], Integers]:
    """Return the shape of `array[key]` and the chunks of `grid` it touches, by zarr's own rules."""
    indexer: Any = get_indexer(key, array_shape, grid)
    # Coordinates are flattened for reading; `sel_shape` is the shape that they come back in.
    shape = tuple(int(n) for n in getattr(indexer, "sel_shape", indexer.shape))
    # Of a masked index zarr makes the name of a chunk that nobody has: it touches none.
    coords = (projection.chunk_coords for projection in indexer)
    named = (at for at in coords if not any(n is np.ma.masked for n in at))
    touched = sorted({tuple(int(n) for n in at) for at in named})
    return shape, np.array(touched, dtype=np.int64).reshape(len(touched), len(array_shape))


def _file_lengths(state: State, files: Integers) -> Integers | None:
    """Return the length of each chunk file, -1 for a missing one; None where asking may mean reading."""
    store = state.array.store
    if type(store) is not LocalStore:
        return None
    source = LocalSource(Path(store.root, state.array.path))
    lengths = (source.nbytes(state.layout.chunk_key(tuple(at))) for at in files.tolist())
    return np.fromiter(lengths, dtype=np.int64, count=len(files))


def _decoded_nbytes(state: State, leaves: Integers, grid: ChunkGrid) -> int | Integers | None:
    """Return how many bytes a chunk decodes to, or each one; None where elements have no fixed size."""
    dtype = state.layout.dtype
    if dtype.hasobject or dtype.kind == "T":
        return None
    if grid.is_regular:
        return math.prod(grid.chunk_shape) * dtype.itemsize
    shapes = (spec.codec_shape for at in leaves.tolist() if (spec := grid[tuple(at)]) is not None)
    return np.array([math.prod(shape) * dtype.itemsize for shape in shapes], dtype=np.int64)


def _reasons(state: State, *, is_sharded: bool) -> list[str]:
    access, layout = state.access, state.layout
    if state.is_ours:
        reasons = ["zarr reads this form of selection, in whole chunks."]
    elif isinstance(access, Whole) and access == layout.access:
        reasons = [f"Chunks are read and decoded whole, by zarr: {access.reason}."]
    else:
        assert isinstance(access, Whole), "zarr reads it for a reason"
        reasons = [f"zarr reads this array, in whole chunks: {access.reason}."]
    if is_sharded:
        reasons.append("Of each touched shard it reads the index, and the touched inner chunks.")
    if type(state.array.store) is not LocalStore and access != layout.access:
        reasons.append(f"From a local directory they would be read as {layout.access}.")
    return reasons
