"""The encoded bytes of one chunk as they are at one moment, read by ranges.

Files are opened anew for every read and read by position, never mapped. The descriptor is what a write
cannot touch: zarr replaces a chunk by renaming, so an open file stays what it was, and the next read opens
what is there by then. A file that is cut in place gives a short read; under a map it would end the process.
"""

import os
import stat
from collections.abc import Callable
from typing import Protocol
from weakref import WeakKeyDictionary
from zipfile import ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray
from zarr.abc.store import Store
from zarr.core.buffer import default_buffer_prototype
from zarr.storage import LocalStore, MemoryStore, ZipStore

from zarr_partial.sources.archive import LOCAL_HEADER, SIGNATURE, STORED
from zarr_partial.sources.pread import read_at

__all__ = ["FileValue", "MemoryValue", "Opener", "Value", "opener"]

Bytes = NDArray[np.uint8]

# A named pipe would wait for a writer; files never wait.
FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class Value(Protocol):
    """The encoded bytes of a chunk, or of a part of it."""

    @property
    def nbytes(self) -> int:
        """How many there are."""

    def read(self, start: int, stop: int) -> Bytes:
        """Return bytes `start` up to `stop`, not to be written to.

        Raises
        ------
        EOFError
            If they are not there any more.
        """

    def read_into(self, start: int, into: Bytes) -> None:
        """Read from `start` on until `into` is full; errors as those of `read`."""

    def part(self, start: int, stop: int) -> "Value":
        """Return bytes `start` up to `stop` as a value; it is of use as long as this one is open."""

    def close(self) -> None:
        """Let go of the file."""


Opener = Callable[[str], Value | None]


class FileValue:
    """`nbytes` bytes of an open file, from `begin` on."""

    __slots__ = ("_begin", "_descriptor", "_is_own", "nbytes")

    def __init__(self, descriptor: int, begin: int, nbytes: int, *, is_own: bool) -> None:
        self._descriptor = descriptor
        self._begin = begin
        self._is_own = is_own
        self.nbytes = nbytes

    def read(self, start: int, stop: int) -> Bytes:
        """Return bytes `start` up to `stop`, in memory of their own."""
        into = np.empty(stop - start, dtype=np.uint8)
        self.read_into(start, into)
        return into

    def read_into(self, start: int, into: Bytes) -> None:
        """Read from `start` on until `into` is full."""
        done = 0
        while done < into.size:
            count = read_at(self._descriptor, into[done:] if done else into, self._begin + start + done)
            if not count:
                raise EOFError(f"{into.size} bytes from {start} on, found {done}")
            done += count

    def part(self, start: int, stop: int) -> "FileValue":
        """Return bytes `start` up to `stop` as a value."""
        return FileValue(self._descriptor, self._begin + start, stop - start, is_own=False)

    def close(self) -> None:
        """Close the file, if nobody else has it open."""
        if self._is_own:
            os.close(self._descriptor)


class MemoryValue:
    """Bytes in memory, which nobody writes to.

    `offset` bytes, of which there is no need, would lie before them, and there are `nbytes` in all.
    """

    __slots__ = ("_offset", "data", "nbytes")

    def __init__(self, data: Bytes, offset: int = 0, nbytes: int | None = None) -> None:
        self.data = data
        self.nbytes = data.size if nbytes is None else nbytes
        self._offset = offset

    @property
    def is_whole(self) -> bool:
        """Whether all of them are here."""
        return self.data.size == self.nbytes

    def read(self, start: int, stop: int) -> Bytes:
        """Return a view of bytes `start` up to `stop`."""
        found = self.data[start - self._offset : stop - self._offset]
        if found.size < stop - start:
            raise EOFError(f"bytes {start} to {stop}, found {found.size} of them")
        return found

    def read_into(self, start: int, into: Bytes) -> None:
        """Copy bytes from `start` on."""
        into[...] = self.read(start, start + into.size)

    def part(self, start: int, stop: int) -> "MemoryValue":
        """Return bytes `start` up to `stop` as a value."""
        return MemoryValue(self.read(start, stop))

    def close(self) -> None:
        """Memory goes with its last reference."""


def opener(store: Store) -> Opener | None:
    """Return what opens the value at a key of `store`; None for a store that has to be asked for its bytes.

    Stores of other types, those that wrap another one included, may do more than to hold bytes.
    """
    kind = type(store)
    if kind is LocalStore and store._is_open:
        root = f"{store.root}{os.sep}"  # type: ignore[attr-defined]
        return lambda key: _open_file(root + key)
    if kind is MemoryStore:
        return lambda key: _open_memory(store, key)
    if kind is ZipStore and store.read_only and store._is_open:
        return _members_of(store)  # type: ignore[arg-type]
    return None


def _open_file(path: str) -> FileValue | None:
    try:
        descriptor = os.open(path, FLAGS)
    # zarr, too, takes all three for a missing chunk.
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode):
        return FileValue(descriptor, 0, status.st_size, is_own=True)
    os.close(descriptor)
    if stat.S_ISDIR(status.st_mode):
        return None
    raise ValueError("something that is not a file")


def _open_memory(store: Store, key: str) -> MemoryValue | None:
    found = store.get_sync(key, prototype=default_buffer_prototype())  # type: ignore[attr-defined]
    return None if found is None else MemoryValue(found.as_numpy_array())


# Where the bytes of members begin. An archive that zarr reads never changes; zarr's own directory of it
# would not show it either.
_begins: "WeakKeyDictionary[ZipFile, dict[str, int]]" = WeakKeyDictionary()


def _members_of(store: ZipStore) -> Opener | None:
    archive = store._zf
    if store.path is None or archive.mode != "r" or archive.fp is None:
        return None
    descriptor = archive.fp.fileno()
    begins = _begins.setdefault(archive, {})

    def open_member(key: str) -> FileValue | None:
        member = archive.NameToInfo.get(key)
        if member is None:
            return None
        begin = begins.get(key)
        if begin is None:
            begin = begins[key] = _begin_of(member, descriptor)
        return FileValue(descriptor, begin, member.file_size, is_own=False)

    return open_member


def _begin_of(member: ZipInfo, descriptor: int) -> int:
    """Return where the bytes of a member begin that lies in the archive as it is: its own header says it."""
    if member.compress_type != STORED or member.flag_bits != member.flag_bits & UTF8_OR_SIZES_BEHIND:
        raise ValueError("a member that is packed or encrypted")
    head = np.empty(LOCAL_HEADER.size, dtype=np.uint8)
    FileValue(descriptor, member.header_offset, head.size, is_own=False).read_into(0, head)
    signature, *_, name_nbytes, extra_nbytes = LOCAL_HEADER.unpack(head)
    if signature != SIGNATURE:
        raise ValueError(f"a member without a header of its own: {signature!r}")
    begin: int = member.header_offset + head.size + name_nbytes + extra_nbytes
    return begin


# Flags that say nothing about where and how the bytes lie: the encoding of the name, and that the sizes
# are repeated behind them.
UTF8_OR_SIZES_BEHIND = 0x800 | 0x8
