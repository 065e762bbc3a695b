"""What a selection would read, without reading it: geometry, and the headers of touched chunks."""

import math
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.storage import LocalStore, MemoryStore
from zarr.types import AnyArray

from zarr_partial.access import Blosc, Raw
from zarr_partial.access.blosc import HEADER_NBYTES, Frame, stretches, touched_blocks
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
    uses = tuple(
        _use(part, resident)
        for part in chunk_parts(selection, layout.chunk_shape)
        if 0 not in selection.counts
    )
    is_blosc = isinstance(layout.access, Blosc)
    return Plan(
        selection=_shown(key),
        access=str(layout.access),
        shape=selection.shape,
        dtype=layout.dtype,
        grid_shape=layout.grid_shape,
        unit="Blosc block" if is_blosc else "element",
        uses=uses,
        bytes_wanted=math.prod(selection.shape) * layout.dtype.itemsize,
        reasons=_blosc_reasons(uses)
        if is_blosc
        else ("The bytes of a chunk are its elements: only those selected are read.",),
    )


def _use(part: ChunkPart, resident: ResidentChunks) -> ChunkUse:
    layout, raw = resident.layout, resident.raw
    number = int(np.ravel_multi_index(part.coordinates, layout.grid_shape))
    key = layout.chunk_key(part.coordinates)
    chunk = resident.chunk(number)
    elements = math.prod(raw.shape)
    if chunk is None:
        return ChunkUse(part.coordinates, key, 0, 0, 0, 0, 0, is_missing=True)
    if chunk.frame is None or chunk.frame.is_memcpyed:
        header = 0 if chunk.frame is None else HEADER_NBYTES
        ranges, nbytes = _byte_ranges(part, raw)
        units, of = (nbytes // raw.dtype.itemsize, elements) if chunk.frame is None else (1, 1)
        return ChunkUse(part.coordinates, key, units, of, ranges + bool(header), header + nbytes, 0)
    frame = chunk.frame
    touched = touched_blocks(part, raw, frame)
    ranges, nbytes = _encoded_ranges(touched, frame)
    decoded = sum(frame.block_nbytes(first, stop) for first, stop in stretches(touched))
    table = HEADER_NBYTES + 4 * frame.nblocks
    return ChunkUse(
        part.coordinates, key, int(touched.sum()), frame.nblocks, 1 + ranges, table + nbytes, decoded
    )


def _byte_ranges(part: ChunkPart, raw: Raw) -> tuple[int, int]:
    """Return how many byte ranges of a raw chunk the part needs, and their bytes, repeats counted once."""
    runs = equal_runs(
        tuple(axis.within for axis in part.axes),
        raw.shape,
        raw.strides,
        (1,) * len(raw.shape),
        raw.dtype.itemsize,
    )
    starts = np.unique(runs.places()[1])
    return 1 + int(np.count_nonzero(np.diff(starts) > runs.nbytes)), starts.size * runs.nbytes


def _encoded_ranges(touched: NDArray[np.bool_], frame: Frame) -> tuple[int, int]:
    starts, stops = frame.starts[touched], frame.stops[touched]
    order = np.argsort(starts)
    return 1 + int(np.count_nonzero(starts[order][1:] != stops[order][:-1])), int((stops - starts).sum())


def _blosc_reasons(uses: tuple[ChunkUse, ...]) -> tuple[str, ...]:
    present = [use for use in uses if not use.is_missing]
    units, of = sum(use.units for use in present), sum(use.units_in_chunk for use in present)
    if not present:
        return ("All touched chunks are missing: the result is the fill value.",)
    if of == len(present):
        return ("Each chunk is a single Blosc block, so it is decoded whole: smaller blocks would help.",)
    if units == of:
        return ("The selection touches every block of its chunks, so partial decoding saves nothing here.",)
    return (f"Only the {units:,} Blosc blocks that hold selected elements are decoded, of {of:,}.",)


def explain_whole(
    array: AnyArray, layout: Layout, selection: Selection | None, key: object, access: str
) -> Plan:
    """Return the plan of a read that zarr does, in whole chunks; errors of the selection are zarr's.

    `selection` is None for a key that only zarr understands.
    """
    sharded = array.shards is not None
    if selection is None:
        shape, coordinates = _asked_of_zarr(layout, key)
    else:
        shape = selection.shape
        coordinates = [part.coordinates for part in chunk_parts(selection, layout.chunk_shape)]
    chunk_nbytes = math.prod(layout.chunk_shape) * layout.dtype.itemsize
    uses = tuple(
        ChunkUse(
            at,
            layout.chunk_key(at),
            1,
            1,
            1,
            None if sharded else _stored_nbytes(array, layout.chunk_key(at)),
            chunk_nbytes,
        )
        for at in coordinates
    )
    reason = (
        "zarr reads the index of each shard and decodes the inner chunks that are touched, whole."
        if sharded
        else (
            f"Chunks are read and decoded whole, by zarr: {access.removeprefix('Whole(').removesuffix(')')}."
            if access.startswith("Whole")
            else "zarr reads this form of selection, in whole chunks."
        )
    )
    return Plan(
        selection=_shown(key),
        access=access,
        shape=shape,
        dtype=layout.dtype,
        grid_shape=layout.grid_shape,
        unit="whole shard" if sharded else "whole chunk",
        uses=uses,
        bytes_wanted=math.prod(shape) * layout.dtype.itemsize,
        reasons=(reason,),
    )


def _asked_of_zarr(layout: Layout, key: Any) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
    """Return the shape of the result and the touched chunks, for a key that zarr takes by its own rules."""
    empty = zarr.create_array(
        MemoryStore(), shape=layout.shape, dtype="bool", chunks=tuple(max(1, n) for n in layout.shape)
    )
    shape = np.shape(empty[key])
    # What zarr accepts beyond orthogonal keys, coordinates and masks, means the same in NumPy.
    chunk_of = [
        np.broadcast_to(
            (np.arange(n) // c).reshape(-1, *(1,) * (len(layout.shape) - axis - 1)), layout.shape
        )[key]
        for axis, (n, c) in enumerate(zip(layout.shape, layout.chunk_shape, strict=True))
    ]
    if not chunk_of:
        return shape, [()]
    touched = np.unique(np.stack([np.ravel(axis) for axis in chunk_of], axis=1), axis=0)
    return shape, [tuple(int(n) for n in row) for row in touched]


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
