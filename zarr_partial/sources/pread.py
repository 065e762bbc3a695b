"""Chunk files read by ranges, never mapped: what others do to them cannot kill the process.

For file systems where a map may fail when it is touched (network, FUSE), for files that others cut in
place, and for platforms where a map stands in the way of writers.
"""

import asyncio
import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zarr_partial.errors import ChangedError, UnreadableChunkError
from zarr_partial.sources.ranged import Asked, Request, answer_in_rounds
from zarr_partial.threads import default_threads, for_each

__all__ = ["PreadSource", "read_at"]

Bytes = NDArray[np.uint8]
# Below this the calling thread is done before another one has begun.
PARALLEL_NBYTES = 1 << 20


class PreadSource:
    """The chunk files of the array in `folder`, read by ranges.

    Parameters
    ----------
    folder : Path
        The folder that holds the array's metadata document; keys are relative to it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Which file a key was when it was first looked at: what is kept of it must stay true.
        self._seen: dict[str, tuple[int, int, int, int]] = {}

    def answer[T](self, asked: Sequence[Asked[T]]) -> list[T]:
        """Return the results of all that ask for ranges; see `RangedSource`."""
        return answer_in_rounds(asked, self.fetch)

    async def answer_async[T](self, asked: Sequence[Asked[T]]) -> list[T]:
        """Do as `answer`, in another thread."""
        return await asyncio.to_thread(self.answer, asked)

    def fetch(self, requests: Sequence[Request]) -> list[Bytes | None]:
        """Return what each request asks for."""
        found: list[Bytes | None] = [None] * len(requests)
        by_key: dict[str, list[int]] = {}
        for number, request in enumerate(requests):
            by_key.setdefault(request.key, []).append(number)

        def read(key: str) -> None:
            for number, data in zip(
                by_key[key], self._read(key, [requests[number] for number in by_key[key]]), strict=True
            ):
                found[number] = data

        nbytes = sum(request.nbytes or PARALLEL_NBYTES for request in requests)
        for_each(read, by_key, threads=default_threads() if nbytes >= PARALLEL_NBYTES else 1)
        return found

    def _read(self, key: str, requests: Sequence[Request]) -> list[Bytes | None]:
        """Return ranges of one file, all of the file that there is at this moment."""
        path = f"{self.folder}{os.sep}{key}"
        try:
            # A named pipe would wait for a writer; files never wait.
            flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
            descriptor = os.open(path, flags)
        # zarr, too, takes all three for a missing chunk.
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            if key in self._seen:
                raise _changed(key, path) from None
            return [None] * len(requests)
        except OSError as error:
            raise self._unreadable(requests[0], error) from error
        try:
            return self._read_open(descriptor, path, requests)
        finally:
            os.close(descriptor)

    def _read_open(self, descriptor: int, path: str, requests: Sequence[Request]) -> list[Bytes | None]:
        key = requests[0].key
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            return [None] * len(requests)
        if not stat.S_ISREG(status.st_mode):
            error = OSError(errno.EINVAL, "neither a file nor a folder")
            raise self._unreadable(requests[0], error) from error
        identity = _identity(status)
        if self._seen.setdefault(key, identity) != identity:
            raise _changed(key, path)
        data: list[Bytes | None] = []
        for request in requests:
            try:
                found, nbytes = _range(descriptor, request, status.st_size)
            except OSError as error:
                raise self._unreadable(request, error) from error
            if found.size < nbytes:
                raise _changed(key, path)
            data.append(found)
        # Somebody may have cut the file and written it again between two looks at it.
        if _identity(os.fstat(descriptor)) != identity:
            raise _changed(key, path)
        return data

    def _unreadable(self, request: Request, error: OSError) -> UnreadableChunkError:
        return UnreadableChunkError(
            f"chunk {request.key!r}: expected {request} of a readable file at {self.folder / request.key}, "
            f"found: {error.strerror}; check the disk, the network and your permissions",
            key=request.key,
        )


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    """Return what tells a file from any other, and from itself at another time."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _changed(key: str, path: str) -> ChangedError:
    return ChangedError(
        f"chunk {key!r}: expected {path} as it was when first looked at, found that it was replaced, "
        "removed or written to since; call refresh() and read again",
        key=key,
    )


def _range(descriptor: int, request: Request, size: int) -> tuple[Bytes, int]:
    """Return a range of a file of `size` bytes, and how long it should be."""
    start = max(0, size + request.start) if request.start < 0 else min(request.start, size)
    stop = size if request.stop is None else min(request.stop, size)
    data = np.empty(max(0, stop - start), dtype=np.uint8)
    done = 0
    while done < data.size:
        count = read_at(descriptor, data[done:], start + done)
        if not count:
            break
        done += count
    return data[:done], data.size


def read_at(descriptor: int, into: Bytes, offset: int) -> int:
    """Read from `offset` on into `into`, and return how many bytes came; 0 is the end of the file."""
    if hasattr(os, "preadv"):
        return os.preadv(descriptor, [into.data], offset)
    # Each read has a descriptor of its own, so no other thread moves its place.
    os.lseek(descriptor, offset, os.SEEK_SET)
    data = os.read(descriptor, into.size)
    into[: len(data)] = np.frombuffer(data, dtype=np.uint8)
    return len(data)
