"""Where the touched leaves of an array lie: file lengths and indexes of shards, looked at and not kept.

Chunks that are mapped already are taken as they were mapped, since that is what a read would get.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access.blosc import HEADER_NBYTES
from zarr_partial.access.shard import EMPTY, Shard, read_index
from zarr_partial.layout import ChunkName, LeafName
from zarr_partial.resident import ResidentChunks
from zarr_partial.sources.mapped import MISSING

__all__ = ["MISSING", "ChunkFiles", "StoredShard", "stored_shards"]

Integers = NDArray[np.int64]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class StoredShard:
    """A shard with touched leaves in it, mapped as long as this object lives.

    Attributes
    ----------
    places : ndarray of int64
        Which of the touched leaves it holds.
    data : ndarray of uint8, or None if there is no such file
    starts, stops : ndarray of int64
        Byte range of each leaf; a start of -1 if it is missing.
    indexes, index_nbytes : int
        How many indexes had to be read to know that, and their bytes.
    """

    places: Integers
    data: Bytes | None
    starts: Integers
    stops: Integers
    indexes: int
    index_nbytes: int

    def heads(self) -> Bytes:
        """Return the first bytes of every leaf that is stored, zeros where it has fewer."""
        assert self.data is not None, "nothing is stored in no file"
        present = self.starts != MISSING
        starts = self.starts[present]
        within = np.add.outer(starts, np.arange(HEADER_NBYTES))
        heads: Bytes = self.data[np.minimum(within, self.data.size - 1)]
        heads[within >= self.stops[present][:, None]] = 0
        return heads

    def begin_of(self, place: int, nbytes: int | None) -> Bytes:
        """Return the first bytes of a leaf; all of it for None."""
        assert self.data is not None, "nothing is stored in no file"
        at = int(np.searchsorted(self.places, place))
        start, stop = int(self.starts[at]), int(self.stops[at])
        return self.data[start : stop if nbytes is None else min(stop, start + nbytes)]


class ChunkFiles:
    """The files of chunks that are no shards, opened one after the other.

    Parameters
    ----------
    resident : ResidentChunks
    leaves : ndarray of int64, shape (leaves, axes)
    """

    def __init__(self, resident: ResidentChunks, leaves: Integers) -> None:
        self._resident = resident
        self._leaves = leaves
        self._chunk_key = resident.layout.chunk_key
        self._none_kept = not len(resident)

    def lengths(self) -> Integers:
        """Return the length of every file, -1 for a missing one."""
        lengths = np.empty(len(self._leaves), dtype=np.int64)
        for place, at in enumerate(self._leaves.tolist()):
            coordinates = tuple(at)
            if self._none_kept or not self._is_kept(coordinates):
                lengths[place] = self._resident.source.nbytes(self._chunk_key(coordinates))
            else:
                data = self._data(coordinates)
                lengths[place] = MISSING if data is None else data.size
        return lengths

    def heads(self) -> tuple[Integers, Bytes]:
        """Return the length of every file, -1 for a missing one, and its first bytes."""
        lengths = np.empty(len(self._leaves), dtype=np.int64)
        heads = np.zeros((len(self._leaves), HEADER_NBYTES), dtype=np.uint8)
        memory = heads.reshape(-1).data
        for place, at in enumerate(self._leaves.tolist()):
            length, head = self._begin(tuple(at), HEADER_NBYTES)
            lengths[place] = length
            memory[place * HEADER_NBYTES : place * HEADER_NBYTES + len(head)] = head
        return lengths, heads

    def begin_of(self, place: int, nbytes: int | None) -> Bytes:
        """Return the first bytes of a file that there is; all of them for None."""
        coordinates = tuple(self._leaves[place].tolist())
        if nbytes is None:
            data = self._data(coordinates)
            return np.empty(0, dtype=np.uint8) if data is None else data
        return np.frombuffer(self._begin(coordinates, nbytes)[1], dtype=np.uint8)

    def _begin(self, coordinates: tuple[int, ...], nbytes: int) -> tuple[int, bytes | memoryview]:
        if self._none_kept or not self._is_kept(coordinates):
            begin = self._resident.source.begin(self._chunk_key(coordinates), nbytes)
            if begin is not None:
                return begin
        data = self._data(coordinates)
        return (MISSING, b"") if data is None else (data.size, data[:nbytes].data)

    def _is_kept(self, coordinates: tuple[int, ...]) -> bool:
        return self._resident.is_kept(self._resident.layout.leaves.number(coordinates))

    def _data(self, coordinates: tuple[int, ...]) -> Bytes | None:
        if self._is_kept(coordinates):
            chunk = self._resident.chunk(self._resident.layout.grid.number(coordinates))
            return None if chunk is None else chunk.data
        return self._resident.source.map(self._chunk_key(coordinates))


def stored_shards(resident: ResidentChunks, leaves: Integers) -> Iterator[StoredShard]:
    """Yield every shard that holds some of these leaves, in C order, with the leaves it holds.

    Raises
    ------
    CorruptChunkError, UnreadableChunkError
        As a read would raise them.
    """
    layout = resident.layout
    per_chunk = np.array(layout.leaves_per_chunk, dtype=np.int64)
    chunks = leaves // per_chunk
    order = np.lexsort(chunks.T[::-1])
    chunks = chunks[order]
    edges = [*np.flatnonzero((np.diff(chunks, axis=0, prepend=-1) != 0).any(axis=1)).tolist(), len(order)]
    for a, b in itertools.pairwise(edges):
        places = order[a:b]
        at = tuple(chunks[a].tolist())
        number = layout.leaves.number(tuple(leaves[places[0]].tolist()))
        data: Bytes | None
        if resident.is_kept(number):
            chunk = resident.chunk(layout.grid.number(at))
            data = None if chunk is None else chunk.data
        else:
            data = resident.source.map(layout.chunk_key(at))
        starts, stops = np.full(b - a, MISSING), np.full(b - a, MISSING)
        if data is None:
            yield StoredShard(places, None, starts, stops, 0, 0)
        else:
            walk = _Walk(resident, leaves[places], starts, stops)
            walk.into(layout.shards, data, 0, leaves[places] % per_chunk, np.arange(b - a))
            yield StoredShard(places, data, starts, stops, walk.indexes, walk.index_nbytes)


class _Walk:
    """From a shard through its levels to its leaves, by the indexes on the way."""

    def __init__(self, resident: ResidentChunks, leaves: Integers, starts: Integers, stops: Integers) -> None:
        self._layout = resident.layout
        self._leaves = leaves
        self._starts = starts
        self._stops = stops
        self.indexes = 0
        self.index_nbytes = 0

    def into(
        self, shards: tuple[Shard, ...], data: Bytes, begin: int, inside: Integers, which: Integers
    ) -> None:
        """Find the leaves `which`, that lie at `inside` within the shard `data`, which begins at `begin`."""
        shard, deeper = shards[0], shards[1:]
        leaf = tuple(self._leaves[which[0]].tolist())
        index = read_index(shard, data, ChunkName(self._layout.leaf_key(leaf), is_shard=True))
        self.indexes += 1
        self.index_nbytes += shard.index_nbytes
        below: Any = np.ones(inside.shape[1], dtype=np.int64)
        for level in deeper:
            below = below * np.array(level.counts)
        entries = (inside // below) @ np.array(shard.strides, dtype=np.int64)
        starts, stops = index.starts[entries], index.stops[entries]
        impossible = np.flatnonzero((starts < 0) & (starts != EMPTY))
        if impossible.size:
            leaf = tuple(self._leaves[which[impossible[0]]].tolist())
            name = LeafName(self._layout, self._layout.leaves.number(leaf))
            raise index.impossible(int(entries[impossible[0]]), data.size, name)
        stored = starts != EMPTY
        if not deeper:
            self._starts[which[stored]] = starts[stored] + begin
            self._stops[which[stored]] = stops[stored] + begin
            return
        for entry in np.unique(entries[stored]).tolist():
            of_entry = np.flatnonzero(entries == entry)
            a, b = int(index.starts[entry]), int(index.stops[entry])
            self.into(deeper, data[a:b], begin + a, inside[of_entry] % below, which[of_entry])
