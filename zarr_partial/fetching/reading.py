"""Reading an array whose chunks are elsewhere: plan, fetch, decode; the next batch is fetched meanwhile."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.fetching.batches import Batch, batches_of
from zarr_partial.fetching.fetched import FetchedLeaves
from zarr_partial.fetching.fetcher import Fetcher, FetchPlan
from zarr_partial.fetching.places import Asked
from zarr_partial.read import read_selection
from zarr_partial.selection import Coordinates, Selection
from zarr_partial.sources.ranged import RangedSource
from zarr_partial.threads import in_background

__all__ = ["Remote", "drive", "plan_remote", "read_remote", "read_remote_async"]

# Told after every batch: bytes of the output that are there, and all of them.
type Report = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Remote:
    """What is known of an array whose chunks are elsewhere, and where they are."""

    fetcher: Fetcher
    source: RangedSource


def read_remote(
    selection: Selection | Coordinates,
    remote: Remote,
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
    output = _Output(selection, remote, out, report)
    batches = batches_of(selection, remote.fetcher.layout) if output.nbytes else iter(())
    batch = next(batches, None)
    leaves = _fetch(batch, remote) if batch is not None else None
    while batch is not None and leaves is not None:
        following = next(batches, None)
        ahead = None if following is None else in_background(partial(_fetch, following, remote))
        try:
            output.put(batch, leaves, threads)
        finally:
            # Whatever happens here, nothing goes on afterwards.
            leaves = None if ahead is None else ahead.result()
        batch = following
    return output.result


async def read_remote_async(
    selection: Selection | Coordinates, remote: Remote, *, threads: int, out: NDArray[Any] | None = None
) -> NDArray[Any]:
    """Do as `read_remote`, without blocking the event loop."""
    output = _Output(selection, remote, out, None)
    for batch in batches_of(selection, remote.fetcher.layout) if output.nbytes else ():
        asked = remote.fetcher.plan(batch.selection)
        plan = await _drive_async(asked, remote.source)
        leaves = plan.leaves(await remote.source.fetch_async(plan.requests))
        await asyncio.to_thread(output.put, batch, leaves, threads)
    return output.result


def plan_remote(selection: Selection | Coordinates, remote: Remote) -> list[FetchPlan]:
    """Return what a read would fetch; indexes and headers that are not known yet are fetched."""
    batches = batches_of(selection, remote.fetcher.layout)
    return [drive(remote.fetcher.plan(batch.selection), remote.source) for batch in batches]


class _Output:
    """Where a read puts its batches."""

    def __init__(
        self,
        selection: Selection | Coordinates,
        remote: Remote,
        out: NDArray[Any] | None,
        report: Report | None,
    ) -> None:
        self.result = np.empty(selection.shape, remote.fetcher.layout.dtype) if out is None else out
        self.nbytes = self.result.nbytes
        self._report = report
        self._done = 0
        self._is_scattered = isinstance(selection, Coordinates)
        if isinstance(selection, Selection):
            # With every axis of the array: dropped ones have length 1.
            self._whole = self.result[tuple(None if axis.drop else slice(None) for axis in selection.axes)]

    def put(self, batch: Batch, leaves: FetchedLeaves, threads: int) -> None:
        """Decode what a batch takes and put it into its places."""
        if self._is_scattered:
            found = read_selection(batch.selection, leaves, threads=threads)
            if batch.is_in_place:
                self.result[...] = found.reshape(self.result.shape)
            else:
                places = np.unravel_index(np.asarray(batch.index[0]), self.result.shape)
                self.result[places] = found
            done = found.nbytes
        elif batch.is_in_place:
            target = self._whole[batch.index]
            read_selection(batch.selection, leaves, threads=threads, out=target)
            done = target.nbytes
        else:
            found = read_selection(batch.selection, leaves, threads=threads)
            self._whole[_open_mesh(batch.index, self._whole.shape)] = found
            done = found.nbytes
        self._done += done
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


def _fetch(batch: Batch, remote: Remote) -> FetchedLeaves:
    plan = drive(remote.fetcher.plan(batch.selection), remote.source)
    return plan.leaves(remote.source.fetch(plan.requests))


def drive[T](asked: Asked[T], source: RangedSource) -> T:
    """Answer what is asked for until there is a result."""
    try:
        requests = next(asked)
        while True:
            requests = asked.send(source.fetch(requests))
    except StopIteration as end:
        result: T = end.value
        return result


async def _drive_async[T](asked: Asked[T], source: RangedSource) -> T:
    try:
        requests = next(asked)
        while True:
            requests = asked.send(await source.fetch_async(requests))
    except StopIteration as end:
        result: T = end.value
        return result
