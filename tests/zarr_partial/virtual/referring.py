"""Arrays whose virtual chunks are byte ranges, and stores made of references to them."""

import fsspec
import icechunk
import numpy as np
import xarray
import zarr
from zarr.codecs import BytesCodec, TransposeCodec
from zarr.storage import FsspecStore

ROWS = np.random.default_rng(0).integers(1, 30, (40, 12)).astype("i4")
LAYOUTS = {
    "format 3": ({"chunks": (10, 12)}, (2, 12)),
    "columns": ({"chunks": (10, 12)}, (1, 4)),
    "edges": ({"chunks": (24, 9)}, (4, 9)),
    "big endian": ({"chunks": (10, 12), "serializer": BytesCodec(endian="big")}, (2, 12)),
    "F order": ({"chunks": (10, 12), "filters": [TransposeCodec(order=(1, 0))]}, (10, 3)),
    "format 2": ({"chunks": (10, 12), "zarr_format": 2}, (2, 12)),
    "format 2 F": ({"chunks": (10, 12), "zarr_format": 2, "order": "F"}, (5, 1)),
    "format 2 slashes": (
        {
            "chunks": (10, 12),
            "zarr_format": 2,
            "chunk_key_encoding": {"name": "v2", "separator": "/"},
        },
        (2, 12),
    ),
    "shards": ({"chunks": (5, 12), "shards": (20, 12)}, (1, 12)),
    "inner chunks": ({"chunks": (5, 6), "shards": (20, 12)}, (5, 6)),
    "as they are": ({"chunks": (10, 12)}, (10, 12)),
}


def of_references(references, **options):
    """Return a store that reads references as they are, a dictionary or a path."""
    files = fsspec.filesystem(
        "reference", fo=references if isinstance(references, dict) else str(references), asynchronous=True,
        skip_instance_cache=True, **options,
    )  # fmt: skip
    return FsspecStore(files, read_only=True)


def assert_opens(store, virtual, zarr_format):
    found = zarr.open_group(store, mode="r", zarr_format=zarr_format)["t"]
    assert found.chunks == virtual.chunks
    assert found.fill_value == 0
    # In format 2 the byte order of the chunks is that of the data type.
    assert found.dtype.newbyteorder("=") == ROWS.dtype
    np.testing.assert_array_equal(found[...], ROWS)
    with xarray.open_zarr(store, consolidated=False, zarr_format=zarr_format) as dataset:
        assert dataset["t"].dims == ("y", "x")
        assert dataset["t"].attrs["unit"] == "K"
        np.testing.assert_array_equal(dataset["t"].values, ROWS)


def repository(tmp_path, prefix, **options):
    config = icechunk.RepositoryConfig.default()
    config.set_virtual_chunk_container(
        icechunk.VirtualChunkContainer(
            prefix, icechunk.local_filesystem_store(prefix.removeprefix("file://"))
        )
    )
    return icechunk.Repository.create(
        icechunk.in_memory_storage(),
        config,
        authorize_virtual_chunk_access={prefix: icechunk.credentials.LocalFileSystemAccess},
        **options,
    )
