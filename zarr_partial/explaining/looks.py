"""What a read would touch of an array, and what that costs: looked at tile by tile, and put together.

An array with chunks of one shape is looked at once; one with chunks of several shapes, once for each
touched shape, since each is a regular array of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.explaining.axes import distinct_rows
from zarr_partial.explaining.costs import Costs, read_costs
from zarr_partial.explaining.footprint import Footprint, footprint_of
from zarr_partial.explaining.sampling import Totals, sample_of
from zarr_partial.layout import Layout
from zarr_partial.resident import ResidentChunks
from zarr_partial.selection import Coordinates, Selection
from zarr_partial.state import State

__all__ = ["Look", "costs_of", "leaves_of", "look_at"]

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What a selection touches of chunks of one shape.

    Attributes
    ----------
    layout : Layout
        Of those chunks: of the array, where they are all.
    footprint : Footprint
    costs : Costs
    totals : Totals
    """

    layout: Layout
    footprint: Footprint
    costs: Costs
    totals: Totals

    @property
    def wanted(self) -> int:
        """Bytes of the selected elements in leaves that are stored."""
        nbytes = self.footprint.spread(self.layout.raw).nbytes
        return int(nbytes[~self.costs.missing].sum())


def look_at(selection: Selection | Coordinates, state: State) -> list[Look]:
    """Return what reading `selection` touches, and what that costs; nothing is kept in memory.

    Raises
    ------
    CorruptChunkError, UnreadableChunkError
        If a header or an index that has to be looked at is damaged or cannot be had.
    """
    if state.tiles is None:
        assert state.residency is not None, "zarr reads this array"
        return [_look(selection, state.residency.now, 1)]
    pieces = list(state.tiles.mosaic.pieces(selection))
    return [_look(piece.selection, state.tiles.residency(piece.kinds).now, len(pieces)) for piece in pieces]


def _look(selection: Selection | Coordinates, resident: ResidentChunks, among: int) -> Look:
    layout = resident.layout
    leaf_shape, per_file = layout.leaves.chunk_shape, layout.leaves_per_chunk
    sample = sample_of(selection, leaf_shape, per_file, among)
    footprint = footprint_of(selection, leaf_shape, sample)
    costs = read_costs(footprint, resident)
    files = footprint.leaves
    if layout.shards:
        files, _ = distinct_rows(files // np.array(per_file))
    return Look(layout, footprint, costs, Totals(sample, len(footprint.leaves), len(files)))


def costs_of(looks: Sequence[Look]) -> Costs:
    """Return the costs of all looks, one after the other."""
    if len(looks) == 1:
        return looks[0].costs
    found: dict[str, Any] = {}
    for name in (field.name for field in fields(Costs)):
        values = [getattr(look.costs, name) for look in looks]
        if name == "typesize":
            found[name] = max(values, default=0)
        elif name in ("files", "indexes", "index_nbytes"):
            found[name] = sum(values)
        else:
            none: NDArray[Any] = np.empty(0, np.bool_ if name == "missing" else np.int64)
            found[name] = np.concatenate([none, *values])
    return Costs(**found)


def leaves_of(looks: Sequence[Look], ndim: int) -> Integers:
    """Return the coordinates of the touched leaves in the array, in the order of `costs_of`."""
    none = np.empty((0, ndim), dtype=np.int64)
    return np.concatenate([none, *(look.layout.in_array(look.footprint.leaves) for look in looks)])
