"""The bare decode decodes exactly the distinct units that rows touch, each of them right."""

import dataclasses

import numpy as np
import pytest
from numcodecs import blosc
from suite.bare import BareDecode, OwnThreadsOff
from suite.data import SCALES, source_rows
from suite.layouts import ROWS
from suite.limits import COMPRESSED

TINY = SCALES["tiny"]

pytestmark = pytest.mark.usefixtures("data_folder")


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("layout", COMPRESSED)
def test_rows_of_the_decoded_units_are_those_of_the_source(layout, threads):
    rows = np.array([0, 7, 7, 99, 100, 512, 999])
    bare = BareDecode(ROWS.store(layout, TINY), layout, TINY, threads)
    np.testing.assert_array_equal(bare.rows(rows), source_rows(TINY)[rows])
    bare.decode(bare.units(rows))
    bare.close()


@pytest.mark.parametrize("layout", COMPRESSED)
def test_each_unit_is_there_once_and_holds_a_wanted_row(layout):
    rows = np.random.default_rng(0).integers(0, TINY.rows, 40)
    bare = BareDecode(ROWS.store(layout, TINY), layout, TINY, 1)
    units = bare.units(rows)
    starts = [unit.start for unit in units]
    assert len(set(starts)) == len(starts)
    row_nbytes = TINY.columns * 4
    covered = np.zeros(TINY.rows * row_nbytes, dtype=bool)
    wanted = np.repeat(np.isin(np.arange(TINY.rows), rows), row_nbytes)
    for unit in units:
        covered[unit.start : unit.start + unit.nbytes] = True
        assert wanted[unit.start : unit.start + unit.nbytes].any()
    assert covered[wanted].all()


@pytest.mark.parametrize(("blocksize", "rows"), [(512, 16), (4096, 128), (1024, 100)])
def test_blocks_are_decoded_alone_wherever_a_row_begins(blocksize, rows, tmp_path):
    values = np.random.default_rng(1).integers(0, 50, (rows, TINY.columns)).astype(np.float32)
    encoded = blosc.compress(values, b"zstd", 5, blosc.SHUFFLE, blocksize=blocksize)
    (tmp_path / "c" / "0").mkdir(parents=True)
    (tmp_path / "c" / "0" / "0").write_bytes(encoded)
    scale = dataclasses.replace(TINY, chunk_rows=rows)
    bare = BareDecode(tmp_path, "blosc-zstd", scale, 1)
    few = np.array([0, rows // 2, rows - 1])
    np.testing.assert_array_equal(bare.rows(few), values[few])
    assert sum(unit.nbytes for unit in bare.units(few)) < values.nbytes


def test_threads_of_blosc_are_as_before_afterwards(monkeypatch):
    monkeypatch.setattr(blosc, "use_threads", None)
    with OwnThreadsOff():
        assert blosc.use_threads is False
    assert blosc.use_threads is None
