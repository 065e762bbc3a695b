"""One folder of arrays for all tests of the command line; nobody writes to them."""

import os

import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec, Crc32cCodec
from zarr.storage import ZipStore


@pytest.fixture(scope="session")
def data():
    return np.arange(12_000, dtype="<f4").reshape(1000, 12)


@pytest.fixture(scope="session")
def folder(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("commands")
    blosc = BloscCodec(cname="zstd", shuffle="shuffle", blocksize=1024)
    raw = {"data": data, "compressors": None}
    zarr.create_array(folder / "cells.zarr", chunks=(100, 12), dimension_names=["cell", "gene"], **raw)
    zarr.create_array(folder / "packed.zarr", data=data, chunks=(500, 12), compressors=blosc)
    zarr.create_array(folder / "sharded.zarr", chunks=(50, 12), shards=(500, 12), **raw)
    zarr.create_array(folder / "checked.zarr", data=data, chunks=(500, 12), compressors=Crc32cCodec())
    zarr.create_array(folder / "cut.zarr", data=data, chunks=(500, 12), compressors=blosc)
    os.truncate(folder / "cut.zarr/c/0/0", 30)
    fill(zarr.create_group(folder / "group.zarr"), raw)
    with ZipStore(folder / "group.zip", mode="w") as archive:
        fill(zarr.create_group(archive), raw)
    consolidated = fill(zarr.create_group(folder / "consolidated.zarr", zarr_format=2), {"data": data})
    zarr.consolidate_metadata(consolidated.store)
    zarr.create_group(folder / "empty.zarr")
    zarr.create_array(folder / "huge.zarr", shape=(10**7, 10**7), chunks=(10**4, 10**4), dtype="f8")
    return folder


def fill(group, options):
    group.create_array("raw/X", chunks=(100, 12), **options)
    group.create_array("obs/n", data=np.arange(7), compressors=None)
    return group
