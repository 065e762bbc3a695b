"""Chunks that are members of a ZIP file. Stored ones lie in the map of the file, others are unpacked whole.

The map shows the archive as it was when it was opened: whoever replaces the file by renaming leaves it
whole, and `refresh` reads the new one. A file that is cut under a map kills whoever touches the lost bytes.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn
from zipfile import BadZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray
from zarr.abc.store import Store
from zarr.storage import ZipStore

from zarr_partial.errors import ChunkError, CorruptChunkError, UnreadableChunkError
from zarr_partial.sources.archive import Archive, DamagedMemberError, UnsupportedMemberError, open_archive
from zarr_partial.sources.mapped import MISSING

__all__ = ["ZipSource", "reopened"]


class ZipSource:
    """The chunks of the array at `path` in the archive of `store`.

    Parameters
    ----------
    store : ZipStore
        One with a path; it need not be open.
    path : str
        Of the array in the archive, empty for its root; keys are relative to it.
    """

    def __init__(self, store: ZipStore, path: str) -> None:
        self._store = store
        self._prefix = f"{path}/" if path else ""
        self._opened: Archive | None = None

    @property
    def folder(self) -> Path:
        """The folder that the archive is in."""
        return Path(self._store.path or ".").parent

    @property
    def is_packed(self) -> bool:
        """Whether some of its members have to be unpacked."""
        try:
            return self._archive().is_packed
        except (OSError, ValueError, BadZipFile):
            # `map` has the words for it.
            return False

    def map(self, key: str) -> NDArray[np.uint8] | None:
        """Return the bytes of the member `key`, read-only, or None if there is no such member.

        Raises
        ------
        CorruptChunkError, UnreadableChunkError
            If there is one, and its bytes cannot be had; or if there is no archive.
        """
        member = self._member(key)
        if member is None:
            return None
        return self._had(key, lambda: self._archive().bytes_of(member))

    def position(self, key: str) -> int:
        """Return at which byte of the archive the bytes of the member `key` begin, -1 if there is none.

        Raises
        ------
        CorruptChunkError, UnreadableChunkError
            As `map` does.
        """
        member = self._member(key)
        if member is None:
            return MISSING
        return self._had(key, lambda: self._archive().position(member))

    def nbytes(self, key: str) -> int:
        """Return the length of the bytes at `key`, as the directory has it, -1 if there are none."""
        member = self._member(key)
        return MISSING if member is None else min(member.file_size, sys.maxsize)

    def packed_nbytes(self, key: str) -> int | None:
        """Return how many bytes a member is packed in that has to be unpacked whole; None for others."""
        member = self._member(key)
        if member is None or self._archive().is_in_place(member):
            return None
        return min(member.compress_size, sys.maxsize)

    def begin(self, key: str, nbytes: int) -> tuple[int, bytes] | None:
        """Return the length of the bytes at `key`, -1 if there are none, and the first `nbytes` of them.

        None if they cannot be had; `map` has the words for why.
        """
        member = self._member(key)
        if member is None:
            return MISSING, b""
        try:
            return min(member.file_size, sys.maxsize), self._archive().begin(member, nbytes)
        except (DamagedMemberError, UnsupportedMemberError, OSError):
            return None

    def _archive(self) -> Archive:
        if self._opened is None:
            self._opened = open_archive(self._store)
        return self._opened

    def _member(self, key: str) -> ZipInfo | None:
        try:
            return self._archive().member(self._prefix + key)
        except (OSError, ValueError, BadZipFile) as error:
            raise UnreadableChunkError(
                f"chunk {key!r}: expected a ZIP archive at {self._store.path}, found: {error}; "
                "check the path, or restore the archive",
                key=key,
            ) from error

    def _had[T](self, key: str, ask: Callable[[], T]) -> T:
        """Return what `ask` returns; tell which chunk it was whose member cannot be had."""
        try:
            return ask()
        except DamagedMemberError as error:
            self._fail(key, error, CorruptChunkError, "restore the archive or pack it again")
        except (UnsupportedMemberError, OSError, MemoryError) as error:
            self._fail(key, error, UnreadableChunkError, "check the disk and the file")

    def _fail(self, key: str, error: Exception, kind: type[ChunkError], remedy: str) -> NoReturn:
        words = str(error) or type(error).__name__
        if isinstance(error, (OSError, MemoryError)):
            words = f"a member that can be read, found: {words}"
        raise kind(
            f"chunk {key!r}, member {self._prefix + key!r} of {self._store.path}: expected {words}"
            + ("" if ";" in words else f"; {remedy}"),
            key=key,
        ) from error


def reopened(store: Store) -> Store:
    """Return a store that shows what is at the path of `store` now: a new one for an archive, else itself."""
    if type(store) is ZipStore and store.path is not None and store.read_only:
        return ZipStore(store.path, mode="r")
    return store
