"""Which source has the chunks of an array."""

import sys
from pathlib import Path
from typing import get_args

from zarr.storage import LocalStore, ZipStore
from zarr.types import AnyArray

from zarr_partial.settings import IO, Settings
from zarr_partial.sources.filesystems import filesystem, is_remote
from zarr_partial.sources.local import LocalSource
from zarr_partial.sources.mapped import MappedSource
from zarr_partial.sources.pread import PreadSource
from zarr_partial.sources.store import StoreSource
from zarr_partial.sources.zip import ZipSource

__all__ = ["place_of", "source_of"]


def source_of(array: AnyArray, settings: Settings) -> MappedSource | PreadSource | StoreSource | str:
    """Return where the chunks of `array` can be had, or why zarr has to read them.

    Raises
    ------
    ValueError
        If `settings.io` is not a way to read, or not one for this array.
    """
    io = settings.io
    if io not in get_args(IO):
        known = ", ".join(f'"{way}"' for way in get_args(IO))
        raise ValueError(f"expected io to be one of {known}, found {io!r}")
    place = place_of(array)
    if io == "mmap" and isinstance(place, str):
        raise ValueError(
            f'expected chunks in a local directory or a ZIP file for io="mmap", found that {place}; '
            "leave io out, or copy the array to a local directory"
        )
    if io == "pread" and not isinstance(place, LocalSource):
        raise ValueError(
            f'expected chunks in a local directory for io="pread", found a {type(array.store).__name__}; '
            "leave io out, or copy the array to a local directory"
        )
    if not array.config.read_missing_chunks:
        return "array.read_missing_chunks is off, so zarr must see which chunks are missing"
    if io == "auto":
        io = _best(place)
    if io == "mmap":
        return place
    if io == "pread" and isinstance(place, LocalSource):
        return PreadSource(place.folder)
    return StoreSource(array.store, array.path, max_in_flight=settings.max_requests)


def _best(place: MappedSource | str) -> IO:
    """Return how to read from a place, where nobody insists."""
    if isinstance(place, str):
        return "store"
    # An error of a network under a map would end the process; on Windows a map stands in writers' way.
    if sys.platform == "win32" or is_remote(filesystem(place.folder)) or _is_limited_dask_worker():
        return "pread" if isinstance(place, LocalSource) else "store"
    return "mmap"


def _is_limited_dask_worker() -> bool:
    """Whether this process is a Dask worker with a limit of memory.

    Mapped pages count as its memory there, although the system can take them back at any time: a worker
    that has read more of a map than its limit is paused, then killed.
    """
    worker_type = getattr(sys.modules.get("distributed.worker"), "Worker", None)
    managers = (getattr(worker, "memory_manager", None) for worker in getattr(worker_type, "_instances", ()))
    return any(getattr(manager, "memory_limit", None) for manager in managers)


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
