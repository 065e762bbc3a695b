"""Where whole rows lie that are decoded: one address a row, for a gather without looking up leaves.

A reader takes the mapping of images, looks addresses up, and looks whether the mapping is still the
same: then all addresses are of images in it, which it holds. That is so because images are in the
mapping before their addresses are in the table, and the mapping is replaced before addresses of dropped
images leave the table. Nobody else writes here than the cache, under its lock.
"""

import numpy as np
from numpy.typing import NDArray

from zarr_partial.layout import Layout
from zarr_partial.memory import anonymous
from zarr_partial.resident import MAX_FILL_NBYTES
from zarr_partial.rows import Rows

__all__ = ["RowTable"]

Bytes = NDArray[np.uint8]
# A table of 8 bytes a row, made real by the kernel page by page: 128 MiB of address space at this limit.
MAX_ROWS = 1 << 24


class RowTable:
    """The addresses of the rows of one array; 0 for those that are not decoded.

    Parameters
    ----------
    layout : Layout
        One of which `RowTable.suit` is true: of decoded leaves.
    """

    def __init__(self, layout: Layout) -> None:
        self.length = layout.shape[0]
        self.size = layout.leaves.chunk_shape[0]
        self.row_nbytes = layout.raw.strides[0]
        self.addresses = np.zeros(self.length, dtype=np.int64)
        self.last_used = np.zeros(layout.leaves.nchunks, dtype=np.int64)
        self._within = np.arange(self.size, dtype=np.int64) * self.row_nbytes
        self._layout = layout
        self._fill: Bytes | None = None

    @staticmethod
    def suit(layout: Layout) -> bool:
        """Whether decoded leaves of this layout hold whole rows as they are in the result."""
        return Rows.suit(layout) and Rows.are_gathered(layout) and layout.shape[0] <= MAX_ROWS

    def put(self, leaf: int, data: Bytes, there: NDArray[np.bool_] | None, unit_nbytes: int) -> None:
        """Note the rows of a leaf whose units are there; None for all."""
        rows = self._rows(leaf)
        addresses = self._within[: rows.stop - rows.start] + _address(data)
        if there is not None:
            count = np.zeros(there.size + 1, dtype=np.int64)
            np.cumsum(there, out=count[1:])
            within = self._within[: addresses.size]
            first, stop = within // unit_nbytes, (within + (self.row_nbytes - 1)) // unit_nbytes + 1
            addresses[count[stop] - count[first] < stop - first] = 0
        self.addresses[rows] = addresses

    def put_missing(self, leaf: int) -> None:
        """Note that all rows of a leaf hold the fill value."""
        if self.row_nbytes > MAX_FILL_NBYTES:
            return
        if self._fill is None:
            raw = self._layout.raw
            self._fill = anonymous(self.row_nbytes)
            self._fill.view(raw.dtype)[:] = self._layout.fill_value.astype(raw.dtype)
        self.addresses[self._rows(leaf)] = _address(self._fill)

    def drop(self, leaf: int) -> None:
        """Note that the rows of a leaf are no longer decoded."""
        self.addresses[self._rows(leaf)] = 0

    def _rows(self, leaf: int) -> slice:
        return slice(leaf * self.size, min((leaf + 1) * self.size, self.length))


def _address(data: Bytes) -> int:
    address: int = data.__array_interface__["data"][0]
    return address
