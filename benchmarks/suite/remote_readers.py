"""Readers of arrays that are behind HTTP: those of files, through a server on loopback with a latency.

`open` takes the path of the files. zarr and zarr_partial share one store for each address, and with it the
connections: fsspec's, which is aiohttp, and obstore's.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from zarr.abc.store import Store

from .readers import READERS, TENSORSTORE, Reader, installed, open_tensorstore
from .server import serving


def address(path: Path) -> str:
    """Return the URL of the array at `path`, whose folder is served from now on."""
    return serving(path.parent).url(path.name)


@cache
def fsspec_store(url: str) -> Store:
    """Return zarr's store over fsspec."""
    installed("aiohttp")
    installed("fsspec")
    return installed("zarr.storage").FsspecStore.from_url(url, read_only=True)


@cache
def obstore_store(url: str) -> Store:
    """Return zarr's store over obstore."""
    http = installed("obstore.store").HTTPStore.from_url(url, client_options={"allow_http": True})
    return installed("zarr.storage").ObjectStore(http, read_only=True)


STORES = {"fsspec": fsspec_store, "obstore": obstore_store}


def through(reader: Reader, store: Callable[[str], Store]) -> Reader:
    """Return `reader` on the array that `store` finds at the address of a path."""
    return replace(reader, open=lambda path: reader.open(store(address(path))))


def _open_tensorstore(path: Path) -> Any:
    installed("tensorstore")
    return open_tensorstore({"driver": "http", "base_url": address(path)})


REMOTE_READERS = {
    **{f"zarr-default, {name}": through(READERS["zarr-default"], store) for name, store in STORES.items()},
    "tensorstore": replace(TENSORSTORE, open=_open_tensorstore),
    **{f"zarr_partial, {name}": through(READERS["zarr_partial"], store) for name, store in STORES.items()},
}
