"""A server with values on loopback, and the array behind it by each of two clients."""

import pytest

import zarr_partial as zp
from tests.zarr_partial.stores.kinds import fsspec_store, obstore_of
from tests.zarr_partial.stores.layouts import values_of
from tests.zarr_partial.stores.servers import serving


@pytest.fixture(scope="session")
def raw_values():
    return values_of("raw")


@pytest.fixture
def server(raw_values):
    with serving(raw_values) as server:
        yield server


@pytest.fixture(params=["fsspec", "obstore"])
def array(request, server):
    if request.param == "obstore":
        yield zp.open(obstore_of(server.url))
    else:
        with fsspec_store(server.url) as store:
            yield zp.open(store)
