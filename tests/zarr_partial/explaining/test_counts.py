"""A plan against what is really done: reads and decodes as they happen, and bytes counted one by one."""

import itertools
import shutil
import struct
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import zarr
from hypothesis import given, note, settings
from hypothesis import strategies as st
from zarr.codecs import BloscCodec
from zarr.storage import ZipStore

import zarr_partial as zp
from tests.zarr_partial.explaining.cases import arrays, keys
from tests.zarr_partial.explaining.oracle import Stored, count
from tests.zarr_partial.explaining.watching import Watch
from tests.zarr_partial.zipping import zipped
from zarr_partial import parts, read

# zarr warns when it writes what we only read.
pytestmark = [
    pytest.mark.filterwarnings("ignore:The data type .* does not have a Zarr V3 specification"),
    pytest.mark.filterwarnings("ignore:Combining a `sharding_indexed` codec disables partial reads"),
]


@settings(max_examples=300)
@given(data=st.data())
def test_plan_is_what_a_read_does_and_what_bytes_say(data, tmp_path_factory):
    array, stored = data.draw(arrays(tmp_path_factory.getbasetemp()))
    key, take = data.draw(keys(array.shape), label="key")
    note(f"{stored} {array.shape} {key!r}")
    plan = zp.open(array).explain(key)
    counted = count(array, stored, take)
    check_counts(plan, counted)
    folder = Path(array.store.root)
    if data.draw(st.sampled_from([False, False, True]), label="in an archive"):
        array = zarr.open_array(ZipStore(zipped(folder, folder.parent / "a.zip"), mode="r"), mode="r")
        check_counts(zp.open(array).explain(key), counted)
    partial = zp.open(array, threads=data.draw(st.sampled_from([1, 3]), label="threads"))
    with pytest.MonkeyPatch.context() as patch, Watch() as watch:
        # Both ways of reading, and chunks that are decoded a little at a time.
        by_runs = data.draw(st.sampled_from([None, True, False]), label="by runs")
        if by_runs is not None:
            patch.setattr(read, "_prefers_runs", lambda *_: by_runs)
        patch.setattr(parts, "WINDOW_NBYTES", data.draw(st.sampled_from([1 << 22, 300, 1]), label="window"))
        values = partial[key]
    assert plan.shape == np.shape(values)
    assert plan.bytes_wanted == values.nbytes
    # Every touched file is mapped once, and no other; every unit is decoded once, and no other.
    assert watch.mapped == Counter({use.key for use in plan.uses})
    assert watch.bytes_decoded == plan.bytes_decoded
    assert max(watch.units.values(), default=1) == 1
    assert len(watch.units) == sum(use.units for use in plan.uses if use.bytes_decoded)
    array.store.close()
    shutil.rmtree(folder.parent)


def check_counts(plan, counted):
    assert {use.coordinates for use in plan.uses} == counted.leaves
    assert plan.chunks == len(plan.uses) == len(counted.leaves)
    assert {use.coordinates for use in plan.uses if use.is_missing} == counted.missing
    assert plan.missing == len(counted.missing)
    assert plan.shards == (0 if plan.shard_shape is None else len(counted.files))
    for name, other in (
        ("units", "units"),
        ("units_in_chunks", "units_in_leaves"),
        ("bytes_decoded", "bytes_decoded"),
        ("bytes_read", "bytes_read"),
        ("index_nbytes", "index_nbytes"),
        ("requests", "requests"),
    ):
        assert getattr(plan, name) == getattr(counted, other), name
    # One by one, chunks add up to the whole.
    assert sum(use.units for use in plan.uses) == plan.units
    assert sum(use.bytes_read for use in plan.uses) + plan.index_nbytes == plan.bytes_read


def test_blocks_in_the_order_in_which_threads_finished_them(make):
    data = np.random.default_rng(0).integers(0, 20, (40, 100)).astype("<i4")
    array = make(data=data, chunks=(40, 100), compressors=BloscCodec(cname="zstd", blocksize=512))
    stored = Stored(((40, 100),), "blosc", (0, 1))
    file = Path(array.store.root, "c/0/0")
    file.write_bytes(shuffled(file.read_bytes()))
    for key in (np.s_[3:9], np.s_[[1, 20, 21, 39]], np.s_[::7, 5:60], np.s_[...]):
        partial = zp.open(array)
        check_counts(partial.explain(key), count(array, stored, lambda numbers, key=key: numbers[key]))
        np.testing.assert_array_equal(partial[key], data[key])


def shuffled(chunk):
    """Return a Blosc chunk with its blocks in another order in the file."""
    blocks = -(-struct.unpack_from("<I", chunk, 4)[0] // struct.unpack_from("<I", chunk, 8)[0])
    table = 16 + 4 * blocks
    starts = [*struct.unpack_from(f"<{blocks}I", chunk, 16), len(chunk)]
    bodies = [chunk[a:b] for a, b in itertools.pairwise(starts)]
    order = np.random.default_rng(1).permutation(blocks).tolist()
    moved, at = [0] * blocks, table
    for block in order:
        moved[block] = at
        at += len(bodies[block])
    return chunk[:16] + struct.pack(f"<{blocks}I", *moved) + b"".join(bodies[block] for block in order)
