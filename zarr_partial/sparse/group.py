"""A group that holds a compressed sparse matrix, checked when it is opened.

Source of the format: "Sparse arrays" in https://anndata.readthedocs.io/en/stable/fileformat-prose.html, the
encodings `csr_matrix` and `csc_matrix` of version 0.1.0: the attributes `encoding-type`,
`encoding-version` and `shape`, and the arrays `data`, `indices` and `indptr` as SciPy has them. AnnData
before 0.7 wrote the attributes `h5sparse_format` and `h5sparse_shape`, which anndata still reads
(`anndata._core.sparse_dataset`), and so does this.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.types import AnyArray

from zarr_partial.array import PartialArray
from zarr_partial.errors import CorruptMatrixError, OpenError
from zarr_partial.opening import open as open_array
from zarr_partial.settings import IO, Checksums
from zarr_partial.words import times

__all__ = ["Matrix", "Options", "read_matrix"]

Format = Literal["csr", "csc"]

ENCODINGS: dict[str, Format] = {"csr_matrix": "csr", "csc_matrix": "csc"}
FORMATS: dict[str, Format] = {"csr": "csr", "csc": "csc"}
VERSION = "0.1.0"
MEMBERS = ("data", "indices", "indptr")


@dataclass(frozen=True, slots=True)
class Options:
    """How the arrays of a matrix are read; `cache_nbytes` is for both of `data` and `indices`."""

    cache_nbytes: int = 0
    io: IO = "auto"
    threads: int | None = None
    checksums: Checksums = "verify"


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """What a group said at one moment.

    Attributes
    ----------
    name : str
        Where it is, for errors.
    group : zarr.Group
    format : {"csr", "csc"}
    shape : tuple of int
        Rows and columns.
    data, indices : PartialArray
    indptr : ndarray of integers, read-only
        Where rows, or columns of a CSC matrix, begin and end in `data` and `indices`.
    """

    name: str
    group: zarr.Group
    format: Format
    shape: tuple[int, int]
    data: PartialArray
    indices: PartialArray
    indptr: NDArray[Any]

    @property
    def nnz(self) -> int:
        """How many elements are stored."""
        return int(self.indptr[-1])

    @property
    def minor(self) -> int:
        """How many columns a row has, or rows a column of a CSC matrix."""
        return self.shape[1 if self.format == "csr" else 0]


def read_matrix(group: zarr.Group, options: Options) -> Matrix:
    """Return the matrix in `group`; of its arrays only `indptr` is read.

    Raises
    ------
    OpenError
        If the group is no sparse matrix.
    CorruptMatrixError
        If its arrays contradict each other.
    """
    name = str(group.store_path)
    layout, shape = _encoding(group, name)
    arrays = {member: _member(group, member, name) for member in MEMBERS}
    for member, array in arrays.items():
        if array.ndim != 1:
            raise CorruptMatrixError(
                f"{name}: expected {member} with one axis, found the shape {times(array.shape) or '0-d'}; "
                "write the matrix again"
            )
        kinds = "biufc" if member == "data" else "iu"
        if array.dtype.kind not in kinds:
            raise CorruptMatrixError(
                f"{name}: expected {member} of {'numbers' if member == 'data' else 'integers'}, "
                f"found {array.dtype}; write the matrix again"
            )
    data, indices = arrays["data"], arrays["indices"]
    if data.shape != indices.shape:
        raise CorruptMatrixError(
            f"{name}: expected data and indices of one length, found {data.shape[0]:,} and "
            f"{indices.shape[0]:,}; a write was interrupted, or one was replaced: write the matrix again"
        )
    major = shape[0 if layout == "csr" else 1]
    indptr = _indptr(arrays["indptr"], major, data.shape[0], name, options)
    share = data.dtype.itemsize / (data.dtype.itemsize + indices.dtype.itemsize)
    for_data = int(options.cache_nbytes * share)
    return Matrix(
        name,
        group,
        layout,
        shape,
        _opened(data, options, for_data),
        _opened(indices, options, options.cache_nbytes - for_data),
        indptr,
    )


def _encoding(group: zarr.Group, name: str) -> tuple[Format, tuple[int, int]]:
    """Return what the attributes say."""
    attributes: dict[str, Any] = dict(group.attrs)
    encoding = attributes.get("encoding-type")
    expected = f"{name}: expected a group with a sparse matrix as AnnData writes it"
    if encoding is None and "h5sparse_format" in attributes:
        layout = FORMATS.get(str(attributes["h5sparse_format"]))
        found_shape = attributes.get("h5sparse_shape")
    else:
        layout = ENCODINGS.get(str(encoding))
        found_shape = attributes.get("shape")
    if layout is None:
        raise OpenError(f"{expected} (encoding-type csr_matrix or csc_matrix), found {_instead(group)}")
    version = attributes.get("encoding-version", VERSION)
    if version != VERSION:
        raise OpenError(
            f"{expected} (encoding-version {VERSION}), found {version!r}; "
            "install a newer zarr_partial, or write the matrix with an older anndata"
        )
    if not (
        isinstance(found_shape, (list, tuple))
        and len(found_shape) == 2
        and all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in found_shape)
    ):
        raise OpenError(
            f"{expected}, with the attribute shape of two lengths, found {found_shape!r}; "
            "write the matrix again, or set the attribute"
        )
    return layout, (found_shape[0], found_shape[1])


def _instead(group: zarr.Group) -> str:
    """Say what a group is that is no sparse matrix, and which ones are in it."""
    encoding = group.attrs.get("encoding-type")
    found = "no encoding-type" if encoding is None else f"the encoding-type {encoding!r}"
    inside: list[str] = []
    for key, member in group.members(max_depth=2):
        kind = member.attrs.get("encoding-type")
        if isinstance(member, zarr.Group) and kind in ENCODINGS:
            inside.append(key)
        elif key == "X" and isinstance(member, zarr.Array):
            return f"{found}, and X in it is a dense array; read that with zarr_partial.open(..., {'X'!r})"
    prefix = f"{group.path}/" if group.path else ""
    if inside:
        paths = ", ".join(repr(prefix + key) for key in sorted(inside)[:10])
        return f"{found}; give the path of a matrix in it: {paths}"
    return f"{found}, and no sparse matrix in it; check the path"


def _member(group: zarr.Group, member: str, name: str) -> AnyArray:
    try:
        found = group[member]
    except KeyError:
        names = ", ".join(sorted(group.keys())) or "nothing"
        raise OpenError(
            f"{name}: expected the arrays data, indices and indptr, found no {member} (there is: {names}); "
            "the copy is incomplete: copy or write the matrix again"
        ) from None
    if not isinstance(found, zarr.Array):
        raise OpenError(f"{name}: expected {member} to be an array, found a group; write the matrix again")
    return found


def _indptr(array: AnyArray, major: int, stored: int, name: str, options: Options) -> NDArray[Any]:
    """Read the pointers, and check them as SciPy would."""
    if array.shape != (major + 1,):
        raise CorruptMatrixError(
            f"{name}: expected indptr of {major + 1:,} elements, one more than the shape says, "
            f"found {array.shape[0]:,}; write the matrix again, or mend the attribute shape"
        )
    with _opened(array, options, 0) as opened:
        indptr = np.asarray(opened[...])
    indptr = indptr.astype(indptr.dtype.newbyteorder("="), copy=False)
    if indptr[0] != 0:
        raise _broken(name, "to begin with 0", f"{indptr[0]}")
    falls = np.flatnonzero(indptr[1:] < indptr[:-1])
    if falls.size:
        at = int(falls[0])
        raise _broken(name, "never to fall", f"{indptr[at]}, {indptr[at + 1]} at {at}")
    if indptr[-1] > stored:
        raise _broken(name, f"to end at {stored}, the length of data, or before", f"{indptr[-1]}")
    indptr.flags.writeable = False
    return indptr


def _broken(name: str, expected: str, found: str) -> CorruptMatrixError:
    return CorruptMatrixError(
        f"{name}: expected indptr {expected}, found {found}; a write was interrupted, or the file is "
        "damaged: write the matrix again"
    )


def _opened(array: AnyArray, options: Options, cache_nbytes: int) -> PartialArray:
    return open_array(
        array,
        cache=cache_nbytes,
        io=options.io,
        threads=options.threads,
        checksums=options.checksums,
    )
