"""The store: an array in virtual chunks, read-only, for whatever reads Zarr."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

from zarr.abc.store import ByteRequest, OffsetByteRequest, RangeByteRequest, Store, SuffixByteRequest
from zarr.core.buffer import Buffer, BufferPrototype, default_buffer_prototype
from zarr.storage import MemoryStore

from zarr_partial.array import PartialArray
from zarr_partial.sources.ranged import drive, drive_async
from zarr_partial.sources.store import StoreSource
from zarr_partial.virtualizing.listing import stored_virtual_chunks
from zarr_partial.virtualizing.serving import cut
from zarr_partial.virtualizing.shown import Shown, show

__all__ = ["VirtualStore"]

ASKED_AT_ONCE = 64


class VirtualStore(Store):
    """A read-only store that holds one array in virtual chunks; made by `virtual_chunks`.

    Parameters
    ----------
    array : PartialArray
        The source. What it looks like is read now; `refresh` looks again.
    chunks : int or tuple of int
    path : str
        Where in the store the array appears.
    read_only : bool
        There is no other way.
    """

    supports_writes = False
    supports_deletes = False
    supports_listing = True

    def __init__(
        self, array: PartialArray, chunks: int | tuple[int, ...], path: str = "", *, read_only: bool = True
    ) -> None:
        if not read_only:
            raise ValueError("expected read_only=True, found False: virtual chunks cannot be written")
        super().__init__(read_only=True)
        self._array = array
        self._chunks = chunks
        self.shown: Shown = show(array, chunks, path)
        """What is shown, and how it is made."""

    def refresh(self) -> None:
        """Look at the source again, at its metadata too."""
        self._array.refresh()
        self.shown = show(self._array, self._chunks, self.shown.path)

    def with_read_only(self, read_only: bool = False) -> Store:
        """Return another store of the same array; there is none that can be written to."""
        if not read_only:
            return super().with_read_only(read_only)
        return type(self)(self._array, self._chunks, self.shown.path)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self._array, self._chunks, self.shown.path)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, VirtualStore):
            return NotImplemented
        ours, theirs = self.shown, other.shown
        same_source = (ours.array.store, ours.array.path) == (theirs.array.store, theirs.array.path)
        return same_source and ours.documents == theirs.documents

    def __str__(self) -> str:
        chunks = " x ".join(map(str, self.shown.presentation.chunks)) or "one element"
        return f"virtual chunks of {chunks} in {self.shown.array.store_path}"

    def __repr__(self) -> str:
        return f"VirtualStore({str(self)!r})"

    async def get(
        self, key: str, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Return the value at `key`, or a range of it; None if there is none.

        Raises
        ------
        CorruptChunkError, UnreadableChunkError
            If the chunk that it is a part of is damaged or cannot be had.
        ChangedError
            If the source was replaced since it was first looked at.
        """
        _check_range(byte_range)
        shown = self.shown
        document = shown.document(key)
        if document is not None:
            return _buffer(cut(document, byte_range), prototype)
        at = shown.coordinates(key)
        if at is None:
            return None
        return _buffer(await drive_async(shown.serving.value(at, byte_range), shown.source), prototype)

    def get_sync(
        self,
        key: str,
        *,
        prototype: BufferPrototype | None = None,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        """Do as `get`, on the calling thread."""
        _check_range(byte_range)
        shown = self.shown
        document = shown.document(key)
        if document is not None:
            return _buffer(cut(document, byte_range), prototype)
        at = shown.coordinates(key)
        return (
            None
            if at is None
            else _buffer(drive(shown.serving.value(at, byte_range), shown.source), prototype)
        )

    @property
    def _supports_sync_io(self) -> bool:
        # zarr reads without an event loop where a store needs none.
        source = self.shown.source
        return not isinstance(source, StoreSource) or type(source.store) is MemoryStore

    async def get_partial_values(
        self, prototype: BufferPrototype, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[Buffer | None]:
        """Return ranges of many values; None where there is none."""
        free = asyncio.Semaphore(ASKED_AT_ONCE)

        async def one(key: str, byte_range: ByteRequest | None) -> Buffer | None:
            async with free:
                return await self.get(key, prototype, byte_range)

        return await asyncio.gather(*(one(key, byte_range) for key, byte_range in key_ranges))

    async def exists(self, key: str) -> bool:
        """Return whether there is a value at `key`; of a chunk no more than a byte is read."""
        shown = self.shown
        at = shown.coordinates(key)
        if at is None:
            return shown.document(key) is not None
        return await drive_async(shown.serving.exists(at), shown.source)

    async def getsize(self, key: str) -> int:
        """Return the length of a value; the value is read only where nothing else tells.

        Raises
        ------
        FileNotFoundError
            If there is none.
        """
        shown = self.shown
        at = shown.coordinates(key)
        source_key = None if at is None else shown.source_key(at)
        if source_key is not None:
            return await shown.array.store.getsize(source_key)
        if at is not None and shown.nbytes is not None and await self.exists(key):
            return shown.nbytes
        return await super().getsize(key)

    async def list(self) -> AsyncIterator[str]:
        """Yield all keys; chunks that are missing in the source have none."""
        async for key in self.list_prefix(""):
            yield key

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Yield the keys that begin with `prefix`."""
        shown = self.shown
        for key in shown.documents:
            if key.startswith(prefix):
                yield key
        root = shown.root
        # No chunk has such a key, so that nobody need be asked.
        if not (root.startswith(prefix) or prefix.startswith(root)):
            return
        async for at in stored_virtual_chunks(shown.array, shown.presentation, shown.source):
            key = root + shown.chunk_key(at)
            if key.startswith(prefix):
                yield key

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Yield the names in the folder at `prefix`: of values, and of folders in it."""
        folder = f"{prefix.rstrip('/')}/" if prefix.rstrip("/") else ""
        shown = self.shown
        if shown.root.startswith(folder) and shown.root != folder:
            # A group that the array is in: no chunk need be looked for.
            keys = [key for key in shown.documents if key.startswith(folder)]
        else:
            keys = [key async for key in self.list_prefix(folder)]
        for name in dict.fromkeys(key.removeprefix(folder).split("/")[0] for key in keys):
            yield name

    async def set(self, key: str, value: Buffer) -> None:  # noqa: ARG002 - as in the class that it extends
        """Raise `ValueError`: it is read-only."""
        self._check_writable()

    def set_sync(self, key: str, value: Buffer) -> None:  # noqa: ARG002
        """Raise `ValueError`: it is read-only."""
        self._check_writable()

    async def delete(self, key: str) -> None:  # noqa: ARG002
        """Raise `ValueError`: it is read-only."""
        self._check_writable()

    def delete_sync(self, key: str) -> None:  # noqa: ARG002
        """Raise `ValueError`: it is read-only."""
        self._check_writable()


def _buffer(data: Any, prototype: BufferPrototype | None) -> Buffer | None:
    if data is None:
        return None
    return (prototype or default_buffer_prototype()).buffer.from_bytes(data.data)


def _check_range(byte_range: object) -> None:
    if not isinstance(byte_range, RangeByteRequest | OffsetByteRequest | SuffixByteRequest | None):
        raise TypeError(f"Unexpected byte_range, got {byte_range}.")
