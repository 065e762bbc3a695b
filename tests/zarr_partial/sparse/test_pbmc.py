"""A real data set, 700 blood cells of 10x Genomics, as anndata writes it: the same rows and columns."""

import warnings
from importlib.util import find_spec
from pathlib import Path

import anndata
import numpy as np
import pytest
import zarr
from anndata.io import sparse_dataset
from scipy import sparse

import zarr_partial as zp
from tests.zarr_partial.sparse.matrices import same

FORMATS = [2, 3]


@pytest.fixture(scope="module")
def cells():
    # The file alone: scanpy itself is not imported, and what it needs is not installed.
    folder = Path(find_spec("scanpy").origin).parent
    with warnings.catch_warnings():
        # It was written by an anndata of long ago, which the anndata of today says in many ways.
        warnings.simplefilter("ignore")
        return anndata.read_h5ad(folder / "datasets/10x_pbmc68k_reduced.h5ad")


@pytest.fixture(scope="module", params=FORMATS)
def path(request, cells, tmp_path_factory):
    folder = tmp_path_factory.mktemp(f"format {request.param}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        anndata.settings.zarr_write_format = request.param
        cells.write_zarr(folder / "pbmc.zarr")
        anndata.settings.reset("zarr_write_format")
    assert zarr.open_group(folder / "pbmc.zarr", mode="r").metadata.zarr_format == request.param
    return folder / "pbmc.zarr"


def test_rows_are_those_of_scipy_and_of_anndata(cells, path):
    counts = sparse.csr_array(cells.raw.X)
    raw = zp.open_csr(path, "raw/X")
    assert (raw.shape, raw.nnz) == ((700, 765), counts.nnz)
    backed = sparse_dataset(zarr.open_group(path, mode="r")["raw/X"])
    rng = np.random.default_rng(0)
    for rows in (
        rng.integers(0, 700, 256), slice(100, 200),
        np.flatnonzero(cells.obs["bulk_labels"] == "CD56+ NK"),
        (cells.obs["phase"] == "S").to_numpy(), slice(None), slice(600, 20, -33),
    ):  # fmt: skip
        same(raw[rows], counts[rows])
        np.testing.assert_array_equal(raw[rows].toarray(), backed[rows].toarray())


def test_other_matrices_of_the_file_are_read_too(cells, path):
    for name in cells.obsp:
        found = zp.open_csr(path, f"obsp/{name}")
        same(found[[699, 3, 3]], sparse.csr_array(cells.obsp[name])[[699, 3, 3]])


def test_dense_x_is_refused_and_read_as_an_array(cells, path):
    with pytest.raises(zp.OpenError, match=r"read it with zarr_partial\.open"):
        zp.open_csr(path, "X")
    rows = zp.open(path, "X").oindex[[699, 3, 3]]
    np.testing.assert_array_equal(rows, cells.X[[699, 3, 3]])


def test_columns_of_genes_stored_by_column(cells, path, tmp_path):
    genes = sparse.csc_array(cells.raw.X)
    anndata.AnnData(genes).write_zarr(tmp_path / "genes.zarr")
    stored = zp.open_csr(tmp_path / "genes.zarr", "X")
    for columns in ([764, 3, 3], slice(0, 90, 7), np.arange(765) % 100 == 0):
        same(stored[:, columns], genes[:, columns])
    np.testing.assert_array_equal(stored[5:9, 3].toarray(), genes[5:9, 3].toarray())
