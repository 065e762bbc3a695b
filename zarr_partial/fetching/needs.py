"""Which bytes of which leaves a selection needs, decoded. Pure: nothing is fetched."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Raw
from zarr_partial.layout import Layout
from zarr_partial.plan import chunk_parts, parts_by_axis, point_places
from zarr_partial.selection import Axis, Coordinates, Selection, Span
from zarr_partial.stretches import Stretches, stretches_of

__all__ = ["Need", "byte_ranges", "merged", "needs_of"]

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Need:
    """What a selection needs of one leaf.

    Attributes
    ----------
    leaf : int
        Its number.
    firsts, stops : ndarray of int64
        Half-open ranges of decoded bytes, in order and apart.
    """

    leaf: int
    firsts: Integers
    stops: Integers


def needs_of(selection: Selection | Coordinates, layout: Layout, gap: int) -> Iterator[Need]:
    """Yield what `selection` needs of each touched leaf; ranges that lie within `gap` bytes are one."""
    raw = layout.raw
    if isinstance(selection, Coordinates):
        numbers, offsets = point_places(selection, layout.leaves, raw.strides)
        order = np.lexsort((offsets, numbers))
        numbers, offsets = numbers[order], offsets[order]
        edges = np.flatnonzero(np.diff(numbers, prepend=-1))
        for number, chosen in zip(numbers[edges].tolist(), np.split(offsets, edges[1:]), strict=True):
            yield Need(number, *merged(chosen, chosen + raw.dtype.itemsize, gap))
        return
    stretches = stretches_of(selection)
    if stretches is not None:
        yield from _needs_of_stretches(stretches, layout, gap)
        return
    for part in chunk_parts(parts_by_axis(selection, layout.leaves.chunk_shape)):
        ranges = byte_ranges([axis.within for axis in part.axes], raw, gap)
        yield Need(layout.leaves.number(part.coordinates), *ranges)


def _needs_of_stretches(stretches: Stretches, layout: Layout, gap: int) -> Iterator[Need]:
    leaves, firsts, counts = stretches.places(layout.leaves.chunk_shape[0])
    order = np.lexsort((firsts, leaves))
    leaves, firsts, stops = leaves[order], firsts[order], (firsts + counts)[order]
    size = layout.raw.dtype.itemsize
    edges = np.flatnonzero(np.diff(leaves, prepend=-1))
    pieces = zip(np.split(firsts * size, edges[1:]), np.split(stops * size, edges[1:]), strict=True)
    for number, (begins, ends) in zip(leaves[edges].tolist(), pieces, strict=True):
        yield Need(number, *merged(begins, ends, gap))


def byte_ranges(axes: Sequence[Axis], raw: Raw, gap: int) -> tuple[Integers, Integers]:
    """Return the selected bytes of a leaf as ranges.

    From the fastest axis on, so that ranges become one as early as they can.
    """
    firsts = np.zeros(1, dtype=np.int64)
    stops = np.full(1, raw.dtype.itemsize, dtype=np.int64)
    for number in sorted(range(len(axes)), key=lambda axis: raw.strides[axis]):
        axis, stride = axes[number], raw.strides[number]
        if isinstance(axis, Span) and firsts.size == 1:
            ends = axis.start, axis.start + (axis.count - 1) * axis.step
            if abs(axis.step) * stride - int(stops[0] - firsts[0]) <= gap:
                # One range from end to end, as most rows are: nothing has to be listed.
                firsts, stops = firsts + min(ends) * stride, stops + max(ends) * stride
                continue
        offsets = _rising(axis) * stride
        firsts, stops = merged(
            np.add.outer(offsets, firsts).ravel(), np.add.outer(offsets, stops).ravel(), gap
        )
    return firsts, stops


def _rising(axis: Axis) -> Integers:
    """Return the indices of an axis in order, each once."""
    indices = np.sort(axis.indices())
    # A chunk has few of them: `numpy.unique` takes ten times as long.
    rising: Integers = indices[np.append(True, indices[1:] != indices[:-1])]
    return rising


def merged(firsts: Integers, stops: Integers, gap: int) -> tuple[Integers, Integers]:
    """Return ranges, sorted by their beginnings, with those in one that lie within `gap` bytes."""
    # A range may reach beyond the next one.
    reach = np.maximum.accumulate(stops)
    apart = np.flatnonzero(firsts[1:] - reach[:-1] > gap)
    return firsts[np.append(0, apart + 1)], reach[np.append(apart, -1)]
