"""Damaged chunks that are fetched: an error that names the chunk, or the values that zarr reads.

As in the fuzz tests of local files, whose arrays and ways to damage these are.
"""

import pytest
import zarr
from zarr.storage import MemoryStore

import zarr_partial as zp
from tests.zarr_partial.conformance.budget import cases
from tests.zarr_partial.conformance.compare import assert_same, outcome
from tests.zarr_partial.fuzz.conftest import limited_memory, rectilinear_chunks
from tests.zarr_partial.fuzz.layouts import LAYOUTS, SHAPE, values
from tests.zarr_partial.fuzz.running import assert_names, assert_reads_as, damaged_chunk, run_cases
from tests.zarr_partial.fuzz.test_fuzz import READS, checked_part, pytestmark
from tests.zarr_partial.stores.kinds import buffers
from tests.zarr_partial.stores.watching import Watched

__all__ = ["limited_memory", "pytestmark", "rectilinear_chunks"]

USUAL = 8_000
GAPS = [0, 40, 1 << 15]


class Target:
    """An array in memory whose first chunk is damaged again and again."""

    def __init__(self, name):
        self.name = name
        options = {"chunks": (8, 12), "dtype": "<i4", **LAYOUTS[name]}
        self.held = {}
        zarr.create_array(MemoryStore(self.held), shape=SHAPE, **options)[...] = values(options["dtype"])
        self.memory = MemoryStore(self.held, read_only=True)
        self.array = zarr.open_array(self.memory, mode="r")
        self.key, other = sorted(key for key in self.held if key[-1].isdigit())
        self.intact, other = self.held[self.key].to_bytes(), self.held[other].to_bytes()
        self.before = {name: read(self.array) for name, read in READS.items()}
        self.others = [other, b"", bytes(len(self.intact)), self.intact]
        self.checked = checked_part(name, len(self.intact))

    def damage(self, seed):
        name, data = damaged_chunk(self, seed)
        self.put(data)
        return name, data

    def put(self, data):
        self.held.update(buffers({self.key: data}))


def one_case(target, seed):
    """Damage the chunk, read, and compare with zarr; restore nothing."""
    target.put(target.intact)
    partial = zp.open(Watched(target.memory) if seed % 3 == 0 else target.memory, threads=1 + seed % 2)
    if partial.state.remote is not None:
        partial.state.remote.fetcher.gap = GAPS[seed % 5 % 3]
    if seed % 4 == 0:
        # An index or a header is known, and that of another chunk.
        partial[1]
    damage, data = target.damage(seed)
    read_name = list(READS)[seed % len(READS)]
    read = READS[read_name]
    got = outcome(lambda: read(partial))
    here = f"seed {seed}: {damage}, then {read_name}"
    if isinstance(got, zp.ChunkError):
        assert_names(got, target.key, here)
        assert data != target.intact, (here, got)
        return
    if isinstance(got, Exception):
        raise AssertionError(f"{here}: expected a ChunkError, found {got!r}") from got
    if seed % 4 == 0:
        # Bytes of two states of a chunk cannot always be told apart.
        assert got.shape == target.before[read_name].shape, here
        return
    want = outcome(lambda: read(target.array))
    if isinstance(want, Exception) and target.name.startswith("shards of raw"):
        # How long a shard is nobody has told us: a range of it that is there is taken for what it should be.
        assert got.shape == target.before[read_name].shape, here
        return
    if isinstance(want, Exception) and target.name.startswith("raw"):
        # Nor how long a chunk is: its first bytes are what zarr would read if it were as long as it should.
        size = len(target.intact)
        target.put(data[:size] + bytes(size - len(data[:size])))
        want = outcome(lambda: read(target.array))
    # Where zarr decodes the whole chunk and fails, the part that was asked for may be intact.
    want = target.before[read_name] if isinstance(want, Exception) else want
    assert_reads_as(got, want, here)


# From a store only zarr reads these, and its Blosc crashes on headers that lie.
ZARRS_ALONE = {"chunks of several shapes, blosc"}


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name not in ZARRS_ALONE])
def test_damaged_chunk_is_named_or_read_as_zarr_reads_it(layout):
    target = Target(layout)
    run_cases(one_case, target, -(-cases(USUAL) // len(LAYOUTS)))
    target.put(target.intact)
    assert_same(zp.open(target.memory)[...], target.array[...])
