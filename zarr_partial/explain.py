"""What a selection would read, without reading it: geometry, and the headers and indexes of touched chunks.

Steps: the selection, as a read would take it; its footprint on the chunks; what is stored of those; what
that costs; why, and what would help.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial import selection as selections
from zarr_partial.describing import unit_of
from zarr_partial.explaining.advice import advise, skip_checksums
from zarr_partial.explaining.costs import Costs
from zarr_partial.explaining.delegated import explain_delegated
from zarr_partial.explaining.elsewhere import explain_elsewhere
from zarr_partial.explaining.looks import Look, costs_of, leaves_of, look_at
from zarr_partial.explaining.picture import Picture
from zarr_partial.explaining.reasons import FIELDS, reasons_for
from zarr_partial.explaining.uses import ChunkUses
from zarr_partial.fields import split_fields
from zarr_partial.layout import Layout
from zarr_partial.report import Advice, Plan
from zarr_partial.selection import Coordinates, Selection
from zarr_partial.state import State
from zarr_partial.words import shown_key

__all__ = ["explain", "explain_selection"]


def explain(state: State, key: Any) -> Plan:
    """Return the plan of `array[key]`; the errors of the key are zarr's.

    Raises
    ------
    CorruptChunkError, UnreadableChunkError
        If a header or an index that has to be looked at is damaged or cannot be had.
    """
    layout = state.layout
    fields, rest = split_fields(key, layout.dtype)
    selection = selections.getitem(rest, layout.shape)
    dtype = layout.dtype if fields is None else layout.dtype[fields]
    return explain_selection(state, selection, rest, shown_key(key), dtype)


def explain_selection(
    state: State, selection: Selection | Coordinates | None, key: Any, shown: str, dtype: np.dtype[Any]
) -> Plan:
    """Return the plan of reading elements of `dtype`, selected in any way; `shown` is what was written.

    `key` is for zarr, where `selection` is None.
    """
    if selection is not None and state.remote is not None:
        plan = explain_elsewhere(state, state.remote, selection, shown, dtype)
    elif selection is None or not state.is_ours:
        plan = explain_delegated(state, selection, key, shown, dtype)
    else:
        plan = _explain_read(selection, state, shown, dtype)
    if state.cache is None or selection is None or 0 in selection.shape:
        return plan
    return replace(plan, reasons=(*plan.reasons, state.cache.explanation(selection)))


def _explain_read(selection: Selection | Coordinates, state: State, shown: str, dtype: np.dtype[Any]) -> Plan:
    layout = state.layout
    looks = look_at(selection, state)
    costs = costs_of(looks)
    is_sample = any(look.totals.sample for look in looks)
    reasons = reasons_for(layout, costs, looks, is_sample=is_sample)
    if dtype != layout.dtype:
        reasons += (FIELDS,)
    return Plan(
        selection=shown,
        access=str(state.access),
        shape=selection.shape,
        dtype=dtype,
        array_shape=layout.shape,
        chunk_shape=layout.leaves.chunk_shape,
        grid_shape=layout.leaf_counts,
        shard_shape=layout.grid.chunk_shape if layout.shards else None,
        unit=unit_of(state),
        chunks=sum(look.totals.all_leaves for look in looks),
        missing=sum(look.totals.of(look.costs.missing) for look in looks),
        shards=sum(look.totals.all_files for look in looks) if layout.shards else 0,
        units=sum(look.totals.of(look.costs.units) for look in looks),
        units_in_chunks=sum(look.totals.of(look.costs.units_in_leaf) for look in looks),
        requests=sum(look.totals.of(look.costs.requests, look.costs.indexes) for look in looks),
        bytes_wanted=math.prod(selection.shape) * dtype.itemsize,
        bytes_read=sum(look.totals.of(look.costs.bytes_read, look.costs.index_nbytes) for look in looks),
        bytes_decoded=sum(look.totals.of(look.costs.bytes_decoded) for look in looks),
        index_nbytes=sum(look.totals.of(look.costs.missing[:0], look.costs.index_nbytes) for look in looks),
        uses=_uses(costs, leaves_of(looks, len(layout.shape)), layout),
        is_estimated=is_sample,
        reasons=reasons,
        advice=() if is_sample else _advice(selection, looks, state),
        picture=_picture(selection, looks, layout),
    )


def _uses(costs: Costs, leaves: NDArray[np.int64], layout: Layout) -> ChunkUses:
    order = slice(None) if layout.mosaic is None else np.lexsort(leaves.T[::-1])
    return ChunkUses(
        coordinates=leaves[order],
        units=costs.units[order],
        units_in_chunk=costs.units_in_leaf[order],
        requests=costs.requests[order],
        bytes_read=costs.bytes_read[order],
        bytes_decoded=costs.bytes_decoded[order],
        missing=costs.missing[order],
        key_of=layout.leaf_key,
    )


def _advice(selection: Selection | Coordinates, looks: list[Look], state: State) -> tuple[Advice, ...]:
    if state.layout.mosaic is None:
        (look,) = looks
        return advise(selection, look.footprint, look.costs, state)
    # How chunks of several shapes should be cut and compressed instead is not planned.
    read = sum(int(look.costs.bytes_read.sum()) + look.costs.index_nbytes for look in looks)
    return tuple(skip_checksums(selection, state, read))


def _picture(selection: Selection | Coordinates, looks: list[Look], layout: Layout) -> Picture:
    if layout.mosaic is not None:
        return Picture(selection, edges=layout.mosaic.axes)
    (look,) = looks
    return Picture(selection, layout.raw, look.footprint, look.costs.blocksizes)
