"""A plan against what is really done: reads and decodes as they happen, and bytes counted one by one."""

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

import zarr_partial as zp
from tests.zarr_partial.explaining.cases import arrays, keys
from tests.zarr_partial.explaining.oracle import count
from zarr_partial import parts, units
from zarr_partial.access.decoders import Zstd
from zarr_partial.sources.local import LocalSource

# zarr warns when it writes what we only read.
pytestmark = [
    pytest.mark.filterwarnings("ignore:The data type .* does not have a Zarr V3 specification"),
    pytest.mark.filterwarnings("ignore:Combining a `sharding_indexed` codec disables partial reads"),
]


class Watch:
    """What a read maps and decodes, while it does; units by the address of their leaf, and their block."""

    def __init__(self):
        self.mapped = Counter()
        self.units = Counter()
        self.bytes_decoded = 0

    def __enter__(self):
        self.patch = pytest.MonkeyPatch()
        real_map, real_many = LocalSource.map, Zstd.decode_many
        real_blocks, real_whole = units.decode_blocks, units.decode_whole

        def map_file(source, key):
            self.mapped[key] += 1
            return real_map(source, key)

        def decode_blocks(buffer, frame, first, stop, out, name):
            self.count([(address(buffer), block) for block in range(first, stop)], out.size)
            return real_blocks(buffer, frame, first, stop, out, name)

        def decode_whole(access, data, out, name):
            self.count([(address(data), 0)], out.size)
            return real_whole(access, data, out, name)

        def decode_many(decoder, frames, out):
            done = real_many(decoder, frames, out)
            if done:
                self.count([(address(frame), 0) for frame in frames], out.size)
            return done

        self.patch.setattr(LocalSource, "map", map_file)
        self.patch.setattr(Zstd, "decode_many", decode_many)
        for module in (units, parts):
            self.patch.setattr(module, "decode_blocks", decode_blocks)
            self.patch.setattr(module, "decode_whole", decode_whole)
        return self

    def __exit__(self, *error):
        self.patch.undo()

    def count(self, decoded, nbytes):
        self.units.update(decoded)
        self.bytes_decoded += nbytes


def address(data):
    return data.__array_interface__["data"][0]


@settings(max_examples=500)
@given(data=st.data())
def test_plan_is_what_a_read_does_and_what_bytes_say(data, tmp_path_factory):
    array, stored = data.draw(arrays(tmp_path_factory.getbasetemp()))
    key, take = data.draw(keys(array.shape), label="key")
    note(f"{stored} {array.shape} {key!r}")
    plan = zp.open(array).explain(key)
    counted = count(array, stored, take)
    check_counts(plan, counted)
    partial = zp.open(array, threads=1)
    with Watch() as watch:
        read = partial[key]
    assert plan.shape == np.shape(read)
    assert plan.bytes_wanted == read.nbytes
    # Every touched file is mapped once, and no other; every unit is decoded once, and no other.
    assert watch.mapped == Counter({use.key for use in plan.uses})
    assert watch.bytes_decoded == plan.bytes_decoded
    assert max(watch.units.values(), default=1) == 1
    assert len(watch.units) == sum(use.units for use in plan.uses if use.bytes_decoded)
    shutil.rmtree(Path(array.store.root).parent)


def check_counts(plan, counted):
    assert {use.coordinates for use in plan.uses} == counted.leaves
    assert plan.chunks == len(plan.uses) == len(counted.leaves)
    assert {use.coordinates for use in plan.uses if use.is_missing} == counted.missing
    assert plan.missing == len(counted.missing)
    assert plan.shards == (len(counted.files) if plan.shard_shape else 0)
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
