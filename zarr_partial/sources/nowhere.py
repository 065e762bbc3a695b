"""The source of leaves that are in memory already."""

from pathlib import Path
from typing import NoReturn

__all__ = ["NOWHERE"]


class _Nowhere:
    """A place that nobody asks."""

    is_packed = False

    @property
    def folder(self) -> Path:
        """Raise: there is no such place."""
        raise AssertionError("leaves that were fetched are in no folder")

    def map(self, key: str) -> NoReturn:
        """Raise: what is not there was not asked for in time."""
        raise AssertionError(f"{key!r} was not fetched")

    def nbytes(self, key: str) -> NoReturn:
        """Raise, as `map` does."""
        self.map(key)

    def packed_nbytes(self, key: str) -> NoReturn:
        """Raise, as `map` does."""
        self.map(key)

    def begin(self, key: str, nbytes: int) -> NoReturn:
        """Raise, as `map` does."""
        raise AssertionError(f"{nbytes} bytes of {key!r} were not fetched")


NOWHERE = _Nowhere()
