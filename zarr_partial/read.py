"""From a selection to an array, in four steps.

1. Plan: equal runs, or parts chunk by chunk.
2. Map the chunks, and find where their elements are (`resident`).
3. Decode the units that are compressed, only the touched ones, into scratch memory.
4. Gather runs or parts into the output.
"""

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Raw
from zarr_partial.access.blosc import HEADER_NBYTES, Frame, decode_blocks, stretches, touched_blocks
from zarr_partial.gather import MIN_RUN_NBYTES, copy_part, gather_runs
from zarr_partial.memory import anonymous
from zarr_partial.plan import ChunkPart, chunk_parts, equal_runs
from zarr_partial.resident import MappedChunk, ResidentChunks
from zarr_partial.selection import Selection
from zarr_partial.threads import for_each

__all__ = ["read_selection"]

# A hop to another thread costs about 30 us; copying this much takes several times as long.
PARALLEL_NBYTES = 1 << 20
# From here on a run is long enough for the chunk-wise loop, which copies in several threads.
MAX_GATHERED_RUN_NBYTES = 1 << 18
# Scratch up to this size stays with its thread for the next chunk.
MAX_KEPT_SCRATCH_NBYTES = 1 << 26

_scratch = threading.local()


def read_selection(selection: Selection, resident: ResidentChunks, *, threads: int) -> NDArray[Any]:
    """Return the selected elements, in the shape of the selection and the dtype of the array.

    Raises
    ------
    CorruptChunkError, UnreadableChunkError
        If a touched chunk is damaged or cannot be had.
    """
    layout = resident.layout
    if 0 in selection.counts:
        return np.empty(selection.shape, dtype=layout.dtype)
    gathered = _gather(selection, resident)
    if gathered is not None:
        return gathered
    out = np.empty(selection.counts, dtype=layout.dtype)
    parallel = out.nbytes >= PARALLEL_NBYTES or not isinstance(layout.access, Raw)
    for_each(
        lambda part: _read_part(part, resident, out),
        chunk_parts(selection, layout.chunk_shape),
        threads=threads if parallel else 1,
    )
    return out.reshape(selection.shape)


def _gather(selection: Selection, resident: ResidentChunks) -> NDArray[Any] | None:
    """Return the selection by one gather over addresses, or None if copying chunk by chunk is better."""
    layout, raw = resident.layout, resident.raw
    if not resident.has_table:
        return None
    runs = equal_runs(selection.axes, layout.chunk_shape, raw.strides, layout.grid_shape, raw.dtype.itemsize)
    if not MIN_RUN_NBYTES <= runs.nbytes <= MAX_GATHERED_RUN_NBYTES:
        return None
    chunks, offsets = runs.places()
    addresses = resident.addresses(chunks)
    if addresses is None:
        return None
    gathered = gather_runs(addresses, offsets, runs.nbytes, raw.nbytes)
    if gathered is None:
        return None
    return gathered.view(raw.dtype).astype(layout.dtype, copy=False).reshape(selection.shape)


def _read_part(part: ChunkPart, resident: ResidentChunks, out: NDArray[Any]) -> None:
    layout, raw = resident.layout, resident.raw
    chunk = resident.chunk(layout.number(part.coordinates))
    if chunk is None:
        out[part.out] = layout.fill_value
    elif chunk.frame is None:
        copy_part(part, raw.view(chunk.data), out)
    elif chunk.frame.is_memcpyed:
        copy_part(part, raw.view(chunk.data[HEADER_NBYTES : HEADER_NBYTES + raw.nbytes]), out)
    else:
        _decode_part(part, chunk, chunk.frame, resident, out)


def _decode_part(
    part: ChunkPart, chunk: MappedChunk, frame: Frame, resident: ResidentChunks, out: NDArray[Any]
) -> None:
    raw = resident.raw
    key = resident.layout.chunk_key(part.coordinates)
    if part.is_whole(raw.shape) and raw.is_c_order and out.dtype == raw.dtype:
        target = out[part.out]
        if target.flags.c_contiguous:
            decode_blocks(chunk.data, frame, 0, frame.nblocks, target.reshape(-1).view(np.uint8), key)
            return
    # Blocks lie in scratch where they lie in the decoded chunk; the places of others are never touched.
    scratch = _scratch_buffer(raw.nbytes)
    for first, stop in stretches(touched_blocks(part, raw, frame)):
        start = first * frame.blocksize
        block = scratch[start : start + frame.block_nbytes(first, stop)]
        decode_blocks(chunk.data, frame, first, stop, block, key)
    copy_part(part, raw.view(scratch), out)


def _scratch_buffer(nbytes: int) -> NDArray[np.uint8]:
    """Return `nbytes` of memory that stays this thread's until it asks again."""
    kept: NDArray[np.uint8] | None = getattr(_scratch, "buffer", None)
    if kept is not None and kept.size >= nbytes:
        return kept[:nbytes]
    fresh = anonymous(nbytes)
    if nbytes <= MAX_KEPT_SCRATCH_NBYTES:
        _scratch.buffer = fresh
    return fresh
