"""One gather over several tiles: rows and points of raw chunks that differ in height.

Each tile could gather its own part, but a gather of a few rows costs mostly its call. Addresses know
nothing of tiles, so those of all parts become one vector, in the order of the result.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.gather import gather_at, proved
from zarr_partial.mosaic import Piece
from zarr_partial.plan import count_parts, equal_runs, point_places
from zarr_partial.read import prefers_gather
from zarr_partial.resident import ResidentChunks
from zarr_partial.selection import Coordinates, Selection

__all__ = ["gather_across"]

Integers = NDArray[np.int64]


def gather_across(
    selection: Selection | Coordinates, pieces: Sequence[Piece], residents: Sequence[ResidentChunks]
) -> NDArray[Any] | None:
    """Return the selected elements in the stored byte order, or None where another way is cheaper.

    `residents` hold the raw chunks of the tiles that `pieces` are taken from. The pieces must be shares of
    the first axis, and the runs that they begin with must be equal.

    Raises
    ------
    CorruptChunkError, UnreadableChunkError
        If a touched chunk is damaged or cannot be had.
    """
    counts = (len(selection.vectors[0]),) if isinstance(selection, Coordinates) else selection.counts
    if not all(
        resident.has_table and _takes_rows(piece, counts) for piece, resident in _pairs(pieces, residents)
    ):
        return None
    runs = _runs(selection, pieces, residents)
    if runs is None:
        return None
    run, vectors = runs
    per_row = sum(leaves.size for leaves, _ in vectors) // counts[0]
    places = np.empty((counts[0], per_row), dtype=np.int64)
    for (leaves, offsets), (piece, resident) in zip(vectors, _pairs(pieces, residents), strict=True):
        addresses = resident.addresses(leaves)
        if addresses is None:
            return None
        found = proved(addresses, offsets, run, resident.raw.nbytes)
        places[piece.places[0]] = found.reshape(-1, per_row)
    gathered = gather_at(places.reshape(-1), run)
    return None if gathered is None else gathered.view(residents[0].raw.dtype).reshape(selection.shape)


def _takes_rows(piece: Piece, counts: tuple[int, ...]) -> bool:
    """Tell whether a piece goes to whole rows of the result."""
    places = zip(piece.places[1:], counts[1:], strict=True)
    return all(isinstance(place, slice) and place == slice(0, count) for place, count in places)


def _runs(
    selection: Selection | Coordinates, pieces: Sequence[Piece], residents: Sequence[ResidentChunks]
) -> tuple[int, list[tuple[Integers, Integers]]] | None:
    """Return the length of all runs, and leaf and offset of each, piece by piece; None if they differ."""
    itemsize = residents[0].raw.dtype.itemsize
    if isinstance(selection, Coordinates):
        return itemsize, [
            point_places(piece.selection, resident.layout.leaves, resident.raw.strides)
            for piece, resident in _pairs(pieces, residents)
            if isinstance(piece.selection, Coordinates)
        ]
    found = []
    parts = 0
    for piece, resident in _pairs(pieces, residents):
        taken, leaves = piece.selection, resident.layout.leaves
        assert isinstance(taken, Selection), "pieces of a selection are selections"
        runs = equal_runs(taken.axes, leaves.chunk_shape, resident.raw.strides, leaves.counts, itemsize)
        if runs.axes[0].count != taken.axes[0].count:
            return None
        found.append(runs)
        parts += count_parts(taken.axes, leaves.chunk_shape)
    run, count = found[0].nbytes, sum(runs.count for runs in found)
    if any(runs.nbytes != run for runs in found) or not prefers_gather(count, run, parts):
        return None
    return run, [runs.places() for runs in found]


def _pairs(
    pieces: Sequence[Piece], residents: Sequence[ResidentChunks]
) -> list[tuple[Piece, ResidentChunks]]:
    return list(zip(pieces, residents, strict=True))
