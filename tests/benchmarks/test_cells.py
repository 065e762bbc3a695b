"""Rows of sparse matrices, on tiny data: the benchmarks read the right ones, and wrong ones are noticed."""

import itertools

import numpy as np
import pytest
from suite import cells
from suite.checked import WrongValuesError
from suite.data import SCALES
from suite.matrices import CELL_READERS, LAYOUTS, source_cells, stored_cells

TINY = SCALES["tiny"]

pytestmark = pytest.mark.usefixtures("data_folder")


@pytest.mark.parametrize("kind", [cells.RandomCellsWarm, cells.ConsecutiveCellsWarm])
@pytest.mark.parametrize(("layout", "reader"), [*itertools.product(LAYOUTS, CELL_READERS)])
def test_benchmark_reads_the_rows_of_the_matrix(kind, layout, reader):
    benchmark = kind()
    benchmark.setup(layout, reader)
    (name,) = (name for name in dir(benchmark) if name.startswith("time_"))
    getattr(benchmark, name)(layout, reader)
    (found,) = benchmark.found
    np.testing.assert_array_equal(found.toarray(), source_cells(TINY)[benchmark.places[0]])
    assert found.nnz
    benchmark.teardown(layout, reader)
    found.data[-1] += 1
    with pytest.raises(WrongValuesError, match="expected the source's values"):
        benchmark.teardown(layout, reader)


def test_a_cell_in_twenty_genes_or_so_is_counted_and_no_two_layouts_are_one():
    matrix = source_cells(TINY).matrix
    assert 0.05 < matrix.nnz / (matrix.shape[0] * matrix.shape[1]) < 0.2
    assert matrix.has_canonical_format
    assert len({stored_cells(layout, TINY) for layout in LAYOUTS}) == len(LAYOUTS)
