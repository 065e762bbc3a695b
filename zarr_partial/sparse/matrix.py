"""`CSRArray` and `CSCArray`: matrices whose rows, or columns, are read when they are asked for."""

from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self

import numpy as np
from numpy.typing import NDArray

from zarr_partial.array import PartialArray
from zarr_partial.errors import CorruptMatrixError
from zarr_partial.pickled import anchored
from zarr_partial.selection import Selection, Span
from zarr_partial.sources.zip import reopened
from zarr_partial.sparse.finding import find_group
from zarr_partial.sparse.group import Matrix, Options, read_matrix
from zarr_partial.sparse.keys import Chosen, chosen, is_everything, split_key
from zarr_partial.sparse.runs import ask_for_both, read_both, read_both_async, selection_of
from zarr_partial.words import html_table, times

if TYPE_CHECKING:
    from zarr_partial.sparse.report import RowsPlan

__all__ = ["CSCArray", "CSRArray", "CompressedArray"]

Integers = NDArray[np.int64]


class CompressedArray:
    """What rows of CSR matrices and columns of CSC matrices have in common.

    Parameters
    ----------
    matrix : Matrix
        The group, as it is now.
    options : Options
        What `open_csr` was told.

    Examples
    --------
    >>> import anndata, scipy.sparse, zarr, zarr_partial as zp
    >>> eye = scipy.sparse.eye_array(4, 3, format="csr")
    >>> anndata.io.write_elem(zarr.open_group("both.zarr", mode="w"), "X", eye)
    >>> with zp.open_csr("both.zarr", "X") as matrix:
    ...     matrix.shape, matrix.nnz
    ((4, 3), 3)
    """

    def __init__(self, matrix: Matrix, options: Options) -> None:
        self._options = options
        # One immutable value, replaced as a whole: a reader that took it sees one state of the group.
        self._matrix: Matrix | None = matrix

    def __reduce__(self) -> tuple[object, ...]:
        matrix = self.matrix
        store = anchored(matrix.data.state.array).store
        return _opened_again, (type(self), store, matrix.group.path, self._options)

    @property
    def matrix(self) -> Matrix:
        """What is known of the group now; raises `ValueError` once it is closed."""
        if self._matrix is None:
            raise ValueError("expected an open matrix, found a closed one; open it again")
        return self._matrix

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.matrix.shape

    @property
    def ndim(self) -> int:
        """Number of axes: 2."""
        return 2

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the elements, in the byte order of the machine, as SciPy needs it."""
        return self.matrix.data.dtype.newbyteorder("=")

    @property
    def index_dtype(self) -> np.dtype[Any]:
        """The type of `indices` and `indptr` of results: the one that SciPy chooses for the whole matrix."""
        return _index_dtype(self.matrix)

    @property
    def nnz(self) -> int:
        """Number of stored elements, zeros that are stored included."""
        return self.matrix.nnz

    @property
    def format(self) -> Literal["csr", "csc"]:
        """How the matrix is stored."""
        return self.matrix.format

    @property
    def indptr(self) -> NDArray[Any]:
        """Where each row (each column of a CSC matrix) begins in `data` and `indices`; read-only."""
        return self.matrix.indptr

    @property
    def data(self) -> PartialArray:
        """The stored elements, of shape ``(nnz,)`` or longer."""
        return self.matrix.data

    @property
    def indices(self) -> PartialArray:
        """Their columns (rows, in a CSC matrix)."""
        return self.matrix.indices

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        matrix = self.matrix
        taken, across = self._split(key, matrix)
        selection, counts = _runs(taken, matrix)
        found = read_both((matrix.data, matrix.indices), selection)
        return _picked(_made(matrix, taken, counts, *found), taken, across)

    async def read_async(self, key: Any) -> Any:
        """Return `self[key]` without blocking the event loop; many may be awaited at once.

        Examples
        --------
        >>> import anndata, asyncio, scipy.sparse, zarr, zarr_partial as zp
        >>> eye = scipy.sparse.eye_array(4, 3, format="csr")
        >>> anndata.io.write_elem(zarr.open_group("eye.zarr", mode="w"), "X", eye)
        >>> csr = zp.open_csr("eye.zarr", "X")
        >>> asyncio.run(csr.read_async([2, 0])).nnz
        2
        """
        matrix = self.matrix
        taken, across = self._split(key, matrix)
        selection, counts = _runs(taken, matrix)
        found = await read_both_async((matrix.data, matrix.indices), selection)
        return _picked(_made(matrix, taken, counts, *found), taken, across)

    def prefetch(self, key: Any) -> None:
        """Begin to fetch what `self[key]` needs, and return at once; as `PartialArray.prefetch`."""
        matrix = self.matrix
        selection, _ = _runs(self._split(key, matrix)[0], matrix)
        ask_for_both((matrix.data, matrix.indices), selection)

    def explain(self, key: Any) -> "RowsPlan":
        """Return what `self[key]` reads of `data` and of `indices`, without reading it; `print` it.

        Raises
        ------
        IndexError
            As for indexing.
        CorruptChunkError, UnreadableChunkError
            If a header or an index that has to be looked at is damaged or cannot be had.
        """
        from zarr_partial.sparse.report import RowsPlan

        matrix = self.matrix
        taken, _ = self._split(key, matrix)
        (axis,) = _runs(taken, matrix)[0].axes
        is_one = isinstance(axis, Span)
        elements = slice(axis.first, axis.first + axis.count) if is_one else axis.indices()
        plans = (array.explain(elements) for array in (matrix.data, matrix.indices))
        return RowsPlan(len(taken.numbers), *plans)

    def to_memory(self) -> Any:
        """Return the whole matrix as a SciPy array."""
        return self[...]

    def refresh(self) -> None:
        """Read the attributes and `indptr` again, and forget all chunks: changes made since are seen."""
        group = self.matrix.group
        found = find_group(reopened(group.store), group.path, None)
        self._matrix = read_matrix(found, self._options)

    def close(self) -> None:
        """Forget all chunks. Reading again raises `ValueError`."""
        if self._matrix is not None:
            self._matrix.data.close()
            self._matrix.indices.close()
        self._matrix = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(
            f"expected a dense array, found a sparse {type(self).__name__}; read rows, and call .toarray() "
            "on them"
        )

    def __repr__(self) -> str:
        if self._matrix is None:
            return f"<{type(self).__name__}, closed>"
        return f"<{type(self).__name__} {times(self.shape)} {self.dtype}, {self.nnz:,} stored>"

    def _repr_html_(self) -> str:
        return html_table(self.describe())

    def describe(self) -> list[tuple[str, str]]:
        """Return what there is to know about the matrix, as pairs of a name and a text."""
        matrix = self.matrix
        rows, columns = matrix.shape
        cells = rows * columns
        share = f", {matrix.nnz / cells:.3g} of all" if cells else ""
        return [
            ("matrix", f"{matrix.format.upper()} at {matrix.name}"),
            ("shape", times(matrix.shape)),
            ("dtype", f"{self.dtype}, with indices of {self.index_dtype}"),
            ("stored", f"{matrix.nnz:,} elements{share}"),
            ("data", str(matrix.data.access)),
            ("indices", str(matrix.indices.access)),
        ]

    def _split(self, key: Any, matrix: Matrix) -> tuple[Chosen, Any]:
        """Return what a key chooses along the compressed axis, and its entry for the other one."""
        raise NotImplementedError


class CSRArray(CompressedArray):
    """A CSR matrix in a Zarr group, of which rows are read when they are asked for. Made by `open_csr`.

    `csr[key]` is what `scipy.sparse.csr_array` gives for the same key: in values, shape, dtype and index
    dtype, in the order stored, duplicates kept. So an integer gives a row with one axis, and two vectors
    are pairs; ``csr[numpy.ix_(rows, columns)]`` crosses them. Whole rows are read, and columns are picked
    from them in memory.

    Examples
    --------
    >>> import anndata, scipy.sparse, zarr, zarr_partial as zp
    >>> eye = scipy.sparse.eye_array(4, 3, format="csr")
    >>> anndata.io.write_elem(zarr.open_group("eye.zarr", mode="w"), "X", eye)
    >>> csr = zp.open_csr("eye.zarr", "X")
    >>> csr.shape, csr.ndim, csr.nnz, csr.format, str(csr.dtype), str(csr.index_dtype)
    ((4, 3), 2, 3, 'csr', 'float64', 'int32')
    >>> csr.indptr.tolist(), csr.indices[...].tolist(), csr.data.shape
    ([0, 1, 2, 3, 3], [0, 1, 2], (3,))
    >>> csr[[2, 0]].toarray()
    array([[0., 0., 1.],
           [1., 0., 0.]])
    >>> csr.explain([2, 0]).bytes_wanted
    24
    >>> csr.prefetch(slice(1, 3))  # and go on with something else
    >>> csr.to_memory().sum(), csr.describe()[1]
    (np.float64(3.0), ('shape', '4 x 3'))
    >>> csr.refresh()
    >>> csr.close()
    """

    def _split(self, key: Any, matrix: Matrix) -> tuple[Chosen, Any]:
        rows, columns = split_key(key, matrix.name)
        return chosen(rows, matrix.shape[0], "row", matrix.name), columns


class CSCArray(CompressedArray):
    """A CSC matrix in a Zarr group, of which columns are read when they are asked for. Made by `open_csr`.

    `csc[:, columns]` is what `scipy.sparse.csc_array` gives for the same key; rows are picked from columns
    in memory. All columns of some rows are refused: they lie all over the file.

    Examples
    --------
    >>> import anndata, scipy.sparse, zarr, zarr_partial as zp
    >>> eye = scipy.sparse.eye_array(4, 3, format="csc")
    >>> anndata.io.write_elem(zarr.open_group("columns.zarr", mode="w"), "X", eye)
    >>> csc = zp.open_csr("columns.zarr", "X")
    >>> csc.format, csc[:, [2, 0]].toarray()[2].tolist()
    ('csc', [1.0, 0.0])
    """

    def _split(self, key: Any, matrix: Matrix) -> tuple[Chosen, Any]:
        rows, columns = split_key(key, matrix.name)
        if is_everything(columns) and not is_everything(rows):
            raise IndexError(
                f"{matrix.name}: expected columns, as in [:, columns], since the matrix is stored by column "
                "(csc_matrix), found rows alone, which would need all of it; take them from .to_memory(), or "
                "write the matrix with SciPy's .tocsr()"
            )
        return chosen(columns, matrix.shape[1], "column", matrix.name), rows


def _opened_again(kind: type[CompressedArray], store: Any, path: str, options: Options) -> CompressedArray:
    return kind(read_matrix(find_group(store, path, None), options), options)


def _runs(taken: Chosen, matrix: Matrix) -> tuple[Selection, Integers]:
    """Return the elements of the chosen rows, as a selection of `data`, and how many each row has."""
    numbers, indptr = taken.numbers, matrix.indptr
    if isinstance(numbers, range) and numbers.step > 0:
        stop = numbers.start + len(numbers) * numbers.step
        rows: slice | Integers = slice(numbers.start, stop, numbers.step)
        after: slice | Integers = slice(numbers.start + 1, stop + 1, numbers.step)
    else:
        rows = np.array(numbers, dtype=np.int64) if isinstance(numbers, range) else numbers
        after = rows + 1
    starts, stops = indptr[rows].astype(np.int64), indptr[after].astype(np.int64)
    return selection_of(starts, stops), stops - starts


def _made(matrix: Matrix, taken: Chosen, counts: Integers, data: NDArray[Any], indices: NDArray[Any]) -> Any:
    """Return the chosen rows as a SciPy array of two axes."""
    from scipy import sparse

    container = sparse.csr_array if matrix.format == "csr" else sparse.csc_array
    shape = (counts.size, matrix.minor) if matrix.format == "csr" else (matrix.minor, counts.size)
    index_dtype = _index_dtype(matrix)
    if indices.size > np.iinfo(index_dtype).max:
        # Rows that were chosen again and again may be more than the matrix.
        index_dtype = np.dtype(np.int64)
    indices = indices.astype(index_dtype, copy=False)
    # As unsigned numbers, negative ones are the largest of all.
    if indices.size and int(indices.view(f"u{index_dtype.itemsize}").max()) >= matrix.minor:
        _complain(matrix, taken, counts, indices)
    indptr = np.zeros(counts.size + 1, dtype=index_dtype)
    np.cumsum(counts, out=indptr[1:])
    native = data.astype(data.dtype.newbyteorder("="), copy=False)
    return container((native, indices, indptr), shape=shape, copy=False)


def _complain(matrix: Matrix, taken: Chosen, counts: Integers, indices: NDArray[Any]) -> NoReturn:
    """Raise the error of indices outside the shape."""
    at = int(np.flatnonzero((indices < 0) | (indices >= matrix.minor))[0])
    major, minor = ("row", "column") if matrix.format == "csr" else ("column", "row")
    number = int(taken.numbers[int(np.searchsorted(np.cumsum(counts), at, side="right"))])
    raise CorruptMatrixError(
        f"{matrix.name}: expected every {minor} in indices to be from 0 to {matrix.minor - 1}, found "
        f"{indices[at]} in {major} {number}; indices are damaged, or the attribute shape is wrong: "
        "write the matrix again"
    )


def _picked(found: Any, taken: Chosen, across: Any) -> Any:
    """Return from the rows that were read what the key picks of them, by SciPy's rules."""
    inner = taken.inner
    if is_everything(across) and (isinstance(inner, slice) or getattr(inner, "ndim", 0) == 1):
        return found
    return found[(inner, across) if found.format == "csr" else (across, inner)]


def _index_dtype(matrix: Matrix) -> np.dtype[Any]:
    """Return the type that SciPy chooses for the indices of the whole matrix."""
    from scipy.sparse import get_index_dtype

    samples = (np.empty(0, matrix.indices.dtype), np.empty(0, matrix.indptr.dtype))
    maxval = None if 0 in matrix.shape else max(matrix.shape)
    found: np.dtype[Any] = np.dtype(get_index_dtype(samples, maxval=maxval))
    return found
