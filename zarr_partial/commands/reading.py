"""One read that the command line asked for: how large it will be, and its values."""

import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click
import numpy as np
from numpy.typing import NDArray

from zarr_partial.array import PartialArray
from zarr_partial.commands.ending import CommandError
from zarr_partial.commands.selecting import INDEXERS, Mode, plan_of, select, with_field
from zarr_partial.progress import Bar
from zarr_partial.words import format_bytes, times

if TYPE_CHECKING:
    from zarr_partial.report import Plan

__all__ = ["Reading"]

# Beyond these, a result belongs in a file: so much is read to be looked at, so many values are printed.
MAX_SHOWN_NBYTES = 256_000_000
MAX_JSON_VALUES = 100_000
# Text formats take many times the memory of the values.
MAX_TEXT_VALUES = 20_000_000
MAX_PIXELS = 100_000_000
# What an element of a variable length is taken for.
POINTER_NBYTES = 16
# Who waits no longer than this need not be told how long it takes.
SECONDS_BEFORE_BAR = 0.5


@dataclass(slots=True)
class Reading:
    """A selection of an open array, and after `read` how long that took.

    Attributes
    ----------
    array : PartialArray
    text : str
        The selection as it was written.
    key
        What it means.
    mode : str
    field : str or None
    shape : tuple of int or None
        Of the result; None where only zarr knows it.
    dtype : dtype
        Of the result.
    seconds : float
    """

    array: PartialArray
    text: str
    key: Any
    mode: Mode
    field: str | None
    shape: tuple[int, ...] | None
    dtype: np.dtype[Any]
    seconds: float = 0.0

    @classmethod
    def of(cls, array: PartialArray, text: str, key: Any, mode: Mode, field: str | None) -> "Reading":
        """Look at what will be read; nothing is read yet.

        Raises
        ------
        CommandError
            If the array has no such field.
        """
        dtype = array.dtype
        if field is not None:
            if field not in (dtype.names or ()):
                fields = (
                    f"the fields {', '.join(dtype.names)}" if dtype.names else f"none, as {dtype} has none"
                )
                raise CommandError(
                    f"expected the name of a field for --field, found {field!r} where there are {fields}"
                )
            dtype = dtype[field]
        selection = select(array, key, mode)
        return cls(array, text, key, mode, field, None if selection is None else selection.shape, dtype)

    @property
    def count(self) -> int:
        """How many values there are; 0 where that is not known."""
        return 0 if self.shape is None else math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """How many bytes they take in memory."""
        is_variable = self.dtype.hasobject or self.dtype.kind == "T"
        return self.count * (POINTER_NBYTES if is_variable else self.dtype.itemsize)

    def check(self, target: Path | None, *, is_drawn: bool, as_json: bool) -> None:
        """Refuse before reading what could not be shown or written afterwards.

        Raises
        ------
        CommandError
            If the result is of a kind that the format has no place for.
        click.UsageError
            If it is too large.
        """
        found = f"{times(self.shape or ())} {self.dtype}, {format_bytes(self.nbytes)}"
        suffix = "" if target is None else target.suffix.lower()
        if (target is None or is_drawn) and self.nbytes > MAX_SHOWN_NBYTES:
            raise click.UsageError(
                f"expected at most {format_bytes(MAX_SHOWN_NBYTES)} to show, found {found}; "
                "select less, or write it to a file with --out"
            )
        if as_json and self.count > MAX_JSON_VALUES:
            raise click.UsageError(
                f"expected at most {MAX_JSON_VALUES:,} values to print, found {found}; "
                "select less, or write them to a file with --out"
            )
        if suffix in (".csv", ".json") and self.count > MAX_TEXT_VALUES:
            raise click.UsageError(
                f"expected at most {MAX_TEXT_VALUES:,} values for {suffix}, found {found}; write .npy"
            )
        if self.shape is not None:
            self._check_kind(suffix, is_drawn=is_drawn)

    def _check_kind(self, suffix: str, *, is_drawn: bool) -> None:
        assert self.shape is not None, "asked before"
        if is_drawn or suffix == ".png":
            from zarr_partial.commands.pictures import check_drawable, needs_matplotlib

            needs_matplotlib()
            check_drawable(self.shape, self.dtype)
        if suffix == ".png" and self.count > MAX_PIXELS:
            raise click.UsageError(
                f"expected at most {MAX_PIXELS:,} pixels, found {self.count:,}; select less"
            )
        has_parts = self.dtype.names is not None and any(self.dtype[name].shape for name in self.dtype.names)
        if suffix == ".csv" and (len(self.shape) > (1 if self.dtype.names else 2) or has_parts):
            raise CommandError(
                f"expected a table for .csv, found shape {self.shape} and dtype {self.dtype}; "
                "give an integer for an axis, or write .npy"
            )

    def plan(self) -> "Plan | None":
        """Return what it would cost."""
        return plan_of(self.array, self.key, self.mode, self.field)

    def read(self, out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Return the values, 0-d for a scalar, in `out`, if it is given."""
        began = time.perf_counter()
        if self.mode == "basic":
            key = self.key if self.field is None else with_field(self.key, self.field)
            found = self.array.read(key, out, progress=self._progress())
        else:
            found = getattr(self.array, INDEXERS[self.mode])[self.key]
            found = found if self.field is None else np.asarray(found)[self.field]
        self.seconds = time.perf_counter() - began
        values = np.asarray(found)
        if values.dtype != self.dtype and values.dtype.kind not in "OT":
            # A scalar may have lost its byte order.
            values = values.astype(self.dtype)
        self.shape = values.shape
        return values

    def _progress(self) -> "LateBar | None":
        is_long = self.shape is None or self.nbytes >= MAX_SHOWN_NBYTES // 16
        return LateBar(sys.stderr) if is_long and sys.stderr.isatty() else None


class LateBar:
    """A line that says how far a read is, once it has taken a while."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._bar = Bar(stream, clock)
        self._clock = clock
        self._began = clock()
        self._is_shown = False

    def __call__(self, done: int, total: int) -> None:
        """Show that `done` of `total` bytes are there."""
        if self._is_shown or (done < total and self._clock() - self._began > SECONDS_BEFORE_BAR):
            self._is_shown = True
            self._bar(done, total)
