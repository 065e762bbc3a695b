"""The least that rows can cost: every byte once, every lookup once, neighbours together."""

import dataclasses

import numpy as np
import pytest
from suite import least as module
from suite.data import SCALES, files_under
from suite.layouts import ROWS
from suite.least import least
from suite.server import Counts

TINY = SCALES["tiny"]
ROW = TINY.columns * 4
CHUNKS = TINY.rows // TINY.chunk_rows

pytestmark = pytest.mark.usefixtures("data_folder")


def counts(layout, rows, **options):
    return least(ROWS.store(layout, TINY), layout, TINY, np.array(rows), **{"first": False, **options})


def chunk_files(layout):
    return [file for file in files_under(ROWS.store(layout, TINY)) if file.name != "zarr.json"]


@pytest.mark.parametrize("layout", ["raw", "blosc-lz4", "sharded-zstd"])
def test_all_rows_of_a_new_array_cost_all_bytes_of_its_files(layout):
    found = counts(layout, range(TINY.rows), first=True)
    assert found.nbytes == sum(file.stat().st_size for file in chunk_files(layout))
    assert found.requests == CHUNKS * (1 if layout == "raw" else 2)


def test_a_row_is_asked_for_once_however_often_it_is_wanted():
    assert counts("raw", [7, 7, 7]) == Counts(1, ROW)


def test_neighbours_in_one_file_are_one_request_and_rows_of_two_files_are_two():
    assert counts("raw", [7, 9]) == Counts(1, 3 * ROW)
    assert counts("raw", [TINY.chunk_rows - 1, TINY.chunk_rows]) == Counts(2, 2 * ROW)


def test_rows_further_apart_than_the_gap_are_two_requests(monkeypatch):
    monkeypatch.setattr(module, "GAP_NBYTES", 3 * ROW)
    assert counts("raw", [10, 14]).requests == 1
    assert counts("raw", [10, 15]).requests == 2


def test_what_is_known_of_an_array_is_not_asked_for_again():
    first, later = (counts("sharded-zstd", [5, 505], first=is_first) for is_first in (True, False))
    assert first.requests - later.requests == 2
    assert later.nbytes > 0
    assert first.nbytes - later.nbytes == 2 * (16 * TINY.chunk_rows // TINY.inner_rows + 4)


def test_blosc_units_are_the_blocks_that_hold_the_rows(tmp_path):
    import zarr
    from zarr.codecs import BloscCodec

    scale = dataclasses.replace(TINY, rows=4096, chunk_rows=4096)
    data = np.random.default_rng(0).random((scale.rows, scale.columns)).astype("f4")
    codec = BloscCodec(cname="lz4", blocksize=1 << 16)
    zarr.create_array(tmp_path / "a.zarr", data=data, chunks=data.shape, compressors=codec)
    size = (tmp_path / "a.zarr" / "c/0/0").stat().st_size
    one = least(tmp_path / "a.zarr", "blosc-lz4", scale, np.array([9]), first=False)
    two = least(tmp_path / "a.zarr", "blosc-lz4", scale, np.array([9, 4000]), first=False)
    assert (one.requests, two.requests) == (1, 2)
    assert 0 < one.nbytes < two.nbytes < size / 2
