"""The source of leaves that are in memory already."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["NOWHERE"]


class _Nowhere:
    """A place that nobody asks."""

    def map(self, key: str) -> NDArray[np.uint8] | None:
        """Raise: what is not there was not asked for in time."""
        raise AssertionError(f"{key!r} was not fetched")

    def nbytes(self, key: str) -> int:
        """Raise, as `map` does."""
        raise AssertionError(f"{key!r} was not fetched")

    def begin(self, key: str, nbytes: int) -> tuple[int, bytes] | None:
        """Raise, as `map` does."""
        raise AssertionError(f"{nbytes} bytes of {key!r} were not fetched")


NOWHERE = _Nowhere()
