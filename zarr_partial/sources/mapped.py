"""What a source of mapped chunks has to do."""

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["MISSING", "MappedSource", "stored_nbytes"]

# Instead of a length, where there is nothing.
MISSING = -1


class MappedSource(Protocol):
    """A place whose bytes can lie in memory without being read first; keys are relative to the array."""

    @property
    def folder(self) -> Path:
        """The folder it is in, or is."""

    def map(self, key: str) -> NDArray[np.uint8] | None:
        """Return the bytes at `key`, read-only, in memory that the view keeps alive; None if there are none.

        Raises
        ------
        UnreadableChunkError
            If there is something at `key` that cannot be had.
        """

    def nbytes(self, key: str) -> int:
        """Return the length of the bytes at `key`, -1 if there are none."""

    @property
    def is_packed(self) -> bool:
        """Whether the place itself has packed some of the bytes, as an archive may."""

    def packed_nbytes(self, key: str) -> int | None:
        """Return how many bytes those at `key` are packed in, None if they are not packed.

        `map` unpacks them whole, into memory of this process, which nobody should keep.
        """

    def begin(self, key: str, nbytes: int) -> tuple[int, bytes] | None:
        """Return the length of the bytes at `key`, -1 if there are none, and the first `nbytes` of them.

        None if they cannot be had; `map` has the words for why.
        """


def stored_nbytes(source: MappedSource, key: str) -> int:
    """Return how many bytes are stored at `key`, packed or not, -1 if there are none."""
    packed = source.packed_nbytes(key) if source.is_packed else None
    return source.nbytes(key) if packed is None else packed
