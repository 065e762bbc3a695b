"""From an array and the chunks wanted to how they are made: what is cut, how, and whether that can be.

Nothing is decoded where that can be helped. Chunks as they are stored, inner chunks of shards included, are
shown as they are, whatever their codecs; of uncompressed ones any part is bytes of theirs; of Blosc ones a
part is some of their blocks, if its edges are edges of blocks.
"""

import math
from dataclasses import dataclass, replace
from enum import Enum

from zarr_partial.access import Blosc, Whole
from zarr_partial.errors import VirtualChunksError
from zarr_partial.fetching.heads import Heads
from zarr_partial.fetching.places import Places
from zarr_partial.grid import Grid
from zarr_partial.layout import Layout
from zarr_partial.sources.ranged import RangedSource, drive
from zarr_partial.virtualizing.division import MOST_NAMED, Division, check_divides, contiguous_shapes
from zarr_partial.words import format_bytes, times

__all__ = ["Making", "Presentation", "check_blocks", "present"]

# Headers that are looked at beforehand. Writers cut all chunks of an array alike, but for those that they
# could not compress; a later one that is cut otherwise is decoded and served uncompressed.
HEADERS_LOOKED_AT = 32


class Making(Enum):
    """How the bytes of a virtual chunk are had; the value completes "each virtual chunk is …"."""

    AS_STORED = "a chunk as it is stored"
    BYTE_RANGE = "one byte range of an uncompressed chunk"
    GATHERED = "gathered from several byte ranges of an uncompressed chunk"
    BLOCKS = "whole blocks of a Blosc chunk, behind a header of their own"


@dataclass(frozen=True, slots=True)
class Presentation:
    """How an array is shown in virtual chunks.

    Attributes
    ----------
    layout : Layout
        Of the array, down to the level of shards whose inner chunks are cut or shown as they are.
    depth : int
        That level: how many levels of shards are opened.
    division : Division
    making : Making
    """

    layout: Layout
    depth: int
    division: Division
    making: Making

    @property
    def chunks(self) -> tuple[int, ...]:
        """Shape of a virtual chunk."""
        return self.division.chunk

    @property
    def grid(self) -> Grid:
        """The virtual chunks that hold elements of the array."""
        counts = (-(-n // size) for n, size in zip(self.layout.shape, self.chunks, strict=True))
        return Grid(self.chunks, tuple(counts))

    @property
    def not_exportable(self) -> str | None:
        """Why the virtual chunks are not byte ranges of the source, and what would be; None if they are."""
        if self.making is Making.BLOCKS:
            return (
                "blocks of Blosc chunks need headers of their own, which no byte range of the source has; "
                f"take the chunks as they are stored, {_shape(self.division.leaf)}, or serve the store"
            )
        if self.making is Making.GATHERED:
            assert self.division.raw is not None, "what is gathered are elements"
            near = _nearest(contiguous_shapes(self.division.raw), self.division)
            leaf = _shape(self.division.leaf)
            return (
                f"the bytes of a chunk of {_shape(self.chunks)} lie apart in those of {leaf}; "
                f"take chunks whose bytes lie together, such as {_named(near)}, or serve the store"
            )
        return None


def present(layout: Layout, chunks: tuple[int, ...]) -> Presentation:
    """Return how an array of this layout is shown in virtual chunks of shape `chunks`.

    Raises
    ------
    VirtualChunksError
        If they do not divide its chunks, or its chunks cannot be cut. Blocks are for `check_blocks`.
    """
    shapes = shapes_of(layout)
    for depth in reversed(range(len(shapes))):
        if chunks == shapes[depth]:
            shown = _opened(layout, depth)
            return Presentation(shown, depth, Division(chunks, chunks, None), Making.AS_STORED)
    if isinstance(layout.leaf, Whole):
        raise _never_cut(layout, layout.leaf, shapes)
    try:
        check_divides(chunks, shapes[-1])
    except VirtualChunksError as error:
        if isinstance(layout.leaf, Blosc):
            # Which of those are whole blocks, too, headers tell, and nobody has looked at them.
            error.possible = ()
        raise
    division = Division(shapes[-1], chunks, layout.raw)
    if isinstance(layout.leaf, Blosc):
        return Presentation(layout, len(layout.shards), division, Making.BLOCKS)
    making = Making.BYTE_RANGE if division.is_contiguous else Making.GATHERED
    return Presentation(layout, len(layout.shards), division, making)


def shapes_of(layout: Layout) -> list[tuple[int, ...]]:
    """Return the shape of a chunk and those of its inner chunks, from the outside in.

    Raises
    ------
    VirtualChunksError
        If chunks have no one shape.
    """
    if layout.mosaic is not None or len(layout.grid.chunk_shape) != len(layout.shape):
        raise VirtualChunksError(
            "expected an array with a regular grid of chunks, found one whose chunks differ in shape, or "
            "have none; write it again in chunks of one shape"
        )
    shapes = [layout.grid.chunk_shape]
    for shard in layout.shards:
        shapes.append(tuple(outer // count for outer, count in zip(shapes[-1], shard.counts, strict=True)))
    return shapes


def check_blocks(presentation: Presentation, source: RangedSource) -> None:
    """Look at some Blosc headers; raise `VirtualChunksError` if virtual chunks do not end where blocks do.

    Raises
    ------
    CorruptChunkError, UnreadableChunkError, ChangedError
        If a header, or an index that tells where it is, is damaged or cannot be had.
    """
    if presentation.making is not Making.BLOCKS:
        return
    layout, division = presentation.layout, presentation.division
    leaves = _evenly_spaced(layout)
    places, _ = drive(Places(layout).of(leaves), source)
    there = [(leaf, place) for leaf, place in zip(leaves, places, strict=True) if place is not None]
    heads = drive(Heads(layout).of(there), source) if there else {}
    frames = [head.frame for head in heads.values()]
    unit = math.lcm(*(frame.blocksize for frame in frames if not frame.is_memcpyed))
    if not division.is_contiguous:
        raise _not_blocks(division, "the bytes of such a chunk lie apart", unit)
    if division.nbytes % unit:
        sizes = sorted({frame.blocksize for frame in frames if not frame.is_memcpyed})
        blocks = " and ".join(f"{size:,}" for size in sizes)
        raise _not_blocks(division, f"the blocks of the chunks have {blocks} bytes", unit)


def _evenly_spaced(layout: Layout) -> list[int]:
    """Return the numbers of some leaves that hold elements, the first and the last among them."""
    grid = Grid(layout.leaves.chunk_shape, layout.leaf_counts)
    count = min(HEADERS_LOOKED_AT, grid.nchunks)
    chosen = (grid.coordinates(at * (grid.nchunks - 1) // max(1, count - 1)) for at in range(count))
    return [layout.leaves.number(at) for at in chosen]


def _opened(layout: Layout, depth: int) -> Layout:
    """Return the layout of an array whose leaves are the inner chunks at this depth, as they are stored."""
    if depth == len(layout.shards):
        return layout
    shape = shapes_of(layout)[depth]
    chunk = layout.grid.chunk_shape
    counts = (
        count * (outer // inner) for count, outer, inner in zip(layout.grid.counts, chunk, shape, strict=True)
    )
    return replace(
        layout, shards=layout.shards[:depth], leaf=Whole("as stored"), leaves=Grid(shape, tuple(counts))
    )


def _never_cut(layout: Layout, leaf: Whole, shapes: list[tuple[int, ...]]) -> VirtualChunksError:
    kind = "inner chunks" if layout.shards else "chunks"
    return VirtualChunksError(
        f"expected {kind} that can be had in parts, found {kind} of {_shape(shapes[-1])} that are decoded "
        f"whole: {leaf.reason}; show them as they are stored, or write the array again without compressor, "
        "with Blosc and small blocks, or in shards with small inner chunks",
        possible=shapes[::-1],
    )


def _not_blocks(division: Division, why: str, unit: int) -> VirtualChunksError:
    assert division.raw is not None, "Blosc is over elements"
    near = _nearest(contiguous_shapes(division.raw, unit), division)
    wanted = f"found chunks of {_shape(division.chunk)}, {format_bytes(division.nbytes)}, though {why}"
    remedy = f"take {_named(near)}" if len(near) > 1 else f"take the chunks as they are, {_shape(near[0])}"
    return VirtualChunksError(
        f"expected virtual chunks that are whole Blosc blocks, {wanted}; {remedy}, or write the array again "
        f"with a block size that divides {division.nbytes:,} bytes",
        possible=near,
    )


def _nearest(shapes: list[tuple[int, ...]], division: Division) -> list[tuple[int, ...]]:
    """Return shapes in the order of how near their size is to that of the virtual chunks."""
    wanted = math.log(math.prod(division.chunk))
    return sorted(shapes, key=lambda shape: abs(math.log(math.prod(shape)) - wanted))


def _named(shapes: list[tuple[int, ...]]) -> str:
    *first, last = map(_shape, shapes[:MOST_NAMED])
    return f"{', '.join(first)} or {last}" if first else last


def _shape(shape: tuple[int, ...]) -> str:
    return times(shape) or "one element"
