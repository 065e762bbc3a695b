"""The group at a path, in a store or a ZIP file, or what is there instead."""

import os
from pathlib import Path
from typing import Any

import zarr
from zarr.abc.store import Store
from zarr.errors import ContainsArrayError

from zarr_partial.errors import OpenError
from zarr_partial.finding import UNOPENABLE
from zarr_partial.opening import located

__all__ = ["Source", "find_group"]

Source = str | os.PathLike[str] | Store | zarr.Group
# https://docs.hdfgroup.org/hdf5/v1_14/_f_m_t3.html: the format signature.
HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
DENSE = "found a dense array, not a sparse matrix; read it with zarr_partial.open"


def find_group(source: Any, path: str, storage_options: dict[str, Any] | None) -> zarr.Group:
    """Open a group, or say what is there instead.

    Raises
    ------
    OpenError
        If there is none.
    """
    if isinstance(source, zarr.Array):
        raise OpenError(f"expected a group with a sparse matrix at {source.store_path}, {DENSE}")
    if isinstance(source, zarr.Group):
        path = "/".join(part for part in (source.path, path) if part)
        source = source.store
    expected = f"expected a group with a sparse matrix at {source}" + (f", path {path!r}" if path else "")
    if isinstance(source, (str, os.PathLike)) and _is_hdf5(source):
        raise OpenError(
            f"{expected}, found an HDF5 file; convert it once: "
            'anndata.read_h5ad("cells.h5ad").write_zarr("cells.zarr")'
        )
    try:
        return zarr.open_group(located(source), path=path, mode="r", storage_options=storage_options)
    except ContainsArrayError as error:
        raise OpenError(f"{expected}, {DENSE}") from error
    except UNOPENABLE as error:
        if _is_array(source, path, storage_options):
            raise OpenError(f"{expected}, {DENSE}") from error
        if isinstance(error, FileNotFoundError):
            raise OpenError(f"{expected}, found no group; check the path") from error
        raise OpenError(f"{expected}, found {type(error).__name__}: {error}; check the path") from error


def _is_hdf5(source: str | os.PathLike[str]) -> bool:
    try:
        with Path(source).open("rb") as file:
            return file.read(len(HDF5_SIGNATURE)) == HDF5_SIGNATURE
    except OSError:
        return False


def _is_array(source: Any, path: str, storage_options: dict[str, Any] | None) -> bool:
    try:
        zarr.open_array(located(source), path=path, mode="r", storage_options=storage_options)
    except UNOPENABLE:
        return False
    return True
