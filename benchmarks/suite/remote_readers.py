"""Readers of arrays that are behind HTTP: those of files, through a server on loopback with a latency.

`open` takes the path of the files. zarr and zarr_partial share one store for each address, and with it the
connections: fsspec's, which is aiohttp, and obstore's.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from zarr.abc.store import Store

from .readers import READERS, TENSORSTORE, Reader, installed, open_tensorstore
from .server import serving


def address(path: Path, bytes_per_second: float = math.inf) -> str:
    """Return the URL of the array at `path`, whose folder is served from now on."""
    return serving(path.parent, bytes_per_second).url(path.name)


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


def remote_readers(bytes_per_second: float = math.inf) -> dict[str, Reader]:
    """Return all readers of what a server sends at this speed."""
    readers = {}
    for name in ("zarr-default", "zarr-fused", "zarr_partial"):
        for kind, store in STORES.items():
            readers[f"{name}, {kind}"] = _through(READERS[name], store, bytes_per_second)
    by_tensorstore = partial(_open_tensorstore, bytes_per_second=bytes_per_second)
    return readers | {"tensorstore": replace(TENSORSTORE, open=by_tensorstore)}


def _through(reader: Reader, store: Callable[[str], Store], bytes_per_second: float) -> Reader:
    return replace(reader, open=lambda path: reader.open(store(address(path, bytes_per_second))))


def _open_tensorstore(path: Path, bytes_per_second: float) -> Any:
    installed("tensorstore")
    return open_tensorstore({"driver": "http", "base_url": address(path, bytes_per_second)})


REMOTE_READERS = {name: reader for name, reader in remote_readers().items() if "fused" not in name}
