"""An open array that is compared with its source before, between and after the timed calls."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .data import Scale, source_rows, warm
from .readers import Reader

ROWS_PER_SAMPLE = 256

# Timed rows and checked rows come from different seeds: a check must not prepare what is timed.
TIMED_SEED = 1
CHECKED_SEED = 2


class WrongValuesError(Exception):
    """A reader returned something else than the source holds; a fast wrong answer is no result."""


class CheckedArray:
    """The array at `path` opened by `reader`, and a seeded supply of random places to read."""

    def __init__(self, reader: Reader, path: Path, scale: Scale) -> None:
        self.reader = reader
        self.source = source_rows(scale)
        self.random = np.random.default_rng(TIMED_SEED)
        self.slab_rows = scale.slab_rows
        # The reader first: one that is not there is skipped before any file is read.
        self.array = reader.open(path)
        warm(path)
        self._check_other_rows()

    def _check_other_rows(self) -> None:
        indices = np.random.default_rng(CHECKED_SEED).integers(0, len(self.source), ROWS_PER_SAMPLE)
        self.check(self.reader.rows(self.array, indices), indices)
        self.check(self.reader.row(self.array, int(indices[0])), int(indices[0]))
        slab = slice(int(indices[1]), int(indices[1]) + 1)
        self.check(self.array[slab], slab)

    def fresh_rows(self) -> NDArray[np.int64]:
        """Return 256 row numbers that no call before was asked for, save by chance."""
        return self.random.integers(0, len(self.source), ROWS_PER_SAMPLE)

    def fresh_slab(self) -> slice:
        """Return a slice of consecutive rows that begins anywhere, rarely at the edge of a chunk."""
        start = int(self.random.integers(0, len(self.source) - self.slab_rows))
        return slice(start, start + self.slab_rows)

    def check(self, found: Any, selection: Any) -> None:
        """Raise WrongValuesError unless `found` is the source at `selection`, in value, shape and dtype."""
        expected = np.asarray(self.source[selection])
        if not isinstance(found, np.ndarray):
            raise WrongValuesError(f"expected an array, found {type(found).__name__}")
        if (found.shape, found.dtype) != (expected.shape, expected.dtype):
            raise WrongValuesError(
                f"expected {expected.dtype}{list(expected.shape)}, found {found.dtype}{list(found.shape)}"
            )
        if not np.array_equal(found, expected):
            differing = int(np.sum(found != expected))
            raise WrongValuesError(f"expected the source's values, found {differing} of {found.size} others")

    def close(self) -> None:
        """Give the reader's resources back."""
        self.reader.close(self.array)
