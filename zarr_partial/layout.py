"""Zarr metadata, read once: the chunk grid, the keys, and how to get at the inside of one chunk.

Sources: https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html and …/v3/core/index.html.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from zarr.core.metadata import ArrayV2Metadata, ArrayV3Metadata
from zarr.types import AnyArray

from zarr_partial.access import Access, Blosc, Raw, Shard, Whole
from zarr_partial.codecs import read_access
from zarr_partial.grid import Grid
from zarr_partial.mosaic import Kinds, Mosaic, mosaic_axis

__all__ = ["ChunkName", "Layout", "Leaf", "LeafName", "read_layout", "read_tile"]

# A chunk that reads itself: no shard, and zarr_partial knows its elements.
Leaf = Raw | Blosc | Whole


@dataclass(frozen=True, slots=True)
class Layout:
    """What the metadata of an array say.

    Attributes
    ----------
    shape, dtype
        Of the array, as zarr returns it.
    grid : Grid
        Of the chunks: of the shards, where there are shards. Its `chunk_shape` is empty where it is
        not regular; then `access`, `shards` and `leaf` are those of the largest chunk.
    leaves : Grid
        Of the chunks that hold elements themselves: the inner chunks, where there are shards. Those
        are a regular grid also where shards differ in shape.
    fill_value : ndarray, 0-d, of `dtype`
        What missing chunks hold.
    access : Raw, Blosc, Shard or Whole
        How to get at the inside of one chunk.
    shards : tuple of Shard
        The levels of shards, from the outside in; empty without shards.
    leaf : Raw, Blosc or Whole
        How to get at the inside of a leaf.
    chunk_key : callable
        From the coordinates of a chunk to its key, relative to the array.
    mosaic : Mosaic or None
        The grid, where chunks differ in shape.
    kinds : tuple of int or None
        Which tile of `mosaic` this is the layout of; None where it is that of a whole array.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    grid: Grid
    leaves: Grid
    fill_value: NDArray[Any]
    access: Access
    shards: tuple[Shard, ...]
    leaf: Leaf
    chunk_key: Callable[[tuple[int, ...]], str]
    mosaic: Mosaic | None = None
    kinds: Kinds | None = None

    @property
    def raw(self) -> Raw:
        """What a leaf decodes to."""
        raw = self.leaf if isinstance(self.leaf, Raw) else self.leaf.raw
        assert raw is not None, "zarr reads this array"
        return raw

    def chunk_of(self, leaf: tuple[int, ...]) -> tuple[int, ...]:
        """Return the coordinates of the chunk that holds the leaf at these coordinates."""
        if self.mosaic is not None and self.kinds is None:
            return self._chunk_of_mosaic(self.mosaic, leaf)
        per_chunk = self.leaves_per_chunk
        return tuple(index // count for index, count in zip(leaf, per_chunk, strict=True))

    @property
    def leaves_per_chunk(self) -> tuple[int, ...]:
        """Leaves of a chunk along each axis."""
        return tuple(
            outer // inner
            for outer, inner in zip(self.grid.chunk_shape, self.leaves.chunk_shape, strict=True)
        )

    @property
    def leaf_counts(self) -> tuple[int, ...]:
        """Leaves along each axis that hold elements of the array: a last shard may have room for more."""
        if not self.leaves.chunk_shape:
            return self.leaves.counts
        return tuple(-(-n // size) for n, size in zip(self.shape, self.leaves.chunk_shape, strict=True))

    def leaf_key(self, leaf: tuple[int, ...]) -> str:
        """Return the key of the chunk that holds the leaf at these coordinates."""
        return self.chunk_key(self.chunk_of(leaf) if self.shards else leaf)

    def _chunk_of_mosaic(self, mosaic: Mosaic, leaf: tuple[int, ...]) -> tuple[int, ...]:
        axes = zip(mosaic.axes, leaf, self.leaves.chunk_shape, strict=True)
        return tuple(int(axis.holding(np.array([at * size]))[0]) for axis, at, size in axes)

    def begin(self, axis: int, chunk: int) -> int:
        """Return the first index along an axis of the array in this chunk; the end, after the last."""
        if self.mosaic is not None:
            return int(self.mosaic.axes[axis].begins(np.array(chunk)))
        return chunk * self.grid.chunk_shape[axis]

    def in_array(self, leaves: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the coordinates of leaves, of shape (leaves, axes), in the whole array."""
        if self.mosaic is None or self.kinds is None:
            return leaves
        if self.shards:
            return self.mosaic.inner_chunks(self.kinds, leaves, self.leaves.chunk_shape)
        return self.mosaic.chunks(self.kinds, leaves)


class LeafName:
    """What a leaf is called in error messages, worked out when there is one."""

    __slots__ = ("layout", "number")

    def __init__(self, layout: Layout, number: int) -> None:
        self.layout = layout
        self.number = number

    @property
    def key(self) -> str:
        """The key of the chunk that holds the leaf."""
        return self.layout.leaf_key(self.layout.leaves.coordinates(self.number))

    def __str__(self) -> str:
        if not self.layout.shards:
            return f"chunk {self.key!r}"
        coordinates = self.layout.leaves.coordinates(self.number)
        (at,) = self.layout.in_array(np.array([coordinates])).tolist()
        return f"inner chunk {at} in shard {self.key!r}"


class ChunkName:
    """What a chunk of the outer grid is called in error messages."""

    __slots__ = ("key", "kind")

    def __init__(self, key: str, *, is_shard: bool) -> None:
        self.key = key
        self.kind = "shard" if is_shard else "chunk"

    def __str__(self) -> str:
        return f"{self.kind} {self.key!r}"


def read_layout(array: AnyArray, *, verify: bool) -> Layout:
    """Return the layout of a zarr array of either format; what only zarr can decode is `Whole`."""
    metadata: ArrayV2Metadata | ArrayV3Metadata = array.metadata
    dtype: np.dtype[Any] = metadata.dtype.to_native_dtype()
    mosaic = _mosaic(metadata)
    if isinstance(metadata, ArrayV2Metadata):
        chunk_shape = metadata.chunks
    elif mosaic is not None:
        chunk_shape = mosaic.largest
    else:
        # For sharded arrays it is the shape of a shard.
        chunk_shape = getattr(metadata.chunk_grid, "chunk_shape", ())
    is_known = len(chunk_shape) == len(array.shape) and 0 not in chunk_shape
    access: Access
    if not _has_fixed_size(dtype):
        access = Whole(f"elements of {dtype} have no fixed size")
    elif not is_known:
        access = Whole("the chunk grid is not regular")
    elif not array.shape:
        access = Whole("a 0-d array is one element")
    else:
        access = read_access(metadata, dtype, chunk_shape, verify=verify)
    shards, leaf = _levels(access)
    counts = tuple(array._async_array._chunk_grid.grid_shape)
    grid = Grid(chunk_shape if is_known and mosaic is None else (), counts)
    leaves = _leaves(grid, shards)
    if mosaic is not None and shards:
        # Inner chunks divide the chunks of every size.
        inner = _leaves(Grid(chunk_shape, counts), shards).chunk_shape
        leaves = Grid(inner, tuple(-(-n // size) for n, size in zip(array.shape, inner, strict=True)))
    return Layout(
        shape=array.shape,
        dtype=dtype,
        grid=grid,
        leaves=leaves,
        fill_value=_fill_value(metadata, dtype, leaf),
        access=access,
        shards=shards,
        leaf=leaf,
        chunk_key=metadata.encode_chunk_key,
        mosaic=mosaic,
    )


def read_tile(array: AnyArray, whole: Layout, kinds: Kinds, *, verify: bool) -> Layout:
    """Return the layout of one tile of the mosaic of `whole`: of an array with all chunks of one shape."""
    mosaic = whole.mosaic
    assert mosaic is not None, "only mosaics have tiles"
    grid = mosaic.grid(kinds)
    access = read_access(array.metadata, whole.dtype, grid.chunk_shape, verify=verify)
    shards, leaf = _levels(access)

    def chunk_key(place: tuple[int, ...]) -> str:
        (at,) = mosaic.chunks(kinds, np.array([place])).tolist()
        return whole.chunk_key(tuple(at))

    return replace(
        whole,
        shape=tuple(size * count for size, count in zip(grid.chunk_shape, grid.counts, strict=True)),
        grid=grid,
        leaves=_leaves(grid, shards),
        access=access,
        shards=shards,
        leaf=leaf,
        chunk_key=chunk_key,
        kinds=kinds,
    )


def _mosaic(metadata: ArrayV2Metadata | ArrayV3Metadata) -> Mosaic | None:
    """Return the grid as a mosaic, if it is rectilinear."""
    if isinstance(metadata, ArrayV2Metadata):
        return None
    sizes = getattr(metadata.chunk_grid, "chunk_shapes", None)
    if sizes is None:
        return None
    return Mosaic(tuple(mosaic_axis(*axis) for axis in zip(sizes, metadata.shape, strict=True)))


def _has_fixed_size(dtype: np.dtype[Any]) -> bool:
    return not dtype.hasobject and dtype.kind != "T" and dtype.itemsize > 0


def _levels(access: Access) -> tuple[tuple[Shard, ...], Leaf]:
    shards = []
    while isinstance(access, Shard):
        shards.append(access)
        access = access.inner
    return tuple(shards), access


def _leaves(grid: Grid, shards: tuple[Shard, ...]) -> Grid:
    axes = range(len(grid.chunk_shape))
    per_chunk = tuple(math.prod(shard.counts[axis] for shard in shards) for axis in axes)
    return Grid(
        tuple(size // count for size, count in zip(grid.chunk_shape, per_chunk, strict=True)),
        tuple(grid.counts[axis] * per_chunk[axis] for axis in axes) if per_chunk else grid.counts,
    )


def _fill_value(
    metadata: ArrayV2Metadata | ArrayV3Metadata, dtype: np.dtype[Any], leaf: Leaf
) -> NDArray[Any]:
    fill_value = np.zeros((), dtype=dtype)
    if not isinstance(leaf, Whole) or leaf.raw is not None:
        # Zarr v2 allows null, which zarr reads as the default of the data type.
        stored = metadata.fill_value
        fill_value[...] = metadata.dtype.default_scalar() if stored is None else stored
    return fill_value
