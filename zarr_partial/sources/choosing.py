"""Which source has the chunks of an array."""

import sys
from pathlib import Path

from zarr.storage import LocalStore, ZipStore
from zarr.types import AnyArray

from zarr_partial.sources.local import LocalSource
from zarr_partial.sources.mapped import MappedSource
from zarr_partial.sources.zip import ZipSource

__all__ = ["place_of", "source_of"]


def source_of(array: AnyArray) -> MappedSource | str:
    """Return where the chunks of `array` can be had as bytes in memory, or why zarr has to read them."""
    if not array.config.read_missing_chunks:
        return "array.read_missing_chunks is off, so zarr must see which chunks are missing"
    place = place_of(array)
    if not isinstance(place, str) and sys.platform == "win32":
        return "Windows does not let writers replace a mapped chunk"
    return place


def place_of(array: AnyArray) -> MappedSource | str:
    """Return the place of the chunks of `array`, whoever reads them, or why it is none that can be mapped."""
    store = array.store
    if type(store) is LocalStore:
        return LocalSource(Path(store.root, array.path))
    if type(store) is not ZipStore:
        return f"{type(store).__name__} is neither a local directory nor a ZIP file"
    if store.path is None:
        return "the ZIP archive is in a file object, not in a file"
    if not store.read_only:
        return "the ZIP archive is open for writing, and has no directory yet"
    return ZipSource(store, array.path)
