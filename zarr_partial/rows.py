"""The short path: whole rows of raw arrays, asked for by an integer or a vector of integers.

A row is everything at one index of the first axis. Where a leaf holds whole rows, an integer needs a
division and a copy, and a vector needs one gather; the general planner costs many times as much.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Raw
from zarr_partial.ahead import bring_runs, is_due
from zarr_partial.gather import gather_at, gather_into
from zarr_partial.layout import Layout
from zarr_partial.residency import Residency

__all__ = ["Rows"]

# A view takes about 100 bytes; arrays with more leaves make some again.
MAX_VIEWS = 1 << 16


class Rows:
    """Rows of an array whose leaves hold whole rows of raw elements.

    Parameters
    ----------
    layout : Layout
        One of which `Rows.suit` is true.
    residency : Residency
        Where its chunks are in memory.
    """

    def __init__(self, layout: Layout, residency: Residency) -> None:
        self._layout = layout
        self._residency = residency
        self._length = layout.shape[0]
        self._size = layout.leaves.chunk_shape[0]
        self._row_nbytes = layout.raw.strides[0]
        self._shape = layout.shape[1:]
        self._is_gathered = Rows.are_gathered(layout)

    @staticmethod
    def suit(layout: Layout) -> bool:
        """Whether leaves of this layout hold whole rows, and rows hold elements."""
        return (
            isinstance(layout.leaf, Raw)
            and len(layout.shape) > 1
            and 0 not in layout.shape
            and all(count == 1 for count in layout.leaves.counts[1:])
        )

    @staticmethod
    def are_gathered(layout: Layout) -> bool:
        """Whether the rows of a layout that suits lie in its leaves as they do in the result."""
        return (
            layout.raw.is_c_order
            and layout.raw.dtype == layout.dtype
            and layout.leaves.chunk_shape[1:] == layout.shape[1:]
        )

    def one(self, index: int) -> NDArray[Any] | None:
        """Return a copy of the row at `index`, or None if it is not within the array."""
        if index < 0:
            index += self._length
        if not 0 <= index < self._length:
            return None
        leaf, within = divmod(index, self._size)
        view = self._residency.now.row_views.get(leaf)
        if view is None:
            view = self._view(leaf)
        row: NDArray[Any] = view[within]
        return row.copy() if row.dtype == self._layout.dtype else row.astype(self._layout.dtype)

    def _view(self, leaf: int) -> NDArray[Any]:
        """Return a leaf as an array of the rows of the whole array, and keep it for the next time."""
        resident = self._residency.chunks()
        data = resident.leaf(leaf)
        raw, fill_value = self._layout.raw, self._layout.fill_value
        whole = np.broadcast_to(fill_value, raw.shape) if data is None else raw.view(data)
        view = whole[(slice(None), *(slice(length) for length in self._shape))]
        if len(resident.row_views) < MAX_VIEWS and resident.is_kept(leaf):
            resident.row_views[leaf] = view
        return view

    def many(self, indices: NDArray[np.int64], out: NDArray[Any] | None = None) -> NDArray[Any] | None:
        """Return copies of the rows at `indices`, or None if one is negative or the short path has none.

        `out`, if it is given, has their shape and dtype and is C-contiguous.
        """
        if not self._is_gathered or not indices.size:
            return None
        # A copy: what has been checked must not be changed by the caller's other threads.
        indices = indices.copy()
        # As unsigned numbers, negative indices are the largest of all.
        if np.maximum.reduce(indices.view(np.uint64)) >= self._length:
            return None
        resident = self._residency.chunks()
        leaves = indices // self._size
        # Where row 0 would lie if the leaf of each row began there: one multiplication and addition
        # away from the row. All rows of a leaf lie within it, as `resident.addresses` has proved.
        origins = resident.row_origins[leaves] if resident.row_origins.size else None
        if origins is None or np.count_nonzero(origins) < origins.size:
            addresses = resident.addresses(leaves) if resident.has_table else None
            if addresses is None:
                return None
            origins = addresses - leaves * (self._size * self._row_nbytes)
            resident.remember_rows(leaves, origins)
        if is_due(resident, indices.size, 0):
            bring_runs(resident, leaves, (indices - leaves * self._size) * self._row_nbytes, self._row_nbytes)
        origins += indices * self._row_nbytes
        if out is not None:
            return out if gather_into(out.reshape(-1).view(np.uint8), origins, self._row_nbytes) else None
        gathered = gather_at(origins, self._row_nbytes)
        if gathered is None:
            return None
        return gathered.view(self._layout.dtype).reshape(indices.size, *self._shape)
