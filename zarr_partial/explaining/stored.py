"""Where the touched leaves of an array lie: file lengths and indexes of shards, looked at and not kept.

Chunks that are mapped already are taken as they were mapped, since that is what a read would get.
"""

import itertools
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access.shard import EMPTY, Shard, read_index
from zarr_partial.layout import ChunkName, LeafName
from zarr_partial.resident import ResidentChunks

__all__ = ["StoredFile", "file_nbytes", "stored_files", "stored_lengths"]

Integers = NDArray[np.int64]
Bytes = NDArray[np.uint8]
MISSING = -1


@dataclass(frozen=True, slots=True, eq=False)
class StoredFile:
    """A file with touched leaves in it, mapped as long as this object lives.

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


def stored_lengths(resident: ResidentChunks, leaves: Integers) -> Integers:
    """Return the length of the file of each of these leaves, -1 for a missing one; not for shards."""
    layout = resident.layout
    folder = f"{resident.source.folder}{os.sep}"
    lengths = np.empty(len(leaves), dtype=np.int64)
    nothing_kept = not len(resident)
    for place, at in enumerate(leaves.tolist()):
        coordinates = tuple(at)
        if not nothing_kept and resident.is_kept(number := layout.leaves.number(coordinates)):
            chunk = resident.chunk(number)
            lengths[place] = MISSING if chunk is None else chunk.data.size
        else:
            lengths[place] = file_nbytes(folder + layout.chunk_key(coordinates))
    return lengths


def file_nbytes(path: str) -> int:
    """Return the length of a file, -1 if there is none: the same files that count as missing to zarr."""
    try:
        status = os.stat(path)  # noqa: PTH116 - a Path takes as long to make as the call itself
    except (FileNotFoundError, NotADirectoryError):
        return MISSING
    return MISSING if stat.S_ISDIR(status.st_mode) else status.st_size


def stored_files(resident: ResidentChunks, leaves: Integers) -> Iterator[StoredFile]:
    """Yield every file that holds some of these leaves, in C order, with the leaves it holds.

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
            yield StoredFile(places, None, starts, stops, 0, 0)
        elif not layout.shards:
            yield StoredFile(places, data, np.zeros(1, np.int64), np.full(1, data.size), 0, 0)
        else:
            walk = _Walk(resident, leaves[places], starts, stops)
            walk.into(layout.shards, data, 0, leaves[places] % per_chunk, np.arange(b - a))
            yield StoredFile(places, data, starts, stops, walk.indexes, walk.index_nbytes)


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
