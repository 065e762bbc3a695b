"""What an open array knows at one moment: the zarr array, its layout, and what of it is in memory."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zarr.types import AnyArray

from zarr_partial.access import Access, Raw, Whole
from zarr_partial.counted import with_counts_compared
from zarr_partial.fetching.fetcher import Fetcher
from zarr_partial.fetching.reading import Remote
from zarr_partial.layout import Layout, read_layout, read_tile
from zarr_partial.residency import Residency
from zarr_partial.rows import Rows
from zarr_partial.settings import Settings
from zarr_partial.sources.choosing import source_of
from zarr_partial.sources.pread import PreadSource
from zarr_partial.sources.store import StoreSource
from zarr_partial.tiles import Tiles

if TYPE_CHECKING:
    from zarr_partial.cached import CachedLeaves, CachedRows

__all__ = ["State", "read_state"]

DEFAULTS = Settings()


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
        What is mapped; None where nothing is, or chunks differ in shape.
    rows : Rows, CachedRows or None
        The short path, where there is one.
    tiles : Tiles or None
        In place of `residency`, where chunks differ in shape.
    settings : Settings
        What was asked for.
    remote : Remote or None
        Where byte ranges are fetched. Where this, `residency` and `tiles` are None, zarr reads everything.
    cache : CachedLeaves or None
        What is kept decoded, where something is.
    """

    array: AnyArray
    layout: Layout
    access: Access
    residency: Residency | None
    rows: "Rows | CachedRows | None"
    tiles: Tiles | None = None
    settings: Settings = DEFAULTS
    remote: Remote | None = None
    cache: "CachedLeaves | None" = None

    @property
    def is_ours(self) -> bool:
        """Whether zarr is asked for odd selections only."""
        return self.is_mapped or self.remote is not None

    @property
    def is_mapped(self) -> bool:
        """Whether chunks are mapped into memory."""
        return self.residency is not None or self.tiles is not None


def read_state(array: AnyArray, settings: Settings) -> State:
    """Return the state of `array`, which nobody else may resize; no chunk is touched."""
    verify = settings.checksums == "verify"
    array = with_counts_compared(array)
    layout = read_layout(array, verify=verify)
    source = source_of(array, settings)
    if isinstance(layout.leaf, Whole) and layout.leaf.raw is None:
        return State(array, layout, layout.access, None, None, settings=settings)
    if isinstance(source, str):
        return State(array, layout, Whole(source), None, None, settings=settings)
    if isinstance(source, (PreadSource, StoreSource)):
        if layout.mosaic is not None:
            why = Whole("its chunks differ in shape, and are not mapped")
            return State(array, layout, why, None, None, settings=settings)
        remote = Remote(Fetcher(layout, settings.gap), source)
        cache = _cache_over(remote, layout, settings.cache_nbytes)
        if cache is None:
            return State(array, layout, layout.access, None, None, settings=settings, remote=remote)
        return State(
            array, layout, layout.access, None, cache.rows(), settings=settings, remote=remote, cache=cache
        )
    if layout.mosaic is not None:
        tiles = Tiles(layout, source, lambda kinds: read_tile(array, layout, kinds, verify=verify))
        return State(array, layout, layout.access, None, None, tiles, settings)
    residency = Residency(layout, source)
    # Raw chunks are mapped: the system keeps what was read of them.
    is_raw = isinstance(layout.leaf, Raw)
    if not is_raw and (cache := _cache_over(residency, layout, settings.cache_nbytes)) is not None:
        return State(array, layout, layout.access, residency, cache.rows(), settings=settings, cache=cache)
    rows = Rows(layout, residency) if Rows.suit(layout) else None
    return State(array, layout, layout.access, residency, rows, settings=settings)


def _cache_over(place: Residency | Remote, layout: Layout, nbytes: int) -> "CachedLeaves | None":
    """Return a cache of what decodes from `place`, or None where none was asked for, or none is possible."""
    if not nbytes:
        return None
    # Of use to few processes, and as much to import as a seventh of all.
    from zarr_partial.cached import CachedLeaves
    from zarr_partial.fetching.renting import RemoteFiller
    from zarr_partial.filling import LocalFiller

    if not CachedLeaves.suit(layout):
        return None
    filler = RemoteFiller(layout, place) if isinstance(place, Remote) else LocalFiller(layout, place)
    return CachedLeaves(layout, filler, nbytes)
