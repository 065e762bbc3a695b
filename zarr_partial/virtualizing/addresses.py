"""Addresses by which others can read the bytes of a source: folders, archives, URLs, buckets."""

from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from zarr.abc.store import Store
from zarr.storage import FsspecStore, LocalStore, ZipStore
from zarr.types import AnyArray

from zarr_partial.errors import VirtualChunksError

__all__ = ["address_of", "as_uri"]


def address_of(array: AnyArray, url: str | None) -> Callable[[str], str]:
    """Return a function from the key of a chunk, relative to the array, to the address of its bytes.

    Parameters
    ----------
    array : zarr.Array
    url : str or None
        Where the folder of the array is for others, or its ZIP file; None for where it is for us.

    Raises
    ------
    VirtualChunksError
        If the store has no address, and none is given.
    """
    is_archive = isinstance(array.store, ZipStore)
    if url is None:
        root = _root(array.store)
        if root is None:
            raise VirtualChunksError(
                "expected a source with an address that others can read, found a "
                f"{type(array.store).__name__}; say by url= where the folder of the array is, or copy it"
            )
        base = root if is_archive or not array.path else f"{root}/{array.path}"
    else:
        base = url.rstrip("/")
    return lambda key: base if is_archive else f"{base}/{key}"


def as_uri(address: str) -> str:
    """Return an address with those characters escaped that mean something else in a URI."""
    scheme, separator, rest = address.partition("://")
    # Names of files may be bytes that are no UTF-8.
    escaped = quote(rest, safe="/:@!$&()*+,;=~", errors="surrogateescape")
    return f"{scheme}{separator}{escaped}" if separator else address


def _root(store: Store) -> str | None:
    """Return the address of what a store holds, without a slash at the end, or None if it has none."""
    if isinstance(store, LocalStore):
        return _of_file(Path(store.root).absolute())
    if isinstance(store, ZipStore):
        return None if store.path is None else _of_file(Path(store.path).absolute())
    if isinstance(store, FsspecStore):
        found: str = store.fs.unstrip_protocol(store.path)
        # Nobody else has the memory of this process.
        return None if found.startswith("memory://") else found.rstrip("/")
    return _of_obstore(getattr(store, "store", None))


def _of_obstore(store: Any) -> str | None:
    """Return the address of one of obstore's stores, by the names that it gives to what it was made of."""
    kind = type(store).__name__ if type(store).__module__.startswith("obstore") else ""
    if kind == "HTTPStore":
        return str(store.url).rstrip("/")
    prefix = "" if kind == "" else str(getattr(store, "prefix", None) or "").strip("/")
    if kind == "LocalStore" and prefix:
        return _of_file(Path(store.prefix).absolute())
    schemes = {"S3Store": "s3", "GCSStore": "gs"}
    bucket = store.config.get("bucket") if kind in schemes else None
    return f"{schemes[kind]}://{'/'.join(part for part in (bucket, prefix) if part)}" if bucket else None


def _of_file(absolute: PurePath) -> str:
    """Return the address of a file or folder of this machine, or of one that shares its folders."""
    path = absolute.as_posix()
    # A drive letter needs the slash of an empty host before it.
    return f"file://{path}" if path.startswith("/") else f"file:///{path}"
