"""Which source has the chunks of an array."""

import sys
from pathlib import Path
from typing import Literal, get_args

from zarr.storage import LocalStore
from zarr.types import AnyArray

from zarr_partial.sources.filesystems import filesystem, is_remote
from zarr_partial.sources.local import LocalSource
from zarr_partial.sources.mapped import MappedSource

__all__ = ["IO", "source_of"]

IO = Literal["auto", "mmap", "pread", "store"]


def source_of(array: AnyArray, io: IO) -> MappedSource | str:
    """Return where the chunks of `array` can be had as bytes in memory, or why zarr has to read them.

    Raises
    ------
    ValueError
        If `io` is not a way to read, or not one for this array.
    """
    store = array.store
    if io not in get_args(IO):
        known = ", ".join(f'"{way}"' for way in get_args(IO))
        raise ValueError(f"expected io to be one of {known}, found {io!r}")
    if io in ("pread", "store"):
        raise ValueError(
            f'expected io to be "auto" or "mmap", found {io!r}, which is not there yet; leave it out'
        )
    if io == "mmap" and type(store) is not LocalStore:
        raise ValueError(
            f'expected chunks in a local directory for io="mmap", found a {type(store).__name__}; '
            "leave io out, or copy the array to a local directory"
        )
    if not array.config.read_missing_chunks:
        return "array.read_missing_chunks is off, so zarr must see which chunks are missing"
    if type(store) is not LocalStore:
        return f"{type(store).__name__} is not a local directory"
    folder = Path(store.root, array.path)
    if io == "auto":
        if sys.platform == "win32":
            return "Windows does not let writers replace a mapped chunk"
        kind = filesystem(folder)
        if is_remote(kind):
            return f"an error of the file system ({kind}) under a map would end the process"
    return LocalSource(folder)
