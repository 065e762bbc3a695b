"""Rows of CSR matrices, and columns of CSC matrices, that AnnData wrote to Zarr.

Steps of a read: the numbers of the rows (`keys`); where they begin and end, from `indptr`, which is kept;
both of `data` and `indices` read in one pass each, at the same time where they are elsewhere (`runs`); a
SciPy array made of them (`matrix`). What a group has to be like is checked when it is opened (`group`).
"""

from zarr_partial.sparse.matrix import CompressedArray, CSCArray, CSRArray
from zarr_partial.sparse.opening import open_csr
from zarr_partial.sparse.report import RowsPlan

__all__ = ["CSCArray", "CSRArray", "CompressedArray", "RowsPlan", "open_csr"]
