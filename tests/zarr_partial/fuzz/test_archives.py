"""Damaged ZIP archives: an error that names the chunk, or the values that zarr reads; nothing else.

A failure names the seed: `one_case(Target(folder, method), seed)` is that case again.
"""

import zipfile

import numpy as np
import pytest
import zarr
from zarr.storage import ZipStore

import zarr_partial as zp
from tests.zarr_partial.conformance.budget import cases
from tests.zarr_partial.conformance.compare import outcome
from tests.zarr_partial.fuzz.damage import damaged
from tests.zarr_partial.fuzz.running import assert_reads_as, run_cases
from tests.zarr_partial.zipping import zipped

# Damage may give two members one name, or one place.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Duplicate name"),
    pytest.mark.filterwarnings("ignore:Overlapped entries"),
]

USUAL = 3_000
METHODS = {
    "stored": zipfile.ZIP_STORED, "deflate": zipfile.ZIP_DEFLATED,
    "bzip2": zipfile.ZIP_BZIP2, "lzma": zipfile.ZIP_LZMA,
}  # fmt: skip
DATA = np.random.default_rng(0).integers(0, 9, (12, 8)).astype("<i4")
READS = {
    "all": lambda array: array[...],
    "row": lambda array: array[5],
    "rows": lambda array: array.oindex[[7, 0, 7]],
    "slice": lambda array: array[1:7:2, 5:],
}


class Target:
    """An array whose archive is damaged again and again."""

    def __init__(self, folder, method):
        zarr.create_array(folder / "a.zarr", data=DATA, chunks=(4, 8), compressors=None)
        self.path = zipped(folder / "a.zarr", folder / "a.zip", METHODS[method])
        self.intact = self.path.read_bytes()
        self.beside = folder / "b.zip"

    def damage(self, seed):
        rng = np.random.default_rng(seed)
        if rng.random() < 0.4:
            # A few bytes of a header, wherever it is.
            data = bytearray(self.intact)
            headers = [at for at in range(len(data) - 4) if data[at : at + 2] == b"PK"]
            at = headers[rng.integers(0, len(headers))]
            for _ in range(rng.integers(1, 4)):
                data[min(at + int(rng.integers(0, 46)), len(data) - 1)] = rng.choice([0, 1, 8, 127, 255])
            name, data = "header", bytes(data)
        else:
            name, data = damaged(self.intact, [b"", b"PK\x05\x06" + bytes(18)], rng)
        # In its place by renaming, as every writer should: a map of the one before stays whole.
        self.beside.write_bytes(data)
        self.beside.replace(self.path)
        return name


def by_zarr(path, read):
    with ZipStore(path, mode="r") as store:
        return read(zarr.open_array(store, mode="r"))


def one_case(target, seed):
    damage = target.damage(seed)
    read_name = list(READS)[seed % len(READS)]
    read = READS[read_name]
    here = f"seed {seed}: {damage}, then {read_name}"
    plan = outcome(lambda: zp.open(target.path).explain(3))
    got = outcome(lambda: read(zp.open(target.path, threads=1 + seed % 2)))
    for result in (plan, got):
        if isinstance(result, Exception):
            assert isinstance(result, zp.PartialReadError), (here, result)
            assert "expected " in str(result), (here, result)
    if isinstance(got, zp.ChunkError):
        assert repr(got.key) in str(got), (here, got)
    if isinstance(got, Exception):
        return
    want = outcome(lambda: by_zarr(target.path, read))
    if not isinstance(want, Exception):
        assert_reads_as(got, want, here)


@pytest.mark.parametrize("method", METHODS)
def test_damaged_archive_is_named_or_read_as_zarr_reads_it(tmp_path, method):
    target = Target(tmp_path, method)
    run_cases(one_case, target, -(-cases(USUAL) // len(METHODS)))
    target.path.write_bytes(target.intact)
    np.testing.assert_array_equal(zp.open(target.path)[...], DATA)
