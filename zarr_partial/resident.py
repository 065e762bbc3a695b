"""The chunks of one array that are in memory: mapped files, what is inside of them, and the fill value.

A *leaf* is a chunk that holds elements itself: an inner chunk, where there are shards. A
`ResidentChunks` only grows. Whoever reads holds on to the one it started with, so no map goes away
under a gather; to forget chunks, `Residency` starts a new one. Nothing here takes a lock, which a
forked child might find taken: `dict.setdefault` decides which of two threads' maps is kept.
"""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Raw
from zarr_partial.access.blosc import Frame, parse_frame
from zarr_partial.access.shard import EMPTY, ShardIndex, read_index
from zarr_partial.layout import ChunkName, Layout, LeafName
from zarr_partial.memory import anonymous
from zarr_partial.sources.local import mappable_now
from zarr_partial.sources.mapped import MappedSource
from zarr_partial.sources.pages import Watch, ask_range

__all__ = ["LATER", "MAX_NUMBERED_LEAVES", "Encoded", "ResidentChunks"]

# A table of 8 bytes a leaf, made real by the kernel page by page: 128 MiB of address space at this limit.
TABLE_LEAVES = 1 << 24
# Numbers of leaves up to here are int64 vectors.
MAX_NUMBERED_LEAVES = 1 << 62
# Missing chunks that are larger are filled in the output, chunk by chunk.
MAX_FILL_NBYTES = 1 << 24
# A frame takes about 1 KB: arrays with more Blosc chunks read some headers again.
MAX_FRAMES = 1 << 16


class _Later(Enum):
    LATER = "not kept in memory"


LATER = _Later.LATER
Encoded = NDArray[np.uint8] | None | _Later


@dataclass(frozen=True, slots=True)
class MappedChunk:
    """The bytes of a chunk of the outer grid; `index` if it is a shard."""

    data: NDArray[np.uint8]
    index: ShardIndex | None


class ResidentChunks:
    """Chunks of `layout`, mapped from `source` when first asked for and kept from then on.

    Parameters
    ----------
    layout : Layout
        One that zarr need not read: its leaves have elements of a known layout.
    source : MappedSource
        Where the chunks are.
    """

    def __init__(self, layout: Layout, source: MappedSource) -> None:
        self.layout = layout
        self.source = source
        self.raw = layout.raw
        self.leaf_nbytes = self.raw.nbytes
        self._is_raw = isinstance(layout.leaf, Raw)
        self.has_table = self._is_raw and layout.leaves.nchunks <= TABLE_LEAVES
        self._per_chunk = layout.leaves_per_chunk
        self._chunks: dict[int, MappedChunk | None] = {}
        self._frames: dict[int, Frame] = {}
        self._inner: dict[tuple[int, int, int], ShardIndex] = {}
        self._table = np.zeros(layout.leaves.nchunks if self.has_table else 0, dtype=np.int64)
        self._fill: dict[str, NDArray[np.uint8]] = {}
        self.watch = Watch()
        # What `Rows` knows of these chunks.
        self.row_views: dict[int, NDArray[Any]] = {}
        self.row_origins = np.empty(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._chunks)

    def __reduce__(self) -> NoReturn:
        raise TypeError("expected to stay in its process: addresses mean nothing in another one")

    def chunk(self, number: int) -> MappedChunk | None:
        """Return the chunk of this number (C order in the outer grid), or None if it is missing.

        Raises
        ------
        CorruptChunkError, UnreadableChunkError
            If it is a shard without a sound index, or its bytes cannot be had.
        """
        if number in self._chunks:
            return self._chunks[number]
        return self._keep(number, self._map(number))

    def _map(self, number: int) -> NDArray[np.uint8] | None:
        """Map a chunk; the index of a shard is asked for, so that no more is read than that."""
        data = self.source.map(self.layout.chunk_key(self.layout.grid.coordinates(number)))
        self.watch.doubt()
        if self.layout.shards and data is not None:
            ask_range(data, *self.layout.shards[0].index_range(data.size))
        return data

    def map_shards(self, numbers: NDArray[np.int64]) -> None:
        """Map some shards before the index of the first is waited for."""
        new = [n for n in numbers.tolist() if n not in self._chunks and not self._is_packed(n)]
        for number, data in [(number, self._map(number)) for number in new[: max(0, mappable_now())]]:
            self._keep(number, data)

    def _keep(self, number: int, data: NDArray[np.uint8] | None) -> MappedChunk | None:
        """Return the chunk that `data` are the bytes of, and keep it if there is room."""
        index = None
        if self.layout.shards and data is not None:
            key = self.layout.chunk_key(self.layout.grid.coordinates(number))
            index = read_index(self.layout.shards[0], data, ChunkName(key, is_shard=True))
        chunk = None if data is None else MappedChunk(data, index)
        # Another thread may have mapped it meanwhile, and handed out its address: then that one counts.
        may_keep = mappable_now() >= 0 and not self._is_packed(number)
        return self._chunks.setdefault(number, chunk) if may_keep else chunk

    def leaf(self, number: int) -> NDArray[np.uint8] | None:
        """Return the encoded bytes of the leaf of this number (C order), or None if it is missing.

        The bytes of a raw leaf are proved to be as many as the metadata say.

        Raises
        ------
        CorruptChunkError, UnreadableChunkError
            If its bytes are not what the metadata promise, or cannot be had.
        """
        shards = self.layout.shards
        if shards:
            data = self._inner_chunk(number)
        else:
            chunk = self.chunk(number)
            data = None if chunk is None else chunk.data
        if data is not None and self._is_raw:
            self.raw.check(data.size, LeafName(self.layout, number))
        return data

    def leaves(self, numbers: NDArray[np.int64]) -> "list[Encoded]":
        """Return the encoded bytes of many leaves, as `leaf` would, or `LATER` for those not kept.

        Where no more maps may be kept, or bytes have to be unpacked, `leaf` has to be asked for a leaf when
        its turn comes.
        """
        layout = self.layout
        asked = numbers.tolist()
        if len(layout.shards) != 1:
            return self.leaves_at(zip(asked, asked, itertools.repeat(0)))
        (shard,) = layout.shards
        chunks = np.zeros_like(numbers)
        entries = np.zeros_like(numbers)
        left = numbers
        steps = zip(layout.leaves.strides, shard.counts, layout.grid.strides, shard.strides, strict=True)
        for leaf_step, count, chunk_step, entry_step in steps:
            at = left // leaf_step
            left = left - at * leaf_step
            chunk_at = at // count
            chunks += chunk_at * chunk_step
            entries += (at - chunk_at * count) * entry_step
        self.map_shards(np.unique(chunks))
        return self.leaves_at(zip(asked, chunks.tolist(), entries.tolist(), strict=True))

    def places(self, by_axis: list[list[int]]) -> Iterator[tuple[int, int, int]]:
        """Return, for the leaves at all combinations of coordinates, what `leaves_at` wants to know.

        In C order. A few leaves cost less by sums of Python's numbers than by vectors.
        """
        layout = self.layout

        def sums(terms: Iterable[list[int]]) -> Iterator[int]:
            return map(sum, itertools.product(*terms))

        strides = layout.leaves.strides
        numbers = sums([at * stride for at in axis] for axis, stride in zip(by_axis, strides, strict=True))
        if len(layout.shards) != 1:
            return ((number, number, 0) for number in numbers)
        (shard,) = layout.shards
        axes = list(zip(by_axis, shard.counts, layout.grid.strides, shard.strides, strict=True))
        chunks = sums([at // count * stride for at in axis] for axis, count, stride, _ in axes)
        entries = sums([at % count * stride for at in axis] for axis, count, _, stride in axes)
        return zip(numbers, chunks, entries, strict=True)

    def leaves_at(self, places: Iterable[tuple[int, int, int]]) -> "list[Encoded]":
        """Return what `leaves` returns, for leaves by number, number of the chunk, and entry of its index.

        Without shards the chunk is the leaf. For shards in shards, the number of the leaf has to do.
        """
        found: list[Encoded] = []
        if len(self.layout.shards) > 1:
            for number, _, _ in places:
                data = None if self.is_packed(number) else self.leaf(number)
                found.append(data if self.is_kept(number) else LATER)
            return found
        chunks: dict[int, MappedChunk | _Later | None] = {}
        for number, chunk_number, entry in places:
            if chunk_number not in chunks:
                mapped = None if self._is_packed(chunk_number) else self.chunk(chunk_number)
                chunks[chunk_number] = mapped if chunk_number in self._chunks else LATER
            chunk = chunks[chunk_number]
            found.append(self._inside(chunk, entry, number) if isinstance(chunk, MappedChunk) else chunk)
        return found

    def _inside(self, chunk: MappedChunk, entry: int, number: int) -> NDArray[np.uint8] | None:
        """Return the bytes of the leaf at one entry of the index of a chunk, or the chunk without one."""
        data, index = chunk.data, chunk.index
        if index is not None:
            start = index.starts.item(entry)
            if start == EMPTY:
                return None
            if start < 0:
                raise index.impossible(entry, data.size, LeafName(self.layout, number))
            data = data[start : index.stops.item(entry)]
        if self._is_raw:
            self.raw.check(data.size, LeafName(self.layout, number))
        return data

    def _inner_chunk(self, number: int) -> NDArray[np.uint8] | None:
        """Walk from the shard through its levels to the bytes of one leaf."""
        layout = self.layout
        leaf = layout.leaves.coordinates(number)
        chunk_number = layout.grid.number(layout.chunk_of(leaf))
        chunk = self.chunk(chunk_number)
        if chunk is None or chunk.index is None:
            return None
        data, index = chunk.data, chunk.index
        place = [at % count for at, count in zip(leaf, self._per_chunk, strict=True)]
        left = list(self._per_chunk)
        begin = 0
        for depth, shard in enumerate(layout.shards):
            if depth:
                index = self._inner_index(chunk_number, begin, depth, data)
            entry = 0
            for axis, count in enumerate(shard.counts):
                left[axis] //= count
                inner, place[axis] = divmod(place[axis], left[axis])
                entry += inner * shard.strides[axis]
            start, stop = int(index.starts[entry]), int(index.stops[entry])
            if start == EMPTY:
                return None
            if start < 0:
                raise index.impossible(entry, data.size, LeafName(layout, number))
            data = data[start:stop]
            begin += start
        return data

    def _inner_index(self, chunk_number: int, begin: int, depth: int, data: NDArray[np.uint8]) -> ShardIndex:
        """Return the index of a shard within a shard; `begin` is where it lies in the file."""
        at = (chunk_number, depth, begin)
        if at not in self._inner:
            key = self.layout.chunk_key(self.layout.grid.coordinates(chunk_number))
            name = ChunkName(key, is_shard=True)
            self._inner[at] = read_index(self.layout.shards[depth], data, name)
        return self._inner[at]

    def frame(self, number: int, data: NDArray[np.uint8]) -> Frame:
        """Return the Blosc header of the leaf of this number, whose bytes are `data`."""
        frame = self._frames.get(number)
        if frame is None:
            frame = parse_frame(data, self.leaf_nbytes, LeafName(self.layout, number))
            if len(self._frames) < MAX_FRAMES:
                self._frames[number] = frame
        return frame

    def addresses(self, numbers: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """Return where the elements of each of these raw leaves begin in memory.

        None if they cannot all be kept there. Missing leaves begin at the fill buffer.
        """
        found: NDArray[np.int64] = self._table[numbers]
        if found.all():
            return found
        return self._table[numbers] if self._make_resident(numbers[found == 0]) else None

    def remember_rows(self, leaves: NDArray[np.int64], origins: NDArray[np.int64]) -> None:
        """Keep where row 0 would lie if it were in each of these leaves; 0 is none."""
        if not self.row_origins.size:
            self.row_origins = np.zeros(self._table.size, dtype=np.int64)
        self.row_origins[leaves] = origins

    def _make_resident(self, numbers: NDArray[np.int64]) -> bool:
        """Put the addresses of these leaves into the table; tell whether all could be."""
        distinct = np.unique(numbers)
        if self.layout.shards:
            self.map_shards(np.unique([self._chunk_of(number) for number in distinct.tolist()]))
        for number in distinct.tolist():
            if self._table[number]:
                continue
            if self.is_packed(number):
                return False
            if len(self.layout.shards) == 1:
                self._fill_table(number)
                if self._table[number]:
                    continue
            data = self.leaf(number)
            if not self.is_kept(number):
                return False
            address = self._fill_address() if data is None else _address(data)
            if not address:
                return False
            # The owner is in `_chunks` before its address is in the table.
            self._table[number] = address
        return True

    def is_kept(self, number: int) -> bool:
        """Whether the leaf of this number stays in memory as long as this object does."""
        return self._chunk_of(number) in self._chunks

    def is_packed(self, number: int) -> bool:
        """Whether the leaf of this number is unpacked each time it is asked for, and never kept."""
        return self.source.is_packed and self._is_packed(self._chunk_of(number))

    def _is_packed(self, chunk_number: int) -> bool:
        if not self.source.is_packed or chunk_number in self._chunks:
            return False
        key = self.layout.chunk_key(self.layout.grid.coordinates(chunk_number))
        return self.source.packed_nbytes(key) is not None

    def _chunk_of(self, number: int) -> int:
        """Return the number of the chunk of the outer grid that holds this leaf."""
        layout = self.layout
        if not layout.shards:
            return number
        return layout.grid.number(layout.chunk_of(layout.leaves.coordinates(number)))

    def _fill_table(self, number: int) -> None:
        """Put all inner chunks of the shard that holds this leaf into the table, the sound ones."""
        layout = self.layout
        (shard,) = layout.shards
        at = layout.chunk_of(layout.leaves.coordinates(number))
        chunk_number = layout.grid.number(at)
        chunk = self.chunk(chunk_number)
        if chunk_number not in self._chunks:
            return
        steps = layout.leaves.strides
        leaves = np.zeros(1, dtype=np.int64)
        entries = np.zeros(1, dtype=np.int64)
        for axis, count in enumerate(shard.counts):
            inner = np.arange(count)
            leaves = np.add.outer(leaves, (at[axis] * count + inner) * steps[axis]).ravel()
            entries = np.add.outer(entries, inner * shard.strides[axis]).ravel()
        if chunk is None or chunk.index is None:
            self._table[leaves] = self._fill_address()
            return
        starts, stops = chunk.index.starts[entries], chunk.index.stops[entries]
        nbytes = self.leaf_nbytes + self.raw.trailer_nbytes
        addresses = np.where((starts >= 0) & (stops - starts == nbytes), _address(chunk.data) + starts, 0)
        empty = starts == EMPTY
        if empty.any():
            addresses[empty] = self._fill_address()
        self._table[leaves] = addresses

    def _fill_address(self) -> int:
        """Return the address of a leaf full of the fill value, 0 if it would be too large."""
        return 0 if self.leaf_nbytes > MAX_FILL_NBYTES else _address(self._fill_buffer())

    def _fill_buffer(self) -> NDArray[np.uint8]:
        """Return the bytes of a leaf full of the fill value; every missing leaf is this one."""
        if "buffer" not in self._fill:
            filled = anonymous(self.leaf_nbytes)
            value = self.layout.fill_value.astype(self.raw.dtype)
            if any(value.tobytes()):
                filled.view(self.raw.dtype)[:] = value
            self._fill.setdefault("buffer", filled)
        return self._fill["buffer"]


def _address(data: NDArray[np.uint8]) -> int:
    address: int = data.__array_interface__["data"][0]
    return address
