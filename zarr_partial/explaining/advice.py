"""What would let a selection be read with less: changes that were planned, with what they come to."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from zarr.core.metadata import ArrayV2Metadata

from zarr_partial.access import Blosc, Raw, Whole
from zarr_partial.explaining.costs import Costs, read_costs
from zarr_partial.explaining.footprint import Footprint
from zarr_partial.explaining.hypothetical import (
    UNIT_NBYTES,
    Parents,
    best_inner_shape,
    blocks_decoded,
    blocksizes,
    count_inner,
    index_nbytes,
)
from zarr_partial.explaining.looks import costs_of, look_at
from zarr_partial.explaining.reasons import PAGE_NBYTES, count_pages
from zarr_partial.layout import Layout, read_layout
from zarr_partial.report import Advice
from zarr_partial.selection import Coordinates, Selection
from zarr_partial.state import State, read_state
from zarr_partial.words import counted, format_bytes

__all__ = ["advise", "skip_checksums"]

Integers = NDArray[np.int64]

# A change is worth its trouble from here on: half as much to decode, or to ask the disk for.
HELPS = 2
FEWER_REQUESTS = 4
SHUFFLES = {"noshuffle": 0, "shuffle": 1, "bitshuffle": 2, "autoshuffle": -1}
# To see which order of axes or size of blocks suits a selection, so many chunks are enough.
SEARCH_LEAVES = 64


@dataclass(frozen=True, slots=True)
class _Now:
    """The selection as it is read now."""

    selection: Selection | Coordinates
    footprint: Footprint
    costs: Costs
    layout: Layout
    is_v2: bool
    has_filters: bool

    @property
    def present(self) -> Integers:
        return np.flatnonzero(~self.costs.missing)

    @property
    def some(self) -> Integers:
        """A few of the stored leaves, evenly spaced."""
        present = self.present
        return present[:: max(1, present.size // SEARCH_LEAVES)]

    @property
    def decoded(self) -> int:
        return int(self.costs.bytes_decoded.sum())

    @property
    def read(self) -> int:
        return int(self.costs.bytes_read.sum()) + self.costs.index_nbytes

    @property
    def worst(self) -> int:
        """Bytes that are read or that are decoded, whichever are more: what a change has to halve."""
        return max(self.read, self.decoded)

    @property
    def stored_share(self) -> float:
        """Stored bytes for each decoded byte, in the touched leaves."""
        return int(self.costs.bytes_stored.sum()) / (self.present.size * self.layout.raw.nbytes)


def advise(
    selection: Selection | Coordinates, footprint: Footprint, costs: Costs, state: State
) -> tuple[Advice, ...]:
    """Return what would help to read `selection`; nothing where nothing would help much.

    What needs no new array comes first, and what takes most room on the disk last.
    """
    layout = state.layout
    metadata = state.array.metadata
    has_filters = isinstance(metadata, ArrayV2Metadata) and bool(metadata.filters)
    now = _Now(selection, footprint, costs, layout, metadata.zarr_format == 2, has_filters)
    if costs.packed:
        return tuple(advice for advice in [_stored(now, state)] if _worst(advice) * HELPS <= now.worst)
    if not now.present.size:
        return ()
    if isinstance(layout.leaf, Raw):
        return tuple(_other_order_of_elements(now))
    wanted = int(footprint.spread(layout.raw).nbytes[now.present].sum())
    if now.worst < HELPS * wanted:
        return ()
    changes = skip_checksums(selection, state, now.read)
    if not changes:
        changes = [
            *_smaller_blocks(now),
            *_other_order_of_blocks(now),
            *_inner_chunks(now),
            *_uncompressed(now, wanted),
        ]
    return tuple(advice for advice in changes if _worst(advice) * HELPS <= now.worst)


def skip_checksums(selection: Selection | Coordinates, state: State, read_now: int | None) -> list[Advice]:
    """Return what `checksums="skip"` would come to, if checksums are what stands in the way."""
    if not state.is_mapped or not isinstance(state.layout.leaf, Whole) or 0 in selection.shape:
        return []
    if isinstance(read_layout(state.array, verify=False).leaf, Whole):
        return []
    skipping = read_state(state.array, replace(state.settings, checksums="skip", cache_nbytes=0))
    costs = costs_of(look_at(selection, skipping))
    read, decoded = int(costs.bytes_read.sum()) + costs.index_nbytes, int(costs.bytes_decoded.sum())
    if read_now is not None and read * HELPS > read_now:
        return []
    instead = "" if read_now is None else f" instead of {format_bytes(read_now)}"
    advice = Advice(
        'open with checksums="skip"',
        f"{format_bytes(read)} would be read{instead}, and checksums of chunks not compared",
        read,
        decoded,
        int(costs.requests.sum()) + costs.indexes,
        is_estimated=False,
    )
    return [advice]


def _stored(now: _Now, state: State) -> Advice:
    """Return what it would come to if the archive held its members as they are."""
    assert state.residency is not None, "zarr knows nothing of packed bytes"
    costs = read_costs(now.footprint, state.residency.now, as_unpacked=True)
    read, decoded = int(costs.bytes_read.sum()) + costs.index_nbytes, int(costs.bytes_decoded.sum())
    return Advice(
        "pack the archive again without compression (zip -0)",
        f"{format_bytes(read)} would be read instead of {format_bytes(now.read)}, and "
        f"{format_bytes(decoded)} decoded instead of {format_bytes(now.decoded)}",
        read,
        decoded,
        int(costs.requests.sum()) + costs.indexes,
        is_estimated=False,
    )


def _worst(advice: Advice) -> int:
    return max(advice.bytes_read or 0, advice.bytes_decoded)


def _decoding(now: _Now, change: str, decoded: int, index: int = 0) -> Advice:
    """Return advice that says how much would be decoded, and about how much read; the worse one first."""
    read = round(decoded * now.stored_share) + index
    of_decoding = f"{format_bytes(decoded)} would be decoded instead of {format_bytes(now.decoded)}"
    of_reading = f"about {format_bytes(read)} would be read instead of {format_bytes(now.read)}"
    if_so = "if it compresses as well as now"
    effect = f"{of_decoding}; {of_reading}, {if_so}"
    if now.read > now.decoded:
        effect = f"{of_reading}, {if_so}; {of_decoding}"
    return Advice(change, effect, read, decoded, None, is_estimated=True)


def _smaller_blocks(now: _Now) -> Iterator[Advice]:
    leaf = now.layout.leaf
    if not isinstance(leaf, Blosc) or not now.costs.typesize:
        return
    made = blocksizes(leaf.cname, now.costs.typesize, SHUFFLES.get(leaf.shuffle, 1), leaf.raw.nbytes)
    present = int(now.costs.blocksizes.max())
    best, lowest = 0, math.inf
    for blocksize in made:
        if blocksize < present:
            count, nbytes = blocks_decoded(now.footprint, now.some, leaf.raw, blocksize)
            if nbytes + count * UNIT_NBYTES < lowest:
                best, lowest = blocksize, nbytes + count * UNIT_NBYTES
    if best:
        codec, shuffle = "BloscCodec", f"shuffle={leaf.shuffle!r}"
        if now.is_v2:
            codec, shuffle = "numcodecs.Blosc", f"shuffle={SHUFFLES.get(leaf.shuffle, 1)}"
        asked = made[best]
        change = f"write with compressors={codec}(cname={leaf.cname!r}, {shuffle}, blocksize={asked})"
        if asked != best:
            change += f", which makes blocks of {best:,} bytes"
        _, decoded = blocks_decoded(now.footprint, now.present, leaf.raw, best)
        yield _decoding(now, change, decoded)


def _other_order_of_blocks(now: _Now) -> Iterator[Advice]:
    leaf = now.layout.leaf
    blocksize = int(now.costs.blocksizes.max(initial=0))
    if not isinstance(leaf, Blosc) or not blocksize:
        return
    best = min(_orders(leaf.raw), key=lambda raw: blocks_decoded(now.footprint, now.some, raw, blocksize)[1])
    change = _write_in_order(best, leaf.raw, is_v2=now.is_v2)
    if change:
        _, decoded = blocks_decoded(now.footprint, now.present, best, blocksize)
        yield _decoding(now, change, decoded)


def _other_order_of_elements(now: _Now) -> Iterator[Advice]:
    raw = now.layout.raw
    requests, read = int(now.costs.requests.sum()), int(now.costs.bytes_read.sum())
    if read >= requests * PAGE_NBYTES:
        return
    by_order = [(int(now.footprint.spread(other).ranges[now.present].sum()), other) for other in _orders(raw)]
    fewest, best = min(by_order, key=lambda pair: pair[0])
    change = _write_in_order(best, raw, is_v2=now.is_v2)
    pages = count_pages(now.footprint, now.present, raw)
    if change and fewest * FEWER_REQUESTS <= requests:
        then = count_pages(now.footprint, now.present, best)
        if then * HELPS <= pages:
            yield Advice(
                change,
                f"{counted(fewest, 'byte range')} would be read instead of {requests:,}, and "
                f"{counted(then, 'page')} of the disk instead of {pages:,}",
                now.read,
                0,
                fewest + now.costs.indexes,
                is_estimated=False,
            )


def _orders(raw: Raw) -> list[Raw]:
    """Return the chunk with its axes in other orders, its own first: all, or each axis last or first."""
    ndim = len(raw.shape)
    axes = sorted(range(ndim), key=lambda axis: (-raw.strides[axis], axis))
    orders = [tuple(axes)]
    if ndim <= 3:
        orders += itertools.permutations(axes)
    else:
        orders += [(axis, *(other for other in axes if other != axis)) for axis in axes]
        orders += [(*(other for other in axes if other != axis), axis) for axis in axes]
    return [Raw.in_order(raw.shape, raw.dtype, order) for order in orders]


def _write_in_order(other: Raw, now: Raw, *, is_v2: bool) -> str | None:
    """Return how to write chunks in that order; None if they are, or zarr cannot."""
    if other.strides == now.strides:
        return None
    if is_v2:
        return f'write with order="{other.order}"' if other.order in "CF" else None
    order = tuple(sorted(range(len(other.shape)), key=lambda axis: (-other.strides[axis], axis)))
    if other.is_c_order:
        return "write with filters=None"
    return f"write with filters=[TransposeCodec(order={order})]"


def _inner_chunks(now: _Now) -> Iterator[Advice]:
    layout = now.layout
    if len(layout.shards) > 1:
        return
    parents = Parents(
        now.selection, layout.grid.chunk_shape, now.footprint.leaves[now.present], layout.leaves_per_chunk
    )
    itemsize = layout.raw.dtype.itemsize
    shape = best_inner_shape(parents, itemsize)
    if shape is None or shape == layout.leaves.chunk_shape:
        return
    decoded = count_inner(parents, shape) * math.prod(shape) * itemsize
    version = "zarr_format=3, " if now.is_v2 else ""
    change = f"write with {version}chunks={shape}, shards={layout.grid.chunk_shape}"
    yield _decoding(now, change, decoded, index_nbytes(parents, shape))


def _uncompressed(now: _Now, wanted: int) -> Iterator[Advice]:
    filters = "filters=None, " if now.has_filters else ""
    chunks = "touched inner chunks" if now.layout.shards else "touched chunks"
    on_disk = now.present.size * now.layout.raw.nbytes
    stored = int(now.costs.bytes_stored.sum())
    read = wanted + now.costs.index_nbytes
    yield Advice(
        f"write with {filters}compressors=None",
        f"{format_bytes(read)} would be read and nothing decoded, and the {chunks} would take "
        f"{format_bytes(on_disk)} on disk instead of {format_bytes(stored)}",
        read,
        0,
        int(now.footprint.spread(now.layout.raw).ranges[now.present].sum()) + now.costs.indexes,
        is_estimated=False,
    )
