"""Runs of neighbouring indices along the one axis of an array, of any lengths: the rows of a CSR matrix.

Whoever knows nothing of them sees the indices one by one; whoever does is spared a vector as long as the
result, and its sorting.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.selection import Points, Selection

__all__ = ["Stretches", "listed", "stretches_of"]

Integers = NDArray[np.int64]


class Stretches(Points):
    """Indices `starts` up to `stops`, run by run, all within the axis; runs may overlap, in any order.

    Runs without indices are left out, and those that continue the run before them become one with it.
    """

    __slots__ = ("starts", "stops")

    starts: Integers
    stops: Integers

    def __init__(self, starts: Integers, stops: Integers) -> None:
        kept = stops > starts
        starts, stops = starts[kept], stops[kept]
        apart = starts[1:] != stops[:-1]
        if starts.size and not apart.all():
            starts = starts[np.append(True, apart)]
            stops = stops[np.append(apart, True)]
        object.__setattr__(self, "starts", starts)
        object.__setattr__(self, "stops", stops)

    def __getattr__(self, name: str) -> Any:
        # The slot of `Points` stays empty until somebody asks for it.
        if name != "values":
            raise AttributeError(name)
        values = listed(self.starts, self.stops - self.starts)
        object.__setattr__(self, "values", values)
        return values

    @property
    def count(self) -> int:
        """How many indices there are."""
        return int((self.stops - self.starts).sum())

    @property
    def first(self) -> int:
        """The first index."""
        return int(self.starts[0])

    def places(self, size: int) -> tuple[Integers, Integers, Integers]:
        """Return the runs, cut at the edges of leaves of `size`: leaf, first element in it, how many."""
        leaves, lasts = self.starts // size, (self.stops - 1) // size
        if np.array_equal(leaves, lasts):
            return leaves, self.starts - leaves * size, self.stops - self.starts
        parts = lasts - leaves + 1
        at = np.repeat(np.arange(parts.size), parts)
        leaves = listed(leaves, parts)
        begins = np.maximum(self.starts[at], leaves * size)
        return leaves, begins - leaves * size, np.minimum(self.stops[at], (leaves + 1) * size) - begins


def stretches_of(selection: object) -> Stretches | None:
    """Return the runs of a selection that is one of runs."""
    if isinstance(selection, Selection) and len(selection.axes) == 1:
        (axis,) = selection.axes
        return axis if isinstance(axis, Stretches) else None
    return None


def listed(starts: Integers, counts: Integers) -> Integers:
    """Return `counts` integers from each of the `starts` on, run by run."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if ends.size else 0
    return np.repeat(starts - (ends - counts), counts) + np.arange(total, dtype=np.int64)
