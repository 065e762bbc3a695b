"""Arrays that travel: what is pickled of them, how they are opened again, and what Dask calls them.

A pickle holds the place of the array, its metadata and the settings: no chunk, no map, no connection.
The array is looked for when it is first used, not when it is unpickled, which Dask does where an error
cannot be told from a broken connection.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import zarr
from zarr.core.metadata import v3
from zarr.storage import LocalStore, StorePath, ZipStore
from zarr.types import AnyArray

from zarr_partial.errors import OpenError
from zarr_partial.finding import open_again
from zarr_partial.settings import Settings
from zarr_partial.state import State, read_state

__all__ = ["Unopened", "anchored", "token"]

# These do not change what the chunks mean: names, and how far the grid reaches.
FREE_TO_CHANGE = ("shape", "attributes", "dimension_names")
# What newer zarr says of chunks of several shapes; with metadata from a pickle it reads them all the same.
RECTILINEAR = getattr(v3, "RectilinearChunksDisabledError", ())


@dataclass(frozen=True, slots=True)
class Unopened:
    """An array that came out of a pickle, and was not used in this process.

    Attributes
    ----------
    array : zarr.Array
        As it was when it was pickled.
    settings : Settings
    """

    array: AnyArray
    settings: Settings

    def open(self) -> State:
        """Return the state of the array, as it was when it was pickled.

        Raises
        ------
        OpenError
            If it is not at its place any more, or cannot be reached from here, or another one is there.
            Its chunks would be missing, and all their elements fill values.
        """
        metadata = self.array.metadata
        try:
            again = open_again(self.array)
        except OpenError as error:
            if isinstance(error.__cause__, RECTILINEAR):
                return read_state(self.array, self.settings)
            self._fail(f"none ({type(error.__cause__).__name__}: {error.__cause__})", error)
        found = again.metadata
        if again.store is not self.array.store:
            # That of an archive: a new one, in case it was replaced since.
            again.store.close()
        if _meaning(found) != _meaning(metadata) or any(
            now < then for now, then in zip(found.shape, metadata.shape, strict=True)
        ):
            self._fail(f"one of shape {again.shape} and dtype {again.dtype}, or other codecs or chunks")
        return read_state(self.array, self.settings)

    def _fail(self, found: str, cause: Exception | None = None) -> NoReturn:
        array = self.array
        raise OpenError(
            f"expected the array of shape {array.shape} and dtype {array.dtype} that was pickled, at "
            f"{array.store_path}, found {found}; see that this process reaches the same data under the "
            "same address, by a shared file system or a URL, or open and pickle the array again"
        ) from cause


def _meaning(metadata: Any) -> dict[str, Any]:
    """Return what of the metadata says how the bytes of chunks are to be read, and which chunks there are."""
    return {name: value for name, value in metadata.to_dict().items() if name not in FREE_TO_CHANGE}


def anchored(array: AnyArray) -> AnyArray:
    """Return `array` with a place that means the same in every working directory."""
    store = array.store
    fixed: LocalStore | ZipStore | None = None
    if type(store) is LocalStore and not store.root.is_absolute():
        fixed = LocalStore(store.root.absolute(), read_only=store.read_only)
    elif type(store) is ZipStore and store.read_only and store.path and not Path(store.path).is_absolute():
        fixed = ZipStore(Path(store.path).absolute(), mode="r")
    if fixed is None:
        return array
    asynchronous = zarr.AsyncArray(
        metadata=array.metadata, store_path=StorePath(fixed, array.path), config=array.config
    )
    return zarr.Array(asynchronous)


def token(array: AnyArray, settings: Settings, threads: int | None) -> tuple[Any, ...]:
    """Return what tells the array from others, for Dask's names: place, metadata, and how it is read.

    The values of chunks are not looked at. Where one number says that they changed, it is part of the
    token: the time of an archive, the snapshot of an Icechunk session.
    """
    from dask.base import normalize_token

    array = anchored(array)
    store = array.store
    place: Any
    if type(store) is LocalStore:
        place = str(store.root)
    elif type(store) is ZipStore and store.path is not None:
        status = os.stat(store.path)  # noqa: PTH116 - it may be a str
        place = (str(store.path), status.st_size, status.st_mtime_ns)
    else:
        place = normalize_token(store)
    how = normalize_token((settings, threads))
    return ("zarr_partial", place, array.path, normalize_token(array.metadata.to_dict()), how)
