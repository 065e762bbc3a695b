"""Leaves that were fetched for one read, as the reader of resident chunks wants them."""

import mmap
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Raw
from zarr_partial.access.blosc import Frame
from zarr_partial.layout import Layout, LeafName
from zarr_partial.memory import anonymous
from zarr_partial.resident import Encoded, ResidentChunks
from zarr_partial.sources.nowhere import NOWHERE

__all__ = ["FetchedLeaves", "blank_images"]

Bytes = NDArray[np.uint8]
PAGE_NBYTES = mmap.PAGESIZE


class FetchedLeaves(ResidentChunks):
    """The leaves that one read needs: encoded bytes in memory, real where they were fetched.

    Parameters
    ----------
    layout : Layout
    leaves : mapping of int to bytes or None
        By number; None for the missing ones.
    frames : mapping of int to Frame
        Blosc headers that are known already.
    """

    def __init__(
        self, layout: Layout, leaves: Mapping[int, Bytes | None], frames: Mapping[int, Frame]
    ) -> None:
        super().__init__(layout, NOWHERE)
        self._leaves = leaves
        self._known = frames

    def leaf(self, number: int) -> Bytes | None:
        """Return the encoded bytes of a leaf, or None if it is missing."""
        data = self._leaves[number]
        if data is not None and isinstance(self.layout.leaf, Raw):
            self.raw.check(data.size, LeafName(self.layout, number))
        return data

    def leaves(self, numbers: NDArray[np.int64]) -> list[Encoded]:
        """Return the encoded bytes of many leaves."""
        return [self.leaf(number) for number in numbers.tolist()]

    def leaves_at(self, places: Iterable[tuple[int, int, int]]) -> list[Encoded]:
        """Return the encoded bytes of the leaves at `places`; their numbers come first."""
        return [self.leaf(number) for number, _, _ in places]

    def frame(self, number: int, data: Bytes) -> Frame:
        """Return the Blosc header of a leaf."""
        frame = self._known.get(number)
        return super().frame(number, data) if frame is None else frame

    def is_kept(self, number: int) -> bool:  # noqa: ARG002 - as in the class that it extends
        """Whether the leaf stays in memory as long as this object does: all do."""
        return True

    def map_shards(self, numbers: NDArray[np.int64]) -> None:
        """There is nothing to map."""

    def _fill_table(self, number: int) -> None:
        """Leaves are looked up one by one."""


def blank_images(sizes: Sequence[int]) -> list[Bytes]:
    """Return zeros of these sizes, each on pages of its own that the kernel makes real when they are touched.

    They lie together, so that one gather reaches them all.
    """
    begins = np.cumsum([0, *(-(-size // PAGE_NBYTES) * PAGE_NBYTES for size in sizes)]).tolist()
    if not begins[-1]:
        return [np.empty(0, dtype=np.uint8) for _ in sizes]
    arena = anonymous(begins[-1], is_sparse=True)
    return [arena[begin : begin + size] for begin, size in zip(begins, sizes, strict=False)]
