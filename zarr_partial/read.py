"""From a selection to an array.

Steps: the runs of the selection; the cheaper of two ways for them, by runs or chunk by chunk.
By runs, resident bytes are gathered by address, and the others decoded unit by unit (`units`).
Chunk by chunk, with strides, is the way for the many small runs of a box, and for big raw ones, which it
copies in threads; both ways give the same bytes.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Blosc, Raw
from zarr_partial.ahead import bring_runs, is_due
from zarr_partial.gather import gather_into, gather_runs, proved
from zarr_partial.parts import read_parts
from zarr_partial.plan import Runs, count_parts, equal_runs, parts_by_axis, point_places
from zarr_partial.resident import MAX_NUMBERED_LEAVES, ResidentChunks
from zarr_partial.selection import Coordinates, Points, Selection
from zarr_partial.stretches import Stretches, stretches_of
from zarr_partial.units import read_runs

__all__ = ["in_byte_order", "preferred_runs", "prefers_gather", "read_selection"]

# Raw chunks: a gather costs as much as a few chunks, and as much as a chunk for each so many runs.
GATHER_PARTS = 2
GATHERED_RUNS_PER_PART = 250
# From here on a run is long enough for the chunk-wise loop, which copies in several threads.
MAX_GATHERED_RUN_NBYTES = 1 << 16
# Encoded chunks: so many runs in a chunk cost as much to sort by unit as the chunk costs to plan.
SORTED_RUNS_PER_PART = 10
# By runs, each Blosc block is copied from while it is in the processor's cache, which pays for indices
# that are far apart.
SORTED_RUNS_PER_SPARSE_BLOSC_PART = 100
# Runs take a few int64 each while they are planned: 2**17 of them are 1 MiB a vector.
MAX_RUNS = 1 << 17
# NumPy's item sizes are C ints.
MAX_RUN_NBYTES = 2**31 - 1


def read_selection(
    selection: Selection | Coordinates,
    resident: ResidentChunks,
    *,
    threads: int,
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Return the selected elements, in the shape of the selection and the dtype of the array.

    They are read into `out`, if it is given: of that shape and dtype, of any strides.

    Raises
    ------
    CorruptChunkError, UnreadableChunkError
        If a touched chunk is damaged or cannot be had.
    """
    layout = resident.layout
    if 0 in selection.shape:
        return np.empty(selection.shape, layout.dtype) if out is None else out
    if isinstance(selection, Coordinates):
        places = point_places(selection, layout.leaves, resident.raw.strides)
        return _read_runs(*places, resident.raw.dtype.itemsize, selection.shape, resident, threads, out)
    stretches = stretches_of(selection)
    if stretches is not None:
        return _read_stretches(stretches, resident, threads, out)
    runs = preferred_runs(selection, resident)
    if runs is not None:
        return _read_runs(*runs.places(), runs.nbytes, selection.shape, resident, threads, out)
    out = np.empty(selection.shape, layout.dtype) if out is None else out
    # `out` with every axis of the array: dropped ones have length 1.
    whole = out[tuple(None if axis.drop else slice(None) for axis in selection.axes)]
    read_parts(parts_by_axis(selection, layout.leaves.chunk_shape), resident, whole, threads=threads)
    return out


def preferred_runs(selection: Selection, resident: ResidentChunks) -> Runs | None:
    """Return the runs of a selection, or None where going chunk by chunk is cheaper."""
    layout, raw = resident.layout, resident.raw
    leaves = layout.leaves
    if leaves.nchunks > MAX_NUMBERED_LEAVES:
        return None
    runs = equal_runs(selection.axes, leaves.chunk_shape, raw.strides, leaves.counts, raw.dtype.itemsize)
    count = runs.count
    if count > MAX_RUNS or runs.nbytes > MAX_RUN_NBYTES:
        return None
    parts = count_parts(selection.axes, leaves.chunk_shape)
    return runs if _prefers_runs(runs, parts, resident) else None


def _prefers_runs(runs: Runs, parts: int, resident: ResidentChunks) -> bool:
    """Tell whether reading by runs is cheaper than copying from `parts` leaves with strides."""
    leaf = resident.layout.leaf
    if isinstance(leaf, Raw):
        return resident.has_table and prefers_gather(runs.count, runs.nbytes, parts)
    is_sparse = isinstance(leaf, Blosc) and any(isinstance(axis, Points) for axis in runs.axes)
    per_part = SORTED_RUNS_PER_SPARSE_BLOSC_PART if is_sparse else SORTED_RUNS_PER_PART
    return runs.count <= per_part * parts


def prefers_gather(count: int, run: int, parts: int) -> bool:
    """Tell whether gathering `count` runs of raw bytes is cheaper than copying from `parts` leaves."""
    is_few = count <= MAX_RUNS and count < GATHERED_RUNS_PER_PART * (parts - GATHER_PARTS)
    return is_few and run <= MAX_GATHERED_RUN_NBYTES


def _read_runs(
    leaves: NDArray[np.int64],
    offsets: NDArray[np.int64],
    run: int,
    shape: tuple[int, ...],
    resident: ResidentChunks,
    threads: int,
    out: NDArray[Any] | None,
) -> NDArray[Any]:
    """Read equal runs, in the order of the result, which has `shape`."""
    raw, dtype = resident.raw, resident.layout.dtype
    addresses = resident.addresses(leaves) if resident.has_table else None
    if isinstance(resident.layout.leaf, Raw) and is_due(resident, leaves.size, leaves.size * run):
        bring_runs(resident, leaves, offsets, run)
    direct = out is not None and out.flags.c_contiguous and raw.dtype == dtype
    if out is not None and direct:
        stored = out.reshape(-1).view(np.uint8)
        if addresses is not None and gather_into(stored, proved(addresses, offsets, run, raw.nbytes), run):
            return out
        read_runs(leaves, offsets, run, resident, stored, threads=threads)
        return out
    gathered = None if addresses is None else gather_runs(addresses, offsets, run, raw.nbytes)
    if gathered is None:
        gathered = np.empty(leaves.size * run, dtype=np.uint8)
        read_runs(leaves, offsets, run, resident, gathered, threads=threads)
    elements = gathered.view(raw.dtype).reshape(shape)
    if out is not None:
        out[...] = elements
        return out
    return in_byte_order(elements, dtype)


def _read_stretches(
    stretches: Stretches, resident: ResidentChunks, threads: int, out: NDArray[Any] | None
) -> NDArray[Any]:
    """Read runs of different lengths of an array with one axis."""
    raw, dtype = resident.raw, resident.layout.dtype
    leaves, firsts, counts = stretches.places(resident.layout.leaves.chunk_shape[0])
    offsets, lengths = firsts * raw.dtype.itemsize, counts * raw.dtype.itemsize
    if isinstance(resident.layout.leaf, Raw) and is_due(resident, leaves.size, int(lengths.sum())):
        bring_runs(resident, leaves, offsets, lengths)
    is_place = out is not None and out.flags.c_contiguous and raw.dtype == dtype
    stored = out if out is not None and is_place else np.empty(int(counts.sum()), raw.dtype)
    read_runs(leaves, offsets, lengths, resident, stored.view(np.uint8), threads=threads)
    if out is None:
        return in_byte_order(stored, dtype)
    if not is_place:
        out[...] = stored
    return out


def in_byte_order(elements: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return elements of our own in the byte order of `dtype`, in place where that is all they differ in."""
    if elements.dtype == dtype:
        return elements.view(dtype)
    if dtype.names is None and elements.dtype == dtype.newbyteorder():
        return elements.byteswap(inplace=True).view(dtype)
    return elements.astype(dtype)
