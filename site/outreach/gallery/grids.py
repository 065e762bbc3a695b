"""Which part of an array a fingerprint draws, in numbers: pure arithmetic, no drawing.

A drawing shows one plane: the last two axes, leaving out a short last one such as colour, or other axes
where only those are divided. What lies behind the plane is a number of layers. A small window stands for a
read; the chunks it touches are lit.
"""

from dataclasses import dataclass
from math import ceil, prod

from outreach.gallery.entries import Array

# A last axis this short is colour, ploidy or a vector's components, not a direction one looks along.
SHORT_AXIS = 4
# The window that stands for a read: a fifth of each side, from a point that rarely falls on a chunk's edge.
WINDOW, DOWN_START, ACROSS_START = 0.2, 0.27, 0.53
# More chunks than this on a side are too fine to see; the drawing is then a cut-out from the origin.
MAX_CELLS = {"mark": 14, "card": 28, "drawing": 48}


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the plane, in elements. `length`, `chunk` or `shard` is None where it is not known."""

    name: str
    length: int | None
    chunk: int | None
    shard: int | None
    cells: int
    start: float = ACROSS_START

    @property
    def shown(self) -> int:
        """Elements drawn along this side."""
        end = self.cells * self.chunk if self.chunk else self.length
        return min(end or 1, self.length or end or 1)

    @property
    def count(self) -> int | None:
        """Chunks along this side of the whole array."""
        return ceil(self.length / self.chunk) if self.length and self.chunk else None

    @property
    def is_cut(self) -> bool:
        """Whether the array goes on beyond what is drawn."""
        return self.length is None or self.shown < self.length

    def lines(self, step: int | None) -> tuple[int, ...]:
        """Return where a grid of `step` elements cuts this side, ends left out."""
        return tuple(range(step, self.shown, step)) if step else ()

    @property
    def window(self) -> tuple[int, int]:
        """Start and end of the window, in elements."""
        size = max(1, round(self.shown * WINDOW))
        start = min(int(self.shown * self.start), self.shown - size)
        return start, start + size

    @property
    def lit(self) -> range:
        """The chunks that the window touches, by their number along this side."""
        if not self.chunk:
            return range(0)
        start, end = self.window
        return range(start // self.chunk, (end - 1) // self.chunk + 1)


@dataclass(frozen=True, slots=True)
class Plane:
    """What a fingerprint draws: two sides, and how many layers of chunks lie behind (None: not known)."""

    down: Side
    across: Side
    layers: int | None

    @property
    def is_cut(self) -> bool:
        """Whether only a part of the plane is drawn."""
        return self.down.is_cut or self.across.is_cut


def plane_of(array: Array, size: str) -> Plane | None:
    """Return the plane of `array` to draw, or None if too little is known; `size` is a key of MAX_CELLS."""
    known = array.shape or array.chunks
    if known is None:
        return None
    down, across = _axes(array, known)
    layers = None
    if array.shape and array.chunks:
        others = [axis for axis in range(len(known)) if axis not in (down, across)]
        layers = prod(ceil(array.shape[axis] / array.chunks[axis]) for axis in others)
    flat = Side("", 1, 1, None, 1)
    return Plane(
        flat if down is None else _side(array, down, MAX_CELLS[size], DOWN_START),
        _side(array, across, MAX_CELLS[size], ACROSS_START),
        layers,
    )


def _axes(array: Array, known: tuple[int, ...]) -> tuple[int | None, int]:
    """Return the axes to look at: the last two, or others if only those are divided into chunks."""
    axes = list(range(len(known)))
    if len(axes) > 2 and known[-1] <= SHORT_AXIS:
        axes.pop()
    if array.shape and array.chunks:
        divided = [axis for axis in axes if array.shape[axis] > array.chunks[axis]]
        if len(divided) > 1 and not set(divided) & set(axes[-2:]):
            axes = divided
    return (axes[-2] if len(axes) > 1 else None), axes[-1]


def _side(array: Array, axis: int, most: int, start: float) -> Side:
    length = array.shape[axis] if array.shape else None
    chunk = array.chunks[axis] if array.chunks else None
    shard = array.shards[axis] if array.shards else None
    cells = 1
    if chunk:
        # Where the length is not known, two and a half chunks say that there are more.
        cells = min(most, ceil(length / chunk)) if length else 3
    return Side(array.dims[axis] if array.dims else "", length, chunk, shard, cells, start)
