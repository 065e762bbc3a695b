"""Values in files: .npy, .npz, .csv, .json and .png."""

import csv
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from zarr_partial.commands.ending import CommandError
from zarr_partial.commands.files import whole_file, writing
from zarr_partial.commands.plain import csv_rows, plain_values
from zarr_partial.commands.reading import Reading
from zarr_partial.words import format_bytes

__all__ = ["save"]

# Larger results are read straight into their file, which needs no memory of its own.
MAX_IN_MEMORY = 64_000_000
ROWS_AT_ONCE = 4096
# Strings of one length, four bytes a character.
MAX_TEXT_NBYTES = 2_000_000_000


def save(reading: Reading, target: Path, *, force: bool) -> NDArray[Any]:
    """Read the values and write them to `target`, whole or not at all; return them.

    Raises
    ------
    CommandError
        If the format has no place for such values.
    """
    suffix = target.suffix.lower()
    free = shutil.disk_usage(target.parent).free
    if suffix == ".npy" and reading.nbytes > free:
        raise CommandError(
            f"expected room for {format_bytes(reading.nbytes)} in {target.parent}, "
            f"found {format_bytes(free)} free; select less, or write elsewhere"
        )
    with whole_file(target, force=force) as beside:
        if suffix == ".npy" and _fits_map(reading):
            return _read_into(reading, beside, target)
        values = reading.read()
        written = _of_fixed_size(values) if suffix in (".npy", ".npz") else values
        with writing(target):
            _WRITERS[suffix](beside, written)
    return values


def _fits_map(reading: Reading) -> bool:
    """Tell whether to map the file.

    Only where its blocks can be had first: a full disk ends the process that writes to a map.
    """
    return (
        hasattr(os, "posix_fallocate")
        and reading.mode == "basic"
        and reading.field is None
        and not reading.dtype.hasobject
        and reading.dtype.kind != "T"
        and reading.nbytes > MAX_IN_MEMORY
    )


def _read_into(reading: Reading, beside: Path, target: Path) -> NDArray[Any]:
    assert reading.shape is not None, "its size is known"
    with writing(target):
        values = open_memmap(beside, mode="w+", dtype=reading.dtype, shape=reading.shape)
        with beside.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, beside.stat().st_size)
    reading.read(values)
    values.flush()
    return values


def _of_fixed_size(values: NDArray[Any]) -> NDArray[Any]:
    """Return strings of any length as NumPy's strings of one length, which files can hold without pickle."""
    if values.dtype.kind == "T" or values.dtype.hasobject:
        if values.dtype.kind == "O" and not all(isinstance(value, str) for value in values.flat):
            raise CommandError(f"expected values of a fixed size for .npy, found {values.dtype}; write .json")
        longest = max((len(value) for value in values.flat), default=0)
        if values.size * longest * 4 > MAX_TEXT_NBYTES:
            raise CommandError(
                f"expected text that fits into {format_bytes(MAX_TEXT_NBYTES)} once each is as long as the "
                f"longest, found {values.size:,} of up to {longest:,} characters; write .json"
            )
        return values.astype(f"<U{max(1, longest)}")
    return values


def _write_npy(beside: Path, values: NDArray[Any]) -> None:
    # Into an open file: to a name that does not end as NumPy writes it, it would add an ending of its own.
    with beside.open("wb") as file:
        np.save(file, values, allow_pickle=False)


def _write_npz(beside: Path, values: NDArray[Any]) -> None:
    with beside.open("wb") as file:
        np.savez_compressed(file, values=values)


def _write_csv(beside: Path, values: NDArray[Any]) -> None:
    with beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if values.dtype.names is not None:
            writer.writerow(values.dtype.names)
        values = np.atleast_1d(values)
        for start in range(0, len(values), ROWS_AT_ONCE):
            writer.writerows(csv_rows(values[start : start + ROWS_AT_ONCE]))


def _write_json(beside: Path, values: NDArray[Any]) -> None:
    with beside.open("w", encoding="ascii") as file:
        json.dump(plain_values(values), file, allow_nan=False)
        file.write("\n")


def _write_png(beside: Path, values: NDArray[Any]) -> None:
    from zarr_partial.commands.pictures import save_image

    save_image(values, beside)


_WRITERS: dict[str, Callable[[Path, NDArray[Any]], None]] = {
    ".npy": _write_npy,
    ".npz": _write_npz,
    ".csv": _write_csv,
    ".json": _write_json,
    ".png": _write_png,
}
