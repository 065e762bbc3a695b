"""How virtual chunks lie in the chunk that they are parts of. Pure: numbers in, numbers out."""

import math
import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Raw
from zarr_partial.errors import VirtualChunksError
from zarr_partial.fetching.needs import merged
from zarr_partial.words import times

__all__ = ["MOST_NAMED", "Division", "check_divides", "contiguous_shapes", "parse_chunks"]

Integers = NDArray[np.int64]

MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class Division:
    """A leaf of shape `leaf` cut into virtual chunks of shape `chunk`, which divides it.

    Attributes
    ----------
    leaf, chunk : tuple of int
    raw : Raw or None
        What the leaf decodes to; None if it is not cut, so that nobody need know.
    """

    leaf: tuple[int, ...]
    chunk: tuple[int, ...]
    raw: Raw | None

    @property
    def counts(self) -> tuple[int, ...]:
        """Virtual chunks of a leaf along each axis."""
        return tuple(whole // part for whole, part in zip(self.leaf, self.chunk, strict=True))

    @property
    def is_whole(self) -> bool:
        """Whether leaves are not cut at all."""
        return self.leaf == self.chunk

    @property
    def nbytes(self) -> int:
        """Decoded bytes of a virtual chunk."""
        return math.prod(self.chunk) * self._cut.dtype.itemsize

    @property
    def is_contiguous(self) -> bool:
        """Whether the decoded bytes of a virtual chunk lie together in the leaf."""
        extent = self._cut.dtype.itemsize
        for axis in _from_fastest(self._cut):
            if self.chunk[axis] > 1 and self._cut.strides[axis] != extent:
                return False
            extent *= self.chunk[axis]
        return True

    @property
    def _cut(self) -> Raw:
        assert self.raw is not None, "a leaf that is cut has elements of a known layout"
        return self.raw

    def split(self, at: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the leaf that holds the virtual chunk at these coordinates, and where in the leaf it is."""
        both = [divmod(index, count) for index, count in zip(at, self.counts, strict=True)]
        return tuple(leaf for leaf, _ in both), tuple(within for _, within in both)

    def offset(self, within: Sequence[Any]) -> Any:
        """Return the first decoded byte of the virtual chunk at `within`, numbers or arrays of them."""
        steps = zip(within, self.chunk, self._cut.strides, strict=True)
        return sum((index * size * stride for index, size, stride in steps), start=0)

    def box(self, within: tuple[int, ...]) -> tuple[slice, ...]:
        """Return the virtual chunk at `within` as a selection of the leaf."""
        return tuple(
            slice(index * size, (index + 1) * size) for index, size in zip(within, self.chunk, strict=True)
        )

    def ranges(self, within: tuple[int, ...], gap: int) -> tuple[Integers, Integers]:
        """Return the bytes of a virtual chunk as ranges of the leaf; those within `gap` bytes are one."""
        firsts, stops = np.zeros(1, dtype=np.int64), np.full(1, self._cut.dtype.itemsize, dtype=np.int64)
        for axis in _from_fastest(self._cut):
            stride = self._cut.strides[axis]
            if firsts.size == 1 and stride - int(stops[0] - firsts[0]) <= gap:
                # One range from end to end: nothing has to be listed.
                stops = stops + (self.chunk[axis] - 1) * stride
                continue
            steps = np.arange(self.chunk[axis]) * stride
            firsts, stops = merged(
                np.add.outer(steps, firsts).ravel(), np.add.outer(steps, stops).ravel(), gap
            )
        begin = self.offset(within)
        return firsts + begin, stops + begin

    def in_stored_order(self, elements: NDArray[Any]) -> bytes:
        """Return the bytes of a virtual chunk, its axes in the order of those of the leaf."""
        return elements.transpose(_from_fastest(self._cut)[::-1]).tobytes()


def parse_chunks(
    chunks: int | Sequence[int], shape: tuple[int, ...], leaf: tuple[int, ...]
) -> tuple[int, ...]:
    """Return `chunks` with a length for every axis of an array of `shape`; those left out are of `leaf`.

    Raises
    ------
    TypeError
        If a length is no integer.
    VirtualChunksError
        If there are more lengths than axes, or one is less than 1.
    """
    # Text is a sequence, too, and a bool an integer.
    given: tuple[Any, ...] = tuple(chunks) if isinstance(chunks, Sequence | np.ndarray) else (chunks,)
    if any(isinstance(length, str | bytes | bool | np.bool_) for length in given) or not all(
        hasattr(length, "__index__") for length in given
    ):
        raise TypeError(f"expected lengths of chunks as integers, such as (1000, 50), found {chunks!r}")
    lengths = tuple(map(operator.index, given))
    if len(lengths) > len(shape):
        raise VirtualChunksError(
            f"expected at most {len(shape)} lengths, one for each axis of the array of shape "
            f"({', '.join(map(str, shape))}), found {len(lengths)}; leave {len(lengths) - len(shape)} out"
        )
    for axis, length in enumerate(lengths):
        if length < 1:
            raise VirtualChunksError(
                f"expected chunks of at least 1 along every axis, found {length} along axis {axis}; "
                "leave the last axes out to keep the chunks that they have"
            )
    return lengths + leaf[len(lengths) :]


def check_divides(chunks: tuple[int, ...], leaf: tuple[int, ...]) -> None:
    """Raise `VirtualChunksError` unless `chunks` divide the leaf along every axis."""
    near = [_nearest_divisors(part, whole) for part, whole in zip(chunks, leaf, strict=True)]
    for axis, (part, whole) in enumerate(zip(chunks, leaf, strict=True)):
        if whole % part:
            nearest = tuple(divisors[0] for divisors in near)
            lengths = near[axis][:MOST_NAMED]
            raise VirtualChunksError(
                f"expected chunks that divide those of the array, {times(leaf)}, found {times(chunks)}: "
                f"{part} does not divide {whole} along axis {axis}; "
                f"take one of {', '.join(map(str, sorted(lengths)))}",
                possible=[(*nearest[:axis], length, *nearest[axis + 1 :]) for length in lengths],
            )


def contiguous_shapes(raw: Raw, unit_nbytes: int = 1) -> list[tuple[int, ...]]:
    """Return the shapes of virtual chunks whose bytes lie together, and are whole units of `unit_nbytes`.

    The smallest comes first, the chunk as it is last.
    """
    found: dict[tuple[int, ...], int] = {}
    shape = [1] * len(raw.shape)
    nbytes = raw.dtype.itemsize
    for axis in _from_fastest(raw):
        for length in _divisors(raw.shape[axis]):
            if nbytes * length % unit_nbytes == 0:
                found[(*shape[:axis], length, *shape[axis + 1 :])] = nbytes * length
        shape[axis] = raw.shape[axis]
        nbytes *= raw.shape[axis]
    found[raw.shape] = raw.nbytes
    return sorted(found, key=lambda chunk: (found[chunk], chunk))


def _from_fastest(raw: Raw) -> list[int]:
    """Return the axes from the fastest to the slowest; of axes of length 1 any order is true."""
    return sorted(range(len(raw.shape)), key=lambda axis: (raw.strides[axis], raw.shape[axis] != 1, -axis))


def _nearest_divisors(part: int, whole: int) -> list[int]:
    return sorted(_divisors(whole), key=lambda divisor: abs(math.log(divisor / part)))


def _divisors(number: int) -> Iterator[int]:
    small = [candidate for candidate in range(1, math.isqrt(number) + 1) if number % candidate == 0]
    yield from small
    yield from (number // candidate for candidate in reversed(small) if candidate * candidate != number)
