"""What a selection takes from one chunk, put into its places in the output.

Leaves are decoded where they are touched, and NumPy copies out of their images by zarr's own selection.
A shard is read by its index: what is taken from each touched inner chunk, and each of those in the same way.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Access, Raw, Shard
from zarr_partial.access.shard import EMPTY_STORED, read_entries
from zarr_partial.errors import CorruptChunkError, Named
from zarr_partial.layout import ChunkName
from zarr_partial.pipelining.decoding import Leaf, image_of, raw_of
from zarr_partial.pipelining.rows import Rows
from zarr_partial.pipelining.selecting import Taken, taken, takes_rows
from zarr_partial.pipelining.values import MemoryValue, Value
from zarr_partial.plan import AxisPart, axis_parts, chunk_parts
from zarr_partial.selection import Axis, Coordinates, Span
from zarr_partial.threads import for_each

__all__ = ["Chunk", "read_chunk"]

Bytes = NDArray[np.uint8]
Selector = Any
# A hop to another thread costs about 30 us; less than this is decoded in that time.
PARALLEL_NBYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class Chunk:
    """What all chunks of one shape have in common.

    Attributes
    ----------
    shape : tuple of int
    access : Access
        How to get at the inside of a chunk.
    fill_value : scalar
        What missing chunks hold.
    rows : Rows or None
        The short path, where there is one.
    """

    shape: tuple[int, ...]
    access: Access
    fill_value: Any
    rows: Rows | None = None


def read_chunk(
    value: Value,
    chunk: Chunk,
    key: str,
    selection: Selector,
    out: NDArray[Any],
    out_selection: Selector,
    drop_axes: tuple[int, ...],
    *,
    threads: int,
) -> None:
    """Read what `selection` takes from the chunk in `value` to `out_selection` of `out`, as zarr would.

    Raises
    ------
    Exception
        If the chunk is damaged, or was cut meanwhile, or the selection has a form that is not known.
    """
    if isinstance(value, MemoryValue) and isinstance(chunk.access, Raw) and value.is_whole:
        # Nothing has to be brought here, so NumPy may index it in any way.
        chunk.access.check(value.nbytes, ChunkName(key, is_shard=False))
        _copy(chunk.access.view(value.data)[selection], out, out_selection, drop_axes)
        return
    wanted = taken(selection, chunk.shape)
    if wanted is None:
        raise NotImplementedError(f"a selection like {selection!r}")
    if drop_axes and not isinstance(wanted, Coordinates):
        wanted = _dropped(wanted, drop_axes)
    if isinstance(chunk.access, Shard):
        name = ChunkName(key, is_shard=True)
        shape = wanted.shape if isinstance(wanted, Coordinates) else _kept(wanted)
        target = _place(out, out_selection, shape)
        found = np.empty(shape, out.dtype) if target is None else target
        _read_shard(value, chunk, chunk.access, wanted, _with_all_axes(found, wanted), name, threads)
        if target is None:
            out[out_selection] = found
        return
    leaf = chunk.access
    name = ChunkName(key, is_shard=False)
    whole = _whole_place(leaf, wanted, out, out_selection)
    image = image_of(value, leaf, wanted, name, whole)
    if whole is None:
        _copy(raw_of(leaf).view(image)[selection], out, out_selection, drop_axes)


def _copy(found: Any, out: NDArray[Any], out_selection: Selector, drop_axes: tuple[int, ...]) -> None:
    out[out_selection] = found.squeeze(axis=drop_axes) if drop_axes else found


def _dropped(axes: tuple[Axis, ...], drop_axes: tuple[int, ...]) -> tuple[Axis, ...]:
    """Mark the axes that zarr drops afterwards, of which it has made arrays of one index."""
    return tuple(
        [
            Span(axis.first, 1, 1, drop=True) if number in drop_axes else axis
            for number, axis in enumerate(axes)
        ]
    )


def _kept(axes: tuple[Axis, ...]) -> tuple[int, ...]:
    return tuple([axis.count for axis in axes if not axis.drop])


def _with_all_axes(found: NDArray[Any], wanted: Taken) -> NDArray[Any]:
    if isinstance(wanted, Coordinates):
        return found
    return found[(..., *(None if axis.drop else slice(None) for axis in wanted))]


def _place(out: NDArray[Any], selection: Selector, shape: tuple[int, ...]) -> NDArray[Any] | None:
    """Return the part of `out` that a selection is, if it is a view of this shape."""
    entries = selection if isinstance(selection, tuple) else (selection,)
    if not all(isinstance(entry, slice) for entry in entries):
        return None
    # With an ellipsis, so that nothing becomes a scalar.
    view: NDArray[Any] = out[(*entries, ...)]
    return view if view.shape == shape else None


def _whole_place(leaf: Leaf, wanted: Taken, out: NDArray[Any], selection: Selector) -> Bytes | None:
    """Return the bytes of `out` that the whole decoded chunk is to become, if it is so."""
    raw = raw_of(leaf)
    if isinstance(wanted, Coordinates) or not takes_rows(wanted, raw) or raw.dtype != out.dtype:
        return None
    rows = wanted[0]
    if not isinstance(rows, Span) or rows.step != 1 or rows.count != raw.shape[0]:
        return None
    place = _place(out, selection, _kept(wanted))
    if place is None or not place.flags.c_contiguous or not place.flags.writeable:
        return None
    return place.reshape(-1).view(np.uint8)


def _read_shard(
    value: Value,
    chunk: Chunk,
    shard: Shard,
    wanted: Taken,
    target: NDArray[Any],
    name: Named,
    threads: int,
) -> None:
    """Read what is wanted of a shard into `target`, which has every axis, or one for coordinates."""
    shape = _inner_shape(chunk.shape, shard)
    inner = Chunk(shape, shard.inner, chunk.fill_value)
    index = _index_of(value, shard, name)
    begins, lengths = index[:, 0], index[:, 1]

    def read(part: tuple[int, Taken, Selector, Selector]) -> None:
        entry, some, within, to = part
        begin, nbytes = begins.item(entry), lengths.item(entry)
        if begin == nbytes == EMPTY_STORED:
            target[to] = chunk.fill_value
            return
        if begin + nbytes > value.nbytes:
            raise CorruptChunkError(f"{name}: inner chunk {entry} is not within the shard", key=name.key)
        encoded = value.part(begin, begin + nbytes)
        if isinstance(inner.access, Shard):
            found = np.empty(target[to].shape, target.dtype)
            _read_shard(encoded, inner, inner.access, some, found, name, 1)
            target[to] = found
            return
        whole = _whole_place(inner.access, some, target, to)
        image = image_of(encoded, inner.access, some, name, whole)
        if whole is None:
            target[to] = raw_of(inner.access).view(image)[within]

    parts = _parts(wanted, shape, shard)
    nbytes = len(parts) * math.prod(shape) * target.dtype.itemsize
    for_each(read, parts, threads=threads if len(parts) > 1 and nbytes >= PARALLEL_NBYTES else 1)


def _inner_shape(shape: tuple[int, ...], shard: Shard) -> tuple[int, ...]:
    return tuple([length // count for length, count in zip(shape, shard.counts, strict=True)])


def _index_of(value: Value, shard: Shard, name: Named) -> NDArray[np.uint64]:
    if value.nbytes < shard.index_nbytes:
        raise CorruptChunkError(f"{name}: it is shorter than its index", key=name.key)
    return read_entries(shard, value.read(*shard.index_range(value.nbytes)), name)


def _parts(
    wanted: Taken, shape: tuple[int, ...], shard: Shard
) -> list[tuple[int, Taken, Selector, Selector]]:
    """Return of each touched inner chunk its entry, what is taken from it, by which index, and to where."""
    if isinstance(wanted, Coordinates):
        return _parts_of_points(wanted, shape, shard)
    by_axis: list[list[AxisPart]] = [axis_parts(axis, size) for axis, size in zip(wanted, shape, strict=True)]
    found: list[tuple[int, Taken, Selector, Selector]] = []
    for part in chunk_parts(by_axis):
        entry = sum([axis.chunk * step for axis, step in zip(part.axes, shard.strides, strict=True)])
        axes = tuple([axis.within for axis in part.axes])
        if part.is_sliced:
            found.append((entry, axes, *part.slices))
        else:
            found.append((entry, axes, part.within, part.out))
    return found


def _parts_of_points(
    wanted: Coordinates, shape: tuple[int, ...], shard: Shard
) -> list[tuple[int, Taken, Selector, Selector]]:
    entries = np.zeros(len(wanted.vectors[0]), dtype=np.int64)
    for vector, size, step in zip(wanted.vectors, shape, shard.strides, strict=True):
        entries += vector // size * step
    order = np.argsort(entries, kind="stable")
    edges = np.flatnonzero(np.diff(entries[order], prepend=-1))
    found: list[tuple[int, Taken, Selector, Selector]] = []
    for some in np.split(order, edges[1:]):
        vectors = tuple(vector[some] % size for vector, size in zip(wanted.vectors, shape, strict=True))
        found.append((int(entries[some[0]]), Coordinates(vectors, (some.size,)), vectors, some))
    return found
