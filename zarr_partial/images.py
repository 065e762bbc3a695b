"""Leaves that are decoded in parts: how they are cut into units, and which of these are there."""

import threading
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["ABSENT", "COMING", "THERE", "Claim", "Image", "Mask", "Units", "Want"]

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]

# States of a unit.
ABSENT, COMING, THERE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Units:
    """How a leaf is cut: `nblocks` units of `blocksize` decoded bytes, of which the last may be shorter."""

    nbytes: int
    blocksize: int

    @property
    def nblocks(self) -> int:
        """How many units there are."""
        return -(-self.nbytes // self.blocksize)

    def count_bytes(self, chosen: Mask) -> int:
        """Return the decoded bytes of the chosen units."""
        short = self.nblocks * self.blocksize - self.nbytes
        return int(np.count_nonzero(chosen)) * self.blocksize - (short if chosen[-1] else 0)


@dataclass(slots=True, eq=False)
class Image:
    """A leaf, decoded as far as somebody wanted it; `data` is None if it is missing."""

    units: Units
    data: Bytes | None
    states: NDArray[np.uint8]
    last_used: int = 0
    is_complete: bool = False
    # Of the units that are there, and of those being decoded too.
    nbytes: int = 0
    claims: "list[Claim]" = field(default_factory=list)

    @property
    def is_missing(self) -> bool:
        """Whether there is no such leaf, which takes no bytes."""
        return self.data is None

    def fitted(self, chosen: Mask | None) -> Mask:
        """Return what is wanted of the leaf, in these units: somebody else may have cut it otherwise.

        A leaf that one reader takes for missing and another is fetching is wanted until it proves missing.
        """
        is_cut_alike = chosen is not None and chosen.size == self.states.size
        return chosen if chosen is not None and is_cut_alike else np.ones(self.states.size, np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class Want:
    """Units of a leaf that a read touches; `units` and `chosen` are None if the leaf is missing."""

    leaf: int
    units: Units | None
    chosen: Mask | None


@dataclass(slots=True, eq=False)
class Claim:
    """Units of a leaf that one thread decodes, into `image.data`, more perhaps than somebody wants."""

    leaf: int
    image: Image
    chosen: Mask
    wanted: Mask
    is_missing: bool = False
    over: threading.Event = field(default_factory=threading.Event)
