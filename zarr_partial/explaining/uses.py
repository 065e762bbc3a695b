"""`ChunkUse`: what a selection touches in one chunk; and a million of them in a few vectors."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

__all__ = ["ChunkUse", "ChunkUses"]

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ChunkUse:
    """What a selection touches in one chunk: in one inner chunk, where there are shards.

    Attributes
    ----------
    coordinates : tuple of int
        In the grid of chunks.
    key : str
        Of the file that holds it, relative to the array.
    units, units_in_chunk : int
        Units that are read, and units that there are.
    requests : int or None
        Byte ranges that begin in it; one that goes on from the chunk before it in a shard counts there.
    bytes_read, bytes_decoded : int or None
        None where only reading would tell.
    is_missing : bool
        Whether it is not stored, so that all of it is the fill value.
    """

    coordinates: tuple[int, ...]
    key: str
    units: int
    units_in_chunk: int
    requests: int | None
    bytes_read: int | None
    bytes_decoded: int | None
    is_missing: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ChunkUses(Sequence[ChunkUse]):
    """The touched chunks in C order, each made when asked for.

    Attributes
    ----------
    coordinates : ndarray of int64, shape (chunks, axes)
    units, units_in_chunk : ndarray of int64
    requests, bytes_read, bytes_decoded : ndarray of int64, or None where only reading would tell
    missing : ndarray of bool
    key_of : callable
        From coordinates to the key.
    """

    coordinates: Integers
    units: Integers
    units_in_chunk: Integers
    requests: Integers | None
    bytes_read: Integers | None
    bytes_decoded: Integers | None
    missing: NDArray[np.bool_]
    key_of: Callable[[tuple[int, ...]], str]

    def __len__(self) -> int:
        return len(self.coordinates)

    @overload
    def __getitem__(self, place: int) -> ChunkUse: ...
    @overload
    def __getitem__(self, place: slice) -> list[ChunkUse]: ...
    def __getitem__(self, place: int | slice) -> ChunkUse | list[ChunkUse]:
        if isinstance(place, slice):
            return [self[at] for at in range(*place.indices(len(self)))]
        if not -len(self) <= place < len(self):
            raise IndexError(f"expected a place among {len(self)} chunks, found {place}")
        coordinates = tuple(self.coordinates[place].tolist())
        return ChunkUse(
            coordinates=coordinates,
            key=self.key_of(coordinates),
            units=int(self.units[place]),
            units_in_chunk=int(self.units_in_chunk[place]),
            requests=_known(self.requests, place),
            bytes_read=_known(self.bytes_read, place),
            bytes_decoded=_known(self.bytes_decoded, place),
            is_missing=bool(self.missing[place]),
        )

    def __iter__(self) -> Iterator[ChunkUse]:
        return (self[place] for place in range(len(self)))

    def __repr__(self) -> str:
        return f"<{len(self):,} chunk uses>"


def _known(column: Integers | None, place: int) -> int | None:
    return None if column is None else int(column[place])
