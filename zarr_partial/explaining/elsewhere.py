"""Plans of reads whose byte ranges are fetched from a store: the requests themselves, not yet made."""

import math
from typing import Any

import numpy as np

from zarr_partial.access import Blosc, Raw
from zarr_partial.describing import unit_of
from zarr_partial.explaining.picture import Picture
from zarr_partial.explaining.reasons import FIELDS
from zarr_partial.explaining.uses import ChunkUses
from zarr_partial.fetching.fetcher import FetchPlan, Wanted
from zarr_partial.fetching.reading import Remote
from zarr_partial.layout import Layout
from zarr_partial.report import Plan
from zarr_partial.selection import Coordinates, Selection
from zarr_partial.sources.ranged import Request
from zarr_partial.state import State
from zarr_partial.words import counted, format_bytes

__all__ = ["explain_elsewhere"]


def explain_elsewhere(
    state: State, remote: Remote, selection: Selection | Coordinates, shown: str, dtype: np.dtype[Any]
) -> Plan:
    """Return the plan of a first read; indexes and headers it depends on are fetched, and kept.

    Raises
    ------
    CorruptChunkError, UnreadableChunkError
        If an index or a header is damaged or cannot be had.
    """
    layout = state.layout
    plans = [] if 0 in selection.shape else remote.plans(selection)
    wanted = sorted((want for plan in plans for want in plan.wanted), key=lambda want: want.leaf)
    lookups = {(r.key, r.start): r for plan in plans for r in plan.lookups}
    looked_nbytes = sum(request.nbytes or 0 for request in lookups.values())
    is_known = all(want.nbytes is not None for want in wanted)
    uses = _uses(wanted, layout, is_known=is_known)
    decoded = None if uses.bytes_decoded is None else int(uses.bytes_decoded.sum())
    chunks = {layout.chunk_of(layout.leaves.coordinates(want.leaf)) for want in wanted}
    nothing = not any(want.place for want in wanted)
    return Plan(
        selection=shown,
        access=str(state.access),
        shape=selection.shape,
        dtype=dtype,
        array_shape=layout.shape,
        chunk_shape=layout.leaves.chunk_shape,
        grid_shape=tuple(
            -(-n // size) for n, size in zip(layout.shape, layout.leaves.chunk_shape, strict=True)
        ),
        shard_shape=layout.grid.chunk_shape if layout.shards else None,
        unit=unit_of(state),
        chunks=len(wanted),
        missing=int(uses.missing.sum()),
        shards=len(chunks) if layout.shards else 0,
        units=int(uses.units.sum()),
        units_in_chunks=int(uses.units_in_chunk.sum()),
        requests=sum(len(plan.requests) for plan in plans) + len(lookups),
        bytes_wanted=math.prod(selection.shape) * dtype.itemsize,
        bytes_read=sum(plan.nbytes for plan in plans) + looked_nbytes if is_known else None,
        bytes_decoded=decoded,
        index_nbytes=_index_nbytes(list(lookups.values()), wanted) if layout.shards else 0,
        uses=uses,
        is_estimated=False,
        reasons=(
            *_reasons(layout, remote.fetcher.gap, plans, len(lookups), looked_nbytes, nothing=nothing),
            *([FIELDS] if dtype != layout.dtype else []),
        ),
        advice=(),
        picture=Picture(selection),
    )


def _index_nbytes(lookups: list[Request], wanted: list[Wanted]) -> int:
    headers = {
        (request.key, request.start)
        for want in wanted
        if want.place and want.head
        for request in want.head.requests(want.place)
    }
    return sum(r.nbytes or 0 for r in lookups if (r.key, r.start) not in headers)


def _uses(wanted: list[Wanted], layout: Layout, *, is_known: bool) -> ChunkUses:
    def column(values: list[int]) -> "np.ndarray[Any, np.dtype[np.int64]]":
        return np.array(values, dtype=np.int64)

    coordinates = column([at for want in wanted for at in layout.leaves.coordinates(want.leaf)])
    return ChunkUses(
        coordinates=coordinates.reshape(len(wanted), len(layout.shape)),
        units=column([_units(want, layout)[0] for want in wanted]),
        units_in_chunk=column([_units(want, layout)[1] for want in wanted]),
        requests=column([want.firsts.size if want.nbytes is not None else 1 for want in wanted]),
        bytes_read=column([int((want.stops - want.firsts).sum()) for want in wanted]) if is_known else None,
        bytes_decoded=_decoded(wanted, layout),
        missing=np.array([want.place is None for want in wanted], dtype=np.bool_),
        key_of=layout.leaf_key,
    )


def _units(want: Wanted, layout: Layout) -> tuple[int, int]:
    """Return the units that are read of a leaf, and those that there are."""
    if want.place is None or not isinstance(layout.leaf, Raw):
        return want.units, want.units_in_leaf
    itemsize = layout.raw.dtype.itemsize
    return int((want.stops - want.firsts).sum()) // itemsize, layout.raw.nbytes // itemsize


def _decoded(wanted: list[Wanted], layout: Layout) -> "np.ndarray[Any, np.dtype[np.int64]] | None":
    if isinstance(layout.leaf, Raw):
        return np.zeros(len(wanted), dtype=np.int64)
    decoded = []
    for want in wanted:
        if want.place is None:
            decoded.append(0)
        elif not isinstance(layout.leaf, Blosc):
            decoded.append(layout.raw.nbytes)
        elif want.head is None:
            # Fetched with its header: how many of its blocks are decoded shows then.
            return None
        else:
            decoded.append(want.decoded_nbytes)
    return np.array(decoded, dtype=np.int64)


def _reasons(
    layout: Layout, gap: int, plans: list[FetchPlan], lookups: int, looked_nbytes: int, *, nothing: bool
) -> list[str]:
    if nothing:
        return ["No touched chunk is stored: the result is the fill value, or empty."]
    asked = "Byte ranges are fetched from the store, all at once"
    reasons = [f"{asked}; where {format_bytes(gap)} or less lie between two of one value, they are one."]
    if lookups:
        is_blosc = isinstance(layout.leaf, Blosc)
        kinds = (["indexes of shards"] if layout.shards else []) + (["Blosc headers"] if is_blosc else [])
        reasons.append(
            f"What has to be known first, {' and '.join(kinds)}, takes {counted(lookups, 'request')} of "
            f"{format_bytes(looked_nbytes)} in all, and is kept for further reads."
        )
    if any(want.nbytes is None for plan in plans for want in plan.wanted):
        reasons.append("Of chunks that are fetched whole only the store knows the length.")
    return reasons
