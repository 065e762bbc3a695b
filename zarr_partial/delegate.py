"""Reads that zarr does, whole chunks at a time; a failure of theirs is traced to its chunk.

Codecs raise what they like on damaged bytes (RuntimeError, zlib.error, ValueError, EOFError …), and
none of them knows which chunk it was given.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from zarr.core.indexing import get_indexer
from zarr.errors import BaseZarrError
from zarr.types import AnyArray

from zarr_partial.errors import CorruptChunkError, UnreadableChunkError
from zarr_partial.grid import Grid
from zarr_partial.layout import Layout
from zarr_partial.plan import chunk_parts, parts_by_axis, point_places
from zarr_partial.selection import Coordinates, Selection

__all__ = ["ask_zarr", "read_by_zarr", "touched_chunks"]


def ask_zarr(array: AnyArray, key: Any) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
    """Return the shape of `array[key]` and the chunks it touches, by zarr's own rules and with its errors."""
    indexer: Any = get_indexer(key, array.shape, array._async_array._chunk_grid)
    # Coordinates are flattened for reading; `sel_shape` is the shape that they come back in.
    shape = tuple(int(n) for n in getattr(indexer, "sel_shape", indexer.shape))
    return shape, sorted({tuple(int(n) for n in projection.chunk_coords) for projection in indexer})


def touched_chunks(selection: Selection | Coordinates, layout: Layout) -> Iterator[tuple[int, ...]]:
    """Yield the coordinates of the chunks that a selection touches."""
    if layout.mosaic is None:
        yield from _touched(selection, layout.grid)
        return
    for piece in layout.mosaic.pieces(selection):
        for place in _touched(piece.selection, layout.mosaic.grid(piece.kinds)):
            (at,) = layout.mosaic.chunks(piece.kinds, np.array([place])).tolist()
            yield tuple(at)


def _touched(selection: Selection | Coordinates, grid: Grid) -> Iterator[tuple[int, ...]]:
    if isinstance(selection, Coordinates):
        numbers, _ = point_places(selection, grid, (0,) * len(grid.counts))
        yield from (grid.coordinates(number) for number in np.unique(numbers).tolist())
    else:
        yield from (part.coordinates for part in chunk_parts(parts_by_axis(selection, grid.chunk_shape)))


def read_by_zarr(
    read: Callable[[], Any],
    array: AnyArray,
    layout: Layout,
    touched: Callable[[], Iterable[tuple[int, ...]]],
) -> Any:
    """Return what `read`, an indexing of `array`, returns; `touched` tells the chunks that it needs.

    Raises
    ------
    CorruptChunkError, UnreadableChunkError
        If a touched chunk does not decode, or cannot be had; the codec's own error is chained.
    IndexError, zarr.errors.BaseZarrError
        As zarr raises them: about the selection, or a chunk that must not be missing.
    """
    try:
        return read()
    except (IndexError, BaseZarrError, ImportError):
        raise
    except Exception:
        # A MemoryError too: it may be the selection's, or that of a damaged chunk which claims to be huge.
        if layout.grid.chunk_shape or layout.mosaic is not None:
            for coordinates in touched():
                _try_chunk(array, layout, coordinates)
        raise


def _try_chunk(array: AnyArray, layout: Layout, coordinates: tuple[int, ...]) -> None:
    """Read one chunk; raise an error that names it if it fails alone."""
    region = tuple(
        slice(layout.begin(axis, chunk), layout.begin(axis, chunk + 1))
        for axis, chunk in enumerate(coordinates)
    )
    key = layout.chunk_key(coordinates)
    try:
        array[region]
    except Exception as cause:
        if isinstance(cause, OSError) and cause.errno is not None:
            raise UnreadableChunkError(
                f"chunk {key!r}: expected to be readable in {array.store_path}, found: {cause}; "
                "check the store and your permissions",
                key=key,
            ) from cause
        raise CorruptChunkError(
            f"chunk {key!r}: expected bytes that its codecs decode, found {type(cause).__name__}: {cause}; "
            "write the chunk again or restore it",
            key=key,
        ) from cause
