"""One read of `zarr.Array`: its chunks, who reads each of them, and on which threads.

Steps: what the chunks have in common and whether we can decode it; where their values are; each chunk in a
thread, never on the event loop; the numbers of those that zarr has to read.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from zarr.abc.store import RangeByteRequest, Store
from zarr.core.array_spec import ArraySpec
from zarr.core.buffer import NDBuffer
from zarr.core.buffer.cpu import NDBuffer as HostArray
from zarr.core.buffer.cpu import buffer_prototype
from zarr.core.common import concurrent_map
from zarr.core.config import config
from zarr.storage import MemoryStore, StorePath

from zarr_partial.access import Blosc, Raw, Shard, Whole
from zarr_partial.codecs import access_of_codecs
from zarr_partial.pipelining.chunks import Chunk, read_chunk
from zarr_partial.pipelining.decoding import raw_of
from zarr_partial.pipelining.rows import RowTarget, row_target, rows_of
from zarr_partial.pipelining.selecting import ranges_of, taken
from zarr_partial.pipelining.values import MemoryValue, Opener, Value, opener
from zarr_partial.threads import default_threads, for_each

__all__ = ["Batch", "Item", "batch_of"]

logger = logging.getLogger(__name__)

# What zarr hands a pipeline of one chunk: where it is, what it is like, what to take of it, and to where;
# whether that is all of it.
Item = tuple[Any, ArraySpec, Any, Any, bool]

# A hop to another thread costs about 30 us; less than this is copied in that time.
PARALLEL_COPY_NBYTES = 1 << 22
PARALLEL_DECODE_NBYTES = 1 << 18
# So much is copied out of memory without a hop.
SMALL_NBYTES = 1 << 16


class Codecs(Protocol):
    """A pipeline: its codecs, and what is known of chunks that they decode."""

    @property
    def kinds(self) -> dict[Any, Chunk | None]:
        """What is known, by shape, data type and order."""

    def __iter__(self) -> Iterator[Any]:
        """Return the codecs, in the order in which they encode."""


def chunk_of(codecs: Codecs, spec: ArraySpec) -> Chunk | None:
    """Return what chunks of this kind have in common; None if zarr has to decode them."""
    at = (spec.shape, spec.dtype, spec.order)
    if at not in codecs.kinds:
        codecs.kinds[at] = _chunk_of(tuple(codecs), spec)
    return codecs.kinds[at]


def _chunk_of(codecs: tuple[Any, ...], spec: ArraySpec) -> Chunk | None:
    dtype = spec.dtype.to_native_dtype()
    if dtype.hasobject or dtype.kind == "T" or not dtype.itemsize or not spec.shape or 0 in spec.shape:
        return None
    leaf = access = access_of_codecs(codecs, dtype, spec.shape, spec.order)
    while isinstance(leaf, Shard):
        leaf = leaf.inner
    if isinstance(leaf, Whole) and leaf.raw is None:
        return None
    fill_value = spec.dtype.default_scalar() if spec.fill_value is None else spec.fill_value
    return Chunk(spec.shape, access, fill_value, rows_of(spec.shape, access))


class Batch:
    """The chunks of one read, all of one store.

    Parameters
    ----------
    items : sequence of tuple
        As zarr hands them to a pipeline.
    chunks : sequence of Chunk
        What each of them is like.
    out : ndarray
    drop_axes : tuple of int
        Axes of length 1 that `out` does not have.

    Attributes
    ----------
    are_missing : list of bool or None
        Of each chunk, once it is read; None for those that zarr has to read.
    """

    def __init__(
        self, items: Sequence[Item], chunks: Sequence[Chunk], out: NDArray[Any], drop_axes: tuple[int, ...]
    ) -> None:
        self._items = items
        self._chunks = chunks
        self._out = out
        self._drop_axes = drop_axes
        self.are_missing: list[bool | None] = [None] * len(items)
        rows = chunks[0].rows
        self._row_target: RowTarget | None = None
        if rows is not None and not drop_axes and all(chunk.rows is rows for chunk in chunks):
            self._row_target = row_target(rows, out, len(chunks[0].shape))

    async def read(self) -> None:
        """Read the chunks, those that can be read in parts."""
        store: Store = self._items[0][0].store
        open_value = opener(store)
        if open_value is None:
            await self._fetch()
            return
        work = partial(self._read_all, open_value, self._threads())
        is_raw = isinstance(self._chunks[0].access, Raw)
        if (
            len(self._items) == 1
            and is_raw
            and type(store) is MemoryStore
            and self._out.nbytes <= SMALL_NBYTES
        ):
            work()
        else:
            await asyncio.get_running_loop().run_in_executor(None, work)

    def _threads(self) -> int:
        """Return how many threads to read with: copies of a little are over before another one begins."""
        leaf = self._chunks[0].access
        while isinstance(leaf, Shard):
            leaf = leaf.inner
        if isinstance(leaf, Raw):
            nbytes, least = self._out.nbytes, PARALLEL_COPY_NBYTES
        else:
            # Of every chunk a leaf is decoded, or a Blosc block of about this size, however little is wanted.
            one = min(raw_of(leaf).nbytes, PARALLEL_DECODE_NBYTES)
            nbytes, least = max(self._out.nbytes, len(self._items) * one), PARALLEL_DECODE_NBYTES
        return default_threads() if nbytes >= least else 1

    def _read_all(self, open_value: Opener, threads: int) -> None:
        # With few chunks, threads share the inner chunks of each.
        inner = threads if len(self._items) < 4 * threads else 1

        def read(number: int) -> None:
            try:
                value = open_value(self._items[number][0].path)
                try:
                    self._put(number, value, inner)
                finally:
                    if value is not None:
                        value.close()
            except (
                Exception
            ) as error:  # whatever is wrong with a chunk, zarr reads it all the same, or says so
                self._leave(number, error)

        for_each(read, range(len(self._items)), threads=threads if len(self._items) > 1 else 1)

    def _put(self, number: int, value: Value | None, threads: int) -> None:
        """Put what is wanted of a chunk into its places."""
        getter, _, selection, out_selection, _ = self._items[number]
        chunk, target = self._chunks[number], self._row_target
        if value is None:
            self._out[out_selection] = chunk.fill_value
        elif (
            target is None
            or chunk.rows is None
            or not chunk.rows.read(value, getter.path, selection, target, out_selection)
        ):
            drop_axes = self._drop_axes
            read_chunk(
                value, chunk, getter.path, selection, self._out, out_selection, drop_axes, threads=threads
            )
        self.are_missing[number] = value is None

    def _leave(self, number: int, error: Exception) -> None:
        """Leave a chunk to zarr."""
        logger.debug("zarr reads %s: %s: %s", self._items[number][0], type(error).__name__, error)

    async def _fetch(self) -> None:
        """Read chunks of a store that has to be asked for its bytes, a few at a time."""
        numbers = [(number,) for number, chunk in enumerate(self._chunks) if _is_fetched(chunk)]
        await concurrent_map(numbers, self._fetch_one, config.get("async.concurrency"))

    async def _fetch_one(self, number: int) -> None:
        """Read a chunk by one request, so that it is never put together from two versions of it."""
        getter, spec, selection, _, _ = self._items[number]
        chunk = self._chunks[number]
        start, stop = _window(chunk, selection)
        try:
            if stop is None:
                body = await getter.get(spec.prototype)
            else:
                body = await getter.get(spec.prototype, byte_range=RangeByteRequest(start, stop))
            value = None if body is None else _fetched(body.as_numpy_array(), chunk, start, stop)
            work = partial(self._put, number, value, 1)
            if value is None or (isinstance(chunk.access, Raw) and value.data.size <= SMALL_NBYTES):
                work()
            else:
                await asyncio.get_running_loop().run_in_executor(None, work)
        except Exception as error:  # zarr asks again, and says what is wrong
            self._leave(number, error)


def _is_fetched(chunk: Chunk) -> bool:
    """Whether we fetch or decode less of a chunk than zarr does, which reads shards by ranges, too."""
    return isinstance(chunk.access, (Raw, Blosc))


def _window(chunk: Chunk, selection: Any) -> tuple[int, int | None]:
    """Return from where to where to fetch; no end for all of a chunk."""
    wanted = taken(selection, chunk.shape)
    if wanted is None or not isinstance(chunk.access, Raw):
        return 0, None
    ranges = ranges_of(wanted, chunk.access)
    start, stop = ranges[0][0], ranges[-1][1]
    return (0, None) if stop - start == chunk.access.nbytes else (start, stop)


def _fetched(body: NDArray[np.uint8], chunk: Chunk, start: int, stop: int | None) -> MemoryValue:
    """Return what came as the part of the chunk that it is.

    Raises
    ------
    EOFError
        If it is not as long as what was asked for, and so perhaps another part.
    """
    if stop is None or not isinstance(chunk.access, Raw) or body.size == chunk.access.nbytes:
        # All of it comes from servers without ranges, too, and no store tells.
        return MemoryValue(body)
    if body.size != stop - start:
        raise EOFError(f"bytes {start} to {stop}, found {body.size} bytes")
    return MemoryValue(body, start, chunk.access.nbytes)


def batch_of(
    codecs: Codecs, items: Sequence[Item], out: NDBuffer, drop_axes: tuple[int, ...]
) -> Batch | None:
    """Return the batch of a read, or None if zarr has to read it.

    That is where bytes are not in the memory of the host, come from a chunk that zarr has in its hands
    already, or are decoded by codecs that only zarr has.
    """
    if not items or type(out) is not HostArray:
        return None
    array = out.as_ndarray_like()
    if not isinstance(array, np.ndarray) or array.dtype.hasobject:
        return None
    chunks: list[Chunk] = []
    last: ArraySpec | None = None
    chunk: Chunk | None = None
    for getter, spec, *_ in items:
        if type(getter) is not StorePath:
            return None
        if spec is not last:
            if spec.prototype != buffer_prototype or spec.dtype.to_native_dtype() != array.dtype:
                return None
            last, chunk = spec, chunk_of(codecs, spec)
        if chunk is None:
            return None
        chunks.append(chunk)
    return Batch(items, chunks, array, drop_axes)
