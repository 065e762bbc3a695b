"""Where leaves lie: in which value, and from which byte on. Indexes of shards are fetched once and kept."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access.shard import EMPTY, Shard, ShardIndex, read_index
from zarr_partial.errors import ChangedError
from zarr_partial.layout import ChunkName, Layout, LeafName
from zarr_partial.sources.ranged import Asked, Request

__all__ = ["Place", "Places", "vanished"]

Bytes = NDArray[np.uint8]
# How long a shard may be whose length nobody has told.
UNKNOWN_NBYTES = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where the encoded bytes of a leaf are.

    Attributes
    ----------
    key : str
    begin : int
        First byte in the value.
    nbytes : int or None
        None for all of the value, however long it is.
    """

    key: str
    begin: int = 0
    nbytes: int | None = None


@dataclass(slots=True)
class _Search:
    """A leaf on the way to its place: the rest of its coordinates, in leaves, and what is known so far."""

    leaf: int
    chunk: int
    within: list[int]
    left: list[int]
    place: Place


class Places:
    """Where the leaves of an array lie.

    Parameters
    ----------
    layout : Layout
        One whose leaves have elements of a known layout.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        # By the number of the chunk, the level of the shard and its first byte; None if there is no chunk.
        self._indexes: dict[tuple[int, int, int], ShardIndex | None] = {}

    def of(self, leaves: Sequence[int]) -> Asked[tuple[list[Place | None], list[Request]]]:
        """Return the place of every leaf of these numbers; None for the missing ones that indexes tell.

        With them, the requests for all indexes that tell it, those included that are known already.

        Raises
        ------
        CorruptChunkError
            If an index is damaged.
        ChangedError
            If a shard is not there any more.
        """
        layout = self._layout
        searches = [self._begin(leaf) for leaf in leaves]
        if not layout.shards:
            return [search.place for search in searches], []
        found: list[Place | None] = [None] * len(searches)
        going = list(enumerate(searches))
        lookups: list[Request] = []
        for depth, shard in enumerate(layout.shards):
            lookups += yield from self._fetch_indexes(depth, [search for _, search in going])
            still = []
            for number, search in going:
                index = self._indexes[search.chunk, depth, search.place.begin]
                if index is not None and self._descend(search, shard, index):
                    still.append((number, search))
                    if depth == len(layout.shards) - 1:
                        found[number] = search.place
            going = still
        return found, lookups

    def _begin(self, leaf: int) -> _Search:
        layout = self._layout
        coordinates = layout.leaves.coordinates(leaf)
        per_chunk = layout.leaves_per_chunk
        chunk = layout.chunk_of(coordinates)
        within = [at % count for at, count in zip(coordinates, per_chunk, strict=True)]
        return _Search(
            leaf, layout.grid.number(chunk), within, list(per_chunk), Place(layout.chunk_key(chunk))
        )

    def _fetch_indexes(self, depth: int, searches: Sequence[_Search]) -> Asked[list[Request]]:
        shard = self._layout.shards[depth]
        places = {(search.chunk, depth, search.place.begin): search.place for search in searches}
        lookups = [_index_request(shard, place) for place in places.values()]
        wanted = {at: place for at, place in places.items() if at not in self._indexes}
        if not wanted:
            return lookups
        bodies = yield [_index_request(shard, place) for place in wanted.values()]
        for (at, place), body in zip(wanted.items(), bodies, strict=True):
            index = None
            if body is None and depth:
                raise vanished(_index_request(shard, place))
            if body is not None:
                name = ChunkName(place.key, is_shard=True)
                nbytes = UNKNOWN_NBYTES if place.nbytes is None else place.nbytes
                index = read_index(shard, body, name, shard_nbytes=nbytes)
            self._indexes[at] = index
        return lookups

    def _descend(self, search: _Search, shard: Shard, index: ShardIndex) -> bool:
        """Go from a shard to what it holds of the leaf; false if that is nothing."""
        entry = 0
        for axis, count in enumerate(shard.counts):
            search.left[axis] //= count
            inner, search.within[axis] = divmod(search.within[axis], search.left[axis])
            entry += inner * shard.strides[axis]
        start, stop = int(index.starts[entry]), int(index.stops[entry])
        if start == EMPTY:
            return False
        if start < 0:
            nbytes = search.place.nbytes
            name = LeafName(self._layout, search.leaf)
            raise index.impossible(entry, UNKNOWN_NBYTES if nbytes is None else nbytes, name)
        search.place = Place(search.place.key, search.place.begin + start, stop - start)
        return True


def vanished(request: Request) -> ChangedError:
    """Return the error for a value that is not there, though something else was read of it."""
    return ChangedError(
        f"chunk {request.key!r}: expected {request} of {request.key!r}, a part of which was read before, "
        "found that there is no such value; it was removed since: call refresh() and read again",
        key=request.key,
    )


def _index_request(shard: Shard, place: Place) -> Request:
    nbytes = shard.index_nbytes
    if shard.at_start:
        return Request(place.key, place.begin, place.begin + nbytes)
    if place.nbytes is None:
        return Request(place.key, -nbytes)
    stop = place.begin + place.nbytes
    return Request(place.key, max(place.begin, stop - nbytes), stop)
