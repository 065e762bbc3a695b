"""An open array whose every answer is compared with its source, and a seeded supply of places to read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .data import warm
from .readers import Reader

# Timed places and checked places come from different seeds: a check must not prepare what is timed.
TIMED_SEED = 1
CHECKED_SEED = 2
CHECKED_PLACES = 8

# Draws selections that the source, a NumPy array, and the readers understand alike.
type Draw = Callable[[np.random.Generator], list[Any]]


class WrongValuesError(Exception):
    """A reader returned something else than the source holds; a fast wrong answer is no result."""


def check(found: Any, expected: NDArray[Any]) -> None:
    """Raise WrongValuesError unless `found` is `expected`, in value, shape and dtype; sparse as dense."""
    if hasattr(found, "toarray"):
        found = found.toarray()
    if not isinstance(found, np.ndarray):
        raise WrongValuesError(f"expected an array, found {type(found).__name__}")
    if (found.shape, found.dtype) != (expected.shape, expected.dtype):
        raise WrongValuesError(
            f"expected {expected.dtype}{list(expected.shape)}, found {found.dtype}{list(found.shape)}"
        )
    if not np.array_equal(found, expected):
        differing = int(np.sum(found != expected))
        raise WrongValuesError(f"expected the source's values, found {differing} of {found.size} others")


def read(reader: Reader, array: Any, selection: Any) -> NDArray[Any]:
    """Return what `reader` finds at `selection`: a vector of row numbers, or any basic selection."""
    ask = reader.rows if isinstance(selection, np.ndarray) else reader.read
    return ask(array, selection)


class CheckedArray:
    """The array at `path`, opened by `reader`, proved right at places of `draw` that are not timed."""

    def __init__(self, reader: Reader, path: Path, source: NDArray[Any], draw: Draw) -> None:
        self.source = source
        self.draw = draw
        self.random = np.random.default_rng(TIMED_SEED)
        # The reader first: one that is not there is skipped before any file is read.
        self.array = reader.open(path)
        warm(path)
        self.check_places(lambda place: read(reader, self.array, place))

    def check_places(self, ask: Callable[[Any], Any]) -> None:
        """Compare what `ask` finds at other places than the timed ones with the source."""
        for place in self.draw(np.random.default_rng(CHECKED_SEED))[:CHECKED_PLACES]:
            check(ask(place), np.asarray(self.source[place]))

    def fresh(self) -> list[Any]:
        """Return places that no call before was asked for, save by chance."""
        return self.draw(self.random)

    def check_all(self, found: list[Any], places: list[Any]) -> None:
        """Raise WrongValuesError unless `found` is what the source holds at `places`."""
        if len(found) != len(places):
            raise WrongValuesError(f"expected {len(places)} answers, found {len(found)}")
        for answer, place in zip(found, places, strict=True):
            check(answer, np.asarray(self.source[place]))
