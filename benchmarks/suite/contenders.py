"""What races for the targets: readers, reads into an output, numpy.take in memory, the bare decode."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bare import BareDecode, OwnThreadsOff
from .data import Scale, evict
from .readers import Reader


class Reads:
    """`reader` on the array at `path`, one call for each place."""

    def __init__(self, reader: Reader, path: Path) -> None:
        self.reader = reader
        self.array = reader.open(path)

    def prepare(self, places: list[Any]) -> None:
        """Choose the call for these places."""
        self.places = places
        self.ask = self.reader.rows if isinstance(places[0], np.ndarray) else self.reader.read

    def run(self) -> list[Any]:
        """Return the answers."""
        ask, array = self.ask, self.array
        return [ask(array, place) for place in self.places]

    def close(self) -> None:
        """Close the array."""
        self.reader.close(self.array)


class FirstReads(Reads):
    """`reader` on an array that is opened anew before each round, so that nothing of it is known."""

    def __init__(self, reader: Reader, path: Path) -> None:
        self.path = path
        super().__init__(reader, path)

    def prepare(self, places: list[Any]) -> None:
        """Open the array anew; opening is not timed."""
        self.close()
        self.array = self.reader.open(self.path)
        super().prepare(places)


class LaterReads(Reads):
    """`reader` on an array of which `rows` were read before, so that it may know all indexes and headers."""

    def __init__(self, reader: Reader, path: Path, rows: NDArray[np.int64]) -> None:
        super().__init__(reader, path)
        reader.rows(self.array, rows)


class ColdReads(Reads):
    """`reader` on an array of which no page is in memory: opened anew and evicted before each round."""

    def __init__(self, reader: Reader, path: Path) -> None:
        self.path = path
        super().__init__(reader, path)

    def prepare(self, places: list[Any]) -> None:
        """Forget the array, so that nobody has its pages mapped, and let the kernel forget it too."""
        self.close()
        evict(self.path)
        self.array = self.reader.open(self.path)
        super().prepare(places)


class Into:
    """One call that fills an output which is there already: `call(rows, out=out)`."""

    def __init__(
        self, call: Callable[..., object], out: NDArray[Any], close: Callable[[], object] | None = None
    ) -> None:
        self.call, self.out, self.close_array = call, out, close

    def prepare(self, places: list[Any]) -> None:
        """Spoil the output, so that nothing of the round before passes for an answer."""
        (self.rows,) = places
        self.out.fill(-1)

    def run(self) -> list[Any]:
        """Return the output."""
        self.call(self.rows, out=self.out)
        return [self.out]

    def close(self) -> None:
        """Close what `call` reads from."""
        if self.close_array is not None:
            self.close_array()


class Takes:
    """numpy.take on an array in memory."""

    def __init__(self, source: NDArray[Any]) -> None:
        self.source = source

    def prepare(self, places: list[Any]) -> None:
        """Take the one vector of rows."""
        (self.rows,) = places

    def run(self) -> list[Any]:
        """Return the rows."""
        return [np.take(self.source, self.rows, axis=0)]

    def close(self) -> None:
        """Hold no resource."""


class Decodes:
    """The bare decode of the units that one vector of rows touches."""

    def __init__(self, path: Path, layout: str, scale: Scale, threads: int) -> None:
        self.bare = BareDecode(path, layout, scale, threads)

    def prepare(self, places: list[Any]) -> None:
        """Find the units and bring their bytes into memory."""
        (rows,) = places
        self.units = self.bare.units(rows)

    def run(self) -> None:
        """Decode them."""
        with OwnThreadsOff():
            self.bare.decode(self.units)

    def close(self) -> None:
        """End the threads."""
        self.bare.close()
