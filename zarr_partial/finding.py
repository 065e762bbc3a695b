"""Opening what was opened before, and what is there instead where an array was expected."""

import os
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import zarr
from zarr.abc.store import Store
from zarr.storage import ZipStore
from zarr.types import AnyArray

from zarr_partial.errors import OpenError
from zarr_partial.sources.zip import reopened
from zarr_partial.urls import is_url

__all__ = ["UNOPENABLE", "not_an_array", "open_again"]

# What archives raise for members that do not unpack; a RuntimeError for those that are encrypted.
_UNPACKING: tuple[type[Exception], ...] = (RuntimeError, BadZipFile, zlib.error, EOFError)
with suppress(ImportError):  # Python may be built without it
    from lzma import LZMAError

    _UNPACKING += (LZMAError,)
# What zarr raises for metadata of every kind of wrong, and for stores whose package is not installed.
UNOPENABLE: tuple[type[Exception], ...] = (
    OSError, ValueError, KeyError, TypeError, ImportError, *_UNPACKING,
)  # fmt: skip


def open_again(array: AnyArray) -> AnyArray:
    """Return the array that is now where `array` was opened.

    Raises
    ------
    OpenError
        If there is none any more, or not one that can be opened.
    """
    store = array.store
    try:
        store = reopened(store)
        return zarr.open_array(store, path=array.path, mode="r", zarr_format=array.metadata.zarr_format)
    except UNOPENABLE as error:
        raise OpenError(not_an_array(store, array.path, None, error)) from error


def not_an_array(source: object, path: str | None, options: dict[str, Any] | None, error: Exception) -> str:
    """Say what is where an array was expected, and what to do; `error` is why zarr would not open it."""
    if not isinstance(source, (str, os.PathLike, Store)):
        found = type(source).__name__
        return (
            f"expected a path, a URL, a store or a zarr.Array, found {found}; give the store and path of one"
        )
    if isinstance(error, ImportError):
        return (
            f"expected the packages that zarr needs for {source}, found: {error}; install them (zarr[remote])"
        )
    where = str(source) + (f", path {path!r}" if path else "")
    expected = f"expected a Zarr array at {where}, found "
    steps = sorted({".", ".."} & set((path or "").split("/")))
    if steps:
        return f"{expected}a path with {steps[-1]!r} in it; give that from the root of the store"
    if str(error).startswith("Protocol not known"):
        return f"{expected}an address of a kind that fsspec does not know; check it, or install what has it"
    if isinstance(source, (str, os.PathLike)) and not is_url(source):
        place = Path(source, path or "")
        if not place.exists():
            return f"{expected}nothing; check the path"
        if not place.is_dir() and place.suffix != ".zip":
            return f"{expected}a file; give the folder that holds zarr.json or .zarray"
    elif isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
        found = f"no answer ({type(error).__name__}: {error})"
        return f"{expected}{found}; check the address, the network and your permissions"
    try:
        group = zarr.open_group(source, path=path or "", mode="r", storage_options=options)
        names = sorted(group.array_keys())
        inside = sorted(group.group_keys())
    except UNOPENABLE:
        if _has_backslashes(source):
            remedy = "pack it again with forward slashes, as the ZIP format has them"
            return f"{expected}members named with backslashes; {remedy}"
        if isinstance(error, FileNotFoundError):
            return f"{expected}neither zarr.json nor .zarray; {_arrays_below(source, path)}"
        return f"{expected}metadata that zarr cannot read ({type(error).__name__}: {error}); repair them"
    prefix = f"{path}/" if path else ""
    if names:
        listed = ", ".join(names[:10]) + (", …" if len(names) > 10 else "")
        example = f"for example path={prefix + names[0]!r} (--path {prefix + names[0]} on the command line)"
        return f"{expected}a group with the arrays {listed}; open one of them, {example}"
    remedy = f"look into its groups: {', '.join(inside[:10])}" if inside else "it is empty"
    return f"{expected}a group without arrays of its own; {remedy}"


def _has_backslashes(source: object) -> bool:
    """Whether a source is an archive as some programs on Windows pack it, in which zarr finds no folder."""
    if not isinstance(source, ZipStore) or source.path is None:
        return False
    with suppress(*UNOPENABLE), ZipFile(source.path) as archive:
        return any("\\" in name for name in archive.namelist())
    return False


def _arrays_below(source: object, path: str | None) -> str:
    """Say which folders in the one that was given are arrays."""
    if not isinstance(source, (str, os.PathLike)):
        return "check the path"
    found = sorted(
        file.parent.name
        for name in ("zarr.json", ".zarray")
        for file in Path(source, path or "").glob(f"*/{name}")
    )
    return f"open one of the folders in it: {', '.join(found[:10])}" if found else "check the path"
