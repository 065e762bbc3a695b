"""Arrays whose rows become tensors: Zarr arrays, arrays in memory, and rows of sparse matrices.

A column reads rows by a slice or by a vector of their numbers, and what it returns is the caller's own:
memory that nobody else has, so a tensor can be laid over it without a copy.
"""

from typing import Any, Protocol

import numpy as np
import torch
import zarr
from numpy.typing import NDArray

from zarr_partial.access import Raw, Shard
from zarr_partial.array import PartialArray
from zarr_partial.opening import open as open_array
from zarr_partial.torch.order import Rows

__all__ = ["ArrayColumn", "Column", "MemoryColumn", "SparseColumn", "column_of", "dtype_of"]

# Labels that are smaller are read once: rows of a few bytes cost more to find than to keep.
KEPT_NBYTES = 1 << 26

# As `torch.from_numpy` has them, of either byte order.
TENSOR_DTYPES = {
    np.dtype(name): getattr(torch, name)
    for name in (
        "bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64",
        "float16", "float32", "float64", "complex64", "complex128",
    )
}  # fmt: skip


class Column(Protocol):
    """Rows that can be read as one tensor.

    Attributes
    ----------
    name : str
        What it is called in errors.
    rows : int
    row_nbytes : int
        Bytes of a row as it is stored, decoded; an average where rows differ.
    is_gathered : bool
        Whether a row is read alone, or all of what it is stored in has to be decoded for it.
    is_remote : bool
        Whether a read waits for answers from elsewhere more than it works.
    """

    name: str
    rows: int
    row_nbytes: int
    is_gathered: bool
    is_remote: bool

    def read(self, rows: Rows, *, pin: bool) -> torch.Tensor:
        """Return these rows, in memory of their own, page-locked if `pin` is set."""

    def chunk_rows(self) -> int | None:
        """Return how many rows a chunk holds, or None where there are no chunks or they differ."""


def dtype_of(dtype: np.dtype[Any], name: str) -> torch.dtype:
    """Return what PyTorch calls `dtype`, in either byte order.

    Raises
    ------
    TypeError
        If there is no such tensor; the message says what to do.
    """
    found: torch.dtype | None = TENSOR_DTYPES.get(dtype.newbyteorder("="))
    if found is not None:
        return found
    remedy = "convert it first"
    if dtype.kind in "USOT":
        remedy = "give numbers for the words: numpy.unique(words, return_inverse=True)[1]"
    elif dtype.kind in "mM":
        remedy = 'give its numbers: array[...].view("int64")'
    elif dtype.names:
        remedy = f"give one field of it: array[{dtype.names[0]!r}]"
    raise TypeError(f"{name}: expected a dtype that PyTorch has, found {dtype}; {remedy}")


def column_of(given: Any, name: str, dtype: torch.dtype | None, *, keep: bool = False) -> Column:
    """Return a column over `given`; one that is kept in memory if `keep` is set and it is small."""
    if isinstance(given, zarr.Array):
        given = open_array(given)
    if isinstance(given, torch.Tensor):
        given = given.numpy(force=True)
    if isinstance(given, PartialArray):
        column: Column = ArrayColumn(given, name, dtype, keep=keep and given.nbytes <= KEPT_NBYTES)
    elif hasattr(given, "tocsr") or _is_stored_sparse(given):
        column = SparseColumn(given, name, dtype)
    elif isinstance(given, (np.ndarray, list, range)) or _is_in_memory(given):
        column = MemoryColumn(_unmasked(given, name), name, dtype)
    else:
        opened = "; open it with zarr_partial.open" if not hasattr(given, "shape") else ""
        raise TypeError(
            f"{name}: expected a PartialArray, a zarr.Array, or an array in memory, "
            f"found {type(given).__name__}{opened}"
        )
    return column


def _unmasked(given: Any, name: str) -> NDArray[Any]:
    """Return an array in memory; what is masked in it has no value that could become a tensor's."""
    masked = np.ma.count_masked(given) if isinstance(given, np.ma.MaskedArray) else 0
    if masked:
        raise ValueError(
            f"{name}: expected an array without masked values, found {masked:,} of them; "
            "give array.filled(...)"
        )
    return np.asarray(given)


def _is_in_memory(given: Any) -> bool:
    """Whether it becomes a NumPy array without being read: those of Dask, Xarray and h5py have chunks."""
    return hasattr(given, "__array__") and not hasattr(given, "chunks")


def _is_stored_sparse(given: Any) -> bool:
    """Whether it is what `zarr_partial.open_csr` returns; whose module nobody imports for asking."""
    return type(given).__module__.startswith("zarr_partial.sparse")


class _Dense:
    """What columns of arrays have in common."""

    is_gathered = True
    is_remote = False

    def __init__(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], name: str, target: torch.dtype | None
    ) -> None:
        if not shape:
            raise ValueError(f"{name}: expected an array with at least one axis, found a 0-d one")
        self.name = name
        self.rows = shape[0]
        self.row_nbytes = dtype.itemsize * int(np.prod(shape[1:], dtype=np.int64))
        self._row_shape = shape[1:]
        self._native = dtype.newbyteorder("=")
        self._stored = dtype_of(dtype, name)
        self._target = _target(self._stored, target, name)

    def _tensor(self, found: NDArray[Any], *, pin: bool) -> torch.Tensor:
        native = np.ascontiguousarray(found, dtype=self._native)
        # NumPy gives 0-d arrays an axis there.
        tensor = torch.from_numpy(native)
        if self._target is not None:
            tensor = tensor.to(self._target)
        return tensor.pin_memory() if pin else tensor


def _target(stored: torch.dtype, target: torch.dtype | None, name: str) -> torch.dtype | None:
    if target is not None and not isinstance(target, torch.dtype):
        raise TypeError(f"{name}: expected dtype to be one of torch, like torch.float32, found {target!r}")
    if target is not None and stored.is_complex and not target.is_complex:
        raise TypeError(
            f"{name}: expected a complex dtype for {stored}, found {target}, which has no imaginary part; "
            "take .real or .imag in a transform"
        )
    return None if target == stored else target


class ArrayColumn(_Dense):
    """Rows of a Zarr array."""

    def __init__(
        self, array: PartialArray, name: str, target: torch.dtype | None, *, keep: bool = False
    ) -> None:
        super().__init__(array.shape, array.dtype, name, target)
        self.array = array
        self._keep = keep
        self._kept: NDArray[Any] | None = None
        access = array.access
        while isinstance(access, Shard):
            access = access.inner
        self.is_gathered = isinstance(access, Raw) or keep
        self.is_remote = array.state.remote is not None

    def __getstate__(self) -> dict[str, Any]:
        # Workers read their own copy: no data are shipped.
        return self.__dict__ | {"_kept": None}

    def read(self, rows: Rows, *, pin: bool) -> torch.Tensor:
        """Return these rows, read together."""
        if self._keep:
            if self._kept is None:
                self._kept = self.array[...]
            return self._tensor(_own(self._kept, rows), pin=pin)
        is_direct = pin and self._target is None and self.array.dtype == self._native
        if is_direct:
            count = rows.stop - rows.start if isinstance(rows, slice) else rows.size
            # PyTorch hands page-locked memory out again once nobody has it and no copy from it is under way.
            pinned = torch.empty((count, *self._row_shape), dtype=self._stored, pin_memory=True)
            self._into(rows, pinned.numpy())
            return pinned
        return self._tensor(self._into(rows, None), pin=pin)

    def _into(self, rows: Rows, out: NDArray[Any] | None) -> NDArray[Any]:
        if isinstance(rows, slice):
            found: NDArray[Any] = self.array.read(rows, out=out)
            return found
        return self.array.take(rows, out=out)

    def chunk_rows(self) -> int | None:
        """Return the rows of a chunk, of an inner one where there are shards."""
        try:
            return self.array.chunks[0]
        except NotImplementedError:
            return None


class MemoryColumn(_Dense):
    """Rows of an array in memory, memory maps included."""

    def __init__(self, array: NDArray[Any], name: str, target: torch.dtype | None) -> None:
        super().__init__(array.shape, array.dtype, name, target)
        self._array = array

    def read(self, rows: Rows, *, pin: bool) -> torch.Tensor:
        """Return a copy of these rows."""
        return self._tensor(_own(self._array, rows), pin=pin)

    def chunk_rows(self) -> int | None:
        """Return None: there are no chunks."""
        return None


def _own(array: NDArray[Any], rows: Rows) -> NDArray[Any]:
    """Return rows that share no memory with `array`: what is done to a batch must not change its source."""
    return np.array(array[rows], order="C") if isinstance(rows, slice) else array[rows]


class SparseColumn:
    """Rows of a sparse matrix, as sparse CSR tensors.

    Any matrix will do whose `matrix[rows]`, for a slice or a vector of row numbers, is a SciPy CSR array:
    SciPy's own, and what `zarr_partial.open_csr` returns.
    """

    is_gathered = True
    is_remote = False

    def __init__(self, matrix: Any, name: str, target: torch.dtype | None) -> None:
        if len(matrix.shape) != 2:
            raise ValueError(f"{name}: expected a matrix, found shape {tuple(matrix.shape)}")
        if getattr(matrix, "format", "csr") != "csr":
            raise TypeError(f"{name}: expected rows in CSR layout, found {matrix.format}; call .tocsr()")
        self.name = name
        self.rows = int(matrix.shape[0])
        self._matrix = matrix
        dtype = np.dtype(matrix.dtype)
        self.row_nbytes = dtype.itemsize * int(matrix.shape[1])
        self._native = dtype.newbyteorder("=")
        self._target = _target(dtype_of(dtype, name), target, name)

    def read(self, rows: Rows, *, pin: bool) -> torch.Tensor:
        """Return these rows as a sparse tensor."""
        found = self._matrix[rows]
        values = torch.from_numpy(np.array(found.data, dtype=self._native))
        if self._target is not None:
            values = values.to(self._target)
        columns, ends = (
            torch.from_numpy(np.array(part, dtype=np.int64)) for part in (found.indices, found.indptr)
        )
        tensor = torch.sparse_csr_tensor(ends, columns, values, size=tuple(found.shape))
        return tensor.pin_memory() if pin else tensor

    def chunk_rows(self) -> int | None:
        """Return None: there are no chunks."""
        return None
