"""Why a selection reads what it reads, in sentences that are true of the plan at hand."""

import mmap
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Blosc, Raw, Whole
from zarr_partial.explaining.costs import Costs
from zarr_partial.explaining.footprint import Footprint
from zarr_partial.explaining.hypothetical import blocks_decoded
from zarr_partial.explaining.looks import Look
from zarr_partial.layout import Layout
from zarr_partial.words import format_bytes

__all__ = ["FIELDS", "PAGE_NBYTES", "SAMPLED", "count_pages", "reasons_for"]

FIELDS = "The fields of an element lie together, so elements are read whole."
SAMPLED = (
    "All this is of {:,} touched chunks, evenly spaced, since there are so many; the counts are scaled up "
    "from those."
)

# Shorter ranges than this, and the system reads mostly what nobody asked for.
PAGE_NBYTES = mmap.PAGESIZE
MANY_PAGES = 16


def reasons_for(layout: Layout, costs: Costs, looks: Sequence[Look], *, is_sample: bool) -> tuple[str, ...]:
    """Return why a read costs what it costs, also where partial reading gains nothing.

    `costs` are those of all `looks`.
    """
    if is_sample:
        counted_on = SAMPLED.format(costs.units.size)
        return (*reasons_for(layout, costs, looks, is_sample=False), counted_on)
    if costs.missing.all():
        return ("No touched chunk is stored: the result is the fill value, or empty.",)
    leaf = layout.leaf
    if isinstance(leaf, Raw):
        reasons = _raw(layout, costs, looks)
    elif isinstance(leaf, Blosc):
        reasons = [_blosc(layout, costs)]
    else:
        reasons = [_whole(layout, leaf, costs, looks)]
    if costs.indexes:
        read = int(costs.bytes_read.sum())
        share = ", more than everything else" if costs.index_nbytes > read else ""
        reasons.append(
            f"{_of_each(costs.indexes)} the index is read as well, "
            f"{format_bytes(costs.index_nbytes)} in all{share}."
        )
    return tuple(reasons)


def _of_each(count: int) -> str:
    return "Of the touched shard" if count == 1 else f"Of each of the {count:,} touched shards"


def _raw(layout: Layout, costs: Costs, looks: Sequence[Look]) -> list[str]:
    chunk = "an inner chunk" if layout.shards else "a chunk"
    reasons = [f"The bytes of {chunk} are its elements: only those selected are read."]
    read, requests = int(costs.bytes_read.sum()), int(costs.requests.sum())
    # Smaller inner chunks share pages, which are not counted then.
    if layout.raw.nbytes >= MANY_PAGES * PAGE_NBYTES and read < requests * PAGE_NBYTES // 4:
        pages = sum(
            count_pages(look.footprint, np.flatnonzero(~look.costs.missing), look.layout.raw)
            for look in looks
        )
        if pages > MANY_PAGES and pages * PAGE_NBYTES > 2 * read:
            reasons.append(
                f"They lie {read // requests:,} bytes at a time, far apart: for them a disk reads about "
                f"{pages:,} pages of {PAGE_NBYTES:,} bytes, {format_bytes(pages * PAGE_NBYTES)} in all."
            )
    return reasons


def count_pages(footprint: Footprint, leaves: NDArray[np.int64], raw: Raw) -> int:
    """Return how many pages the touched elements of these leaves lie in, as if a leaf began with a page."""
    return blocks_decoded(footprint, leaves, raw, PAGE_NBYTES)[0]


def _blosc(layout: Layout, costs: Costs) -> str:
    present = ~costs.missing
    units, of = int(costs.units.sum()), int(costs.units_in_leaf.sum())
    chunk = "inner chunk" if layout.shards else "chunk"
    if not costs.blocksizes.any():
        return f"Blosc stored these {chunk}s uncompressed, so only the selected elements are read."
    if of == int(np.count_nonzero(present)):
        one = "The touched" if of == 1 else "Each touched"
        return f"{one} {chunk} is a single Blosc block, so it is decoded whole: smaller blocks would help."
    if units == of:
        return f"The selection touches every block of its {chunk}s, so partial decoding saves nothing here."
    return f"Of {of:,} Blosc blocks, only the {units:,} with selected elements are decoded."


def _whole(layout: Layout, leaf: Whole, costs: Costs, looks: Sequence[Look]) -> str:
    chunks = "inner chunks" if layout.shards else "chunks"
    decoded = int(costs.bytes_decoded.sum())
    wanted = sum(look.wanted for look in looks)
    names = {decoder.name for decoder in leaf.decoders}
    if names == {"crc32c"}:
        text = f"Touched {chunks} are read whole: a checksum covers all of one."
    elif "crc32c" in names:
        text = f"Touched {chunks} are read and decoded whole: a checksum covers all of one."
    else:
        text = (
            f"Touched {chunks} are read and decoded whole: {leaf.reason} has no way into the middle of one."
        )
    if wanted == decoded and costs.index_nbytes <= wanted:
        text += " The selection takes every element of them, so partial reading could save nothing here."
    return text
