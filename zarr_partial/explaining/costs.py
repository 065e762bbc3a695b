"""Footprint x stored bytes -> what is read and decoded of each touched leaf.

Byte ranges that meet in one file are one request, also where they belong to different leaves; an index of a
shard is always a request of its own, since what it says has to be known first.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Blosc, Raw, Whole
from zarr_partial.access.blosc import HEADER_NBYTES, Frame, parse_frame
from zarr_partial.explaining.footprint import Footprint, Spread, Stretches
from zarr_partial.explaining.stored import MISSING, stored_files, stored_lengths
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
        Byte ranges that begin in the leaf, and do not go on from the one before it in the file.
    bytes_read, bytes_decoded, bytes_stored : ndarray of int64
        `bytes_stored` is the length of the encoded leaf.
    missing : ndarray of bool
    blocksizes : ndarray of int64
        Decoded bytes of a Blosc block, 0 where there are none.
    typesize : int
        What Blosc shuffled by, 0 where it did not.
    files, indexes, index_nbytes : int
        Files that were found, and what was read of their indexes.
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


def read_costs(footprint: Footprint, resident: ResidentChunks) -> Costs:
    """Return what reading `footprint` costs; looks at indexes and headers of touched leaves only.

    Raises
    ------
    CorruptChunkError, UnreadableChunkError
        If those of a touched leaf are damaged or cannot be had.
    """
    columns = _Columns(len(footprint.leaves))
    leaf = resident.layout.leaf
    if resident.layout.shards or isinstance(leaf, Blosc):
        _look_into_files(columns, footprint, resident)
    else:
        lengths = stored_lengths(resident, footprint.leaves)
        columns.file = np.arange(len(lengths))
        columns.starts = np.where(lengths == MISSING, MISSING, 0)
        columns.stops = lengths
        columns.files = int(np.count_nonzero(lengths != MISSING))
    present = columns.starts != MISSING
    if isinstance(leaf, Raw):
        _count_elements(columns, footprint.spread(leaf), present, resident, footprint.leaves)
    elif isinstance(leaf, Whole):
        columns.units[present] = columns.units_in_leaf[present] = columns.ranges[present] = 1
        columns.nbytes[present] = (columns.stops - columns.starts)[present]
        columns.decoded[present] = resident.leaf_nbytes
        columns.lasts = columns.nbytes
    joined, shared = _joined(columns, present)
    return Costs(
        units=columns.units,
        units_in_leaf=columns.units_in_leaf,
        requests=columns.ranges - joined,
        bytes_read=columns.nbytes - shared,
        bytes_decoded=columns.decoded,
        bytes_stored=np.where(present, columns.stops - columns.starts, 0),
        missing=~present,
        blocksizes=columns.blocksizes,
        typesize=columns.typesize,
        files=columns.files,
        indexes=columns.indexes,
        index_nbytes=columns.index_nbytes,
    )


def _look_into_files(columns: _Columns, footprint: Footprint, resident: ResidentChunks) -> None:
    """Find the leaves in their files and, while a file is mapped, count the blocks of its Blosc leaves."""
    is_blosc = isinstance(resident.layout.leaf, Blosc)
    spread = footprint.spread(resident.raw) if is_blosc else None
    for number, file in enumerate(stored_files(resident, footprint.leaves)):
        places = file.places
        columns.file[places] = number
        columns.starts[places], columns.stops[places] = file.starts, file.stops
        columns.files += file.data is not None
        columns.indexes += file.indexes
        columns.index_nbytes += file.index_nbytes
        if spread is None or file.data is None:
            continue
        present = file.starts != MISSING
        for place, start, stop in zip(
            places[present].tolist(), file.starts[present].tolist(), file.stops[present].tolist(), strict=True
        ):
            leaf = tuple(footprint.leaves[place].tolist())
            name = LeafName(resident.layout, resident.layout.leaves.number(leaf))
            frame = parse_frame(file.data[start:stop], resident.leaf_nbytes, name)
            _count_blocks(columns, place, frame, footprint, spread, resident.raw)


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


def _count_blocks(
    columns: _Columns, place: int, frame: Frame, footprint: Footprint, spread: Spread, raw: Raw
) -> None:
    """Count the touched blocks of one Blosc leaf, and the byte ranges of its header and of them."""
    columns.units_in_leaf[place] = frame.nblocks
    if frame.is_memcpyed:
        columns.units[place] = 1
        meets = int(spread.firsts[place]) == 0
        columns.ranges[place] = spread.ranges[place] + (not meets)
        columns.nbytes[place] = spread.nbytes[place] + HEADER_NBYTES
        columns.lasts[place] = spread.stops[place] + HEADER_NBYTES
        return
    columns.blocksizes[place] = frame.blocksize
    columns.typesize = frame.typesize
    if frame.nblocks == 1:
        blocks: Stretches = (np.zeros(1, np.int64), np.ones(1, np.int64))
    else:
        blocks = footprint.stretches(place, raw, frame.blocksize)
    firsts, stops = blocks
    columns.units[place] = int((stops - firsts).sum())
    # Only the last block may be short, and the last stretch holds it or none does.
    columns.decoded[place] = frame.blocksize * int((stops - firsts)[:-1].sum()) + frame.block_nbytes(
        int(firsts[-1]), int(stops[-1])
    )
    table = HEADER_NBYTES + 4 * frame.nblocks
    if int(columns.units[place]) == frame.nblocks:
        columns.ranges[place], columns.nbytes[place], columns.lasts[place] = 1, frame.cbytes, frame.cbytes
        return
    touched = np.zeros(frame.nblocks + 1, dtype=np.int64)
    np.add.at(touched, firsts, 1)
    np.add.at(touched, stops, -1)
    chosen = np.flatnonzero(np.cumsum(touched[:-1]))
    begin, end = frame.starts[chosen], frame.stops[chosen]
    order = np.argsort(begin)
    gaps = np.count_nonzero(begin[order] != np.append(table, end[order][:-1]))
    columns.ranges[place] = 1 + int(gaps)
    columns.nbytes[place] = table + int((end - begin).sum())
    columns.lasts[place] = int(end.max())


def _joined(columns: _Columns, present: NDArray[np.bool_]) -> tuple[Integers, Integers]:
    """Return, for each leaf, 1 if its first range goes on from the leaf before it in the file.

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
