"""Where the benchmarks read: seeded draws of rows, patches and series, the same for every reader."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .checked import Draw
from .data import Scale, Shape

BATCH_ROWS = 256
MANY_ROWS = 8_192
COLD_ROWS = 1_024
REMOTE_ROWS = 64
PATCHES = 8
SERIES = 8


def batch(scale: Scale, rows: int = BATCH_ROWS) -> Draw:
    """Draw one vector of `rows` random row numbers."""
    return lambda random: [random.integers(0, scale.rows, rows)]


def one_by_one(scale: Scale, kind: type[Any] = int) -> Draw:
    """Draw 256 random row numbers, each an integer of `kind` to be asked for on its own."""
    return lambda random: list(map(kind, random.integers(0, scale.rows, BATCH_ROWS).tolist()))


def slab(scale: Scale) -> Draw:
    """Draw consecutive rows that begin anywhere, rarely at the edge of a chunk."""

    def draw(random: np.random.Generator) -> list[Any]:
        start = int(random.integers(0, scale.rows - scale.slab_rows))
        return [slice(start, start + scale.slab_rows)]

    return draw


def everything(_random: np.random.Generator) -> list[Any]:
    """Draw the whole array."""
    return [...]


def patches(scale: Scale) -> Draw:
    """Draw boxes of the size of a patch from anywhere in the volume."""

    def draw(random: np.random.Generator) -> list[Any]:
        corners = _corners(random, scale.volume, scale.patch, PATCHES)
        return [
            tuple(slice(at, at + length) for at, length in zip(corner, scale.patch, strict=True))
            for corner in corners.tolist()
        ]

    return draw


def series(scale: Scale) -> Draw:
    """Draw points of the map, each with all its times."""

    def draw(random: np.random.Generator) -> list[Any]:
        points = _corners(random, scale.cube, (1, 1, 1), SERIES)
        return [(slice(None), latitude, longitude) for _, latitude, longitude in points.tolist()]

    return draw


def _corners(random: np.random.Generator, shape: Shape, size: Shape, count: int) -> NDArray[np.int64]:
    return random.integers(0, np.subtract(shape, size) + 1, (count, len(shape)))


def of_every_chunk(scale: Scale) -> NDArray[np.int64]:
    """Return one row of every chunk: a read of them learns all that there is to learn of the array."""
    return np.arange(0, scale.rows, scale.chunk_rows)
