"""A zarr store behind an HTTP server on loopback, for readers that have no Python."""

import contextlib

from zarr.core.sync import sync

from tests.zarr_partial.stores.servers import serving


class Values:
    """What the server looks values up in."""

    def __init__(self, store):
        self._store = store

    def get(self, key):
        value = sync(self._store.get(key))
        return None if value is None else value.to_bytes()


@contextlib.contextmanager
def serving_store(store):
    with serving({}) as server:
        server.values = Values(store)
        yield server
