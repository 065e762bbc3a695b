"""Footprint x stored bytes -> what is read and decoded of each touched leaf.

Byte ranges that meet in one file are one request, also where they belong to different leaves; an index of a
shard is always a request of its own, since what it says has to be known first.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Blosc, Raw, Whole
from zarr_partial.explaining.blocks import count_blocks
from zarr_partial.explaining.footprint import Footprint, Spread
from zarr_partial.explaining.stored import MISSING, ChunkFiles, stored_shards
from zarr_partial.layout import LeafName
from zarr_partial.resident import ResidentChunks

__all__ = ["Costs", "read_costs"]

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """What a read costs, leaf by leaf; every vector has one entry for each touched leaf.

    Attributes
    ----------
    units, units_in_leaf : ndarray of int64
        Elements, blocks, or whole leaves: those that are read, and those that there are.
    requests : ndarray of int64
        Byte ranges that begin in the leaf, and do not go on from the one before it in the shard.
    bytes_read, bytes_decoded, bytes_stored : ndarray of int64
        `bytes_stored` is the length of the encoded leaf.
    missing : ndarray of bool
    blocksizes : ndarray of int64
        Decoded bytes of a Blosc block, 0 where there are none.
    typesize : int
        What Blosc shuffled by, 0 where it did not.
    files, indexes, index_nbytes : int
        Files that were found, and what was read of their indexes.
    packed : int
        How many of the files an archive has packed, so that they are read and unpacked whole; what that
        costs is counted at the first touched leaf of each.
    """

    units: Integers
    units_in_leaf: Integers
    requests: Integers
    bytes_read: Integers
    bytes_decoded: Integers
    bytes_stored: Integers
    missing: NDArray[np.bool_]
    blocksizes: Integers
    typesize: int
    files: int
    indexes: int
    index_nbytes: int
    packed: int


class _Columns:
    """Vectors that are filled leaf by leaf, or all at once."""

    def __init__(self, count: int) -> None:
        self.file = np.zeros(count, np.int64)
        self.starts = np.full(count, MISSING)
        self.stops = np.full(count, MISSING)
        self.units, self.units_in_leaf = np.zeros(count, np.int64), np.zeros(count, np.int64)
        self.ranges, self.nbytes = np.zeros(count, np.int64), np.zeros(count, np.int64)
        self.firsts, self.lasts = np.zeros(count, np.int64), np.zeros(count, np.int64)
        self.decoded, self.blocksizes = np.zeros(count, np.int64), np.zeros(count, np.int64)
        self.typesize = self.files = self.indexes = self.index_nbytes = 0
        # Of every shard, how many indexes were read, and their bytes.
        self.indexes_of: list[tuple[int, int]] = []


def read_costs(footprint: Footprint, resident: ResidentChunks, *, as_unpacked: bool = False) -> Costs:
    """Return what reading `footprint` costs; looks at indexes and headers of touched leaves only.

    `as_unpacked` tells what it would cost if no archive had packed the files.

    Raises
    ------
    CorruptChunkError, UnreadableChunkError
        If those of a touched leaf are damaged or cannot be had.
    """
    columns = _Columns(len(footprint.leaves))
    leaf = resident.layout.leaf
    look = _look_into_shards if resident.layout.shards else _look_into_chunks
    look(columns, footprint, resident)
    present = columns.starts != MISSING
    if isinstance(leaf, Raw):
        _count_elements(columns, footprint.spread(leaf), present, resident, footprint.leaves)
    elif isinstance(leaf, Whole):
        columns.units[present] = columns.units_in_leaf[present] = columns.ranges[present] = 1
        columns.nbytes[present] = (columns.stops - columns.starts)[present]
        columns.decoded[present] = resident.leaf_nbytes
        columns.lasts = columns.nbytes
    joined, shared = _joined(columns, present)
    columns.ranges -= joined
    columns.nbytes -= shared
    packed = 0
    if resident.source.is_packed and not as_unpacked:
        packed = _count_packed(columns, footprint.leaves, resident)
    return Costs(
        units=columns.units,
        units_in_leaf=columns.units_in_leaf,
        requests=columns.ranges,
        bytes_read=columns.nbytes,
        bytes_decoded=columns.decoded,
        bytes_stored=np.where(present, columns.stops - columns.starts, 0),
        missing=~present,
        blocksizes=columns.blocksizes,
        typesize=columns.typesize,
        files=columns.files,
        indexes=columns.indexes,
        index_nbytes=columns.index_nbytes,
        packed=packed,
    )


def _look_into_shards(columns: _Columns, footprint: Footprint, resident: ResidentChunks) -> None:
    """Find the leaves in their shards and, while a shard is mapped, count the blocks of its Blosc leaves."""
    is_blosc = isinstance(resident.layout.leaf, Blosc)
    spread = footprint.spread(resident.raw) if is_blosc else None
    for number, shard in enumerate(stored_shards(resident, footprint.leaves)):
        places = shard.places
        columns.file[places] = number
        columns.starts[places], columns.stops[places] = shard.starts, shard.stops
        columns.files += shard.data is not None
        columns.indexes += shard.indexes
        columns.index_nbytes += shard.index_nbytes
        columns.indexes_of.append((shard.indexes, shard.index_nbytes))
        present = shard.places[shard.starts != MISSING]
        if spread is not None and shard.data is not None and present.size:
            _count_blocks(columns, present, shard.heads(), shard.begin_of, footprint, spread, resident)


def _look_into_chunks(columns: _Columns, footprint: Footprint, resident: ResidentChunks) -> None:
    """Look at the length of every chunk and, of Blosc chunks, at the header."""
    leaves = footprint.leaves
    files = ChunkFiles(resident, leaves)
    heads = None
    if isinstance(resident.layout.leaf, Blosc):
        lengths, heads = files.heads()
    else:
        lengths = files.lengths()
    present = np.flatnonzero(lengths != MISSING)
    columns.file = np.arange(len(leaves))
    columns.starts = np.where(lengths == MISSING, MISSING, 0)
    columns.stops = lengths
    columns.files = int(present.size)
    if heads is not None and present.size:
        spread = footprint.spread(resident.raw)
        _count_blocks(columns, present, heads[present], files.begin_of, footprint, spread, resident)


def _count_blocks(
    columns: _Columns,
    places: Integers,
    heads: NDArray[np.uint8],
    begin_of: Callable[[int, int | None], NDArray[np.uint8]],
    footprint: Footprint,
    spread: Spread,
    resident: ResidentChunks,
) -> None:
    layout = resident.layout
    blocks = count_blocks(
        places,
        heads,
        (columns.stops - columns.starts)[places],
        footprint=footprint,
        spread=spread,
        raw=resident.raw,
        begin_of=begin_of,
        name_of=lambda at: LeafName(layout, layout.leaves.number(tuple(footprint.leaves[at].tolist()))),
    )
    columns.units[places], columns.units_in_leaf[places] = blocks.units, blocks.units_in_leaf
    columns.ranges[places], columns.nbytes[places] = blocks.ranges, blocks.nbytes
    columns.lasts[places], columns.decoded[places] = blocks.lasts, blocks.decoded
    columns.blocksizes[places] = blocks.blocksizes
    columns.typesize = max(columns.typesize, blocks.typesize)


def _count_elements(
    columns: _Columns, spread: Spread, present: NDArray[np.bool_], resident: ResidentChunks, leaves: Integers
) -> None:
    """Count elements that are read where they lie; other lengths than the elements' are errors."""
    raw, layout = resident.raw, resident.layout
    lengths = columns.stops - columns.starts
    wrong = np.flatnonzero(present & (lengths != raw.nbytes + raw.trailer_nbytes))
    if wrong.size:
        number = layout.leaves.number(tuple(leaves[wrong[0]].tolist()))
        raw.check(int(lengths[wrong[0]]), LeafName(layout, number))
    columns.ranges[present] = spread.ranges[present]
    columns.nbytes[present] = spread.nbytes[present]
    columns.firsts, columns.lasts = spread.firsts, spread.stops
    columns.units = columns.nbytes // raw.dtype.itemsize
    columns.units_in_leaf[present] = raw.nbytes // raw.dtype.itemsize


def _count_packed(columns: _Columns, leaves: Integers, resident: ResidentChunks) -> int:
    """Count files that an archive has packed as read and unpacked whole; return how many there are."""
    layout, source = resident.layout, resident.source
    _, firsts, file_of = np.unique(columns.file, return_index=True, return_inverse=True)
    keys = [layout.leaf_key(tuple(at)) for at in leaves[firsts].tolist()]
    stored = [source.packed_nbytes(key) for key in keys]
    is_packed = np.array([nbytes is not None for nbytes in stored], dtype=np.bool_)
    columns.ranges[is_packed[file_of]] = columns.nbytes[is_packed[file_of]] = 0
    for first, key, nbytes in zip(firsts.tolist(), keys, stored, strict=True):
        if nbytes is not None:
            columns.ranges[first] = 1
            columns.nbytes[first] = nbytes
            columns.decoded[first] += source.nbytes(key)
            if layout.shards:
                indexes, index_nbytes = columns.indexes_of[int(columns.file[first])]
                columns.indexes -= indexes
                columns.index_nbytes -= index_nbytes
    return int(is_packed.sum())


def _joined(columns: _Columns, present: NDArray[np.bool_]) -> tuple[Integers, Integers]:
    """Return, for each leaf, 1 if its first range goes on from the leaf before it in the shard.

    And the bytes that both have, where an index gives two leaves the same ones.
    """
    joined, shared = np.zeros_like(columns.file), np.zeros_like(columns.file)
    places = np.flatnonzero(present)
    first = columns.starts + columns.firsts
    last = columns.starts + columns.lasts
    places = places[np.lexsort((last[places], first[places], columns.file[places]))]
    before, after = places[:-1], places[1:]
    meets = (columns.file[before] == columns.file[after]) & (first[after] <= last[before])
    joined[after[meets]] = 1
    overlap = np.minimum(last[before], last[after]) - first[after]
    single = (columns.ranges[before] == 1) & (columns.ranges[after] == 1)
    shared[after] = np.where(meets & single, np.maximum(overlap, 0), 0)
    return joined, shared
