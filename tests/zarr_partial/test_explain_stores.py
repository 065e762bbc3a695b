"""Plans of arrays in stores that are no folders: what will be asked for, and what nobody can know."""

import numpy as np
import zarr
from zarr.codecs import ZstdCodec
from zarr.storage import MemoryStore

import zarr_partial as zp


def test_plan_of_a_store_in_memory_does_not_guess():
    data = np.ones((40, 10))
    options = {"data": data, "chunks": (5, 5), "compressors": None}
    plain = zp.open(zarr.create_array(MemoryStore(), **options)).explain(0)
    assert (plain.chunks, plain.requests, plain.bytes_read, plain.bytes_decoded) == (2, 2, 80, 0)
    sharded = zp.open(zarr.create_array(MemoryStore(), shards=(10, 10), **options)).explain(0)
    # An index of four entries and a checksum; both rows are within one gap.
    assert (sharded.chunks, sharded.shards, sharded.requests, sharded.index_nbytes) == (2, 1, 2, 68)
    assert (plain.uses[1].key, sharded.uses[1].key) == ("c/0/1", "c/0/0")
    options["compressors"] = ZstdCodec()
    packed = zp.open(zarr.create_array(MemoryStore(), **options)).explain(0)
    assert (packed.chunks, packed.bytes_read, packed.bytes_decoded, packed.amplification) == (
        2,
        None,
        400,
        None,
    )
    assert "not known before reading" in str(packed)


def test_plan_of_a_store_whose_missing_chunks_zarr_must_see():
    array = zarr.create_array(MemoryStore(), data=np.ones((40, 10)), chunks=(5, 5), compressors=None)
    plan = zp.open(array.with_config({"read_missing_chunks": False})).explain(0)
    assert plan.bytes_read is None
    assert "From a local directory they would be read as Raw(<f8, C order)." in plan.reasons
