"""What a selection would read, without reading it: geometry, and the headers and indexes of touched chunks.

Steps: the selection, as a read would take it; its footprint on the chunks; what is stored of those; what
that costs; why, and what would help.
"""

import math
from typing import Any

import numpy as np

from zarr_partial import selection as selections
from zarr_partial.describing import unit_of
from zarr_partial.explaining.advice import advise
from zarr_partial.explaining.axes import distinct_rows
from zarr_partial.explaining.costs import read_costs
from zarr_partial.explaining.delegated import explain_delegated
from zarr_partial.explaining.elsewhere import explain_elsewhere
from zarr_partial.explaining.footprint import footprint_of
from zarr_partial.explaining.picture import Picture
from zarr_partial.explaining.reasons import FIELDS, reasons_for
from zarr_partial.explaining.sampling import Totals, sample_of
from zarr_partial.explaining.uses import ChunkUses
from zarr_partial.fields import split_fields
from zarr_partial.report import Plan
from zarr_partial.resident import ResidentChunks
from zarr_partial.selection import Coordinates, Selection
from zarr_partial.state import State
from zarr_partial.words import shown_key

__all__ = ["explain"]


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
    if selection is not None and state.remote is not None:
        return explain_elsewhere(state, state.remote, selection, shown_key(key), dtype)
    if selection is None or state.residency is None:
        return explain_delegated(state, selection, rest, shown_key(key), dtype)
    return _explain_read(selection, state, state.residency.now, shown_key(key), dtype)


def _explain_read(
    selection: Selection | Coordinates,
    state: State,
    resident: ResidentChunks,
    shown: str,
    dtype: np.dtype[Any],
) -> Plan:
    layout = resident.layout
    leaf_shape, per_file = layout.leaves.chunk_shape, layout.leaves_per_chunk
    sample = sample_of(selection, leaf_shape, per_file)
    footprint = footprint_of(selection, leaf_shape, sample)
    costs = read_costs(footprint, resident)
    files = footprint.leaves
    if layout.shards:
        files, _ = distinct_rows(files // np.array(per_file))
    totals = Totals(sample, len(footprint.leaves), len(files))
    reasons = reasons_for(layout, footprint, costs, is_sample=sample is not None)
    if dtype != layout.dtype:
        reasons += (FIELDS,)
    return Plan(
        selection=shown,
        access=str(state.access),
        shape=selection.shape,
        dtype=dtype,
        array_shape=layout.shape,
        chunk_shape=leaf_shape,
        # A last shard may have room for more inner chunks than the array has.
        grid_shape=tuple(-(-n // size) for n, size in zip(layout.shape, leaf_shape, strict=True)),
        shard_shape=layout.grid.chunk_shape if layout.shards else None,
        unit=unit_of(state),
        chunks=totals.all_leaves,
        missing=totals.of(costs.missing),
        shards=totals.all_files if layout.shards else 0,
        units=totals.of(costs.units),
        units_in_chunks=totals.of(costs.units_in_leaf),
        requests=totals.of(costs.requests, costs.indexes),
        bytes_wanted=math.prod(selection.shape) * dtype.itemsize,
        bytes_read=totals.of(costs.bytes_read, costs.index_nbytes),
        bytes_decoded=totals.of(costs.bytes_decoded),
        index_nbytes=totals.of(costs.missing[:0], costs.index_nbytes),
        uses=ChunkUses(
            coordinates=footprint.leaves,
            units=costs.units,
            units_in_chunk=costs.units_in_leaf,
            requests=costs.requests,
            bytes_read=costs.bytes_read,
            bytes_decoded=costs.bytes_decoded,
            missing=costs.missing,
            key_of=layout.leaf_key,
        ),
        is_estimated=sample is not None,
        reasons=reasons,
        advice=() if sample is not None else advise(selection, footprint, costs, state),
        picture=Picture(selection, layout.raw, footprint, costs.blocksizes),
    )
