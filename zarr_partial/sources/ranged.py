"""What a source of byte ranges has to do: fetch many of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["RangedSource", "Request"]

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Request:
    """Bytes `start` up to `stop` of the value at `key`; a negative `start` counts from its end.

    Attributes
    ----------
    key : str
        Relative to the array.
    start : int
    stop : int or None
        None for the end of the value.
    """

    key: str
    start: int = 0
    stop: int | None = None

    @property
    def nbytes(self) -> int | None:
        """How many bytes are asked for; None for all that there are from `start` on."""
        if self.start < 0:
            return -self.start
        return None if self.stop is None else self.stop - self.start

    def __str__(self) -> str:
        if self.start < 0:
            return f"the last {-self.start} bytes"
        if self.stop is None:
            return "all bytes" if self.start == 0 else f"the bytes from {self.start} on"
        return f"bytes {self.start} to {self.stop - 1}"


class RangedSource(Protocol):
    """A place from which byte ranges are fetched into memory, many at once."""

    def fetch(self, requests: Sequence[Request]) -> list[Bytes | None]:
        """Return what each request asks for; None where there is no such key.

        A value that ends before a range does gives fewer bytes, perhaps none.

        Raises
        ------
        UnreadableChunkError
            If a request fails; the others are given up. The error names key, range and cause.
        ChangedError
            If the place can tell that a value was replaced since it was first looked at.
        """

    async def fetch_async(self, requests: Sequence[Request]) -> list[Bytes | None]:
        """Do as `fetch`, without blocking the event loop; cancelling gives all requests up."""
