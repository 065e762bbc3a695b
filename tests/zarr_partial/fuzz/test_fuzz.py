"""Damaged chunks: an error that names the chunk, or the values that zarr reads; nothing else.

zarr is asked only where we return something: its Blosc crashes, or invents values, on lying headers.

A plain run damages more than 20,000 chunks; `pytest tests/zarr_partial/fuzz --cases 1000000` damages as
many as it says. A failure names the seed: `one_case(Target(folder, layout), seed)` is that case again.
When a read kills the process, the damaged file is the newest in pytest's temporary folder.
"""

import pytest
import zarr

import zarr_partial as zp
from tests.zarr_partial.conformance.arrays import chunk_files
from tests.zarr_partial.conformance.budget import cases
from tests.zarr_partial.conformance.compare import assert_same, outcome
from tests.zarr_partial.fuzz.layouts import LAYOUTS, SHAPE, values
from tests.zarr_partial.fuzz.running import assert_names, assert_reads_as, damaged_chunk, run_cases

# zarr warns when it reads a shard whole, because there is a codec beside the shards.
pytestmark = pytest.mark.filterwarnings("ignore:Combining a `sharding_indexed` codec disables partial reads")

USUAL = 25_000


ROWS, COLUMNS = [7, 0, -4, 3, 3], [1, 11, 0, 5, 5]
READS = {
    "all": lambda array: array[...],
    "row": lambda array: array[5],
    "element": lambda array: array[7, 11],
    "slice": lambda array: array[1:7:2, 5:],
    "oindex": lambda array: array.oindex[ROWS, [0, 6]],
    "vindex": lambda array: array.vindex[ROWS, COLUMNS],
    "blocks": lambda array: array.blocks[0, 0],
}


class Target:
    """An array whose first chunk is damaged again and again."""

    def __init__(self, folder, name):
        options = {"chunks": (8, 12), "dtype": "<i4", **LAYOUTS[name]}
        path = folder / name.replace(" ", "-")
        zarr.create_array(path, shape=SHAPE, **options)[...] = values(options["dtype"])
        self.array = zarr.open_array(path, mode="r")
        self.file, other = chunk_files(path)
        self.key = self.file.relative_to(path).as_posix()
        self.intact = self.file.read_bytes()
        self.before = {name: read(self.array) for name, read in READS.items()}
        self.others = [other.read_bytes(), b"", bytes(len(self.intact)), self.intact]
        self.ends_with_index = name.startswith("shards") and "start" not in name
        self.checked = checked_part(name, len(self.intact))

    def damage(self, seed):
        name, data = damaged_chunk(self, seed)
        self.file.write_bytes(data)
        return name, data


def checked_part(name, nbytes):
    """Return a function from the length of a chunk to the part of it that a crc32c follows, or None."""
    if "start" in name:
        return lambda _: (0, 16 * 4)
    if name.startswith("shards") and "without" not in name and name.count("shards") == 1:
        return lambda size: (size - 4 - 16 * 4, size - 4)
    return (lambda size: (0, size - 4)) if name.endswith("crc32c") else None


def one_case(target, seed):
    """Damage the chunk, read, and compare with zarr; restore nothing."""
    damage, data = target.damage(seed)
    read_name = list(READS)[seed % len(READS)]
    read = READS[read_name]
    partial = zp.open(target.array, threads=1 + seed % 2)
    got = outcome(lambda: read(partial))
    here = f"seed {seed}: {damage}, then {read_name}"
    if isinstance(got, zp.ChunkError):
        assert_names(got, target.key, here)
        # zarr reads chunks with bytes behind them, and so do we.
        if data == target.intact or (damage == "extend" and not target.ends_with_index):
            assert isinstance(outcome(lambda: read(target.array)), Exception), (here, got)
        return
    want = outcome(lambda: read(target.array))
    # Where zarr decodes the whole chunk and fails, the part that was asked for may be intact.
    want = target.before[read_name] if isinstance(want, Exception) else want
    assert_reads_as(got, want, here)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_damaged_chunk_is_named_or_read_as_zarr_reads_it(tmp_path, layout):
    target = Target(tmp_path, layout)
    run_cases(one_case, target, -(-cases(USUAL) // len(LAYOUTS)))
    target.file.write_bytes(target.intact)
    assert_same(zp.open(target.array)[...], target.array[...])
