"""What a source of mapped chunks has to do."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["MISSING", "MappedSource"]

# Instead of a length, where there is nothing.
MISSING = -1


class MappedSource(Protocol):
    """A place whose bytes can lie in memory without being read first; keys are relative to the array."""

    def map(self, key: str) -> NDArray[np.uint8] | None:
        """Return the bytes at `key`, read-only, in memory that the view keeps alive; None if there are none.

        Raises
        ------
        UnreadableChunkError
            If there is something at `key` that cannot be had.
        """

    def nbytes(self, key: str) -> int:
        """Return the length of the bytes at `key`, -1 if there are none."""

    def begin(self, key: str, nbytes: int) -> tuple[int, bytes] | None:
        """Return the length of the bytes at `key`, -1 if there are none, and the first `nbytes` of them.

        None if they cannot be had; `map` has the words for why.
        """
