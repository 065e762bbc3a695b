"""Which source has the chunks of an array."""

import sys
from pathlib import Path

from zarr.storage import LocalStore
from zarr.types import AnyArray

from zarr_partial.sources.local import LocalSource
from zarr_partial.sources.mapped import MappedSource
from zarr_partial.sources.ranged import RangedSource
from zarr_partial.sources.store import StoreSource

__all__ = ["source_of"]


def source_of(array: AnyArray) -> MappedSource | RangedSource | str:
    """Return where the chunks of `array` can be had, or why zarr has to read them."""
    store = array.store
    if not array.config.read_missing_chunks:
        return "array.read_missing_chunks is off, so zarr must see which chunks are missing"
    if type(store) is not LocalStore:
        return StoreSource(store, array.path)
    if sys.platform == "win32":
        return "Windows does not let writers replace a mapped chunk"
    return LocalSource(Path(store.root, array.path))
