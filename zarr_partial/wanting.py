"""Which units of which leaves a selection touches. Pure: nothing is decoded or fetched."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access.blosc import touched_blocks
from zarr_partial.images import Image, Units, Want
from zarr_partial.layout import Layout
from zarr_partial.plan import ChunkPart, chunk_parts, count_parts, equal_runs, parts_by_axis, point_places
from zarr_partial.selection import Coordinates, Points, Selection
from zarr_partial.stretches import stretches_of

__all__ = ["Touched", "least_nbytes", "touched_leaves", "wants_of"]

Integers = NDArray[np.int64]
# To sort so many runs by leaf costs as much as to plan for a leaf.
RUNS_PER_PART = 200
MAX_RUNS = 1 << 17


@dataclass(frozen=True, slots=True, eq=False)
class Touched:
    """What a selection touches of a leaf: a part of it, or runs of `run` bytes that begin at `offsets`.

    `run` is one length for all, or one for each.
    """

    leaf: int
    part: ChunkPart | None
    offsets: Integers
    run: int | Integers

    def is_whole(self, layout: Layout) -> bool:
        """Whether it surely is all of the leaf."""
        if self.part is not None:
            return self.part.is_whole
        return bool(np.any(self.run == layout.raw.nbytes))

    def chosen(self, units: Units, layout: Layout) -> NDArray[np.bool_]:
        """Return which units of the leaf it touches."""
        if units.nblocks == 1:
            return np.ones(1, np.bool_)
        if self.part is not None:
            touched = np.zeros(units.nblocks, np.bool_)
            for start, stop in touched_blocks(self.part, layout.raw, units):
                touched[start:stop] = True
            return touched
        first, last = self.offsets // units.blocksize, (self.offsets + (self.run - 1)) // units.blocksize
        if isinstance(self.run, int) and self.run <= units.blocksize:
            touched = np.zeros(units.nblocks, np.bool_)
            touched[first] = True
            touched[last] = True
            return touched
        changes = np.zeros(units.nblocks + 1, dtype=np.int64)
        np.add.at(changes, first, 1)
        np.add.at(changes, last + 1, -1)
        return np.asarray(np.cumsum(changes[:-1]) > 0)


def touched_leaves(selection: Selection | Coordinates, layout: Layout) -> list[Touched]:
    """Return what a selection that is not empty touches, leaf by leaf, in the order of their numbers."""
    raw = layout.raw
    if isinstance(selection, Coordinates):
        leaves, offsets = point_places(selection, layout.leaves, raw.strides)
        return _by_leaf(leaves.reshape(-1), offsets.reshape(-1), raw.dtype.itemsize)
    stretches = stretches_of(selection)
    if stretches is not None:
        leaves, firsts, counts = stretches.places(layout.leaves.chunk_shape[0])
        return _by_leaf(leaves, firsts * raw.dtype.itemsize, counts * raw.dtype.itemsize)
    runs = equal_runs(
        selection.axes, layout.leaves.chunk_shape, raw.strides, layout.leaves.counts, raw.dtype.itemsize
    )
    parts = count_parts(selection.axes, layout.leaves.chunk_shape)
    if runs.count <= min(MAX_RUNS, RUNS_PER_PART * parts):
        return _by_leaf(*runs.places(), runs.nbytes)
    none = np.empty(0, dtype=np.int64)
    return [
        Touched(layout.leaves.number(part.coordinates), part, none, 0)
        for part in chunk_parts(parts_by_axis(selection, layout.leaves.chunk_shape))
    ]


def _by_leaf(leaves: Integers, offsets: Integers, run: int | Integers) -> list[Touched]:
    order = np.argsort(leaves, kind="stable")
    leaves, offsets = leaves[order], offsets[order]
    edges = np.flatnonzero(np.diff(leaves, prepend=-1))
    pieces = np.split(offsets, edges[1:])
    numbers = leaves[edges].tolist()
    if isinstance(run, int):
        return [Touched(leaf, None, piece, run) for leaf, piece in zip(numbers, pieces, strict=True)]
    runs = np.split(run[order], edges[1:])
    return [Touched(leaf, None, *found) for leaf, *found in zip(numbers, pieces, runs, strict=True)]


def least_nbytes(selection: Selection | Coordinates, layout: Layout) -> int:
    """Return how many decoded bytes a selection touches at least."""
    if isinstance(selection, Coordinates):
        return layout.raw.dtype.itemsize
    nbytes = layout.raw.dtype.itemsize
    stretches = stretches_of(selection)
    if stretches is not None:
        # Runs may overlap: no fewer than the longest.
        return nbytes * int((stretches.stops - stretches.starts).max(initial=0))
    for axis in selection.axes:
        nbytes *= np.unique(axis.values).size if isinstance(axis, Points) else axis.count
    return nbytes


def wants_of(
    touched: Sequence[Touched],
    layout: Layout,
    units: Callable[[Sequence[int], Sequence[bool]], list[Units | None]],
    images: Mapping[int, Image],
) -> list[Want]:
    """Return the units that are wanted, cut as in the `images`, or else as `units` says."""
    found_images = [images.get(item.leaf) for item in touched]
    cuts = [None if image is None or image.is_missing else image.units for image in found_images]
    left = [number for number, image in enumerate(found_images) if image is None]
    if left:
        asked = [touched[number] for number in left]
        found = units([item.leaf for item in asked], [item.is_whole(layout) for item in asked])
        for number, cut in zip(left, found, strict=True):
            cuts[number] = cut
    return [
        Want(item.leaf, cut, None if cut is None else item.chosen(cut, layout))
        for item, cut in zip(touched, cuts, strict=True)
    ]
