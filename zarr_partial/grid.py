"""A regular grid of chunks: numbers, coordinates, keys' worth of arithmetic and nothing else."""

import math
from dataclasses import dataclass

__all__ = ["Grid"]


@dataclass(frozen=True, slots=True)
class Grid:
    """Chunks of one shape, `counts` along each axis; the last ones may reach beyond the array.

    Numbers follow C order and are Python integers: a grid may have more than 2**64 chunks.
    """

    chunk_shape: tuple[int, ...]
    counts: tuple[int, ...]

    @property
    def nchunks(self) -> int:
        """Chunks of the grid, missing ones included."""
        return math.prod(self.counts)

    @property
    def strides(self) -> tuple[int, ...]:
        """From the number of a chunk to that of its neighbour along each axis."""
        strides = [1] * len(self.counts)
        for axis in reversed(range(len(self.counts) - 1)):
            strides[axis] = strides[axis + 1] * self.counts[axis + 1]
        return tuple(strides)

    def coordinates(self, number: int) -> tuple[int, ...]:
        """Return where in the grid the chunk of this number lies."""
        reversed_coordinates = []
        for count in reversed(self.counts):
            number, index = divmod(number, count)
            reversed_coordinates.append(index)
        return tuple(reversed(reversed_coordinates))

    def number(self, coordinates: tuple[int, ...]) -> int:
        """Return the number of the chunk at these coordinates."""
        number = 0
        for index, count in zip(coordinates, self.counts, strict=True):
            number = number * count + index
        return number
