"""What a selection would read, without reading it: geometry, and the headers of touched chunks."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from zarr.storage import LocalStore
from zarr.types import AnyArray

from zarr_partial.access import Access, Blosc, Raw, Whole
from zarr_partial.access.blosc import HEADER_NBYTES, Frame, stretches, touched_blocks
from zarr_partial.delegate import ask_zarr
from zarr_partial.layout import Layout
from zarr_partial.plan import ChunkPart, chunk_parts, equal_runs
from zarr_partial.report import ChunkUse, Plan
from zarr_partial.resident import ResidentChunks
from zarr_partial.selection import Selection

__all__ = ["explain_read", "explain_whole"]

MAX_SHOWN_KEY = 60


def explain_read(selection: Selection, resident: ResidentChunks, key: object) -> Plan:
    """Return the plan of a read by address or by Blosc blocks; reads the headers of touched chunks."""
    layout = resident.layout
    uses = tuple(_use(part, resident) for part in chunk_parts(selection, layout.leaves.chunk_shape))
    is_blosc = isinstance(layout.leaf, Blosc)
    return Plan(
        selection=_shown(key),
        access=str(layout.access),
        shape=selection.shape,
        dtype=layout.dtype,
        grid_shape=layout.leaves.counts,
        unit="Blosc block" if is_blosc else "element",
        uses=uses,
        bytes_wanted=math.prod(selection.shape) * layout.dtype.itemsize,
        reasons=_blosc_reasons(uses)
        if is_blosc
        else ("The bytes of a chunk are its elements: only those selected are read.",),
    )


def _use(part: ChunkPart, resident: ResidentChunks) -> ChunkUse:
    layout, raw = resident.layout, resident.raw
    key = layout.leaf_key(part.coordinates)
    number = layout.leaves.number(part.coordinates)
    data = resident.leaf(number)
    if data is None:
        return ChunkUse(part.coordinates, key, 0, 0, 0, 0, 0, is_missing=True)
    if isinstance(layout.leaf, Raw):
        ranges, nbytes = _byte_ranges(part, raw)
        size = raw.dtype.itemsize
        return ChunkUse(part.coordinates, key, nbytes // size, raw.nbytes // size, ranges, nbytes, 0)
    if isinstance(layout.leaf, Whole):
        return ChunkUse(part.coordinates, key, 1, 1, 1, data.size, raw.nbytes)
    frame = resident.frame(number, data)
    if frame.is_memcpyed:
        ranges, nbytes = _byte_ranges(part, raw)
        return ChunkUse(part.coordinates, key, 1, 1, 1 + ranges, HEADER_NBYTES + nbytes, 0)
    touched = touched_blocks(part, raw, frame)
    ranges, nbytes = _encoded_ranges(touched, frame)
    decoded = sum(frame.block_nbytes(first, stop) for first, stop in stretches(touched))
    table = HEADER_NBYTES + 4 * frame.nblocks
    return ChunkUse(part.coordinates, key, int(touched.sum()), frame.nblocks, ranges, table + nbytes, decoded)


def _byte_ranges(part: ChunkPart, raw: Raw) -> tuple[int, int]:
    """Return how many byte ranges of a raw chunk the part needs, and their bytes, repeats counted once."""
    axes = tuple(axis.within for axis in part.axes)
    runs = equal_runs(axes, raw.shape, raw.strides, (1,) * len(raw.shape), raw.dtype.itemsize)
    # Counted axis by axis, from the densest on: a strided selection has too many runs to list.
    ranges, nbytes, extent = 1, runs.nbytes, runs.nbytes
    by_stride = zip(runs.byte_strides, runs.axes, strict=True)
    for stride, axis in sorted(by_stride, key=lambda pair: pair[0]):
        indices = np.sort(axis.indices())
        steps = np.diff(indices)
        nbytes *= 1 + int(np.count_nonzero(steps))
        # What follows without a gap is one range; only an unbroken stretch can go on along the next axis.
        ranges *= 1 + int(np.count_nonzero(steps * stride > extent))
        if ranges == 1:
            extent += int(indices[-1] - indices[0]) * stride
    return ranges, nbytes


def _encoded_ranges(touched: NDArray[np.bool_], frame: Frame) -> tuple[int, int]:
    """Return how many byte ranges hold the header and the touched blocks, and the bytes of the blocks."""
    table = HEADER_NBYTES + 4 * frame.nblocks
    starts, stops = frame.starts[touched], frame.stops[touched]
    order = np.argsort(starts)
    gaps = np.count_nonzero(starts[order] != np.append(table, stops[order][:-1]))
    return 1 + int(gaps), int((stops - starts).sum())


def _blosc_reasons(uses: tuple[ChunkUse, ...]) -> tuple[str, ...]:
    present = [use for use in uses if not use.is_missing]
    if not present:
        return ("No stored chunk is touched: the result is the fill value, or empty.",)
    units, of = sum(use.units for use in present), sum(use.units_in_chunk for use in present)
    if not any(use.bytes_decoded for use in present):
        return ("Blosc stored these chunks uncompressed, so only the selected elements are read.",)
    if of == len(present):
        return ("Each chunk is a single Blosc block, so it is decoded whole: smaller blocks would help.",)
    if units == of:
        return ("The selection touches every block of its chunks, so partial decoding saves nothing here.",)
    return (f"Of {of:,} Blosc blocks, only the {units:,} with selected elements are decoded.",)


def explain_whole(
    array: AnyArray, layout: Layout, selection: Selection | None, key: Any, access: Access
) -> Plan:
    """Return the plan of a read that zarr does, in whole chunks; errors of the selection are zarr's.

    `selection` is None for a key that only zarr understands.
    """
    if selection is None or not layout.grid.chunk_shape:
        shape, coordinates = ask_zarr(array, key)
    else:
        shape = selection.shape
        coordinates = [part.coordinates for part in chunk_parts(selection, layout.grid.chunk_shape)]
    sharded = bool(layout.grid.chunk_shape) and array.shards is not None
    if sharded:
        reason = "zarr reads the index of each shard and decodes the inner chunks that are touched, whole."
    elif isinstance(access, Whole):
        reason = f"Chunks are read and decoded whole, by zarr: {access.reason}."
    else:
        reason = "zarr reads this form of selection, in whole chunks."
    return Plan(
        selection=_shown(key),
        access=str(access),
        shape=shape,
        dtype=layout.dtype,
        grid_shape=layout.grid.counts,
        unit="shard" if sharded else "whole chunk",
        uses=tuple(_whole_use(array, layout, at, sharded=sharded) for at in coordinates),
        bytes_wanted=math.prod(shape) * layout.dtype.itemsize,
        reasons=(reason,),
    )


def _whole_use(array: AnyArray, layout: Layout, coordinates: tuple[int, ...], *, sharded: bool) -> ChunkUse:
    key = layout.chunk_key(coordinates)
    stored = _stored_nbytes(array, key)
    if stored == 0:
        return ChunkUse(coordinates, key, 0, 0, 0, 0, 0, is_missing=True)
    if sharded:
        return ChunkUse(coordinates, key, 1, 1, 1, None, None)
    decoded = math.prod(layout.grid.chunk_shape) * layout.dtype.itemsize if layout.grid.chunk_shape else None
    return ChunkUse(coordinates, key, 1, 1, 1, stored, decoded)


def _stored_nbytes(array: AnyArray, key: str) -> int | None:
    """Return the length of a chunk where asking is free, 0 if it is missing, None elsewhere."""
    store = array.store
    if type(store) is not LocalStore:
        return None
    path = store.root / array.path / key
    return path.stat().st_size if path.is_file() else 0


def _shown(key: object) -> str:
    """Return a key as it is written between brackets, cut to a readable length."""
    entries = key if isinstance(key, tuple) else (key,)
    return f"[{', '.join(_entry(entry) for entry in entries)}]"


def _entry(entry: object) -> str:
    if isinstance(entry, slice):
        bounds = [entry.start, entry.stop] + ([entry.step] if entry.step is not None else [])
        return ":".join("" if bound is None else str(bound) for bound in bounds)
    if entry is Ellipsis:
        return "..."
    if isinstance(entry, np.ndarray) and entry.size > 10:
        return f"<{' x '.join(map(str, entry.shape))} {entry.dtype}>"
    if isinstance(entry, (list, np.ndarray)):
        text = str(entry.tolist() if isinstance(entry, np.ndarray) else entry)
        return text if len(text) <= MAX_SHOWN_KEY else f"<{len(entry)} items>"
    return str(entry)
