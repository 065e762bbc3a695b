"""Chunks that are files in a local directory, mapped into memory.

A map stays on the file it was made of: zarr replaces chunks by renaming, so an open map goes on
showing the old chunk, whole. A file that somebody truncates in place under a map is another matter:
touching the lost pages kills the process, which no reader of maps can prevent.
"""

import errno
import mmap
import os
import stat
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zarr_partial.errors import UnreadableChunkError
from zarr_partial.memory import anonymous
from zarr_partial.sources.mapped import MISSING

__all__ = ["LocalSource", "MappedFile", "mappable_now", "mapped_file"]

# Linux allows a process 65,530 maps (vm.max_map_count); the rest belongs to everyone else in it.
MAPS_PER_PROCESS = 32_768

# FUSE without a page cache, seccomp, and the like: the file can be read, but not mapped.
UNMAPPABLE = {errno.ENODEV, errno.ENOMEM, errno.EINVAL, errno.EACCES, errno.EPERM}

_live: set[int] = set()


class _Map(mmap.mmap):
    """A map that is counted while it lives."""

    # It keeps no descriptor; to ask about the file, one has to open it again.
    path: str
    address: int

    def __del__(self) -> None:
        _live.discard(id(self))


class MappedFile(NamedTuple):
    """Where bytes in memory come from: a map, where it begins, its file, and their position in both."""

    map: mmap.mmap
    address: int
    path: str
    position: int


def mapped_file(data: NDArray[np.uint8]) -> MappedFile | None:
    """Return which mapped file `data` is a part of, or None if it is memory of our own."""
    # NumPy keeps one level: the base of every slice is the array made of the map itself.
    whole = data.base if isinstance(data.base, np.ndarray) else data
    memory: object = whole.base
    mapped: Any = memory.obj if isinstance(memory, memoryview) else None
    if not hasattr(mapped, "path"):
        return None
    position = _address(data) - mapped.address
    return MappedFile(mapped, mapped.address, mapped.path, position)


def _address(data: NDArray[np.uint8]) -> int:
    address: int = data.__array_interface__["data"][0]
    return address


def mappable_now() -> int:
    """Return how many more maps may be kept before the limits of this process come near."""
    limit = MAPS_PER_PROCESS
    if sys.version_info < (3, 13) and sys.platform != "win32":
        # Before `trackfd`, every map holds a file descriptor of its own.
        import resource

        limit = min(limit, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
    return limit - len(_live)


class LocalSource:
    """The chunk files of the array in `folder`.

    Parameters
    ----------
    folder : Path
        The folder that holds the array's metadata document; keys are relative to it.
    """

    is_packed = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._prefix = f"{folder}{os.sep}"

    def map(self, key: str) -> NDArray[np.uint8] | None:
        """Return the bytes at `key` as a read-only view of its mapped file, or None if there is no file.

        The view keeps its map alive. It shows the file as it was when mapped.

        Raises
        ------
        UnreadableChunkError
            If there is something at `key` that cannot be opened or mapped.
        """
        path = self._prefix + key
        try:
            # A named pipe would wait for a writer; files never wait.
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        # zarr, too, takes all three for a missing chunk.
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._unreadable(key, error) from error
        try:
            status = os.fstat(descriptor)
            if stat.S_ISDIR(status.st_mode):
                return None
            if not stat.S_ISREG(status.st_mode):
                raise self._unreadable(key, ValueError("something that is not a file"))
            size = status.st_size
            if size == 0:
                return np.empty(0, dtype=np.uint8)
            untracked = {"trackfd": False} if sys.version_info >= (3, 13) else {}
            mapped = _Map(descriptor, size, access=mmap.ACCESS_READ, **untracked)
        except OSError as error:
            if error.errno not in UNMAPPABLE:
                raise self._unreadable(key, error) from error
            return self._read(descriptor, size, key)
        except ValueError as error:
            # mmap compares the size with the file once more: somebody cut it meanwhile.
            raise self._unreadable(key, error) from error
        finally:
            os.close(descriptor)
        _live.add(id(mapped))
        data = np.frombuffer(mapped, dtype=np.uint8)
        mapped.path, mapped.address = path, _address(data)
        return data

    def nbytes(self, key: str) -> int:
        """Return the length of the bytes at `key`, -1 if there are none: where zarr finds none, too."""
        try:
            status = os.stat(f"{self.folder}{os.sep}{key}")  # noqa: PTH116 - a Path takes as long to make
        except (FileNotFoundError, NotADirectoryError):
            return MISSING
        return MISSING if stat.S_ISDIR(status.st_mode) else status.st_size

    def packed_nbytes(self, key: str) -> None:
        """Return None: files are as they are."""

    def begin(self, key: str, nbytes: int) -> tuple[int, bytes] | None:
        """Return the length of the bytes at `key`, -1 if there are none, and the first `nbytes` of them.

        None if they cannot be had; `map` has the words for why.
        """
        try:
            # A named pipe would wait for a writer; files never wait.
            descriptor = os.open(f"{self.folder}{os.sep}{key}", os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return MISSING, b""
        except OSError:
            return None
        try:
            status = os.fstat(descriptor)
            if stat.S_ISDIR(status.st_mode):
                return MISSING, b""
            return status.st_size, os.pread(descriptor, nbytes, 0)
        except OSError:
            return None
        finally:
            os.close(descriptor)

    def _read(self, descriptor: int, size: int, key: str) -> NDArray[np.uint8]:
        """Return the bytes of a file that cannot be mapped, as memory of our own."""
        try:
            data = anonymous(size)
            done = 0
            while done < size and (count := os.readv(descriptor, [data[done:].data])):
                done += count
        except OSError as error:
            raise self._unreadable(key, error) from error
        return data[:done]

    def _unreadable(self, key: str, error: Exception) -> UnreadableChunkError:
        number = error.errno if isinstance(error, OSError) else None
        remedy = {
            errno.EACCES: "ask for permission to read it",
            errno.ENOMEM: "free memory, or read a smaller part",
            errno.EMFILE: "raise the limit of open files (ulimit -n)",
            errno.ENFILE: "raise the limit of open files (ulimit -n)",
        }.get(number or 0, "check the disk and the file")
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return UnreadableChunkError(
            f"chunk {key!r}: expected a readable file at {self.folder / key}, found: {reason}; {remedy}",
            key=key,
        )
