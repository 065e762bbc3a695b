"""Blosc leaves x footprint -> which blocks are read: from 16 bytes of each leaf, for all of them at once.

Only of a leaf that is touched in some of its blocks the table of blocks is looked at. What a header must
say is for `access.blosc.parse_frame` to judge; a leaf that looks wrong here is handed to it for its error.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access.blosc import FORMAT_VERSION, HEADER_NBYTES, MEMCPYED, parse_frame
from zarr_partial.access.raw import Raw
from zarr_partial.errors import Named
from zarr_partial.explaining.axes import distinct_rows
from zarr_partial.explaining.footprint import Footprint, Spread, Stretches

__all__ = ["BlockCosts", "count_blocks"]

Integers = NDArray[np.int64]
Bytes = NDArray[np.uint8]

HEAD = np.dtype(
    [
        ("version", "u1"), ("versionlz", "u1"), ("flags", "u1"), ("typesize", "u1"),
        ("nbytes", "<u4"), ("blocksize", "<u4"), ("cbytes", "<u4"),
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class BlockCosts:
    """What a read does with some Blosc leaves; every vector has one entry for each of them.

    Attributes
    ----------
    units, units_in_leaf : ndarray of int64
        Blocks that are decoded, and blocks that there are; a leaf stored uncompressed counts as one.
    ranges, nbytes, lasts : ndarray of int64
        Byte ranges that are read of the encoded leaf, their bytes, and where the last one ends.
    decoded, blocksizes : ndarray of int64
        Bytes that come out of the decoder, and of a block; 0 where the leaf is stored uncompressed.
    typesize : int
        What Blosc shuffled by, 0 if it did nowhere.
    """

    units: Integers
    units_in_leaf: Integers
    ranges: Integers
    nbytes: Integers
    lasts: Integers
    decoded: Integers
    blocksizes: Integers
    typesize: int


def count_blocks(
    places: Integers,
    heads: Bytes,
    lengths: Integers,
    *,
    footprint: Footprint,
    spread: Spread,
    raw: Raw,
    begin_of: Callable[[int, int | None], Bytes],
    name_of: Callable[[int], Named],
) -> BlockCosts:
    """Count what is read of the leaves at `places` of the footprint.

    Parameters
    ----------
    heads : ndarray of uint8, shape (leaves, 16)
        The first bytes of each leaf.
    lengths : ndarray of int64
        Of the encoded leaves.
    begin_of : callable
        From a place and a number of bytes to the begin of that leaf; all of it for None.
    name_of : callable
        From a place to the name of that leaf, for errors.

    Raises
    ------
    CorruptChunkError
        If a header, or a table that has to be looked at, is wrong.
    """
    head = heads.view(HEAD)[:, 0]
    blocksize, cbytes = head["blocksize"].astype(np.int64), head["cbytes"].astype(np.int64)
    as_is = (head["flags"] & MEMCPYED) != 0
    nblocks = np.where(as_is, 1, -(-raw.nbytes // np.maximum(1, blocksize)))
    table_ends = HEADER_NBYTES + 4 * nblocks
    for wrong in np.flatnonzero(~_are_sound(head, lengths, raw.nbytes, as_is, table_ends))[:1].tolist():
        place = int(places[wrong])
        parse_frame(begin_of(place, None), raw.nbytes, name_of(place))
    units, decoded = _touched(places, blocksize, nblocks, footprint, raw)
    ranges, nbytes, lasts = np.ones_like(units), cbytes.copy(), cbytes.copy()
    for at in np.flatnonzero(~as_is & (units < nblocks)).tolist():
        place, size = int(places[at]), int(blocksize[at])
        starts = begin_of(place, int(table_ends[at]))[HEADER_NBYTES:].view("<u4").astype(np.int64)
        if int(starts.min()) < table_ends[at] or int(starts.max()) >= cbytes[at]:
            parse_frame(begin_of(place, None), raw.nbytes, name_of(place))
        stretches = footprint.stretches(place, raw, size)
        ranges[at], nbytes[at], lasts[at] = _encoded(stretches, starts, int(cbytes[at]))
    # The elements of a leaf that is stored as it is follow its header.
    elements = [column[places] for column in (spread.ranges, spread.nbytes, spread.firsts, spread.stops)]
    return BlockCosts(
        units=np.where(as_is, 1, units),
        units_in_leaf=nblocks,
        ranges=np.where(as_is, elements[0] + (elements[2] > 0), ranges),
        nbytes=np.where(as_is, elements[1] + HEADER_NBYTES, nbytes),
        lasts=np.where(as_is, elements[3] + HEADER_NBYTES, lasts),
        decoded=np.where(as_is, 0, decoded),
        blocksizes=np.where(as_is, 0, blocksize),
        typesize=int(head["typesize"][~as_is].max(initial=0)),
    )


def _are_sound(
    head: np.ndarray[tuple[int], np.dtype[np.void]],
    lengths: Integers,
    nbytes: int,
    as_is: NDArray[np.bool_],
    table_ends: Integers,
) -> NDArray[np.bool_]:
    """Tell which headers say nothing that contradicts the metadata or the length of the leaf."""
    sound: NDArray[np.bool_] = (
        (lengths >= HEADER_NBYTES)
        & (head["version"] == FORMAT_VERSION)
        & (head["typesize"] > 0)
        & (head["nbytes"] == nbytes)
        & (head["blocksize"] > 0)
        & (head["blocksize"] <= max(1, nbytes))
        & (head["cbytes"] <= lengths)
        & (head["cbytes"] >= np.where(as_is, HEADER_NBYTES + nbytes, table_ends))
    )
    return sound


def _touched(
    places: Integers, blocksize: Integers, nblocks: Integers, footprint: Footprint, raw: Raw
) -> tuple[Integers, Integers]:
    """Return how many blocks of each leaf are touched, and their decoded bytes."""
    kinds, which = distinct_rows(np.stack([footprint.kinds[places], blocksize], axis=1))
    examples = np.empty(len(kinds), dtype=np.int64)
    examples[which] = places
    counts = np.ones((len(kinds), 2), dtype=np.int64)
    counts[:, 1] = raw.nbytes
    for kind, (place, size) in enumerate(zip(examples.tolist(), kinds[:, 1].tolist(), strict=True)):
        if 0 < size < raw.nbytes:
            firsts, stops = footprint.stretches(place, raw, size)
            blocks = int((stops - firsts).sum())
            # Only the last block of a leaf may be short.
            short = max(0, int(stops[-1]) * size - raw.nbytes)
            counts[kind] = blocks, blocks * size - short
    return np.minimum(counts[which, 0], nblocks), counts[which, 1]


def _encoded(stretches: Stretches, starts: Integers, cbytes: int) -> tuple[int, int, int]:
    """Return the byte ranges of header, table and some blocks: how many, their bytes, and the last end."""
    table_end = HEADER_NBYTES + 4 * starts.size
    firsts, stops = stretches
    if bool((starts[1:] > starts[:-1]).all()):
        begins, ends = starts[firsts], np.append(starts, cbytes)[stops]
    else:
        # Blocks lie in the order in which threads finished them, so an end is the next start of any block.
        chosen = np.concatenate(
            [np.arange(a, b) for a, b in zip(firsts.tolist(), stops.tolist(), strict=True)]
        )
        edges = np.append(np.sort(starts), cbytes)
        begins = np.sort(starts[chosen])
        ends = edges[np.searchsorted(edges, begins, side="right")]
    gaps = int(np.count_nonzero(begins != np.append(table_end, ends[:-1])))
    return 1 + gaps, table_end + int((ends - begins).sum()), int(ends[-1])
