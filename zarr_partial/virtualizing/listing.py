"""Which chunks of the source are stored: told by a listing that can be believed, else by asking for each."""

import re
from collections.abc import AsyncIterator, Callable, Iterator

from zarr.types import AnyArray

from zarr_partial.fetching.places import Places
from zarr_partial.layout import Layout
from zarr_partial.sources.ranged import RangedSource, Request, bodies_of, drive_async
from zarr_partial.virtualizing.documents import array_documents
from zarr_partial.virtualizing.presenting import Presentation

__all__ = ["coordinates_of", "listed_chunks", "stored_virtual_chunks"]

# Chunks that are asked for at once where no listing tells.
BATCH = 256
NUMBER = re.compile(r"[0-9]+")


def coordinates_of(
    key: str, chunk_key: Callable[[tuple[int, ...]], str], counts: tuple[int, ...]
) -> tuple[int, ...] | None:
    """Return the coordinates of the chunk at `key` in a grid of `counts`, or None if there is none."""
    ndim = len(counts)
    found = NUMBER.findall(key)[-ndim:] if ndim else []
    if len(found) < ndim or any(len(number) > 20 for number in found):
        return None
    at = tuple(map(int, found))
    within = all(index < count for index, count in zip(at, counts, strict=True))
    return at if within and chunk_key(at) == key else None


async def listed_chunks(array: AnyArray, layout: Layout) -> list[int] | None:
    """Return the numbers of the stored chunks, sorted; None where no listing can be believed.

    Some servers list nothing without saying so. One that shows the array's own metadata shows the rest.
    """
    store, prefix = array.store, f"{array.path}/" if array.path else ""
    wanted = {f"{prefix}{key}" for key in array_documents(array.metadata)}
    shown = False
    numbers = []
    try:
        if not store.supports_listing:
            return None
        async for key in store.list_prefix(prefix):
            at = coordinates_of(key.removeprefix(prefix), layout.chunk_key, layout.grid.counts)
            if at is not None:
                numbers.append(layout.grid.number(at))
            shown = shown or key in wanted
    except Exception:  # whatever a store raises that cannot list after all
        return None
    return sorted(numbers) if shown else None


async def stored_virtual_chunks(
    array: AnyArray, presentation: Presentation, source: RangedSource
) -> AsyncIterator[tuple[int, ...]]:
    """Yield the coordinates of the virtual chunks that are parts of stored ones."""
    layout, division, grid = presentation.layout, presentation.division, presentation.grid
    async for leaf in _stored_leaves(array, layout, source):
        begins = [index * count for index, count in zip(leaf, division.counts, strict=True)]
        for within in _indices(division.counts):
            at = tuple(begin + index for begin, index in zip(begins, within, strict=True))
            # The last leaves reach beyond the array.
            if all(index < count for index, count in zip(at, grid.counts, strict=True)):
                yield at


async def _stored_leaves(
    array: AnyArray, layout: Layout, source: RangedSource
) -> AsyncIterator[tuple[int, ...]]:
    numbers = await listed_chunks(array, layout)
    chunks = iter(range(layout.grid.nchunks) if numbers is None else numbers)
    per_chunk = layout.leaves_per_chunk
    while batch := [number for number, _ in zip(chunks, range(BATCH), strict=False)]:
        if numbers is None:
            keys = [layout.chunk_key(layout.grid.coordinates(number)) for number in batch]
            bodies = await drive_async(bodies_of([Request(key, 0, 1) for key in keys]), source)
            batch = [number for number, body in zip(batch, bodies, strict=True) if body is not None]
        for number in batch:
            begins = [
                index * count for index, count in zip(layout.grid.coordinates(number), per_chunk, strict=True)
            ]
            leaves = [
                tuple(begin + index for begin, index in zip(begins, within, strict=True))
                for within in _indices(per_chunk)
            ]
            if layout.shards:
                # Places of its own: the indexes of all shards need not stay.
                asked = Places(layout).of([layout.leaves.number(leaf) for leaf in leaves])
                places, _ = await drive_async(asked, source)
                leaves = [leaf for leaf, place in zip(leaves, places, strict=True) if place is not None]
            for leaf in leaves:
                yield leaf


def _indices(counts: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Yield all coordinates of a grid in C order, in Python's own integers."""
    if not counts:
        yield ()
        return
    for index in range(counts[0]):
        for rest in _indices(counts[1:]):
            yield (index, *rest)
