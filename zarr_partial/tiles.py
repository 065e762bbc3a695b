"""Arrays whose chunks differ in shape: shape by shape, each read as the regular array that it is."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Raw
from zarr_partial.across import gather_across
from zarr_partial.layout import Layout
from zarr_partial.mosaic import Kinds, Mosaic, Piece
from zarr_partial.parts import PARALLEL_NBYTES, read_parts
from zarr_partial.read import in_byte_order, preferred_runs, read_selection
from zarr_partial.resident import Residency, ResidentChunks
from zarr_partial.selection import Coordinates, Selection
from zarr_partial.sources.mapped import MappedSource
from zarr_partial.threads import for_each

__all__ = ["Tiles", "read_tiles"]

# A tile takes some kilobytes; of grids with more of them, some are made again.
MAX_TILES = 1 << 14
# So much may be read into memory of its own before it is scattered over the output.
MAX_SCATTERED_NBYTES = 1 << 26


class Tiles:
    """What of an array is in memory, tile by tile; a tile is made when it is first touched.

    Parameters
    ----------
    layout : Layout
        Of the array; has a mosaic.
    source : MappedSource
        Where the chunks are.
    layout_of : callable
        From the kinds of a tile to its layout.
    """

    def __init__(self, layout: Layout, source: MappedSource, layout_of: Callable[[Kinds], Layout]) -> None:
        assert layout.mosaic is not None, "a regular array needs no tiles"
        self.layout = layout
        self.mosaic: Mosaic = layout.mosaic
        self._source = source
        self._layout_of = layout_of
        self._tiles: dict[Kinds, Residency] = {}

    def residency(self, kinds: Kinds) -> Residency:
        """Return what of a tile is in memory."""
        found = self._tiles.get(kinds)
        if found is None:
            found = Residency(self._layout_of(kinds), self._source)
            if len(self._tiles) < MAX_TILES:
                # Another thread may have made it meanwhile.
                found = self._tiles.setdefault(kinds, found)
        return found


def read_tiles(
    selection: Selection | Coordinates, tiles: Tiles, *, threads: int, out: NDArray[Any] | None = None
) -> NDArray[Any]:
    """Return the selected elements as `read_selection` does, for an array of tiles.

    Raises
    ------
    CorruptChunkError, UnreadableChunkError
        If a touched chunk is damaged or cannot be had.
    """
    dtype = tiles.layout.dtype
    pieces = list(tiles.mosaic.pieces(selection))
    residents = [tiles.residency(piece.kinds).chunks() for piece in pieces]
    is_raw = isinstance(tiles.layout.leaf, Raw)
    if is_raw and len(pieces) > 1:
        gathered = gather_across(selection, pieces, residents)
        if gathered is not None and out is None:
            return in_byte_order(gathered, dtype)
        if gathered is not None and out is not None:
            out[...] = gathered
            return out
    result = np.empty(selection.shape, dtype) if out is None else out
    if 0 in selection.shape:
        return result
    if isinstance(selection, Selection):
        # With every axis of the array: dropped ones have length 1.
        whole = result[tuple(None if axis.drop else slice(None) for axis in selection.axes)]
    else:
        whole = result.reshape(-1) if result.flags.c_contiguous else np.empty(result.size, dtype)
    worth = result.nbytes >= PARALLEL_NBYTES or not is_raw
    # Threads never wait for threads: either pieces go to threads, or what is in them does.
    by_piece = worth and len(pieces) >= threads

    def read(item: tuple[Piece, ResidentChunks]) -> None:
        _read_piece(*item, whole, threads=1 if by_piece else threads)

    for_each(read, zip(pieces, residents, strict=True), threads=threads if by_piece else 1)
    if isinstance(selection, Coordinates) and not result.flags.c_contiguous:
        result[...] = whole.reshape(result.shape)
    return result


def _read_piece(piece: Piece, resident: ResidentChunks, whole: NDArray[Any], *, threads: int) -> None:
    selection = piece.selection
    if piece.is_box:
        read_selection(selection, resident, threads=threads, out=whole[piece.out])
        return
    if isinstance(selection, Selection):
        runs = preferred_runs(selection, resident)
        if runs is None or runs.count * runs.nbytes > MAX_SCATTERED_NBYTES:
            by_axis = piece.by_axis(resident.layout.leaves.chunk_shape)
            read_parts(by_axis, resident, whole, threads=threads)
            return
    whole[piece.out] = read_selection(selection, resident, threads=threads)
