"""Reading an array whose chunks are elsewhere: plan, fetch, decode; the next batch is fetched meanwhile."""

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from zarr.core.sync import _get_loop as zarr_loop

from zarr_partial.errors import ChangedError, ChunkError, CorruptChunkError
from zarr_partial.fetching.batches import Batch, batches_of
from zarr_partial.fetching.fetched import FetchedLeaves
from zarr_partial.fetching.fetcher import Fetcher, FetchPlan
from zarr_partial.fetching.needs import Need, needs_of
from zarr_partial.layout import Layout
from zarr_partial.progress import Report
from zarr_partial.read import read_selection
from zarr_partial.resident import ResidentChunks
from zarr_partial.selection import Coordinates, Points, Selection
from zarr_partial.sources.ranged import Asked, RangedSource, drive, drive_async

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = ["Remote", "read_in_batches"]

# So many batches that were fetched ahead wait for their read; what nobody comes for is let go.
MAX_AHEAD = 4


class Remote:
    """An array whose chunks are elsewhere: what has been learnt of it, and where they are.

    Parameters
    ----------
    fetcher : Fetcher
    source : RangedSource
    """

    def __init__(self, fetcher: Fetcher, source: RangedSource) -> None:
        self.fetcher = fetcher
        self.source = source
        self._ahead: dict[object, Future[FetchedLeaves]] = {}
        self._process = os.getpid()

    def read(
        self,
        selection: Selection | Coordinates,
        *,
        threads: int,
        out: NDArray[Any] | None = None,
        report: Report | None = None,
    ) -> NDArray[Any]:
        """Return the selected elements, as `read_selection` does.

        Raises
        ------
        CorruptChunkError, UnreadableChunkError, ChangedError
            If a touched chunk is damaged, cannot be had, or was replaced meanwhile.
        """
        try:
            return read_in_batches(
                selection,
                self.fetcher.layout,
                self._leaves,
                self._begin,
                threads=threads,
                out=out,
                report=report,
            )
        except CorruptChunkError as error:
            self._check_unchanged(selection, error)
            raise

    async def read_async(
        self, selection: Selection | Coordinates, *, threads: int, out: NDArray[Any] | None = None
    ) -> NDArray[Any]:
        """Do as `read`, without blocking the event loop."""
        output = _Output(selection, self.fetcher.layout, out, None)
        try:
            for batch in batches_of(selection, self.fetcher.layout) if output.nbytes else ():
                leaves = await self._leaves_async(batch)
                await asyncio.to_thread(output.put, batch, leaves, threads)
        except CorruptChunkError as error:
            await asyncio.to_thread(self._check_unchanged, selection, error)
            raise
        return output.result

    def prefetch(self, selection: Selection | Coordinates) -> None:
        """Begin to fetch what a read of `selection` needs first, and do not wait for it."""
        if 0 in selection.shape:
            return
        ahead = self._begun()
        for batch, _ in zip(batches_of(selection, self.fetcher.layout), range(2), strict=False):
            name = _name(batch.selection)
            if name not in ahead:
                self._forget_ahead(MAX_AHEAD - 1)
                ahead[name] = self._begin(batch)

    def close(self) -> None:
        """Give up what is fetched ahead and nobody came for."""
        self._forget_ahead(0)

    def _forget_ahead(self, count: int) -> None:
        """Keep the youngest `count` of what is fetched ahead, and give the others up."""
        ahead = self._begun()
        # Other threads take some meanwhile.
        for name in list(ahead)[: max(0, len(ahead) - count)]:
            begun = ahead.pop(name, None)
            if begun is not None:
                begun.cancel()

    def plans(self, selection: Selection | Coordinates) -> list[FetchPlan]:
        """Return what a read would fetch; indexes and headers that are not known yet are fetched."""
        batches = batches_of(selection, self.fetcher.layout)
        return [drive(self.fetcher.plan(batch.selection), self.source) for batch in batches]

    def _check_unchanged(self, selection: Selection | Coordinates, error: CorruptChunkError) -> None:
        """Raise `ChangedError` if indexes and headers are not what is known of them."""
        anew = Remote(Fetcher(self.fetcher.layout, self.fetcher.gap), self.source)
        try:
            now = [plan.requests for plan in anew.plans(selection)]
        except ChunkError:
            # It is damaged still.
            return
        try:
            is_same = [plan.requests for plan in self.plans(selection)] == now
        except ChunkError:
            is_same = False
        if not is_same:
            raise ChangedError(
                f"chunk {error.key!r}: expected what was learnt of it to be true still, found another "
                "index or header: it was replaced since; call refresh() and read again",
                key=error.key,
            ) from error

    def _leaves(self, batch: Batch) -> FetchedLeaves:
        begun = self._take(batch)
        if begun is not None:
            try:
                if begun.exception() is None:
                    return begun.result()
            except BaseException:
                # Ctrl-C, for one.
                begun.cancel()
                raise
        # A failure may be over by now, and if it is not, this read tells it.
        return self._fetch(batch)

    async def _leaves_async(self, batch: Batch) -> FetchedLeaves:
        begun = self._take(batch)
        if begun is not None:
            with suppress(Exception):
                return await asyncio.wrap_future(begun)
        return await self._fetch_async(batch)

    def _take(self, batch: Batch) -> "Future[FetchedLeaves] | None":
        """Return what is fetched ahead for a batch, if anything is; it is given out once."""
        ahead = self._begun()
        return ahead.pop(_name(batch.selection), None) if ahead else None

    def _begun(self) -> "dict[object, Future[FetchedLeaves]]":
        """Return what is fetched ahead in this process: what a fork took from its parent never comes."""
        if self._process != os.getpid():
            self._ahead = {}
            self._process = os.getpid()
        return self._ahead

    def _begin(self, batch: Batch) -> "Future[FetchedLeaves]":
        """Begin to fetch a batch, on zarr's event loop: no thread waits, and it can be given up."""
        return asyncio.run_coroutine_threadsafe(self._fetch_async(batch), zarr_loop())

    def _fetch(self, batch: Batch) -> FetchedLeaves:
        plan, bodies = drive(self._asked(batch), self.source)
        return plan.leaves(bodies)

    async def _fetch_async(self, batch: Batch) -> FetchedLeaves:
        plan, bodies = await drive_async(self._asked(batch), self.source)
        return await asyncio.to_thread(plan.leaves, bodies)

    def _asked(self, batch: Batch) -> Asked[tuple[FetchPlan, list[NDArray[np.uint8] | None]]]:
        gap = self.fetcher.gap
        return (yield from self.fetcher.fetch(list(needs_of(batch.selection, self.fetcher.layout, gap)), gap))

    def fetch_leaves(self, needs: Sequence[Need], gap: int) -> FetchedLeaves:
        """Return the leaves that are needed; ranges within `gap` bytes of each other are one request."""
        plan, bodies = drive(self.fetcher.fetch(needs, gap), self.source)
        return plan.leaves(bodies)


def read_in_batches(
    selection: Selection | Coordinates,
    layout: Layout,
    leaves_of: Callable[[Batch], ResidentChunks],
    begin: Callable[[Batch], "Future[Any]"] | None = None,
    *,
    threads: int,
    out: NDArray[Any] | None = None,
    report: Report | None = None,
) -> NDArray[Any]:
    """Return the selected elements, read batch by batch.

    `leaves_of` is asked for each, and `begin`, if it is given, for the next one while one is read.
    """
    output = _Output(selection, layout, out, report)
    batches = batches_of(selection, layout) if output.nbytes else iter(())
    batch = next(batches, None)
    leaves = None if batch is None else leaves_of(batch)
    while batch is not None and leaves is not None:
        following = next(batches, None)
        ahead = None if following is None or begin is None else begin(following)
        try:
            output.put(batch, leaves, threads)
            # Not two batches in memory while the next one comes.
            leaves = None
            if following is not None:
                leaves = leaves_of(following) if ahead is None else ahead.result()
        except BaseException:
            # Nothing goes on for a read that is over.
            if ahead is not None:
                ahead.cancel()
            raise
        batch = following
    return output.result


class _Output:
    """Where a read puts its batches."""

    def __init__(
        self,
        selection: Selection | Coordinates,
        layout: Layout,
        out: NDArray[Any] | None,
        report: Report | None,
    ) -> None:
        self.result = np.empty(selection.shape, layout.dtype) if out is None else out
        self.nbytes = self.result.nbytes
        self._report = report
        self._done = 0
        self._is_scattered = isinstance(selection, Coordinates)
        if isinstance(selection, Selection):
            # With every axis of the array: dropped ones have length 1.
            axes = (None if axis.drop else slice(None) for axis in selection.axes)
            # With an ellipsis, so that nothing becomes a scalar.
            self._whole = self.result[(..., *axes)]

    def put(self, batch: Batch, leaves: ResidentChunks, threads: int) -> None:
        """Decode what a batch takes and put it into its places."""
        if not self._is_scattered and batch.is_in_place:
            target = self._whole[(..., *batch.index)]
            read_selection(batch.selection, leaves, threads=threads, out=target)
            self._done += target.nbytes
        else:
            found = read_selection(batch.selection, leaves, threads=threads)
            if not self._is_scattered:
                self._whole[_open_mesh(batch.index, self._whole.shape)] = found
            elif batch.is_in_place:
                self.result[...] = found.reshape(self.result.shape)
            else:
                self.result[np.unravel_index(np.asarray(batch.index[0]), self.result.shape)] = found
            self._done += found.nbytes
        if self._report is not None:
            self._report(self._done, self.nbytes)


def _open_mesh(
    index: tuple[slice | NDArray[np.int64], ...], shape: tuple[int, ...]
) -> tuple[NDArray[np.int64], ...]:
    return np.ix_(
        *(
            np.arange(*entry.indices(length)) if isinstance(entry, slice) else entry
            for entry, length in zip(index, shape, strict=True)
        )
    )


def _name(selection: Selection | Coordinates) -> object:
    """Return something hashable that only equal selections have."""
    if isinstance(selection, Coordinates):
        return tuple(vector.tobytes() for vector in selection.vectors)
    return tuple(
        axis.values.tobytes() if isinstance(axis, Points) else (axis.start, axis.step, axis.count)
        for axis in selection.axes
    )
