"""`open_csr`: from a path, a URL, a store or a group to a matrix whose rows are read."""

from importlib.util import find_spec
from typing import Any

from zarr_partial.budget import parse_nbytes
from zarr_partial.settings import IO, Checksums
from zarr_partial.sparse.finding import Source, find_group
from zarr_partial.sparse.group import Options, read_matrix
from zarr_partial.sparse.matrix import CSCArray, CSRArray

__all__ = ["open_csr"]


def open_csr(
    group: Source,
    path: str | None = None,
    *,
    cache: int | str = 0,
    io: IO = "auto",
    threads: int | None = None,
    checksums: Checksums = "verify",
    storage_options: dict[str, Any] | None = None,
) -> CSRArray | CSCArray:
    """Open a sparse matrix that AnnData wrote to Zarr, for reading some of its rows.

    The group has the encoding ``csr_matrix`` (or ``csc_matrix``, of which columns are read) of the AnnData
    specification: https://anndata.readthedocs.io/en/stable/fileformat-prose.html. Of its arrays only
    `indptr` is read, once; it is kept.

    Parameters
    ----------
    group : str, path, zarr store or zarr.Group
        A folder, ZIP file, URL or store, or a group that is open already.
    path : str, optional
        Where in `group` the matrix is, for example ``"X"`` or ``"layers/counts"``.
    cache : int or str, optional
        Bytes of decoded units to keep of `data` and `indices` together, as in `zarr_partial.open`.
    io : {"auto", "mmap", "pread", "store"}
        As in `zarr_partial.open`.
    threads : int, optional
        As in `zarr_partial.open`.
    checksums : {"verify", "skip"}
        As in `zarr_partial.open`.
    storage_options : dict, optional
        As in `zarr_partial.open`.

    Returns
    -------
    CSRArray or CSCArray
        As the group is encoded.

    Raises
    ------
    OpenError
        If there is no sparse matrix; the message says what there is instead.
    CorruptMatrixError
        If the arrays of the group contradict each other.
    ImportError
        If SciPy is not installed.

    Examples
    --------
    >>> import anndata, scipy.sparse, zarr, zarr_partial as zp
    >>> counts = scipy.sparse.random_array((1000, 200), density=0.1, format="csr", rng=0)
    >>> anndata.io.write_elem(zarr.open_group("cells.zarr", mode="w"), "X", counts)
    >>> cells = zp.open_csr("cells.zarr", "X")
    >>> cells[[999, 7]].shape
    (2, 200)
    >>> (cells[[999, 7]] != counts[[999, 7]]).nnz
    0
    """
    if find_spec("scipy") is None:
        raise ImportError(
            "expected SciPy, of whose arrays open_csr returns rows, found that it is not installed; "
            "pip install 'zarr-partial[sparse]'"
        )
    options = Options(parse_nbytes(cache, "cache"), io, threads, checksums)
    matrix = read_matrix(find_group(group, path or "", storage_options), options)
    return CSRArray(matrix, options) if matrix.format == "csr" else CSCArray(matrix, options)
