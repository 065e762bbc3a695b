"""What an open array knows at one moment: the zarr array, its layout, and what of it is in memory."""

from dataclasses import dataclass

from zarr.types import AnyArray

from zarr_partial.access import Access, Whole
from zarr_partial.fetching.fetcher import Fetcher
from zarr_partial.fetching.reading import Remote
from zarr_partial.layout import Layout, read_layout
from zarr_partial.resident import Residency
from zarr_partial.rows import Rows
from zarr_partial.sources.choosing import source_of
from zarr_partial.sources.ranged import RangedSource

__all__ = ["State", "read_state"]


@dataclass(frozen=True, slots=True)
class State:
    """An array as its metadata said at one moment.

    Attributes
    ----------
    array : zarr.Array
    layout : Layout
    access : Access
        How chunks are read: that of the layout, or a `Whole` that says why zarr reads them.
    residency : Residency or None
        What is mapped; None where chunks are not.
    rows : Rows or None
        The short path, where there is one.
    remote : Remote or None
        Where byte ranges are fetched. Where this and `residency` are None, zarr reads everything.
    """

    array: AnyArray
    layout: Layout
    access: Access
    residency: Residency | None
    rows: Rows | None
    remote: Remote | None = None


def read_state(array: AnyArray, *, verify: bool) -> State:
    """Return the state of `array`, which nobody else may resize; no chunk is touched."""
    layout = read_layout(array, verify=verify)
    if isinstance(layout.leaf, Whole) and layout.leaf.raw is None:
        return State(array, layout, layout.access, None, None)
    source = source_of(array)
    if isinstance(source, str):
        return State(array, layout, Whole(source), None, None)
    if isinstance(source, RangedSource):
        return State(array, layout, layout.access, None, None, Remote(Fetcher(layout), source))
    residency = Residency(layout, source)
    rows = Rows(layout, residency) if Rows.suit(layout) else None
    return State(array, layout, layout.access, residency, rows)
