"""In which order rows come: a pure function of the seed, the epoch and what the loader was told.

An epoch is one sequence of all rows. Each rank takes a stretch of it and cuts that into batches, so no two
ranks share a row and none is lost. How rows are read, by whom and how many at once, changes nothing.
"""

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Epoch", "Order", "Rows"]

Integers = NDArray[np.int64]
# Consecutive rows are a slice: they are read without a list of their numbers.
Rows = slice | Integers

# Each kind of draw of an epoch has random numbers of its own.
OF_ROWS, OF_BLOCKS, IN_BUFFER, IN_BLOCK = range(4)
# Enough to tell another permutation from this one.
CHECKED_ROWS = 1024


@dataclass(frozen=True, slots=True)
class Order:
    """What decides the order of rows.

    Attributes
    ----------
    rows : int
        How many there are.
    batch_size : int
        Rows of a batch; the last one of an epoch may have fewer.
    shuffle : bool
    block : int or None
        Consecutive rows that stay close to each other; None for a permutation of all rows.
    buffer : int
        How many blocks are shuffled together.
    seed : int
    drop_last : bool
        Whether every rank has the same number of batches, all of them full.
    rank, world_size : int
        Which stretch of an epoch, of how many.
    """

    rows: int
    batch_size: int
    shuffle: bool
    block: int | None
    buffer: int
    seed: int
    drop_last: bool
    rank: int
    world_size: int

    @property
    def stretch(self) -> tuple[int, int]:
        """Where in the sequence of an epoch the rows of this rank begin and end."""
        if self.drop_last:
            share = self.rows // self.world_size // self.batch_size * self.batch_size
            return self.rank * share, (self.rank + 1) * share
        return self.rows * self.rank // self.world_size, self.rows * (self.rank + 1) // self.world_size

    @property
    def batches(self) -> int:
        """Batches of this rank in an epoch."""
        start, stop = self.stretch
        return -(-(stop - start) // self.batch_size)

    @property
    def buffer_batches(self) -> int:
        """Batches that are drawn from one buffer of blocks; a buffer ends where a batch ends."""
        return -(-(self.block or 1) * self.buffer // self.batch_size)

    def facts(self) -> dict[str, Any]:
        """Return what all ranks have in common, as a state records it."""
        names = ("rows", "batch_size", "shuffle", "block", "buffer", "seed", "drop_last", "world_size")
        return {name: getattr(self, name) for name in names}


class Epoch:
    """The sequence of one epoch, and the part of it that one rank reads.

    A permutation of all rows takes 4 bytes a row (8 from 2**31 rows on), one of blocks next to nothing.
    """

    def __init__(self, order: Order, number: int) -> None:
        self.order = order
        self.number = number
        self._mixed: tuple[int, Integers] = (-1, np.empty(0, dtype=np.int64))
        kind = np.int32 if order.rows < 2**31 else np.int64
        if order.shuffle and order.block is None:
            self._rows = self._random(OF_ROWS).permutation(np.arange(order.rows, dtype=kind))
        elif order.shuffle:
            size = order.block or 1
            self._blocks = self._random(OF_BLOCKS).permutation(-(-order.rows // size))
            # Only the last one of the array is shorter.
            self._sizes = np.minimum(size, order.rows - self._blocks * size)
            # Where in the sequence each begins.
            self._begins = np.cumsum(self._sizes) - self._sizes

    def _random(self, *what: int) -> np.random.Generator:
        # PCG64 by name: what `default_rng` is may change with NumPy. The seed comes last, it may be long.
        return np.random.Generator(
            np.random.PCG64([self.number, *what, *[0] * (2 - len(what)), self.order.seed])
        )

    def batches(self, first: int, last: int) -> Rows:
        """Return the rows of the batches from `first` up to `last`, one after the other."""
        begin, end = self.order.stretch
        size = self.order.batch_size
        start, stop = begin + first * size, min(begin + last * size, end)
        if not self.order.shuffle:
            return slice(start, stop)
        if self.order.block is None:
            return self._rows[start:stop].astype(np.int64)
        per_buffer = self.order.buffer_batches
        found = []
        for buffer in range(first // per_buffer, -(-last // per_buffer)):
            origin = begin + buffer * per_buffer * size
            mixed = self._buffer(origin, min(origin + per_buffer * size, end))
            found.append(mixed[max(0, start - origin) : stop - origin])
        return np.concatenate(found) if len(found) > 1 else found[0]

    def _buffer(self, start: int, stop: int) -> Integers:
        """Return the rows between two places of the sequence of blocks, mixed."""
        at, rows = self._mixed
        if at != start:
            rows = self._random(IN_BUFFER, start).permutation(self._in_blocks(start, stop))
            self._mixed = start, rows
        return rows

    def _in_blocks(self, start: int, stop: int) -> Integers:
        """Return the rows between two places of the sequence of blocks."""
        places = np.arange(start, stop, dtype=np.int64)
        # A block of no rows does not exist, so every place lies in the last one that begins before it.
        which = np.searchsorted(self._begins, places, side="right") - 1
        within = places - self._begins[which]
        for edge in {int(which[0]), int(which[-1])}:
            begin, size = self._begins[edge], self._sizes[edge]
            if begin < start or begin + size > stop:
                # Cut in order, its first rows would always come earlier than its last ones.
                cut = which == edge
                within[cut] = self._random(IN_BLOCK, edge).permutation(size)[within[cut]]
        rows: Integers = self._blocks[which] * (self.order.block or 1) + within
        return rows

    def check(self) -> int:
        """Return a checksum of the beginning of the sequence, the same on every rank."""
        if not self.order.shuffle:
            return 0
        chosen = self._rows if self.order.block is None else self._blocks
        return zlib.crc32(chosen[:CHECKED_ROWS].astype("<i8").tobytes())
