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
    """Base of every error that zarr_partial raises about data.

    Examples
    --------
    >>> import zarr_partial as zp
    >>> try:
    ...     zp.open("nowhere.zarr")
    ... except zp.PartialReadError as error:
    ...     print(type(error).__name__)
    OpenError
    """


class OpenError(PartialReadError, ValueError):
    """The source holds no Zarr array where one was expected.

    Examples
    --------
    >>> import zarr_partial as zp
    >>> zp.open("nowhere.zarr")
    Traceback (most recent call last):
    zarr_partial.errors.OpenError: ...
    """


class ChunkError(PartialReadError):
    """A chunk cannot be read.

    Attributes
    ----------
    key : str
        The chunk's key in its store, with the path of the array.

    Examples
    --------
    >>> import pathlib, numpy as np, zarr, zarr_partial as zp
    >>> made = zarr.create_array(
    ...     "cut.zarr", data=np.arange(6), chunks=(3,), compressors=None, overwrite=True
    ... )
    >>> pathlib.Path("cut.zarr/c/1").write_bytes(b"short")
    5
    >>> try:
    ...     zp.open("cut.zarr")[4]
    ... except zp.ChunkError as error:
    ...     print(error.key)
    c/1
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
    """The bytes of a chunk are not what the metadata promise: too short, too long, or a broken header.

    Examples
    --------
    >>> import pathlib, numpy as np, zarr, zarr_partial as zp
    >>> made = zarr.create_array(
    ...     "cut.zarr", data=np.arange(6), chunks=(3,), compressors=None, overwrite=True
    ... )
    >>> pathlib.Path("cut.zarr/c/1").write_bytes(b"short")
    5
    >>> zp.open("cut.zarr")[4]
    Traceback (most recent call last):
    zarr_partial.errors.CorruptChunkError: chunk 'c/1': expected 24 bytes (3 elements of int64), found ...
    """


class ChangedError(ChunkError):
    """A chunk was replaced or written to after a part of it was looked at; `refresh` looks again.

    Examples
    --------
    >>> import numpy as np, pathlib, zarr, zarr_partial as zp
    >>> made = zarr.create_array("moving.zarr", data=np.arange(90_000), chunks=(90_000,), overwrite=True,
    ...     compressors=zarr.codecs.BloscCodec(blocksize=65536))
    >>> arr = zp.open("moving.zarr", io="pread")
    >>> int(arr[70_000])
    70000
    >>> pathlib.Path("moving.zarr/c/0").unlink()
    >>> try:
    ...     arr[70_000]
    ... except zp.ChangedError as error:
    ...     print(error.key)
    c/0
    """


class UnreadableChunkError(ChunkError, OSError):
    """The operating system, or the store, refuses the bytes of a chunk; the cause is chained.

    Examples
    --------
    >>> import zarr, zarr_partial as zp
    >>> class Failing(zarr.storage.WrapperStore):
    ...     async def get(self, key, *args, **options):
    ...         if key.startswith("c/"):
    ...             raise TimeoutError("no answer")
    ...         return await super().get(key, *args, **options)
    >>> store = zarr.storage.MemoryStore()
    >>> made = zarr.array(range(6), store=store, chunks=(3,))
    >>> try:
    ...     zp.open(Failing(store))[4]
    ... except zp.UnreadableChunkError as error:
    ...     print(error.key)
    c/1
    """

    def __str__(self) -> str:
        # OSError would print only what it takes for a file name and a number.
        return str(self.args[0])


class CorruptMatrixError(PartialReadError, ValueError):
    """The arrays of a sparse matrix are none, or contradict each other or its shape.

    Examples
    --------
    >>> import anndata, numpy as np, scipy.sparse, zarr, zarr_partial as zp
    >>> group = zarr.open_group("bad.zarr", mode="w")
    >>> anndata.io.write_elem(group, "X", scipy.sparse.eye_array(4, format="csr"))
    >>> group["X/indptr"][1] = 9
    >>> zp.open_csr("bad.zarr", "X")
    Traceback (most recent call last):
    zarr_partial.errors.CorruptMatrixError: ...
    """


class NotViewableError(PartialReadError, ValueError):
    """The array is not one buffer of elements; the message says why and what would make it one.

    Examples
    --------
    >>> import numpy as np, zarr, zarr_partial as zp
    >>> made = zarr.create_array("packed.zarr", data=np.arange(6), chunks=(6,))
    >>> zp.open("packed.zarr").view()
    Traceback (most recent call last):
    zarr_partial.errors.NotViewableError: ...
    """


class VirtualChunksError(PartialReadError, ValueError):
    """The array cannot be shown in the chunks asked for, or they cannot be told as references.

    Attributes
    ----------
    possible : tuple of tuple of int
        Chunks that would do, as far as they are known; the nearest to those asked for come first.

    Examples
    --------
    >>> import numpy as np, zarr, zarr_partial as zp
    >>> made = zarr.create_array("twelve.zarr", data=np.arange(12), chunks=(12,), compressors=None)
    >>> try:
    ...     zp.virtual_chunks("twelve.zarr", 5)
    ... except zp.VirtualChunksError as error:
    ...     print((4,) in error.possible)
    True
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
