"""Chunks in any zarr store: in memory, behind HTTP, in object stores, in Icechunk repositories.

The store brings its own connections, credentials and retries; here all ranges of a read are asked for
at once, under a limit, and what comes back is checked.
"""

import asyncio
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from zarr.abc.store import ByteRequest, OffsetByteRequest, RangeByteRequest, Store, SuffixByteRequest
from zarr.core.buffer import Buffer, default_buffer_prototype
from zarr.core.sync import _get_loop as zarr_loop
from zarr.storage import MemoryStore

from zarr_partial.errors import UnreadableChunkError
from zarr_partial.settings import MAX_REQUESTS
from zarr_partial.sources.answers import Answers
from zarr_partial.sources.ranged import Asked, Request, answer_in_rounds

__all__ = ["StoreSource"]

Bytes = NDArray[np.uint8]


class StoreSource:
    """The chunks of the array at `path` in `store`.

    Parameters
    ----------
    store : zarr.abc.store.Store
        Asked for values and ranges only, never for sizes: a size may cost as much as the value.
    path : str
        Where the array is in the store.
    max_in_flight : int
        How many requests wait for their answers at any moment, for each read.
    """

    def __init__(self, store: Store, path: str, *, max_in_flight: int = MAX_REQUESTS) -> None:
        self.store = store
        self.prefix = f"{path}/" if path else ""
        self.max_in_flight = max_in_flight

    def answer[T](self, asked: Sequence[Asked[T]]) -> list[T]:
        """Return the results of all that ask for ranges; see `RangedSource`."""
        store = self.store
        if type(store) is MemoryStore:
            # Nothing to wait for, so no other thread is asked.
            return answer_in_rounds(
                asked, lambda requests: [self._from_memory(store, request) for request in requests]
            )
        answers = Answers(self._one, asked, self.max_in_flight)
        if answers.are_complete:
            return answers.results()
        loop = zarr_loop()
        if asyncio._get_running_loop() is loop:
            raise RuntimeError(
                "expected a thread other than that of zarr's event loop, which would wait for itself; "
                "await read_async there"
            )
        future = asyncio.run_coroutine_threadsafe(answers.complete(), loop)
        try:
            return future.result()
        except BaseException:
            # Ctrl-C, for one: nobody waits for the others any more.
            future.cancel()
            raise

    async def answer_async[T](self, asked: Sequence[Asked[T]]) -> list[T]:
        """Do as `answer`, on zarr's event loop, to which the store's connections belong."""
        # What is asked first may take long to find out.
        answers = await asyncio.to_thread(Answers, self._one, asked, self.max_in_flight)
        if answers.are_complete:
            return answers.results()
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(answers.complete(), zarr_loop()))

    async def _one(self, request: Request) -> Bytes | None:
        began = time.monotonic()
        try:
            buffer = await self.store.get(
                self.prefix + request.key, default_buffer_prototype(), _byte_range(request)
            )
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            # The store gave up by itself. A task group takes that for nothing, and so for a missing chunk.
            raise self._raised(request, error, began) from error
        except Exception as error:
            raise self._raised(request, error, began) from error
        return self._checked(request, buffer)

    def _from_memory(self, store: MemoryStore, request: Request) -> Bytes | None:
        began = time.monotonic()
        try:
            buffer = store.get_sync(
                self.prefix + request.key,
                prototype=default_buffer_prototype(),
                byte_range=_byte_range(request),
            )
        # Its dict may be anything that maps keys to values.
        except Exception as error:
            raise self._raised(request, error, began) from error
        return self._checked(request, buffer)

    def _checked(self, request: Request, buffer: Buffer | None) -> Bytes | None:
        if buffer is None:
            return None
        data: Bytes = np.asarray(buffer.as_numpy_array()).reshape(-1).view(np.uint8)
        if request.nbytes is not None and data.size > request.nbytes:
            raise self._failed(
                request, f"{data.size} bytes: the server does not serve ranges, or the store asks for none"
            )
        return data

    def _raised(self, request: Request, error: BaseException, began: float) -> UnreadableChunkError:
        seconds = time.monotonic() - began
        return self._failed(request, f"{type(error).__name__}: {error} (after {seconds:.1f} s)")

    def _failed(self, request: Request, found: str) -> UnreadableChunkError:
        key = self.prefix + request.key
        return UnreadableChunkError(
            f"chunk {request.key!r}: expected {request} of {key!r} in {self.store}, found {found}; check the "
            "address, the network and your permissions, then read again",
            key=request.key,
        )


def _byte_range(request: Request) -> ByteRequest | None:
    if request.start < 0:
        return SuffixByteRequest(-request.start)
    if request.stop is None:
        return OffsetByteRequest(request.start) if request.start else None
    return RangeByteRequest(request.start, request.stop)
