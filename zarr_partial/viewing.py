"""Views: elements that lie in one mapped file as NumPy needs them, shown without a copy."""

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Raw
from zarr_partial.errors import NotViewableError
from zarr_partial.resident import ResidentChunks
from zarr_partial.state import State

__all__ = ["view_array", "view_chunk"]

REWRITE = "write it with compressors=None, shards=None and chunks equal to its shape"


def view_array(state: State) -> NDArray[Any]:
    """Return the whole array as a read-only view of its one mapped file, or raise NotViewableError."""
    layout = state.layout
    if 0 in layout.shape or not layout.shape:
        shape = " x ".join(map(str, layout.shape)) or "0-d"
        raise NotViewableError(f"expected at least one axis and one element, found {shape}; use [...]")
    _require_raw(state, REWRITE)
    if layout.grid.nchunks != 1:
        kind = "shard" if layout.shards else "chunk"
        raise NotViewableError(f"expected one {kind}, found a grid of {layout.grid.nchunks}; {REWRITE}")
    resident, _, _ = _located(state, (0,) * len(layout.shape))
    whole = _leaf_view(resident, 0) if resident.layout.leaves.nchunks == 1 else _shard_view(resident)
    return whole[tuple(slice(0, length) for length in layout.shape)]


def view_chunk(state: State, coordinates: tuple[int, ...]) -> NDArray[Any]:
    """Return one raw leaf as a read-only view of its mapped file, or raise NotViewableError."""
    layout = state.layout
    _require_raw(state, "write the array with compressors=None")
    inside = layout.leaf_counts
    if len(coordinates) != len(inside) or not all(
        0 <= at < count for at, count in zip(coordinates, inside, strict=True)
    ):
        raise IndexError(f"expected coordinates of a chunk within a grid of {inside}, found {coordinates}")
    resident, number, begins = _located(state, coordinates)
    # The last chunks reach beyond the array.
    ends = (length - begin for length, begin in zip(layout.shape, begins, strict=True))
    return _leaf_view(resident, number)[tuple(slice(0, end) for end in ends)]


def _require_raw(state: State, remedy: str) -> None:
    layout = state.layout
    if isinstance(layout.leaf, Raw) and state.remote is not None and not state.is_mapped:
        raise NotViewableError(
            f"expected mapped files, found chunks that are read by ranges from {state.array.store_path}; "
            'open it with io="mmap", which takes a local directory or a ZIP file'
        )
    if not state.is_mapped or not isinstance(layout.leaf, Raw):
        raise NotViewableError(f"expected uncompressed local chunks, found {state.access}; {remedy}")
    if layout.leaf.dtype != layout.dtype:
        raise NotViewableError(
            f"expected elements stored as {layout.dtype.str}, found {layout.leaf.dtype.str}; "
            "write it with a data type in the byte order of its bytes codec"
        )


def _located(state: State, leaf: tuple[int, ...]) -> tuple[ResidentChunks, int, tuple[int, ...]]:
    """Return the chunks that a leaf is among, its number there, and where it begins in the array."""
    sizes = state.layout.leaves.chunk_shape
    if state.tiles is None:
        assert state.residency is not None, "zarr reads this array"
        begins = tuple(at * size for at, size in zip(leaf, sizes, strict=True))
        return state.residency.chunks(), state.layout.leaves.number(leaf), begins
    axes = state.tiles.mosaic.axes
    # Inner chunks have one shape, others begin where their axis says.
    at = np.array(leaf)
    first = at * sizes if sizes else [axis.begins(at[number]) for number, axis in enumerate(axes)]
    local = [axis.local(np.array(begin)) for axis, begin in zip(axes, first, strict=True)]
    resident = state.tiles.residency(tuple(int(kind) for kind, _ in local)).chunks()
    leaves = resident.layout.leaves
    places = (int(index) // size for (_, index), size in zip(local, leaves.chunk_shape, strict=True))
    return resident, leaves.number(tuple(places)), tuple(int(begin) for begin in first)


def _leaf_view(resident: ResidentChunks, number: int) -> NDArray[Any]:
    if resident.is_packed(number):
        raise NotViewableError(
            "expected bytes that lie in the ZIP archive as they are, found packed ones; "
            "pack the archive again without compression (zip -0)"
        )
    data = resident.leaf(number)
    if data is None:
        raise NotViewableError("expected a stored chunk, found none (it is all fill value); write the array")
    return resident.raw.view(data)


def _shard_view(resident: ResidentChunks) -> NDArray[Any]:
    """Return the inner chunks of the only shard as one array, if they lie as its elements would."""
    layout, raw = resident.layout, resident.raw
    split = [axis for axis, count in enumerate(layout.leaves.counts) if count > 1]
    # Chunks one after the other are one array only along the slowest axis of each.
    slowest = max(range(len(raw.shape)), key=lambda axis: (raw.strides[axis], -axis))
    order = "expected inner chunks that lie one after the other, as the elements of one array, found "
    if split != [slowest]:
        raise NotViewableError(
            f"{order}a grid of {layout.leaves.counts}; write inner chunks that span all axes but the first"
        )
    _leaf_view(resident, 0)
    leaves = [resident.leaf(number) for number in range(layout.leaves.nchunks)]
    if any(leaf is None for leaf in leaves):
        raise NotViewableError(f"{order}some that are not stored, being all fill value; write without them")
    starts = [leaf.__array_interface__["data"][0] for leaf in leaves if leaf is not None]
    if any(b - a != raw.nbytes for a, b in itertools.pairwise(starts)):
        raise NotViewableError(
            f"{order}them in another order or with gaps; write the shard again, all at once"
        )
    first = leaves[0]
    assert first is not None
    shard = resident.chunk(0)
    assert shard is not None
    begin = starts[0] - shard.data.__array_interface__["data"][0]
    shape = list(raw.shape)
    shape[slowest] *= len(leaves)
    return np.ndarray(tuple(shape), raw.dtype, shard.data.data, offset=begin, strides=raw.strides)
