"""Memory for images of leaves, all of one size, given back to the system when nobody looks at it any more.

A map for each leaf would soon be more maps than the system allows a process; a few large sparse ones,
cut into slots, are few and lie close together, as a gather needs it.
"""

import mmap
import sys
import weakref
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.memory import anonymous_map

__all__ = ["Slots"]

Bytes = NDArray[np.uint8]

# Address space; the kernel makes real what is written to.
SLAB_NBYTES = 1 << 26
# Slots smaller than a page share pages, which stay real: no more of these at a time.
SMALL_SLAB_NBYTES = 1 << 20
# Where NumPy likes items to begin.
ALIGNMENT = 64
# Elsewhere the advice to drop pages may be ignored, or there is none: then each slot is a map of its own.
CAN_DROP_PAGES = sys.platform == "linux"


class Slots:
    """Slots of `nbytes` bytes. One is free again when the last reference to its array is gone.

    Those that are filled as a whole are on large pages, where the system has them: random rows of many
    slots would otherwise spend their time on looking up pages.

    Nothing here takes a lock: the last reference may go anywhere, also where a lock is held.
    """

    def __init__(self, nbytes: int, *, are_filled: bool) -> None:
        self._nbytes = nbytes
        self._are_filled = are_filled
        self._is_small = nbytes < mmap.PAGESIZE
        step = ALIGNMENT if self._is_small else mmap.PAGESIZE
        self._stride = -(-nbytes // step) * step
        room = SMALL_SLAB_NBYTES if self._is_small else SLAB_NBYTES if CAN_DROP_PAGES else 0
        self._per_slab = max(1, room // self._stride)
        self._free: list[tuple[mmap.mmap, int]] = []

    def take(self) -> Bytes:
        """Return a slot; what is in it is undefined."""
        try:
            slab, begin = self._free.pop()
        except IndexError:
            slab = anonymous_map(self._per_slab * self._stride, is_sparse=True)
            if self._are_filled and not self._is_small and hasattr(mmap, "MADV_HUGEPAGE"):
                # A kernel may be built without them.
                with suppress(OSError):
                    slab.madvise(mmap.MADV_HUGEPAGE)
            begins = range(self._stride * (self._per_slab - 1), 0, -self._stride)
            self._free.extend((slab, begin) for begin in begins)
            begin = 0
        slot: Bytes = np.frombuffer(slab, dtype=np.uint8, count=self._nbytes, offset=begin)
        # Of another kind than `slot`, so that views of it keep `slot` itself alive, not just the map.
        held: Any = memoryview(slot)
        weakref.finalize(slot, self._give_back, slab, begin).atexit = False
        return np.frombuffer(held, dtype=np.uint8)

    def _give_back(self, slab: mmap.mmap, begin: int) -> None:
        if self._per_slab == 1:
            return
        # What is filled as a whole is filled again, by the next leaf: its pages are as many as that needs.
        if not self._is_small and not self._are_filled:
            slab.madvise(mmap.MADV_DONTNEED, begin, self._stride)
        self._free.append((slab, begin))
