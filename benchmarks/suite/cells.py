"""Rows of a sparse matrix that anndata wrote: random cells, as a training loop asks for them, and slices.

Every class measures with the page cache warm and the matrix already open. Rows are new in every call; the
answer of every timed call is compared with the matrix in memory in `teardown`.
"""

from . import matrices
from .matrices import CELL_READERS, LAYOUTS
from .workload import FEWER, SCALE, Checked, fewer


class _Cells(Checked):
    repeat = FEWER
    params = [fewer(LAYOUTS, "csr, sharded"), list(CELL_READERS)]  # noqa: RUF012 (asv reads a plain attribute)
    param_names = ["layout", "reader"]  # noqa: RUF012
    draw = staticmethod(matrices.cells_batch)

    def setup(self, layout: str, reader: str) -> None:
        source = matrices.source_cells(SCALE)
        self.open(CELL_READERS[reader], matrices.stored_cells(layout, SCALE), source, self.draw(SCALE))


class RandomCellsWarm(_Cells):
    """256 random rows in one call. Page cache warm."""

    def time_256_cells(self, _layout: str, reader: str) -> None:
        self.found = [CELL_READERS[reader].rows(self.array, self.places[0])]


class ConsecutiveCellsWarm(_Cells):
    """A twentieth of all rows, one after the other: nearly all that is decoded is wanted. Page cache warm."""

    # A number takes seconds: what anndata writes by default, and what is read best.
    params = [fewer(["csr, anndata v3", "csr, sharded"], "csr, sharded"), list(CELL_READERS)]  # noqa: RUF012
    draw = staticmethod(matrices.cells_slab)

    def time_slab(self, _layout: str, reader: str) -> None:
        self.found = [CELL_READERS[reader].read(self.array, self.places[0])]
