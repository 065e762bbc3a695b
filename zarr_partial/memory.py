"""Anonymous memory for decoded units and fill values.

Never from the heap: heap and maps lie tens of TiB apart, too far for one gather. Never shared: a
forked child and its parent would decode into the same bytes.
"""

import mmap
import sys

import numpy as np
from numpy.typing import NDArray

__all__ = ["anonymous", "anonymous_map"]


def anonymous(nbytes: int, *, is_sparse: bool = False) -> NDArray[np.uint8]:
    """Return `nbytes` zeros, page-aligned, private to this process, made real by the kernel when touched.

    Sparse memory, of which little will be touched, may be more than the machine has.
    """
    return np.frombuffer(anonymous_map(nbytes, is_sparse=is_sparse), dtype=np.uint8)


def anonymous_map(nbytes: int, *, is_sparse: bool) -> mmap.mmap:
    """Return such memory as the map that it is."""
    if sys.platform == "win32":
        return mmap.mmap(-1, nbytes)
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    if is_sparse:
        flags |= getattr(mmap, "MAP_NORESERVE", 0)
    return mmap.mmap(-1, nbytes, flags=flags)
