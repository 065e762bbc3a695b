"""Errors about data; errors about a selection are zarr's own.

```
PartialReadError
├── OpenError              not an array, or not Zarr at all
├── ChunkError             names the chunk: `.key`
│   ├── CorruptChunkError      the bytes are not what the metadata promise
│   ├── ChangedError           the bytes are no longer those that were looked at
│   └── UnreadableChunkError   the bytes cannot be had
├── CorruptMatrixError     the arrays of a sparse matrix contradict each other
├── NotViewableError       no single buffer holds the array as it is
└── VirtualChunksError     it cannot be shown in such chunks, or not as references
```
"""

from collections.abc import Iterable
from typing import Protocol

__all__ = [
    "ChangedError",
    "ChunkError",
    "CorruptChunkError",
    "CorruptMatrixError",
    "Named",
    "NotViewableError",
    "OpenError",
    "PartialReadError",
    "UnreadableChunkError",
    "VirtualChunksError",
]


class PartialReadError(Exception):
    """Base of every error that zarr_partial raises about data."""


class OpenError(PartialReadError, ValueError):
    """The source holds no Zarr array where one was expected."""


class ChunkError(PartialReadError):
    """A chunk cannot be read.

    Attributes
    ----------
    key : str
        The chunk's key in its store, with the path of the array.
    """

    def __init__(self, message: str, *, key: str) -> None:
        super().__init__(message)
        self.key = key

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.args[0], self.key)


class Named(Protocol):
    """What a chunk is called in messages: `str()` of it, and the key to look it up by."""

    @property
    def key(self) -> str:
        """The chunk's key, relative to the array."""


class CorruptChunkError(ChunkError, ValueError):
    """The bytes of a chunk are not what the metadata promise: too short, too long, or a broken header."""


class ChangedError(ChunkError):
    """A chunk was replaced or written to after a part of it was looked at; `refresh` looks again."""


class UnreadableChunkError(ChunkError, OSError):
    """The operating system, or the store, refuses the bytes of a chunk; the cause is chained."""

    def __str__(self) -> str:
        # OSError would print only what it takes for a file name and a number.
        return str(self.args[0])


class CorruptMatrixError(PartialReadError, ValueError):
    """The arrays of a sparse matrix are none, or contradict each other or its shape."""


class NotViewableError(PartialReadError, ValueError):
    """The array is not one buffer of elements; the message says why and what would make it one."""


class VirtualChunksError(PartialReadError, ValueError):
    """The array cannot be shown in the chunks asked for, or they cannot be told as references.

    Attributes
    ----------
    possible : tuple of tuple of int
        Chunks that would do, as far as they are known; the nearest to those asked for come first.
    """

    def __init__(self, message: str, *, possible: Iterable[tuple[int, ...]] = ()) -> None:
        super().__init__(message)
        self.possible = tuple(possible)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild_virtual, (self.args[0], self.possible)


def _rebuild(kind: type[ChunkError], message: str, key: str) -> ChunkError:
    return kind(message, key=key)


def _rebuild_virtual(message: str, possible: tuple[tuple[int, ...], ...]) -> VirtualChunksError:
    return VirtualChunksError(message, possible=possible)
